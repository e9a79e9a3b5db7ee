//! What an arrival by mail adds: it goes where its thread is rather than where its sender wrote
//! last, leaves its own id for the answers to come, brings files, and may be answered at once.
//! Whoever writes too often is heard and answered nothing, and opens an interaction only when the
//! last one has ended: anybody can write often in somebody else's name.

use super::super::reply::{check_files, give_files};
use super::{Keys, No};
use crate::ledger::draft::Draft;
use crate::ledger::rows::Delivery;
use domain::event::{Actor, Event};
use domain::id::{AccountId, AttachmentId, ConversationId, InteractionId, MessageId};
use domain::mail::{MailParticipant, MailReference, MailSender, REPLY_AGAIN};
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::sealed::{BlindIndex, Sealed};
use uuid::Uuid;

/// What only mail has.
#[derive(Clone, Debug)]
pub struct MailArrival {
    /// Through which account.
    pub account_id: AccountId,
    /// The conversation it continues; none if it begins one.
    pub conversation: Option<ConversationId>,
    /// Whether its sender writes so often that a loop is suspected.
    pub flood: bool,
    /// The interaction it then joins, unless that has ended.
    pub joins: Option<InteractionId>,
    /// Blind indexes of the ids it refers to.
    pub refers_to: Vec<BlindIndex>,
    /// The conversations that these led to when it was prepared.
    pub seen: Vec<ConversationId>,
    /// Blind index of its own id, and what answers to it need, sealed.
    pub reference: Option<(BlindIndex, Sealed)>,
    /// Blind index of its sender.
    pub sender: BlindIndex,
    /// Blind indexes of others whom it went to.
    pub participants: Vec<BlindIndex>,
    /// Its files, which wait for it under the conversation or, if that is new, under none.
    pub attachments: Vec<AttachmentId>,
    /// What is answered at once if it opens an interaction, sealed; none if nothing may be.
    pub reply: Option<Sealed>,
}

impl MailArrival {
    pub(super) fn keys(&self, keys: &mut Keys) {
        keys.conversations.extend(self.conversation);
        keys.open_interaction.extend(self.conversation);
        keys.interactions.extend(self.joins);
        keys.mail_index.extend(&self.refers_to);
        keys.mail_index.extend(self.reference.iter().map(|(index, _)| *index));
        keys.senders.push((self.account_id, self.sender));
        keys.attachments.extend(&self.attachments);
        if let Some(id) = self.conversation {
            let all = self.participants.iter().chain([&self.sender]);
            keys.participants.extend(all.map(|index| (id, *index)));
        }
    }

    /// The interaction that a mail of too many joins, whatever else it belongs to.
    pub(super) fn joins(&self, draft: &Draft) -> Option<InteractionId> {
        let open = |id: &InteractionId| {
            draft.rows.interactions.get(*id).is_some_and(|row| row.status.is_open())
        };
        self.joins.filter(open)
    }

    /// The conversation it belongs to.
    ///
    /// # Errors
    /// It is to be prepared again if what it refers to came since, if its sender began or ceased
    /// to write too often, or if its files are gone.
    pub(super) fn thread(&self, draft: &Draft) -> Result<Option<ConversationId>, No> {
        let known = draft.rows.senders.get((self.account_id, self.sender));
        let floods = known.is_some_and(|sender| sender.floods(draft.now));
        if floods != self.flood {
            return Err(No::Stale);
        }
        let came = |index: &BlindIndex| {
            let found = draft.rows.mail_index.get(*index).map(Vec::as_slice).unwrap_or_default();
            found.iter().any(|id| !self.seen.contains(id))
        };
        if !floods && self.refers_to.iter().any(came) {
            return Err(No::Stale);
        }
        let home = self.conversation.unwrap_or_default();
        check_files(draft, home, &self.attachments).map_err(|_| No::Stale)?;
        Ok(self.conversation)
    }

    /// Keeps what later mails need.
    pub(super) fn keep(
        &self,
        draft: &mut Draft,
        (conversation_id, interaction_id, message_id): (ConversationId, InteractionId, MessageId),
    ) {
        give_files(draft, message_id, conversation_id, &self.attachments);
        if let Some((index, headers)) = &self.reference {
            let (index, headers) = (*index, headers.clone());
            let mut holders = draft.rows.mail_index.get(index).cloned().unwrap_or_default();
            holders.push(conversation_id);
            draft.rows.mail_index.put(index, holders);
            let row = MailReference { message_id, conversation_id, index, headers };
            draft.rows.mail_references.put(message_id, row);
        }
        for address in self.participants.iter().chain([&self.sender]) {
            let key = (conversation_id, *address);
            let known =
                draft.rows.participants.knows(key) && draft.rows.participants.get(key).is_some();
            if !known {
                let row = MailParticipant {
                    conversation_id,
                    address: *address,
                    replied_at: None,
                    created_at: draft.now,
                };
                draft.rows.participants.put(key, row);
            }
        }
        let key = (self.account_id, self.sender);
        let known = draft.rows.senders.get(key).cloned();
        let mut sender = known.unwrap_or_else(|| MailSender {
            account_id: self.account_id,
            address: self.sender,
            inbound: Vec::new(),
            replies: Vec::new(),
            conversation_id,
            interaction_id,
            updated_at: draft.now,
        });
        sender.wrote(draft.now);
        (sender.conversation_id, sender.interaction_id) = (conversation_id, interaction_id);
        draft.rows.senders.put(key, sender);
    }

    /// Answers at once, if its sender was not answered too often already.
    pub(super) fn answer(
        &self,
        draft: &mut Draft,
        conversation_id: ConversationId,
        interaction_id: InteractionId,
    ) {
        let Some(body) = &self.reply else { return };
        let now = draft.now;
        let sender = (self.account_id, self.sender);
        let known = draft.rows.senders.get(sender).is_some_and(|row| row.may_be_answered(now));
        let here = (conversation_id, self.sender);
        let again = draft.rows.participants.get(here).and_then(|row| row.replied_at);
        if !known || again.is_some_and(|at| now.since(at) < REPLY_AGAIN) {
            return;
        }
        draft.rows.senders.edit(sender, |row| row.answered(now));
        draft.rows.participants.edit(here, |row| row.replied_at = Some(now));
        self.write(draft, conversation_id, interaction_id, body);
    }

    /// The service's own message, and its way out.
    fn write(
        &self,
        draft: &mut Draft,
        conversation_id: ConversationId,
        interaction_id: InteractionId,
        body: &Sealed,
    ) {
        let id: MessageId = draft.id();
        let message = Message {
            id,
            conversation_id,
            interaction_id,
            direction: Direction::Outbound,
            author_kind: AuthorKind::System,
            author_id: Uuid::nil(),
            body: body.clone(),
            status: DeliveryStatus::Queued,
            failure: String::new(),
            steps: Vec::new(),
            external_id: Sealed::default(),
            sender: Sealed::default(),
            attachments: 0,
            created_at: draft.now,
            updated_at: draft.now,
            seq: draft.next_seq(),
        };
        draft.rows.messages.put(id, message);
        let who = std::mem::replace(&mut draft.actor, Actor::SYSTEM);
        draft.record(Event::MessageAdded {
            message_id: id,
            interaction_id,
            conversation_id,
            direction: Direction::Outbound,
            first_response: false,
            account_id: Some(self.account_id),
            loop_suspected: false,
        });
        draft.actor = who;
        let delivery = Delivery {
            id: draft.id(),
            message_id: id,
            interaction_id,
            account_id: self.account_id,
            lane: *conversation_id.0.as_bytes(),
            page: None,
        };
        draft.rows.outbox.push(delivery);
    }
}
