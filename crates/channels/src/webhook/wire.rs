//! The published form of the webhook channel's documents, as serde types and nothing more. Fields
//! that are not named here are ignored when reading, so that senders may carry more than we know;
//! a field given twice is an error, so that no two readers see different documents.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// The type of a document that carries a message, in both directions.
pub(super) const MESSAGE_CREATED: &str = "message.created";
/// The type of a document that reports on a message of ours.
pub(super) const MESSAGE_STATUS: &str = "message.status";

/// What is read first, to know how to read the rest.
#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct Inbound<D> {
    pub(super) timestamp: Option<String>,
    pub(super) data: D,
}

#[derive(Deserialize)]
pub(super) struct InboundMessage {
    pub(super) id: String,
    pub(super) from: Sender,
    pub(super) text: String,
    pub(super) subject: Option<String>,
    pub(super) language: Option<String>,
    pub(super) priority: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Sender {
    pub(super) address: String,
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct InboundStatus {
    pub(super) message_id: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Outbound<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) timestamp: String,
    pub(super) data: OutboundData<'a>,
}

#[derive(Serialize)]
pub(super) struct OutboundData<'a> {
    pub(super) id: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) to: Receiver<'a>,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct Receiver<'a> {
    pub(super) address: &'a str,
}

/// What a receiver may answer to an outbound message.
#[derive(Deserialize)]
pub(super) struct Receipt {
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
}

const NANOS_PER_MICRO: i128 = 1000;

/// Reads a time in RFC 3339 form, the common profile of ISO 8601; an offset is required.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let nanos = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanos.div_euclid(NANOS_PER_MICRO)).ok().map(Timestamp::from_micros)
}

/// Writes a time in RFC 3339 form, UTC.
pub(super) fn write_time(at: Timestamp) -> Option<String> {
    let nanos = i128::from(at.micros()) * NANOS_PER_MICRO;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?.format(&Rfc3339).ok()
}
