//! Webhooks that providers post. The answer comes when the request is kept, so that a sender who
//! sees 200 need not send again; whatever keeps us from that is a 503 with a time to come back.
//! Whoever posts to a hook that is not there hears so before a body is waited for; who posts to one
//! that is takes a place of that account, of their address and of the webhooks of this node, and
//! none of the places of callers.

use super::Http;
use crate::layers::admission::address_of;
use crate::metrics;
use app::channels::Taken;
use app::error::Error;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::Class;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::bytes::Bytes;

/// The largest body: 256 KiB.
pub const BODY_MAX: usize = 256 << 10;

/// How long a sender may take to send it.
const BODY_WAIT: Duration = Duration::from_secs(15);

/// When to send again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// A webhook as it was posted.
pub struct Posted {
    /// The public name of the hook.
    pub hook: String,
    /// The method.
    pub method: Method,
    /// The path with the query, exactly as received.
    pub path: String,
    /// All header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Says whether there is a hook of a name; made where the channels are wired.
pub type Known = Arc<dyn Fn(String) -> BoxFuture<'static, Result<bool, Error>> + Send + Sync>;

/// Hands a webhook in; made where the channels are wired.
pub type Take = Arc<dyn Fn(Posted) -> BoxFuture<'static, Result<Taken, Error>> + Send + Sync>;

pub(super) async fn post(http: State<Http>, hook: Path<String>, request: Request) -> Response {
    let answer = take_in(http, hook, request).await;
    metrics::webhook(answer.status().as_u16());
    answer
}

async fn take_in(State(http): State<Http>, Path(hook): Path<String>, request: Request) -> Response {
    let from = address_of(request.extensions());
    let Some(_place) = http.limits.webhook(from) else { return later() };
    match (http.known)(hook.clone()).await {
        Ok(true) => {}
        Ok(false) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&error),
    }
    // From here on the name is one of ours: no stranger fills these with names of their own.
    if let Err(wait) = http.rates.hook(&hook) {
        return too_often(wait);
    }
    let Some(_place_of) = http.limits.webhook_of(&hook) else { return later() };
    let (parts, body) = request.into_parts();
    let body = match read(&parts.headers, body).await {
        Ok(body) => body,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => {
            let text = format!("the body is larger than {BODY_MAX} bytes");
            return told(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE", &text);
        }
        Err(status @ StatusCode::REQUEST_TIMEOUT) => {
            return told(status, "BODY_TOO_SLOW", "the body took too long");
        }
        Err(status) => return told(status, "BODY_UNREADABLE", "the body could not be read"),
    };
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str()).to_owned();
    let posted = Posted { hook, method: parts.method, path, headers: parts.headers, body };
    match (http.take)(posted).await {
        Ok(Taken::Kept) => kept(),
        Ok(Taken::Unknown) => StatusCode::NOT_FOUND.into_response(),
        Ok(Taken::Later) => later(),
        Ok(Taken::Rejected(why)) => {
            tracing::info!(reason = why.reason(), "a webhook was refused");
            told(refused(why.reason()), why.reason(), &why.to_string())
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Response {
    match error.0.reason.class() {
        Class::Unavailable | Class::Exhausted => later(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, StatusCode> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if told.and_then(|length| length.parse::<u64>().ok()).is_some_and(|told| told > BODY_MAX as u64)
    {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let read = timeout(BODY_WAIT, to_bytes(body, BODY_MAX)).await;
    let read = read.map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
    read.map_err(|error| {
        let error = error.into_inner();
        let too_large = error.is::<http_body_util::LengthLimitError>();
        if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
    })
}

/// What a sender is told; the reasons are those of the channels.
pub(super) fn refused(reason: &str) -> StatusCode {
    match reason {
        "REQUEST_TOO_LARGE" => StatusCode::PAYLOAD_TOO_LARGE,
        "METHOD_NOT_ALLOWED" => StatusCode::METHOD_NOT_ALLOWED,
        "SIGNATURE_MISMATCH" | "TIMESTAMP_OUT_OF_TOLERANCE" | "NO_USABLE_SECRET" => {
            StatusCode::UNAUTHORIZED
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

/// A refusal with its reason, which names parts of the protocol and repeats nothing of the request.
fn told(status: StatusCode, reason: &str, text: &str) -> Response {
    let body = format!("{{\"reason\":\"{reason}\",\"message\":\"{text}\"}}");
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn kept() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], "{}").into_response()
}

/// Whole seconds, rounded up: the header knows no others.
fn too_often(wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let retry = [(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))];
    (StatusCode::TOO_MANY_REQUESTS, retry).into_response()
}

fn later() -> Response {
    let retry = [(header::RETRY_AFTER, RETRY_AFTER)];
    (StatusCode::SERVICE_UNAVAILABLE, retry).into_response()
}
