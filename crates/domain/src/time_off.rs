//! Time off: when one agent is away, whatever their schedule says and whatever they choose. It is
//! booked ahead or at once, may overlap with other time off of theirs, and is forgotten when it is
//! over. Why somebody is away is personal: it is in the row, sealed, and in no event.

use crate::id::{AgentId, TimeOffId};
use crate::sealed::Sealed;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How much time off an agent has booked at most, that which goes on included.
pub const TIME_OFF_MAX: usize = 100;

/// How long one may last.
pub const TIME_OFF_LONGEST: Span = Span::from_secs(400 * 24 * 3600);

/// From when until when somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// From when on.
    pub start_at: Timestamp,
    /// Until right before when.
    pub end_at: Timestamp,
}

impl Absence {
    /// Whether it goes on at an instant.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.start_at <= at && at < self.end_at
    }
}

/// Time off of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeOff {
    /// Its id.
    pub id: TimeOffId,
    /// Whose.
    pub agent_id: AgentId,
    /// When.
    pub absence: Absence,
    /// Why, sealed with the tenant's key; empty if unsaid.
    pub reason: Sealed,
    /// When it was booked.
    pub created_at: Timestamp,
}

/// What the log records of time off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum TimeOffFact {
    /// It was booked.
    Booked { agent_id: AgentId, time_off_id: TimeOffId, absence: Absence },
    /// It is over, or was withdrawn before.
    Ended { agent_id: AgentId, time_off_id: TimeOffId, withdrawn: bool },
}

impl TimeOffFact {
    /// Its dotted public name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Booked { .. } => "agent.time_off_booked",
            Self::Ended { .. } => "agent.time_off_ended",
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn agent_id(&self) -> AgentId {
        match self {
            Self::Booked { agent_id, .. } | Self::Ended { agent_id, .. } => *agent_id,
        }
    }
}
