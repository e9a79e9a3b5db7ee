//! What only mail has, in the words of the provider contract: what a mail answers, what hangs on
//! it, whether a person wrote it, and what an answer needs besides its text. Bounds are named in
//! `email`, which makes these values; `Debug` shows counts and sizes, never addresses, names or
//! content.

use bytes::Bytes;
use std::fmt;

/// What a mail says besides its text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// What it may belong to.
    pub thread: ThreadHints,
    /// The files that hang on it, in their order.
    pub attachments: Vec<InboundAttachment>,
    /// Why nobody may answer it by machine; none if a person seems to have written it.
    pub automatic: Option<Automatic>,
    /// Whether the text was longer than is kept; the whole is then the last attachment.
    pub truncated: bool,
    /// The bound it broke, if any: text and attachments are then left out unread.
    pub quarantine: Option<Quarantine>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("thread", &self.thread)
            .field("attachments", &self.attachments)
            .field("automatic", &self.automatic)
            .field("truncated", &self.truncated)
            .field("quarantine", &self.quarantine)
            .finish()
    }
}

/// What a mail may belong to, in the order in which the hints are to be believed. None of it
/// proves anything before the token is opened or the id is found, and the sender is known to take
/// part; never is the text of a mail such a hint.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ThreadHints {
    /// The text of a reply token in an address it was sent to; `email::thread` opens it.
    pub reply_token: Option<String>,
    /// The ids it refers to, without brackets: In-Reply-To first, then References from the newest
    /// to the oldest, each once.
    pub references: Vec<String>,
    /// Its own Message-ID, without brackets.
    pub own_id: Option<String>,
    /// A case token from the subject, as `ABC-123` of `[#ABC-123]`.
    pub case_token: Option<String>,
    /// The mailbox it was sent to, from the envelope, normalised and without tag.
    pub mailbox: String,
    /// The other addresses in To and Cc, normalised, each once.
    pub participants: Vec<String>,
}

impl fmt::Debug for ThreadHints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadHints")
            .field("reply_token", &self.reply_token.is_some())
            .field("references", &self.references.len())
            .field("own_id", &self.own_id.is_some())
            .field("case_token", &self.case_token.is_some())
            .field("participants", &self.participants.len())
            .finish()
    }
}

/// A file that hangs on a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundAttachment {
    /// Its name: one path segment without control or direction characters, never empty.
    pub name: String,
    /// The type its sender claims, in lower case, without parameters; for display only.
    pub declared_type: String,
    /// The type its first bytes show; `application/octet-stream` if they show none.
    pub media_type: String,
    /// The content, decoded.
    pub bytes: Bytes,
    /// Whether it was meant to be shown in the text.
    pub inline: bool,
}

impl fmt::Debug for InboundAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundAttachment")
            .field("media_type", &self.media_type)
            .field("len", &self.bytes.len())
            .field("inline", &self.inline)
            .finish_non_exhaustive()
    }
}

/// Why nobody may answer a mail by machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Automatic {
    /// It carries a loop token of this service, of this installation or another.
    OwnLoop,
    /// It comes from the mailbox it was sent to.
    OwnAddress,
    /// It has no envelope sender.
    NullSender,
    /// `Auto-Submitted` says that a machine sent it.
    AutoSubmitted,
    /// `X-Auto-Response-Suppress` asks for silence.
    Suppressed,
    /// It went through a list.
    List,
    /// `Precedence` says bulk, list, junk or automatic reply.
    Bulk,
    /// Its sender is one that nobody reads.
    NoReply,
}

impl Automatic {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::OwnLoop,
        Self::OwnAddress,
        Self::NullSender,
        Self::AutoSubmitted,
        Self::Suppressed,
        Self::List,
        Self::Bulk,
        Self::NoReply,
    ];

    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OwnLoop => "OWN_LOOP",
            Self::OwnAddress => "OWN_ADDRESS",
            Self::NullSender => "NULL_SENDER",
            Self::AutoSubmitted => "AUTO_SUBMITTED",
            Self::Suppressed => "AUTO_RESPONSE_SUPPRESSED",
            Self::List => "LIST",
            Self::Bulk => "BULK",
            Self::NoReply => "NO_REPLY",
        }
    }
}

/// The bound that a mail broke; its content is then left out unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quarantine {
    /// Too many lines of header fields.
    HeaderLines,
    /// Parts within parts, too deep.
    Depth,
    /// Too many parts.
    Parts,
    /// Attachments too large together.
    Size,
}

impl Quarantine {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::HeaderLines => "TOO_MANY_HEADER_LINES",
            Self::Depth => "NESTED_TOO_DEEP",
            Self::Parts => "TOO_MANY_PARTS",
            Self::Size => "ATTACHMENTS_TOO_LARGE",
        }
    }
}

/// What only a report that came by mail says about the message it is about.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MailReport {
    /// The text of a bounce token in the address it was sent to, or else in what it returns of our
    /// mail; `email::thread` opens it. What it says goes before the reference of the report, and
    /// only whoever got our mail, or carried it, has one.
    pub bounce_token: Option<String>,
    /// The addresses it is about, normalised: the one that was written to and the one that this was
    /// forwarded to, as far as the report names them.
    pub recipients: Vec<String>,
}

impl fmt::Debug for MailReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailReport")
            .field("bounce_token", &self.bounce_token.is_some())
            .field("recipients", &self.recipients.len())
            .finish()
    }
}

/// What a mail to a customer carries besides its text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OutboundMail {
    /// The subject, complete (`Re: …` is the caller's affair).
    pub subject: String,
    /// What the customer is called, if known.
    pub to_name: Option<String>,
    /// Whom it comes from by name; none takes the account's display name.
    pub from_name: Option<String>,
    /// The Message-ID it answers, without brackets.
    pub in_reply_to: Option<String>,
    /// The ids of the conversation before it, oldest first, without brackets; the middle of a long
    /// list is left out.
    pub references: Vec<String>,
    /// The files that hang on it.
    pub attachments: Vec<OutboundAttachment>,
    /// The reply token of its conversation (`email::thread` makes it); none leaves Reply-To out.
    pub reply_token: Option<String>,
    /// The bounce token of this message; none makes the mailbox itself the envelope sender.
    pub bounce_token: Option<String>,
    /// Whether a machine wrote it: it then says so, and has no envelope sender.
    pub automatic: bool,
}

impl fmt::Debug for OutboundMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundMail")
            .field("references", &self.references.len())
            .field("attachments", &self.attachments)
            .field("automatic", &self.automatic)
            .finish_non_exhaustive()
    }
}

/// A file that hangs on a mail to a customer.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundAttachment {
    /// Its name.
    pub name: String,
    /// Its type, as `type/subtype`.
    pub media_type: String,
    /// Its content.
    pub bytes: Bytes,
}

impl fmt::Debug for OutboundAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundAttachment")
            .field("media_type", &self.media_type)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
