//! How often each rule placed something. The lane counts what it committed, in memory; a worker
//! adds it to the rules' rows now and then, and the service does so once more when it ends. What a
//! killed process had counted since then is lost: these are figures for people, and no decision
//! rests on them. Reading adds what this node has not written yet.

use crate::App;
use crate::context::Context;
use crate::error::Result;
use crate::ledger::draft::Draft;
use crate::worker::Turn;
use domain::event::{Event, QueueReason};
use domain::id::{RuleId, TenantId};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::{RuleUse, Store};
use tokio_util::sync::CancellationToken;

/// How often counts are written.
const EVERY: Duration = Duration::from_secs(5);

/// How many rules are counted at a time; beyond that a node forgets uses until it has written.
const COUNTED_MAX: usize = 100_000;

/// A count and when it was last raised.
type Count = (i64, Timestamp);

/// What was counted and not written yet.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    counts: Mutex<BTreeMap<(TenantId, RuleId), Count>>,
    /// Held while counts move into the database, so that nobody reads them twice or not at all.
    moving: tokio::sync::RwLock<()>,
}

impl Uses {
    /// Counts what a committed draft placed by rules.
    pub(crate) fn count(&self, tenant: TenantId, draft: &Draft) {
        let placed = |event: &Event| match event {
            Event::InteractionQueued {
                rule_id: Some(rule),
                reason: QueueReason::Arrived | QueueReason::Routed,
                ..
            } => Some(*rule),
            _ => None,
        };
        let mut rules = draft.events().iter().filter_map(|told| placed(&told.event)).peekable();
        if rules.peek().is_some() {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            for rule in rules {
                add(&mut counts, (tenant, rule), (1, draft.now));
            }
        }
    }

    /// Writes what was counted; what cannot be written is counted on.
    pub(crate) async fn write(&self, store: &Store) -> Result<()> {
        let _moving = self.moving.write().await;
        let counts = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *counts)
        };
        let line = |((tenant, rule_id), (uses, last_used_at)): (&(TenantId, RuleId), &Count)| {
            (*tenant, RuleUse { rule_id: *rule_id, uses: *uses, last_used_at: *last_used_at })
        };
        let lines: Vec<_> = counts.iter().map(line).collect();
        for (at, chunk) in lines.chunks(store::MAX_USES).enumerate() {
            if let Err(error) = store.add_rule_uses(chunk).await {
                let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                for (tenant, line) in &lines[at * store::MAX_USES..] {
                    let count = (line.uses, line.last_used_at);
                    add(&mut counts, (*tenant, line.rule_id), count);
                }
                return Err(error.into());
            }
        }
        Ok(())
    }
}

fn add(
    counts: &mut BTreeMap<(TenantId, RuleId), Count>,
    key: (TenantId, RuleId),
    (uses, at): Count,
) {
    if counts.len() >= COUNTED_MAX && !counts.contains_key(&key) {
        return;
    }
    let count = counts.entry(key).or_default();
    *count = (count.0 + uses, count.1.max(at));
}

/// Writes counts until told to stop.
pub(crate) async fn run(app: App, turn: Turn, stop: CancellationToken) {
    loop {
        if let Err(error) = app.ledger.uses().write(&app.store).await {
            tracing::warn!(%error, "uses of rules cannot be written");
        }
        if !turn.rest(EVERY, &stop).await {
            return;
        }
    }
}

impl App {
    /// How often each rule of the tenant placed something, and when last; what other nodes counted
    /// in the last seconds is not in it yet.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn rule_uses(&self, context: &Context) -> Result<BTreeMap<RuleId, Count>> {
        let uses = self.ledger.uses();
        let _still = uses.moving.read().await;
        let written = self.read(context).rule_uses().await?;
        let line = |one: RuleUse| (one.rule_id, (one.uses, one.last_used_at));
        let mut all: BTreeMap<RuleId, Count> = written.into_iter().map(line).collect();
        let tenant = context.caller.tenant;
        let counts = uses.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let first = (tenant, RuleId::default());
        for ((_, rule), (uses, at)) in counts.range(first..).take_while(|((t, _), _)| *t == tenant)
        {
            let count = all.entry(*rule).or_default();
            *count = (count.0 + uses, count.1.max(*at));
        }
        Ok(all)
    }
}
