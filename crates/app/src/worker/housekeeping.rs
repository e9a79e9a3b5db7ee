//! What is done now and then: resolved interactions past their reopen window are closed, partitions
//! of the log are made ahead, and what has served its time is pruned.

use super::pause;
use crate::App;
use crate::error::Result;
use crate::ledger::command::Origin;
use crate::ledger::command::close::{Close, REOPEN_WINDOW, Way};
use domain::id::TenantId;
use domain::interaction::InteractionStatus;
use domain::sealed::Sealed;
use std::time::Duration;
use store::InteractionFilter;
use tokio_util::sync::CancellationToken;

/// How often it is done.
const EVERY: Duration = Duration::from_secs(600);

/// How many days of partitions there are ahead.
const PARTITIONS_AHEAD: u32 = 3;

/// How many interactions of a tenant are closed in one round.
const CLOSE_MAX: u32 = 500;

/// How many tenants one page holds.
const PAGE: u32 = 500;

pub(super) async fn run(app: App, stop: CancellationToken) {
    loop {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "housekeeping was not finished");
        }
        if !pause(EVERY, &stop).await {
            return;
        }
    }
}

async fn round(app: &App) -> Result<()> {
    app.store.ensure_partitions(PARTITIONS_AHEAD).await?;
    let now = app.now().await?;
    app.store.prune(now).await?;
    let system = app.store.tenant(TenantId::SYSTEM);
    let mut after = None;
    loop {
        let tenants = system.tenants(after, PAGE).await?;
        let Some(last) = tenants.last() else { return Ok(()) };
        after = Some(last.id);
        for tenant in &tenants {
            app.store.prune_requests(tenant.id, now).await?;
            close_resolved(app, tenant.id).await?;
        }
    }
}

async fn close_resolved(app: &App, tenant: TenantId) -> Result<()> {
    let before = app.now().await? - REOPEN_WINDOW;
    let filter = InteractionFilter {
        status: vec![InteractionStatus::Resolved],
        created_before: Some(before),
        ..InteractionFilter::default()
    };
    let rows = app.store.tenant(tenant).interactions_by(&filter, None, CLOSE_MAX).await?;
    for row in rows.into_iter().filter(|row| row.resolved_at.is_some_and(|at| at < before)) {
        let command = Close {
            interaction_id: row.id,
            way: Way::Close,
            resolution: Sealed::default(),
            wrap_up_code: String::new(),
            caller: None,
        };
        app.change_as(Origin::system(tenant), command).await?;
    }
    Ok(())
}
