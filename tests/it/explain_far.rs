//! Moments that lie far behind much of a log: a call takes in so many events and no more, and who
//! asks again goes on where it stopped. The server takes in so few that a test can have more.

use crate::support::fixture::{Case, opening};
use crate::support::refusal::{judge, metadata_fault};
use omnichannel_sdk::v1;
use v1::explain_request::Moment;

both!(alone ["limits.past_events = 100"];
    a_moment_far_into_the_log_is_reached_by_asking_again,
);

/// Interactions before the one that is asked about, each several events.
const BEFORE: usize = 120;

async fn a_moment_far_into_the_log_is_reached_by_asking_again(case: Case) {
    let queue = case.plain_queue().await;
    for _ in 0..BEFORE {
        case.open(&queue).await;
    }
    let waiting = case.create(opening(&queue.id)).await;
    let (interaction_id, moment) = (waiting.id.clone(), Moment::AtSeq(case.head().await));
    case.open(&queue).await;
    let asked = v1::ExplainRequest { interaction_id, moment: Some(moment), ..Default::default() };
    let mut reached = vec![0];
    let told = loop {
        match case.admin.routing().explain(asked.clone()).await {
            Ok(told) => break told.into_inner(),
            Err(status) => {
                let error = judge(status, v1::ErrorReason::MomentTooFar, "far into the log");
                assert_eq!(metadata_fault(&error), None);
                assert_eq!(error.metadata()["max"], "100");
                let seq: i64 = error.metadata()["reached_seq"].parse().expect("a number");
                assert!(seq >= reached.last().expect("one is there") + 100, "{seq}, {reached:?}");
                reached.push(seq);
            }
        }
    };
    assert!(reached.len() > 2, "it was too far for two calls: {reached:?}");
    let why = told.explanation.expect("it is told why");
    assert_eq!(usize::try_from(why.position), Ok(BEFORE + 1), "last in line at that moment");
    // Now it begins right before the interaction, in one call.
    let again = case.admin.routing().explain(asked).await.map(|told| told.into_inner().explanation);
    assert_eq!(again.map(|why| why.map(|why| why.position)).ok(), Some(Some(why.position)));
}
