//! The customers' mail server: a small SMTP endpoint on the loopback address that takes what the
//! agents answer by mail. It has the mailboxes of the script's customers and no others, and reads
//! of each mail what a mail program would: whom it answers, by which name, and what it says.

use super::answers::{Answers, Taken};
use super::script::Scene;
use crate::smtp::{Answer, Letter, Mailroom, Smtp, SmtpOptions};
use anyhow::{Context as _, Result};
use futures::future::BoxFuture;
use mail_parser::{Message, MessageParser};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a session may be silent, and a mail may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Largest answer.
const BYTES_MAX: usize = 1 << 20;

/// What a customer needs to answer back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    /// Its Message-ID, without brackets.
    pub(super) id: String,
    /// Where answers to it go.
    pub(super) reply_to: String,
}

/// The server, before anybody is served.
pub(super) struct Postbox {
    smtp: Smtp,
    port: u16,
}

impl Postbox {
    /// Takes a free port.
    pub(super) async fn bind(answers: Arc<Answers>) -> Result<Self> {
        let options = SmtpOptions {
            hostname: "mail.demo.invalid".to_owned(),
            message_bytes: BYTES_MAX,
            line_bytes: 8192,
            memory_bytes: 64 * BYTES_MAX,
            recipients: 10,
            connections: 200,
            connections_per_peer: 200,
            commands: 1000,
            errors: 10,
            command: PATIENCE,
            data: PATIENCE,
            session: PATIENCE,
            require_tls: false,
        };
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mailboxes = Arc::new(Mailboxes { answers });
        let opened = Smtp::open(addr, options, mailboxes, Arc::new(|| None)).await;
        let smtp = opened.context("a port for the customers' mail")?;
        let port = smtp.addr().context("its port")?.port();
        Ok(Self { smtp, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Serves until told to stop.
    pub(super) async fn serve(self, stop: CancellationToken) {
        self.smtp.serve(stop).await;
    }
}

struct Mailboxes {
    answers: Arc<Answers>,
}

impl Mailroom for Mailboxes {
    fn knows<'a>(&'a self, recipient: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let script = &self.answers.play.script;
            let mut mailboxes = script.scenes.iter().filter(|scene| scene.by_mail);
            let found = mailboxes.any(|scene| script.address(scene) == recipient);
            if found { Answer::Yes } else { Answer::Nobody }
        })
    }

    fn keep(&self, letter: Letter) -> BoxFuture<'_, Answer> {
        Box::pin(async move { self.take(&letter) })
    }
}

impl Mailboxes {
    fn take(&self, letter: &Letter) -> Answer {
        let play = &self.answers.play;
        let Some(message) = MessageParser::default().parse(&letter.text[..]) else {
            play.problem("an answer came by mail that is no mail");
            return Answer::Refused;
        };
        let Some(scene) = self.expected(&message, &letter.recipient) else {
            play.problem("an answer came by mail that nobody wrote");
            return Answer::Refused;
        };
        let text = message.body_text(0).unwrap_or_default();
        let Some(part) = self.answers.part(scene, text.trim()) else { return Answer::Refused };
        let (Some(id), Some(reply_to)) = (message.message_id(), reply_to(&message)) else {
            play.problem(format!("case {}: a mail cannot be answered", scene.number));
            return Answer::Refused;
        };
        let received = Received { id: id.to_owned(), reply_to };
        // Before it counts as taken: whoever waits for it answers it.
        play.change(scene, |progress| progress.received = Some(received));
        match self.answers.take(scene, part, id, None) {
            Taken::Here => Answer::Yes,
            Taken::Again => Answer::Later,
        }
    }

    /// The scene of an answer: it names a mail of its customer and goes to that customer.
    fn expected(&self, message: &Message<'_>, recipient: &str) -> Option<&Scene> {
        let script = &self.answers.play.script;
        let (scene, _) = script.find_mail(message.in_reply_to().as_text()?)?;
        let addressed = script.address(scene) == recipient;
        let named = message.to().and_then(|to| to.first()).and_then(|to| to.address());
        (addressed && named == Some(recipient)).then_some(scene)
    }
}

fn reply_to(message: &Message<'_>) -> Option<String> {
    let told = message.reply_to().or_else(|| message.from())?;
    told.first()?.address().map(str::to_owned)
}
