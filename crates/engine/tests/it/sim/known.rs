//! The simulator against what is known: exact queueing formulas, a simulator made by others, and
//! results of several skills that were found elsewhere. Each world is a test of its own that prints
//! its row. Small runs here; `OMNICHANNEL_SIM_ARRIVALS=1000000` and a release build make ten runs
//! of a million customers each, as `make long` does.

#![allow(clippy::cast_precision_loss, reason = "counts of customers, microseconds of work")]

use domain::queue::{Strategy, WorkOrder};
use engine::sim::builtin::{self, bare, class, group};
use engine::sim::chance::Spread;
use engine::sim::figures::Estimate;
use engine::sim::tally::{Counts, Tally};
use engine::sim::world::{Class, Group, Later, Rate, Staff, World};
use engine::sim::{replicate, simulate};
use engine::staffing::{Load, level};

/// Runs, and customers of each: few while developing, more where it counts, and as many as are
/// asked for.
const RUNS: u64 = if cfg!(debug_assertions) { 3 } else { 10 };
const ARRIVALS: u64 = if cfg!(debug_assertions) { 3_000 } else { 50_000 };
const ASKED: &str = "OMNICHANNEL_SIM_ARRIVALS";

/// Days of the worlds that were run by others a thousand times.
const DAYS: u64 = if cfg!(debug_assertions) { 10 } else { 1_000 };

/// How much a share may be off beyond its interval, which one in twenty is beside anyway: less
/// where runs are long, never less than a published figure was rounded to.
fn slack() -> f64 {
    if cfg!(debug_assertions) { 0.03 } else { 0.003 }
}

const STRICT: &str = "ANS_IN / OFFERED";

#[allow(clippy::disallowed_methods, reason = "how much is proved is asked of whoever runs it")]
fn arrivals() -> u64 {
    std::env::var(ASKED).ok().and_then(|text| text.parse().ok()).unwrap_or(ARRIVALS)
}

/// One pool: how many come and are finished a minute, how fast customers leave if they do, how many
/// agents, and what is prompt.
struct Pool {
    seed: u64,
    comes: f64,
    finishes: f64,
    leaves: Option<f64>,
    agents: u32,
    within: f64,
}

impl Pool {
    fn world(&self) -> World {
        let handling = Spread::Exponential(60.0 / self.finishes);
        let patience = self.leaves.map(|rate| Spread::Exponential(60.0 / rate));
        let only = class("all", self.comes * 60.0, handling, patience);
        World {
            classes: vec![Class { within: self.within, ..only }],
            agents: vec![group("team", self.agents, &[("all", 5)])],
            ..bare("pool", arrivals())
        }
    }

    /// Against the formulas, which hold in the long run.
    fn agrees(&self) {
        let patience = self.leaves.map(|rate| 60.0 / rate);
        let handling = 60.0 / self.finishes;
        let load = Load { arrivals: self.comes / 60.0, handling, patience };
        let exact = level(&load, self.agents, self.within).expect("a steady state");
        let found = replicate(&self.world(), self.seed, RUNS).expect("a sound world");
        let mut wrong = Vec::new();
        for (name, exact, scale) in [
            ("waits", exact.waits, 2.0),
            ("wait of all", exact.mean_wait, handling / 2.0),
            (STRICT, exact.answered_within, 1.0),
            ("abandoned", exact.abandoned, 1.0),
            ("occupancy", exact.occupancy, 1.0),
        ] {
            let estimate = found[name];
            let text = format!("{name} {}, exactly {exact:.5}", shown(estimate));
            println!("{} agents, leaving {:?}: {text}", self.agents, self.leaves);
            if !estimate.holds(exact, slack() * scale) {
                wrong.push(text);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

fn shown(estimate: Estimate) -> String {
    format!("{:.5} ± {:.5}", estimate.mean, estimate.half_width)
}

macro_rules! pools {
    ($($name:ident: $seed:literal, $comes:literal, $finishes:literal, $leaves:expr, $agents:literal,
        $within:literal;)*) => {
        $(#[test]
        fn $name() {
            let (seed, comes, finishes) = ($seed, $comes, $finishes);
            let (leaves, agents, within) = ($leaves, $agents, $within);
            Pool { seed, comes, finishes, leaves, agents, within }.agrees();
        })*
    };
}

pools! {
    erlang_c_12_agents: 101, 4.2, 0.5, None, 12, 20.0;
    erlang_a_12_agents: 102, 4.2, 0.5, Some(1.0), 12, 20.0;
    erlang_a_90_agents: 103, 8.4, 0.1, Some(0.1), 90, 30.0;
    erlang_a_15_agents: 104, 1.4, 0.1, Some(0.1), 15, 30.0;
    erlang_a_84_agents: 105, 8.4, 0.1, Some(0.1), 84, 30.0;
}

// Nobody leaves and nine in ten are busy: what is drawn in a short run says little.
#[cfg(not(debug_assertions))]
pools! {
    erlang_c_90_agents: 106, 8.4, 0.1, None, 90, 30.0;
    erlang_c_15_agents: 107, 1.4, 0.1, None, 15, 30.0;
}

/// A world of several skills whose results were found elsewhere.
struct Skills {
    /// Skills of each agent.
    each: usize,
    /// How much the demand of classes differs.
    lopsided: f64,
    /// Whether agents are slower at their secondary skills.
    slower: bool,
    order: WorkOrder,
    strategy: Strategy,
    /// Figures by name, and what they are known to be.
    known: &'static [(&'static str, f64)],
}

const FCFS_LI: (WorkOrder, Strategy) = (WorkOrder::FirstCome, Strategy::LongestIdle);
const FCFS_FASTEST: (WorkOrder, Strategy) = (WorkOrder::FirstCome, Strategy::MostSkilled);
const CMU_FASTEST: (WorkOrder, Strategy) = (WorkOrder::GeneralizedCMu, Strategy::MostSkilled);
const PRIMARY_FIRST: (WorkOrder, Strategy) = (WorkOrder::PrimaryFirst, Strategy::PrimaryFirst);

/// Figures that are times, in seconds.
const SERVED: &str = "wait of answered";
const MEAN_WAIT: &str = "wait of all";

impl Skills {
    fn world(&self) -> World {
        let world = builtin::skills(self.each, self.lopsided, self.slower);
        let world = world.with_policy(self.order, self.strategy);
        // Strictly first, as in what it is compared with.
        World { arrivals: Some(arrivals()), gap_step: 36_000.0, ..world }
    }

    fn agrees(&self, world: &World) {
        let found = replicate(world, 11, RUNS).expect("a sound world");
        let mut wrong = Vec::new();
        for (name, known) in self.known {
            let text = format!("{name} {} ({known})", shown(found[*name]));
            println!("{}: {text}", self.title());
            let slack = match *name {
                // What others rounded to a hundredth of a minute, and means of long waits.
                SERVED | MEAN_WAIT => 0.6 + known * 4.0 * slack(),
                "abandoned" => slack(),
                // A single class has a sixth of the customers.
                "worst class" | "best class" => 4.0 * slack(),
                _ => 2.0 * slack(),
            };
            if !found[*name].holds(*known, slack) {
                wrong.push(text);
            }
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", self.title());
    }

    fn title(&self) -> String {
        let Self { each, lopsided, slower, order, strategy, .. } = self;
        format!("{each} skills, lopsided {lopsided}, slower {slower}, {order:?}, {strategy:?}")
    }
}

macro_rules! skills {
    ($($name:ident: $each:literal, $lopsided:literal, $slower:literal, $policy:ident,
        [$($figure:expr => $known:literal),+];)*) => {
        $(#[test]
        fn $name() {
            let ((order, strategy), known) = ($policy, &[$(($figure, $known)),+]);
            let (each, lopsided, slower) = ($each, $lopsided, $slower);
            let skills = Skills { each, lopsided, slower, order, strategy, known };
            skills.agrees(&skills.world());
        })*
    };
}

skills! {
    balanced_1_skill: 1, 0.0, false, FCFS_LI,
        [STRICT => 0.641, "abandoned" => 0.0753, SERVED => 41.58,
         "worst class" => 0.632, "best class" => 0.649];
    balanced_2_skills: 2, 0.0, false, FCFS_LI,
        [STRICT => 0.800, "abandoned" => 0.0264, SERVED => 15.00,
         "worst class" => 0.797, "best class" => 0.802];
    balanced_3_skills: 3, 0.0, false, FCFS_LI,
        [STRICT => 0.840, "abandoned" => 0.0194, SERVED => 11.16];
    balanced_6_skills: 6, 0.0, false, FCFS_LI,
        [STRICT => 0.854, "abandoned" => 0.0174, SERVED => 9.96];
    lopsided_1_skill: 1, 0.3, false, FCFS_LI,
        [STRICT => 0.563, "abandoned" => 0.107, SERVED => 59.22,
         "worst class" => 0.255, "best class" => 0.947];
    lopsided_2_skills: 2, 0.3, false, FCFS_LI,
        [STRICT => 0.778, "abandoned" => 0.0304, SERVED => 17.34,
         "worst class" => 0.675, "best class" => 0.904];
    lopsided_3_skills: 3, 0.3, false, FCFS_LI,
        [STRICT => 0.841, "abandoned" => 0.0193, SERVED => 11.10,
         "worst class" => 0.819, "best class" => 0.868];
    lopsided_6_skills: 6, 0.3, false, FCFS_LI,
        [STRICT => 0.854, "abandoned" => 0.0174, SERVED => 9.96,
         "worst class" => 0.853, "best class" => 0.855];
    slower_2_skills_first_come_longest_idle: 2, 0.0, true, FCFS_LI,
        [STRICT => 0.392, "abandoned" => 0.1028, SERVED => 61.2];
    slower_2_skills_first_come_fastest: 2, 0.0, true, FCFS_FASTEST,
        [STRICT => 0.435, "abandoned" => 0.0938, SERVED => 55.2];
    slower_2_skills_cmu_fastest: 2, 0.0, true, CMU_FASTEST,
        [STRICT => 0.475, "abandoned" => 0.0843, SERVED => 49.8];
    slower_2_skills_primary_first: 2, 0.0, true, PRIMARY_FIRST,
        [STRICT => 0.595, "abandoned" => 0.0682, SERVED => 39.0];
    slower_6_skills_first_come_longest_idle: 6, 0.0, true, FCFS_LI,
        [STRICT => 0.133, "abandoned" => 0.164, SERVED => 103.8];
    slower_6_skills_cmu_fastest: 6, 0.0, true, CMU_FASTEST,
        [STRICT => 0.292, "abandoned" => 0.111, SERVED => 67.8];
    slower_6_skills_primary_first: 6, 0.0, true, PRIMARY_FIRST,
        [STRICT => 0.541, "abandoned" => 0.070, SERVED => 40.8];
}

/// Nobody leaves: the mean wait comes near its value in long runs only.
#[cfg(not(debug_assertions))]
mod patient {
    use super::*;

    macro_rules! patient {
        ($($name:ident: $each:literal => $known:literal;)*) => {
            $(#[test]
            fn $name() {
                let (order, strategy) = FCFS_LI;
                let (each, lopsided, slower) = ($each, 0.0, false);
                let known = &[(MEAN_WAIT, $known)];
                let skills = Skills { each, lopsided, slower, order, strategy, known };
                let mut world = skills.world();
                world.classes.iter_mut().for_each(|class| class.patience = None);
                skills.agrees(&world);
            })*
        };
    }

    patient! {
        nobody_leaves_1_skill: 1 => 437.4;
        nobody_leaves_2_skills: 2 => 55.8;
        nobody_leaves_3_skills: 3 => 44.4;
        nobody_leaves_6_skills: 6 => 42.0;
    }
}

/// Whether two intervals meet: theirs, and ours made wider by `slack`.
fn meets(name: &str, ours: Estimate, (low, high): (f64, f64), slack: f64) {
    println!("{name}: {} (theirs {low} to {high})", shown(ours));
    let half = ours.half_width + slack;
    assert!(ours.mean + half >= low && ours.mean - half <= high, "{name}: {ours:?}");
}

/// Their days begin empty and end, so that the formulas of the long run do not quite hold.
#[test]
fn contactcenters_one_kind_of_calls() {
    let pool =
        Pool { seed: 108, comes: 4.2, finishes: 0.5, leaves: None, agents: 12, within: 20.0 };
    let hours = Some(8.0 * 3_600.0);
    let day = World { arrivals: None, seconds: hours, warm_up: 0.0, ..pool.world() };
    let found = replicate(&day, pool.seed, DAYS).expect("a sound world");
    meets("one kind: answered in time", found[STRICT], (0.900, 0.904), slack());
    meets("wait of all, in seconds", found["wait of all"], (5.82, 6.12), 30.0 * slack());
    meets("occupancy", found["occupancy"], (0.695, 0.695), 0.5 * slack());
}

/// Three kinds of calls, two groups, three periods of two hours; days busier and less busy. How
/// long work takes and customers wait changes with the period, not with the kind.
fn three_kinds() -> World {
    const PERIOD: f64 = 7_200.0;
    let periods = || (0_u8..).map(|at| f64::from(at) * PERIOD);
    let every = |per_minute: f64| Spread::Exponential(60.0 / per_minute);
    let brings = [(0.5, 0.3), (0.6, 0.4), (0.4, 0.2)].map(|(f, l)| (every(f), every(l)));
    let kind = |name, per_minute: [f64; 3]| {
        let [(service, patience), rest @ ..] = brings.clone();
        let rates = periods().zip(per_minute);
        let rates = rates.map(|(from, rate)| Rate { from, per_hour: rate * 60.0 }).collect();
        let later = periods().skip(1).zip(rest);
        let later = later
            .map(|(from, (service, patience))| Later { from, service, patience: Some(patience) })
            .collect();
        Class { rates, later, ..class(name, 1.0, service, Some(patience)) }
    };
    let team = |name, counts: [u32; 3], skills: [(&str, u8); 2]| {
        let staff = periods().zip(counts).map(|(from, count)| Staff { from, count }).collect();
        Group { staff, ..group(name, 1, &skills) }
    };
    let world = World {
        arrivals: None,
        seconds: Some(3.0 * PERIOD),
        warm_up: 0.0,
        busyness: Some(28.7),
        classes: vec![
            kind("first", [4.2, 5.3, 3.2]),
            kind("second", [5.1, 4.3, 4.8]),
            kind("third", [6.3, 5.2, 4.8]),
        ],
        agents: vec![
            team("the first two", [12, 18, 9], [("second", 8), ("first", 6)]),
            team("the last two", [15, 20, 11], [("third", 8), ("second", 6)]),
        ],
        ..bare("three kinds", 1)
    };
    // One line for all who wait; whoever comes second is asked of the first team first.
    world.with_policy(WorkOrder::FirstCome, Strategy::PrimaryFirst)
}

#[test]
fn contactcenters_three_kinds_of_calls() {
    // Theirs reports how busy the first team is.
    const FIRST_TEAM: usize = 18;
    let world = three_kinds();
    let days = (0..DAYS).map(|run| simulate(&world, 109, run, |_| ()).expect("a sound world"));
    let days: Vec<_> = days.collect();
    let mean = |of: fn(&Tally) -> u64| {
        Estimate::of(&days.iter().map(|day| of(&day.all()) as f64).collect::<Vec<_>>())
    };
    meets("served", mean(|all| all.answered), (4270.0, 4324.0), 0.0);
    meets("left", mean(|all| all.abandoned), (876.0, 944.0), 0.0);
    // Theirs are ratios of means.
    let sum = days.iter().fold(Tally::default(), |sum, day| sum.and(&day.all()));
    let daily = |of: fn(&Counts) -> f64| Estimate::of(&days.iter().map(of).collect::<Vec<_>>());
    let level = daily(|day| day.all().service_levels()[3].1);
    let level = Estimate { mean: sum.service_levels()[3].1, ..level };
    meets("answered in time", level, (0.494, 0.509), 0.0);
    let busy = |day: &Counts| {
        let team = day.agents.iter().take(FIRST_TEAM);
        team.fold((0.0, 0.0), |(busy, there), agent| {
            (busy + agent.0 as f64, there + agent.1 as f64)
        })
    };
    let (worked, there) = days.iter().map(busy).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    let shares: Vec<f64> = days.iter().map(|day| busy(day).0 / busy(day).1).collect();
    let occupancy = Estimate { mean: worked / there, ..Estimate::of(&shares) };
    // Theirs goes on until the last caller is gone, when hardly anybody has anything to do.
    meets("occupancy", occupancy, (0.877, 0.884), 0.01);
}
