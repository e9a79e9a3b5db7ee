//! Schedules on the floor: which duty an agent has, and when a schedule is to be looked at next.
//! An agent's duty is a part of their presence and changes by events alone; when it is looked at is
//! no part of what the floor is, as with the hours of queues.

use super::{Agent, Due, Floor};
use crate::calendar::HORIZON;
use crate::shift;
use domain::event::Recorded;
use domain::id::{AgentId, ScheduleId};
use domain::schedule::{Duty, ScheduleFact, ScheduleSpec};
use domain::time::Timestamp;
use std::sync::Arc;

impl Floor {
    /// What a schedule says.
    #[must_use]
    pub fn schedule(&self, id: ScheduleId) -> Option<&Arc<ScheduleSpec>> {
        self.promises.schedules.get(&id).map(|(_, spec)| spec)
    }

    /// What the time off of an agent, and else their schedule, says of them now; a schedule that is
    /// gone says nothing.
    #[must_use]
    pub fn duty_of(&self, agent: &Agent, now: Timestamp) -> Duty {
        if agent.is_away(now) {
            return Duty::TimeOff;
        }
        let spec = agent.spec.schedule_id.and_then(|id| self.schedule(id));
        spec.map_or(Duty::Unscheduled, |spec| shift::duty(spec, now))
    }

    /// The agents who go by a schedule.
    pub fn scheduled(&self, id: ScheduleId) -> impl Iterator<Item = AgentId> {
        let by = move |agent: &Agent| agent.spec.schedule_id == Some(id);
        self.agents.iter().filter(move |(_, agent)| by(agent)).map(|(agent, _)| *agent)
    }

    /// A schedule was looked at: the next time is when it says otherwise.
    pub fn shift_over(&mut self, id: ScheduleId, now: Timestamp) {
        let Some(spec) = self.schedule(id) else { return self.await_shift(id, None) };
        // What does not change within sight is looked at again when sight ends.
        let next = shift::next_change(spec, now).unwrap_or(now + HORIZON);
        self.await_shift(id, Some(next));
    }

    pub(super) fn apply_schedule(&mut self, fact: &ScheduleFact, recorded: &Recorded) {
        match fact {
            ScheduleFact::Saved { schedule_id, spec, version, .. } => {
                self.promises.schedules.insert(*schedule_id, (*version, Arc::clone(spec)));
                self.shift_over(*schedule_id, recorded.at);
            }
            ScheduleFact::Deleted { schedule_id } => {
                self.promises.schedules.remove(schedule_id);
                self.await_shift(*schedule_id, None);
            }
        }
    }

    /// All schedules are to be looked at: they were read anew.
    pub(super) fn look_at_shifts(&mut self) {
        let held: Vec<ScheduleId> = self.shifts.keys().copied().collect();
        for id in held {
            self.await_shift(id, None);
        }
        for id in self.promises.schedules.keys().copied().collect::<Vec<_>>() {
            self.await_shift(id, Some(Timestamp::default()));
        }
    }

    /// Sets when a schedule is to be looked at next.
    fn await_shift(&mut self, id: ScheduleId, at: Option<Timestamp>) {
        if let Some(old) = self.shifts.remove(&id) {
            self.due.remove(&(old, Due::Shift(id)));
        }
        if let Some(at) = at {
            self.shifts.insert(id, at);
            self.due.insert((at, Due::Shift(id)));
        }
    }
}
