//! Refusals on the wire. The one place where a class becomes a status code; every status carries
//! exactly one `ErrorInfo`, all field violations that fit, and when to try again where that helps.
//! What a status adds to the trailers stays below [`DETAILS_MAX`] raw bytes (6 KiB as sent).

use super::MESSAGE_MAX;
use super::convert::Coded;
use crate::proto::v1;
use app::error::Error;
use domain::refusal::{Class, Reason, Refusal};
use domain::tenant::Permission;
use domain::time::Span;
use std::collections::HashMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "omnichannel";

/// Most field violations that are told.
pub const VIOLATIONS_MAX: usize = 20;

/// Most bytes of encoded details; they travel as base64, a third longer.
pub const DETAILS_MAX: usize = 3840;

/// Most metadata entries of an `ErrorInfo`, and most characters of a value.
const METADATA_MAX: usize = 12;
const VALUE_MAX: usize = 160;

/// Most characters of a violation's path and of its text.
const FIELD_MAX: usize = 120;
const TEXT_MAX: usize = 200;

/// The status of a refused use case.
#[must_use]
pub fn status(error: Error) -> Status {
    refusal(error.0)
}

/// The status of a reason that needs no more words.
#[must_use]
pub fn refuse(reason: Reason) -> Status {
    refusal(Refusal::new(reason))
}

/// The status of a caller who lacks a permission.
#[must_use]
pub fn denied(missing: Permission) -> Status {
    let wire = v1::Permission::try_from(missing.to_wire()).unwrap_or_default();
    let name = wire.as_str_name().trim_start_matches("PERMISSION_");
    refusal(Refusal::new(Reason::PermissionDenied).with("permission", name))
}

/// The same status with the identifier of the call, by which it is found in the log.
#[must_use]
pub fn identified(status: &Status, call: &str) -> Status {
    let status = &explained(status);
    let mut details = status.get_error_details();
    let failed = Reason::InternalError.reason();
    let info = details.error_info().filter(|info| info.reason == failed).cloned();
    if let Some(mut info) = info {
        info.metadata.insert("error_id".to_owned(), call.to_owned());
        details.set_error_info(info.reason, info.domain, info.metadata);
    }
    details.set_request_info(call, "");
    let (code, text) = (status.code(), status.message());
    Status::with_error_details_and_metadata(code, text, details, status.metadata().clone())
}

/// The same status with a reason. What we refuse has one; what has none was refused by the
/// transport while it took the request in, and that is about the request whatever it is called:
/// our own failures there are panics, which have a reason.
fn explained(status: &Status) -> Status {
    if status.get_error_details().error_info().is_some() {
        return status.clone();
    }
    let told = match status.code() {
        Code::Internal | Code::Unknown | Code::DataLoss | Code::InvalidArgument => {
            Refusal::field("", "must be one whole message of the method's request type")
        }
        Code::OutOfRange | Code::ResourceExhausted => {
            Refusal::new(Reason::MessageTooLarge).with("max_bytes", MESSAGE_MAX)
        }
        Code::Unimplemented => Refusal::new(Reason::NotSupported),
        // Health and reflection answer as their own protocols say.
        _ => return status.clone(),
    };
    let mut told = refusal(told);
    // Such as the encodings that are taken.
    *told.metadata_mut() = status.metadata().clone();
    told
}

/// The status of a refusal.
#[must_use]
pub fn refusal(mut refusal: Refusal) -> Status {
    let code = code(refusal.reason.class());
    let text = refusal.reason.text();
    refusal.violations.truncate(VIOLATIONS_MAX);
    loop {
        let status = Status::with_error_details(code, text, details(&refusal));
        if status.details().len() <= DETAILS_MAX || refusal.violations.pop().is_none() {
            return status;
        }
    }
}

/// The code of a class.
#[must_use]
pub const fn code(class: Class) -> Code {
    match class {
        Class::Invalid => Code::InvalidArgument,
        Class::NotFound => Code::NotFound,
        Class::Exists => Code::AlreadyExists,
        Class::State => Code::FailedPrecondition,
        Class::Conflict => Code::Aborted,
        Class::Denied => Code::PermissionDenied,
        Class::Unknown => Code::Unauthenticated,
        Class::Exhausted => Code::ResourceExhausted,
        Class::Range => Code::OutOfRange,
        Class::Unavailable => Code::Unavailable,
        Class::Unsupported => Code::Unimplemented,
        Class::Deadline => Code::DeadlineExceeded,
        Class::Internal => Code::Internal,
    }
}

fn details(refusal: &Refusal) -> ErrorDetails {
    let mut metadata: HashMap<String, String> = refusal
        .metadata
        .iter()
        .take(METADATA_MAX)
        .map(|(key, value)| ((*key).to_owned(), clip(value, VALUE_MAX)))
        .collect();
    if refusal.reason == Reason::ValidationFailed {
        let told = || refusal.violations.len().to_string();
        metadata.entry("violations".to_owned()).or_insert_with(told);
    }
    let mut details = ErrorDetails::with_error_info(refusal.reason.reason(), DOMAIN, metadata);
    for violation in &refusal.violations {
        let field = clip(&violation.field, FIELD_MAX);
        details.add_bad_request_violation(field, clip(&violation.text, TEXT_MAX));
    }
    if refusal.reason == Reason::RateLimited {
        let limit = refusal.metadata.iter().find(|(key, _)| *key == "limit");
        let subject = limit.map_or("", |(_, limit)| limit.as_str());
        details.add_quota_failure_violation(subject, "more calls than its rate allows");
    }
    if let Some(span) = retry_after(refusal) {
        details.set_retry_info(Some(span.to_std()));
    }
    details
}

/// When to try again: what the refusal says, else a moment that suits its reason.
fn retry_after(refusal: &Refusal) -> Option<Span> {
    refusal.retry_after.or(match refusal.reason {
        Reason::LedgerBusy => Some(Span::from_millis(200)),
        Reason::StreamLimit => Some(Span::from_secs(5)),
        Reason::Draining | Reason::ServiceUnavailable | Reason::RateLimited => {
            Some(Span::from_secs(1))
        }
        _ => None,
    })
}

fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests;
