//! Teams come to be, change and go.

use super::plan::any_step;
use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, in_use, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::agent::{Team, TeamPlace};
use domain::event::{Change, Event};
use domain::id::TeamId;
use domain::refusal::Refusal;
use engine::floor::{Floor, TEAM_DEPTH_MAX};

/// The field that says where a team belongs.
const PARENT: &str = "team.parent_team_id";
/// The field that says which team is told of what is escalated.
const ESCALATION: &str = "team.escalation_team_id";

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
                    parent: None,
                    escalates_to: None,
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
        check_parent(draft, &team)?;
        check_escalation(draft, &team)?;
        team.version += 1;
        team.updated_at = draft.now;
        let (id, version, parent) = (team.id, team.version, team.parent);
        let (team_id, escalates_to) = (id, team.escalates_to);
        draft.rows.take_name(NamedKind::Team, &team.name, id.0);
        draft.rows.teams.put(id, team);
        draft.record(Event::TeamChanged { team_id, change, version, parent, escalates_to });
        Ok(Done::with(id))
    }
}

/// What is escalated in a team is told to another team that is there.
fn check_escalation(draft: &Draft, team: &Team) -> Result<(), No> {
    let Some(other) = team.escalates_to else { return Ok(()) };
    if other == team.id {
        return Err(Refusal::field(ESCALATION, "a team is not told of its own work").into());
    }
    if !draft.floor.has_team(other) {
        return Err(Refusal::not_found("team", other).into());
    }
    Ok(())
}

/// A team is part of a team that is there, never of itself by any way, and trees stay low.
fn check_parent(draft: &Draft, team: &Team) -> Result<(), No> {
    let Some(parent) = team.parent else { return Ok(()) };
    let floor = &draft.floor;
    if !floor.has_team(parent) {
        return Err(Refusal::not_found("team", parent).into());
    }
    if floor.team_and_above(parent).any(|above| above == team.id) {
        return Err(Refusal::field(PARENT, "a team is no part of itself").into());
    }
    if floor.team_and_above(parent).count() + floor.team_height(team.id) > TEAM_DEPTH_MAX {
        return Err(Refusal::field(PARENT, "there are too many teams above one another").into());
    }
    Ok(())
}

/// Deletes a team that has no members, no teams below it, and serves no queue.
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
        if any_step(&draft.floor, |step| step.teams.contains(&id)) {
            return Err(in_use("team", id, "routing_plan").into());
        }
        let named = |place: &TeamPlace| [place.parent, place.escalates_to].contains(&Some(id));
        if draft.floor.teams().any(|(other, place)| *other != id && named(place)) {
            return Err(in_use("team", id, "team").into());
        }
        draft.rows.teams.remove(id);
        draft.rows.free_name(NamedKind::Team, id.0);
        let (team_id, change, version) = (id, Change::Deleted, 0);
        let (parent, escalates_to) = (None, None);
        draft.record(Event::TeamChanged { team_id, change, version, parent, escalates_to });
        Ok(Done::with(id))
    }
}
