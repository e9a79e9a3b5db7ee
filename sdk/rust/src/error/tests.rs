//! Errors from statuses, from stream details and from the transport.

use super::*;
use std::collections::HashMap;
use tonic_types::ErrorDetails;

fn detailed() -> Status {
    let facts = HashMap::from([("lane".to_owned(), "interactive".to_owned())]);
    let mut details = ErrorDetails::new();
    details
        .set_error_info("LEDGER_BUSY", "omnichannel", facts)
        .set_retry_info(Some(Duration::from_millis(250)))
        .set_bad_request(vec![tonic_types::FieldViolation::new("queue.name", "is too long")])
        .set_request_info("r-1", "");
    Status::with_error_details(Code::ResourceExhausted, "busy", details)
}

#[test]
fn every_detail_of_a_status_arrives() {
    let error = Error::from(detailed());
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.is(v1::ErrorReason::LedgerBusy));
    assert_eq!(error.metadata()["lane"], "interactive");
    assert_eq!(error.violations()[0].field, "queue.name");
    assert_eq!(error.violations()[0].description, "is too long");
    assert_eq!(error.retry_after(), Some(Duration::from_millis(250)));
    assert_eq!(error.request_id(), Some("r-1"));
    assert!(error.is_retryable() && !error.is_local());
    assert_eq!(error.to_string(), "ResourceExhausted LEDGER_BUSY: busy");
}

#[test]
fn reasons_are_known_unknown_or_missing() {
    let known: Vec<_> = (1..).map_while(|value| v1::ErrorReason::try_from(value).ok()).collect();
    assert!(known.len() >= 37);
    for reason in known {
        let name = reason.as_str_name().trim_start_matches("ERROR_REASON_");
        assert_eq!(Reason::named(name), Reason::Known(reason));
        assert_eq!(Reason::named(name).name(), name);
    }
    assert_eq!(Reason::named("OF_TOMORROW").name(), "OF_TOMORROW");
    assert_eq!(Reason::named("UNSPECIFIED"), Reason::Missing);
    let bare = Error::from(Status::not_found("gone"));
    assert_eq!(bare.reason(), &Reason::Missing);
    assert_eq!(bare.to_string(), "NotFound: gone");
}

#[test]
fn details_inside_a_stream_say_the_same() {
    let detail = v1::ErrorDetail {
        code: 9,
        reason: v1::ErrorReason::OfferExpired as i32,
        message: "too late".into(),
        metadata: HashMap::from([("offer_id".to_owned(), "o".to_owned())]),
        violations: vec![v1::FieldViolation { field: "a".into(), ..Default::default() }],
        retry_delay: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
    };
    let error = Error::from(detail.clone());
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.is(v1::ErrorReason::OfferExpired) && !error.is_local());
    assert_eq!(error.metadata()["offer_id"], "o");
    assert_eq!(error.violations()[0].field, "a");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    let newer = Error::from(v1::ErrorDetail { reason: 9000, ..detail.clone() });
    assert_eq!(newer.reason(), &Reason::Unknown("9000".into()));
    let none = Error::from(v1::ErrorDetail { reason: 0, ..detail });
    assert_eq!(none.reason(), &Reason::Missing);
}

#[test]
fn waits_are_bounded() {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(Duration::from_secs(86_400)));
    let error = Error::from(Status::with_error_details(Code::Unavailable, "", details));
    assert_eq!(error.retry_after(), Some(WAIT_MAX));
    assert_eq!(wait_of(prost_types::Duration { seconds: -1, nanos: 0 }), None);
}

#[test]
fn only_what_helps_is_retryable() {
    for code in 1..=16 {
        let error = Error::from(Status::new(Code::from_i32(code), ""));
        assert_eq!(error.is_retryable(), error.code() == Code::Unavailable, "{error}");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("wrapped")]
struct Wrapped(#[source] Box<dyn StdError + Send + Sync>);

#[test]
fn what_the_transport_made_is_unavailable_whatever_its_code() {
    let reset = h2::Error::from(h2::Reason::INTERNAL_ERROR);
    let broken = io::Error::from(io::ErrorKind::BrokenPipe);
    let causes: [Box<dyn StdError + Send + Sync>; 2] = [Box::new(reset), Box::new(broken)];
    for cause in causes {
        let status = Status::from_error(Box::new(Wrapped(cause)));
        assert_ne!(status.code(), Code::Unavailable);
        let error = Error::from(status);
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        assert!(error.is_local() && error.is_retryable());
        assert!(error.source().is_some());
    }
    for sent in [Status::unknown("sent"), Status::cancelled("sent"), Status::internal("sent")] {
        let code = sent.code();
        let error = Error::from(sent);
        assert_eq!((error.code(), error.is_local()), (code, false));
    }
    let status = Status::from_error(Box::new(Wrapped("something else".into())));
    assert_eq!(Error::from(status).code(), Code::Unknown);
}

#[test]
fn a_deadline_of_the_transport_is_a_deadline() {
    let status = Status::from_error(Box::new(tonic::TimeoutExpired(())));
    assert_eq!(status.code(), Code::Cancelled);
    let error = Error::from(status);
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(error.is_local() && !error.is_retryable());
}

#[test]
fn a_goodbye_for_good_names_its_reason() {
    let error = Error::goodbye(v1::GoodbyeReason::Replaced);
    assert_eq!(error.goodbye_reason(), Some(v1::GoodbyeReason::Replaced));
    assert!(error.message().ends_with("REPLACED") && !error.is_retryable());
}
