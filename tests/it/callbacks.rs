//! Customers who are called back, from outside: they keep their place without holding the line, or
//! are called at a time, as often as the queue allows. `docs/states.md` says what must come of it.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, opening};
use crate::support::{mask, secs, unique};
use omnichannel_sdk::v1::{self, InteractionStatus as Status};
use prost_types::Timestamp;
use std::time::SystemTime;

both!(
    a_callback_keeps_its_place_in_line,
    a_callback_enters_the_line_when_its_time_comes,
    a_callback_is_made_again_as_often_as_the_queue_allows,
    a_callback_can_be_asked_for_from_the_beginning,
    a_callback_is_within_the_hours_of_its_queue,
    a_callback_that_cannot_be_is_refused,
);

/// A day, in seconds.
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

fn in_seconds(seconds: i64) -> Option<Timestamp> {
    let now = now();
    Some(Timestamp { seconds: now.seconds + seconds, ..now })
}

fn call(id: &str, callback_time: Option<Timestamp>) -> v1::RequestCallbackRequest {
    v1::RequestCallbackRequest { interaction_id: id.into(), callback_time, ..Default::default() }
}

async fn call_back(case: &Case, id: &str, at: Option<Timestamp>) -> v1::Interaction {
    ok!(case.admin.interactions().request_callback(call(id, at))).interaction.unwrap()
}

fn attempts(interaction: &v1::Interaction) -> Option<i32> {
    interaction.callback.as_ref().map(|callback| callback.attempts)
}

fn micros(at: Option<Timestamp>) -> i64 {
    let at = at.expect("it is known");
    at.seconds * 1_000_000 + i64::from(at.nanos / 1_000)
}

async fn single(case: &Case) -> (Agent, Console) {
    let agent = case.agent_with_room("Bo", 1).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

async fn a_callback_keeps_its_place_in_line(case: Case) {
    let queue = case.plain_queue().await;
    let bound = |max_wait| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: queue.id.clone(), max_wait, ..Default::default() }),
        update_mask: mask(&["max_wait"]),
        request_id: String::new(),
    };
    let first = case.open(&queue).await;
    let asked = call_back(&case, &first.id, None).await;
    assert_eq!((asked.status(), attempts(&asked)), (Status::Queued, Some(0)));
    assert_eq!(asked.enqueue_time, first.enqueue_time, "its place is kept");
    assert_eq!(call_back(&case, &first.id, None).await, asked, "a repeat changes nothing");
    let left =
        v1::AbandonInteractionRequest { interaction_id: first.id.clone(), ..Default::default() };
    let after = ok!(case.admin.interactions().abandon_interaction(left)).interaction.unwrap();
    assert_eq!(after, asked, "whoever is called back hangs up");

    // Who holds the line is given up at last; who is called back is not, and comes first.
    let second = case.open(&queue).await;
    ok!(case.admin.routing().update_queue(bound(secs(1))));
    case.interaction_in(&second.id, Status::Expired).await;
    ok!(case.admin.routing().update_queue(bound(None)));
    case.open(&queue).await;
    let (_, mut console) = single(&case).await;
    assert_eq!(console.take().await.interaction.unwrap().id, first.id, "it is the oldest");
}

async fn a_callback_enters_the_line_when_its_time_comes(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let far = call_back(&case, &made.id, in_seconds(3_000)).await;
    assert_eq!((far.status(), attempts(&far)), (Status::Scheduled, Some(0)));
    let waited = micros(far.wake_time) - micros(far.enqueue_time);
    assert!((0..20_000_000).contains(&waited), "it had waited {waited} microseconds");
    let (_, mut console) = single(&case).await;

    // Another time is set; nobody is asked before, and then somebody is.
    let at = in_seconds(2);
    let near = call_back(&case, &made.id, at).await;
    assert_eq!((near.status(), micros(near.wake_time)), (Status::Scheduled, micros(at)));
    assert_eq!(micros(near.wake_time) - micros(near.enqueue_time), waited, "nothing is lost");
    assert_eq!(console.take().await.interaction.unwrap().id, made.id);
    let taken = case.interaction_in(&made.id, Status::Active).await;
    assert!(now().seconds + 1 >= at.unwrap().seconds, "not before its time");
    let late = micros(taken.enqueue_time) - micros(near.enqueue_time);
    assert!((0..20_000_000).contains(&late), "as old as it was, {late} microseconds later");
    assert_eq!(taken.wake_time, None);
}

async fn a_callback_is_made_again_as_often_as_the_queue_allows(case: Case) {
    let queue = v1::Queue { callback_attempts_max: 2, ..Default::default() };
    let queue = case.queue(queue).await;
    let made = case.open(&queue).await;
    call_back(&case, &made.id, None).await;
    let (agent, mut console) = single(&case).await;
    let mine = || agent.client.interactions();
    console.take().await;
    case.interaction_in(&made.id, Status::Active).await;
    refused!(mine().request_callback(call(&made.id, None)), ValidationFailed);
    let again = ok!(mine().request_callback(call(&made.id, in_seconds(2_000))));
    let again = again.interaction.unwrap();
    assert_eq!((again.status(), attempts(&again)), (Status::Scheduled, Some(1)));
    assert_eq!(again.owner_agent_id, "");
    console.unassigned().await;

    // The agent's place is free, and the customer who calls before is not called as well.
    let wake = v1::WakeInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    refused!(mine().wake_interaction(wake.clone()), NotInteractionOwner);
    ok!(case.admin.interactions().wake_interaction(wake));
    assert_eq!(console.take().await.interaction.unwrap().id, made.id);
    case.interaction_in(&made.id, Status::Active).await;
    let last = call(&made.id, in_seconds(2_000));
    let error = refused!(mine().request_callback(last), CallbackAttemptsUsed);
    assert_eq!(error.metadata()["max"], "2");
    let close = v1::CloseInteractionRequest { interaction_id: made.id, ..Default::default() };
    let closed = ok!(mine().close_interaction(close)).interaction.unwrap();
    assert_eq!((closed.status(), attempts(&closed)), (Status::Resolved, Some(1)));
}

async fn a_callback_can_be_asked_for_from_the_beginning(case: Case) {
    let queue = case.queue(v1::Queue { max_size: 1, ..Default::default() }).await;
    case.open(&queue).await;
    let later = |seconds| v1::CreateInteractionRequest {
        callback_time: in_seconds(seconds),
        ..opening(&queue.id)
    };
    let made = case.create(later(2_000)).await;
    assert_eq!((made.status(), attempts(&made)), (Status::Scheduled, Some(0)), "the queue is full");
    assert_eq!((made.enqueue_time, &made.queue_id), (made.wake_time, &queue.id));
    let cancel = v1::CancelInteractionRequest { interaction_id: made.id, ..Default::default() };
    let gone = ok!(case.admin.interactions().cancel_interaction(cancel)).interaction.unwrap();
    assert_eq!(gone.status(), Status::Cancelled);
    refused!(case.admin.interactions().create_interaction(later(-5)), ValidationFailed);

    let near = case.create(later(2)).await;
    let waits = case.interaction_in(&near.id, Status::Queued).await;
    assert!(micros(waits.enqueue_time) >= micros(near.wake_time), "it has waited for nothing");
    let (_, mut console) = single(&case).await;
    console.take().await;
}

async fn a_callback_is_within_the_hours_of_its_queue(case: Case) {
    let mornings = (1..=7).map(|day| v1::WeeklyWindow { day, start_minute: 0, end_minute: 720 });
    let calendar = v1::Calendar {
        name: unique("calendar"),
        time_zone: "UTC".into(),
        weekly: mornings.collect(),
        ..Default::default()
    };
    let request = v1::CreateCalendarRequest { calendar: Some(calendar), request_id: String::new() };
    let calendar = ok!(case.admin.routing().create_calendar(request)).calendar.unwrap();
    let queue = v1::Queue { calendar_id: calendar.id, ..Default::default() };
    let queue = case.queue(queue).await;
    let made = case.open(&queue).await;
    let today = now().seconds / DAY;
    let at = |hours: i64| Some(Timestamp { seconds: (today + 1) * DAY + hours * 3_600, nanos: 0 });
    let evening = call(&made.id, at(18));
    let error = refused!(case.admin.interactions().request_callback(evening), OutsideHours);
    assert_eq!(error.metadata()["queue_id"], queue.id);
    assert_eq!(error.metadata()["opens_at"], ((today + 2) * DAY).to_string());
    let morning = call_back(&case, &made.id, at(9)).await;
    assert_eq!((morning.status(), morning.wake_time), (Status::Scheduled, at(9)));
}

async fn a_callback_that_cannot_be_is_refused(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let calls = || case.admin.interactions();
    for wrong in [in_seconds(-5), in_seconds(31 * DAY)] {
        refused!(calls().request_callback(call(&made.id, wrong)), ValidationFailed);
    }
    call_back(&case, &made.id, in_seconds(2_000)).await;
    refused!(calls().request_callback(call(&made.id, None)), ValidationFailed);
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(calls().close_interaction(close));
    let late = call(&made.id, in_seconds(2_000));
    refused!(calls().request_callback(late), InteractionNotOpen);
}
