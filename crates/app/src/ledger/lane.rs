//! The lane: takes what queued while the last batch committed, shares it fairly among tenants, runs
//! the batch, and deals with what can go wrong: floors to load, heads held elsewhere, one poisonous
//! command among good ones, a commit whose answer was lost, a database that is away. Beside a small
//! batch a second one may be under way, of other tenants: see [`flight`].

mod blame;
mod flight;
mod told;
mod turns;

use super::batch::{self, Outcome as Batch, Part, Settled, Why};
use super::floors::Resident;
use super::{LedgerConfig, Outcome, Rejected, Shared, Submission};
use crate::live::{Live, Published};
use domain::id::TenantId;
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::routing::intake::Rules;
use flight::Flights;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use store::{Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use turns::Turns;

/// How many floors are loaded at once.
const LOADS_MAX: usize = 128;

/// How long a tenant's timers wait after one of them failed for itself.
const BENCHED: Duration = Duration::from_secs(5);

/// How long to sleep when nothing is due.
const IDLE_MAX: Duration = Duration::from_secs(5);

type Loaded = (TenantId, Result<Resident, StoreError>);

/// Parts of a floor that were read and are not taken in yet, at most.
const PARTS_MAX: usize = 2;

pub(super) struct Lane {
    store: Store,
    live: Live,
    config: LedgerConfig,
    shared: Arc<Shared>,
    turns: Turns,
    flights: Flights,
    residents: BTreeMap<TenantId, Resident>,
    used: BTreeMap<TenantId, Instant>,
    /// Tenants to look at though no command waits: something is due, or routing has more to do.
    attention: BTreeSet<TenantId>,
    raise: BTreeSet<TenantId>,
    dues: BTreeMap<TenantId, Timestamp>,
    /// Tenants in which a timer failed for itself a moment ago: their timers wait, commands do not.
    benched: BTreeMap<TenantId, Instant>,
    loading: BTreeSet<TenantId>,
    loads: (mpsc::Sender<Loaded>, mpsc::Receiver<Loaded>),
    /// Commits in a row that were lost.
    lost: u32,
}

impl Lane {
    pub(super) fn new(store: Store, live: Live, config: LedgerConfig, shared: Arc<Shared>) -> Self {
        let flights = Flights::on(store.kind());
        Self {
            store,
            live,
            config,
            shared,
            turns: Turns::default(),
            flights,
            residents: BTreeMap::new(),
            used: BTreeMap::new(),
            attention: BTreeSet::new(),
            raise: BTreeSet::new(),
            dues: BTreeMap::new(),
            benched: BTreeMap::new(),
            loading: BTreeSet::new(),
            loads: mpsc::channel(LOADS_MAX),
            lost: 0,
        }
    }

    pub(super) async fn run(
        mut self,
        mut queue: mpsc::Receiver<Submission>,
        stop: CancellationToken,
    ) {
        loop {
            while let Ok(submission) = queue.try_recv() {
                self.turns.enqueue(submission);
            }
            while let Ok(loaded) = self.loads.1.try_recv() {
                self.take_loaded(loaded);
            }
            if !self.flights.is_stuck() {
                self.show_floors();
            }
            self.take_poked();
            self.take_due();
            self.take_off();
            if !self.flights.have_room() {
                // Nothing else could begin; what comes meanwhile is the next batch.
                if let Some(landing) = self.flights.next().await {
                    self.land(landing).await;
                }
                continue;
            }
            if self.flights.is_empty() {
                if self.turns.are_idle() && (stop.is_cancelled() || queue.is_closed()) {
                    return;
                }
                self.evict();
            }
            let sleep = self.until_due();
            tokio::select! {
                Some(landing) = self.flights.next() => self.land(landing).await,
                Some(submission) = queue.recv() => self.turns.enqueue(submission),
                loaded = self.loads.1.recv() => {
                    if let Some(loaded) = loaded {
                        self.take_loaded(loaded);
                    }
                }
                () = self.shared.bell.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                () = stop.cancelled(), if !stop.is_cancelled() => {}
            }
        }
    }

    fn take_poked(&mut self) {
        let mut poked = self.shared.poked.lock().unwrap_or_else(PoisonError::into_inner);
        self.attention.extend(poked.drain(..));
    }

    fn take_due(&mut self) {
        let now = self.shared.clock.now();
        self.benched.retain(|_, since| since.elapsed() < BENCHED);
        let due: Vec<TenantId> = self
            .residents
            .iter()
            .filter(|(_, resident)| resident.floor.next_due().is_some_and(|at| at <= now))
            .map(|(tenant, _)| *tenant)
            .filter(|tenant| self.can_be_due(*tenant))
            .collect();
        self.attention.extend(due);
    }

    /// Whether a tenant's timers may fire: those of a batch under way are part of it.
    fn can_be_due(&self, tenant: TenantId) -> bool {
        !self.benched.contains_key(&tenant) && !self.flights.has(tenant)
    }

    fn until_due(&self) -> Duration {
        let now = self.shared.clock.now();
        let awake = self.residents.iter().filter(|(tenant, _)| self.can_be_due(**tenant));
        let next = awake.filter_map(|(_, resident)| resident.floor.next_due()).min();
        let wait = next.map_or(IDLE_MAX, |at| at.since(now).to_std() + Duration::from_millis(1));
        let benched = self.benched.values().map(|since| BENCHED.saturating_sub(since.elapsed()));
        benched.fold(wait.min(IDLE_MAX), Duration::min)
    }

    /// The next batch. Tenants without a floor get one first, outside of any batch.
    fn next_batch(&mut self) -> (Vec<Part>, bool) {
        for tenant in std::mem::take(&mut self.attention) {
            self.turns.come(tenant);
        }
        let (residents, flights) = (&self.residents, &self.flights);
        let ready = |tenant| residents.contains_key(&tenant) && !flights.has(tenant);
        let (mut parts, wait, unready) = self.turns.next(ready);
        for part in &mut parts {
            part.timers = !self.benched.contains_key(&part.tenant);
        }
        for tenant in unready {
            if !self.residents.contains_key(&tenant) {
                self.load(tenant);
            }
        }
        (parts, wait)
    }

    fn load(&mut self, tenant: TenantId) {
        if !self.loading.insert(tenant) {
            return;
        }
        let (store, done) = (self.store.clone(), self.loads.0.clone());
        tokio::spawn(async move {
            let loaded = resident(&store, tenant).await;
            // The lane outlives its loads, unless the process ends.
            let _ = done.send((tenant, loaded)).await;
        });
    }

    fn take_loaded(&mut self, (tenant, loaded): Loaded) {
        self.loading.remove(&tenant);
        match loaded {
            Ok(resident) => {
                self.publish_rules(tenant, &resident);
                self.used.insert(tenant, Instant::now());
                if !resident.floor.changed().is_empty() {
                    self.attention.insert(tenant);
                }
                self.residents.insert(tenant, resident);
            }
            Err(error) => {
                tracing::warn!(%tenant, %error, "a floor could not be loaded");
                for submission in self.turns.give_up(tenant) {
                    answer(submission, Err(unavailable()));
                }
            }
        }
    }

    fn publish_rules(&self, tenant: TenantId, resident: &Resident) {
        let mut rules = self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let known = rules.get(&tenant).map(|known| known.config_seq);
        if known != Some(resident.floor.config_seq()) {
            rules.insert(tenant, Arc::new(Rules::of(&resident.floor)));
        }
    }

    /// After the commit: floors, subscribers, other nodes, callers, in this order.
    fn conclude(&mut self, parts: Vec<Part>, mut batch: Batch) {
        self.lost = 0;
        for row in batch.foreign.drain(..) {
            self.live.publish_row(&row);
        }
        let mut moved = Vec::new();
        for part in parts {
            let tenant = part.tenant;
            match batch.settled.remove(&tenant) {
                Some(settled) => {
                    if !settled.draft.events().is_empty() {
                        moved.push(tenant);
                    }
                    self.settle(part, settled);
                }
                None => {
                    self.put_back(part);
                    if batch.held.contains(&tenant) {
                        self.turns.stand_alone(tenant);
                    }
                }
            }
        }
        for (tenant, why) in batch.reload {
            if why == Why::Rewound {
                tracing::error!(%tenant, "the log was rewound: its generation is raised");
                self.raise.insert(tenant);
                self.live.rewound(tenant);
            }
            self.forget(tenant);
        }
        self.live.wake_others(moved);
    }

    fn settle(&mut self, part: Part, settled: Settled) {
        let Settled { draft, head, verdicts } = settled;
        let tenant = part.tenant;
        self.raise.remove(&tenant);
        told::offers(&draft);
        self.shared.uses.count(tenant, &draft);
        let due = batch::rounded_due(&draft);
        let stale = self.dues.get(&tenant).is_none_or(|old| due < *old || *old <= draft.now);
        if stale {
            self.dues.insert(tenant, due);
        }
        if !draft.floor.changed().is_empty() {
            self.attention.insert(tenant);
        }
        if !draft.rows.outbox.is_empty() {
            self.shared.deliveries.notify_one();
        }
        let rows = &draft.rows;
        let written = (rows.interactions.written(), rows.messages.written());
        self.live.recent().remember(tenant, written.0, written.1);
        let published =
            Published { tenant, generation: head.generation, events: draft.events().to_vec() };
        let resident = Resident { floor: draft.floor, head };
        self.publish_rules(tenant, &resident);
        self.residents.insert(tenant, resident);
        self.used.insert(tenant, Instant::now());
        self.live.publish(published);
        let mut verdicts = verdicts.into_iter();
        let mut undecided = Vec::new();
        for submission in part.work {
            match verdicts.next() {
                Some(verdict) => {
                    let outcome = verdict.result.map(|done| Outcome {
                        id: done.id,
                        other: done.other,
                        seq: verdict.seq,
                        changed: verdict.changed,
                        repeated: verdict.repeated,
                        interaction: verdict.interaction,
                        message: verdict.message,
                    });
                    answer(submission, outcome.map_err(Rejected::from));
                }
                None => undecided.push(submission),
            }
        }
        self.put_back(Part { tenant, work: undecided, timers: true });
    }

    /// Puts commands back to the front of their queue; what was only to be looked at still is.
    fn put_back(&mut self, part: Part) {
        if part.work.is_empty() && !self.residents.contains_key(&part.tenant) {
            self.attention.insert(part.tenant);
        }
        self.turns.put_back(part);
    }

    fn forget(&mut self, tenant: TenantId) {
        self.residents.remove(&tenant);
        self.dues.remove(&tenant);
    }

    /// Drops floors nobody used for a while, and the longest unused while all together are too big.
    fn evict(&mut self) {
        let mut total: usize = self.residents.values().map(|r| r.floor.weight()).sum();
        let mut idle: Vec<(Instant, TenantId)> =
            self.used.iter().map(|(tenant, at)| (*at, *tenant)).collect();
        idle.sort_unstable();
        for (at, tenant) in idle {
            let over = total > self.config.floor_bytes_max;
            if !over && at.elapsed() < self.config.floor_idle_max {
                break;
            }
            let busy = self.turns.has(tenant) || self.attention.contains(&tenant);
            let timed = self.residents.get(&tenant).is_some_and(|r| r.floor.next_due().is_some());
            if busy || (timed && !over) {
                continue;
            }
            total -= self.residents.get(&tenant).map_or(0, |r| r.floor.weight());
            self.forget(tenant);
            self.used.remove(&tenant);
            let mut rules = self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner);
            rules.remove(&tenant);
        }
    }
}

fn answer(mut submission: Submission, result: Result<Outcome, Rejected>) {
    if let Some(reply) = submission.reply.take() {
        // A caller who no longer waits has no use for the answer; the change stands all the same.
        let _ = reply.send(result);
    }
}

fn unavailable() -> Rejected {
    let refusal = Refusal::new(Reason::ServiceUnavailable).retry_after(Span::from_millis(500));
    Rejected::Refused(refusal)
}

/// Loads a floor beside the lane, so that a large one holds up no other tenant: what is read is
/// taken in while more is read.
async fn resident(store: &Store, tenant: TenantId) -> Result<Resident, StoreError> {
    let (parts, mut taken) = mpsc::channel(PARTS_MAX);
    // A thread is taken only once there is something to build from: threads that wait for readers
    // who wait for connections could keep those that have one from going on.
    let building = async move {
        let first = taken.recv().await?;
        let built = tokio::task::spawn_blocking(move || Resident::load_parts(first, taken));
        built.await.ok().flatten()
    };
    let (read, built) = tokio::join!(store.load_floor_in_parts(tenant, parts), building);
    let ending = || StoreError::Unavailable("the service is ending".to_owned());
    read.and_then(|()| built.ok_or_else(ending))
}
