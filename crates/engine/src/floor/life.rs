//! What befalls items beside being offered and done: they are given up, they rest, and they come
//! back to the floor with what was known of them.

use super::item::{shared_skills, shared_traits};
use super::{Floor, Item, Seen, climb_down, take_in};
use domain::escalation::Ladder;
use domain::event::{Event, LifeFact, Recorded, Rested};
use domain::id::{InteractionId, QueueId};
use domain::interaction::InteractionStatus;
use domain::sla::Sla;
use std::sync::Arc;

/// What an item brings along that comes back with the next event.
#[derive(Clone, Debug)]
pub(super) struct Returning {
    pub(super) id: InteractionId,
    pub(super) sla: Option<Arc<Sla>>,
    pub(super) ladder: Option<Arc<Ladder>>,
    pub(super) taken: bool,
}

impl Floor {
    /// Takes such a fact in.
    pub(super) fn apply_life(&mut self, fact: &LifeFact, recorded: &Recorded) {
        match fact {
            LifeFact::Abandoned { interaction_id, .. }
            | LifeFact::Expired { interaction_id, .. } => {
                self.take_item(*interaction_id);
            }
            LifeFact::Parked {
                interaction_id,
                agent_id,
                queue_id,
                wake_at,
                counts,
                rested,
                ..
            } => {
                if let Some(rested) = rested {
                    self.put_item(*interaction_id, at_rest(rested, *queue_id));
                }
                self.with_item(*interaction_id, |item| {
                    item.status = InteractionStatus::Parked;
                    item.target = (!counts).then_some(*agent_id);
                    item.wake_at = *wake_at;
                });
            }
            LifeFact::Scheduled {
                interaction_id,
                queue_id,
                agent_id,
                wake_at,
                enqueued_at,
                rested,
                ..
            } => {
                if let Some(rested) = rested {
                    self.put_item(*interaction_id, at_rest(rested, *queue_id));
                }
                self.with_item(*interaction_id, |item| {
                    *item = Item {
                        status: InteractionStatus::Scheduled,
                        wake_at: Some(*wake_at),
                        enqueued_at: *enqueued_at,
                        last_agent: agent_id.or(item.last_agent),
                        target: None,
                        plan: None,
                        seen: Seen::default(),
                        cool_downs: Vec::new(),
                        taken: true,
                        ..item.clone()
                    };
                });
            }
            LifeFact::CallbackRequested { interaction_id, .. } => {
                self.with_item(*interaction_id, |item| item.taken = true);
            }
            LifeFact::Woken { interaction_id, sla, ladder, .. } => {
                let id = *interaction_id;
                let held = self.items.get(&id).map(|item| (item.sla.clone(), item.ladder.clone()));
                let (mut sla, mut ladder) = held.unwrap_or_else(|| (sla.clone(), ladder.clone()));
                take_in(&mut sla, recorded, &self.promises);
                climb_down(&mut ladder, recorded);
                self.returning = Some(Returning { id, sla, ladder, taken: true });
                self.with_item(id, rise);
            }
        }
    }

    /// What is told of it between its waking and its being queued holds for what comes back: by
    /// then the floor may hold it no more, because nothing of it ticks any longer.
    pub(super) fn fold_returning(&mut self, recorded: &Recorded) {
        let is_told = matches!(recorded.event, Event::Sla(_) | Event::Escalation(_));
        let about = recorded.event.interaction_id().filter(|_| is_told);
        if let Some(back) = self.returning.as_mut().filter(|back| about == Some(back.id)) {
            take_in(&mut back.sla, recorded, &self.promises);
            climb_down(&mut back.ladder, recorded);
        }
    }

    /// Works out until when an item may wait, before it is indexed. What is being offered gets its
    /// answer first; what an agent ever took, and whoever is to be called back, is not given up.
    pub(super) fn settle_expiry(&self, item: &mut Item) {
        let waits = item.status == InteractionStatus::Queued;
        let counts = waits && !item.taken && item.owner.is_none();
        let queue = item.queue_id.filter(|_| counts).and_then(|id| self.queues.get(&id));
        let most = queue.map(|spec| spec.max_wait).filter(|most| !most.is_zero());
        item.expires_at = most.map(|most| item.enqueued_at + most);
    }
}

/// What rests is waited for no more. What still counts is simply there again.
fn rise(item: &mut Item) {
    item.wake_at = None;
    if item.owner.is_some() {
        item.status = InteractionStatus::Active;
    }
}

/// What was known of it, as the floor holds it.
pub(super) fn at_rest(rested: &Rested, queue_id: Option<QueueId>) -> Item {
    Item {
        queue_id,
        required_skills: shared_skills(&rested.required_skills),
        traits: shared_traits(rested.traits.clone()),
        enqueued_at: rested.enqueued_at,
        enqueued_seq: rested.enqueued_seq,
        offers_made: rested.offers_made,
        last_agent: rested.last_agent_id,
        sla: rested.sla.clone(),
        ladder: rested.ladder.clone(),
        taken: true,
        ..Item::created(rested.channel, rested.priority)
    }
}
