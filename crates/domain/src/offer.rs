//! The offer, an agent being asked, and the leg it becomes when accepted: one agent's stretch of an
//! interaction. An offer lives until an event ends it; its `expires_at` only says when the timer
//! that may end it is due. A live owner leg counts against its agent's capacity.

use crate::channel::{ChannelKind, coded_enum};
use crate::id::{AgentId, InteractionId, OfferId, QueueId};
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

    /// Whether the agent owns the interaction in this state.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        matches!(self, Self::Accepted | Self::Connecting | Self::Connected | Self::Wrapping)
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

impl OfferState {
    /// Where `step` leads from here, or `None` if the life cycle does not allow it.
    #[must_use]
    pub fn after(self, step: OfferStep) -> Option<Self> {
        let found = OFFER_TRANSITIONS.iter().find(|(from, s, _)| *from == self && *s == step);
        found.map(|(_, _, to)| *to)
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
    /// From which queue.
    pub queue_id: QueueId,
    /// The kind of channel, for the cap of that channel.
    pub channel: ChannelKind,
    /// Where it stands.
    pub state: OfferState,
    /// The how-manieth offer of the interaction, from 1.
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
    /// Whom the queue's shadow strategy would have asked, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow_agent_id: Option<AgentId>,
    /// Whether it was made over what limits the agent: it counts against their capacity, and may
    /// exceed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_limits: bool,
    /// The log sequence of its last change.
    pub last_seq: i64,
}
