//! The interaction, the unit of work that is routed, owned and measured, and the conversation
//! around it. The life cycle is the one table [`TRANSITIONS`]; no other place decides what may
//! follow what.

use crate::channel::{ChannelKind, coded_enum};
use crate::id::{
    AccountId, AgentId, ContactPointId, ConversationId, CustomerId, InteractionId, QueueId, RuleId,
    SkillId,
};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// Where an interaction stands.
    InteractionStatus {
        /// Accepted, not yet classified.
        Created = 1,
        /// Controlled by an automated participant.
        Bot = 2,
        /// Waiting for a future start.
        Scheduled = 3,
        /// Waiting for an agent.
        Queued = 4,
        /// At least one agent is being asked.
        Offered = 5,
        /// An agent said yes and media is being set up.
        Connecting = 6,
        /// An agent owns it.
        Active = 7,
        /// Waiting for the customer.
        Parked = 8,
        /// The contact is over and its agent finishes up.
        Wrapping = 9,
        /// Done, and may be reopened within the reopen window.
        Resolved = 10,
        /// Done for good.
        Closed = 11,
        /// Withdrawn before it was resolved.
        Cancelled = 12,
        /// The customer left while waiting.
        Abandoned = 13,
        /// It waited longer than allowed.
        Expired = 14,
        /// Its work goes on in another interaction.
        Merged = 15,
    }
}

impl InteractionStatus {
    /// Whether work on it is still to be done.
    #[must_use]
    pub const fn is_open(self) -> bool {
        (self as i16) < (Self::Resolved as i16)
    }

    /// Whether it waits for an agent's yes.
    #[must_use]
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Queued | Self::Offered)
    }
}

/// What happens to an interaction, seen from its life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It enters a queue, also again.
    Enqueue,
    /// An agent is asked.
    Offer,
    /// The last open offer ended without a yes.
    Return,
    /// An agent accepts.
    Accept,
    /// The contact ends and the agent finishes up.
    Wrap,
    /// The work is done.
    Resolve,
    /// Resolved work starts again.
    Reopen,
    /// The reopen window has passed.
    Close,
    /// It is withdrawn.
    Cancel,
}

/// The life cycle: from, step, to. What is not here is refused.
pub const TRANSITIONS: &[(InteractionStatus, Step, InteractionStatus)] = {
    use InteractionStatus as S;
    &[
        (S::Created, Step::Enqueue, S::Queued),
        (S::Queued, Step::Enqueue, S::Queued),
        (S::Offered, Step::Enqueue, S::Queued),
        (S::Active, Step::Enqueue, S::Queued),
        (S::Queued, Step::Offer, S::Offered),
        (S::Offered, Step::Return, S::Queued),
        (S::Offered, Step::Accept, S::Active),
        (S::Active, Step::Wrap, S::Wrapping),
        (S::Queued, Step::Resolve, S::Resolved),
        (S::Offered, Step::Resolve, S::Resolved),
        (S::Active, Step::Resolve, S::Resolved),
        (S::Wrapping, Step::Resolve, S::Resolved),
        (S::Resolved, Step::Reopen, S::Queued),
        (S::Resolved, Step::Close, S::Closed),
        (S::Created, Step::Cancel, S::Cancelled),
        (S::Queued, Step::Cancel, S::Cancelled),
        (S::Offered, Step::Cancel, S::Cancelled),
    ]
};

impl InteractionStatus {
    /// Where `step` leads from here, or `None` if the life cycle does not allow it.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, s, _)| *from == self && *s == step).map(|(_, _, to)| *to)
    }
}

coded_enum! {
    /// How urgent an interaction is.
    Priority {
        /// Can wait.
        Low = 1,
        /// As usual.
        Normal = 2,
        /// Before the usual.
        High = 3,
        /// Soon.
        Urgent = 4,
        /// Now.
        Critical = 5,
    }
}

/// A skill an agent must have, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SkillRequirement {
    /// Which skill.
    pub skill_id: SkillId,
    /// The lowest level that will do, 1 to 10.
    pub min_level: u8,
}

/// An agent who did not take an interaction, and until when it is not offered to them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CoolDown {
    /// Who.
    pub agent_id: AgentId,
    /// Until when others are asked first.
    pub until: Timestamp,
}

/// Everything said between one contact point and one channel account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// The tenant's side; none for conversations opened by a backend without an account.
    pub account_id: Option<AccountId>,
    /// The customer's side.
    pub contact_point_id: Option<ContactPointId>,
    /// When it began.
    pub created_at: Timestamp,
}

/// One unit of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// The conversation it is part of.
    pub conversation_id: ConversationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The kind of channel it came by.
    pub channel: ChannelKind,
    /// The account it came by.
    pub account_id: Option<AccountId>,
    /// Where it stands.
    pub status: InteractionStatus,
    /// The queue it waits or waited in.
    pub queue_id: Option<QueueId>,
    /// How urgent it is.
    pub priority: Priority,
    /// What it is about.
    pub subject: Sealed,
    /// Free words on it.
    pub tags: Sealed,
    /// BCP 47 tag of its language; empty if unknown.
    pub language: String,
    /// What its agent must know, beyond what the queue asks.
    pub required_skills: Vec<SkillRequirement>,
    /// The rule that placed it.
    pub matched_rule_id: Option<RuleId>,
    /// Who owns it.
    pub owner_agent_id: Option<AgentId>,
    /// The only agent it is offered to for now: a transfer's target.
    pub target_agent_id: Option<AgentId>,
    /// Who did not take it.
    pub cool_downs: Vec<CoolDown>,
    /// How many offers were made.
    pub offers_made: i32,
    /// How many of them failed.
    pub offers_failed: i32,
    /// How often it was escalated.
    pub escalation_level: i32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it began to wait, for its age in the queue.
    pub enqueued_at: Option<Timestamp>,
    /// The place in the log at which it began to wait; breaks ties.
    pub enqueued_seq: i64,
    /// When it was first offered.
    pub first_offered_at: Option<Timestamp>,
    /// When it was first accepted.
    pub accepted_at: Option<Timestamp>,
    /// When an agent first answered the customer.
    pub first_response_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed or cancelled for good.
    pub closed_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What the agent wrote at the end.
    pub resolution: Sealed,
    /// The agent's code for how it ended; empty if none.
    pub wrap_up_code: String,
    /// The customer's rating, 1 to 5; 0 if none.
    pub rating: i16,
    /// When the customer rated it.
    pub rated_at: Option<Timestamp>,
    /// What the customer wrote with it.
    pub rating_comment: Sealed,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// The log sequence of its last change.
    pub last_seq: i64,
}
