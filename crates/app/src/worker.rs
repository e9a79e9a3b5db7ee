//! The background work of a node: the inbox becomes commands, the outbox becomes deliveries, leases
//! are renewed, overdue tenants are looked at, other nodes' commits are told here. Every worker may
//! run on every node at once; none of them changes anything but through the ledger, or its own
//! bookkeeping in inbox, outbox and leases.

mod closing;
pub mod dispatcher;
mod held;
mod housekeeping;
mod inbox;
mod nodes;
mod tail;
mod turn;

use crate::App;
use crate::accesses::Writer;
use crate::error::Result;
use dispatcher::{DeliveryConfig, Dispatcher};
use domain::id::TenantId;
use futures::FutureExt;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
pub(crate) use turn::Turn;
use turn::{Begin, LIMIT, kept};

/// How long a worker that panicked or hangs rests before it is begun again.
const BEGIN_AGAIN: Duration = Duration::from_secs(1);

/// What they are called.
pub(crate) const NAMES: &[&str] =
    &["dispatcher", "inbox", "lease", "nodes", "tell", "follow", "closing", "housekeeping", "uses"];

/// Starts all of them.
pub(crate) fn start(
    app: &App,
    delivery: DeliveryConfig,
    lines: Writer,
    stop: &CancellationToken,
) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let dispatcher = Dispatcher::new(app.clone(), delivery)?;
    let mut keep = |name: &'static str, begin: Begin| {
        debug_assert!(NAMES.contains(&name), "{name} has a name that is told");
        tasks.spawn(kept(name, begin, LIMIT, stop.clone()));
    };
    macro_rules! keep {
        ($name:literal, $run:path) => {{
            let (app, stop) = (app.clone(), stop.clone());
            keep($name, Box::new(move |turn| $run(app.clone(), turn, stop.clone()).boxed()));
        }};
    }
    let told = stop.clone();
    keep("dispatcher", Box::new(move |turn| dispatcher.clone().run(turn, told.clone()).boxed()));
    keep!("inbox", inbox::run);
    keep!("lease", nodes::renew_lease);
    keep!("nodes", nodes::run);
    keep!("tell", tail::tell);
    keep!("follow", tail::follow);
    keep!("closing", closing::run);
    keep!("housekeeping", housekeeping::run);
    keep!("uses", crate::uses::run);
    // It holds what was handed over and cannot be begun twice.
    tasks.spawn(lines.run(app.clone(), stop.clone()));
    Ok(tasks)
}

/// How many tenants are read at a time.
const TENANTS_PAGE: u32 = 500;

/// A walk over every tenant there is, in the order of ids.
#[derive(Default)]
struct EveryTenant {
    page: VecDeque<TenantId>,
    after: Option<TenantId>,
}

impl EveryTenant {
    /// The next one; each is a step of the worker that walks.
    async fn next(&mut self, app: &App, turn: &Turn) -> Result<Option<TenantId>> {
        turn.step();
        if self.page.is_empty() {
            let system = app.store.tenant(TenantId::SYSTEM);
            let tenants = system.tenants(self.after, TENANTS_PAGE).await?;
            self.page.extend(tenants.iter().map(|tenant| tenant.id));
            self.after = self.page.back().copied();
        }
        Ok(self.page.pop_front())
    }
}

/// Waits for a while, or until told to stop; whether to go on.
pub(crate) async fn pause(wait: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = stop.cancelled() => false,
    }
}
