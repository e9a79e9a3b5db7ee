//! Two servers under load, and every few seconds a blow: one of them is killed without warning and
//! started again, or stands still for longer than its lease, or the database under both restarts
//! as after a crash. Callers keep a ledger of what was acknowledged and repeat under the same
//! request id at the other node what was not. Afterwards every acknowledged create is there exactly
//! once, no promise was broken, and soon after the last blow all work is done.

use super::{Arena, Common, Site, Staff, audit_words, complaint_words, publish, saw_all, settled};
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
/// A blow falls after so many milliseconds, again and again.
const BLOW_AFTER: std::ops::Range<u64> = 3_000..7_000;
/// How long a killed node stays away.
const AWAY: std::ops::Range<u64> = 50..1_000;
/// How long a node stands still: from less than its lease to much more.
const STILL: std::ops::Range<u64> = 1_000..20_000;
/// How long an agent may take to answer: short, so that lost offers go on.
const OFFER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after the last blow everything must have ended.
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
    /// For how long blows fall, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What falls.
    #[arg(long, value_enum, default_value_t = Blow::Kill)]
    blow: Blow,
}

/// What happens every few seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Blow {
    /// A node is killed and started again.
    Kill,
    /// A node stands still and goes on.
    Freeze,
    /// The database is ended without a checkpoint and started again.
    Database,
}

impl Blow {
    fn title(self) -> &'static str {
        match self {
            Self::Kill => "Nodes that are killed lose nothing",
            Self::Freeze => "Nodes that stand still lose nothing",
            Self::Database => "A database that restarts loses nothing",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Kill => "one node, chosen by chance, is killed (SIGKILL) and started again",
            Self::Freeze => {
                "one node, chosen by chance, is stopped (SIGSTOP) for 1 to 20 s and goes on"
            }
            Self::Database => {
                "PostgreSQL is ended (immediate: no checkpoint, recovery at the start) and started \
                 again"
            }
        }
    }
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
    blows: usize,
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
         5, {CALLERS} callers.\nFor {} s, 3 to 7 s after the one before, {}.\n\n",
        args.seconds,
        args.blow.words()
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
    publish(&args.common, root, args.blow.title(), &words)?;
    ensure!(failed.is_empty(), "seeds that fail: {failed:?}; see the page");
    Ok(())
}

fn verdict(ran: &Ran) -> Result<()> {
    let broken = ran.audit.violations.total();
    ensure!(broken == 0, "{broken} violations");
    saw_all(ran.audit.seen)?;
    ensure!(ran.settled.is_some(), "not everything ended {SETTLE_LIMIT:?} after the last blow");
    ensure!(ran.blows > 0 && ran.acknowledged > 0, "no blow fell or nothing was created");
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
    let (blows, last) = batter(&mut arena, cluster, &mut chance, args).await?;
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
        blows,
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

/// Lets blows fall; how many, and when the last one did.
async fn batter(
    arena: &mut Arena,
    cluster: &Cluster,
    chance: &mut StdRng,
    args: &Args,
) -> Result<(usize, Instant)> {
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let (mut blows, mut last) = (0, Instant::now());
    loop {
        let wait = Duration::from_millis(chance.random_range(BLOW_AFTER));
        if Instant::now() + wait > until {
            return Ok((blows, last));
        }
        sleep(wait).await;
        let node = &mut arena.nodes[chance.random_range(0..NODES)];
        (blows, last) = (blows + 1, Instant::now());
        match args.blow {
            Blow::Kill => {
                node.kill()?;
                sleep(Duration::from_millis(chance.random_range(AWAY))).await;
                node.restart().await?;
            }
            Blow::Freeze => {
                node.signal("STOP")?;
                sleep(Duration::from_millis(chance.random_range(STILL))).await;
                node.signal("CONT")?;
                last = Instant::now();
            }
            Blow::Database => cluster.restart()?,
        }
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
        "## Seed {}\n\n- {} blows; {} creates acknowledged, {} never answered, {} attempts \
         repeated\n",
        ran.seed, ran.blows, ran.acknowledged, ran.unknown, ran.repeats
    );
    match ran.settled {
        Some(after) => {
            let seconds = after.as_secs_f64();
            let _ = writeln!(text, "- everything had ended {seconds:.1} s after the last blow");
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
