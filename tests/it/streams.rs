//! WatchInteraction and WatchFeed: everything that happens to one interaction, and everything that
//! happens in the tenant, in order, from where the reader left off.

use crate::support::fixture::{Case, opening};
use crate::support::frames::{self, Frames};
use crate::support::{nobody, soon};
use futures::StreamExt;
use omnichannel_sdk::v1::{self, Resumption, Role};
use omnichannel_sdk::{FeedEvent, FeedOptions, FeedStart, feed};
use std::time::Duration;
use v1::feed_frame::Frame as Fed;
use v1::interaction_event::Change;
use v1::interaction_frame::Frame;
use v1::interaction_snapshot::Item;
use v1::watch_feed_request::Start;

both!(
    an_interaction_is_followed_from_its_snapshot_on,
    an_interaction_is_resumed_from_a_token,
    frames_of_one_event_are_resumed_together,
    a_token_is_bound_to_its_interaction,
    no_token_is_given_until_a_snapshot_is_complete,
    the_feed_starts_live_and_misses_nothing_after,
    the_feed_starts_at_any_sequence,
    the_feed_resumes_after_a_token,
    the_feed_refuses_places_that_are_not,
    the_feed_of_the_sdk_is_one_unbroken_stream,
    events_of_the_beginning_tell_what_they_promise,
    events_of_the_end_tell_what_they_promise,
);

fn watching(id: &str, resume_token: &str) -> v1::WatchInteractionRequest {
    v1::WatchInteractionRequest {
        interaction_id: id.to_owned(),
        resume_token: resume_token.to_owned(),
    }
}

fn note(id: &str, body: &str) -> v1::SendMessageRequest {
    v1::SendMessageRequest {
        interaction_id: id.to_owned(),
        body: body.to_owned(),
        kind: v1::SendKind::InternalNote.into(),
        ..Default::default()
    }
}

/// Reads hello and snapshot.
async fn snapshot(frames: &mut Frames<v1::InteractionFrame>) -> Vec<Item> {
    let Some(Frame::Hello(hello)) = frames.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Snapshot);
    let mut items = Vec::new();
    loop {
        let frame = frames.next().await;
        match frame.frame {
            Some(Frame::Snapshot(piece)) => items.extend(piece.item),
            Some(Frame::SnapshotEnd(end)) => {
                assert_eq!(end.item_count as usize, items.len());
                return items;
            }
            other => panic!("not in a snapshot: {other:?}"),
        }
    }
}

/// The next change, its place and its token.
async fn change(frames: &mut Frames<v1::InteractionFrame>) -> (Change, i64, String) {
    frames
        .until("a change", |frame| match frame.frame {
            Some(Frame::Event(event)) => {
                assert!(!event.id.is_empty() && event.time.is_some());
                Some((event.change.expect("a change"), frame.seq, frame.resume_token))
            }
            Some(Frame::Heartbeat(_)) => None,
            other => panic!("no change: {other:?}"),
        })
        .await
}

async fn an_interaction_is_followed_from_its_snapshot_on(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    ok!(case.admin.interactions().send_message(note(&made.id, "first note")));
    let elsewhere = case.open(&queue).await;
    let opened = frames::interaction(&case.admin, watching(&made.id, "")).await;
    let mut frames = opened.expect("it opens");
    let items = snapshot(&mut frames).await;
    let Item::Interaction(first) = &items[0] else { panic!("the interaction comes first") };
    assert_eq!(first.id, made.id);
    let bodies: Vec<_> = items[1..]
        .iter()
        .map(|item| match item {
            Item::Message(message) => message.body.as_str(),
            other => panic!("nobody was asked yet: {other:?}"),
        })
        .collect();
    assert_eq!(bodies, ["where is it?", "first note"], "oldest first");

    ok!(case.admin.interactions().send_message(note(&elsewhere.id, "not this one")));
    ok!(case.admin.interactions().send_message(note(&made.id, "second note")));
    let (said, place, _) = change(&mut frames).await;
    assert!(matches!(&said, Change::Message(message) if message.body == "second note"), "{said:?}");
    let (_agent, mut console) = case.at_work("Bo").await;
    let mut states = Vec::new();
    let mut statuses = Vec::new();
    let mut last = place;
    console.take().await;
    while statuses.last() != Some(&v1::InteractionStatus::Active) {
        let (next, seq, _) = change(&mut frames).await;
        assert!(seq >= last, "the order of the log");
        last = seq;
        match next {
            Change::Offer(offer) => states.push(offer.state()),
            Change::InteractionChanged(interaction) => statuses.push(interaction.status()),
            Change::Message(message) => panic!("nothing was said: {message:?}"),
        }
    }
    assert!(states.contains(&v1::OfferState::Connected), "{states:?}");
    refused!(
        case.admin.interactions().watch_interaction(watching(&nobody(), "")),
        ResourceNotFound
    );
    let analyst = case.role(Role::Analyst).await;
    refused!(analyst.interactions().watch_interaction(watching(&made.id, "")), PermissionDenied);
}

async fn an_interaction_is_resumed_from_a_token(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let opened = frames::interaction(&case.admin, watching(&made.id, "")).await;
    let mut frames = opened.expect("it opens");
    snapshot(&mut frames).await;
    ok!(case.admin.interactions().send_message(note(&made.id, "seen")));
    let (_, _, token) = change(&mut frames).await;
    drop(frames);
    for body in ["missed", "missed too"] {
        ok!(case.admin.interactions().send_message(note(&made.id, body)));
    }
    let opened = frames::interaction(&case.admin, watching(&made.id, &token)).await;
    let mut frames = opened.expect("it resumes");
    let Some(Frame::Hello(hello)) = frames.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Resumed);
    for body in ["missed", "missed too"] {
        let (said, _, _) = change(&mut frames).await;
        assert!(matches!(&said, Change::Message(message) if message.body == body), "{said:?}");
    }
}

async fn frames_of_one_event_are_resumed_together(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let opened = frames::interaction(&case.admin, watching(&made.id, "")).await;
    let mut frames = opened.expect("it opens");
    snapshot(&mut frames).await;
    let (_agent, mut console) = case.at_work("Bo").await;
    console.offered().await;
    let (first, place, between) = change(&mut frames).await;
    let (second, same, after) = change(&mut frames).await;
    assert!(matches!(first, Change::Offer(_)), "{first:?}");
    assert!(matches!(second, Change::InteractionChanged(_)), "{second:?}");
    assert_eq!((place, between == after), (same, false), "one event, two frames");
    drop(frames);
    ok!(case.admin.interactions().send_message(note(&made.id, "later")));
    for (token, again) in [(between, 2), (after, 0)] {
        let opened = frames::interaction(&case.admin, watching(&made.id, &token)).await;
        let mut frames = opened.expect("it resumes");
        assert!(matches!(frames.next().await.frame, Some(Frame::Hello(_))));
        for _ in 0..again {
            assert_eq!(change(&mut frames).await.1, place, "both come again");
        }
        let (said, ..) = change(&mut frames).await;
        assert!(matches!(&said, Change::Message(message) if message.body == "later"), "{said:?}");
    }
}

async fn a_token_is_bound_to_its_interaction(case: Case) {
    let queue = case.plain_queue().await;
    let (made, other) = (case.open(&queue).await, case.open(&queue).await);
    let opened = frames::interaction(&case.admin, watching(&made.id, "")).await;
    let mut frames = opened.expect("it opens");
    snapshot(&mut frames).await;
    ok!(case.admin.interactions().send_message(note(&made.id, "seen")));
    let token = change(&mut frames).await.2;
    for request in [
        watching(&other.id, &token),
        watching(&made.id, "nonsense"),
        watching(&made.id, &format!("{token}x")),
        watching(&made.id, &token[1..]),
    ] {
        refused!(case.admin.interactions().watch_interaction(request), ResumeTokenInvalid);
    }
    let long = "x".repeat(513);
    refused!(
        case.admin.interactions().watch_interaction(watching(&made.id, &long)),
        ValidationFailed
    );
    let start = Some(Start::ResumeToken(token));
    refused!(case.admin.admin().watch_feed(v1::WatchFeedRequest { start }), ResumeTokenInvalid);
}

async fn no_token_is_given_until_a_snapshot_is_complete(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let opened = frames::interaction(&case.admin, watching(&made.id, "")).await;
    let mut frames = opened.expect("it opens");
    loop {
        let frame = frames.next().await;
        if matches!(frame.frame, Some(Frame::SnapshotEnd(_))) {
            assert!(!frame.resume_token.is_empty(), "from here on it can be resumed");
            break;
        }
        assert_eq!(frame.resume_token, "", "{frame:?}");
    }
    let agent = case.agent("Bo").await;
    let open = v1::SessionOpen { session_id: nobody(), ..Default::default() };
    let (_up, mut down) = frames::session(&agent.client, open).await.expect("it opens");
    loop {
        let frame = down.next().await;
        if matches!(frame.frame, Some(v1::agent_frame::Frame::SnapshotEnd(_))) {
            assert!(!frame.resume_token.is_empty());
            return;
        }
        assert_eq!(frame.resume_token, "", "{frame:?}");
    }
}

/// The next event of the feed and its token.
async fn fed(frames: &mut Frames<v1::FeedFrame>) -> (v1::Event, String) {
    frames
        .until("an event of the feed", |frame| match frame.frame {
            Some(Fed::Event(event)) => {
                assert_eq!(event.seq, frame.seq);
                assert!(!frame.resume_token.is_empty(), "a token on every frame");
                Some((event, frame.resume_token))
            }
            Some(Fed::Heartbeat(_)) => None,
            other => panic!("no event: {other:?}"),
        })
        .await
}

async fn hello(frames: &mut Frames<v1::FeedFrame>) -> Resumption {
    let Some(Fed::Hello(hello)) = frames.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.heartbeat_interval, crate::support::secs(15));
    hello.resumption()
}

async fn the_feed_starts_live_and_misses_nothing_after(case: Case) {
    case.skill().await;
    let head = case.head().await;
    let integration = case.role(Role::Integration).await;
    let mut frames = frames::feed(&integration, None).await.expect("it opens");
    assert_eq!(hello(&mut frames).await, Resumption::Live);
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let (mut last, mut kinds) = (head + 1, Vec::new());
    while kinds.last().map(String::as_str) != Some("interaction.queued") {
        let (event, _) = fed(&mut frames).await;
        assert_eq!(event.seq, last + 1, "the key that was made for this is the one before");
        last = event.seq;
        if event.kind == "interaction.created" {
            assert_eq!(event.interaction_id, made.id);
        }
        kinds.push(event.kind);
    }
    for kind in ["config.changed", "customer.changed", "interaction.created", "message.received"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} is missing: {kinds:?}");
    }
}

async fn the_feed_starts_at_any_sequence(case: Case) {
    for _ in 0..3 {
        case.skill().await;
    }
    let head = case.head().await;
    for from in [1, 2, head] {
        let opened = frames::feed(&case.admin, Some(Start::FromSeq(from))).await;
        let mut frames = opened.expect("it opens");
        assert_eq!(hello(&mut frames).await, Resumption::Resumed);
        for seq in from..=head {
            assert_eq!(fed(&mut frames).await.0.seq, seq, "gap-free from {from}");
        }
    }
    let opened = frames::feed(&case.admin, Some(Start::FromSeq(head + 1))).await;
    let mut frames = opened.expect("one above the newest is where the next one will be");
    hello(&mut frames).await;
    case.skill().await;
    assert_eq!(fed(&mut frames).await.0.seq, head + 1);
    let all = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let all = ok!(case.admin.admin().list_audit_log(all)).entries;
    let opened = frames::feed(&case.admin, Some(Start::FromSeq(1))).await;
    let mut frames = opened.expect("it opens");
    hello(&mut frames).await;
    for entry in all {
        assert_eq!(fed(&mut frames).await.0, entry.event.unwrap(), "feed and audit agree");
    }
}

async fn the_feed_resumes_after_a_token(case: Case) {
    let opened = frames::feed(&case.admin, Some(Start::FromSeq(1))).await;
    let mut frames = opened.expect("it opens");
    hello(&mut frames).await;
    let (first, token) = fed(&mut frames).await;
    drop(frames);
    let other = case.role(Role::Integration).await;
    let start = Some(Start::ResumeToken(token.clone()));
    let mut frames = frames::feed(&other, start.clone()).await.expect("any key of the tenant");
    assert_eq!(hello(&mut frames).await, Resumption::Resumed);
    let (second, _) = fed(&mut frames).await;
    assert_eq!(second.seq, first.seq + 1);
    drop(frames);
    let mut again = frames::feed(&other, start).await.expect("a token works many times");
    hello(&mut again).await;
    assert_eq!(fed(&mut again).await.0, second, "the same event has the same id");
    let stranger = case.stranger().await;
    let start = Some(Start::ResumeToken(token));
    refused!(stranger.admin.admin().watch_feed(v1::WatchFeedRequest { start }), ResumeTokenInvalid);
}

async fn the_feed_refuses_places_that_are_not(case: Case) {
    let head = case.head().await;
    let from = |seq| v1::WatchFeedRequest { start: Some(Start::FromSeq(seq)) };
    for wrong in [0, -1, i64::MAX] {
        refused!(case.admin.admin().watch_feed(from(wrong)), ValidationFailed);
    }
    let beyond = case.admin.admin().watch_feed(from(head + 1000)).await;
    let error = omnichannel_sdk::Error::from(beyond.expect_err("from 1 to one above the newest"));
    let known = ["RESUME_TOKEN_EXPIRED", "VALIDATION_FAILED"];
    assert!(known.contains(&error.reason().name()), "{error:?}");
    let start = Some(Start::ResumeToken("nonsense".into()));
    refused!(case.admin.admin().watch_feed(v1::WatchFeedRequest { start }), ResumeTokenInvalid);
}

async fn the_feed_of_the_sdk_is_one_unbroken_stream(case: Case) {
    let options = FeedOptions { from: FeedStart::Seq(1), ..FeedOptions::default() };
    let mut events = feed(&case.admin, options).await.expect("it opens");
    let queue = case.plain_queue().await;
    let writers = (0..4).map(|_| async {
        for _ in 0..10 {
            case.create(opening(&queue.id)).await;
        }
    });
    let reader = async {
        let (mut last, mut created, mut queued) = (0, 0, 0);
        while created < 40 || queued < 40 {
            let next = soon("the next event", events.next()).await;
            match next.expect("the feed goes on").expect("the feed goes well") {
                FeedEvent::Event { event, .. } => {
                    assert_eq!(event.seq, last + 1);
                    last = event.seq;
                    created += u32::from(event.kind == "interaction.created");
                    queued += u32::from(event.kind == "interaction.queued");
                }
                FeedEvent::Restarted { seq } => panic!("nothing was lost at {seq}"),
            }
        }
    };
    futures::join!(futures::future::join_all(writers), reader);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(futures::poll!(StreamExt::next(&mut events)).is_pending(), "and nothing comes twice");
}

/// The data of the next event of this kind.
macro_rules! told {
    ($frames:ident, $kind:ident) => {
        $frames
            .until(stringify!($kind), |frame| match frame.frame {
                Some(Fed::Event(v1::Event {
                    data: Some(v1::event::Data::$kind(data)), ..
                })) => Some(data),
                _ => None,
            })
            .await
    };
}

async fn events_of_the_beginning_tell_what_they_promise(case: Case) {
    let (queue, other) = (case.plain_queue().await, case.plain_queue().await);
    let word = (v1::ConditionField::Keyword, v1::ConditionOperator::Contains);
    let rule = v1::RoutingRule {
        name: crate::support::unique("rule"),
        position: 1,
        enabled: true,
        conditions: vec![crate::routing_nouns::condition(word.0, word.1, &["where"])],
        action: Some(v1::RuleAction { queue_id: queue.id.clone(), ..Default::default() }),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let rule = ok!(case.admin.routing().create_routing_rule(request)).routing_rule.unwrap();
    let mut frames = frames::feed(&case.admin, None).await.expect("it opens");
    assert_eq!(hello(&mut frames).await, Resumption::Live);
    let made = ok!(case.admin.interactions().create_interaction(opening("")));
    let (made, message) = (made.interaction.unwrap(), made.message.unwrap());
    let id = || made.id.clone();
    assert_eq!(told!(frames, InteractionCreated).message_id, message.id);
    assert_eq!(told!(frames, InteractionQueued).matched_rule_id, rule.id);

    let escalate = v1::EscalateInteractionRequest {
        interaction_id: id(),
        queue_id: other.id.clone(),
        ..Default::default()
    };
    ok!(case.admin.interactions().escalate_interaction(escalate));
    assert_eq!(told!(frames, InteractionEscalated).queue_id, other.id);
    let update = v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: id(),
            subject: "another".into(),
            tags: vec![" A tag  of two words".into(), "b".into()],
            ..Default::default()
        }),
        ..Default::default()
    };
    let updated = ok!(case.admin.interactions().update_interaction(update)).interaction.unwrap();
    assert_eq!(updated.tags, [" A tag  of two words", "b"], "tags are kept as they are");
    assert_eq!(told!(frames, InteractionUpdated).fields, ["subject", "tags"]);
}

async fn events_of_the_end_tell_what_they_promise(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let id = || made.id.clone();
    let mut frames = frames::feed(&case.admin, None).await.expect("it opens");
    assert_eq!(hello(&mut frames).await, Resumption::Live);
    let close = v1::CloseInteractionRequest {
        interaction_id: id(),
        wrap_up_code: "sent_again".into(),
        ..Default::default()
    };
    ok!(case.admin.interactions().close_interaction(close));
    assert_eq!(told!(frames, InteractionResolved).wrap_up_code, "sent_again");
    let reopen = v1::ReopenInteractionRequest { interaction_id: id(), ..Default::default() };
    ok!(case.admin.interactions().reopen_interaction(reopen));
    assert_eq!(told!(frames, InteractionReopened).queue_id, queue.id);
    let cancel = v1::CancelInteractionRequest { interaction_id: id(), ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    assert_eq!(
        told!(frames, InteractionCancelled).previous_status(),
        v1::InteractionStatus::Queued
    );
    let (_agent, console) = case.at_work("Bo").await;
    console.presence(v1::PresenceStatus::Break).await;
    assert_eq!(
        told!(frames, AgentPresenceChanged).previous_effective(),
        v1::EffectiveStatus::Offline
    );
    let change = told!(frames, AgentPresenceChanged);
    assert_eq!(change.previous_effective(), v1::EffectiveStatus::Available);
}
