//! Deliveries that leave and dead letters that came in: listed without their content, retried,
//! cancelled, replayed and thrown away.

use super::{Answer, method};
use crate::grpc::convert::delivery::{delivery as to_wire, state_of};
use crate::grpc::convert::time::timestamp;
use crate::grpc::status::status;
use crate::grpc::{Edge, call, page};
use crate::proto::v1;
use app::operations::{DeadItem, DeliveryState, place_of};
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
