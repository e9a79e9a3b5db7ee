//! The lane: takes what queued while the last batch committed, shares it fairly among tenants, runs
//! the batch, and deals with what can go wrong: floors to load, heads held elsewhere, one poisonous
//! command among good ones, a commit whose answer was lost, a database that is away.

mod blame;
mod told;
mod turns;

use super::batch::{self, Bench, Committing, Failure, Outcome as Batch, Part, Settled, Why};
use super::floors::Resident;
use super::{LedgerConfig, Outcome, Rejected, Shared, Submission};
use crate::live::{Live, Published};
use crate::measure;
use blame::{is_single, split};
use domain::id::{BatchId, TenantId};
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::routing::intake::Rules;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::{FloorRows, Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use turns::Turns;
use uuid::Uuid;

/// How many floors are loaded at once.
const LOADS_MAX: usize = 128;

/// How long to wait before a database that is away is asked again.
const AWAY_PAUSE: Duration = Duration::from_millis(200);

/// How many commits in a row may be lost before their commands are given up, not tried again: the
/// database answers, but takes nothing, as when its disk is full.
const LOST_MAX: u32 = 3;

/// How long the outcome of a commit is looked for.
const UNKNOWN_MAX: Duration = Duration::from_secs(15);

/// How long a tenant's timers wait after one of them failed for itself.
const BENCHED: Duration = Duration::from_secs(5);

/// How long to sleep when nothing is due.
const IDLE_MAX: Duration = Duration::from_secs(5);

type Loaded = (TenantId, Result<FloorRows, StoreError>);

pub(super) struct Lane {
    store: Store,
    live: Live,
    config: LedgerConfig,
    shared: Arc<Shared>,
    turns: Turns,
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
    /// How far the database's clock is ahead of this machine's, in microseconds.
    skew: i64,
}

impl Lane {
    pub(super) fn new(store: Store, live: Live, config: LedgerConfig, shared: Arc<Shared>) -> Self {
        Self {
            store,
            live,
            config,
            shared,
            turns: Turns::default(),
            residents: BTreeMap::new(),
            used: BTreeMap::new(),
            attention: BTreeSet::new(),
            raise: BTreeSet::new(),
            dues: BTreeMap::new(),
            benched: BTreeMap::new(),
            loading: BTreeSet::new(),
            loads: mpsc::channel(LOADS_MAX),
            lost: 0,
            skew: 0,
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
            self.show_floors();
            self.take_poked();
            self.take_due();
            let (parts, wait) = self.next_batch();
            if !parts.is_empty() {
                self.run_batch(parts, wait).await;
                continue;
            }
            if stop.is_cancelled() && self.turns.are_idle() {
                return;
            }
            self.evict();
            let sleep = self.until_due();
            tokio::select! {
                received = queue.recv() => match received {
                    Some(submission) => self.turns.enqueue(submission),
                    None => return,
                },
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

    fn now(&self) -> Timestamp {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(machine.as_micros()).unwrap_or(i64::MAX / 2);
        let shift = self.shared.shift.load(Ordering::Relaxed);
        Timestamp::from_micros(micros + self.skew + shift)
    }

    fn take_due(&mut self) {
        let now = self.now();
        self.benched.retain(|_, since| since.elapsed() < BENCHED);
        let due = self
            .residents
            .iter()
            .filter(|(_, resident)| resident.floor.next_due().is_some_and(|at| at <= now))
            .filter(|(tenant, _)| !self.benched.contains_key(tenant));
        self.attention.extend(due.map(|(tenant, _)| *tenant));
    }

    fn until_due(&self) -> Duration {
        let now = self.now();
        let awake = self.residents.iter().filter(|(id, _)| !self.benched.contains_key(id));
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
        let residents = &self.residents;
        let (mut parts, wait, unready) = self.turns.next(|tenant| residents.contains_key(&tenant));
        for part in &mut parts {
            part.timers = !self.benched.contains_key(&part.tenant);
        }
        for tenant in unready {
            self.load(tenant);
        }
        (parts, wait)
    }

    fn load(&mut self, tenant: TenantId) {
        if !self.loading.insert(tenant) {
            return;
        }
        let (store, done) = (self.store.clone(), self.loads.0.clone());
        tokio::spawn(async move {
            let rows = store.load_floor(tenant).await;
            // The lane outlives its loads, unless the process ends.
            let _ = done.send((tenant, rows)).await;
        });
    }

    fn take_loaded(&mut self, (tenant, rows): Loaded) {
        self.loading.remove(&tenant);
        match rows {
            Ok(rows) => {
                let resident = Resident::load(rows);
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

    /// Runs a batch; what fails for itself is cut into smaller ones until the culprit is alone.
    async fn run_batch(&mut self, parts: Vec<Part>, wait: bool) {
        let mut work = vec![(parts, wait)];
        let mut later = Vec::new();
        while let Some((mut parts, wait)) = work.pop() {
            if parts.iter().any(|part| !self.residents.contains_key(&part.tenant)) {
                // A floor was dropped on the way; what needs it runs when it is loaded again.
                later.extend(parts);
                continue;
            }
            let batch_id = BatchId(Uuid::now_v7());
            let span = told::span(&parts);
            match self.attempt(&parts, wait, batch_id).instrument(span).await {
                Ok(batch) => self.conclude(parts, batch),
                Err(Failure::Unknown(id)) => self.resolve_unknown(parts, id).await,
                Err(Failure::Store(error)) if error.is_transient() => {
                    tracing::warn!(%error, "a batch could not be run");
                    self.give_up(parts, &unavailable());
                    tokio::time::sleep(AWAY_PAUSE).await;
                }
                Err(failure) => {
                    self.shared.figures.splits.fetch_add(1, Ordering::Relaxed);
                    measure::split();
                    tracing::error!(?failure, tenants = parts.len(), "a batch failed");
                    if is_single(&parts) {
                        if parts[0].timers {
                            self.benched.insert(parts[0].tenant, Instant::now());
                        }
                        self.give_up(parts, &Rejected::from(Reason::InternalError));
                    } else {
                        work.extend(split(std::mem::take(&mut parts)));
                    }
                }
            }
        }
        for part in later.into_iter().rev() {
            self.put_back(part);
        }
    }

    async fn attempt(
        &mut self,
        parts: &[Part],
        wait: bool,
        batch_id: BatchId,
    ) -> Result<Batch, Failure> {
        let started = Instant::now();
        let raise: Vec<TenantId> = self.raise.iter().copied().collect();
        let mut bench = Bench {
            store: &self.store,
            residents: &mut self.residents,
            dues: &self.dues,
            shift: self.shared.shift.load(Ordering::Relaxed),
            seed: Uuid::new_v4().as_u64_pair().0,
            raise: &raise,
            batch_id,
            decide_max: batch::DECIDE_MAX,
        };
        let (batch, committing) = batch::run(&mut bench, parts, wait).await?;
        if let Some(committing) = committing {
            Committing::commit(committing, batch_id).await?;
        }
        self.count(&batch, started);
        Ok(batch)
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
        self.skew_from(draft.now);
        told::offers(&draft);
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

    fn skew_from(&mut self, now: Timestamp) {
        let drift = now.micros() - self.now().micros();
        // A batch's now lies a little behind, because its commit took time; only a jump matters.
        if drift > 0 || drift < -Span::from_secs(2).micros() {
            self.skew += drift;
        }
    }

    /// Puts commands back to the front of their queue; what was only to be looked at still is.
    fn put_back(&mut self, part: Part) {
        if part.work.is_empty() && !self.residents.contains_key(&part.tenant) {
            self.attention.insert(part.tenant);
        }
        self.turns.put_back(part);
    }

    fn give_up(&mut self, parts: Vec<Part>, why: &Rejected) {
        for submission in parts.into_iter().flat_map(|part| part.work) {
            answer(submission, Err(why.clone()));
        }
    }

    fn forget(&mut self, tenant: TenantId) {
        self.residents.remove(&tenant);
        self.dues.remove(&tenant);
    }

    /// The commit's answer was lost. Whoever holds the head lock knows: the batch is there or not.
    async fn resolve_unknown(&mut self, parts: Vec<Part>, batch_id: BatchId) {
        let tenants: Vec<TenantId> = parts.iter().map(|part| part.tenant).collect();
        let started = Instant::now();
        while started.elapsed() < UNKNOWN_MAX {
            match self.look_for(&tenants, batch_id).await {
                Ok(true) => {
                    tracing::warn!(%batch_id, "a commit whose answer was lost is there");
                    break;
                }
                Ok(false) => {
                    tracing::warn!(%batch_id, "a commit whose answer was lost is not there");
                    self.lost += 1;
                    if self.lost >= LOST_MAX {
                        self.give_up(parts, &unavailable());
                        tokio::time::sleep(AWAY_PAUSE).await;
                        return;
                    }
                    for part in parts {
                        self.put_back(part);
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "the outcome of a commit is still unknown");
                    tokio::time::sleep(AWAY_PAUSE).await;
                }
            }
        }
        // It is there, or nobody can say. The draft is gone: the rows know better than a guess, so
        // floors are loaded anew and callers ask again; their request ids find what was done.
        for part in &parts {
            self.forget(part.tenant);
        }
        self.give_up(parts, &unavailable());
    }

    async fn look_for(&self, tenants: &[TenantId], id: BatchId) -> Result<bool, StoreError> {
        let mut tx = self.store.begin(tenants).await?;
        tx.lock_heads(tenants, true).await?;
        let mut found = false;
        for tenant in tenants {
            found |= tx.has_batch(*tenant, id).await?;
        }
        tx.rollback().await;
        Ok(found)
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
