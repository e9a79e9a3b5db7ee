//! What mail systems say in prose about a failure: codes in a line, marks of a failure, and the few
//! words that tell a full mailbox from a missing one where no code does. Read only in reports,
//! never in what people write, and nothing of the text is kept.

use super::address::normalise;
use super::thread::OwnId;
use crate::provider::{Bounce, BounceClass, EnhancedCode};

/// The most lines of a report that are read.
const MAX_LINES: usize = 400;

/// The first enhanced code of failure in a text, in whatever brackets.
pub(super) fn find_code(text: &str) -> Option<EnhancedCode> {
    let bytes = text.as_bytes();
    let starts = bytes.iter().enumerate().filter(|(at, byte)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        matches!(byte, b'4' | b'5')
            && bytes.get(at + 1) == Some(&b'.')
            && !before.is_ascii_alphanumeric()
            && before != b'.'
    });
    starts.map(|(at, _)| at).find_map(|at| {
        let rest = text.get(at..)?;
        let code = EnhancedCode::leading(rest)?;
        // Not the start of a longer word, such as a version.
        let after = rest[code.to_string().len()..].chars().next();
        after.is_none_or(|c| !c.is_alphanumeric()).then_some(code)
    })
}

/// The first SMTP reply code of failure in a text: three digits alone, or before a dash.
fn find_reply(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .filter(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|word| word.parse().ok())
        .find(|code| matches!(code, 421 | 450..=452 | 550..=556))
}

/// The class of a failure by its code, and by its words where the code says little.
pub(super) fn judge(code: Option<EnhancedCode>, text: &str) -> Bounce {
    if let Some(code) = code.filter(|code| code.subject != 0 && code.detail != 0) {
        return Bounce::of(code);
    }
    let lower = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let class = if code.is_some_and(|code| code.subject == 7) || says(POLICY) {
        BounceClass::Blocked
    } else if says(FULL) {
        BounceClass::Soft
    } else if code.is_none_or(|code| code.class == 5) && says(MISSING) {
        BounceClass::Hard
    } else {
        match (code, find_reply(text)) {
            (Some(code), _) if code.subject != 0 => Bounce::of(code).class,
            (None, Some(550 | 551 | 553 | 556)) => BounceClass::Hard,
            (None, Some(554)) => BounceClass::Blocked,
            _ => BounceClass::Soft,
        }
    };
    Bounce { class, code }
}

const POLICY: &[&str] = &[
    "spam",
    "blacklist",
    "blocklist",
    "block list",
    "black list",
    "blocked using",
    "spamhaus",
    "rbl",
    "dnsbl",
    "reputation",
    "spf",
    "dkim",
    "dmarc",
    "policy",
    "not allowed to send",
    "relaying denied",
    "relay denied",
    "relay access denied",
    "unable to relay",
    "virus",
    "content rejected",
    "greylist",
    "rate limit",
    "too many",
    "reverse dns",
    "ptr record",
];

const FULL: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "over quota",
    "overquota",
    "quota exceeded",
    "exceeded quota",
    "exceeds quota",
    "quota is exceeded",
    "exceeded storage",
    "insufficient storage",
    "out of storage",
    "insufficient system storage",
    "mailbox size",
    "mailfolder is full",
    "mbox full",
    "no space left",
    "timed out",
    "connection refused",
    "could not be delivered for",
    "retry timeout exceeded",
    "retry time not reached",
    "temporarily",
    "try again",
    "message too large",
    "too large",
    "size limit",
    "exceeds maximum",
];

const MISSING: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "does not exist",
    "doesn't exist",
    "not found",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "address unknown",
    "invalid recipient",
    "invalid mailbox",
    "no mailbox here",
    "mailbox unavailable",
    "mailbox not available",
    "not a valid mailbox",
    "account disabled",
    "account is disabled",
    "account has been disabled",
    "user disabled",
    "inactive",
    "unrouteable",
    "unroutable",
    "unrouteable address",
    "host unknown",
    "host not found",
    "no such domain",
    "domain not found",
    "name or service not known",
    "recipient address rejected",
    "user doesn't have",
    "not our customer",
    "addressee unknown",
    "bad destination mailbox",
    "couldn't find any host",
    "couldn't be found",
    "wasn't found",
    "address rejected",
];

/// Whether subject and text have a mark of a failure.
pub(super) fn is_failure(subject: &str, text: &str) -> bool {
    const SUBJECTS: &[&str] = &[
        "undeliver",
        "undelivered",
        "delivery status notification",
        "delivery failure",
        "delivery failed",
        "delivery notification",
        "failure notice",
        "returned mail",
        "mail delivery",
        "mail system error",
        "non delivery",
        "non-delivery",
        "nondeliverable",
        "could not be delivered",
        "unzustellbar",
        "nicht zugestellt",
        "message delivery",
        "warning: could not send",
        "warning: message",
        "mail failure",
        "returned to sender",
        "non remis",
        "mail could not be",
        "delivery has failed",
        "unable to deliver",
        "rejected mail",
    ];
    const TEXTS: &[&str] = &[
        "this is the qmail-send program",
        "this is a permanent error",
        "could not be delivered to one or more",
        "the following address(es) failed",
        "i wasn't able to deliver your message",
        "delivery to the following recipient",
        "----- the following addresses had permanent fatal errors",
        "----- transcript of session follows",
        "your message did not reach",
        "this message was created automatically by mail delivery software",
    ];
    let (subject, text) = (subject.to_lowercase(), text.to_lowercase());
    SUBJECTS.iter().any(|mark| subject.contains(mark))
        || TEXTS.iter().any(|mark| text.contains(mark))
}

/// Whether the text says that it is still being tried.
pub(super) fn is_delay(text: &str) -> bool {
    const MARKS: &[&str] = &[
        "has not yet been delivered",
        "not been delivered yet",
        "will be retried",
        "you do not need to resend",
        "you don't need to resend",
        "no action is required on your part",
        "warning message only",
        "this is a warning message",
        "delivery attempts will continue",
        "will continue to be attempted",
        "has been delayed",
        "delivery has been delayed",
    ];
    let lower = text.to_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

/// The text before the copy of the mail that came back.
pub(super) fn before_copy(text: &str) -> &str {
    const MARKS: &[&str] = &[
        "--- below this line is a copy",
        "------ this is a copy of",
        "----- original message",
        "----- unsent message follows",
        "--- the header of the original message",
        "------ this is a copy of your message",
        "original message headers:",
        "---- original message",
        "the following is a copy of",
    ];
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MAX_LINES) {
        let lower = line.trim().to_lowercase();
        if MARKS.iter().any(|mark| lower.starts_with(mark)) {
            return &text[..at];
        }
        at += line.len();
    }
    &text[..at]
}

/// The first address that stands alone in a line, bare, in brackets or before a colon; else the
/// first one in brackets anywhere.
pub(super) fn recipient(text: &str) -> Option<String> {
    let lines = || text.lines().take(MAX_LINES);
    let alone = lines().find_map(|line| {
        let line = line.trim().trim_end_matches(':').trim();
        let alone = !line.contains(char::is_whitespace) && line.contains('@');
        alone.then(|| normalise(line)).flatten()
    });
    alone.or_else(|| {
        lines().find_map(|line| {
            let (_, rest) = line.split_once('<')?;
            let (inside, _) = rest.split_once('>')?;
            normalise(inside)
        })
    })
}

/// A Message-ID of ours in a copied header.
pub(super) fn own_id(text: &str) -> Option<OwnId> {
    text.lines().take(MAX_LINES).find_map(|line| {
        let (name, value) = line.trim_start_matches(['>', ' ']).split_once(':')?;
        let is_id = name.trim().eq_ignore_ascii_case("message-id");
        let id = is_id.then(|| value.trim().trim_start_matches('<').trim_end_matches('>'))?;
        OwnId::read(id)
    })
}
