//! `omnichannel check-config`: the settings in force, as a file could give them, without secrets.

use crate::config::Config;
use crate::tls::Tls;
use anyhow::Result;
use std::process::ExitCode;

pub(super) fn run(config: &Config) -> Result<ExitCode> {
    // What only the files themselves can show.
    Tls::open(&config.tls)?;
    print!("{}", config.show());
    Ok(ExitCode::SUCCESS)
}
