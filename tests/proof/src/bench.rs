//! The first bars of the design, measured: creates per second and create → offer against `pgbench`
//! on the same durable PostgreSQL, the two alternating in one session. Every run has a database and
//! a server of its own, and is audited afterwards: a rate that broke a promise is no rate.

mod page;

pub(crate) use page::{commit, settings_words, today, verdict};

use crate::audit;
use crate::cluster::{self, Activity, Cluster};
use crate::load::{self, Outcome, Pace, Plan};
use crate::measure::Watched;
use crate::node::{self, Launch};
use crate::pgbench::{self, Yard};
use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// No run begins later than this: the whole stays below six minutes.
const LAST_BEGIN: Duration = Duration::from_secs(315);
/// How long statistics of other connections take to arrive.
const STATISTICS_DELAY: Duration = Duration::from_millis(1100);
/// The rate of the open loop.
const OPEN_RATE: usize = 4_000;

/// How the bench is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Release build of the server.
    #[arg(long, default_value = "target/release/omnichannel")]
    server: PathBuf,
    /// How often everything is measured; later rounds are left out when time is up.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Length of each measurement, in seconds.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Folder of the written results.
    #[arg(long, default_value = "docs/benchmarks")]
    out: PathBuf,
    /// Runs to make, by name; default all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// A load run of the bench and the yardstick it is held against.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    tenants: usize,
    pace: Pace,
    /// Clients of the pgbench before and after it.
    yard_clients: usize,
}

const CASES: [Case; 6] = [
    Case { name: "64x1", tenants: 1, pace: Pace::Callers(64), yard_clients: 64 },
    Case { name: "64x20", tenants: 20, pace: Pace::Callers(64), yard_clients: 64 },
    Case { name: "256x1", tenants: 1, pace: Pace::Callers(256), yard_clients: 64 },
    Case { name: "256x20", tenants: 20, pace: Pace::Callers(256), yard_clients: 64 },
    Case { name: "open1", tenants: 1, pace: Pace::PerSecond(OPEN_RATE), yard_clients: 16 },
    Case { name: "open20", tenants: 20, pace: Pace::PerSecond(OPEN_RATE), yard_clients: 16 },
];

/// One load run with everything that was seen of it.
#[derive(Clone, Debug, Serialize)]
struct Measured {
    case: &'static str,
    round: usize,
    outcome: Outcome,
    yard_before: Yard,
    yard_after: Yard,
    /// What the bar is about; none for a rate that was not carried.
    ratio: Option<f64>,
    /// Rows that the creates made, per create, by table.
    rows_per_create: BTreeMap<String, f64>,
    /// Creates in one log row, on average: the size of a batch in one tenant.
    creates_per_log_row: f64,
    /// Creates in one batch.
    creates_per_batch: f64,
    /// Transactions of the database per create, reads included.
    transactions_per_create: f64,
    wal_bytes_per_create: f64,
    /// Promises broken, as the auditor counts them.
    violations: usize,
    told: Vec<String>,
}

/// All of a bench.
#[derive(Debug, Serialize)]
struct Bench {
    when: String,
    command: String,
    commit: String,
    machine: String,
    settings: BTreeMap<String, String>,
    statement: &'static str,
    measured: Vec<Measured>,
}

/// Runs the bench and writes what came of it.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    ensure!(args.rounds > 0 && args.seconds > 0, "nothing to measure");
    let began = Instant::now();
    let cluster = Cluster::start(root, true)?;
    cluster.space_checkpoints().await?;
    pgbench::prepare(&cluster).await?;
    let mut bench = Bench {
        when: page::today(),
        command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        commit: page::commit(root),
        machine: crate::measure::machine_words(),
        settings: settings(&cluster).await?,
        statement: pgbench::STATEMENT,
        measured: Vec::new(),
    };
    // The first seconds of a new cluster are not like the others.
    pgbench::run(&cluster, 64, 2).await?;
    'rounds: for round in 1..=args.rounds {
        let mut yard: Option<Yard> = None;
        for case in &CASES {
            if !args.only.is_empty() && !args.only.iter().any(|name| name == case.name) {
                continue;
            }
            if began.elapsed() > LAST_BEGIN {
                eprintln!("time is up: round {round} ends before {}", case.name);
                break 'rounds;
            }
            let before = match yard.filter(|yard| yard.clients == case.yard_clients) {
                Some(yard) => yard,
                None => pgbench_run(&cluster, case.yard_clients, args.seconds).await?,
            };
            let mut measured = measure(&cluster, args, *case, round).await?;
            let after = pgbench_run(&cluster, case.yard_clients, args.seconds).await?;
            (measured.yard_before, measured.yard_after) = (before, after);
            measured.ratio = Some(page::ratio(&measured)).filter(|ratio| ratio.is_finite());
            yard = Some(after);
            println!("{}", page::line(&measured));
            bench.measured.push(measured);
        }
    }
    let text = page::write(&bench, &args.out)?;
    println!("\n{text}");
    let broken: usize = bench.measured.iter().map(|measured| measured.violations).sum();
    ensure!(broken == 0, "{broken} promises were broken while measuring; see the page");
    Ok(())
}

async fn settings(cluster: &Cluster) -> Result<BTreeMap<String, String>> {
    let pool = cluster.superuser("postgres").await?;
    let settings = cluster::settings(&pool).await?;
    pool.close().await;
    Ok(settings)
}

async fn pgbench_run(cluster: &Cluster, clients: usize, seconds: u64) -> Result<Yard> {
    cluster.checkpoint().await?;
    let yard = pgbench::run(cluster, clients, seconds).await?;
    println!(
        "pgbench {clients}: {:.0} commits/s, mean {:.2} ms",
        yard.commits_per_second, yard.mean_ms
    );
    Ok(yard)
}

/// What is read when the window opens or closes.
struct Reading {
    activity: Activity,
    micros: i64,
    tables: BTreeMap<String, i64>,
}

impl Reading {
    async fn take(pool: &PgPool) -> Result<Self> {
        Ok(Self {
            activity: cluster::activity(pool).await?,
            micros: database_micros(pool).await?,
            tables: cluster::table_counts(pool).await?,
        })
    }

    /// Rows that were added since, by table.
    fn added(&self, since: &Self) -> BTreeMap<String, i64> {
        let before = |table: &String| since.tables.get(table).copied().unwrap_or_default();
        let added = self.tables.iter().map(|(table, count)| (table.clone(), count - before(table)));
        added.filter(|(_, added)| *added > 0).collect()
    }
}

async fn measure(cluster: &Cluster, args: &Args, case: Case, round: usize) -> Result<Measured> {
    let database = format!("bench_{}_{round}", case.name);
    let dir = tempfile::tempdir()?;
    cluster.create_database(&database).await?;
    let launch = Launch::new(&args.server, cluster.server_url(&database), dir.path())?;
    let key = launch.platform_key().await?;
    let mut node = launch.start("server", &key).await?;
    cluster.checkpoint().await?;
    let pool = cluster.superuser(&database).await?;
    let plan = Plan {
        tenants: case.tenants,
        agents: 1_000,
        capacity: 100,
        customers: 1_000,
        pace: case.pace,
        warmup_seconds: 1.0,
        seconds: args.seconds as f64,
        answer: false,
    };
    let watched = Watched { server: node.pid(), postmaster: Some(cluster.postmaster()?) };
    let mut readings = Vec::new();
    let mark = async || {
        readings.push(Reading::take(&pool).await?);
        Ok(())
    };
    let ran = load::run(&node.endpoint(), &key, &plan, watched, mark).await;
    let outcome = ran.with_context(|| format!("{}\n{}", case.name, node.log_tail()))?;
    node.kill()?;
    let measured = look(&pool, case, round, outcome, &readings).await;
    pool.close().await;
    cluster.drop_database(&database).await?;
    measured
}

/// Everything that is read from the database once the server is gone.
async fn look(
    pool: &PgPool,
    case: Case,
    round: usize,
    outcome: Outcome,
    readings: &[Reading],
) -> Result<Measured> {
    sleep(STATISTICS_DELAY).await;
    let [opens, closes] = readings else { bail!("the window has two ends") };
    let added = closes.added(opens);
    // What happened between the two readings, which lie just outside of the window.
    let made = added.get("interaction").copied().unwrap_or_default().max(1) as f64;
    let rows_per_create = added.iter().map(|(table, rows)| (table.clone(), *rows as f64 / made));
    let (log_rows, batches) = batches(pool, opens.micros, closes.micros).await?;
    let transactions = closes.activity.transactions - opens.activity.transactions;
    let wal_bytes = closes.activity.wal_bytes - opens.activity.wal_bytes;
    let audit = audit::audit(pool).await?;
    let mut told = audit.violations.texts().to_vec();
    let mut violations = audit.violations.total();
    let (stored, answered) = (audit.interactions as u64, outcome.answered_in_all);
    let refused = outcome.refused.keys().any(|what| what.starts_with("create"));
    if stored < answered || (stored > answered && !refused) {
        violations += 1;
        told.push(format!("{answered} creates were answered, {stored} are stored"));
    }
    if audit.offers != audit.interactions && !outcome.plan.answer {
        violations += 1;
        told.push(format!("{} interactions, {} offers", audit.interactions, audit.offers));
    }
    let unread = Yard { clients: 0, commits_per_second: 0.0, mean_ms: 0.0 };
    Ok(Measured {
        case: case.name,
        round,
        rows_per_create: rows_per_create.collect(),
        creates_per_log_row: made / log_rows.max(1) as f64,
        creates_per_batch: made / batches.max(1) as f64,
        transactions_per_create: transactions as f64 / made,
        wal_bytes_per_create: wal_bytes as f64 / made,
        violations,
        told,
        outcome,
        yard_before: unread,
        yard_after: unread,
        ratio: None,
    })
}

async fn database_micros(pool: &PgPool) -> Result<i64> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8";
    Ok(sqlx::query(sql).fetch_one(pool).await?.try_get(0)?)
}

/// Log rows and batches of a span of time.
async fn batches(pool: &PgPool, from: i64, to: i64) -> Result<(i64, i64)> {
    let query = sqlx::query(
        "SELECT count(*), count(DISTINCT batch_id) FROM log WHERE now BETWEEN $1 AND $2",
    );
    let row = query.bind(from).bind(to).fetch_one(pool).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// A load run against a server that is already there.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// Address of the server.
    #[arg(long)]
    endpoint: String,
    /// Key of a platform admin.
    #[arg(long, env = "OMNICHANNEL_API_KEY", hide_env_values = true)]
    key: String,
    /// Tenants.
    #[arg(long, default_value_t = 1)]
    tenants: usize,
    /// Agents of all tenants together; the server must allow one key that many streams.
    #[arg(long, default_value_t = 1_000)]
    agents: usize,
    /// Capacity of each.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..=100))]
    capacity: i32,
    /// Customers of all tenants together.
    #[arg(long, default_value_t = 1_000)]
    customers: usize,
    /// Callers of the closed loop.
    #[arg(long, default_value_t = 64)]
    callers: usize,
    /// Creates per second of an open loop, instead of callers.
    #[arg(long)]
    rate: Option<usize>,
    /// Seconds before measuring.
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    /// Seconds of measuring.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// Let agents accept and complete, instead of holding what they are offered.
    #[arg(long)]
    answer: bool,
    /// Process of the server, to count its processor time.
    #[arg(long)]
    server_pid: Option<u32>,
    /// Postmaster of its database, likewise.
    #[arg(long)]
    postmaster_pid: Option<u32>,
    /// A superuser's address of its database, to say settings and rows per create.
    #[arg(long)]
    database: Option<String>,
}

/// Runs one load and prints what came of it, as text and as one line of JSON.
pub(crate) async fn load(args: &LoadArgs) -> Result<()> {
    let plan = Plan {
        tenants: args.tenants,
        agents: args.agents,
        capacity: args.capacity,
        customers: args.customers,
        pace: args.rate.map_or(Pace::Callers(args.callers), Pace::PerSecond),
        warmup_seconds: args.warmup,
        seconds: args.seconds,
        answer: args.answer,
    };
    let client = node::client(&args.endpoint, &args.key, 1)?;
    let info = client.call(omnichannel_sdk::v1::GetServerInfoRequest {}).await?;
    println!("server {} on {:?}, node {}", info.version, info.database(), info.node_id);
    println!("machine: {}", crate::measure::machine_words());
    let pool = match &args.database {
        Some(url) => Some(PgPool::connect(url).await?),
        None => None,
    };
    let mut tables = BTreeMap::new();
    if let Some(pool) = &pool {
        println!("settings: {}", page::settings_words(&cluster::settings(pool).await?));
        tables = cluster::table_counts(pool).await?;
    }
    let watched = Watched { server: args.server_pid, postmaster: args.postmaster_pid };
    let outcome = load::run(&args.endpoint, &args.key, &plan, watched, async || Ok(())).await?;
    println!("{}", page::outcome_words(&outcome));
    if let Some(pool) = &pool {
        let after = cluster::table_counts(pool).await?;
        let made = after.iter().filter_map(|(table, count)| {
            let made = count - tables.get(table).copied().unwrap_or_default();
            let each = made as f64 / outcome.answered_in_all.max(1) as f64;
            (made > 0).then(|| format!("{table} {each:.3}"))
        });
        println!("rows per create: {}", made.collect::<Vec<_>>().join(", "));
    }
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}
