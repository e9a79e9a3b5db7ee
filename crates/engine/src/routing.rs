//! Who gets what: looks only at what changed on the floor and proposes the next assignment, so that
//! a full queue costs nothing while nothing changes.
//!
//! Rule: work is placed in the queues' order. Of all items that a changed agent could take, the one
//! that has waited longest (priority counts as waiting time) goes first, and its queue's strategy
//! chooses among *all* eligible agents. Then each changed item is offered to whom it fits.
//!
//! Promise, checked by [`unplaced`]: once nothing is left to look at, no item waits while an agent
//! who may take it has room.

pub mod eligibility;
pub mod intake;
pub mod strategy;

use crate::floor::{Floor, Item, WaitKey};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::InteractionStatus;
use domain::time::Timestamp;

/// How many items of one bucket are looked at for one agent; those passed over are in cool-down for
/// that agent, and come back when it ends.
const PASSED_OVER_MAX: usize = 64;

/// One item to be offered to one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// What.
    pub interaction_id: InteractionId,
    /// To whom.
    pub agent_id: AgentId,
    /// Out of which queue.
    pub queue_id: QueueId,
}

/// The next assignment, or `None` when nothing that changed leads to one. The caller records the
/// offer on the floor before asking again; what was looked at in vain is settled.
pub fn next(floor: &mut Floor, now: Timestamp) -> Option<Assignment> {
    if let Some(assignment) = for_changed_agents(floor, now) {
        return Some(assignment);
    }
    for_changed_items(floor, now)
}

fn for_changed_agents(floor: &mut Floor, now: Timestamp) -> Option<Assignment> {
    let agents: Vec<AgentId> = floor.changed().agents.iter().copied().collect();
    let mut best: Option<(WaitKey, QueueId)> = None;
    for id in agents {
        let found = best_for_agent(floor, id, now);
        match found {
            None => floor.settle_agent(id),
            Some(found) => best = Some(best.map_or(found, |held| held.min(found))),
        }
    }
    let ((_, _, interaction_id), queue_id) = best?;
    let agent_id = best_agent(floor, interaction_id, now)?;
    Some(Assignment { interaction_id, agent_id, queue_id })
}

/// The item an agent should get: first in order over all queues they serve.
fn best_for_agent(floor: &Floor, id: AgentId, now: Timestamp) -> Option<(WaitKey, QueueId)> {
    let agent = floor.agent(id)?;
    if !agent.is_available() {
        return None;
    }
    let mut best: Option<(WaitKey, QueueId)> = None;
    for (queue_id, spec) in floor.queues() {
        let Some(buckets) = floor.buckets(*queue_id) else { continue };
        let serves = eligibility::serves(spec, id, agent, None);
        for (signature, bucket) in buckets {
            // The target of a transfer need not serve the queue.
            let asked = serves || signature.target == Some(id);
            if !asked || !eligibility::fits(signature, id, agent) {
                continue;
            }
            for key in bucket.iter().take(PASSED_OVER_MAX) {
                if best.is_some_and(|(held, _)| held <= *key) {
                    break;
                }
                let item = floor.item(key.2);
                if item.is_some_and(|item| eligibility::is_open_to(floor, item, id, now)) {
                    best = Some((*key, *queue_id));
                    break;
                }
            }
        }
    }
    best
}

fn for_changed_items(floor: &mut Floor, now: Timestamp) -> Option<Assignment> {
    let mut waiting: Vec<(Timestamp, i64, InteractionId)> = floor
        .changed()
        .items
        .iter()
        .filter_map(|id| floor.item(*id).map(|item| order(floor, *id, item)))
        .collect();
    waiting.sort_unstable();
    for (_, _, id) in waiting {
        let queue_id = floor
            .item(id)
            .filter(|item| item.status == InteractionStatus::Queued)
            .and_then(|item| item.queue_id);
        if let Some(queue_id) = queue_id
            && let Some(agent_id) = best_agent(floor, id, now)
        {
            return Some(Assignment { interaction_id: id, agent_id, queue_id });
        }
        floor.settle_item(id);
    }
    None
}

fn order(floor: &Floor, id: InteractionId, item: &Item) -> WaitKey {
    match item.queue_id.and_then(|queue| floor.queue(queue)) {
        Some(spec) => crate::floor::wait_key(spec, id, item),
        None => (item.enqueued_at, item.enqueued_seq, id),
    }
}

/// The agent the item's queue would choose now, if anybody may take it.
#[must_use]
pub fn best_agent(floor: &Floor, id: InteractionId, now: Timestamp) -> Option<AgentId> {
    let item = floor.item(id)?;
    let spec = floor.queue(item.queue_id?)?;
    strategy::choose(floor, spec, item, |agent_id, agent| {
        eligibility::serves(spec, agent_id, agent, item.target)
            && eligibility::may_take(item, agent_id, agent)
            && eligibility::is_open_to(floor, item, agent_id, now)
    })
}

/// Items that wait although somebody could take them: empty after routing, or routing is wrong.
/// Checks every pair, for tests and audits.
#[must_use]
pub fn unplaced(floor: &Floor, now: Timestamp) -> Vec<InteractionId> {
    floor
        .items()
        .filter(|(_, item)| item.status == InteractionStatus::Queued)
        .filter(|(id, _)| best_agent(floor, **id, now).is_some())
        .map(|(id, _)| *id)
        .collect()
}
