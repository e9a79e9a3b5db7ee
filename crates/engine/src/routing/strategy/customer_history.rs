//! Customer history: whoever last accepted work of the customer, as long as they may take this one
//! now; else the least loaded. Nobody waits for an agent who is away or full: a plan with a sticky
//! step is for that.

use super::{Asked, least_loaded};
use crate::floor::{Agent, Floor};
use domain::id::AgentId;

/// The customer's last agent if they are `eligible`, else the first of those who are.
pub fn first(
    floor: &Floor,
    asked: Asked<'_>,
    eligible: impl Fn(AgentId, &Agent) -> bool,
) -> Option<AgentId> {
    let may = |id: &AgentId| floor.agent(*id).is_some_and(|agent| eligible(*id, agent));
    let known = asked.item.last_agent.filter(may);
    known.or_else(|| least_loaded::first(floor, eligible))
}
