//! What the process says about itself, on standard error: lines for people or JSON for programs.
//! A panic is one line with its place and never its message, which could hold anything.

use crate::config::{Log, LogFormat};
use anyhow::{Result, anyhow};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Libraries that say at every start what is of use to nobody.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn";

/// Starts logging, once for the process.
///
/// # Errors
/// If it was started before, or the filter cannot be read.
pub fn init(log: &Log) -> Result<()> {
    // What is asked for goes after the quieter default, and so before it.
    let filter = EnvFilter::builder().parse(format!("{QUIET},{}", log.level))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
    started.map_err(|error| anyhow!(error))?;
    log_panics();
    Ok(())
}

fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
}
