//! Who may take an item. Every condition is here once: routing asks them for buckets of equal items
//! and for single ones, and an explanation asks the same functions.

use crate::floor::{Agent, Floor, Item, Signature};
use domain::channel::ChannelKind;
use domain::id::AgentId;
use domain::interaction::SkillRequirement;
use domain::queue::QueueSpec;
use domain::time::Timestamp;

/// Whether the agent serves the queue: by team, with the queue's skills. The target of a transfer
/// need not belong to the queue.
#[must_use]
pub fn serves(spec: &QueueSpec, id: AgentId, agent: &Agent, target: Option<AgentId>) -> bool {
    target == Some(id)
        || (Floor::serves(spec, &agent.spec.teams) && has_skills(agent, &spec.required_skills))
}

/// Whether the agent has every skill at its level.
#[must_use]
pub fn has_skills(agent: &Agent, required: &[SkillRequirement]) -> bool {
    required.iter().all(|need| {
        agent.spec.skills.get(&need.skill_id).is_some_and(|level| *level >= need.min_level)
    })
}

fn accepts(
    id: AgentId,
    agent: &Agent,
    channel: ChannelKind,
    target: Option<AgentId>,
    required: &[SkillRequirement],
) -> bool {
    agent.is_available()
        && agent.has_room(channel)
        && agent.has_credit()
        && match target {
            Some(target) => target == id,
            None => has_skills(agent, required),
        }
}

/// Whether items of this signature fit the agent now: presence, room, credit, skills, target.
#[must_use]
pub fn fits(signature: &Signature, id: AgentId, agent: &Agent) -> bool {
    accepts(id, agent, signature.channel, signature.target, &signature.required_skills)
}

/// Whether this item fits the agent now: presence, room, credit, skills, target.
#[must_use]
pub fn may_take(item: &Item, id: AgentId, agent: &Agent) -> bool {
    accepts(id, agent, item.channel, item.target, &item.required_skills)
}

/// Whether nothing between this item and this agent stands against it: they do not own it already,
/// and are not in cool-down for it, unless everybody who could take it is.
#[must_use]
pub fn is_open_to(floor: &Floor, item: &Item, agent_id: AgentId, now: Timestamp) -> bool {
    let owner = item.owner.and_then(|leg| floor.leg(leg));
    if owner.is_some_and(|leg| leg.agent_id == agent_id) {
        return false;
    }
    !is_cooling(item, agent_id, now) || everybody_cools(floor, item, now)
}

fn is_cooling(item: &Item, agent_id: AgentId, now: Timestamp) -> bool {
    item.cool_downs.iter().any(|cool| cool.agent_id == agent_id && cool.until > now)
}

/// A cool-down that would leave nobody to ask, with room or without, does not count.
fn everybody_cools(floor: &Floor, item: &Item, now: Timestamp) -> bool {
    let Some(spec) = item.queue_id.and_then(|queue| floor.queue(queue)) else { return true };
    let owner = item.owner.and_then(|leg| floor.leg(leg)).map(|leg| leg.agent_id);
    !floor.agents().any(|(id, agent)| {
        agent.is_available()
            && owner != Some(*id)
            && serves(spec, *id, agent, item.target)
            && (item.target == Some(*id) || has_skills(agent, &item.required_skills))
            && !is_cooling(item, *id, now)
    })
}
