//! Timers under everything that tempts them to fire late, twice or never: two server processes on
//! one database, the clock of one an hour ahead and of the other an hour behind; agents whose
//! streams are cut, go silent and come back on the other node at random; work whose offers,
//! wrap-ups, promises, waits and rests all run out within seconds. When each timer was due and when
//! it fired is read from the log, in the database's time. The auditor looks at the rest.

mod book;
mod people;
mod skew;
mod world;

use super::{Arena, Common, audit_words, complaint_words, publish};
use crate::audit::{self, Audit};
use crate::cluster::Cluster;
use crate::node;
use anyhow::{Context, Result, ensure};
use book::{Book, Findings, Kind, LATE_MAX};
use people::Doings;
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// How far the clocks of the two nodes are from the machine's, in seconds.
const SKEW: [i64; 2] = [3_600, -3_600];
/// How long things run on without anybody at work.
const TAIL: Duration = Duration::from_secs(5);
/// How long no node runs after that.
const NIGHT: Duration = Duration::from_secs(3);
/// How long the node that is behind runs alone then, and is asked nothing.
const MORNING: Duration = Duration::from_secs(20);
/// By when it must have looked at everything that is overdue.
const DAWN: i64 = 3_000_000;
/// Upper bounds of the histogram, in milliseconds.
const BUCKETS: [i64; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// How the proof is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// Length, in seconds.
    #[arg(long, default_value_t = 180)]
    seconds: u64,
    /// Interactions created per second, of all tenants together.
    #[arg(long, default_value_t = 40)]
    rate: usize,
    /// Tenants.
    #[arg(long, default_value_t = 4)]
    tenants: usize,
    /// Agents of each tenant.
    #[arg(long, default_value_t = 40)]
    agents: usize,
    /// Seed of what people and their connections do.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What came of it.
struct Ran {
    findings: Findings,
    audit: Audit,
    doings: Arc<Doings>,
    seconds: f64,
    words: String,
}

/// Runs the proof.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    let cluster = Cluster::start(root, false)?;
    let ran = once(&cluster, args).await?;
    let verdict = verdict(&ran);
    let mut words = words(&ran, args);
    let _ = match &verdict {
        Ok(()) => writeln!(words, "\n**Holds.**"),
        Err(error) => writeln!(words, "\n**Fails:** {error}"),
    };
    publish(&args.common, root, "Timers fire once and in time, whatever clocks say", &words)?;
    verdict
}

fn verdict(ran: &Ran) -> Result<()> {
    let (findings, broken) = (&ran.findings, ran.audit.violations.total());
    ensure!(findings.wrong == 0, "{} timers are wrong", findings.wrong);
    ensure!(broken == 0, "{broken} violations");
    for kind in ALL {
        let fired = findings.fired.get(&kind).map_or(0, |fired| fired.late.len());
        ensure!(fired > 0, "no timer of this kind fired: {}", kind.words());
    }
    let by = |whose: usize| findings.fired.values().map(|fired| fired.by[whose]).sum::<usize>();
    ensure!(by(0) > 0 && by(1) > 0, "both nodes fire timers, or nothing is proved of their clocks");
    ensure!(by(2) == 0, "{} timers were fired by a node whose clock was right", by(2));
    Ok(())
}

const ALL: [Kind; 8] = [
    Kind::Offer,
    Kind::WrapUp,
    Kind::Grace,
    Kind::Wake,
    Kind::MaxWait,
    Kind::SlaWarning,
    Kind::SlaBreach,
    Kind::Shift,
];

async fn once(cluster: &Cluster, args: &Args) -> Result<Ran> {
    let folder = tempfile::tempdir()?;
    let library = skew::build(folder.path())?;
    let mut arena = Arena::open(cluster, &args.common.server, "timers", SKEW.len()).await?;
    for (node, seconds) in arena.nodes.iter_mut().zip(SKEW) {
        skew::restart(node, &library, seconds).await?;
    }
    let ends = [arena.nodes[0].endpoint(), arena.nodes[1].endpoint()];
    let ports = [arena.nodes[0].port(), arena.nodes[1].port()];
    let platform = node::client(&ends[0], &arena.key, 1)?;
    let mut places = Vec::new();
    for number in 0..args.tenants {
        let name = format!("proof-{number}");
        let place = world::place(&platform, &ends[number % 2], &name, args.agents).await?;
        places.push(Arc::new(place));
    }
    let doors = people::doors(ports).await?;
    let doings = Arc::new(Doings::default());
    let begin = clock(&arena.pool).await?;
    let mut people = people::begin(&places, &doors, &ends, &doings, (args.seed, args.rate))?;
    people.spawn(people::batter(doors.clone(), ports, Arc::clone(&doings), args.seed));
    sleep(Duration::from_secs(args.seconds)).await;
    people.shutdown().await;
    sleep(TAIL).await;
    let dusk = clock(&arena.pool).await?;
    for node in &mut arena.nodes {
        node.kill()?;
    }
    sleep(NIGHT).await;
    // Nobody tells it anything, so that it has to find by itself what is overdue.
    arena.nodes[1].restart().await?;
    let dawn = clock(&arena.pool).await? + DAWN;
    sleep(MORNING).await;
    let complaints = arena.complaints();
    let end = clock(&arena.pool).await?;
    arena.nodes[1].kill()?;
    let mut findings = Findings::default();
    for place in &places {
        let book =
            Book::new(place.tenant.id, world::MAX_WAIT, place.scheduled.clone(), (dusk, dawn));
        findings.merge(read(&arena.pool, book, (begin, end)).await?);
    }
    let audit = audit::audit(&arena.pool).await?;
    let seconds = (end - begin) as f64 / 1e6;
    Ok(Ran { findings, audit, doings, seconds, words: complaint_words(&complaints) })
}

/// The database's clock, in microseconds.
async fn clock(pool: &PgPool) -> Result<i64> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8";
    Ok(sqlx::query(sql).fetch_one(pool).await?.try_get(0)?)
}

/// Reads one tenant's log, and its rows for promises that were broken and not told.
async fn read(pool: &PgPool, mut book: Book, (begin, end): (i64, i64)) -> Result<Findings> {
    let tenant = book.tenant;
    let mut after = 0;
    loop {
        let rows = audit::page(pool, tenant, after).await?;
        let Some(last) = rows.last() else { break };
        after = last.last_seq;
        for row in &rows {
            book.row(row)?;
        }
    }
    let untold = untold(pool, tenant, end).await?;
    let mut findings = book.close(end, &world::minutes(begin, end));
    findings.wrong += untold.len();
    findings.told.extend(untold.into_iter().take(3));
    Ok(findings)
}

/// Promises whose time was used up by a second or more before anything stopped their clocks, and of
/// which no breach is on record.
async fn untold(pool: &PgPool, tenant: Uuid, end: i64) -> Result<Vec<String>> {
    let query = sqlx::query("SELECT id::text, sla FROM interaction WHERE tenant_id = $1");
    let mut found = Vec::new();
    for row in query.bind(tenant).fetch_all(pool).await? {
        let (id, sla): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if sla.is_empty() {
            continue;
        }
        let sla: Value = serde_json::from_str(&sla).context("a stored promise")?;
        for clock in sla["clocks"].as_array().into_iter().flatten() {
            let at = |field: &str| clock.get(field).and_then(Value::as_i64);
            let until = at("stopped_at").unwrap_or(end);
            let over = at("due_at").is_some_and(|due| until - due > LATE_MAX);
            if over && at("breached_at").is_none() {
                found.push(format!("a promise of {id} was broken and not told: {clock}"));
            }
        }
    }
    Ok(found)
}

fn words(ran: &Ran, args: &Args) -> String {
    let (findings, doings) = (&ran.findings, &ran.doings);
    let of = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
    let mut text = format!(
        "Two server processes on one PostgreSQL; the wall clock of one is an hour ahead, that \
         of the other an hour behind (a preloaded\nlibrary moves what the process is told; its log \
         and the ids of its batches bear that time). {} tenants, {} agents each, {:.0} s.\nAgents \
         sit behind {} doors, stay 4 to 25 s and come back after up to 4 s or, three times of ten, \
         after 46 to 60 s (the grace is 45 s).\nDoors are cut, go silent or lead to the other \
         node, by chance (seed {}).\nAt the end both nodes are killed; 3 s later the one that is \
         behind is started again, alone, and nobody asks it anything:\nwhat was due meanwhile it \
         must have found within 3 s of being ready, and fire the rest in time.\n\n",
        args.tenants,
        args.agents,
        ran.seconds,
        people::DOORS,
        args.seed
    );
    let _ = writeln!(text, "- interactions created: {}", of(&doings.created));
    let _ = writeln!(
        text,
        "- sessions opened: {}, ended: {}; connections cut: {}, doors gone silent: {}, turned to \
         either node: {}",
        findings.opened,
        findings.closed,
        of(&doings.cuts),
        of(&doings.silences),
        of(&doings.turns)
    );
    let _ = writeln!(text, "- refused: {:?}", doings.refused());
    text.push_str(&ran.words);
    let rate = findings.count() as f64 / ran.seconds;
    let _ = writeln!(text, "\n## {} timers, {rate:.0} a second\n", findings.count());
    text.push_str(
        "Late is what lies between due and fired, in ms of the database's clock. Overtaken: \
         somebody ended it after it was due and before\nit fired.\n\n\
         | what | fired | by the node ahead | by the node behind | overtaken | median | 99 % | \
         most |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut all = [0_usize; BUCKETS.len() + 1];
    for (kind, fired) in &findings.fired {
        let Summaries { p50, p99, most } = summaries(&fired.late);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {p50:.1} | {p99:.1} | {most:.1} |",
            kind.words(),
            fired.late.len(),
            fired.by[0],
            fired.by[1],
            fired.overtaken
        );
        for late in &fired.late {
            let place = BUCKETS.iter().position(|most| *late <= most * 1_000);
            all[place.unwrap_or(BUCKETS.len())] += 1;
        }
    }
    let _ = writeln!(text, "\n| late, up to ms | timers |\n|---|---|");
    for (number, count) in all.iter().enumerate() {
        let bound = BUCKETS.get(number).map_or("more".to_owned(), ToString::to_string);
        let _ = writeln!(text, "| {bound} | {count} |");
    }
    let _ = writeln!(text, "\n- **{} timers late, early, twice or never**", findings.wrong);
    for told in &findings.told {
        let _ = writeln!(text, "  - {told}");
    }
    text.push_str("\n## The log and the rows\n\n");
    text.push_str(&audit_words(&ran.audit));
    text
}

struct Summaries {
    p50: f64,
    p99: f64,
    most: f64,
}

/// In milliseconds.
fn summaries(late: &[i64]) -> Summaries {
    let mut sorted = late.to_vec();
    sorted.sort_unstable();
    let at = |part: f64| {
        let place = (sorted.len() as f64 * part).ceil() as usize;
        sorted.get(place.saturating_sub(1)).map_or(0.0, |micros| *micros as f64 / 1_000.0)
    };
    Summaries { p50: at(0.5), p99: at(0.99), most: at(1.0) }
}
