//! Escalation: a ladder that an interaction climbs while nobody takes care of it. A policy says
//! what sets it off, which levels follow and after what time, what each level does, and when it is
//! reminded of. An interaction carries all it needs of the policy it was queued under, so that
//! changing the policy changes no ladder that was begun.
//!
//! What happens when is decided in the engine; here is what a ladder is made of, and when there is
//! next something to do.

use crate::channel::coded_enum;
use crate::event::Change;
use crate::id::{AccountId, EscalationPolicyId, InteractionId, QueueId, TeamId};
use crate::interaction::Priority;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many policies a tenant has at most.
pub const POLICIES_MAX: usize = 100;

/// How many triggers a policy has at most.
pub const TRIGGERS_MAX: usize = 12;

/// How many levels a policy has at most.
pub const LEVELS_MAX: usize = 5;

/// When reminders are given if a policy does not say: 30, 60 and 120 minutes.
pub const REMINDERS: [Span; 3] =
    [Span::from_secs(1_800), Span::from_secs(3_600), Span::from_secs(7_200)];

coded_enum! {
    /// What sets a ladder off.
    TriggerKind {
        /// It has been in a state for some time.
        TimeInState = 1,
        /// It is so urgent.
        Priority = 2,
        /// The customer used one of some words.
        Keyword = 3,
        /// A caller judged the customer's mood to be so low.
        Sentiment = 4,
        /// Its customer is of one of some tiers.
        CustomerTier = 5,
        /// Somebody asked for it.
        AgentRequest = 6,
    }
}

coded_enum! {
    /// A state whose time counts.
    WatchedState {
        /// It waits for an agent, offers included.
        Waiting = 1,
        /// An agent has it.
        Owned = 2,
        /// It is open, whoever has it.
        Open = 3,
    }
}

/// What sets a ladder off, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// It has been in this state for so long.
    TimeInState {
        /// Which state.
        state: WatchedState,
        /// For how long.
        after: Span,
    },
    /// It is at least so urgent.
    Priority(Priority),
    /// The customer used one of these words.
    Keyword(Vec<String>),
    /// A caller judged the customer's mood at most so high, from -100 to 100.
    Sentiment(i8),
    /// Its customer was of one of these tiers when it arrived.
    CustomerTier(Vec<String>),
    /// Somebody asked for it.
    AgentRequest,
}

impl Trigger {
    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> TriggerKind {
        match self {
            Self::TimeInState { .. } => TriggerKind::TimeInState,
            Self::Priority(_) => TriggerKind::Priority,
            Self::Keyword(_) => TriggerKind::Keyword,
            Self::Sentiment(_) => TriggerKind::Sentiment,
            Self::CustomerTier(_) => TriggerKind::CustomerTier,
            Self::AgentRequest => TriggerKind::AgentRequest,
        }
    }
}

/// What a level does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes it more urgent: so urgent, or by one step if none is said. Never less urgent.
    RaisePriority(Option<Priority>),
    /// Opens the next step of the plan it goes by.
    Widen,
    /// Has it wait in another queue, if it waits and there is room.
    MoveToQueue(QueueId),
    /// Tells a team, by naming it in the event.
    Notify(TeamId),
    /// Tells the escalation team of those who have it, in the same way.
    NotifyEscalationTeam,
    /// Has it wait in another queue, that of another team, also if an agent has it.
    Reassign(QueueId),
    /// Posts a page to where an account's answers go.
    Page(AccountId),
}

/// What a page says: that an interaction reached a level of its ladder. It waits in the outbox
/// until the other side has it, and holds nothing that a person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The policy of the ladder.
    pub policy_id: EscalationPolicyId,
    /// The level that was reached.
    pub level: u8,
    /// What last set it off.
    pub trigger: TriggerKind,
    /// How urgent the interaction is.
    pub priority: Priority,
    /// The queue it is in.
    pub queue_id: Option<QueueId>,
}

/// A level of a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Level {
    /// How long after the level before; of the first, after the trigger.
    pub after: Span,
    /// What it does.
    #[serde(default)]
    pub actions: Vec<Action>,
}

/// What decides of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EscalationSpec {
    /// Whether what is queued from now on gets a ladder.
    pub enabled: bool,
    /// What sets it off, any of it.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// The levels from the lowest.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// When it is reminded of, from the trigger on, rising.
    #[serde(default)]
    pub reminders: Vec<Span>,
}

/// An escalation policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationPolicy {
    /// Its id.
    pub id: EscalationPolicyId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What decides of it.
    pub spec: EscalationSpec,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

coded_enum! {
    /// How a ladder stands.
    EscalationStatus {
        /// Nothing has set it off yet.
        Armed = 1,
        /// It climbs and reminds.
        Pending = 2,
        /// An agent took it since; it rests until something sets it off again.
        Acknowledged = 3,
        /// The work is done.
        Resolved = 4,
    }
}

/// The ladder of one interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// The policy it was taken from.
    pub policy_id: EscalationPolicyId,
    /// Its version.
    pub version: i64,
    /// What that said.
    pub spec: Arc<EscalationSpec>,
    /// When it was put up.
    pub since: Timestamp,
    /// When the interaction was created.
    pub created_at: Timestamp,
    /// Whether an agent has the interaction, rather than it waiting for one.
    #[serde(default)]
    pub owned: bool,
    /// Since when that is so.
    pub state_since: Timestamp,
    /// Which triggers went off and are not to do so again as things stand, one bit each.
    #[serde(default)]
    pub fired: u16,
    /// The level it is at; 0 before the first.
    #[serde(default)]
    pub level: u8,
    /// What last set it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<TriggerKind>,
    /// Since when it climbs; none while it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climbs_since: Option<Timestamp>,
    /// When it reached its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_at: Option<Timestamp>,
    /// How many reminders of this climb were given or are past.
    #[serde(default)]
    pub reminded: u8,
    /// Whether the work is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resolved: bool,
    /// Whether the interaction rests: it neither waits nor is worked on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rests: bool,
}

impl Ladder {
    /// A ladder that nothing has set off yet.
    #[must_use]
    pub fn new(
        policy: (EscalationPolicyId, i64, Arc<EscalationSpec>),
        created_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            policy_id: policy.0,
            version: policy.1,
            spec: policy.2,
            since: now,
            created_at,
            owned: false,
            state_since: now,
            fired: 0,
            level: 0,
            trigger: None,
            climbs_since: None,
            raised_at: None,
            reminded: 0,
            resolved: false,
            rests: false,
        }
    }

    /// How it stands.
    #[must_use]
    pub const fn status(&self) -> EscalationStatus {
        if self.resolved {
            EscalationStatus::Resolved
        } else if self.climbs_since.is_some() {
            EscalationStatus::Pending
        } else if self.trigger.is_some() {
            EscalationStatus::Acknowledged
        } else {
            EscalationStatus::Armed
        }
    }

    /// Whether a trigger went off as things stand.
    #[must_use]
    pub const fn has_fired(&self, index: usize) -> bool {
        self.fired & (1 << index) != 0
    }

    /// When the next level is due.
    #[must_use]
    pub fn next_level_at(&self) -> Option<Timestamp> {
        let since = self.climbs_since?;
        let level = self.spec.levels.get(usize::from(self.level))?;
        Some(self.raised_at.map_or(since, |raised| raised.max(since)) + level.after)
    }

    /// When the next reminder is due.
    #[must_use]
    pub fn next_reminder_at(&self) -> Option<Timestamp> {
        let after = *self.spec.reminders.get(usize::from(self.reminded))?;
        Some(self.climbs_since? + after)
    }

    /// When a trigger of time goes off, if it does as things stand.
    #[must_use]
    pub fn fires_at(&self, index: usize) -> Option<Timestamp> {
        let Trigger::TimeInState { state, after } = self.spec.triggers.get(index)? else {
            return None;
        };
        let since = match state {
            WatchedState::Waiting | WatchedState::Owned if self.rests => None,
            WatchedState::Waiting => (!self.owned).then_some(self.state_since),
            WatchedState::Owned => self.owned.then_some(self.state_since),
            WatchedState::Open => Some(self.since),
        };
        since.filter(|_| !self.has_fired(index)).map(|since| since + *after)
    }

    /// When there is next something to do.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        if self.resolved {
            return None;
        }
        let fires = (0..self.spec.triggers.len()).filter_map(|index| self.fires_at(index));
        fires.chain(self.next_level_at()).chain(self.next_reminder_at()).min()
    }
}

/// What the log records of ladders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum EscalationFact {
    /// Something set a ladder off.
    Triggered {
        interaction_id: InteractionId,
        policy_id: EscalationPolicyId,
        /// Which trigger of the policy.
        index: u8,
        trigger: TriggerKind,
        queue_id: Option<QueueId>,
    },
    /// The next level was reached.
    Raised {
        interaction_id: InteractionId,
        policy_id: EscalationPolicyId,
        level: u8,
        trigger: TriggerKind,
        /// How urgent it is now.
        priority: Priority,
        /// Whether the next step of its plan is open now.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        widened: bool,
        /// The queue it is in, or goes to.
        queue_id: Option<QueueId>,
        /// Teams that are told.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notified: Vec<TeamId>,
        /// Accounts that a page leaves by.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        paged: Vec<AccountId>,
    },
    /// It still climbs: nobody took it.
    Reminded {
        interaction_id: InteractionId,
        policy_id: EscalationPolicyId,
        level: u8,
        /// The how-manieth reminder of this climb.
        count: u8,
        queue_id: Option<QueueId>,
    },
    /// A policy came to be or changed.
    PolicySaved {
        policy_id: EscalationPolicyId,
        spec: Arc<EscalationSpec>,
        change: Change,
        version: i64,
    },
    /// A policy is gone.
    PolicyDeleted { policy_id: EscalationPolicyId },
}

impl EscalationFact {
    /// Its dotted public name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Triggered { .. } => "escalation.triggered",
            Self::Raised { .. } => "escalation.raised",
            Self::Reminded { .. } => "escalation.reminded",
            Self::PolicySaved { .. } => "escalation_policy.saved",
            Self::PolicyDeleted { .. } => "escalation_policy.deleted",
        }
    }

    /// The queue its interaction is in, or goes to.
    #[must_use]
    pub const fn queue_id(&self) -> Option<QueueId> {
        match self {
            Self::Triggered { queue_id, .. }
            | Self::Raised { queue_id, .. }
            | Self::Reminded { queue_id, .. } => *queue_id,
            _ => None,
        }
    }

    /// The interaction it is about, if it is about one.
    #[must_use]
    pub const fn interaction_id(&self) -> Option<InteractionId> {
        match self {
            Self::Triggered { interaction_id, .. }
            | Self::Raised { interaction_id, .. }
            | Self::Reminded { interaction_id, .. } => Some(*interaction_id),
            _ => None,
        }
    }
}
