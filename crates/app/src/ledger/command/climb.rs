//! A ladder climbs: what is due of it is told, what a level asks for is done, and pages are put
//! into the outbox. Only time does
//! this, and somebody who asks for it; whatever else sets a ladder off leaves the rest to time, so
//! that no command finds its interaction moved under its hands.

use super::No;
use super::enqueue::{Entry, enqueue, with_room};
use super::leg::{self, Ending};
use crate::ledger::draft::Draft;
use crate::ledger::rows::Delivery;
use domain::escalation::{EscalationFact, LEVELS_MAX, Page, TRIGGERS_MAX};
use domain::event::{EndReason, Event, QueueReason};
use domain::id::{AccountId, DeliveryId, InteractionId, MessageId, QueueId};
use domain::interaction::InteractionStatus;
use domain::offer::OfferStep;
use engine::floor::Item;

/// How many things one climb tells at most; what is left is due still.
const TOLD_MAX: usize = LEVELS_MAX + TRIGGERS_MAX + 1;

/// Tells and does what is due of an interaction's ladder.
pub(super) fn climb(draft: &mut Draft, id: InteractionId) {
    for _ in 0..TOLD_MAX {
        let Some(fact) = draft.floor.escalation_due(id, draft.now) else { return };
        let moves = match &fact {
            EscalationFact::Raised { queue_id, .. } => *queue_id,
            _ => None,
        };
        match moves.and_then(|meant| room(draft, id, meant)) {
            Some(to) => {
                let pages = pages(&fact);
                draft.record(Event::Escalation(fact));
                put(draft, id, to);
                order(draft, id, pages);
            }
            None => {
                let fact = stays(draft, id, fact);
                let pages = pages(&fact);
                draft.record(Event::Escalation(fact));
                order(draft, id, pages);
            }
        }
    }
}

/// What a level pages, and by which accounts.
fn pages(fact: &EscalationFact) -> Option<(Page, Vec<AccountId>)> {
    let EscalationFact::Raised { policy_id, level, trigger, priority, queue_id, paged, .. } = fact
    else {
        return None;
    };
    let (policy_id, level, trigger) = (*policy_id, *level, *trigger);
    let page = Page { policy_id, level, trigger, priority: *priority, queue_id: *queue_id };
    (!paged.is_empty()).then(|| (page, paged.clone()))
}

/// Orders the pages of a level. Each is a lane of its own: one that does not get through keeps no
/// other one waiting.
fn order(draft: &mut Draft, interaction_id: InteractionId, pages: Option<(Page, Vec<AccountId>)>) {
    let Some((page, accounts)) = pages else { return };
    for account_id in accounts {
        let id: DeliveryId = draft.id();
        draft.rows.outbox.push(Delivery {
            id,
            message_id: MessageId::default(),
            interaction_id,
            account_id,
            lane: *id.0.as_bytes(),
            page: Some(page),
        });
    }
}

/// Where an interaction goes instead of its queue, if it goes anywhere: one that waits, or one that
/// a level takes from the agent who has it. What is finished up stays.
fn room(draft: &Draft, id: InteractionId, meant: QueueId) -> Option<(QueueId, QueueId)> {
    let item = draft.floor.item(id)?;
    let moves = item.status.is_waiting() || item.status == InteractionStatus::Active;
    if item.queue_id == Some(meant) || !moves {
        return None;
    }
    let found: Result<QueueId, No> = with_room(draft, meant, None);
    found.ok().filter(|queue| item.queue_id != Some(*queue)).map(|queue| (meant, queue))
}

/// The same fact of an interaction that stays in its queue.
fn stays(draft: &Draft, id: InteractionId, mut fact: EscalationFact) -> EscalationFact {
    if let EscalationFact::Raised { queue_id, .. } = &mut fact {
        *queue_id = draft.floor.item(id).and_then(|item| item.queue_id);
    }
    fact
}

fn put(draft: &mut Draft, id: InteractionId, (meant, queue_id): (QueueId, QueueId)) {
    leg::end_pending(draft, id, Ending::new(OfferStep::Rescind, EndReason::Moved));
    let had = draft.floor.owner_leg(id).map(|leg| leg.agent_id);
    let active = |item: &Item| item.status == InteractionStatus::Active;
    if draft.floor.item(id).is_some_and(active) {
        leg::end_owner(draft, id, Ending::new(OfferStep::Lose, EndReason::Moved));
    }
    let Some(entry) = Entry::of_item(draft, id, queue_id, QueueReason::Escalated) else { return };
    let ladder = draft.floor.item(id).and_then(|item| item.ladder.as_ref());
    let created_at = ladder.map_or(entry.created_at, |ladder| ladder.created_at);
    let last_agent = entry.last_agent.filter(|last| Some(*last) != had);
    enqueue(draft, Entry { meant, created_at, last_agent, ..entry });
}
