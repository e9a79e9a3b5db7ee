//! An owner asks another agent for advice: the asking, the advice, and its end.

use crate::channel::ChannelKind;
use crate::event::EndReason;
use crate::id::{AgentId, InteractionId, LabelId, MessageId, OfferId, QueueId};
use crate::offer::OfferState;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Such a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum ConsultFact {
    /// An agent was asked for advice.
    Requested {
        offer_id: OfferId,
        interaction_id: InteractionId,
        /// Who is asked.
        agent_id: AgentId,
        /// Who owns the interaction.
        owner_agent_id: AgentId,
        queue_id: QueueId,
        channel: ChannelKind,
        expires_at: Timestamp,
        /// The note that says what they are asked, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note_id: Option<MessageId>,
        /// The labels it counts for as long as it lives: those the interaction has now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<LabelId>,
    },
    /// The agent said yes and advises.
    Started { offer_id: OfferId, interaction_id: InteractionId, agent_id: AgentId },
    /// It is over. Handed over, the leg lives on as the owner's.
    Ended {
        offer_id: OfferId,
        interaction_id: InteractionId,
        agent_id: AgentId,
        state: OfferState,
        reason: EndReason,
    },
}

impl ConsultFact {
    /// Its dotted public name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "consult.requested",
            Self::Started { .. } => "consult.started",
            Self::Ended { .. } => "consult.ended",
        }
    }

    /// The interaction it is about.
    #[must_use]
    pub const fn interaction_id(&self) -> InteractionId {
        match self {
            Self::Requested { interaction_id, .. }
            | Self::Started { interaction_id, .. }
            | Self::Ended { interaction_id, .. } => *interaction_id,
        }
    }

    /// The offer, and the leg it becomes.
    #[must_use]
    pub const fn offer_id(&self) -> OfferId {
        match self {
            Self::Requested { offer_id, .. }
            | Self::Started { offer_id, .. }
            | Self::Ended { offer_id, .. } => *offer_id,
        }
    }

    /// Who is asked.
    #[must_use]
    pub const fn agent_id(&self) -> AgentId {
        match self {
            Self::Requested { agent_id, .. }
            | Self::Started { agent_id, .. }
            | Self::Ended { agent_id, .. } => *agent_id,
        }
    }

    /// Whether it frees the agent: what is handed over stays in their hands.
    #[must_use]
    pub const fn frees(&self) -> bool {
        matches!(self, Self::Ended { state, .. } if !state.is_live())
    }
}
