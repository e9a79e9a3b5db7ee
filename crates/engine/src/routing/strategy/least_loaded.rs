//! Least loaded: the smallest share of capacity in use.

use crate::floor::{Agent, Item};
use domain::queue::QueueSpec;

/// The share in use, in millionths.
#[must_use]
pub fn rank(_: &QueueSpec, _: &Item, agent: &Agent) -> i64 {
    i64::from(agent.used_units()) * 1_000_000 / i64::from(agent.spec.capacity.units.max(1))
}
