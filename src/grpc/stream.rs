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
pub mod packed;
pub mod registry;
mod sender;
mod session;

pub use frame::Frame;
pub(crate) use frame::event_frame;

use super::Edge;
use super::convert::time::timestamp;
use super::status::{refuse, status};
use crate::metrics::stream_ended;
use crate::proto::v1;
use app::context::Context;
use app::live::audience::Interest;
use app::live::follow::{Follow, Step};
use domain::event::Recorded;
use domain::id::{AgentId, SessionId, TenantId};
use domain::refusal::Reason;
use ending::{End, Vigil, dismissal, farewell};
use futures::StreamExt;
use futures::stream::BoxStream;
use sender::{Place, Sender, Unsent, Waiting};
use std::sync::Arc;
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

/// How many events that are there already are sent before anything else is looked at.
const AT_ONCE: usize = 32;

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
    /// For how long events are gathered after some were sent; the first after a rest goes at once.
    const GATHER: Duration = Duration::ZERO;
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
    /// The response to an event, with its token, if it is the same for every reader who follows
    /// this generation of the log: then it is written once for all of them.
    fn shared(
        &self,
        _event: &Recorded,
        _generation: i64,
        _token: &dyn Fn() -> String,
    ) -> Option<<Self::Frame as Frame>::Response> {
        None
    }
    /// Which events it has frames for, after those it was asked about; none if any may have.
    fn interest(&self) -> Option<Interest> {
        None
    }
    /// Whether an event may have been the end of its reader's sight: they are asked about anew
    /// before anything of it is sent.
    fn may_end_sight(&self, _event: &Recorded) -> bool {
        false
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

/// The place in the log that a token of this kind names, whatever it is bound to.
fn place_of(edge: &Edge, kind: &'static str, tenant: TenantId, token: &str) -> Option<i64> {
    let bytes = edge.tokens.open(kind, tenant, token)?;
    bytes.get(8..16)?.try_into().map(i64::from_be_bytes).ok()
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
        whole: false,
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
        // Boxed: a future keeps what it was given beside what it hands on, and so holds it twice.
        let mut running = Box::new(Running { context, subject, sender, follow });
        let work = async move {
            running.run_out(hello, snapshot, resumption).await;
            // Made only now, so that it takes no room for as long as the stream lasts; so below.
            Box::pin(after()).await;
        };
        tokio::spawn(work.in_current_span());
        Response::new(Box::pin(ReceiverStream::new(out).map(|response| *response)))
    }
}

/// The service's time, by which consoles count down; it may be moved, as the machine's is not.
async fn server_time(edge: &Edge) -> Option<prost_types::Timestamp> {
    edge.app.now().await.ok().map(timestamp)
}

/// What every Hello says; whoever runs the stream adds its id and the time.
pub fn hello() -> v1::Hello {
    v1::Hello {
        heartbeat_interval: Some(prost_types::Duration {
            seconds: i64::try_from(HEARTBEAT.as_secs()).unwrap_or(0),
            nanos: 0,
        }),
        ..v1::Hello::default()
    }
}

struct Running<S: Subject> {
    context: Context,
    subject: S,
    sender: Sender<S::Frame>,
    follow: Follow,
}

/// Something was sent.
struct Sent {
    at: Instant,
    /// Until when further events are gathered; none if they are not, or some are there already.
    until: Option<Instant>,
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
        &mut self,
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
        let mut gathering: Option<Instant> = None;
        loop {
            self.follow.narrow(|| self.subject.interest());
            let soon = gathering.unwrap_or(age).min(recheck);
            let deadline = leave.unwrap_or(age).min(quiet_until).min(soon);
            let step = tokio::select! {
                step = self.follow.next(), if gathering.is_none() => Some(step),
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
            gathering = gathering.filter(|until| *until > now);
            match step {
                Some(Ok(Step::Event(event))) => match Box::pin(self.events(event)).await {
                    Ok(Some(Sent { at, until })) => {
                        (quiet_until, gathering) = (at + HEARTBEAT, until)
                    }
                    Ok(None) => {}
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
                    if let Err(unsent) = Box::pin(self.beat()).await {
                        return unsent.into();
                    }
                }
                None => {}
            }
        }
    }

    /// Breaks a silence, at the place up to which nothing of interest was missed.
    async fn beat(&mut self) -> Result<(), Unsent> {
        self.sender.seq = self.sender.seq.max(self.follow.checkpoint());
        let beat = v1::Heartbeat { server_time: server_time(&self.sender.edge).await };
        self.sender.send(S::Frame::heartbeat(beat)).await
    }

    async fn begin(
        &mut self,
        hello: v1::Hello,
        snapshot: Vec<S::Frame>,
        resumption: v1::Resumption,
    ) -> Result<(), End> {
        let count = snapshot.len();
        let hello = v1::Hello { server_time: server_time(&self.sender.edge).await, ..hello };
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
        self.sender.whole = true;
        Ok(())
    }

    /// Sends an event's frames and those of events that are there already; none if they had none.
    async fn events(&mut self, first: Arc<Recorded>) -> Result<Option<Sent>, End> {
        let (mut sent, mut last) = (self.event(&first).await?, false);
        for _ in 1..AT_ONCE {
            let Some(event) = self.follow.ready() else {
                last = self.follow.is_caught_up();
                break;
            };
            sent |= self.event(&event).await?;
        }
        let at = Instant::now();
        let gathers = last && !S::GATHER.is_zero();
        Ok(sent.then(|| Sent { at, until: gathers.then(|| at + S::GATHER) }))
    }

    /// Sends an event's frames; whether there were any. Only the last of them moves the token: a
    /// reader who lost the connection between two gets both again, and so does one who was too slow
    /// for the last, whose goodbye has the place before it.
    async fn event(&mut self, event: &Recorded) -> Result<bool, End> {
        if self.subject.may_end_sight(event) && !self.subject.may_go_on().await {
            return Err(End::Goodbye(v1::GoodbyeReason::SubjectGone));
        }
        let token = || self.sender.token_at(event.seq);
        if let Some(response) = self.subject.shared(event, self.sender.generation, &token) {
            let before = std::mem::replace(&mut self.sender.seq, event.seq);
            if let Some(late) = self.sender.put_now(Box::new(Ok(response)))?
                && let Err(unsent) = self.sender.put(late).await
            {
                self.sender.seq = before;
                return Err(unsent.into());
            }
            return Ok(true);
        }
        let mut frames = self.subject.frames(event).await.map_err(End::Failed)?;
        let last = frames.pop();
        for frame in frames {
            let frame = frame.at(event.seq, self.sender.token());
            self.sender.put(Box::new(Ok(frame))).await?;
        }
        let before = std::mem::replace(&mut self.sender.seq, event.seq);
        let Some(last) = last else { return Ok(false) };
        if let Err(unsent) = self.sender.send(last).await {
            self.sender.seq = before;
            return Err(unsent.into());
        }
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
