//! One file per table: its columns as SeaORM knows them, and how a row becomes a noun and back.
//! What a row holds that no noun can be made of, such as a code this version does not know, is
//! reported as corrupt, never guessed.
#![expect(unreachable_pub, reason = "the entity derive wants its types public")]

pub(crate) mod access_log;
pub(crate) mod agent;
pub(crate) mod agent_presence;
pub(crate) mod agent_session;
pub(crate) mod api_key;
pub(crate) mod attachment;
pub(crate) mod calendar;
pub(crate) mod channel_account;
pub(crate) mod contact_point;
pub(crate) mod conversation;
pub(crate) mod customer;
pub(crate) mod customer_key;
pub(crate) mod escalation_policy;
pub(crate) mod head;
pub(crate) mod idempotency;
pub(crate) mod inbox;
pub(crate) mod interaction;
pub(crate) mod log;
pub(crate) mod mail_participant;
pub(crate) mod mail_reference;
pub(crate) mod mail_sender;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod node;
pub(crate) mod offer;
pub(crate) mod outbox;
pub(crate) mod queue;
pub(crate) mod routing_plan;
pub(crate) mod routing_plan_version;
pub(crate) mod routing_rule;
pub(crate) mod routing_settings;
pub(crate) mod schedule;
pub(crate) mod skill;
pub(crate) mod sla_breach;
pub(crate) mod sla_policy;
pub(crate) mod team;
pub(crate) mod tenant;
pub(crate) mod tenant_due;
pub(crate) mod time_off;

use crate::error::{Result, StoreError};
use domain::id::TenantId;
use domain::sealed::BlindIndex;
use sea_orm::{FromQueryResult, ModelTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row of a tenant's table and the noun it holds.
pub(crate) trait Row: ModelTrait + FromQueryResult {
    /// The noun.
    type Noun;

    /// The row of a noun.
    fn of(tenant: TenantId, noun: &Self::Noun) -> Self;

    /// The noun of a row, and whose it is.
    fn noun(self) -> Result<(TenantId, Self::Noun)>;
}

/// The value of a stored code, or an error naming the column.
pub(crate) fn known<T>(value: Option<T>, column: &'static str) -> Result<T> {
    value.ok_or_else(|| StoreError::Corrupt(format!("{column} holds a code nobody knows")))
}

/// A small count as it is stored; bounds above it never reach so far.
pub(crate) fn small(count: u16) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}

/// A stored small count, or an error naming the column.
pub(crate) fn count(stored: i16, column: &'static str) -> Result<u16> {
    u16::try_from(stored).map_err(|_| StoreError::Corrupt(format!("{column} is negative")))
}

/// Bytes of a fixed length, or an error naming the column.
pub(crate) fn fixed<const N: usize>(bytes: Vec<u8>, column: &'static str) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::Corrupt(format!("{column} has a wrong length")))
}

fn index_or_none(bytes: Option<Vec<u8>>, column: &'static str) -> Result<Option<BlindIndex>> {
    bytes.map(|b| Ok(BlindIndex(fixed(b, column)?))).transpose()
}

/// JSON text of a value that is always representable.
pub(crate) fn json_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data with string keys is always JSON")
}

/// The value of JSON text, or an error naming the column.
pub(crate) fn json<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Corrupt(format!("{column} holds JSON that does not fit")))
}

/// JSON text of a list; an empty list is empty text, because most are.
fn list_text<T: Serialize>(list: &[T]) -> String {
    if list.is_empty() { String::new() } else { json_text(&list) }
}

/// JSON text of what may be absent; absence is empty text, because that is usual.
fn option_text<T: Serialize>(value: Option<&T>) -> String {
    value.map(json_text).unwrap_or_default()
}

/// What such a text holds.
pub(crate) fn option<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<Option<T>> {
    if text.is_empty() { Ok(None) } else { json(text, column).map(Some) }
}

/// The list of such a text.
pub(crate) fn list<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<Vec<T>> {
    if text.is_empty() { Ok(Vec::new()) } else { json(text, column) }
}
