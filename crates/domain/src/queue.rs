//! Queues and skills: where interactions wait, which agents serve them, and how one is chosen.

use crate::channel::coded_enum;
use crate::id::{QueueId, SkillId, TeamId};
use crate::interaction::SkillRequirement;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

coded_enum! {
    /// How one of several eligible agents is chosen.
    Strategy {
        /// In turn.
        RoundRobin = 1,
        /// The smallest share of capacity in use.
        LeastLoaded = 2,
        /// Longest since they were last given or freed of work.
        LongestIdle = 3,
        /// The highest sum of levels in the required skills.
        MostSkilled = 4,
        /// Weighted skills.
        SkillBased = 5,
        /// A primary agent first.
        PrimaryFirst = 6,
        /// By priority.
        Priority = 7,
        /// By place.
        Geographic = 8,
        /// By language.
        Language = 9,
        /// Who knows the customer.
        CustomerHistory = 10,
        /// For important customers.
        Vip = 11,
    }
}

impl Strategy {
    /// Whether the router of this version can run it.
    #[must_use]
    pub const fn is_reached(self) -> bool {
        matches!(self, Self::LeastLoaded | Self::LongestIdle | Self::MostSkilled)
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
}

impl Default for QueueSpec {
    fn default() -> Self {
        Self {
            strategy: Strategy::LeastLoaded,
            priority_step: Span::from_secs(60),
            offer_timeout: Span::from_secs(20),
            wrap_up_limit: Span::ZERO,
            decline_cool_down: Span::from_secs(30),
            max_size: 0,
            is_default: false,
            teams: Vec::new(),
            required_skills: Vec::new(),
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
