//! The working set: which rows a batch needs, and what was found. What was asked for and is not in
//! the answer does not exist. Keys look rows up; nothing here scans.

use crate::inbox::InboxItem;
use crate::ledger::Idempotency;
use crate::outbox::Delivery;
use domain::agent::{Agent, Team};
use domain::calendar::Calendar;
use domain::channel::{ChannelAccount, ChannelKind};
use domain::customer::{ContactPoint, Customer};
use domain::escalation::EscalationPolicy;
use domain::id::{
    AccountId, AgentId, ApiKeyId, AttachmentId, CalendarId, ContactPointId, ConversationId,
    CustomerId, DeliveryId, EscalationPolicyId, InteractionId, MessageId, OfferId, PlanId, QueueId,
    RuleId, ScheduleId, SkillId, SlaPolicyId, TeamId, TenantId, TimeOffId,
};
use domain::interaction::{Conversation, Interaction};
use domain::mail::{Attachment, MailParticipant, MailReference, MailSender};
use domain::message::Message;
use domain::offer::Offer;
use domain::plan::Plan;
use domain::queue::{Queue, Skill};
use domain::rule::Rule;
use domain::schedule::Schedule;
use domain::sealed::BlindIndex;
use domain::sla::SlaPolicy;
use domain::tenant::{ApiKey, Tenant};
use domain::time_off::TimeOff;
use uuid::Uuid;

/// The rows a batch needs, as the union of what its commands declare. A key may repeat.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "a field is a table and is named like it")]
pub struct LoadKeys {
    pub idempotency: Vec<(TenantId, [u8; 16])>,
    pub interactions: Vec<(TenantId, InteractionId)>,
    pub conversations: Vec<(TenantId, ConversationId)>,
    pub offers: Vec<(TenantId, OfferId)>,
    pub messages: Vec<(TenantId, MessageId)>,
    pub customers: Vec<(TenantId, CustomerId)>,
    pub agents: Vec<(TenantId, AgentId)>,
    pub accounts: Vec<(TenantId, AccountId)>,
    pub contact_points_by_id: Vec<(TenantId, ContactPointId)>,
    pub api_keys: Vec<(TenantId, ApiKeyId)>,
    pub queues: Vec<(TenantId, QueueId)>,
    pub teams: Vec<(TenantId, TeamId)>,
    pub skills: Vec<(TenantId, SkillId)>,
    pub rules: Vec<(TenantId, RuleId)>,
    pub plans: Vec<(TenantId, PlanId)>,
    pub calendars: Vec<(TenantId, CalendarId)>,
    pub schedules: Vec<(TenantId, ScheduleId)>,
    pub time_off: Vec<(TenantId, TimeOffId)>,
    pub sla_policies: Vec<(TenantId, SlaPolicyId)>,
    pub escalation_policies: Vec<(TenantId, EscalationPolicyId)>,
    /// Contact points by address.
    pub contacts: Vec<(TenantId, ChannelKind, BlindIndex)>,
    /// Contact point, its newest conversation with that account, its newest open interaction.
    pub threads: Vec<(TenantId, Option<AccountId>, ChannelKind, BlindIndex)>,
    /// Customers by the tenant's own id.
    pub external: Vec<(TenantId, BlindIndex)>,
    /// Open interactions of a conversation, at most [`crate::MAX_OPEN_OF_CONVERSATION`] of each.
    pub open_interactions_of: Vec<(TenantId, ConversationId)>,
    /// Open interactions over an account, at most [`crate::MAX_OPEN_WORK`] of each.
    pub open_work_over: Vec<(TenantId, AccountId)>,
    /// Open interactions of a customer, at most [`crate::MAX_OPEN_WORK`] of each.
    pub open_work_of: Vec<(TenantId, CustomerId)>,
    /// Open interactions in these queues, a bounded number of each.
    pub open_work_in: Vec<(TenantId, QueueId)>,
    /// Parked interactions that need these skills, a bounded number of each.
    pub parked_needing: Vec<(TenantId, SkillId)>,
    /// Contact points of a customer, at most [`crate::MAX_CONTACTS_OF_CUSTOMER`] of each.
    pub customer_contacts: Vec<(TenantId, CustomerId)>,
    /// All names of what is configured in these tenants.
    pub config_names: Vec<TenantId>,
    pub tenants: Vec<TenantId>,
    /// Tenants by name; needs the system tenant among those the transaction began with.
    pub tenant_names: Vec<String>,
    pub inbox: Vec<(TenantId, AccountId, [u8; 16])>,
    pub outbox: Vec<(TenantId, DeliveryId)>,
    /// Inbound mails by the blind index of their ids, at most [`crate::MAX_REFERENCES`] of each.
    pub mail_references: Vec<(TenantId, BlindIndex)>,
    pub mail_participants: Vec<(TenantId, ConversationId, BlindIndex)>,
    pub mail_senders: Vec<(TenantId, AccountId, BlindIndex)>,
    pub attachments: Vec<(TenantId, AttachmentId)>,
}

/// What was found. A row asked for in two ways may be here twice.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "a field is a table and is named like it")]
pub struct Loaded {
    pub idempotency: Vec<(TenantId, Idempotency)>,
    /// By id and by open conversation.
    pub interactions: Vec<(TenantId, Interaction)>,
    pub conversations: Vec<(TenantId, Conversation)>,
    pub offers: Vec<(TenantId, Offer)>,
    pub messages: Vec<(TenantId, Message)>,
    /// By id and by external id.
    pub customers: Vec<(TenantId, Customer)>,
    pub agents: Vec<(TenantId, Agent)>,
    pub accounts: Vec<(TenantId, ChannelAccount)>,
    /// By id, by address and by customer.
    pub contact_points: Vec<(TenantId, ContactPoint)>,
    pub api_keys: Vec<(TenantId, ApiKey)>,
    pub queues: Vec<(TenantId, Queue)>,
    pub teams: Vec<(TenantId, Team)>,
    pub skills: Vec<(TenantId, Skill)>,
    pub rules: Vec<(TenantId, Rule)>,
    pub plans: Vec<(TenantId, Plan)>,
    pub calendars: Vec<(TenantId, Calendar)>,
    pub schedules: Vec<(TenantId, Schedule)>,
    pub time_off: Vec<(TenantId, TimeOff)>,
    pub sla_policies: Vec<(TenantId, SlaPolicy)>,
    pub escalation_policies: Vec<(TenantId, EscalationPolicy)>,
    /// One per thread key whose contact point exists.
    pub threads: Vec<Thread>,
    pub names: Vec<ConfigName>,
    /// By id and by name, with wrapped keys.
    pub tenants: Vec<(Tenant, Vec<u8>)>,
    pub inbox: Vec<(TenantId, InboxItem)>,
    pub outbox: Vec<(TenantId, Delivery)>,
    pub mail_references: Vec<(TenantId, MailReference)>,
    pub mail_participants: Vec<(TenantId, MailParticipant)>,
    pub mail_senders: Vec<(TenantId, MailSender)>,
    pub attachments: Vec<(TenantId, Attachment)>,
}

/// Where a message from an address belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Whose.
    pub tenant: TenantId,
    /// The account that was asked for.
    pub account_id: Option<AccountId>,
    /// The contact point of the address; it names the customer.
    pub contact_point: ContactPoint,
    /// Its newest conversation with the account.
    pub conversation: Option<Conversation>,
    /// The newest open interaction of that conversation.
    pub interaction: Option<Interaction>,
}

/// What a configured name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigKind {
    /// A queue.
    Queue,
    /// A skill.
    Skill,
    /// A team.
    Team,
    /// A rule.
    Rule,
    /// A channel account.
    Account,
    /// A routing plan.
    Plan,
    /// A business calendar.
    Calendar,
    /// A schedule.
    Schedule,
    /// An SLA policy.
    SlaPolicy,
    /// An escalation policy.
    Escalation,
}

/// A name in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigName {
    /// Whose.
    pub tenant: TenantId,
    /// Of what.
    pub kind: ConfigKind,
    /// Its id.
    pub id: Uuid,
    /// The name.
    pub name: String,
}
