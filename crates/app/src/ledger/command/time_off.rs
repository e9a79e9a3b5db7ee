//! Time off of agents is booked, withdrawn, begins and ends. What it says of an agent is put on
//! record as what a schedule says is: the difference alone, whoever looks, and however often.

use super::presence::take_turn;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::{Actor, Event};
use domain::id::{AgentId, TimeOffId};
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use domain::time_off::{Absence, TIME_OFF_LONGEST, TIME_OFF_MAX, TimeOff, TimeOffFact};
use engine::floor::Floor;

/// Books time off. Its id comes with it, because what is sealed is sealed for it.
#[derive(Clone, Debug)]
pub struct BookTimeOff {
    /// Which one it becomes.
    pub id: TimeOffId,
    /// Whose.
    pub agent_id: AgentId,
    /// From when on; what is past begins now.
    pub start_at: Option<Timestamp>,
    /// Until when.
    pub end_at: Timestamp,
    /// Why, sealed.
    pub reason: Sealed,
}

impl Command for BookTimeOff {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (id, agent_id, created_at) = (self.id, self.agent_id, draft.now);
        let start_at = self.start_at.unwrap_or_default().max(draft.now);
        let absence = Absence { start_at, end_at: self.end_at };
        self.check(draft, absence)?;
        let reason = self.reason.clone();
        draft.rows.time_off.put(id, TimeOff { id, agent_id, absence, reason, created_at });
        let fact = TimeOffFact::Booked { agent_id, time_off_id: id, absence };
        draft.record(Event::TimeOff(fact));
        take_turn(draft, agent_id);
        Ok(Done::with(id))
    }
}

impl BookTimeOff {
    fn check(&self, draft: &Draft, absence: Absence) -> Result<(), No> {
        let wrong = |field: &str, text| Err(Refusal::field(field, text).into());
        let agent = draft.floor.agent(self.agent_id);
        let agent = agent.ok_or_else(|| Refusal::not_found("agent", self.agent_id))?;
        if absence.end_at <= absence.start_at {
            return wrong(
                "time_off.end_time",
                "time off ends after it begins, and not in the past",
            );
        }
        if absence.end_at.since(absence.start_at) > TIME_OFF_LONGEST {
            return wrong("time_off.end_time", "time off lasts 400 days at most");
        }
        if agent.time_off.len() >= TIME_OFF_MAX {
            return wrong("time_off.agent_id", "the agent has as much time off booked as they may");
        }
        Ok(())
    }
}

/// Withdraws time off, also while it goes on.
#[derive(Clone, Copy, Debug)]
pub struct WithdrawTimeOff {
    /// Which one.
    pub id: TimeOffId,
}

impl Command for WithdrawTimeOff {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.time_off.push(self.id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let found = draft.rows.time_off.get(self.id).map(|row| row.agent_id);
        let agent_id = found.ok_or_else(|| Refusal::not_found("time_off", self.id))?;
        end(draft, agent_id, self.id, true);
        take_turn(draft, agent_id);
        Ok(Done::with(self.id))
    }
}

/// What is over goes, and what holds now is put on record of the agent.
pub(super) fn turn(draft: &mut Draft, agent_id: AgentId) {
    let who = std::mem::replace(&mut draft.actor, Actor::SYSTEM);
    for id in draft.floor.time_off_over(agent_id, draft.now) {
        end(draft, agent_id, id, false);
    }
    draft.actor = who;
    take_turn(draft, agent_id);
}

/// An agent who is deleted takes their time off along.
pub(super) fn leave(draft: &mut Draft, agent_id: AgentId) {
    let Some(agent) = draft.floor.agent(agent_id) else { return };
    for id in agent.time_off.keys() {
        draft.rows.time_off.remove(*id);
    }
}

fn end(draft: &mut Draft, agent_id: AgentId, time_off_id: TimeOffId, withdrawn: bool) {
    draft.rows.time_off.remove(time_off_id);
    draft.record(Event::TimeOff(TimeOffFact::Ended { agent_id, time_off_id, withdrawn }));
}
