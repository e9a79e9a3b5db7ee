//! How one of several eligible agents is chosen. A strategy is a file; ties fall to whoever has
//! been idle longest, then to the lower id.

pub mod least_loaded;
pub mod longest_idle;
pub mod most_skilled;

use crate::floor::{Agent, Floor, Item};
use domain::id::AgentId;
use domain::queue::{QueueSpec, Strategy};

/// The one of the free agents who are `eligible` that the queue's strategy prefers for the item.
pub fn choose(
    floor: &Floor,
    spec: &QueueSpec,
    item: &Item,
    eligible: impl Fn(AgentId, &Agent) -> bool,
) -> Option<AgentId> {
    match spec.strategy {
        Strategy::LeastLoaded => least_loaded::first(floor, eligible),
        Strategy::MostSkilled => most_skilled::best(floor, spec, item, eligible),
        // Strategies that are not reached are refused when a queue is saved; a queue saved by a
        // newer version must still route.
        _ => longest_idle::first(floor, eligible),
    }
}
