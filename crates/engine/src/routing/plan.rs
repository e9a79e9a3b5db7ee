//! Plan steps: when they open by the clock and by failed offers, and whom the open ones are for.
//! Pure questions to the floor: routing asks them for a bucket of equal items and for a single
//! one, and so does whatever explains or shows a step.
//!
//! Three things open steps. Time and failed offers are known per item ([`Planned::opened`]), and
//! the floor keeps the answer as [`crate::floor::Seen`]. A step for single agents who are not
//! there is passed ([`newest_for`]), which the floor keeps as well. That nobody of the open steps
//! is online ([`Want::newest`]) is asked each time, once for all items that are alike.

use super::eligibility::{self, Met, Unmet};
use crate::floor::{Agent, Floor, Item, Signature};
use domain::id::{AgentId, QueueId};
use domain::interaction::{SkillRequirement, Traits};
use domain::plan::{PlanPin, PlanSpec, PlanStep, STEPS_MAX, StepClock, Sticky};
use domain::queue::QueueSpec;
use domain::time::{Span, Timestamp};
use std::sync::Arc;

/// The plan an item goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which, and where it began.
    pub pin: PlanPin,
    /// What that version says.
    pub spec: Arc<PlanSpec>,
}

/// When each step opens by time and failed offers; none if nothing so far says so.
pub type Openings = [Option<Timestamp>; STEPS_MAX];

/// When the steps of a plan open by time, failed offers and escalation, as far as it is known.
#[must_use]
pub fn openings(spec: &PlanSpec, pin: &PlanPin, enqueued_at: Timestamp) -> Openings {
    let mut forced: Openings = [None; STEPS_MAX];
    let mut opens = opened_with(spec, pin, enqueued_at, &forced);
    for at in &pin.widened {
        let newest = opens.iter().rposition(|opened| opened.is_some_and(|opened| opened <= *at));
        let next = newest.map_or(0, |newest| newest + 1);
        if let Some(slot) = forced.get_mut(next).filter(|_| next < spec.steps.len()) {
            *slot = Some(*at);
            opens = opened_with(spec, pin, enqueued_at, &forced);
        }
    }
    opens
}

fn opened_with(
    spec: &PlanSpec,
    pin: &PlanPin,
    enqueued_at: Timestamp,
    forced: &Openings,
) -> Openings {
    let mut opens: Openings = [None; STEPS_MAX];
    let mut before = Some(pin.since);
    for (index, (step, slot)) in spec.steps.iter().zip(&mut opens).enumerate() {
        if index > usize::from(pin.passed) {
            let timed = step.after.and_then(|after| {
                let start = match after.clock {
                    StepClock::Step => before,
                    StepClock::Queued => Some(enqueued_at),
                    StepClock::Created => Some(pin.created_at),
                };
                start.map(|start| start + after.span)
            });
            let asked = usize::from(step.offers_failed).checked_sub(1);
            let failed = asked.and_then(|at| pin.failures.get(at)).copied();
            let times = timed.into_iter().chain(failed).chain(forced[index]);
            before = times.min().map(|at| at.max(pin.since));
        }
        *slot = before;
    }
    opens
}

impl Planned {
    /// The newest step that is open by time or failed offers.
    #[must_use]
    pub fn opened(&self, enqueued_at: Timestamp, now: Timestamp) -> u8 {
        let opens = openings(&self.spec, &self.pin, enqueued_at);
        let newest = opens.iter().rposition(|at| at.is_some_and(|at| at <= now));
        newest.and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
    }

    /// When a step later than this one opens next, as far as it is known.
    #[must_use]
    pub fn next_opening(&self, enqueued_at: Timestamp, newest: u8) -> Option<Timestamp> {
        let opens = openings(&self.spec, &self.pin, enqueued_at);
        opens.iter().skip(usize::from(newest) + 1).flatten().min().copied()
    }

    /// Waiting time credited when this step is the newest.
    #[must_use]
    pub fn credit(&self, newest: u8) -> Span {
        let upto = self.spec.steps.iter().take(usize::from(newest) + 1);
        upto.map(|step| step.credit).max().unwrap_or_default()
    }

    /// The agents that its steps name, for an item of a customer with these ties.
    pub fn named(&self, ties: Ties) -> impl Iterator<Item = AgentId> {
        self.spec.steps.iter().filter_map(move |step| named(step, ties))
    }
}

/// The agents whom a customer is tied to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ties {
    /// Who last accepted an interaction of theirs.
    pub last_agent: Option<AgentId>,
    /// Who keeps their account.
    pub account_owner: Option<AgentId>,
}

impl Ties {
    /// Those of a customer with these traits and this last agent.
    #[must_use]
    pub const fn of(last_agent: Option<AgentId>, traits: &Traits) -> Self {
        Self { last_agent, account_owner: traits.account_owner_id }
    }
}

/// The one agent a step is for, if it is for one.
#[must_use]
pub fn named(step: &PlanStep, ties: Ties) -> Option<AgentId> {
    match step.sticky? {
        Sticky::LastAgent => ties.last_agent,
        Sticky::AccountOwner => ties.account_owner,
        Sticky::Agent(id) => Some(id),
    }
}

/// What is asked of whoever takes one item, or any item of a bucket.
#[derive(Clone, Copy)]
pub struct Want<'a> {
    /// Where it waits.
    pub queue: &'a QueueSpec,
    /// The only agent it is for.
    pub target: Option<AgentId>,
    /// What its agent must know beyond what the queue asks.
    pub skills: &'a [SkillRequirement],
    /// The plan, and its newest step without regard to who else is there.
    pub plan: Option<(&'a PlanSpec, u8)>,
    /// The agents whom the customer is tied to.
    pub ties: Ties,
}

impl<'a> Want<'a> {
    /// Of an item that waits in a queue.
    #[must_use]
    pub fn of_item(floor: &'a Floor, item: &'a Item) -> Option<Self> {
        Some(Self {
            queue: floor.queue(item.queue_id?)?,
            target: item.target,
            skills: &item.required_skills,
            plan: item.plan.as_ref().map(|plan| (plan.spec.as_ref(), item.seen.newest)),
            ties: item.ties(),
        })
    }

    /// Of every item of a bucket, one of which is known. Steps for single agents are left out:
    /// those differ among the items.
    #[must_use]
    pub fn of_bucket(queue: &'a QueueSpec, signature: &'a Signature, one: &'a Item) -> Self {
        let plan = one.plan.as_ref().zip(signature.place);
        Self {
            queue,
            target: signature.target,
            skills: &signature.required_skills,
            plan: plan.map(|(plan, place)| (plan.spec.as_ref(), place.newest)),
            ties: Ties::default(),
        }
    }

    /// The steps that are open, in order; none without a plan.
    #[must_use]
    pub fn open(&self, floor: &Floor) -> &'a [PlanStep] {
        self.plan.map_or(&[], |(spec, _)| spec.open(self.newest(floor)))
    }

    /// The newest open step: what follows is open too while nobody of those before is online.
    #[must_use]
    pub fn newest(&self, floor: &Floor) -> usize {
        let Some((spec, newest)) = self.plan else { return 0 };
        let mut newest = usize::from(newest);
        while spec.steps.get(newest + 1).is_some_and(|next| next.when_absent)
            && !spec.is_sticky_at(newest)
            && !self.is_anyone_online(floor, spec.open(newest))
        {
            newest += 1;
        }
        newest
    }

    /// Whether somebody is online for one of these steps, single agents left out.
    fn is_anyone_online(&self, floor: &Floor, steps: &[PlanStep]) -> bool {
        let of_all = || steps.iter().filter(|step| step.sticky.is_none());
        floor.agents().any(|(id, agent)| {
            agent.is_online() && of_all().any(|step| self.is_for(floor, step, *id, agent))
        })
    }

    /// Whether a step is for the agent.
    #[must_use]
    pub fn is_for(&self, floor: &Floor, step: &PlanStep, id: AgentId, agent: &Agent) -> bool {
        self.check(floor, step, id, agent).is_ok()
    }

    /// A step is for the agent: by name, team and skill.
    pub fn check(&self, floor: &Floor, step: &PlanStep, id: AgentId, agent: &Agent) -> Met {
        let base = self.base(floor, step).ok_or(Unmet::QueueGone)?;
        eligibility::single(step, self.ties, id)?;
        eligibility::team(agent, base, Some(step))?;
        eligibility::on_call(agent, base)?;
        eligibility::skills(agent, self.asked(base), Some(step))
    }

    /// The queue a step goes by.
    #[must_use]
    pub fn base(&self, floor: &'a Floor, step: &PlanStep) -> Option<&'a QueueSpec> {
        match step.queue_id {
            Some(queue) => floor.queue(queue).map(AsRef::as_ref),
            None => Some(self.queue),
        }
    }

    /// Every skill that is asked for, by a queue and by itself.
    pub fn asked(&self, base: &'a QueueSpec) -> impl Iterator<Item = &'a SkillRequirement> {
        base.required_skills.iter().chain(self.skills)
    }
}

/// The newest step, when `opened` is the newest by time and failed offers: as long as only single
/// agents would be asked and none of them is there, the next one counts as open.
#[must_use]
pub fn newest_for(floor: &Floor, want: &Want<'_>, opened: u8) -> u8 {
    let Some((spec, _)) = want.plan else { return opened };
    let mut newest = opened;
    while usize::from(newest) + 1 < spec.steps.len()
        && spec.is_sticky_at(usize::from(newest))
        && !spec.open(usize::from(newest)).iter().any(|step| is_there(floor, want, step))
    {
        newest += 1;
    }
    newest
}

fn is_there(floor: &Floor, want: &Want<'_>, step: &PlanStep) -> bool {
    let id = named(step, want.ties);
    id.and_then(|id| floor.agent(id).map(|agent| (id, agent)))
        .is_some_and(|(id, agent)| agent.is_online() && want.is_for(floor, step, id, agent))
}

/// How many steps are passed at once when an item is queued, because nobody of them is there. Their
/// clocks count as run out, so that an absent agent takes no time from those who follow.
#[must_use]
pub fn passed_at_start(
    floor: &Floor,
    spec: &PlanSpec,
    queue_id: QueueId,
    skills: &[SkillRequirement],
    ties: Ties,
) -> u8 {
    let Some(queue) = floor.queue(queue_id) else { return 0 };
    let want = Want { queue, target: None, skills, plan: Some((spec, 0)), ties };
    let newest = newest_for(floor, &want, 0);
    let newest = Want { plan: Some((spec, newest)), ..want }.newest(floor);
    u8::try_from(newest).unwrap_or(0)
}
