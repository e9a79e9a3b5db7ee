//! Customers' mail on its way to the server: handed to its SMTP port as a mail server would. What
//! was not taken is handed over again, a bounded number of times; the same bytes however often.

use super::play::Play;
use super::postbox::Received;
use super::script::{Scene, Script};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::http::Egress;
use channels::smtp::{
    MailOutcome, MailRequest, Relay, Security, SmtpClient, SmtpOptions as ClientOptions,
};
use std::time::Duration;
use tokio::time::sleep;

/// Attempts at one mail: enough for a server that is started anew.
const ATTEMPTS_MAX: u32 = 12;

/// Wait before the second attempt; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// How long handing one over may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A mail as it is handed over.
#[derive(Clone)]
pub(super) struct Mail {
    from: String,
    to: String,
    text: String,
}

impl Mail {
    /// A customer's mail; what answers the desk goes where the desk wants answers.
    pub(super) fn of(script: &Script, scene: &Scene, part: usize, play: &Play) -> Self {
        let received = play.progress(scene).received;
        let first = script.mail_id(scene.number, 0);
        let (to, before) = match (part, received) {
            (0, _) => (script.mailbox(), None),
            (_, None) => (script.mailbox(), Some(first)),
            (_, Some(Received { id, reply_to })) => (reply_to, Some(id)),
        };
        let from = script.address(scene);
        let id = script.mail_id(scene.number, part);
        let re = if before.is_some() { "Re: " } else { "" };
        let before = before.map_or_else(String::new, |before| {
            format!("In-Reply-To: <{before}>\r\nReferences: <{before}>\r\n")
        });
        let text = format!(
            "From: {name} <{from}>\r\nTo: {to}\r\nSubject: {re}{subject}\r\n\
             Date: {date}\r\nMessage-ID: <{id}>\r\n{before}MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n",
            name = encoded(script.name(scene)),
            subject = scene.subject(),
            date = mail_parser::DateTime::from_timestamp(now()).to_rfc822(),
            body = scene.text(part),
        );
        Self { from, to, text }
    }

    /// A mail to a mailbox that is not there.
    fn stray(script: &Script) -> Self {
        let to = format!("nobody.{}", script.mailbox());
        let text = format!("From: x@demo.invalid\r\nTo: {to}\r\nSubject: x\r\n\r\nHello?\r\n");
        Self { from: "x@demo.invalid".to_owned(), to, text }
    }
}

/// A name as mail carries it, which may not be plain ASCII.
fn encoded(name: &str) -> String {
    format!("=?utf-8?B?{}?=", STANDARD.encode(name))
}

/// Seconds of the clock.
fn now() -> i64 {
    super::hook::now().micros() / 1_000_000
}

/// The way into the server by mail.
#[derive(Clone, Debug)]
pub(super) struct Post {
    client: SmtpClient,
    relay: Relay,
}

impl Post {
    pub(super) fn new(host: String, port: u16) -> Result<Self> {
        let options = ClientOptions {
            egress: Egress { allow_http: true, allow_private: true },
            timeout: TIMEOUT,
            hello: "mail.demo.invalid".to_owned(),
            ..ClientOptions::default()
        };
        let client = SmtpClient::new(&options).context("the client for mail")?;
        let relay = Relay { host, port, security: Security::None, login: None, own: false };
        Ok(Self { client, relay })
    }

    /// Hands a mail over until it is taken.
    pub(super) async fn send(&self, mail: &Mail) -> Result<()> {
        let mut wait = FIRST_WAIT;
        let mut why = String::new();
        for attempt in 1..=ATTEMPTS_MAX {
            why = match self.exchange(mail).await {
                MailOutcome::Accepted { .. } => return Ok(()),
                outcome => format!("{outcome:?}"),
            };
            if attempt < ATTEMPTS_MAX {
                sleep(wait).await;
                wait = LONGEST_WAIT.min(wait * 2);
            }
        }
        bail!("a mail was not taken in {ATTEMPTS_MAX} attempts: {why}")
    }

    /// Whether a mail to nobody is refused for good, as it must be.
    pub(super) async fn stray_is_refused(&self, script: &Script) -> bool {
        let outcome = self.exchange(&Mail::stray(script)).await;
        matches!(outcome, MailOutcome::Refused(refusal) if refusal.code == 550)
    }

    async fn exchange(&self, mail: &Mail) -> MailOutcome {
        let Mail { from, to, text } = mail.clone();
        let relay = self.relay.clone();
        let request =
            MailRequest { relay, sender: Some(from), recipient: to, message: text.into() };
        self.client.send(request).await
    }
}
