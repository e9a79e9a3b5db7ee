//! Messages of the contract and nouns of the house, turned into each other; one file per noun.
//! Conversions are total: a number the contract does not know is nobody's value, an instant out of
//! reach is the nearest one, and whatever a message could still hold wrongly is refused with the
//! path of its field. Nothing here asks the database or the clock.

pub mod account;
pub mod agent;
pub mod analytics;
pub mod calendar;
pub mod capacity;
pub mod codes;
pub mod consult;
pub mod customer;
pub mod delivery;
pub mod escalation;
pub mod event;
pub mod explain;
pub mod finding;
pub mod history;
pub mod interaction;
pub mod life;
pub mod mask;
pub mod message;
pub mod offer;
pub mod plan;
pub mod queue;
pub mod requirement;
pub mod rule;
pub mod schedule;
pub mod simulate;
pub mod skill;
pub mod sla;
pub mod staffing;
pub mod team;
pub mod time;
pub mod time_off;
pub mod tuning;

pub use codes::Coded;
// What narrows a list, as `app` takes it.
pub use app::interactions::{InteractionFilter, MessagesOf, OffersOf};

use super::status::{refusal, status};
use app::error::Error;
use domain::refusal::{FieldViolation, Reason, Refusal};
use std::fmt::Display;
use tonic::Status;
use uuid::Uuid;

/// The status of anything `app` may fail with.
pub fn fault(error: impl Into<Error>) -> Status {
    status(error.into())
}

/// A row that must be there.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`.
pub fn found<T>(row: Option<T>, resource: &'static str, id: impl Display) -> Result<T, Status> {
    row.ok_or_else(|| status(Error::not_found(resource, id)))
}

/// An id that the contract lets be empty and this call needs.
///
/// # Errors
/// `VALIDATION_FAILED` on the field.
pub fn needed<T: From<Uuid>>(text: &str, field: &str) -> Result<T, Status> {
    let parsed = Uuid::try_parse(text).map(T::from);
    parsed.map_err(|_| refusal(Refusal::field(field, "must be a UUID (string.uuid)")))
}

/// An id that may be absent, as the wire writes it.
#[must_use]
pub fn id_text<T: Display>(id: Option<T>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// An id that is nil where there is none, as the wire writes it.
#[must_use]
pub fn some_id(id: Uuid) -> String {
    if id.is_nil() { String::new() } else { id.to_string() }
}

/// A count as the wire's narrower number.
#[must_use]
pub fn count(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// A level; the contract's rules keep it between 1 and 10.
pub(crate) fn level(number: i32) -> u8 {
    u8::try_from(number.clamp(1, 10)).expect("1 to 10 fits")
}

/// Passes if no field is wrong.
///
/// # Errors
/// `VALIDATION_FAILED` with every field that is.
pub(crate) fn settle(wrong: Vec<FieldViolation>) -> Result<(), Status> {
    if wrong.is_empty() {
        return Ok(());
    }
    let refused = Refusal::new(Reason::ValidationFailed).with("violations", wrong.len());
    Err(refusal(Refusal { violations: wrong, ..refused }))
}

/// One wrong field.
pub(crate) fn wrong(field: String, text: &str) -> FieldViolation {
    FieldViolation { field, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::SkillId;

    #[test]
    fn numbers_out_of_reach_become_the_nearest() {
        assert_eq!([-1, 0, 1, 10, 11, i32::MAX].map(level), [1, 1, 1, 10, 10, 10]);
        assert_eq!([count(7_i64), count(i64::MAX), count(u32::MAX)], [7, i32::MAX, i32::MAX]);
    }

    #[test]
    fn absent_ids_are_empty() {
        assert_eq!(id_text::<SkillId>(None), "");
        assert_eq!(some_id(Uuid::nil()), "");
        let id = Uuid::now_v7();
        assert_eq!(some_id(id), id.to_string());
    }

    #[test]
    fn wrong_fields_are_told_together() {
        assert!(settle(Vec::new()).is_ok());
        let two = vec![wrong("a".into(), "x"), wrong("b".into(), "y")];
        let status = settle(two).expect_err("two are wrong");
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
    }
}
