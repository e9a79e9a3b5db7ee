//! The dashboard: a state stream. Only the newest value matters: a snapshot, then what is
//! different, at most as often as asked for. A slow reader skips to the newest; nothing queues up
//! for it.

use super::ending::{Vigil, dismissal, farewell, reason_name};
use super::registry::Entry;
use super::{AGE, Frames, HEARTBEAT};
use super::{chance, changed, hello, server_time};
use crate::grpc::Edge;
use crate::grpc::call::{self, ids, open_stream};
use crate::grpc::convert;
use crate::grpc::status::{refusal, status};
use crate::metrics::stream_ended;
use crate::proto::v1::DashboardTopic as Topic;
use crate::proto::v1::{self, GoodbyeReason};
use crate::validate;
use app::analytics::Board;
use app::context::Context;
use app::live::follow::{Follow, Step};
use domain::event::Recorded;
use domain::id::QueueId;
use domain::refusal::Refusal;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

/// What figures call it.
const KIND: &str = "board";

/// How often a board is sent at most if nobody asks otherwise.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often figures that only time changes, such as waits, are looked at.
const TICK: Duration = Duration::from_secs(5);

/// How long at least a snapshot is after the one before, however often a reader changes its mind.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(100);

/// How long a reader has for what is on its way when an operator closes the stream.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How many lines of activity are kept between two sends.
const ACTIVITY_MAX: usize = 100;

/// How many lines of what happened before a snapshot has.
const ACTIVITY_BEFORE: u32 = 50;

/// What a reader follows.
#[derive(Clone, Debug, Default)]
struct Wanted {
    topics: Vec<i32>,
    queues: Vec<QueueId>,
}

impl Wanted {
    fn new(topics: Vec<i32>, queue_ids: &[String]) -> Result<Self, Status> {
        let queues = ids(queue_ids)?;
        Ok(Self { topics, queues })
    }

    fn has(&self, topic: Topic) -> bool {
        self.topics.contains(&topic.into())
    }

    /// The part of a board that is followed, without activity.
    fn of(&self, board: &Board) -> v1::Board {
        let stats = convert::analytics::stats(board);
        let queues = stats.queues.clone();
        let wanted = |queue: &v1::QueueStats| {
            self.queues.is_empty() || self.queues.iter().any(|id| id.to_string() == queue.queue_id)
        };
        let mut shown = v1::Board::default();
        if self.has(Topic::Queues) {
            shown.queues = queues.into_iter().filter(wanted).collect();
        }
        if self.has(Topic::Channels) {
            shown.channels.clone_from(&stats.channel_distribution);
        }
        if self.has(Topic::Agents) {
            shown.agents = convert::analytics::agents(board);
        }
        if self.has(Topic::Stats) {
            // Its lists have topics of their own.
            let (queues, channel_distribution) = (Vec::new(), Vec::new());
            shown.stats = Some(v1::RealTimeStats { queues, channel_distribution, ..stats });
        }
        shown
    }
}

/// What is different between two boards; none if nothing is.
fn difference(old: &v1::Board, new: v1::Board) -> Option<v1::BoardDelta> {
    let figures = |stats: &Option<v1::RealTimeStats>| {
        stats.clone().map(|stats| v1::RealTimeStats { as_of: None, seq: 0, ..stats })
    };
    let same_stats = figures(&old.stats) == figures(&new.stats);
    let gone = |had: Vec<&String>, has: Vec<&String>| {
        had.into_iter().filter(|id| !has.contains(id)).cloned().collect::<Vec<_>>()
    };
    let removed_queue_ids = gone(
        old.queues.iter().map(|queue| &queue.queue_id).collect(),
        new.queues.iter().map(|queue| &queue.queue_id).collect(),
    );
    let removed_agent_ids = gone(
        old.agents.iter().map(|agent| &agent.agent_id).collect(),
        new.agents.iter().map(|agent| &agent.agent_id).collect(),
    );
    let channels = counts(&old.channels, new.channels);
    let delta = v1::BoardDelta {
        stats: new.stats.filter(|_| !same_stats),
        queues: new.queues.into_iter().filter(|queue| !old.queues.contains(queue)).collect(),
        removed_queue_ids,
        agents: new.agents.into_iter().filter(|agent| !old.agents.contains(agent)).collect(),
        removed_agent_ids,
        channels,
        activity: new.activity,
    };
    (delta != v1::BoardDelta::default()).then_some(delta)
}

/// The counts that are different; a count of 0 removes its channel.
fn counts(old: &[v1::ChannelCount], new: Vec<v1::ChannelCount>) -> Vec<v1::ChannelCount> {
    let gone = old.iter().filter(|had| new.iter().all(|has| has.channel != had.channel));
    let gone: Vec<_> =
        gone.map(|had| v1::ChannelCount { channel: had.channel, count: 0 }).collect();
    new.into_iter().filter(|has| !old.contains(has)).chain(gone).collect()
}

/// What came up since the stream was opened.
#[derive(Clone, Debug)]
enum Up {
    /// Nothing.
    Nothing,
    /// Another choice; the newest is the one that counts.
    Wish(Wanted),
    /// Something that is no choice.
    Broken,
}

impl Up {
    /// What a frame stands for, or what there is in its place.
    fn of(next: Result<v1::DashboardRequest, Status>) -> Self {
        use v1::dashboard_request::Command;
        let Ok(v1::DashboardRequest { command: Some(Command::Update(wish)) }) = next else {
            return Up::Broken;
        };
        if validate::check(&wish).is_err() {
            return Up::Broken;
        }
        Wanted::new(wish.topics, &wish.queue_ids).map_or(Up::Broken, Up::Wish)
    }
}

/// Waits for what comes up next; for ever if nothing can.
async fn newest(updates: &mut watch::Receiver<Up>) -> Up {
    if updates.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    updates.borrow_and_update().clone()
}

/// When what is to be done next.
struct Times {
    /// The next board, if there is something new.
    board: Instant,
    /// The next board in any case.
    tick: Instant,
    /// The earliest next snapshot.
    snapshot: Instant,
    quiet: Instant,
    age: Instant,
    leave: Option<Instant>,
}

impl Times {
    fn begin(interval: Duration) -> Self {
        let now = Instant::now();
        Self {
            board: now + interval,
            tick: now + TICK,
            snapshot: now + SNAPSHOT_INTERVAL,
            quiet: now + HEARTBEAT,
            age: now + AGE.mul_f64(0.8 + 0.4 * chance()),
            leave: None,
        }
    }

    /// Why the stream's time is over, if it is.
    fn over(&self, now: Instant) -> Option<GoodbyeReason> {
        if self.leave.is_some_and(|at| at <= now) {
            return Some(GoodbyeReason::ServerDrain);
        }
        (self.age <= now).then_some(GoodbyeReason::MaxAge)
    }
}

struct Running {
    edge: Edge,
    context: Context,
    wanted: Wanted,
    updates: watch::Receiver<Up>,
    wish: Option<Wanted>,
    interval: Duration,
    follow: Follow,
    shown: v1::Board,
    newest: i64,
    dirty: bool,
    activity: VecDeque<v1::ActivityLine>,
    /// The newest line that was sent.
    told: i64,
    out: mpsc::Sender<Result<v1::DashboardResponse, Status>>,
    entry: Entry,
    seq: i64,
}

impl Running {
    async fn send(&self, frame: v1::dashboard_frame::Frame) -> bool {
        let frame = v1::DashboardFrame { frame: Some(frame), seq: self.seq };
        let response = v1::DashboardResponse { frame: Some(frame) };
        // A slow reader makes this wait; what changes meanwhile is in the next board.
        let sent = tokio::select! {
            biased;
            sent = self.out.send(Ok(response)) => sent.is_ok(),
            // Who does not read, also not for a moment more, cannot be told goodbye.
            () = self.given_up() => false,
        };
        if sent {
            self.entry.sent(self.seq);
        }
        sent
    }

    /// Waits until an operator has told the stream to end, and a little longer: a snapshot on its
    /// way and a goodbye still reach a reader who reads.
    async fn given_up(&self) {
        self.entry.closed().await;
        sleep(LAST_WORDS).await;
    }

    async fn board(&mut self) -> Result<v1::Board, Status> {
        let board: Arc<Board> =
            self.edge.app.board(self.context.caller.tenant).await.map_err(status)?;
        self.seq = board.stats.head.seq;
        Ok(self.wanted.of(&board))
    }

    /// The newest lines, whoever was there to see them happen. A board may be older than what was
    /// told already, and its reader forgets that with the snapshot.
    async fn before(&mut self) -> Result<Vec<v1::ActivityLine>, Status> {
        let (tenant, newest) = (self.context.caller.tenant, self.seq.max(self.newest));
        let events = self.edge.app.events_until(tenant, newest, ACTIVITY_BEFORE).await;
        let line = |event: &Arc<Recorded>| convert::analytics::activity(event);
        let lines: Vec<_> = events.map_err(status)?.iter().map(line).collect();
        self.told = lines.last().map_or(self.told, |line| line.seq);
        self.activity.retain(|line| line.seq > self.told);
        Ok(lines)
    }

    /// The lines that were noted since the last ones were sent.
    fn lines(&mut self) -> Vec<v1::ActivityLine> {
        self.told = self.activity.back().map_or(self.told, |line| line.seq);
        self.activity.drain(..).collect()
    }

    fn note(&mut self, event: &Recorded) {
        if self.wanted.has(Topic::Activity) && event.seq > self.told {
            self.activity.push_back(convert::analytics::activity(event));
            while self.activity.len() > ACTIVITY_MAX {
                self.activity.pop_front();
            }
        }
    }

    async fn run_out(mut self) {
        let last = match self.pump().await {
            Ok(None) => return stream_ended(KIND, "GONE"),
            Ok(Some(bye)) => {
                stream_ended(KIND, reason_name(bye.reason()));
                self.send(v1::dashboard_frame::Frame::Goodbye(bye)).await;
                return;
            }
            Err(failed) => failed,
        };
        stream_ended(KIND, "FAILED");
        // The reader may be gone already.
        let _ = self.out.send(Err(last)).await;
    }

    /// Sends a snapshot; whether the reader is there.
    async fn show(&mut self) -> Result<bool, Status> {
        use v1::dashboard_frame::Frame;
        let mut board = self.board().await?;
        self.shown = board.clone();
        if self.wanted.has(Topic::Activity) {
            board.activity = self.before().await?;
        }
        Ok(self.send(Frame::Snapshot(board)).await
            && self.send(Frame::SnapshotEnd(v1::SnapshotEnd { item_count: 1 })).await)
    }

    /// Runs until there is a reason to say goodbye; none if the reader is gone.
    async fn pump(&mut self) -> Result<Option<v1::Goodbye>, Status> {
        use v1::dashboard_frame::Frame;
        let stream_id = self.entry.id().to_string();
        let resumption = v1::Resumption::Snapshot.into();
        let server_time = server_time(&self.edge).await;
        let opening = v1::Hello { resumption, stream_id, server_time, ..hello() };
        if !self.send(Frame::Hello(opening)).await || !self.show().await? {
            return Ok(None);
        }
        let mut times = Times::begin(self.interval);
        let mut draining = self.edge.draining.clone();
        let mut vigil = Vigil::over(&self.edge, self.context.caller);
        loop {
            let deadline = self.deadline(&times);
            tokio::select! {
                step = self.follow.next() => self.meet(step.map_err(status)?),
                up = newest(&mut self.updates) => match up {
                    Up::Wish(wish) => self.wish = Some(wish),
                    Up::Broken => return Ok(Some(farewell(GoodbyeReason::ProtocolError))),
                    Up::Nothing => {}
                },
                () = self.out.closed() => return Ok(None),
                () = vigil.due() => if let Some(reason) = Box::pin(vigil.ask()).await {
                    return Ok(Some(farewell(reason)));
                },
                action = self.entry.closed() => return Ok(Some(dismissal(action))),
                () = changed(&mut draining), if times.leave.is_none() => {
                    times.leave = Some(Instant::now() + self.edge.drain_spread.mul_f64(chance()));
                }
                () = sleep_until(deadline) => {
                    let now = Instant::now();
                    if let Some(reason) = times.over(now) {
                        return Ok(Some(farewell(reason)));
                    }
                    if !self.tell(&mut times, now).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// When something is to be done, whatever happens until then.
    fn deadline(&self, times: &Times) -> Instant {
        let board = if self.dirty { times.board } else { times.tick };
        let snapshot = if self.wish.is_some() { times.snapshot } else { times.age };
        let leave = times.leave.unwrap_or(times.age);
        board.min(snapshot).min(leave).min(times.quiet).min(times.age)
    }

    fn meet(&mut self, step: Step) {
        match step {
            Step::Event(event) => {
                self.newest = event.seq;
                self.note(&event);
            }
            // What comes next has smaller numbers than what was told.
            Step::Rewound => {
                (self.newest, self.told) = (0, 0);
                self.activity.clear();
            }
        }
        self.dirty = true;
    }

    /// Sends what is due; whether the reader is there.
    async fn tell(&mut self, times: &mut Times, now: Instant) -> Result<bool, Status> {
        use v1::dashboard_frame::Frame;
        if times.snapshot <= now
            && let Some(wish) = self.wish.take()
        {
            self.wanted = wish;
            times.snapshot = now + SNAPSHOT_INTERVAL;
            times.quiet = now + HEARTBEAT;
            return self.show().await;
        }
        let due = if self.dirty { times.board } else { times.tick };
        if due <= now {
            (times.board, times.tick) = (now + self.interval, now + TICK);
            let mut fresh = self.board().await?;
            // A board may have been made just before the newest event: then look again.
            self.dirty = self.seq < self.newest;
            let kept = fresh.clone();
            fresh.activity = self.lines();
            let delta = difference(&self.shown, fresh);
            self.shown = kept;
            if let Some(delta) = delta {
                times.quiet = now + HEARTBEAT;
                return Ok(self.send(Frame::Delta(delta)).await);
            }
        }
        if times.quiet <= now {
            times.quiet = now + HEARTBEAT;
            let server_time = server_time(&self.edge).await;
            return Ok(self.send(Frame::Heartbeat(v1::Heartbeat { server_time })).await);
        }
        Ok(true)
    }
}

fn start(
    edge: &Edge,
    context: Context,
    wanted: Wanted,
    interval: Option<prost_types::Duration>,
    updates: watch::Receiver<Up>,
    head: i64,
) -> Response<Frames<v1::DashboardResponse>> {
    // Two frames on their way are enough: what comes later is newer.
    let (out, frames) = mpsc::channel(2);
    let interval = interval.and_then(|d| Duration::try_from(d).ok()).unwrap_or(INTERVAL);
    let running = Running {
        follow: edge.app.follow(context.caller.tenant, head),
        entry: edge.streams.enter(&context, None, &out),
        edge: edge.clone(),
        context,
        wanted,
        updates,
        wish: None,
        interval,
        shown: v1::Board::default(),
        newest: head,
        dirty: false,
        activity: VecDeque::new(),
        told: 0,
        out,
        seq: head,
    };
    tokio::spawn(running.run_out().in_current_span());
    Response::new(Box::pin(ReceiverStream::new(frames)))
}

async fn head(edge: &Edge, context: &Context) -> Result<i64, Status> {
    let head = edge.app.read(context).head().await.map_err(|e| status(e.into()))?;
    Ok(head.map_or(0, |head| head.seq))
}

/// Serves `WatchDashboard`.
///
/// # Errors
/// As the contract lists.
pub async fn watch(
    edge: &Edge,
    request: Request<v1::WatchDashboardRequest>,
) -> Result<Response<Frames<v1::WatchDashboardResponse>>, Status> {
    use futures::StreamExt;
    let (context, message) =
        call::watch(request, "/omnichannel.v1.AnalyticsService/WatchDashboard")?;
    let wanted = Wanted::new(message.topics, &message.queue_ids)?;
    let (_, updates) = watch::channel(Up::Nothing);
    let head = head(edge, &context).await?;
    let frames = start(edge, context, wanted, message.min_interval, updates, head).into_inner();
    let twin = frames.map(|r| r.map(|r| v1::WatchDashboardResponse { frame: r.frame }));
    Ok(Response::new(twin.boxed()))
}

/// Serves `Dashboard`.
///
/// # Errors
/// As the contract lists.
pub async fn session(
    edge: &Edge,
    request: Request<Streaming<v1::DashboardRequest>>,
) -> Result<Response<Frames<v1::DashboardResponse>>, Status> {
    use v1::dashboard_request::Command;
    let context = open_stream(&request, "/omnichannel.v1.AnalyticsService/Dashboard")?;
    let mut commands = request.into_inner();
    let first = commands.message().await?;
    let Some(Command::Open(open)) = first.and_then(|first| first.command) else {
        return Err(refusal(Refusal::field("open", "a dashboard begins with open")));
    };
    validate::check(&open).map_err(refusal)?;
    let wanted = Wanted::new(open.topics, &open.queue_ids)?;
    let (update, updates) = watch::channel(Up::Nothing);
    let head = head(edge, &context).await?;
    let response = start(edge, context, wanted, open.min_interval, updates, head);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                next = commands.message() => next,
                () = update.closed() => return,
            };
            // A reader who stops sending may go on reading.
            let Some(next) = next.transpose() else { return };
            let up = Up::of(next);
            let last = matches!(up, Up::Broken);
            update.send_replace(up);
            if last {
                return;
            }
        }
    });
    Ok(response)
}
