//! What the lane tells about its work: floors to those who ask, figures to operators, and spans to
//! whoever traces calls. Nothing here changes what is decided.

use super::{Batch, Lane, Part};
use crate::ledger::draft::Draft;
use crate::measure;
use domain::event::Event;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tracing::Span;

/// How many of its callers a batch's span names at most.
const LINKS_MAX: usize = 32;

impl Lane {
    /// Answers those who asked for floors.
    pub(super) fn show_floors(&self) {
        let mut asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
        for (tenant, reply) in asked.drain(..) {
            // Whoever asked and left has no use for the answer.
            let _ = reply.send(self.residents.get(&tenant).map(|held| held.floor.clone()));
        }
        drop(asked);
        let mut counted = self.shared.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for reply in counted.drain(..) {
            let _ = reply.send(self.residents.values().map(|held| held.floor.clone()).collect());
        }
    }

    /// Counts what a batch came to.
    pub(super) fn count(&self, batch: &Batch, started: Instant) {
        let figures = &self.shared.figures;
        let commands: usize = batch.settled.values().map(|settled| settled.verdicts.len()).sum();
        let events: usize = batch.settled.values().map(|s| s.draft.events().len()).sum();
        figures.batches.fetch_add(1, Ordering::Relaxed);
        figures.commands.fetch_add(commands as u64, Ordering::Relaxed);
        figures.events.fetch_add(events as u64, Ordering::Relaxed);
        figures.statements.fetch_add(u64::from(batch.statements), Ordering::Relaxed);
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        figures.batch_micros.store(micros, Ordering::Relaxed);
        measure::batch(commands, events, batch.statements, started.elapsed());
    }
}

/// The span of a batch. It belongs to no caller alone, so it follows from the spans of those whose
/// commands it holds. Only tracing collects it; logs do not know it.
pub(super) fn span(parts: &[Part]) -> Span {
    let commands: usize = parts.iter().map(|part| part.work.len()).sum();
    let span = tracing::info_span!(
        target: "telemetry", parent: None, "ledger.batch", commands, tenants = parts.len()
    );
    if !span.is_disabled() {
        let callers = parts.iter().flat_map(|part| &part.work).map(|waiting| waiting.span.id());
        for caller in callers.flatten().take(LINKS_MAX) {
            span.follows_from(caller);
        }
    }
    span
}

/// Tells how long what was offered for the first time had waited for that.
pub(super) fn offers(draft: &Draft) {
    for recorded in draft.events() {
        let Event::OfferMade { interaction_id, .. } = recorded.event else { continue };
        if let Some(item) = draft.floor.item(interaction_id).filter(|item| item.offers_made == 1) {
            measure::offered(recorded.at.since(item.enqueued_at));
        }
    }
}
