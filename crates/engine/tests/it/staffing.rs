//! Staffing against numbers that were reckoned elsewhere, against itself where two formulas must
//! meet, and against a plain simulation of the same queue.

use engine::staffing::{Level, Load, Target, level, rule_of_thumb, staff};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const MINUTE: f64 = 60.0;

fn load(arrivals: f64, finished: f64, leaving: Option<f64>) -> Load {
    let patience = leaving.map(|rate| MINUTE / rate);
    Load { arrivals: arrivals / MINUTE, handling: MINUTE / finished, patience }
}

/// Rates a minute, agents, promptness in seconds; then the chance to wait, the mean wait in
/// minutes, the share in time, the share that gives up and the occupancy.
type Known = (f64, f64, Option<f64>, u32, f64, [f64; 5]);

const KNOWN: &[Known] = &[
    (4.2, 0.5, None, 12, 20.0, [0.183889, 0.102160, 0.899080, 0.0, 0.7]),
    (4.2, 0.5, Some(1.0), 12, 20.0, [0.127372, 0.029679, 0.945270, 0.029679, 0.679225]),
    (8.4, 0.1, None, 90, 30.0, [0.411957, 0.686596, 0.694815, 0.0, 0.933333]),
    (1.4, 0.1, None, 15, 30.0, [0.722319, 7.223186, 0.312909, 0.0, 0.933333]),
    (8.4, 0.1, Some(0.1), 90, 30.0, [0.270355, 0.172001, 0.855064, 0.017200, 0.917280]),
    (1.4, 0.1, Some(0.1), 15, 30.0, [0.429563, 0.753061, 0.640645, 0.075306, 0.863048]),
    (8.4, 0.1, Some(0.1), 84, 30.0, [0.514510, 0.434850, 0.657738, 0.043485, 0.956515]),
];

fn numbers(level: &Level) -> [f64; 5] {
    let Level { waits, mean_wait, answered_within, abandoned, occupancy, .. } = *level;
    [waits, mean_wait / MINUTE, answered_within, abandoned, occupancy]
}

#[test]
fn known_values_come_out_to_the_last_digit_given() {
    for (arrivals, finished, leaving, agents, within, expected) in KNOWN {
        let found = level(&load(*arrivals, *finished, *leaving), *agents, *within);
        let found = numbers(&found.expect("a steady state"));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 6e-7, "{found:?} {expected:?} {agents}");
        }
    }
}

fn eighty_twenty() -> Target {
    Target { within: 20.0, answered: 0.8, abandoned_max: 1.0, occupancy_max: 1.0 }
}

#[test]
fn large_centres_need_less_than_their_share() {
    for (an_hour, agents, occupancy) in
        [(100.0, 10, 0.667), (1_000.0, 74, 0.901), (10_000.0, 679, 0.982)]
    {
        let load = Load { arrivals: an_hour / 3600.0, handling: 240.0, patience: None };
        let found = staff(&load, &eighty_twenty()).expect("it can be met");
        assert_eq!(found.agents, agents);
        assert!((found.occupancy - occupancy).abs() < 5e-4, "{}", found.occupancy);
        let one_less = level(&load, agents - 1, 20.0);
        assert!(one_less.is_none_or(|level| level.answered_within < 0.8), "not the fewest");
    }
}

#[test]
fn endless_patience_is_none_at_all() {
    let patient = Load { arrivals: 0.07, handling: 120.0, patience: None };
    let nearly = Load { patience: Some(1e9), ..patient };
    let (patient, nearly) = (level(&patient, 12, 20.0), level(&nearly, 12, 20.0));
    let (patient, nearly) = (numbers(&patient.unwrap()), numbers(&nearly.unwrap()));
    for (one, other) in patient.iter().zip(nearly) {
        assert!((one - other).abs() < 1e-5, "{one} {other}");
    }
}

#[test]
fn more_agents_never_make_it_worse() {
    for patience in [None, Some(30.0), Some(600.0)] {
        let load = Load { arrivals: 1.0, handling: 50.0, patience };
        let mut before: Option<Level> = None;
        for agents in 1..120 {
            let Some(now) = level(&load, agents, 10.0) else { continue };
            if let Some(before) = before {
                // Where all is saturated the last digit is rounding.
                let rises = |less: f64, more: f64| more >= less - 1e-12;
                assert!(rises(before.answered_within, now.answered_within), "{agents}");
                assert!(rises(now.mean_wait, before.mean_wait), "{agents}");
                assert!(rises(now.occupancy, before.occupancy), "{agents}");
                assert!(rises(now.abandoned, before.abandoned), "{agents}");
            }
            before = Some(now);
        }
    }
}

#[test]
fn the_largest_centres_are_reckoned_too() {
    for patience in [None, Some(36_000.0)] {
        let load = Load { arrivals: 20.0, handling: 3_600.0, patience };
        let found = staff(&load, &eighty_twenty()).expect("it can be met");
        assert!((68_000..73_000).contains(&found.agents), "{found:?}");
        let all = level(&load, 100_000, 20.0).expect("a steady state");
        assert!(all.answered_within > 0.999_999 && all.abandoned < 1e-9, "{all:?}");
    }
}

#[test]
fn the_rule_of_thumb_is_near() {
    for erlang in [5.0, 20.0, 84.0, 400.0, 2_000.0] {
        for patience in [None, Some(240.0)] {
            let load = Load { arrivals: erlang / 240.0, handling: 240.0, patience };
            let exact = staff(&load, &eighty_twenty()).unwrap().agents;
            let rule = rule_of_thumb(&load, &eighty_twenty()).unwrap();
            let near = 2.max(exact / 400);
            assert!(exact.abs_diff(rule) <= near, "{erlang} {patience:?}: {exact}, rule {rule}");
        }
    }
}

#[test]
fn what_means_nothing_has_no_answer() {
    let fine = Load { arrivals: 1.0, handling: 10.0, patience: Some(60.0) };
    let bad = [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300];
    for number in bad {
        assert_eq!(staff(&Load { arrivals: number, ..fine }, &eighty_twenty()), None);
        assert_eq!(staff(&Load { handling: number, ..fine }, &eighty_twenty()), None);
        assert_eq!(level(&fine, 0, number), None);
    }
    for answered in [1.0, -0.1, f64::NAN] {
        assert_eq!(staff(&fine, &Target { answered, ..eighty_twenty() }), None);
        assert_eq!(rule_of_thumb(&fine, &Target { answered, ..eighty_twenty() }), None);
    }
    let overloaded = Load { patience: None, ..fine };
    assert_eq!(level(&overloaded, 10, 20.0), None, "the queue would grow for ever");
    assert!(level(&fine, 1, 20.0).is_some(), "who gives up keeps it finite");
}

#[test]
fn a_target_of_three_kinds_is_met_in_all_of_them() {
    let load = Load { arrivals: 0.35, handling: 240.0, patience: Some(240.0) };
    let target = Target { abandoned_max: 0.01, occupancy_max: 0.85, ..eighty_twenty() };
    let found = staff(&load, &target).unwrap();
    assert!(target.is_met(&found));
    assert!(!target.is_met(&level(&load, found.agents - 1, 20.0).unwrap()));
}

/// One queue, simulated customer by customer: no formula of the library is in it.
fn simulated(load: &Load, agents: usize, within: f64, customers: u32) -> (f64, f64) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut after = |mean: f64| {
        #[allow(clippy::cast_precision_loss, reason = "a number between 0 and 1")]
        let unit = ((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        -unit.ln() * mean
    };
    let mut free_at = vec![0.0_f64; agents];
    let (mut now, mut answered, mut left) = (0.0, 0_u32, 0_u32);
    for _ in 0..customers {
        now += after(1.0 / load.arrivals);
        let patience = load.patience.map_or(f64::INFINITY, &mut after);
        let next = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("somebody");
        let begin = next.max(now);
        if begin - now > patience {
            left += 1;
            continue;
        }
        answered += u32::from(begin - now <= within);
        *next = begin + after(load.handling);
    }
    let share = |count: u32| f64::from(count) / f64::from(customers);
    (share(answered), share(left))
}

#[test]
fn a_simulation_comes_to_the_same() {
    let load = Load { arrivals: 8.4 / MINUTE, handling: 600.0, patience: Some(600.0) };
    let exact = level(&load, 90, 30.0).unwrap();
    let (answered, left) = simulated(&load, 90, 30.0, 400_000);
    assert!((answered - exact.answered_within).abs() < 0.01, "{answered} {exact:?}");
    assert!((left - exact.abandoned).abs() < 0.002, "{left} {exact:?}");
}
