//! `omnichannel serve`: the server itself. It ends in order on the first SIGTERM or Ctrl-C and at
//! once on the second; the exit code says whether everything finished by itself.

use super::furnish;
use crate::config::{Config, LogFormat};
use crate::server::{Ended, Server};
use crate::smtp::setup::demo_addr;
use crate::telemetry;
use anyhow::Result;
use std::process::ExitCode;
use tokio::signal::ctrl_c;

/// The exit code of an end in which something was cut.
const CUT: u8 = 3;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address and port to listen on. Goes before the file.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Make sure that a tenant called demo is there, with agents, a queue and a webhook account,
    /// and tell what can be tried. Also lets messages be posted to http:// and private addresses,
    /// and takes mail 25 ports above the other port, on the loopback address.
    #[arg(long)]
    demo: bool,
}

impl Args {
    pub(super) fn listen(&self) -> Option<&str> {
        self.listen.as_deref()
    }
}

pub(super) async fn run(mut config: Config, args: &Args) -> Result<ExitCode> {
    if args.demo {
        config.egress.allow_http = true;
        config.egress.allow_private = true;
        if config.smtp.listen.is_empty() {
            config.smtp.listen = demo_addr(config.listen).to_string();
        }
    }
    let traces = telemetry::init(&config.log, &config.telemetry)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let (folder, format) = (furnish::folder(&config), config.log.format);
    let reflection = config.reflects_to();
    let server = Server::build(config).await?;
    let (addr, url) = (server.addr(), server.public_url().to_owned());
    if args.demo {
        let demo = furnish::furnish(server.app(), &folder).await?;
        tell(format, &demo.next_steps(addr, &url, reflection));
    }
    if let Some(addr) = server.smtp_addr() {
        tracing::info!(%addr, "taking mail");
        if args.demo {
            tell(format, &format!("Mail for accounts of kind EMAIL is taken at {addr}.\n"));
        }
    }
    tracing::info!(%addr, url, version = crate::server::VERSION, "serving");
    let ended = server.run(asked_to_stop()).await;
    traces.finish().await;
    match ended? {
        Ended::Clean => Ok(ExitCode::SUCCESS),
        Ended::Cut => Ok(ExitCode::from(CUT)),
    }
}

/// What a person who tries the demo is told: as it is, or as a line among lines that programs read.
fn tell(format: LogFormat, text: &str) {
    match format {
        LogFormat::Text => eprintln!("{text}"),
        LogFormat::Json => tracing::info!("{}", text.trim()),
    }
}

/// Waits for the first signal; the second one ends the process.
async fn asked_to_stop() {
    signal().await;
    tokio::spawn(async {
        signal().await;
        tracing::warn!("asked a second time; ending at once");
        std::process::exit(CUT.into());
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        tracing::error!("SIGTERM cannot be waited for");
        return wait_for_ctrl_c().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        () = wait_for_ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    wait_for_ctrl_c().await;
}

async fn wait_for_ctrl_c() {
    if ctrl_c().await.is_err() {
        tracing::error!("Ctrl-C cannot be waited for");
        std::future::pending::<()>().await;
    }
}
