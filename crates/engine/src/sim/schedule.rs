//! Schedules of a world, written as people write them: days and hours on the wall of a time zone,
//! breaks, hours on call and dates that are otherwise. They become the very schedules that agents
//! live by, and are read by the same code.

use crate::shift;
use chrono::DateTime;
use domain::calendar::{Date, DatedHours, WeeklyWindow, Window};
use domain::schedule::ScheduleSpec;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// When agents of a world work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What it is called; groups name it.
    pub name: String,
    /// The IANA name of its time zone.
    pub time_zone: String,
    /// The shifts of every week.
    pub shifts: Vec<Hours>,
    /// Breaks of every week; they count inside shifts alone.
    #[serde(default)]
    pub breaks: Vec<Hours>,
    /// When they are on call every week; that counts outside shifts alone.
    #[serde(default)]
    pub on_call: Vec<Hours>,
    /// Dates with other shifts or none, in order.
    #[serde(default)]
    pub dates: Vec<Exception>,
}

/// The same hours on some days of every week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The days they begin on: 1 is Monday, 7 is Sunday.
    pub days: Vec<u8>,
    /// When they begin, such as 09:00.
    pub from: String,
    /// When they end; past 24:00 they reach into the day after.
    pub to: String,
}

/// A date that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which date, such as 2026-12-24.
    pub date: String,
    /// From when to when there are shifts on it, each as 09:00-12:00; none leaves it free.
    #[serde(default)]
    pub shifts: Vec<String>,
}

/// A moment as RFC 3339 writes it.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let read = DateTime::parse_from_rfc3339(text).ok()?;
    // Sums of times stay far from the ends of what can be told.
    Some(Timestamp::from_micros(read.timestamp_micros())).filter(|at| at.micros() >= 0)
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| digits)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 48 && minutes < 60).then_some(hours * 60 + minutes)
}

fn window(from: &str, to: &str) -> Result<Window, String> {
    let read = minute(from).zip(minute(to)).map(|(start, end)| Window { start, end });
    let sound = read.filter(|window| window.is_sound());
    sound.ok_or_else(|| format!("{from:?} to {to:?} is no time such as 09:00 to 17:00"))
}

fn weekly(hours: &[Hours]) -> Result<Vec<WeeklyWindow>, String> {
    let mut all = Vec::new();
    for Hours { days, from, to } in hours {
        let window = window(from, to)?;
        all.extend(days.iter().map(|day| WeeklyWindow { day: *day, window }));
    }
    all.sort_unstable();
    Ok(all)
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Date::from_civil(year, month, parts.next()?.parse().ok()?)
}

impl Exception {
    fn read(&self) -> Result<DatedHours, String> {
        let date = date(&self.date).ok_or_else(|| format!("{:?} is no date", self.date))?;
        let read = |text: &String| {
            let (from, to) = text.split_once('-').unwrap_or((text, ""));
            window(from, to)
        };
        let windows = self.shifts.iter().map(read).collect::<Result<_, _>>()?;
        Ok(DatedHours { date, label: String::new(), windows })
    }
}

impl Schedule {
    /// The schedule that agents go by.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn spec(&self) -> Result<ScheduleSpec, String> {
        let spec = ScheduleSpec {
            time_zone: self.time_zone.clone(),
            shifts: weekly(&self.shifts)?,
            breaks: weekly(&self.breaks)?,
            on_call: weekly(&self.on_call)?,
            dates: self.dates.iter().map(Exception::read).collect::<Result<_, _>>()?,
            ..ScheduleSpec::default()
        };
        shift::check(&spec).map_err(|fault| format!("{}: {}", fault.field, fault.text))?;
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> Schedule {
        let hours = |from: &str, to: &str| Hours {
            days: vec![1, 2, 3, 4, 5],
            from: from.to_owned(),
            to: to.to_owned(),
        };
        Schedule {
            name: "office".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            shifts: vec![hours("09:00", "17:30")],
            breaks: vec![hours("12:00", "13:00")],
            on_call: vec![hours("22:00", "30:00")],
            dates: vec![Exception {
                date: "2026-12-24".into(),
                shifts: vec!["09:00-12:00".into()],
            }],
        }
    }

    #[test]
    fn hours_are_read_as_they_are_written() {
        let spec = office().spec().expect("a sound schedule");
        assert_eq!(spec.shifts.len(), 5);
        assert_eq!(spec.shifts[0].window, Window { start: 540, end: 1050 });
        assert_eq!(spec.on_call[4].window, Window { start: 1320, end: 1800 });
        assert_eq!(spec.dates[0].windows, [Window { start: 540, end: 720 }]);
        assert_eq!(spec.dates[0].date.to_string(), "2026-12-24");
    }

    #[test]
    fn what_is_no_hour_date_or_zone_is_said() {
        type Change = fn(&mut Schedule);
        let wrong: [(&str, Change); 5] = [
            ("9am", |s| s.shifts[0].from = "9am".into()),
            ("24:60", |s| s.shifts[0].to = "24:60".into()),
            ("2026-02-30", |s| s.dates[0].date = "2026-02-30".into()),
            ("time_zone", |s| s.time_zone = "Europe/Nowhere".into()),
            ("shifts", |s| s.shifts[0].days = vec![8]),
        ];
        for (word, change) in wrong {
            let mut schedule = office();
            change(&mut schedule);
            let said = schedule.spec().expect_err(word);
            assert!(said.contains(word), "{word}: {said}");
        }
        assert_eq!(
            moment("2026-10-19T00:00:00Z").map(Timestamp::micros),
            Some(1_792_368_000_000_000)
        );
        assert!(moment("19 October").is_none());
    }
}
