//! What a stream says to frames that its contract does not know or does not allow: an orderly
//! goodbye, never silence. And what many frames cost: no more than the newest of them.

use crate::support::fixture::Case;
use crate::support::frames::{Frames, command};
use crate::support::wire::Wire;
use crate::support::{nobody, soon};
use futures::{Stream, StreamExt};
use omnichannel_sdk::v1::{self, DashboardTopic as Topic, GoodbyeReason};
use prost::Message;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use v1::agent_frame::Frame as Down;
use v1::dashboard_frame::Frame as Shown;
use v1::dashboard_request::Command as Ask;
use v1::session_request::Command;

both!(
    a_session_ends_at_a_frame_it_cannot_read,
    a_session_that_is_half_closed_goes_on_listening,
    a_dashboard_ends_at_a_frame_it_does_not_allow,
    a_dashboard_shows_only_the_newest_wish,
);

const SESSION: &str = "/omnichannel.v1.AgentService/Session";
const DASHBOARD: &str = "/omnichannel.v1.AnalyticsService/Dashboard";

/// How many messages wait to go up: all of the longest test.
const UP_MAX: usize = 4096;

/// Bytes that are no message of any kind.
const NONSENSE: [u8; 8] = [0xff; 8];

fn session_open() -> v1::SessionRequest {
    let open = v1::SessionOpen { session_id: nobody(), ..Default::default() };
    command(Command::Open(open), "")
}

fn ask(command: Ask) -> Vec<u8> {
    v1::DashboardRequest { command: Some(command) }.encode_to_vec()
}

fn dashboard_open() -> Vec<u8> {
    let topics = vec![Topic::Queues.into()];
    ask(Ask::Open(v1::DashboardOpen { topics, ..Default::default() }))
}

fn update(topics: Vec<i32>) -> Vec<u8> {
    ask(Ask::Update(v1::DashboardUpdate { topics, ..Default::default() }))
}

/// A way up that stays open, and where to put messages into it.
fn way_up() -> (mpsc::Sender<Vec<u8>>, impl Stream<Item = Vec<u8>>) {
    let (sender, receiver) = mpsc::channel(UP_MAX);
    (sender, ReceiverStream::new(receiver))
}

async fn a_session_ends_at_a_frame_it_cannot_read(case: Case) {
    let agent = case.agent("Bo").await;
    let wire = Wire::new(&case.server.endpoint(), Some(&agent.key));
    let (send, up) = way_up();
    send.try_send(session_open().encode_to_vec()).unwrap();
    let mut down = wire.open(SESSION, up).await.expect("it opens");
    let presence = v1::SessionSetPresence {
        status: v1::PresenceStatus::Available.into(),
        ..Default::default()
    };
    send.try_send(command(Command::SetPresence(presence), "").encode_to_vec()).unwrap();
    send.try_send(NONSENSE.to_vec()).unwrap();
    let (mut answered, mut last) = (false, None);
    soon("the end of the session", async {
        while let Some(bytes) = down.message().await.expect("it ends in order") {
            let frame = v1::SessionResponse::decode(bytes).unwrap().frame.unwrap().frame;
            answered |= matches!(frame, Some(Down::CommandResult(_)));
            last = frame;
        }
    })
    .await;
    assert!(answered, "what was sent before is answered");
    let Some(Down::Goodbye(goodbye)) = last else { panic!("goodbye is last: {last:?}") };
    assert_eq!(goodbye.reason(), GoodbyeReason::ProtocolError);
}

async fn a_session_that_is_half_closed_goes_on_listening(case: Case) {
    let agent = case.agent("Bo").await;
    let up = futures::stream::iter([session_open()]);
    let response = agent.client.agents().session(up).await.expect("it opens");
    let mut down = Frames::of(response, |response: v1::SessionResponse| response.frame);
    let ended = |frame: v1::AgentFrame| matches!(frame.frame, Some(Down::SnapshotEnd(_)));
    down.until("the snapshot", |frame| ended(frame).then_some(())).await;
    let set = v1::SetPresenceRequest {
        status: v1::PresenceStatus::Available.into(),
        ..Default::default()
    };
    ok!(agent.client.agents().set_presence(set));
    down.until("the change of presence", |frame| match frame.frame {
        Some(Down::Event(_)) => Some(()),
        Some(Down::Goodbye(bye)) => panic!("it was ended: {bye:?}"),
        _ => None,
    })
    .await;
}

async fn a_dashboard_ends_at_a_frame_it_does_not_allow(case: Case) {
    let wire = Wire::new(&case.server.endpoint(), Some(&case.key));
    for (what, wrong) in [
        ("a second open", dashboard_open()),
        ("no such topic", update(vec![99])),
        ("no topic", update(vec![])),
        ("an empty frame", Vec::new()),
        ("nonsense", NONSENSE.to_vec()),
    ] {
        let (send, up) = way_up();
        send.try_send(dashboard_open()).unwrap();
        let mut down = wire.open(DASHBOARD, up).await.expect("it opens");
        send.try_send(wrong).unwrap();
        let mut last = None;
        soon(what, async {
            while let Some(bytes) = down.message().await.expect("it ends in order") {
                last = v1::DashboardResponse::decode(bytes).unwrap().frame.unwrap().frame;
            }
        })
        .await;
        let Some(Shown::Goodbye(goodbye)) = last else { panic!("{what}: goodbye, not {last:?}") };
        assert_eq!(goodbye.reason(), GoodbyeReason::ProtocolError, "{what}");
        assert_eq!(goodbye.action(), v1::GoodbyeAction::Stop, "{what}");
    }
}

async fn a_dashboard_shows_only_the_newest_wish(case: Case) {
    const WISHES: usize = 3000;
    let wire = Wire::new(&case.server.endpoint(), Some(&case.key));
    let (send, up) = way_up();
    send.try_send(dashboard_open()).unwrap();
    let mut down = wire.open(DASHBOARD, up).await.expect("it opens");
    let began = Instant::now();
    for _ in 1..WISHES {
        send.try_send(update(vec![Topic::Agents.into()])).unwrap();
    }
    send.try_send(update(vec![Topic::Stats.into()])).unwrap();
    let mut snapshots = 0;
    soon("the newest wish", async {
        loop {
            let next = down.next().await.expect("it goes on").expect("it goes well");
            let frame = v1::DashboardResponse::decode(next).unwrap().frame.unwrap().frame;
            let Some(Shown::Snapshot(board)) = frame else { continue };
            snapshots += 1;
            if board.stats.is_some() {
                return;
            }
        }
    })
    .await;
    let most = 3 + began.elapsed().as_millis() / 100;
    assert!(snapshots <= most, "{snapshots} snapshots, at most {most} were due");
}
