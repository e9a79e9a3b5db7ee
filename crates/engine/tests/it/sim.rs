//! The simulator: one seed is one history, policies see the same customers, and worlds that make no
//! sense are refused in words. What it is held against is in `known`.

#![allow(clippy::cast_precision_loss, reason = "hours of agents")]

mod known;
mod labels;

use domain::queue::{Strategy, WorkOrder};
use engine::sim::builtin;
use engine::sim::chance::Spread;
use engine::sim::figures::differences;
use engine::sim::world::{Later, World};
use engine::sim::{figures_of, simulate, simulate_until};

/// Runs of the worlds here.
const RUNS: u64 = 3;

fn policies() -> [(&'static str, WorkOrder, Strategy); 4] {
    [
        ("first come, longest idle", WorkOrder::FirstCome, Strategy::LongestIdle),
        ("first come, fastest", WorkOrder::FirstCome, Strategy::MostSkilled),
        ("c-mu, fastest", WorkOrder::GeneralizedCMu, Strategy::MostSkilled),
        ("primary first", WorkOrder::PrimaryFirst, Strategy::PrimaryFirst),
    ]
}

#[test]
fn one_seed_is_one_history_and_another_is_another() {
    let mut world = builtin::world("day").expect("it comes with the program");
    world.seconds = Some(7_200.0);
    let run = |seed, run| simulate(&world, seed, run, |_| ()).expect("a sound world");
    assert_eq!(run(1, 0), run(1, 0));
    assert_ne!(run(1, 0), run(2, 0));
    assert_ne!(run(1, 0), run(1, 1));
}

#[test]
fn the_same_customers_come_whatever_the_policy() {
    let world = builtin::skills(2, 0.0, true);
    let world = World { arrivals: Some(3_000), ..world };
    let [plain, .., best] =
        policies().map(|(_, order, strategy)| world.with_policy(order, strategy));
    let runs = |world: &World| -> Vec<_> {
        (0..RUNS).map(|run| simulate(world, 3, run, |_| ()).expect("sound")).collect()
    };
    let (plain_runs, best_runs) = (runs(&plain), runs(&best));
    for (a, b) in plain_runs.iter().zip(&best_runs) {
        let came = |counts: &engine::sim::tally::Counts| -> Vec<u64> {
            counts.classes.iter().map(|class| class.offered).collect()
        };
        assert_eq!(came(a), came(b));
    }
    let figures = |runs: &[_]| -> Vec<_> { runs.iter().map(|r| figures_of(&world, r)).collect() };
    let (plain, best) = (figures(&plain_runs), figures(&best_runs));
    let paired = differences(&plain, &best)["abandoned"];
    assert!(paired.mean + paired.half_width < 0.0, "primary first loses fewer: {paired:?}");
}

/// Agents of a schedule are there in their shifts and not on breaks, by the clock of their zone.
#[test]
fn schedules_say_when_agents_are_there() {
    let week = builtin::world("week").expect("it is there");
    let only = |name: &str, day: f64| {
        let mut world = World { seconds: Some(day * 86_400.0), ..week.clone() };
        world.agents.retain(|group| group.name == name);
        // Nobody has work left to finish when a break or the evening comes.
        world.classes.iter_mut().for_each(|class| class.service = Spread::Constant(1.0));
        let counts = simulate(&world, 4, 0, |_| ()).expect("a sound world");
        let hours = |micros: i64| (micros as f64 / 3.6e9).round();
        counts.agents.iter().map(|(_, there)| hours(*there)).collect::<Vec<_>>()
    };
    // Eight hours and a half less half an hour.
    assert_eq!(only("early birds", 1.0), vec![8.0; 9]);
    assert_eq!(only("early birds", 2.0), vec![16.0; 9]);
    assert_eq!(only("early birds", 5.0), vec![32.0; 9], "on the fifth day nobody works");
    assert_eq!(only("late birds", 1.0), vec![16.0; 9], "and at night they are on call");
}

#[test]
fn every_world_that_comes_with_the_program_is_sound() {
    for (name, _) in builtin::WORLDS {
        let world = builtin::world(name).expect("it is there");
        world.check().expect(name);
        let small = World {
            arrivals: world.arrivals.map(|_| 500),
            // Long enough that the first shift begins.
            seconds: world.seconds.map(|_| 28_800.0),
            ..world
        };
        let counts = simulate(&small, 1, 0, |_| ()).expect("it runs");
        let all = counts.all();
        assert_eq!(all.offered, all.answered + all.abandoned, "{name}: everybody is accounted for");
        assert!(all.offered > 50, "{name}");
    }
}

/// A world of a hundred years in which hardly anybody comes, but shifts begin and end.
#[test]
fn a_run_is_stopped_though_nobody_comes() {
    let mut world = builtin::world("week").expect("it is there");
    world.seconds = Some(3.0e9);
    world.classes.iter_mut().for_each(|class| class.rates.truncate(1));
    world.classes.iter_mut().for_each(|class| class.rates[0].per_hour = 1e-9);
    let mut asked = 0;
    let stopped = simulate_until(&world, 1, 0, |_| {
        asked += 1;
        false
    });
    assert_eq!((stopped, asked), (Ok(None), 1));
}

type Change = fn(&mut World);

#[test]
fn what_makes_no_sense_is_said_in_words() {
    let sound = builtin::world("single").expect("it is there");
    let wrong: [(&str, Change); 15] = [
        ("begins", |w| w.begins = Some("tomorrow".to_owned())),
        ("no schedule", |w| w.agents[0].schedule = Some("nights".to_owned())),
        ("later", |w| {
            let service = Spread::Constant(1.0);
            let one = Later { from: 0.0, service, patience: None };
            w.classes[0].later = vec![one];
        }),
        ("bounded", |w| w.seconds = Some(1.0)),
        ("warm_up", |w| w.warm_up = 1.0),
        ("classes", |w| w.classes.clear()),
        ("nobody", |w| w.agents.clear()),
        ("rates", |w| w.classes[0].rates[0].from = 5.0),
        ("service", |w| w.classes[0].service = Spread::Exponential(f64::NAN)),
        ("units", |w| w.agents[0].units = 0),
        ("share", |w| w.classes[0].labels.extend([("claim".to_owned(), 1.5)])),
        ("labels", |w| w.classes[0].labels.extend([(String::new(), 0.5)])),
        ("each once", |w| {
            w.agents[0].per_label.extend([("a".to_owned(), 1), ("A".to_owned(), 2)]);
        }),
        ("per_label", |w| w.agents[0].per_label.extend([("claim".to_owned(), 101)])),
        ("strategy", |w| w.classes[0].strategy = Strategy::CustomerHistory),
    ];
    for (word, change) in wrong {
        let mut world = sound.clone();
        change(&mut world);
        let said = world.check().expect_err(word);
        assert!(said.contains(word), "{word}: {said}");
        assert_eq!(simulate(&world, 1, 0, |_| ()).err(), Some(said));
    }
}
