//! The live dashboard: keeps the newest board whatever the pace of its readers, and tells them that
//! it changed. A reader who is slow skips boards and always sees the newest. What it shows can be
//! changed while it runs.

use crate::board;
use crate::client::Client;
use crate::error::Error;
use crate::stream::driver::{Deliveries, Link, Source, run};
use crate::stream::frame::{Body, Delivered, Frame, What};
use crate::stream::state::StateReader;
use crate::stream::tracker::Kind;
use crate::stream::tracker::Start;
use crate::stream::uplink::Command;
use crate::stream::{FIRST_OPEN_TIMEOUT, Task, carrying};
use crate::v1::{self, dashboard_frame, dashboard_request};
use futures::{FutureExt, StreamExt};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

/// Frames in the channel up to the connection.
const UP_QUEUE: usize = 4;

/// What a dashboard shows and how often.
#[derive(Clone, Debug)]
pub struct DashboardOptions {
    /// What to show; at least one.
    pub topics: Vec<v1::DashboardTopic>,
    /// Queues to show, at most 100. Default: every queue.
    pub queue_ids: Vec<String>,
    /// Shortest time between two changes, 100 milliseconds to 1 minute. Default: the server's,
    /// which is 1 second.
    pub min_interval: Option<Duration>,
    /// How long the first opening may take, repeats included. Default: 30 seconds.
    pub open_timeout: Duration,
}

impl Default for DashboardOptions {
    fn default() -> Self {
        use v1::DashboardTopic::{Activity, Agents, Channels, Queues, Stats};
        Self {
            topics: vec![Stats, Queues, Agents, Channels, Activity],
            queue_ids: Vec::new(),
            min_interval: None,
            open_timeout: FIRST_OPEN_TIMEOUT,
        }
    }
}

/// The board at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveBoard {
    /// What it shows.
    pub board: Arc<v1::Board>,
    /// Sequence of the tenant's log that it reflects.
    pub seq: i64,
}

#[derive(Debug, Default)]
struct View {
    live: LiveBoard,
    /// Boards published so far.
    version: u64,
    ended: Option<Error>,
}

/// A dashboard that keeps itself up to date.
#[derive(Debug)]
pub struct Dashboard {
    view: watch::Receiver<View>,
    seen: u64,
    over: bool,
    shown: Arc<Mutex<v1::DashboardOpen>>,
    commands: mpsc::Sender<Command<v1::DashboardRequest>>,
    states: StateReader,
    _stream: Task,
    _fold: Task,
}

#[derive(Debug)]
enum Piece {
    Whole(Box<v1::Board>),
    Delta(Box<v1::BoardDelta>),
}

impl Dashboard {
    /// Opens a dashboard. Waits until it is open; the first board comes by [`Dashboard::next`].
    pub async fn open(client: &Client, options: DashboardOptions) -> Result<Self, Error> {
        let min_interval = match options.min_interval.map(TryInto::try_into) {
            Some(Ok(interval)) => Some(interval),
            Some(Err(_)) => {
                return Err(Error::local(Code::InvalidArgument, "min_interval is too long"));
            }
            None => None,
        };
        let topics = options.topics.into_iter().map(Into::into).collect();
        let open = v1::DashboardOpen { topics, queue_ids: options.queue_ids, min_interval };
        let shown = Arc::new(Mutex::new(open));
        let source = source(client, Arc::clone(&shown));
        let running = run(Kind::State, Start::New, source, options.open_timeout).await?;
        let (writer, view) = watch::channel(View::default());
        Ok(Self {
            view,
            seen: 0,
            over: false,
            shown,
            commands: running.commands,
            states: running.states,
            _stream: running.task,
            _fold: Task::spawn(fold(running.deliveries, writer)),
        })
    }

    /// The newest board, as soon as it is one not yielded before; `None` after the error that ended
    /// the dashboard.
    pub async fn next(&mut self) -> Option<Result<LiveBoard, Error>> {
        if self.over {
            return None;
        }
        let seen = self.seen;
        let news = |view: &View| view.version > seen || view.ended.is_some();
        let found = match self.view.wait_for(news).await {
            Ok(view) if view.version > seen => Ok((view.live.clone(), view.version)),
            Ok(view) => Err(view.ended.clone()),
            Err(_) => Err(None),
        };
        match found {
            Ok((live, version)) => {
                self.seen = version;
                Some(Ok(live))
            }
            Err(error) => {
                self.over = true;
                Some(Err(error.unwrap_or_else(over)))
            }
        }
    }

    /// The newest board; empty until the first one has come.
    pub fn current(&self) -> LiveBoard {
        self.view.borrow().live.clone()
    }

    /// Shows something else from now on, over lost connections too. A new board follows.
    pub async fn update(
        &self,
        topics: Vec<v1::DashboardTopic>,
        queue_ids: Vec<String>,
    ) -> Result<(), Error> {
        let topics: Vec<i32> = topics.into_iter().map(Into::into).collect();
        {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.topics.clone_from(&topics);
            shown.queue_ids.clone_from(&queue_ids);
        }
        let update = v1::DashboardUpdate { topics, queue_ids };
        let command = Some(dashboard_request::Command::Update(update));
        let frame = v1::DashboardRequest { command };
        self.commands.send(Command { frame, answer: None }).await.map_err(|_| over())
    }

    /// How the dashboard is doing: all changes since it was opened.
    pub fn states(&self) -> StateReader {
        self.states.clone()
    }
}

fn over() -> Error {
    Error::local(Code::Cancelled, "the dashboard is over")
}

/// Keeps the view up to date until the stream ends or nobody looks.
async fn fold(mut deliveries: Deliveries<Piece>, writer: watch::Sender<View>) {
    while let Some(delivery) = deliveries.recv().await {
        if writer.is_closed() {
            return;
        }
        writer.send_if_modified(|view| match delivery {
            Ok(delivered) => view.take(delivered),
            Err(error) => {
                view.ended = Some(error);
                true
            }
        });
    }
}

impl View {
    /// Takes one frame; answers whether there is a new board to show.
    fn take(&mut self, delivered: Delivered<Piece>) -> bool {
        let Delivered { seq, what, .. } = delivered;
        let complete = match what {
            What::Begun { .. } => return false,
            What::Snapshot(Piece::Whole(board)) | What::Event(Piece::Whole(board)) => {
                self.live.board = Arc::new(*board);
                false
            }
            What::Snapshot(Piece::Delta(delta)) | What::Event(Piece::Delta(delta)) => {
                board::apply(Arc::make_mut(&mut self.live.board), *delta);
                true
            }
            What::SnapshotEnd => true,
        };
        self.live.seq = seq;
        self.version += u64::from(complete);
        complete
    }
}

const RPC: &str = "/omnichannel.v1.AnalyticsService/Dashboard";

fn source(
    client: &Client,
    shown: Arc<Mutex<v1::DashboardOpen>>,
) -> Source<Piece, v1::DashboardRequest> {
    let analytics = client.analytics();
    Source::new(client, RPC, move |_, headers| {
        let mut analytics = analytics.clone();
        let open = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let open = async move {
            let (up, frames) = mpsc::channel(UP_QUEUE);
            let command = Some(dashboard_request::Command::Open(open));
            // The channel is new and has room.
            let _ = up.send(v1::DashboardRequest { command }).await;
            let response =
                analytics.dashboard(carrying(headers, ReceiverStream::new(frames))).await?;
            let frames = response.into_inner().map(|answer| answer.map(frame));
            Ok(Link { frames: frames.boxed(), up: Some(up) })
        };
        open.boxed()
    })
}

fn frame(response: v1::DashboardResponse) -> Frame<Piece> {
    let Some(v1::DashboardFrame { frame, seq }) = response.frame else {
        return Frame::unknown();
    };
    let body = match frame {
        Some(dashboard_frame::Frame::Hello(hello)) => Body::Hello(hello),
        Some(dashboard_frame::Frame::Snapshot(board)) => {
            Body::Snapshot(Piece::Whole(Box::new(board)))
        }
        Some(dashboard_frame::Frame::SnapshotEnd(_)) => Body::SnapshotEnd,
        Some(dashboard_frame::Frame::Delta(delta)) => Body::Event(Piece::Delta(Box::new(delta))),
        Some(dashboard_frame::Frame::Heartbeat(_)) => Body::Heartbeat,
        Some(dashboard_frame::Frame::Goodbye(goodbye)) => Body::Goodbye(goodbye),
        None => Body::Unknown,
    };
    Frame { seq, token: String::new(), body }
}

#[cfg(test)]
mod tests;
