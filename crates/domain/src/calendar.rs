//! Business calendars: when a tenant works. Weekly windows in a time zone, exceptions for single
//! dates, and a switch that closes everything. What a calendar says of an instant is decided in the
//! engine; here is only what it consists of, and the past versions that running promises still go
//! by.

use crate::id::CalendarId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// How many weekly windows a calendar has at most.
pub const WEEKLY_MAX: usize = 70;

/// How many dated exceptions a calendar has at most.
pub const DATES_MAX: usize = 400;

/// How many windows one date has at most.
pub const DATE_WINDOWS_MAX: usize = 10;

/// How many versions of a calendar are kept for clocks that began under them.
pub const VERSIONS_MAX: usize = 8;

/// A calendar date, as days since 1 January 1970.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Date(i32);

/// Days from 1 March of the year 0 to 1 January 1970.
const EPOCH_FROM_MARCH: i64 = 719_468;
/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

impl Date {
    /// The date so many days after 1 January 1970.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1 January 1970.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The date of a year, month and day, if there is one; years 1 to 9999.
    #[must_use]
    pub fn from_civil(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        // Years begin in March, so that the day that is not always there is the last.
        let years = i64::from(year) - i64::from(month < 3);
        let (era, of_era) = (years.div_euclid(400), years.rem_euclid(400));
        let months = i64::from((month + 9) % 12);
        let of_year = (153 * months + 2) / 5 + i64::from(day) - 1;
        let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        let date = Self(i32::try_from(era * ERA_DAYS + days - EPOCH_FROM_MARCH).ok()?);
        // A day that the month does not have leads into the next month.
        (date.civil() == (year, month, day)).then_some(date)
    }

    /// Year, month and day.
    #[must_use]
    pub fn civil(self) -> (i32, u8, u8) {
        let days = i64::from(self.0) + EPOCH_FROM_MARCH;
        let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * years + years / 4 - years / 100);
        let months = (5 * of_year + 2) / 153;
        let day = of_year - (153 * months + 2) / 5 + 1;
        let month = if months < 10 { months + 3 } else { months - 9 };
        let year = era * 400 + years + i64::from(month < 3);
        let small = |n: i64| u8::try_from(n).expect("months and days are below 32");
        (i32::try_from(year).unwrap_or(i32::MAX), small(month), small(day))
    }

    /// The date written as `2026-12-24`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, length: usize| {
            let plain = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<i32>().ok()).flatten()
        };
        let mut parts = text.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = u8::try_from(digits(parts.next()?, 2)?).ok()?;
        let day = u8::try_from(digits(parts.next()?, 2)?).ok()?;
        if parts.next().is_some() { None } else { Self::from_civil(year, month, day) }
    }

    /// The day of the week: 1 is Monday, 7 is Sunday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        let day = (i64::from(self.0) + 3).rem_euclid(7) + 1;
        u8::try_from(day).expect("a week has seven days")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A stretch of a day, in minutes of the clock on the wall since its midnight. What ends after
/// minute 1440 reaches into the day after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// The first minute.
    pub start: u16,
    /// The minute after the last.
    pub end: u16,
}

impl Window {
    /// Whether it begins on its day, ends after it begins and is no longer than a day.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        self.start < DAY_MINUTES && self.end > self.start && self.end - self.start <= DAY_MINUTES
    }
}

/// A window of every week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WeeklyWindow {
    /// The day it begins on: 1 is Monday, 7 is Sunday.
    pub day: u8,
    /// When.
    pub window: Window,
}

/// What one date has in place of its weekly windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedHours {
    /// Which date.
    pub date: Date,
    /// What it is, such as the name of a holiday.
    #[serde(default)]
    pub label: String,
    /// When it is open; closed all day if there is none.
    #[serde(default)]
    pub windows: Vec<Window>,
}

/// What decides when a calendar is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct CalendarSpec {
    /// The IANA name of the time zone.
    pub time_zone: String,
    /// Whether it is open at all times; windows and dates are then not looked at.
    #[serde(default)]
    pub always_open: bool,
    /// Whether it is closed for now, whatever else it says.
    #[serde(default)]
    pub closed: bool,
    /// When it is open every week.
    #[serde(default)]
    pub weekly: Vec<WeeklyWindow>,
    /// Dates on which that is otherwise, in order, each once.
    #[serde(default)]
    pub dates: Vec<DatedHours>,
}

/// The newest versions of something, oldest first. A version is kept only where it differs from the
/// one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Versions<T>(Vec<(i64, T)>);

impl<T: PartialEq> Versions<T> {
    /// The first version.
    #[must_use]
    pub fn new(version: i64, first: T) -> Self {
        Self(vec![(version, first)])
    }

    /// Adds the newest; the oldest is forgotten beyond [`VERSIONS_MAX`].
    pub fn push(&mut self, version: i64, next: T) {
        if *self.latest() == next {
            return;
        }
        self.0.push((version, next));
        let beyond = self.0.len().saturating_sub(VERSIONS_MAX);
        self.0.drain(..beyond);
    }

    /// The newest.
    #[must_use]
    pub fn latest(&self) -> &T {
        &self.0.last().expect("there is always one version").1
    }

    /// The number of the newest.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.0.last().map_or(0, |(version, _)| *version)
    }

    /// What held at a version; the oldest that is kept, if that one is forgotten.
    #[must_use]
    pub fn at(&self, version: i64) -> &T {
        let later = self.0.partition_point(|(known, _)| *known <= version);
        &self.0[later.saturating_sub(1)].1
    }
}

/// A business calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its id.
    pub id: CalendarId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What decides when it is open, now and before.
    pub versions: Versions<CalendarSpec>,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
