//! Threading: which conversation a mail belongs to. Raw mails go in where the SMTP listener hands
//! them over; what became of them is read as a caller would. The cases at which comparable products
//! failed are named.

use crate::story::{Company, receiver};
use crate::support::{Db, House, eventually, plain};
use app::App;
use app::content::{InteractionView, MessageView};
use app::ledger::command::close::Way;
use app::mail::{Envelope, TakenMail};
use channels::email::thread::{OwnId, Token, TokenKeys};
use domain::channel::ChannelKind;
use domain::id::{AccountId, ConversationId, InteractionId};
use domain::interaction::InteractionStatus;
use domain::mail::{MailSettings, Relay, RelaySecurity};
use std::sync::Arc;
use store::{InteractionFilter, MessagesOf};
use uuid::Uuid;

/// Runs a test on both databases.
macro_rules! on_both {
    ($($test:ident)+) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::support::on_sqlite(|db| async move { super::$test(&db).await }).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::support::on_postgres(|db| async move { super::$test(&db).await }).await;
            }
        )+}
    };
}
pub(crate) use on_both;

/// A company with a mailbox.
pub(crate) struct Post {
    pub(crate) house: House,
    pub(crate) company: Company,
    pub(crate) account: AccountId,
    pub(crate) mailbox: String,
}

pub(crate) const CUSTOMER: &str = "carl@customer.example";
pub(crate) const COLLEAGUE: &str = "cora@customer.example";
pub(crate) const STRANGER: &str = "sven@elsewhere.example";

/// A relay nobody is at: what leaves stays on its way.
pub(crate) fn nowhere() -> Relay {
    let (host, username) = ("127.0.0.1".to_owned(), String::new());
    Relay { host, port: 1, security: RelaySecurity::None, username }
}

pub(crate) async fn mailbox_of(app: &App, company: &Company, settings: MailSettings) -> AccountId {
    let patch = Arc::new(move |account: &mut domain::channel::ChannelAccount| {
        account.kind = ChannelKind::Email;
        account.name = settings.address.clone();
        account.mail = Some(settings.clone());
    });
    let made = app.create_account(&plain(company.admin), patch, None).await;
    made.expect("the mailbox is made").0.id
}

impl Post {
    pub(crate) async fn open(db: &Db, auto_reply: &str) -> Self {
        let house = House::open(db).await;
        let company = Company::found(&house.app, "Acme", &receiver().await).await;
        let mailbox = "help@acme.example".to_owned();
        let settings = MailSettings {
            address: mailbox.clone(),
            display_name: "Acme".to_owned(),
            relay: Some(nowhere()),
            auto_reply: auto_reply.to_owned(),
            subject_days: 0,
        };
        let account = mailbox_of(&house.app, &company, settings).await;
        Self { house, company, account, mailbox }
    }

    pub(crate) fn app(&self) -> &App {
        &self.house.app
    }

    /// Hands a mail over and waits until it is taken in; where it went.
    pub(crate) async fn comes(&self, mail: Mail<'_>) -> (InteractionView, MessageView) {
        let known = self.said().await.len();
        self.hand(&mail).await;
        let said = eventually("the mail is taken in", || async {
            Some(self.said().await).filter(|said| said.len() > known)
        });
        let last = said.await.pop().expect("there is one more");
        let context = plain(self.company.admin);
        let view = self.app().interaction(&context, last.row.interaction_id).await;
        (view.expect("it is there"), last)
    }

    pub(crate) async fn hand(&self, mail: &Mail<'_>) {
        let to = mail.to.map_or_else(|| self.mailbox.clone(), str::to_owned);
        let envelope = Envelope {
            mail_from: if mail.null_sender { String::new() } else { mail.from.to_owned() },
            rcpt_to: to.clone(),
            remote_ip: [192, 0, 2, 1].into(),
        };
        let taken = self.app().take_mail(&envelope, mail.raw(&to).as_bytes()).await;
        assert_eq!(taken.expect("the database answers"), TakenMail::Kept);
    }

    /// Everything inbound, oldest first.
    pub(crate) async fn said(&self) -> Vec<MessageView> {
        let context = plain(self.company.admin);
        let filter = InteractionFilter::default();
        let all = self.app().interactions(&context, &filter, None, 500).await.expect("read");
        let mut said = Vec::new();
        for view in all {
            let of = MessagesOf::Interaction(view.row.id);
            said.extend(self.app().messages(&context, of, None, 500).await.expect("read"));
        }
        said.retain(|message| message.row.direction == domain::message::Direction::Inbound);
        said.sort_by_key(|message| message.row.seq);
        said
    }

    /// Answers as the company, and says under which id that leaves.
    pub(crate) async fn answers(&self, id: InteractionId, body: &str) -> (MessageView, String) {
        let context = plain(self.company.admin);
        let sent = self.app().send_message(&context, id, body, false).await.expect("it is sent");
        let own = OwnId { message: sent.row.id.0 };
        (sent, own.message_id("acme.example"))
    }

    pub(crate) async fn token(&self, token: Token) -> String {
        let content = self.app().content(self.company.tenant).await.expect("its key is there");
        let key = *content.seals().derive("mail.tokens.0");
        let text = TokenKeys::new([(0, key)]).sign(&self.mailbox, token).expect("there is a key");
        let (local, domain) = self.mailbox.split_once('@').expect("an address");
        format!("{local}+{text}@{domain}")
    }

    pub(crate) async fn resolve(&self, id: InteractionId) {
        let context = plain(self.company.admin);
        self.app().close(&context, id, Way::Resolve, "done", "").await.expect("it ends");
    }
}

/// A mail to be written.
#[derive(Clone, Default)]
pub(crate) struct Mail<'a> {
    pub(crate) from: &'a str,
    /// The recipient; none for the mailbox.
    pub(crate) to: Option<&'a str>,
    pub(crate) cc: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) id: &'a str,
    pub(crate) in_reply_to: &'a str,
    pub(crate) references: &'a [&'a str],
    /// More header fields, each with its line end.
    pub(crate) more: &'a str,
    pub(crate) body: &'a str,
    pub(crate) null_sender: bool,
}

impl Mail<'_> {
    pub(crate) fn raw(&self, to: &str) -> String {
        let mut text = format!("From: <{}>\r\nTo: <{to}>\r\n", self.from);
        let id = if self.id.is_empty() {
            format!("{}@customer.example", Uuid::new_v4().simple())
        } else {
            self.id.to_owned()
        };
        text += &format!("Message-ID: <{id}>\r\nSubject: {}\r\n", self.subject);
        text += "Date: Sun, 22 Nov 2026 19:00:00 +0000\r\n";
        if !self.cc.is_empty() {
            text += &format!("Cc: <{}>\r\n", self.cc);
        }
        if !self.in_reply_to.is_empty() {
            text += &format!("In-Reply-To: <{}>\r\n", self.in_reply_to);
        }
        if !self.references.is_empty() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            text += &format!("References: {}\r\n", all.join("\r\n "));
        }
        let content_type = self.more.to_lowercase().contains("content-type");
        if !content_type {
            text += "Content-Type: text/plain; charset=utf-8\r\n";
        }
        format!("{text}{}\r\n{}\r\n", self.more, self.body)
    }
}

/// The mail that begins things.
pub(crate) fn first() -> Mail<'static> {
    Mail {
        from: CUSTOMER,
        subject: "Broken lamp",
        id: "one@customer.example",
        body: "It does not shine.",
        ..Mail::default()
    }
}

on_both! {
    answers_go_on_in_their_conversation
    a_reply_token_is_enough_and_a_forged_one_is_nothing
    references_are_scanned
    answers_of_many_readers_do_not_merge
    text_leads_nowhere
    a_case_token_is_for_participants
    those_in_copy_take_part
    what_is_another_mailboxes_is_not_found
    mailboxes_are_one_accounts
}

async fn answers_go_on_in_their_conversation(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, said) = post.comes(first()).await;
    assert_eq!((begun.subject.as_str(), said.body.trim()), ("Broken lamp", "It does not shine."));
    assert_eq!(begun.row.channel, ChannelKind::Email);
    assert_eq!(said.external_id, "one@customer.example");
    // Without anything that leads back, the same subject from the same sender is a new matter.
    let (other, _) = post.comes(Mail { id: "two@customer.example", ..first() }).await;
    assert_ne!(other.row.conversation_id, begun.row.conversation_id);
    assert_eq!(other.row.customer_id, begun.row.customer_id);

    let (_, id) = post.answers(begun.row.id, "Is it plugged in?").await;
    let reply = Mail { id: "", subject: "Re: Broken lamp", in_reply_to: &id, ..first() };
    let (joined, again) = post.comes(reply.clone()).await;
    assert_eq!(joined.row.id, begun.row.id, "the open interaction goes on");
    assert_eq!(again.sender, "", "it is the conversation's own address");
    post.resolve(begun.row.id).await;
    let (anew, _) = post.comes(reply).await;
    assert_ne!(anew.row.id, begun.row.id, "what was resolved stays so");
    assert_eq!(anew.row.conversation_id, begun.row.conversation_id);
    assert!(anew.row.status.is_open());
    // An answer to one's own mail, whose id is the sender's.
    let own = Mail { id: "", in_reply_to: "one@customer.example", ..first() };
    assert_eq!(post.comes(own).await.0.row.id, anew.row.id);
    post.house.close().await;
}

async fn a_reply_token_is_enough_and_a_forged_one_is_nothing(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let conversation = begun.row.conversation_id;
    let to = post.token(Token::Reply(conversation.0)).await;
    let upper = to.to_uppercase();
    for to in [&to, &upper] {
        let (joined, _) = post.comes(Mail { id: "", to: Some(to), ..first() }).await;
        assert_eq!(joined.row.id, begun.row.id, "{to}");
    }
    // One character changed, another mailbox's key, a stranger with the right one.
    let last = to.rfind('@').expect("an address") - 1;
    let mut forged = to.clone();
    let changed = if forged.as_bytes()[last] == b'a' { "b" } else { "a" };
    forged.replace_range(last..=last, changed);
    let (lost, _) = post.comes(Mail { id: "", to: Some(&forged), ..first() }).await;
    assert_ne!(lost.row.conversation_id, conversation, "a forged token names nothing");
    let stranger = Mail { from: STRANGER, id: "", to: Some(&to), ..first() };
    assert_ne!(post.comes(stranger).await.0.row.conversation_id, conversation);
    let bounce = post.token(Token::Bounce(conversation.0)).await;
    let (wrong, _) = post.comes(Mail { id: "", to: Some(&bounce), ..first() }).await;
    assert_ne!(wrong.row.conversation_id, conversation, "a bounce token is no reply token");
    post.house.close().await;
}

/// Chatwoot issue 10028: an answer to a colleague's answer opened a new ticket, because only
/// In-Reply-To was read.
async fn references_are_scanned(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (_, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let (far, near) = ("x@outlook.example", "colleague@outlook.example");
    let references = ["one@customer.example", &ours, far, near];
    let reply = Mail { id: "", in_reply_to: near, references: &references, ..first() };
    assert_eq!(post.comes(reply).await.0.row.id, begun.row.id);
    // The newest that is known counts: here another conversation of the same sender.
    let (second, _) = post.comes(Mail { id: "two@customer.example", ..first() }).await;
    let references = ["one@customer.example", "two@customer.example", near];
    let reply = Mail { id: "", in_reply_to: near, references: &references, ..first() };
    assert_eq!(post.comes(reply).await.0.row.id, second.row.id);
    post.house.close().await;
}

/// Chatwoot pull request 13502: answers of many recipients of one mail merged into one ticket.
async fn answers_of_many_readers_do_not_merge(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (_, ours) = post.answers(begun.row.id, "News for everybody.").await;
    let mut seen: Vec<ConversationId> = vec![begun.row.conversation_id];
    for n in 0..5 {
        let from = format!("reader{n}@elsewhere.example");
        let reply = Mail { from: &from, id: "", in_reply_to: &ours, ..first() };
        let (view, _) = post.comes(reply).await;
        assert!(!seen.contains(&view.row.conversation_id), "reader {n} has a conversation alone");
        seen.push(view.row.conversation_id);
        // And theirs goes on by its own.
        let (_, own) = post.answers(view.row.id, "Thank you.").await;
        let reply = Mail { from: &from, id: "", in_reply_to: &own, ..first() };
        assert_eq!(post.comes(reply).await.0.row.id, view.row.id);
    }
    post.house.close().await;
}

/// dust pull request 27264: a link in the text of a mail led into another conversation.
async fn text_leads_nowhere(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let token = post.token(Token::Reply(begun.row.conversation_id.0)).await;
    let body = format!(
        "> <{ours}>\r\n{token}\r\nhttps://acme.example/conversations/{}\r\n[#{}]",
        sent.row.conversation_id, sent.row.conversation_id
    );
    let (other, _) = post.comes(Mail { id: "", body: &body, ..first() }).await;
    assert_ne!(other.row.conversation_id, begun.row.conversation_id);
    let more = format!("X-Conversation: {}\r\n", begun.row.conversation_id);
    let (other, _) = post.comes(Mail { id: "", more: &more, ..first() }).await;
    assert_ne!(other.row.conversation_id, begun.row.conversation_id);
    post.house.close().await;
}

async fn a_case_token_is_for_participants(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let subject = format!("Lamp [#{}]", begun.row.conversation_id);
    let known = Mail { id: "", subject: &subject, ..first() };
    assert_eq!(post.comes(known.clone()).await.0.row.id, begun.row.id);
    let (other, _) = post.comes(Mail { from: STRANGER, ..known }).await;
    assert_ne!(other.row.conversation_id, begun.row.conversation_id);
    post.house.close().await;
}

async fn those_in_copy_take_part(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(Mail { cc: COLLEAGUE, ..first() }).await;
    let (_, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let reply = Mail { from: COLLEAGUE, id: "", in_reply_to: &ours, ..first() };
    let (joined, said) = post.comes(reply.clone()).await;
    assert_eq!(joined.row.id, begun.row.id);
    assert_eq!(said.sender, COLLEAGUE, "it is told who wrote");
    assert_eq!(joined.row.customer_id, begun.row.customer_id);
    let (other, _) = post.comes(Mail { from: STRANGER, ..reply }).await;
    assert_ne!(other.row.conversation_id, begun.row.conversation_id);
    post.house.close().await;
}

async fn what_is_another_mailboxes_is_not_found(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (_, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let second = "sales@acme.example";
    let settings = MailSettings {
        address: second.to_owned(),
        display_name: String::new(),
        relay: Some(nowhere()),
        auto_reply: String::new(),
        subject_days: 0,
    };
    mailbox_of(post.app(), &post.company, settings.clone()).await;
    let reply = Mail { to: Some(second), id: "", in_reply_to: &ours, ..first() };
    let (other, _) = post.comes(reply).await;
    assert_ne!(other.row.conversation_id, begun.row.conversation_id, "the other mailbox");
    assert_eq!(other.row.customer_id, begun.row.customer_id, "of the same customer");

    let stranger = Company::found(post.app(), "Zeta", &receiver().await).await;
    let third = MailSettings { address: "help@zeta.example".to_owned(), ..settings };
    mailbox_of(post.app(), &stranger, third).await;
    let reply = Mail { to: Some("help@zeta.example"), id: "", in_reply_to: &ours, ..first() };
    post.hand(&reply).await;
    let context = plain(stranger.admin);
    let (app, filter) = (post.app(), InteractionFilter::default());
    let theirs = eventually("the other tenant has it", || async {
        let all = app.interactions(&context, &filter, None, 5).await.expect("read");
        all.into_iter().next()
    });
    let theirs = theirs.await;
    assert_ne!(theirs.row.conversation_id, begun.row.conversation_id);
    assert_eq!(theirs.row.status, InteractionStatus::Offered);
    post.house.close().await;
}

async fn mailboxes_are_one_accounts(db: &Db) {
    let post = Post::open(db, "").await;
    let app = post.app();
    for known in ["help@acme.example", "HELP+x@Acme.example", "help@acme.example."] {
        let found = app.mailbox(known).await.expect("the database answers");
        assert_eq!(found.map(|mailbox| mailbox.account), Some(post.account), "{known}");
    }
    for unknown in ["other@acme.example", "help@acme.example.org", "help", ""] {
        assert_eq!(app.mailbox(unknown).await.expect("the database answers"), None, "{unknown}");
    }
    let stranger = Company::found(app, "Zeta", &receiver().await).await;
    let taken = MailSettings {
        address: "Help@ACME.example".to_owned(),
        display_name: String::new(),
        relay: None,
        auto_reply: String::new(),
        subject_days: 0,
    };
    let patch = Arc::new(move |account: &mut domain::channel::ChannelAccount| {
        account.kind = ChannelKind::Email;
        account.name = "theirs".to_owned();
        account.mail = Some(taken.clone());
    });
    let refused = app.create_account(&plain(stranger.admin), patch, None).await;
    assert_eq!(refused.expect_err("it is taken").0.reason, domain::refusal::Reason::MailboxTaken);
    let closed = Arc::new(|account: &mut domain::channel::ChannelAccount| {
        account.status = domain::channel::AccountStatus::Disabled;
    });
    let context = plain(post.company.admin);
    app.update_account(&context, post.account, 0, closed, None).await.expect("it is closed");
    assert_eq!(app.mailbox(&post.mailbox).await.expect("the database answers"), None);
    post.house.close().await;
}
