//! An agent or backend writes: an answer that leaves through the channel, or a note that stays.

use super::leg::{interaction, not_open};
use super::relation::check_work;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use crate::ledger::rows::Delivery;
use domain::channel::AccountStatus;
use domain::event::Event;
use domain::id::{AccountId, ConversationId, InteractionId, MessageId};
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
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
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
            created_at: draft.now,
            updated_at: draft.now,
            seq: draft.next_seq(),
        };
        draft.rows.messages.put(id, message);
        draft.record(Event::MessageAdded {
            message_id: id,
            interaction_id: self.interaction_id,
            conversation_id: self.conversation_id,
            direction,
            first_response: !self.note && row.first_response_at.is_none(),
            account_id: way_out,
        });
        if let Some(account_id) = way_out {
            let delivery = Delivery {
                id: draft.id(),
                message_id: id,
                interaction_id: self.interaction_id,
                account_id,
                lane: *self.conversation_id.0.as_bytes(),
            };
            draft.rows.outbox.push(delivery);
        }
        Ok(Done { id: id.0, other: self.interaction_id.0 })
    }
}

impl Reply {
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
            Some(account) if has_address && !account.url.is_empty() => Ok(account.id),
            _ => {
                let refusal = Refusal::new(Reason::ChannelCannotSend);
                Err(refusal.with("conversation_id", self.conversation_id).into())
            }
        }
    }
}
