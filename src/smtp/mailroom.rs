//! The mailboxes of the service itself: the channel accounts of its tenants. A database that does
//! not answer is said to the peer as a reason to come again, never as a mailbox that is not there.

use super::{Answer, Letter, Mailroom};
use app::App;
use app::error::Error;
use app::mail::{Envelope, TakenMail};
use domain::refusal::Class;
use futures::future::BoxFuture;
use std::sync::Arc;

/// The mailboxes of the use cases.
pub(super) fn of_app(app: App) -> Arc<dyn Mailroom> {
    Arc::new(Accounts(app))
}

struct Accounts(App);

impl Mailroom for Accounts {
    fn knows<'a>(&'a self, recipient: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            match self.0.mailbox(recipient).await {
                Ok(Some(_)) => Answer::Yes,
                Ok(None) => Answer::Nobody,
                Err(error) => failed(&error),
            }
        })
    }

    fn keep(&self, letter: Letter) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            let envelope = Envelope {
                mail_from: letter.sender,
                rcpt_to: letter.recipient,
                remote_ip: letter.peer,
            };
            match self.0.take_mail(&envelope, &letter.text).await {
                Ok(TakenMail::Kept) => Answer::Yes,
                Ok(TakenMail::UnknownRecipient) => Answer::Nobody,
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
