//! Long random histories: after each step nothing that could be placed waits, no decision exceeded
//! a cap, every index is as computed anew, rows lead to the same floor, and so does catching up.

use crate::model::Model;
use crate::support::{Chance, audit_floor, rows};
use engine::floor::{Floor, Touched};

/// Histories, each from its own seed.
const RUNS: u64 = 60;

/// Steps of one history.
const STEPS: usize = 250;

#[test]
fn every_history_keeps_the_promises() {
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..RUNS {
        let mut chance = Chance(seed);
        let mut model = Model::new();
        let mut follower = Follower::new(&model.world.floor);
        for step in 0..STEPS {
            let name = model.step(&mut chance);
            *counts.entry(name).or_insert(0_u32) += 1;
            let what = format!("seed {seed} step {step} {name}");
            model.route(&what);
            model.world.audit(&what);
            let loaded = Floor::load(rows(&model.world.floor, None));
            assert!(loaded == model.world.floor, "{what}: load is not fold");
            follower.touch(&mut model, &what, chance.one_in(4));
        }
    }
    println!("{counts:?}");
    assert!(counts.values().all(|count| *count > 20), "a kind of step hardly ran: {counts:?}");
}

/// Another node's floor: catches up now and then by re-reading what was touched.
struct Follower {
    floor: Floor,
    touched: Touched,
}

impl Follower {
    fn new(floor: &Floor) -> Self {
        Self { floor: Floor::load(rows(floor, None)), touched: Touched::default() }
    }

    fn touch(&mut self, model: &mut Model, what: &str, catches_up: bool) {
        self.touched.merge(std::mem::take(&mut model.world.touched));
        if !catches_up {
            return;
        }
        let mut touched = std::mem::take(&mut self.touched);
        touched.normalise();
        let held = rows(&model.world.floor, Some(&touched));
        self.floor.refresh(&touched, held);
        audit_floor(&self.floor, what);
        assert!(self.floor == model.world.floor, "{what}: catching up is not loading");
    }
}
