//! How many events a second the simulator takes in on one core, router included: ninety agents
//! with two skills each, as a world and then as a past that is read from its log and played again.
//! Run it with `--release`; it prints three lines.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a stopwatch beside the engine, not a clock in it"
)]

use domain::time::Span;
use engine::sim::past::Reading;
use engine::sim::replay::{Draws, replay};
use engine::sim::{builtin, recorded, simulate, world::World};
use std::time::Instant;

/// Runs it, and tells how many events a second that is.
fn timed<T>(what: &str, run: impl FnOnce() -> (T, u64)) -> T {
    let begun = Instant::now();
    let (made, events) = run();
    let seconds = begun.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = events as f64 / seconds;
    println!("{what}: {events} events in {seconds:.2} s: {rate:.0} events/s");
    made
}

fn main() {
    let arrivals = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let world = World { arrivals: Some(arrivals), ..builtin::skills(2, 0.0, true) };
    timed("a world", || {
        let events = simulate(&world, 1, 0, |_| ()).expect("a world of our own").events;
        ((), events)
    });
    let log = recorded(&world, 1, 0).expect("a world of our own");
    let begun = world.beginning() + Span::from_micros(1);
    let ended = log.last().expect("something happened").at + Span::from_secs(1);
    let prompt = Span::from_secs(30);
    let past = timed("reading a log", || {
        let mut reading = Reading::new((begun, ended), prompt);
        log.iter().for_each(|recorded| reading.take_in(recorded));
        (reading.finish(), log.len() as u64)
    });
    timed("a past", || {
        let played = replay(&past, Draws::Anew { seed: 1, run: 0 }, prompt);
        ((), played.counts.events)
    });
}
