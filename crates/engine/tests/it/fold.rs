//! Long random histories: after each step nothing that could be placed waits, no decision exceeded
//! a cap, every index is as computed anew, rows lead to the same floor, and so does catching up.

use crate::book::Ending;
use crate::model::Model;
use crate::support::{Chance, World, audit_floor};
use domain::event::EndReason;
use domain::offer::OfferState;
use engine::floor::{Floor, Touched};
use std::collections::BTreeMap;

/// Histories of one round, each from its own seed.
const RUNS: u64 = 60;

/// A step of a plan went by a queue that was deleted, and catching up did not open the next one.
const KEPT: [u64; 1] = [7285];

/// Steps of one history.
const STEPS: usize = 250;

/// How many rounds of them, each with other seeds.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the service")]
fn rounds() -> u64 {
    std::env::var("OMNICHANNEL_TEST_ROUNDS").map_or(1, |text| text.parse().expect("a number"))
}

#[test]
fn every_history_keeps_the_promises() {
    let mut counts = BTreeMap::new();
    let mut consults: BTreeMap<Ending, u32> = BTreeMap::new();
    let quiet = KEPT.into_iter().chain(0..RUNS * rounds()).map(|seed| (seed, Model::new()));
    let busy = (0..RUNS / 2 * rounds()).map(|seed| (seed, Model::busy()));
    for (seed, mut model) in quiet.chain(busy) {
        let mut chance = Chance(seed);
        let mut follower = Follower::new(&model.world);
        for step in 0..STEPS {
            let name = model.step(&mut chance);
            *counts.entry(name).or_insert(0_u32) += 1;
            let what = format!("seed {seed} step {step} {name}");
            model.route(&what);
            model.world.audit(&what);
            let loaded = Floor::load(model.world.rows(None));
            assert!(loaded == model.world.floor, "{what}: load is not fold");
            audit_floor(&loaded, &what);
            follower.touch(&mut model, &what, chance.one_in(4));
        }
        for (ending, count) in &model.world.book.ended {
            *consults.entry(*ending).or_default() += count;
        }
    }
    println!("{counts:?}; {consults:?}");
    let seen: Vec<Ending> = consults.keys().copied().collect();
    assert_eq!(seen, endings(), "ways in which a consult ends, as docs/consult.md has them");
    assert!(consults.values().all(|count| *count > 3), "hardly a consult ended so: {consults:?}");
    assert!(counts.values().all(|count| *count > 10), "a kind of step hardly ran: {counts:?}");
}

/// How the consults of a history may end: while an answer is awaited, and while they advise.
fn endings() -> Vec<Ending> {
    use {EndReason as Why, OfferState as Is};
    let mut all = vec![
        (false, Is::Rejected, Why::Declined),
        (false, Is::TimedOut, Why::NoAnswer),
        (false, Is::Rescinded, Why::Moved),
        (false, Is::Rescinded, Why::Lost),
        (false, Is::Rescinded, Why::Unavailable),
        (false, Is::Rescinded, Why::Parked),
        (false, Is::Rescinded, Why::Scheduled),
        (false, Is::Rescinded, Why::Withdrawn),
        (false, Is::Cancelled, Why::Ended),
        (false, Is::AgentLost, Why::Lost),
        (true, Is::Connected, Why::HandedOver),
        (true, Is::Completed, Why::Done),
        (true, Is::Completed, Why::Moved),
        (true, Is::Completed, Why::Ended),
        (true, Is::Completed, Why::Lost),
        (true, Is::Completed, Why::Parked),
        (true, Is::Completed, Why::Scheduled),
        (true, Is::AgentLost, Why::Lost),
    ];
    all.sort_unstable();
    all
}

/// What chance does is all that differs: a seed has one history.
#[test]
fn equal_inputs_give_equal_histories() {
    for (seed, begun) in
        (0..RUNS / 10 * rounds()).flat_map(|seed| [(seed, Model::new()), (seed, Model::busy())])
    {
        let lived = || {
            let (mut chance, mut model) = (Chance(seed), begun.clone());
            for step in 0..STEPS {
                let name = model.step(&mut chance);
                model.route(&format!("seed {seed} step {step} {name}"));
            }
            model.world
        };
        let (one, other) = (lived(), lived());
        assert!(one.floor == other.floor, "seed {seed}: two histories");
        assert_eq!(one.now, other.now, "seed {seed}: two times");
    }
}

/// Another node's floor: catches up now and then by re-reading what was touched.
struct Follower {
    floor: Floor,
    touched: Touched,
}

impl Follower {
    fn new(world: &World) -> Self {
        Self { floor: Floor::load(world.rows(None)), touched: Touched::default() }
    }

    fn touch(&mut self, model: &mut Model, what: &str, catches_up: bool) {
        self.touched.merge(std::mem::take(&mut model.world.touched));
        if !catches_up {
            return;
        }
        let mut touched = std::mem::take(&mut self.touched);
        touched.normalise();
        let held = model.world.rows(Some(&touched));
        self.floor.refresh(&touched, held);
        audit_floor(&self.floor, what);
        assert!(self.floor == model.world.floor, "{what}: catching up is not loading");
    }
}
