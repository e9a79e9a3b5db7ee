//! Deliveries, and the pages among them that a ladder of escalation sent.

use super::id_text;
use super::time::timestamp;
use crate::proto::v1;
use app::operations::{Delivery, DeliveryState};
use std::fmt::Write as _;

/// The state of a wire's one; none if it is unspecified.
#[must_use]
pub const fn state_of(state: v1::DeliveryState) -> Option<DeliveryState> {
    match state {
        v1::DeliveryState::Unspecified => None,
        v1::DeliveryState::Ready => Some(DeliveryState::Ready),
        v1::DeliveryState::Sending => Some(DeliveryState::Sending),
        v1::DeliveryState::Done => Some(DeliveryState::Done),
        v1::DeliveryState::Unknown => Some(DeliveryState::Unknown),
        v1::DeliveryState::Dead => Some(DeliveryState::Dead),
    }
}

const fn state(state: DeliveryState) -> v1::DeliveryState {
    match state {
        DeliveryState::Ready => v1::DeliveryState::Ready,
        DeliveryState::Sending => v1::DeliveryState::Sending,
        DeliveryState::Done => v1::DeliveryState::Done,
        DeliveryState::Unknown => v1::DeliveryState::Unknown,
        DeliveryState::Dead => v1::DeliveryState::Dead,
    }
}

/// The delivery as operators are shown it.
#[must_use]
pub fn delivery(delivery: &Delivery) -> v1::OutboundDelivery {
    let sending = delivery.state == DeliveryState::Sending;
    let open = sending || delivery.state == DeliveryState::Ready;
    let lane = delivery.lane.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes what is written");
        text
    });
    v1::OutboundDelivery {
        id: delivery.id.to_string(),
        message_id: id_text(Some(delivery.message_id).filter(|_| delivery.page.is_none())),
        interaction_id: delivery.interaction_id.to_string(),
        channel_account_id: delivery.account_id.to_string(),
        lane,
        state: state(delivery.state) as i32,
        attempts: delivery.attempt,
        next_attempt_time: open.then(|| timestamp(delivery.next_at)),
        expire_time: Some(timestamp(delivery.expires_at)),
        create_time: Some(timestamp(delivery.created_at)),
        last_error: delivery.error.clone(),
        node_id: id_text(delivery.lease_owner.filter(|_| sending)),
        escalation_level: level(delivery),
        end_time: delivery.ended_at.map(timestamp),
    }
}

/// The delivery of a page as the ladder that sent it shows it.
#[must_use]
pub fn page(delivery: &Delivery) -> v1::EscalationPage {
    v1::EscalationPage {
        level: level(delivery),
        channel_account_id: delivery.account_id.to_string(),
        delivery_id: delivery.id.to_string(),
        state: state(delivery.state) as i32,
        attempts: delivery.attempt,
        last_error: delivery.error.clone(),
        create_time: Some(timestamp(delivery.created_at)),
        end_time: delivery.ended_at.map(timestamp),
    }
}

fn level(delivery: &Delivery) -> i32 {
    delivery.page.map_or(0, |page| i32::from(page.level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_read_back() {
        for number in 1..=5 {
            let wire = v1::DeliveryState::try_from(number).expect("it is defined");
            let known = state_of(wire).expect("it is a state");
            assert_eq!((state(known), i32::from(known.code())), (wire, number));
        }
        assert_eq!(state_of(v1::DeliveryState::Unspecified), None);
    }
}
