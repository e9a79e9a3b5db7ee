//! What the process says about itself: log lines on standard error, for people or as JSON for
//! programs, and traces where a collector is named. A panic is one line with its place and never
//! its message, which could hold anything.

mod traces;

pub use traces::{Traces, call, ended};

use crate::config::{Log, LogFormat, Telemetry};
use anyhow::{Result, anyhow};
use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Libraries that say at every start what is of use to nobody, and spans that only traces collect.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn,telemetry=off";

/// Starts logging and, where a collector is named, tracing; once for the process.
///
/// # Errors
/// If it was started before, or a setting cannot be used.
pub fn init(log: &Log, telemetry: &Telemetry) -> Result<Traces> {
    // What is asked for goes after the quieter default, and so before it.
    let filter = EnvFilter::builder().parse(format!("{QUIET},{}", log.level))?;
    let lines =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let traces = Traces::begin(telemetry)?;
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.layer())
        .try_init();
    started.map_err(|error| anyhow!(error))?;
    log_panics();
    Ok(traces)
}

fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
}
