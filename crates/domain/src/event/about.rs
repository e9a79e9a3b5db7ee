//! What an event is about: the interaction and the agent it names, if it names one.

use super::Event;
use crate::id::{AgentId, InteractionId};

impl Event {
    /// The interaction it is about, if it is about one.
    #[must_use]
    pub const fn interaction_id(&self) -> Option<InteractionId> {
        match self {
            Event::InteractionCreated { interaction_id, .. }
            | Event::InteractionQueued { interaction_id, .. }
            | Event::OfferMade { interaction_id, .. }
            | Event::OfferAccepted { interaction_id, .. }
            | Event::OfferEnded { interaction_id, .. }
            | Event::InteractionWrapping { interaction_id, .. }
            | Event::InteractionTransferRequested { interaction_id, .. }
            | Event::InteractionEscalated { interaction_id, .. }
            | Event::InteractionUpdated { interaction_id, .. }
            | Event::InteractionResolved { interaction_id, .. }
            | Event::InteractionReopened { interaction_id, .. }
            | Event::InteractionClosed { interaction_id, .. }
            | Event::InteractionCancelled { interaction_id, .. }
            | Event::InteractionRated { interaction_id, .. }
            | Event::MessageAdded { interaction_id, .. }
            | Event::MessageStatusChanged { interaction_id, .. } => Some(*interaction_id),
            Event::Sla(fact) => fact.interaction_id(),
            Event::Escalation(fact) => fact.interaction_id(),
            Event::Life(fact) => Some(fact.interaction_id()),
            Event::Consult(fact) => Some(fact.interaction_id()),
            _ => None,
        }
    }

    /// The agent it is about, if it is about one.
    #[must_use]
    pub const fn agent_id(&self) -> Option<AgentId> {
        match self {
            Event::OfferMade { agent_id, .. }
            | Event::OfferAccepted { agent_id, .. }
            | Event::OfferEnded { agent_id, .. }
            | Event::InteractionWrapping { agent_id, .. }
            | Event::AgentSessionOpened { agent_id, .. }
            | Event::AgentSessionClosed { agent_id, .. }
            | Event::AgentPresenceChanged { agent_id, .. }
            | Event::AgentSaved { agent_id, .. }
            | Event::AgentDeleted { agent_id } => Some(*agent_id),
            Event::Consult(fact) => Some(fact.agent_id()),
            Event::TimeOff(fact) => Some(fact.agent_id()),
            Event::OperatorActed { agent_id, .. } => *agent_id,
            _ => None,
        }
    }

    /// The agent whose offer or leg it ends, so that they have one less in hand.
    #[must_use]
    pub const fn frees(&self) -> Option<AgentId> {
        match self {
            Event::OfferEnded { agent_id, .. } => Some(*agent_id),
            Event::Consult(fact) if fact.frees() => Some(fact.agent_id()),
            _ => None,
        }
    }

    /// Whether it ends an interaction that nobody has done.
    #[must_use]
    pub const fn gives_up(&self) -> bool {
        match self {
            Event::InteractionCancelled { .. } => true,
            Event::Life(fact) => fact.ends_as().is_some(),
            _ => false,
        }
    }
}
