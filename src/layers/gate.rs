//! The one way to a gRPC service. Around every call: its id, a span without personal data, a catch
//! for panics, admission before the body is read, a deadline, a permit that lasts as long as the
//! response, and a line for auditors where the contract asks for one.

use super::admission::{Asking, address_of, admit};
use super::answers::Answers;
use super::guarded::Guarded;
use super::{Answer, request_id};
use crate::door::Peer;
use crate::grpc::Edge;
use crate::grpc::call::Deadline;
use crate::grpc::status::{identified, refuse};
use crate::metrics::{self, OpenStream};
use crate::names::Slate;
use crate::policy::{self, AuditClass, MethodPolicy};
use crate::telemetry;
use crate::tls::PeerCertificate;
use app::accesses::Call;
use domain::refusal::Reason;
use domain::tenant::Caller;
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, Request, Response};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument;
use tracing::field::Empty;

/// How much earlier than the caller's deadline a call is given up. The transport has a timer for
/// the same deadline, which ends a call without a reason and with another code; timers count
/// milliseconds, so that two of them are surely before it.
const AHEAD: Duration = Duration::from_millis(2);

/// How long a call without a credential may take: such a caller asks for nothing that takes long.
const STRANGER_LIMIT: Duration = Duration::from_secs(5);

/// How a gate works.
#[derive(Clone, Debug)]
pub struct GateOptions {
    /// How long a call other than a stream may take at most.
    pub call_limit: Duration,
    /// Whether calls are recorded that the contract wants recorded.
    pub access_log: bool,
    /// Tells streams that are still open to end.
    pub closing: CancellationToken,
    /// The answers on their way.
    pub answers: Answers,
}

/// What was learnt of a call on its way: who calls, and what the request names.
struct Seen {
    caller: Option<Caller>,
    slate: Slate,
    /// Its spans, in logs and in traces.
    spans: [tracing::Span; 2],
}

/// The way to the services behind it. Clones share it.
#[derive(Clone)]
pub struct Gate<S> {
    inner: S,
    shared: Arc<Shared>,
}

struct Shared {
    edge: Edge,
    options: GateOptions,
}

impl<S> std::fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl<S> Gate<S> {
    /// A gate before `inner`.
    #[must_use]
    pub fn new(inner: S, edge: Edge, options: GateOptions) -> Self {
        Self { inner, shared: Arc::new(Shared { edge, options }) }
    }
}

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        // The one that was ready is used; a fresh clone takes its place.
        let fresh = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, fresh);
        let shared = Arc::clone(&self.shared);
        // Read here, before the transport starts its own clock for the caller's timeout.
        Box::pin(shared.pass(inner, request, Instant::now()))
    }
}

impl Shared {
    async fn pass<S>(
        self: Arc<Self>,
        inner: S,
        request: Request<Body>,
        started: Instant,
    ) -> Result<Response<Body>, Infallible>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
        S::Future: Send,
    {
        let id = request_id::of(request.headers());
        let policy = policy::of(request.uri().path());
        let method = policy.map_or("other", |policy| policy.path);
        let id_text = id.to_str().unwrap_or_default();
        let span = tracing::info_span!("call", method, request_id = id_text, tenant = Empty);
        let trace = span.in_scope(|| telemetry::call(method, request.headers()));
        let spans = [span.clone(), trace.clone()];
        let mut seen = Seen { caller: None, slate: Slate::default(), spans };
        let run = self.run(inner, request, started, &mut seen);
        let run = run.instrument(trace.clone()).instrument(span.clone());
        let ended = AssertUnwindSafe(run).catch_unwind().await;
        // What a panic held is gone with it; the hook has told where it was.
        let response = ended.unwrap_or_else(|_| refuse(Reason::InternalError).into_http());
        let mut response = named(response, &id);
        let code = code_of(response.headers());
        telemetry::ended(&trace, code);
        span.in_scope(|| self.record(policy, &seen, &response, started));
        self.put_on_record(policy, &seen, code, id_text).await;
        response.headers_mut().insert(request_id::HEADER, id);
        Ok(response)
    }

    async fn run<S>(
        &self,
        mut inner: S,
        mut request: Request<Body>,
        started: Instant,
        seen: &mut Seen,
    ) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let asked = timeout_of(request.headers());
        let asked = asked.map(|asked| started + asked.saturating_sub(AHEAD));
        let asking = Asking {
            path: request.uri().path(),
            headers: request.headers(),
            peer: request.extensions().get::<PeerCertificate>(),
            from: address_of(request.extensions()),
            until: asked,
        };
        let admission = admit(&self.edge, asking, &mut seen.caller);
        let admitted = match until(asked, admission).await {
            Some(Ok(admitted)) => admitted,
            Some(Err(status)) => return status.into_http(),
            None => return refuse(Reason::DeadlinePassed).into_http(),
        };
        if let Some(proven) = seen.caller {
            for span in &seen.spans {
                span.record("tenant", tracing::field::display(proven.tenant));
            }
            request.extensions_mut().insert(proven);
            if admitted.policy.is_some_and(|policy| is_recorded(policy.audit)) {
                request.extensions_mut().insert(seen.slate.clone());
            }
        }
        if admitted.is_stream {
            let Some(Ok(response)) = until(asked, inner.call(request)).await else {
                return refuse(Reason::DeadlinePassed).into_http();
            };
            let closing = self.options.closing.clone();
            let open = OpenStream::of(admitted.policy);
            return response.map(|body| Guarded::stream(body, admitted.permit, closing, open));
        }
        let named = admitted.policy.is_some();
        let limit = started + if named { self.options.call_limit } else { STRANGER_LIMIT };
        let deadline = asked.map_or(limit, |asked| asked.min(limit));
        request.extensions_mut().insert(Deadline(deadline));
        let untaken = request.extensions().get::<Peer>().map(|peer| peer.untaken.clone());
        let answers = &self.options.answers;
        match until(Some(deadline), inner.call(request)).await {
            Some(Ok(response)) => {
                response.map(|body| answers.body(body, admitted.permit, deadline, untaken))
            }
            None => refuse(Reason::DeadlinePassed).into_http(),
        }
    }

    /// Writes what auditors and operators need to know about a call, and nothing of its content.
    fn record(
        &self,
        policy: Option<&'static MethodPolicy>,
        seen: &Seen,
        response: &Response<Body>,
        started: Instant,
    ) {
        let caller = seen.caller;
        let code = code_of(response.headers());
        metrics::call(policy, code, started.elapsed());
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let wanted = policy.is_some_and(|policy| is_recorded(policy.audit));
        if wanted && self.options.access_log {
            let principal = caller.map(|caller| tracing::field::display(caller.principal));
            let agent = caller.and_then(|caller| caller.agent).map(tracing::field::display);
            tracing::info!(target: "access", principal, agent, ?code, micros, "call");
        } else if matches!(code, Code::Internal | Code::Unknown | Code::DataLoss) {
            tracing::warn!(?code, micros, "call failed");
        } else {
            tracing::debug!(?code, micros, "call");
        }
    }

    /// Hands a call over to the tenant's access log: one that read personal data, and one that
    /// touched what guards it, that one also when it was refused.
    async fn put_on_record(
        &self,
        policy: Option<&'static MethodPolicy>,
        seen: &Seen,
        code: Code,
        request_id: &str,
    ) {
        let (Some(policy), Some(caller)) = (policy, seen.caller) else { return };
        let wanted = match policy.audit {
            AuditClass::Security => true,
            AuditClass::ReadPersonal => code == Code::Ok,
            AuditClass::None | AuditClass::Change => false,
        };
        if wanted {
            let Ok(now) = self.edge.app.now().await else { return };
            let call = Call {
                tenant: caller.tenant,
                principal: caller.principal,
                agent: caller.agent,
                method: policy.path,
                resources: seen.slate.read().0,
                code: i16::try_from(i32::from(code)).unwrap_or(i16::MAX),
            };
            self.edge.app.accesses().record(call, now, request_id);
        }
    }
}

/// Whether the contract wants calls of a class in the access log.
const fn is_recorded(class: AuditClass) -> bool {
    matches!(class, AuditClass::ReadPersonal | AuditClass::Security)
}

/// What the work comes to, if it does before the deadline.
async fn until<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        None => Some(work.await),
        Some(passed) if passed <= Instant::now() => None,
        Some(deadline) => tokio::time::timeout_at(deadline.into(), work).await.ok(),
    }
}

/// The response, whose status says which call it was about if it was refused.
fn named(mut response: Response<Body>, id: &HeaderValue) -> Response<Body> {
    match response.extensions_mut().remove::<Status>() {
        Some(status) => identified(&status, id.to_str().unwrap_or_default()).into_http(),
        None => response,
    }
}

/// The code of a response that is refused; what answers with a body counts as answered.
fn code_of(headers: &HeaderMap) -> Code {
    let code = headers.get(Status::GRPC_STATUS);
    code.map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}

/// What a caller says in `grpc-timeout`: at most eight digits and a unit.
fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt;

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_static(text));
            timeout_of(&headers)
        };
        assert_eq!(of("3H"), Some(Duration::from_secs(10_800)));
        assert_eq!(of("2M"), Some(Duration::from_secs(120)));
        assert_eq!(of("1S"), Some(Duration::from_secs(1)));
        assert_eq!(of("99999999m"), Some(Duration::from_millis(99_999_999)));
        assert_eq!(of("7u"), Some(Duration::from_micros(7)));
        assert_eq!(of("7n"), Some(Duration::from_nanos(7)));
        for text in ["", "S", "1", "-1S", "+1S", "1.5S", "100000000m", "1s", "1 S"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(timeout_of(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn what_is_late_is_not_even_begun() {
        let now = Instant::now();
        let begun = async { panic!("it was begun") };
        assert_eq!(until::<()>(Some(now), begun).await, None);
        assert_eq!(until(None, async { 7 }).await, Some(7));
        let soon = Some(now + Duration::from_secs(60));
        assert_eq!(until(soon, async { 7 }).await, Some(7));
        let never = std::future::pending::<()>();
        assert_eq!(until(Some(Instant::now() + Duration::from_millis(5)), never).await, None);
    }

    #[test]
    fn a_refused_response_tells_its_code() {
        let failed = refuse(Reason::InternalError).into_http();
        let refused = named(failed, &HeaderValue::from_static("case-1"));
        assert_eq!(code_of(refused.headers()), Code::Internal);
        let status = Status::from_header_map(refused.headers()).expect("a status");
        let info = status.get_details_error_info().expect("one error info");
        assert_eq!(info.metadata["error_id"], "case-1");
        assert_eq!(code_of(&HeaderMap::new()), Code::Ok);
    }
}
