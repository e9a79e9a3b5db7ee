//! Mail as the house keeps it: an account's mailbox and the relay it leaves by, what leads a mail
//! to its conversation, who takes part in one, what is known of a sender so that no loop begins,
//! and files that belong to messages. How mail is spoken lives in the `channels` crate.

use crate::channel::coded_enum;
use crate::id::{
    AccountId, AttachmentId, ConversationId, CustomerId, InteractionId, MessageId, TenantId,
};
use crate::sealed::{BlindIndex, Sealed};
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How many automatic answers one sender gets within [`REPLIES_WITHIN`].
pub const REPLIES_MAX: usize = 5;
/// See [`REPLIES_MAX`].
pub const REPLIES_WITHIN: Span = Span::from_secs(3600);
/// How long one sender gets no second automatic answer in one conversation.
pub const REPLY_AGAIN: Span = Span::from_secs(24 * 3600);
/// How many mails of one sender within [`INBOUND_WITHIN`] are none too many; with the next a loop
/// is suspected.
pub const INBOUND_MAX: usize = 20;
/// See [`INBOUND_MAX`].
pub const INBOUND_WITHIN: Span = Span::from_secs(600);
/// How many files one message has at most.
pub const ATTACHMENTS_MAX: usize = 50;
/// How large the files of one message are together at most, in bytes: 25 MiB.
pub const ATTACHMENTS_BYTES_MAX: i64 = 25 << 20;
/// How many addresses of one mail count as taking part.
pub const PARTICIPANTS_MAX: usize = 50;

coded_enum! {
    /// How the way to a relay is secured.
    RelaySecurity {
        /// Not at all.
        None = 1,
        /// By STARTTLS if the relay offers it.
        Opportunistic = 2,
        /// By STARTTLS, or nothing is sent.
        Starttls = 3,
        /// By TLS from the first byte on.
        Tls = 4,
    }
}

/// Where mail leaves. Its password is sealed with the account's secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is secured.
    pub security: RelaySecurity,
    /// Whom to log in as; empty if nobody.
    #[serde(default)]
    pub username: String,
}

/// The settings of an account of kind e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSettings {
    /// The mailbox, as people write it.
    pub address: String,
    /// The name beside the address in what leaves; empty if none.
    #[serde(default)]
    pub display_name: String,
    /// The relay; none stands for the installation's.
    #[serde(default)]
    pub relay: Option<Relay>,
    /// What is answered at once to mail that opens an interaction; empty if nothing.
    #[serde(default)]
    pub auto_reply: String,
    /// For how many days after its interaction ended a conversation is found by its subject; zero
    /// if never.
    #[serde(default)]
    pub subject_days: u16,
}

/// Where a recipient leads: the account of a mailbox, found over all tenants by a keyed index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxRow {
    /// Which account.
    pub account_id: AccountId,
    /// The keyed index of its address.
    pub address: Vec<u8>,
    /// Whether it takes mail now.
    pub open: bool,
}

/// A mailbox that was looked up, with its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Whose.
    pub tenant: TenantId,
    /// Which account.
    pub account: AccountId,
    /// Whether it takes mail now.
    pub open: bool,
}

/// An inbound mail's own id, by which answers to it are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailReference {
    /// The message it became.
    pub message_id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// Blind index of its Message-ID, narrowed to the account.
    pub index: BlindIndex,
    /// Its Message-ID and the ids it referred to, sealed with the customer's key.
    pub headers: Sealed,
}

/// An address seen in a conversation's mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailParticipant {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Blind index of the address.
    pub address: BlindIndex,
    /// When it was last answered automatically.
    pub replied_at: Option<Timestamp>,
    /// When it was first seen.
    pub created_at: Timestamp,
}

/// What is known of an address that writes to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSender {
    /// The account.
    pub account_id: AccountId,
    /// Blind index of the address.
    pub address: BlindIndex,
    /// When its newest mails came, oldest first, at most [`INBOUND_MAX`].
    pub inbound: Vec<Timestamp>,
    /// When it was last answered automatically, oldest first, at most [`REPLIES_MAX`].
    pub replies: Vec<Timestamp>,
    /// The conversation its newest mail went to.
    pub conversation_id: ConversationId,
    /// The interaction its newest mail went to.
    pub interaction_id: InteractionId,
    /// When its newest mail came.
    pub updated_at: Timestamp,
}

impl MailSender {
    /// Whether one more mail at `now` is too many, so that a loop is suspected.
    #[must_use]
    pub fn floods(&self, now: Timestamp) -> bool {
        let recent = self.inbound.iter().filter(|at| now.since(**at) < INBOUND_WITHIN);
        recent.count() >= INBOUND_MAX
    }

    /// Whether it may be answered automatically once more.
    #[must_use]
    pub fn may_be_answered(&self, now: Timestamp) -> bool {
        let recent = self.replies.iter().filter(|at| now.since(**at) < REPLIES_WITHIN);
        recent.count() < REPLIES_MAX
    }

    /// Notes a mail.
    pub fn wrote(&mut self, now: Timestamp) {
        note(&mut self.inbound, now, INBOUND_MAX);
        self.updated_at = now;
    }

    /// Notes an automatic answer.
    pub fn answered(&mut self, now: Timestamp) {
        note(&mut self.replies, now, REPLIES_MAX);
    }
}

fn note(list: &mut Vec<Timestamp>, now: Timestamp, most: usize) {
    list.push(now);
    if list.len() > most {
        list.remove(0);
    }
}

/// A file that belongs to a message, or waits for one. Its bytes are kept in parts, each sealed
/// with the customer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Whose key seals it.
    pub customer_id: CustomerId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The message it belongs to; none while it waits for one.
    pub message_id: Option<MessageId>,
    /// Its place among the message's files, from 0.
    pub position: i16,
    /// Name and media types, sealed with the customer's key.
    pub meta: Sealed,
    /// How large it is, in bytes.
    pub size: i64,
    /// How much of it is here.
    pub received: i64,
    /// When it came.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender() -> MailSender {
        MailSender {
            account_id: AccountId::default(),
            address: BlindIndex([0; 16]),
            inbound: Vec::new(),
            replies: Vec::new(),
            conversation_id: ConversationId::default(),
            interaction_id: InteractionId::default(),
            updated_at: Timestamp::default(),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_mail_after_twenty_in_ten_minutes_is_too_many() {
        let mut known = sender();
        for second in 0..20 {
            assert!(!known.floods(at(second)), "mail {second}");
            known.wrote(at(second));
        }
        assert!(known.floods(at(20)) && known.floods(at(599)));
        assert!(!known.floods(at(600)), "the first is ten minutes old");
        known.wrote(at(600));
        assert_eq!(known.inbound.len(), INBOUND_MAX);
    }

    #[test]
    fn five_automatic_answers_an_hour() {
        let mut known = sender();
        for minute in 0..5 {
            assert!(known.may_be_answered(at(minute * 60)));
            known.answered(at(minute * 60));
        }
        assert!(!known.may_be_answered(at(3599)));
        assert!(known.may_be_answered(at(3600)));
    }
}
