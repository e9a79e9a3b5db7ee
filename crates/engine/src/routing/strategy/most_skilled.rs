//! Most skilled: the highest sum of levels in the skills that queue and item ask for, then longest
//! idle. Every free agent is looked at, because the sum depends on what is asked.

use crate::floor::{Agent, Floor, Item};
use domain::id::AgentId;
use domain::queue::QueueSpec;

/// The best of the free agents who are `eligible`.
pub fn best(
    floor: &Floor,
    spec: &QueueSpec,
    item: &Item,
    eligible: impl Fn(AgentId, &Agent) -> bool,
) -> Option<AgentId> {
    let candidates = floor.free().filter(|(id, agent)| eligible(*id, agent));
    let ranked = candidates.map(|(id, agent)| (-sum(spec, item, agent), agent.idle_seq, id));
    ranked.min().map(|(_, _, id)| id)
}

fn sum(spec: &QueueSpec, item: &Item, agent: &Agent) -> i64 {
    let asked = spec.required_skills.iter().chain(item.required_skills.iter());
    asked.map(|need| agent.spec.skills.get(&need.skill_id).copied().map_or(0, i64::from)).sum()
}
