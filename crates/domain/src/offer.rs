//! The offer, an agent being asked, and the leg it becomes when accepted: one agent's stretch of an
//! interaction, as its owner or to advise the owner. An offer lives until an event ends it; its
//! `expires_at` only says when the timer that may end it is due. A live offer or leg counts against
//! its agent's capacity, whatever its role.

use crate::channel::{ChannelKind, coded_enum};
use crate::id::{AgentId, InteractionId, LabelId, MessageId, OfferId, QueueId};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// Where an offer or leg stands.
    OfferState {
        /// The agent is being asked.
        Pending = 1,
        /// The agent said yes.
        Accepted = 2,
        /// Media is being set up.
        Connecting = 3,
        /// The agent owns the interaction.
        Connected = 4,
        /// The contact is over and the agent finishes up.
        Wrapping = 5,
        /// The leg ended as it should.
        Completed = 6,
        /// The agent said no.
        Rejected = 7,
        /// The agent said nothing.
        TimedOut = 8,
        /// The offer was taken back: somebody pulled or moved the interaction.
        Rescinded = 9,
        /// The interaction ended first.
        Cancelled = 10,
        /// Setting up media failed.
        ConnectFailed = 11,
        /// The agent's presence lease ended.
        AgentLost = 12,
    }
}

impl OfferState {
    /// Whether it still counts against the agent's capacity.
    #[must_use]
    pub const fn is_live(self) -> bool {
        (self as i16) < (Self::Completed as i16)
    }

    /// Whether the agent has said yes and is not done: they own the interaction, or advise on it.
    #[must_use]
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Accepted | Self::Connecting | Self::Connected | Self::Wrapping)
    }
}

coded_enum! {
    /// What an agent is asked for.
    OfferRole {
        /// To take the interaction.
        Owner = 1,
        /// To advise its owner, who keeps it.
        Consult = 2,
    }
}

coded_enum! {
    /// What happens to an offer or leg, seen from its life cycle.
    OfferStep {
        /// The agent accepts.
        Accept = 1,
        /// The agent declines.
        Decline = 2,
        /// The time to answer is over.
        TimeOut = 3,
        /// It is taken back: the interaction is moved, or the agent stops being available.
        Rescind = 4,
        /// The interaction ends first.
        Cancel = 5,
        /// The agent's presence lease ends, or they went offline and their work goes elsewhere.
        Lose = 6,
        /// The contact ends and the agent finishes up.
        Wrap = 7,
        /// The agent's part is done, or another agent took over.
        Complete = 8,
        /// Who advised is handed the interaction: the leg goes on as the owner's.
        HandOver = 9,
    }
}

/// The life cycle: from, step, to. A step that is not here changes nothing. `docs/states.md` shows
/// it.
pub const OFFER_TRANSITIONS: &[(OfferState, OfferStep, OfferState)] = {
    use {OfferState as S, OfferStep as Step};
    &[
        (S::Pending, Step::Accept, S::Connected),
        (S::Pending, Step::Decline, S::Rejected),
        (S::Pending, Step::TimeOut, S::TimedOut),
        (S::Pending, Step::Rescind, S::Rescinded),
        (S::Pending, Step::Cancel, S::Cancelled),
        (S::Pending, Step::Lose, S::AgentLost),
        (S::Connected, Step::Wrap, S::Wrapping),
        (S::Connected, Step::Complete, S::Completed),
        (S::Connected, Step::Lose, S::AgentLost),
        (S::Wrapping, Step::Complete, S::Completed),
    ]
};

/// The same for consults: nothing is finished up, and the leg may become the owner's.
pub const CONSULT_TRANSITIONS: &[(OfferState, OfferStep, OfferState)] = {
    use {OfferState as S, OfferStep as Step};
    &[
        (S::Pending, Step::Accept, S::Connected),
        (S::Pending, Step::Decline, S::Rejected),
        (S::Pending, Step::TimeOut, S::TimedOut),
        (S::Pending, Step::Rescind, S::Rescinded),
        (S::Pending, Step::Cancel, S::Cancelled),
        (S::Pending, Step::Lose, S::AgentLost),
        (S::Connected, Step::Complete, S::Completed),
        (S::Connected, Step::Lose, S::AgentLost),
        (S::Connected, Step::HandOver, S::Connected),
    ]
};

impl OfferRole {
    /// The life cycle of offers and legs of this role.
    #[must_use]
    pub const fn transitions(self) -> &'static [(OfferState, OfferStep, OfferState)] {
        match self {
            Self::Owner => OFFER_TRANSITIONS,
            Self::Consult => CONSULT_TRANSITIONS,
        }
    }
}

/// An offer, and the leg it becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// What is offered.
    pub interaction_id: InteractionId,
    /// To whom.
    pub agent_id: AgentId,
    /// What they are asked for.
    pub role: OfferRole,
    /// From which queue.
    pub queue_id: QueueId,
    /// The kind of channel, for the cap of that channel.
    pub channel: ChannelKind,
    /// Where it stands.
    pub state: OfferState,
    /// The how-manieth offer of the interaction, from 1; zero for a consult.
    pub attempt: i32,
    /// When it was made.
    pub offered_at: Timestamp,
    /// The place in the log at which it was made.
    pub offered_seq: i64,
    /// When the timer that ends an unanswered offer is due.
    pub expires_at: Timestamp,
    /// When the agent answered.
    pub answered_at: Option<Timestamp>,
    /// When the timer that ends the wrap-up is due.
    pub wrap_until: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended, as a word of [`crate::event::EndReason`]; empty while it lives.
    pub reason: String,
    /// What the agent said when declining, sealed with the customer's key.
    #[serde(default)]
    pub note: Sealed,
    /// The note that says what advice is wanted, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_id: Option<MessageId>,
    /// Whom the queue's shadow strategy would have asked, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow_agent_id: Option<AgentId>,
    /// The labels it counts for, sorted: those the interaction had when the offer was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelId>,
    /// Whether it was made over what limits the agent: it counts against their capacity, and may
    /// exceed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_limits: bool,
    /// The log sequence of its last change.
    pub last_seq: i64,
}

impl Offer {
    /// Whether its agent owns the interaction.
    #[must_use]
    pub const fn owns(&self) -> bool {
        matches!(self.role, OfferRole::Owner) && self.state.is_taken()
    }

    /// Whether its agent is asked for advice, or gives it.
    #[must_use]
    pub const fn is_consult(&self) -> bool {
        matches!(self.role, OfferRole::Consult)
    }

    /// Where `step` leads it, or `None` if the life cycle does not allow it.
    #[must_use]
    pub fn after(&self, step: OfferStep) -> Option<OfferState> {
        let mut known = self.role.transitions().iter();
        known.find(|(from, s, _)| *from == self.state && *s == step).map(|(_, _, to)| *to)
    }
}

/// The consult of an interaction while it lasts, as its row has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consult {
    /// The offer, and the leg it becomes.
    pub offer_id: OfferId,
    /// Who is asked.
    pub agent_id: AgentId,
    /// Where it stands: pending, or connected.
    pub state: OfferState,
    /// When they were asked.
    pub offered_at: Timestamp,
    /// When the timer that ends an unanswered offer is due.
    pub expires_at: Timestamp,
    /// When they said yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
}

impl Consult {
    /// Of a live offer or leg.
    #[must_use]
    pub const fn of(leg: &Offer) -> Self {
        let Offer { id, agent_id, state, offered_at, expires_at, answered_at, .. } = *leg;
        Self { offer_id: id, agent_id, state, offered_at, expires_at, answered_at }
    }
}
