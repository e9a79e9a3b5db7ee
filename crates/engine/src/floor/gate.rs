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
use std::cmp::Reverse;
use std::sync::Arc;

/// What waits behind one gate in one queue: items that ask for the same in a bucket, in order, and
/// the buckets in the order of what is first in each. Whoever seeks the first they may take goes by
/// that order, and is done long before the last bucket where all ask for something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    alike: OrdMap<Arc<Signature>, OrdSet<WaitKey>>,
    heads: OrdMap<WaitKey, Arc<Signature>>,
}

/// What waits behind one gate in one queue.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// A skill that all of it asks for, if the gate is one.
    pub must: Option<SkillId>,
    /// Where it waits.
    pub queue_id: QueueId,
    /// What that queue says.
    pub spec: &'a QueueSpec,
    /// What waits.
    pub buckets: &'a Buckets,
}

impl Buckets {
    /// The buckets by what their items ask for.
    pub fn iter(&self) -> impl Iterator<Item = (&Signature, &OrdSet<WaitKey>)> {
        self.alike.iter().map(|(signature, bucket)| (signature.as_ref(), bucket))
    }

    /// What is first in each bucket, the longest waiting first.
    pub fn heads(&self) -> impl Iterator<Item = (&WaitKey, &Signature)> {
        self.heads.iter().map(|(key, signature)| (key, signature.as_ref()))
    }

    /// The items that ask for the same as these.
    #[must_use]
    pub fn like(&self, signature: &Signature) -> Option<&OrdSet<WaitKey>> {
        self.alike.get(signature)
    }

    fn insert(&mut self, signature: Signature, key: WaitKey) {
        let Some((known, bucket)) = self.alike.get_key_value_mut(&signature) else {
            let signature = Arc::new(signature);
            self.heads.insert(key, Arc::clone(&signature));
            self.alike.insert(signature, OrdSet::unit(key));
            return;
        };
        let head = bucket.get_min().copied();
        bucket.insert(key);
        if let Some(head) = head.filter(|head| key < *head) {
            self.heads.remove(&head);
            self.heads.insert(key, Arc::clone(known));
        }
    }

    fn remove(&mut self, signature: &Signature, key: &WaitKey) {
        let Some(bucket) = self.alike.get_mut(signature) else { return };
        bucket.remove(key);
        let next = bucket.get_min().copied();
        if let Some(signature) = self.heads.remove(key)
            && let Some(next) = next
        {
            self.heads.insert(next, signature);
        }
        if next.is_none() {
            self.alike.remove(signature);
        }
    }
}

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
        self.waiting.values().filter_map(move |queues| queues.get(&id)).flat_map(Buckets::iter)
    }

    /// What an agent may find something in: all that holds what they may take, and little else;
    /// what they know best comes before what they know less well.
    pub fn waiting_for<'a>(
        &'a self,
        id: AgentId,
        agent: &'a Agent,
    ) -> impl Iterator<Item = Waiting<'a>> {
        let mut known: Vec<_> = agent.profile.skills.iter().collect();
        known.sort_unstable_by_key(|(_, level)| Reverse(**level));
        let known = known.into_iter().map(|(skill, _)| Gate::Skill(*skill));
        let gates = [Gate::Agent(id), Gate::Open].into_iter().chain(known);
        gates.flat_map(move |gate| {
            let queues = self.waiting.get(&gate).into_iter().flatten();
            queues.filter_map(move |(queue_id, buckets)| {
                let spec = self.queue(*queue_id)?.as_ref();
                let (must, through) = match gate {
                    Gate::Skill(skill) => (Some(skill), Self::serves(spec, &agent.spec.teams)),
                    Gate::Agent(_) | Gate::Open => (None, true),
                };
                through.then_some(Waiting { must, queue_id: *queue_id, spec, buckets })
            })
        })
    }

    /// Items that wait for this agent alone.
    #[must_use]
    pub fn targeted(&self, id: AgentId) -> Vec<InteractionId> {
        let queues = self.waiting.get(&Gate::Agent(id)).into_iter().flat_map(OrdMap::values);
        queues.flat_map(Buckets::iter).flat_map(|(_, keys)| keys.iter().map(|key| key.2)).collect()
    }

    pub(super) fn await_turn(&mut self, queue: QueueId, signature: Signature, key: WaitKey) {
        let queues = self.waiting.entry(Gate::of(&signature)).or_default();
        queues.entry(queue).or_default().insert(signature, key);
    }

    /// Takes an item out of its bucket, and what is empty then.
    pub(super) fn await_no_more(&mut self, queue: QueueId, signature: &Signature, key: &WaitKey) {
        let gate = Gate::of(signature);
        let Some(queues) = self.waiting.get_mut(&gate) else { return };
        if let Some(buckets) = queues.get_mut(&queue) {
            buckets.remove(signature, key);
            if buckets.alike.is_empty() {
                queues.remove(&queue);
            }
        }
        if queues.is_empty() {
            self.waiting.remove(&gate);
        }
    }
}
