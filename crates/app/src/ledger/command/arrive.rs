//! Something arrives: a customer's message through a channel, or an interaction opened by a
//! backend. Finds or makes the customer, the contact point and the conversation; joins the
//! conversation's open interaction or opens a new one; and puts that into the queue that intake
//! chose.

mod mail;

pub use mail::MailArrival;

use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use crate::ledger::rows::Remembered;
use domain::channel::{AccountStatus, ChannelKind};
use domain::customer::{ContactPoint, Customer};
use domain::event::{Change, Event, QueueReason};
use domain::id::{AccountId, ContactPointId, ConversationId, CustomerId, InteractionId, MessageId};
use domain::interaction::{Conversation, Interaction, InteractionStatus, SkillRequirement};
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::refusal::{Reason, Refusal};
use domain::sealed::{BlindIndex, Sealed};
use engine::floor::Floor;
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
    pub tags: Sealed,
    /// The text.
    pub text: Option<Text>,
    /// What intake found.
    pub placement: Placement,
    /// The floor's configuration that intake judged by; none takes any.
    pub judged_at: Option<i64>,
    /// Whether it opens an interaction even if the conversation has an open one.
    pub always_new: bool,
    /// By which a second delivery of the same message is known.
    pub external_key: Option<[u8; 16]>,
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
        let forced = self.mail.as_ref().and_then(|mail| mail.joins);
        let joins = forced.or(open.filter(|_| !self.always_new));
        if joins.is_none() {
            self.check_room(draft)?;
        }
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
        if joins.is_none() {
            self.enqueue(draft, interaction);
            let point = contact_point.and_then(|id| draft.rows.contact_points.get(id));
            let reachable = point.is_some_and(|point| point.suppression.is_none());
            if let Some(mail) = self.mail.as_ref().filter(|mail| reachable && !mail.flood) {
                mail.answer(draft, conversation, interaction);
            }
        }
        // The message leads to the interaction, not the other way round: it is what a repeat needs.
        let id = message.map_or(interaction.0, Uuid::from);
        self.remember(draft, id);
        Ok(Done { id, other: interaction.0 })
    }
}

impl Arrive {
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

    fn check_room(&self, draft: &Draft) -> Result<(), No> {
        let queue_id = self.placement.queue_id.ok_or(Refusal::new(Reason::NoQueue))?;
        let Some(spec) = draft.floor.queue(queue_id) else {
            return Err(Refusal::not_found("queue", queue_id).into());
        };
        // A customer's own message is never turned away: only work that a backend opens is.
        let full = spec.max_size > 0 && draft.floor.depth(queue_id) >= spec.max_size;
        if self.always_new && full {
            let refusal = Refusal::new(Reason::QueueFull).with("queue_id", queue_id);
            return Err(refusal.with("max_size", spec.max_size).into());
        }
        Ok(())
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
            rule_id: self.placement.rule_id,
            message_id,
        });
        (id, message_id)
    }

    fn interaction(
        &self,
        draft: &Draft,
        id: InteractionId,
        conversation_id: ConversationId,
    ) -> Interaction {
        Interaction {
            id,
            conversation_id,
            customer_id: self.person.customer_id,
            channel: self.channel,
            account_id: self.account_id,
            status: InteractionStatus::Created,
            queue_id: None,
            priority: self.placement.priority,
            subject: self.subject.clone(),
            tags: self.tags.clone(),
            language: self.placement.language.clone(),
            required_skills: self.placement.required_skills.clone(),
            matched_rule_id: self.placement.rule_id,
            owner_agent_id: None,
            target_agent_id: None,
            cool_downs: Vec::new(),
            offers_made: 0,
            offers_failed: 0,
            escalation_level: 0,
            created_at: draft.now,
            enqueued_at: None,
            enqueued_seq: 0,
            first_offered_at: None,
            accepted_at: None,
            first_response_at: None,
            resolved_at: None,
            closed_at: None,
            updated_at: draft.now,
            resolution: Sealed::default(),
            wrap_up_code: String::new(),
            rating: 0,
            rated_at: None,
            rating_comment: Sealed::default(),
            version: 0,
            last_seq: 0,
        }
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
    }

    fn enqueue(&self, draft: &mut Draft, interaction_id: InteractionId) {
        let queue_id = self.placement.queue_id.expect("check_room saw a queue");
        draft.record(Event::InteractionQueued {
            interaction_id,
            queue_id,
            channel: self.channel,
            priority: self.placement.priority,
            required_skills: self.placement.required_skills.clone(),
            enqueued_at: draft.now,
            enqueued_seq: draft.next_seq(),
            target_agent_id: None,
            offers_made: 0,
            reason: QueueReason::Arrived,
            rule_id: self.placement.rule_id,
        });
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

/// Skills that somebody asks for exist.
pub(super) fn check_skills(draft: &Draft, needs: &[SkillRequirement]) -> Result<(), No> {
    match needs.iter().find(|need| draft.rows.skills.get(need.skill_id).is_none()) {
        Some(need) => Err(Refusal::not_found("skill", need.skill_id).into()),
        None => Ok(()),
    }
}

/// Both lists of skills; of one that is in both, the higher level.
pub(crate) fn merged(
    mut needs: Vec<SkillRequirement>,
    more: &[SkillRequirement],
) -> Vec<SkillRequirement> {
    for need in more {
        match needs.iter_mut().find(|known| known.skill_id == need.skill_id) {
            Some(known) => known.min_level = known.min_level.max(need.min_level),
            None => needs.push(*need),
        }
    }
    needs.sort_unstable();
    needs
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
