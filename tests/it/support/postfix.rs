//! The real mail server that `.ci/postfix.sh` runs for the tests: customers with mailboxes behind
//! it, who write and read as people do, and the desk's side of their mail.

use super::fixture::Tenant;
use super::mail::{self, Letter, written};
use super::{eventually, unique};
use omnichannel_sdk::v1;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Mailboxes there are.
const MAILBOXES: u32 = 10_000;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this under `.ci/postfix.sh run`, with Postfix installed")
    })
}

fn port(name: &str) -> u16 {
    variable(name).parse().expect("a port")
}

/// Where it takes mail; what cannot be delivered comes back later as a report.
pub(crate) fn relay() -> u16 {
    port("OMNICHANNEL_TEST_POSTFIX_PORT")
}

/// Where it refuses at once what it cannot deliver.
pub(crate) fn strict_relay() -> u16 {
    port("OMNICHANNEL_TEST_POSTFIX_STRICT_PORT")
}

/// An address that leads to a mail door on this machine.
pub(crate) fn address(local: &str, smtp_port: u16) -> String {
    format!("{local}@p{smtp_port}.desk.test")
}

/// Somebody with a mailbox.
pub(crate) struct Customer {
    pub(crate) address: String,
    folder: PathBuf,
    read: HashSet<PathBuf>,
}

impl Customer {
    /// Somebody whom no other test knows.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(number < MAILBOXES, "there are more mailboxes than tests use");
        let folder = PathBuf::from(variable("OMNICHANNEL_TEST_POSTFIX_DIR"));
        let folder = folder.join("mail").join(format!("c{number}")).join("new");
        let address = format!("c{number}@customers.test");
        Self { address, folder, read: HashSet::new() }
    }

    /// Writes a mail, which goes through the server.
    pub(crate) async fn writes(&self, to: &str, subject: &str, fields: &str, body: &str) {
        let text = written(&self.address, to, subject, fields, body);
        mail::send(relay(), &self.address, to, &text).await;
    }

    /// Answers a mail as mail programs do.
    pub(crate) async fn replies(&self, letter: &Letter, body: &str) {
        let to = letter.field("Reply-To");
        let to = if to.is_empty() { letter.field("From") } else { to };
        let to = to.rsplit('<').next().unwrap_or_default().trim_end_matches('>').to_owned();
        let (id, before) = (letter.field("Message-ID"), letter.field("References"));
        let fields = format!("In-Reply-To: {id}\nReferences: {before} {id}\n");
        self.writes(&to, &format!("Re: {}", letter.subject()), &fields, body).await;
    }

    /// Mails that were not read yet, oldest first.
    pub(crate) fn unread(&mut self) -> Vec<Letter> {
        let Ok(files) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        files.retain(|file| !self.read.contains(file));
        files.sort();
        self.read.extend(files.iter().cloned());
        let read = |file: PathBuf| Letter::read(std::fs::read(file).expect("it can be read"));
        files.into_iter().map(read).collect()
    }

    /// The next mail; there must be just one.
    pub(crate) async fn receives(&mut self) -> Letter {
        let look = || {
            let unread = self.unread();
            async move { (!unread.is_empty()).then_some(unread) }
        };
        let mut letters = eventually("a mail in the customer's mailbox", look).await;
        assert_eq!(letters.len(), 1, "one mail at a time");
        letters.remove(0)
    }
}

/// A channel account with a mailbox, and what became of its mail.
pub(crate) struct Desk {
    pub(crate) account: v1::ChannelAccount,
    pub(crate) address: String,
}

impl Desk {
    /// A mailbox whose answers leave by the relay at a port of this machine.
    pub(crate) async fn open(tenant: &Tenant, relay: u16) -> Self {
        Self::answering(tenant, relay, "").await
    }

    /// One that answers by itself what opens an interaction.
    pub(crate) async fn answering(tenant: &Tenant, relay: u16, auto_reply: &str) -> Self {
        let mut local = uuid::Uuid::now_v7().simple().to_string().split_off(20);
        local.insert(0, 'd');
        let address = address(&local, tenant.server.smtp_port());
        let relay = v1::MailRelay {
            host: "127.0.0.1".to_owned(),
            port: relay.into(),
            security: v1::RelaySecurity::None.into(),
            ..Default::default()
        };
        let email = v1::EmailConfig {
            address: address.clone(),
            display_name: "The desk".to_owned(),
            relay: Some(relay),
            auto_reply: auto_reply.to_owned(),
            ..Default::default()
        };
        let account = v1::ChannelAccount {
            kind: v1::ChannelKind::Email.into(),
            name: unique("mailbox"),
            config: Some(v1::channel_account::Config::Email(email)),
            ..Default::default()
        };
        let request = v1::CreateChannelAccountRequest {
            channel_account: Some(account),
            ..Default::default()
        };
        let made = ok!(tenant.admin.channels().create_channel_account(request));
        Self { account: made.channel_account.unwrap(), address }
    }

    /// The interactions of this mailbox, oldest first.
    pub(crate) async fn interactions(&self, tenant: &Tenant) -> Vec<v1::Interaction> {
        let list = v1::ListInteractionsRequest { page_size: 500, ..Default::default() };
        let all = ok!(tenant.admin.interactions().list_interactions(list)).interactions;
        let mut ours: Vec<_> =
            all.into_iter().filter(|one| one.channel_account_id == self.account.id).collect();
        ours.sort_by(|a, b| a.id.cmp(&b.id));
        ours
    }

    /// Its first interaction, once it is there.
    pub(crate) async fn interaction(&self, tenant: &Tenant) -> v1::Interaction {
        let look = || async { self.interactions(tenant).await.into_iter().next() };
        eventually("the interaction of a mail", look).await
    }
}

/// The messages of a conversation, oldest first, once they are this many.
pub(crate) async fn messages(
    tenant: &Tenant,
    conversation_id: &str,
    count: usize,
) -> Vec<v1::Message> {
    let look = || async {
        let scope = v1::list_messages_request::Scope::ConversationId(conversation_id.to_owned());
        let list =
            v1::ListMessagesRequest { scope: Some(scope), page_size: 500, ..Default::default() };
        let found = ok!(tenant.admin.interactions().list_messages(list)).messages;
        (found.len() >= count).then_some(found)
    };
    eventually(&format!("{count} messages"), look).await
}

/// Answers in an interaction.
pub(crate) async fn answer(tenant: &Tenant, interaction_id: &str, body: &str) -> v1::Message {
    let request = v1::SendMessageRequest {
        interaction_id: interaction_id.to_owned(),
        body: body.to_owned(),
        ..Default::default()
    };
    ok!(tenant.admin.interactions().send_message(request)).message.unwrap()
}

/// How far a message has come, once it has come this far.
pub(crate) async fn reached(
    tenant: &Tenant,
    message_id: &str,
    wanted: v1::DeliveryStatus,
) -> v1::GetMessageStatusResponse {
    let look = || async {
        let request = v1::GetMessageStatusRequest { message_id: message_id.to_owned() };
        let now = ok!(tenant.admin.channels().get_message_status(request));
        (now.status() == wanted).then_some(now)
    };
    eventually(wanted.as_str_name(), look).await
}
