//! The stored form of events: one JSON array of [`Recorded`] per batch and tenant. Bytes written by
//! any release must read back; the hash chain covers them as they are.

use domain::event::Recorded;
use std::sync::Arc;
use store::{LogRow, StoreError};

/// The bytes of a log row's events.
#[must_use]
pub fn encode(events: &[Arc<Recorded>]) -> Vec<u8> {
    serde_json::to_vec(events).expect("events serialise")
}

/// The events of a log row's bytes.
///
/// # Errors
/// If they were not written by a release that this one understands.
pub fn decode(bytes: &[u8]) -> Result<Vec<Arc<Recorded>>, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// The events of a row that must be readable.
///
/// # Errors
/// `Corrupt`.
pub fn events(row: &LogRow) -> Result<Vec<Arc<Recorded>>, StoreError> {
    decode(&row.payload).map_err(|error| StoreError::Corrupt(error.to_string()))
}
