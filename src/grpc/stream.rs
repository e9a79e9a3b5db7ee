//! Streams that are held for hours. Every one begins with Hello and ends with Goodbye, carries a
//! resume token on every frame, and says Heartbeat after a silence. This file is the pump that all
//! event streams share; what a stream is about, its [`Subject`], is a file below.
//!
//! Promise: events come in the order of the log, each once on a stream; a reader too slow for them
//! is told goodbye and continues from its token, and nothing is kept for it without bound.

pub mod board;
pub mod desk;
mod ending;
pub mod feed;
mod frame;
pub mod interaction;
pub mod registry;
mod session;

pub use frame::Frame;
pub(crate) use frame::event_frame;

use super::Edge;
use super::status::{refuse, status};
use crate::metrics::stream_ended;
use crate::proto::v1;
use app::context::{Context, short_hash};
use app::live::audience::Interest;
use app::live::follow::{Follow, Step};
use domain::event::Recorded;
use domain::id::{AgentId, SessionId, TenantId};
use domain::refusal::Reason;
use ending::{End, Vigil, dismissal, farewell};
use futures::StreamExt;
use futures::stream::BoxStream;
use registry::Entry;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};
use tracing::Instrument;
use uuid::Uuid;

/// After how long a silence a heartbeat is sent.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many frames wait for a reader.
const BACKLOG: usize = 256;

/// How long a full backlog is waited for before the reader counts as too slow.
const SLOW: Duration = Duration::from_secs(5);

/// How long a stream lives at most, give or take a fifth.
const AGE: Duration = Duration::from_secs(45 * 60);

/// How often it is asked whether what the stream is about may still be read.
const RECHECK: Duration = Duration::from_secs(20);

/// Over how long goodbyes are spread at most when the server shuts down.
const DRAIN_SPREAD: Duration = Duration::from_secs(8);

/// Over how long goodbyes are spread if streams are given this time to end. What is left of it is
/// for those who read slowly.
#[must_use]
pub fn drain_spread(streams: Duration) -> Duration {
    DRAIN_SPREAD.min(streams.mul_f64(2.0 / 3.0))
}

/// What a stream's response is.
pub type Frames<R> = BoxStream<'static, Result<R, Status>>;

/// A state's frames, and the place in the log it stands at.
pub type Snapshot<F> = (Vec<F>, i64);

/// What an event stream is about.
pub trait Subject: Send + Sync + 'static {
    /// Its frames.
    type Frame: Frame;
    /// The kind of its tokens.
    const KIND: &'static str;
    /// What its tokens are bound to beside the tenant, such as the id it is about.
    fn key(&self) -> Vec<u8>;
    /// The state to begin with and the place in the log it stands at; none if it only has events.
    fn snapshot(
        &mut self,
    ) -> impl Future<Output = Result<Option<Snapshot<Self::Frame>>, Status>> + Send;
    /// Takes the state that a resumed stream needs to understand events after `seq`.
    fn resume(&mut self, seq: i64) -> impl Future<Output = Result<(), Status>> + Send;
    /// The frames of an event; most events have none for most streams.
    fn frames(
        &mut self,
        event: &Recorded,
    ) -> impl Future<Output = Result<Vec<Self::Frame>, Status>> + Send;
    /// Which events it has frames for, after those it was asked about; none if any may have.
    fn interest(&self) -> Option<Interest> {
        None
    }
    /// Whether its reader may still read it, as far as that depends on more than their credential.
    fn may_go_on(&self) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }
    /// The desk it shows, and the session it is shown by; none for other streams.
    fn desk(&self) -> Option<(AgentId, SessionId)> {
        None
    }
    /// Waits for a reason to end the stream that is no event of the log.
    fn ended(&self) -> impl Future<Output = v1::GoodbyeReason> + Send {
        std::future::pending()
    }
}

/// Where a stream begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With a token, or a snapshot if that is empty.
    Token(String),
    /// At an event of the log.
    Seq(i64),
    /// With what happens from now on.
    Now,
}

struct Place {
    generation: i64,
    seq: i64,
}

impl Place {
    fn pack(&self, key: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&short_hash(&[key]));
        bytes
    }

    fn unpack(bytes: &[u8], key: &[u8]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk::<8>()?;
        let (seq, bound) = rest.split_first_chunk::<8>()?;
        (bound == short_hash(&[key])).then(|| Self {
            generation: i64::from_be_bytes(*generation),
            seq: i64::from_be_bytes(*seq),
        })
    }
}

/// The place in the log that a token of this kind names, whatever it is bound to.
fn place_of(edge: &Edge, kind: &'static str, tenant: TenantId, token: &str) -> Option<i64> {
    let bytes = edge.tokens.open(kind, tenant, token)?;
    bytes.get(8..16)?.try_into().map(i64::from_be_bytes).ok()
}

/// What waits for a reader. Boxed: a channel keeps room for many at once, and most of the time
/// nothing waits.
type Waiting<R> = Box<Result<R, Status>>;

/// Sends frames to one reader, and keeps room for the goodbye.
struct Sender<F: Frame> {
    frames: mpsc::Sender<Waiting<F::Response>>,
    farewell: Option<mpsc::OwnedPermit<Waiting<F::Response>>>,
    edge: Edge,
    tenant: TenantId,
    kind: &'static str,
    key: Vec<u8>,
    entry: Entry,
    generation: i64,
    seq: i64,
}

/// The reader is gone, or too slow.
enum Unsent {
    Gone,
    Slow,
}

impl<F: Frame> Sender<F> {
    fn token(&self) -> String {
        let place = Place { generation: self.generation, seq: self.seq };
        self.edge.tokens.seal(self.kind, self.tenant, &place.pack(&self.key))
    }

    async fn send(&self, frame: F) -> Result<(), Unsent> {
        self.put(Box::new(Ok(frame.at(self.seq, self.token())))).await
    }

    /// Sends a frame after which the stream cannot be resumed.
    async fn send_bare(&self, frame: F) -> Result<(), Unsent> {
        self.put(Box::new(Ok(frame.at(self.seq, String::new())))).await
    }

    async fn put(&self, response: Waiting<F::Response>) -> Result<(), Unsent> {
        match self.frames.send_timeout(response, SLOW).await {
            Ok(()) => {
                self.entry.sent(self.seq);
                Ok(())
            }
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(Unsent::Slow),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Unsent::Gone),
        }
    }

    fn goodbye(&mut self, bye: v1::Goodbye) {
        let frame = F::goodbye(bye).at(self.seq, self.token());
        if let Some(room) = self.farewell.take() {
            room.send(Box::new(Ok(frame)));
        }
    }

    fn fail(&mut self, status: Status) {
        if let Some(room) = self.farewell.take() {
            room.send(Box::new(Err(status)));
        }
    }
}

/// A number between 0 and 1 that differs from stream to stream.
fn chance() -> f64 {
    (Uuid::new_v4().as_u128() % 10_000) as f64 / 10_000.0
}

/// Opens an event stream. Whatever is wrong with the start is refused before it begins.
///
/// # Errors
/// `RESUME_TOKEN_INVALID`, `RESUME_TOKEN_EXPIRED`.
pub async fn open<S: Subject>(
    edge: &Edge,
    context: &Context,
    mut subject: S,
    start: Start,
) -> Result<Pump<S>, Status> {
    let tenant = context.caller.tenant;
    let reader = edge.app.read(context);
    let head = reader.head().await.map_err(|e| status(e.into()))?;
    let head = head.ok_or_else(|| refuse(Reason::ServiceUnavailable))?;
    let key = subject.key();
    let asked = match &start {
        Start::Token(text) if !text.is_empty() => {
            let place = edge.tokens.open(S::KIND, tenant, text);
            let place = place.and_then(|bytes| Place::unpack(&bytes, &key));
            Some(place.ok_or_else(|| refuse(Reason::ResumeTokenInvalid))?)
        }
        Start::Seq(seq) => Some(Place { generation: head.generation, seq: seq - 1 }),
        _ => None,
    };
    let held = asked.filter(|place| place.generation == head.generation && place.seq <= head.seq);
    let wanted = !matches!(&start, Start::Now) && start != Start::Token(String::new());
    let (resumption, snapshot, seq) = match held {
        Some(place) => {
            subject.resume(place.seq).await?;
            (v1::Resumption::Resumed, Vec::new(), place.seq)
        }
        None => match subject.snapshot().await? {
            Some((frames, seq)) => (v1::Resumption::Snapshot, frames, seq),
            None if wanted => return Err(refuse(Reason::ResumeTokenExpired)),
            None => (v1::Resumption::Live, Vec::new(), head.seq),
        },
    };
    let (frames, out) = mpsc::channel(BACKLOG);
    let farewell = frames.clone().reserve_owned().await.ok();
    let entry = edge.streams.enter(context, subject.desk(), &frames);
    let sender = Sender {
        frames,
        farewell,
        entry,
        edge: edge.clone(),
        tenant,
        kind: S::KIND,
        key,
        generation: head.generation,
        seq,
    };
    let follow = edge.app.follow(tenant, seq);
    Ok(Pump { context: context.clone(), subject, sender, follow, resumption, snapshot, out })
}

/// An opened stream, before it runs.
pub struct Pump<S: Subject> {
    context: Context,
    subject: S,
    sender: Sender<S::Frame>,
    follow: Follow,
    resumption: v1::Resumption,
    snapshot: Vec<S::Frame>,
    out: mpsc::Receiver<Waiting<<S::Frame as Frame>::Response>>,
}

impl<S: Subject> Pump<S> {
    /// Another way to put frames into the stream, for answers to commands. It does not keep the
    /// stream open.
    fn side(&self) -> mpsc::WeakSender<Waiting<<S::Frame as Frame>::Response>> {
        self.sender.frames.downgrade()
    }

    /// Runs the stream until its reader goes, or it has to end; `after` runs when it has.
    pub fn run<A>(
        self,
        hello: v1::Hello,
        after: impl FnOnce() -> A + Send + 'static,
    ) -> Response<Frames<<S::Frame as Frame>::Response>>
    where
        A: Future<Output = ()> + Send,
    {
        let Pump { context, subject, sender, follow, resumption, snapshot, out } = self;
        let stream_id = sender.entry.id().to_string();
        let hello = v1::Hello { resumption: resumption.into(), stream_id, ..hello };
        let running = Running { context, subject, sender, follow };
        let work = async move {
            running.run_out(hello, snapshot, resumption).await;
            // Made only now, so that it takes no room for as long as the stream lasts; so below.
            Box::pin(after()).await;
        };
        tokio::spawn(work.in_current_span());
        Response::new(Box::pin(ReceiverStream::new(out).map(|response| *response)))
    }
}

/// What every Hello says; whoever runs the stream adds its id.
pub fn hello() -> v1::Hello {
    v1::Hello {
        heartbeat_interval: Some(prost_types::Duration {
            seconds: i64::try_from(HEARTBEAT.as_secs()).unwrap_or(0),
            nanos: 0,
        }),
        server_time: Some(std::time::SystemTime::now().into()),
        ..v1::Hello::default()
    }
}

struct Running<S: Subject> {
    context: Context,
    subject: S,
    sender: Sender<S::Frame>,
    follow: Follow,
}

impl From<Unsent> for End {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Gone => End::Gone,
            Unsent::Slow => End::Goodbye(v1::GoodbyeReason::SlowConsumer),
        }
    }
}

impl<S: Subject> Running<S> {
    async fn run_out(
        mut self,
        hello: v1::Hello,
        snapshot: Vec<S::Frame>,
        resumption: v1::Resumption,
    ) {
        let end = self.pump(hello, snapshot, resumption).await;
        stream_ended(S::KIND, end.name());
        match end {
            End::Gone => {}
            End::Goodbye(reason) => self.sender.goodbye(farewell(reason)),
            End::Dismissed(action) => self.sender.goodbye(dismissal(action)),
            End::Failed(status) => self.sender.fail(status),
        }
    }

    async fn pump(
        &mut self,
        hello: v1::Hello,
        snapshot: Vec<S::Frame>,
        resumption: v1::Resumption,
    ) -> End {
        if let Err(end) = Box::pin(self.begin(hello, snapshot, resumption)).await {
            return end;
        }
        let age = Instant::now() + AGE.mul_f64(0.8 + 0.4 * chance());
        let mut recheck = Instant::now() + RECHECK;
        let mut vigil = Vigil::over(&self.sender.edge, self.context.caller);
        let mut draining = self.sender.edge.draining.clone();
        let mut leave = None;
        let mut quiet_until = Instant::now() + HEARTBEAT;
        loop {
            self.follow.narrow(|| self.subject.interest());
            let deadline = leave.unwrap_or(age).min(quiet_until).min(recheck);
            let step = tokio::select! {
                step = self.follow.next() => Some(step),
                () = self.sender.frames.closed() => return End::Gone,
                () = changed(&mut draining), if leave.is_none() => {
                    leave = Some(Instant::now() + self.sender.edge.drain_spread.mul_f64(chance()));
                    None
                }
                reason = self.subject.ended() => return End::Goodbye(reason),
                () = vigil.due() => match Box::pin(vigil.ask()).await {
                    Some(reason) => return End::Goodbye(reason),
                    None => None,
                },
                action = self.sender.entry.closed() => return End::Dismissed(action),
                () = sleep_until(deadline) => None,
            };
            let now = Instant::now();
            match step {
                Some(Ok(Step::Event(event))) => match Box::pin(self.event(&event)).await {
                    Ok(true) => quiet_until = Instant::now() + HEARTBEAT,
                    Ok(false) => {}
                    Err(end) => return end,
                },
                Some(Ok(Step::Rewound)) => {
                    return End::Goodbye(v1::GoodbyeReason::LogRewound);
                }
                Some(Err(error)) => return End::Failed(status(error)),
                None if leave.is_some_and(|at| at <= now) => {
                    return End::Goodbye(v1::GoodbyeReason::ServerDrain);
                }
                None if age <= now => return End::Goodbye(v1::GoodbyeReason::MaxAge),
                None if recheck <= now => {
                    recheck = now + RECHECK;
                    if !Box::pin(self.subject.may_go_on()).await {
                        return End::Goodbye(v1::GoodbyeReason::SubjectGone);
                    }
                }
                None if quiet_until <= now => {
                    quiet_until = now + HEARTBEAT;
                    self.sender.seq = self.sender.seq.max(self.follow.checkpoint());
                    let beat =
                        v1::Heartbeat { server_time: Some(std::time::SystemTime::now().into()) };
                    if let Err(unsent) = self.sender.send(S::Frame::heartbeat(beat)).await {
                        return unsent.into();
                    }
                }
                None => {}
            }
        }
    }

    async fn begin(
        &mut self,
        hello: v1::Hello,
        snapshot: Vec<S::Frame>,
        resumption: v1::Resumption,
    ) -> Result<(), End> {
        let count = snapshot.len();
        if resumption == v1::Resumption::Snapshot {
            // Until the snapshot is whole its token would skip what was not shown yet: there is
            // none.
            self.sender.send_bare(S::Frame::hello(hello)).await?;
        } else {
            self.sender.send(S::Frame::hello(hello)).await?;
        }
        for frame in snapshot {
            self.sender.send_bare(frame).await?;
        }
        if resumption == v1::Resumption::Snapshot {
            let item_count = i32::try_from(count).unwrap_or(i32::MAX);
            let end = S::Frame::snapshot_end(v1::SnapshotEnd { item_count });
            if let Some(end) = end {
                self.sender.send(end).await?;
            }
        }
        Ok(())
    }

    /// Sends an event's frames; whether there were any. Only the last of them moves the token: a
    /// reader who lost the connection between two gets both again.
    async fn event(&mut self, event: &Recorded) -> Result<bool, End> {
        let mut frames = self.subject.frames(event).await.map_err(End::Failed)?;
        let last = frames.pop();
        for frame in frames {
            let frame = frame.at(event.seq, self.sender.token());
            self.sender.put(Box::new(Ok(frame))).await?;
        }
        self.sender.seq = event.seq;
        let Some(last) = last else { return Ok(false) };
        self.sender.send(last).await?;
        Ok(true)
    }
}

/// Waits until the server begins to shut down.
pub(super) async fn changed(draining: &mut watch::Receiver<bool>) {
    if draining.wait_for(|draining| *draining).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Sends with patience for a reader, outside of a pump.
pub(super) async fn patiently<T: Send>(out: &mpsc::Sender<T>, item: T) -> bool {
    matches!(timeout(SLOW, out.send(item)).await, Ok(Ok(())))
}
