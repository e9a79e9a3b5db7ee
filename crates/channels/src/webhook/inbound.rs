//! Reading what a tenant's system posts: JSON into events, within the published bounds. Errors name
//! the field and the fault, never the content.

use super::wire::{
    Head, Inbound, InboundMessage, InboundStatus, MESSAGE_CREATED, MESSAGE_STATUS, Text, read_time,
};
use crate::provider::{
    InboundEvent, Limit, MessageRef, ParseError, ParseFault, PriorityHint, ReportedStatus,
};
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The largest body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// The longest text of a message, in bytes.
pub const MAX_TEXT: usize = 16 * 1024;
/// The longest id of the other side, in characters.
pub const MAX_EXTERNAL_ID: usize = 128;
/// The longest address, in characters.
pub const MAX_ADDRESS: usize = 320;
/// The longest name, in characters.
pub const MAX_NAME: usize = 120;
/// The longest subject, in characters.
pub const MAX_SUBJECT: usize = 200;
/// The longest language tag, in characters.
pub const MAX_LANGUAGE: usize = 16;
/// The longest reason of a failure, in characters.
pub const MAX_REASON: usize = 200;

pub(super) fn parse(body: &[u8]) -> Result<Vec<InboundEvent>, ParseError> {
    if body.len() > MAX_BODY {
        return Err(fault("body", ParseFault::TooLong(Limit::Bytes(MAX_BODY))));
    }
    let event = match decode::<Head>(body)?.kind.as_str() {
        MESSAGE_CREATED => message(decode(body)?)?,
        MESSAGE_STATUS => status(decode(body)?)?,
        _ => return Err(fault("type", ParseFault::UnknownType)),
    };
    Ok(vec![event])
}

fn message(document: Inbound<InboundMessage>) -> Result<InboundEvent, ParseError> {
    let data = document.data.ok_or(fault("data", ParseFault::Missing))?;
    let from = data.from.unwrap_or_default();
    Ok(InboundEvent::Message {
        external_id: line("data.id", needed("data.id", data.id)?, MAX_EXTERNAL_ID)?,
        from_address: line(
            "data.from.address",
            needed("data.from.address", from.address)?,
            MAX_ADDRESS,
        )?,
        display_name: optional_line("data.from.name", from.name, MAX_NAME)?,
        subject: optional_line("data.subject", data.subject, MAX_SUBJECT)?,
        body: text("data.text", needed("data.text", data.text)?)?,
        language: said("data.language", data.language)?.map(language).transpose()?,
        priority: said("data.priority", data.priority)?.as_deref().map(priority).transpose()?,
        occurred_at: moment(document.timestamp)?,
        mail: None,
    })
}

fn status(document: Inbound<InboundStatus>) -> Result<InboundEvent, ParseError> {
    let data = document.data.ok_or(fault("data", ParseFault::Missing))?;
    let ours = Uuid::try_parse(&needed("data.message_id", data.message_id)?)
        .map_err(|_| fault("data.message_id", ParseFault::Value))?;
    Ok(InboundEvent::Status {
        message: MessageRef::Ours(ours),
        status: match needed("data.status", data.status)?.as_str() {
            "delivered" => ReportedStatus::Delivered,
            "read" => ReportedStatus::Read,
            "failed" => ReportedStatus::Failed,
            _ => return Err(fault("data.status", ParseFault::Value)),
        },
        reason: optional_line("data.reason", data.reason, MAX_REASON)?,
        occurred_at: moment(document.timestamp)?,
        mail: None,
    })
}

/// What a field says, if it is there.
fn said(field: &'static str, value: Option<Text>) -> Result<Option<String>, ParseError> {
    match value {
        None => Ok(None),
        Some(Text::Is(text)) => Ok(Some(text)),
        Some(Text::Other) => Err(fault(field, ParseFault::Type)),
    }
}

/// What a field says that must be there.
fn needed(field: &'static str, value: Option<Text>) -> Result<String, ParseError> {
    said(field, value)?.ok_or(fault(field, ParseFault::Missing))
}

const fn fault(field: &'static str, fault: ParseFault) -> ParseError {
    ParseError { field, fault }
}

/// The reader's own message may quote the document, so only the place is kept of it.
fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ParseError> {
    serde_json::from_slice(body).map_err(|error| {
        fault("body", ParseFault::Form { line: error.line(), column: error.column() })
    })
}

fn moment(value: Option<Text>) -> Result<Option<Timestamp>, ParseError> {
    let told = said("timestamp", value)?;
    told.map(|text| read_time(&text).ok_or(fault("timestamp", ParseFault::Value))).transpose()
}

/// A text of one line: not empty, no control characters (they could end a header field elsewhere).
fn line(field: &'static str, value: String, max: usize) -> Result<String, ParseError> {
    if value.trim().is_empty() {
        return Err(fault(field, ParseFault::Empty));
    }
    if value.chars().count() > max {
        return Err(fault(field, ParseFault::TooLong(Limit::Chars(max))));
    }
    if value.chars().any(char::is_control) {
        return Err(fault(field, ParseFault::Character));
    }
    Ok(value)
}

/// The same, where blank means absent.
fn optional_line(
    field: &'static str,
    value: Option<Text>,
    max: usize,
) -> Result<Option<String>, ParseError> {
    match said(field, value)? {
        // Judged before it is trimmed away: a control character is refused in a blank value too.
        Some(value) if value.chars().all(|c| c == ' ') => Ok(None),
        Some(value) => line(field, value, max).map(Some),
        None => Ok(None),
    }
}

/// A text of any number of lines: not empty, no NUL (no database text holds one).
fn text(field: &'static str, value: String) -> Result<String, ParseError> {
    if value.trim().is_empty() {
        return Err(fault(field, ParseFault::Empty));
    }
    if value.len() > MAX_TEXT {
        return Err(fault(field, ParseFault::TooLong(Limit::Bytes(MAX_TEXT))));
    }
    if value.contains('\0') {
        return Err(fault(field, ParseFault::Character));
    }
    Ok(value)
}

fn language(value: String) -> Result<String, ParseError> {
    let value = line("data.language", value, MAX_LANGUAGE)?;
    if value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        Ok(value)
    } else {
        Err(fault("data.language", ParseFault::Character))
    }
}

fn priority(value: &str) -> Result<PriorityHint, ParseError> {
    match value {
        "low" => Ok(PriorityHint::Low),
        "normal" => Ok(PriorityHint::Normal),
        "high" => Ok(PriorityHint::High),
        "urgent" => Ok(PriorityHint::Urgent),
        "critical" => Ok(PriorityHint::Critical),
        _ => Err(fault("data.priority", ParseFault::Value)),
    }
}
