//! The work an agent gets next: of all that waits and is for them, what stands first in order. A
//! freed agent is looked at so, and one who takes work by themselves.

use super::eligibility::{self, Circle};
use super::order::{Order, Standing};
use super::strategy::Asked;
use crate::floor::{Agent, Claim, Floor, Item, WaitKey, Waiting};
use domain::id::{AgentId, QueueId};
use domain::queue::{AssignmentMode, QueueSpec};
use domain::time::Timestamp;
use imbl::OrdSet;

/// How many items of one bucket are looked at for one agent; those passed over are in cool-down for
/// that agent, and come back when it ends.
const PASSED_OVER_MAX: usize = 64;

/// What of that which an agent did not take when they were asked is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cools {
    /// What others could be asked for.
    WhereOthersMay,
    /// All of it.
    All,
    /// Nothing.
    Nothing,
}

/// What they have no room for, and whether it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// What they have no room for now is left out.
    Now,
    /// What they never have room for is left out: it is not for them.
    Ever,
}

/// What is looked at for an agent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// What is offered by itself, or what waits to be taken.
    pub(super) mode: AssignmentMode,
    /// Only these queues; empty means all.
    pub(super) queues: &'a [QueueId],
    /// What of that which they did not take when asked is left out.
    pub(super) cools: Cools,
    /// What of that which they have no room for is left out.
    pub(super) room: Room,
}

impl Scope<'_> {
    /// What is offered by itself.
    pub(super) const PUSHED: Self = Scope {
        mode: AssignmentMode::Push,
        queues: &[],
        cools: Cools::WhereOthersMay,
        room: Room::Now,
    };

    fn has(&self, queue_id: QueueId) -> bool {
        self.queues.is_empty() || self.queues.contains(&queue_id)
    }

    /// Whether items of a queue that are for this target, or for nobody in particular, are meant.
    pub(super) fn holds(&self, id: QueueId, spec: &QueueSpec, target: Option<AgentId>) -> bool {
        let mode = if target.is_some() { AssignmentMode::Push } else { spec.assignment_mode };
        mode == self.mode && self.has(id)
    }

    fn has_room(&self, claim: Claim<'_>, agent: &Agent) -> bool {
        match self.room {
            Room::Now => eligibility::can_take(claim, agent),
            Room::Ever => !eligibility::never_fits(claim, agent),
        }
    }

    fn is_open_to(&self, floor: &Floor, item: &Item, id: AgentId, now: Timestamp) -> bool {
        let cools = || match self.cools {
            Cools::WhereOthersMay => eligibility::cool_down(floor, item, id, now).is_err(),
            Cools::All => eligibility::cooling(item, id, now).is_some(),
            Cools::Nothing => false,
        };
        eligibility::owner(floor, item, id).is_ok() && !cools()
    }
}

/// The item an agent should get: first in order over all queues they serve.
pub(super) fn first_for(
    floor: &Floor,
    id: AgentId,
    scope: &Scope<'_>,
    now: Timestamp,
) -> Option<(Standing, QueueId)> {
    let agent = floor.agent(id)?;
    if !agent.is_available() || scope.room == Room::Now && !agent.is_free() {
        return None;
    }
    let order = Order::of(floor, now);
    let mut best: Option<(Standing, QueueId)> = None;
    let weigh = |queue_id: QueueId, spec: &QueueSpec, (key, item): (WaitKey, &Item)| {
        (order.standing(queue_id, Asked { spec, item }, agent, key), queue_id)
    };
    let better =
        |held: Option<(Standing, QueueId)>, found| Some(held.map_or(found, |held| held.min(found)));
    for waiting in floor.waiting_for(id, agent) {
        let Waiting { queue_id, spec, buckets, .. } = waiting;
        let closed = floor.is_closed(queue_id, now);
        for (first, signature) in buckets.heads() {
            // Who comes this late cannot stand before what was found.
            let stands = || order.at_best(&waiting, first, agent);
            if best.is_some_and(|((excess, score, _), _)| stands() > (excess, score)) {
                break;
            }
            // Whom somebody named is asked at any hour.
            if closed && signature.target.is_none()
                || !scope.holds(queue_id, spec, signature.target)
                || scope.room == Room::Now && !eligibility::may_take(signature, agent)
            {
                continue;
            }
            let Some(bucket) = buckets.like(signature) else { continue };
            let circle = |one| Circle::of_bucket(floor, spec, signature, one);
            if let Some(found) = first_of(floor, (id, agent), (scope, bucket), now, circle) {
                best = better(best, weigh(queue_id, spec, found));
            }
        }
    }
    for (sort, bucket) in floor.personal(id) {
        let Some(spec) = floor.queue(sort.queue_id) else { continue };
        if floor.is_closed(sort.queue_id, now) || !scope.holds(sort.queue_id, spec, None) {
            continue;
        }
        let circle = |one| Circle::of_item(floor, one);
        if let Some(found) = first_of(floor, (id, agent), (scope, bucket), now, circle) {
            best = better(best, weigh(sort.queue_id, spec, found));
        }
    }
    best
}

/// The first item of a bucket that an agent may take. Items alike stand in the bucket's order for
/// any agent.
fn first_of<'a>(
    floor: &'a Floor,
    (id, agent): (AgentId, &Agent),
    (scope, bucket): (&Scope<'_>, &OrdSet<WaitKey>),
    now: Timestamp,
    circle: impl Fn(&'a Item) -> Circle<'a>,
) -> Option<(WaitKey, &'a Item)> {
    let mut keys = bucket.iter();
    let first = keys.next()?;
    let one = floor.item(first.2)?;
    if !scope.has_room(one.claim(), agent) || !circle(one).has(id, agent) {
        return None;
    }
    let rest = keys.filter_map(|key| Some((key, floor.item(key.2)?)));
    let mut all = std::iter::once((first, one)).chain(rest).take(PASSED_OVER_MAX);
    all.find(|(_, item)| scope.is_open_to(floor, item, id, now)).map(|(key, item)| (*key, item))
}
