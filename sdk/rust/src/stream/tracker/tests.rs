//! Order of frames, position, duplicates and gaps.

use super::*;
use proptest::prelude::*;

fn frame(seq: i64, body: Body<i64>) -> Frame<i64> {
    Frame { seq, token: String::new(), body }
}

fn hello(resumption: v1::Resumption) -> Frame<i64> {
    let hello = v1::Hello { resumption: resumption.into(), ..Default::default() };
    frame(0, Body::Hello(hello))
}

fn event(seq: i64) -> Frame<i64> {
    Frame { seq, token: format!("t{seq}"), body: Body::Event(seq) }
}

fn events(outcome: Outcome<i64>) -> Vec<i64> {
    match outcome {
        Outcome::Deliver(Delivered { what: What::Event(item), .. }) => vec![item],
        _ => vec![],
    }
}

/// Applies frames on one connection; answers the events delivered.
fn connection(tracker: &mut Tracker, frames: Vec<Frame<i64>>) -> Result<Vec<i64>, Fault> {
    tracker.connect();
    let mut seen = Vec::new();
    for frame in frames {
        seen.extend(events(tracker.apply(frame)?));
    }
    Ok(seen)
}

use v1::Resumption::{Live, Resumed, Snapshot};

#[test]
fn a_session_begins_with_a_snapshot_and_resumes_after_it() {
    let mut tracker = Tracker::new(Kind::Events, Start::New);
    assert_eq!(tracker.start(), Start::New);
    let snapshot = vec![
        hello(Snapshot),
        frame(0, Body::Snapshot(1)),
        Frame { seq: 5, token: "t5".into(), body: Body::SnapshotEnd },
        event(5),
        event(6),
    ];
    assert_eq!(connection(&mut tracker, snapshot), Ok(vec![6]));
    assert_eq!(tracker.start(), Start::Token("t6".into()));
    let resumed = vec![hello(Resumed), event(5), event(6), event(9)];
    assert_eq!(connection(&mut tracker, resumed), Ok(vec![9]));
    assert_eq!(tracker.start(), Start::Token("t9".into()));
}

/// One of two frames of an event; only the last moves the token.
fn parts(seq: i64) -> [Frame<i64>; 2] {
    [frame(seq, Body::Event(seq)), event(seq)]
}

#[test]
fn frames_of_one_event_are_each_delivered_once() {
    let mut tracker = Tracker::new(Kind::Events, Start::New);
    let snapshot =
        vec![hello(Snapshot), Frame { seq: 5, token: "t5".into(), body: Body::SnapshotEnd }];
    let [first, second] = parts(6);
    let all = snapshot.into_iter().chain([first, second]).collect();
    assert_eq!(connection(&mut tracker, all), Ok(vec![6, 6]));
    // Cut between the two: the token is still before both, and both come again.
    let [first, _] = parts(7);
    assert_eq!(connection(&mut tracker, vec![hello(Resumed), first]), Ok(vec![7]));
    assert_eq!(tracker.start(), Start::Token("t6".into()));
    let [first, second] = parts(7);
    let again = vec![hello(Resumed), event(6), first, second, event(8)];
    assert_eq!(connection(&mut tracker, again), Ok(vec![7, 8]));
    // A heartbeat says that nothing at its sequence will follow.
    let beat = frame(8, Body::Heartbeat);
    assert_eq!(connection(&mut tracker, vec![hello(Resumed), beat, event(8)]), Ok(vec![]));
}

#[test]
fn a_snapshot_voids_what_was_known_and_a_cut_one_begins_anew() {
    let mut tracker = Tracker::new(Kind::Events, Start::Token("old".into()));
    connection(&mut tracker, vec![hello(Resumed), event(90)]).unwrap();
    connection(&mut tracker, vec![hello(Snapshot), frame(0, Body::Snapshot(1))]).unwrap();
    assert_eq!(tracker.start(), Start::New);
    let rewound = vec![
        hello(Snapshot),
        Frame { seq: 3, token: "t3".into(), body: Body::SnapshotEnd },
        event(4),
    ];
    assert_eq!(connection(&mut tracker, rewound), Ok(vec![4]), "sequences may begin lower");
}

#[test]
fn beginnings_are_told_apart() {
    let begun = |tracker: &mut Tracker, resumption| {
        tracker.connect();
        match tracker.apply(hello(resumption)).unwrap() {
            Outcome::Opened { delivered, .. } => delivered.map(|delivered| delivered.what),
            other => panic!("{other:?}"),
        }
    };
    let mut fresh = Tracker::new(Kind::Feed, Start::New);
    assert_eq!(begun(&mut fresh, Live), Some(What::Begun { again: false }));
    assert_eq!(begun(&mut fresh, Live), Some(What::Begun { again: true }));
    assert_eq!(begun(&mut fresh, Resumed), None);
    let mut asked = Tracker::new(Kind::Feed, Start::Seq(10));
    assert_eq!(begun(&mut asked, Live), Some(What::Begun { again: true }));
    let mut skipping = Tracker::new(Kind::Feed, Start::Seq(10));
    assert_eq!(begun(&mut skipping, Resumed), None);
    skipping.skip_to(50);
    assert_eq!(skipping.start(), Start::Seq(50));
    assert_eq!(begun(&mut skipping, Resumed), Some(What::Begun { again: true }));
    assert_eq!(begun(&mut skipping, Resumed), None);
}

#[test]
fn the_feed_has_no_gaps() {
    let mut tracker = Tracker::new(Kind::Feed, Start::Seq(10));
    assert_eq!(tracker.start(), Start::Seq(10));
    let missing = connection(&mut tracker, vec![hello(Resumed), event(11)]);
    assert_eq!(missing, Err(Fault::Gap { last: 9, got: 11 }));
    assert_eq!(tracker.start(), Start::Seq(10), "the position stays before the gap");
    let good = vec![hello(Resumed), event(10), event(11), frame(11, Body::Heartbeat)];
    assert_eq!(connection(&mut tracker, good), Ok(vec![10, 11]));
    assert_eq!(tracker.start(), Start::Token("t11".into()));
    let ahead = connection(&mut tracker, vec![hello(Resumed), frame(12, Body::Heartbeat)]);
    assert_eq!(ahead, Err(Fault::Gap { last: 11, got: 12 }));
    tracker.forget_token();
    assert_eq!(tracker.start(), Start::Seq(12));
    tracker.forget();
    assert_eq!(tracker.start(), Start::New);
}

#[test]
fn a_live_feed_finds_its_place_by_its_first_frames() {
    let mut tracker = Tracker::new(Kind::Feed, Start::New);
    let first = vec![hello(Live), frame(7, Body::Heartbeat), event(8)];
    assert_eq!(connection(&mut tracker, first), Ok(vec![8]));
    let mut tracker = Tracker::new(Kind::Feed, Start::New);
    let mut greeting = hello(Live);
    greeting.token = "t0".into();
    connection(&mut tracker, vec![greeting]).unwrap();
    assert_eq!(tracker.start(), Start::Token("t0".into()), "the token of Hello counts");
}

#[test]
fn a_heartbeat_is_a_checkpoint() {
    let mut tracker = Tracker::new(Kind::Events, Start::Token("t".into()));
    let beat = Frame { seq: 20, token: "t20".into(), body: Body::Heartbeat };
    let frames = vec![hello(Resumed), beat, event(19), event(20), event(21)];
    assert_eq!(connection(&mut tracker, frames), Ok(vec![21]));
}

#[test]
fn a_state_shows_every_change_and_takes_new_snapshots() {
    let mut tracker = Tracker::new(Kind::State, Start::New);
    let plain = |seq| frame(seq, Body::Event(seq));
    let frames = vec![
        hello(Snapshot),
        frame(5, Body::Snapshot(0)),
        frame(5, Body::SnapshotEnd),
        plain(5),
        plain(6),
        plain(6),
        frame(6, Body::Snapshot(0)),
        frame(6, Body::SnapshotEnd),
        plain(7),
    ];
    assert_eq!(connection(&mut tracker, frames), Ok(vec![5, 6, 6, 7]));
    assert_eq!(tracker.start(), Start::New, "a state has no position");
}

#[test]
fn frames_out_of_order_are_faults() {
    let end = || frame(0, Body::SnapshotEnd);
    let goodbye = || frame(0, Body::Goodbye(v1::Goodbye::default()));
    let cases: Vec<(Vec<Frame<i64>>, Fault)> = vec![
        (vec![event(1)], Fault::NoHello),
        (vec![frame(0, Body::Unknown)], Fault::NoHello),
        (vec![goodbye()], Fault::NoHello),
        (vec![hello(Snapshot), hello(Snapshot)], Fault::SecondHello),
        (vec![hello(Live)], Fault::Resumption),
        (vec![hello(v1::Resumption::Unspecified)], Fault::Resumption),
        (vec![hello(Snapshot), event(1)], Fault::EventInSnapshot),
        (vec![hello(Snapshot), end(), end()], Fault::Snapshot),
        (vec![hello(Resumed), frame(0, Body::Snapshot(1))], Fault::Snapshot),
        (vec![hello(Resumed), goodbye(), event(1)], Fault::AfterGoodbye),
        (vec![hello(Resumed), goodbye(), goodbye()], Fault::AfterGoodbye),
    ];
    for (frames, fault) in cases {
        let text = format!("{frames:?}");
        let mut tracker = Tracker::new(Kind::Events, Start::New);
        assert_eq!(connection(&mut tracker, frames), Err(fault), "{text}");
    }
    let mut feed = Tracker::new(Kind::Feed, Start::New);
    assert_eq!(connection(&mut feed, vec![hello(Snapshot)]), Err(Fault::Resumption));
    let unknown = vec![hello(Resumed), frame(0, Body::Unknown), event(1)];
    let mut tracker = Tracker::new(Kind::Events, Start::New);
    assert_eq!(connection(&mut tracker, unknown), Ok(vec![1]), "unknown kinds are passed over");
}

proptest! {
    /// Whatever is cut and delivered again, the reader of the feed sees every event once, in order.
    #[test]
    fn a_feed_cut_anywhere_is_delivered_once(
        cuts in prop::collection::vec((0_i64..4, 0_i64..8), 1..20)
    ) {
        let mut tracker = Tracker::new(Kind::Feed, Start::Seq(1));
        let mut seen = Vec::new();
        for (again, more) in cuts {
            let next = match tracker.start() {
                Start::Seq(seq) => seq,
                Start::Token(token) => token[1..].parse::<i64>().unwrap() + 1,
                Start::New => panic!("the feed lost its place"),
            };
            let mut frames = vec![hello(Resumed)];
            frames.extend(((next - again).max(1)..next + more).map(event));
            seen.extend(connection(&mut tracker, frames).unwrap());
        }
        let expected: Vec<i64> = (1..=seen.len() as i64).collect();
        prop_assert_eq!(seen, expected);
    }
}
