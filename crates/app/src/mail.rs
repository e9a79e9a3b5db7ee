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
    ADDRESS_SETTING, DISPLAY_NAME_SETTING, DOMAIN_SETTING, RELAY_HOST_SETTING, RELAY_PORT_SETTING,
    RELAY_SECURITY_SETTING, RELAY_USER_SETTING,
};
use ::channels::provider::AccountConfig;
use ::channels::smtp::Security;
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

    /// Takes a mail in for one recipient: sealed and kept. It is safe once this answers. The same
    /// mail for the same recipient is kept once.
    ///
    /// # Errors
    /// If the database cannot be reached: the sender must try again.
    pub async fn take_mail(&self, envelope: &Envelope, raw: &[u8]) -> Result<TakenMail> {
        let Some(Mailbox { tenant, account, .. }) = self.mailbox(&envelope.rcpt_to).await? else {
            return Ok(TakenMail::UnknownRecipient);
        };
        let told = email::Envelope {
            sender: Some(envelope.mail_from.clone()).filter(|sender| !sender.is_empty()),
            recipient: envelope.rcpt_to.clone(),
            remote: Some(envelope.remote_ip),
            received_at: self.now().await?,
        };
        let verified = match email::receive(&told, raw) {
            Ok(verified) => verified,
            Err(MailRefused::TooLarge) => return Ok(TakenMail::TooLarge),
            Err(MailRefused::Address) => return Ok(TakenMail::UnknownRecipient),
        };
        let dedup = short_hash(&[verified.dedup_key().as_bytes()]);
        let content = self.content(tenant).await?;
        let sealed = content.seals().seal(RAW, account.0, &framed(&verified));
        if self.store.inbox().insert(tenant, account, dedup, &sealed).await? {
            self.inbox_bell.notify_one();
        }
        Ok(TakenMail::Kept)
    }
}
