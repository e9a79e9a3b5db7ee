//! Offers, and the legs they become.

use super::codes::Coded;
use super::id_text;
use super::time::timestamp;
use crate::proto::v1;
use domain::offer::Offer;

/// The offer as the wire writes it.
#[must_use]
pub fn offer(offer: &Offer) -> v1::Offer {
    v1::Offer {
        id: offer.id.to_string(),
        interaction_id: offer.interaction_id.to_string(),
        agent_id: offer.agent_id.to_string(),
        queue_id: offer.queue_id.to_string(),
        state: offer.state.to_wire(),
        attempt: offer.attempt,
        offer_time: Some(timestamp(offer.offered_at)),
        expire_time: Some(timestamp(offer.expires_at)),
        answer_time: offer.answered_at.map(timestamp),
        end_time: offer.ended_at.map(timestamp),
        reason: offer.reason.clone(),
        role: offer.role.to_wire(),
        note_id: id_text(offer.note_id),
        override_limits: offer.override_limits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::channel::ChannelKind;
    use domain::id::{AgentId, InteractionId, OfferId, QueueId};
    use domain::offer::{OfferRole, OfferState};
    use domain::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn an_offer_is_shown_in_every_state() {
        for state in OfferState::ALL {
            let at = Timestamp::from_micros;
            let offer = Offer {
                id: OfferId(Uuid::now_v7()),
                interaction_id: InteractionId(Uuid::now_v7()),
                agent_id: AgentId(Uuid::now_v7()),
                role: OfferRole::Consult,
                queue_id: QueueId(Uuid::now_v7()),
                channel: ChannelKind::Chat,
                state: *state,
                attempt: 3,
                offered_at: at(1),
                offered_seq: 1,
                expires_at: at(2),
                answered_at: Some(at(3)),
                wrap_until: None,
                ended_at: (!state.is_live()).then(|| at(4)),
                reason: "declined".into(),
                note: Default::default(),
                note_id: None,
                shadow_agent_id: None,
                labels: Vec::new(),
                override_limits: false,
                last_seq: 9,
            };
            let wire = super::offer(&offer);
            assert_eq!(OfferState::of_wire(wire.state), Some(*state));
            assert_eq!(wire.role(), v1::OfferRole::Consult);
            assert_eq!(wire.end_time.is_none(), state.is_live());
            assert_eq!(wire.id, offer.id.to_string());
            assert_eq!(wire.agent_id, offer.agent_id.to_string());
            assert_eq!((wire.attempt, wire.reason.as_str()), (3, "declined"));
            assert_eq!(wire.expire_time, Some(timestamp(at(2))));
            assert_eq!(wire.answer_time, Some(timestamp(at(3))));
        }
    }
}
