//! The use cases and the background work: every change goes through the [`ledger`], everything that
//! is looked at is read and opened here, everything that is followed comes from [`live`]. Knows no
//! wire format and no process; the root package is its edge.
//!
//! A use case has four beats: prepare (read, judge, seal), submit, wait for the commit, open what
//! is shown. Permissions by role are proven at the edge before any of them; what depends on the
//! state, such as "my own", is checked inside the decision.

pub mod access;
pub mod accesses;
pub mod admin;
pub mod analytics;
pub mod arrivals;
pub mod attachments;
pub mod audit;
pub mod backtest;
pub mod channels;
mod clock;
pub mod consoles;
pub mod consults;
pub mod content;
pub mod context;
pub mod customers;
pub mod desk;
pub mod error;
pub mod explain;
pub mod hours;
pub mod interactions;
pub mod ledger;
pub mod live;
pub mod mail;
pub mod measure;
pub mod operations;
mod past;
pub mod plans;
pub mod reach;
pub mod rules;
pub mod simulate;
pub mod trend;
mod uses;
pub mod waits;
pub mod worker;

pub use engine::floor::offer_made;
pub use engine::sim;
pub use engine::staffing;
pub use store::check_address;

use access::Access;
use content::Content;
use context::Context;
use domain::event::Recorded;
use domain::id::{NodeId, TenantId};
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::routing::intake::Rules;
use error::{Error, Result};
use ledger::command::{Command, Origin};
use ledger::{Ledger, LedgerConfig, Outcome, Priority, Rejected, payload};
use live::Live;
use live::follow::Follow;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, TenantReader};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a command is prepared anew when what it was prepared from has changed.
pub(crate) const PREPARE_MAX: usize = 5;

/// How long to wait for a tenant's floor when its rules are needed.
const RULES_WAIT: Duration = Duration::from_secs(5);

/// How the service is to run.
#[derive(Clone, Debug, Default)]
pub struct AppConfig {
    /// The ledger.
    pub ledger: LedgerConfig,
    /// How outbound deliveries leave.
    pub delivery: worker::dispatcher::DeliveryConfig,
    /// What mail needs of the installation.
    pub mail: mail::MailConfig,
    /// What this process calls itself towards others.
    pub version: String,
    /// Whose tokens and certificates are taken.
    pub identity: access::identity::IdentityConfig,
    /// How long lines of the access log are kept; no time at all means [`accesses::KEPT`].
    pub accesses_kept: Span,
    /// How many events of a log one question about the past takes in; zero means 2,000,000.
    pub past_events: u64,
}

/// The service, without its edge. Clones share it.
#[derive(Clone)]
pub struct App {
    store: Store,
    ledger: Ledger,
    live: Live,
    access: Access,
    node: NodeId,
    epoch: Arc<watch::Sender<i64>>,
    writes: Arc<watch::Sender<bool>>,
    boards: analytics::Boards,
    lines: waits::Lines,
    egress: ::channels::http::Egress,
    mail: Arc<mail::MailConfig>,
    version: String,
    inbox_bell: Arc<Notify>,
    erased_bell: Arc<Notify>,
    hooks: channels::Hooks,
    consoles: consoles::Consoles,
    accesses: accesses::Accesses,
    reaches: reach::Reaches,
    past: past::Starts,
    simulations: simulate::Simulations,
    accesses_kept: Span,
}

/// The tasks of a running service; waiting for them is how it ends.
pub struct Running {
    lane: tokio::task::JoinHandle<()>,
    workers: tokio::task::JoinSet<()>,
    stop_ledger: CancellationToken,
    app: App,
}

impl Running {
    /// Waits for the workers, then for the ledger to finish what waits.
    pub async fn finish(mut self) {
        while self.workers.join_next().await.is_some() {}
        self.stop_ledger.cancel();
        // A lane that panicked has been logged by its own task.
        let _ = self.lane.await;
        if let Err(error) = self.app.ledger.uses().write(&self.app.store).await {
            tracing::warn!(%error, "the last uses of rules were not written");
        }
    }
}

impl App {
    /// Starts ledger and workers on an open, migrated store. They end when `stop` is told.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn start(
        store: Store,
        config: AppConfig,
        stop: CancellationToken,
    ) -> Result<(Self, Running)> {
        admin::ensure_system_tenant(&store).await?;
        let live = Live::default();
        let stop_ledger = CancellationToken::new();
        let (ledger, lane) =
            Ledger::start(store.clone(), live.clone(), config.ledger.clone(), stop_ledger.clone());
        ledger.keep_time(&store).await?;
        let node = NodeId(Uuid::now_v7());
        let epoch = store.register_node(node, &config.version).await?;
        let (accesses, lines) = accesses::ends();
        let app = Self {
            access: Access::new(store.clone(), config.identity)?,
            boards: analytics::Boards::default(),
            lines: waits::Lines::default(),
            epoch: Arc::new(watch::Sender::new(epoch)),
            writes: Arc::new(watch::Sender::new(true)),
            egress: config.delivery.egress,
            mail: Arc::new(config.mail),
            version: config.version,
            inbox_bell: Arc::default(),
            erased_bell: Arc::default(),
            hooks: channels::no_hooks(),
            consoles: consoles::Consoles::default(),
            accesses,
            reaches: reach::Reaches::default(),
            past: past::Starts::new(match config.past_events {
                0 => past::EVENTS,
                most => most,
            }),
            simulations: simulate::Simulations::default(),
            accesses_kept: match config.accesses_kept {
                Span::ZERO => accesses::KEPT,
                kept => kept,
            },
            store,
            ledger,
            live,
            node,
        };
        let workers = worker::start(&app, config.delivery, lines, &stop)?;
        Ok((app.clone(), Running { lane, workers, stop_ledger, app }))
    }

    /// Who calls with this bearer text.
    ///
    /// # Errors
    /// `CREDENTIALS_INVALID`, `TENANT_SUSPENDED`.
    pub async fn authenticate(&self, bearer: &str) -> Result<domain::tenant::Caller> {
        let now = self.now().await?;
        self.access.caller(bearer, now).await
    }

    /// Who calls with a certificate that bears these URIs and is good until then.
    ///
    /// # Errors
    /// `CREDENTIALS_INVALID`, `TENANT_SUSPENDED`.
    pub async fn authenticate_service(
        &self,
        uris: &[String],
        until: Timestamp,
    ) -> Result<domain::tenant::Caller> {
        self.access.caller_of_certificate(uris, until, self.now().await?).await
    }

    /// Tells when somebody's standing may have changed on this node, so that open streams ask.
    #[must_use]
    pub fn standing_changes(&self) -> watch::Receiver<u64> {
        self.access.changes()
    }

    /// Makes a change and waits until it is committed.
    ///
    /// # Errors
    /// What the command refuses, and what the ledger may add.
    pub async fn change(&self, context: &Context, command: impl Command) -> Result<Outcome> {
        let answer = self.submit(context, Arc::new(command)).await;
        answer.map_err(|rejected| match rejected {
            Rejected::Refused(refusal) => Error(refusal),
            Rejected::Stale => stale(),
        })
    }

    /// Makes a change that the service itself wants.
    ///
    /// # Errors
    /// What the command refuses, and what the ledger may add.
    pub async fn change_as(&self, origin: Origin, command: impl Command) -> Result<Outcome> {
        let submitted =
            self.ledger.submit(origin, Priority::Interactive, None, Arc::new(command)).await;
        submitted.map_err(|rejected| match rejected {
            Rejected::Refused(refusal) => Error(refusal),
            Rejected::Stale => stale(),
        })
    }

    pub(crate) async fn submit(
        &self,
        context: &Context,
        command: Arc<dyn Command>,
    ) -> std::result::Result<Outcome, Rejected> {
        let origin = context.origin();
        self.ledger.submit(origin, Priority::Interactive, context.deadline, command).await
    }

    /// Reads the caller's tenant.
    #[must_use]
    pub fn read(&self, context: &Context) -> TenantReader {
        self.store.tenant(context.caller.tenant)
    }

    /// The tenant's seals and blind indexes.
    ///
    /// # Errors
    /// If the tenant's key cannot be read.
    pub async fn content(&self, tenant: TenantId) -> Result<Content> {
        Content::of(&self.store, tenant).await
    }

    /// Follows a tenant's log from after a place on.
    #[must_use]
    pub fn follow(&self, tenant: TenantId, after_seq: i64) -> Follow {
        Follow::after(&self.store, &self.live, tenant, after_seq)
    }

    /// The newest events up to a place of a tenant's log, oldest first and at most so many; fewer
    /// if its beginning is near, or what was before is pruned.
    ///
    /// # Errors
    /// If the log has to be read and cannot be.
    pub async fn events_until(
        &self,
        tenant: TenantId,
        seq: i64,
        count: u32,
    ) -> Result<Vec<Arc<Recorded>>> {
        let after = seq.saturating_sub(count.into()).max(0);
        let mut events = match self.live.after(tenant, after) {
            Some(events) => events,
            None => {
                // Each row holds an event at least.
                let rows = self.store.log_after(tenant, after, count).await?;
                let events = rows.iter().filter_map(|row| payload::decode(&row.payload).ok());
                events.flatten().collect()
            }
        };
        events.retain(|event| event.seq > after && event.seq <= seq);
        Ok(events)
    }

    /// Whether a caller's credential is still good: it was neither revoked nor has it expired, and
    /// its tenant is served.
    ///
    /// # Errors
    /// As for authenticating.
    pub async fn still_valid(&self, caller: &domain::tenant::Caller) -> Result<()> {
        self.access.still_valid(caller, self.now().await?).await
    }

    /// Whether a tenant's own work goes on: nothing comes in or leaves for one that is suspended.
    pub(crate) async fn serves(&self, tenant: TenantId) -> Result<bool> {
        Ok(!self.access.suspended(tenant).await?)
    }

    /// What was committed, as it is committed.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// This process among its like, and the epoch its lease runs in.
    #[must_use]
    pub fn node(&self) -> (NodeId, i64) {
        (self.node, *self.epoch.borrow())
    }

    /// The consoles whose streams this node holds.
    #[must_use]
    pub fn consoles(&self) -> &consoles::Consoles {
        &self.consoles
    }

    /// Follows this node's epoch. A stream that holds presence ends when it changes: others may
    /// have counted the node as lost.
    #[must_use]
    pub fn epochs(&self) -> watch::Receiver<i64> {
        self.epoch.subscribe()
    }

    /// Whether the database takes what is written to it, as far as this node's lease tells; it does
    /// not where its disk is full.
    #[must_use]
    pub fn writes(&self) -> bool {
        *self.writes.borrow()
    }

    /// The lease is about to end: whoever hangs on it is told, before others may think so.
    pub(crate) fn lease_lost(&self) {
        self.epoch.send_modify(|_| {});
    }

    pub(crate) fn begin_epoch(&self, epoch: i64) {
        self.epoch.send_replace(epoch);
    }

    /// The service's time: the database's clock, as the ledger keeps it. No machine's clock counts,
    /// so that all nodes agree.
    ///
    /// # Errors
    /// None today; the database may be asked for it one day.
    pub async fn now(&self) -> Result<Timestamp> {
        Ok(self.ledger.now())
    }

    /// The tenant's rules as this node's floor has them; loads the floor if there is none.
    pub(crate) async fn rules(&self, tenant: TenantId) -> Result<Arc<Rules>> {
        let started = std::time::Instant::now();
        loop {
            if let Some(rules) = self.ledger.rules(tenant) {
                return Ok(rules);
            }
            if started.elapsed() > RULES_WAIT {
                return Err(unavailable());
            }
            self.ledger.poke(tenant);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(crate) fn stale() -> Error {
    let refusal = Refusal::new(Reason::LedgerBusy).with("lane", "interactive");
    Error(refusal.retry_after(Span::from_millis(100)))
}

fn unavailable() -> Error {
    let refusal = Refusal::new(Reason::ServiceUnavailable);
    Error(refusal.retry_after(Span::from_millis(500)))
}
