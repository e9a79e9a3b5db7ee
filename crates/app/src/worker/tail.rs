//! Between nodes: tells others that logs moved here, and follows logs that moved elsewhere. A lost
//! word costs a moment only, because heads are also polled.

use super::turn::Turn;
use crate::App;
use crate::error::Result;
use domain::id::TenantId;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often heads are looked at, whatever was told.
const POLL: Duration = Duration::from_secs(1);

/// How long several moves are gathered into one word.
const GATHER: Duration = Duration::from_millis(2);

/// How many log rows one look takes of a tenant; the next look goes on.
const PAGE: u32 = 500;

/// Tells other nodes about commits made here, a few words at a time.
pub(super) async fn tell(app: App, turn: Turn, stop: CancellationToken) {
    loop {
        let moved = tokio::select! {
            moved = turn.idle(app.live.next_moved()) => moved,
            () = stop.cancelled() => return,
        };
        if let Err(error) = app.store.notify(app.node().0, &moved).await {
            tracing::debug!(%error, "other nodes were not told; they poll");
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Follows commits made elsewhere, for tenants that somebody listens to here.
pub(super) async fn follow(app: App, turn: Turn, stop: CancellationToken) {
    loop {
        let mut listener = match app.store.listen().await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "other nodes cannot be listened to");
                if !turn.rest(POLL, &stop).await {
                    return;
                }
                continue;
            }
        };
        loop {
            turn.step();
            let told = tokio::select! {
                told = listener.next() => told.map(Some),
                () = tokio::time::sleep(POLL) => Ok(None),
                () = stop.cancelled() => return,
            };
            let told = match told {
                Ok(Some((node, _))) if node == app.node().0 => continue,
                Ok(Some((_, tenants))) => Some(tenants),
                Ok(None) => None,
                Err(_) => break,
            };
            if let Err(error) = look(&app, told.as_deref()).await {
                tracing::debug!(%error, "other nodes' logs could not be read");
            }
        }
    }
}

/// Looks at the heads of followed tenants, all of them or those that were told of, and publishes
/// what this node has not seen: once for all who follow.
async fn look(app: &App, told: Option<&[TenantId]>) -> Result<()> {
    let followed = app.live.followed();
    let asked: Vec<TenantId> = followed
        .iter()
        .filter(|(tenant, _)| told.is_none_or(|told| told.contains(tenant)))
        .map(|(tenant, _)| *tenant)
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    for head in app.store.heads(&asked).await? {
        let known = app.live.known(head.tenant);
        if known == 0 {
            app.live.begin(head.tenant, head.generation, head.seq);
        } else if known < head.seq {
            for row in app.store.log_after(head.tenant, known, PAGE).await? {
                app.live.publish_row(&row);
            }
        }
    }
    Ok(())
}
