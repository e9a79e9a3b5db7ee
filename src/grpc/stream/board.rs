//! The dashboard: a state stream. Only the newest value matters: a snapshot, then what is
//! different, at most as often as asked for. A slow reader skips to the newest; nothing queues up
//! for it.

use super::{DRAIN_SPREAD, Frames, HEARTBEAT, chance, changed, farewell, hello};
use crate::grpc::Edge;
use crate::grpc::call::{id, open_stream};
use crate::grpc::convert;
use crate::grpc::status::{refusal, status};
use crate::proto::v1;
use crate::proto::v1::DashboardTopic as Topic;
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
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// How often a board is sent at most if nobody asks otherwise.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often figures that only time changes, such as waits, are looked at.
const TICK: Duration = Duration::from_secs(5);

/// How many lines of activity are kept between two sends.
const ACTIVITY_MAX: usize = 100;

/// What a reader follows.
#[derive(Clone, Debug, Default)]
struct Wanted {
    topics: Vec<i32>,
    queues: Vec<QueueId>,
}

impl Wanted {
    fn new(topics: Vec<i32>, queue_ids: &[String]) -> Result<Self, Status> {
        let queues = queue_ids.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
        Ok(Self { topics, queues })
    }

    fn has(&self, topic: Topic) -> bool {
        self.topics.contains(&topic.into())
    }

    /// The part of a board that is followed.
    fn of(&self, board: &Board, activity: Vec<v1::ActivityLine>) -> v1::Board {
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
        if self.has(Topic::Activity) {
            shown.activity = activity;
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

struct Running {
    edge: Edge,
    context: Context,
    wanted: Wanted,
    updates: mpsc::Receiver<Wanted>,
    interval: Duration,
    follow: Follow,
    activity: VecDeque<v1::ActivityLine>,
    out: mpsc::Sender<Result<v1::DashboardResponse, Status>>,
    seq: i64,
}

impl Running {
    async fn send(&self, frame: v1::dashboard_frame::Frame) -> bool {
        let frame = v1::DashboardFrame { frame: Some(frame), seq: self.seq };
        let response = v1::DashboardResponse { frame: Some(frame) };
        // A slow reader makes this wait; what changes meanwhile is in the next board.
        self.out.send(Ok(response)).await.is_ok()
    }

    async fn board(&mut self) -> Result<v1::Board, Status> {
        let board: Arc<Board> =
            self.edge.app.board(self.context.caller.tenant).await.map_err(status)?;
        self.seq = board.stats.head.seq;
        let activity = self.activity.drain(..).collect();
        Ok(self.wanted.of(&board, activity))
    }

    fn note(&mut self, event: &Recorded) {
        if self.wanted.has(Topic::Activity) {
            self.activity.push_back(convert::analytics::activity(event));
            while self.activity.len() > ACTIVITY_MAX {
                self.activity.pop_front();
            }
        }
    }

    async fn run_out(mut self) {
        if let Err(failed) = self.pump().await {
            // The reader may be gone already.
            let _ = self.out.send(Err(failed)).await;
        }
    }

    async fn show(&mut self) -> Result<(bool, v1::Board), Status> {
        use v1::dashboard_frame::Frame;
        let board = self.board().await?;
        let sent = self.send(Frame::Snapshot(board.clone())).await
            && self.send(Frame::SnapshotEnd(v1::SnapshotEnd { item_count: 1 })).await;
        Ok((sent, board))
    }

    async fn pump(&mut self) -> Result<(), Status> {
        use v1::dashboard_frame::Frame;
        let opening = v1::Hello { resumption: v1::Resumption::Snapshot.into(), ..hello() };
        if !self.send(Frame::Hello(opening)).await {
            return Ok(());
        }
        let (mut alive, mut shown) = self.show().await?;
        let mut draining = self.edge.draining.clone();
        let (mut leave, mut dirty, mut newest) = (None::<Instant>, false, self.seq);
        let mut next = Instant::now() + self.interval;
        let mut tick = Instant::now() + TICK;
        let mut quiet_until = Instant::now() + HEARTBEAT;
        while alive {
            let due = if dirty { next } else { tick };
            let deadline = due.min(quiet_until).min(leave.unwrap_or(quiet_until));
            tokio::select! {
                step = self.follow.next() => {
                    if let Step::Event(event) = step.map_err(status)? {
                        newest = event.seq;
                        self.note(&event);
                    }
                    dirty = true;
                    continue;
                }
                Some(wanted) = self.updates.recv() => {
                    self.wanted = wanted;
                    (alive, shown) = self.show().await?;
                    continue;
                }
                () = self.out.closed() => return Ok(()),
                () = changed(&mut draining), if leave.is_none() => {
                    leave = Some(Instant::now() + DRAIN_SPREAD.mul_f64(chance()));
                    continue;
                }
                () = sleep_until(deadline) => {}
            }
            let now = Instant::now();
            if leave.is_some_and(|at| at <= now) {
                let bye = farewell(v1::GoodbyeReason::ServerDrain);
                self.send(Frame::Goodbye(bye)).await;
                return Ok(());
            }
            if due <= now {
                (next, tick) = (now + self.interval, now + TICK);
                let fresh = self.board().await?;
                // A board may have been made just before the newest event: then look again.
                dirty = self.seq < newest;
                let kept = v1::Board { activity: Vec::new(), ..fresh.clone() };
                if let Some(delta) = difference(&shown, fresh) {
                    alive = self.send(Frame::Delta(delta)).await;
                    quiet_until = Instant::now() + HEARTBEAT;
                }
                shown = kept;
            }
            if quiet_until <= now {
                quiet_until = now + HEARTBEAT;
                let time = Some(std::time::SystemTime::now().into());
                alive = self.send(Frame::Heartbeat(v1::Heartbeat { server_time: time })).await;
                if let Err(error) = self.edge.app.still_valid(&self.context.caller).await
                    && error.0.retry_after.is_none()
                {
                    let bye = farewell(v1::GoodbyeReason::CredentialsExpired);
                    self.send(Frame::Goodbye(bye)).await;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn start(
    edge: &Edge,
    context: Context,
    wanted: Wanted,
    interval: Option<prost_types::Duration>,
    updates: mpsc::Receiver<Wanted>,
    head: i64,
) -> Response<Frames<v1::DashboardResponse>> {
    // Two frames on their way are enough: what comes later is newer.
    let (out, frames) = mpsc::channel(2);
    let interval = interval.and_then(|d| Duration::try_from(d).ok()).unwrap_or(INTERVAL);
    let running = Running {
        follow: edge.app.follow(context.caller.tenant, head),
        edge: edge.clone(),
        context,
        wanted,
        updates,
        interval,
        activity: VecDeque::new(),
        out,
        seq: head,
    };
    tokio::spawn(running.run_out());
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
    let context = open_stream(&request, "/omnichannel.v1.AnalyticsService/WatchDashboard")?;
    let message = request.into_inner();
    validate::check(&message).map_err(refusal)?;
    let wanted = Wanted::new(message.topics, &message.queue_ids)?;
    let (_, updates) = mpsc::channel(1);
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
    let (update, updates) = mpsc::channel(1);
    let head = head(edge, &context).await?;
    let response = start(edge, context, wanted, open.min_interval, updates, head);
    tokio::spawn(async move {
        while let Ok(Some(request)) = commands.message().await {
            let Some(Command::Update(wish)) = request.command else { continue };
            if validate::check(&wish).is_err() {
                continue;
            }
            let Ok(wanted) = Wanted::new(wish.topics, &wish.queue_ids) else { continue };
            if update.send(wanted).await.is_err() {
                return;
            }
        }
    });
    Ok(response)
}
