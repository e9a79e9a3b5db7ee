//! How long customers are told that they will wait, from outside: their place in the line, an
//! estimate from how the line moved, and what such estimates were worth.

use crate::support::console::Console;
use crate::support::eventually;
use crate::support::fixture::{Agent, Case};
use omnichannel_sdk::v1::{self, InteractionStatus as Status};
use std::time::Duration;
use tokio::time::sleep;

both!(
    a_place_in_line_is_told_before_a_pace_is_known,
    a_line_that_moved_says_how_long_it_takes,
    what_does_not_wait_has_no_estimate,
);

/// Longer than whoever goes through counts as not having waited.
const A_WHILE: Duration = Duration::from_millis(1_200);

async fn estimate(case: &Case, id: &str) -> v1::GetWaitEstimateResponse {
    let request = v1::GetWaitEstimateRequest { interaction_id: id.to_owned() };
    ok!(case.admin.interactions().get_wait_estimate(request))
}

fn micros(span: Option<prost_types::Duration>) -> Option<i64> {
    span.map(|span| span.seconds * 1_000_000 + i64::from(span.nanos / 1_000))
}

async fn stats(case: &Case, queue: &v1::Queue) -> v1::QueueStats {
    let request = v1::GetQueueStatsRequest { queue_ids: vec![queue.id.clone()] };
    ok!(case.admin.routing().get_queue_stats(request)).queues.remove(0)
}

async fn at_work(case: &Case, units: i32) -> (Agent, Console) {
    let agent = case.agent_with_room("Bo", units).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

async fn take(console: &mut Console, count: usize) {
    for _ in 0..count {
        console.take().await;
    }
}

async fn a_place_in_line_is_told_before_a_pace_is_known(case: Case) {
    let step = v1::Queue { priority_step: crate::support::secs(60), ..Default::default() };
    let queue = case.queue(step).await;
    let first = case.open(&queue).await;
    let second = case.open(&queue).await;
    let told = estimate(&case, &second.id).await;
    assert_eq!((told.position, told.queue_length, told.moves), (2, 2, 0));
    assert_eq!(told.estimated_wait, None, "nothing is known");
    assert!(told.as_of.is_some());
    assert_eq!(estimate(&case, &first.id).await.position, 1);
    let urgent = v1::Interaction {
        id: second.id.clone(),
        priority: v1::Priority::Urgent.into(),
        ..Default::default()
    };
    let update = v1::UpdateInteractionRequest {
        interaction: Some(urgent),
        update_mask: crate::support::mask(&["priority"]),
        ..Default::default()
    };
    ok!(case.admin.interactions().update_interaction(update));
    assert_eq!(estimate(&case, &second.id).await.position, 1, "what is urgent goes first");
    let shown = stats(&case, &queue).await;
    assert_eq!((shown.depth, shown.estimated_wait), (2, None));
}

async fn a_line_that_moved_says_how_long_it_takes(case: Case) {
    let queue = case.plain_queue().await;
    for _ in 0..8 {
        case.open(&queue).await;
    }
    sleep(A_WHILE).await;
    let (agent, mut console) = at_work(&case, 9).await;
    take(&mut console, 8).await;
    // One more is taken at once, and then nobody has room.
    let at_once = case.open(&queue).await;
    take(&mut console, 1).await;
    assert_eq!(case.interaction(&at_once.id).await.owner_agent_id, agent.id);
    let first = case.open(&queue).await;
    let second = case.open(&queue).await;
    let known = || async {
        let told = estimate(&case, &second.id).await;
        told.estimated_wait.is_some().then_some(told)
    };
    let told = eventually("an estimate", known).await;
    assert_eq!((told.position, told.queue_length, told.moves), (2, 2, 7));
    let one = micros(estimate(&case, &first.id).await.estimated_wait).expect("it is known");
    let two = micros(told.estimated_wait).expect("it is known");
    assert!(one > 0 && two > one, "{one} {two}");

    sleep(A_WHILE).await;
    let complete = v1::CompleteInteractionRequest {
        interaction_id: at_once.id.clone(),
        wrap_up_code: "done".into(),
        ..Default::default()
    };
    ok!(agent.client.agents().complete_interaction(complete));
    take(&mut console, 1).await;
    let judged = || async {
        let shown = stats(&case, &queue).await;
        let calibration = shown.wait_calibration.unwrap_or_default();
        (calibration.count == 1).then_some((shown.estimated_wait, calibration))
    };
    let (newcomer, calibration) = eventually("one estimate is judged", judged).await;
    assert!(micros(newcomer).is_some_and(|wait| wait > 0));
    let waited = micros(calibration.mean_wait).expect("it is told");
    let estimated = micros(calibration.mean_estimate).expect("it is told");
    let error = micros(calibration.mean_error).expect("it is told");
    assert!(waited >= 1_200_000, "{calibration:?}");
    assert_eq!(error, (estimated - waited).abs());
}

async fn what_does_not_wait_has_no_estimate(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = at_work(&case, 1).await;
    let work = case.open(&queue).await;
    let offered = console.offered().await;
    let told = estimate(&case, &work.id).await;
    assert_eq!((told.position, told.queue_length), (0, 0), "somebody is asked");
    assert_eq!(micros(told.estimated_wait), Some(0));
    let accept = v1::AcceptOfferRequest {
        offer_id: offered.offer.expect("it names the offer").id,
        ..Default::default()
    };
    ok!(agent.client.agents().accept_offer(accept));
    case.interaction_in(&work.id, Status::Active).await;
    let request = v1::GetWaitEstimateRequest { interaction_id: work.id.clone() };
    let error = refused!(case.admin.interactions().get_wait_estimate(request), InteractionNotOpen);
    assert_eq!(error.metadata()["status"], "ACTIVE");
    let stranger = v1::GetWaitEstimateRequest { interaction_id: work.id };
    let other = case.stranger().await;
    refused!(other.admin.interactions().get_wait_estimate(stranger), ResourceNotFound);
}
