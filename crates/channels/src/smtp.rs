//! The guarded SMTP client: the only place in the house that speaks SMTP to a relay. It connects to
//! allowed addresses and ports only (see [`Egress`]), sends a login over TLS only, waits a bounded
//! time at every step and in total, hands over one mail per session, and says honestly what became
//! of it. Of what the relay says, only codes and a queue id of a harmless form are kept.

mod connect;
mod exchange;
mod session;
mod wire;

pub use exchange::{
    Login, MailNotSent, MailOutcome, MailRefusal, MailRequest, MailUnknown, Relay, Security, Step,
};

use crate::email::address::normalise;
use crate::http::{Egress, is_local_name};
use connect::Connector;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long making a connection may take, names and TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the relay may take to answer at each step before the last.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(20);
/// How long handing over one mail may take if nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest that handing over one mail may be allowed to take.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(75);
/// The longest line of a mail, in bytes, without its end.
pub const MAX_LINE: usize = 998;
/// The largest mail that is handed over, in bytes: encoded files are a third longer.
pub const MAX_MESSAGE: usize = 40 * 1024 * 1024;
/// The longest answer of a relay to one command, in bytes, all its lines together.
const MAX_REPLY: usize = 8 * 1024;

/// The ports that mail is handed over on, unless private addresses are allowed.
const PORTS: &[u16] = &[25, 465, 587, 2525];
const MAX_HOST: usize = 253;

/// How the client is to behave.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    /// Which addresses may be spoken to.
    pub egress: Egress,
    /// How long handing over one mail may take, from resolving the name to the last answer; at
    /// most [`MAX_TIMEOUT`].
    pub timeout: Duration,
    /// By what name we greet.
    pub hello: String,
    /// Certificate authorities to trust besides the system's, PEM, for self-hosted relays.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Whether a login may be sent over an unprotected connection.
    pub login_in_clear: bool,
}

impl Default for SmtpOptions {
    fn default() -> Self {
        Self {
            egress: Egress::STRICT,
            timeout: DEFAULT_TIMEOUT,
            hello: "localhost".to_owned(),
            extra_roots_pem: None,
            login_in_clear: false,
        }
    }
}

/// Why the client cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpClientError {
    /// The timeout is zero or longer than [`MAX_TIMEOUT`].
    #[error("the timeout must be more than zero and at most {} s", MAX_TIMEOUT.as_secs())]
    Timeout,
    /// The name by which we greet is not a host name.
    #[error("the name to greet by is not the name of a host")]
    Hello,
    /// The extra certificate authorities are not PEM, or none.
    #[error("the extra certificate authorities are not certificates in PEM")]
    Roots,
    /// TLS cannot be set up, most likely since the system has no certificate authorities.
    #[error("TLS cannot be set up: does the system have certificate authorities?")]
    Tls,
}

/// Whether a relay may be spoken to, as far as that can be told without resolving its name. Ask it
/// before saving one; the client asks again before every mail, and again of every address.
///
/// # Errors
/// Why it may not.
pub fn check_host(host: &str, port: u16, egress: &Egress) -> Result<(), MailNotSent> {
    if !egress.allow_private && !PORTS.contains(&port) || port == 0 {
        return Err(MailNotSent::Port);
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return if egress.allows(address) { Ok(()) } else { Err(MailNotSent::Address) };
    }
    if !is_host_name(host) {
        return Err(MailNotSent::Malformed);
    }
    if !egress.allow_private && is_local_name(&host.to_ascii_lowercase()) {
        return Err(MailNotSent::Address);
    }
    Ok(())
}

fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        let ends = label.starts_with('-') || label.ends_with('-');
        let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=63).contains(&label.len()) && !ends && label.bytes().all(known)
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    // A name that ends in a number is another spelling of an address.
    host.len() <= MAX_HOST
        && host.split('.').all(label)
        && !last.bytes().all(|b| b.is_ascii_digit())
        && !last.starts_with("0x")
}

/// An SMTP client that speaks to allowed addresses only. Cheap to clone; share one.
#[derive(Clone, Debug)]
pub struct SmtpClient {
    connector: Connector,
    timeout: Duration,
    login_in_clear: bool,
}

impl SmtpClient {
    /// Makes a client.
    ///
    /// # Errors
    /// If the options are out of bounds or TLS cannot be set up.
    pub fn new(options: &SmtpOptions) -> Result<Self, SmtpClientError> {
        if options.timeout.is_zero() || options.timeout > MAX_TIMEOUT {
            return Err(SmtpClientError::Timeout);
        }
        if !is_host_name(&options.hello) {
            return Err(SmtpClientError::Hello);
        }
        let roots = options.extra_roots_pem.as_deref();
        let connector = Connector::new(options.egress, &options.hello, roots)?;
        let login_in_clear = options.login_in_clear;
        Ok(Self { connector, timeout: options.timeout, login_in_clear })
    }

    /// Hands a mail to its relay and waits for the answer, for at most the timeout. Dropping the
    /// future early leaves the outcome unknown.
    pub async fn send(&self, request: MailRequest) -> MailOutcome {
        let written = AtomicBool::new(false);
        let whole = tokio::time::timeout(self.timeout, self.hand_over(&request, &written));
        match whole.await {
            Ok(Ok(queue_id)) => MailOutcome::Accepted { queue_id },
            Ok(Err(outcome)) => outcome,
            Err(_) if written.load(Ordering::Relaxed) => MailOutcome::Unknown(MailUnknown::Timeout),
            Err(_) => MailOutcome::NotSent(MailNotSent::Timeout),
        }
    }

    async fn hand_over(
        &self,
        request: &MailRequest,
        written: &AtomicBool,
    ) -> Result<Option<String>, MailOutcome> {
        check_request(request).map_err(MailOutcome::NotSent)?;
        let wire = self.connector.connect(&request.relay).await?;
        if request.relay.login.is_some() && !wire.is_protected() && !self.login_in_clear {
            return Err(MailOutcome::NotSent(MailNotSent::LoginInClear));
        }
        session::hand_over(wire, self.connector.hello(), request, written).await
    }
}

/// What we would not say to any relay: addresses that could end a command, and mails in which two
/// readers could see two different ends.
fn check_request(request: &MailRequest) -> Result<(), MailNotSent> {
    let addresses = request.sender.iter().chain([&request.recipient]);
    let named = addresses.into_iter().all(|address| {
        normalise(address).is_some_and(|normal| normal.eq_ignore_ascii_case(address))
    });
    let fits = request.message.len() <= MAX_MESSAGE;
    if named && fits && is_lines(&request.message) { Ok(()) } else { Err(MailNotSent::Malformed) }
}

/// Whether it is lines ended by CR LF, with neither of the two anywhere else.
fn is_lines(bytes: &[u8]) -> bool {
    let Some(body) = bytes.strip_suffix(b"\n") else { return false };
    body.split(|byte| *byte == b'\n').all(|line| {
        line.strip_suffix(b"\r").is_some_and(|line| {
            line.len() <= MAX_LINE && !line.contains(&b'\r') && !line.contains(&0)
        })
    })
}
