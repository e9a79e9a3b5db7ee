//! The stream of an agent frame by frame: Session and its twin WatchAssignments. How it begins,
//! what comes down, what goes up, and how it goes on after it was cut or taken over.

use crate::support::fixture::{Agent, Case};
use crate::support::frames::{self, Frames, Up, command};
use crate::support::{eventually, nobody};
use omnichannel_sdk::v1::{self, OfferState, PresenceStatus, Resumption, Role};
use std::time::Duration;
use v1::agent_event::Event;
use v1::agent_frame::Frame;
use v1::agent_snapshot::Item;
use v1::command_result::Outcome;
use v1::session_request::Command;

both!(
    a_session_begins_with_hello_and_a_snapshot,
    a_session_carries_work_from_offer_to_end,
    every_command_is_answered_in_order,
    commands_are_refused_like_calls,
    a_request_id_holds_in_a_session,
    a_cut_session_is_resumed_without_loss,
    a_newer_stream_replaces_the_older,
    a_session_of_somebody_else_is_left_alone,
    a_bad_token_is_refused,
    the_twin_carries_the_same_frames,
    offers_at_a_time_are_bounded_by_the_session,
    a_session_is_for_oneself_or_by_a_lead,
    a_session_opens_once_and_first,
    silence_is_broken_by_a_heartbeat,
);

fn opening(session_id: &str, resume_token: &str) -> v1::SessionOpen {
    v1::SessionOpen {
        session_id: session_id.to_owned(),
        resume_token: resume_token.to_owned(),
        ..Default::default()
    }
}

/// Opens a session and reads its snapshot.
async fn begun(
    agent: &Agent,
    session_id: &str,
) -> (Up<v1::SessionRequest>, Frames<v1::AgentFrame>, Vec<Item>) {
    let opened = frames::session(&agent.client, opening(session_id, "")).await;
    let (up, mut down) = opened.expect("it opens");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Snapshot);
    let items = snapshot(&mut down).await;
    (up, down, items)
}

/// Reads a snapshot to its end.
async fn snapshot(down: &mut Frames<v1::AgentFrame>) -> Vec<Item> {
    let mut items = Vec::new();
    loop {
        let frame = down.next().await;
        match frame.frame {
            Some(Frame::Snapshot(piece)) => items.extend(piece.item),
            Some(Frame::SnapshotEnd(end)) => {
                assert_eq!(end.item_count as usize, items.len());
                assert!(!frame.resume_token.is_empty(), "from here on it can be resumed");
                return items;
            }
            other => panic!("not in a snapshot: {other:?}"),
        }
    }
}

/// The next event; its place and token.
async fn event(down: &mut Frames<v1::AgentFrame>) -> (Event, i64, String) {
    down.until("an event", |frame| match frame.frame {
        Some(Frame::Event(v1::AgentEvent { event, id, time })) => {
            assert!(!id.is_empty() && time.is_some());
            Some((event.expect("an event that we know"), frame.seq, frame.resume_token))
        }
        Some(Frame::CommandResult(_) | Frame::Heartbeat(_)) => None,
        other => panic!("no event: {other:?}"),
    })
    .await
}

async fn result(down: &mut Frames<v1::AgentFrame>) -> v1::CommandResult {
    down.until("the result of a command", |frame| match frame.frame {
        Some(Frame::CommandResult(result)) => Some(result),
        _ => None,
    })
    .await
}

fn available() -> Command {
    let status = PresenceStatus::Available.into();
    Command::SetPresence(v1::SessionSetPresence { status, ..Default::default() })
}

async fn a_session_begins_with_hello_and_a_snapshot(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    let queue = case.plain_queue().await;
    let owned = case.open(&queue).await;
    console.take().await;
    let offered = case.open(&queue).await;
    console.offered().await;
    let opened = frames::session(&agent.client, opening(&nobody(), "")).await;
    let (_up, mut down) = opened.expect("it opens");
    let first = down.next().await;
    let Some(Frame::Hello(hello)) = first.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Snapshot);
    assert!(!hello.stream_id.is_empty() && hello.server_time.is_some());
    assert_eq!(hello.heartbeat_interval, crate::support::secs(15));
    assert!(hello.session_grace.is_some_and(|grace| grace.seconds > 0));
    let limits = hello.limits.expect("limits");
    assert!(limits.max_command_bytes > 0 && limits.max_pending_commands > 0);
    let items = snapshot(&mut down).await;
    let Item::Presence(presence) = &items[0] else { panic!("presence is the first piece") };
    assert_eq!(presence.effective(), v1::EffectiveStatus::Available);
    let work: Vec<_> = items[1..]
        .iter()
        .map(|item| match item {
            Item::Offered(work) => {
                assert_eq!(work.last_message.as_ref().unwrap().body, "where is it?");
                assert_eq!(work.offer.as_ref().unwrap().state(), OfferState::Pending);
                ("offered", work.interaction.as_ref().unwrap().id.clone())
            }
            Item::Assigned(interaction) => ("assigned", interaction.id.clone()),
            Item::Presence(_) => panic!("one presence"),
            Item::Consulting(_) => panic!("nobody was asked for advice"),
        })
        .collect();
    assert_eq!(work.len(), 2);
    assert!(work.contains(&("assigned", owned.id)) && work.contains(&("offered", offered.id)));
}

async fn a_session_carries_work_from_offer_to_end(case: Case) {
    let agent = case.agent("Bo").await;
    let (up, mut down, items) = begun(&agent, &nobody()).await;
    assert_eq!(items.len(), 1, "presence and nothing else");
    up.send(command(available(), "")).await;
    let (presence, mut place, _) = event(&mut down).await;
    let Event::PresenceChanged(presence) = presence else { panic!("{presence:?}") };
    assert_eq!(presence.effective(), v1::EffectiveStatus::Available);
    let made = case.open(&case.plain_queue().await).await;
    let mut next = async |down: &mut Frames<v1::AgentFrame>| {
        let (event, seq, token) = event(down).await;
        assert!(seq > place && !token.is_empty(), "the place of every event rises");
        place = seq;
        event
    };
    let Event::Offered(work) = next(&mut down).await else { panic!("an offer") };
    assert_eq!(work.interaction.unwrap().id, made.id);
    let offer_id = work.offer.unwrap().id;
    up.send(command(Command::Accept(v1::SessionAccept { offer_id }), "")).await;
    let Event::Assigned(assigned) = next(&mut down).await else { panic!("an assignment") };
    assert_eq!((&assigned.id, &assigned.owner_agent_id), (&made.id, &agent.id));
    let note = v1::SendMessageRequest {
        interaction_id: made.id.clone(),
        body: "a word".into(),
        kind: v1::SendKind::InternalNote.into(),
        ..Default::default()
    };
    ok!(case.admin.interactions().send_message(note));
    let Event::Message(message) = next(&mut down).await else { panic!("a message") };
    assert_eq!((message.body.as_str(), &message.interaction_id), ("a word", &made.id));
    let update = v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: made.id.clone(),
            subject: "another order".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    ok!(case.admin.interactions().update_interaction(update));
    let Event::InteractionChanged(changed) = next(&mut down).await else { panic!("a change") };
    assert_eq!(changed.subject, "another order");
    let complete = v1::SessionComplete {
        interaction_id: made.id.clone(),
        resolution: "found".into(),
        wrap_up_code: "found".into(),
    };
    up.send(command(Command::Complete(complete), "")).await;
    let Event::Unassigned(gone) = next(&mut down).await else { panic!("the end") };
    assert_eq!(gone.interaction_id, made.id);
    assert_eq!(gone.status(), v1::InteractionStatus::Resolved);
    assert_eq!(case.interaction(&made.id).await.resolution, "found");
}

async fn every_command_is_answered_in_order(case: Case) {
    let agent = case.agent("Bo").await;
    let (up, mut down, _) = begun(&agent, &nobody()).await;
    let decline =
        || Command::Decline(v1::SessionDecline { offer_id: nobody(), reason: String::new() });
    let sent: Vec<_> = (0..20).map(|_| nobody()).collect();
    for (at, id) in sent.iter().enumerate() {
        let next = if at % 2 == 0 { available() } else { decline() };
        up.send(command(next, id)).await;
        up.send(command(Command::Ack(v1::SessionAck { seq: 1 }), "")).await;
    }
    for (at, id) in sent.iter().enumerate() {
        let result = result(&mut down).await;
        assert_eq!(&result.request_id, id, "in the order of the frames; an ack has no result");
        match result.outcome.expect("an outcome") {
            Outcome::Ok(_) => assert_eq!(at % 2, 0),
            Outcome::Error(error) => {
                assert_eq!(at % 2, 1);
                assert_eq!(error.reason(), v1::ErrorReason::ResourceNotFound);
                assert_eq!(error.code, tonic::Code::NotFound as i32);
                assert_eq!(error.metadata["resource"], "offer");
            }
        }
    }
    let last = down.within(Duration::from_millis(300)).await;
    assert!(!matches!(last.and_then(|frame| frame.frame), Some(Frame::CommandResult(_))));
}

async fn commands_are_refused_like_calls(case: Case) {
    let agent = case.agent("Bo").await;
    let other = case.open(&case.plain_queue().await).await;
    let (up, mut down, _) = begun(&agent, &nobody()).await;
    let interaction_id = other.id.clone();
    let say = |body: &str| {
        Command::SendMessage(v1::SessionSendMessage {
            interaction_id: interaction_id.clone(),
            body: body.to_owned(),
        })
    };
    let complete = Command::Complete(v1::SessionComplete {
        interaction_id: interaction_id.clone(),
        ..Default::default()
    });
    let mut violations = Vec::new();
    let presence = Command::SetPresence(v1::SessionSetPresence::default());
    for (wrong, reason) in [
        (say(""), v1::ErrorReason::ValidationFailed),
        (say("hello"), v1::ErrorReason::NotInteractionOwner),
        (complete, v1::ErrorReason::NotInteractionOwner),
        (presence, v1::ErrorReason::ValidationFailed),
        (
            Command::Accept(v1::SessionAccept { offer_id: "x".into() }),
            v1::ErrorReason::ValidationFailed,
        ),
    ] {
        up.send(command(wrong, &nobody())).await;
        let Some(Outcome::Error(error)) = result(&mut down).await.outcome else {
            panic!("it was not refused: {reason:?}")
        };
        assert_eq!(error.reason(), reason, "{error:?}");
        let listed = !error.violations.is_empty();
        assert_eq!(listed, reason == v1::ErrorReason::ValidationFailed, "{error:?}");
        violations.extend(error.violations);
    }
    up.send(command(available(), &nobody())).await;
    let fine = result(&mut down).await;
    assert!(matches!(fine.outcome, Some(Outcome::Ok(_))), "the session goes on: {fine:?}");
    for violation in violations {
        assert!(!violation.field.is_empty() && !violation.rule.is_empty(), "{violation:?}");
    }
}

async fn a_request_id_holds_in_a_session(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&case.plain_queue().await).await;
    console.take().await;
    let (up, mut down, _) = begun(&agent, &nobody()).await;
    let complete = |code: &str| {
        Command::Complete(v1::SessionComplete {
            interaction_id: made.id.clone(),
            wrap_up_code: code.to_owned(),
            ..Default::default()
        })
    };
    let id = nobody();
    let mut places = Vec::new();
    for _ in 0..2 {
        up.send(command(complete("done"), &id)).await;
        match result(&mut down).await.outcome {
            Some(Outcome::Ok(ok)) => places.push(ok.seq),
            other => panic!("a repeat succeeds: {other:?}"),
        }
    }
    assert_eq!(places[0], places[1], "one effect");
    up.send(command(complete("other"), &id)).await;
    let Some(Outcome::Error(error)) = result(&mut down).await.outcome else { panic!("refused") };
    assert_eq!(error.reason(), v1::ErrorReason::RequestIdReused);
}

async fn a_cut_session_is_resumed_without_loss(case: Case) {
    let agent = case.agent("Bo").await;
    let queue = case.plain_queue().await;
    let session_id = nobody();
    let (up, mut down, _) = begun(&agent, &session_id).await;
    up.send(command(available(), "")).await;
    let (_, place, token) = event(&mut down).await;
    drop((up, down));
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(case.open(&queue).await.id);
    }
    let opened = frames::session(&agent.client, opening(&session_id, &token)).await;
    let (_up, mut down) = opened.expect("it opens");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Resumed);
    let (mut offered, mut last) = (Vec::new(), (place, String::new()));
    while offered.len() < 3 {
        let (event, seq, token) = event(&mut down).await;
        assert!(seq > last.0, "nothing at or below the token comes again");
        last = (seq, token);
        if let Event::Offered(work) = event {
            offered.push(work.interaction.unwrap().id);
        }
    }
    assert_eq!(offered, made, "what happened meanwhile, in order");
    drop((_up, down));
    let opened = frames::session(&agent.client, opening(&session_id, &last.1)).await;
    let (_up, mut down) = opened.expect("it opens");
    assert!(matches!(down.next().await.frame, Some(Frame::Hello(_))));
    let more = down.within(Duration::from_millis(500)).await;
    let repeated = more.is_some_and(|frame| {
        matches!(
            frame.frame,
            Some(Frame::Event(v1::AgentEvent { event: Some(Event::Offered(_)), .. }))
        )
    });
    assert!(!repeated, "what was seen does not come again");
}

async fn a_newer_stream_replaces_the_older(case: Case) {
    let agent = case.agent("Bo").await;
    let session_id = nobody();
    let (_up, mut old, _) = begun(&agent, &session_id).await;
    let (up, mut new, _) = begun(&agent, &session_id).await;
    let last = old.last().await;
    let Some(Frame::Goodbye(goodbye)) = last.frame else { panic!("goodbye is last: {last:?}") };
    assert_eq!(goodbye.reason(), v1::GoodbyeReason::Replaced);
    assert_eq!(goodbye.action(), v1::GoodbyeAction::Stop);
    up.send(command(available(), "")).await;
    event(&mut new).await;
    let (_up, _second, _) = begun(&agent, &nobody()).await;
    let presence = case.presence(&agent).await;
    assert_eq!(presence.effective(), v1::EffectiveStatus::Available);
    let made = case.open(&case.plain_queue().await).await;
    new.until("the first console is still served", |frame| match frame.frame {
        Some(Frame::Event(v1::AgentEvent { event: Some(Event::Offered(work)), .. })) => {
            (work.interaction.unwrap().id == made.id).then_some(())
        }
        Some(Frame::Goodbye(goodbye)) => panic!("{goodbye:?}"),
        _ => None,
    })
    .await;
}

async fn a_session_of_somebody_else_is_left_alone(case: Case) {
    let (bo, session_id) = (case.agent("Bo").await, nobody());
    let (_up, mut down, _) = begun(&bo, &session_id).await;
    // In another tenant it is another session; in one tenant a session is of one agent.
    let stranger = case.stranger().await.agent("Di").await;
    let (_their_up, _theirs, _) = begun(&stranger, &session_id).await;
    let cy = case.agent("Cy").await;
    refused!(frames::session(&cy.client, opening(&session_id, "")), ValidationFailed);
    let quiet = down.within(Duration::from_millis(500)).await;
    assert!(quiet.is_none(), "Bo is not disturbed: {quiet:?}");
}

async fn a_bad_token_is_refused(case: Case) {
    let (bo, cy) = (case.agent("Bo").await, case.agent("Cy").await);
    let session_id = nobody();
    let (up, mut down, _) = begun(&bo, &session_id).await;
    up.send(command(available(), "")).await;
    let token = event(&mut down).await.2;
    let mut bent = token.clone().into_bytes();
    let middle = bent.len() / 2;
    bent[middle] = if bent[middle] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    for (agent, token) in [(&bo, bent.as_str()), (&bo, "nonsense"), (&cy, token.as_str())] {
        let opened = frames::session(&agent.client, opening(&nobody(), token));
        refused_open(opened.await.err(), v1::ErrorReason::ResumeTokenInvalid);
    }
    let feed = v1::watch_feed_request::Start::ResumeToken(token);
    let opened = frames::feed(&case.admin, Some(feed)).await;
    refused_open(opened.err(), v1::ErrorReason::ResumeTokenInvalid);
    begun(&bo, &session_id).await;
}

fn refused_open(status: Option<tonic::Status>, reason: v1::ErrorReason) -> omnichannel_sdk::Error {
    let status = status.expect("it is refused before it begins");
    crate::support::refusal::judge(status, reason, "opening a stream")
}

async fn the_twin_carries_the_same_frames(case: Case) {
    let agent = case.agent("Bo").await;
    let session_id = nobody();
    let request = |resume_token: &str| v1::WatchAssignmentsRequest {
        session_id: session_id.clone(),
        resume_token: resume_token.to_owned(),
        ..Default::default()
    };
    let mut down = frames::watch(&agent.client, request("")).await.expect("it opens");
    assert!(matches!(down.next().await.frame, Some(Frame::Hello(_))));
    assert!(matches!(snapshot(&mut down).await[..], [Item::Presence(_)]));
    let set =
        v1::SetPresenceRequest { status: PresenceStatus::Available.into(), ..Default::default() };
    ok!(agent.client.agents().set_presence(set));
    let (presence, _, token) = event(&mut down).await;
    assert!(matches!(presence, Event::PresenceChanged(_)));
    let made = case.open(&case.plain_queue().await).await;
    let (offered, _, _) = event(&mut down).await;
    let Event::Offered(work) = offered else { panic!("an offer") };
    let offer_id = work.offer.unwrap().id;
    ok!(agent
        .client
        .agents()
        .accept_offer(v1::AcceptOfferRequest { offer_id, ..Default::default() }));
    let (assigned, _, _) = event(&mut down).await;
    assert!(matches!(assigned, Event::Assigned(interaction) if interaction.id == made.id));
    drop(down);
    let mut down = frames::watch(&agent.client, request(&token)).await.expect("it resumes");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Resumed);
    let (again, _, _) = event(&mut down).await;
    assert!(matches!(again, Event::Offered(_)), "from the token on");
    // The other form of the same session takes over.
    let opened = frames::session(&agent.client, opening(&session_id, "")).await;
    let (_up, mut session) = opened.expect("it opens");
    assert!(matches!(session.next().await.frame, Some(Frame::Hello(_))));
    let last = down.last().await;
    assert!(matches!(last.frame, Some(Frame::Goodbye(_))), "{last:?}");
    let blank = v1::WatchAssignmentsRequest::default();
    let opened = frames::watch(&agent.client, blank).await;
    refused_open(opened.err(), v1::ErrorReason::ValidationFailed);
}

async fn offers_at_a_time_are_bounded_by_the_session(case: Case) {
    let agent = case.agent("Bo").await;
    let queue = case.plain_queue().await;
    let open = v1::SessionOpen { max_open_offers: 2, ..opening(&nobody(), "") };
    let (up, mut down) = frames::session(&agent.client, open).await.expect("it opens");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    up.send(command(available(), "")).await;
    for _ in 0..4 {
        case.open(&queue).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let pending = |offers: Vec<v1::Offer>| {
        offers.iter().filter(|offer| offer.state() == OfferState::Pending).count()
    };
    assert_eq!(pending(case.offers(&agent).await), 2, "credit for two open offers");
    let offer_id = case.offers(&agent).await[0].id.clone();
    up.send(command(Command::Accept(v1::SessionAccept { offer_id }), "")).await;
    let refilled = || async {
        let offers = case.offers(&agent).await;
        (offers.len() == 3 && pending(offers) == 2).then_some(())
    };
    eventually("an answered offer makes room for the next", refilled).await;
    assert_eq!(hello.limits.unwrap().max_open_offers, 2);
    let greedy = v1::SessionOpen { max_open_offers: 50, ..opening(&nobody(), "") };
    let (_up, mut down) = frames::session(&agent.client, greedy).await.expect("it opens");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.limits.unwrap().max_open_offers, 5, "never more than the capacity");
}

async fn a_session_is_for_oneself_or_by_a_lead(case: Case) {
    let (bo, cy) = (case.agent("Bo").await, case.agent("Cy").await);
    let of = |agent_id: &str| v1::SessionOpen {
        agent_id: agent_id.to_owned(),
        ..opening(&nobody(), "")
    };
    let supervisor = case.role(Role::Supervisor).await;
    let opened = frames::session(&supervisor, of("")).await;
    refused_open(opened.err(), v1::ErrorReason::AgentNotBound);
    let opened = frames::session(&bo.client, of(&cy.id)).await;
    let error = refused_open(opened.err(), v1::ErrorReason::PermissionDenied);
    assert_eq!(error.metadata()["permission"], "AGENTS_WRITE");
    let opened = frames::session(&case.admin, of(&nobody())).await;
    refused_open(opened.err(), v1::ErrorReason::ResourceNotFound);
    let (up, mut down) = frames::session(&case.admin, of(&cy.id)).await.expect("a lead may");
    assert!(matches!(down.next().await.frame, Some(Frame::Hello(_))));
    snapshot(&mut down).await;
    up.send(command(available(), "")).await;
    event(&mut down).await;
    assert_eq!(case.presence(&cy).await.effective(), v1::EffectiveStatus::Available);
}

async fn a_session_opens_once_and_first(case: Case) {
    let agent = case.agent("Bo").await;
    let (_up, request) = frames::up(command(available(), "")).await;
    let opened = agent.client.agents().session(request).await;
    refused_open(opened.err(), v1::ErrorReason::ValidationFailed);
    let opened = frames::session(&agent.client, opening("no uuid", "")).await;
    refused_open(opened.err(), v1::ErrorReason::ValidationFailed);
    let (up, mut down, _) = begun(&agent, &nobody()).await;
    up.send(command(Command::Open(opening(&nobody(), "")), "")).await;
    let last = down.last().await;
    let Some(Frame::Goodbye(goodbye)) = last.frame else { panic!("goodbye is last: {last:?}") };
    assert_eq!(goodbye.reason(), v1::GoodbyeReason::ProtocolError);
}

async fn silence_is_broken_by_a_heartbeat(case: Case) {
    let agent = case.agent("Bo").await;
    let (up, mut down, _) = begun(&agent, &nobody()).await;
    up.send(command(available(), "")).await;
    let (_, place, _) = event(&mut down).await;
    // Something that concerns nobody here moves the log on.
    let skill = case.skill().await;
    let began = tokio::time::Instant::now();
    let beat = loop {
        let frame = down.next().await;
        if matches!(frame.frame, Some(Frame::Heartbeat(_))) {
            break frame;
        }
    };
    let waited = began.elapsed();
    assert!(waited > Duration::from_secs(10) && waited < Duration::from_secs(17), "{waited:?}");
    assert!(beat.seq > place, "it is a checkpoint: {} after {place}", beat.seq);
    assert!(!beat.resume_token.is_empty() && !skill.id.is_empty());
    drop((up, down));
    let opened = frames::session(&agent.client, opening(&nobody(), &beat.resume_token)).await;
    let (_up, mut down) = opened.expect("it opens");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), Resumption::Resumed);
}
