//! Reports about our mail that come back by mail: delivery status (RFC 3464), complaints (RFC
//! 5965), read receipts (RFC 8098), and the forms that mail systems used before or instead. What a
//! person, or a person's absence note, wrote is never one, not even if such a report hangs on it.

use super::address::{normalise, split_tag};
use super::automatic::is_daemon;
use super::bounce_text::{self, find_code};
use super::head::Head;
use super::mime::{Leaf, Node};
use super::thread::{OwnId, is_token};
use crate::provider::{Bounce, EnhancedCode, MessageRef, ReportedStatus};

/// The most recipients of one report that are read.
const MAX_RECIPIENTS: usize = 50;
/// The most bytes of one report that are read.
const MAX_REPORT: usize = 256 * 1024;

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) message: MessageRef,
    pub(super) status: ReportedStatus,
    /// Whom it says that it could not reach, or did, in every form it names them.
    pub(super) recipients: Vec<String>,
    /// The code it was told with.
    pub(super) code: Option<EnhancedCode>,
    /// A bounce token in what it returns of the mail.
    pub(super) returned_token: Option<String>,
}

/// What of a mail is looked at.
pub(super) struct Look<'a> {
    pub(super) head: &'a Head<'a>,
    pub(super) node: &'a Node<'a>,
    pub(super) null_sender: bool,
    /// Who wrote it, in normal form.
    pub(super) from: &'a str,
    /// The mailbox it came to, in normal form and without a tag.
    pub(super) mailbox: &'a str,
}

impl Look<'_> {
    /// Whether all of it is a report: else what looks like one hangs on somebody's mail.
    fn is_report(&self) -> bool {
        let said = self.node.kind().is_some_and(|kind| kind.full == "multipart/report");
        said || self.null_sender
    }
}

/// What a mail reports, if it is a report.
pub(super) fn read(look: &Look<'_>) -> Option<Report> {
    let leaves = look.node.leaves();
    let is_report = look.is_report();
    let part = |kinds: &[&str]| {
        let mut leaves = leaves.iter().copied().filter(|_| is_report);
        leaves.find(|leaf| kinds.contains(&leaf.kind.full.as_str()))
    };
    let embedded = part(&[
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    ]);
    let found = if let Some(leaf) = part(&["message/feedback-report"]) {
        let (recipients, returned) = complained(leaf);
        Found { returned, ..Found::new(ReportedStatus::Complained, recipients) }
    } else if let Some(leaf) = part(&["message/delivery-status", "message/global-delivery-status"])
    {
        delivery_status(leaf, part(&["text/plain"]))?
    } else if let Some(leaf) = part(&["message/disposition-notification"]) {
        receipt(leaf)
    } else {
        old_form(look, &leaves)?
    };
    let mut recipients = found.recipients;
    recipients.extend(failed_recipients(look.head));
    let message = about(look.head, embedded, &leaves);
    let returned = embedded.map(returned_to).unwrap_or_default();
    let tokens = found.returned.iter().chain(&returned).filter_map(|address| {
        let (mailbox, tag) = split_tag(address);
        tag.filter(|tag| mailbox == look.mailbox && is_token(tag)).map(str::to_owned)
    });
    let returned_token = { tokens }.next();
    Some(Report { message, status: found.status, recipients, code: found.code, returned_token })
}

struct Found {
    status: ReportedStatus,
    recipients: Vec<String>,
    code: Option<EnhancedCode>,
    /// The envelope sender of the mail, if the report has a field for it.
    returned: Option<String>,
}

impl Found {
    fn new(status: ReportedStatus, recipients: Vec<String>) -> Self {
        Self { status, recipients, code: None, returned: None }
    }
}

/// One block of fields of a report.
struct Block(Vec<(String, String)>);

impl Block {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The blocks of fields of a report, separated by empty lines.
fn blocks(leaf: &Leaf<'_>) -> Vec<Block> {
    let decoded = leaf.decoded();
    let text = String::from_utf8_lossy(&decoded[..decoded.len().min(MAX_REPORT)]);
    let mut blocks = vec![Block(Vec::new())];
    for line in text.lines() {
        let last = blocks.last_mut().expect("there is always a last block");
        if line.trim().is_empty() {
            if !last.0.is_empty() && blocks.len() <= MAX_RECIPIENTS {
                blocks.push(Block(Vec::new()));
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = last.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            last.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    blocks
}

/// An address in a report, which has its type in front.
fn typed_address(value: Option<&str>) -> Option<String> {
    let value = value?;
    let bare = value.split_once(';').map_or(value, |(_, address)| address);
    normalise(bare.trim())
}

fn delivery_status(leaf: &Leaf<'_>, prose: Option<&Leaf<'_>>) -> Option<Found> {
    let blocks = blocks(leaf);
    let told = |block: &&Block| {
        ["action", "status", "final-recipient"].iter().any(|name| block.get(name).is_some())
    };
    let recipients: Vec<&Block> = blocks.iter().filter(told).collect();
    let with = |action: &str| {
        let is = |block: &&&Block| block.get("action").is_some_and(|a| first_word(a) == action);
        recipients.iter().find(is).copied()
    };
    // A mail that was forwarded on the way has two.
    let found = |block: &Block, status: ReportedStatus, code| {
        let named = ["final-recipient", "original-recipient"];
        let recipients = named.iter().filter_map(|name| typed_address(block.get(name))).collect();
        Found { code, ..Found::new(status, recipients) }
    };
    let failed = with("failed").or_else(|| {
        // Some leave the action out.
        let silent =
            |block: &&&Block| block.get("action").is_none() && block.get("status").is_some();
        recipients.iter().find(silent).copied()
    });
    if let Some(block) = failed {
        // Without a diagnosis the part for people is all there is.
        let told = prose.map(|leaf| leaf.characters().0).unwrap_or_default();
        let told = block.get("diagnostic-code").unwrap_or(bounce_text::before_copy(&told));
        let bounce = bounce_of(block.get("status"), told);
        return Some(found(block, ReportedStatus::Undelivered(bounce), bounce.code));
    }
    if let Some(block) = with("delivered") {
        return Some(found(block, ReportedStatus::Delivered, None));
    }
    let block = recipients.first()?;
    let code = block.get("status").and_then(EnhancedCode::leading);
    Some(found(block, ReportedStatus::Deferred, code))
}

fn first_word(value: &str) -> String {
    value.split([' ', '(', ';']).next().unwrap_or_default().to_ascii_lowercase()
}

/// The more precise of the status and of what the diagnosis says: a status of x.0.0 only repeats
/// that it failed.
fn bounce_of(status: Option<&str>, diagnosis: &str) -> Bounce {
    let status = status.and_then(EnhancedCode::leading).filter(|code| code.class != 2);
    let told = find_code(diagnosis);
    let vague = |code: EnhancedCode| code.detail == 0 || code.subject == 0;
    let code = match (status, told) {
        (Some(status), Some(told)) if vague(status) && !vague(told) => Some(told),
        (None, told) => told,
        (status, _) => status,
    };
    bounce_text::judge(code, diagnosis)
}

/// Who complains, and to whom the mail would have come back.
fn complained(leaf: &Leaf<'_>) -> (Vec<String>, Option<String>) {
    let blocks = blocks(leaf);
    let named = |name| blocks.iter().find_map(|block| typed_address(block.get(name)));
    let recipient = named("original-rcpt-to").or_else(|| named("final-recipient"));
    (recipient.into_iter().collect(), named("original-mail-from"))
}

/// A read receipt; whatever else became of the mail is a remark.
fn receipt(leaf: &Leaf<'_>) -> Found {
    let blocks = blocks(leaf);
    let get = |name| blocks.iter().find_map(|block| block.get(name));
    let disposition = get("disposition").unwrap_or_default().to_ascii_lowercase();
    let read = disposition.contains("displayed") || disposition.contains("processed");
    let status = if read { ReportedStatus::Read } else { ReportedStatus::Deferred };
    Found::new(status, typed_address(get("final-recipient")).into_iter().collect())
}

/// A failure told in prose, by a mail system: from nobody or from a daemon, and with one of the
/// marks that mail systems leave. Everything else is a mail.
fn old_form(look: &Look<'_>, leaves: &[&Leaf<'_>]) -> Option<Found> {
    let daemon = look.null_sender || is_daemon(look.from);
    if !daemon || is_absence_note(look.head) {
        return None;
    }
    let leaf = leaves.iter().find(|leaf| leaf.kind.is_text())?;
    let (text, _) = leaf.characters();
    let named = look.head.has("x-failed-recipients");
    if !named && !bounce_text::is_failure(&look.head.text("subject").unwrap_or_default(), &text) {
        return None;
    }
    let told = bounce_text::before_copy(&text);
    if bounce_text::is_delay(told) {
        return Some(Found::new(ReportedStatus::Deferred, Vec::new()));
    }
    let bounce = bounce_text::judge(find_code(told), told);
    let recipient = bounce_text::recipient(told);
    let status = ReportedStatus::Undelivered(bounce);
    Some(Found { code: bounce.code, ..Found::new(status, recipient.into_iter().collect()) })
}

/// An absence note of a system that sends them without a sender.
fn is_absence_note(head: &Head<'_>) -> bool {
    const WORDS: &[&str] = &[
        "out of office",
        "out of the office",
        "automatic reply",
        "auto-reply",
        "autoreply",
        "auto reply",
        "vacation",
        "abwesenheit",
        "automatische antwort",
        "réponse automatique",
        "absence",
        "fuera de la oficina",
        "away from",
        "risposta automatica",
    ];
    let subject = head.text("subject").unwrap_or_default().to_lowercase();
    let vacation = head
        .raw("auto-submitted")
        .first()
        .is_some_and(|value| value.to_ascii_lowercase().contains("vacation"));
    vacation || WORDS.iter().any(|word| subject.contains(word))
}

fn failed_recipients(head: &Head<'_>) -> Vec<String> {
    let lists = head.raw("x-failed-recipients");
    let all = lists.iter().flat_map(|list| list.split(',')).filter_map(normalise);
    all.take(MAX_RECIPIENTS).collect()
}

/// The header of the mail that a report returns.
fn original(embedded: &Leaf<'_>) -> Vec<u8> {
    let copy = embedded.decoded();
    super::envelope::split_head(&copy).0.to_vec()
}

/// Where that mail says that it would come back.
fn returned_to(embedded: &Leaf<'_>) -> Vec<String> {
    let block = original(embedded);
    let named = Head::parse(&block).addresses("return-path");
    named.iter().filter_map(|named| normalise(&named.address)).collect()
}

/// Which mail the report is about: the embedded one, else the one that the report answers, else an
/// id of ours in its text.
fn about(head: &Head<'_>, embedded: Option<&Leaf<'_>>, leaves: &[&Leaf<'_>]) -> MessageRef {
    let named = embedded.and_then(|leaf| {
        let block = original(leaf);
        Head::parse(&block).ids("message-id").into_iter().next()
    });
    if let Some(id) = named.as_deref() {
        return match OwnId::read(id) {
            Some(own) => MessageRef::Ours(own.message),
            None => MessageRef::External(id.to_owned()),
        };
    }
    let answered = ["in-reply-to", "references"].into_iter().flat_map(|name| head.ids(name));
    let own = answered.into_iter().find_map(|id| OwnId::read(&id)).or_else(|| {
        let texts = leaves.iter().filter(|leaf| leaf.kind.is_text());
        texts.into_iter().find_map(|leaf| bounce_text::own_id(&leaf.characters().0))
    });
    own.map_or(MessageRef::Unnamed, |own| MessageRef::Ours(own.message))
}
