//! Schedules come to be, change and go, and what they say of their agents takes effect. A schedule
//! is known by its name: configuring one that is there replaces what it says. What it says of an
//! agent is compared with what is on record, and only a difference is recorded: so it does not
//! matter who looks, or how often.

use super::presence::take_turn;
use super::{Command, Done, Keys, No, check_version, in_use};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::agent::Agent;
use domain::event::{Change, Event};
use domain::id::{AgentId, ScheduleId};
use domain::refusal::Refusal;
use domain::schedule::{AGENTS_MAX, SCHEDULES_MAX, Schedule, ScheduleFact, ScheduleSpec};
use engine::floor::Floor;
use engine::shift;
use std::sync::Arc;

/// Creates the schedule of this name, or replaces what it says.
#[derive(Clone, Debug)]
pub struct ConfigureSchedule {
    /// Its name.
    pub name: String,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What it says.
    pub spec: ScheduleSpec,
}

impl Command for ConfigureSchedule {
    fn keys(&self, floor: &Floor, keys: &mut Keys) {
        // It is found by its name, which the floor does not know.
        keys.schedules.extend(floor.promises().schedules.keys());
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let has_name = |schedule: &&Schedule| schedule.name == self.name;
        let named = draft.rows.schedules.values().find(has_name).cloned();
        let change = if named.is_some() { Change::Updated } else { Change::Created };
        let mut schedule = named.unwrap_or_else(|| Schedule {
            id: draft.id(),
            name: self.name.clone(),
            spec: ScheduleSpec::default(),
            version: 0,
            created_at: draft.now,
            updated_at: draft.now,
        });
        check_version(self.version, schedule.version, "schedule", schedule.id)?;
        let mut spec = self.spec.clone();
        spec.dates.sort_by_key(|hours| hours.date);
        self.check(draft, &spec, change)?;
        schedule.spec = spec.clone();
        schedule.version += 1;
        schedule.updated_at = draft.now;
        let (schedule_id, version) = (schedule.id, schedule.version);
        draft.rows.take_name(NamedKind::Schedule, &schedule.name, schedule_id.0);
        draft.rows.schedules.put(schedule_id, schedule);
        let spec = Arc::new(spec);
        let fact = ScheduleFact::Saved { schedule_id, spec, change, version };
        draft.record(Event::Schedule(fact));
        turn(draft, schedule_id);
        Ok(Done::with(schedule_id))
    }
}

impl ConfigureSchedule {
    fn check(&self, draft: &Draft, spec: &ScheduleSpec, change: Change) -> Result<(), No> {
        let wrong =
            |field: &str, text| Err(Refusal::field(&format!("schedule{field}"), text).into());
        if self.name.is_empty() {
            return wrong(".name", "a schedule has a name");
        }
        let many = draft.floor.promises().schedules.len() >= SCHEDULES_MAX;
        if change == Change::Created && many {
            return wrong("", "the tenant has as many schedules as it may");
        }
        match shift::check(spec) {
            Err(fault) => wrong(&format!(".{}", fault.field), fault.text),
            Ok(()) => Ok(()),
        }
    }
}

/// Deletes a schedule that no agent goes by.
#[derive(Clone, Debug)]
pub struct DeleteSchedule {
    /// Which one.
    pub id: ScheduleId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteSchedule {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.schedules.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let found = draft.rows.schedules.get(id).cloned();
        let schedule = found.ok_or_else(|| Refusal::not_found("schedule", id))?;
        check_version(self.version, schedule.version, "schedule", schedule.id)?;
        if draft.floor.scheduled(id).next().is_some() {
            return Err(in_use("schedule", id, "agent").into());
        }
        draft.rows.schedules.remove(id);
        draft.rows.free_name(NamedKind::Schedule, id.0);
        draft.record(Event::Schedule(ScheduleFact::Deleted { schedule_id: id }));
        Ok(Done::with(id))
    }
}

/// What a schedule says now is put on record of its agents.
pub(super) fn turn(draft: &mut Draft, id: ScheduleId) {
    let agents: Vec<AgentId> = draft.floor.scheduled(id).collect();
    for agent in agents {
        take_turn(draft, agent);
    }
    draft.floor.shift_over(id, draft.now);
}

/// The schedule of an agent is there, and has room for one more.
pub(super) fn check_named(draft: &Draft, agent: &Agent) -> Result<(), No> {
    let Some(id) = agent.spec.schedule_id else { return Ok(()) };
    if draft.floor.schedule(id).is_none() {
        return Err(Refusal::not_found("schedule", id).into());
    }
    if draft.floor.scheduled(id).filter(|other| *other != agent.id).count() >= AGENTS_MAX {
        let text = "as many agents go by this schedule as may";
        return Err(Refusal::field("agent.schedule_id", text).into());
    }
    Ok(())
}
