//! Most skilled: the highest sum of levels in the skills that queue and item ask for.

use crate::floor::{Agent, Item};
use domain::queue::QueueSpec;

/// The sum of levels, negated so that the most skilled ranks first.
#[must_use]
pub fn rank(spec: &QueueSpec, item: &Item, agent: &Agent) -> i64 {
    let levels = spec.required_skills.iter().chain(item.required_skills.iter());
    -levels
        .map(|need| i64::from(agent.spec.skills.get(&need.skill_id).copied().unwrap_or(0)))
        .sum::<i64>()
}
