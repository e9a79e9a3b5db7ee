//! Open streams of this node, and agents' sessions of all nodes. A tenant sees its own streams, the
//! operator of the platform those of all tenants: who holds them and how far they have come, never
//! what they carry.

use super::{Answer, method};
use crate::grpc::convert::count;
use crate::grpc::convert::time::timestamp;
use crate::grpc::status::status;
use crate::grpc::stream::registry::Line;
use crate::grpc::{Edge, call, page};
use crate::proto::v1;
use app::context::Context;
use domain::event::Operation;
use domain::id::TenantId;
use domain::time::{Span, Timestamp};
use tonic::{Request, Response};
use uuid::Uuid;

pub(super) async fn list(
    edge: &Edge,
    request: Request<v1::ListStreamsRequest>,
) -> Answer<v1::ListStreamsResponse> {
    let (context, request) = call::read(request, method!("ListStreams"))?;
    let (node, _) = edge.app.node();
    // Another node has other streams: a page of this one does not go on there.
    let filter = page::filter(&[node.0.as_bytes()]);
    let after = page::after(edge, &context, &request.page_token, &filter)?;
    let mut lines = edge.streams.list(visible(&context));
    lines.retain(|line| after.is_none_or(|after| line.id < after));
    let (lines, more) = page::cut(lines, page::size(request.page_size));
    let last = lines.last().map(|line| line.id);
    let newest = |tenant| edge.app.live().known(tenant);
    let now = edge.app.now().await.map_err(status)?;
    Ok(Response::new(v1::ListStreamsResponse {
        streams: lines.iter().map(|line| to_wire(line, newest(line.tenant), now)).collect(),
        next_page_token: page::next(edge, &context, &filter, last, more),
        node_id: node.to_string(),
    }))
}

pub(super) async fn close(
    edge: &Edge,
    request: Request<v1::CloseStreamRequest>,
) -> Answer<v1::CloseStreamResponse> {
    let (context, request) =
        call::change(request, method!("CloseStream"), |request| &request.request_id)?;
    let id: Uuid = call::id(&request.stream_id)?;
    let line = edge.streams.get(id, visible(&context));
    let what = ("stream", id);
    let noted = edge.app.operate(&context, Operation::StreamClosed, what, line.is_some()).await;
    noted.map_err(status)?;
    if let Some(line) = line {
        line.close(match request.action() {
            v1::GoodbyeAction::Unspecified => v1::GoodbyeAction::Resume,
            action => action,
        });
    }
    Ok(Response::new(v1::CloseStreamResponse {}))
}

pub(super) async fn list_sessions(
    edge: &Edge,
    request: Request<v1::ListSessionsRequest>,
) -> Answer<v1::ListSessionsResponse> {
    let (context, request) = call::read(request, method!("ListSessions"))?;
    let filter = page::filter(&[]);
    let after = page::after(edge, &context, &request.page_token, &filter)?;
    let size = page::size(request.page_size);
    let rows = edge.app.sessions(&context, after.map(Into::into), size + 1).await;
    let (rows, more) = page::cut(rows.map_err(status)?, size);
    let last = rows.last().map(|row| row.id.0);
    let sessions = rows.into_iter().map(|row| v1::ConsoleSession {
        id: row.id.to_string(),
        agent_id: row.agent_id.to_string(),
        node_id: row.session.node_id.to_string(),
        open_time: Some(timestamp(row.opened_at)),
        max_open_offers: i32::from(row.session.max_open_offers),
    });
    Ok(Response::new(v1::ListSessionsResponse {
        sessions: sessions.collect(),
        next_page_token: page::next(edge, &context, &filter, last, more),
    }))
}

pub(super) async fn close_session(
    edge: &Edge,
    request: Request<v1::CloseSessionRequest>,
) -> Answer<v1::CloseSessionResponse> {
    let (context, request) =
        call::change(request, method!("CloseSession"), |request| &request.request_id)?;
    let id = call::id(&request.session_id)?;
    edge.app.end_session(&context, id).await.map_err(status)?;
    Ok(Response::new(v1::CloseSessionResponse {}))
}

/// Whose streams a caller sees; none for everybody's.
fn visible(context: &Context) -> Option<TenantId> {
    let tenant = context.caller.tenant;
    (tenant != TenantId::SYSTEM).then_some(tenant)
}

fn to_wire(line: &Line, newest_seq: i64, now: Timestamp) -> v1::OpenStream {
    let open = i64::try_from(line.opened.elapsed().as_micros()).unwrap_or(i64::MAX);
    let (agent, session) = line.desk.unzip();
    v1::OpenStream {
        id: line.id.to_string(),
        method: line.method.to_owned(),
        tenant_id: line.tenant.to_string(),
        api_key_id: line.principal.to_string(),
        agent_id: agent.map(|id| id.to_string()).unwrap_or_default(),
        session_id: session.map(|id| id.to_string()).unwrap_or_default(),
        peer: line.peer.map(|peer| peer.to_string()).unwrap_or_default(),
        open_time: Some(timestamp(now - Span::from_micros(open))),
        seq: line.seq(),
        newest_seq: newest_seq.max(line.seq()),
        frames_sent: i64::try_from(line.frames()).unwrap_or(i64::MAX),
        frames_waiting: count(line.waiting()),
    }
}
