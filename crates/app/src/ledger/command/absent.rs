//! What becomes of the work of an agent who went offline. Advice they give or asked for ends. What
//! they own goes as the queue it came from says: it stays
//! theirs, or waits again with its age kept, there or in another queue. What they parked rests on:
//! nobody is needed for it yet. It gives their place back, and once it wakes it is for others. What
//! they finish up is left to its timer, and what already waits for somebody else goes on waiting.

use super::consult;
use super::enqueue::{Entry, enqueue};
use super::leg::{self, Ending};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, LifeFact, QueueReason};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::InteractionStatus;
use domain::offer::OfferStep;
use engine::routing::entry::left_to;

const PARKED: InteractionStatus = InteractionStatus::Parked;

/// Moves what is to be moved.
pub(super) fn leave(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let legs = agent.legs.iter().filter_map(|leg| draft.floor.leg(*leg)).cloned();
    let (advised, owned): (Vec<_>, Vec<_>) =
        legs.filter(|leg| leg.state.is_taken()).partition(|leg| leg.is_consult());
    for leg in advised {
        leg::end(draft, leg.id, Ending::new(OfferStep::Lose, EndReason::Lost));
    }
    // Nobody is there for the advice.
    for leg in &owned {
        consult::end(draft, leg.interaction_id, OfferStep::Rescind, EndReason::Lost);
    }
    let owned = owned.iter().map(|leg| leg.interaction_id);
    let moved: Vec<(InteractionId, QueueId)> =
        owned.filter_map(|work| Some((work, goes_to(draft, work)?))).collect();
    for (interaction_id, queue_id) in moved {
        // Moved, not lost: no offer failed.
        let ending = Ending::new(OfferStep::Lose, EndReason::Moved);
        leg::end_owner(draft, interaction_id, ending);
        if let Some(item) = draft.floor.item(interaction_id).filter(|item| item.status == PARKED) {
            let (queue_id, wake_at) = (item.queue_id, item.wake_at);
            draft.record(Event::Life(LifeFact::Parked {
                interaction_id,
                agent_id: id,
                queue_id,
                wake_at,
                counts: false,
                rested: None,
            }));
            continue;
        }
        let entry = Entry::of_item(draft, interaction_id, queue_id, QueueReason::AgentLeft);
        let Some(mut entry) = entry else { continue };
        entry.last_agent = entry.last_agent.filter(|last| *last != id);
        enqueue(draft, entry);
    }
}

/// The queue it waits in next; none if it stays with its owner.
fn goes_to(draft: &Draft, id: InteractionId) -> Option<QueueId> {
    let held = [InteractionStatus::Active, PARKED];
    let item = draft.floor.item(id).filter(|item| held.contains(&item.status))?;
    left_to(&draft.floor, item.queue_id?)
}
