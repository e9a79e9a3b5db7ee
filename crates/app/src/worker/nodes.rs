//! Leases. A node renews its own in one row; presence on every stream it holds hangs on it. A node
//! that is late closes its streams itself, before others may count it as lost; a node that is gone
//! has its sessions closed by whoever sees it first.

use super::EveryTenant;
use super::turn::Turn;
use crate::App;
use crate::error::{Error, Result};
use crate::ledger::command::Origin;
use crate::ledger::command::presence::LoseNode;
use domain::time::Span;
use std::time::{Duration, Instant};
use store::{DatabaseKind, Node};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a lease holds.
pub(crate) const LEASE: Span = Span::from_secs(15);

/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(4);

/// After how long without a renewal a node closes its own streams: before the lease ends.
const LATE: Duration = Duration::from_secs(11);

/// How often it is looked whether somebody is overdue.
const LOOK: Duration = Duration::from_millis(500);

/// After how long without one the database counts as one that takes no writes, for whoever asks
/// whether this node is ready: after two renewals that were refused, or one that was not answered.
const UNWRITTEN: Duration = Duration::from_secs(6);

/// How many overdue tenants one sweep looks at.
const OVERDUE_MAX: u32 = 200;

/// How overdue a tenant must be before a node that does not hold its floor looks at it.
const OVERDUE: Span = Span::from_millis(500);

/// Renews this node's lease. It does nothing else, so that nothing else can make it late.
pub(super) async fn renew_lease(app: App, turn: Turn, stop: CancellationToken) {
    let mut renewed = Instant::now();
    while turn.rest(RENEW, &stop).await {
        if timeout(RENEW, renew(&app, &mut renewed)).await.is_err() {
            tracing::warn!("the lease was not renewed: the database is silent");
        }
        app.writes.send_replace(renewed.elapsed() <= UNWRITTEN);
        if renewed.elapsed() > LATE {
            app.lease_lost();
        }
    }
    let (node, _) = app.node();
    // Sessions were closed by their streams; what is left is closed by whoever comes next.
    if let Err(error) = app.store.remove_node(node).await {
        tracing::debug!(%error, "the lease is left to run out");
    }
}

/// Clears up after nodes that are gone, and looks at tenants that are overdue.
pub(super) async fn run(app: App, turn: Turn, stop: CancellationToken) {
    let mut swept = Instant::now();
    if app.store.kind() == DatabaseKind::Sqlite {
        // Only one process can have the file: whoever is on record is gone.
        lose_others(&app, &turn, true).await;
    }
    loop {
        if let Err(error) = sweep_due(&app).await {
            tracing::debug!(%error, "overdue tenants cannot be looked for");
        }
        if swept.elapsed() >= RENEW {
            swept = Instant::now();
            lose_others(&app, &turn, false).await;
        }
        if !turn.rest(LOOK, &stop).await {
            return;
        }
    }
}

async fn renew(app: &App, renewed: &mut Instant) {
    let (node, epoch) = app.node();
    match app.store.renew_node(node, epoch, LEASE).await {
        Ok(true) => *renewed = Instant::now(),
        Ok(false) => begin_again(app, renewed).await,
        Err(error) => tracing::warn!(%error, "the lease was not renewed"),
    }
}

/// Others have counted this node as lost: its sessions are closed, and it starts over.
async fn begin_again(app: &App, renewed: &mut Instant) {
    let (node, epoch) = app.node();
    tracing::warn!(%node, epoch, "the lease was lost; streams are closed");
    match app.store.register_node(node, &app.version).await {
        Ok(epoch) => {
            app.begin_epoch(epoch);
            *renewed = Instant::now();
        }
        Err(error) => tracing::warn!(%error, "the node could not be registered"),
    }
}

async fn lose_others(app: &App, turn: &Turn, all: bool) {
    let lost = async {
        let now = app.store.clock().await?;
        let (own, _) = app.node();
        let horizon = if all { now + Span::from_secs(3600) } else { now };
        let mut nodes = app.store.expired_nodes(horizon).await?;
        nodes.retain(|node| node.id != own);
        for node in nodes {
            lose(app, turn, &node).await?;
        }
        Ok::<(), Error>(())
    };
    if let Err(error) = lost.await {
        tracing::warn!(%error, "lost nodes could not be cleared");
    }
}

async fn lose(app: &App, turn: &Turn, node: &Node) -> Result<()> {
    tracing::warn!(node = %node.id, epoch = node.epoch, "a node is gone; its sessions are closed");
    let mut tenants = EveryTenant::default();
    while let Some(tenant) = tenants.next(app, turn).await? {
        let held = app.store.tenant(tenant).sessions_of_node(node.id).await?;
        let mut left = !held.is_empty();
        while left {
            turn.step();
            let command = LoseNode { node_id: node.id, epoch: node.epoch };
            let outcome = app.change_as(Origin::system(tenant), command).await?;
            left = !outcome.other.is_nil();
        }
    }
    app.store.outbox().abandon(node.id, app.now().await?).await?;
    app.store.remove_node(node.id).await?;
    Ok(())
}

async fn sweep_due(app: &App) -> Result<()> {
    app.ledger.keep_time(&app.store).await?;
    let now = app.now().await?;
    for tenant in app.store.tenants_overdue(now - OVERDUE, OVERDUE_MAX).await? {
        app.ledger.poke(tenant);
    }
    Ok(())
}
