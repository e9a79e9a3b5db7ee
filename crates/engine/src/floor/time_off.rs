//! Time off on the floor: who is away until when, and when that is next otherwise. What is over
//! goes by an event, so that what an agent has is a fold of the log; when there is something to do
//! follows from it and from the duty on record.

use super::{Agent, Floor};
use domain::id::{AgentId, TimeOffId};
use domain::schedule::Duty;
use domain::time::Timestamp;
use domain::time_off::TimeOffFact;

impl Agent {
    /// Whether they have time off at an instant.
    #[must_use]
    pub fn is_away(&self, at: Timestamp) -> bool {
        self.time_off.values().any(|absence| absence.holds(at))
    }

    /// Until when their time off goes on, the next one included where it begins before this one has
    /// ended; none unless it is on record that they are away.
    #[must_use]
    pub fn away_until(&self) -> Option<Timestamp> {
        let away = self.presence.duty == Duty::TimeOff;
        let mut all: Vec<_> = self.time_off.values().filter(|_| away).collect();
        all.sort_by_key(|absence| absence.start_at);
        let mut until = all.first()?.end_at;
        for absence in all {
            if absence.start_at <= until {
                until = until.max(absence.end_at);
            }
        }
        Some(until)
    }

    /// When there is next something to do: one ends, or the first begins for who is not away yet.
    pub(super) fn time_off_due(&self) -> Option<Timestamp> {
        let here = self.presence.duty != Duty::TimeOff;
        let starts = self.time_off.values().filter(|_| here).map(|absence| absence.start_at);
        starts.chain(self.time_off.values().map(|absence| absence.end_at)).min()
    }
}

impl Floor {
    /// The time off of an agent that is over.
    #[must_use]
    pub fn time_off_over(&self, id: AgentId, now: Timestamp) -> Vec<TimeOffId> {
        let Some(agent) = self.agents.get(&id) else { return Vec::new() };
        let over = agent.time_off.iter().filter(|(_, absence)| absence.end_at <= now);
        over.map(|(id, _)| *id).collect()
    }

    /// Nothing is to be done any more about the time off of an agent: who plays a past again is
    /// told what became of it.
    pub(crate) fn forget_time_off(&mut self, id: AgentId) {
        self.with_agent(id, |agent| agent.time_off.clear());
    }

    pub(super) fn apply_time_off(&mut self, fact: &TimeOffFact) {
        self.with_agent(fact.agent_id(), |agent| match fact {
            TimeOffFact::Booked { time_off_id, absence, .. } => {
                agent.time_off.insert(*time_off_id, *absence);
            }
            TimeOffFact::Ended { time_off_id, .. } => {
                agent.time_off.remove(time_off_id);
            }
        });
    }
}
