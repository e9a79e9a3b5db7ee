//! Teams come to be, change and go.

use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, in_use, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::agent::Team;
use domain::event::{Change, Event};
use domain::id::TeamId;
use domain::refusal::Refusal;
use engine::floor::Floor;

/// Creates or changes a team.
#[derive(Clone)]
pub struct SaveTeam {
    /// Which one; none makes a new one.
    pub id: Option<TeamId>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<Team>,
}

impl Command for SaveTeam {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.teams.extend(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (mut team, change) = match self.id {
            Some(id) => {
                let found = draft.rows.teams.get(id).cloned();
                (found.ok_or_else(|| Refusal::not_found("team", id))?, Change::Updated)
            }
            None => {
                let new = Team {
                    id: draft.id(),
                    name: String::new(),
                    description: String::new(),
                    version: 0,
                    created_at: draft.now,
                    updated_at: draft.now,
                };
                (new, Change::Created)
            }
        };
        check_version(self.version, team.version, "team", team.id)?;
        (self.patch)(&mut team);
        if team.name.is_empty() {
            return Err(Refusal::field("team.name", "a team has a name").into());
        }
        if draft.rows.name_taken(NamedKind::Team, &team.name, team.id.0) {
            return Err(name_taken("team").into());
        }
        team.version += 1;
        team.updated_at = draft.now;
        let (id, version) = (team.id, team.version);
        draft.rows.take_name(NamedKind::Team, &team.name, id.0);
        draft.rows.teams.put(id, team);
        draft.record(Event::TeamChanged { team_id: id, change, version });
        Ok(Done::with(id))
    }
}

/// Deletes a team that has no members and serves no queue.
#[derive(Clone, Debug)]
pub struct DeleteTeam {
    /// Which one.
    pub id: TeamId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteTeam {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.teams.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let team =
            draft.rows.teams.get(id).cloned().ok_or_else(|| Refusal::not_found("team", id))?;
        check_version(self.version, team.version, "team", team.id)?;
        if draft.floor.agents().any(|(_, agent)| agent.spec.teams.contains(&id)) {
            return Err(in_use("team", id, "agent").into());
        }
        if draft.floor.queues().any(|(_, spec)| spec.teams.contains(&id)) {
            return Err(in_use("team", id, "queue").into());
        }
        draft.rows.teams.remove(id);
        draft.rows.free_name(NamedKind::Team, id.0);
        draft.record(Event::TeamChanged { team_id: id, change: Change::Deleted, version: 0 });
        Ok(Done::with(id))
    }
}
