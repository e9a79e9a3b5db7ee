//! How one of several eligible agents is chosen. A strategy is a file that ranks one agent; the
//! smallest rank wins. Ties fall to whoever has been idle longest, then to the lower id.

pub mod least_loaded;
pub mod longest_idle;
pub mod most_skilled;

use crate::floor::{Agent, Item};
use domain::id::AgentId;
use domain::queue::{QueueSpec, Strategy};

/// The chosen one of `candidates`, who come longest idle first.
pub fn choose<'a>(
    spec: &QueueSpec,
    item: &Item,
    mut candidates: impl Iterator<Item = (AgentId, &'a Agent)>,
) -> Option<AgentId> {
    let rank: fn(&QueueSpec, &Item, &Agent) -> i64 = match spec.strategy {
        Strategy::LeastLoaded => least_loaded::rank,
        Strategy::MostSkilled => most_skilled::rank,
        // Strategies that are not reached are refused when a queue is saved; a queue saved by a
        // newer version must still route.
        _ => return longest_idle::first(&mut candidates),
    };
    candidates
        .map(|(id, agent)| (rank(spec, item, agent), agent.idle_seq, id))
        .min()
        .map(|(_, _, id)| id)
}
