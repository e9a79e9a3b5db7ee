//! What is done now and then: partitions of the log are made ahead, and what has served its time is
//! pruned.

use super::{EveryTenant, pause};
use crate::App;
use crate::error::Result;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is done.
const EVERY: Duration = Duration::from_secs(600);

/// How many days of partitions there are ahead.
const PARTITIONS_AHEAD: u32 = 3;

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
    let mut tenants = EveryTenant::default();
    while let Some(tenant) = tenants.next(app).await? {
        app.store.prune_requests(tenant, now).await?;
        app.prune_accesses(tenant, now).await?;
    }
    Ok(())
}
