//! Figures for operators, in the text format of Prometheus at `/metrics`. What happens is counted
//! where it happens; what stands is read when it is asked for, at most once a second. No label
//! grows with tenants, people or what callers send. Each figure is told in `docs/metrics.md`.

mod process;
mod standing;
mod told;

pub use standing::Figures;

use crate::policy::MethodPolicy;
use anyhow::{Context as _, Result};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::Code;

/// How often what was counted is put in order, so that it does not pile up where nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Bounds of spans of time, in seconds: a batch takes a millisecond, an offer may take minutes.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
    300.0,
];

/// Bounds of how many commands a batch holds.
const COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// What collects, once for the process.
static COLLECTING: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to collect, and keeps what was collected in order until told to stop.
///
/// # Errors
/// If something else collects in this process.
pub fn begin(stop: CancellationToken) -> Result<()> {
    if COLLECTING.get().is_none() {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &COMMANDS)
            });
        let recorder = builder.context("the bounds are in order")?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).context("figures are collected already")?;
        // Nobody else sets it: the recorder is set once.
        let _ = COLLECTING.set(handle);
        told::describe();
        gauge!("omnichannel_build_info", "version" => crate::server::VERSION).set(1.0);
        from_zero();
        app::measure::from_zero();
    }
    tokio::spawn(async move {
        while stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
            if let Some(handle) = COLLECTING.get() {
                handle.run_upkeep();
            }
        }
    });
    Ok(())
}

/// Puts counters whose labels are known beforehand at zero, so that their first rise is one.
fn from_zero() {
    for outcome in ["taken", "no_room", "handshake_failed", "handshake_too_slow"] {
        counter!("omnichannel_connections_total", "outcome" => outcome).absolute(0);
    }
    gauge!("omnichannel_connections_open").set(0.0);
    for code in ["250", "450", "451", "452"] {
        counter!("omnichannel_mails_total", "code" => code).absolute(0);
    }
    for status in ["200", "401", "429", "503"] {
        counter!("omnichannel_webhooks_total", "status" => status).absolute(0);
    }
}

/// What was collected, as text; none where nothing is.
fn render() -> Option<String> {
    let handle = COLLECTING.get()?;
    handle.run_upkeep();
    Some(handle.render())
}

/// A method as a label: service and name, or `other` for what the contract does not know.
fn method(policy: Option<&'static MethodPolicy>) -> &'static str {
    let path = policy.map(|policy| policy.path);
    path.and_then(|path| path.split_once(".v1.")).map_or("other", |(_, method)| method)
}

/// A call was answered, or a stream opened, or either refused.
pub fn call(policy: Option<&'static MethodPolicy>, code: Code, took: Duration) {
    let method = method(policy);
    counter!("omnichannel_calls_total", "method" => method, "code" => name_of(code)).increment(1);
    // How long a stream takes to open says little, and how long it is open is told elsewhere.
    if policy.is_some_and(|policy| policy.stream.is_none()) {
        histogram!("omnichannel_call_duration_seconds", "method" => method).record(took);
    }
}

/// A stream counts as open as long as this lives.
#[derive(Debug)]
pub struct OpenStream(&'static str);

impl OpenStream {
    /// A stream of this method was opened.
    #[must_use]
    pub fn of(policy: Option<&'static MethodPolicy>) -> Self {
        let method = method(policy);
        gauge!("omnichannel_streams_open", "method" => method).increment(1.0);
        Self(method)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        gauge!("omnichannel_streams_open", "method" => self.0).decrement(1.0);
    }
}

/// A stream ended for this reason.
pub fn stream_ended(stream: &'static str, reason: &'static str) {
    counter!("omnichannel_streams_ended_total", "stream" => stream, "reason" => reason)
        .increment(1);
}

/// A webhook was answered with this status.
pub fn webhook(status: u16) {
    counter!("omnichannel_webhooks_total", "status" => status.to_string()).increment(1);
}

/// A mail that came whole was answered with this code.
pub fn mail(said: &'static str) {
    counter!("omnichannel_mails_total", "code" => said.get(..3).unwrap_or_default()).increment(1);
}

/// A connection counts as open as long as this lives.
#[derive(Debug)]
pub struct OpenConnection(());

impl OpenConnection {
    /// A connection came in.
    #[must_use]
    pub fn begin() -> Self {
        gauge!("omnichannel_connections_open").increment(1.0);
        counter!("omnichannel_connections_total", "outcome" => "taken").increment(1);
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!("omnichannel_connections_open").decrement(1.0);
    }
}

/// A connection was not taken, for want of room or of a handshake.
pub fn connection_lost(why: &'static str) {
    counter!("omnichannel_connections_total", "outcome" => why).increment(1);
}

/// A code as the protocol writes it.
#[must_use]
pub const fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_a_short_label_and_what_is_unknown_is_one() {
        let create = crate::policy::of("/omnichannel.v1.InteractionService/CreateInteraction");
        assert_eq!(method(create), "InteractionService/CreateInteraction");
        assert_eq!(method(None), "other");
    }
}
