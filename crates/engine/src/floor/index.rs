//! What the floor derives from its entries: queues in order, who has room, what is due. Entries are
//! replaced only through `put_*` and `take_*` here, so that an index cannot be forgotten.

use super::plans::Place;
use super::{Agent, Claim, Due, Floor, Item, Profile, WaitKey};
use domain::id::{AgentId, InteractionId, OfferId, QueueId};
use domain::interaction::{InteractionStatus, Priority};
use domain::offer::{Offer, OfferState};
use domain::queue::QueueSpec;
use domain::time::{Span, Timestamp};
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

/// Place of an item in its queue: credit for priority, from its plan, and for how soon what was
/// promised for it is due, makes it count as older than it is.
#[must_use]
pub fn wait_key(spec: &QueueSpec, id: InteractionId, item: &Item) -> WaitKey {
    let steps = i64::from(item.priority.code() - Priority::Low.code());
    let credit = Span::from_micros(spec.priority_step.micros().saturating_mul(steps));
    let planned = item.plan.as_ref().map(|plan| plan.credit(item.seen.opened));
    let urgent = item.sla.as_ref().map(|sla| sla.urgency(item.enqueued_at));
    let since = item.enqueued_at - credit - planned.unwrap_or_default();
    (since - urgent.unwrap_or_default(), item.enqueued_seq, id)
}

fn item_dues(id: InteractionId, item: &Item) -> impl Iterator<Item = (Timestamp, Due)> + use<> {
    let waits = item.status == InteractionStatus::Queued;
    let untils: Vec<Timestamp> = item.cool_downs.iter().map(|cool| cool.until).collect();
    let plan = item.plan.as_ref();
    let opens = plan.and_then(|plan| plan.next_opening(item.enqueued_at, item.seen.opened));
    let cool = untils.into_iter().map(move |until| (until, Due::CoolDown(id)));
    let looks = cool.chain(opens.map(|at| (at, Due::Step(id)))).filter(move |_| waits);
    let clock = item.sla.as_ref().and_then(|sla| sla.next_at());
    let ladder = item.ladder.as_ref().and_then(|ladder| ladder.next_at());
    let expiry = item.expires_at.map(|at| (at, Due::MaxWait(id)));
    let wakes = item.wake_at.map(|at| (at, Due::Wake(id)));
    let told = clock.map(|at| (at, Due::Clock(id))).into_iter();
    let told = told.chain(ladder.map(|at| (at, Due::Escalation(id))));
    looks.chain(told).chain(expiry).chain(wakes)
}

fn leg_due(leg: &Offer) -> Option<(Timestamp, Due)> {
    match leg.state {
        OfferState::Pending => Some((leg.expires_at, Due::OfferTimeout(leg.id))),
        OfferState::Wrapping => leg.wrap_until.map(|at| (at, Due::WrapUp(leg.id))),
        _ => None,
    }
}

fn agent_dues(id: AgentId, agent: &Agent) -> [Option<(Timestamp, Due)>; 2] {
    let lease = agent.presence.lease_until.map(|at| (at, Due::Presence(id)));
    [lease, agent.time_off_due().map(|at| (at, Due::TimeOff(id)))]
}

/// Removes a key from a bucket, and what is empty then.
pub(super) fn remove_from<K: Ord + Clone, S: Ord + Clone>(
    from: &mut OrdMap<K, OrdMap<S, OrdSet<WaitKey>>>,
    of: &K,
    sort: &S,
    key: &WaitKey,
) {
    let Some(buckets) = from.get_mut(of) else { return };
    if let Some(bucket) = buckets.get_mut(sort) {
        bucket.remove(key);
        if bucket.is_empty() {
            buckets.remove(sort);
        }
    }
    if buckets.is_empty() {
        from.remove(of);
    }
}

/// Where an agent stands in the indexes.
#[derive(PartialEq)]
struct Places {
    dues: [Option<(Timestamp, Due)>; 2],
    /// None if they have no room.
    free: Option<Free>,
}

#[derive(PartialEq)]
struct Free {
    load: u64,
    idle: i64,
    asked: i64,
    profile: Arc<Profile>,
}

impl Places {
    fn of(id: AgentId, agent: &Agent) -> Self {
        let free = agent.is_free().then(|| Free {
            load: agent.load(),
            idle: agent.idle_seq,
            asked: agent.asked_seq,
            profile: Arc::clone(&agent.profile),
        });
        Self { dues: agent_dues(id, agent), free }
    }
}

impl Floor {
    pub(super) fn put_item(&mut self, id: InteractionId, mut item: Item) {
        self.take_item(id);
        if item.rests() {
            return;
        }
        self.settle_seen(&mut item);
        self.settle_expiry(&mut item);
        self.index_item(id, &item);
        self.items.insert(id, Arc::new(item));
    }

    pub(super) fn take_item(&mut self, id: InteractionId) -> Option<Item> {
        let item = self.items.remove(&id)?;
        self.unindex_item(id, &item);
        self.changed.items.remove(&id);
        Some(Arc::unwrap_or_clone(item))
    }

    pub(super) fn index_item(&mut self, id: InteractionId, item: &Item) {
        self.due.extend(item_dues(id, item));
        if item.status == InteractionStatus::Queued && !item.cool_downs.is_empty() {
            self.cooling.insert(id);
        }
        if !item.status.is_waiting() {
            return;
        }
        let Some(queue_id) = item.queue_id else { return };
        *self.depth.entry(queue_id).or_insert(0) += 1;
        let Some(place) = Place::of(self, id, item) else { return };
        for (agent, sort) in place.sorts() {
            self.personal.entry(agent).or_default().entry(sort).or_default().insert(place.key);
        }
        for agent in &place.watched {
            self.watched.entry(*agent).or_default().insert(id);
        }
        if place.is_fragile {
            self.fragile.insert(id);
        }
        if place.is_general {
            self.await_turn(queue_id, place.signature, place.key);
        }
    }

    pub(super) fn unindex_item(&mut self, id: InteractionId, item: &Item) {
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
        let Some(place) = Place::of(self, id, item) else { return };
        for (agent, sort) in place.sorts() {
            remove_from(&mut self.personal, &agent, &sort, &place.key);
        }
        for agent in &place.watched {
            if let Some(items) = self.watched.get_mut(agent) {
                items.remove(&id);
                if items.is_empty() {
                    self.watched.remove(agent);
                }
            }
        }
        self.fragile.remove(&id);
        self.await_no_more(queue_id, &place.signature, &place.key);
    }

    pub(super) fn put_agent(&mut self, id: AgentId, agent: Agent) {
        self.take_agent(id);
        self.index_agent(id, Places::of(id, &agent));
        self.agents.insert(id, Arc::new(agent));
    }

    pub(super) fn take_agent(&mut self, id: AgentId) -> Option<Agent> {
        let agent = self.agents.remove(&id)?;
        self.unindex_agent(id, &Places::of(id, &agent));
        Some(Arc::unwrap_or_clone(agent))
    }

    fn index_agent(&mut self, id: AgentId, places: Places) {
        self.due.extend(places.dues.into_iter().flatten());
        let Some(Free { load, idle, asked, profile }) = places.free else { return };
        self.free.insert((idle, id));
        self.free_by_load.insert((load, idle, id));
        self.free_by_turn.insert((asked, id));
        self.shelve(profile, (load, idle, id));
    }

    fn unindex_agent(&mut self, id: AgentId, places: &Places) {
        for due in places.dues.iter().flatten() {
            self.due.remove(due);
        }
        let Some(Free { load, idle, asked, profile }) = &places.free else { return };
        self.free.remove(&(*idle, id));
        self.free_by_load.remove(&(*load, *idle, id));
        self.free_by_turn.remove(&(*asked, id));
        self.unshelve(profile, &(*load, *idle, id));
    }

    /// An agent left, or can do less: whoever is in cool-down may be the only one to ask now.
    pub(super) fn look_at_cooling(&mut self) {
        self.changed.items.extend(self.cooling.iter().copied());
    }

    /// A cool-down of an item ended: it may be offered to more agents than before. Nothing is
    /// recorded, because the cool-down said from the start when it would end.
    pub fn cool_down_over(&mut self, id: InteractionId, now: Timestamp) {
        let Some(item) = self.items.get(&id) else { return };
        let cool = |due: &Due| matches!(due, Due::CoolDown(_));
        for due in item_dues(id, item).filter(|(at, due)| *at <= now && cool(due)) {
            self.due.remove(&due);
        }
        self.changed.items.insert(id);
    }

    /// Changes an agent in place, if they exist.
    pub(super) fn with_agent(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let agent = Arc::make_mut(agent);
        let before = Places::of(id, agent);
        change(agent);
        let after = Places::of(id, agent);
        if before != after {
            self.unindex_agent(id, &before);
            self.index_agent(id, after);
        }
    }

    /// Counts one more offer to an agent, for trying out what could be offered next to what.
    pub(crate) fn pencil_in(&mut self, id: AgentId, claim: Claim<'_>, seq: i64) {
        self.with_agent(id, |agent| {
            agent.count(claim);
            agent.unanswered += 1;
            (agent.idle_seq, agent.asked_seq) = (seq, seq);
        });
    }

    /// Counts it no more.
    pub(crate) fn rub_out(&mut self, id: AgentId, claim: Claim<'_>) {
        self.with_agent(id, |agent| {
            agent.unanswered = agent.unanswered.saturating_sub(1);
            agent.discount(claim);
        });
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
            agent.count(Claim::of_leg(&leg));
            agent.unanswered += u16::from(leg.state == OfferState::Pending);
        });
        self.with_item(leg.interaction_id, |item| {
            if leg.is_consult() {
                item.consult = Some(leg.id);
            } else if leg.owns() {
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
            agent.discount(Claim::of_leg(&leg));
        });
        self.with_item(leg.interaction_id, |item| {
            if item.owner == Some(id) {
                item.owner = None;
            }
            if item.pending == Some(id) {
                item.pending = None;
            }
            if item.consult == Some(id) {
                item.consult = None;
            }
        });
        Some(Arc::unwrap_or_clone(leg))
    }

    /// Replaces a queue's spec, or takes the queue away, and puts the items it concerns where they
    /// belong then.
    pub(super) fn put_queue(&mut self, id: QueueId, spec: Option<Arc<QueueSpec>>) {
        let mut held: Vec<(InteractionId, Item)> = Vec::new();
        for item_id in self.concerned_by(id) {
            if let Some(item) = self.item(item_id).cloned() {
                self.unindex_item(item_id, &item);
                held.push((item_id, item));
            }
        }
        match spec {
            Some(spec) => drop(self.queues.insert(id, spec)),
            None => drop(self.queues.remove(&id)),
        }
        for (item_id, mut item) in held {
            self.settle_seen(&mut item);
            self.settle_expiry(&mut item);
            self.index_item(item_id, &item);
            self.items.insert(item_id, Arc::new(item));
        }
    }
}
