//! Mail that comes in by SMTP. The listener asks here whether a mailbox exists and hands over what
//! it was sent; both know nothing of tenants. What is taken is sealed and kept in the inbox before
//! this answers, and a worker turns it into commands. Also what mail needs of the installation: a
//! relay for accounts without one of their own, and the domain of our Message-IDs.

use crate::App;
use crate::channels::{RAW, framed};
use crate::content::Content;
use crate::context::short_hash;
use crate::error::Result;
use ::channels::email::thread::TokenKeys;
use ::channels::email::{self, MailRefused};
use ::channels::email::{
    ADDRESS_SETTING, DISPLAY_NAME_SETTING, DOMAIN_SETTING, RELAY_HOST_SETTING, RELAY_OWN_SETTING,
    RELAY_PORT_SETTING, RELAY_SECURITY_SETTING, RELAY_USER_SETTING,
};
use ::channels::http::Egress;
use ::channels::provider::AccountConfig;
use ::channels::smtp::{MailNotSent, Security, check_host};
use domain::channel::ChannelKind;
use domain::mail::{MailSettings, Relay, RelaySecurity};
use std::net::IpAddr;

/// The largest mail that is taken, as it came, in bytes: 30 MiB.
pub const RAW_MAIL_MAX: usize = email::MAX_MAIL;

/// What the keys of reply and bounce tokens are derived for.
const TOKENS: &str = "mail.tokens.0";

/// The id of that key; a new key gets a new id and goes before it.
const TOKENS_ID: u8 = 0;

/// What mail needs of the installation.
#[derive(Clone, Debug, Default)]
pub struct MailConfig {
    /// The relay of accounts without one of their own.
    pub relay: Option<OwnRelay>,
    /// The domain of our Message-IDs; empty takes that of each mailbox.
    pub domain: String,
}

/// The installation's relay with its password.
#[derive(Clone)]
pub struct OwnRelay {
    /// Where it is.
    pub relay: Relay,
    /// With which password to log in; empty if nobody does.
    pub password: String,
}

impl std::fmt::Debug for OwnRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnRelay").field("relay", &self.relay).finish_non_exhaustive()
    }
}

impl MailConfig {
    /// A mailbox's settings as its provider reads them.
    pub(crate) fn account(&self, mail: &MailSettings) -> AccountConfig {
        let mut settings = vec![
            (ADDRESS_SETTING, mail.address.clone()),
            (DISPLAY_NAME_SETTING, mail.display_name.clone()),
            (DOMAIN_SETTING, self.domain.clone()),
        ];
        if let Some(relay) = mail.relay.as_ref().or(self.relay.as_ref().map(|own| &own.relay)) {
            settings.extend([
                (RELAY_HOST_SETTING, relay.host.clone()),
                (RELAY_PORT_SETTING, relay.port.to_string()),
                (RELAY_SECURITY_SETTING, security(relay.security).word().to_owned()),
                (RELAY_USER_SETTING, relay.username.clone()),
            ]);
        }
        if mail.relay.is_none() {
            settings.push((RELAY_OWN_SETTING, "yes".to_owned()));
        }
        AccountConfig::new(settings)
    }

    /// The password of the relay that mail of these settings leaves by; `own` is the account's.
    pub(crate) fn password(&self, mail: &MailSettings, own: Vec<String>) -> Vec<String> {
        match (&mail.relay, &self.relay) {
            (None, Some(relay)) if !relay.password.is_empty() => vec![relay.password.clone()],
            (None, _) => Vec::new(),
            (Some(_), _) => own,
        }
    }
}

/// Whether a host can be the installation's own relay: it may be near, and must be a host.
///
/// # Errors
/// Why it cannot.
pub fn check_own_relay(host: &str, port: u16) -> std::result::Result<(), String> {
    let checked = check_host(host, port, &Egress { allow_http: true, allow_private: true });
    checked.map_err(|fault| match fault {
        MailNotSent::Malformed => {
            "it is neither the name of a host nor an address, alone, without a scheme or a port"
                .to_owned()
        }
        other => other.to_string(),
    })
}

fn security(of: RelaySecurity) -> Security {
    match of {
        RelaySecurity::None => Security::None,
        RelaySecurity::Opportunistic => Security::Opportunistic,
        RelaySecurity::Starttls => Security::StartTls,
        RelaySecurity::Tls => Security::Implicit,
    }
}

/// The keys of a tenant's tokens.
pub(crate) fn token_keys(content: &Content) -> TokenKeys {
    TokenKeys::new([(TOKENS_ID, *content.seals().derive(TOKENS))])
}

/// Whether a text is an address of a mailbox, as the house understands it.
#[must_use]
pub fn is_address(text: &str) -> bool {
    email::address::normalise(text).is_some()
}

/// The address of a contact as it is kept; none if it is no address of such a channel, as far as
/// that is known, which it is of mail. An address of mail keeps its letters' case; one that differs
/// from its normal form by more than that is kept in that form.
#[must_use]
pub fn contact_address(kind: ChannelKind, text: &str) -> Option<String> {
    if kind != ChannelKind::Email {
        return Some(text.to_owned());
    }
    let normal = email::address::normalise(text)?;
    Some(if normal.eq_ignore_ascii_case(text) { text.to_owned() } else { normal })
}

/// What SMTP says around a mail, for one recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The address of `MAIL FROM`; empty is the null sender.
    pub mail_from: String,
    /// The address of the one `RCPT TO`, with its tag.
    pub rcpt_to: String,
    /// Who handed it over.
    pub remote_ip: IpAddr,
}

/// Addresses are personal.
impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}

pub use domain::mail::Mailbox;

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenMail {
    /// It is kept, now or since before: the sender need not keep it.
    Kept,
    /// There is no such mailbox, or it takes nothing.
    UnknownRecipient,
    /// There is such a mailbox, and its tenant is suspended: it takes nothing for now.
    Closed,
    /// It is larger than [`RAW_MAIL_MAX`].
    TooLarge,
}

impl App {
    /// The mailbox of a recipient, its tag ignored; none if mail for it is not taken. One indexed
    /// read.
    ///
    /// # Errors
    /// If the database cannot be reached: the sender must try again.
    pub async fn mailbox(&self, recipient: &str) -> Result<Option<Mailbox>> {
        let Some(address) = email::address::normalise(recipient) else { return Ok(None) };
        let found = self.store.mailboxes().find(&self.store.mailbox_index(&address)).await?;
        Ok(found.filter(|mailbox| mailbox.open))
    }

    /// Whether a mailbox takes mail: its tenant may be suspended.
    ///
    /// # Errors
    /// If the database cannot be reached: the sender must try again.
    pub async fn takes_mail(&self, mailbox: Mailbox) -> Result<bool> {
        self.serves(mailbox.tenant).await
    }

    /// Takes a mail in for one recipient: sealed and kept. It is safe once this answers. The same
    /// mail for the same recipient is kept once.
    ///
    /// # Errors
    /// If the database cannot be reached: the sender must try again.
    pub async fn take_mail(&self, envelope: &Envelope, raw: &[u8]) -> Result<TakenMail> {
        let Some(mailbox) = self.mailbox(&envelope.rcpt_to).await? else {
            return Ok(TakenMail::UnknownRecipient);
        };
        if !self.takes_mail(mailbox).await? {
            return Ok(TakenMail::Closed);
        }
        let Mailbox { tenant, account, .. } = mailbox;
        let told = email::Envelope {
            sender: Some(envelope.mail_from.clone()).filter(|sender| !sender.is_empty()),
            recipient: envelope.rcpt_to.clone(),
            remote: Some(envelope.remote_ip),
            received_at: self.now().await?,
        };
        let (key, line) = match email::front(&told, raw) {
            Ok(front) => front,
            Err(MailRefused::TooLarge) => return Ok(TakenMail::TooLarge),
            Err(MailRefused::Address) => return Ok(TakenMail::UnknownRecipient),
        };
        let dedup = short_hash(&[key.as_bytes()]);
        let content = self.content(tenant).await?;
        let sealed = content.seals().seal_owned(RAW, account.0, framed(&key, &[&line, raw]));
        if self.store.inbox().insert(tenant, account, dedup, sealed).await? {
            self.inbox_bell.notify_one();
        }
        Ok(TakenMail::Kept)
    }
}
