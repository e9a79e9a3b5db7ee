//! Two servers under load, one or the other killed without warning every few seconds and started
//! again. Callers keep a ledger of what was acknowledged and repeat under the same request id at
//! the other node what was not. Afterwards every acknowledged create is there exactly once, no
//! promise was broken, and soon after the last kill all work is done.

use super::{Arena, Common, Site, Staff, audit_words, complaint_words, publish, settled};
use crate::audit::{Audit, Kind, audit};
use crate::cluster::Cluster;
use crate::setup;
use anyhow::{Result, ensure};
use omnichannel_sdk::new_request_id;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

const NODES: usize = 2;
const TENANTS: usize = 2;
const AGENTS: usize = 20;
/// Callers; each pauses between creates, so that agents keep up and work ends soon after.
const CALLERS: usize = 16;
const PAUSE: std::ops::Range<u64> = 20..60;
/// A node is killed after so many milliseconds, again and again.
const KILL_AFTER: std::ops::Range<u64> = 3_000..7_000;
/// How long it stays away.
const AWAY: std::ops::Range<u64> = 50..1_000;
/// How long an agent may take to answer: short, so that lost offers go on.
const OFFER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after the last kill everything must have ended.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);
/// How long one attempt of a create may take before the other node is tried.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(8);
/// How often a create is tried at all.
const ATTEMPTS_MAX: usize = 40;

/// How the proof is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after another.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How long nodes are killed, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// What the callers know: request ids and the interaction each was answered with.
#[derive(Default)]
struct Ledger {
    acknowledged: Mutex<BTreeMap<String, String>>,
    /// Asked for and never answered: there at most once.
    unknown: Mutex<Vec<String>>,
    repeats: std::sync::atomic::AtomicUsize,
    stop: AtomicBool,
}

struct Ran {
    seed: u64,
    kills: usize,
    settled: Option<Duration>,
    audit: Audit,
    acknowledged: usize,
    unknown: usize,
    repeats: usize,
    reloads: u64,
    complaints: BTreeMap<String, usize>,
    refused: BTreeMap<String, u64>,
}

/// Runs the proof for every seed.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    let mut words = format!(
        "Two server processes, {TENANTS} tenants, {AGENTS} agents each with capacities from 1 to \
         5, {CALLERS} callers.\nFor {} s one node, chosen by chance, is killed (SIGKILL) every \
         3 to 7 s and started again.\n\n",
        args.seconds
    );
    let mut failed = Vec::new();
    for seed in args.seed..args.seed + args.seeds {
        let cluster = Cluster::start(root, true)?;
        let ran = once(&cluster, args, seed).await?;
        let verdict = verdict(&ran);
        words.push_str(&seed_words(&ran));
        match verdict {
            Ok(()) => words.push_str("\n**Holds.**\n\n"),
            Err(error) => {
                let _ = writeln!(words, "\n**Fails:** {error}\n");
                failed.push(seed);
            }
        }
    }
    publish(&args.common, root, "Nodes that are killed lose nothing", &words)?;
    ensure!(failed.is_empty(), "seeds that fail: {failed:?}; see the page");
    Ok(())
}

fn verdict(ran: &Ran) -> Result<()> {
    let broken = ran.audit.violations.total();
    ensure!(broken == 0, "{broken} violations");
    ensure!(ran.settled.is_some(), "not everything ended {SETTLE_LIMIT:?} after the last kill");
    ensure!(ran.kills > 0 && ran.acknowledged > 0, "nothing was killed or nothing created");
    Ok(())
}

async fn once(cluster: &Cluster, args: &Args, seed: u64) -> Result<Ran> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut arena =
        Arena::open(cluster, &args.common.server, &format!("kill_{seed}"), NODES).await?;
    let staff = Staff::hire(&arena, TENANTS, AGENTS, OFFER_TIMEOUT).await?;
    let ledger = Arc::new(Ledger::default());
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (sites, ledger) = (Arc::clone(&staff.sites), Arc::clone(&ledger));
        let chance = StdRng::seed_from_u64(seed << 16 | number as u64);
        callers.spawn(call_on(sites, ledger, chance, number));
    }
    let (kills, last) = slaughter(&mut arena, &mut chance, args.seconds).await?;
    ledger.stop.store(true, Ordering::Relaxed);
    let left = SETTLE_LIMIT.saturating_sub(last.elapsed());
    let all = async { while callers.join_next().await.is_some() {} };
    let ended = timeout(left, all).await.is_ok();
    let left = SETTLE_LIMIT.saturating_sub(last.elapsed());
    let settled = settled(&arena.pool, left).await?.filter(|_| ended).map(|_| last.elapsed());
    callers.shutdown().await;
    let tally = Arc::clone(&staff.tally);
    staff.leave().await;
    let complaints = arena.complaints();
    for node in &mut arena.nodes {
        node.kill()?;
    }
    let mut audit = audit(&arena.pool).await?;
    let (acknowledged, unknown) = compare(&ledger, &mut audit);
    Ok(Ran {
        seed,
        kills,
        settled,
        audit,
        acknowledged,
        unknown,
        repeats: ledger.repeats.load(Ordering::Relaxed),
        reloads: tally.reloads.load(Ordering::Relaxed),
        complaints,
        refused: tally.refused(),
    })
}

/// Kills and restarts nodes; how often, and when the last one was killed.
async fn slaughter(
    arena: &mut Arena,
    chance: &mut StdRng,
    seconds: u64,
) -> Result<(usize, Instant)> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut kills, mut last) = (0, Instant::now());
    loop {
        let wait = Duration::from_millis(chance.random_range(KILL_AFTER));
        if Instant::now() + wait > until {
            return Ok((kills, last));
        }
        sleep(wait).await;
        let node = &mut arena.nodes[chance.random_range(0..NODES)];
        node.kill()?;
        (kills, last) = (kills + 1, Instant::now());
        sleep(Duration::from_millis(chance.random_range(AWAY))).await;
        node.restart().await?;
    }
}

/// One caller: creates under a request id until somebody answers, at one node or the other.
async fn call_on(sites: Arc<Vec<Site>>, ledger: Arc<Ledger>, mut chance: StdRng, number: usize) {
    let mut turn = number;
    while !ledger.stop.load(Ordering::Relaxed) {
        turn += CALLERS;
        let site = &sites[turn % sites.len()];
        let request_id = new_request_id();
        let mut answered = None;
        for attempt in 0..ATTEMPTS_MAX {
            let client = &site.clients[(turn / CALLERS + attempt) % NODES];
            let made = setup::create(client, &site.tenant, turn, request_id.clone());
            if let Ok(Ok(interaction)) = timeout(ATTEMPT_LIMIT, made).await {
                answered = Some(interaction);
                break;
            }
            ledger.repeats.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(chance.random_range(PAUSE))).await;
        }
        match answered {
            Some(interaction) => {
                let mut known = ledger.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                known.insert(request_id, interaction);
            }
            None => {
                ledger.unknown.lock().unwrap_or_else(PoisonError::into_inner).push(request_id);
            }
        }
        sleep(Duration::from_millis(chance.random_range(PAUSE))).await;
    }
}

/// Holds the callers' ledger against the log: answered once means there once, as it was answered.
fn compare(ledger: &Ledger, audit: &mut Audit) -> (usize, usize) {
    let known = ledger.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
    let unknown = ledger.unknown.lock().unwrap_or_else(PoisonError::into_inner);
    let Audit { created_by, violations, .. } = audit;
    for (request, interaction) in known.iter() {
        let made = created_by.get(request).map(Vec::as_slice).unwrap_or_default();
        let expected = Uuid::try_parse(interaction).unwrap_or_default();
        if made != [expected] {
            violations.add(Kind::Request, || {
                format!("{request} was answered with {interaction} and made {made:?}")
            });
        }
    }
    for request in unknown.iter() {
        let made = created_by.get(request).map_or(0, Vec::len);
        if made > 1 {
            violations.add(Kind::Request, || format!("{request}, not answered, made {made}"));
        }
    }
    (known.len(), unknown.len())
}

fn seed_words(ran: &Ran) -> String {
    let mut text = format!(
        "## Seed {}\n\n- {} kills; {} creates acknowledged, {} never answered, {} attempts \
         repeated\n",
        ran.seed, ran.kills, ran.acknowledged, ran.unknown, ran.repeats
    );
    match ran.settled {
        Some(after) => {
            let seconds = after.as_secs_f64();
            let _ = writeln!(text, "- everything had ended {seconds:.1} s after the last kill");
        }
        None => text.push_str("- not everything ended in time\n"),
    }
    let _ = writeln!(text, "- consoles loaded anew: {}", ran.reloads);
    let _ = writeln!(text, "- commands of agents refused: {:?}", ran.refused);
    text.push_str(&complaint_words(&ran.complaints));
    text.push_str(&audit_words(&ran.audit));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_must_be_there_once_and_as_answered() {
        let (one, two, three) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let ledger = Ledger::default();
        for (request, id) in [("kept", one), ("lost", two), ("twice", three)] {
            ledger.acknowledged.lock().unwrap().insert(request.to_owned(), id.to_string());
        }
        ledger.unknown.lock().unwrap().extend(["maybe".to_owned(), "both".to_owned()]);
        let mut audit = Audit::default();
        audit.created_by.insert("kept".to_owned(), vec![one]);
        audit.created_by.insert("twice".to_owned(), vec![three, two]);
        audit.created_by.insert("maybe".to_owned(), vec![two]);
        audit.created_by.insert("both".to_owned(), vec![two, three]);
        assert_eq!(compare(&ledger, &mut audit), (3, 2));
        assert_eq!(audit.violations.of(Kind::Request), 3);
    }
}
