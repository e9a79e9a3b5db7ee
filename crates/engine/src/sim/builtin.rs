//! Worlds that come with the program: examples to begin with, and those whose results are known.

use super::chance::Spread;
use super::schedule::{Exception, Hours, Schedule};
use super::world::{Class, Group, Rate, Staff, World};
use domain::interaction::Priority;
use domain::queue::{Strategy, WorkOrder};
use std::collections::BTreeMap;

/// Classes and groups of the worlds of several skills.
const CLASSES: usize = 6;

/// How much the demand of each class differs, where it is lopsided.
const TILTS: [f64; CLASSES] = [-1.0, -2.0 / 3.0, -1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];

/// Level at what an agent is best at.
const PRIMARY: u8 = 8;

/// Level at everything else they know.
const SECONDARY: u8 = 6;

/// How fast work at the second level goes, where it is slower.
const SLOWER: f64 = 0.75;

/// The names of the worlds, and what they are.
pub const WORLDS: &[(&str, &str)] = &[
    ("single", "one class, twelve agents: Erlang's model with patience"),
    ("week", "two teams of two shifts with breaks, nights on call, a holiday, clocks put back"),
    ("day", "three classes over a working day, lognormal handling, shifts, two skills each"),
    ("skills-1", "six classes of fifteen agents who know one thing each"),
    ("skills-2", "the same agents, each with a second skill, all equally fast"),
    ("slower-2", "two skills each, a quarter slower at the second"),
    ("slower-6", "everybody can do everything, a quarter slower at what is not their own"),
    (
        "claims",
        "agents with three chats, a third of them claims, of which each takes one at a time",
    ),
];

/// The world of a name.
#[must_use]
pub fn world(name: &str) -> Option<World> {
    match name {
        "single" => Some(single()),
        "day" => Some(day()),
        "week" => Some(week()),
        "skills-1" => Some(skills(1, 0.0, false)),
        "skills-2" => Some(skills(2, 0.0, false)),
        "slower-2" => Some(skills(2, 0.0, true)),
        "claims" => Some(claims()),
        "slower-6" => Some(skills(CLASSES, 0.0, true)),
        _ => None,
    }
}

/// A class that needs the skill of its name.
#[must_use]
pub fn class(name: &str, per_hour: f64, service: Spread, patience: Option<Spread>) -> Class {
    Class {
        name: name.to_owned(),
        rates: vec![Rate { from: 0.0, per_hour }],
        service,
        patience,
        needs: BTreeMap::from([(name.to_owned(), 1)]),
        labels: BTreeMap::new(),
        within: 20.0,
        strategy: Strategy::PrimaryFirst,
        priority: Priority::Normal,
        priority_step: 0.0,
        weight: 1,
        ageing_knee: 0.0,
        ageing_percent: 0,
        on_call: false,
        later: Vec::new(),
    }
}

/// Agents of these skills who are always there.
#[must_use]
pub fn group(name: &str, count: u32, skills: &[(&str, u8)]) -> Group {
    Group {
        name: name.to_owned(),
        staff: vec![Staff { from: 0.0, count }],
        skills: skills.iter().map(|(skill, level)| ((*skill).to_owned(), *level)).collect(),
        units: 1,
        per_label: BTreeMap::new(),
        rank: 0,
        schedule: None,
    }
}

/// A world without classes or agents.
#[must_use]
pub fn bare(name: &str, arrivals: u64) -> World {
    World {
        name: name.to_owned(),
        arrivals: Some(arrivals),
        seconds: None,
        warm_up: 0.05,
        order: WorkOrder::PrimaryFirst,
        gap_step: 600.0,
        busyness: None,
        speeds: None,
        short_abandon: 5.0,
        begins: None,
        schedules: Vec::new(),
        classes: Vec::new(),
        agents: Vec::new(),
    }
}

fn single() -> World {
    let class = class("all", 252.0, Spread::Exponential(120.0), Some(Spread::Exponential(60.0)));
    World {
        classes: vec![class],
        agents: vec![group("team", 12, &[("all", 5)])],
        ..bare("single", 50_000)
    }
}

/// Ten agents who chat with three at a time, but never about two claims.
fn claims() -> World {
    let chats = class("chats", 180.0, Spread::Exponential(480.0), None);
    let labels = BTreeMap::from([("claim".to_owned(), 0.35)]);
    let team = group("team", 10, &[("chats", 5)]);
    let per_label = BTreeMap::from([("claim".to_owned(), 1)]);
    World {
        classes: vec![Class { labels, ..chats }],
        agents: vec![Group { units: 3, per_label, ..team }],
        ..bare("claims", 20_000)
    }
}

/// Six classes and ninety agents, each with so many skills of a chain, whose demand rises from so
/// much below to so much above the mean; mean handling ten minutes, load 84 Erlang.
#[must_use]
pub fn skills(each: usize, lopsided: f64, slower: bool) -> World {
    let name = |at: usize| format!("class {}", 1 + at % CLASSES);
    let mut world = bare(&format!("{each} skills"), 100_000);
    for (at, tilt) in TILTS.iter().enumerate() {
        let tilt = 1.0 + lopsided * tilt;
        let mean = Spread::Exponential(600.0);
        let made = class(&name(at), 84.0 * tilt, mean.clone(), Some(mean));
        world.classes.push(Class { within: 30.0, ..made });
        let known: Vec<String> = (at..at + each).map(name).collect();
        let level = |at: usize| if at == 0 { PRIMARY } else { SECONDARY };
        let skills: Vec<(&str, u8)> =
            known.iter().enumerate().map(|(at, name)| (name.as_str(), level(at))).collect();
        world.agents.push(group(&format!("best at {}", name(at)), 15, &skills));
    }
    if slower {
        let mut speeds = [1.0; 10];
        speeds[usize::from(SECONDARY) - 1] = SLOWER;
        world.speeds = Some(speeds);
    }
    world
}

/// What holds from which hour on.
type Steps<'a, T> = &'a [(f64, T)];

/// Two skills and their levels.
type Known<'a> = [(&'a str, u8); 2];

fn day() -> World {
    let hours = |hours: f64| hours * 3_600.0;
    let by_hour = |rates: &[(f64, f64)]| -> Vec<Rate> {
        rates
            .iter()
            .map(|(from, per_hour)| Rate { from: hours(*from), per_hour: *per_hour })
            .collect()
    };
    let staff = |counts: &[(f64, u32)]| -> Vec<Staff> {
        counts.iter().map(|(from, count)| Staff { from: hours(*from), count: *count }).collect()
    };
    let handling = |mean| Spread::Lognormal { mean, deviation: mean };
    let patience = Some(Spread::Exponential(180.0));
    let mut world = World {
        arrivals: None,
        seconds: Some(hours(10.0)),
        warm_up: 0.0,
        busyness: Some(28.7),
        ..bare("day", 1)
    };
    let rates: [(&str, f64, Steps<'_, f64>); 3] = [
        ("sales", 300.0, &[(0.0, 40.0), (2.0, 90.0), (5.0, 60.0), (8.0, 30.0)]),
        ("billing", 240.0, &[(0.0, 60.0), (1.0, 120.0), (4.0, 80.0), (8.0, 50.0)]),
        ("technical", 480.0, &[(0.0, 30.0), (2.0, 50.0), (6.0, 60.0), (9.0, 20.0)]),
    ];
    for (name, mean, rates) in rates {
        let made = class(name, 1.0, handling(mean), patience.clone());
        world.classes.push(Class { rates: by_hour(rates), ..made });
    }
    let groups: [(&str, Steps<'_, u32>, Known<'_>); 3] = [
        ("sellers", &[(0.0, 4), (2.0, 8), (8.0, 4)], [("sales", 9), ("billing", 6)]),
        ("accountants", &[(0.0, 5), (1.0, 9), (8.0, 5)], [("billing", 9), ("technical", 4)]),
        ("engineers", &[(0.0, 5), (2.0, 9), (9.0, 5)], [("technical", 9), ("sales", 5)]),
    ];
    for (name, counts, skills) in groups {
        let made = group(name, 1, &skills);
        world.agents.push(Group { staff: staff(counts), ..made });
    }
    let mut speeds = [1.0; 10];
    for (speed, level) in speeds.iter_mut().zip(1_u8..) {
        *speed = f64::from(60 + 4 * level) / 100.0;
    }
    world.speeds = Some(speeds);
    world
}

/// A week in Berlin that ends with the day on which clocks are put back: an early and a late shift
/// with breaks, nobody on the Friday, and whoever is on call for what cannot wait.
fn week() -> World {
    const DAYS: u8 = 7;
    let daily = |per_hour: [f64; 3]| -> Vec<Rate> {
        let hours = [0.0, 6.0, 20.0];
        let of_day = |day: u8| {
            let from = move |hour: f64| (f64::from(day) * 24.0 + hour) * 3_600.0;
            hours
                .iter()
                .zip(per_hour)
                .map(move |(hour, per_hour)| Rate { from: from(*hour), per_hour })
        };
        (0..DAYS).flat_map(of_day).collect()
    };
    let hours = |days: &[u8], from: &str, to: &str| Hours {
        days: days.to_vec(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let all = [1, 2, 3, 4, 5, 6, 7];
    let schedule = |name: &str, shift: [&str; 2], pause: [&str; 2]| Schedule {
        name: name.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        shifts: vec![hours(&all, shift[0], shift[1])],
        breaks: vec![hours(&all, pause[0], pause[1])],
        on_call: Vec::new(),
        dates: vec![Exception { date: "2026-10-23".to_owned(), shifts: Vec::new() }],
    };
    let early = schedule("early", ["06:00", "14:30"], ["10:00", "10:30"]);
    let late = schedule("late", ["13:30", "22:00"], ["18:00", "18:30"]);
    let handling = |mean| Spread::Lognormal { mean, deviation: mean };
    let patience = |mean| Some(Spread::Exponential(mean));
    let questions = class("questions", 1.0, handling(300.0), patience(600.0));
    let outages = class("outages", 1.0, handling(900.0), patience(3_600.0));
    let of = |name: &str, count, schedule: &str, skills: &[(&str, u8)]| Group {
        schedule: Some(schedule.to_owned()),
        ..group(name, count, skills)
    };
    let both = [("questions", 8), ("outages", 5)];
    World {
        arrivals: None,
        seconds: Some(f64::from(DAYS) * 86_400.0),
        warm_up: 0.0,
        begins: Some("2026-10-19T00:00:00+02:00".to_owned()),
        schedules: vec![Schedule { on_call: vec![hours(&all, "22:00", "30:00")], ..late }, early],
        classes: vec![
            Class { rates: daily([6.0, 60.0, 12.0]), ..questions },
            Class { rates: daily([2.0, 6.0, 2.0]), on_call: true, ..outages },
        ],
        agents: vec![of("early birds", 9, "early", &both), of("late birds", 9, "late", &both)],
        ..bare("week", 1)
    }
}
