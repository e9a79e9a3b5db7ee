//! Two installations write to each other through relays that hand over what they take: a customer's
//! words go there and back, and their automatic answers do not feed each other (T-loop-1).

use crate::mail::{CUSTOMER, first, mailbox_of};
use crate::relay::{Handed, Relay};
use crate::story::{Company, receiver};
use crate::support::{Db, House, eventually, on_postgres, on_sqlite, plain};
use app::mail::{Envelope, TakenMail};
use domain::id::InteractionId;
use domain::mail::{MailSettings, RelaySecurity};
use domain::message::{Direction, Message};
use std::time::Duration;
use store::{InteractionFilter, MessagesOf};

struct Side {
    house: House,
    company: Company,
    relay: Relay,
    address: String,
}

impl Side {
    async fn open(db: &Db, address: &str) -> Self {
        let (house, relay) = (House::open(db).await, Relay::start().await);
        let company = Company::found(&house.app, "Acme", &receiver().await).await;
        let (host, username) = ("127.0.0.1".to_owned(), String::new());
        let (port, security) = (relay.port, RelaySecurity::None);
        let settings = MailSettings {
            address: address.to_owned(),
            display_name: "Acme".to_owned(),
            relay: Some(domain::mail::Relay { host, port, security, username }),
            auto_reply: "We have your mail.".to_owned(),
            subject_days: 0,
        };
        mailbox_of(&house.app, &company, settings).await;
        Self { house, company, relay, address: address.to_owned() }
    }

    async fn takes(&self, handed: &Handed) {
        let envelope = Envelope {
            mail_from: handed.from.clone(),
            rcpt_to: handed.to.clone(),
            remote_ip: [192, 0, 2, 1].into(),
        };
        let taken = self.house.app.take_mail(&envelope, handed.raw.as_bytes()).await;
        assert_eq!(taken.expect("the database answers"), TakenMail::Kept);
    }

    async fn said(&self) -> Vec<Message> {
        let (app, context) = (&self.house.app, plain(self.company.admin));
        let filter = InteractionFilter::default();
        let all = app.interactions(&context, &filter, None, 500).await.expect("read");
        let mut said = Vec::new();
        for view in all {
            let of = MessagesOf::Interaction(view.row.id);
            let messages = app.messages(&context, of, None, 500).await.expect("read");
            said.extend(messages.into_iter().map(|message| message.row));
        }
        said
    }

    async fn inbound(&self, wanted: usize) -> Vec<Message> {
        eventually("the mail is taken in", || async {
            let mut said = self.said().await;
            said.retain(|message| message.direction == Direction::Inbound);
            (said.len() == wanted).then_some(said)
        })
        .await
    }

    async fn handed(&self, wanted: usize) -> Handed {
        let all = eventually("the mail leaves", || async {
            Some(self.relay.handed()).filter(|all| all.len() >= wanted)
        });
        all.await.pop().expect("there is one")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_installations_stop_after_two_answers() {
    on_sqlite(|a| async move {
        on_postgres(|b| async move {
            let a = Side::open(&a, "help@acme.example").await;
            let b = Side::open(&b, "help@zeta.example").await;
            stop(&a, &b).await;
            a.house.close().await;
            b.house.close().await;
        })
        .await;
    })
    .await;
}

async fn stop(a: &Side, b: &Side) {
    // A mail that A sent to B by hand, as a backend would: B's answer to it begins the dance.
    let raw = first().raw(&b.address).replace(CUSTOMER, &a.address);
    let (from, to) = (a.address.clone(), b.address.clone());
    b.takes(&Handed { from, to, raw }).await;
    b.inbound(1).await;
    let answer = b.handed(1).await;
    assert_eq!((answer.from.as_str(), answer.to.as_str()), ("", a.address.as_str()));
    assert!(answer.raw.contains("Auto-Submitted: auto-replied"), "{}", answer.raw);
    a.takes(&answer).await;
    a.inbound(1).await;
    // Long enough for an answer to have been written and sent: both are one batch and one round.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(a.relay.handed().is_empty(), "a machine's answer is not answered");
    assert_eq!(b.relay.handed().len(), 1);
    assert_eq!(a.said().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_goes_there_and_back_on_sqlite() {
    on_sqlite(|db| async move { there_and_back(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_goes_there_and_back_on_postgres() {
    on_postgres(|db| async move { there_and_back(&db).await }).await;
}

/// What the headers of an answer hold, as a mail program reads them.
fn field(raw: &str, name: &str) -> String {
    let head = raw.split_once("\r\n\r\n").map_or(raw, |(head, _)| head);
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let found = unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    found.unwrap_or_default().to_owned()
}

async fn there_and_back(db: &Db) {
    let side = Side::open(db, "help@acme.example").await;
    let raw = first().raw(&side.address);
    let (from, to) = (CUSTOMER.to_owned(), side.address.clone());
    side.takes(&Handed { from: from.clone(), to, raw }).await;
    let id: InteractionId = side.inbound(1).await[0].interaction_id;
    side.handed(1).await;
    let mut last = "one@customer.example".to_owned();
    for round in 1..=5_usize {
        let context = plain(side.company.admin);
        let body = format!("Answer {round}");
        side.house.app.send_message(&context, id, &body, false).await.expect("it is sent");
        let answer = side.handed(1 + round).await;
        assert_eq!(field(&answer.raw, "Subject"), "Re: Broken lamp");
        assert_eq!(field(&answer.raw, "In-Reply-To"), format!("<{last}>"));
        let references = field(&answer.raw, "References");
        assert!(references.starts_with("<one@customer.example>"), "{references}");
        assert!(references.ends_with(&format!("<{last}>")), "{references}");
        // As mail programs do: to Reply-To, with the answer's id and all before it.
        let own = field(&answer.raw, "Message-ID");
        last = format!("r{round}@customer.example");
        let to = field(&answer.raw, "Reply-To");
        let to = to.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let to = to.expect("an address").0.to_owned();
        let raw = format!(
            "From: <{CUSTOMER}>\r\nTo: <{to}>\r\nMessage-ID: <{last}>\r\n\
             Subject: Re: Broken lamp\r\nIn-Reply-To: {own}\r\n\
             References: {references}\r\n {own}\r\n\
             Date: Sun, 22 Nov 2026 19:00:00 +0000\r\n\r\nRound {round}\r\n"
        );
        side.takes(&Handed { from: from.clone(), to, raw }).await;
        let said = side.inbound(1 + round).await;
        assert!(said.iter().all(|message| message.interaction_id == id), "round {round}");
    }
    side.house.close().await;
}
