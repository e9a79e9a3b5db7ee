//! Sending, the one effect of this crate: whatever a message was rendered into leaves by the client
//! of its way, and what became of it comes back as the same kind.

use crate::http::GuardedClient;
use crate::provider::{Outcome, Outgoing};
use crate::smtp::SmtpClient;

/// The ways out of the house. Cheap to clone; share one.
#[derive(Clone, Debug)]
pub struct Courier {
    http: GuardedClient,
    mail: SmtpClient,
}

impl Courier {
    /// A courier that sends by these clients.
    #[must_use]
    pub const fn new(http: GuardedClient, mail: SmtpClient) -> Self {
        Self { http, mail }
    }

    /// Sends and waits for the answer, for at most the timeout of the way. Dropping the future
    /// early leaves the outcome unknown.
    pub async fn send(&self, outgoing: Outgoing) -> Outcome {
        match outgoing {
            Outgoing::Http(request) => self.http.send(request).await.into(),
            Outgoing::Mail(request) => self.mail.send(request).await.into(),
        }
    }
}
