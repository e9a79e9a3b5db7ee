//! The outward half of the provider contract: an account's settings, the message to carry, why it
//! could not be rendered, and the five things that can become of it. `Unknown` is one of the five
//! and never folded into another: the request was written and the answer not seen, so the receiver
//! may or may not have it.

use super::mail::OutboundMail;
use crate::bounce::{Bounce, EnhancedCode};
use crate::http::{HttpOutcome, HttpRequest};
use crate::smtp::{MailOutcome, MailRequest};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use thiserror::Error;
use uuid::Uuid;

/// The longest wait that a receiver may ask for; more is shortened to this.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// An account's settings by name. Which names exist, and what they may hold, is each provider's own
/// affair (see its `config.rs`); secrets are not settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccountConfig(BTreeMap<String, String>);

impl AccountConfig {
    /// Takes settings as pairs of name and value.
    pub fn new<N: Into<String>, V: Into<String>>(
        settings: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self(settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of a setting; empty counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Names only: a URL may carry a receiver's token in its query.
impl fmt::Debug for AccountConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccountConfig").field(&self.0.keys()).finish()
    }
}

/// Settings that are not usable: every fault at once.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} setting(s) are not usable", faults.len())]
pub struct ConfigRefused {
    /// The faults, at least one.
    pub faults: Vec<ConfigFault>,
}

/// One setting that is not usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// Which setting.
    pub setting: &'static str,
    /// The reason in a form that programs can rely on.
    pub reason: &'static str,
    /// The reason for people.
    pub text: String,
}

/// A message to carry to a customer.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundMessage {
    /// Our id of it; stable across attempts.
    pub message_id: Uuid,
    /// The conversation it belongs to.
    pub conversation_id: Uuid,
    /// The interaction it belongs to.
    pub interaction_id: Uuid,
    /// Where the customer can be reached.
    pub to_address: String,
    /// The text.
    pub body: String,
    /// When it was written; stable across attempts, so that the rendered body is too.
    pub created_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What only a mail carries; channels without subjects and threads ignore it.
    pub mail: Option<Box<OutboundMail>>,
}

impl fmt::Debug for OutboundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundMessage")
            .field("message_id", &self.message_id)
            .field("conversation_id", &self.conversation_id)
            .field("interaction_id", &self.interaction_id)
            .field("body_len", &self.body.len())
            .field("attempt", &self.attempt)
            .field("mail", &self.mail)
            .finish_non_exhaustive()
    }
}

/// A page to carry to whoever is on duty: ids and words of ours, nothing that a person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundPage {
    /// Our id of it; stable across attempts.
    pub id: Uuid,
    /// The interaction it is about.
    pub interaction_id: Uuid,
    /// The escalation policy.
    pub policy_id: Uuid,
    /// The queue the interaction is in.
    pub queue_id: Option<Uuid>,
    /// The level that was reached.
    pub level: u8,
    /// What set the ladder off, as a word.
    pub trigger: String,
    /// How urgent it is, as a word.
    pub priority: String,
    /// When the level was reached; stable across attempts.
    pub created_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// How a channel tells which conversation a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threading {
    /// One running conversation per contact and account.
    PerContact,
    /// Each message says what it answers; one that answers nothing starts a conversation.
    PerMessage,
}

/// What a message was rendered into: one request, by one of the ways out of the house.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// By HTTP.
    Http(HttpRequest),
    /// By SMTP.
    Mail(MailRequest),
}

/// What became of a request, by the way it left. [`crate::Courier::send`] answers each way with
/// its own kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of an HTTP request.
    Http(HttpOutcome),
    /// Of a mail.
    Mail(MailOutcome),
}

impl From<HttpOutcome> for Outcome {
    fn from(outcome: HttpOutcome) -> Self {
        Self::Http(outcome)
    }
}

impl From<MailOutcome> for Outcome {
    fn from(outcome: MailOutcome) -> Self {
        Self::Mail(outcome)
    }
}

/// Why a message cannot be rendered. Trying again does not help; changing the account or the
/// message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RenderError {
    /// The account only receives.
    #[error("the account has no outbound address")]
    NoEndpoint,
    /// A setting is not usable.
    #[error("the setting {0} is not usable")]
    Setting(&'static str),
    /// The account has no usable secret to sign with.
    #[error("the account has no usable secret")]
    NoSecret,
    /// A part of the message is empty, too long or holds a character that is not allowed.
    #[error("the {0} of the message is out of bounds")]
    Message(&'static str),
    /// The time is out of the range of the wire format.
    #[error("the time cannot be written in the wire format")]
    Time,
}

impl RenderError {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoEndpoint => "NO_OUTBOUND_ENDPOINT",
            Self::Setting(_) => "SETTING_NOT_USABLE",
            Self::NoSecret => "NO_USABLE_SECRET",
            Self::Message(_) => "MESSAGE_OUT_OF_BOUNDS",
            Self::Time => "TIME_OUT_OF_RANGE",
        }
    }
}

impl Delivery {
    /// The answer to an outcome of a way that the provider never sends by: a fault of ours, and
    /// nothing that trying again would mend.
    pub(crate) const WRONG_WAY: Self =
        Self::Refused { reason: DeliveryReason::new("WRONG_WAY_OUT", None) };
}

/// What became of a message after one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Accepted {
        /// The receiver's id of it, if it said one.
        external_id: Option<String>,
        /// Whether the receiver said that it already reached the customer.
        delivered: bool,
    },
    /// The receiver certainly does not have it, and a later attempt may succeed.
    RetryAfter {
        /// How long the receiver asks to wait, at most [`MAX_RETRY_AFTER`].
        after: Option<Duration>,
        /// Why.
        reason: DeliveryReason,
    },
    /// The receiver will not take it, now or later.
    Refused {
        /// Why.
        reason: DeliveryReason,
    },
    /// The receiver does not believe us; somebody has to change the credentials.
    CredentialsBad {
        /// Why.
        reason: DeliveryReason,
    },
    /// The request was written and the answer not seen: the receiver may or may not have it.
    Unknown {
        /// Why.
        reason: DeliveryReason,
    },
}

/// Why a delivery ended as it did; never any of the receiver's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryReason {
    /// The reason in a form that programs can rely on.
    pub code: &'static str,
    /// The status of the answer, if there was one: of HTTP, or an SMTP reply code.
    pub status: Option<u16>,
    /// The enhanced code of the answer, if there was one.
    pub enhanced: Option<EnhancedCode>,
    /// What it says about the address written to, if the answer was about that.
    pub bounce: Option<Bounce>,
}

impl DeliveryReason {
    /// A reason that says nothing about the address written to.
    #[must_use]
    pub const fn new(code: &'static str, status: Option<u16>) -> Self {
        Self { code, status, enhanced: None, bounce: None }
    }

    /// The reason as it is kept and shown: its word, and the code that the other side gave, the
    /// most precise one: `BOUNCE_HARD 5.1.1`, `TRY_LATER 451`.
    #[must_use]
    pub fn told(&self) -> String {
        match (self.enhanced, self.status) {
            (Some(code), _) => format!("{} {code}", self.code),
            (None, Some(status)) => format!("{} {status}", self.code),
            (None, None) => self.code.to_owned(),
        }
    }
}

impl fmt::Display for DeliveryReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{} (status {status})", self.code),
            None => f.write_str(self.code),
        }
    }
}
