//! What is done now and then: partitions of the log are made ahead, and what has served its time is
//! pruned.

use super::EveryTenant;
use super::turn::Turn;
use crate::App;
use crate::error::Result;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is done.
const EVERY: Duration = Duration::from_secs(600);

/// How long after a customer was erased their files are deleted.
const ERASED: Duration = Duration::from_secs(1);

/// How many days of partitions there are ahead.
const PARTITIONS_AHEAD: u32 = 3;

pub(super) async fn run(app: App, turn: Turn, stop: CancellationToken) {
    loop {
        if let Err(error) = round(&app, &turn).await {
            tracing::warn!(%error, "housekeeping was not finished");
        }
        let rested = tokio::select! {
            rested = turn.rest(EVERY, &stop) => rested,
            // What was sealed for an erased customer cannot be read, and is not kept either.
            () = app.erased_bell.notified() => turn.rest(ERASED, &stop).await,
        };
        if !rested {
            return;
        }
    }
}

async fn round(app: &App, turn: &Turn) -> Result<()> {
    app.store.ensure_partitions(PARTITIONS_AHEAD).await?;
    turn.step();
    let now = app.now().await?;
    app.store.prune(now).await?;
    let mut tenants = EveryTenant::default();
    while let Some(tenant) = tenants.next(app, turn).await? {
        app.store.prune_requests(tenant, now).await?;
        app.prune_accesses(tenant, now).await?;
    }
    Ok(())
}
