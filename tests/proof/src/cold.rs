//! A cold floor: a server that has just started answers the first command of a tenant with ten
//! thousand agents, a hundred thousand waiting interactions and four hundred thousand set aside.
//! All of them came by calls. What is told is how long that first answer takes, beside the first
//! answer to a tenant with next to nothing, and by how much the server grows.

use crate::bench;
use crate::cluster::{self, Cluster};
use crate::measure::memory;
use crate::node::{self, Launch, Node};
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use omnichannel_sdk::{Client, new_request_id, v1};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Calls under way while the floor is filled.
const PARALLEL: usize = 128;
/// Connections of the client that fills it.
const CONNECTIONS: usize = 4;
/// Customers whose conversations the interactions belong to.
const CUSTOMERS: usize = 1_000;
/// How long the first answer may take before the proof gives up.
const FIRST_LIMIT: Duration = Duration::from_secs(60);
/// When customers are to be called back: long after the proof.
const REST: Duration = Duration::from_secs(30 * 86_400);
const MIB: f64 = 1_024.0;

/// Bars of the design: a first one and an aim.
const SECONDS: (f64, f64) = (4.0, 2.0);
const GROWTH_MIB: (f64, f64) = (300.0, 150.0);

/// How it is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Release build of the server.
    #[arg(long, default_value = "target/release/omnichannel")]
    server: PathBuf,
    /// Agents of the tenant.
    #[arg(long, default_value_t = 10_000)]
    agents: usize,
    /// Interactions that wait.
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
    /// Interactions that are set aside until their customers are called back.
    #[arg(long, default_value_t = 400_000)]
    aside: usize,
    /// How often the server is started anew.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Folder of the written page.
    #[arg(long, default_value = "docs/benchmarks")]
    out: PathBuf,
}

/// One start.
struct Start {
    small: Duration,
    full: Duration,
    /// Resident memory in KiB: before the first command, after it, and the most there ever was.
    before: f64,
    after: f64,
    peak: f64,
}

/// Fills a floor, starts the server anew as often as asked, and writes the page.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    ensure!(args.rounds > 0, "nothing to measure");
    let cluster = Cluster::start(root, true)?;
    cluster.space_checkpoints().await?;
    cluster.create_database("cold").await?;
    let dir = tempfile::tempdir()?;
    let launch = Launch::new(&args.server, cluster.server_url("cold"), dir.path())?;
    let key = launch.platform_key().await?;
    let mut node = launch.start("server", &key).await?;
    let small = furnished(&node, &key, "small", 10).await?;
    let full = furnished(&node, &key, "full", args.agents).await?;
    let client = node::client(&node.endpoint(), &full.key, CONNECTIONS)?;
    println!("{} agents are there", full.agents.len());
    fill(&client, &full, args.aside, true).await.context("what is set aside")?;
    println!("{} interactions are set aside", args.aside);
    fill(&client, &full, args.waiting, false).await.context("what waits")?;
    println!("{} interactions wait", args.waiting);
    let mut starts = Vec::new();
    for round in 1..=args.rounds {
        node.restart().await?;
        let start = measured(&node, &small, &full).await?;
        println!("round {round}: {}", start.words());
        starts.push(start);
    }
    let pool = cluster.superuser("cold").await?;
    let settings = bench::settings_words(&cluster::settings(&pool).await?);
    pool.close().await;
    let text = page(args, root, &settings, &starts)?;
    std::fs::create_dir_all(&args.out)?;
    std::fs::write(args.out.join(format!("{}-cold.md", bench::today())), &text)?;
    println!("\n{text}");
    Ok(())
}

/// A tenant with agents who chose to be available, and known customers.
async fn furnished(node: &Node, key: &str, name: &str, agents: usize) -> Result<Tenant> {
    let platform = node::client(&node.endpoint(), key, 1)?;
    let customers = if agents > 10 { CUSTOMERS } else { 10 };
    let shape = Shape {
        capacities: vec![3; agents],
        customers,
        offer_timeout: Duration::from_secs(60),
        mixed: false,
    };
    let connect = |key: &str| node::client(&node.endpoint(), key, CONNECTIONS);
    let mut tenant = setup::tenant(&platform, name, &shape, connect).await?;
    let client = connect(&tenant.key)?;
    setup::greet(&mut tenant, &client).await?;
    let chosen = tenant.agents.iter().map(|agent| {
        client.call(v1::SetPresenceRequest {
            agent_id: agent.id.clone(),
            status: v1::PresenceStatus::Available.into(),
            ..v1::SetPresenceRequest::default()
        })
    });
    let chosen = stream::iter(chosen).buffer_unordered(PARALLEL);
    chosen.try_for_each(|_| async { Ok(()) }).await.context("presence")?;
    Ok(tenant)
}

/// Creates so many interactions, waiting or set aside.
async fn fill(client: &Client, tenant: &Tenant, count: usize, aside: bool) -> Result<()> {
    let at = aside.then(|| SystemTime::now() + REST);
    let calls = (0..count).map(|turn| {
        let asked = setup::known(tenant, turn, new_request_id());
        client.call(v1::CreateInteractionRequest { callback_time: at.map(Into::into), ..asked })
    });
    let made = stream::iter(calls).buffer_unordered(PARALLEL);
    Ok(made.try_for_each(|_| async { Ok(()) }).await?)
}

/// The first commands of both tenants on a server that has just started.
async fn measured(node: &Node, small: &Tenant, full: &Tenant) -> Result<Start> {
    let pid = node.pid().context("it runs")?;
    let first = first_answer(node, small).await?;
    let before = memory(pid, "VmRSS:")?;
    let answered = first_answer(node, full).await?;
    let (after, peak) = (memory(pid, "VmRSS:")?, memory(pid, "VmHWM:")?);
    Ok(Start { small: first, full: answered, before, after, peak })
}

async fn first_answer(node: &Node, tenant: &Tenant) -> Result<Duration> {
    let client = node::client(&node.endpoint(), &tenant.key, 1)?.with_deadline(Some(FIRST_LIMIT));
    client.call(v1::GetServerInfoRequest {}).await?;
    let began = Instant::now();
    setup::create(&client, tenant, 0, new_request_id()).await?;
    Ok(began.elapsed())
}

impl Start {
    fn words(&self) -> String {
        format!(
            "{:.2} s (a small tenant {:.3} s), from {:.0} to {:.0} MiB, at most {:.0} MiB",
            self.full.as_secs_f64(),
            self.small.as_secs_f64(),
            self.before / MIB,
            self.after / MIB,
            self.peak / MIB,
        )
    }
}

fn page(args: &Args, root: &Path, settings: &str, starts: &[Start]) -> Result<String> {
    let worst = |of: fn(&Start) -> f64| starts.iter().map(of).fold(0.0, f64::max);
    let seconds = worst(|start| start.full.as_secs_f64());
    let growth = worst(|start| (start.peak - start.before) / MIB);
    let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "# A cold floor, {}\n\n\
         Made by `make bench` (`proof {command}`), commit {}. A tenant with {} agents, who chose \
         to be available,\n{} interactions that wait and {} set aside for a call back, all made \
         by calls. The server is killed and started anew, and\nthe first command of the tenant, \
         a create, is timed from call to answer: reading the floor, deciding, committing. Before\n\
         it comes the first create of a tenant with ten agents on the same server. Growth is the \
         most resident memory the process\never had less what it had before.\n\n\
         - Machine: {}\n- PostgreSQL: {}\n\n\
         | the worst of {} starts | measured | first bar | aim | |\n|---|---|---|---|---|\n",
        bench::today(),
        bench::commit(root),
        args.agents,
        args.waiting,
        args.aside,
        crate::measure::machine_words(),
        settings,
        starts.len(),
    );
    for (what, value, bar) in [
        ("seconds to the first answer", seconds, SECONDS),
        ("MiB that the server grew, at most", growth, GROWTH_MIB),
    ] {
        let verdict = bench::verdict(value <= bar.0, value <= bar.1);
        writeln!(text, "| {what} | **{value:.2}** | ≤ {} | ≤ {} | {verdict} |", bar.0, bar.1)?;
    }
    text.push_str("\nEvery start:\n\n");
    for start in starts {
        writeln!(text, "- {}", start.words())?;
    }
    Ok(text)
}
