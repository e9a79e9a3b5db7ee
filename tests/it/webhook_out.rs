//! Webhooks that leave: replies reach the other side signed, in order and at least once, and the
//! status of each message tells openly how far it has come.

use crate::support::fixture::Case;
use crate::support::receiver::{Receiver, Saying};
use crate::support::webhook::{Post, report};
use crate::support::{eventually, nobody};
use omnichannel_sdk::v1::{self, DeliveryStatus as Status};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

both!(alone ["delivery.timeout_seconds = 60"]; one_that_hangs_delays_nobody_else);

both!(
    a_reply_reaches_the_other_side_signed,
    a_reply_from_the_console_does_too,
    replies_leave_in_order,
    what_fails_for_a_moment_is_tried_again,
    what_is_refused_for_good_fails,
    silence_is_unknown_until_it_is_resolved,
    reports_of_the_other_side_move_the_status,
    reports_never_move_it_back,
);

/// An interaction over an account that posts to a receiver, with a message of the customer.
struct Thread {
    account: v1::ChannelAccount,
    secret: String,
    interaction_id: String,
    conversation_id: String,
}

async fn thread(case: &Case, receiver: &Receiver) -> Thread {
    let (account, secret) = case.account(&receiver.url()).await;
    thread_of(case, (&account, &secret), "+49 151").await
}

/// An interaction over an account, with a message of this customer.
async fn thread_of(case: &Case, of: (&v1::ChannelAccount, &str), from: &str) -> Thread {
    let hand_in = v1::ReceiveMessageRequest {
        channel_account_id: of.0.id.clone(),
        from_address: from.into(),
        body: "hello?".into(),
        ..Default::default()
    };
    let made = ok!(case.admin.channels().receive_message(hand_in));
    let (interaction_id, conversation_id) = (made.interaction_id, made.conversation_id);
    let (account, secret) = (of.0.clone(), of.1.to_owned());
    Thread { account, secret, interaction_id, conversation_id }
}

async fn reply(case: &Case, thread: &Thread, body: &str) -> v1::Message {
    let request = v1::SendMessageRequest {
        interaction_id: thread.interaction_id.clone(),
        body: body.to_owned(),
        ..Default::default()
    };
    ok!(case.admin.interactions().send_message(request)).message.unwrap()
}

/// How far a message has come.
async fn status(case: &Case, message_id: &str) -> v1::GetMessageStatusResponse {
    let request = v1::GetMessageStatusRequest { message_id: message_id.to_owned() };
    ok!(case.admin.channels().get_message_status(request))
}

/// How far a message has come, once it has come this far.
async fn reached(case: &Case, message_id: &str, wanted: Status) -> v1::GetMessageStatusResponse {
    let look = || async {
        let now = status(case, message_id).await;
        (now.status() == wanted).then_some(now)
    };
    eventually(wanted.as_str_name(), look).await
}

/// Accounts that hang, and interactions of each: more deliveries than one account and as many as a
/// node has under way at once.
const SILENT: usize = 3;
const EACH: usize = 20;

async fn one_that_hangs_delays_nobody_else(case: Case) {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/in", silent.local_addr().expect("it listens"));
    // Connections are taken, held, and never answered.
    let held = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&held);
    tokio::spawn(async move {
        while let Ok((stream, _)) = silent.accept().await {
            taken.lock().expect("whole").push(stream);
        }
    });
    for _ in 0..SILENT {
        let (account, secret) = case.account(&url).await;
        for number in 0..EACH {
            let thread = thread_of(&case, (&account, &secret), &format!("+49 {number}")).await;
            reply(&case, &thread, "nobody answers").await;
        }
    }
    let many = || async { (held.lock().expect("whole").len() >= SILENT).then_some(()) };
    eventually("the silent ones are spoken to", many).await;
    let receiver = Receiver::start(&[]).await;
    let thread = thread(&case, &receiver).await;
    let asked = Instant::now();
    for body in ["one", "two", "three"] {
        reply(&case, &thread, body).await;
    }
    assert_eq!(receiver.received(3).await.len(), 3);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    let open = held.lock().expect("whole").len();
    assert!(open < SILENT * 2 * 8, "an account has its share of the places: {open}");
}

async fn a_reply_reaches_the_other_side_signed(case: Case) {
    let receiver = Receiver::start(&[Saying::Status(200, r#"{"id":"theirs-1"}"#)]).await;
    let thread = thread(&case, &receiver).await;
    let message = reply(&case, &thread, "we found it").await;
    assert_eq!(message.direction(), v1::Direction::Outbound);
    assert_eq!(message.status(), Status::Queued, "queued when the call returns");
    let posted = receiver.received(1).await.remove(0);
    assert!(posted.is_signed(&thread.secret));
    assert_eq!(posted.header("content-type"), "application/json");
    assert_eq!(posted.header("webhook-id"), format!("msg_{}", message.id));
    let body = posted.json();
    assert_eq!(body["type"], "message.created");
    assert_eq!(body["data"]["id"], message.id);
    assert_eq!(body["data"]["text"], "we found it");
    assert_eq!(body["data"]["to"]["address"], "+49 151");
    assert_eq!(body["data"]["interaction_id"], thread.interaction_id);
    assert_eq!(body["data"]["conversation_id"], thread.conversation_id);
    let now = reached(&case, &message.id, Status::Sent).await;
    assert_eq!((now.attempts, now.failure_reason.as_str()), (1, ""));
    assert!(now.next_attempt_time.is_none());
    let steps: Vec<_> = now.history.iter().map(|step| (step.status(), step.attempt)).collect();
    assert_eq!(steps, [(Status::Queued, 0), (Status::Sent, 1)]);
    let list = v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(thread.interaction_id.clone())),
        ..Default::default()
    };
    let listed = ok!(case.admin.interactions().list_messages(list)).messages;
    assert_eq!(listed[1].external_id, "theirs-1", "what the other side calls it");
    let interaction = case.interaction(&thread.interaction_id).await;
    assert!(interaction.first_response_time.is_some());
    assert_eq!(receiver.posted().len(), 1);
}

async fn a_reply_from_the_console_does_too(case: Case) {
    let receiver = Receiver::start(&[]).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let thread = thread(&case, &receiver).await;
    console.take().await;
    let sent = console.session.send_message(&thread.interaction_id, "hello!").await;
    assert!(sent.expect("it is ours").seq > 0);
    let posted = receiver.received(1).await.remove(0);
    assert_eq!(posted.json()["data"]["text"], "hello!");
    let seen = console
        .until("the delivery on the console", |change| match change {
            omnichannel_sdk::AgentChange::Message(message) => {
                (message.status() == Status::Sent).then_some(message)
            }
            _ => None,
        })
        .await;
    assert_eq!((seen.author_kind(), &seen.author_id), (v1::AuthorKind::Agent, &agent.id));
    let request = v1::SendMessageRequest {
        interaction_id: thread.interaction_id.clone(),
        body: "once".into(),
        request_id: nobody(),
        ..Default::default()
    };
    let first = ok!(agent.client.interactions().send_message(request.clone())).message.unwrap();
    let again = ok!(agent.client.interactions().send_message(request)).message.unwrap();
    assert_eq!(first.id, again.id);
    reached(&case, &first.id, Status::Sent).await;
    assert_eq!(receiver.posted().len(), 2, "a repeated call sends nothing more");
}

async fn replies_leave_in_order(case: Case) {
    let script = [Saying::Later(503, 1), Saying::Status(200, "{}")];
    let receiver = Receiver::start(&script).await;
    let thread = thread(&case, &receiver).await;
    let mut last = None;
    for number in 0..4 {
        last = Some(reply(&case, &thread, &format!("line {number}")).await);
    }
    reached(&case, &last.unwrap().id, Status::Sent).await;
    let texts: Vec<_> = receiver
        .posted()
        .iter()
        .map(|posted| posted.json()["data"]["text"].as_str().unwrap().to_owned())
        .collect();
    let expected = ["line 0", "line 0", "line 1", "line 2", "line 3"];
    assert_eq!(texts, expected, "nothing overtakes what is tried again");
}

async fn what_fails_for_a_moment_is_tried_again(case: Case) {
    let receiver = Receiver::start(&[Saying::Later(503, 1)]).await;
    let thread = thread(&case, &receiver).await;
    let message = reply(&case, &thread, "at last").await;
    receiver.received(1).await;
    let waiting = || async {
        let now = status(&case, &message.id).await;
        (now.attempts == 1 && now.next_attempt_time.is_some()).then_some(now)
    };
    let waiting = eventually("it waits for another attempt", waiting).await;
    assert_eq!(waiting.status(), Status::Queued);
    let now = reached(&case, &message.id, Status::Sent).await;
    assert_eq!(now.attempts, 2);
    let posted = receiver.posted();
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].header("webhook-id"), posted[1].header("webhook-id"));
    let attempts: Vec<_> = posted.iter().map(|one| one.header("omnichannel-attempt")).collect();
    assert_eq!(attempts, ["1", "2"]);
    assert_eq!(posted[0].body, posted[1].body, "the same message under the same id");
    assert!(posted[1].is_signed(&thread.secret));
}

async fn what_is_refused_for_good_fails(case: Case) {
    let script = [Saying::Status(410, ""), Saying::Status(400, ""), Saying::Status(302, "")];
    let receiver = Receiver::start(&script).await;
    let thread = thread(&case, &receiver).await;
    for _ in 0..3 {
        let message = reply(&case, &thread, "anybody?").await;
        let now = reached(&case, &message.id, Status::Failed).await;
        assert!(!now.failure_reason.is_empty() && now.next_attempt_time.is_none(), "{now:?}");
        assert_eq!(now.attempts, 1);
        let step = now.history.last().unwrap();
        assert_eq!((step.status(), &step.reason), (Status::Failed, &now.failure_reason));
    }
    assert_eq!(receiver.posted().len(), 3, "what is refused for good is not tried again");
    let message = reply(&case, &thread, "still there?").await;
    reached(&case, &message.id, Status::Sent).await;
}

async fn silence_is_unknown_until_it_is_resolved(case: Case) {
    let receiver = Receiver::start(&[Saying::Hang(Duration::from_secs(6))]).await;
    let thread = thread(&case, &receiver).await;
    let message = reply(&case, &thread, "did you get this?").await;
    let unknown = reached(&case, &message.id, Status::Unknown).await;
    assert_eq!(unknown.attempts, 1, "{unknown:?}");
    assert!(!unknown.failure_reason.is_empty());
    let sent = reached(&case, &message.id, Status::Sent).await;
    assert_eq!((sent.attempts, sent.failure_reason.as_str()), (2, ""));
    let posted = receiver.posted();
    assert_eq!(posted[0].header("webhook-id"), posted[1].header("webhook-id"));
    let steps: Vec<_> = sent.history.iter().map(|step| step.status()).collect();
    assert_eq!(steps, [Status::Queued, Status::Unknown, Status::Sent], "steps so far");
}

async fn reports_of_the_other_side_move_the_status(case: Case) {
    let receiver = Receiver::start(&[]).await;
    let thread = thread(&case, &receiver).await;
    let message = reply(&case, &thread, "read me").await;
    reached(&case, &message.id, Status::Sent).await;
    for (word, wanted) in [("delivered", Status::Delivered), ("read", Status::Read)] {
        let post = Post::new(&thread.account, &thread.secret, report(&message.id, word));
        assert_eq!(post.send(&case).await.status, 200);
        reached(&case, &message.id, wanted).await;
    }
    let failed = reply(&case, &thread, "lost").await;
    reached(&case, &failed.id, Status::Sent).await;
    let post = Post::new(&thread.account, &thread.secret, report(&failed.id, "failed"));
    assert_eq!(post.send(&case).await.status, 200);
    let now = reached(&case, &failed.id, Status::Failed).await;
    assert!(!now.failure_reason.is_empty());
    let at_once = Receiver::start(&[Saying::Status(202, r#"{"status":"delivered"}"#)]).await;
    let other = self::thread(&case, &at_once).await;
    let quick = reply(&case, &other, "quick").await;
    reached(&case, &quick.id, Status::Delivered).await;
    let history = status(&case, &message.id).await.history;
    let steps: Vec<_> = history.iter().map(|step| step.status()).collect();
    assert_eq!(steps, [Status::Queued, Status::Sent, Status::Delivered, Status::Read]);
}

async fn reports_never_move_it_back(case: Case) {
    let receiver = Receiver::start(&[]).await;
    let thread = thread(&case, &receiver).await;
    let message = reply(&case, &thread, "read me").await;
    reached(&case, &message.id, Status::Sent).await;
    let post = |word: &str| Post::new(&thread.account, &thread.secret, report(&message.id, word));
    assert_eq!(post("read").send(&case).await.status, 200);
    reached(&case, &message.id, Status::Read).await;
    for late in ["delivered", "failed"] {
        assert_eq!(post(late).send(&case).await.status, 200);
    }
    let mark = reply(&case, &thread, "mark").await;
    let end = Post::new(&thread.account, &thread.secret, report(&mark.id, "delivered"));
    reached(&case, &mark.id, Status::Sent).await;
    assert_eq!(end.send(&case).await.status, 200);
    reached(&case, &mark.id, Status::Delivered).await;
    assert_eq!(status(&case, &message.id).await.status(), Status::Read, "READ is final");
    // Another account knows nothing of this message, and may say nothing about it.
    let (stranger, secret) = case.account(&receiver.url()).await;
    let sent = reply(&case, &thread, "mine").await;
    reached(&case, &sent.id, Status::Sent).await;
    let foreign = Post::new(&stranger, &secret, report(&sent.id, "failed"));
    assert_eq!(foreign.send(&case).await.status, 200);
    let body = crate::support::webhook::message("mark", "ada", "mark");
    assert_eq!(Post::new(&stranger, &secret, body).send(&case).await.status, 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(status(&case, &sent.id).await.status(), Status::Sent);
}
