//! Commands: wishes to change something. A command declares the rows it reads, then decides on the
//! draft: it records events, or refuses before it has recorded any. It does no I/O, reads no clock
//! and may be decided more than once, each time on a fresh draft.
//!
//! One file per command, or per noun where create, update and delete are alike.

mod absent;
pub mod account;
pub mod agent;
pub mod answer;
pub mod api_key;
pub mod arrive;
pub mod calendar;
pub mod callback;
pub mod climb;
pub mod close;
pub mod consult;
pub mod customer;
pub mod delivery;
pub mod due;
pub mod enqueue;
pub mod escalate;
pub mod escalation_policy;
pub mod leg;
pub mod operate;
pub mod park;
pub mod plan;
pub mod presence;
pub mod queue;
pub mod rate;
pub mod relation;
pub mod reply;
pub mod requeue;
pub mod rule;
pub mod schedule;
pub mod settings;
pub mod sla_policy;
pub mod take;
pub mod team;
pub mod tenant;
pub mod time_off;
pub mod update;

use super::draft::Draft;
use domain::channel::ChannelKind;
use domain::event::Actor;
use domain::id::{
    AccountId, AgentId, ApiKeyId, AttachmentId, CalendarId, ContactPointId, ConversationId,
    CustomerId, EscalationPolicyId, InteractionId, MessageId, OfferId, PlanId, QueueId, RuleId,
    ScheduleId, SkillId, SlaPolicyId, TeamId, TenantId, TimeOffId,
};
use domain::interaction::Interaction;
use domain::refusal::Refusal;
use domain::sealed::BlindIndex;
use domain::tenant::Caller;
use engine::floor::Floor;
use uuid::Uuid;

/// Why a command came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// A business no, to be told to the caller.
    Refused(Refusal),
    /// What it was prepared from has changed; prepare it again.
    Stale,
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        No::Refused(refusal)
    }
}

impl From<domain::refusal::Reason> for No {
    fn from(reason: domain::refusal::Reason) -> Self {
        No::Refused(Refusal::new(reason))
    }
}

/// What a command made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The resource it is about.
    pub id: Uuid,
    /// A second one, where there are two: the message of an arrival.
    pub other: Uuid,
}

impl Done {
    /// About one resource.
    pub fn with(id: impl Into<Uuid>) -> Self {
        Self { id: id.into(), other: Uuid::nil() }
    }
}

/// The rows a command reads.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "one list per table")]
pub struct Keys {
    pub interactions: Vec<InteractionId>,
    pub conversations: Vec<ConversationId>,
    pub messages: Vec<MessageId>,
    pub offers: Vec<OfferId>,
    pub customers: Vec<CustomerId>,
    pub contact_points: Vec<ContactPointId>,
    pub contacts: Vec<(ChannelKind, BlindIndex)>,
    pub threads: Vec<(Option<AccountId>, ChannelKind, BlindIndex)>,
    pub open_interaction: Vec<ConversationId>,
    /// Open interactions over these accounts; see [`open_work`].
    pub open_work_over: Vec<AccountId>,
    /// Open interactions of these customers; see [`open_work`].
    pub open_work_of: Vec<CustomerId>,
    /// Open interactions in these queues; see [`open_work`].
    pub open_work_in: Vec<QueueId>,
    /// Parked interactions that need these skills; see [`open_work`].
    pub parked_needing: Vec<SkillId>,
    pub customer_contacts: Vec<CustomerId>,
    pub external: Vec<BlindIndex>,
    pub agents: Vec<AgentId>,
    pub teams: Vec<TeamId>,
    pub skills: Vec<SkillId>,
    pub queues: Vec<QueueId>,
    pub rules: Vec<RuleId>,
    pub plans: Vec<PlanId>,
    pub calendars: Vec<CalendarId>,
    pub schedules: Vec<ScheduleId>,
    pub time_off: Vec<TimeOffId>,
    pub sla_policies: Vec<SlaPolicyId>,
    pub escalation_policies: Vec<EscalationPolicyId>,
    pub accounts: Vec<AccountId>,
    pub api_keys: Vec<ApiKeyId>,
    pub tenants: Vec<TenantId>,
    pub tenant_names: Vec<String>,
    pub inbox: Vec<(AccountId, [u8; 16])>,
    pub names: bool,
    pub idempotency: Vec<[u8; 16]>,
    pub mail_index: Vec<BlindIndex>,
    pub participants: Vec<(ConversationId, BlindIndex)>,
    pub senders: Vec<(AccountId, BlindIndex)>,
    pub attachments: Vec<AttachmentId>,
}

/// A wish to change something.
pub trait Command: Send + Sync + 'static {
    /// Declares the rows it reads.
    fn keys(&self, floor: &Floor, keys: &mut Keys);

    /// Records events, or refuses before recording any.
    ///
    /// # Errors
    /// A refusal, or that it must be prepared again.
    fn decide(&self, draft: &mut Draft) -> Result<Done, No>;
}

/// A request's identity: the key it is remembered by, and a hash of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Of caller, method and request id.
    pub key: [u8; 16],
    /// Of the request's content.
    pub hash: [u8; 16],
}

/// Who sends a command, and under which request id.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Whose data it changes.
    pub tenant: TenantId,
    /// Who is on record for it.
    pub actor: Actor,
    /// Who asked, for checks that need the state: "my own".
    pub caller: Option<Caller>,
    /// The caller's request id; empty if none.
    pub request_id: String,
    /// How the request is remembered; none if it named no id.
    pub idempotency: Option<Idempotency>,
}

impl Origin {
    /// The service itself.
    #[must_use]
    pub fn system(tenant: TenantId) -> Self {
        Self {
            tenant,
            actor: Actor::SYSTEM,
            caller: None,
            request_id: String::new(),
            idempotency: None,
        }
    }
}

/// Checks an etag that the caller sent along; zero means they sent none.
pub(crate) fn check_version(
    sent: i64,
    current: i64,
    resource: &'static str,
    id: impl std::fmt::Display,
) -> Result<(), Refusal> {
    if sent != 0 && sent != current {
        let refusal = Refusal::new(domain::refusal::Reason::EtagMismatch);
        return Err(refusal.with("resource", resource).with("id", id));
    }
    Ok(())
}

/// The refusal of a name that another bears.
pub(crate) fn name_taken(resource: &'static str) -> Refusal {
    let refusal = Refusal::new(domain::refusal::Reason::NameTaken);
    refusal.with("resource", resource).with("field", "name")
}

/// Whether any open interaction is of this kind, among those that were declared.
pub(crate) fn open_work(draft: &Draft, of: impl Fn(&Interaction) -> bool) -> bool {
    draft.rows.interactions.values().any(|row| row.status.is_open() && of(row))
}

/// The refusal to take away what another still refers to.
pub(crate) fn in_use(
    resource: &'static str,
    id: impl std::fmt::Display,
    used_by: &'static str,
) -> Refusal {
    let refusal = Refusal::new(domain::refusal::Reason::ResourceInUse);
    refusal.with("resource", resource).with("id", id).with("used_by", used_by)
}
