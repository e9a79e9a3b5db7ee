//! Queues and skills: where interactions wait, which agents serve them, and how one is chosen.

use crate::agent::PresenceStatus;
use crate::channel::coded_enum;
use crate::id::{CalendarId, EscalationPolicyId, PlanId, QueueId, SkillId, TeamId};
use crate::interaction::SkillRequirement;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

coded_enum! {
    /// How one of several eligible agents is chosen.
    Strategy {
        /// In turn: whoever was asked longest ago.
        RoundRobin = 1,
        /// The smallest share of capacity in use.
        LeastLoaded = 2,
        /// Longest since they were last given or freed of work.
        LongestIdle = 3,
        /// The highest sum of levels in the required skills.
        MostSkilled = 4,
        /// The levels closest to what is asked, weighted; of those close enough, the least loaded.
        SkillBased = 5,
        /// Those who are best used for it, before those who are better at something else.
        PrimaryFirst = 6,
        /// The highest rank.
        Priority = 7,
        /// The nearest.
        Geographic = 8,
        /// Who speaks the language, exactly or nearly.
        Language = 9,
        /// Who served the customer last, if they may; else the least loaded.
        CustomerHistory = 10,
        /// The highest rank for customers of chosen tiers, the least loaded for others.
        Vip = 11,
    }
}

coded_enum! {
    /// How the work of a queue comes to its agents.
    AssignmentMode {
        /// It is offered as soon as somebody may take it.
        Push = 1,
        /// It waits until somebody takes it.
        Pull = 2,
    }
}

coded_enum! {
    /// What becomes of an arrival while a queue is closed.
    ClosedPolicy {
        /// It waits there, and is offered once the queue opens.
        Hold = 1,
        /// It goes to another queue.
        Redirect = 2,
    }
}

coded_enum! {
    /// Which of the waiting interactions a freed agent gets.
    WorkOrder {
        /// What they are best used for before other work; among that, what waited longest.
        PrimaryFirst = 1,
        /// What waited longest.
        FirstCome = 2,
        /// From the queue that holds most beyond its share of all who wait.
        FixedQueueRatio = 3,
        /// Where weight, wait and the agent's speed multiply to most.
        GeneralizedCMu = 4,
    }
}

/// What becomes of an agent who lets an offer of a queue run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// Nothing: they are asked again, for other work at once.
    Nothing,
    /// They are not asked again until they stir.
    #[default]
    NotResponding,
    /// They have missed something, and are not asked again until somebody sets their presence.
    Missed,
    /// Their presence is set for them.
    Presence(PresenceStatus),
}

/// How often a customer is called back in vain, if the queue does not say.
pub const CALLBACK_ATTEMPTS: u8 = 3;

/// What becomes of the work of an agent who went offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsentWork {
    /// It stays theirs until somebody moves it.
    #[default]
    Keep,
    /// It waits in its queue again, with its age kept.
    Requeue,
    /// It waits in another queue, with its age kept.
    Reassign(QueueId),
}

/// What routing goes by in all queues of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingSettings {
    /// Which of the waiting interactions a freed agent gets.
    pub order: WorkOrder,
    /// How much waiting outweighs one level between what an agent is best at and what is asked.
    pub gap_step: Span,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When they last changed.
    pub updated_at: Timestamp,
}

impl Default for RoutingSettings {
    fn default() -> Self {
        Self {
            order: WorkOrder::PrimaryFirst,
            gap_step: Span::from_secs(600),
            version: 1,
            updated_at: Timestamp::default(),
        }
    }
}

/// How a queue's work compares with that of others, and what its strategy goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuning {
    /// A strategy whose choices are told beside those that are followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Strategy>,
    /// Its share of all who wait, and what waiting in it costs, beside other queues; 1 to 1000.
    pub weight: u16,
    /// The age beyond which waiting counts for more.
    pub ageing_knee: Span,
    /// How much more, in percent; zero never.
    pub ageing_percent: u16,
    /// How close levels must be to count as close enough, in percent.
    pub close_enough: u8,
    /// How much a skill counts beside others where levels are weighed, 1 to 100; 1 if not here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skill_weights: BTreeMap<SkillId, u8>,
    /// The tiers whose customers get the highest rank, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vip_tiers: Vec<String>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            shadow: None,
            weight: 1,
            ageing_knee: Span::ZERO,
            ageing_percent: 0,
            close_enough: 70,
            skill_weights: BTreeMap::new(),
            vip_tiers: Vec::new(),
        }
    }
}

/// What routing knows of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSpec {
    /// How an agent is chosen.
    pub strategy: Strategy,
    /// Waiting time credited for each priority step above low.
    pub priority_step: Span,
    /// How long an agent has to answer an offer.
    pub offer_timeout: Span,
    /// How long an agent may finish up; zero means there is no wrap-up.
    pub wrap_up_limit: Span,
    /// How long an agent who did not take an interaction is not asked again, if others can be.
    pub decline_cool_down: Span,
    /// How many may wait; zero means no limit.
    pub max_size: u32,
    /// Whether arrivals that no rule places come here.
    pub is_default: bool,
    /// The teams that serve it, sorted; empty means every agent.
    pub teams: Vec<TeamId>,
    /// What every agent of it must know.
    pub required_skills: Vec<SkillRequirement>,
    /// How the search widens; none means that it does not.
    #[serde(default)]
    pub routing_plan_id: Option<PlanId>,
    /// The queue that takes what this one has no room for; none refuses it.
    #[serde(default)]
    pub overflow_queue_id: Option<QueueId>,
    /// When it is open; none means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<CalendarId>,
    /// What becomes of arrivals while it is closed.
    #[serde(default = "hold")]
    pub closed_policy: ClosedPolicy,
    /// Where they go, if they go elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_queue_id: Option<QueueId>,
    /// How it compares with other queues, and what its strategy goes by.
    #[serde(default)]
    pub tuning: Tuning,
    /// Whose ladder what is queued here gets, if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation_policy_id: Option<EscalationPolicyId>,
    /// Whether agents who are on call are asked for what waits here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_call: bool,
    /// How long what no agent ever took may wait; zero means as long as it takes.
    #[serde(default)]
    pub max_wait: Span,
    /// Whether what an agent parked still counts against their capacity.
    #[serde(default)]
    pub parked_counts: bool,
    /// How often a customer is called back in vain; zero leaves it to [`CALLBACK_ATTEMPTS`].
    #[serde(default)]
    pub callback_attempts_max: u8,
    /// What becomes of an agent who lets an offer run out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_answer: NoAnswer,
    /// What becomes of the work of an agent who went offline.
    #[serde(default, skip_serializing_if = "is_default")]
    pub absent_work: AbsentWork,
    /// How its work comes to its agents.
    #[serde(default = "push", skip_serializing_if = "is_push")]
    pub assignment_mode: AssignmentMode,
}

const fn push() -> AssignmentMode {
    AssignmentMode::Push
}

fn is_push(mode: &AssignmentMode) -> bool {
    *mode == AssignmentMode::Push
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

const fn hold() -> ClosedPolicy {
    ClosedPolicy::Hold
}

impl QueueSpec {
    /// How often a customer is called back in vain at most.
    #[must_use]
    pub const fn callback_attempts(&self) -> u8 {
        match self.callback_attempts_max {
            0 => CALLBACK_ATTEMPTS,
            most => most,
        }
    }
}

impl Default for QueueSpec {
    fn default() -> Self {
        Self {
            strategy: Strategy::PrimaryFirst,
            priority_step: Span::from_secs(60),
            offer_timeout: Span::from_secs(20),
            wrap_up_limit: Span::ZERO,
            decline_cool_down: Span::from_secs(30),
            max_size: 0,
            is_default: false,
            teams: Vec::new(),
            required_skills: Vec::new(),
            routing_plan_id: None,
            overflow_queue_id: None,
            calendar_id: None,
            closed_policy: ClosedPolicy::Hold,
            closed_queue_id: None,
            tuning: Tuning::default(),
            escalation_policy_id: None,
            on_call: false,
            max_wait: Span::ZERO,
            parked_counts: false,
            callback_attempts_max: 0,
            no_answer: NoAnswer::default(),
            absent_work: AbsentWork::default(),
            assignment_mode: AssignmentMode::Push,
        }
    }
}

/// Where interactions wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its id.
    pub id: QueueId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What routing knows of it.
    pub spec: QueueSpec,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Something an agent may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Its id.
    pub id: SkillId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
