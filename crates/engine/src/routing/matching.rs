//! Maximum matching: where several agents got room and several items wait, as after a requeue storm
//! or at the start of a shift, as many items are placed as can be placed together. One after the
//! other, the longest waiting first, each is given to whom its strategy prefers; where nobody is
//! left, those given out before move over if they can.
//!
//! Promise: an item that was placed stays placed, so the placed set is the longest waiting one
//! there is, and where every item takes one unit and no label of it is capped, no set is larger. It
//! is bounded: [`CANDIDATES_MAX`] items are looked at and [`STEPS_MAX`] steps of moving over are
//! tried; beyond them it is no worse than one by one.

use super::eligibility::Circle;
use super::{Assignment, chosen_by, eligibility, is_held, seniority};
use crate::floor::{Floor, Item, Signature, WaitKey, Waiting};
use crate::routing::plan::Ties;
use domain::channel::ChannelKind;
use domain::id::{AgentId, InteractionId, LabelId, QueueId};
use domain::interaction::InteractionStatus;
use domain::queue::QueueSpec;
use domain::time::Timestamp;
use imbl::OrdSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many items are looked at.
pub const CANDIDATES_MAX: usize = 4_096;

/// How many steps of moving over are tried in one matching.
pub const STEPS_MAX: usize = 100_000;

/// What can be placed together; empty where one by one is just as good.
pub(super) fn matched(floor: &Floor, now: Timestamp, most: usize) -> Vec<Assignment> {
    let changed = floor.changed();
    let several = changed.agents.len() + changed.items.len() > 1 && floor.free().nth(1).is_some();
    if !several || most < 2 {
        return Vec::new();
    }
    let candidates = candidates(floor, now, most);
    if candidates.len() < 2 {
        return Vec::new();
    }
    let mut plan = Plan::new(floor, now);
    for id in candidates {
        if plan.order.len() == most {
            break;
        }
        plan.add(id);
    }
    plan.assignments()
}

/// Items that wait and may have somebody now, the longest waiting first.
fn candidates(floor: &Floor, now: Timestamp, most: usize) -> Vec<InteractionId> {
    let waits = |id: &InteractionId| {
        floor.item(*id).is_some_and(|item| item.status == InteractionStatus::Queued)
    };
    let changed = floor.changed();
    let mut ids: BTreeSet<InteractionId> =
        changed.items.iter().copied().filter(waits).take(CANDIDATES_MAX).collect();
    for id in &changed.agents {
        let Some(agent) = floor.agent(*id).filter(|agent| agent.is_free()) else { continue };
        let mut take = |bucket: &OrdSet<WaitKey>, circle: &dyn Fn(&'_ Item) -> bool| {
            let one = bucket.get_min().and_then(|key| floor.item(key.2));
            let room = CANDIDATES_MAX.saturating_sub(ids.len()).min(most);
            if one.is_some_and(|one| eligibility::can_take(one.claim(), agent) && circle(one)) {
                ids.extend(bucket.iter().take(room).map(|key| key.2));
            }
        };
        for Waiting { spec, buckets, .. } in floor.waiting_for(*id, agent) {
            let worth = |one: &(&Signature, _)| eligibility::may_take(one.0, agent);
            for (signature, bucket) in buckets.iter().filter(worth) {
                take(bucket, &|one| Circle::of_bucket(floor, spec, signature, one).has(*id, agent));
            }
        }
        for (_, bucket) in floor.personal(*id) {
            take(bucket, &|one| Circle::of_item(floor, one).has(*id, agent));
        }
    }
    let mut sorted: Vec<_> = ids
        .into_iter()
        .filter_map(|id| Some((id, floor.item(id).filter(|item| !is_held(floor, item, now))?)))
        .map(|(id, item)| (seniority(floor, item, now), id))
        .collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(_, id)| id).collect()
}

/// What items alike share: nobody for one of them is nobody for all.
type Kind = (QueueId, Signature, Option<Ties>);

/// Whom an item was tried to make room with: what it takes of them decides whether that helps.
type Asked = (AgentId, ChannelKind, Vec<LabelId>);

/// The kind of an item. Steps of a plan may be for agents whom the customer is tied to.
fn kind(floor: &Floor, queue_id: QueueId, item: &Item) -> Kind {
    (queue_id, floor.signature(item), item.plan.as_ref().map(|_| item.ties()))
}

/// A matching in the making, on a floor of its own that counts what was given out.
struct Plan<'a> {
    floor: &'a Floor,
    trial: Floor,
    now: Timestamp,
    /// Given out so far, in order, and whom shadow strategies would have asked.
    order: Vec<(InteractionId, Option<AgentId>)>,
    /// What of it each agent holds.
    held: BTreeMap<AgentId, Vec<InteractionId>>,
    /// Who could take items of a kind if they had room.
    able: BTreeMap<Kind, Arc<[AgentId]>>,
    /// Kinds that nobody is left for.
    hopeless: BTreeSet<Kind>,
    steps_left: usize,
}

impl<'a> Plan<'a> {
    fn new(floor: &'a Floor, now: Timestamp) -> Self {
        Self {
            floor,
            trial: floor.clone(),
            now,
            order: Vec::new(),
            held: BTreeMap::new(),
            able: BTreeMap::new(),
            hopeless: BTreeSet::new(),
            steps_left: STEPS_MAX,
        }
    }

    fn look_up(&self, id: InteractionId) -> Option<(&'a Item, QueueId, &'a QueueSpec)> {
        let item = self.floor.item(id)?;
        let queue_id = item.queue_id?;
        Some((item, queue_id, self.floor.queue(queue_id)?.as_ref()))
    }

    /// Gives an item to somebody, if that can be done beside what was given before.
    fn add(&mut self, id: InteractionId) {
        let Some((item, queue_id, spec)) = self.look_up(id) else { return };
        let kind = kind(self.floor, queue_id, item);
        if self.hopeless.contains(&kind) {
            return;
        }
        let choice = |strategy| chosen_by(&self.trial, spec, item, strategy, self.now);
        // Where room is made by moving over, the shadow chooses as if nothing had been given yet.
        let at_first = |strategy| chosen_by(self.floor, spec, item, strategy, self.now);
        let shadow = spec.tuning.shadow.and_then(|by| choice(by).or_else(|| at_first(by)));
        if let Some(agent) = choice(spec.strategy) {
            self.give(id, item, agent);
        } else if !self.move_over(id, item, &mut BTreeSet::new()) {
            // Cool-downs and owners make items of one kind differ.
            if item.cool_downs.is_empty() && item.owner.is_none() && self.steps_left > 0 {
                self.hopeless.insert(kind);
            }
            return;
        }
        self.order.push((id, shadow));
    }

    fn give(&mut self, id: InteractionId, item: &Item, agent: AgentId) {
        let turn = i64::try_from(self.order.len()).unwrap_or(i64::MAX);
        self.trial.pencil_in(agent, item.claim(), self.floor.seq().saturating_add(turn + 1));
        self.held.entry(agent).or_default().push(id);
    }

    fn take_back(&mut self, id: InteractionId, item: &Item, agent: AgentId) {
        self.trial.rub_out(agent, item.claim());
        if let Some(held) = self.held.get_mut(&agent) {
            held.retain(|other| *other != id);
        }
    }

    /// Whether an agent whom it is for can take it beside what they were given.
    fn has_place(&self, item: &Item, agent: AgentId) -> bool {
        let found = self.trial.agent(agent);
        found.is_some_and(|found| eligibility::can_take(item.claim(), found))
    }

    /// Gives an item to somebody who has a place for it, or who gets one because another item of
    /// theirs finds a place elsewhere.
    fn move_over(&mut self, id: InteractionId, item: &Item, seen: &mut BTreeSet<Asked>) -> bool {
        let able = self.able_to_take(id, item);
        let free = able.iter().find(|agent| self.has_place(item, **agent));
        if let Some(agent) = free {
            self.give(id, item, *agent);
            return true;
        }
        let labels = self.floor.signature(item).labels;
        for agent in able.iter() {
            if !seen.insert((*agent, item.channel, labels.clone())) {
                continue;
            }
            let held = self.held.get(agent).cloned().unwrap_or_default();
            for other in held {
                if self.steps_left == 0 {
                    return false;
                }
                self.steps_left -= 1;
                let Some((moved, ..)) = self.look_up(other) else { continue };
                self.take_back(other, moved, *agent);
                if self.has_place(item, *agent) {
                    self.give(id, item, *agent);
                    if self.move_over(other, moved, seen) {
                        return true;
                    }
                    self.take_back(id, item, *agent);
                }
                self.give(other, moved, *agent);
            }
        }
        false
    }

    /// Who could take it if they had room still: they had when the matching began.
    fn able_to_take(&mut self, id: InteractionId, item: &Item) -> Arc<[AgentId]> {
        let Some((_, queue_id, _)) = self.look_up(id) else { return Arc::from([]) };
        let kind = kind(self.floor, queue_id, item);
        let (floor, now) = (self.floor, self.now);
        let able = self.able.entry(kind).or_insert_with(|| {
            let (free, circle) = (floor.free(), Circle::of_item(floor, item));
            free.filter(|(agent_id, agent)| {
                eligibility::can_take(item.claim(), agent) && circle.has(*agent_id, agent)
            })
            .map(|(agent_id, _)| agent_id)
            .collect()
        });
        if item.cool_downs.is_empty() && item.owner.is_none() {
            return Arc::clone(able);
        }
        able.iter().copied().filter(|a| eligibility::is_open_to(floor, item, *a, now)).collect()
    }

    /// In the order of waiting; what one agent gets, in the order in which it fitted beside what
    /// they were given before.
    fn assignments(self) -> Vec<Assignment> {
        let Self { floor, order, held, .. } = self;
        let of: BTreeMap<InteractionId, AgentId> =
            held.iter().flat_map(|(agent, ids)| ids.iter().map(|id| (*id, *agent))).collect();
        let shadows: BTreeMap<InteractionId, Option<AgentId>> = order.iter().copied().collect();
        let mut given: BTreeMap<_, _> =
            held.into_iter().map(|(agent, ids)| (agent, ids.into_iter())).collect();
        let made = order.into_iter().filter_map(|(id, _)| {
            let agent_id = *of.get(&id)?;
            let interaction_id = given.get_mut(&agent_id)?.next()?;
            let queue_id = floor.item(interaction_id)?.queue_id?;
            let shadow = shadows.get(&interaction_id).copied().flatten();
            Some(Assignment { interaction_id, agent_id, queue_id, shadow })
        });
        made.collect()
    }
}
