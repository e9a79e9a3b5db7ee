//! When a calendar is open. One rule decides: *at every instant, the clock on the wall of the zone
//! is read, and the calendar is open if that reading lies in one of its windows.* So where clocks
//! skip an hour, what lies in the skipped hour never comes, and a window that begins in it begins
//! where the gap ends; where an hour comes twice, a window in it counts both times.
//!
//! A date with hours of its own is governed by them alone, from its midnight to the next: a window
//! that began the evening before ends at that midnight. Windows may overlap and count once.
//!
//! Everything here is exact to the microsecond and bounded: nothing looks further ahead than
//! [`HORIZON`].

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use domain::calendar::{CalendarSpec, DAY_MINUTES, Date, DatedHours, Window};
use domain::time::{Span, Timestamp};

/// How far ahead an opening, a closing or a due time is looked for.
pub const HORIZON: Span = Span::from_secs(366 * 24 * 3600);

/// How much time is counted at most between two instants.
pub const COUNTED_MAX: Span = Span::from_secs(3660 * 24 * 3600);

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = DAY_MINUTES as i64 * MINUTE;

/// No zone changes its offset twice in so short a time.
const STRETCH: i64 = 12 * 3600 * SECOND;

/// Why a calendar cannot be used: the field, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field inside the calendar.
    pub field: String,
    /// What is wrong.
    pub text: &'static str,
}

/// Checks that a calendar can be used.
///
/// # Errors
/// The first fault found.
pub fn check(spec: &CalendarSpec) -> Result<(), Fault> {
    let fault = |field: String, text| Err(Fault { field, text });
    if spec.time_zone.parse::<Tz>().is_err() {
        return fault("time_zone".to_owned(), "must be the name of an IANA time zone");
    }
    let unsound = "a window begins on its day, ends after it begins and lasts at most 24 hours";
    for (at, weekly) in spec.weekly.iter().enumerate() {
        if !(1..=7).contains(&weekly.day) {
            return fault(format!("weekly[{at}].day"), "must be a day of the week");
        }
        if !weekly.window.is_sound() {
            return fault(format!("weekly[{at}]"), unsound);
        }
    }
    for (at, dated) in spec.dates.iter().enumerate() {
        if at > 0 && spec.dates[at - 1].date >= dated.date {
            return fault(format!("dates[{at}].date"), "every date is listed once");
        }
        if !dated.windows.iter().all(|window| window.is_sound()) {
            return fault(format!("dates[{at}].windows"), unsound);
        }
    }
    Ok(())
}

/// Whether it is open at an instant.
#[must_use]
pub fn is_open(spec: &CalendarSpec, at: Timestamp) -> bool {
    openings(spec, at, at + Span::from_micros(1)).next().is_some()
}

/// The first instant at or after `at` at which it is open, if there is one within [`HORIZON`].
#[must_use]
pub fn next_open(spec: &CalendarSpec, at: Timestamp) -> Option<Timestamp> {
    openings(spec, at, at + HORIZON).next().map(|opening| Timestamp::from_micros(opening.0))
}

/// The first instant at or after `at` at which it is closed, if there is one within [`HORIZON`].
#[must_use]
pub fn next_close(spec: &CalendarSpec, at: Timestamp) -> Option<Timestamp> {
    let horizon = at + HORIZON;
    let mut open_until = at.micros();
    for (from, to) in openings(spec, at, horizon) {
        if from > open_until {
            break;
        }
        open_until = to;
    }
    (open_until < horizon.micros()).then(|| Timestamp::from_micros(open_until))
}

/// How long it is open between two instants; nothing if the second is not later, and at most
/// [`COUNTED_MAX`] after the first is looked at.
#[must_use]
pub fn open_time_between(spec: &CalendarSpec, from: Timestamp, to: Timestamp) -> Span {
    let to = to.min(from + COUNTED_MAX);
    Span::from_micros(openings(spec, from, to).map(|(from, to)| to - from).sum())
}

/// The first instant by which it has been open for `span` since `from`, if that is within
/// [`HORIZON`]. No span is over at once.
#[must_use]
pub fn add_open_time(spec: &CalendarSpec, from: Timestamp, span: Span) -> Option<Timestamp> {
    if span.is_zero() {
        return Some(from);
    }
    let mut left = span.micros();
    for (from, to) in openings(spec, from, from + HORIZON) {
        if left <= to - from {
            return Some(Timestamp::from_micros(from + left));
        }
        left -= to - from;
    }
    None
}

/// The stretches between two instants in which it is open, in order; neighbours may touch.
fn openings(spec: &CalendarSpec, from: Timestamp, to: Timestamp) -> Openings<'_> {
    Openings {
        spec,
        zone: spec.time_zone.parse().ok(),
        at: from.micros(),
        end: to.micros(),
        found: Vec::new(),
    }
}

struct Openings<'a> {
    spec: &'a CalendarSpec,
    /// None if nobody knows the zone; such a calendar is never open.
    zone: Option<Tz>,
    at: i64,
    end: i64,
    /// What was found and not yet given out, last first.
    found: Vec<(i64, i64)>,
}

impl Iterator for Openings<'_> {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        if self.spec.closed {
            return None;
        }
        if self.spec.always_open {
            let whole = (self.at, self.end);
            self.at = self.end;
            return (whole.0 < whole.1).then_some(whole);
        }
        let zone = self.zone?;
        while self.found.is_empty() {
            if self.at >= self.end {
                return None;
            }
            let (to, offset) = stretch(&zone, self.at, self.end);
            self.look(to, offset * SECOND);
            self.at = to;
        }
        self.found.pop()
    }
}

impl Openings<'_> {
    /// Finds what is open from here to `to`, while the wall is `offset` ahead of UTC.
    fn look(&mut self, to: i64, offset: i64) {
        let (first, last) = (self.at + offset, to + offset);
        let mut windows: Vec<(i64, i64)> = Vec::new();
        for day in first.div_euclid(DAY)..=(last - 1).div_euclid(DAY) {
            let Ok(date) = i32::try_from(day) else { return };
            for (start, end) in windows_on(self.spec, Date::from_days(date)) {
                let start = (day * DAY + start).max(first);
                let end = (day * DAY + end).min(last);
                if start < end {
                    windows.push((start, end));
                }
            }
        }
        windows.sort_unstable();
        for (start, end) in windows {
            match self.found.last_mut() {
                Some(held) if start - offset <= held.1 => held.1 = held.1.max(end - offset),
                _ => self.found.push((start - offset, end - offset)),
            }
        }
        self.found.reverse();
    }
}

/// How far from `at` the wall is equally far ahead of UTC, at most to `end`; and how far, in
/// seconds.
fn stretch(zone: &Tz, at: i64, end: i64) -> (i64, i64) {
    let end = end.min(at.saturating_add(STRETCH));
    let (mut low, mut high) = (at.div_euclid(SECOND), (end - 1).div_euclid(SECOND));
    let offset = offset_at(zone, low);
    if offset_at(zone, high) == offset {
        return (end, offset);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset_at(zone, middle) == offset {
            low = middle;
        } else {
            high = middle;
        }
    }
    (high * SECOND, offset)
}

/// How many seconds the wall is ahead of UTC.
fn offset_at(zone: &Tz, second: i64) -> i64 {
    let Some(at) = DateTime::from_timestamp(second, 0) else { return 0 };
    i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
}

/// When a date is open, in microseconds since its midnight; what reaches in from the day before is
/// part of it.
fn windows_on(spec: &CalendarSpec, date: Date) -> Vec<(i64, i64)> {
    let mut open = Vec::new();
    let mut add = |window: Window, days_ago: i64| {
        let start = (i64::from(window.start) * MINUTE - days_ago * DAY).max(0);
        let end = (i64::from(window.end) * MINUTE - days_ago * DAY).min(DAY);
        if start < end {
            open.push((start, end));
        }
    };
    for window in starting_on(spec, date) {
        add(window, 0);
    }
    if dated(spec, date).is_none() {
        for window in starting_on(spec, Date::from_days(date.days().saturating_sub(1))) {
            add(window, 1);
        }
    }
    open
}

fn starting_on(spec: &CalendarSpec, date: Date) -> impl Iterator<Item = Window> + '_ {
    let own = dated(spec, date);
    let weekday = date.weekday();
    let weekly = spec.weekly.iter().filter(move |weekly| own.is_none() && weekly.day == weekday);
    let of_date = own.into_iter().flat_map(|hours| hours.windows.iter().copied());
    weekly.map(|weekly| weekly.window).chain(of_date)
}

fn dated(spec: &CalendarSpec, date: Date) -> Option<&DatedHours> {
    let at = spec.dates.binary_search_by_key(&date, |hours| hours.date).ok()?;
    spec.dates.get(at)
}
