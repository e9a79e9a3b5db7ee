//! Whole lives of streams, frame by frame: the test holds the far end of every connection.

use super::*;
use crate::stream::frame::{Body, What};
use crate::stream::uplink::Answer;
use tokio::time::advance;
use tokio_stream::wrappers::ReceiverStream;
use v1::Resumption::{Live, Resumed, Snapshot};

type Frames = mpsc::Sender<Result<Frame<i64>, Status>>;

/// One opening of the stream, seen from the server.
struct Opened {
    start: Start,
    answer: oneshot::Sender<Result<Link<i64, String>, Status>>,
}

/// The server's end of one connection.
struct Far {
    start: Start,
    frames: Frames,
    up: mpsc::Receiver<String>,
}

struct Server(mpsc::Receiver<Opened>);

fn server() -> (Server, Source<i64, String>) {
    let (openings, queue) = mpsc::channel(8);
    let open: Opener<i64, String> = Box::new(move |start, _| {
        let openings = openings.clone();
        Box::pin(async move {
            let (answer, link) = oneshot::channel();
            openings.send(Opened { start, answer }).await.ok().unwrap();
            link.await.unwrap()
        })
    });
    (Server(queue), Source { open, credential: Credential::Fixed(None), trace: Box::new(|| None) })
}

impl Server {
    async fn accept(&mut self) -> Far {
        let Opened { start, answer } = self.0.recv().await.unwrap();
        let (frames, stream) = mpsc::channel(4096);
        let (sender, up) = mpsc::channel(4);
        let link = Link { frames: ReceiverStream::new(stream).boxed(), up: Some(sender) };
        answer.send(Ok(link)).ok().unwrap();
        Far { start, frames, up }
    }

    async fn refuse(&mut self, status: Status) {
        self.0.recv().await.unwrap().answer.send(Err(status)).ok().unwrap();
    }
}

impl Far {
    async fn send(&self, seq: i64, body: Body<i64>) {
        let token = format!("t{seq}");
        self.frames.send(Ok(Frame { seq, token, body })).await.unwrap();
    }

    async fn hello(&self, seq: i64, resumption: v1::Resumption) {
        let limits = v1::StreamLimits { max_pending_commands: 2, ..Default::default() };
        let hello = v1::Hello {
            resumption: resumption.into(),
            heartbeat_interval: Some(prost_types::Duration { seconds: 4, nanos: 0 }),
            limits: Some(limits),
            ..Default::default()
        };
        self.send(seq, Body::Hello(hello)).await;
    }

    async fn events(&self, seqs: std::ops::RangeInclusive<i64>) {
        for seq in seqs {
            self.send(seq, Body::Event(seq)).await;
        }
    }

    async fn goodbye(&self, reason: v1::GoodbyeReason, action: v1::GoodbyeAction) {
        let reconnect_after = Some(prost_types::Duration::default());
        let goodbye = v1::Goodbye { reason: reason.into(), action: action.into(), reconnect_after };
        self.send(0, Body::Goodbye(goodbye)).await;
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

/// A stream that is open, and the server's end of it.
async fn opened(kind: Kind, how: v1::Resumption) -> (Server, Far, Running<i64, String>) {
    let (mut server, source) = server();
    let start = if kind == Kind::Feed { Start::Seq(1) } else { Start::New };
    let running = tokio::spawn(run(kind, start, source, PATIENCE));
    let far = server.accept().await;
    far.hello(0, how).await;
    (server, far, running.await.unwrap().ok().unwrap())
}

async fn events(running: &mut Running<i64, String>, count: usize) -> Vec<i64> {
    let mut seen = Vec::new();
    while seen.len() < count {
        if let What::Event(item) = running.deliveries.recv().await.unwrap().unwrap().what {
            seen.push(item);
        }
    }
    seen
}

async fn states<T, U>(running: &Running<T, U>, count: usize) -> Vec<StreamState> {
    let mut reader = running.states.clone();
    let mut seen = Vec::new();
    for _ in 0..count {
        seen.extend(reader.changed().await);
    }
    seen
}

use StreamState::{Connected, Draining, Resuming, Resynced, Stopped};

#[tokio::test(start_paused = true)]
async fn a_cut_stream_resumes_and_delivers_once() {
    let (mut server, far, mut running) = opened(Kind::Feed, Resumed).await;
    assert_eq!(far.start, Start::Seq(1));
    far.events(1..=3).await;
    assert_eq!(events(&mut running, 3).await, [1, 2, 3]);
    drop(far);
    let far = server.accept().await;
    assert_eq!(far.start, Start::Token("t3".into()));
    far.hello(3, Resumed).await;
    far.events(2..=5).await;
    assert_eq!(events(&mut running, 2).await, [4, 5]);
    let reset = h2::Error::from(h2::Reason::INTERNAL_ERROR);
    let lost = Status::from_error(Box::new(std::io::Error::other(reset)));
    far.frames.send(Err(lost)).await.unwrap();
    let far = server.accept().await;
    assert_eq!(far.start, Start::Token("t5".into()));
    far.hello(5, Resumed).await;
    assert_eq!(states(&running, 5).await, [Connected, Resuming, Connected, Resuming, Connected]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_death_and_heartbeats_are_life() {
    let (mut server, far, running) = opened(Kind::Feed, Resumed).await;
    for _ in 0..5 {
        advance(Duration::from_secs(9)).await;
        far.send(0, Body::Heartbeat).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(running.states.current(), Connected);
    let quiet = Instant::now();
    let _again = server.accept().await;
    let waited = quiet.elapsed();
    let (least, most) = (Duration::from_secs(10), Duration::from_millis(10_300));
    assert!((least..=most).contains(&waited), "{waited:?}");
    assert_eq!(running.states.last_error().unwrap().code(), Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_says_hello_is_left() {
    let (mut server, source) = server();
    let running = tokio::spawn(run(Kind::Feed, Start::New, source, PATIENCE));
    let silent = server.accept().await;
    let second = server.accept().await;
    assert!(silent.frames.is_closed());
    second.hello(0, Live).await;
    assert!(running.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn goodbyes_are_followed_by_their_word() {
    let (mut server, far, mut running) = opened(Kind::Events, Snapshot).await;
    far.send(2, Body::SnapshotEnd).await;
    far.goodbye(v1::GoodbyeReason::ServerDrain, v1::GoodbyeAction::Resume).await;
    let far = server.accept().await;
    assert_eq!(far.start, Start::Token("t0".into()), "the newest token, that of Goodbye");
    far.hello(2, Resumed).await;
    far.goodbye(v1::GoodbyeReason::LogRewound, v1::GoodbyeAction::Resync).await;
    let far = server.accept().await;
    assert_eq!(far.start, Start::New);
    far.hello(0, Snapshot).await;
    far.send(1, Body::SnapshotEnd).await;
    far.goodbye(v1::GoodbyeReason::Replaced, v1::GoodbyeAction::Stop).await;
    let mut last = None;
    while let Some(delivery) = running.deliveries.recv().await {
        last = Some(delivery);
    }
    let error = last.unwrap().unwrap_err();
    assert_eq!(error.goodbye_reason(), Some(v1::GoodbyeReason::Replaced));
    assert_eq!(
        states(&running, 7).await,
        [Connected, Draining, Resuming, Connected, Resuming, Resynced, Stopped]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_the_answer_to_opening() {
    let (mut server, source) = server();
    let running = tokio::spawn(run(Kind::Feed, Start::New, source, PATIENCE));
    server.refuse(Status::unavailable("not yet")).await;
    server.refuse(Status::permission_denied("no")).await;
    let error = running.await.unwrap().err().unwrap();
    assert_eq!(error.code(), Code::PermissionDenied);
}

#[tokio::test(start_paused = true)]
async fn opening_has_an_end_and_tells_the_last_cause() {
    let (mut server, source) = server();
    let running = tokio::spawn(run(Kind::Feed, Start::New, source, PATIENCE));
    let refusing = tokio::spawn(async move {
        while let Some(opened) = server.0.recv().await {
            let _ = opened.answer.send(Err(Status::unavailable("down")));
        }
    });
    let began = Instant::now();
    let error = running.await.unwrap().err().unwrap();
    assert_eq!((error.code(), error.message()), (Code::Unavailable, "down"));
    assert_eq!(began.elapsed(), PATIENCE);
    // The driver ended with its owner, and so did the openings.
    refusing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_stops_the_reading_and_loses_nothing() {
    let (_server, far, mut running) = opened(Kind::Feed, Resumed).await;
    let count = (OUTBOX_MAX + DELIVERY_QUEUE + 500) as i64;
    far.events(1..=count).await;
    // Longer than the watchdog allows: who does not listen does not call it silence.
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(far.frames.max_capacity() - far.frames.capacity() >= 400, "it stopped reading");
    let expected: Vec<i64> = (1..=count).collect();
    assert_eq!(events(&mut running, expected.len()).await, expected);
    assert_eq!(running.states.current(), Connected);
}

async fn command(
    running: &Running<i64, String>,
    id: &str,
) -> oneshot::Receiver<Result<v1::CommandOk, Error>> {
    let (to, result) = oneshot::channel();
    let answer = Some(Answer { request_id: id.into(), to });
    running.commands.send(Command { frame: id.into(), answer }).await.ok().unwrap();
    result
}

fn done(id: &str) -> Body<i64> {
    let outcome =
        Some(v1::command_result::Outcome::Ok(v1::CommandOk { seq: 1, ..Default::default() }));
    Body::Result(v1::CommandResult { request_id: id.into(), outcome })
}

#[tokio::test(start_paused = true)]
async fn commands_survive_a_lost_connection_and_keep_the_limit() {
    let (mut server, mut far, running) = opened(Kind::Events, Snapshot).await;
    far.send(2, Body::SnapshotEnd).await;
    let a = command(&running, "a").await;
    let b = command(&running, "b").await;
    let c = command(&running, "c").await;
    assert_eq!(far.up.recv().await.unwrap(), "a");
    assert_eq!(far.up.recv().await.unwrap(), "b");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(far.up.try_recv().is_err(), "two may be pending");
    far.send(2, done("a")).await;
    assert!(a.await.unwrap().is_ok());
    assert_eq!(far.up.recv().await.unwrap(), "c");
    drop(far);
    let mut far = server.accept().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(far.up.try_recv().is_err(), "nothing goes up before Hello");
    far.hello(2, Resumed).await;
    assert_eq!(far.up.recv().await.unwrap(), "b");
    assert_eq!(far.up.recv().await.unwrap(), "c");
    far.send(2, done("b")).await;
    far.send(2, done("c")).await;
    assert!(b.await.unwrap().is_ok() && c.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_closed_way_up_does_not_spin_and_frames_tell_the_end() {
    let (_server, far, mut running) = opened(Kind::Feed, Resumed).await;
    let Far { frames, up, .. } = far;
    drop(up);
    let _waits = command(&running, "a").await;
    let seq = 1;
    frames.send(Ok(Frame { seq, token: String::new(), body: Body::Event(1) })).await.unwrap();
    assert_eq!(events(&mut running, 1).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn the_end_fails_who_waits_and_who_comes_later() {
    let (_server, far, running) = opened(Kind::Feed, Resumed).await;
    let waiting = command(&running, "a").await;
    far.goodbye(v1::GoodbyeReason::TenantSuspended, v1::GoodbyeAction::Stop).await;
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.goodbye_reason(), Some(v1::GoodbyeReason::TenantSuspended));
    assert!(running.commands.send(Command { frame: "b".into(), answer: None }).await.is_err());
    assert_eq!(running.states.current(), Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_leaves_closes_the_stream() {
    let (_server, far, running) = opened(Kind::Feed, Resumed).await;
    let Running { deliveries, task, .. } = running;
    drop(deliveries);
    let left = Instant::now();
    far.frames.closed().await;
    assert_eq!(left.elapsed(), Duration::ZERO, "at once, not when the watchdog bites");
    drop(task);
}

#[tokio::test(start_paused = true)]
async fn a_feed_whose_place_is_gone_goes_on_and_says_so() {
    let (mut server, far, mut running) = opened(Kind::Feed, Resumed).await;
    far.events(1..=2).await;
    assert_eq!(events(&mut running, 2).await, [1, 2]);
    drop(far);
    use tonic_types::{ErrorDetails, StatusExt};
    let facts = [("oldest_seq".to_owned(), "40".to_owned())];
    let details = ErrorDetails::with_error_info("RESUME_TOKEN_EXPIRED", "omnichannel", facts);
    server.refuse(Status::with_error_details(Code::OutOfRange, "", details)).await;
    let far = server.accept().await;
    assert_eq!(far.start, Start::Seq(40));
    far.hello(39, Resumed).await;
    far.events(40..=41).await;
    let begun = running.deliveries.recv().await.unwrap().unwrap();
    assert_eq!((begun.seq, begun.what), (39, What::Begun { again: true }));
    assert_eq!(events(&mut running, 2).await, [40, 41]);
    assert_eq!(states(&running, 3).await, [Connected, Resuming, Resynced]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_in_the_feed_is_fetched_again() {
    let (mut server, far, mut running) = opened(Kind::Feed, Resumed).await;
    far.events(1..=1).await;
    far.events(3..=4).await;
    let far = server.accept().await;
    assert_eq!(far.start, Start::Token("t1".into()));
    far.hello(1, Resumed).await;
    far.events(2..=4).await;
    assert_eq!(events(&mut running, 4).await, [1, 2, 3, 4]);
}
