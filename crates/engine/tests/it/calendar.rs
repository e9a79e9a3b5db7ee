//! Calendars against a corpus that was computed elsewhere, and against themselves: what is added
//! is what is counted, and counting is what every single minute says.

use crate::support::Chance;
use domain::calendar::{CalendarSpec, Date, DatedHours, Versions, WeeklyWindow, Window};
use domain::time::{Span, Timestamp};
use engine::calendar::{
    HORIZON, add_open_time, check, is_open, next_close, next_open, open_time_between,
};
use std::collections::BTreeMap;

const CALENDARS: &str = include_str!("calendar/calendars.tsv");
const CASES: &str = include_str!("calendar/cases.tsv");

/// How many cases the corpus has at least.
const CASES_MIN: usize = 200;

const MINUTE: i64 = 60_000_000;

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let real = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    real.map(|line| line.split('\t').collect())
}

fn window(text: &str) -> Window {
    let (start, end) = text.split_once('-').expect("from-to");
    Window {
        start: start.parse().expect("it is as written"),
        end: end.parse().expect("it is as written"),
    }
}

fn weekly(text: &str) -> Vec<WeeklyWindow> {
    let mut found = Vec::new();
    for part in text.split_whitespace() {
        let (days, hours) = part.split_once(':').expect("days:hours");
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        for day in
            first.parse::<u8>().expect("it is as written")..=last.parse().expect("it is as written")
        {
            found.push(WeeklyWindow { day, window: window(hours) });
        }
    }
    found
}

fn dated(text: &str) -> DatedHours {
    let (date, hours) = text.split_once('=').expect("date=hours");
    let windows = hours.split(',').filter(|part| !part.is_empty()).map(window).collect();
    DatedHours { date: Date::parse(date).expect("a date"), label: String::new(), windows }
}

fn calendars() -> BTreeMap<&'static str, CalendarSpec> {
    let made = lines(CALENDARS).map(|cells| {
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let mut dates: Vec<_> = cell(3).split_whitespace().map(dated).collect();
        dates.sort_by_key(|hours| hours.date);
        let spec = CalendarSpec {
            time_zone: cell(1).to_owned(),
            always_open: cell(4) == "always",
            closed: cell(4) == "closed",
            weekly: weekly(cell(2)),
            dates,
        };
        check(&spec).unwrap_or_else(|fault| panic!("{}: {fault:?}", cell(0)));
        (cell(0), spec)
    });
    made.collect()
}

fn instant(text: &str) -> Timestamp {
    let (date, time) = text.split_once('T').expect("a date and a time");
    let (hour, minute) = time.split_once(':').expect("hour:minute");
    let days = i64::from(Date::parse(date).expect("a date").days());
    let minutes = hour.parse::<i64>().expect("it is as written") * 60
        + minute.parse::<i64>().expect("it is as written");
    Timestamp::from_micros((days * 1440 + minutes) * MINUTE)
}

fn shown(at: Option<Timestamp>) -> String {
    let Some(at) = at else { return "none".to_owned() };
    let minutes = at.micros() / MINUTE;
    assert_eq!(minutes * MINUTE, at.micros(), "whole minutes lead to whole minutes");
    let date = Date::from_days(i32::try_from(minutes.div_euclid(1440)).expect("it is as written"));
    let minute = minutes.rem_euclid(1440);
    format!("{date}T{:02}:{:02}", minute / 60, minute % 60)
}

fn minutes(text: &str) -> Span {
    Span::from_micros(text.parse::<i64>().expect("it is as written") * MINUTE)
}

#[test]
fn the_corpus_is_answered_as_computed_elsewhere() {
    let known = calendars();
    let (mut count, mut wrong) = (0, Vec::new());
    for cells in lines(CASES) {
        let [name, op, at, argument, answer, origin] = cells[..] else { panic!("{cells:?}") };
        let (spec, at) = (&known[name], instant(at));
        let given = match op {
            "open" => if is_open(spec, at) { "yes" } else { "no" }.to_owned(),
            "next_open" => shown(next_open(spec, at)),
            "next_close" => shown(next_close(spec, at)),
            "between" => {
                (open_time_between(spec, at, instant(argument)).micros() / MINUTE).to_string()
            }
            "add" => shown(add_open_time(spec, at, minutes(argument))),
            other => panic!("{other} is no operation"),
        };
        count += 1;
        if given != answer {
            wrong.push(format!("{name} {op} {argument}: {given}, not {answer} ({origin})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= CASES_MIN, "the corpus shrank to {count}");
}

/// A calendar out of chance, in a zone whose clocks change.
fn any(chance: &mut Chance) -> CalendarSpec {
    let zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];
    let zone = chance.of(&zones).unwrap_or("UTC");
    let small = |n: usize| u16::try_from(n).expect("it is as written");
    let mut pick = || {
        let start = chance.below(1440);
        let most = if chance.one_in(4) { 1440 } else { 300 };
        let length = 1 + chance.below(most);
        Window { start: small(start), end: small(start + length) }
    };
    let windows: Vec<Window> = (0..6).map(|_| pick()).collect();
    let day = |chance: &mut Chance| u8::try_from(1 + chance.below(7)).expect("it is as written");
    let weekly = windows[..4].iter().map(|w| WeeklyWindow { day: day(chance), window: *w });
    let weekly = weekly.collect();
    // The last Sunday of March and of October 2026, and days beside them.
    let first = [20_540, 20_750][chance.below(2)];
    let mut dates: Vec<_> = windows[4..]
        .iter()
        .map(|w| {
            let date =
                Date::from_days(first + i32::try_from(chance.below(12)).expect("it is as written"));
            let windows = if chance.one_in(2) { vec![*w] } else { Vec::new() };
            DatedHours { date, label: String::new(), windows }
        })
        .collect();
    dates.sort_by_key(|hours| hours.date);
    dates.dedup_by_key(|hours| hours.date);
    CalendarSpec { time_zone: zone.to_owned(), weekly, dates, ..CalendarSpec::default() }
}

/// An instant near a change of clocks, not on a minute.
fn near(chance: &mut Chance) -> Timestamp {
    let day = [20_520_i64, 20_730, 20_600][chance.below(3)];
    let micros = i64::try_from(chance.next() % (30 * 86_400_000_000)).expect("it is as written");
    Timestamp::from_micros(day * 86_400_000_000 + micros)
}

/// Issues of peers whose users had calendars go wrong, each with how many cases it has at least.
const ISSUES: [(&str, usize); 13] = [
    ("Chatwoot #13392", 6),
    ("Chatwoot #14009", 5),
    ("Chatwoot #5254", 6),
    ("Chatwoot #6467", 3),
    ("Chatwoot #10436", 4),
    ("Zammad #390", 5),
    ("Zammad #3180", 4),
    ("Zammad #5177", 2),
    ("Zammad #3140", 2),
    ("Zammad #5624", 2),
    ("Zammad #4353", 5),
    ("Frappe #2075", 3),
    ("Frappe #2212", 4),
];

#[test]
fn every_issue_of_a_peer_has_its_cases() {
    let origins: Vec<&str> = lines(CASES).map(|case| case[5]).collect();
    for (issue, least) in ISSUES {
        let of_issue = |origin: &&&str| origin.split(':').next() == Some(issue);
        let found = origins.iter().filter(of_issue).count();
        println!("{issue}: {found} cases");
        assert!(found >= least, "{issue}: {found} cases");
    }
    println!("{} cases in all", origins.len());
    assert!(origins.len() >= CASES_MIN);
}

#[test]
fn what_is_added_is_what_is_counted() {
    let mut chance = Chance(7);
    for round in 0..3_000 {
        let spec = any(&mut chance);
        let from = near(&mut chance);
        let span = Span::from_micros(
            i64::try_from(chance.next() % 200_000_000_000).expect("it is as written"),
        );
        if let Some(due) = add_open_time(&spec, from, span) {
            assert!(due >= from && due <= from + HORIZON, "{round}: {due:?}");
            assert_eq!(open_time_between(&spec, from, due), span, "{round}: {spec:?} {from:?}");
            let just_before = Timestamp::from_micros(due.micros() - 1);
            assert!(
                span.is_zero() || is_open(&spec, just_before),
                "{round}: the first such instant"
            );
        }
        let to = from
            + Span::from_micros(
                i64::try_from(chance.next() % 500_000_000_000).expect("it is as written"),
            );
        let counted = open_time_between(&spec, from, to);
        assert!(counted <= to.since(from), "{round}: no more than there is");
        let due = add_open_time(&spec, from, counted).expect("it was counted");
        assert!(due <= to, "{round}: {due:?} is after {to:?}");
        let later = open_time_between(&spec, from, to + Span::from_secs(3600));
        assert!(later >= counted, "{round}: counting goes forward");
    }
}

#[test]
fn changes_are_where_the_answer_changes() {
    let mut chance = Chance(11);
    for round in 0..2_000 {
        let (spec, at) = (any(&mut chance), near(&mut chance));
        let open = is_open(&spec, at);
        let (opens, closes) = (next_open(&spec, at), next_close(&spec, at));
        assert_eq!(open, opens == Some(at), "{round}: open now means no waiting");
        assert_eq!(!open, closes == Some(at), "{round}: and so for closed");
        let change = if open { closes } else { opens };
        let Some(change) = change else { continue };
        let before = Timestamp::from_micros(change.micros() - 1);
        assert_eq!(is_open(&spec, change), !open, "{round}: {spec:?} {at:?}");
        assert_eq!(is_open(&spec, before), open, "{round}: not before");
    }
}

#[test]
fn counting_is_what_every_minute_says() {
    let mut chance = Chance(13);
    for round in 0..60 {
        let spec = any(&mut chance);
        let from = Timestamp::from_micros(near(&mut chance).micros() / MINUTE * MINUTE);
        let minute = |n: i64| from + Span::from_micros(n * MINUTE);
        let by_minute = (0..4_320).filter(|n| is_open(&spec, minute(*n))).count();
        let counted = open_time_between(&spec, from, minute(4_320));
        let by_minute = i64::try_from(by_minute).expect("it is as written") * MINUTE;
        assert_eq!(counted.micros(), by_minute, "{round}: {spec:?} {from:?}");
    }
}

#[test]
fn what_cannot_be_used_is_said() {
    let fault = |change: fn(&mut CalendarSpec)| {
        let mut spec = calendars()["holidays"].clone();
        change(&mut spec);
        check(&spec).expect_err("it cannot be used").field
    };
    assert_eq!(fault(|spec| spec.time_zone = "Berlin".into()), "time_zone");
    assert_eq!(fault(|spec| spec.weekly[2].day = 8), "weekly[2].day");
    assert_eq!(fault(|spec| spec.weekly[1].window.end = 540), "weekly[1]");
    assert_eq!(fault(|spec| spec.weekly[1].window.end = 1981), "weekly[1]");
    assert_eq!(fault(|spec| spec.dates[1].date = spec.dates[0].date), "dates[1].date");
    assert_eq!(fault(|spec| spec.dates[0].windows[0].start = 1440), "dates[0].windows");
    let nowhere = CalendarSpec { time_zone: "Nowhere".into(), ..calendars()["office"].clone() };
    assert!(!is_open(&nowhere, instant("2026-02-02T10:00")), "a zone nobody knows is never open");
}

#[test]
fn dates_are_those_of_the_calendar() {
    let mut expected = Date::from_days(-1_000).civil();
    for days in -1_000..60_000 {
        let date = Date::from_days(days);
        assert_eq!(date.civil(), expected);
        assert_eq!(Date::parse(&date.to_string()), Some(date));
        assert_eq!(i64::from(date.weekday()), (i64::from(days) + 3).rem_euclid(7) + 1);
        let (year, month, day) = expected;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = [31, 28 + u8::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        expected = match (month, day) {
            (12, 31) => (year + 1, 1, 1),
            _ if day == last[usize::from(month) - 1] => (year, month + 1, 1),
            _ => (year, month, day + 1),
        };
    }
    for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "26-01-01", "2026-01-01-"] {
        assert_eq!(Date::parse(text), None, "{text}");
    }
}

#[test]
fn forgotten_versions_lead_to_the_oldest_kept() {
    let mut versions = Versions::new(1, 10);
    versions.push(2, 10);
    for n in 3..=12 {
        versions.push(n, 10 * n);
    }
    assert_eq!(*versions.latest(), 120);
    assert_eq!(*versions.at(9), 90);
    assert_eq!(*versions.at(99), 120);
    assert_eq!(*versions.at(1), 50, "eight are kept");
    let mut few = Versions::new(1, 'a');
    few.push(4, 'b');
    assert_eq!((*few.at(3), *few.at(4), *few.at(0)), ('a', 'b', 'a'));
}
