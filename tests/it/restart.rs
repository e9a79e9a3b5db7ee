//! What was answered is kept: a server that is killed at any moment, or told to end, comes back
//! with everything, and those who held streams go on where they were.

use crate::routing_nouns::{condition, make_rule};
use crate::support::fixture::{Case, opening};
use crate::support::frames::{self, Frames};
use crate::support::{eventually, http, nobody, secs, soon};
use omnichannel_sdk::v1::{self, InteractionStatus as Status, OfferState, Resumption};
use omnichannel_sdk::{FeedEvent, FeedOptions, FeedStart, StreamState, feed};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use v1::feed_frame::Frame as Fed;

both!(alone ["drain.streams_seconds = 10"];
    what_was_answered_survives_a_kill,
    offers_and_owners_survive_a_kill,
    a_feed_goes_on_after_a_kill,
    an_order_to_end_is_obeyed_without_loss,
    another_master_key_starts_nothing,
);

/// Not among the others: it has little time to end.
mod hurried {
    use super::*;
    both!(alone ["drain.streams_seconds = 2"]; all_streams_say_goodbye_in_time);

    async fn all_streams_say_goodbye_in_time(case: Case) {
        let mut feeds = Vec::new();
        for _ in 0..16 {
            let mut feed = frames::feed(&case.admin, None).await.expect("it opens");
            feed.next().await;
            feeds.push(feed);
        }
        case.server.tell_to_end();
        for feed in &mut feeds {
            let last = feed.last().await.frame;
            let Some(Fed::Goodbye(bye)) = last else { panic!("goodbye is last: {last:?}") };
            assert_eq!(bye.reason(), v1::GoodbyeReason::ServerDrain);
        }
        let ended = case.server.ended().await;
        assert!(ended.success(), "{ended}");
    }
}

async fn what_was_answered_survives_a_kill(case: Case) {
    let queue = case.plain_queue().await;
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            let (tenant, queue) = (case.tenant.clone(), queue.clone());
            tokio::spawn(async move {
                let mut answered = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let request =
                        v1::CreateInteractionRequest { request_id: nobody(), ..opening(&queue.id) };
                    let made =
                        tenant.admin.interactions().create_interaction(request.clone()).await;
                    if let Ok(made) = made {
                        answered.push((request, made.into_inner().interaction.unwrap().id));
                        count.fetch_add(1, Ordering::Relaxed);
                    } else {
                        sleep(Duration::from_millis(20)).await;
                    }
                }
                answered
            })
        })
        .collect();
    for round in 1..=4 {
        let written = || async { (count.load(Ordering::Relaxed) >= round * 12).then_some(()) };
        eventually("there is something to lose", written).await;
        if round < 4 {
            case.server.restart().await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut answered = Vec::new();
    for writer in writers {
        answered.extend(writer.await.expect("a writer ends"));
    }
    for (_, id) in &answered {
        case.interaction(id).await;
    }
    for (request, id) in answered.iter().step_by(10) {
        let again = case.create(request.clone()).await;
        assert_eq!(&again.id, id, "a repeat is known after the restart");
    }
    let verified = ok!(case.admin.admin().verify_audit_log(v1::VerifyAuditLogRequest::default()));
    assert_eq!(verified.first_bad_seq, 0, "the chain is whole");
    let ids: BTreeSet<_> = answered.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), answered.len());
    let stats = v1::GetQueueStatsRequest { queue_ids: vec![queue.id] };
    let stats = ok!(case.admin.routing().get_queue_stats(stats));
    assert!(stats.queues[0].depth as usize >= answered.len());
}

async fn offers_and_owners_survive_a_kill(case: Case) {
    let queue = case.queue(v1::Queue { offer_timeout: secs(600), ..Default::default() }).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let owned = case.open(&queue).await;
    console.take().await;
    let offered = case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    let mut states = console.session.states();
    case.server.restart().await;
    let held = case.offers(&agent).await;
    let states_now: Vec<_> = held.iter().map(|offer| offer.state()).collect();
    assert_eq!(states_now, [OfferState::Pending, OfferState::Connected]);
    assert_eq!(case.interaction(&owned.id).await.status(), Status::Active);
    soon("the session comes back by itself", async {
        while !matches!(states.changed().await, Some(StreamState::Resynced) | None) {
            if states.current() == StreamState::Connected {
                break;
            }
        }
    })
    .await;
    console.session.accept(&offer.id).await.expect("the offer is still open");
    let now = case.interaction(&offered.id).await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &agent.id));
    let complete = v1::SessionComplete { interaction_id: owned.id, ..Default::default() };
    console.session.complete(complete).await.expect("it is still ours");
    let next = case.open(&queue).await;
    let work = console
        .until("work after the restart", |change| match change {
            omnichannel_sdk::AgentChange::Offered(work)
            | omnichannel_sdk::AgentChange::SnapshotOffered(work) => {
                (work.interaction.as_ref()?.id == next.id).then_some(work)
            }
            _ => None,
        })
        .await;
    assert_eq!(work.offer.unwrap().state(), OfferState::Pending);
}

async fn a_feed_goes_on_after_a_kill(case: Case) {
    let options = FeedOptions { from: FeedStart::Seq(1), ..FeedOptions::default() };
    let mut events = feed(&case.admin, options).await.expect("it opens");
    let mut raw = frames::feed(&case.admin, None).await.expect("it opens");
    let token = raw.next().await.resume_token;
    let queue = case.plain_queue().await;
    let first = case.open(&queue).await;
    case.server.restart().await;
    let second = case.open(&queue).await;
    let mut last = 0;
    soon("both interactions, around the restart", async {
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let next = events.next().await.expect("the feed goes on").expect("and well");
            let FeedEvent::Event { event, .. } = next else { panic!("nothing was lost") };
            assert_eq!(event.seq, last + 1);
            last = event.seq;
            if event.kind == "interaction.created" {
                seen.push(event.interaction_id.clone());
            }
        }
        assert_eq!(seen, [first.id.clone(), second.id.clone()]);
    })
    .await;
    let start = Some(v1::watch_feed_request::Start::ResumeToken(token));
    let mut again = frames::feed(&case.admin, start).await.expect("a token outlives a server");
    let Some(Fed::Hello(hello)) = again.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Resumed);
    let Some(Fed::Event(event)) = again.next().await.frame else { panic!("an event") };
    assert_eq!(event.kind, "config.changed", "the queue that was made after the token");
}

async fn farewell(mut frames: Frames<v1::FeedFrame>) -> v1::Goodbye {
    match frames.last().await.frame {
        Some(Fed::Goodbye(goodbye)) => goodbye,
        other => panic!("goodbye is last: {other:?}"),
    }
}

async fn an_order_to_end_is_obeyed_without_loss(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let any = condition(v1::ConditionField::Keyword, v1::ConditionOperator::Exists, &[]);
    let rule = make_rule(&case, &queue.id, vec![any]).await;
    let placed = case.create(opening("")).await;
    assert_eq!(placed.matched_rule_id, rule.id);
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut opened = frames::feed(&case.admin, None).await.expect("it opens");
        opened.next().await;
        streams.push(tokio::spawn(farewell(opened)));
    }
    case.server.tell_to_end();
    let began = Instant::now();
    let unready = || async {
        let answer = http::try_send(case.server.port(), "GET", "/readyz", &[], b"").await;
        answer.is_ok_and(|answer| answer.status == 503).then_some(())
    };
    eventually("load balancers are told", unready).await;
    // Calls are still served while they are; new streams are not.
    let late = ok!(case.admin.interactions().create_interaction(opening(&queue.id)));
    let error = refused!(case.admin.admin().watch_feed(v1::WatchFeedRequest::default()), Draining);
    assert!(error.retry_after().is_some(), "{error:?}");
    for stream in streams {
        let goodbye = stream.await.expect("every stream is told goodbye");
        assert_eq!(goodbye.reason(), v1::GoodbyeReason::ServerDrain);
        assert_eq!(goodbye.action(), v1::GoodbyeAction::Resume);
        assert!(goodbye.reconnect_after.is_some());
    }
    let status = case.server.ended().await;
    assert!(status.success(), "{status}: {}", case.server.log_from(0));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    case.server.start_again().await;
    for id in [made.id, late.interaction.unwrap().id] {
        assert_eq!(case.interaction(&id).await.status(), Status::Queued);
    }
    let get = v1::GetRoutingRuleRequest { routing_rule_id: rule.id };
    let rule = ok!(case.admin.routing().get_routing_rule(get)).routing_rule.unwrap();
    assert_eq!(rule.use_count, 2, "what was counted is written before the end");
}

/// A key that opens nothing of what is there: whoever starts with it would refuse good mail, claim
/// deliveries it cannot read, and make tenants that the others cannot open.
async fn another_master_key_starts_nothing(case: Case) {
    const OTHER: &str = "QW5vdGhlciBrZXkgb2YgMzIgYnl0ZXMsIGZvciB0ZXM=";
    case.server.kill();
    for arguments in
        [&["serve"][..], &["token", "--role", "platform-admin"], &["audit", "checkpoint"]]
    {
        let done = case.server.run_with_key(OTHER, arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("not the one this database was made with"), "{said}");
        assert!(!said.contains("the service failed"), "{arguments:?} says what it is: {said}");
        assert!(done.stdout.is_empty(), "{arguments:?}");
    }
    case.server.start_again().await;
    ok!(case.admin.interactions().create_interaction(opening("")));
}
