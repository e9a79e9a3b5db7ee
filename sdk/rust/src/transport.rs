//! What lies between the generated clients and the connections: it adds the credential and the
//! deadline, keeps that deadline to the last byte of an answer, and sends streams over connections
//! of their own, so that a console's stream and its calls do not wait for one another.

use crate::call::STREAMS;
use crate::config::ClientConfig;
use crate::credential::Credential;
use crate::error::Error;
use http_body::Frame;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tonic::body::Body;
use tonic::codegen::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tonic::codegen::http::{Request, Response, Uri};
use tonic::codegen::{Body as HttpBody, Bytes, Service};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

const USER_AGENT: &str = concat!("omnichannel-rust/", env!("CARGO_PKG_VERSION"));
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT_HEADER: &str = "grpc-timeout";
/// A `grpc-timeout` has at most eight digits.
const TIMEOUT_VALUE_MAX: u128 = 99_999_999;

/// The connections of a client. Cheap to clone; every generated client works on one.
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
    deadline: Option<Duration>,
}

#[derive(Debug)]
struct Shared {
    unary: Pool,
    streams: Pool,
    credential: Credential,
}

/// Connections that are used in turn.
#[derive(Debug)]
struct Pool {
    channels: Vec<Channel>,
    next: AtomicUsize,
}

impl Pool {
    fn lazy(endpoint: &Endpoint, size: usize) -> Self {
        let channels = (0..size).map(|_| endpoint.connect_lazy()).collect();
        Self { channels, next: AtomicUsize::new(0) }
    }

    fn pick(&self) -> Channel {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.channels.len();
        self.channels[at].clone()
    }
}

impl Transport {
    /// Connects when first used.
    pub(crate) fn lazy(config: &ClientConfig) -> Result<Self, Error> {
        let endpoint = endpoint(config)?;
        let shared = Shared {
            unary: Pool::lazy(&endpoint, config.unary_connections),
            streams: Pool::lazy(&endpoint, config.stream_connections),
            credential: Credential::of(config)?,
        };
        Ok(Self { shared: Arc::new(shared), deadline: config.deadline })
    }

    /// Connects one connection now, so that a wrong address is told at once.
    pub(crate) async fn connect(config: &ClientConfig) -> Result<Self, Error> {
        let first = endpoint(config)?.connect().await.map_err(|error| {
            let text = format!("cannot connect: {}", causes(&error));
            Error::local(Code::Unavailable, text)
        })?;
        let mut transport = Self::lazy(config)?;
        if let Some(shared) = Arc::get_mut(&mut transport.shared) {
            shared.unary.channels[0] = first;
        }
        Ok(transport)
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.shared.credential
    }

    pub(crate) fn with_deadline(mut self, deadline: Option<Duration>) -> Self {
        self.deadline = deadline;
        self
    }
}

fn endpoint(config: &ClientConfig) -> Result<Endpoint, Error> {
    let uri: Uri = config.checked()?;
    let refused = |error: tonic::transport::Error| {
        Error::local(Code::InvalidArgument, format!("endpoint: {}", causes(&error)))
    };
    let endpoint = Endpoint::new(uri).and_then(|endpoint| endpoint.user_agent(USER_AGENT));
    let endpoint = endpoint.map_err(refused)?;
    #[cfg(feature = "tls")]
    let endpoint = match endpoint.uri().scheme_str() {
        Some("https") => endpoint.tls_config(tls(config)).map_err(refused)?,
        _ => endpoint,
    };
    Ok(endpoint
        .connect_timeout(config.connect_timeout)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true))
}

#[cfg(feature = "tls")]
fn tls(config: &ClientConfig) -> tonic::transport::ClientTlsConfig {
    use tonic::transport::{Certificate, ClientTlsConfig, Identity};
    let tls = match &config.ca_certificates {
        Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        None => ClientTlsConfig::new().with_enabled_roots(),
    };
    match &config.identity {
        Some(shown) => tls.identity(Identity::from_pem(&shown.certificate, &shown.key)),
        None => tls,
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let first = Some(error);
    let chain = std::iter::successors(first, |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // Which connection is used is only known with the request; its readiness is awaited then.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        if STREAMS.contains(&request.uri().path()) {
            return Box::pin(async move { send(&shared, &shared.streams, request).await });
        }
        let limit = limit(request.headers_mut(), self.deadline);
        let sent = async move { send(&shared, &shared.unary, request).await };
        match limit {
            Some(limit) => Box::pin(within(Instant::now() + limit, sent)),
            None => Box::pin(sent),
        }
    }
}

/// The time a call has: what it says itself, or the default, which is then said.
fn limit(headers: &mut HeaderMap, default: Option<Duration>) -> Option<Duration> {
    if let Some(value) = headers.get(TIMEOUT_HEADER) {
        return parse_timeout(value.to_str().ok()?);
    }
    let value = HeaderValue::try_from(format_timeout(default?)).ok()?;
    headers.insert(TIMEOUT_HEADER, value);
    default
}

fn format_timeout(span: Duration) -> String {
    let units = [(span.as_micros(), 'u'), (span.as_millis(), 'm')];
    let fitting = units.into_iter().find(|(value, _)| *value <= TIMEOUT_VALUE_MAX);
    let (value, unit) = fitting.unwrap_or((u128::from(span.as_secs()), 'S'));
    format!("{}{unit}", value.min(TIMEOUT_VALUE_MAX))
}

fn parse_timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let value: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = |factor: u64| Duration::from_secs(u64::from(value) * factor);
    match unit {
        'H' => Some(seconds(3600)),
        'M' => Some(seconds(60)),
        'S' => Some(seconds(1)),
        'm' => Some(Duration::from_millis(value.into())),
        'u' => Some(Duration::from_micros(value.into())),
        'n' => Some(Duration::from_nanos(value.into())),
        _ => None,
    }
}

async fn send(
    shared: &Shared,
    pool: &Pool,
    mut request: Request<Body>,
) -> Result<Response<Body>, Status> {
    if let Some(value) = shared.credential.header().await.map_err(Error::into_status)? {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let failed = |error| Status::from_error(Box::new(error));
    let mut channel = pool.pick();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.map_err(failed)?;
    channel.call(request).await.map_err(failed)
}

async fn within(
    deadline: Instant,
    sent: impl Future<Output = Result<Response<Body>, Status>>,
) -> Result<Response<Body>, Status> {
    let answer = timeout_at(deadline, sent).await.map_err(|_| passed())??;
    Ok(answer.map(|inner| Body::new(Bounded { inner, deadline, alarm: None })))
}

fn passed() -> Status {
    Status::from_error(Box::new(tonic::TimeoutExpired(())))
}

/// A body that fails at the deadline; the transport itself only bounds the wait for headers.
struct Bounded {
    inner: Body,
    deadline: Instant,
    /// Set when the body is waited for, which for small answers is never.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let ready = Pin::new(&mut self.inner).poll_frame(cx);
        if ready.is_ready() {
            return ready;
        }
        let deadline = self.deadline;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        alarm.as_mut().poll(cx).map(|()| Some(Err(passed())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_written_and_read() {
        let cases = [(1, "1000u"), (30_000, "30000000u"), (100_000, "100000m")];
        for (millis, text) in cases {
            assert_eq!(format_timeout(Duration::from_millis(millis)), text);
            assert_eq!(parse_timeout(text), Some(Duration::from_millis(millis)));
        }
        let long = Duration::from_secs(u64::MAX);
        assert_eq!(format_timeout(long), "99999999S");
        assert_eq!(parse_timeout("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(parse_timeout("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse_timeout("5n"), Some(Duration::from_nanos(5)));
        for bad in ["", "S", "5", "5x", "-1S", "1é"] {
            assert_eq!(parse_timeout(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_call_keeps_its_own_timeout_and_else_says_the_default() {
        let default = Some(Duration::from_secs(30));
        let mut headers = HeaderMap::new();
        assert_eq!(limit(&mut headers, default), default);
        assert_eq!(headers[TIMEOUT_HEADER], "30000000u");
        headers.insert(TIMEOUT_HEADER, HeaderValue::from_static("2S"));
        assert_eq!(limit(&mut headers, default), Some(Duration::from_secs(2)));
        assert_eq!(limit(&mut HeaderMap::new(), None), None);
    }

    struct Stuck;

    impl HttpBody for Stuck {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_holds_for_headers_and_body() {
        let began = Instant::now();
        let deadline = began + Duration::from_secs(3);
        let error = within(deadline, std::future::pending()).await.unwrap_err();
        assert_eq!(Error::from(error).code(), Code::DeadlineExceeded);
        let deadline = deadline + Duration::from_secs(3);
        let answer = async { Ok(Response::new(Body::new(Stuck))) };
        let mut body = within(deadline, answer).await.unwrap().into_body();
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let error = Error::from(frame.unwrap().unwrap_err());
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert_eq!(began.elapsed(), Duration::from_secs(6));
    }

    #[tokio::test]
    async fn keys_that_are_no_header_are_refused() {
        let endpoint = "http://127.0.0.1:1".to_owned();
        let config = ClientConfig { endpoint, api_key: "a\nb".into(), ..ClientConfig::default() };
        let error = Transport::lazy(&config).unwrap_err();
        assert!(!error.to_string().contains("a\nb"));
    }
}
