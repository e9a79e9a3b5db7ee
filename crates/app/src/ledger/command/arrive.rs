//! Something arrives: a customer's message through a channel, or an interaction opened by a
//! backend. Finds or makes the customer, the contact point and the conversation; joins the
//! conversation's open interaction or opens a new one; and puts that into the queue that intake
//! chose.

mod later;
mod mail;
mod row;
mod skills;

pub use mail::MailArrival;
pub(super) use skills::check_skills;
pub(crate) use skills::merged;

use super::enqueue::{Entry, enqueue, with_room};
use super::{Command, Done, Keys, No, park};
use crate::content::SealedTags;
use crate::ledger::{draft::Draft, rows::Remembered};
use domain::agent::Place;
use domain::channel::{AccountStatus, ChannelKind};
use domain::customer::{ContactPoint, Customer};
use domain::escalation::TriggerKind;
use domain::event::{Change, Event, QueueReason};
use domain::id::{
    AccountId, ContactPointId, ConversationId, CustomerId, EscalationPolicyId, InteractionId,
    MessageId, QueueId,
};
use domain::interaction::{Conversation, Traits};
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::refusal::{Reason, Refusal};
use domain::sealed::{BlindIndex, Sealed};
use domain::time::Timestamp;
use engine::floor::Floor;
use engine::routing::entry::entered;
use engine::routing::intake::Placement;
use uuid::Uuid;

/// Who it is about, as far as it was known when the command was prepared. All content is sealed
/// with this customer's key.
#[derive(Clone, Debug)]
pub struct Person {
    /// The customer found, or the one to be made.
    pub customer_id: CustomerId,
    /// What a new customer is made of; none if the customer was found.
    pub new: Option<NewPerson>,
    /// The address, if there is one.
    pub contact: Option<Contact>,
}

/// What a new customer is made of.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Display name and the rest, sealed.
    pub profile: Sealed,
    /// Their language.
    pub language: String,
}

/// An address.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The kind of channel.
    pub kind: ChannelKind,
    /// Its blind index.
    pub index: BlindIndex,
    /// Itself, sealed.
    pub address: Sealed,
    /// Whether the customer proved to own it.
    pub verified: bool,
}

/// Text that arrives with it.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it says.
    pub body: Sealed,
    /// The other side's id for it.
    pub external_id: Sealed,
    /// Who wrote it in place of the conversation's contact point, sealed; empty if nobody.
    pub sender: Sealed,
    /// Who wrote it: the customer, unless a backend opened the interaction in their name.
    pub author_kind: AuthorKind,
    /// Who that is; nil stands for the customer.
    pub author_id: Uuid,
}

/// The command.
#[derive(Clone, Debug)]
pub struct Arrive {
    /// Who.
    pub person: Person,
    /// Through which kind of channel.
    pub channel: ChannelKind,
    /// Through which account.
    pub account_id: Option<AccountId>,
    /// What it is about.
    pub subject: Sealed,
    /// Words on it.
    pub tags: SealedTags,
    /// The text.
    pub text: Option<Text>,
    /// What intake found.
    pub placement: Placement,
    /// The customer's tier; empty if none.
    pub tier: String,
    /// Where it is about, coarse.
    pub place: Option<Place>,
    /// The floor's configuration that intake judged by; none takes any.
    pub judged_at: Option<i64>,
    /// Whether it opens an interaction even if the conversation has an open one.
    pub always_new: bool,
    /// When its customer is to be called, instead of waiting; only for what is always new.
    pub callback_at: Option<Timestamp>,
    /// By which a second delivery of the same message is known.
    pub external_key: Option<[u8; 16]>,
    /// Policies of escalation whose words the customer used.
    pub heard: Vec<EscalationPolicyId>,
    /// What only mail has.
    pub mail: Option<Box<MailArrival>>,
    /// The inbox item it came from.
    pub inbox: Option<(AccountId, [u8; 16])>,
}

impl Command for Arrive {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.customers.push(self.person.customer_id);
        if let Some(contact) = &self.person.contact {
            keys.contacts.push((contact.kind, contact.index));
            if self.mail.is_none() {
                keys.threads.push((self.account_id, contact.kind, contact.index));
            }
        }
        keys.inbox.extend(self.inbox);
        keys.skills.extend(self.placement.required_skills.iter().map(|need| need.skill_id));
        keys.idempotency.extend(self.external_key);
        if let Some(mail) = &self.mail {
            mail.keys(keys);
        }
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        if let Some(done) = self.seen_before(draft) {
            return Ok(done);
        }
        self.check(draft)?;
        let contact_point = self.find_customer(draft)?;
        let known = match &self.mail {
            Some(mail) => mail.thread(draft)?,
            None => self.thread(draft),
        };
        if known.is_some_and(|id| !draft.rows.open_interaction.knows(id)) {
            // What was open in the conversation ended in this batch: it is to be read again.
            return Err(No::Stale);
        }
        let open = known.and_then(|id| draft.rows.open_interaction.get(id).copied());
        let forced = self.mail.as_ref().and_then(|mail| mail.joins(draft));
        let joins = forced.or(open.filter(|_| !self.always_new));
        let queue = if joins.is_none() { Some(self.queue(draft)?) } else { None };
        let contact_point = self.ensure_customer(draft, contact_point);
        let conversation = known.unwrap_or_else(|| self.open_conversation(draft, contact_point));
        let (interaction, message) = match joins {
            Some(open) => (open, self.message_id(draft)),
            None => self.open_interaction(draft, conversation),
        };
        self.add_text(draft, conversation, interaction, message);
        if let (Some(mail), Some(message)) = (&self.mail, message) {
            mail.keep(draft, (conversation, interaction, message));
        }
        if let Some(queue) = queue {
            self.enqueue(draft, interaction, queue);
            let point = contact_point.and_then(|id| draft.rows.contact_points.get(id));
            let reachable = point.is_some_and(|point| point.suppression.is_none());
            if let Some(mail) = self.mail.as_ref().filter(|mail| reachable && !mail.flood) {
                mail.answer(draft, conversation, interaction);
            }
        }
        self.set_off(draft, interaction);
        // The message leads to the interaction, not the other way round: it is what a repeat needs.
        let id = message.map_or(interaction.0, Uuid::from);
        self.remember(draft, id);
        Ok(Done { id, other: interaction.0 })
    }
}

impl Arrive {
    /// Sets the ladder off that listens to what was said.
    fn set_off(&self, draft: &mut Draft, id: InteractionId) {
        let ladder = draft.floor.item(id).and_then(|item| item.ladder.as_ref());
        if ladder.is_some_and(|ladder| self.heard.contains(&ladder.policy_id)) {
            draft.set_off(id, |trigger| trigger.kind() == TriggerKind::Keyword);
        }
    }

    /// How many files come with the text.
    fn attached(&self) -> i16 {
        self.mail.as_ref().map_or(0, |mail| super::reply::count(&mail.attachments))
    }

    fn seen_before(&self, draft: &mut Draft) -> Option<Done> {
        let key = self.external_key?;
        let seen = draft.rows.idempotency.get(key).copied()?;
        self.finish_inbox(draft);
        Some(Done::with(seen.resource_id))
    }

    fn check(&self, draft: &Draft) -> Result<(), No> {
        if let Some(id) = self.account_id {
            match draft.floor.account(id) {
                None => return Err(Refusal::not_found("channel_account", id).into()),
                Some(spec) if spec.status == AccountStatus::Disabled => {
                    let refusal = Refusal::new(Reason::ChannelDisabled);
                    return Err(refusal.with("channel_account_id", id).into());
                }
                Some(_) => {}
            }
        }
        check_skills(draft, &self.placement.required_skills)?;
        if self.judged_at.is_some_and(|seq| seq != draft.floor.config_seq()) {
            return Err(No::Stale);
        }
        Ok(())
    }

    /// Whether the prepared person still is who the rows say; the contact point, if known.
    fn find_customer(&self, draft: &Draft) -> Result<Option<ContactPointId>, No> {
        let known =
            self.person.contact.as_ref().and_then(|contact| {
                draft.rows.contacts.get((contact.kind, contact.index)).copied()
            });
        if let Some(id) = known {
            let owner = draft.rows.contact_points.get(id).map(|point| point.customer_id);
            if owner != Some(self.person.customer_id) {
                return Err(No::Stale);
            }
        }
        let exists = draft.rows.customers.get(self.person.customer_id).is_some();
        match (&self.person.new, exists) {
            (None, false) => Err(Refusal::not_found("customer", self.person.customer_id).into()),
            _ => Ok(known),
        }
    }

    fn thread(&self, draft: &Draft) -> Option<ConversationId> {
        let contact = self.person.contact.as_ref()?;
        draft.rows.threads.get((self.account_id, contact.kind, contact.index)).copied()
    }

    /// Where it waits. A customer's own message is never turned away: only work that a backend
    /// opens is.
    fn queue(&self, draft: &Draft) -> Result<QueueId, No> {
        let meant = self.placement.queue_id.ok_or(Refusal::new(Reason::NoQueue))?;
        if let Some(at) = self.callback_at {
            return self.queue_later(draft, meant, at);
        }
        let meant = entered(&draft.floor, meant, draft.now);
        match with_room(draft, meant, None) {
            Err(No::Refused(no)) if no.reason == Reason::QueueFull && !self.always_new => Ok(meant),
            other => other,
        }
    }

    fn ensure_customer(
        &self,
        draft: &mut Draft,
        contact_point: Option<ContactPointId>,
    ) -> Option<ContactPointId> {
        let id = self.person.customer_id;
        if let Some(new) = &self.person.new
            && draft.rows.customers.get(id).is_none()
        {
            let customer = Customer {
                id,
                profile: new.profile.clone(),
                external_index: None,
                tier: String::new(),
                language: new.language.clone(),
                last_agent_id: None,
                account_owner_id: None,
                version: 1,
                created_at: draft.now,
                updated_at: draft.now,
            };
            draft.rows.customers.put(id, customer);
            draft.rows.customer_keys.put(id, new.wrapped_key.clone());
            draft.record(Event::CustomerChanged { customer_id: id, change: Change::Created });
        }
        let contact = self.person.contact.as_ref()?;
        contact_point.or_else(|| Some(add_contact_point(draft, id, contact)))
    }

    fn open_conversation(
        &self,
        draft: &mut Draft,
        contact_point_id: Option<ContactPointId>,
    ) -> ConversationId {
        let id: ConversationId = draft.id();
        let conversation = Conversation {
            id,
            customer_id: self.person.customer_id,
            channel: self.channel,
            account_id: self.account_id,
            contact_point_id,
            created_at: draft.now,
        };
        draft.rows.conversations.put(id, conversation);
        // A mail's too, though mail does not thread by it: what else arrives from there finds it.
        if let Some(contact) = &self.person.contact {
            draft.rows.threads.put((self.account_id, contact.kind, contact.index), id);
        }
        id
    }

    /// The id of what is said, if anything is.
    fn message_id(&self, draft: &mut Draft) -> Option<MessageId> {
        self.text.as_ref().map(|_| draft.id())
    }

    fn open_interaction(
        &self,
        draft: &mut Draft,
        conversation: ConversationId,
    ) -> (InteractionId, Option<MessageId>) {
        let id: InteractionId = draft.id();
        let message_id = self.message_id(draft);
        draft.rows.interactions.put(id, self.interaction(draft, id, conversation));
        draft.rows.open_interaction.put(conversation, id);
        draft.record(Event::InteractionCreated {
            interaction_id: id,
            conversation_id: conversation,
            customer_id: self.person.customer_id,
            channel: self.channel,
            account_id: self.account_id,
            priority: self.placement.priority,
            rule_id: self.placement.rule.map(|rule| rule.rule_id),
            rule_version: self.placement.rule.map_or(0, |rule| rule.version),
            message_id,
        });
        (id, message_id)
    }

    fn add_text(
        &self,
        draft: &mut Draft,
        conversation_id: ConversationId,
        interaction_id: InteractionId,
        id: Option<MessageId>,
    ) {
        let (Some(text), Some(id)) = (&self.text, id) else { return };
        let author_id =
            if text.author_id.is_nil() { self.person.customer_id.0 } else { text.author_id };
        let message = Message {
            id,
            conversation_id,
            interaction_id,
            direction: Direction::Inbound,
            author_kind: text.author_kind,
            author_id,
            body: text.body.clone(),
            status: DeliveryStatus::Received,
            failure: String::new(),
            steps: Vec::new(),
            external_id: text.external_id.clone(),
            sender: text.sender.clone(),
            attachments: self.attached(),
            created_at: draft.now,
            updated_at: draft.now,
            seq: draft.next_seq(),
        };
        draft.rows.messages.put(id, message);
        draft.record(Event::MessageAdded {
            message_id: id,
            interaction_id,
            conversation_id,
            direction: Direction::Inbound,
            first_response: false,
            account_id: self.account_id,
            loop_suspected: self.mail.as_ref().is_some_and(|mail| mail.flood),
        });
        park::written_to(draft, interaction_id);
    }

    fn enqueue(&self, draft: &mut Draft, interaction_id: InteractionId, queue_id: QueueId) {
        if let Some(at) = self.callback_at {
            return self.schedule(draft, interaction_id, queue_id, at);
        }
        let entry = Entry {
            interaction_id,
            meant: self
                .placement
                .queue_id
                .map_or(queue_id, |queue| entered(&draft.floor, queue, draft.now)),
            queue_id,
            channel: self.channel,
            priority: self.placement.priority,
            required_skills: self.placement.required_skills.clone(),
            created_at: draft.now,
            enqueued_at: draft.now,
            enqueued_seq: draft.next_seq(),
            target: None,
            last_agent: draft.rows.last_agent(self.person.customer_id),
            offers_made: 0,
            reason: QueueReason::Arrived,
            rule: self.placement.rule,
            traits: self.traits(draft),
        };
        enqueue(draft, entry);
    }

    pub(super) fn traits(&self, draft: &Draft) -> Traits {
        let (language, tier) = (self.placement.language.clone(), self.tier.clone());
        let customer = draft.rows.customers.get(self.person.customer_id);
        let account_owner_id = customer.and_then(|customer| customer.account_owner_id);
        let (place, labels) = (self.place, self.tags.labels.clone());
        Traits { language, tier, place, account_owner_id, labels }
    }

    fn remember(&self, draft: &mut Draft, resource_id: Uuid) {
        if let Some(key) = self.external_key {
            let seen = Remembered { request_hash: [0; 16], resource_id, seq: draft.seq() };
            draft.rows.idempotency.put(key, seen);
        }
        self.finish_inbox(draft);
    }

    fn finish_inbox(&self, draft: &mut Draft) {
        if let Some(item) = self.inbox {
            draft.rows.inbox.put(item, true);
        }
    }
}

/// Adds an address to a customer.
pub(super) fn add_contact_point(
    draft: &mut Draft,
    customer_id: CustomerId,
    contact: &Contact,
) -> ContactPointId {
    let id: ContactPointId = draft.id();
    let point = ContactPoint {
        id,
        customer_id,
        kind: contact.kind,
        address: contact.address.clone(),
        address_index: contact.index,
        verified: contact.verified,
        suppression: None,
        soft_bounces: Vec::new(),
        created_at: draft.now,
    };
    draft.rows.contact_points.put(id, point);
    draft.rows.contacts.put((contact.kind, contact.index), id);
    draft.record(Event::ContactPointChanged {
        contact_point_id: id,
        customer_id,
        channel: contact.kind,
        change: Change::Created,
    });
    id
}
