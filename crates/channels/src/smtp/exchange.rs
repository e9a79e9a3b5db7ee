//! One mail to a relay and what became of it, as plain values. The outcome keeps apart what must
//! never be mixed: taken, certainly not taken, refused by an answer, and lost after the last dot,
//! of which nobody knows. The relay's own words are in none of them.

use crate::bounce::{Bounce, BounceClass, EnhancedCode};
use crate::http::Egress;
use bytes::Bytes;
use secrecy::SecretString;
use std::fmt;
use thiserror::Error;

/// A mail to hand to a relay.
#[derive(Clone)]
pub struct MailRequest {
    /// Whom to hand it to.
    pub relay: Relay,
    /// The envelope sender; none for mail that must never bounce.
    pub sender: Option<String>,
    /// The envelope recipient.
    pub recipient: String,
    /// The mail, header and body, lines ended by CR LF.
    pub message: Bytes,
}

impl fmt::Debug for MailRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailRequest")
            .field("relay", &self.relay)
            .field("message_len", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// The server that takes our mail and brings it further.
#[derive(Clone)]
pub struct Relay {
    /// Its name or address; the certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// With what we log in, if it asks for that.
    pub login: Option<Login>,
    /// Whether the operator named it for the whole installation: then it may be near.
    pub own: bool,
}

impl Relay {
    /// What may be spoken to to reach it. A tenant's relay is a stranger's word; the operator's own
    /// usually stands on the same machine or network.
    #[must_use]
    pub fn egress(&self, of_all: Egress) -> Egress {
        Egress { allow_private: of_all.allow_private || self.own, ..of_all }
    }
}

/// The host is the tenant's own; the login is nobody's to read.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("login", &self.login.is_some())
            .finish()
    }
}

/// How a connection to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// STARTTLS if it is offered, and then it must work; otherwise in the clear. Keeps listeners
    /// out, and no one who can change what is sent.
    Opportunistic,
    /// In the clear.
    None,
}

impl Security {
    /// Every kind with the word that settings use for it.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("tls", Self::Implicit),
        ("starttls", Self::StartTls),
        ("opportunistic", Self::Opportunistic),
        ("none", Self::None),
    ];

    /// The kind that a setting names.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, security)| *security)
    }

    /// The word that settings use for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, known)| *known == self).map_or("none", |(word, _)| word)
    }
}

/// With what we log in to a relay. Sent over TLS only, unless the client is told otherwise.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// The relay took it.
    Accepted {
        /// Its own name for it, if it told one of a harmless form.
        queue_id: Option<String>,
    },
    /// Certainly not taken, and no answer says why.
    NotSent(MailNotSent),
    /// Certainly not taken: the relay said no.
    Refused(MailRefusal),
    /// It was written to the end and the answer not seen: the relay may or may not have it.
    Unknown(MailUnknown),
}

/// The steps of a session, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The greeting of the relay.
    Greeting,
    /// Ours.
    Hello,
    /// Going over to TLS.
    StartTls,
    /// Logging in.
    Login,
    /// Naming the envelope sender.
    Sender,
    /// Naming the envelope recipient.
    Recipient,
    /// Asking to write the mail.
    Data,
    /// The whole mail, written.
    Content,
}

/// A relay's no, without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailRefusal {
    /// At which step.
    pub step: Step,
    /// The reply code, 400 to 599.
    pub code: u16,
    /// The enhanced code, if there was one that agrees with the reply code.
    pub enhanced: Option<EnhancedCode>,
}

impl MailRefusal {
    /// Whether a later attempt may succeed.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        self.code < 500
    }

    /// What it says about the address written to; none if it is about the relay or us.
    #[must_use]
    pub fn bounce(self) -> Option<Bounce> {
        match (self.step, self.enhanced) {
            // A relay that closes says nothing about anybody.
            _ if self.code == 421 => None,
            (Step::Recipient | Step::Content, Some(code)) if matches!(code.subject, 1 | 2 | 7) => {
                Some(Bounce::of(code))
            }
            (Step::Recipient, Some(code)) if code.class == 5 => Some(Bounce::of(code)),
            (Step::Recipient, None) => {
                let class = match self.code {
                    550 | 551 | 553 | 556 => BounceClass::Hard,
                    554 => BounceClass::Blocked,
                    _ => BounceClass::Soft,
                };
                Some(Bounce { class, code: None })
            }
            _ => None,
        }
    }
}

/// Why a mail was certainly not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailNotSent {
    /// The relay is not at an address that may be spoken to.
    #[error("the relay is not at an allowed address")]
    Address,
    /// The port is not one that mail is handed over on.
    #[error("the port of the relay is not allowed")]
    Port,
    /// The relay, an address or the mail does not have its form.
    #[error("the request is malformed")]
    Malformed,
    /// The name could not be resolved.
    #[error("the name of the relay could not be resolved")]
    Name,
    /// No connection could be made.
    #[error("the relay could not be connected to")]
    Connect,
    /// No connection could be made in time.
    #[error("the relay could not be connected to in time")]
    ConnectTimeout,
    /// The relay did not prove its identity, or does not speak TLS as we do.
    #[error("the relay did not prove its identity, or does not speak TLS as we do")]
    Tls,
    /// TLS is required and the relay does not offer it.
    #[error("the relay does not offer STARTTLS")]
    TlsNotOffered,
    /// There is a login and the connection is not protected.
    #[error("a login is not sent over an unprotected connection")]
    LoginInClear,
    /// The relay offers no way to log in that we know.
    #[error("the relay offers no way to log in that we know")]
    LoginNotOffered,
    /// The relay cannot carry such an address or mail.
    #[error("the relay does not support addresses or content of this kind")]
    NotSupported,
    /// No answer in time, before the mail was complete.
    #[error("no answer in time before the mail was complete")]
    Timeout,
    /// The connection ended before the mail was complete.
    #[error("the connection ended before the mail was complete")]
    ConnectionLost,
    /// The relay does not speak SMTP.
    #[error("the relay does not speak SMTP")]
    Protocol,
}

impl MailNotSent {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Address => "RELAY_ADDRESS",
            Self::Port => "RELAY_PORT",
            Self::Malformed => "REQUEST_MALFORMED",
            Self::Name => "NAME_NOT_RESOLVED",
            Self::Connect => "CONNECT_FAILED",
            Self::ConnectTimeout => "CONNECT_TIMEOUT",
            Self::Tls => "TLS_FAILED",
            Self::TlsNotOffered => "TLS_NOT_OFFERED",
            Self::LoginInClear => "LOGIN_IN_CLEAR",
            Self::LoginNotOffered => "LOGIN_NOT_OFFERED",
            Self::NotSupported => "RELAY_NOT_CAPABLE",
            Self::Timeout => "ANSWER_TIMEOUT",
            Self::ConnectionLost => "CONNECTION_LOST",
            Self::Protocol => "RELAY_NOT_SMTP",
        }
    }
}

/// Why nobody knows what became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailUnknown {
    /// No answer to the last dot in time.
    #[error("no answer to the complete mail in time")]
    Timeout,
    /// The connection ended, or went wild, before the answer to the last dot.
    #[error("the connection ended before the answer to the complete mail")]
    ConnectionLost,
}

impl MailUnknown {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Timeout => "ANSWER_TIMEOUT",
            Self::ConnectionLost => "CONNECTION_LOST",
        }
    }
}
