//! Work that waits to be taken: what an agent gets who asks for their next, and why they get
//! nothing. It goes by the work order and the checks by which a freed agent is offered work, among
//! what waits in queues of mode PULL; what they did not take when they were asked comes last.

use super::eligibility::Unmet;
use super::explain;
use super::order::{Order, Standing};
use super::strategy::Asked;
use super::work::{self, Cools, Room, Scope};
use super::{Assignment, eligibility};
use crate::floor::{Agent, Floor, Item, WaitKey, wait_key};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::InteractionStatus;
use domain::queue::{AssignmentMode, QueueSpec};
use domain::time::Timestamp;

/// Why an agent gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// They are not there for new work, or have no room now for the first that they would get.
    Unavailable(Unmet),
    /// Nothing that waits is for them; what they may never have is not.
    Waits {
        /// How many wait to be taken.
        waiting: usize,
        /// What stands between them and the one that is first in order.
        first: Option<Unmet>,
    },
}

/// What an agent gets who takes their next work, out of these queues; empty means all.
///
/// # Errors
/// Why there is nothing for them.
pub fn take(
    floor: &Floor,
    agent_id: AgentId,
    queues: &[QueueId],
    now: Timestamp,
) -> Result<Assignment, Nothing> {
    let nothing = Nothing::Waits { waiting: 0, first: None };
    let agent = floor.agent(agent_id).ok_or(nothing)?;
    for met in [eligibility::shift(agent), eligibility::presence(agent)] {
        met.map_err(Nothing::Unavailable)?;
    }
    let scope = |cools, room| Scope { mode: AssignmentMode::Pull, queues, cools, room };
    let found = |scope| work::first_for(floor, agent_id, &scope, now);
    if let Some(found) =
        found(scope(Cools::All, Room::Now)).or_else(|| found(scope(Cools::Nothing, Room::Now)))
    {
        let ((_, _, (_, _, interaction_id)), queue_id) = found;
        return Ok(Assignment { interaction_id, agent_id, queue_id, shadow: None });
    }
    if let Some(((_, _, (_, _, id)), _)) = found(scope(Cools::Nothing, Room::Ever)) {
        let unmet = floor.item(id).and_then(|item| eligibility::first_untaken(item.claim(), agent));
        return Err(unmet.map_or(nothing, Nothing::Unavailable));
    }
    Err(what_waits(floor, (agent_id, agent), queues, now))
}

/// How many wait to be taken, and why the first is not for the agent.
fn what_waits(
    floor: &Floor,
    (agent_id, agent): (AgentId, &Agent),
    queues: &[QueueId],
    now: Timestamp,
) -> Nothing {
    let (mode, cools) = (AssignmentMode::Pull, Cools::Nothing);
    let scope = Scope { mode, queues, cools, room: Room::Ever };
    let order = Order::of(floor, now);
    let (mut waiting, mut first): (usize, Option<(Standing, InteractionId)>) = (0, None);
    let mut stands = |queue_id: QueueId, spec: &QueueSpec, key: WaitKey| {
        let Some(item) = floor.item(key.2) else { return };
        let one = (order.standing(queue_id, Asked { spec, item }, agent, key), key.2);
        first = Some(first.map_or(one, |held| held.min(one)));
    };
    for (queue_id, spec) in floor.queues() {
        if !scope.holds(*queue_id, spec, None) {
            continue;
        }
        let general = floor.buckets(*queue_id).filter(|(one, _)| one.target.is_none());
        let counted = general.map(|(_, bucket)| {
            bucket.get_min().into_iter().for_each(|key| stands(*queue_id, spec, *key));
            bucket.len()
        });
        let counted: usize = counted.sum();
        waiting += counted;
        if usize::try_from(floor.depth(*queue_id)).is_ok_and(|depth| depth > counted) {
            // What a step holds for single agents stands in no bucket.
            for (id, item) in held_for_agents(floor, *queue_id) {
                waiting += 1;
                stands(*queue_id, spec, wait_key(spec, id, item));
            }
        }
    }
    let first = first.and_then(|(_, id)| explain::first_unmet(floor, id, agent_id, now));
    Nothing::Waits { waiting, first }
}

/// What waits in a queue and is in none of its buckets, because open steps name single agents.
fn held_for_agents(
    floor: &Floor,
    queue_id: QueueId,
) -> impl Iterator<Item = (InteractionId, &Item)> {
    let waits = move |item: &Item| {
        item.queue_id == Some(queue_id)
            && item.status == InteractionStatus::Queued
            && item.is_held()
    };
    floor.items().filter(move |(_, item)| waits(item)).map(|(id, item)| (*id, item))
}
