//! The inward half of the provider contract: the raw request as the edge hands it in, what is left
//! of it once verified, the events it says, and the two ways of saying no. Bounds are enforced when
//! a value is made. `Debug` shows sizes and ids, never what people wrote or where they live.

use super::mail::{Mail, MailReport};
use crate::bounce::Bounce;
use bytes::Bytes;
use domain::time::Timestamp;
use http::{HeaderMap, Method};
use std::fmt;
use thiserror::Error;
use uuid::Uuid;

/// The most header fields a raw request may have.
pub const MAX_HEADERS: usize = 64;
/// The most bytes all header names and values may have together.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// The longest path with query, in bytes.
pub const MAX_PATH: usize = 1024;
/// The largest body any provider is handed, in bytes; providers may set less.
pub const MAX_RAW_BODY: usize = 1024 * 1024;

/// A request as it came over the wire, within bounds.
#[derive(Clone)]
pub struct RawRequest {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl RawRequest {
    /// Takes a request; `path` includes the query, exactly as received.
    ///
    /// # Errors
    /// If the path, the header fields or the body are out of bounds.
    pub fn new(
        method: Method,
        path: impl Into<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, Rejection> {
        let path = path.into();
        let header_bytes: usize =
            headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if path.len() > MAX_PATH {
            return Err(Rejection::TooLarge("path"));
        }
        if headers.len() > MAX_HEADERS || header_bytes > MAX_HEADER_BYTES {
            return Err(Rejection::TooLarge("headers"));
        }
        if body.len() > MAX_RAW_BODY {
            return Err(Rejection::TooLarge("body"));
        }
        Ok(Self { method, path, headers, body })
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its query, exactly as received.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body, exactly as received.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The one value of a header field (`name` in lower case). A field given twice is refused
    /// rather than guessed at: two readers could otherwise believe two different values.
    ///
    /// # Errors
    /// If the field is missing, given twice, or not visible ASCII.
    pub fn header(&self, name: &'static str) -> Result<&str, Rejection> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().ok_or(Rejection::HeaderMissing(name))?;
        if values.next().is_some() {
            return Err(Rejection::HeaderMalformed(name));
        }
        value.to_str().map_err(|_| Rejection::HeaderMalformed(name))
    }
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A request that was believed. Made by [`crate::Provider::verify`], or by
/// [`Verified::restore`] from what was stored of an earlier one.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    dedup_key: String,
    body: Bytes,
}

impl Verified {
    pub(crate) const fn new(dedup_key: String, body: Bytes) -> Self {
        Self { dedup_key, body }
    }

    /// A request that was verified before it was stored, for parsing it later or again.
    #[must_use]
    pub const fn restore(dedup_key: String, body: Bytes) -> Self {
        Self::new(dedup_key, body)
    }

    /// Equal for two deliveries of the same request, different otherwise, within one account.
    #[must_use]
    pub fn dedup_key(&self) -> &str {
        &self.dedup_key
    }

    /// The raw body.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("dedup_key", &self.dedup_key)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// A part is larger than allowed.
    #[error("the {0} of the request is too large")]
    TooLarge(&'static str),
    /// The channel is not spoken with this method.
    #[error("the request has the wrong method")]
    Method,
    /// A header field is missing.
    #[error("the header field {0} is missing")]
    HeaderMissing(&'static str),
    /// A header field is given twice or not in its form.
    #[error("the header field {0} is malformed")]
    HeaderMalformed(&'static str),
    /// The time of signing is too far from now, in either direction.
    #[error("the request was signed too long ago or in the future")]
    Timestamp,
    /// The account has no usable secret, so nothing can be believed.
    #[error("the account has no usable secret")]
    NoSecret,
    /// No signature was made with any of the secrets.
    #[error("no signature matches")]
    Signature,
}

impl Rejection {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge(_) => "REQUEST_TOO_LARGE",
            Self::Method => "METHOD_NOT_ALLOWED",
            Self::HeaderMissing(_) => "HEADER_MISSING",
            Self::HeaderMalformed(_) => "HEADER_MALFORMED",
            Self::Timestamp => "TIMESTAMP_OUT_OF_TOLERANCE",
            Self::NoSecret => "NO_USABLE_SECRET",
            Self::Signature => "SIGNATURE_MISMATCH",
        }
    }
}

/// One thing that a request says. All texts are within the bounds of the channel and free of NUL.
#[derive(Clone, PartialEq, Eq)]
pub enum InboundEvent {
    /// A customer said something.
    Message {
        /// The sender's id of the message; equal ids are the same message.
        external_id: String,
        /// Where the customer can be reached.
        from_address: String,
        /// What the customer is called, if the sender knows.
        display_name: Option<String>,
        /// What it is about, if the channel has subjects.
        subject: Option<String>,
        /// The text.
        body: String,
        /// A language tag, if the sender knows.
        language: Option<String>,
        /// How urgent the sender finds it; routing may or may not follow.
        priority: Option<PriorityHint>,
        /// When it happened, if the sender says so (else it is when it came); not to be trusted
        /// for ordering.
        occurred_at: Option<Timestamp>,
        /// What only a mail says: what it answers, what hangs on it, whether a person wrote it. A
        /// mail's text may be empty.
        mail: Option<Box<Mail>>,
    },
    /// What became of a message that we sent.
    Status {
        /// Which message.
        message: MessageRef,
        /// What became of it.
        status: ReportedStatus,
        /// Why, if it failed and the receiver said so.
        reason: Option<String>,
        /// When, if the receiver said so.
        occurred_at: Option<Timestamp>,
        /// What only a report that came by mail says.
        mail: Option<Box<MailReport>>,
    },
}

impl fmt::Debug for InboundEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { external_id, body, priority, occurred_at, mail, .. } => f
                .debug_struct("Message")
                .field("external_id", external_id)
                .field("body_len", &body.len())
                .field("priority", priority)
                .field("occurred_at", occurred_at)
                .field("mail", mail)
                .finish_non_exhaustive(),
            Self::Status { message, status, occurred_at, .. } => f
                .debug_struct("Status")
                .field("message", message)
                .field("status", status)
                .field("occurred_at", occurred_at)
                .finish_non_exhaustive(),
        }
    }
}

/// Which of our messages a status is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageRef {
    /// By our own id.
    Ours(Uuid),
    /// By the id that it left under or that the receiver gave it when accepting; of a mail its
    /// Message-ID without brackets.
    External(String),
    /// The report does not say; a bounce token may (see [`MailReport`]).
    Unnamed,
}

/// What a receiver may report about a message it accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedStatus {
    /// It reached the customer.
    Delivered,
    /// The customer read it.
    Read,
    /// It will not reach the customer.
    Failed,
    /// It was taken and came back.
    Undelivered(Bounce),
    /// It is late and still being tried: a remark, no change.
    Deferred,
    /// The customer calls it spam; nothing more may be sent there.
    Complained,
}

/// How urgent a sender finds a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriorityHint {
    /// It can wait.
    Low,
    /// As usual.
    Normal,
    /// Before the usual.
    High,
    /// Soon.
    Urgent,
    /// Now.
    Critical,
}

/// Why a verified request could not be parsed: which field, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{field}: {fault}")]
pub struct ParseError {
    /// The field, as a path from the top of the body.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: ParseFault,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseFault {
    /// The body, or this part of it, does not have the form of the channel.
    #[error("does not have the published form (line {line}, column {column})")]
    Form {
        /// The line at which reading stopped, from 1.
        line: usize,
        /// The column at which reading stopped.
        column: usize,
    },
    /// The type of the event is not one that we know.
    #[error("is not a known event type")]
    UnknownType,
    /// The field is not there but must be.
    #[error("is missing")]
    Missing,
    /// The value is not a text.
    #[error("is not a text")]
    Type,
    /// The value is empty but must not be.
    #[error("must not be empty")]
    Empty,
    /// The value is longer than allowed.
    #[error("is longer than {0} allowed")]
    TooLong(Limit),
    /// The value holds a character that is not allowed there.
    #[error("holds a character that is not allowed")]
    Character,
    /// The value is not one of the known ones, or not in its form.
    #[error("is not an allowed value")]
    Value,
}

/// A bound on a text, with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many bytes of UTF-8.
    Bytes(usize),
    /// So many characters.
    Chars(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(n) => write!(f, "the {n} bytes"),
            Self::Chars(n) => write!(f, "the {n} characters"),
        }
    }
}

impl ParseError {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.fault {
            ParseFault::Form { .. } => "MALFORMED_BODY",
            ParseFault::UnknownType => "UNKNOWN_EVENT_TYPE",
            ParseFault::Missing => "FIELD_MISSING",
            ParseFault::Type => "FIELD_TYPE",
            ParseFault::Empty => "FIELD_EMPTY",
            ParseFault::TooLong(_) => "FIELD_TOO_LONG",
            ParseFault::Character => "FIELD_CHARACTER",
            ParseFault::Value => "FIELD_VALUE",
        }
    }
}
