//! Reading a mail that was taken in: a report about mail of ours, or a message with what it
//! answers, what hangs on it and whether a person wrote it. A mail that breaks a bound is a message
//! still, with a note in place of its content, so that nobody's words are lost without a trace.

use super::address::{normalise, split_tag};
use super::attachment::is_invisible;
use super::automatic;
use super::bounce::{self, Report};
use super::envelope::{self, Envelope, split_head};
use super::head::{Head, Named};
use super::mime::{self, Content, Node};
use super::thread::{case_token, is_token, is_writable};
use crate::provider::{
    InboundEvent, Mail, MailReport, ParseError, ParseFault, Quarantine, ReportedStatus,
    ThreadHints, Verified,
};

/// The most Message-IDs that a mail is read to refer to.
pub const MAX_REFERENCES: usize = 50;
/// The most other addresses of a mail that are read.
pub const MAX_PARTICIPANTS: usize = 50;
/// The longest subject, in characters; a longer one is cut.
pub const MAX_SUBJECT: usize = 200;
/// The longest name of a sender, in characters; a longer one is cut.
pub const MAX_NAME: usize = 120;

/// What stands in place of the text of a mail that has neither text nor files.
const EMPTY: &str = "[This mail has no text.]";

const fn fault(field: &'static str, fault: ParseFault) -> ParseError {
    ParseError { field, fault }
}

pub(super) fn parse(verified: &Verified) -> Result<Vec<InboundEvent>, ParseError> {
    let form = ParseFault::Form { line: 1, column: 0 };
    let (envelope, raw) = envelope::split(verified.body()).ok_or(fault("envelope", form))?;
    let recipient = normalise(&envelope.recipient).ok_or(fault("recipient", ParseFault::Value))?;
    let (mailbox, _) = split_tag(&recipient);
    let head = Head::parse(split_head(&raw).0);
    let sender = sender(&head, &envelope).ok_or(fault("from", ParseFault::Empty))?;
    let walked = mime::walk(&raw);
    let letter = Letter { envelope: &envelope, head: &head, recipient, mailbox, sender };
    if let Ok(node) = &walked
        && let Some(report) = letter.report(node)
    {
        return Ok(vec![report]);
    }
    Ok(vec![letter.message(verified.dedup_key(), walked)])
}

/// A mail with what is known of it before its content.
struct Letter<'a> {
    envelope: &'a Envelope,
    head: &'a Head<'a>,
    /// The envelope recipient in normal form, with its tag.
    recipient: String,
    mailbox: String,
    /// The address in normal form.
    sender: Named,
}

impl Letter<'_> {
    fn null_sender(&self) -> bool {
        self.envelope.sender.as_deref().is_none_or(|sender| sender.trim().is_empty())
    }

    fn report(&self, node: &Node<'_>) -> Option<InboundEvent> {
        let look = bounce::Look {
            head: self.head,
            node,
            null_sender: self.null_sender(),
            from: &self.sender.address,
            mailbox: &self.mailbox,
        };
        let Report { message, status, recipients, code, returned_token } = bounce::read(&look)?;
        let told = code.map(|code| code.to_string()).or(match status {
            ReportedStatus::Undelivered(bounce) => Some(bounce.class.reason().to_owned()),
            _ => None,
        });
        Some(InboundEvent::Status {
            message,
            status,
            reason: told,
            occurred_at: self.head.date(),
            mail: Some(Box::new(MailReport {
                bounce_token: self.token().or(returned_token),
                recipients,
            })),
        })
    }

    fn message(&self, key: &str, walked: Result<Node<'_>, Quarantine>) -> InboundEvent {
        let (mut content, quarantine) = match walked.and_then(|node| node.content()) {
            Ok(content) => (content, None),
            Err(broken) => (Content { text: note(broken), ..Content::default() }, Some(broken)),
        };
        // Who sees nothing at all cannot tell an empty mail from one that was lost on the way.
        if content.text.trim().is_empty() && content.files.is_empty() {
            content.text = EMPTY.to_owned();
        }
        let look = automatic::Look {
            head: self.head,
            null_sender: self.null_sender(),
            from: &self.sender.address,
            mailbox: &self.mailbox,
        };
        let subject = self.head.text("subject").unwrap_or_default();
        let mail = Mail {
            thread: self.hints(&subject),
            attachments: content.files,
            automatic: automatic::reason(&look),
            truncated: content.truncated,
            quarantine,
        };
        InboundEvent::Message {
            external_id: key.to_owned(),
            from_address: self.sender.address.clone(),
            display_name: self.display_name(),
            subject: Some(line(&subject, MAX_SUBJECT)).filter(|subject| !subject.is_empty()),
            body: content.text,
            language: None,
            priority: None,
            occurred_at: Some(self.head.date().unwrap_or(self.envelope.received_at)),
            mail: Some(Box::new(mail)),
        }
    }

    fn hints(&self, subject: &str) -> ThreadHints {
        let ids = |name| self.head.ids(name).into_iter();
        let mut references: Vec<String> = Vec::new();
        for id in ids("in-reply-to").chain(ids("references").rev()) {
            if references.len() == MAX_REFERENCES {
                break;
            }
            if is_id(&id) && !references.contains(&id) {
                references.push(id);
            }
        }
        ThreadHints {
            reply_token: self.token(),
            references,
            own_id: ids("message-id").find(|id| is_id(id)),
            case_token: case_token(subject),
            mailbox: self.mailbox.clone(),
            participants: self.participants(),
        }
    }

    /// The first token in an address of this mailbox: that of the envelope, then those of the
    /// header. Its form says nothing about who made it.
    fn token(&self) -> Option<String> {
        let fields = ["to", "cc", "delivered-to", "x-original-to"];
        let named = fields.iter().flat_map(|name| self.head.addresses(name));
        let all = named.filter_map(|named| normalise(&named.address));
        std::iter::once(self.recipient.clone()).chain(all).find_map(|address| {
            let (mailbox, tag) = split_tag(&address);
            let token = tag.filter(|tag| mailbox == self.mailbox && is_token(tag));
            token.map(str::to_owned)
        })
    }

    fn participants(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let named = ["to", "cc"].into_iter().flat_map(|name| self.head.addresses(name));
        for address in named.filter_map(|named| normalise(&named.address)) {
            if all.len() == MAX_PARTICIPANTS {
                break;
            }
            let own = split_tag(&address).0 == self.mailbox || address == self.sender.address;
            if !own && !all.contains(&address) {
                all.push(address);
            }
        }
        all
    }

    /// A name that claims to be some other address is not shown.
    fn display_name(&self) -> Option<String> {
        let name = line(self.sender.name.as_deref()?, MAX_NAME);
        let claims = name.split([' ', '<', '>', '"', '(', ')', ',']).filter(|w| w.contains('@'));
        let honest = claims
            .map(normalise)
            .all(|claimed| claimed.is_none_or(|claimed| claimed == self.sender.address));
        Some(name).filter(|name| honest && !name.is_empty())
    }
}

/// Who wrote it: From, else Sender, else who handed it over.
fn sender(head: &Head<'_>, envelope: &Envelope) -> Option<Named> {
    let named = ["from", "sender"].into_iter().flat_map(|name| head.addresses(name));
    let handed =
        envelope.sender.iter().map(|address| Named { name: None, address: address.clone() });
    named.chain(handed).find_map(|named| {
        let address = normalise(&named.address)?;
        Some(Named { address, ..named })
    })
}

/// Whether an id can be named again in what we write: others would make every answer one that
/// cannot be sent.
fn is_id(id: &str) -> bool {
    id.len() >= 3 && is_writable(id)
}

/// One line of visible characters, cut to so many.
fn line(text: &str, max: usize) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let visible: String = spaced.filter(|c| !is_invisible(*c)).collect();
    let joined = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(max).collect::<String>().trim().to_owned()
}

/// What stands in place of content that was not read.
fn note(broken: Quarantine) -> String {
    let why = match broken {
        Quarantine::HeaderLines => "its header is too long",
        Quarantine::Depth => "its parts are nested too deep",
        Quarantine::Parts => "it has too many parts",
        Quarantine::Size => "its attachments are too large",
    };
    format!("[The content of this mail was not read: {why}.]")
}
