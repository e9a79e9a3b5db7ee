//! The background work of a node: the inbox becomes commands, the outbox becomes deliveries, leases
//! are renewed, overdue tenants are looked at, other nodes' commits are told here. Every worker may
//! run on every node at once; none of them changes anything but through the ledger, or its own
//! bookkeeping in inbox, outbox and leases.

mod closing;
pub mod dispatcher;
mod housekeeping;
mod inbox;
mod nodes;
mod tail;

use crate::App;
use crate::accesses::Writer;
use crate::error::Result;
use crate::measure;
use dispatcher::{DeliveryConfig, Dispatcher};
use domain::id::TenantId;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a worker that panicked rests before it is begun again.
const BEGIN_AGAIN: Duration = Duration::from_secs(1);

/// Starts all of them.
pub(crate) fn start(
    app: &App,
    delivery: DeliveryConfig,
    lines: Writer,
    stop: &CancellationToken,
) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let dispatcher = Dispatcher::new(app.clone(), delivery)?;
    let mut keep = |name: &'static str, begin: Box<dyn Fn() -> BoxFuture<'static, ()> + Send>| {
        tasks.spawn(kept(name, begin, stop.clone()));
    };
    macro_rules! keep {
        ($name:literal, $run:path) => {{
            let (app, stop) = (app.clone(), stop.clone());
            keep($name, Box::new(move || $run(app.clone(), stop.clone()).boxed()));
        }};
    }
    let told = stop.clone();
    keep("dispatcher", Box::new(move || dispatcher.clone().run(told.clone()).boxed()));
    keep!("inbox", inbox::run);
    keep!("nodes", nodes::run);
    keep!("tell", tail::tell);
    keep!("follow", tail::follow);
    keep!("closing", closing::run);
    keep!("housekeeping", housekeeping::run);
    // It holds what was handed over and cannot be begun twice.
    tasks.spawn(lines.run(app.clone(), stop.clone()));
    Ok(tasks)
}

/// Keeps a worker at work: one that panics is begun again after a moment. What it had in hand is
/// under a lease or was not begun, so that nothing is lost by it.
async fn kept(
    name: &'static str,
    begin: Box<dyn Fn() -> BoxFuture<'static, ()> + Send>,
    stop: CancellationToken,
) {
    while AssertUnwindSafe(begin()).catch_unwind().await.is_err() {
        tracing::error!(worker = name, "a worker panicked and is begun again");
        measure::worker_restarted(name);
        if !pause(BEGIN_AGAIN, &stop).await {
            return;
        }
    }
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
    async fn next(&mut self, app: &App) -> Result<Option<TenantId>> {
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
