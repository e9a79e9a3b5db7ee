//! The edge beside bare tonic, in one session on the same cores: reads through the whole stack
//! against an echo of the same bytes, an event that reaches a thousand streams against a bare
//! server stream, and what an idle stream and an idle connection cost the server in memory.

pub(crate) mod echo;
mod memory;
mod page;
mod rates;

use crate::bench;
use crate::cluster::{self, Cluster};
use crate::node::{self, Launch, Node};
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result, ensure};
use omnichannel_sdk::{Client, new_request_id, v1};
use prost::Message;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long an echo may take to answer.
const ECHO_LIMIT: Duration = Duration::from_secs(10);
/// Interactions that are read.
const INTERACTIONS: usize = 200;
/// An offer is not answered while it is measured.
const OFFER_TIMEOUT: Duration = Duration::from_secs(600);
/// Connections for calls.
const CONNECTIONS: usize = 4;
/// Files that a process has open beside the connections that are measured: database, logs, library.
const FILES_BESIDE: u64 = 256;

/// How it is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Release build of the server.
    #[arg(long, default_value = "target/release/omnichannel")]
    server: PathBuf,
    /// How often everything is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Length of each measurement, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Idle streams whose memory is measured.
    #[arg(long, default_value_t = 2_000)]
    idle: usize,
    /// Idle connections whose memory is measured.
    #[arg(long, default_value_t = 500)]
    connections: usize,
    /// Folder of the written page.
    #[arg(long, default_value = "docs/benchmarks")]
    out: PathBuf,
}

/// Runs all of it and writes the page.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    allow_files(args.connections)?;
    let cluster = Cluster::start(root, true)?;
    cluster.space_checkpoints().await?;
    let pool = cluster.superuser("postgres").await?;
    let settings = bench::settings_words(&cluster::settings(&pool).await?);
    pool.close().await;
    let mut told = page::Page::new(root, settings);
    let stage = Stage::set(&cluster, args, "edge_rates", 8).await?;
    for round in 1..=args.rounds {
        for place in [Place::Bare, Place::Ours] {
            let read = rates::reads(&stage, place, args.seconds).await?;
            println!("round {round}, reads, {place:?}: {}", read.words());
            told.reads.push((place, read));
        }
    }
    for round in 1..=args.rounds {
        for place in [Place::Bare, Place::Ours, Place::Sdk] {
            let fanned = rates::fan_out(&stage, place, args.seconds).await?;
            println!("round {round}, fan-out, {place:?}: {}", fanned.words());
            told.fans.push((place, fanned));
        }
    }
    drop(stage);
    for kind in memory::Kind::ALL {
        let mut stage = Stage::set(&cluster, args, kind.database(), args.idle).await?;
        stage.begin_anew().await?;
        let cost = memory::measure(&stage, kind, args).await?;
        println!("{}", cost.words());
        told.memory.push(cost);
    }
    let text = told.write(&args.out)?;
    println!("\n{text}");
    Ok(())
}

/// Asks for as many open files as this process, and the servers it starts, may have, and refuses to
/// begin what could not end for want of them.
fn allow_files(connections: usize) -> Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("raising the limit of open files")?;
    let needed = (connections + memory::WARM) as u64 + FILES_BESIDE;
    let files = limit.current.unwrap_or(u64::MAX);
    ensure!(files >= needed, "a process may open {files} files; {needed} are needed: ulimit -n");
    Ok(())
}

/// On whose side something is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Bare,
    Ours,
    /// Ours, followed by the SDK's streams in place of the generated client.
    Sdk,
}

/// A server with a tenant in it, and the echo beside it.
struct Stage {
    node: Node,
    echo: Echo,
    tenant: Tenant,
    key: String,
    interactions: Vec<String>,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn set(cluster: &Cluster, args: &Args, database: &str, agents: usize) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        cluster.create_database(database).await?;
        let launch = Launch::new(&args.server, cluster.server_url(database), dir.path())?;
        let key = launch.platform_key().await?;
        let node = launch.start("server", &key).await?;
        let platform = node::client(&node.endpoint(), &key, 1)?;
        let shape = Shape {
            capacities: vec![100; agents],
            customers: INTERACTIONS,
            offer_timeout: OFFER_TIMEOUT,
            mixed: false,
        };
        let connect = |key: &str| node::client(&node.endpoint(), key, CONNECTIONS);
        let mut tenant = setup::tenant(&platform, "edge", &shape, connect).await?;
        let client = connect(&tenant.key)?;
        setup::greet(&mut tenant, &client).await?;
        let list = v1::ListInteractionsRequest { page_size: 500, ..Default::default() };
        let interactions: Vec<String> =
            client.call(list).await?.interactions.into_iter().map(|row| row.id).collect();
        let first = interactions.first().context("there are interactions")?;
        let get = v1::GetInteractionRequest { interaction_id: first.clone() };
        let answer = client.call(get).await?;
        let frame = rates::example(&client, first).await?;
        let echo = Echo::start(dir.path(), &answer, &frame).await?;
        Ok(Self { key: tenant.key.clone(), node, echo, tenant, interactions, _dir: dir })
    }

    /// Starts the server again, so that nothing of its memory is left over from setting the stage,
    /// and lets it load the tenant's routing state.
    async fn begin_anew(&mut self) -> Result<()> {
        self.node.restart().await?;
        let client = self.client(Place::Ours, 1, 1)?;
        setup::create(&client, &self.tenant, 0, new_request_id()).await?;
        Ok(())
    }

    fn client(&self, place: Place, calls: usize, streams: usize) -> Result<Client> {
        let endpoint = match place {
            Place::Bare => self.echo.endpoint.clone(),
            Place::Ours | Place::Sdk => self.node.endpoint(),
        };
        node::client_with(&endpoint, &self.key, calls, streams)
    }

    fn pid(&self, place: Place) -> Option<u32> {
        match place {
            Place::Bare => Some(self.echo.child.id()),
            Place::Ours | Place::Sdk => self.node.pid(),
        }
    }
}

/// The echo as a process of its own; it ends when this is dropped.
struct Echo {
    endpoint: String,
    child: Child,
}

impl Echo {
    async fn start(
        dir: &Path,
        answer: &v1::GetInteractionResponse,
        frame: &v1::WatchFeedResponse,
    ) -> Result<Self> {
        let (answers, frames) = (dir.join("answer"), dir.join("frame"));
        std::fs::write(&answers, answer.encode_to_vec())?;
        std::fs::write(&frames, frame.encode_to_vec())?;
        let listen = format!("127.0.0.1:{}", node::free_port()?);
        let child = Command::new(std::env::current_exe()?)
            .args(["echo", "--listen", &listen, "--answer"])
            .arg(&answers)
            .arg("--frame")
            .arg(&frames)
            .stdin(Stdio::null())
            .spawn()
            .context("starting the echo")?;
        let echo = Self { endpoint: format!("http://{listen}"), child };
        let client = node::client(&echo.endpoint, "none", 1)?;
        let ready = async {
            while client.call(v1::GetInteractionRequest::default()).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(ECHO_LIMIT, ready).await.context("the echo does not answer")?;
        Ok(echo)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
