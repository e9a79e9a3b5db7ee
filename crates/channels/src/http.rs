//! The guarded HTTP client: the only place in the house that makes one. It speaks to allowed
//! addresses only (see [`Egress`]), follows no redirect, reads no proxy from the environment, waits
//! a bounded time, reads a bounded answer, and says honestly whether a request was sent.

mod egress;
mod exchange;
mod resolver;

pub(crate) use egress::is_local_name;
pub use egress::{Egress, MAX_URL_LEN, UrlRefused, check_url};
pub use exchange::{Answer, HttpOutcome, HttpRequest, NotSent, Unknown};

use bytes::BytesMut;
use http::header::{CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use resolver::GuardedResolver;
use std::error::Error;
use std::io;
use std::time::Duration;

/// The most bytes of an answer's body that are read; the rest is dropped unread.
pub const MAX_ANSWER_BODY: usize = 64 * 1024;
/// The longest value of an answer's header field that is kept, in bytes.
pub const MAX_ANSWER_HEADER: usize = 256;
/// How long making a connection may take, names and TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one exchange may take if nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest that one exchange may be allowed to take.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(60);

const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_IDLE_PER_HOST: usize = 4;
const USER_AGENT: &str = concat!("omnichannel/", env!("CARGO_PKG_VERSION"));
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, DATE, RETRY_AFTER];

/// How the client is to behave.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Which addresses may be spoken to.
    pub egress: Egress,
    /// How long one exchange may take, from the first byte to the last; at most [`MAX_TIMEOUT`].
    pub timeout: Duration,
    /// Certificate authorities to trust besides the system's, PEM, for self-hosted receivers.
    pub extra_roots_pem: Option<Vec<u8>>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { egress: Egress::STRICT, timeout: DEFAULT_TIMEOUT, extra_roots_pem: None }
    }
}

/// Why the client cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The timeout is zero or longer than [`MAX_TIMEOUT`].
    #[error("the timeout must be more than zero and at most {} s", MAX_TIMEOUT.as_secs())]
    Timeout,
    /// The extra certificate authorities are not PEM, or none.
    #[error("the extra certificate authorities are not certificates in PEM")]
    Roots,
    /// TLS cannot be set up, most likely since the system has no certificate authorities.
    #[error("TLS cannot be set up: does the system have certificate authorities?")]
    Tls,
}

/// An HTTP client that speaks to allowed addresses only. Cheap to clone; share one.
#[derive(Clone, Debug)]
pub struct GuardedClient {
    inner: reqwest::Client,
    egress: Egress,
}

impl GuardedClient {
    /// Makes a client.
    ///
    /// # Errors
    /// If the options are out of bounds or TLS cannot be set up.
    pub fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        if options.timeout.is_zero() || options.timeout > MAX_TIMEOUT {
            return Err(ClientError::Timeout);
        }
        // Fails only if a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .https_only(!options.egress.allow_http)
            .dns_resolver(GuardedResolver::new(options.egress))
            // Strictly less than the whole, so that running out of time as a whole always means
            // that a connection was there.
            .connect_timeout(CONNECT_TIMEOUT.min(options.timeout / 2))
            .timeout(options.timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST);
        if let Some(pem) = &options.extra_roots_pem {
            let roots = reqwest::Certificate::from_pem_bundle(pem)
                .ok()
                .filter(|roots| !roots.is_empty())
                .ok_or(ClientError::Roots)?;
            builder = builder.tls_certs_merge(roots);
        }
        let inner = builder.build().map_err(|_| ClientError::Tls)?;
        Ok(Self { inner, egress: options.egress })
    }

    /// The policy it was made with.
    #[must_use]
    pub const fn egress(&self) -> &Egress {
        &self.egress
    }

    /// Sends a request and waits for the answer, for at most the timeout. Dropping the future
    /// early leaves the outcome unknown.
    pub async fn send(&self, request: HttpRequest) -> HttpOutcome {
        // Addresses in place of names never reach the resolver, so they are judged here.
        if let Err(refused) = egress::check_parsed(&request.url, &self.egress) {
            return HttpOutcome::NotSent(refused.into());
        }
        let sent = self
            .inner
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await;
        match sent {
            Ok(response) => read_answer(response).await,
            Err(error) => outcome_of(&error),
        }
    }
}

async fn read_answer(mut response: reqwest::Response) -> HttpOutcome {
    let status = response.status();
    let headers = kept_headers(response.headers());
    let mut body = BytesMut::new();
    let mut truncated = false;
    while !truncated {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = MAX_ANSWER_BODY - body.len();
                truncated = chunk.len() > room;
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Ok(None) => break,
            Err(error) => return HttpOutcome::Unknown(unknown_of(&error)),
        }
    }
    answer(status, headers, body, truncated)
}

fn answer(status: StatusCode, headers: HeaderMap, body: BytesMut, truncated: bool) -> HttpOutcome {
    HttpOutcome::Answer(Answer { status: status.as_u16(), headers, body: body.freeze(), truncated })
}

fn kept_headers(all: &HeaderMap) -> HeaderMap {
    KEPT_HEADERS
        .into_iter()
        .filter_map(|name| all.get(&name).cloned().map(|value| (name, value)))
        .filter(|(_, value)| value.len() <= MAX_ANSWER_HEADER)
        .collect()
}

/// Only an error while making the connection proves that nothing was sent; everything else might
/// have happened after the first byte left.
fn outcome_of(error: &reqwest::Error) -> HttpOutcome {
    if error.is_builder() {
        return HttpOutcome::NotSent(NotSent::Malformed);
    }
    if !error.is_connect() {
        return HttpOutcome::Unknown(unknown_of(error));
    }
    HttpOutcome::NotSent(if let Some(refused) = cause::<UrlRefused>(error) {
        NotSent::Refused(*refused)
    } else if error.is_timeout() {
        NotSent::ConnectTimeout
    } else if error.is_dns() {
        NotSent::Name
    } else if cause::<rustls::Error>(error).is_some() {
        NotSent::Tls
    } else {
        NotSent::Connect
    })
}

fn unknown_of(error: &reqwest::Error) -> Unknown {
    if error.is_timeout() { Unknown::Timeout } else { Unknown::ConnectionLost }
}

/// The first cause of a type. An I/O error hides the error it wraps from `source`, so it is asked
/// for it by name.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    const MAX_DEPTH: usize = 16;
    let mut next = Some(error);
    for _ in 0..MAX_DEPTH {
        let current = next?;
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        next = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Past the check on URLs, so that only the resolver stands in the way, as it does when a name
    /// changes its mind after it was checked.
    async fn past_the_check(egress: Egress, url: &str) -> Option<HttpOutcome> {
        let options =
            ClientOptions { egress, timeout: Duration::from_secs(2), ..ClientOptions::default() };
        let client = GuardedClient::new(&options).expect("a client");
        client.inner.get(url).send().await.err().as_ref().map(outcome_of)
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_an_inner_address_is_refused_by_the_resolver() {
        let refused = HttpOutcome::NotSent(NotSent::Refused(UrlRefused::Address));
        let http = Egress { allow_http: true, allow_private: false };
        for (egress, url) in [
            (Egress::STRICT, "https://localhost/"),
            (http, "http://localhost:8080/"),
            (http, "http://LOCALHOST:8080/"),
        ] {
            assert_eq!(past_the_check(egress, url).await.as_ref(), Some(&refused), "{url}");
        }
        // Port 1 is nobody's: with leave for private addresses the resolver lets it through, and
        // the connection is what fails.
        let open = Egress { allow_http: true, allow_private: true };
        let outcome = past_the_check(open, "http://localhost:1/").await;
        assert_eq!(outcome, Some(HttpOutcome::NotSent(NotSent::Connect)));
    }

    #[tokio::test]
    async fn plain_http_is_refused_by_the_client_itself_too() {
        let outcome = past_the_check(Egress::STRICT, "http://example.org/").await;
        assert_eq!(outcome, Some(HttpOutcome::NotSent(NotSent::Malformed)));
    }
}
