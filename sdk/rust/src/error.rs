//! Errors as the contract means them: code, machine reason, facts, violated fields and how long to
//! wait, taken from the status details of a refused call or from an error inside a stream. What the
//! transport made itself, whatever code it chose, counts as UNAVAILABLE.

use crate::v1;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Longest wait that a server may ask for; more is taken as this.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// Why a call was refused, for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A reason of the contract this client was built from.
    Known(v1::ErrorReason),
    /// A reason of a newer contract; go by the code.
    Unknown(String),
    /// The error carries none: it was made on the way or by this client.
    Missing,
}

impl Reason {
    fn named(name: &str) -> Self {
        match v1::ErrorReason::from_str_name(&format!("ERROR_REASON_{name}")) {
            Some(v1::ErrorReason::Unspecified) => Self::Missing,
            Some(reason) => Self::Known(reason),
            None => Self::Unknown(name.to_owned()),
        }
    }

    /// The reason as it goes over the wire; empty when there is none.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(reason) => reason.as_str_name().trim_start_matches("ERROR_REASON_"),
            Self::Unknown(name) => name,
            Self::Missing => "",
        }
    }
}

/// Why something did not happen. Cheap to move and to clone.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    reason: Reason,
    message: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<v1::FieldViolation>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    goodbye: Option<v1::GoodbyeReason>,
    local: bool,
    status: Option<Status>,
}

impl Error {
    /// An error that this client made itself.
    pub(crate) fn local(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            reason: Reason::Missing,
            message: message.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            request_id: None,
            goodbye: None,
            local: true,
            status: None,
        }))
    }

    /// The end of a stream that the server told not to open again.
    pub(crate) fn goodbye(reason: v1::GoodbyeReason) -> Self {
        let name = reason.as_str_name().trim_start_matches("GOODBYE_REASON_");
        let mut error = Self::local(Code::Aborted, format!("the server ended the stream: {name}"));
        error.0.goodbye = Some(reason);
        error.0.local = false;
        error
    }

    /// Canonical code. UNAVAILABLE for whatever the transport could not do.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Reason for programs.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// Whether the reason is this one.
    pub fn is(&self, reason: v1::ErrorReason) -> bool {
        self.0.reason == Reason::Known(reason)
    }

    /// Text for people; the wording may change.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Facts about the error; the keys of each reason are fixed.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// Fields that break rules. The server lists at most 20.
    pub fn violations(&self) -> &[v1::FieldViolation] {
        &self.0.violations
    }

    /// How long the server asks to wait before a repeat, at most 5 minutes.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Identifier of the refused call, for support and logs.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Why the server ended a stream for good, when this is such an end.
    pub fn goodbye_reason(&self) -> Option<v1::GoodbyeReason> {
        self.0.goodbye
    }

    /// Whether the error was made on this side and is no answer of the server.
    pub fn is_local(&self) -> bool {
        self.0.local
    }

    /// Whether waiting and repeating the same call may help, provided that a repeat is safe.
    pub fn is_retryable(&self) -> bool {
        match self.code() {
            Code::Unavailable => true,
            Code::ResourceExhausted => self.retry_after().is_some(),
            _ => false,
        }
    }

    /// The status that the call ended with, when there was one.
    pub fn status(&self) -> Option<&Status> {
        self.0.status.as_ref()
    }
}

/// An error that this client made, on its way through a generated client.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Carried(Error);

impl Error {
    /// The status by which a generated client hands the error on; [`Error::from`] finds it again.
    pub(crate) fn into_status(self) -> Status {
        let mut status = Status::new(self.code(), self.message());
        status.set_source(std::sync::Arc::new(Carried(self)));
        status
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        if let Some(Carried(error)) = status.source().and_then(|cause| cause.downcast_ref()) {
            return error.clone();
        }
        let mut error = Self::local(local_code(&status).unwrap_or(status.code()), "");
        let inner = &mut *error.0;
        inner.local = local_code(&status).is_some();
        inner.message = status.message().to_owned();
        let details = status.get_error_details();
        if let Some(info) = details.error_info() {
            inner.reason = Reason::named(&info.reason);
            inner.metadata = info.metadata.clone().into_iter().collect();
        }
        if let Some(bad) = details.bad_request() {
            let violations = bad.field_violations.iter().map(|violation| v1::FieldViolation {
                field: violation.field.clone(),
                description: violation.description.clone(),
                ..v1::FieldViolation::default()
            });
            inner.violations = violations.collect();
        }
        let delay = details.retry_info().and_then(|info| info.retry_delay);
        inner.retry_after = delay.map(|delay| delay.min(WAIT_MAX));
        inner.request_id = details.request_info().map(|info| info.request_id.clone());
        inner.status = Some(status);
        error
    }
}

impl From<v1::ErrorDetail> for Error {
    fn from(detail: v1::ErrorDetail) -> Self {
        let reason = match detail.reason() {
            v1::ErrorReason::Unspecified if detail.reason == 0 => Reason::Missing,
            v1::ErrorReason::Unspecified => Reason::Unknown(detail.reason.to_string()),
            reason => Reason::Known(reason),
        };
        let mut error = Self::local(Code::from_i32(detail.code), detail.message);
        let inner = &mut *error.0;
        inner.local = false;
        inner.reason = reason;
        inner.metadata = detail.metadata.into_iter().collect();
        inner.violations = detail.violations;
        inner.retry_after = detail.retry_delay.and_then(wait_of);
        error
    }
}

/// A span of the contract as a wait: none when negative, bounded.
pub(crate) fn wait_of(span: prost_types::Duration) -> Option<Duration> {
    Duration::try_from(span).ok().map(|wait| wait.min(WAIT_MAX))
}

/// The code of a status that was made on this side; none for an answer of the server.
///
/// A connection lost under a stream arrives as UNKNOWN, a call on a closing connection as
/// CANCELLED: only what lies beneath the status tells them from answers of the server.
fn local_code(status: &Status) -> Option<Code> {
    let mut cause = status.source();
    let mut transport = false;
    while let Some(error) = cause {
        if error.is::<tonic::TimeoutExpired>() {
            return Some(Code::DeadlineExceeded);
        }
        transport |= error.is::<tonic::transport::Error>()
            || error.is::<tonic::ConnectError>()
            || error.is::<hyper::Error>()
            || error.is::<h2::Error>()
            || error.is::<io::Error>();
        cause = error.source();
    }
    transport.then_some(Code::Unavailable)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.code())?;
        if self.0.reason != Reason::Missing {
            write!(f, " {}", self.0.reason.name())?;
        }
        write!(f, ": {}", self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("reason", &self.0.reason.name())
            .field("message", &self.0.message)
            .field("metadata", &self.0.metadata)
            .field("violations", &self.0.violations)
            .field("retry_after", &self.0.retry_after)
            .field("request_id", &self.0.request_id)
            .field("local", &self.0.local)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.status.as_ref().and_then(|status| status.source())
    }
}

#[cfg(test)]
mod tests;
