//! Promises of time: what a policy promises, and how far the clocks of one interaction have run.
//! How clocks move is decided in the engine; here is what they are made of. A clock carries all it
//! needs of the policy it was started under, so that changing the policy changes no promise made.

use crate::calendar::CalendarSpec;
use crate::channel::{ChannelKind, coded_enum};
use crate::event::Change;
use crate::id::{CalendarId, InteractionId, QueueId, SlaPolicyId};
use crate::interaction::Priority;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How many policies a tenant has at most.
pub const POLICIES_MAX: usize = 200;

/// How many calendars a tenant has at most.
pub const CALENDARS_MAX: usize = 100;

coded_enum! {
    /// What time is promised.
    SlaMetric {
        /// From creation to the first reply of an agent.
        FirstResponse = 1,
        /// From the oldest unanswered message of the customer, after the first reply, to a reply.
        NextResponse = 2,
        /// From creation to the first time it is resolved.
        Resolution = 3,
        /// Time in which it was not resolved, over all reopenings.
        TotalResolution = 4,
        /// From creation to the first yes of an agent.
        TimeToAnswer = 5,
    }
}

impl SlaMetric {
    /// Whether its clock pauses, rather than beginning anew each time it is needed.
    #[must_use]
    pub const fn pauses(self) -> bool {
        matches!(self, Self::Resolution | Self::TotalResolution)
    }
}

coded_enum! {
    /// What pauses the clocks of resolution.
    SlaPause {
        /// An agent replied and the customer has not, or it rests.
        AwaitingCustomer = 1,
        /// Its agent finishes up.
        Wrapping = 2,
    }
}

coded_enum! {
    /// How a clock stands.
    SlaStatus {
        /// It runs, and no warning is due.
        OnTrack = 1,
        /// It runs, and a warning was given.
        Warned = 2,
        /// Its time was used up before it stopped.
        Breached = 3,
        /// It stopped in time.
        Met = 4,
        /// It waits for what paused it to be over.
        Paused = 5,
        /// The work ended, so that what it measures will not happen.
        Dropped = 6,
    }
}

/// One promise of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTarget {
    /// What is promised.
    pub metric: SlaMetric,
    /// Within which time.
    pub target: Span,
    /// Whose open hours count; none counts all hours.
    #[serde(default)]
    pub calendar_id: Option<CalendarId>,
}

/// What decides of a policy: whom it is for, and what it promises.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlaSpec {
    /// Lower is tried first; ties by id.
    pub position: u32,
    /// Whether it is tried at all.
    pub enabled: bool,
    /// Interactions in these queues; empty means any. So below.
    #[serde(default)]
    pub queues: Vec<QueueId>,
    /// Of these priorities.
    #[serde(default)]
    pub priorities: Vec<Priority>,
    /// Of customers of these tiers.
    #[serde(default)]
    pub tiers: Vec<String>,
    /// On these kinds of channel.
    #[serde(default)]
    pub channels: Vec<ChannelKind>,
    /// What is promised, each metric at most once.
    #[serde(default)]
    pub targets: Vec<SlaTarget>,
    /// Percent of a target at which a warning is given, rising.
    #[serde(default)]
    pub warn_at: Vec<u8>,
    /// What pauses the clocks of resolution.
    #[serde(default)]
    pub pauses: Vec<SlaPause>,
    /// Whether another policy takes over when queue or priority change so that it is the first to
    /// match.
    #[serde(default)]
    pub reapplies: bool,
    /// Within which time of its being due an interaction that waits counts as older than it is, by
    /// as much as it is nearer; zero leaves the order to age and priority.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub urgency: Span,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(span: &Span) -> bool {
    span.is_zero()
}

/// An SLA policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaPolicy {
    /// Its id.
    pub id: SlaPolicyId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What decides of it.
    pub spec: SlaSpec,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One promise as it was pinned to an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTerm {
    /// What is promised.
    pub metric: SlaMetric,
    /// Within which time.
    pub target: Span,
    /// Whose open hours count, and at which version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<(CalendarId, i64)>,
}

/// What was promised for one interaction, as the policy stood at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTerms {
    /// The policy; none if none matched.
    pub policy_id: Option<SlaPolicyId>,
    /// Its version.
    pub version: i64,
    /// A number made of the customer's tier, by which policies are chosen again.
    pub tier: u64,
    /// The promises.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<SlaTerm>,
    /// Percent of a target at which a warning is given, rising.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warn_at: Vec<u8>,
    /// What pauses the clocks of resolution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<SlaPause>,
    /// Whether another policy may take over.
    pub reapplies: bool,
    /// Within which time of its being due it counts as older; see [`SlaSpec::urgency`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub urgency: Span,
}

/// One clock of an interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaClock {
    /// What it measures, against what.
    pub term: SlaTerm,
    /// How often it began; 0 means not yet.
    pub round: u16,
    /// When this round began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Since when it runs; none if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_since: Option<Timestamp>,
    /// The open time it had used up by then.
    #[serde(default)]
    pub spent: Span,
    /// When its time is used up, as long as it runs; and after it stopped, when it would have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the next warning or the breach is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// How many warnings of this round were given or are past.
    #[serde(default)]
    pub warned: u8,
    /// When the breach of this round was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_at: Option<Timestamp>,
    /// When this round ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// Whether it ended because what it measures will not happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
}

impl SlaClock {
    /// Whether its round has begun and not ended.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.started_at.is_some() && self.stopped_at.is_none()
    }

    /// How it stands; none before its first round.
    #[must_use]
    pub fn status(&self) -> Option<SlaStatus> {
        self.started_at?;
        Some(if self.breached_at.is_some() {
            SlaStatus::Breached
        } else if self.dropped {
            SlaStatus::Dropped
        } else if self.stopped_at.is_some() {
            SlaStatus::Met
        } else if self.running_since.is_none() {
            SlaStatus::Paused
        } else if self.warned > 0 {
            SlaStatus::Warned
        } else {
            SlaStatus::OnTrack
        })
    }
}

/// How the promises for one interaction stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sla {
    /// What was promised.
    pub terms: SlaTerms,
    /// One clock for each promise, by metric.
    pub clocks: Vec<SlaClock>,
    /// Whether an agent replied at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replied: bool,
    /// Whether an agent said the last word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaiting_customer: bool,
    /// Whether an agent said yes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// Whether its agent finishes up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrapping: bool,
    /// Whether it is resolved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resolved: bool,
    /// Whether it rests, until its customer writes or a time comes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rests: bool,
}

/// How much is at stake for an interaction in its live clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlaRisk {
    /// Nothing.
    None = 0,
    /// A warning was given.
    Warned = 1,
    /// A time was used up, and what it was for has not happened yet.
    Breached = 2,
}

impl Sla {
    /// When the next warning or breach is to be told.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        self.clocks.iter().filter_map(|clock| clock.next_at).min()
    }

    /// Waiting time credited to what has waited since `from`: by how much the earliest due time of
    /// what runs was nearer than the terms' urgency, at most all of it. It follows from what is
    /// recorded and not from the time, so that an order by it never has to be made anew.
    #[must_use]
    pub fn urgency(&self, from: Timestamp) -> Span {
        let most = self.terms.urgency.micros();
        let live = self.clocks.iter().filter(|clock| clock.is_live());
        let due = live.filter_map(|clock| clock.due_at).min();
        let left = due.map_or(most, |due| due.micros().saturating_sub(from.micros()));
        Span::from_micros(most.saturating_sub(left).clamp(0, most))
    }

    /// The worst of its live clocks.
    #[must_use]
    pub fn risk(&self) -> SlaRisk {
        let of = |clock: &SlaClock| match clock.status() {
            Some(SlaStatus::Breached) => SlaRisk::Breached,
            _ if clock.warned > 0 => SlaRisk::Warned,
            _ => SlaRisk::None,
        };
        let live = self.clocks.iter().filter(|clock| clock.is_live());
        live.map(of).max().unwrap_or(SlaRisk::None)
    }
}

/// A time that was used up before what it was for happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaBreach {
    /// Its place in the log.
    pub seq: i64,
    /// Of which interaction.
    pub interaction_id: InteractionId,
    /// What was promised.
    pub metric: SlaMetric,
    /// In which round of the clock.
    pub round: u16,
    /// By which policy.
    pub policy_id: Option<SlaPolicyId>,
    /// The queue it was in.
    pub queue_id: Option<QueueId>,
    /// How urgent it was.
    pub priority: Priority,
    /// When the time was used up.
    pub due_at: Timestamp,
    /// When that was recorded.
    pub breached_at: Timestamp,
}

/// What the log records of promises and calendars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum SlaFact {
    /// Promises were made for an interaction, or made anew.
    Applied { interaction_id: InteractionId, terms: Box<SlaTerms> },
    /// So many percent of a target are used up.
    Warned {
        interaction_id: InteractionId,
        metric: SlaMetric,
        round: u16,
        percent: u8,
        /// When all of it will be; none if that is further off than is looked.
        due_at: Option<Timestamp>,
        policy_id: Option<SlaPolicyId>,
        queue_id: Option<QueueId>,
    },
    /// All of it is used up.
    Breached {
        interaction_id: InteractionId,
        metric: SlaMetric,
        round: u16,
        due_at: Timestamp,
        policy_id: Option<SlaPolicyId>,
        queue_id: Option<QueueId>,
        priority: Priority,
    },
    /// A policy came to be or changed.
    PolicySaved { policy_id: SlaPolicyId, spec: Box<SlaSpec>, change: Change, version: i64 },
    /// A policy is gone.
    PolicyDeleted { policy_id: SlaPolicyId },
    /// A calendar came to be or changed.
    CalendarSaved {
        calendar_id: CalendarId,
        /// What it says now.
        spec: Box<CalendarSpec>,
        change: Change,
        version: i64,
    },
    /// A calendar is gone.
    CalendarDeleted { calendar_id: CalendarId },
}

impl SlaFact {
    /// Its dotted public name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "sla.applied",
            Self::Warned { .. } => "sla.warned",
            Self::Breached { .. } => "sla.breached",
            Self::PolicySaved { .. } => "sla_policy.saved",
            Self::PolicyDeleted { .. } => "sla_policy.deleted",
            Self::CalendarSaved { .. } => "calendar.saved",
            Self::CalendarDeleted { .. } => "calendar.deleted",
        }
    }

    /// The interaction it is about, if it is about one.
    #[must_use]
    pub const fn interaction_id(&self) -> Option<InteractionId> {
        match self {
            Self::Applied { interaction_id, .. }
            | Self::Warned { interaction_id, .. }
            | Self::Breached { interaction_id, .. } => Some(*interaction_id),
            _ => None,
        }
    }
}
