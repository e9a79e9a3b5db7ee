//! A tenant that calls as much as it may, and beyond, beside one that works at a modest pace. The
//! quiet tenant is measured alone, beside a neighbour who keeps to its allowance, and beside a
//! noisy one with the same allowance, in turns, so that what the machine does falls on all three.
//! What an operator grants is work that the machine has to do; noise is what comes beyond it, and
//! that must move nobody. The noisy tenant's callers wait only as long as they are told.

use super::{Common, publish};
use crate::cluster::Cluster;
use crate::measure::{Latencies, Summary};
use crate::node::{self, Launch};
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result, ensure};
use futures::future::try_join;
use omnichannel_sdk::{Client, Error, new_request_id};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

/// The least that a refused caller of the noisy tenant waits.
const WAIT_MIN: Duration = Duration::from_millis(1);
/// Before each measured part, so that the part before it has ended.
const SETTLE: Duration = Duration::from_millis(500);
/// By how much the quiet tenant's p99 may grow when its neighbour begins to make noise.
const GROWTH_MAX: f64 = 0.20;
const CUSTOMERS: usize = 200;
/// What making a tenant takes at once.
const BURST_MIN: u32 = 400;

/// How the proof is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// Calls per second that one tenant may make.
    #[arg(long, default_value_t = 500)]
    limit: u32,
    /// Callers of the noisy tenant.
    #[arg(long, default_value_t = 32)]
    callers: usize,
    /// Creates per second of the quiet tenant.
    #[arg(long, default_value_t = 100)]
    rate: u64,
    /// Length of each part.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often both parts are measured.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
}

/// A tenant and a client of its own connections.
struct Side {
    tenant: Tenant,
    client: Client,
}

/// What the noisy tenant came to.
#[derive(Default)]
struct Noise {
    made: AtomicU64,
    refused: AtomicU64,
}

/// Runs the proof.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    let cluster = Cluster::start(root, false)?;
    let dir = tempfile::tempdir()?;
    cluster.create_database("noisy").await?;
    let launch = Launch::new(&args.common.server, cluster.server_url("noisy"), dir.path())?
        .with("OMNICHANNEL_LIMITS__CALLS_PER_SECOND_PER_TENANT", args.limit)
        .with("OMNICHANNEL_LIMITS__CALLS_BURST_PER_TENANT", args.limit.max(BURST_MIN));
    let key = launch.platform_key().await?;
    let node = launch.start("node", &key).await?;
    let platform = node::client(&node.endpoint(), &key, 1)?;
    let quiet = Arc::new(side(&platform, &node.endpoint(), "quiet").await?);
    let noisy = Arc::new(side(&platform, &node.endpoint(), "noisy").await?);

    let (mut alone, mut polite, mut beside) =
        (Latencies::new(), Latencies::new(), Latencies::new());
    let noise = Arc::new(Noise::default());
    let mut noisy_seconds = 0.0;
    for _ in 0..args.rounds {
        sleep(SETTLE).await;
        alone.merge(&pace(&quiet, args.rate, args.seconds).await?);
        sleep(SETTLE).await;
        let neighbour = pace(&noisy, args.limit.into(), args.seconds);
        let (both, _) = try_join(pace(&quiet, args.rate, args.seconds), neighbour).await?;
        polite.merge(&both);
        sleep(SETTLE).await;
        let began = Instant::now();
        let mut callers = make_noise(&noisy, &noise, args.callers);
        sleep(SETTLE).await;
        beside.merge(&pace(&quiet, args.rate, args.seconds).await?);
        callers.shutdown().await;
        noisy_seconds += began.elapsed().as_secs_f64();
    }
    let (alone, polite, beside) = (alone.summary(), polite.summary(), beside.summary());
    let growth = growth(beside, polite);
    let words = words(args, &noise, noisy_seconds, [alone, polite, beside]);
    publish(&args.common, root, "A noisy tenant does not move its neighbour", &words)?;
    ensure!(growth <= GROWTH_MAX, "the neighbour's p99 grew by {:.0} %", growth * 100.0);
    let refused = noise.refused.load(Ordering::Relaxed);
    ensure!(refused > 0, "the noisy tenant was never beyond its limit");
    Ok(())
}

async fn side(platform: &Client, endpoint: &str, name: &str) -> Result<Side> {
    let shape = Shape {
        // Nobody is at work: what is created waits, and creating alone is measured.
        capacities: Vec::new(),
        customers: CUSTOMERS,
        offer_timeout: Duration::from_secs(600),
        mixed: false,
    };
    let connect = |key: &str| node::client(endpoint, key, 2);
    let mut tenant = setup::tenant(platform, name, &shape, connect).await?;
    let client = node::client(endpoint, &tenant.key, 4)?;
    setup::greet(&mut tenant, &client).await?;
    Ok(Side { tenant, client })
}

/// Creates at a fixed rate; how long each took, counted from when it was due.
async fn pace(quiet: &Arc<Side>, rate: u64, seconds: u64) -> Result<Latencies> {
    let latencies = Arc::new(Mutex::new(Latencies::new()));
    let mut calls: JoinSet<Result<(), Error>> = JoinSet::new();
    let mut ticks = interval(Duration::from_micros(1_000_000 / rate.max(1)));
    for turn in 0..rate * seconds {
        let due = ticks.tick().await.into_std();
        let (quiet, latencies) = (Arc::clone(quiet), Arc::clone(&latencies));
        let turn = usize::try_from(turn).unwrap_or_default();
        calls.spawn(async move {
            setup::create(&quiet.client, &quiet.tenant, turn, new_request_id()).await?;
            latencies.lock().await.record(due.elapsed());
            Ok(())
        });
    }
    while let Some(call) = calls.join_next().await {
        call?.context("a call at a fixed rate")?;
    }
    let latencies = latencies.lock().await.clone();
    Ok(latencies)
}

/// Callers who create one interaction after the other and wait only when they must.
fn make_noise(noisy: &Arc<Side>, noise: &Arc<Noise>, callers: usize) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for first in 0..callers {
        let (noisy, noise) = (Arc::clone(noisy), Arc::clone(noise));
        // One attempt a call: the proof counts refusals itself.
        all.spawn(async move {
            for turn in first.. {
                let request = setup::known(&noisy.tenant, turn, new_request_id());
                match noisy.client.interactions().create_interaction(request).await {
                    Ok(_) => drop(noise.made.fetch_add(1, Ordering::Relaxed)),
                    Err(status) => {
                        noise.refused.fetch_add(1, Ordering::Relaxed);
                        let wait = Error::from(status).retry_after().unwrap_or_default();
                        sleep(wait.max(WAIT_MIN)).await;
                    }
                }
            }
        });
    }
    all
}

/// By which part of `before` the p99 has grown.
fn growth(now: Summary, before: Summary) -> f64 {
    now.p99_ms / before.p99_ms - 1.0
}

fn words(args: &Args, noise: &Noise, seconds: f64, parts: [Summary; 3]) -> String {
    let [alone, polite, beside] = parts;
    let per_second = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / seconds;
    let Args { limit, rate, callers, rounds, seconds: each, .. } = args;
    let mut text = format!(
        "One server process, PostgreSQL and both tenants' callers on one machine. Each tenant may \
         make {limit} calls a second. The quiet\ntenant creates {rate} interactions a second; the \
         noisy one has {callers} callers who repeat as soon as they are allowed. {rounds} rounds\n\
         of {each} s alone, {each} s beside a neighbour who calls exactly as often as it may, and \
         {each} s beside the noisy one.\n\n",
    );
    let _ = writeln!(text, "| the quiet tenant's creates | count | p50 ms | p99 ms | max ms |");
    let _ = writeln!(text, "|---|---|---|---|---|");
    for (name, part) in [
        ("alone", alone),
        ("beside one that keeps to its allowance", polite),
        ("beside the noisy one", beside),
    ] {
        let Summary { count, p50_ms, p99_ms, max_ms, .. } = part;
        let _ = writeln!(text, "| {name} | {count} | {p50_ms:.2} | {p99_ms:.2} | {max_ms:.2} |");
    }
    let _ = writeln!(
        text,
        "\n- the noisy tenant made {:.0} creates a second and was refused {:.0} times a second\n\
         - **its noise changed the quiet tenant's p99 by {:+.0} %** against a neighbour who keeps \
         to the same allowance; at most +{:.0} % is allowed\n\
         - against being alone: {:+.0} % beside the one that keeps to its allowance, {:+.0} % \
         beside the noisy one; that is what the\n  allowance itself costs on this machine",
        per_second(&noise.made),
        per_second(&noise.refused),
        growth(beside, polite) * 100.0,
        GROWTH_MAX * 100.0,
        growth(polite, alone) * 100.0,
        growth(beside, alone) * 100.0,
    );
    let _ = writeln!(text, "- {}", crate::measure::machine_words());
    text
}
