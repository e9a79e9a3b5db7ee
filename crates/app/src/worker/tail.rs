//! Between nodes: tells others that logs moved here, and follows logs that moved elsewhere. A lost
//! word costs a moment only, because heads are also polled.

use super::pause;
use crate::App;
use crate::error::Result;
use domain::id::TenantId;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often heads are looked at, whatever was told.
const POLL: Duration = Duration::from_secs(1);

/// How long several moves are gathered into one word.
const GATHER: Duration = Duration::from_millis(2);

/// Tells other nodes about commits made here, a few words at a time.
pub(super) async fn tell(app: App, stop: CancellationToken) {
    loop {
        let moved = tokio::select! {
            moved = app.live.next_moved() => moved,
            () = stop.cancelled() => return,
        };
        if let Err(error) = app.store.notify(&moved).await {
            tracing::debug!(%error, "other nodes were not told; they poll");
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Follows commits made elsewhere, for tenants that somebody listens to here.
pub(super) async fn follow(app: App, stop: CancellationToken) {
    loop {
        let mut listener = match app.store.listen().await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "other nodes cannot be listened to");
                if !pause(POLL, &stop).await {
                    return;
                }
                continue;
            }
        };
        loop {
            let told = tokio::select! {
                told = listener.next() => told,
                () = tokio::time::sleep(POLL) => Ok(Vec::new()),
                () = stop.cancelled() => return,
            };
            let Ok(told) = told else { break };
            if let Err(error) = look(&app, &told).await {
                tracing::debug!(%error, "heads could not be read");
            }
        }
    }
}

/// Looks at the heads of followed tenants: all of them, or those that were told of.
async fn look(app: &App, told: &[TenantId]) -> Result<()> {
    let followed = app.live.followed();
    let asked: Vec<TenantId> = followed
        .iter()
        .filter(|(tenant, _)| told.is_empty() || told.contains(tenant))
        .map(|(tenant, _)| *tenant)
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    for head in app.store.heads(&asked).await? {
        app.live.moved(head.tenant, head.seq);
    }
    Ok(())
}
