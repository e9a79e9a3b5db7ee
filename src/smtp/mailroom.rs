//! The mailboxes of the service itself: the channel accounts of its tenants. A database that does
//! not answer is said to the peer as a reason to come again, never as a mailbox that is not there.
//! The postmaster, whom every server has, is the mailbox that the settings name.

use super::{Answer, Letter, Mailroom, POSTMASTER};
use app::App;
use app::error::Error;
use app::mail::{Envelope, Mailbox, TakenMail};
use domain::refusal::Class;
use futures::future::BoxFuture;
use std::sync::Arc;

/// The mailboxes of the use cases; what comes for the postmaster goes to this one, if there is one.
pub(super) fn of_app(app: App, hostname: &str, postmaster: &str) -> Arc<dyn Mailroom> {
    let domain = postmaster.rsplit_once('@').map_or("", |(_, domain)| domain);
    let domains = [hostname, domain].map(str::to_lowercase);
    Arc::new(Accounts { app, domains, postmaster: postmaster.to_owned() })
}

struct Accounts {
    app: App,
    /// Where the postmaster is meant: this server, and the domain of that mailbox.
    domains: [String; 2],
    /// The mailbox; empty if there is none.
    postmaster: String,
}

impl Accounts {
    /// The mailbox that a recipient means, which may be there or not.
    async fn meant(&self, recipient: &str) -> Result<(String, Option<Mailbox>), Error> {
        let found = self.app.mailbox(recipient).await?;
        if found.is_some() || self.postmaster.is_empty() || !self.is_postmaster(recipient) {
            return Ok((recipient.to_owned(), found));
        }
        Ok((self.postmaster.clone(), self.app.mailbox(&self.postmaster).await?))
    }

    fn is_postmaster(&self, recipient: &str) -> bool {
        let (local, domain) = recipient.rsplit_once('@').unwrap_or((recipient, ""));
        let here = domain.is_empty() || self.domains.contains(&domain.to_lowercase());
        here && local.eq_ignore_ascii_case(POSTMASTER)
    }
}

impl Mailroom for Accounts {
    fn knows<'a>(&'a self, recipient: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            match self.meant(recipient).await {
                Ok((_, Some(mailbox))) => match self.app.takes_mail(mailbox).await {
                    Ok(true) => Answer::Yes,
                    Ok(false) => Answer::Closed,
                    Err(error) => failed(&error),
                },
                Ok((_, None)) => Answer::Nobody,
                Err(error) => failed(&error),
            }
        })
    }

    fn keep(&self, letter: Letter) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            let rcpt_to = match self.meant(&letter.recipient).await {
                Ok((rcpt_to, _)) => rcpt_to,
                Err(error) => return failed(&error),
            };
            let envelope = Envelope { mail_from: letter.sender, rcpt_to, remote_ip: letter.peer };
            match self.app.take_mail(&envelope, &letter.text).await {
                Ok(TakenMail::Kept) => Answer::Yes,
                Ok(TakenMail::UnknownRecipient) => Answer::Nobody,
                Ok(TakenMail::Closed) => Answer::Closed,
                Ok(TakenMail::TooLarge) => Answer::Refused,
                Err(error) => failed(&error),
            }
        })
    }
}

/// Whatever went wrong here is no fault of the mail: its sender keeps it and comes again.
fn failed(error: &Error) -> Answer {
    let reason = error.0.reason;
    if !matches!(reason.class(), Class::Unavailable | Class::Exhausted) {
        tracing::error!(reason = reason.reason(), "a mail could not be taken in");
    }
    Answer::Later
}
