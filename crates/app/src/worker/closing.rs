//! Closes resolved interactions when their reopen window has passed. What is resolved is on no
//! floor, so that the lane's timers do not know of it. This worker keeps for each tenant when its
//! longest resolved interaction is due; what is resolved later is due a whole window later, so that
//! a look at the tenants now and then finds it in time, whoever resolved it. Between those looks
//! only the clock is read, and not even that while nothing is resolved.

use super::EveryTenant;
use super::turn::Turn;
use crate::App;
use crate::error::Result;
use crate::ledger::command::Origin;
use crate::ledger::command::close::{CloseResolved, REOPEN_WINDOW};
use domain::id::TenantId;
use domain::time::{Span, Timestamp};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_millis(500);

/// How often every tenant is looked at; a small part of the reopen window.
const REFRESH: Duration = Duration::from_secs(600);

/// How many interactions of one tenant are closed at one look.
const CLOSE_MAX: u32 = 128;

/// How long a tenant waits whose interactions could not be closed.
const AGAIN: Span = Span::from_secs(5);

pub(super) async fn run(app: App, turn: Turn, stop: CancellationToken) {
    let mut plan = Plan::default();
    loop {
        if let Err(error) = plan.look(&app, &turn).await {
            tracing::debug!(%error, "resolved interactions cannot be looked for");
        }
        if !turn.rest(LOOK, &stop).await {
            return;
        }
    }
}

/// When each tenant next has something to close, as far as is known.
#[derive(Default)]
struct Plan {
    due: BTreeMap<TenantId, Timestamp>,
    /// When all tenants were looked at, and how far the clock was moved then.
    read: Option<(Instant, i64)>,
}

impl Plan {
    async fn look(&mut self, app: &App, turn: &Turn) -> Result<()> {
        let shift = app.ledger.clock_shift();
        let fresh = self.read.is_some_and(|(at, by)| at.elapsed() < REFRESH && by == shift);
        if !fresh {
            self.refresh(app, turn).await?;
            self.read = Some((Instant::now(), shift));
        }
        if self.due.is_empty() {
            return Ok(());
        }
        let now = app.now().await?;
        let due: Vec<TenantId> =
            self.due.iter().filter(|(_, at)| **at < now).map(|(tenant, _)| *tenant).collect();
        for tenant in due {
            turn.step();
            if let Err(error) = self.close(app, tenant, now).await {
                tracing::warn!(%tenant, %error, "resolved interactions were not closed");
                self.due.insert(tenant, now + AGAIN);
            }
        }
        Ok(())
    }

    async fn refresh(&mut self, app: &App, turn: &Turn) -> Result<()> {
        self.due.clear();
        let mut tenants = EveryTenant::default();
        while let Some(tenant) = tenants.next(app, turn).await? {
            let longest = app.store.tenant(tenant).longest_resolved(1).await?;
            if let Some((_, resolved_at)) = longest.first() {
                self.due.insert(tenant, *resolved_at + REOPEN_WINDOW);
            }
        }
        Ok(())
    }

    /// Closes what is due of a tenant, and notes when the rest is.
    async fn close(&mut self, app: &App, tenant: TenantId, now: Timestamp) -> Result<()> {
        let resolved_before = now - REOPEN_WINDOW;
        // One more than is closed tells when the next is due.
        let mut longest = app.store.tenant(tenant).longest_resolved(CLOSE_MAX + 1).await?;
        let passed = longest.iter().take_while(|(_, at)| *at < resolved_before).count();
        let closed = passed.min(CLOSE_MAX as usize);
        let left = longest.split_off(closed);
        if !longest.is_empty() {
            let interactions = longest.into_iter().map(|(id, _)| id).collect();
            let command = CloseResolved { interactions, resolved_before };
            app.change_as(Origin::system(tenant), command).await?;
        }
        match left.first() {
            Some((_, resolved_at)) => self.due.insert(tenant, *resolved_at + REOPEN_WINDOW),
            None => self.due.remove(&tenant),
        };
        Ok(())
    }
}
