//! Agents come to be, change and go.

use super::plan::any_step;
use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, in_use};
use super::{presence, schedule, time_off};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::agent::{Agent, AgentSpec};
use domain::event::{Change, Event};
use domain::id::AgentId;
use domain::plan::Sticky;
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use engine::floor::Floor;

/// Creates or changes an agent.
#[derive(Clone)]
pub struct SaveAgent {
    /// Which one.
    pub id: AgentId,
    /// Whether it is made now. Its id comes with it, because what is sealed is sealed for it.
    pub create: bool,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<Agent>,
}

impl Command for SaveAgent {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.agents.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (id, found) = (self.id, draft.rows.agents.get(self.id).cloned());
        let (mut agent, change) = match found {
            Some(agent) if !self.create => (agent, Change::Updated),
            None if self.create => (new_agent(draft, id), Change::Created),
            _ => return Err(Refusal::not_found("agent", id).into()),
        };
        check_version(self.version, agent.version, "agent", agent.id)?;
        (self.patch)(&mut agent);
        agent.spec.teams.sort_unstable();
        agent.spec.teams.dedup();
        check(draft, &agent)?;
        agent.version += 1;
        agent.updated_at = draft.now;
        let (spec, version) = (agent.spec.clone(), agent.version);
        draft.rows.agents.put(id, agent);
        draft.record(Event::AgentSaved { agent_id: id, spec, change, version });
        presence::take_turn(draft, id);
        Ok(Done::with(id))
    }
}

fn new_agent(draft: &Draft, id: AgentId) -> Agent {
    Agent {
        id,
        name: Sealed::default(),
        email: Sealed::default(),
        spec: AgentSpec::default(),
        presence_reason: Sealed::default(),
        version: 0,
        created_at: draft.now,
        updated_at: draft.now,
    }
}

fn check(draft: &Draft, agent: &Agent) -> Result<(), No> {
    if agent.name.is_empty() {
        return Err(Refusal::field("agent.name", "an agent has a name").into());
    }
    for team in &agent.spec.teams {
        if !draft.rows.is_named(NamedKind::Team, team.0) {
            return Err(Refusal::not_found("team", team).into());
        }
    }
    for skill in agent.spec.skills.keys() {
        if !draft.rows.is_named(NamedKind::Skill, skill.0) {
            return Err(Refusal::not_found("skill", skill).into());
        }
    }
    schedule::check_named(draft, agent)
}

/// Deletes an agent who has no work and no open console.
#[derive(Clone, Debug)]
pub struct DeleteAgent {
    /// Which one.
    pub id: AgentId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteAgent {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.agents.push(self.id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let agent =
            draft.rows.agents.get(id).cloned().ok_or_else(|| Refusal::not_found("agent", id))?;
        check_version(self.version, agent.version, "agent", agent.id)?;
        let busy = draft
            .floor
            .agent(id)
            .is_some_and(|found| !found.legs.is_empty() || !found.sessions.is_empty());
        let wanted = draft.floor.items().any(|(_, item)| item.target == Some(id));
        if busy || wanted {
            return Err(in_use("agent", id, "interaction").into());
        }
        if any_step(&draft.floor, |step| step.sticky == Some(Sticky::Agent(id))) {
            return Err(in_use("agent", id, "routing_plan").into());
        }
        draft.rows.agents.remove(id);
        time_off::leave(draft, id);
        draft.record(Event::AgentDeleted { agent_id: id });
        Ok(Done::with(id))
    }
}
