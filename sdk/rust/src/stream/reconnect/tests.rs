//! What follows each way a stream can end.

use super::*;
use crate::stream::frame::{Body, Frame};
use crate::v1::{Hello, Resumption};
use std::collections::HashMap;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

fn tracker(kind: Kind, start: Start) -> Tracker {
    Tracker::new(kind, start)
}

fn opened(kind: Kind) -> Tracker {
    let mut tracker = Tracker::new(kind, Start::Token("t".into()));
    let hello = Hello { resumption: Resumption::Resumed.into(), ..Default::default() };
    let frame = Frame::<()> { seq: 8, token: "t8".into(), body: Body::Hello(hello) };
    tracker.apply(frame).unwrap();
    tracker
}

fn refusal(code: Code, reason: &str, facts: &[(&str, &str)]) -> Ending {
    let facts: HashMap<String, String> =
        facts.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let details = ErrorDetails::with_error_info(reason, "omnichannel", facts);
    Ending::Failed(Status::with_error_details(code, "", details).into())
}

fn decide(ending: &Ending, tracker: &Tracker) -> Next {
    Reconnect::default().next(ending, tracker, None, 1.0)
}

fn reopened(next: Next) -> (Duration, From) {
    match next {
        Next::Reopen { wait, from } => (wait, from),
        Next::Stop(error) => panic!("stopped: {error}"),
    }
}

fn stopped(next: Next) -> Error {
    match next {
        Next::Stop(error) => error,
        Next::Reopen { .. } => panic!("opened again"),
    }
}

#[test]
fn refusals_that_a_repeat_cannot_heal_stop() {
    let tracker = opened(Kind::Events);
    for code in [
        Code::InvalidArgument,
        Code::PermissionDenied,
        Code::Unauthenticated,
        Code::Unimplemented,
        Code::NotFound,
        Code::FailedPrecondition,
        Code::OutOfRange,
    ] {
        let ending = Ending::Failed(Status::new(code, "").into());
        assert_eq!(stopped(decide(&ending, &tracker)).code(), code);
    }
}

#[test]
fn losses_are_repeated_with_growing_waits() {
    let tracker = opened(Kind::Events);
    let losses = [
        Ending::Failed(Status::unavailable("").into()),
        Ending::Failed(Status::cancelled("").into()),
        Ending::Failed(Status::aborted("").into()),
        Ending::Silent,
        Ending::Closed,
    ];
    for ending in losses {
        let mut reconnect = Reconnect::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            let (wait, from) = reopened(reconnect.next(&ending, &tracker, None, 1.0));
            assert_eq!(from, From::Here);
            waits.push(wait.as_millis());
        }
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        let short = Some(Duration::from_millis(4_999));
        assert_eq!(reopened(reconnect.next(&ending, &tracker, short, 1.0)).0, STREAM.cap);
        let held = Some(HELD_AFTER);
        assert_eq!(reopened(reconnect.next(&ending, &tracker, held, 1.0)).0, STREAM.base);
    }
}

#[test]
fn a_crowded_server_is_left_alone_for_longer() {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(Duration::from_secs(3)));
    let status = Status::with_error_details(Code::ResourceExhausted, "", details);
    let ending = Ending::Failed(status.into());
    let tracker = opened(Kind::Events);
    assert_eq!(reopened(decide(&ending, &tracker)).0, Duration::from_secs(4));
    let mut reconnect = Reconnect::default();
    assert_eq!(reopened(reconnect.next(&ending, &tracker, None, 0.0)).0, Duration::from_secs(3));
}

#[test]
fn a_server_that_keeps_breaking_is_given_up() {
    let tracker = opened(Kind::Events);
    let breaks = [
        Ending::Fault(Fault::NoHello),
        Ending::Failed(Status::internal("").into()),
        Ending::Failed(Status::unknown("sent by the server").into()),
    ];
    for ending in breaks {
        let mut reconnect = Reconnect::default();
        for _ in 1..FAULTS_MAX {
            reopened(reconnect.next(&ending, &tracker, None, 1.0));
        }
        stopped(reconnect.next(&ending, &tracker, None, 1.0));
    }
}

fn goodbye(action: GoodbyeAction, after_ms: Option<i64>) -> Ending {
    let millis = |ms: i64| prost_types::Duration {
        seconds: ms / 1000,
        nanos: (ms % 1000) as i32 * 1_000_000,
    };
    Ending::Goodbye(Goodbye {
        reason: GoodbyeReason::ServerDrain.into(),
        action: action.into(),
        reconnect_after: after_ms.map(millis),
    })
}

#[test]
fn a_goodbye_is_obeyed() {
    let tracker = opened(Kind::Events);
    let resume = goodbye(GoodbyeAction::Resume, Some(700));
    assert_eq!(reopened(decide(&resume, &tracker)), (Duration::from_millis(700), From::Here));
    for action in [GoodbyeAction::Resync, GoodbyeAction::Unspecified] {
        let next = reopened(decide(&goodbye(action, Some(1)), &tracker));
        assert_eq!(next, (Duration::from_millis(1), From::Beginning));
    }
    let bare = goodbye(GoodbyeAction::Resume, None);
    assert_eq!(reopened(decide(&bare, &tracker)).0, ORDERLY_MAX);
    let (wait, _) = reopened(Reconnect::default().next(&bare, &tracker, None, 0.25));
    assert_eq!(wait, ORDERLY_MAX / 4, "spread over all of it");
    let error = stopped(decide(&goodbye(GoodbyeAction::Stop, None), &tracker));
    assert_eq!(error.goodbye_reason(), Some(GoodbyeReason::ServerDrain));
}

#[test]
fn endless_goodbyes_do_not_make_a_hot_loop() {
    let tracker = opened(Kind::Events);
    let mut reconnect = Reconnect::default();
    let ending = goodbye(GoodbyeAction::Resume, Some(0));
    let quick = Some(Duration::from_millis(1));
    let waits: Vec<u128> = (0..5)
        .map(|_| reopened(reconnect.next(&ending, &tracker, quick, 1.0)).0.as_millis())
        .collect();
    assert_eq!(waits, [0, 0, 0, 2000, 4000]);
}

#[test]
fn a_session_whose_token_is_refused_takes_a_snapshot() {
    for (code, reason) in [
        (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"),
        (Code::InvalidArgument, "RESUME_TOKEN_INVALID"),
    ] {
        let ending = refusal(code, reason, &[]);
        let (_, from) = reopened(decide(&ending, &opened(Kind::Events)));
        assert_eq!(from, From::Beginning);
        let fresh = tracker(Kind::Events, Start::New);
        assert_eq!(stopped(decide(&ending, &fresh)).code(), code, "there was no token to refuse");
    }
}

#[test]
fn a_feed_never_hides_that_its_start_is_gone() {
    let expired = refusal(Code::OutOfRange, "RESUME_TOKEN_EXPIRED", &[("oldest_seq", "40")]);
    for start in [Start::Seq(1), Start::Token("old".into())] {
        let error = stopped(decide(&expired, &tracker(Kind::Feed, start)));
        assert_eq!(error.metadata()["oldest_seq"], "40");
    }
    let feed = opened(Kind::Feed);
    assert_eq!(reopened(decide(&expired, &feed)).1, From::At(40));
    let rewound = refusal(Code::OutOfRange, "RESUME_TOKEN_EXPIRED", &[]);
    assert_eq!(reopened(decide(&rewound, &feed)).1, From::Beginning);
    let invalid = refusal(Code::InvalidArgument, "RESUME_TOKEN_INVALID", &[]);
    assert_eq!(reopened(decide(&invalid, &feed)).1, From::Sequence);
}

#[test]
fn an_orderly_end_is_no_failure() {
    let tracker = opened(Kind::Events);
    let mut reconnect = Reconnect::default();
    let drain = goodbye(GoodbyeAction::Resume, Some(700));
    let away = Ending::Failed(Status::unavailable("nobody listens").into());
    for _ in 0..20 {
        // A server that is drained and started again, and again, and again.
        let asked = reopened(reconnect.next(&drain, &tracker, Some(HELD_AFTER), 1.0)).0;
        assert_eq!(asked, Duration::from_millis(700));
        let waits: Vec<u128> = (0..3)
            .map(|_| reopened(reconnect.next(&away, &tracker, None, 1.0)).0.as_millis())
            .collect();
        assert_eq!(waits, [250, 500, 1000]);
    }
}

#[test]
fn a_server_that_drains_is_not_a_broken_one() {
    let tracker = opened(Kind::Events);
    let mut details = ErrorDetails::with_error_info("DRAINING", "omnichannel", HashMap::new());
    details.set_retry_info(Some(Duration::from_secs(1)));
    let status = Status::with_error_details(Code::Unavailable, "", details);
    let draining = Ending::Failed(status.into());
    let mut reconnect = Reconnect::default();
    let waits: Vec<u128> = (0..5)
        .map(|_| reopened(reconnect.next(&draining, &tracker, None, 1.0)).0.as_millis())
        .collect();
    assert_eq!(waits, [1250, 1250, 1250, 2000, 4000]);
    let gone = Ending::Failed(Status::unavailable("").into());
    assert_eq!(reopened(reconnect.next(&gone, &tracker, None, 1.0)).0, STREAM.base);
}

#[test]
fn a_credential_is_renewed_once_before_its_refusal_stands() {
    let tracker = opened(Kind::Events);
    let refused = Ending::Failed(Status::unauthenticated("").into());
    let expired = Ending::Goodbye(Goodbye {
        reason: GoodbyeReason::CredentialsExpired.into(),
        action: GoodbyeAction::Stop.into(),
        reconnect_after: None,
    });
    let mut reconnect = Reconnect::default();
    for _ in 0..20 {
        assert!(reconnect.may_renew(&expired, Some(HELD_AFTER)));
        assert_eq!(reopened(reconnect.renew(Some(HELD_AFTER), 1.0)), (STREAM.base, From::Here));
    }
    assert!(!reconnect.may_renew(&refused, None), "the fresh one is refused too");
    // The fresh one ran out while nobody answered.
    reconnect.next(&Ending::Closed, &tracker, None, 1.0);
    assert!(reconnect.may_renew(&refused, None));
    assert!(!reconnect.may_renew(&Ending::Closed, None));
}

#[test]
fn a_drain_shows_in_the_state() {
    assert_eq!(state_after(&goodbye(GoodbyeAction::Resume, None)), StreamState::Draining);
    let aged = Goodbye { reason: GoodbyeReason::MaxAge.into(), ..Default::default() };
    assert_eq!(state_after(&Ending::Goodbye(aged)), StreamState::Resuming);
    assert_eq!(state_after(&Ending::Closed), StreamState::Resuming);
}
