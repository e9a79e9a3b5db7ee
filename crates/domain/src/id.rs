//! One newtype per id, so that ids of different things cannot be exchanged. All but a label's are
//! UUIDv7: they sort by creation time and are minted inside a decision from its `now` and its seed.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        // The order of the bytes, compared as one number: every index on the floor goes by it.
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.0.as_u128().cmp(&other.0.as_u128())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// A tenant.
    TenantId,
    /// A customer.
    CustomerId,
    /// A contact point of a customer.
    ContactPointId,
    /// A tenant's account on a channel.
    AccountId,
    /// A conversation.
    ConversationId,
    /// An interaction.
    InteractionId,
    /// A message.
    MessageId,
    /// An offer, and the leg it becomes.
    OfferId,
    /// An agent.
    AgentId,
    /// A team of agents.
    TeamId,
    /// A skill.
    SkillId,
    /// A queue.
    QueueId,
    /// A routing rule.
    RuleId,
    /// A routing plan.
    PlanId,
    /// A business calendar.
    CalendarId,
    /// A schedule of agents.
    ScheduleId,
    /// Time off of an agent.
    TimeOffId,
    /// An SLA policy.
    SlaPolicyId,
    /// An escalation policy.
    EscalationPolicyId,
    /// An API key.
    ApiKeyId,
    /// Who calls: a key, or a subject of an issuer, or a service with a certificate.
    PrincipalId,
    /// One console of an agent, held by a stream.
    SessionId,
    /// One running server process.
    NodeId,
    /// One committed batch of the ledger.
    BatchId,
    /// One outbound delivery in the outbox.
    DeliveryId,
    /// A file that belongs to a message.
    AttachmentId,
    /// A label: the blind index of a tag's text, by which caps know it without its words.
    LabelId,
}

impl TenantId {
    /// The tenant whose log records platform commands, such as a new tenant.
    pub const SYSTEM: TenantId = TenantId(Uuid::from_u128(1));
}
