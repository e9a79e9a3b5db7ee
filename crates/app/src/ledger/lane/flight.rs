//! Batches under way, each a task of its own. There is one at a time, and beside a small one a
//! second, so that a tenant with little to do need not wait for another's batch; large ones stand
//! alone, because what a batch costs is mostly the same for one command as for many. No two hold
//! the same tenant: for each there is one order of commands, and one floor.
//!
//! What became of a batch is dealt with in the lane, one after the other. A batch that failed for
//! itself is cut into smaller ones, which run before anything else of their tenants.

use super::blame::{is_single, split};
use super::{Lane, answer, told, unavailable};
use crate::ledger::Rejected;
use crate::ledger::batch::{self, Bench, Committing, Failure, Outcome as Batch, Part};
use crate::ledger::floors::Resident;
use crate::measure;
use domain::id::{BatchId, TenantId};
use domain::refusal::Reason;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use store::{DatabaseKind, Store, StoreError};
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

/// How many batches are under way at once; SQLite has one writer.
const FLIGHTS_MAX: usize = 2;

/// How many commands a batch may hold for another to be under way beside it.
const SMALL: usize = 8;

/// After how long a batch under way counts as stuck: then nobody is told that the lane is well.
const STUCK: Duration = Duration::from_millis(500);

/// How long to wait before a database that is away is asked again.
const AWAY_PAUSE: Duration = Duration::from_millis(200);

/// How many commits in a row may be lost before their commands are given up, not tried again: the
/// database answers, but takes nothing, as when its disk is full.
const LOST_MAX: u32 = 3;

/// How long the outcome of a commit is looked for.
const UNKNOWN_MAX: Duration = Duration::from_secs(15);

/// A batch on its way, with the floors it runs on.
struct Flight {
    store: Store,
    parts: Vec<Part>,
    wait: bool,
    batch_id: BatchId,
    residents: BTreeMap<TenantId, Resident>,
    dues: BTreeMap<TenantId, Timestamp>,
    raise: Vec<TenantId>,
    shift: i64,
}

/// A batch that has ended, one way or the other.
pub(super) struct Landing {
    parts: Vec<Part>,
    batch_id: BatchId,
    residents: BTreeMap<TenantId, Resident>,
    started: Instant,
    result: Result<Batch, Failure>,
}

/// What is known here of a batch under way.
struct Aloft {
    tenants: Vec<TenantId>,
    commands: usize,
    since: Instant,
}

/// The batches under way, and pieces of failed ones that wait for their turn.
pub(super) struct Flights {
    most: usize,
    tasks: JoinSet<Landing>,
    aloft: BTreeMap<BatchId, Aloft>,
    /// The last one runs first.
    pieces: Vec<(Vec<Part>, bool)>,
}

impl Flights {
    pub(super) fn on(kind: DatabaseKind) -> Self {
        let most = match kind {
            DatabaseKind::Sqlite => 1,
            DatabaseKind::Postgres => FLIGHTS_MAX,
        };
        Self { most, tasks: JoinSet::new(), aloft: BTreeMap::new(), pieces: Vec::new() }
    }

    /// Whether nothing is under way and no piece waits.
    pub(super) fn is_empty(&self) -> bool {
        self.aloft.is_empty() && self.pieces.is_empty()
    }

    /// Whether the tenant is part of a batch under way, or of a piece that waits.
    pub(super) fn has(&self, tenant: TenantId) -> bool {
        self.is_aloft(tenant)
            || self.pieces.iter().any(|(parts, _)| parts.iter().any(|part| part.tenant == tenant))
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.aloft.values().any(|aloft| aloft.since.elapsed() > STUCK)
    }

    /// The next batch to end; none if none is under way.
    pub(super) async fn next(&mut self) -> Option<Landing> {
        let landing = match self.tasks.join_next().await? {
            Ok(landing) => landing,
            Err(failed) => match failed.try_into_panic() {
                // What a batch holds is gone with it; the lane goes too, and the process.
                Ok(panic) => std::panic::resume_unwind(panic),
                // The process ends.
                Err(_) => std::future::pending().await,
            },
        };
        self.aloft.remove(&landing.batch_id);
        Some(landing)
    }

    fn is_aloft(&self, tenant: TenantId) -> bool {
        self.aloft.values().any(|aloft| aloft.tenants.contains(&tenant))
    }

    /// Whether one more may be under way.
    pub(super) fn have_room(&self) -> bool {
        let small = self.aloft.values().all(|aloft| aloft.commands <= SMALL);
        self.aloft.is_empty() || (small && self.aloft.len() < self.most)
    }

    /// The next piece, unless one before it of the same tenant is still under way.
    fn piece(&mut self) -> Option<(Vec<Part>, bool)> {
        let (parts, _) = self.pieces.last()?;
        let held = parts.iter().any(|part| self.is_aloft(part.tenant));
        if held { None } else { self.pieces.pop() }
    }
}

impl Flight {
    async fn fly(self) -> Landing {
        let started = Instant::now();
        let Flight { store, parts, wait, batch_id, mut residents, dues, raise, shift } = self;
        let mut bench = Bench {
            store: &store,
            residents: &mut residents,
            dues: &dues,
            shift,
            seed: Uuid::new_v4().as_u64_pair().0,
            raise: &raise,
            batch_id,
            decide_max: batch::DECIDE_MAX,
        };
        let ran = batch::run(&mut bench, &parts, wait).await;
        let result = match ran {
            Ok((batch, Some(committing))) => {
                Committing::commit(committing, batch_id).await.map(|()| batch)
            }
            Ok((batch, None)) => Ok(batch),
            Err(failure) => Err(failure),
        };
        Landing { parts, batch_id, residents, started, result }
    }
}

impl Lane {
    /// Sends batches on their way, as many as there is work and room for.
    pub(super) fn take_off(&mut self) {
        while self.flights.have_room() {
            let piece = self.flights.piece();
            if piece.is_none() && !self.flights.pieces.is_empty() {
                return;
            }
            let (parts, wait) = piece.unwrap_or_else(|| self.next_batch());
            if parts.is_empty() {
                return;
            }
            if parts.iter().all(|part| self.residents.contains_key(&part.tenant)) {
                self.launch(parts, wait);
            } else {
                self.unpiece(parts);
            }
        }
    }

    /// Puts pieces back, because a floor was dropped on the way; they run when it is loaded again.
    fn unpiece(&mut self, first: Vec<Part>) {
        // Those that run last go back first: each goes to the front.
        for (parts, _) in std::mem::take(&mut self.flights.pieces) {
            parts.into_iter().rev().for_each(|part| self.put_back(part));
        }
        first.into_iter().rev().for_each(|part| self.put_back(part));
    }

    fn launch(&mut self, parts: Vec<Part>, wait: bool) {
        let tenants: Vec<TenantId> = parts.iter().map(|part| part.tenant).collect();
        let of = |tenant: &TenantId| Some((*tenant, self.residents.get(tenant)?.clone()));
        let residents = tenants.iter().filter_map(of).collect();
        let due = |tenant: &TenantId| Some((*tenant, *self.dues.get(tenant)?));
        let dues = tenants.iter().filter_map(due).collect();
        let batch_id = BatchId(Uuid::now_v7());
        let commands = parts.iter().map(|part| part.work.len()).sum();
        let span = told::span(&parts);
        let flight = Flight {
            store: self.store.clone(),
            parts,
            wait,
            batch_id,
            residents,
            dues,
            raise: self.raise.iter().copied().collect(),
            shift: self.shared.clock.shift(),
        };
        self.flights.aloft.insert(batch_id, Aloft { tenants, commands, since: Instant::now() });
        self.flights.tasks.spawn(flight.fly().instrument(span));
    }

    /// Deals with what became of a batch; one that failed for itself is cut into smaller ones until
    /// the culprit is alone.
    pub(super) async fn land(&mut self, landing: Landing) {
        let Landing { parts, batch_id, residents, started, result } = landing;
        // They may have been brought up to date, whatever came after that.
        self.residents.extend(residents);
        match result {
            Ok(batch) => {
                if let Some((said, heard)) = batch.clock {
                    self.shared.clock.heard(said, started, heard);
                }
                self.count(&batch, started);
                self.conclude(parts, batch);
            }
            Err(Failure::Unknown(_)) => self.resolve_unknown(parts, batch_id).await,
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
                    self.flights.pieces.extend(split(parts));
                }
            }
        }
    }

    fn give_up(&mut self, parts: Vec<Part>, why: &Rejected) {
        for submission in parts.into_iter().flat_map(|part| part.work) {
            answer(submission, Err(why.clone()));
        }
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
}
