//! Routing plans: how the search for an agent widens while an interaction waits. A plan is a list
//! of steps; a queue names a plan, and what is queued there keeps the plan's version of that moment
//! until it leaves the queue.
//!
//! Which steps are open follows from the plan, the interaction's clocks and failed offers, the time
//! and who is there; nothing about it is recorded. A plan that cannot do what it says is refused
//! when it is saved: see [`PlanSpec::fault`].

use crate::channel::coded_enum;
use crate::id::{AgentId, PlanId, QueueId, SkillId, TeamId};
use crate::queue::Strategy;
use crate::refusal::Reason;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How many steps a plan has at most.
pub const STEPS_MAX: usize = 10;

/// How many failed offers a step can wait for at most.
pub const FAILURES_MAX: u8 = 10;

coded_enum! {
    /// What a step's span is counted from.
    StepClock {
        /// The opening of the step before.
        Step = 1,
        /// The moment it began to wait; a transfer keeps it.
        Queued = 2,
        /// The moment the interaction was created; nothing resets it.
        Created = 3,
    }
}

/// An instant, by a clock of the interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Which clock.
    pub clock: StepClock,
    /// How long after its start.
    pub span: Span,
}

/// The one agent whom a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sticky {
    /// Who last accepted an interaction of the customer.
    LastAgent,
    /// Who keeps the customer's account.
    AccountOwner,
    /// This one.
    Agent(AgentId),
}

/// One step. It opens as soon as one of its triggers says so, and the newest open step opens those
/// before it; the first is open from the start and has no trigger.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanStep {
    /// Trigger: time.
    pub after: Option<After>,
    /// Trigger: so many failed offers since it was queued; zero is no trigger.
    pub offers_failed: u8,
    /// Trigger: nobody whom the steps open so far are for is online. Holds only as long as that
    /// lasts, and moves no clock.
    pub when_absent: bool,
    /// The step is for this agent alone; an agent who is not there passes it on at once.
    pub sticky: Option<Sticky>,
    /// The teams it is for, any of them, sorted; empty means those of the queue.
    pub teams: Vec<TeamId>,
    /// It is for every agent, whatever their teams.
    pub any_team: bool,
    /// The queue whose teams and skills count in place of the own one's.
    pub queue_id: Option<QueueId>,
    /// By how much required levels are lowered, never below 1.
    pub lower_levels: u8,
    /// Skills that are not required.
    pub drop_skills: Vec<SkillId>,
    /// Waiting time credited while it is open by time or failed offers; of several open steps the
    /// most counts.
    pub credit: Span,
    /// How an agent of this step is chosen; none means as the queue says.
    pub strategy: Option<Strategy>,
    /// How long an agent of this step has to answer; none means as the queue says.
    pub offer_timeout: Option<Span>,
    /// Whether the steps before it end when it opens.
    pub replace: bool,
}

/// What routing knows of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanSpec {
    /// The steps in order, 1 to [`STEPS_MAX`].
    pub steps: Vec<PlanStep>,
}

/// A routing plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What routing knows of it.
    pub spec: PlanSpec,
    /// Counts changes; the etag is made of it, and interactions pin it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which plan an interaction that waits goes by, and where it began in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPin {
    /// Which plan.
    pub plan_id: PlanId,
    /// Which version of it.
    pub version: i64,
    /// When the first step opened.
    pub since: Timestamp,
    /// When the interaction was created.
    pub created_at: Timestamp,
    /// How many steps were passed at the start because nobody of them was there.
    #[serde(default)]
    pub passed: u8,
    /// When offers failed since then, at most [`FAILURES_MAX`] of them.
    #[serde(default)]
    pub failures: Vec<Timestamp>,
    /// When escalation opened the next step, at most [`STEPS_MAX`] times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub widened: Vec<Timestamp>,
}

impl PlanPin {
    /// Notes a failed offer.
    pub fn failed(&mut self, at: Timestamp) {
        if self.failures.len() < usize::from(FAILURES_MAX) {
            self.failures.push(at);
        }
    }

    /// Notes that the next step is to open.
    pub fn widen(&mut self, at: Timestamp) {
        if self.widened.len() < STEPS_MAX {
            self.widened.push(at);
        }
    }
}

/// What is wrong with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which step, counted from zero.
    pub step: usize,
    /// What.
    pub reason: Reason,
}

impl PlanSpec {
    /// The first of the steps that are open when this one is the newest.
    #[must_use]
    pub fn first_open(&self, newest: usize) -> usize {
        self.steps.iter().take(newest + 1).rposition(|step| step.replace).unwrap_or(0)
    }

    /// The steps that are open when this one is the newest.
    #[must_use]
    pub fn open(&self, newest: usize) -> &[PlanStep] {
        let end = self.steps.len().min(newest + 1);
        &self.steps[self.first_open(newest).min(end)..end]
    }

    /// Whether, when this step is the newest, only single agents are asked.
    #[must_use]
    pub fn is_sticky_at(&self, newest: usize) -> bool {
        self.open(newest).iter().all(|step| step.sticky.is_some())
    }

    /// Why the plan could not do what it says, if so: a step that never opens, one that changes
    /// nothing, or one that would leave a customer waiting for a single agent.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let at = |step, reason| Some(Fault { step, reason });
        for (index, step) in self.steps.iter().enumerate() {
            if !self.can_open(index) {
                return at(index, Reason::PlanStepNeverOpens);
            }
            if index > 0 && self.repeats(index) || self.is_cut_short(index) {
                return at(index, Reason::PlanStepWithoutEffect);
            }
            let next = self.steps.get(index + 1);
            // Only time moves on for certain: the agent may be there and never free.
            let moves_on = next.is_some_and(|next| next.after.is_some());
            if self.is_sticky_at(index) && !moves_on {
                return at(index, Reason::PlanStrands);
            }
            if step.sticky.is_some() && step.when_absent {
                return at(index, Reason::PlanStepNeverOpens);
            }
        }
        None
    }

    /// Whether anything opens a step: its own triggers, and its clock ever starts.
    fn can_open(&self, index: usize) -> bool {
        let step = &self.steps[index];
        if index == 0 {
            return true;
        }
        let before = &self.steps[index - 1];
        let starts = index == 1 || before.after.is_some() || before.offers_failed > 0;
        let timed = step.after.is_some_and(|after| after.clock != StepClock::Step || starts);
        // A clock that never starts is refused even beside another trigger.
        if step.after.is_some() { timed } else { step.offers_failed > 0 || step.when_absent }
    }

    /// Whether a step is like the one before it in everything but its triggers.
    fn repeats(&self, index: usize) -> bool {
        let bare = |step: &PlanStep| PlanStep {
            after: None,
            offers_failed: 0,
            when_absent: false,
            replace: false,
            ..step.clone()
        };
        let (before, step) = (&self.steps[index - 1], &self.steps[index]);
        let ends_more = step.replace && self.open(index - 1).len() > 1;
        bare(before) == bare(step) && !ends_more
    }

    /// Whether the next step ends this one at the very moment it opens.
    fn is_cut_short(&self, index: usize) -> bool {
        let Some(next) = self.steps.get(index + 1).filter(|next| next.replace) else {
            return false;
        };
        let step = &self.steps[index];
        match (next.after, step.after) {
            (Some(next), _) if next.clock == StepClock::Step => next.span.is_zero(),
            (Some(next), _) if index == 0 => next.span.is_zero(),
            (Some(next), Some(own)) => {
                let timed_only = step.offers_failed == 0 && !step.when_absent;
                timed_only && next.clock == own.clock && next.span <= own.span
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(clock: StepClock, secs: i64) -> Option<After> {
        Some(After { clock, span: Span::from_secs(secs) })
    }

    fn team(n: u128) -> Vec<TeamId> {
        vec![TeamId(uuid::Uuid::from_u128(n))]
    }

    fn sticky() -> PlanStep {
        PlanStep { sticky: Some(Sticky::LastAgent), ..PlanStep::default() }
    }

    fn fault(steps: Vec<PlanStep>) -> Option<(usize, Reason)> {
        PlanSpec { steps }.fault().map(|fault| (fault.step, fault.reason))
    }

    #[test]
    fn plans_that_say_something_are_taken() {
        let later = |secs| after(StepClock::Step, secs);
        let widen = PlanStep { after: later(30), any_team: true, ..PlanStep::default() };
        assert_eq!(fault(vec![PlanStep::default()]), None);
        assert_eq!(fault(vec![PlanStep::default(), widen.clone()]), None);
        assert_eq!(
            fault(vec![sticky(), PlanStep { after: later(20), ..Default::default() }]),
            None
        );
        let absent = PlanStep { when_absent: true, teams: team(1), ..PlanStep::default() };
        assert_eq!(fault(vec![PlanStep::default(), absent]), None);
        let failed = PlanStep { offers_failed: 2, teams: team(2), ..PlanStep::default() };
        assert_eq!(fault(vec![PlanStep::default(), failed, widen]), None);
    }

    #[test]
    fn a_step_without_a_trigger_never_opens() {
        let bare = PlanStep { teams: team(1), ..PlanStep::default() };
        let never = Some((1, Reason::PlanStepNeverOpens));
        assert_eq!(fault(vec![PlanStep::default(), bare]), never);
        let absent = PlanStep { when_absent: true, teams: team(1), ..PlanStep::default() };
        let stuck =
            PlanStep { after: after(StepClock::Step, 5), teams: team(2), ..PlanStep::default() };
        let never = Some((2, Reason::PlanStepNeverOpens));
        assert_eq!(fault(vec![PlanStep::default(), absent, stuck]), never);
    }

    #[test]
    fn a_step_that_changes_nothing_is_refused() {
        let again = PlanStep { after: after(StepClock::Step, 5), ..PlanStep::default() };
        let same = Some((1, Reason::PlanStepWithoutEffect));
        assert_eq!(fault(vec![PlanStep::default(), again]), same);
        let at_once = PlanStep {
            after: after(StepClock::Step, 0),
            any_team: true,
            replace: true,
            ..PlanStep::default()
        };
        let cut = Some((0, Reason::PlanStepWithoutEffect));
        assert_eq!(fault(vec![PlanStep::default(), at_once]), cut);
        let queued = |secs, teams| PlanStep {
            after: after(StepClock::Queued, secs),
            teams,
            replace: true,
            ..PlanStep::default()
        };
        let cut = Some((1, Reason::PlanStepWithoutEffect));
        let steps = vec![PlanStep::default(), queued(60, team(1)), queued(30, team(2))];
        assert_eq!(fault(steps), cut);
    }

    #[test]
    fn nobody_is_left_waiting_for_one_agent() {
        let strands = |step| Some((step, Reason::PlanStrands));
        assert_eq!(fault(vec![sticky()]), strands(0));
        let failed = PlanStep { offers_failed: 1, ..PlanStep::default() };
        assert_eq!(fault(vec![sticky(), failed]), strands(0));
        let last = PlanStep { after: after(StepClock::Queued, 9), replace: true, ..sticky() };
        assert_eq!(fault(vec![PlanStep::default(), last.clone()]), strands(1));
        // Beside others it strands nobody.
        let beside = PlanStep { replace: false, ..last };
        assert_eq!(fault(vec![PlanStep::default(), beside]), None);
    }

    #[test]
    fn a_step_that_replaces_ends_those_before_it() {
        let step = |replace| PlanStep { replace, ..PlanStep::default() };
        let steps = [false, false, true, false].map(step).to_vec();
        let plan = PlanSpec { steps };
        let open = [0, 1, 2, 3].map(|newest| plan.first_open(newest));
        assert_eq!(open, [0, 0, 2, 2]);
        assert_eq!(plan.open(3).len(), 2);
    }
}
