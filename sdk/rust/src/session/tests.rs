//! How frames become updates, and what commands do when nobody answers.

use super::*;

fn response(frame: agent_frame::Frame) -> v1::SessionResponse {
    let frame = Some(frame);
    let resume_token = "t".to_owned();
    v1::SessionResponse { frame: Some(v1::AgentFrame { frame, seq: 4, resume_token }) }
}

fn change(event: Option<agent_event::Event>) -> AgentChange {
    let event = v1::AgentEvent { id: "e".into(), time: Some(Timestamp::default()), event };
    let taken = frame(response(agent_frame::Frame::Event(event)));
    assert_eq!((taken.seq, taken.token.as_str()), (4, "t"));
    let Body::Event(piece) = taken.body else { panic!("{:?}", taken.body) };
    let update = update(Delivered { seq: 4, token: "t".into(), what: What::Event(piece) });
    assert_eq!((update.seq, update.event_id.as_str(), update.time.is_some()), (4, "e", true));
    update.change
}

#[test]
fn every_event_has_its_change() {
    use AgentChange as To;
    use agent_event::Event;
    let cases = [
        (Event::Offered(v1::OfferedWork::default()), To::Offered(Box::default())),
        (Event::OfferEnded(v1::Offer::default()), To::OfferEnded(Box::default())),
        (Event::Consulting(v1::OfferedWork::default()), To::Consulting(Box::default())),
        (Event::Assigned(v1::Interaction::default()), To::Assigned(Box::default())),
        (
            Event::Unassigned(v1::UnassignedWork::default()),
            To::Unassigned(v1::UnassignedWork::default()),
        ),
        (Event::Message(v1::Message::default()), To::Message(Box::default())),
        (
            Event::InteractionChanged(v1::Interaction::default()),
            To::InteractionChanged(Box::default()),
        ),
        (
            Event::PresenceChanged(v1::Presence::default()),
            To::PresenceChanged(v1::Presence::default()),
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(change(Some(event)), expected);
    }
    assert_eq!(change(None), AgentChange::Unknown);
}

#[test]
fn every_piece_of_a_snapshot_has_its_change() {
    use AgentChange as To;
    use agent_snapshot::Item;
    let cases = [
        (
            Some(Item::Presence(v1::Presence::default())),
            To::SnapshotPresence(v1::Presence::default()),
        ),
        (Some(Item::Offered(v1::OfferedWork::default())), To::SnapshotOffered(Box::default())),
        (Some(Item::Assigned(v1::Interaction::default())), To::SnapshotAssigned(Box::default())),
        (
            Some(Item::Consulting(v1::OfferedWork::default())),
            To::SnapshotConsulting(Box::default()),
        ),
        (None, To::Unknown),
    ];
    for (item, expected) in cases {
        let snapshot = agent_frame::Frame::Snapshot(v1::AgentSnapshot { item });
        let Body::Snapshot(piece) = frame(response(snapshot)).body else { panic!("no snapshot") };
        assert_eq!(piece.change, expected);
    }
    let bare = |what| update(Delivered { seq: 1, token: String::new(), what }).change;
    assert_eq!(bare(What::Begun { again: false }), To::SnapshotBegun);
    assert_eq!(bare(What::SnapshotEnd), To::SnapshotEnd);
    assert!(matches!(frame(v1::SessionResponse::default()).body, Body::Unknown));
}

#[test]
fn the_session_opens_under_one_identifier() {
    let options = SessionOptions {
        agent_id: Some("agent".into()),
        max_open_offers: 3,
        ..SessionOptions::default()
    };
    for (start, token) in [(Start::New, ""), (Start::Token("t".into()), "t")] {
        let request = opening(&options, start);
        let Some(session_request::Command::Open(open)) = request.command else {
            panic!("not an opening")
        };
        assert_eq!(open.session_id, options.session_id);
        assert_eq!((open.agent_id.as_str(), open.max_open_offers), ("agent", 3));
        assert_eq!(open.resume_token, token);
    }
    assert_ne!(SessionOptions::default().session_id, options.session_id);
}

/// Commands of a session that is over.
pub(crate) fn commands() -> AgentCommands {
    AgentCommands { up: mpsc::channel(1).0, timeout: Duration::from_secs(10) }
}

#[tokio::test(start_paused = true)]
async fn a_command_carries_an_identifier_and_waits_only_so_long() {
    let (up, mut sent) = mpsc::channel(1);
    let commands = AgentCommands { up, timeout: Duration::from_secs(10) };
    let accepting = commands.accept("offer");
    let answering = async {
        let Command { frame, answer } = sent.recv().await.unwrap();
        let answer = answer.unwrap();
        assert!(!frame.request_id.is_empty() && frame.request_id == answer.request_id);
        answer.to.send(Ok(v1::CommandOk { seq: 3, ..Default::default() })).unwrap();
        sent
    };
    let (accepted, mut sent) = futures::join!(accepting, answering);
    assert_eq!(accepted.unwrap().seq, 3);
    let unanswered = commands.decline("offer", "busy").await.unwrap_err();
    assert_eq!(unanswered.code(), Code::DeadlineExceeded);
    commands.ack(4).await.ok();
    sent.close();
    drop(sent);
    let error = commands.accept("offer").await.unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
    assert_eq!(commands.ack(1).await.unwrap_err().code(), Code::Cancelled);
}
