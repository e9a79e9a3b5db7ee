//! What one batch of the ledger writes: rows of every table, deletions, log rows and heads. Rows
//! are whole, each at most once; the store decides the order in which tables are written.

use crate::floor::{PlanVersion, PresenceRow, SessionRow};
use crate::ledger::{Head, Idempotency, LogRow};
use domain::agent::{Agent, Team};
use domain::calendar::Calendar;
use domain::channel::ChannelAccount;
use domain::customer::{ContactPoint, Customer};
use domain::escalation::{EscalationPolicy, Page};
use domain::id::{
    AccountId, AgentId, CalendarId, ContactPointId, CustomerId, DeliveryId, EscalationPolicyId,
    InteractionId, MessageId, PlanId, QueueId, RuleId, ScheduleId, SessionId, SkillId, SlaPolicyId,
    TeamId, TenantId, TimeOffId,
};
use domain::interaction::{Conversation, Interaction};
use domain::mail::{Attachment, MailParticipant, MailReference, MailSender, MailboxRow};
use domain::message::Message;
use domain::offer::Offer;
use domain::plan::Plan;
use domain::queue::{Queue, RoutingSettings, Skill};
use domain::rule::Rule;
use domain::schedule::Schedule;
use domain::sla::{SlaBreach, SlaPolicy};
use domain::tenant::{ApiKey, Tenant};
use domain::time::Timestamp;
use domain::time_off::TimeOff;

use crate::outbox::OutboxState;

/// Rows to write together. Upserts replace the whole row; log, idempotency, dead letters, new
/// deliveries and new heads are inserts.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "a field is a table and is named like it")]
pub struct WriteBatch {
    pub interactions: Vec<(TenantId, Interaction)>,
    pub messages: Vec<(TenantId, Message)>,
    pub offers: Vec<(TenantId, Offer)>,
    pub conversations: Vec<(TenantId, Conversation)>,
    pub customers: Vec<(TenantId, Customer)>,
    /// Who last accepted an interaction of a customer; written after whole rows of customers.
    pub last_agents: Vec<(TenantId, CustomerId, AgentId)>,
    /// Wrapped keys of customers.
    pub customer_keys: Vec<(TenantId, CustomerId, Vec<u8>)>,
    pub contact_points: Vec<(TenantId, ContactPoint)>,
    pub agents: Vec<(TenantId, Agent)>,
    pub presences: Vec<(TenantId, PresenceRow)>,
    pub sessions: Vec<(TenantId, SessionRow)>,
    pub teams: Vec<(TenantId, Team)>,
    pub skills: Vec<(TenantId, Skill)>,
    pub queues: Vec<(TenantId, Queue)>,
    pub rules: Vec<(TenantId, Rule)>,
    pub plans: Vec<(TenantId, Plan)>,
    pub plan_versions: Vec<(TenantId, PlanVersion)>,
    /// Versions of plans that nothing goes by any more: of a plan, from one up to before another.
    pub plan_versions_over: Vec<(TenantId, PlanId, std::ops::Range<i64>)>,
    pub calendars: Vec<(TenantId, Calendar)>,
    pub schedules: Vec<(TenantId, Schedule)>,
    pub time_off: Vec<(TenantId, TimeOff)>,
    pub sla_policies: Vec<(TenantId, SlaPolicy)>,
    pub escalation_policies: Vec<(TenantId, EscalationPolicy)>,
    pub sla_breaches: Vec<(TenantId, SlaBreach)>,
    pub routing_settings: Vec<(TenantId, RoutingSettings)>,
    pub accounts: Vec<(TenantId, ChannelAccount)>,
    pub api_keys: Vec<(TenantId, ApiKey)>,
    pub mailboxes: Vec<(TenantId, MailboxRow)>,
    pub mail_references: Vec<(TenantId, MailReference)>,
    pub mail_participants: Vec<(TenantId, MailParticipant)>,
    pub mail_senders: Vec<(TenantId, MailSender)>,
    /// Their bytes are elsewhere; see [`crate::Attachments`].
    pub attachments: Vec<(TenantId, Attachment)>,
    /// Tenants with their wrapped keys.
    pub tenants: Vec<(Tenant, Vec<u8>)>,
    /// Deliveries to make.
    pub outbox: Vec<(TenantId, NewDelivery)>,
    /// Deliveries that ended by a command.
    pub outbox_ended: Vec<(TenantId, DeliveryId, OutboxState)>,
    pub idempotency: Vec<(TenantId, Idempotency)>,
    /// When each tenant next needs a timer; [`crate::NEVER_DUE`] when it needs none.
    pub dues: Vec<(TenantId, Timestamp)>,
    /// Inbox items that were taken in; their raw bytes are dropped.
    pub inbox_done: Vec<(TenantId, AccountId, [u8; 16])>,
    /// Deletions; done before anything else is written.
    pub deletes: Vec<(TenantId, Deleted)>,
    pub log: Vec<LogRow>,
    /// Heads that move.
    pub heads: Vec<Head>,
    /// Heads of new tenants.
    pub new_heads: Vec<Head>,
}

/// A row to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deleted {
    /// An agent and its presence.
    Agent(AgentId),
    /// A console.
    Session(SessionId),
    /// A team.
    Team(TeamId),
    /// A skill.
    Skill(SkillId),
    /// A queue.
    Queue(QueueId),
    /// A rule.
    Rule(RuleId),
    /// A routing plan and all its versions.
    Plan(PlanId),
    /// A business calendar.
    Calendar(CalendarId),
    /// A schedule.
    Schedule(ScheduleId),
    /// Time off of an agent.
    TimeOff(TimeOffId),
    /// An SLA policy.
    SlaPolicy(SlaPolicyId),
    /// An escalation policy.
    EscalationPolicy(EscalationPolicyId),
    /// A channel account and its mailbox.
    Account(AccountId),
    /// A customer with its key and its contact points.
    Customer(CustomerId),
    /// A contact point.
    ContactPoint(ContactPointId),
}

/// A delivery to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id; in a lane, a smaller one goes first.
    pub id: DeliveryId,
    /// Conversation and address, hashed: one lane is sent strictly in order.
    pub lane: [u8; 16],
    /// What is delivered.
    pub message_id: MessageId,
    /// The interaction it belongs to.
    pub interaction_id: InteractionId,
    /// The account that sends it.
    pub account_id: AccountId,
    /// When it may first be tried.
    pub next_at: Timestamp,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// What it says, if it is a page and no message.
    pub page: Option<Page>,
}

/// A customer's key as the tenant's key wrapped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    pub(crate) customer_id: CustomerId,
    pub(crate) wrapped: Vec<u8>,
}
