//! The working set of one tenant in one batch: every row that its commands read or change. Commands
//! see what the ones before them changed; absence is an answer too; each row is written once, at
//! the end. A read of a row that no command declared is a fault of ours and ends that command.

mod offers;
mod rest;

use domain::agent::{Agent, Session, Team};
use domain::calendar::Calendar;
use domain::channel::{ChannelAccount, ChannelKind};
use domain::customer::{ContactPoint, Customer};
use domain::escalation::{EscalationFact, EscalationPolicy, Page};
use domain::event::{EndReason, Event, Recorded};
use domain::id::{
    AccountId, AgentId, ApiKeyId, AttachmentId, CalendarId, ContactPointId, ConversationId,
    CustomerId, DeliveryId, EscalationPolicyId, InteractionId, MessageId, OfferId, PlanId, QueueId,
    RuleId, ScheduleId, SessionId, SkillId, SlaPolicyId, TeamId, TenantId, TimeOffId,
};
use domain::interaction::{Conversation, Interaction, InteractionStatus};
use domain::mail::{Attachment, MailParticipant, MailReference, MailSender, MailboxRow};
use domain::message::{Direction, Message};
use domain::offer::{Consult, Offer};
use domain::plan::{Plan, PlanSpec};
use domain::queue::{Queue, RoutingSettings, Skill};
use domain::rule::Rule;
use domain::schedule::Schedule;
use domain::sealed::BlindIndex;
use domain::sla::{SlaBreach, SlaFact, SlaPolicy};
use domain::tenant::{ApiKey, Tenant};
use domain::time_off::TimeOff;
use engine::floor::{Floor, climb_down, take_in};
pub use offers::reason_word;
use rest::{fold_at_rest, fold_life};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The rows of one table, by key.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    slots: BTreeMap<K, Slot<V>>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    value: Option<V>,
    changed: bool,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { slots: BTreeMap::new() }
    }
}

impl<K: Ord + Copy + std::fmt::Debug, V: Clone> Table<K, V> {
    /// Takes in what was read; what is there already is newer and stays.
    pub fn loaded(&mut self, key: K, value: Option<V>) {
        self.slots.entry(key).or_insert(Slot { value, changed: false });
    }

    /// Whether it is known if there is such a row.
    #[must_use]
    pub fn knows(&self, key: K) -> bool {
        self.slots.contains_key(&key)
    }

    /// The row, if there is one.
    #[must_use]
    pub fn get(&self, key: K) -> Option<&V> {
        let slot = self.slots.get(&key);
        assert!(slot.is_some(), "row {key:?} was read without having been declared");
        slot.and_then(|slot| slot.value.as_ref())
    }

    /// Puts a row, new or changed.
    pub fn put(&mut self, key: K, value: V) {
        self.slots.insert(key, Slot { value: Some(value), changed: true });
    }

    /// Changes a row in place, if it is there.
    pub fn edit(&mut self, key: K, change: impl FnOnce(&mut V)) {
        if let Some(slot) = self.slots.get_mut(&key)
            && let Some(value) = slot.value.as_mut()
        {
            change(value);
            slot.changed = true;
        }
    }

    /// Removes a row.
    pub fn remove(&mut self, key: K) {
        self.slots.insert(key, Slot { value: None, changed: true });
    }

    /// Rows to write.
    pub fn written(&self) -> impl Iterator<Item = &V> {
        self.slots.values().filter(|slot| slot.changed).filter_map(|slot| slot.value.as_ref())
    }

    /// Rows to write, with their keys.
    pub fn entries_written(&self) -> impl Iterator<Item = (K, &V)> {
        let written = self.slots.iter().filter(|(_, slot)| slot.changed);
        written.filter_map(|(key, slot)| slot.value.as_ref().map(|value| (*key, value)))
    }

    /// Keys of rows to delete.
    pub fn removed(&self) -> impl Iterator<Item = K> {
        let gone = |slot: &Slot<V>| slot.changed && slot.value.is_none();
        self.slots.iter().filter(move |(_, slot)| gone(slot)).map(|(key, _)| *key)
    }

    /// Every row that is known to be there.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.slots.values().filter_map(|slot| slot.value.as_ref())
    }
}

/// A remembered request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Hash of its content.
    pub request_hash: [u8; 16],
    /// What it made or changed.
    pub resource_id: uuid::Uuid,
    /// Where in the log.
    pub seq: i64,
}

/// An outbound delivery to be put into the outbox.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What is sent.
    pub message_id: MessageId,
    /// For which interaction.
    pub interaction_id: InteractionId,
    /// Through which account.
    pub account_id: AccountId,
    /// Deliveries of one lane leave one after another.
    pub lane: [u8; 16],
    /// What it says, if it is a page and no message.
    pub page: Option<Page>,
}

/// The kinds of configuration whose names are unique in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedKind {
    /// Queues.
    Queue,
    /// Skills.
    Skill,
    /// Teams.
    Team,
    /// Rules.
    Rule,
    /// Channel accounts.
    Account,
    /// Routing plans.
    Plan,
    /// Business calendars.
    Calendar,
    /// Schedules.
    Schedule,
    /// SLA policies.
    SlaPolicy,
    /// Escalation policies.
    Escalation,
}

/// All rows of one tenant in one batch.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "one table each, named after its noun")]
pub struct Rows {
    pub interactions: Table<InteractionId, Interaction>,
    pub conversations: Table<ConversationId, Conversation>,
    pub messages: Table<MessageId, Message>,
    pub offers: Table<OfferId, Offer>,
    pub customers: Table<CustomerId, Customer>,
    pub customer_keys: Table<CustomerId, Vec<u8>>,
    pub contact_points: Table<ContactPointId, ContactPoint>,
    pub contacts: Table<(ChannelKind, BlindIndex), ContactPointId>,
    /// Newest conversation of a contact with an account, and its newest open interaction.
    pub threads: Table<(Option<AccountId>, ChannelKind, BlindIndex), ConversationId>,
    pub open_interaction: Table<ConversationId, InteractionId>,
    pub external: Table<BlindIndex, CustomerId>,
    pub agents: Table<AgentId, Agent>,
    pub sessions: Table<SessionId, (AgentId, Session)>,
    pub teams: Table<TeamId, Team>,
    pub skills: Table<SkillId, Skill>,
    pub queues: Table<QueueId, Queue>,
    pub rules: Table<RuleId, Rule>,
    pub plans: Table<PlanId, Plan>,
    pub plan_versions: BTreeMap<(PlanId, i64), PlanSpec>,
    /// Versions of plans that nothing goes by any more.
    pub plan_versions_over: Vec<(PlanId, Range<i64>)>,
    /// Who accepted work of these customers last.
    pub last_agents: BTreeMap<CustomerId, AgentId>,
    pub calendars: Table<CalendarId, Calendar>,
    pub schedules: Table<ScheduleId, Schedule>,
    pub time_off: Table<TimeOffId, TimeOff>,
    pub sla_policies: Table<SlaPolicyId, SlaPolicy>,
    pub escalation_policies: Table<EscalationPolicyId, EscalationPolicy>,
    pub sla_breaches: Vec<SlaBreach>,
    /// Only to be written: the floor knows them.
    pub routing_settings: Option<RoutingSettings>,
    pub accounts: Table<AccountId, ChannelAccount>,
    pub api_keys: Table<ApiKeyId, ApiKey>,
    pub tenants: Table<TenantId, Tenant>,
    pub tenant_keys: BTreeMap<TenantId, Vec<u8>>,
    pub tenant_names: BTreeMap<String, TenantId>,
    pub inbox: Table<(AccountId, [u8; 16]), bool>,
    pub outbox: Vec<Delivery>,
    pub mailboxes: Table<AccountId, MailboxRow>,
    pub mail_references: Table<MessageId, MailReference>,
    /// Conversations that hold a mail with an id.
    pub mail_index: Table<BlindIndex, Vec<ConversationId>>,
    pub participants: Table<(ConversationId, BlindIndex), MailParticipant>,
    pub senders: Table<(AccountId, BlindIndex), MailSender>,
    pub attachments: Table<AttachmentId, Attachment>,
    pub idempotency: Table<[u8; 16], Remembered>,
    /// Names in use; filled when a command declares configuration.
    pub names: BTreeSet<(NamedKind, String, uuid::Uuid)>,
    /// Customers that have interactions, asked for by commands that delete.
    pub presences: BTreeSet<AgentId>,
    waiting_for_row: BTreeMap<InteractionId, Vec<Recorded>>,
    /// Whether an agent took something that no command declared: whom its customer knows best is
    /// not known until its row is read.
    pub owned_undeclared: bool,
}

impl Rows {
    /// Whether another than `id` bears the name.
    #[must_use]
    pub fn name_taken(&self, kind: NamedKind, name: &str, id: uuid::Uuid) -> bool {
        self.names.iter().any(|(k, n, other)| *k == kind && n == name && *other != id)
    }

    /// Whether there is such a thing, by the list of names.
    #[must_use]
    pub fn is_named(&self, kind: NamedKind, id: uuid::Uuid) -> bool {
        self.names.iter().any(|(k, _, named)| *k == kind && *named == id)
    }

    /// Notes that an address is nobody's any more, nor is what was said by it found again.
    pub fn forget_contact(&mut self, kind: ChannelKind, index: BlindIndex) {
        self.contacts.remove((kind, index));
        for ((_, of, known), slot) in &mut self.threads.slots {
            if (*of, *known) == (kind, index) {
                slot.value = None;
            }
        }
    }

    /// Notes a name as taken.
    pub fn take_name(&mut self, kind: NamedKind, name: &str, id: uuid::Uuid) {
        self.free_name(kind, id);
        self.names.insert((kind, name.to_owned(), id));
    }

    /// Notes that a thing no longer bears its name.
    pub fn free_name(&mut self, kind: NamedKind, id: uuid::Uuid) {
        self.names.retain(|(k, _, other)| !(*k == kind && *other == id));
    }

    /// Takes an event into the rows it changes; `floor` stands after the event, `ended` is the leg
    /// an `OfferEnded` took from it.
    pub fn fold(&mut self, recorded: &Recorded, floor: &Floor, ended: Option<Offer>) {
        self.fold_offer(recorded, floor, ended);
        self.fold_presence(recorded);
        self.fold_breach(recorded);
        let Some(id) = recorded.event.interaction_id() else { return };
        self.fold_open(id, &recorded.event);
        if self.interactions.knows(id) {
            self.interactions.edit(id, |row| fold_interaction(row, recorded, floor));
            self.note_last_agent(id, &recorded.event);
        } else {
            self.owned_undeclared |= matches!(recorded.event, Event::OfferAccepted { .. });
            self.waiting_for_row.entry(id).or_default().push(recorded.clone());
        }
    }

    /// Interactions that changes reached and nobody declared, because routing placed them. They are
    /// needed only to be written.
    #[must_use]
    pub fn undeclared(&self) -> Vec<InteractionId> {
        self.waiting_for_row.keys().copied().collect()
    }

    /// Brings rows read late up to date.
    pub fn fold_undeclared(&mut self, floor: &Floor) {
        for (id, events) in std::mem::take(&mut self.waiting_for_row) {
            for recorded in events {
                self.interactions.edit(id, |row| fold_interaction(row, &recorded, floor));
                self.note_last_agent(id, &recorded.event);
            }
        }
    }

    /// Who accepts work of a customer is whom the customer knows.
    fn note_last_agent(&mut self, id: InteractionId, event: &Event) {
        if let Event::OfferAccepted { agent_id, .. } = event
            && let Some(row) = self.interactions.get(id)
        {
            self.last_agents.insert(row.customer_id, *agent_id);
        }
    }

    /// Who last accepted work of a customer whose row is known.
    #[must_use]
    pub fn last_agent(&self, id: CustomerId) -> Option<AgentId> {
        let accepted = self.last_agents.get(&id).copied();
        accepted.or_else(|| self.customers.get(id)?.last_agent_id)
    }

    /// Keeps "the conversation's open interaction" true within the batch.
    fn fold_open(&mut self, id: InteractionId, event: &Event) {
        match event {
            event if event.gives_up() || matches!(event, Event::InteractionResolved { .. }) => {
                // Another may be open in the conversation; which one was not read.
                self.open_interaction.slots.retain(|_, slot| slot.value != Some(id));
            }
            Event::InteractionReopened { .. } if self.interactions.knows(id) => {
                let conversation = self.interactions.get(id).map(|row| row.conversation_id);
                if let Some(conversation) = conversation
                    && self.open_interaction.knows(conversation)
                    && self.open_interaction.get(conversation).is_none_or(|newest| *newest < id)
                {
                    self.open_interaction.put(conversation, id);
                }
            }
            _ => {}
        }
    }

    /// A time that was used up has a row of its own.
    fn fold_breach(&mut self, recorded: &Recorded) {
        let Event::Sla(SlaFact::Breached {
            interaction_id,
            metric,
            round,
            due_at,
            policy_id,
            queue_id,
            priority,
        }) = &recorded.event
        else {
            return;
        };
        self.sla_breaches.push(SlaBreach {
            seq: recorded.seq,
            interaction_id: *interaction_id,
            metric: *metric,
            round: *round,
            policy_id: *policy_id,
            queue_id: *queue_id,
            priority: *priority,
            due_at: *due_at,
            breached_at: recorded.at,
        });
    }

    fn fold_presence(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::AgentPresenceChanged { agent_id, .. } | Event::AgentSaved { agent_id, .. } => {
                self.presences.insert(*agent_id);
            }
            Event::AgentDeleted { agent_id } => {
                self.presences.remove(agent_id);
            }
            Event::AgentSessionOpened { agent_id, session_id, node_id, epoch, max_open_offers } => {
                let (node_id, epoch, max_open_offers) = (*node_id, *epoch, *max_open_offers);
                let session = Session { node_id, epoch, max_open_offers };
                self.sessions.put(*session_id, (*agent_id, session));
                self.presences.insert(*agent_id);
            }
            Event::AgentSessionClosed { agent_id, session_id } => {
                self.sessions.remove(*session_id);
                self.presences.insert(*agent_id);
            }
            _ => {}
        }
    }
}

/// What an event says about its interaction beyond routing; then routing's part as the floor has
/// it.
fn fold_interaction(row: &mut Interaction, recorded: &Recorded, floor: &Floor) {
    let at = recorded.at;
    match &recorded.event {
        Event::OfferMade { .. } => row.first_offered_at = row.first_offered_at.or(Some(at)),
        Event::OfferAccepted { .. } => row.accepted_at = row.accepted_at.or(Some(at)),
        Event::OfferEnded { reason, .. } if reason.is_failure() => row.offers_failed += 1,
        Event::InteractionEscalated { level, .. } => row.escalation_level = *level,
        Event::Escalation(EscalationFact::Raised { .. }) => row.escalation_level += 1,
        Event::InteractionResolved { .. } => {
            row.resolved_at = Some(at);
            leave_floor(row, InteractionStatus::Resolved);
        }
        Event::InteractionReopened { .. } => row.resolved_at = None,
        Event::InteractionClosed { .. } => {
            row.closed_at = Some(at);
            leave_floor(row, InteractionStatus::Closed);
        }
        Event::InteractionCancelled { .. } => {
            row.closed_at = Some(at);
            leave_floor(row, InteractionStatus::Cancelled);
        }
        Event::Life(fact) => fold_life(row, fact, at),
        Event::InteractionRated { rating, .. } => {
            row.rating = *rating;
            row.rated_at = Some(at);
        }
        Event::MessageAdded { direction: Direction::Outbound, first_response: true, .. } => {
            row.first_response_at = row.first_response_at.or(Some(at));
        }
        Event::MessageStatusChanged { .. } => return,
        _ => {}
    }
    if let Some(item) = floor.item(row.id) {
        row.sla.clone_from(&item.sla);
        row.ladder.clone_from(&item.ladder);
        row.status = item.status;
        row.queue_id = item.queue_id;
        row.priority = item.priority;
        row.required_skills = item.required_skills.to_vec();
        row.enqueued_at = item.queue_id.map(|_| item.enqueued_at);
        row.enqueued_seq = item.enqueued_seq;
        row.target_agent_id = item.target;
        row.consult = floor.consult_leg(row.id).map(|leg| Consult::of(leg));
        row.cool_downs.clone_from(&item.cool_downs);
        row.offers_made = item.offers_made;
        row.last_agent_id = item.last_agent;
        row.plan = item.plan.as_ref().map(|plan| plan.pin.clone());
        row.wake_at = item.wake_at;
        // Whoever owned it to the end, or parked it, stays on record.
        let stays = matches!(
            recorded.event,
            Event::OfferEnded {
                reason: EndReason::Done | EndReason::Ended | EndReason::Parked,
                ..
            }
        );
        let rests_unowned = item.status == InteractionStatus::Parked && item.owner.is_none();
        if !stays && !rests_unowned {
            row.owner_agent_id = item.owner.and_then(|leg| floor.leg(leg)).map(|leg| leg.agent_id);
        }
    } else {
        fold_at_rest(row, &recorded.event);
        take_in(&mut row.sla, recorded, floor.promises());
        climb_down(&mut row.ladder, recorded);
    }
    row.updated_at = at;
    row.version += 1;
    row.last_seq = recorded.seq;
}

/// The owner stays on record; what routing held is forgotten.
fn leave_floor(row: &mut Interaction, status: InteractionStatus) {
    row.status = status;
    row.target_agent_id = None;
    row.consult = None;
    row.wake_at = None;
    row.cool_downs.clear();
    row.plan = None;
}
