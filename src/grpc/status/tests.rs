//! Every reason becomes a status a client can act on, and none grows over what transports carry.

use super::*;
use crate::proto::v1;
use domain::refusal::FieldViolation;

fn sent(status: &Status) -> usize {
    let response = status.clone().into_http::<()>();
    response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

#[test]
fn every_reason_has_a_code_and_exactly_one_error_info() {
    for reason in Reason::ALL {
        let status = refuse(*reason);
        assert_ne!(status.code(), Code::Ok);
        assert_ne!(status.code(), Code::Unknown);
        assert_eq!(status.message(), reason.text());
        let details = status.get_error_details_vec();
        let infos = details.iter().filter_map(|detail| match detail {
            tonic_types::ErrorDetail::ErrorInfo(info) => Some(info),
            _ => None,
        });
        let infos = infos.collect::<Vec<_>>();
        assert_eq!(infos.len(), 1, "{}", reason.reason());
        assert_eq!(infos[0].reason, reason.reason());
        assert_eq!(infos[0].domain, DOMAIN);
    }
}

#[test]
fn every_reason_is_a_value_of_the_contract_and_back() {
    let prefix = "ERROR_REASON_";
    for reason in Reason::ALL {
        let name = format!("{prefix}{}", reason.reason());
        assert!(v1::ErrorReason::from_str_name(&name).is_some(), "{name} is not in the contract");
    }
    let known = Reason::ALL.len();
    let values = (1..1000).filter_map(|value| v1::ErrorReason::try_from(value).ok()).count();
    assert_eq!(values, known, "the contract has reasons that nothing gives");
}

#[test]
fn where_a_retry_helps_the_status_says_when() {
    for reason in Reason::ALL {
        let retry = refuse(*reason).get_details_retry_info();
        let helps = matches!(
            reason,
            Reason::LedgerBusy
                | Reason::StreamLimit
                | Reason::RateLimited
                | Reason::Draining
                | Reason::ServiceUnavailable
        );
        assert_eq!(retry.is_some(), helps, "{}", reason.reason());
    }
    let said = refusal(Refusal::new(Reason::QueueFull).retry_after(Span::from_secs(7)));
    let retry = said.get_details_retry_info().and_then(|info| info.retry_delay);
    assert_eq!(retry, Some(std::time::Duration::from_secs(7)));
}

#[test]
fn many_and_long_violations_stay_within_what_transports_carry() {
    let mut many = Refusal::new(Reason::ValidationFailed).with("violations", 50);
    for index in 0..50 {
        many.violations.push(FieldViolation {
            field: format!("interaction.required_skills[{index}].{}", "deep.".repeat(100)),
            text: "ä".repeat(4000),
        });
    }
    for _ in 0..40 {
        many.metadata.push(("key", "value ".repeat(1000)));
    }
    let status = refusal(many);
    assert!(status.details().len() <= DETAILS_MAX);
    let status = identified(&status, &"x".repeat(crate::layers::request_id::LENGTH_MAX));
    assert!(sent(&status) < 6 << 10, "{} bytes", sent(&status));
    let told = status.get_details_bad_request().expect("violations").field_violations.len();
    assert!((1..=VIOLATIONS_MAX).contains(&told), "{told} told");
    assert!(status.get_details_error_info().is_some());
}

#[test]
fn short_violations_are_all_told_up_to_the_bound() {
    let mut many = Refusal::new(Reason::ValidationFailed);
    for index in 0..50 {
        let field = format!("tags[{index}]");
        many.violations.push(FieldViolation { field, text: "too long (string.max_len)".into() });
    }
    let status = refusal(many);
    let told = status.get_details_bad_request().expect("violations").field_violations;
    assert_eq!(told.len(), VIOLATIONS_MAX);
    assert_eq!(told[0].field, "tags[0]");
}

#[test]
fn a_missing_permission_is_named_as_the_contract_names_it() {
    for permission in Permission::ALL {
        let info = denied(*permission).get_details_error_info().expect("one error info");
        let name = format!("PERMISSION_{}", info.metadata["permission"]);
        let wire = v1::Permission::from_str_name(&name).expect("a name of the contract");
        assert_eq!(wire as i32, permission.to_wire());
    }
}

#[test]
fn violations_are_counted_even_if_nobody_did() {
    let info = refusal(Refusal::field("a", "b")).get_details_error_info().expect("one");
    assert_eq!(info.metadata["violations"], "1");
}

#[test]
fn a_status_is_identified_without_losing_what_it_says() {
    let before = refusal(Refusal::field("a", "b").retry_after(Span::from_secs(1)));
    let after = identified(&before, "call-1");
    assert_eq!((after.code(), after.message()), (before.code(), before.message()));
    assert_eq!(after.get_details_request_info().expect("the call").request_id, "call-1");
    let without = |mut details: ErrorDetails| {
        details.set_request_info("", "");
        format!("{details:?}")
    };
    assert_eq!(without(after.get_error_details()), without(before.get_error_details()));
}

#[test]
fn a_fault_of_ours_names_the_case() {
    let status = identified(&refuse(Reason::InternalError), "call-1");
    let info = status.get_details_error_info().expect("one");
    assert_eq!(info.reason, "INTERNAL_ERROR");
    assert_eq!(info.metadata["error_id"], "call-1");
}

#[test]
fn what_the_transport_refuses_is_about_the_request() {
    for (status, code, reason) in [
        (Status::internal("cannot decode"), Code::InvalidArgument, "VALIDATION_FAILED"),
        (Status::unknown("cut off"), Code::InvalidArgument, "VALIDATION_FAILED"),
        (Status::out_of_range("too long"), Code::OutOfRange, "MESSAGE_TOO_LARGE"),
        (Status::resource_exhausted("a bomb"), Code::OutOfRange, "MESSAGE_TOO_LARGE"),
        (Status::unimplemented("no gzip"), Code::Unimplemented, "NOT_SUPPORTED"),
    ] {
        let mut status = status;
        status.metadata_mut().insert("grpc-accept-encoding", "identity".parse().expect("ASCII"));
        let told = identified(&status, "call-1");
        let info = told.get_details_error_info().expect("one");
        assert_eq!((told.code(), info.reason.as_str()), (code, reason));
        assert!(!told.message().contains(status.message()), "the text is ours");
        assert_eq!(told.get_details_request_info().expect("the call").request_id, "call-1");
        assert!(told.metadata().contains_key("grpc-accept-encoding"));
    }
    let health = identified(&Status::not_found("service not registered"), "call-1");
    assert!(health.get_details_error_info().is_none(), "another protocol's answer");
}
