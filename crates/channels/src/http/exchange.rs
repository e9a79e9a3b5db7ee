//! One request to the world and what became of it, as plain values: providers make and judge them
//! without a network. The outcome keeps apart what must never be mixed: an answer, a request that
//! certainly was not sent, and one of which nobody knows.

use super::egress::UrlRefused;
use bytes::Bytes;
use http::{HeaderMap, Method};
use std::fmt;
use thiserror::Error;
use url::Url;

/// A request to send. `Debug` shows neither path, query, values nor body: any of them may hold
/// personal content or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Where to; checked against the policy when sent.
    pub url: Url,
    /// The header fields besides those that the client sets itself.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl HttpRequest {
    /// A request to read what is at a URL.
    ///
    /// # Errors
    /// If it is no URL.
    pub fn get(url: &str) -> Result<Self, UrlRefused> {
        if url.len() > super::MAX_URL_LEN {
            return Err(UrlRefused::TooLong);
        }
        let url = Url::parse(url).map_err(|_| UrlRefused::Malformed)?;
        Ok(Self { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() })
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Collected, since the map's own iterator of keys prints the values too.
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("header_names", &names)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpOutcome {
    /// The other side answered, completely or up to the cap on bodies.
    Answer(Answer),
    /// Certainly not sent: no byte of it left.
    NotSent(NotSent),
    /// It may have been sent; the other side may or may not have acted on it.
    Unknown(Unknown),
}

/// An answer. `Debug` does not show the body: it is the other side's text.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header fields that somebody here reads; all others are dropped.
    pub headers: HeaderMap,
    /// The body, at most [`super::MAX_ANSWER_BODY`] bytes.
    pub body: Bytes,
    /// Whether the body was longer and cut.
    pub truncated: bool,
}

impl Answer {
    /// The value of a header field that was kept.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .field("truncated", &self.truncated)
            .finish_non_exhaustive()
    }
}

/// Why a request was certainly not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotSent {
    /// The policy does not allow it.
    #[error(transparent)]
    Refused(#[from] UrlRefused),
    /// The request cannot be written.
    #[error("the request is malformed")]
    Malformed,
    /// The name could not be resolved.
    #[error("the name of the host could not be resolved")]
    Name,
    /// No connection could be made.
    #[error("the host could not be connected to")]
    Connect,
    /// No connection could be made in time.
    #[error("the host could not be connected to in time")]
    ConnectTimeout,
    /// No trusted connection could be made.
    #[error("the host did not prove its identity, or does not speak TLS as we do")]
    Tls,
}

impl NotSent {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Refused(refused) => refused.reason(),
            Self::Malformed => "REQUEST_MALFORMED",
            Self::Name => "NAME_NOT_RESOLVED",
            Self::Connect => "CONNECT_FAILED",
            Self::ConnectTimeout => "CONNECT_TIMEOUT",
            Self::Tls => "TLS_FAILED",
        }
    }
}

/// Why nobody knows what became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unknown {
    /// No complete answer in time.
    #[error("no complete answer in time")]
    Timeout,
    /// The connection ended before the answer was complete.
    #[error("the connection ended before the answer was complete")]
    ConnectionLost,
}

impl Unknown {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Timeout => "ANSWER_TIMEOUT",
            Self::ConnectionLost => "CONNECTION_LOST",
        }
    }
}
