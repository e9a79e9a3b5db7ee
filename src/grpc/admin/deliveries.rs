//! Deliveries that leave and dead letters that came in: listed without their content, retried,
//! cancelled, replayed and thrown away.

use super::{Answer, method};
use crate::grpc::convert::id_text;
use crate::grpc::convert::time::timestamp;
use crate::grpc::status::status;
use crate::grpc::{Edge, call, page};
use crate::proto::v1;
use app::operations::{DeadItem, Delivery, DeliveryState, place_of};
use std::fmt::Write as _;
use tonic::{Request, Response};
use uuid::Uuid;

pub(super) async fn list(
    edge: &Edge,
    request: Request<v1::ListDeliveriesRequest>,
) -> Answer<v1::ListDeliveriesResponse> {
    let (context, request) = call::read(request, method!("ListDeliveries"))?;
    let states: Vec<DeliveryState> = request.states().filter_map(state_of).collect();
    let wanted: Vec<u8> = request.states.iter().flat_map(|state| state.to_be_bytes()).collect();
    let filter = page::filter(&[&wanted]);
    let before = page::after(edge, &context, &request.page_token, &filter)?;
    let size = page::size(request.page_size);
    let found = edge.app.deliveries(&context, &states, before.map(Into::into), size).await;
    let found = found.map_err(status)?;
    let (last, more) = (found.next.map(|id| id.0), found.next.is_some());
    Ok(Response::new(v1::ListDeliveriesResponse {
        deliveries: found.deliveries.iter().map(to_wire).collect(),
        next_page_token: page::next(edge, &context, &filter, last, more),
    }))
}

pub(super) async fn retry(
    edge: &Edge,
    request: Request<v1::RetryDeliveryRequest>,
) -> Answer<v1::RetryDeliveryResponse> {
    let (context, request) =
        call::change(request, method!("RetryDelivery"), |request| &request.request_id)?;
    let delivery = edge.app.retry_delivery(&context, call::id(&request.delivery_id)?).await;
    let delivery = Some(to_wire(&delivery.map_err(status)?));
    Ok(Response::new(v1::RetryDeliveryResponse { delivery }))
}

pub(super) async fn cancel(
    edge: &Edge,
    request: Request<v1::CancelDeliveryRequest>,
) -> Answer<v1::CancelDeliveryResponse> {
    let (context, request) =
        call::change(request, method!("CancelDelivery"), |request| &request.request_id)?;
    let delivery = edge.app.cancel_delivery(&context, call::id(&request.delivery_id)?).await;
    let delivery = Some(to_wire(&delivery.map_err(status)?));
    Ok(Response::new(v1::CancelDeliveryResponse { delivery }))
}

pub(super) async fn list_dead(
    edge: &Edge,
    request: Request<v1::ListDeadLettersRequest>,
) -> Answer<v1::ListDeadLettersResponse> {
    let (context, request) = call::read(request, method!("ListDeadLetters"))?;
    let filter = page::filter(&[]);
    let before = page::after(edge, &context, &request.page_token, &filter)?;
    let size = page::size(request.page_size);
    let rows = edge.app.dead_letters(&context, before, size + 1).await.map_err(status)?;
    let (rows, more) = page::cut(rows, size);
    let last = rows.last().map(place_of);
    Ok(Response::new(v1::ListDeadLettersResponse {
        dead_letters: rows.into_iter().map(dead_to_wire).collect(),
        next_page_token: page::next(edge, &context, &filter, last, more),
    }))
}

pub(super) async fn replay_dead(
    edge: &Edge,
    request: Request<v1::ReplayDeadLetterRequest>,
) -> Answer<v1::ReplayDeadLetterResponse> {
    let (context, request) =
        call::change(request, method!("ReplayDeadLetter"), |request| &request.request_id)?;
    let (account, id) =
        (call::id(&request.channel_account_id)?, call::id(&request.dead_letter_id)?);
    edge.app.replay_dead_letter(&context, account, id).await.map_err(status)?;
    Ok(Response::new(v1::ReplayDeadLetterResponse {}))
}

pub(super) async fn delete_dead(
    edge: &Edge,
    request: Request<v1::DeleteDeadLetterRequest>,
) -> Answer<v1::DeleteDeadLetterResponse> {
    let (context, request) =
        call::change(request, method!("DeleteDeadLetter"), |request| &request.request_id)?;
    let (account, id) =
        (call::id(&request.channel_account_id)?, call::id(&request.dead_letter_id)?);
    edge.app.delete_dead_letter(&context, account, id).await.map_err(status)?;
    Ok(Response::new(v1::DeleteDeadLetterResponse {}))
}

const fn state_of(state: v1::DeliveryState) -> Option<DeliveryState> {
    match state {
        v1::DeliveryState::Unspecified => None,
        v1::DeliveryState::Ready => Some(DeliveryState::Ready),
        v1::DeliveryState::Sending => Some(DeliveryState::Sending),
        v1::DeliveryState::Done => Some(DeliveryState::Done),
        v1::DeliveryState::Unknown => Some(DeliveryState::Unknown),
        v1::DeliveryState::Dead => Some(DeliveryState::Dead),
    }
}

const fn state_to_wire(state: DeliveryState) -> v1::DeliveryState {
    match state {
        DeliveryState::Ready => v1::DeliveryState::Ready,
        DeliveryState::Sending => v1::DeliveryState::Sending,
        DeliveryState::Done => v1::DeliveryState::Done,
        DeliveryState::Unknown => v1::DeliveryState::Unknown,
        DeliveryState::Dead => v1::DeliveryState::Dead,
    }
}

fn to_wire(delivery: &Delivery) -> v1::OutboundDelivery {
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
        state: state_to_wire(delivery.state) as i32,
        attempts: delivery.attempt,
        next_attempt_time: open.then(|| timestamp(delivery.next_at)),
        expire_time: Some(timestamp(delivery.expires_at)),
        create_time: Some(timestamp(delivery.created_at)),
        last_error: delivery.error.clone(),
        node_id: id_text(delivery.lease_owner.filter(|_| sending)),
        escalation_level: delivery.page.map_or(0, |page| i32::from(page.level)),
    }
}

fn dead_to_wire(item: DeadItem) -> v1::DeadLetter {
    v1::DeadLetter {
        id: Uuid::from_bytes(item.dedup_key).to_string(),
        channel_account_id: item.account_id.to_string(),
        reason: item.error,
        attempts: item.attempts,
        receive_time: Some(timestamp(item.received_at)),
        size_bytes: item.size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_read_back() {
        for number in 1..=5 {
            let wire = v1::DeliveryState::try_from(number).expect("it is defined");
            let state = state_of(wire).expect("it is a state");
            assert_eq!((state_to_wire(state), i32::from(state.code())), (wire, number));
        }
        assert_eq!(state_of(v1::DeliveryState::Unspecified), None);
    }
}
