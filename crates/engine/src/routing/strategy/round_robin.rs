//! Round robin: whoever was asked longest ago, or never. The turn is a place in the log, so it goes
//! on where it was after a restart, and ends of work do not change it.

use crate::floor::{Agent, Floor};
use domain::id::AgentId;

/// The first of the free agents, asked longest ago first, who is `eligible`.
pub fn first(floor: &Floor, eligible: impl Fn(AgentId, &Agent) -> bool) -> Option<AgentId> {
    floor.free_by_turn().find(|(id, agent)| eligible(*id, agent)).map(|(id, _)| id)
}
