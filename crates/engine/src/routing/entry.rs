//! Where something begins to wait: which queue takes it, from which step of its plan it starts, and
//! for whom first. The ledger asks when it puts something into a queue, and an explanation of what
//! is set aside asks the same functions what would come of it.

use super::plan::{Ties, passed_at_start};
use crate::floor::{Claim, Floor, Item};
use domain::agent::EffectiveStatus;
use domain::id::{AgentId, QueueId};
use domain::interaction::{InteractionStatus, SkillRequirement};
use domain::plan::PlanPin;
use domain::queue::{AbsentWork, ClosedPolicy};
use domain::time::{Span, Timestamp};

/// How many closed queues in a row an arrival is sent on from.
const SENT_ON_MAX: usize = 4;

/// The queue an arrival enters that is meant for this one: that one, unless it is closed and sends
/// arrivals on. Whoever sends on in a circle keeps the last.
#[must_use]
pub fn entered(floor: &Floor, meant: QueueId, now: Timestamp) -> QueueId {
    let mut queue = meant;
    for _ in 0..SENT_ON_MAX {
        let Some(spec) = floor.queue(queue) else { return queue };
        let sends = spec.closed_policy == ClosedPolicy::Redirect;
        match spec.closed_queue_id {
            Some(next) if sends && floor.is_closed(queue, now) => queue = next,
            _ => return queue,
        }
    }
    queue
}

/// Where work of a queue goes whose agent is offline; none if it stays theirs.
#[must_use]
pub fn left_to(floor: &Floor, queue_id: QueueId) -> Option<QueueId> {
    match floor.queue(queue_id)?.absent_work {
        AbsentWork::Keep => None,
        AbsentWork::Requeue => Some(queue_id),
        AbsentWork::Reassign(other) => floor.queue(other).map(|_| other),
    }
}

/// The plan of a queue as it is now, from its first step that somebody is there for.
#[must_use]
pub fn pin(floor: &Floor, queue_id: QueueId, one: &Entrant<'_>, now: Timestamp) -> Option<PlanPin> {
    let plan_id = floor.queue(queue_id)?.routing_plan_id?;
    let (version, spec) = floor.plan(plan_id)?;
    let passed = passed_at_start(floor, spec, queue_id, one.skills, one.ties);
    let (since, created_at) = (now, one.created_at);
    let (failures, widened) = (Vec::new(), Vec::new());
    Some(PlanPin { plan_id, version, since, created_at, passed, failures, widened })
}

/// What a plan looks at in something that begins to wait.
#[derive(Clone, Copy, Debug)]
pub struct Entrant<'a> {
    /// What its agent must know beyond what the queue asks.
    pub skills: &'a [SkillRequirement],
    /// The agents whom the customer is tied to.
    pub ties: Ties,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How long something has waited in the line: what an agent had waits anew.
#[must_use]
pub fn waited(
    status: InteractionStatus,
    wake_at: Option<Timestamp>,
    enqueued_at: Option<Timestamp>,
    now: Timestamp,
) -> Span {
    let until = match status {
        InteractionStatus::Scheduled => wake_at,
        InteractionStatus::Queued | InteractionStatus::Offered => Some(now),
        _ => None,
    };
    until.zip(enqueued_at).map_or(Span::ZERO, |(until, from)| until.since(from))
}

/// Where and for whom something waits when it wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waking {
    /// The queue: its own, unless that gives the work of agents who are offline to another.
    pub queue_id: QueueId,
    /// Its agent, who is asked first because they are there.
    pub target: Option<AgentId>,
    /// Whether that agent has room: it is theirs again at once.
    pub is_given_back: bool,
}

/// What becomes of something that wakes: its queue, what it takes of an agent's capacity, and the
/// agent who set it aside.
#[must_use]
pub fn waking(
    floor: &Floor,
    queue_id: QueueId,
    claim: Claim<'_>,
    owner: Option<AgentId>,
    now: Timestamp,
) -> Waking {
    let Some(id) = owner else {
        let queue_id = entered(floor, queue_id, now);
        return Waking { queue_id, target: None, is_given_back: false };
    };
    let agent = floor.agent(id);
    let is_offline = agent.is_none_or(|a| a.presence.effective == EffectiveStatus::Offline);
    let there = agent.filter(|agent| agent.is_available());
    Waking {
        queue_id: left_to(floor, queue_id).filter(|_| is_offline).unwrap_or(queue_id),
        target: there.map(|_| id),
        is_given_back: there.is_some_and(|agent| agent.has_room(claim)),
    }
}

/// The agent who set an item aside; none for whoever is to be called back.
#[must_use]
pub fn set_aside_by(floor: &Floor, item: &Item) -> Option<AgentId> {
    let counted = floor.leg(item.owner.unwrap_or_default()).map(|leg| leg.agent_id);
    counted.or(item.target).filter(|_| item.status == InteractionStatus::Parked)
}

/// Whether somebody counts what they set aside: it is simply there again when it wakes.
#[must_use]
pub fn is_counted(item: &Item) -> bool {
    item.status == InteractionStatus::Parked && item.owner.is_some()
}
