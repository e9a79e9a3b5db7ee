//! How frames become boards, and how a reader meets them.

use super::*;
use crate::stream::state::StateWriter;

fn at(seq: i64, what: What<Piece>) -> Delivered<Piece> {
    Delivered { seq, token: String::new(), what }
}

fn queues(ids: &[&str]) -> Vec<v1::QueueStats> {
    let queue = |id: &&str| v1::QueueStats { queue_id: (*id).into(), ..Default::default() };
    ids.iter().map(queue).collect()
}

fn whole(ids: &[&str]) -> Piece {
    Piece::Whole(Box::new(v1::Board { queues: queues(ids), ..Default::default() }))
}

fn delta(ids: &[&str]) -> Piece {
    Piece::Delta(Box::new(v1::BoardDelta { queues: queues(ids), ..Default::default() }))
}

fn dashboard() -> (mpsc::Sender<Result<Delivered<Piece>, Error>>, Dashboard) {
    let (sender, deliveries) = mpsc::channel(8);
    let (writer, view) = watch::channel(View::default());
    let dashboard = Dashboard {
        view,
        seen: 0,
        over: false,
        shown: Arc::default(),
        commands: mpsc::channel(1).0,
        states: StateWriter::new().1,
        _stream: Task::spawn(async {}),
        _fold: Task::spawn(fold(deliveries, writer)),
    };
    (sender, dashboard)
}

#[tokio::test(start_paused = true)]
async fn a_reader_sees_the_newest_board_and_then_the_end() {
    let (sender, mut dashboard) = dashboard();
    assert_eq!(dashboard.current(), LiveBoard::default());
    for what in [What::Begun { again: false }, What::Snapshot(whole(&["a"])), What::SnapshotEnd] {
        sender.send(Ok(at(5, what))).await.unwrap();
    }
    let first = dashboard.next().await.unwrap().unwrap();
    assert_eq!((first.seq, first.board.queues.len()), (5, 1));
    sender.send(Ok(at(6, What::Event(delta(&["b"]))))).await.unwrap();
    sender.send(Ok(at(7, What::Event(delta(&["c"]))))).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = dashboard.next().await.unwrap().unwrap();
    assert_eq!((second.seq, second.board.queues.len()), (7, 3), "boards in between are skipped");
    assert_eq!(first.board.queues.len(), 1, "a board once read does not change");
    sender.send(Err(Error::local(Code::PermissionDenied, "no more"))).await.unwrap();
    let error = dashboard.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    assert!(dashboard.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_new_snapshot_replaces_the_board() {
    let (sender, mut dashboard) = dashboard();
    for (seq, piece) in [(1, whole(&["a", "b"])), (2, whole(&["c"]))] {
        sender.send(Ok(at(seq, What::Snapshot(piece)))).await.unwrap();
        sender.send(Ok(at(seq, What::SnapshotEnd))).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(dashboard.next().await.unwrap().unwrap().board.queues, queues(&["c"]));
}

#[test]
fn frames_are_taken_apart() {
    let response = |frame| v1::DashboardResponse {
        frame: Some(v1::DashboardFrame { frame: Some(frame), seq: 3 }),
    };
    let taken = frame(response(dashboard_frame::Frame::Snapshot(v1::Board::default())));
    assert!(matches!(taken.body, Body::Snapshot(Piece::Whole(_))) && taken.seq == 3);
    let taken = frame(response(dashboard_frame::Frame::Delta(v1::BoardDelta::default())));
    assert!(matches!(taken.body, Body::Event(Piece::Delta(_))));
    assert!(matches!(frame(v1::DashboardResponse::default()).body, Body::Unknown));
}
