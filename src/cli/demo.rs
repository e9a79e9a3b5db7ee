//! `omnichannel demo`: plays the work of a contact centre against a running server, through its
//! public API alone, as a stranger would: a tenant sets up, agents hold sessions, customers write
//! over signed webhooks and by mail, a backend rates, a supervisor watches. It ends within its time
//! limit and some seconds, leaves its interactions to be looked at, and says whether all was as
//! promised.

mod agents;
mod answers;
mod backend;
mod board;
mod customers;
mod hook;
mod mail;
mod play;
mod postbox;
mod receiver;
mod report;
mod script;
mod show;
mod stage;

use anyhow::{Context as _, Result, bail};
use clap::value_parser;
use omnichannel_sdk::{ApiKey, Client, ClientConfig};
use report::Verdict;
use std::convert::Infallible;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

/// Not everything was as it should be.
const EXIT_FAILED: u8 = 1;

/// The demo could not be played: usage, or no connection.
const EXIT_UNPLAYED: u8 = 2;

/// Where `serve --demo` writes the key: beside an SQLite file of the default name, or here.
const KEY_FILES: [&str; 2] = ["data/demo.key", "demo.key"];

/// How far above the endpoint's port `serve --demo` takes mail.
const MAIL_ABOVE: u16 = crate::smtp::setup::DEMO_ABOVE;

/// Longest key that is read from a file, in bytes.
const KEY_MAX: usize = 4096;

/// Deadline of every unary call, and how often it is tried until then: enough for a server that is
/// started anew.
const CALL_TIME: Duration = Duration::from_secs(30);
const CALL_ATTEMPTS: u32 = 20;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address of the running server.
    #[arg(long, default_value = "http://127.0.0.1:7400", value_name = "URL")]
    endpoint: Url,
    /// Where the server takes mail. Default: the host of the endpoint, 25 ports above its own.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "no_mail")]
    smtp: Option<String>,
    /// Play without mail, against a server that takes none.
    #[arg(long)]
    no_mail: bool,
    /// API key of role TENANT_ADMIN.
    #[arg(long, env = "OMNICHANNEL_API_KEY", hide_env_values = true, value_parser = api_key)]
    key: Option<ApiKey>,
    /// File with the key, when none is given. Default: the one that `serve --demo` writes.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
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

/// Behind a type that does not show it.
fn api_key(text: &str) -> Result<ApiKey, Infallible> {
    Ok(text.trim().into())
}

impl Args {
    fn key(&self) -> Result<ApiKey> {
        if let Some(key) = self.key.clone().filter(|key| *key != ApiKey::default()) {
            return Ok(key);
        }
        let there = || KEY_FILES.into_iter().map(PathBuf::from).find(|file| file.exists());
        let Some(file) = self.key_file.clone().or_else(there) else {
            let places = KEY_FILES.join(" nor ");
            bail!("no key: neither --key, --key-file nor OMNICHANNEL_API_KEY, and no {places}");
        };
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("the file {} with the key", file.display()))?;
        let key = text.trim();
        if key.is_empty() || text.len() > KEY_MAX {
            bail!("the file {} holds no API key", file.display());
        }
        Ok(key.into())
    }

    async fn connect(&self, api_key: ApiKey) -> Result<Client> {
        let config = ClientConfig {
            endpoint: self.endpoint.to_string(),
            api_key,
            deadline: Some(CALL_TIME),
            max_attempts: CALL_ATTEMPTS,
            ..ClientConfig::default()
        };
        let connected = Client::connect(config).await;
        connected.with_context(|| format!("no connection to {}", self.endpoint))
    }

    /// Host and port for mail; none if the play has none.
    fn smtp(&self) -> Result<Option<(String, u16)>> {
        if self.no_mail {
            return Ok(None);
        }
        if let Some(told) = &self.smtp {
            let (host, port) = told.rsplit_once(':').context("--smtp needs HOST:PORT")?;
            let port = port.parse().context("the port of --smtp")?;
            return Ok(Some((host.trim_matches(['[', ']']).to_owned(), port)));
        }
        let host = self.endpoint.host_str().context("the endpoint has no host")?;
        let port = self.endpoint.port_or_known_default().unwrap_or_default();
        let port = port.checked_add(MAIL_ABOVE).context("--smtp is needed for this endpoint")?;
        Ok(Some((host.trim_matches(['[', ']']).to_owned(), port)))
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
