//! What the use cases count: every name and label in one place, so that none of them can grow with
//! tenants or people. Where nobody collects, counting does nothing. What each means to an operator
//! is told in `docs/metrics.md`.

use domain::channel::ChannelKind;
use domain::time::Span;
use metrics::{counter, gauge, histogram};
use std::time::Duration;

/// Puts counters whose labels are known beforehand at zero, so that their first rise is one.
pub fn from_zero() {
    for name in [
        "omnichannel_ledger_batches_total",
        "omnichannel_ledger_commands_total",
        "omnichannel_ledger_events_total",
        "omnichannel_ledger_statements_total",
        "omnichannel_ledger_splits_total",
        crate::accesses::DROPPED,
    ] {
        counter!(name).absolute(0);
    }
    for of in ["inbox", "outbox"] {
        counter!("omnichannel_dead_letters_total", "of" => of).absolute(0);
    }
    for kind in [ChannelKind::Webhook, ChannelKind::Email] {
        let kind = kind.word().to_lowercase();
        for outcome in OUTCOMES {
            counter!("omnichannel_deliveries_total", "kind" => kind.clone(), "outcome" => *outcome)
                .absolute(0);
        }
    }
    for worker in crate::worker::NAMES {
        counter!("omnichannel_worker_restarts_total", "worker" => *worker).absolute(0);
    }
    breakers_open(0);
}

/// What an attempt to deliver comes to, in one word.
const OUTCOMES: &[&str] = &["accepted", "retry", "credentials_bad", "refused", "unknown"];

/// A batch was committed.
pub(crate) fn batch(commands: usize, events: usize, statements: u32, took: Duration) {
    counter!("omnichannel_ledger_batches_total").increment(1);
    counter!("omnichannel_ledger_commands_total").increment(commands as u64);
    counter!("omnichannel_ledger_events_total").increment(events as u64);
    counter!("omnichannel_ledger_statements_total").increment(statements.into());
    histogram!("omnichannel_ledger_batch_commands").record(commands as f64);
    histogram!("omnichannel_ledger_batch_duration_seconds").record(took);
}

/// A batch failed and was cut into smaller ones.
pub(crate) fn split() {
    counter!("omnichannel_ledger_splits_total").increment(1);
}

/// An interaction was offered for the first time, so long after it began to wait.
pub(crate) fn offered(delay: Span) {
    histogram!("omnichannel_offer_delay_seconds").record(delay.to_std());
}

/// An attempt to deliver came to this.
pub(crate) fn delivery(kind: ChannelKind, outcome: &'static str, took: Duration) {
    let kind = kind.word().to_lowercase();
    counter!("omnichannel_deliveries_total", "kind" => kind.clone(), "outcome" => outcome)
        .increment(1);
    histogram!("omnichannel_delivery_duration_seconds", "kind" => kind).record(took);
}

/// So many breakers let nothing through.
pub(crate) fn breakers_open(count: usize) {
    gauge!("omnichannel_breakers_open").set(count as f64);
}

/// Something was given up and is kept for a person to look at.
pub(crate) fn dead_letter(of: &'static str) {
    counter!("omnichannel_dead_letters_total", "of" => of).increment(1);
}

/// A worker panicked or hung and was begun again.
pub(crate) fn worker_restarted(worker: &'static str) {
    counter!("omnichannel_worker_restarts_total", "worker" => worker).increment(1);
}
