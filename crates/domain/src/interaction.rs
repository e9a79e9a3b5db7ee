//! The interaction, the unit of work that is routed, owned and measured, and the conversation
//! around it. The life cycle is the one table [`TRANSITIONS`]; no other place decides what may
//! follow what.

use crate::agent::Place;
use crate::channel::{ChannelKind, coded_enum};
use crate::escalation::Ladder;
use crate::id::{
    AccountId, AgentId, ContactPointId, ConversationId, CustomerId, InteractionId, LabelId,
    QueueId, RuleId, SkillId,
};
use crate::offer::Consult;
use crate::plan::PlanPin;
use crate::sealed::Sealed;
use crate::sla::Sla;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

coded_enum! {
    /// Where an interaction stands.
    InteractionStatus {
        /// Accepted, not yet classified.
        Created = 1,
        /// Controlled by an automated participant.
        Bot = 2,
        /// To be called back at a time; it waits for an agent from then on.
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

    /// Whether it ended without having been done.
    #[must_use]
    pub const fn is_given_up(self) -> bool {
        matches!(self, Self::Cancelled | Self::Abandoned | Self::Expired)
    }

    /// Whether it is set aside until something wakes it.
    #[must_use]
    pub const fn is_set_aside(self) -> bool {
        matches!(self, Self::Parked | Self::Scheduled)
    }

    /// Whether it waits for an agent's yes.
    #[must_use]
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Queued | Self::Offered)
    }
}

coded_enum! {
    /// What happens to an interaction, seen from its life cycle.
    Step {
        /// It enters a queue, also again.
        Enqueue = 1,
        /// An agent is asked.
        Offer = 2,
        /// The last open offer ended without a yes.
        Return = 3,
        /// An agent accepts.
        Accept = 4,
        /// The contact ends and the agent finishes up.
        Wrap = 5,
        /// The work is done.
        Resolve = 6,
        /// Resolved work starts again.
        Reopen = 7,
        /// The reopen window has passed.
        Close = 8,
        /// It is withdrawn.
        Cancel = 9,
        /// The customer leaves.
        Abandon = 10,
        /// It waited longer than its queue allows.
        Expire = 11,
        /// Its agent sets it aside until the customer answers or the time comes.
        Park = 12,
        /// It comes back to the agent who still counts it.
        Wake = 13,
        /// Its customer is to be called back at a time.
        Schedule = 14,
    }
}

/// The life cycle: from, step, to. What is not here is refused. `docs/states.md` shows it.
pub const TRANSITIONS: &[(InteractionStatus, Step, InteractionStatus)] = {
    use InteractionStatus as S;
    &[
        (S::Created, Step::Enqueue, S::Queued),
        (S::Created, Step::Cancel, S::Cancelled),
        (S::Created, Step::Schedule, S::Scheduled),
        (S::Scheduled, Step::Enqueue, S::Queued),
        (S::Scheduled, Step::Resolve, S::Resolved),
        (S::Scheduled, Step::Cancel, S::Cancelled),
        (S::Scheduled, Step::Schedule, S::Scheduled),
        (S::Queued, Step::Enqueue, S::Queued),
        (S::Queued, Step::Offer, S::Offered),
        (S::Queued, Step::Resolve, S::Resolved),
        (S::Queued, Step::Cancel, S::Cancelled),
        (S::Queued, Step::Abandon, S::Abandoned),
        (S::Queued, Step::Expire, S::Expired),
        (S::Queued, Step::Schedule, S::Scheduled),
        (S::Offered, Step::Enqueue, S::Queued),
        (S::Offered, Step::Return, S::Queued),
        (S::Offered, Step::Accept, S::Active),
        (S::Offered, Step::Resolve, S::Resolved),
        (S::Offered, Step::Cancel, S::Cancelled),
        (S::Offered, Step::Abandon, S::Abandoned),
        (S::Offered, Step::Schedule, S::Scheduled),
        (S::Active, Step::Enqueue, S::Queued),
        (S::Active, Step::Wrap, S::Wrapping),
        (S::Active, Step::Resolve, S::Resolved),
        (S::Active, Step::Park, S::Parked),
        (S::Active, Step::Schedule, S::Scheduled),
        (S::Parked, Step::Enqueue, S::Queued),
        (S::Parked, Step::Resolve, S::Resolved),
        (S::Parked, Step::Park, S::Parked),
        (S::Parked, Step::Wake, S::Active),
        (S::Wrapping, Step::Resolve, S::Resolved),
        (S::Resolved, Step::Reopen, S::Queued),
        (S::Resolved, Step::Close, S::Closed),
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

/// What strategies and caps look at in an interaction, beside skills. Nothing here tells who
/// somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traits {
    /// BCP 47 tag of its language; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The customer's tier when it arrived; empty if none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tier: String,
    /// Where it is about, coarse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who kept the customer's account when it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_owner_id: Option<AgentId>,
    /// Its labels, sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelId>,
}

impl Traits {
    /// Whether they say nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
    /// The same as caps know them, sorted, each once.
    pub labels: Vec<LabelId>,
    /// BCP 47 tag of its language; empty if unknown.
    pub language: String,
    /// The customer's tier when it arrived; empty if none.
    pub customer_tier: String,
    /// Where it is about, coarse.
    pub place: Option<Place>,
    /// What its agent must know, beyond what the queue asks.
    pub required_skills: Vec<SkillRequirement>,
    /// The rule that placed it.
    pub matched_rule_id: Option<RuleId>,
    /// That rule's version at the time; zero if there is none.
    pub matched_rule_version: i64,
    /// Who owns it.
    pub owner_agent_id: Option<AgentId>,
    /// The only agent it is offered to for now: a transfer's target.
    pub target_agent_id: Option<AgentId>,
    /// The advice its owner asks for or gets.
    pub consult: Option<Consult>,
    /// Who did not take it.
    pub cool_downs: Vec<CoolDown>,
    /// Who last accepted an interaction of its customer before this one was queued.
    pub last_agent_id: Option<AgentId>,
    /// Who kept the customer's account when it arrived.
    pub account_owner_id: Option<AgentId>,
    /// The plan it goes by while it waits; none in a queue without one.
    pub plan: Option<PlanPin>,
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
    /// How the promises for it stand; none if nothing was promised.
    pub sla: Option<Arc<Sla>>,
    /// Its ladder of escalation; none if it was in no queue that names one.
    pub ladder: Option<Arc<Ladder>>,
    /// How a caller judged the customer's mood, from -100 to 100; none if nobody did.
    pub sentiment: Option<i8>,
    /// When it wakes, if it is parked or scheduled until then.
    pub wake_at: Option<Timestamp>,
    /// How often its customer was called back in vain; none if they are not to be called back.
    pub callbacks: Option<u8>,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// The log sequence of its last change.
    pub last_seq: i64,
}

impl Interaction {
    /// Whether it is set aside until something wakes it.
    #[must_use]
    pub const fn is_set_aside(&self) -> bool {
        self.status.is_set_aside()
    }

    /// Whether it rests where only a message wakes it: no floor needs to hold it.
    #[must_use]
    pub fn rests(&self) -> bool {
        let ticks = self.sla.as_ref().is_some_and(|sla| sla.next_at().is_some());
        let climbs = self.ladder.as_ref().is_some_and(|ladder| ladder.next_at().is_some());
        let held = self.target_agent_id.is_none() || self.wake_at.is_some() || ticks || climbs;
        self.status == InteractionStatus::Parked && !held
    }

    /// What strategies and caps look at beside skills.
    #[must_use]
    pub fn traits(&self) -> Traits {
        Traits {
            language: self.language.clone(),
            tier: self.customer_tier.clone(),
            place: self.place,
            account_owner_id: self.account_owner_id,
            labels: self.labels.clone(),
        }
    }
}

/// The word by which a tag counts as a label: however it is spelled. Case and blanks around it do
/// not matter, nor whether a letter and its mark are one sign or two, which nobody sees.
#[must_use]
pub fn label_word(tag: &str) -> String {
    let one_form: String = tag.trim().nfc().collect();
    one_form.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_word_however_it_is_spelled() {
        let same = [
            ["refund", " Refund\u{a0}"],
            ["caf\u{e9}", "cafe\u{301}"],
            ["caf\u{e9}", "CAFE\u{301}"],
            ["caf\u{e9}", "CAF\u{c9}"],
            // The same letter as two marks in either order.
            ["\u{1e69}", "S\u{307}\u{323}"],
            // In lower case two signs, which are one again.
            ["\u{1f0}", "J\u{30c}"],
            ["\u{ac00}", "\u{1100}\u{1161}"],
        ];
        for [one, other] in same {
            assert_eq!(label_word(one), label_word(other), "{one} {other}");
            assert_eq!(label_word(&label_word(other)), label_word(one), "a word stays itself");
        }
        for other in ["cafe", "re fund", "refunds"] {
            assert!(!same.iter().any(|[one, _]| label_word(one) == label_word(other)), "{other}");
        }
    }

    #[test]
    fn plain_words_are_what_they_were_before_forms_counted() {
        for tag in ["refund", " VIP customer ", "order-66", "stra\u{df}e", "\u{393}\u{3b5}\u{3b9}"]
        {
            assert_eq!(label_word(tag), tag.trim().to_lowercase());
        }
    }
}
