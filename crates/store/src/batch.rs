//! What one batch of the ledger writes: rows of every table, deletions, log rows and heads. Rows
//! are whole, each at most once; the store decides the order in which tables are written.

use crate::floor::{PresenceRow, SessionRow};
use crate::ledger::{Head, Idempotency, LogRow};
use domain::agent::{Agent, Team};
use domain::channel::ChannelAccount;
use domain::customer::{ContactPoint, Customer};
use domain::id::{
    AccountId, AgentId, ContactPointId, CustomerId, DeliveryId, InteractionId, MessageId, QueueId,
    RuleId, SessionId, SkillId, TeamId, TenantId,
};
use domain::interaction::{Conversation, Interaction};
use domain::mail::{Attachment, MailParticipant, MailReference, MailSender, MailboxRow};
use domain::message::Message;
use domain::offer::Offer;
use domain::queue::{Queue, Skill};
use domain::rule::Rule;
use domain::sealed::Sealed;
use domain::tenant::{ApiKey, Tenant};
use domain::time::Timestamp;
use uuid::Uuid;

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
    pub dead_letters: Vec<(TenantId, DeadLetter)>,
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
}

/// What could not be done and is kept for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: Uuid,
    /// What it was to be, as a word.
    pub kind: String,
    /// What it was about.
    pub reference: String,
    /// Why it failed.
    pub error: String,
    /// Its content, sealed with the tenant's key.
    pub payload: Sealed,
    /// When it was given up.
    pub created_at: Timestamp,
}

/// A customer's key as the tenant's key wrapped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    pub(crate) customer_id: CustomerId,
    pub(crate) wrapped: Vec<u8>,
}
