//! What the floor derives from its entries: queues in order, who has room, what is due. Entries are
//! replaced only through `put_*` and `take_*` here, so that an index cannot be forgotten.

use super::{Agent, Due, Floor, Item, Signature, WaitKey};
use domain::id::{AgentId, InteractionId, OfferId};
use domain::interaction::{InteractionStatus, Priority};
use domain::offer::{Offer, OfferState};
use domain::queue::QueueSpec;
use domain::time::{Span, Timestamp};
use std::sync::Arc;

/// Place of an item in its queue: credit for priority makes it count as older than it is.
#[must_use]
pub fn wait_key(spec: &QueueSpec, id: InteractionId, item: &Item) -> WaitKey {
    let steps = i64::from(item.priority.code() - Priority::Low.code());
    let credit = Span::from_micros(spec.priority_step.micros().saturating_mul(steps));
    (item.enqueued_at - credit, item.enqueued_seq, id)
}

fn signature(item: &Item) -> Signature {
    Signature {
        channel: item.channel,
        target: item.target,
        required_skills: Arc::clone(&item.required_skills),
    }
}

fn item_dues(id: InteractionId, item: &Item) -> impl Iterator<Item = (Timestamp, Due)> + use<> {
    let waits = item.status == InteractionStatus::Queued;
    let untils: Vec<Timestamp> = item.cool_downs.iter().map(|cool| cool.until).collect();
    untils.into_iter().filter(move |_| waits).map(move |until| (until, Due::CoolDown(id)))
}

fn leg_due(leg: &Offer) -> Option<(Timestamp, Due)> {
    match leg.state {
        OfferState::Pending => Some((leg.expires_at, Due::OfferTimeout(leg.id))),
        OfferState::Wrapping => leg.wrap_until.map(|at| (at, Due::WrapUp(leg.id))),
        _ => None,
    }
}

fn agent_due(id: AgentId, agent: &Agent) -> Option<(Timestamp, Due)> {
    agent.presence.lease_until.map(|at| (at, Due::Presence(id)))
}

fn is_free(agent: &Agent) -> bool {
    let room = agent.used_units() < agent.spec.capacity.units;
    agent.is_available() && agent.has_credit() && room
}

impl Floor {
    pub(super) fn put_item(&mut self, id: InteractionId, item: Item) {
        self.take_item(id);
        self.index_item(id, &item);
        self.items.insert(id, item);
    }

    pub(super) fn take_item(&mut self, id: InteractionId) -> Option<Item> {
        let item = self.items.remove(&id)?;
        self.unindex_item(id, &item);
        self.changed.items.remove(&id);
        Some(item)
    }

    fn index_item(&mut self, id: InteractionId, item: &Item) {
        self.due.extend(item_dues(id, item));
        if item.status == InteractionStatus::Queued && !item.cool_downs.is_empty() {
            self.cooling.insert(id);
        }
        if !item.status.is_waiting() {
            return;
        }
        let Some(queue_id) = item.queue_id else { return };
        *self.depth.entry(queue_id).or_insert(0) += 1;
        if item.status == InteractionStatus::Queued
            && let Some(spec) = self.queues.get(&queue_id)
        {
            let key = wait_key(spec, id, item);
            let buckets = self.waiting.entry(queue_id).or_default();
            buckets.entry(signature(item)).or_default().insert(key);
        }
    }

    fn unindex_item(&mut self, id: InteractionId, item: &Item) {
        for due in item_dues(id, item) {
            self.due.remove(&due);
        }
        self.cooling.remove(&id);
        if !item.status.is_waiting() {
            return;
        }
        let Some(queue_id) = item.queue_id else { return };
        if let Some(depth) = self.depth.get_mut(&queue_id) {
            *depth -= 1;
            if *depth == 0 {
                self.depth.remove(&queue_id);
            }
        }
        let Some(spec) = self.queues.get(&queue_id) else { return };
        let key = wait_key(spec, id, item);
        let Some(buckets) = self.waiting.get_mut(&queue_id) else { return };
        let signature = signature(item);
        if let Some(bucket) = buckets.get_mut(&signature) {
            bucket.remove(&key);
            if bucket.is_empty() {
                buckets.remove(&signature);
            }
        }
        if buckets.is_empty() {
            self.waiting.remove(&queue_id);
        }
    }

    pub(super) fn put_agent(&mut self, id: AgentId, agent: Agent) {
        self.take_agent(id);
        if is_free(&agent) {
            self.free.insert((agent.idle_seq, id));
            self.free_by_load.insert((agent.load(), agent.idle_seq, id));
        }
        if let Some(due) = agent_due(id, &agent) {
            self.due.insert(due);
        }
        self.agents.insert(id, agent);
    }

    pub(super) fn take_agent(&mut self, id: AgentId) -> Option<Agent> {
        let agent = self.agents.remove(&id)?;
        if self.free.remove(&(agent.idle_seq, id)).is_some() {
            self.free_by_load.remove(&(agent.load(), agent.idle_seq, id));
        }
        if let Some(due) = agent_due(id, &agent) {
            self.due.remove(&due);
        }
        Some(agent)
    }

    /// An agent left, or can do less: whoever is in cool-down may be the only one to ask now.
    pub(super) fn look_at_cooling(&mut self) {
        self.changed.items.extend(self.cooling.iter().copied());
    }

    /// A cool-down of an item ended: it may be offered to more agents than before. Nothing is
    /// recorded, because the cool-down said from the start when it would end.
    pub fn cool_down_over(&mut self, id: InteractionId, now: Timestamp) {
        let Some(item) = self.items.get(&id) else { return };
        for due in item_dues(id, item).filter(|(at, _)| *at <= now) {
            self.due.remove(&due);
        }
        self.changed.items.insert(id);
    }

    /// Changes an agent in place, if they exist.
    pub(super) fn with_agent(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        if let Some(mut agent) = self.take_agent(id) {
            change(&mut agent);
            self.put_agent(id, agent);
        }
    }

    /// Changes an item in place, if it is open.
    pub(super) fn with_item(&mut self, id: InteractionId, change: impl FnOnce(&mut Item)) {
        let was_changed = self.changed.items.contains(&id);
        if let Some(mut item) = self.take_item(id) {
            change(&mut item);
            self.put_item(id, item);
            if was_changed {
                self.changed.items.insert(id);
            }
        }
    }

    /// Adds a live leg: to the legs, its agent's use, and its item.
    pub(super) fn put_leg(&mut self, leg: Offer) {
        self.take_leg(leg.id);
        if let Some(due) = leg_due(&leg) {
            self.due.insert(due);
        }
        self.with_agent(leg.agent_id, |agent| {
            agent.legs.insert(leg.id);
            *agent.used.entry(leg.channel).or_insert(0) += 1;
            agent.unanswered += u16::from(leg.state == OfferState::Pending);
        });
        self.with_item(leg.interaction_id, |item| {
            if leg.state.is_owner() {
                item.owner = Some(leg.id);
            } else {
                item.pending = Some(leg.id);
            }
        });
        self.legs.insert(leg.id, Arc::new(leg));
    }

    /// Removes a leg from wherever it counts, and gives it back.
    pub(super) fn take_leg(&mut self, id: OfferId) -> Option<Offer> {
        let leg = self.legs.remove(&id)?;
        if let Some(due) = leg_due(&leg) {
            self.due.remove(&due);
        }
        self.with_agent(leg.agent_id, |agent| {
            agent.legs.remove(&id);
            agent.unanswered -= u16::from(leg.state == OfferState::Pending);
            if let Some(used) = agent.used.get_mut(&leg.channel) {
                *used -= 1;
                if *used == 0 {
                    agent.used.remove(&leg.channel);
                }
            }
        });
        self.with_item(leg.interaction_id, |item| {
            if item.owner == Some(id) {
                item.owner = None;
            }
            if item.pending == Some(id) {
                item.pending = None;
            }
        });
        Some(Arc::unwrap_or_clone(leg))
    }

    /// Replaces a queue's spec and puts its items into the order the new one asks for.
    pub(super) fn put_queue(&mut self, id: domain::id::QueueId, spec: Arc<QueueSpec>) {
        let held: Vec<(InteractionId, Item)> = self.items_of(id);
        for (item_id, item) in &held {
            self.unindex_item(*item_id, item);
        }
        self.queues.insert(id, spec);
        for (item_id, item) in &held {
            self.index_item(*item_id, item);
        }
    }

    /// The items that wait in a queue.
    pub(super) fn items_of(&self, id: domain::id::QueueId) -> Vec<(InteractionId, Item)> {
        self.items
            .iter()
            .filter(|(_, item)| item.queue_id == Some(id) && item.status.is_waiting())
            .map(|(item_id, item)| (*item_id, item.clone()))
            .collect()
    }
}
