//! Schedules: when agents work. Weekly shifts in a time zone, other hours on single dates, breaks
//! inside the shifts, and times on call. Agents name a schedule; what it says of them at a moment
//! is their duty, which bounds what they may rely on of the presence they chose. Which duty holds
//! when is decided in the engine, with the code that reads business calendars.

use crate::agent::EffectiveStatus;
use crate::calendar::{DatedHours, WeeklyWindow};
use crate::channel::coded_enum;
use crate::event::Change;
use crate::id::ScheduleId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many schedules a tenant has at most.
pub const SCHEDULES_MAX: usize = 200;

/// How many agents go by one schedule at most: a shift begins for all of them in one batch.
pub const AGENTS_MAX: usize = 500;

coded_enum! {
    /// What an agent's schedule and their time off say of them.
    #[derive(Default)]
    Duty {
        /// They have no schedule: only what they choose counts.
        #[default]
        Unscheduled = 1,
        /// In their shift.
        OnShift = 2,
        /// In a break of their shift.
        OnBreak = 3,
        /// Outside their shift and on call.
        OnCall = 4,
        /// Outside their shift.
        OffShift = 5,
        /// They have time off, whatever their schedule says.
        TimeOff = 6,
    }
}

impl Duty {
    /// Whether new work may come at all.
    #[must_use]
    pub const fn works(self) -> bool {
        !matches!(self, Self::OnBreak | Self::OffShift | Self::TimeOff)
    }

    /// Whether they are not at work: outside their shift and not on call, or on time off.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::OffShift | Self::TimeOff)
    }

    /// What routing relies on of a status that would hold without a schedule.
    #[must_use]
    pub const fn bounds(self, status: EffectiveStatus) -> EffectiveStatus {
        match status {
            EffectiveStatus::Available if !self.works() => EffectiveStatus::Unavailable,
            _ => status,
        }
    }

    /// Whether they have no schedule.
    #[must_use]
    pub fn is_unscheduled(&self) -> bool {
        *self == Self::Unscheduled
    }
}

coded_enum! {
    /// What becomes of the presence of those whose shift ends.
    AfterShift {
        /// It stays as they chose it, and counts again with the next shift.
        Away = 1,
        /// They are offline, as if they had chosen it.
        Offline = 2,
    }
}

/// What decides of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleSpec {
    /// The IANA name of the time zone.
    pub time_zone: String,
    /// The shifts of every week.
    #[serde(default)]
    pub shifts: Vec<WeeklyWindow>,
    /// Dates with other shifts or none, in order, each once.
    #[serde(default)]
    pub dates: Vec<DatedHours>,
    /// Breaks of every week; they count inside shifts alone.
    #[serde(default)]
    pub breaks: Vec<WeeklyWindow>,
    /// When they are on call every week, on any date; that counts outside shifts alone.
    #[serde(default)]
    pub on_call: Vec<WeeklyWindow>,
    /// What becomes of their presence when a shift ends.
    pub after_shift: AfterShift,
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        Self {
            time_zone: String::new(),
            shifts: Vec::new(),
            dates: Vec::new(),
            breaks: Vec::new(),
            on_call: Vec::new(),
            after_shift: AfterShift::Away,
        }
    }
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What decides of it.
    pub spec: ScheduleSpec,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What the log records of schedules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are named after the nouns they refer to")]
pub enum ScheduleFact {
    /// One came to be or changed.
    Saved { schedule_id: ScheduleId, spec: Arc<ScheduleSpec>, change: Change, version: i64 },
    /// One is gone.
    Deleted { schedule_id: ScheduleId },
}

impl ScheduleFact {
    /// Its dotted public name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Saved { .. } => "schedule.saved",
            Self::Deleted { .. } => "schedule.deleted",
        }
    }
}
