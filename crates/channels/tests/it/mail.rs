//! What the tests of mail share: a mail that comes to `help@desk.example`, and what is read of it.

use channels::email::thread::TokenKeys;
use channels::email::{EmailProvider, Envelope, receive};
use channels::provider::{
    Automatic, Bounce, BounceClass, InboundEvent, Mail, MailReport, MessageRef, ParseError,
    ReportedStatus,
};
use channels::{Provider, Verified};
use domain::time::Timestamp;

pub(crate) const MAILBOX: &str = "help@desk.example";
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

pub(crate) fn envelope(sender: Option<&str>, recipient: &str) -> Envelope {
    Envelope {
        sender: sender.map(str::to_owned),
        recipient: recipient.to_owned(),
        remote: Some([192, 0, 2, 7].into()),
        received_at: NOW,
    }
}

pub(crate) fn keys() -> TokenKeys {
    TokenKeys::new([(3, [7; 32])])
}

pub(crate) fn taken(envelope: &Envelope, raw: &[u8]) -> Result<InboundEvent, ParseError> {
    let verified = receive(envelope, raw).unwrap();
    let restored = Verified::restore(verified.dedup_key().to_owned(), verified.body().clone());
    let mut events = EmailProvider.parse(&restored)?;
    assert_eq!(events.len(), 1, "a mail is one event");
    Ok(events.remove(0))
}

/// What is read of a mail from a person.
pub(crate) struct Read {
    pub(crate) external_id: String,
    pub(crate) from: String,
    pub(crate) name: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) body: String,
    pub(crate) occurred_at: Timestamp,
    pub(crate) mail: Mail,
}

pub(crate) fn read_by(envelope: &Envelope, raw: &[u8]) -> Read {
    match taken(envelope, raw).unwrap() {
        InboundEvent::Message {
            external_id,
            from_address,
            display_name,
            subject,
            body,
            occurred_at,
            mail,
            ..
        } => Read {
            external_id,
            from: from_address,
            name: display_name,
            subject,
            body,
            occurred_at: occurred_at.expect("a mail has a time"),
            mail: *mail.expect("a mail has its mail part"),
        },
        InboundEvent::Status { .. } => panic!("a message is not a report"),
    }
}

pub(crate) fn read(raw: &str) -> Read {
    read_by(&envelope(Some("ann@customer.example"), MAILBOX), crlf(raw).as_bytes())
}

pub(crate) fn automatic(headers: &str) -> Option<Automatic> {
    let raw = format!("From: Ann <ann@customer.example>\nTo: {MAILBOX}\n{headers}\n\nHello\n");
    read(&raw).mail.automatic
}

/// What is read of a report.
pub(crate) struct Reported {
    pub(crate) message: MessageRef,
    pub(crate) status: ReportedStatus,
    pub(crate) mail: MailReport,
}

impl Reported {
    pub(crate) fn bounce(&self) -> Option<(BounceClass, Option<String>)> {
        match self.status {
            ReportedStatus::Undelivered(Bounce { class, code }) => {
                Some((class, code.map(|code| code.to_string())))
            }
            _ => None,
        }
    }
}

/// What a mail without an envelope sender reports, if it reports anything.
pub(crate) fn reported(raw: &str) -> Option<Reported> {
    let event = taken(&envelope(None, MAILBOX), crlf(raw).as_bytes()).unwrap();
    match event {
        InboundEvent::Message { .. } => None,
        InboundEvent::Status { message, status, mail, .. } => {
            Some(Reported { message, status, mail: *mail.expect("a report has its mail part") })
        }
    }
}

pub(crate) fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}
