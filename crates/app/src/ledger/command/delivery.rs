//! How far an outbound message got: what the dispatcher saw, or what the other side reported later.
//! Progress only; a late lower report changes nothing.

use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::customer::Bounce;
use domain::event::{Change, Event};
use domain::id::{AccountId, ContactPointId, MessageId};
use domain::message::{DeliveryStatus, DeliveryStep};
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use engine::floor::Floor;

/// The command.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which message.
    pub message_id: MessageId,
    /// How far it got.
    pub status: DeliveryStatus,
    /// The attempt this is the result of, from 1; 0 if of none: it was reported by the other
    /// side, or never tried.
    pub attempt: i32,
    /// Why it failed, as a word; empty if it did not.
    pub reason: String,
    /// The other side's id for it, sealed; empty leaves it.
    pub external_id: Sealed,
    /// In which way it came back, if it did, and where it had gone.
    pub bounce: Option<(Bounce, ContactPointId)>,
    /// The inbox item it came from.
    pub inbox: Option<(AccountId, [u8; 16])>,
}

impl Command for Report {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.messages.push(self.message_id);
        keys.inbox.extend(self.inbox);
        keys.contact_points.extend(self.bounce.map(|(_, point)| point));
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.message_id;
        let mut message = draft
            .rows
            .messages
            .get(id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("message", id))?;
        if let Some(item) = self.inbox {
            draft.rows.inbox.put(item, true);
        }
        let step = DeliveryStep {
            at: draft.now,
            status: self.status,
            attempt: self.attempt,
            reason: self.reason.clone(),
        };
        if !self.external_id.is_empty() && message.external_id.is_empty() {
            // Also when the other side's own report was faster than its answer.
            message.external_id = self.external_id.clone();
            draft.rows.messages.put(id, message.clone());
        }
        self.take_bounce(draft);
        if !message.advance(step.clone()) {
            // A failed attempt changes nothing that anybody waits for, so that it is no event.
            if self.attempt > 0 && message.tried(step) {
                draft.rows.messages.put(id, message);
            }
            return Ok(Done::with(id));
        }
        let interaction_id = message.interaction_id;
        draft.rows.messages.put(id, message);
        draft.record(Event::MessageStatusChanged {
            message_id: id,
            interaction_id,
            status: self.status,
            reason: self.reason.clone(),
            attempt: self.attempt,
        });
        Ok(Done::with(id))
    }
}

impl Report {
    /// Notes at the contact point that a mail to it came back.
    fn take_bounce(&self, draft: &mut Draft) {
        let Some((bounce, id)) = self.bounce else { return };
        // It may have been removed meanwhile.
        let Some(mut point) = draft.rows.contact_points.get(id).cloned() else { return };
        let suppressed = point.came_back(bounce, draft.now);
        let (customer_id, channel) = (point.customer_id, point.kind);
        draft.rows.contact_points.put(id, point);
        if suppressed {
            draft.record(Event::ContactPointChanged {
                contact_point_id: id,
                customer_id,
                channel,
                change: Change::Updated,
            });
        }
    }
}
