//! `omnichannel demo`: plays the work of a contact centre against a running server, through its
//! public API alone, as a stranger would: a tenant sets up, agents hold sessions, customers write
//! over signed webhooks, a backend rates, a supervisor watches. It ends within its time limit and
//! some seconds, leaves its interactions to be looked at, and says whether all was as promised.

mod agents;
mod backend;
mod board;
mod customers;
mod hook;
mod play;
mod receiver;
mod report;
mod script;
mod show;
mod stage;

use anyhow::{Context as _, Result, bail};
use clap::value_parser;
use omnichannel_sdk::{ApiKey, Client, ClientConfig};
use report::Verdict;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

/// Not everything was as it should be.
const EXIT_FAILED: u8 = 1;

/// The demo could not be played: usage, or no connection.
const EXIT_UNPLAYED: u8 = 2;

/// Longest key that is read from a file, in bytes.
const KEY_MAX: usize = 4096;

/// Deadline of every unary call.
const CALL_TIME: Duration = Duration::from_secs(10);

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address of the running server.
    #[arg(long, default_value = "http://127.0.0.1:7400", value_name = "URL")]
    endpoint: Url,
    /// API key of role TENANT_ADMIN.
    #[arg(long, env = "OMNICHANNEL_API_KEY", hide_env_values = true)]
    key: Option<String>,
    /// File with the key, when none is given; `serve --demo` writes one.
    #[arg(long, default_value = "data/demo.key", value_name = "FILE")]
    key_file: PathBuf,
    /// Agents at work.
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..=200))]
    agents: u32,
    /// Customers who write.
    #[arg(long, default_value_t = 40, value_parser = value_parser!(u32).range(1..=10_000))]
    customers: u32,
    /// Interactions in all.
    #[arg(long, default_value_t = 120, value_parser = value_parser!(u32).range(1..=100_000))]
    interactions: u32,
    /// Longest time the play may take.
    #[arg(long, default_value_t = 120, value_parser = value_parser!(u32).range(5..=3600))]
    seconds: u32,
    /// Interactions that begin in a second.
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Show no board, only the summary.
    #[arg(long)]
    no_board: bool,
}

impl Args {
    fn key(&self) -> Result<ApiKey> {
        if let Some(key) = self.key.as_deref().map(str::trim).filter(|key| !key.is_empty()) {
            return Ok(key.into());
        }
        let file = self.key_file.display();
        let text = std::fs::read_to_string(&self.key_file).with_context(|| {
            format!("no --key and no OMNICHANNEL_API_KEY given, and {file} cannot be read")
        })?;
        let key = text.trim();
        if key.is_empty() || text.len() > KEY_MAX {
            bail!("{file} holds no API key");
        }
        Ok(key.into())
    }

    async fn connect(&self, api_key: ApiKey) -> Result<Client> {
        let config = ClientConfig {
            endpoint: self.endpoint.to_string(),
            api_key,
            deadline: Some(CALL_TIME),
            ..ClientConfig::default()
        };
        let connected = Client::connect(config).await;
        connected.with_context(|| format!("is a server running at {}?", self.endpoint))
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

/// Plays. The exit code is 0 when all was as it should be, 1 when it was not, and 2 when the demo
/// could not be played at all.
pub(super) async fn run(args: &Args) -> ExitCode {
    match show::perform(args).await {
        Ok(verdict) => tell(&verdict),
        Err(error) => {
            eprintln!("omnichannel demo: {error:#}");
            ExitCode::from(EXIT_UNPLAYED)
        }
    }
}

fn tell(verdict: &Verdict) -> ExitCode {
    let mut out = std::io::stdout().lock();
    // Whoever reads the exit code alone may have closed the output.
    let _ = write!(out, "\n{verdict}");
    if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) }
}
