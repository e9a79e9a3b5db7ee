//! The deliveries under way: [`AT_ONCE`] places, of which an account and a tenant take a part only,
//! so that a relay that hangs holds up nobody else's mail. A place that is free is filled at once;
//! places that became free together are filled by one look at the outbox.

use super::{Dispatcher, LEASE};
use crate::error::Result;
use crate::worker::turn::Turn;
use domain::id::{AccountId, TenantId};
use std::collections::HashMap;
use std::time::Duration;
use store::{Claim, Share};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How many deliveries are under way at once.
const AT_ONCE: usize = 128;

/// Whoever has so many under way is passed over, and one look takes no more of theirs: less than
/// twice this at once.
const OF_ACCOUNT: usize = 8;
const OF_TENANT: usize = 32;

/// How often the outbox is looked at when nothing rings.
const POLL: Duration = Duration::from_secs(1);

/// What is under way, and whose.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    whose: HashMap<Id, (TenantId, AccountId)>,
}

impl UnderWay {
    fn begin(&mut self, dispatcher: &Dispatcher, claim: Claim) {
        let whose = (claim.tenant, claim.delivery.account_id);
        let dispatcher = dispatcher.clone();
        let attempt = claim.delivery.attempt;
        let span = tracing::info_span!(
            target: "telemetry", parent: None, "delivery", attempt, tenant = %claim.tenant
        );
        let delivery = async move {
            if let Err(error) = dispatcher.deliver(&claim).await {
                // The lease runs out, and somebody tries again.
                tracing::warn!(tenant = %claim.tenant, %error, "a delivery was not finished");
            }
        };
        let task = self.tasks.spawn(delivery.instrument(span));
        self.whose.insert(task.id(), whose);
    }

    /// Waits until one has ended, if there are any, and takes what has ended with it.
    async fn ended(&mut self) {
        let mut next = self.tasks.join_next_with_id().await;
        while let Some(ended) = next {
            self.take(ended.map(|(id, ())| id));
            next = self.tasks.try_join_next_with_id();
        }
    }

    fn take(&mut self, ended: std::result::Result<Id, JoinError>) {
        let id = ended.unwrap_or_else(|error| {
            tracing::error!("a delivery panicked; it is tried again when its lease has ended");
            error.id()
        });
        self.whose.remove(&id);
    }

    /// What may be claimed now.
    fn share(&self) -> Share {
        let (mut accounts, mut tenants) = (HashMap::new(), HashMap::new());
        for (tenant, account) in self.whose.values() {
            *accounts.entry(*account).or_insert(0) += 1;
            *tenants.entry(*tenant).or_insert(0) += 1;
        }
        Share {
            limit: AT_ONCE.saturating_sub(self.tasks.len()),
            of_account: OF_ACCOUNT,
            of_tenant: OF_TENANT,
            without_accounts: full(accounts, OF_ACCOUNT),
            without_tenants: full(tenants, OF_TENANT),
        }
    }
}

/// Who has as many as they may.
fn full<K>(counts: HashMap<K, usize>, most: usize) -> Vec<K> {
    counts.into_iter().filter(|(_, count)| *count >= most).map(|(whose, _)| whose).collect()
}

impl Dispatcher {
    /// Delivers until told to stop, then waits for what is under way.
    pub(in crate::worker) async fn run(self, turn: Turn, stop: CancellationToken) {
        let mut under_way = UnderWay::default();
        while !stop.is_cancelled() {
            turn.step();
            let found = match self.claim(&under_way).await {
                Ok(claims) => claims,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    turn.rest(POLL, &stop).await;
                    continue;
                }
            };
            let nothing = found.is_empty();
            for claim in found {
                under_way.begin(&self, claim);
            }
            if nothing {
                self.wait(&mut under_way, &stop).await;
            }
        }
        turn.idle(async {
            while !under_way.tasks.is_empty() {
                under_way.ended().await;
            }
        })
        .await;
    }

    /// Takes what there are places for.
    async fn claim(&self, under_way: &UnderWay) -> Result<Vec<Claim>> {
        let now = self.app.now().await?;
        self.count_breakers(now);
        let mut share = under_way.share();
        share.without_tenants.extend(self.held.tenants());
        if share.limit == 0 {
            return Ok(Vec::new());
        }
        let (node, _) = self.app.node();
        Ok(self.app.store.outbox().claim(node, now, LEASE, &share).await?)
    }

    /// Waits until a look is worth it: something was ordered, something has ended, or time passed.
    async fn wait(&self, under_way: &mut UnderWay, stop: &CancellationToken) {
        let busy = !under_way.tasks.is_empty();
        tokio::select! {
            () = self.app.ledger.deliveries() => {}
            () = under_way.ended(), if busy => {}
            () = tokio::time::sleep(POLL) => {}
            () = stop.cancelled() => {}
        }
    }
}
