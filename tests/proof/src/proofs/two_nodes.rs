//! Two servers, one database, one lot of agents: interactions are created through both nodes at
//! once and agents at both answer. Then the auditor says whether anybody was ever asked too much or
//! anything owned twice. A control without the head lock must fail, or the auditor proves nothing.

use super::{Arena, Common, Staff, audit_words, complaint_words, publish, saw_all, settled};
use crate::audit::{Audit, Kind, audit};
use crate::cluster::Cluster;
use crate::node::FAULT_NO_HEAD_LOCK;
use crate::setup;
use anyhow::{Result, ensure};
use omnichannel_sdk::new_request_id;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const NODES: usize = 2;
/// Callers at each node.
const CALLERS: usize = 24;
/// How long all creates may take, and then the rest of the work.
const CREATE_LIMIT: Duration = Duration::from_secs(150);
const SETTLE_LIMIT: Duration = Duration::from_secs(90);
/// The same without the lock, where nothing is sure to end.
const FAULTY_CREATE_LIMIT: Duration = Duration::from_secs(20);
const FAULTY_SETTLE_LIMIT: Duration = Duration::from_secs(5);
/// How long an agent may take to answer.
const OFFER_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a caller waits after a refusal.
const PAUSE: Duration = Duration::from_millis(100);

/// How the proof is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// Interactions to create.
    #[arg(long, default_value_t = 20_000)]
    interactions: usize,
    /// Tenants.
    #[arg(long, default_value_t = 3)]
    tenants: usize,
    /// Agents of each tenant.
    #[arg(long, default_value_t = 40)]
    agents: usize,
    /// Build of the server with the feature `faults`, for the control; default the other one.
    #[arg(long)]
    faulty_server: Option<PathBuf>,
    /// Leave out the control.
    #[arg(long)]
    no_control: bool,
}

/// What one run came to.
struct Ran {
    answered: usize,
    refused: usize,
    creating: Duration,
    settled: Option<Duration>,
    complaints: BTreeMap<String, usize>,
    audit: Audit,
    words: String,
}

/// Runs the proof and its control.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    let cluster = Cluster::start(root, false)?;
    let sound = once(&cluster, args, "two_nodes", false).await?;
    let mut words = format!("## Both nodes lock\n\n{}", sound.words);
    let passed = verdict(&sound, args);
    let _ = writeln!(words, "\n{}\n", if passed.is_ok() { "**Holds.**" } else { "**Fails.**" });
    let mut control = Ok(());
    if !args.no_control {
        let faulty = once(&cluster, args, "two_nodes_unlocked", true).await?;
        let _ = write!(words, "## Control: neither node locks heads\n\n{}", faulty.words);
        control = control_verdict(&faulty.audit);
        let said = if control.is_ok() { "**The auditor notices.**" } else { "**Not noticed.**" };
        let _ = writeln!(words, "\n{said}");
    }
    publish(&args.common, root, "Two nodes, one truth", &words)?;
    passed.and(control)
}

fn verdict(ran: &Ran, args: &Args) -> Result<()> {
    let broken = ran.audit.violations.total();
    ensure!(broken == 0, "{broken} violations, see the page");
    saw_all(ran.audit.seen)?;
    ensure!(ran.answered == args.interactions, "only {} creates were answered", ran.answered);
    ensure!(ran.settled.is_some() && ran.audit.open == 0, "some interactions have not ended");
    Ok(())
}

/// Without the lock something must be broken that a reader of the log would be hurt by.
fn control_verdict(audit: &Audit) -> Result<()> {
    let kinds = [Kind::Gap, Kind::Chain, Kind::TwoOwners, Kind::Capacity, Kind::Order, Kind::Rows];
    let broken: usize = kinds.into_iter().map(|kind| audit.violations.of(kind)).sum();
    ensure!(
        broken > 0,
        "the control found nothing wrong: is the server built with the feature `faults`?"
    );
    Ok(())
}

async fn once(cluster: &Cluster, args: &Args, database: &str, faulty: bool) -> Result<Ran> {
    let server = args.faulty_server.as_ref().filter(|_| faulty).unwrap_or(&args.common.server);
    let mut arena = Arena::open(cluster, server, database, NODES).await?;
    let staff = Staff::hire(&arena, args.tenants, args.agents, OFFER_TIMEOUT).await?;
    if faulty {
        // The set-up is sound; only the race is run without the lock.
        for node in &mut arena.nodes {
            node.set_variable(FAULT_NO_HEAD_LOCK, "1");
            node.restart().await?;
        }
    }
    let (create_limit, settle_limit) = match faulty {
        true => (FAULTY_CREATE_LIMIT, FAULTY_SETTLE_LIMIT),
        false => (CREATE_LIMIT, SETTLE_LIMIT),
    };
    let began = Instant::now();
    let left = AtomicUsize::new(args.interactions);
    let counters = Arc::new(Counters { left, ..Counters::default() });
    create_all(&staff, &counters, create_limit).await;
    let creating = began.elapsed();
    let settled = settled(&arena.pool, settle_limit).await?;
    let tally = Arc::clone(&staff.tally);
    staff.leave().await;
    let complaints = arena.complaints();
    for node in &mut arena.nodes {
        node.kill()?;
    }
    let audit = audit(&arena.pool).await?;
    let mut ran = Ran {
        answered: counters.answered.load(Ordering::Relaxed),
        refused: counters.refused.load(Ordering::Relaxed),
        creating,
        settled,
        complaints,
        audit,
        words: String::new(),
    };
    ran.words = words(&ran, args, &tally.refused());
    Ok(ran)
}

#[derive(Default)]
struct Counters {
    left: AtomicUsize,
    answered: AtomicUsize,
    refused: AtomicUsize,
}

async fn create_all(staff: &Staff, counters: &Arc<Counters>, limit: Duration) {
    let mut callers = JoinSet::new();
    for number in 0..CALLERS * NODES {
        let (sites, counters) = (Arc::clone(&staff.sites), Arc::clone(counters));
        callers.spawn(async move {
            let take = |left: usize| left.checked_sub(1);
            let relaxed = Ordering::Relaxed;
            while let Ok(turn) = counters.left.fetch_update(relaxed, relaxed, take) {
                let site = &sites[turn % sites.len()];
                let client = &site.clients[number % NODES];
                let made = setup::create(client, &site.tenant, turn, new_request_id()).await;
                match made {
                    Ok(_) => {
                        counters.answered.fetch_add(1, relaxed);
                    }
                    Err(_) => {
                        counters.refused.fetch_add(1, relaxed);
                        counters.left.fetch_add(1, relaxed);
                        sleep(PAUSE).await;
                    }
                }
            }
        });
    }
    let all = async { while callers.join_next().await.is_some() {} };
    // What is not created in time is missing in the verdict.
    let _ = timeout(limit, all).await;
    callers.shutdown().await;
}

fn words(ran: &Ran, args: &Args, refused: &BTreeMap<String, u64>) -> String {
    let mut text = format!(
        "{} interactions created through two server processes in {:.1} s by {} callers, {} \
         tenants, {} agents each\nwith capacities from 1 to 5, half of them at either node, who \
         accept and complete,\nask each other for advice now and then, and take one claim at a \
         time.\n\n",
        ran.answered,
        ran.creating.as_secs_f64(),
        CALLERS * NODES,
        args.tenants,
        args.agents
    );
    match ran.settled {
        Some(after) => {
            let _ = writeln!(text, "- everything had ended {:.1} s later", after.as_secs_f64());
        }
        None => text.push_str("- not everything ended in time\n"),
    }
    let _ = writeln!(text, "- {} creates refused and repeated", ran.refused);
    let _ = writeln!(text, "- commands of agents refused: {refused:?}");
    text.push_str(&complaint_words(&ran.complaints));
    text.push_str(&audit_words(&ran.audit));
    text
}
