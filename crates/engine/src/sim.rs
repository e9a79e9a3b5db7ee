//! Simulation: what would happen in a world, by the policy that would be in force. Who gets whom is
//! decided by [`crate::routing`] on a [`crate::floor::Floor`], by the very code that routes live; a
//! simulator that had rules of its own would prove nothing about ours.
//!
//! Promise: one seed, one history, on any machine. Customers come, bring and bear the same in all
//! policies of one seed and run, so that policies can be compared in pairs. Times and counts are
//! whole numbers; only chance and the figures made of runs are not.

#![allow(clippy::cast_precision_loss, reason = "times and counts are far below 2^53")]

pub mod builtin;
pub mod chance;
pub mod figures;
pub mod past;
pub mod replay;
pub mod run;
pub mod schedule;
pub mod tally;
mod times;
pub mod world;

use domain::event::Recorded;
use figures::Estimate;
use std::collections::BTreeMap;
use tally::Counts;
use world::World;

/// Most runs of one world.
pub const RUNS_MAX: u64 = 10_000;

/// One run of a world.
///
/// # Errors
/// What is wrong with the world, in words.
pub fn simulate(
    world: &World,
    seed: u64,
    run: u64,
    mut told: impl FnMut(u64),
) -> Result<Counts, String> {
    let goes_on = |came| {
        told(came);
        true
    };
    let counts = simulate_until(world, seed, run, goes_on)?;
    Ok(counts.expect("it was never told to stop"))
}

/// One run of a world as long as `goes_on` says so, which is asked now and then; none if it was
/// stopped.
///
/// # Errors
/// What is wrong with the world, in words.
pub fn simulate_until(
    world: &World,
    seed: u64,
    run: u64,
    goes_on: impl FnMut(u64) -> bool,
) -> Result<Option<Counts>, String> {
    Ok(run::Run::new(world, seed, run)?.finish(goes_on))
}

/// The log that a run of a world would have written: what a past is read from.
///
/// # Errors
/// What is wrong with the world, in words.
pub fn recorded(world: &World, seed: u64, run: u64) -> Result<Vec<Recorded>, String> {
    Ok(run::Run::with_log(world, seed, run)?.recorded())
}

/// The figures of a run, by name.
#[must_use]
pub fn figures_of(world: &World, counts: &Counts) -> BTreeMap<String, f64> {
    let names: Vec<&str> = world.classes.iter().map(|class| class.name.as_str()).collect();
    let mut figures = counts.figures(&names);
    figures.extend(counts.label_figures(&world.labels()));
    figures
}

/// The figures of several runs.
///
/// # Errors
/// What is wrong with the world, in words.
pub fn replicate(
    world: &World,
    seed: u64,
    runs: u64,
) -> Result<BTreeMap<String, Estimate>, String> {
    let made = (0..runs.min(RUNS_MAX))
        .map(|run| Ok(figures_of(world, &simulate(world, seed, run, |_| ())?)))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(figures::estimates(&made))
}
