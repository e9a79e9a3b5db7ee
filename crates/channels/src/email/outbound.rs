//! Writing a mail to a customer: who, what it answers, the text and the files, the same bytes in
//! every attempt. People's mail says that it is theirs; a machine's says so, asks for no answer and
//! has no envelope sender, so that nothing of it comes back.

use super::address::normalise;
use super::attachment::{self, MAX_ATTACHMENT_BYTES};
use super::automatic::{LOOP_FIELD, LOOP_MARK};
use super::config::{self, Settings};
use super::header::{self, clean, phrase};
use super::mime::MAX_PARTS;
use super::text::MAX_TEXT;
use super::thread::{OwnId, is_token, is_writable, token_address};
use crate::provider::{
    AccountConfig, OutboundAttachment, OutboundMail, OutboundMessage, RenderError,
};
use crate::secrets::Secrets;
use crate::smtp::MailRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::time::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::{BodyPart, MimePart};

/// The longest subject, in characters.
pub const MAX_SUBJECT: usize = 250;
/// How many of the newest ids References keeps besides the first.
pub const KEPT_REFERENCES: usize = 20;
/// The most files of one mail.
pub const MAX_FILES: usize = MAX_PARTS - 2;

const BASE64_LINE: usize = 76;
/// The last second that the field of the date can hold.
const LAST_SECOND: i64 = 253_402_300_799;

type Fault = RenderError;

pub(super) fn render(
    account: &AccountConfig,
    message: &OutboundMessage,
    secrets: &Secrets,
) -> Result<MailRequest, Fault> {
    let settings = config::read(account)?;
    let relay = settings.relay(secrets)?;
    let to = normalise(&message.to_address).ok_or(Fault::Message("address"))?;
    let plain = OutboundMail::default();
    let mail = message.mail.as_deref().unwrap_or(&plain);
    let sender = match (mail.automatic, &mail.bounce_token) {
        (true, _) => None,
        (false, Some(token)) => Some(tokened(&settings.address, token, "bounce token")?),
        (false, None) => Some(settings.address.clone()),
    };
    let written = Letter { settings: &settings, message, mail, to: &to }.write()?;
    Ok(MailRequest { relay, sender, recipient: to, message: written.into() })
}

/// The mailbox with a token, or without if there is no room for it.
fn tokened(mailbox: &str, token: &str, what: &'static str) -> Result<String, Fault> {
    if !is_token(token) {
        return Err(Fault::Message(what));
    }
    Ok(token_address(mailbox, token).unwrap_or_else(|| mailbox.to_owned()))
}

struct Letter<'a> {
    settings: &'a Settings,
    message: &'a OutboundMessage,
    mail: &'a OutboundMail,
    to: &'a str,
}

impl Letter<'_> {
    fn write(&self) -> Result<Vec<u8>, Fault> {
        let (settings, mail) = (self.settings, self.mail);
        let own = OwnId { message: self.message.message_id };
        let from_name = mail.from_name.as_deref().or(settings.display_name.as_deref());
        let mut fields: Vec<(&'static str, HeaderType<'_>)> = vec![
            ("Date", Date::new(date(self.message.created_at)?).into()),
            ("From", mailbox(from_name, &settings.address, "sender name")?),
            ("To", mailbox(mail.to_name.as_deref(), self.to, "name")?),
        ];
        if let Some(token) = &mail.reply_token {
            let address = tokened(&settings.address, token, "reply token")?;
            fields.push(("Reply-To", mailbox(from_name, &address, "sender name")?));
        }
        let text = subject(&mail.subject)?;
        fields.push(match header::disguised(text) {
            Some(words) => ("Subject", Raw::new(words).into()),
            None => ("Subject", Text::new(text).into()),
        });
        fields.push(("Message-ID", MessageId::new(own.message_id(&settings.domain)).into()));
        if let Some(id) = &mail.in_reply_to {
            fields.push(("In-Reply-To", MessageId::new(id_of(id)?).into()));
        }
        let references = self.references()?;
        if !references.is_empty() {
            fields.push(("References", MessageId::from(references).into()));
        }
        if mail.automatic {
            let token = format!("{LOOP_MARK} {}", settings.address);
            fields.push(("Auto-Submitted", Raw::new("auto-replied").into()));
            fields.push(("X-Auto-Response-Suppress", Raw::new("All").into()));
            fields.push(("Precedence", Raw::new("auto_reply").into()));
            fields.push((LOOP_FIELD, Raw::new(token).into()));
        } else {
            fields.push(("Auto-Submitted", Raw::new("no").into()));
        }
        let mut builder = MessageBuilder::new();
        for (name, value) in fields {
            builder = builder.header(name, value);
        }
        let written = builder.body(self.body()?).write_to_vec();
        let mut written = written.expect("writing to memory does not fail");
        // A text need not end with a line end; a mail does.
        if !written.ends_with(b"\r\n") {
            written.extend_from_slice(b"\r\n");
        }
        Ok(written)
    }

    /// The first id and the newest, oldest first, ended by what the mail answers.
    fn references(&self) -> Result<Vec<String>, Fault> {
        let mut all: Vec<String> = Vec::new();
        for id in self.mail.references.iter().chain(&self.mail.in_reply_to) {
            let id = id_of(id)?;
            all.retain(|known| known != id);
            all.push(id.to_owned());
        }
        if all.len() > KEPT_REFERENCES + 1 {
            let newest = all.split_off(all.len() - KEPT_REFERENCES);
            all.truncate(1);
            all.extend(newest);
        }
        Ok(all)
    }

    fn body(&self) -> Result<MimePart<'_>, Fault> {
        let text = self.message.body.as_str();
        let empty = text.trim().is_empty() && self.mail.attachments.is_empty();
        if empty || text.len() > MAX_TEXT || text.contains('\0') {
            return Err(Fault::Message("text"));
        }
        let files = &self.mail.attachments;
        let size: usize = files.iter().map(|file| file.bytes.len()).sum();
        if files.len() > MAX_FILES || size > MAX_ATTACHMENT_BYTES {
            return Err(Fault::Message("attachments"));
        }
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        let shown = MimePart::new("text/plain", lines.replace('\n', "\r\n"));
        if files.is_empty() {
            return Ok(shown);
        }
        // Named after the message: the same in every attempt, and nobody can have quoted it.
        let boundary = format!("=_{}", self.message.message_id.as_simple());
        let mut parts = vec![shown];
        for file in files {
            parts.push(attached(file)?);
        }
        let kind = ContentType::new("multipart/mixed").attribute("boundary", boundary);
        Ok(MimePart::new(kind, parts))
    }
}

fn attached(file: &OutboundAttachment) -> Result<MimePart<'static>, Fault> {
    let kind = file.media_type.to_ascii_lowercase();
    let is_token = |text: &str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        (1..=MAX_TYPE).contains(&text.len()) && text.bytes().all(known)
    };
    let usable = kind.split_once('/').is_some_and(|(a, b)| is_token(a) && is_token(b));
    // A mail within a mail may not be encoded, and parts within a file are nobody's to read.
    let opaque = kind.starts_with("multipart/") || kind.starts_with("message/");
    let kind = if usable && !opaque { kind } else { "application/octet-stream".to_owned() };
    clean(&file.name).map_err(|_| Fault::Message("attachment name"))?;
    let name = attachment::file_name(&file.name);
    let mut encoded = String::with_capacity(file.bytes.len() / 3 * 4 + file.bytes.len() / 50);
    let all = STANDARD.encode(&file.bytes);
    for line in all.as_bytes().chunks(BASE64_LINE) {
        encoded.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        encoded.push_str("\r\n");
    }
    let disposition = format!("attachment; {}", header::file_name(&name));
    let mut kind = kind;
    // Without a charset a text is ASCII. What is UTF-8 says so; what is not, nobody here knows.
    if kind.starts_with("text/") && std::str::from_utf8(&file.bytes).is_ok() {
        kind.push_str("; charset=utf-8");
    }
    if let Some(name) = header::fallback_name(&name) {
        kind.push_str(&format!("; name=\"{name}\""));
    }
    let mut part = MimePart::raw(BodyPart::Text(encoded.into()));
    part.headers = vec![
        ("Content-Type".into(), Raw::new(kind).into()),
        ("Content-Disposition".into(), Raw::new(disposition).into()),
        ("Content-Transfer-Encoding".into(), Raw::new("base64").into()),
    ];
    Ok(part)
}

/// The longest half of a type of content.
const MAX_TYPE: usize = 100;

fn mailbox(
    name: Option<&str>,
    address: &str,
    what: &'static str,
) -> Result<HeaderType<'static>, Fault> {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let Some(name) = name else { return Ok(Raw::new(format!("<{address}>")).into()) };
    let usable = name.chars().count() <= config::MAX_DISPLAY_NAME;
    let name = clean(name).ok().filter(|_| usable).ok_or(Fault::Message(what))?;
    Ok(Raw::new(format!("{} <{address}>", phrase(name))).into())
}

fn subject(text: &str) -> Result<&str, Fault> {
    let usable = text.chars().count() <= MAX_SUBJECT;
    clean(text).ok().filter(|_| usable).ok_or(Fault::Message("subject"))
}

/// An id that may stand in brackets.
fn id_of(id: &str) -> Result<&str, Fault> {
    if is_writable(id) { Ok(id) } else { Err(Fault::Message("reference")) }
}

fn date(at: Timestamp) -> Result<i64, Fault> {
    let second = at.micros().div_euclid(1_000_000);
    if (0..=LAST_SECOND).contains(&second) { Ok(second) } else { Err(Fault::Time) }
}
