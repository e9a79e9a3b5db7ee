//! Where waiting items stand: behind a gate, by queue, in buckets of items that ask for the same.
//! A gate is one thing that whoever takes an item must be or know, so that a freed agent looks
//! only behind gates they get through, and not at every bucket there is.
//!
//! Promise: whoever may take an item gets through its gate. The gate decides nothing else; who may
//! take an item is said by `routing::eligibility` alone.

use super::{Agent, Floor, Signature, WaitKey};
use domain::id::{AgentId, InteractionId, QueueId, SkillId};
use domain::queue::QueueSpec;
use imbl::{OrdMap, OrdSet};

/// Items that ask for the same, in order, by what they ask for.
pub type Buckets = OrdMap<Signature, OrdSet<WaitKey>>;

/// What lets an agent through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gate {
    /// Being this agent.
    Agent(AgentId),
    /// Knowing this skill, and serving the queue.
    Skill(SkillId),
    /// Nothing.
    Open,
}

impl Gate {
    /// That of items alike. A plan may forgive any skill, so what goes by one stands in the open.
    pub(super) fn of(signature: &Signature) -> Self {
        if let Some(agent) = signature.target {
            return Self::Agent(agent);
        }
        let asked = signature.required_skills.iter().find(|need| need.min_level > 0);
        let asked = asked.filter(|_| signature.place.is_none());
        asked.map_or(Self::Open, |need| Self::Skill(need.skill_id))
    }
}

impl Floor {
    /// The queue's waiting items in buckets of equal signature, each in order.
    pub fn buckets(&self, id: QueueId) -> impl Iterator<Item = (&Signature, &OrdSet<WaitKey>)> {
        self.waiting.values().filter_map(move |queues| queues.get(&id)).flatten()
    }

    /// Those buckets, with their queues, that an agent may find something in: all that hold what
    /// they may take, and few others.
    pub fn buckets_for<'a>(
        &'a self,
        id: AgentId,
        agent: &'a Agent,
    ) -> impl Iterator<Item = (QueueId, &'a QueueSpec, &'a Buckets)> {
        let known = agent.profile.skills.keys().map(|skill| Gate::Skill(*skill));
        let gates = [Gate::Agent(id), Gate::Open].into_iter().chain(known);
        gates.flat_map(move |gate| {
            let queues = self.waiting.get(&gate).into_iter().flatten();
            queues.filter_map(move |(queue_id, buckets)| {
                let spec = self.queue(*queue_id)?.as_ref();
                let through = match gate {
                    Gate::Skill(_) => Self::serves(spec, &agent.spec.teams),
                    Gate::Agent(_) | Gate::Open => true,
                };
                through.then_some((*queue_id, spec, buckets))
            })
        })
    }

    /// Items that wait for this agent alone.
    #[must_use]
    pub fn targeted(&self, id: AgentId) -> Vec<InteractionId> {
        let queues = self.waiting.get(&Gate::Agent(id)).into_iter().flat_map(OrdMap::values);
        queues.flatten().flat_map(|(_, keys)| keys.iter().map(|key| key.2)).collect()
    }

    pub(super) fn await_turn(&mut self, queue: QueueId, signature: Signature, key: WaitKey) {
        let queues = self.waiting.entry(Gate::of(&signature)).or_default();
        queues.entry(queue).or_default().entry(signature).or_default().insert(key);
    }

    /// Takes an item out of its bucket, and what is empty then.
    pub(super) fn await_no_more(&mut self, queue: QueueId, signature: &Signature, key: &WaitKey) {
        let gate = Gate::of(signature);
        let Some(queues) = self.waiting.get_mut(&gate) else { return };
        super::index::remove_from(queues, &queue, signature, key);
        if queues.is_empty() {
            self.waiting.remove(&gate);
        }
    }
}
