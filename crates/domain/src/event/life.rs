//! What befalls an interaction beside being offered and done: its customer leaves, its queue gives
//! it up, or it rests for a while.

use crate::channel::{ChannelKind, coded_enum};
use crate::escalation::Ladder;
use crate::id::{AgentId, InteractionId, QueueId};
use crate::interaction::{InteractionStatus, Priority, SkillRequirement, Traits};
use crate::sla::Sla;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

coded_enum! {
    /// What wakes an interaction that is parked.
    WakeReason {
        /// Its time came.
        Time = 1,
        /// The customer wrote.
        Customer = 2,
        /// Somebody asked for it.
        Asked = 3,
    }
}

/// What is known of an interaction that is set aside and that no floor holds as a whole, for a
/// floor that is to hold it while it rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rested {
    /// The kind of channel.
    pub channel: ChannelKind,
    /// How urgent it is.
    pub priority: Priority,
    /// What its agent must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_skills: Vec<SkillRequirement>,
    /// What strategies and caps look at beside skills.
    #[serde(default, skip_serializing_if = "Traits::is_empty")]
    pub traits: Traits,
    /// When it began to wait.
    pub enqueued_at: Timestamp,
    /// The place in the log at which it began to wait.
    pub enqueued_seq: i64,
    /// How many offers were made.
    pub offers_made: i32,
    /// Who last accepted an interaction of its customer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent_id: Option<AgentId>,
    /// How its promises stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Arc<Sla>>,
    /// Its ladder of escalation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Arc<Ladder>>,
}

/// Such a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum LifeFact {
    /// The customer left while it waited.
    Abandoned {
        interaction_id: InteractionId,
        /// Where it stood.
        previous: InteractionStatus,
        /// The queue it waited in.
        queue_id: Option<QueueId>,
    },
    /// It waited longer than its queue allows.
    Expired { interaction_id: InteractionId, queue_id: Option<QueueId> },
    /// Its agent set it aside.
    Parked {
        interaction_id: InteractionId,
        agent_id: AgentId,
        queue_id: Option<QueueId>,
        /// When it wakes of itself; none if only a message or a call wakes it.
        wake_at: Option<Timestamp>,
        /// Whether it still counts against its agent's capacity.
        counts: bool,
        /// What was known of it, if no floor held it: it was parked before, with another time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rested: Option<Arc<Rested>>,
    },
    /// Its customer is to be called back at a time.
    Scheduled {
        interaction_id: InteractionId,
        queue_id: Option<QueueId>,
        /// Who had it, if an agent did.
        agent_id: Option<AgentId>,
        /// When it enters its queue.
        wake_at: Timestamp,
        /// Since when it will count as waiting then: what it has waited before counts.
        enqueued_at: Timestamp,
        /// How often its customer was called in vain.
        attempts: u8,
        /// What is known of it, if it was not queued before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rested: Option<Arc<Rested>>,
    },
    /// Its customer is to be called back when its turn comes: it goes on waiting.
    CallbackRequested { interaction_id: InteractionId, queue_id: Option<QueueId> },
    /// It woke.
    Woken {
        interaction_id: InteractionId,
        queue_id: Option<QueueId>,
        by: WakeReason,
        /// How its promises stood.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sla: Option<Arc<Sla>>,
        /// How its ladder of escalation stood.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ladder: Option<Arc<Ladder>>,
    },
}

impl LifeFact {
    /// Its dotted public name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Abandoned { .. } => "interaction.abandoned",
            Self::Expired { .. } => "interaction.expired",
            Self::Parked { .. } => "interaction.parked",
            Self::Woken { .. } => "interaction.woken",
            Self::Scheduled { .. } => "interaction.scheduled",
            Self::CallbackRequested { .. } => "interaction.callback_requested",
        }
    }

    /// The interaction it is about.
    #[must_use]
    pub const fn interaction_id(&self) -> InteractionId {
        match self {
            Self::Abandoned { interaction_id, .. }
            | Self::Expired { interaction_id, .. }
            | Self::Parked { interaction_id, .. }
            | Self::Scheduled { interaction_id, .. }
            | Self::CallbackRequested { interaction_id, .. }
            | Self::Woken { interaction_id, .. } => *interaction_id,
        }
    }

    /// The queue it is about, if it is about one.
    #[must_use]
    pub const fn queue_id(&self) -> Option<QueueId> {
        match self {
            Self::Abandoned { queue_id, .. }
            | Self::Expired { queue_id, .. }
            | Self::Parked { queue_id, .. }
            | Self::Scheduled { queue_id, .. }
            | Self::CallbackRequested { queue_id, .. }
            | Self::Woken { queue_id, .. } => *queue_id,
        }
    }

    /// Where it leaves the interaction, if that ends it.
    #[must_use]
    pub const fn ends_as(&self) -> Option<InteractionStatus> {
        match self {
            Self::Abandoned { .. } => Some(InteractionStatus::Abandoned),
            Self::Expired { .. } => Some(InteractionStatus::Expired),
            Self::Parked { .. }
            | Self::Scheduled { .. }
            | Self::CallbackRequested { .. }
            | Self::Woken { .. } => None,
        }
    }
}
