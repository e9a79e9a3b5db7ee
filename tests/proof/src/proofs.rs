//! The long proofs and what they share: an arena of a database and two server processes, tenants
//! whose agents sit at both nodes, the wait until everything has ended, and the page that says how
//! it went. A proof fails with an error; its page is written either way.

pub(crate) mod drain;
pub(crate) mod feed_cuts;
pub(crate) mod kill;
pub(crate) mod noisy;
pub(crate) mod timers;
pub(crate) mod two_nodes;

use crate::audit::Audit;
use crate::audit::replay::Seen;
use crate::cluster::Cluster;
use crate::desk::advice::Advice;
use crate::desk::{Tally, Worker};
use crate::node::{self, Launch, Node};
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result, ensure};
use omnichannel_sdk::Client;
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How often it is asked whether everything has ended.
const POLL: Duration = Duration::from_millis(200);

/// Complaints of the servers that a page shows.
const COMPLAINTS_MAX: usize = 10;

/// What every proof is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// Build of the server.
    #[arg(long, default_value = "target/release/omnichannel")]
    server: PathBuf,
    /// File that the page is written to, besides being printed.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Two servers on one database. Servers go before the cluster, the folder last.
struct Arena {
    nodes: Vec<Node>,
    pool: PgPool,
    key: String,
    _dir: TempDir,
}

impl Arena {
    /// Starts the servers on a new database of the cluster.
    async fn open(cluster: &Cluster, server: &Path, database: &str, nodes: usize) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        cluster.create_database(database).await?;
        let launch = Launch::new(server, cluster.server_url(database), dir.path())?;
        let key = launch.platform_key().await?;
        let mut started = Vec::new();
        for number in 0..nodes {
            started.push(launch.start(&format!("node-{number}"), &key).await?);
        }
        let pool = cluster.superuser(database).await?;
        Ok(Self { nodes: started, pool, key, _dir: dir })
    }

    fn endpoints(&self) -> Vec<String> {
        self.nodes.iter().map(Node::endpoint).collect()
    }

    /// What the nodes' logs warn of, and how often.
    fn complaints(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for (text, count) in self.nodes.iter().flat_map(Node::complaints) {
            *all.entry(text).or_default() += count;
        }
        all
    }
}

/// Complaints as lines of a page.
fn complaint_words(complaints: &BTreeMap<String, usize>) -> String {
    let all: usize = complaints.values().sum();
    let mut text = format!("- warnings and errors in the servers' logs: {all}\n");
    for (complaint, count) in complaints.iter().take(COMPLAINTS_MAX) {
        let _ = writeln!(text, "  - {count} × `{complaint}`");
    }
    text
}

/// A tenant with a client for each node.
#[derive(Clone)]
struct Site {
    tenant: Tenant,
    clients: Vec<Client>,
}

/// People at work at both nodes.
struct Staff {
    sites: Arc<Vec<Site>>,
    tally: Arc<Tally>,
    stop: watch::Sender<bool>,
    desks: JoinSet<()>,
}

impl Staff {
    /// Makes tenants and seats their agents at the nodes in turn, with capacities from 1 to 5.
    async fn hire(
        arena: &Arena,
        tenants: usize,
        agents: usize,
        offer_timeout: Duration,
    ) -> Result<Self> {
        let endpoints = arena.endpoints();
        let platform = node::client(&endpoints[0], &arena.key, 1)?;
        let capacities = (0..agents).map(|n| 1 + i32::try_from(n % 5).unwrap_or(0)).collect();
        let shape = Shape { capacities, customers: 40, offer_timeout, mixed: true };
        let tally = Arc::new(Tally::default());
        let (stop, _) = watch::channel(false);
        let (mut desks, mut sites) = (JoinSet::new(), Vec::new());
        for number in 0..tenants {
            let connect = |key: &str| node::client(&endpoints[0], key, 2);
            let name = format!("proof-{number}");
            let tenant = setup::tenant(&platform, &name, &shape, connect).await?;
            let clients: Result<Vec<Client>> =
                endpoints.iter().map(|e| node::client_with(e, &tenant.key, 2, 2)).collect();
            let mut site = Site { tenant, clients: clients? };
            for (place, agent) in site.tenant.agents.iter().enumerate() {
                let worker = Worker {
                    // Neighbours in capacity sit at different nodes.
                    client: site.clients[(place / 5 + place) % endpoints.len()].clone(),
                    agent_id: agent.id.clone(),
                    tally: Arc::clone(&tally),
                    matcher: None,
                    advice: Advice::among(&site.tenant),
                };
                desks.spawn(worker.work(stop.subscribe()));
            }
            let client = site.clients[0].clone();
            setup::greet(&mut site.tenant, &client).await?;
            sites.push(site);
        }
        Ok(Self { sites: Arc::new(sites), tally, stop, desks })
    }

    /// Sends everybody home.
    async fn leave(mut self) {
        self.stop.send_replace(true);
        self.desks.shutdown().await;
    }
}

/// Waits until no interaction is open; how long it took, or nothing if it took too long.
async fn settled(pool: &PgPool, limit: Duration) -> Result<Option<Duration>> {
    let began = Instant::now();
    loop {
        let sql = "SELECT count(*) FROM interaction WHERE status < 10";
        let open: i64 = sqlx::query(sql).fetch_one(pool).await?.try_get(0)?;
        if open == 0 {
            return Ok(Some(began.elapsed()));
        }
        if began.elapsed() > limit {
            return Ok(None);
        }
        sleep(POLL).await;
    }
}

/// An audit as lines of a page.
fn audit_words(audit: &Audit) -> String {
    let mut text = format!(
        "- {} tenants, {} log rows, {} events\n- {} interactions, {} of them open at the end\n\
         - {} offers, {} accepted, {} failed; the fullest agent had {} % of the capacity in use\n\
         {}\
         - **{} violations**\n",
        audit.tenants,
        audit.log_rows,
        audit.events,
        audit.interactions,
        audit.open,
        audit.offers,
        audit.accepted,
        audit.failed_offers,
        audit.fullest_percent,
        seen_words(audit.seen),
        audit.violations.total()
    );
    for told in audit.violations.texts() {
        let short: String = told.chars().take(300).collect();
        let _ = writeln!(text, "  - {short}");
    }
    text
}

/// What an audit saw of advice and labels, as lines of a page.
fn seen_words(seen: Seen) -> String {
    let Seen { consults, advised, handed_over, capped, filled } = seen;
    format!(
        "- {consults} asked for advice, {advised} gave it, {handed_over} of them were handed the \
         interaction\n- {capped} asked about a label that they cap, {filled} of them then had as \
         many as they may\n"
    )
}

/// An audit of a log without advice and full labels would prove nothing of them.
fn saw_all(seen: Seen) -> Result<()> {
    let Seen { consults, advised, handed_over, capped, filled } = seen;
    let all = [consults, advised, handed_over, capped, filled];
    ensure!(!all.contains(&0), "the load held too little to audit: {seen:?}");
    Ok(())
}

/// Prints a page and writes it where it belongs.
fn publish(common: &Common, root: &Path, title: &str, words: &str) -> Result<()> {
    let page = format!(
        "# {title}\n\nMade by `proof {}` on {}, commit {}.\n\n{words}",
        std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        crate::bench::today(),
        crate::bench::commit(root),
    );
    println!("{page}");
    let Some(path) = &common.report else { return Ok(()) };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))
}
