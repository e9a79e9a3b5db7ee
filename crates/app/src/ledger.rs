//! The ledger: the one way to change anything. Callers hand in commands and wait; one lane per node
//! takes them in batches through lock, load, decide, route, write and commit, and only then tells
//! anybody. The lane is a task of its own: a caller who goes away takes nothing along.

pub mod batch;
pub mod command;
pub mod draft;
pub mod floors;
mod lane;
pub mod payload;
pub mod rows;
mod working_set;

use crate::clock::Clock;
use crate::live::Live;
use crate::uses::Uses;
use command::{Command, No, Origin};
use domain::id::TenantId;
use domain::interaction::Interaction;
use domain::message::Message;
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::floor::Floor;
use engine::routing::intake::Rules;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::{Store, StoreError};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

/// How many commands of one tenant may wait.
pub const TENANT_QUEUE_MAX: usize = 2_048;

/// How many commands of all tenants together may wait.
pub const QUEUE_MAX: usize = 16_384;

/// How long whoever asks for a floor waits for the lane.
const FLOOR_WAIT: Duration = Duration::from_secs(5);

/// How many may ask for a floor at once.
const ASKED_MAX: usize = 64;

/// How long a caller is asked to wait when a queue is full.
const BUSY_RETRY: Span = Span::from_millis(250);

/// Which of a tenant's two lanes a command waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// People and channels.
    Interactive,
    /// Imports and other work that can wait: one command a batch.
    Bulk,
}

/// A command on its way.
#[derive(Debug)]
pub struct Submission {
    /// Who sends it.
    pub origin: Origin,
    /// Which lane.
    pub priority: Priority,
    /// When its caller no longer waits.
    pub deadline: Option<Instant>,
    /// The command.
    pub command: Arc<dyn Command>,
    reply: Option<oneshot::Sender<Result<Outcome, Rejected>>>,
    /// The span it was sent in.
    span: tracing::Span,
    _ticket: Option<Ticket>,
}

impl Submission {
    /// A command that nobody waits for: for tools and tests that run batches by hand.
    #[must_use]
    pub fn unattended(origin: Origin, command: Arc<dyn Command>) -> Self {
        Self {
            origin,
            priority: Priority::Interactive,
            deadline: None,
            command,
            reply: None,
            span: tracing::Span::none(),
            _ticket: None,
        }
    }
}

impl std::fmt::Debug for dyn Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command")
    }
}

/// What a command came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The resource it is about.
    pub id: Uuid,
    /// A second one, where there are two.
    pub other: Uuid,
    /// Where in the tenant's log it was done.
    pub seq: i64,
    /// Whether it changed anything, now or when it was done before under the same request id.
    pub changed: bool,
    /// Whether it had been done before, under the same request id.
    pub repeated: bool,
    /// The interaction as the batch left it, if the command was about one.
    pub interaction: Option<Interaction>,
    /// The message as the batch left it, if the command was about one.
    pub message: Option<Message>,
}

/// Why a command came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// A refusal to be told to the caller.
    Refused(Refusal),
    /// What it was prepared from has changed; prepare it again.
    Stale,
}

impl From<Reason> for Rejected {
    fn from(reason: Reason) -> Self {
        Rejected::Refused(reason.into())
    }
}

impl From<No> for Rejected {
    fn from(no: No) -> Self {
        match no {
            No::Refused(refusal) => Rejected::Refused(refusal),
            No::Stale => Rejected::Stale,
        }
    }
}

/// Counts a waiting command as long as it lives.
#[derive(Debug)]
struct Ticket {
    shared: Arc<Shared>,
    tenant: TenantId,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        let mut tenants = self.shared.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = tenants.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                tenants.remove(&self.tenant);
            }
        }
    }
}

/// What lane and callers share.
#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    tenants: Mutex<HashMap<TenantId, usize>>,
    rules: Mutex<HashMap<TenantId, Arc<Rules>>>,
    poked: Mutex<Vec<TenantId>>,
    asked: Mutex<Vec<(TenantId, oneshot::Sender<Option<Floor>>)>>,
    counted: Mutex<Vec<oneshot::Sender<Vec<Floor>>>>,
    bell: Notify,
    deliveries: Notify,
    figures: Figures,
    uses: Uses,
    clock: Clock,
}

/// What the lane has done since it started.
#[derive(Debug, Default)]
pub struct Figures {
    /// Batches committed.
    pub batches: AtomicU64,
    /// Commands decided.
    pub commands: AtomicU64,
    /// Events recorded.
    pub events: AtomicU64,
    /// Statements issued.
    pub statements: AtomicU64,
    /// Batches that had to be split because something in them failed.
    pub splits: AtomicU64,
    /// Microseconds of the newest committed batch.
    pub batch_micros: AtomicU64,
}

/// How the lane is to run.
#[derive(Clone, Debug)]
pub struct LedgerConfig {
    /// How many bytes of floors a node keeps.
    pub floor_bytes_max: usize,
    /// How long an idle floor is kept.
    pub floor_idle_max: Duration,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { floor_bytes_max: 512 << 20, floor_idle_max: Duration::from_secs(600) }
    }
}

/// A handle to the ledger; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    queue: mpsc::Sender<Submission>,
    shared: Arc<Shared>,
}

impl Ledger {
    /// Starts the lane. It ends when every handle is gone or `stop` is told.
    #[must_use]
    pub fn start(
        store: Store,
        live: Live,
        config: LedgerConfig,
        stop: tokio_util::sync::CancellationToken,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let shared = Arc::new(Shared::default());
        let lane = lane::Lane::new(store, live, config, Arc::clone(&shared));
        let lane = tokio::spawn(lane.run(inbox, stop));
        let task = tokio::spawn(async move {
            if let Err(failed) = lane.await
                && failed.is_panic()
            {
                // Without its ledger a node can only refuse; another, or a new start, can serve.
                tracing::error!("the ledger's lane panicked; the process ends");
                std::process::abort();
            }
        });
        (Self { queue, shared }, task)
    }

    /// Hands a command in and waits for what it comes to.
    ///
    /// # Errors
    /// What the command refused, `LEDGER_BUSY` when too much waits, `SERVICE_UNAVAILABLE` when the
    /// database cannot be reached, or that it must be prepared again.
    pub async fn submit(
        &self,
        origin: Origin,
        priority: Priority,
        deadline: Option<Instant>,
        command: Arc<dyn Command>,
    ) -> Result<Outcome, Rejected> {
        let ticket = self.ticket(origin.tenant)?;
        let (reply, answer) = oneshot::channel();
        let submission = Submission {
            origin,
            priority,
            deadline,
            command,
            reply: Some(reply),
            span: tracing::Span::current(),
            _ticket: Some(ticket),
        };
        self.queue.try_send(submission).map_err(|_| busy())?;
        self.shared.bell.notify_one();
        match answer.await {
            Ok(result) => result,
            Err(_) => Err(Reason::Draining.into()),
        }
    }

    fn ticket(&self, tenant: TenantId) -> Result<Ticket, Rejected> {
        let mut tenants = self.shared.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tenants.entry(tenant).or_insert(0);
        if *count >= TENANT_QUEUE_MAX || self.shared.waiting.load(Ordering::Relaxed) >= QUEUE_MAX {
            return Err(busy());
        }
        *count += 1;
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        Ok(Ticket { shared: Arc::clone(&self.shared), tenant })
    }

    /// The tenant's rules, as the floor of this node has them; none while it has no floor.
    #[must_use]
    pub fn rules(&self, tenant: TenantId) -> Option<Arc<Rules>> {
        let rules = self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.get(&tenant).cloned()
    }

    /// How often rules placed something.
    pub(crate) fn uses(&self) -> &Uses {
        &self.shared.uses
    }

    /// The tenant's floor as it stands after the newest batch of this node; none while it has no
    /// floor. A floor is persistent, so that the copy costs nothing.
    pub async fn floor(&self, tenant: TenantId) -> Option<Floor> {
        let (reply, answer) = oneshot::channel();
        {
            let mut asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.len() >= ASKED_MAX {
                return None;
            }
            asked.push((tenant, reply));
        }
        self.shared.bell.notify_one();
        tokio::time::timeout(FLOOR_WAIT, answer).await.ok()?.ok().flatten()
    }

    /// Whether the lane answers within `wait`, which it does between any two batches.
    pub async fn answers(&self, wait: Duration) -> bool {
        let (reply, answer) = oneshot::channel();
        {
            let mut asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.retain(|(_, asked)| !asked.is_closed());
            // So many wait that the lane cannot have answered for a while.
            if asked.len() >= ASKED_MAX {
                return false;
            }
            asked.push((TenantId::SYSTEM, reply));
        }
        self.shared.bell.notify_one();
        matches!(tokio::time::timeout(wait, answer).await, Ok(Ok(_)))
    }

    /// Every floor of this node as it stands now; none if the lane does not answer within `wait`,
    /// which it does between any two batches.
    pub async fn floors(&self, wait: Duration) -> Option<Vec<Floor>> {
        let (reply, answer) = oneshot::channel();
        {
            let mut counted = self.shared.counted.lock().unwrap_or_else(PoisonError::into_inner);
            // Those who asked and left go first.
            counted.retain(|asked| !asked.is_closed());
            if counted.len() >= ASKED_MAX {
                return None;
            }
            counted.push(reply);
        }
        self.shared.bell.notify_one();
        tokio::time::timeout(wait, answer).await.ok()?.ok()
    }

    /// Asks the lane to look at a tenant: others changed it, or something is due.
    pub fn poke(&self, tenant: TenantId) {
        let mut poked = self.shared.poked.lock().unwrap_or_else(PoisonError::into_inner);
        if !poked.contains(&tenant) {
            poked.push(tenant);
        }
        drop(poked);
        self.shared.bell.notify_one();
    }

    /// Waits until a batch has ordered deliveries.
    pub async fn deliveries(&self) {
        self.shared.deliveries.notified().await;
    }

    /// Says that a delivery may be due, though no batch has ordered it.
    pub fn ring_deliveries(&self) {
        self.shared.deliveries.notify_one();
    }

    /// What the lane has done.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.shared.figures
    }

    /// How many commands wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// The service's time: the database's clock as far as this node has heard of it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Asks the database for its clock, which is the service's. Every batch that lands tells it as
    /// well; this is for when there is none.
    ///
    /// # Errors
    /// If the database does not say.
    pub(crate) async fn keep_time(&self, store: &Store) -> Result<(), StoreError> {
        let asked = Instant::now();
        let said = store.clock().await?;
        self.shared.clock.heard(said, asked, Instant::now());
        Ok(())
    }

    /// Moves the ledger's time ahead, for tests that cannot wait a day.
    pub fn shift_clock(&self, span: Span) {
        self.shared.clock.move_ahead(span);
        self.shared.bell.notify_one();
    }

    /// How far the ledger's time was moved.
    #[must_use]
    pub fn clock_shift(&self) -> i64 {
        self.shared.clock.shift()
    }
}

fn busy() -> Rejected {
    let refusal = Refusal::new(Reason::LedgerBusy).with("lane", "interactive");
    Rejected::Refused(refusal.retry_after(BUSY_RETRY))
}
