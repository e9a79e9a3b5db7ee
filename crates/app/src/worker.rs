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
use dispatcher::{DeliveryConfig, Dispatcher};
use domain::id::TenantId;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Starts all of them.
pub(crate) fn start(
    app: &App,
    delivery: DeliveryConfig,
    lines: Writer,
    stop: &CancellationToken,
) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let dispatcher = Dispatcher::new(app.clone(), delivery)?;
    tasks.spawn(dispatcher.run(stop.clone()));
    tasks.spawn(inbox::run(app.clone(), stop.clone()));
    tasks.spawn(nodes::run(app.clone(), stop.clone()));
    tasks.spawn(tail::tell(app.clone(), stop.clone()));
    tasks.spawn(tail::follow(app.clone(), stop.clone()));
    tasks.spawn(closing::run(app.clone(), stop.clone()));
    tasks.spawn(housekeeping::run(app.clone(), stop.clone()));
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
