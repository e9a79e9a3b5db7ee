//! What a schedule says of its agents at a moment, and when that is next otherwise. Shifts, breaks
//! and times on call are read by the rule of business calendars, so that hours which clocks skip or
//! repeat count as they do there.

use crate::calendar::{self, Fault};
use domain::calendar::{CalendarSpec, DATE_WINDOWS_MAX, DATES_MAX, WEEKLY_MAX, WeeklyWindow};
use domain::schedule::{Duty, ScheduleSpec};
use domain::time::Timestamp;
use std::sync::Arc;

/// A schedule as the floor has it, with its version.
pub type Held = (i64, Arc<ScheduleSpec>);

/// The three calendars that a schedule consists of.
struct Parts {
    shifts: CalendarSpec,
    breaks: CalendarSpec,
    on_call: CalendarSpec,
}

impl Parts {
    fn of(spec: &ScheduleSpec) -> Self {
        let weekly = |windows: &[WeeklyWindow]| CalendarSpec {
            time_zone: spec.time_zone.clone(),
            weekly: windows.to_vec(),
            ..CalendarSpec::default()
        };
        Self {
            shifts: CalendarSpec { dates: spec.dates.clone(), ..weekly(&spec.shifts) },
            breaks: weekly(&spec.breaks),
            on_call: weekly(&spec.on_call),
        }
    }

    fn all(&self) -> [&CalendarSpec; 3] {
        [&self.shifts, &self.breaks, &self.on_call]
    }

    fn duty(&self, at: Timestamp) -> Duty {
        let [shift, pause, call] = self.all().map(|part| calendar::is_open(part, at));
        match (shift, pause, call) {
            (true, false, _) => Duty::OnShift,
            (true, true, _) => Duty::OnBreak,
            (false, _, true) => Duty::OnCall,
            (false, _, false) => Duty::OffShift,
        }
    }
}

/// Checks that a schedule can be used.
///
/// # Errors
/// The first fault found, with the field of the schedule.
pub fn check(spec: &ScheduleSpec) -> Result<(), Fault> {
    let parts = Parts::of(spec);
    for (part, name) in parts.all().into_iter().zip(["shifts", "breaks", "on_call"]) {
        let many = part.weekly.len() > WEEKLY_MAX
            || part.dates.len() > DATES_MAX
            || part.dates.iter().any(|hours| hours.windows.len() > DATE_WINDOWS_MAX);
        if many {
            let text = "the schedule has more windows than it may";
            return Err(Fault { field: name.to_owned(), text });
        }
        calendar::check(part)
            .map_err(|fault| Fault { field: fault.field.replacen("weekly", name, 1), ..fault })?;
    }
    Ok(())
}

/// What a schedule says at an instant.
#[must_use]
pub fn duty(spec: &ScheduleSpec, at: Timestamp) -> Duty {
    Parts::of(spec).duty(at)
}

/// The first instant after `at` at which a window of a schedule begins or ends, if there is one
/// within [`calendar::HORIZON`].
#[must_use]
pub fn next_change(spec: &ScheduleSpec, at: Timestamp) -> Option<Timestamp> {
    let parts = Parts::of(spec);
    let of = |part: &CalendarSpec| match calendar::is_open(part, at) {
        true => calendar::next_close(part, at),
        false => calendar::next_open(part, at),
    };
    parts.all().into_iter().filter_map(of).min()
}
