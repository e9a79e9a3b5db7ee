//! The mail door of the server: opened as the settings say, told to close when the server ends, and
//! waited for as long as calls are.

use super::{Smtp, SmtpOptions, TlsNow, mailroom};
use crate::config;
use crate::tls::Tls;
use anyhow::{Context as _, Result};
use app::App;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// How far above the other port `serve --demo` takes mail.
pub const DEMO_ABOVE: u16 = 25;

/// What it is called where nothing else is said.
const LOOPBACK_NAME: &str = "localhost";

/// Opens the mail door, if there is to be one.
///
/// # Errors
/// If the address cannot be taken.
pub async fn open(config: &config::Config, app: &App, tls: Option<Tls>) -> Result<Option<Smtp>> {
    let Some(addr) = config.smtp_listen() else { return Ok(None) };
    let smtp = &config.smtp;
    let mailroom = mailroom::of_app(app.clone(), name(smtp), &smtp.postmaster);
    let tls: TlsNow = Arc::new(move || tls.as_ref().map(Tls::server_config));
    let opened = Smtp::open(addr, options(smtp), mailroom, tls).await;
    opened.map(Some).with_context(|| format!("cannot listen for mail on {addr}"))
}

fn name(smtp: &config::Smtp) -> &str {
    if smtp.hostname.is_empty() { LOOPBACK_NAME } else { &smtp.hostname }
}

fn options(smtp: &config::Smtp) -> SmtpOptions {
    SmtpOptions {
        hostname: name(smtp).to_owned(),
        message_bytes: smtp.message_mebibytes << 20,
        line_bytes: smtp.line_bytes,
        memory_bytes: smtp.memory_mebibytes << 20,
        recipients: smtp.recipients,
        connections: smtp.connections,
        connections_per_peer: smtp.connections_per_peer,
        commands: smtp.commands,
        errors: smtp.errors,
        command: Duration::from_secs(smtp.command_seconds),
        data: Duration::from_secs(smtp.data_seconds),
        session: Duration::from_secs(smtp.session_seconds),
        require_tls: smtp.require_tls,
    }
}

/// A mail door that is open, or none.
#[derive(Debug, Default)]
pub struct Open {
    serving: Option<JoinHandle<()>>,
    closing: CancellationToken,
}

impl Open {
    /// Begins to take mail.
    #[must_use]
    pub fn begin(smtp: Option<Smtp>) -> Self {
        let closing = CancellationToken::new();
        let serving = smtp.map(|smtp| tokio::spawn(smtp.serve(closing.clone())));
        Self { serving, closing }
    }

    /// Nobody comes in any more, and sessions that do nothing end.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Waits for what is under way, until then; whether nothing had to be cut.
    pub async fn finish(self, until: Instant) -> bool {
        self.close();
        let Some(mut serving) = self.serving else { return true };
        let ended = timeout_at(until, &mut serving).await.is_ok();
        if !ended {
            serving.abort();
            tracing::warn!("mail on its way in took too long and was cut");
        }
        ended
    }
}

/// Where `serve --demo` takes mail when the settings do not say: so many ports above the other
/// one, on the loopback address; a free port if there is none.
#[must_use]
pub fn demo_addr(listen: SocketAddr) -> SocketAddr {
    let port = match listen.port() {
        0 => 0,
        port => port.checked_add(DEMO_ABOVE).unwrap_or(0),
    };
    SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, port))
}
