//! Customers who are called back, as the ledger's commands would write it.

use super::Model;
use crate::support::{Chance, Wants};
use domain::event::{EndReason, Event, LifeFact, WakeReason};
use domain::id::InteractionId;
use domain::interaction::InteractionStatus;
use domain::offer::OfferState;
use domain::time::{Span, Timestamp};
use engine::floor::Item;

impl Model {
    /// Who waits keeps their place, and nobody is on the line.
    pub(super) fn call_back(&mut self, chance: &mut Chance) {
        let waits = |item: &Item| item.status.is_waiting() && item.owner.is_none();
        let Some(interaction_id) = chance.of(&self.items(waits)) else { return };
        let queue_id = self.world.floor.item(interaction_id).and_then(|item| item.queue_id);
        self.world.record(Event::Life(LifeFact::CallbackRequested { interaction_id, queue_id }));
    }

    /// Who waits, or was called in vain, is called at a time.
    pub(super) fn schedule(&mut self, chance: &mut Chance) {
        let fits = |item: &Item| match item.status {
            InteractionStatus::Queued | InteractionStatus::Offered => item.owner.is_none(),
            status => matches!(status, InteractionStatus::Active | InteractionStatus::Scheduled),
        };
        let Some(interaction_id) = chance.of(&self.items(fits)) else { return };
        let item = self.world.floor.item(interaction_id).expect("it is open").clone();
        let owner = self.world.floor.owner_leg(interaction_id).map(|leg| (leg.id, leg.agent_id));
        if let Some(pending) = item.pending {
            self.world.end(pending, OfferState::Rescinded, EndReason::Moved, None);
        }
        if let Some((leg, _)) = owner {
            self.world.end(leg, OfferState::Completed, EndReason::Scheduled, None);
        }
        let span = Span::from_secs(10 * i64::try_from(chance.below(9) + 1).expect("small"));
        let wake_at = self.world.now + span;
        self.world.record(Event::Life(LifeFact::Scheduled {
            interaction_id,
            queue_id: item.queue_id,
            agent_id: owner.map(|(_, agent)| agent),
            wake_at,
            enqueued_at: wake_at - waited(&item, self.world.now),
            attempts: 0,
            rested: None,
        }));
    }

    /// It enters its queue as old as it was.
    pub(super) fn due_for_call(&mut self, id: InteractionId, by: WakeReason) {
        let Some(item) = self.world.floor.item(id).cloned() else { return };
        if item.status != InteractionStatus::Scheduled {
            return;
        }
        let enqueued_at = self.world.now - waited(&item, self.world.now);
        let (queue_id, sla, ladder) = (item.queue_id, item.sla.clone(), item.ladder.clone());
        let woken = LifeFact::Woken { interaction_id: id, queue_id, by, sla, ladder };
        self.world.record(Event::Life(woken));
        let wants = Wants {
            queue: queue_id.expect("it was queued"),
            channel: item.channel,
            priority: item.priority,
            skills: item.required_skills.to_vec(),
            target: None,
            last_agent: item.last_agent,
            traits: item.traits.as_ref().clone(),
        };
        self.world.enqueue(id, &wants, (enqueued_at, enqueued_at), item.offers_made);
    }

    /// The customer writes before.
    pub(super) fn call_now(&mut self, chance: &mut Chance) {
        let scheduled = self.items(|item| item.status == InteractionStatus::Scheduled);
        if let Some(id) = chance.of(&scheduled) {
            self.due_for_call(id, WakeReason::Customer);
        }
    }
}

pub(super) fn waited(item: &Item, now: Timestamp) -> Span {
    match (item.status, item.wake_at) {
        (InteractionStatus::Scheduled, Some(at)) => at.since(item.enqueued_at),
        (InteractionStatus::Queued | InteractionStatus::Offered, _) => now.since(item.enqueued_at),
        _ => Span::ZERO,
    }
}
