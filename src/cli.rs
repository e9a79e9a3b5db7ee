//! The command line. Commands print what programs read on standard output and what people read on
//! standard error; a failure is one line with its causes and the exit code 1.

mod audit;
mod check_config;
mod demo;
mod furnish;
mod migrate;
mod serve;
mod simulate;
mod staff;
mod tenants;
mod token;

use crate::config::{Config, Overrides};
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Open, self-hosted, multi-tenant omnichannel contact service.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    /// File with settings that differ from the defaults.
    #[arg(long, global = true, env = crate::config::FILE_VARIABLE, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite: and a path, or a postgres:// address. Goes before the file.
    // Not read from the environment here: the settings do, with all their names.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop by SIGTERM or Ctrl-C.
    Serve(serve::Args),
    /// Bring the database up to date, then end.
    Migrate,
    /// Create an API key directly in the database, and print it. An SQLite file must not be in use.
    Token(token::Args),
    /// Prove that audit logs are what was written, also while a server runs.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Check the settings and print them without secrets.
    CheckConfig,
    /// Reckon how many agents a load needs, for one interval or for many.
    Staff(staff::Args),
    /// Try a routing policy on a world of customers and agents, or on a tenant's own past.
    Simulate(Box<simulate::Args>),
    /// Play a contact centre against a running server, and judge it.
    Demo(demo::Args),
}

impl Cli {
    fn config(&self, listen: Option<&str>) -> Result<Config> {
        let overrides =
            Overrides { listen: listen.map(str::to_owned), database: self.database.clone() };
        Config::of_process(self.config.as_deref(), &overrides)
    }

    async fn run(self) -> Result<ExitCode> {
        match &self.command {
            Command::Serve(args) => serve::run(self.config(args.listen())?, args).await,
            Command::Migrate => migrate::run(&self.config(None)?).await,
            Command::Token(args) => token::run(&self.config(None)?, args).await,
            Command::Audit(command) => audit::run(&self.config(None)?, command).await,
            Command::CheckConfig => check_config::run(&self.config(None)?),
            Command::Staff(args) => staff::run(args),
            Command::Simulate(args) => simulate::run(|| self.config(None), args).await,
            Command::Demo(args) => Ok(demo::run(args).await),
        }
    }
}

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(asked(std::env::args_os().collect()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(Into::into).and_then(|runtime| {
        let ended = runtime.block_on(cli.run());
        // What still runs now has been given its time.
        runtime.shutdown_background();
        ended
    });
    ended.unwrap_or_else(|error| {
        eprintln!("omnichannel: {error:#}{}", reason(&error));
        ExitCode::FAILURE
    })
}

/// The command line, in which help about help is help.
fn asked(mut line: Vec<OsString>) -> Vec<OsString> {
    if line.get(1).is_some_and(|word| word == "help") {
        line.retain(|word| word != "--help" && word != "-h");
    }
    line
}

/// What a refusal among the causes says beyond its text.
fn reason(error: &anyhow::Error) -> String {
    let refused = error.chain().find_map(|cause| cause.downcast_ref::<app::error::Error>());
    let Some(app::error::Error(refusal)) = refused else { return String::new() };
    let said = refusal.metadata.iter().map(|(key, value)| format!(" {key}={value}"));
    let fields = refusal.violations.iter().map(|at| format!(" {}: {}", at.field, at.text));
    format!(" ({}{})", refusal.reason.reason(), said.chain(fields).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_refusal_says_what_it_is_about() {
        let id = uuid::Uuid::nil();
        let error = anyhow::Error::new(app::error::Error::not_found("agent", id)).context("why");
        assert_eq!(reason(&error), format!(" (RESOURCE_NOT_FOUND resource=agent id={id})"));
        assert_eq!(reason(&anyhow::anyhow!("other")), "");
    }

    #[test]
    fn help_about_help_is_help() {
        let asked = |line: &[&str]| asked(line.iter().map(OsString::from).collect());
        for flag in ["--help", "-h"] {
            let line = asked(&["omnichannel", "help", flag]);
            let told = Cli::try_parse_from(line).expect_err("it is shown");
            assert_eq!(told.kind(), clap::error::ErrorKind::DisplayHelp);
        }
        assert_eq!(asked(&["omnichannel", "serve", "--help"]).len(), 3);
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
