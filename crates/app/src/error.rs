//! What a use case answers when it cannot do what was asked: always a refusal, with the reason and
//! class the edge turns into a status. Faults below are logged here, once, and leave as
//! `INTERNAL_ERROR` or `SERVICE_UNAVAILABLE` without their cause.

use domain::refusal::{Reason, Refusal};
use domain::time::Span;
use std::fmt;
use store::StoreError;

/// Result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub Refusal);

impl Error {
    /// There is no such `resource`.
    #[must_use]
    pub fn not_found(resource: &'static str, id: impl fmt::Display) -> Self {
        Self(Refusal::not_found(resource, id))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Self(Refusal::new(reason))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if error.is_transient() || error == StoreError::UnknownCommit {
            tracing::warn!(%error, "the database cannot answer");
            let refusal = Refusal::new(Reason::ServiceUnavailable);
            return Self(refusal.retry_after(Span::from_millis(500)));
        }
        tracing::error!(%error, "the database failed");
        Self(Refusal::new(Reason::InternalError))
    }
}
