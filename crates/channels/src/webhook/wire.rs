//! The published form of the webhook channel's documents, as serde types and nothing more. Fields
//! that are not named here are ignored when reading, so that senders may carry more than we know;
//! a field given twice is an error, so that no two readers see different documents.

use domain::time::Timestamp;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// The type of a document that carries a message, in both directions.
pub(super) const MESSAGE_CREATED: &str = "message.created";
/// The type of a document that pages: a level of an escalation was reached.
pub(super) const ESCALATION_RAISED: &str = "escalation.raised";
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
    pub(super) timestamp: Option<Text>,
    pub(super) data: Option<D>,
}

#[derive(Deserialize)]
pub(super) struct InboundMessage {
    pub(super) id: Option<Text>,
    pub(super) from: Option<Sender>,
    pub(super) text: Option<Text>,
    pub(super) subject: Option<Text>,
    pub(super) language: Option<Text>,
    pub(super) priority: Option<Text>,
}

#[derive(Deserialize, Default)]
pub(super) struct Sender {
    pub(super) address: Option<Text>,
    pub(super) name: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct InboundStatus {
    pub(super) message_id: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) reason: Option<Text>,
}

/// A text, or what stands where one should; which field that is, only the reader knows.
pub(super) enum Text {
    Is(String),
    Other,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text::Is(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Text, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Text, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::Other)
    }
}

#[derive(Serialize)]
pub(super) struct Outbound<D> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) timestamp: String,
    pub(super) data: D,
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
pub(super) struct PageData<'a> {
    pub(super) id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) policy_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue_id: Option<Uuid>,
    pub(super) level: u8,
    pub(super) trigger: &'a str,
    pub(super) priority: &'a str,
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
