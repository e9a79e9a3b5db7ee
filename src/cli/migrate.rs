//! `omnichannel migrate`: brings the database up to date. `serve` does so as well; this is for
//! those who do it as a step of its own.

use crate::config::Config;
use crate::{server, telemetry};
use anyhow::Result;
use std::process::ExitCode;

pub(super) async fn run(config: &Config) -> Result<ExitCode> {
    telemetry::init(&config.log, &config.telemetry)?;
    let store = server::open_store(config).await?;
    store.close().await?;
    eprintln!("the database is up to date");
    Ok(ExitCode::SUCCESS)
}
