//! Every fact the log records. Events carry ids, enums and numbers, never personal content: what
//! was said lives in sealed rows. The floor, the cache routing decides on, is a fold of these, so
//! an event holds everything about its change that routing reads.
//!
//! Stored form: one JSON array of [`Recorded`] per batch and tenant. A new kind or field is added
//! so that older stored bytes still read; a kind is never given another meaning.

mod about;
mod consult;
mod life;
mod name;
mod operation;

pub use consult::ConsultFact;
pub use life::{LifeFact, Rested, WakeReason};
pub use operation::Operation;

use crate::agent::{AgentSpec, EffectiveStatus, PresenceStatus};
use crate::channel::{AccountSpec, ChannelKind, coded_enum};
use crate::escalation::{EscalationFact, Ladder};
use crate::id::{
    AccountId, AgentId, ApiKeyId, ContactPointId, ConversationId, CustomerId, InteractionId,
    LabelId, MessageId, NodeId, OfferId, PlanId, QueueId, RuleId, SessionId, SkillId, TeamId,
    TenantId,
};
use crate::interaction::{InteractionStatus, Priority, SkillRequirement, Traits};
use crate::message::{DeliveryStatus, Direction};
use crate::offer::OfferState;
use crate::plan::{PlanPin, PlanSpec};
use crate::queue::{QueueSpec, RoutingSettings};
use crate::rule::RuleSpec;
use crate::schedule::{Duty, ScheduleFact};
use crate::sla::{Sla, SlaFact};
use crate::time::Timestamp;
use crate::time_off::TimeOffFact;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

coded_enum! {
    /// What made a change happen.
    ActorKind {
        /// The service: a timer or the router.
        System = 1,
        /// A caller with a key.
        Key = 2,
        /// An agent.
        Agent = 3,
        /// A customer, through a channel.
        Customer = 4,
        /// A caller with a token or a certificate.
        Principal = 5,
    }
}

/// Who made a change happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What it is.
    pub kind: ActorKind,
    /// Which one; nil for the service.
    pub id: Uuid,
}

impl Actor {
    /// The service itself.
    pub const SYSTEM: Actor = Actor { kind: ActorKind::System, id: Uuid::nil() };
}

/// One event at its place in the tenant's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its place, counted from 1 without gaps.
    pub seq: i64,
    /// When it happened: the batch's `now`.
    pub at: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// The caller's request, if it named one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// What happened.
    pub event: Event,
}

coded_enum! {
    /// Why an offer or leg ended.
    EndReason {
        /// The work is done.
        Done = 1,
        /// The agent declined.
        Declined = 2,
        /// The agent did not answer in time.
        NoAnswer = 3,
        /// It was moved: transferred, rerouted or pulled.
        Moved = 4,
        /// The interaction was resolved or cancelled first.
        Ended = 5,
        /// The agent's presence lease ended.
        Lost = 6,
        /// The agent stopped being available for it.
        Unavailable = 7,
        /// The customer left first.
        CustomerLeft = 8,
        /// It was set aside, and does not count while it is.
        Parked = 9,
        /// Its customer is called back at another time.
        Scheduled = 10,
        /// Its agent was handed the interaction on which they advised.
        HandedOver = 11,
        /// Who asked for advice wants it no more.
        Withdrawn = 12,
    }
}

impl EndReason {
    /// Whether the agent did not take it, rather than it being done or moved.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Declined | Self::NoAnswer | Self::Lost | Self::Unavailable)
    }
}

coded_enum! {
    /// Why an interaction entered a queue.
    QueueReason {
        /// It arrived.
        Arrived = 1,
        /// Somebody transferred it.
        Transferred = 2,
        /// Somebody routed it by hand.
        Routed = 3,
        /// It was reopened.
        Reopened = 4,
        /// It was escalated.
        Escalated = 5,
        /// The agent it waited for left.
        Released = 6,
        /// The agent who owned it went offline.
        AgentLeft = 7,
        /// It was parked or scheduled, and woke.
        Woken = 8,
    }
}

coded_enum! {
    /// What was done to a piece of configuration or a record.
    Change {
        /// It came to be.
        Created = 1,
        /// It changed.
        Updated = 2,
        /// It is gone.
        Deleted = 3,
    }
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum Event {
    /// An interaction was created.
    InteractionCreated {
        interaction_id: InteractionId,
        conversation_id: ConversationId,
        customer_id: CustomerId,
        channel: ChannelKind,
        account_id: Option<AccountId>,
        priority: Priority,
        rule_id: Option<RuleId>,
        /// That rule's version at the time; zero if there is none.
        #[serde(default)]
        rule_version: i64,
        /// What it began with, if anything was said.
        #[serde(default)]
        message_id: Option<MessageId>,
    },
    /// An interaction began to wait in a queue.
    InteractionQueued {
        interaction_id: InteractionId,
        queue_id: QueueId,
        channel: ChannelKind,
        priority: Priority,
        required_skills: Vec<SkillRequirement>,
        enqueued_at: Timestamp,
        enqueued_seq: i64,
        /// Offered only to this agent until an offer to them fails.
        target_agent_id: Option<AgentId>,
        /// How many offers were made before.
        offers_made: i32,
        reason: QueueReason,
        /// The rule that chose the queue, if one did.
        #[serde(default)]
        rule_id: Option<RuleId>,
        /// The plan it goes by there; none in a queue without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<PlanPin>,
        /// Who last accepted an interaction of its customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_agent_id: Option<AgentId>,
        /// The queue it was meant for, if that had no room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overflowed_from: Option<QueueId>,
        /// That rule's version at the time; zero if there is none.
        #[serde(default)]
        rule_version: i64,
        /// What strategies and caps look at beside skills.
        #[serde(default, skip_serializing_if = "Traits::is_empty")]
        traits: Traits,
        /// The ladder it gets; none if it has one, or the queue names none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ladder: Option<std::sync::Arc<Ladder>>,
    },
    /// An agent was asked.
    OfferMade {
        offer_id: OfferId,
        interaction_id: InteractionId,
        agent_id: AgentId,
        queue_id: QueueId,
        channel: ChannelKind,
        attempt: i32,
        expires_at: Timestamp,
        /// Whom the queue's shadow strategy would have asked, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shadow_agent_id: Option<AgentId>,
        /// The labels it counts for as long as it lives: those the interaction has now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<LabelId>,
        /// Whether somebody who may overrode what limits the agent.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        override_limits: bool,
    },
    /// The agent said yes and owns the interaction.
    OfferAccepted { offer_id: OfferId, interaction_id: InteractionId, agent_id: AgentId },
    /// An offer or leg ended.
    OfferEnded {
        offer_id: OfferId,
        interaction_id: InteractionId,
        agent_id: AgentId,
        state: OfferState,
        reason: EndReason,
        /// Until when the agent is not asked again while others can be.
        cool_until: Option<Timestamp>,
    },
    /// The contact is over; its agent finishes up.
    InteractionWrapping {
        interaction_id: InteractionId,
        offer_id: OfferId,
        agent_id: AgentId,
        wrap_until: Timestamp,
    },
    /// Somebody asked for a transfer.
    InteractionTransferRequested {
        interaction_id: InteractionId,
        from_agent_id: Option<AgentId>,
        to_agent_id: Option<AgentId>,
        to_queue_id: Option<QueueId>,
    },
    /// It was escalated.
    InteractionEscalated {
        interaction_id: InteractionId,
        level: i32,
        priority: Priority,
        /// The queue it goes to; none if it stays.
        #[serde(default)]
        queue_id: Option<QueueId>,
        /// The escalation team of those who have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team_id: Option<TeamId>,
    },
    /// Priority, language, skills, subject or tags changed.
    InteractionUpdated {
        interaction_id: InteractionId,
        priority: Priority,
        required_skills: Vec<SkillRequirement>,
        /// Names of what was changed.
        #[serde(default)]
        fields: Vec<String>,
        /// The language it has now, if that changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// The labels it has now, if tags changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<Vec<LabelId>>,
    },
    /// The work is done.
    InteractionResolved {
        interaction_id: InteractionId,
        /// The agent's code for how it ended; empty if none is at hand.
        #[serde(default)]
        wrap_up_code: String,
    },
    /// Resolved work starts again.
    InteractionReopened {
        interaction_id: InteractionId,
        /// The queue it goes to.
        #[serde(default)]
        queue_id: Option<QueueId>,
        /// How its promises stood when it was resolved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sla: Option<std::sync::Arc<Sla>>,
        /// Whether an agent had ever taken it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        taken: bool,
    },
    /// The reopen window has passed.
    InteractionClosed {
        interaction_id: InteractionId,
        /// The agent's code for how it ended; empty if none.
        #[serde(default)]
        wrap_up_code: String,
    },
    /// It was withdrawn.
    InteractionCancelled {
        interaction_id: InteractionId,
        /// Where it stood.
        #[serde(default)]
        previous: Option<InteractionStatus>,
    },
    /// It ended, or rests, without an agent having done it.
    Life(LifeFact),
    /// Its owner asks another agent for advice.
    Consult(ConsultFact),
    /// The customer rated it.
    InteractionRated { interaction_id: InteractionId, rating: i16 },
    /// A message came in, left, or was noted.
    MessageAdded {
        message_id: MessageId,
        interaction_id: InteractionId,
        conversation_id: ConversationId,
        direction: Direction,
        /// Whether it is an agent's first answer to the customer.
        first_response: bool,
        /// The account it came or leaves by.
        #[serde(default)]
        account_id: Option<AccountId>,
        /// Whether its sender writes so often that a loop of automatic mail is suspected.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        loop_suspected: bool,
    },
    /// An outbound message got further, or failed.
    MessageStatusChanged {
        message_id: MessageId,
        interaction_id: InteractionId,
        status: DeliveryStatus,
        reason: String,
        /// The how-manieth attempt it is the result of; 0 if of none.
        #[serde(default)]
        attempt: i32,
    },
    /// A console opened for an agent.
    AgentSessionOpened {
        agent_id: AgentId,
        session_id: SessionId,
        node_id: NodeId,
        epoch: i64,
        /// Most unanswered offers it takes at a time; zero leaves it to the capacity.
        #[serde(default)]
        max_open_offers: u16,
    },
    /// A console closed, or its node was lost.
    AgentSessionClosed { agent_id: AgentId, session_id: SessionId },
    /// An agent's presence changed.
    AgentPresenceChanged {
        agent_id: AgentId,
        intended: PresenceStatus,
        effective: EffectiveStatus,
        lease_until: Option<Timestamp>,
        /// What routing relied on before.
        #[serde(default)]
        previous: Option<EffectiveStatus>,
        /// What they chose for when their current work has ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<PresenceStatus>,
        /// The kinds of channel they are ready for; empty means all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        channels: Vec<ChannelKind>,
        /// What their schedule says of them.
        #[serde(default, skip_serializing_if = "Duty::is_unscheduled")]
        duty: Duty,
    },
    /// An agent came to be or changed. Here as below, `version` is the row's after the change;
    /// zero if the thing is gone or the event is older than the field.
    AgentSaved {
        agent_id: AgentId,
        spec: AgentSpec,
        change: Change,
        #[serde(default)]
        version: i64,
    },
    /// An agent is gone.
    AgentDeleted { agent_id: AgentId },
    /// A team came to be, changed, or is gone.
    TeamChanged {
        team_id: TeamId,
        change: Change,
        #[serde(default)]
        version: i64,
        /// The team it is a part of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<TeamId>,
        /// The team that is told of what is escalated in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        escalates_to: Option<TeamId>,
    },
    /// A skill came to be, changed, or is gone.
    SkillChanged {
        skill_id: SkillId,
        change: Change,
        #[serde(default)]
        version: i64,
    },
    /// A queue came to be or changed.
    QueueSaved {
        queue_id: QueueId,
        spec: QueueSpec,
        change: Change,
        #[serde(default)]
        version: i64,
    },
    /// A queue is gone.
    QueueDeleted { queue_id: QueueId },
    /// A rule came to be or changed.
    RuleSaved {
        rule_id: RuleId,
        spec: RuleSpec,
        change: Change,
        #[serde(default)]
        version: i64,
    },
    /// A rule is gone.
    RuleDeleted { rule_id: RuleId },
    /// A routing plan came to be or changed.
    PlanSaved { plan_id: PlanId, spec: PlanSpec, change: Change, version: i64 },
    /// A routing plan is gone.
    PlanDeleted { plan_id: PlanId },
    /// What routing goes by in all queues changed.
    RoutingSettingsSaved { tenant_id: TenantId, settings: RoutingSettings },
    /// A channel account came to be or changed.
    AccountSaved {
        account_id: AccountId,
        spec: AccountSpec,
        change: Change,
        #[serde(default)]
        version: i64,
    },
    /// A channel account is gone.
    AccountDeleted { account_id: AccountId },
    /// Something about promises of time, or about calendars.
    Sla(SlaFact),
    /// Something about ladders of escalation.
    Escalation(EscalationFact),
    /// Something about agents' schedules.
    Schedule(ScheduleFact),
    /// Something about agents' time off.
    TimeOff(TimeOffFact),
    /// A customer came to be, changed, or is gone.
    CustomerChanged { customer_id: CustomerId, change: Change },
    /// A contact point was added or removed.
    ContactPointChanged {
        contact_point_id: ContactPointId,
        customer_id: CustomerId,
        channel: ChannelKind,
        change: Change,
    },
    /// A key was created or revoked.
    ApiKeyChanged { api_key_id: ApiKeyId, change: Change },
    /// A tenant came to be or changed.
    TenantChanged { tenant_id: TenantId, change: Change },
    /// An operator acted by hand on what no other event is about.
    OperatorActed {
        operation: Operation,
        resource_id: Uuid,
        /// The agent whose session it was.
        #[serde(default)]
        agent_id: Option<AgentId>,
    },
}
