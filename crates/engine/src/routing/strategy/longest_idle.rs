//! Longest idle: whoever was last given or freed of work before all others. The floor keeps agents
//! in that order, so the first one who may take the item is it.

use crate::floor::{Agent, Floor};
use domain::id::AgentId;

/// The first of the free agents, longest idle first, who is `eligible`.
pub fn first(floor: &Floor, eligible: impl Fn(AgentId, &Agent) -> bool) -> Option<AgentId> {
    floor.free().find(|(id, agent)| eligible(*id, agent)).map(|(id, _)| id)
}
