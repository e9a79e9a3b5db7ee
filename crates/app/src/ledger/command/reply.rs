//! An agent or backend writes: an answer that leaves through the channel, or a note that stays.

use super::leg::{interaction, not_open};
use super::relation::check_work;
use super::{Command, Done, Keys, No, consult};
use crate::ledger::draft::Draft;
use crate::ledger::rows::Delivery;
use domain::channel::AccountStatus;
use domain::event::Event;
use domain::id::{
    AccountId, AttachmentId, ContactPointId, ConversationId, InteractionId, MessageId,
};
use domain::interaction::Interaction;
use domain::mail::{ATTACHMENTS_BYTES_MAX, ATTACHMENTS_MAX};
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::refusal::{Reason, Refusal};
use domain::sealed::Sealed;
use domain::tenant::Caller;
use engine::floor::Floor;
use uuid::Uuid;

/// The command. The body is sealed with the key of the interaction's customer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Where.
    pub interaction_id: InteractionId,
    /// Its conversation, which never changes.
    pub conversation_id: ConversationId,
    /// The account it came by, which never changes.
    pub account_id: Option<AccountId>,
    /// What.
    pub body: Sealed,
    /// Where the conversation's answers go, if that was looked up: only mail has suppressions.
    pub contact_point_id: Option<ContactPointId>,
    /// Files that wait for a message.
    pub attachments: Vec<AttachmentId>,
    /// Whether the installation has a relay for mail.
    pub relay: bool,
    /// Whether it stays in the house.
    pub note: bool,
    /// What wrote it.
    pub author_kind: AuthorKind,
    /// Who wrote it.
    pub author_id: Uuid,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Reply {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
        keys.conversations.push(self.conversation_id);
        keys.accounts.extend(self.account_id);
        keys.contact_points.extend(self.contact_point_id);
        keys.attachments.extend(&self.attachments);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        self.check(draft, &row)?;
        check_files(draft, self.conversation_id, &self.attachments)?;
        let way_out = if self.note {
            None
        } else {
            if !row.status.is_open() {
                return Err(not_open(&row));
            }
            Some(self.way_out(draft)?)
        };
        let id: MessageId = draft.id();
        let direction = if self.note { Direction::InternalNote } else { Direction::Outbound };
        let message = Message {
            id,
            conversation_id: self.conversation_id,
            interaction_id: self.interaction_id,
            direction,
            author_kind: self.author_kind,
            author_id: self.author_id,
            body: self.body.clone(),
            status: if self.note { DeliveryStatus::Received } else { DeliveryStatus::Queued },
            failure: String::new(),
            steps: Vec::new(),
            external_id: Sealed::default(),
            sender: Sealed::default(),
            attachments: count(&self.attachments),
            created_at: draft.now,
            updated_at: draft.now,
            seq: draft.next_seq(),
        };
        draft.rows.messages.put(id, message);
        give_files(draft, id, self.conversation_id, &self.attachments);
        draft.record(Event::MessageAdded {
            message_id: id,
            interaction_id: self.interaction_id,
            conversation_id: self.conversation_id,
            direction,
            first_response: !self.note && row.first_response_at.is_none(),
            account_id: way_out,
            loop_suspected: false,
        });
        if let Some(account_id) = way_out {
            let delivery = Delivery {
                id: draft.id(),
                message_id: id,
                interaction_id: self.interaction_id,
                account_id,
                lane: *self.conversation_id.0.as_bytes(),
                page: None,
            };
            draft.rows.outbox.push(delivery);
        }
        Ok(Done { id: id.0, other: self.interaction_id.0 })
    }
}

impl Reply {
    /// Whoever advises on it writes notes; to the customer only its owner writes.
    fn check(&self, draft: &Draft, row: &Interaction) -> Result<(), No> {
        let agent = self.caller.and_then(|caller| caller.agent);
        if self.note && consult::advises(&draft.floor, row.id, agent) {
            return Ok(());
        }
        check_work(&draft.floor, self.caller.as_ref(), row)
    }

    /// The account the answer leaves by, if there is a way out at all.
    fn way_out(&self, draft: &Draft) -> Result<AccountId, No> {
        let has_address = draft
            .rows
            .conversations
            .get(self.conversation_id)
            .is_some_and(|conversation| conversation.contact_point_id.is_some());
        let account = self.account_id.and_then(|id| draft.rows.accounts.get(id));
        match account {
            Some(account) if account.status == AccountStatus::Disabled => {
                let refusal = Refusal::new(Reason::ChannelDisabled);
                Err(refusal.with("channel_account_id", account.id).into())
            }
            Some(account) if account.mail.is_none() && !self.attachments.is_empty() => {
                let text = "the channel of this interaction carries no files";
                Err(Refusal::field("attachment_ids", text).into())
            }
            Some(account) if has_address && account.can_send(self.relay) => {
                self.check_suppression(draft)?;
                Ok(account.id)
            }
            _ => {
                let refusal = Refusal::new(Reason::ChannelCannotSend);
                Err(refusal.with("conversation_id", self.conversation_id).into())
            }
        }
    }

    fn check_suppression(&self, draft: &Draft) -> Result<(), No> {
        let point = self.contact_point_id.and_then(|id| draft.rows.contact_points.get(id));
        match point {
            Some(point) if point.suppression.is_some() => {
                let refusal = Refusal::new(Reason::ContactSuppressed);
                Err(refusal.with("contact_point_id", point.id).into())
            }
            _ => Ok(()),
        }
    }
}

/// How many there are, as rows count them.
pub(super) fn count(files: &[AttachmentId]) -> i16 {
    i16::try_from(files.len()).unwrap_or(i16::MAX)
}

/// Whether a message of the conversation may have these files: they are whole, wait for one, and
/// are not too many or too large.
pub(super) fn check_files(
    draft: &Draft,
    conversation_id: ConversationId,
    files: &[AttachmentId],
) -> Result<(), No> {
    let mut bytes = 0;
    for (at, id) in files.iter().enumerate() {
        let file = draft.rows.attachments.get(*id);
        let own = file.filter(|file| file.conversation_id == conversation_id);
        let missing = || No::from(Refusal::not_found("attachment", id));
        let file = own.filter(|file| file.message_id.is_none()).ok_or_else(missing)?;
        if files[..at].contains(id) {
            return Err(Refusal::field("attachment_ids", "a file is named twice").into());
        }
        if file.received != file.size {
            let refusal = Refusal::new(Reason::AttachmentIncomplete).with("attachment_id", id);
            return Err(refusal.with("received", file.received).into());
        }
        bytes += file.size;
    }
    if files.len() > ATTACHMENTS_MAX || bytes > ATTACHMENTS_BYTES_MAX {
        let refusal = Refusal::new(Reason::AttachmentLimit);
        return Err(refusal.with("max_bytes", ATTACHMENTS_BYTES_MAX).into());
    }
    Ok(())
}

/// Gives files to a message.
pub(super) fn give_files(
    draft: &mut Draft,
    message_id: MessageId,
    conversation_id: ConversationId,
    files: &[AttachmentId],
) {
    for (position, id) in (0..).zip(files) {
        draft.rows.attachments.edit(*id, |file| {
            file.message_id = Some(message_id);
            file.conversation_id = conversation_id;
            file.position = position;
        });
    }
}
