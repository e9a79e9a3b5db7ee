//! Readers of a tenant's feed whose connection is cut again and again while work goes on. One reads
//! by the SDK and keeps nothing but the last token, from which it starts anew now and then, as a
//! process would; one speaks the contract bare and continues by token or by sequence. Both must see
//! every event of the log once, in order, without a hole, and the same as the database has it.

pub(super) mod readers;

use super::{Arena, Common, Staff, complaint_words, publish, settled};
use crate::audit::{Violations, audit, events_of};
use crate::cluster::Cluster;
use crate::node;
use crate::proxy::Proxy;
use crate::setup;
use anyhow::{Context, Result, ensure};
use omnichannel_sdk::new_request_id;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use readers::{Seen, Told};
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

const NODES: usize = 2;
const AGENTS: usize = 20;
const CALLERS: usize = 8;
/// Between two creates of a caller.
const PAUSE: Duration = Duration::from_millis(20);
/// A connection is cut so many milliseconds after it was there.
const CUT_AFTER: std::ops::Range<u64> = 10..500;
/// How long all cuts may take.
const CUTS_LIMIT: Duration = Duration::from_secs(420);
/// How long readers may take to reach the end once all is quiet.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(60);
/// Only the work before this; the cuts may take longer.
const WORK_MAX: usize = 60_000;

/// How the proof is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// Seed of the times of the cuts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each reader is cut off.
    #[arg(long, default_value_t = 200)]
    cuts: usize,
}

/// Runs the proof.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    let cluster = Cluster::start(root, false)?;
    let arena = Arena::open(&cluster, &args.common.server, "feed_cuts", NODES).await?;
    let staff = Staff::hire(&arena, 1, AGENTS, Duration::from_secs(20)).await?;
    let site = &staff.sites[0];
    let seen = [Arc::new(Seen::default()), Arc::new(Seen::default())];
    // Events come through one node and are read at the other as well.
    let proxies =
        [Proxy::start(arena.nodes[0].port()).await?, Proxy::start(arena.nodes[1].port()).await?];
    let mut readers = JoinSet::new();
    let behind = |proxy: &Proxy| node::client(&proxy.endpoint(), &site.tenant.key, 1);
    let finished = Arc::new(AtomicBool::new(false));
    let patient = (Arc::clone(&seen[0]), Arc::clone(&finished));
    readers.spawn(readers::by_sdk(behind(&proxies[0])?, patient.0, patient.1));
    let bare = (Arc::clone(&seen[1]), Arc::clone(&finished));
    readers.spawn(readers::bare(behind(&proxies[1])?, bare.0, bare.1));

    let made = Arc::new(AtomicUsize::new(0));
    let mut callers = work(&staff, &made);
    let began = Instant::now();
    let cut = cut_all(&proxies, args).await;
    let cutting = began.elapsed();
    callers.shutdown().await;
    let ended = settled(&arena.pool, CATCH_UP_LIMIT).await?.is_some();
    staff.leave().await;
    let (reached, end) = await_end(&arena.pool, &seen).await?;
    finished.store(true, Ordering::Relaxed);
    readers.shutdown().await;

    let tenant = tenant_of(&arena.pool).await?;
    // What the log took in after that, such as leases that ran out, nobody waited for.
    let mut events = events_of(&arena.pool, tenant).await?;
    events.retain(|event| event.seq <= end);
    let mut words = format!(
        "Two server processes, one tenant at work ({} creates, {AGENTS} agents who accept and \
         complete). For each reader the\nconnection was cut {} times in {:.0} s (seed {}), 10 to \
         500 ms after it was there.\n\n- events in the log: {}\n",
        made.load(Ordering::Relaxed),
        cut,
        cutting.as_secs_f64(),
        args.seed,
        events.len()
    );
    let mut wrong = 0;
    for (name, seen) in ["the SDK's reader", "the bare reader"].into_iter().zip(&seen) {
        let mut told: Vec<Told> = seen.told();
        told.retain(|told| told.seq <= end);
        let differences = readers::compare(&told, &events);
        wrong += differences.len() + seen.complaints().len();
        let _ = writeln!(
            words,
            "- {name}: {} events, {} openings, **{} differences from the log**",
            told.len(),
            seen.openings(),
            differences.len()
        );
        for text in differences.iter().chain(&seen.complaints()).take(8) {
            let _ = writeln!(words, "  - {text}");
        }
    }
    let violations: Violations = audit(&arena.pool).await?.violations;
    let _ = writeln!(words, "- violations in the log itself: {}", violations.total());
    let _ = writeln!(words, "- everything created had ended: {ended}");
    words.push_str(&complaint_words(&arena.complaints()));
    publish(&args.common, root, "A feed that is cut misses nothing", &words)?;
    ensure!(cut >= args.cuts, "only {cut} cuts in {CUTS_LIMIT:?}");
    ensure!(reached, "the readers did not reach the end of the log");
    ensure!(wrong == 0 && violations.total() == 0, "{wrong} differences; see the page");
    Ok(())
}

/// Callers at both nodes, until they are shut down.
fn work(staff: &Staff, made: &Arc<AtomicUsize>) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (sites, made) = (Arc::clone(&staff.sites), Arc::clone(made));
        callers.spawn(async move {
            for turn in 0..WORK_MAX {
                let client = &sites[0].clients[number % NODES];
                if setup::create(client, &sites[0].tenant, turn, new_request_id()).await.is_ok() {
                    made.fetch_add(1, Ordering::Relaxed);
                }
                sleep(PAUSE).await;
            }
        });
    }
    callers
}

/// Cuts until every reader was cut off often enough; how often the one that was cut least.
async fn cut_all(proxies: &[Proxy; 2], args: &Args) -> usize {
    let (began, mut chance) = (Instant::now(), StdRng::seed_from_u64(args.seed));
    let least = || proxies.iter().map(Proxy::severed).min().unwrap_or_default();
    while least() < args.cuts && began.elapsed() < CUTS_LIMIT {
        let proxy = &proxies[chance.random_range(0..proxies.len())];
        sleep(Duration::from_millis(chance.random_range(CUT_AFTER) / 2)).await;
        if proxy.live() > 0 && proxy.severed() < args.cuts {
            proxy.cut();
        }
    }
    least()
}

/// Waits until both readers have seen what is the newest event now; whether they did in time, and
/// its place.
async fn await_end(pool: &PgPool, seen: &[Arc<Seen>; 2]) -> Result<(bool, i64)> {
    let (began, tenant) = (Instant::now(), tenant_of(pool).await?);
    let query = sqlx::query("SELECT seq FROM head WHERE tenant_id = $1").bind(tenant);
    let end: i64 = query.fetch_one(pool).await?.try_get(0)?;
    while began.elapsed() < CATCH_UP_LIMIT {
        if seen.iter().all(|seen| seen.last() >= end) {
            return Ok((true, end));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok((false, end))
}

/// The only tenant beside the system's.
async fn tenant_of(pool: &PgPool) -> Result<Uuid> {
    let sql = "SELECT id FROM tenant WHERE name = 'proof-0'";
    let row = sqlx::query(sql).fetch_optional(pool).await?.context("the tenant is there")?;
    Ok(row.try_get(0)?)
}
