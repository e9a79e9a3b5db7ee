//! Long random histories through the lane, several commands at a time, with time moved ahead: after
//! every step rows lead to the floor that the lane holds, and so do all events from the first one
//! and another node's catching up; nothing waits that could be placed; nobody has more than they
//! may; no status follows another that the life cycle does not allow.

use crate::desk::{Desk, same_floor};
use crate::kinds::{self, State};
use crate::support::{Chance, Db, on_postgres, on_sqlite};
use crate::{labels, setting};
use app::ledger::batch::{Why, catch_up};
use app::ledger::command::Origin;
use app::ledger::floors::Resident;
use app::ledger::{Ledger, LedgerConfig, Priority, payload};
use app::live::Live;
use domain::channel::ChannelKind;
use domain::event::{Event, LifeFact, Recorded};
use domain::id::{InteractionId, TenantId};
use domain::interaction::{InteractionStatus, TRANSITIONS};
use domain::offer::Offer;
use domain::refusal::Reason;
use domain::time::{Span, Timestamp};
use engine::floor::Floor;
use engine::routing;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// Kinds that keep work moving; two thirds of all steps are of these.
const LIVELY: &[&str] = &[
    "arrive known",
    "arrive new",
    "accept",
    "decline",
    "available",
    "open session",
    "complete",
    "take next",
    "transfer to agent",
    "reopen",
    "consult",
    "accept consult",
    "end consult",
];

/// Steps of one history.
const STEPS: usize = 120;

/// How often the lane must come to rest before it is thought never to.
const RESTS_MAX: usize = 500;

/// How many histories; each from its own seed.
fn seeds() -> u64 {
    std::env::var("OMNICHANNEL_TEST_ROUNDS").map_or(2, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_is_fold_on_sqlite() {
    on_sqlite(|db| async move { run(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_is_fold_on_postgres() {
    on_postgres(|db| async move { run(&db).await }).await;
}

async fn run(db: &Db) {
    let mut counts = BTreeMap::new();
    for seed in 0..seeds() {
        history(db, seed, &mut counts).await;
    }
    println!("accepted, refused: {counts:?}");
    let dull: Vec<_> = counts.iter().filter(|(_, (accepted, _))| *accepted == 0).collect();
    assert!(dull.len() * 10 < counts.len(), "too many kinds never worked: {dull:?}");
}

async fn history(db: &Db, seed: u64, counts: &mut BTreeMap<&'static str, (u32, u32)>) {
    let tenants = db.bare_tenants(1).await;
    let tenant = tenants[0];
    let mut desk = Desk::of(db, &tenants).await;
    setting::make(db, &mut desk, &tenants).await;
    let stop = CancellationToken::new();
    let config = LedgerConfig::default();
    let (ledger, lane) = Ledger::start(db.store.clone(), Live::default(), config, stop.clone());
    let mut chance = Chance(seed);
    let mut witness = Witness::new(db, tenant).await;
    let kinds = kinds::all();
    let lively: Vec<_> = kinds.iter().filter(|(name, _)| LIVELY.contains(name)).copied().collect();
    ledger.poke(tenant);
    let mut floor = crate::support::eventually("a floor", || ledger.floor(tenant)).await;
    for step in 0..STEPS {
        let state = State::read(&db.store, tenant, &floor).await;
        let mut names = Vec::new();
        let mut commands = Vec::new();
        for _ in 0..=chance.below(5) {
            let of = if chance.one_in(3) { &kinds } else { &lively };
            let (name, make) = of[chance.below(of.len())];
            if let Some(command) = make(&state, &mut chance) {
                names.push(name);
                commands.push(command);
            }
        }
        let what = format!("seed {seed} step {step} {names:?}");
        let sent = commands.into_iter().map(|command| {
            ledger.submit(Origin::system(tenant), Priority::Interactive, None, command)
        });
        for (name, result) in names.iter().zip(futures::future::join_all(sent).await) {
            let entry = counts.entry(name).or_default();
            match result {
                Ok(_) => entry.0 += 1,
                Err(app::ledger::Rejected::Refused(refusal)) => {
                    assert_ne!(refusal.reason, Reason::InternalError, "{what}: {name}");
                    assert_ne!(refusal.reason, Reason::ServiceUnavailable, "{what}: {name}");
                    entry.1 += 1;
                }
                Err(app::ledger::Rejected::Stale) => entry.1 += 1,
            }
        }
        if chance.one_in(5) {
            let most = if chance.one_in(2) { 900 } else { 50 };
            let secs = i64::try_from(chance.below(most)).expect("it is small");
            ledger.shift_clock(Span::from_secs(secs));
        }
        floor = witness.check(db, &ledger, &what).await;
    }
    let splits = ledger.figures().splits.load(std::sync::atomic::Ordering::Relaxed);
    println!("seed {seed}: {} events, {splits} batches split", floor.seq());
    stop.cancel();
    lane.await.expect("the lane ends");
}

/// Sees the same tenant by other ways than the lane does.
struct Witness {
    tenant: TenantId,
    /// All events, folded from the first one.
    folded: Floor,
    /// Another node's floor.
    other: Resident,
    statuses: BTreeMap<InteractionId, InteractionStatus>,
}

impl Witness {
    async fn new(db: &Db, tenant: TenantId) -> Self {
        let other = Resident::load(db.store.load_floor(tenant).await.expect("it loads"));
        Self { tenant, folded: Floor::default(), other, statuses: BTreeMap::new() }
    }

    async fn check(&mut self, db: &Db, ledger: &Ledger, what: &str) -> Floor {
        for _ in 0..RESTS_MAX {
            let (floor, loaded) = self.settled(db, ledger, what).await;
            same_floor(&loaded.floor, &floor, what);
            self.fold(db, loaded.head.seq, what).await;
            same_floor(&loaded.floor, &self.folded, &format!("{what}, folded"));
            promises(&floor, loaded.head.last_now, what);
            if self.follow(db, &loaded, what).await {
                return floor;
            }
        }
        panic!("{what}: the other node never stands where the rows do");
    }

    /// The lane's floor and the rows' at one place of the log: timers may be at work.
    async fn settled(&self, db: &Db, ledger: &Ledger, what: &str) -> (Floor, Resident) {
        for _ in 0..RESTS_MAX {
            let rows = db.store.load_floor(self.tenant).await.expect("the floor loads");
            let loaded = Resident::load(rows);
            if let Some(floor) = ledger.floor(self.tenant).await
                && floor.seq() == loaded.head.seq
                && floor.changed().is_empty()
            {
                return (floor, loaded);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("{what}: the lane does not come to rest");
    }

    /// Folds what is new, up to a place.
    async fn fold(&mut self, db: &Db, to: i64, what: &str) {
        while self.folded.seq() < to {
            let after = self.folded.seq();
            let rows = db.store.log_after(self.tenant, after, 500).await.expect("it is read");
            assert!(!rows.is_empty(), "{what}: the log ends before its head");
            for row in rows.iter().filter(|row| row.last_seq <= to) {
                for recorded in payload::decode(&row.payload).expect("it is read") {
                    assert_eq!(recorded.seq, self.folded.seq() + 1, "{what}: a gap");
                    self.take(&recorded, what);
                }
            }
        }
    }

    fn take(&mut self, recorded: &Recorded, what: &str) {
        self.folded.apply(recorded);
        let Some(id) = recorded.event.interaction_id() else { return };
        let now = match &recorded.event {
            Event::InteractionResolved { .. } => Some(InteractionStatus::Resolved),
            Event::InteractionClosed { .. } => Some(InteractionStatus::Closed),
            Event::InteractionCancelled { .. } => Some(InteractionStatus::Cancelled),
            Event::Life(fact) if fact.ends_as().is_some() => fact.ends_as(),
            // What rests may be off the floor.
            Event::Life(LifeFact::Parked { .. }) => Some(InteractionStatus::Parked),
            Event::Life(LifeFact::Scheduled { .. }) => Some(InteractionStatus::Scheduled),
            _ => self.folded.item(id).map(|item| item.status),
        };
        let Some(now) = now else { return };
        let Some(before) = self.statuses.insert(id, now) else { return };
        let allowed =
            before == now || TRANSITIONS.iter().any(|(a, _, b)| (*a, *b) == (before, now));
        assert!(allowed, "{what}: {before:?} became {now:?} by {}", recorded.event.name());
    }

    /// Catches the other node up; whether it stands where the rows were read. A timer may have
    /// moved the log meanwhile, and then it does not.
    async fn follow(&mut self, db: &Db, loaded: &Resident, what: &str) -> bool {
        let mut foreign = Vec::new();
        while self.other.head.seq < loaded.head.seq {
            let why = catch_up(&db.store, &mut self.other, &mut foreign).await;
            assert_ne!(why.expect("the log is read"), Some(Why::Rewound), "{what}: catching up");
        }
        if self.other.head.seq > loaded.head.seq {
            return false;
        }
        assert_eq!(self.other.head, loaded.head, "{what}: head after catching up");
        same_floor(&loaded.floor, &self.other.floor, &format!("{what}, caught up"));
        true
    }
}

fn promises(floor: &Floor, now: Timestamp, what: &str) {
    let left = routing::unplaced(floor, now);
    assert!(left.is_empty(), "{what}: {left:?} wait although somebody could take them");
    labels::check(floor, what);
    for (id, agent) in floor.agents() {
        let legs = floor.legs().filter(|(_, leg)| leg.agent_id == *id).count();
        assert_eq!(usize::from(agent.used_units()), legs, "{what}: units of {id}");
        // What somebody gave them over their limits is the only thing they may have too much of.
        let within = |leg: &&Offer| leg.agent_id == *id && !leg.override_limits;
        let within = floor.legs().map(|(_, leg)| leg.as_ref()).filter(within);
        let mut used: BTreeMap<ChannelKind, u16> = BTreeMap::new();
        for leg in within {
            *used.entry(leg.channel).or_default() += 1;
        }
        let all = used.values().sum::<u16>();
        assert!(all <= agent.spec.capacity.units, "{what}: {id} has too much");
        for (channel, used) in &used {
            let cap = agent.spec.capacity.per_channel.get(channel);
            assert!(cap.is_none_or(|cap| used <= cap), "{what}: {id} on {channel:?}");
        }
    }
}
