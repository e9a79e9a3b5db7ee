//! What operators see and do by hand: open streams, agents' sessions, deliveries, dead letters. All
//! are listed without content, only to those they concern, and every act is on record.

use crate::support::fixture::Case;
use crate::support::frames::{self, Frames};
use crate::support::receiver::{Receiver, Saying};
use crate::support::webhook::{Post, message};
use crate::support::{eventually, nobody};
use omnichannel_sdk::v1::{self, DeliveryState, GoodbyeAction, GoodbyeReason};
use v1::feed_frame::Frame as Fed;

both!(
    open_streams_are_listed_to_their_own,
    a_stream_is_told_to_end,
    every_kind_of_stream_is_listed_and_can_be_closed,
    sessions_are_listed_and_closed,
    a_delivery_is_retried_at_once,
    a_delivery_is_cancelled_and_its_lane_goes_on,
    dead_letters_are_listed_and_thrown_away,
    lists_go_on_page_by_page,
);

mod later {
    //! With a clock that can be moved.
    both!(alone ["time.shift_allowed = true"]; a_dead_letter_is_replayed_as_if_it_came_now);
    use super::a_dead_letter_is_replayed_as_if_it_came_now;
}

async fn streams(client: &omnichannel_sdk::Client) -> Vec<v1::OpenStream> {
    ok!(client.admin().list_streams(v1::ListStreamsRequest::default())).streams
}

async fn feed(case: &Case) -> (Frames<v1::FeedFrame>, String) {
    let mut feed = frames::feed(&case.admin, None).await.expect("it opens");
    let Some(Fed::Hello(hello)) = feed.next().await.frame else { panic!("hello is first") };
    (feed, hello.stream_id)
}

fn closing(stream_id: &str, action: GoodbyeAction) -> v1::CloseStreamRequest {
    let action = action.into();
    v1::CloseStreamRequest { stream_id: stream_id.to_owned(), action, ..Default::default() }
}

/// What operators did, as the audit log has it: action and resource.
async fn acts(case: &Case) -> Vec<(v1::OperatorAction, String)> {
    let list = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(case.admin.admin().list_audit_log(list)).entries;
    let acts = entries.into_iter().filter_map(|entry| match entry.event?.data? {
        v1::event::Data::OperatorActed(act) => {
            assert_eq!(entry.kind, "operator.acted");
            assert_eq!(
                (entry.subject_id, entry.subject_kind),
                (act.resource_id.clone(), act.resource_kind)
            );
            Some((act.action(), act.resource_id))
        }
        _ => None,
    });
    acts.collect()
}

async fn open_streams_are_listed_to_their_own(case: Case) {
    let (mut feed, id) = feed(&case).await;
    let listed = streams(&case.admin).await;
    let [stream] = listed.as_slice() else { panic!("one stream: {listed:?}") };
    assert_eq!((stream.id.as_str(), stream.tenant_id.as_str()), (id.as_str(), case.id.as_str()));
    assert_eq!(stream.method, "/omnichannel.v1.AdminService/WatchFeed");
    assert!(!stream.api_key_id.is_empty() && stream.peer.starts_with("127.0.0.1:"), "{stream:?}");
    assert!(stream.open_time.is_some() && stream.agent_id.is_empty());
    assert!(stream.frames_sent >= 1 && stream.newest_seq >= stream.seq, "{stream:?}");
    case.plain_queue().await;
    let seq = feed
        .until("the new queue", |frame| {
            matches!(frame.frame, Some(Fed::Event(_))).then_some(frame.seq)
        })
        .await;
    let moved = streams(&case.admin).await.remove(0);
    assert!(moved.seq == seq && moved.frames_sent > stream.frames_sent, "{moved:?}");

    let stranger = case.stranger().await;
    assert!(streams(&stranger.admin).await.is_empty());
    refused!(
        stranger.admin.admin().close_stream(closing(&id, GoodbyeAction::Stop)),
        ResourceNotFound
    );
    let seen = streams(&case.operator()).await;
    assert!(seen.iter().any(|stream| stream.id == id), "the platform sees all of its node");
    drop(feed);
    let gone = || async { streams(&case.admin).await.is_empty().then_some(()) };
    eventually("a stream whose reader went is off the list", gone).await;
}

async fn a_stream_is_told_to_end(case: Case) {
    let (mut feed, id) = feed(&case).await;
    let request =
        v1::CloseStreamRequest { request_id: nobody(), ..closing(&id, GoodbyeAction::Unspecified) };
    ok!(case.admin.admin().close_stream(request.clone()));
    let last = feed.last().await;
    let Some(Fed::Goodbye(bye)) = last.frame else { panic!("goodbye is last: {last:?}") };
    assert_eq!(
        (bye.reason(), bye.action()),
        (GoodbyeReason::ClosedByOperator, GoodbyeAction::Resume)
    );
    assert!(!last.resume_token.is_empty());
    ok!(case.admin.admin().close_stream(request.clone()));
    refused!(
        case.admin
            .admin()
            .close_stream(v1::CloseStreamRequest { action: GoodbyeAction::Stop.into(), ..request }),
        RequestIdReused
    );
    refused!(case.admin.admin().close_stream(closing(&id, GoodbyeAction::Stop)), ResourceNotFound);
    refused!(
        case.admin.admin().close_stream(closing(&id, GoodbyeAction::Resync)),
        ValidationFailed
    );
    assert_eq!(acts(&case).await, [(v1::OperatorAction::StreamClosed, id)]);

    let (mut feed, id) = self::feed(&case).await;
    ok!(case.operator().admin().close_stream(closing(&id, GoodbyeAction::Stop)));
    let Some(Fed::Goodbye(bye)) = feed.last().await.frame else { panic!("goodbye is last") };
    assert_eq!(bye.action(), GoodbyeAction::Stop, "closed by the platform");
    assert_eq!(acts(&case).await.len(), 1, "which is on the platform's own record");
}

async fn every_kind_of_stream_is_listed_and_can_be_closed(case: Case) {
    let agent = case.agent("Bo").await;
    let made = case.open(&case.plain_queue().await).await;
    let watch = v1::WatchInteractionRequest { interaction_id: made.id, ..Default::default() };
    let interaction = frames::interaction(&case.admin, watch).await.expect("it opens");
    let watch = v1::WatchAssignmentsRequest { session_id: nobody(), ..Default::default() };
    let desk = frames::watch(&agent.client, watch.clone()).await.expect("it opens");
    let board = v1::WatchDashboardRequest { topics: vec![1, 2], ..Default::default() };
    let board = case.admin.analytics().watch_dashboard(board).await.expect("it opens");
    let mut board = Frames::of(board, |response: v1::WatchDashboardResponse| response.frame);
    let (mut interaction, mut desk) = (interaction, desk);
    let methods = ["WatchInteraction", "WatchAssignments", "WatchDashboard"];
    let all = || async {
        let listed = streams(&case.admin).await;
        (listed.len() == methods.len()).then_some(listed)
    };
    for stream in eventually("three streams", all).await {
        assert!(methods.iter().any(|method| stream.method.ends_with(method)), "{stream:?}");
        let of_desk = stream.method.ends_with("WatchAssignments");
        let named = (stream.agent_id == agent.id, stream.session_id == watch.session_id);
        assert_eq!(named, (of_desk, of_desk), "{stream:?}");
        ok!(case.admin.admin().close_stream(closing(&stream.id, GoodbyeAction::Stop)));
    }
    let Some(v1::interaction_frame::Frame::Goodbye(one)) = interaction.last().await.frame else {
        panic!("goodbye is last")
    };
    let Some(v1::agent_frame::Frame::Goodbye(two)) = desk.last().await.frame else {
        panic!("goodbye is last")
    };
    let Some(v1::dashboard_frame::Frame::Goodbye(three)) = board.last().await.frame else {
        panic!("goodbye is last")
    };
    for bye in [one, two, three] {
        let told = (bye.reason(), bye.action());
        assert_eq!(told, (GoodbyeReason::ClosedByOperator, GoodbyeAction::Stop));
    }
}

async fn sessions_are_listed_and_closed(case: Case) {
    let sessions = || async {
        ok!(case.admin.admin().list_sessions(v1::ListSessionsRequest::default())).sessions
    };
    let agent = case.agent("Bo").await;
    let watch = v1::WatchAssignmentsRequest {
        session_id: nobody(),
        max_open_offers: 3,
        ..Default::default()
    };
    let mut desk = frames::watch(&agent.client, watch.clone()).await.expect("it opens");
    let set = v1::SetPresenceRequest {
        agent_id: agent.id.clone(),
        status: v1::PresenceStatus::Available.into(),
        ..Default::default()
    };
    ok!(agent.client.agents().set_presence(set));
    let listed = sessions().await;
    let [session] = listed.as_slice() else { panic!("one session: {listed:?}") };
    assert_eq!((&session.id, &session.agent_id), (&watch.session_id, &agent.id));
    let node = ok!(case.admin.admin().get_server_info(v1::GetServerInfoRequest {})).node_id;
    assert_eq!((&session.node_id, session.max_open_offers), (&node, 3));
    assert!(session.open_time.is_some());

    let close =
        v1::CloseSessionRequest { session_id: watch.session_id.clone(), request_id: nobody() };
    let stranger = case.stranger().await;
    let none = ok!(stranger.admin.admin().list_sessions(v1::ListSessionsRequest::default()));
    assert!(none.sessions.is_empty());
    refused!(stranger.admin.admin().close_session(close.clone()), ResourceNotFound);
    refused!(agent.client.admin().close_session(close.clone()), PermissionDenied);
    ok!(case.admin.admin().close_session(close.clone()));
    let Some(v1::agent_frame::Frame::Goodbye(bye)) = desk.last().await.frame else {
        panic!("goodbye is last")
    };
    assert_eq!(
        (bye.reason(), bye.action()),
        (GoodbyeReason::ClosedByOperator, GoodbyeAction::Stop)
    );
    assert!(sessions().await.is_empty());
    assert!(case.presence(&agent).await.lease_expire_time.is_some(), "presence keeps its grace");
    ok!(case.admin.admin().close_session(close.clone()));
    let again = v1::CloseSessionRequest { request_id: String::new(), ..close };
    refused!(case.admin.admin().close_session(again), ResourceNotFound);
    let acts = acts(&case).await;
    assert_eq!(acts, [(v1::OperatorAction::SessionClosed, watch.session_id.clone())]);

    // What was closed before a session opens anew is past.
    let mut desk = frames::watch(&agent.client, watch).await.expect("it opens again");
    let begun = desk.until("the snapshot", |frame| {
        matches!(frame.frame, Some(v1::agent_frame::Frame::SnapshotEnd(_))).then_some(())
    });
    begun.await;
    assert_eq!(sessions().await.len(), 1);
}

/// An interaction over an account that posts to a receiver.
async fn thread(case: &Case, receiver: &Receiver) -> String {
    let (account, _) = case.account(&receiver.url()).await;
    let hand_in = v1::ReceiveMessageRequest {
        channel_account_id: account.id,
        from_address: "+49 151".into(),
        body: "hello?".into(),
        ..Default::default()
    };
    ok!(case.admin.channels().receive_message(hand_in)).interaction_id
}

async fn reply(case: &Case, interaction_id: &str, body: &str) -> String {
    let request = v1::SendMessageRequest {
        interaction_id: interaction_id.to_owned(),
        body: body.to_owned(),
        ..Default::default()
    };
    ok!(case.admin.interactions().send_message(request)).message.unwrap().id
}

async fn deliveries(case: &Case, states: &[DeliveryState]) -> Vec<v1::OutboundDelivery> {
    let states = states.iter().map(|state| (*state).into()).collect();
    let list = v1::ListDeliveriesRequest { states, ..Default::default() };
    ok!(case.admin.admin().list_deliveries(list)).deliveries
}

/// The delivery of a message, once it is in a state and was tried.
async fn delivery(case: &Case, message_id: &str, state: DeliveryState) -> v1::OutboundDelivery {
    let look = || async {
        let found = deliveries(case, &[state]).await;
        found.into_iter().find(|one| one.message_id == message_id && one.attempts > 0)
    };
    eventually(state.as_str_name(), look).await
}

async fn status(case: &Case, message_id: &str) -> v1::DeliveryStatus {
    let request = v1::GetMessageStatusRequest { message_id: message_id.to_owned() };
    ok!(case.admin.channels().get_message_status(request)).status()
}

async fn a_delivery_is_retried_at_once(case: Case) {
    let receiver = Receiver::start(&[Saying::Later(503, 3600)]).await;
    let interaction = thread(&case, &receiver).await;
    let message = reply(&case, &interaction, "we found it").await;
    let held = delivery(&case, &message, DeliveryState::Ready).await;
    assert_eq!((&held.interaction_id, held.attempts), (&interaction, 1));
    assert!(held.last_error.contains("503") || !held.last_error.is_empty(), "{held:?}");
    assert_eq!(held.lane.len(), 32);
    let wait = held.next_attempt_time.unwrap().seconds - held.create_time.unwrap().seconds;
    assert!(wait > 3000, "it waits an hour: {held:?}");
    let retry = v1::RetryDeliveryRequest { delivery_id: held.id.clone(), ..Default::default() };
    let stranger = case.stranger().await;
    refused!(stranger.admin.admin().retry_delivery(retry.clone()), ResourceNotFound);
    let due = ok!(case.admin.admin().retry_delivery(retry.clone())).delivery.unwrap();
    assert_eq!(due.id, held.id);
    let done = delivery(&case, &message, DeliveryState::Done).await;
    assert_eq!((done.attempts, done.next_attempt_time), (2, None));
    assert_eq!(receiver.posted().len(), 2);
    let sent = status(&case, &message).await;
    assert!(matches!(sent, v1::DeliveryStatus::Sent | v1::DeliveryStatus::Delivered), "{sent:?}");
    let error = refused!(case.admin.admin().retry_delivery(retry), DeliveryNotPending);
    assert_eq!(error.metadata().get("state").map(String::as_str), Some("DONE"));
    assert_eq!(acts(&case).await, [(v1::OperatorAction::DeliveryRetried, held.id)]);
}

async fn a_delivery_is_cancelled_and_its_lane_goes_on(case: Case) {
    let receiver = Receiver::start(&[Saying::Later(503, 3600)]).await;
    let interaction = thread(&case, &receiver).await;
    let first = reply(&case, &interaction, "never mind").await;
    let held = delivery(&case, &first, DeliveryState::Ready).await;
    let second = reply(&case, &interaction, "here you are").await;
    let ready = deliveries(&case, &[DeliveryState::Ready]).await;
    assert_eq!(ready.iter().map(|one| &one.message_id).collect::<Vec<_>>(), [&second, &first]);
    assert_eq!(ready[0].lane, ready[1].lane, "one lane");

    let cancel = v1::CancelDeliveryRequest { delivery_id: held.id.clone(), ..Default::default() };
    let stranger = case.stranger().await;
    refused!(stranger.admin.admin().cancel_delivery(cancel.clone()), ResourceNotFound);
    let over = ok!(case.admin.admin().cancel_delivery(cancel.clone())).delivery.unwrap();
    assert_eq!((over.state(), over.last_error.as_str()), (DeliveryState::Dead, "CANCELLED"));
    assert_eq!(status(&case, &first).await, v1::DeliveryStatus::Canceled);
    delivery(&case, &second, DeliveryState::Done).await;
    let posted = receiver.posted();
    assert_eq!(posted.len(), 2, "the first one was tried once, and never again");
    assert!(String::from_utf8_lossy(&posted[1].body).contains("here you are"));
    let again = ok!(case.admin.admin().cancel_delivery(cancel.clone())).delivery.unwrap();
    assert_eq!(again.state(), DeliveryState::Dead, "a repeat finds it cancelled");
    let retry = v1::RetryDeliveryRequest { delivery_id: held.id, ..Default::default() };
    let error = refused!(case.admin.admin().retry_delivery(retry), DeliveryNotPending);
    assert_eq!(error.metadata().get("state").map(String::as_str), Some("DEAD"));
    let done = delivery(&case, &second, DeliveryState::Done).await;
    let late = v1::CancelDeliveryRequest { delivery_id: done.id, ..Default::default() };
    refused!(case.admin.admin().cancel_delivery(late), DeliveryNotPending);
    let none = v1::CancelDeliveryRequest { delivery_id: nobody(), ..Default::default() };
    refused!(case.admin.admin().cancel_delivery(none), ResourceNotFound);
}

async fn dead(case: &Case) -> Vec<v1::DeadLetter> {
    ok!(case.admin.admin().list_dead_letters(v1::ListDeadLettersRequest::default())).dead_letters
}

/// The dead letters, once there are this many.
async fn dead_letters(case: &Case, count: usize) -> Vec<v1::DeadLetter> {
    let look = || async {
        let found = dead(case).await;
        (found.len() == count).then_some(found)
    };
    eventually("dead letters", look).await
}

fn replay(letter: &v1::DeadLetter) -> v1::ReplayDeadLetterRequest {
    v1::ReplayDeadLetterRequest {
        channel_account_id: letter.channel_account_id.clone(),
        dead_letter_id: letter.id.clone(),
        request_id: String::new(),
    }
}

async fn dead_letters_are_listed_and_thrown_away(case: Case) {
    let (account, secret) = case.account("http://127.0.0.1:9/in").await;
    let post = Post::new(&account, &secret, b"not json, but private".to_vec());
    assert_eq!(post.send(&case).await.status, 200);
    let letters = dead_letters(&case, 1).await;
    let letter = &letters[0];
    assert_eq!(
        (letter.channel_account_id.as_str(), letter.reason.as_str()),
        (account.id.as_str(), "UNPARSEABLE body MALFORMED_BODY 1:2")
    );
    assert!(letter.attempts == 1 && letter.size_bytes > 20 && letter.receive_time.is_some());

    let stranger = case.stranger().await;
    let none = ok!(stranger.admin.admin().list_dead_letters(v1::ListDeadLettersRequest::default()));
    assert!(none.dead_letters.is_empty());
    refused!(stranger.admin.admin().replay_dead_letter(replay(letter)), ResourceNotFound);
    // What cannot be read cannot be read the second time either.
    ok!(case.admin.admin().replay_dead_letter(replay(letter)));
    assert_eq!(dead_letters(&case, 1).await[0].id, letter.id);
    let delete = v1::DeleteDeadLetterRequest {
        channel_account_id: account.id.clone(),
        dead_letter_id: letter.id.clone(),
        request_id: nobody(),
    };
    refused!(stranger.admin.admin().delete_dead_letter(delete.clone()), ResourceNotFound);
    ok!(case.admin.admin().delete_dead_letter(delete.clone()));
    assert!(dead(&case).await.is_empty());
    ok!(case.admin.admin().delete_dead_letter(delete));
    refused!(case.admin.admin().replay_dead_letter(replay(letter)), ResourceNotFound);
    assert_eq!(post.send(&case).await.status, 200, "its sender's repeat is recognised");
    assert!(dead(&case).await.is_empty());
    let acts: Vec<_> = acts(&case).await.into_iter().map(|(act, _)| act).collect();
    let wanted = [v1::OperatorAction::DeadLetterReplayed, v1::OperatorAction::DeadLetterDeleted];
    assert_eq!(acts, wanted);
}

/// Switches an account on or off.
async fn switch(case: &Case, account: &v1::ChannelAccount, to: v1::AccountStatus) {
    let (id, status) = (account.id.clone(), to.into());
    let update = v1::UpdateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount { id, status, ..Default::default() }),
        update_mask: crate::support::mask(&["status"]),
        ..Default::default()
    };
    ok!(case.admin.channels().update_channel_account(update));
}

/// Has the account switched off while messages come in, until one of them was kept before and is
/// taken in after; how many were kept in all, with the one there was before.
async fn caught_by_a_switch(case: &Case, account: &v1::ChannelAccount, secret: &str) -> usize {
    let mut kept = 1;
    for round in 0..ROUNDS_MAX {
        let mark = case.server.log_end();
        let posts = (0..40).map(|number| {
            let id = format!("m-{round}-{number}");
            let post = Post::new(account, secret, message(&id, "ada", "is anybody there?"));
            async move { post.send(case).await.status }
        });
        let off = switch(case, account, v1::AccountStatus::Disabled);
        let (answers, ()) = tokio::join!(futures::future::join_all(posts), off);
        kept += answers.iter().filter(|status| **status == 200).count();
        let caught = || async {
            let list = v1::ListMessagesRequest { page_size: 500, ..of_ada(case, account).await? };
            let taken = ok!(case.admin.interactions().list_messages(list)).messages.len();
            let failed = case.server.log_from(mark).contains("CHANNEL_DISABLED");
            (failed || taken == kept).then_some(failed)
        };
        if eventually("each is taken in, or fails", caught).await {
            return kept;
        }
        switch(case, account, v1::AccountStatus::Active).await;
    }
    panic!("all of {kept} messages were taken in before the account was off");
}

/// How often an account is switched off for one message to be caught by it.
const ROUNDS_MAX: usize = 10;

/// Asks for what was said to an account, once there is anything.
async fn of_ada(case: &Case, account: &v1::ChannelAccount) -> Option<v1::ListMessagesRequest> {
    let list = v1::ListInteractionsRequest::default();
    let all = ok!(case.admin.interactions().list_interactions(list)).interactions;
    let one = all.into_iter().find(|one| one.channel_account_id == account.id)?;
    let scope = v1::list_messages_request::Scope::ConversationId(one.conversation_id);
    Some(v1::ListMessagesRequest { scope: Some(scope), page_size: 500, ..Default::default() })
}

async fn a_dead_letter_is_replayed_as_if_it_came_now(case: Case) {
    let (account, secret) = case.account("http://127.0.0.1:9/in").await;
    let first = Post::new(&account, &secret, message("m1", "ada", "hello?"));
    assert_eq!(first.send(&case).await.status, 200);
    eventually("the conversation begins", || of_ada(&case, &account)).await;
    let kept = caught_by_a_switch(&case, &account, &secret).await;
    let look = || async {
        case.server.shift(120).await;
        let list = v1::ListMessagesRequest { page_size: 500, ..of_ada(&case, &account).await? };
        let taken = ok!(case.admin.interactions().list_messages(list)).messages.len();
        let letters = dead(&case).await;
        (taken + letters.len() == kept).then_some(letters)
    };
    let letters = eventually("what came in while the account was off is dead", look).await;
    assert!(!letters.is_empty());
    for letter in &letters {
        // A try is counted once more where the time that is shifted ends its lease under way.
        assert_eq!(letter.reason, "CHANNEL_DISABLED");
        assert!((8..=10).contains(&letter.attempts), "{letter:?}");
    }
    switch(&case, &account, v1::AccountStatus::Active).await;
    for letter in &letters {
        let request = v1::ReplayDeadLetterRequest { request_id: nobody(), ..replay(letter) };
        for _ in 0..2 {
            ok!(case.admin.admin().replay_dead_letter(request.clone()));
        }
    }
    let all = || async {
        let list = of_ada(&case, &account).await?;
        let said = ok!(case.admin.interactions().list_messages(list)).messages.len();
        (said >= kept).then_some(said)
    };
    assert_eq!(eventually("all is taken in", all).await, kept, "and each once");
    assert!(dead(&case).await.is_empty());
    refused!(case.admin.admin().replay_dead_letter(replay(&letters[0])), ResourceNotFound);
}

async fn lists_go_on_page_by_page(case: Case) {
    let (account, secret) = case.account("http://127.0.0.1:9/in").await;
    for _ in 0..5 {
        let answer = Post::new(&account, &secret, b"[]".to_vec()).send(&case).await;
        assert_eq!(answer.status, 200);
    }
    let all = dead_letters(&case, 5).await;
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = v1::ListDeadLettersRequest { page_size: 2, page_token };
        let page = ok!(case.admin.admin().list_dead_letters(list));
        ids.extend(page.dead_letters.into_iter().map(|letter| letter.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, all.into_iter().map(|letter| letter.id).collect::<Vec<_>>());

    let mut feeds = Vec::new();
    for _ in 0..3 {
        feeds.push(feed(&case).await);
    }
    let list = v1::ListStreamsRequest { page_size: 2, ..Default::default() };
    let first = ok!(case.admin.admin().list_streams(list));
    let page_token = first.next_page_token;
    // A page goes on although the stream that ended it is gone.
    feeds.retain(|(_, id)| first.streams.iter().all(|stream| stream.id != *id));
    let list = v1::ListStreamsRequest { page_size: 2, page_token };
    let second = ok!(case.admin.admin().list_streams(list));
    assert_eq!(second.streams.len(), 1);
    assert_eq!(second.streams[0].id, feeds[0].1);
    assert!(second.next_page_token.is_empty());

    let agent = case.agent("Bo").await;
    let one = agent.console().await;
    let two = agent.console().await;
    let list = v1::ListSessionsRequest { page_size: 1, ..Default::default() };
    let first = ok!(case.admin.admin().list_sessions(list));
    let page_token = first.next_page_token;
    let list = v1::ListSessionsRequest { page_size: 1, page_token };
    let second = ok!(case.admin.admin().list_sessions(list));
    assert!(first.sessions[0].id < second.sessions[0].id && second.next_page_token.is_empty());
    drop((one, two));

    let receiver = Receiver::start(&[Saying::Later(503, 3600)]).await;
    let interaction = thread(&case, &receiver).await;
    for number in 0..3 {
        reply(&case, &interaction, &format!("part {number}")).await;
    }
    let list = v1::ListDeliveriesRequest { page_size: 2, ..Default::default() };
    let first = ok!(case.admin.admin().list_deliveries(list));
    let page_token = first.next_page_token;
    let list = v1::ListDeliveriesRequest {
        page_size: 2,
        page_token: page_token.clone(),
        ..Default::default()
    };
    let second = ok!(case.admin.admin().list_deliveries(list));
    assert_eq!((first.deliveries.len(), second.deliveries.len()), (2, 1));
    assert!(first.deliveries[1].id > second.deliveries[0].id, "newest first");
    let other = v1::ListDeliveriesRequest { states: vec![1], page_token, ..Default::default() };
    refused!(case.admin.admin().list_deliveries(other), PageTokenInvalid);
}
