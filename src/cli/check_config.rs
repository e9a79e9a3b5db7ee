//! `omnichannel check-config`: the settings in force, as a file could give them, without secrets.

use crate::config::Config;
use anyhow::Result;
use std::process::ExitCode;

pub(super) fn run(config: &Config) -> Result<ExitCode> {
    print!("{}", config.show());
    Ok(ExitCode::SUCCESS)
}
