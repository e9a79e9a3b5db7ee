//! What being there costs: the growth of the server's resident memory with idle connections, then
//! with idle streams on a few more. Agents and the tenant's routing state are there before; the
//! server was started again after they were made.

use super::{Args, Place, Stage};
use crate::measure::memory;
use crate::node;
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use omnichannel_sdk::{AgentSession, Client, SessionOptions, v1};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use uuid::Uuid;

/// Connections that come first and are not measured: they take the place that the server's start
/// left free.
pub(super) const WARM: usize = 250;
/// Streams on one connection.
const STREAMS_EACH: usize = 200;
/// Opened at once.
const OPENING: usize = 16;
/// How long what was opened is left alone before memory is read: more than a heartbeat.
const REST: Duration = Duration::from_secs(20);

/// A kind of stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Session,
    WatchAssignments,
    WatchFeed,
    /// Sessions of the SDK, which answer for themselves.
    SdkSession,
}

impl Kind {
    pub(super) const ALL: [Self; 4] =
        [Self::Session, Self::WatchAssignments, Self::WatchFeed, Self::SdkSession];

    pub(super) const fn database(self) -> &'static str {
        match self {
            Self::Session => "edge_session",
            Self::WatchAssignments => "edge_assignments",
            Self::WatchFeed => "edge_feed",
            Self::SdkSession => "edge_sdk",
        }
    }
}

/// What was measured, in KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) kind: Kind,
    pub(super) before: f64,
    pub(super) connections: usize,
    pub(super) per_connection: f64,
    pub(super) streams: usize,
    pub(super) per_stream: f64,
}

impl Cost {
    pub(super) fn words(&self) -> String {
        format!(
            "{:?}: {:.0} KiB at first; {:.1} KiB per connection ({}), {:.1} KiB per stream ({})",
            self.kind,
            self.before,
            self.per_connection,
            self.connections,
            self.per_stream,
            self.streams
        )
    }
}

/// A held stream, whatever it carries.
enum Held {
    Session(mpsc::Sender<v1::SessionRequest>, Streaming<v1::SessionResponse>),
    Assignments(Streaming<v1::WatchAssignmentsResponse>),
    Feed(Streaming<v1::WatchFeedResponse>),
    Sdk(AgentSession),
}

impl Held {
    async fn open(client: &Client, kind: Kind, agent: &str) -> Result<Self> {
        let (agent_id, session_id) = (agent.to_owned(), Uuid::now_v7().to_string());
        Ok(match kind {
            Kind::Session => {
                let (up, requests) = mpsc::channel(1);
                let open = v1::SessionOpen { agent_id, session_id, ..v1::SessionOpen::default() };
                let command = Some(v1::session_request::Command::Open(open));
                up.send(v1::SessionRequest { command, ..Default::default() }).await?;
                let mut agents = client.agents();
                let opened = agents.session(ReceiverStream::new(requests)).await?;
                Self::Session(up, opened.into_inner())
            }
            Kind::WatchAssignments => {
                let request =
                    v1::WatchAssignmentsRequest { agent_id, session_id, ..Default::default() };
                let opened = client.agents().watch_assignments(request).await?;
                Self::Assignments(opened.into_inner())
            }
            Kind::WatchFeed => {
                let opened = client.admin().watch_feed(v1::WatchFeedRequest::default()).await?;
                Self::Feed(opened.into_inner())
            }
            Kind::SdkSession => {
                let agent_id = Some(agent_id);
                let options = SessionOptions { agent_id, session_id, ..SessionOptions::default() };
                Self::Sdk(AgentSession::open(client, options).await?)
            }
        })
    }

    /// Reads for as long as it is held.
    async fn hold(self) {
        match self {
            Self::Session(up, mut frames) => {
                while let Ok(Some(_)) = frames.message().await {}
                drop(up);
            }
            Self::Assignments(mut frames) => while let Ok(Some(_)) = frames.message().await {},
            Self::Feed(mut frames) => while let Ok(Some(_)) = frames.message().await {},
            Self::Sdk(mut session) => while let Some(Ok(_)) = session.next().await {},
        }
    }
}

/// Measures one kind of stream on a server of its own.
pub(super) async fn measure(stage: &Stage, kind: Kind, args: &Args) -> Result<Cost> {
    let pid = stage.pid(Place::Ours).context("it runs")?;
    let first = connected_to(stage, WARM).await?;
    sleep(REST).await;
    let before = memory(pid, "VmRSS:")?;
    let idle = connected_to(stage, args.connections).await?;
    sleep(REST).await;
    let connected = memory(pid, "VmRSS:")?;
    let per_connection = (connected - before) / args.connections as f64;

    let carriers = args.idle.div_ceil(STREAMS_EACH);
    let client = stage.client(Place::Ours, 1, carriers)?;
    let mut held = hold(&client, kind, stage, args.idle).await?;
    sleep(REST).await;
    let streaming = memory(pid, "VmRSS:")? - carriers as f64 * per_connection;
    ensure!(held.try_join_next().is_none(), "a stream ended while it was measured");
    let cost = Cost {
        kind,
        before,
        connections: args.connections,
        per_connection,
        streams: args.idle,
        per_stream: (streaming - connected) / args.idle as f64,
    };
    drop((held, idle, first));
    Ok(cost)
}

/// So many clients, each of which is one connection that has said something once.
async fn connected_to(stage: &Stage, connections: usize) -> Result<Vec<Client>> {
    let mut idle = Vec::new();
    for _ in 0..connections {
        let client = node::client(&stage.node.endpoint(), &stage.key, 1)?;
        client.call(v1::GetServerInfoRequest {}).await?;
        idle.push(client);
    }
    Ok(idle)
}

/// Opens so many streams, each for an agent of its own, and holds them.
async fn hold(client: &Client, kind: Kind, stage: &Stage, streams: usize) -> Result<JoinSet<()>> {
    let agents = stage.tenant.agents.iter().cycle().take(streams);
    let opened = agents.map(|agent| Held::open(client, kind, &agent.id));
    let opened: Vec<Held> = stream::iter(opened).buffer_unordered(OPENING).try_collect().await?;
    ensure!(opened.len() == streams, "there are agents");
    Ok(opened.into_iter().map(Held::hold).collect())
}
