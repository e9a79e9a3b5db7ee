//! What goes before an item: in its queue, or in the eyes of one agent who would take their next
//! work from all queues they serve.

use super::Case;
use crate::floor::{Agent, Item, WaitKey};
use crate::routing::eligibility::{self, Circle};
use crate::routing::order::{self, Order, Score};
use crate::routing::strategy::Asked;
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::InteractionStatus;
use imbl::OrdSet;

/// How many of those that go before it are named.
pub const AHEAD_MAX: usize = 20;

/// Where an item stands among those that wait.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Line {
    /// Its place, from 1; zero if it is not in this line.
    pub position: usize,
    /// How many there are.
    pub length: usize,
    /// Those right before it, the nearest last.
    pub ahead: Vec<Ahead>,
}

/// Something that goes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// What.
    pub interaction_id: InteractionId,
    /// Where it waits.
    pub queue_id: QueueId,
    /// Why it stands there.
    pub score: Score,
}

impl Line {
    fn of<K: Ord>(mut all: Vec<(K, Ahead)>, id: InteractionId) -> Self {
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        let place = all.iter().position(|(_, one)| one.interaction_id == id);
        let length = all.len();
        let Some(place) = place else { return Self { length, ..Self::default() } };
        let before = all[place.saturating_sub(AHEAD_MAX)..place].iter();
        let ahead = before.map(|(_, one)| *one).collect();
        Self { position: place + 1, length, ahead }
    }
}

impl Case<'_> {
    /// All that wait in its queue for an agent who does nothing better than the one or the other.
    pub(super) fn line_of_queue(&self) -> Line {
        let waits = |item: &Item| {
            item.queue_id == self.item.queue_id && item.status == InteractionStatus::Queued
        };
        let all = self.floor.items().filter(|(_, item)| waits(item)).map(|(id, item)| {
            let score = order::waiting(self.spec, item, self.now);
            let queue_id = item.queue_id.unwrap_or_default();
            let ahead = Ahead { interaction_id: *id, queue_id, score };
            (order::in_line(self.spec, (*id, item), self.now), ahead)
        });
        Line::of(all.collect(), self.id)
    }

    /// All that wait and are for the agent, in the order they would get it: what is offered by
    /// itself or what waits to be taken, as the item.
    pub(super) fn line_of_agent(&self, (id, agent): (AgentId, &Agent)) -> Line {
        let order = Order::of(self.floor, self.now);
        let mut all = Vec::new();
        // Every bucket there is, and not only those that routing looks at for them.
        for (queue_id, spec) in self.floor.queues() {
            for (signature, bucket) in self.floor.buckets(*queue_id) {
                let circle = |one| Circle::of_bucket(self.floor, spec, signature, one);
                if self.first(bucket).is_some_and(|one| circle(one).has(id, agent)) {
                    all.extend(self.standings(&order, *queue_id, bucket, (id, agent)));
                }
            }
        }
        for (sort, bucket) in self.floor.personal(id) {
            let is_for = |one| Circle::of_item(self.floor, one).has(id, agent);
            if self.first(bucket).is_some_and(is_for) {
                all.extend(self.standings(&order, sort.queue_id, bucket, (id, agent)));
            }
        }
        // What is offered and what is taken never come in one line.
        let is_pushed =
            |id| self.floor.item(id).is_none_or(|i| eligibility::is_pushed(self.floor, i));
        all.retain(|(_, one)| is_pushed(one.interaction_id) == is_pushed(self.id));
        // What a single-agent step and another one hold for them is in two buckets.
        all.sort_by_key(|(sort, _)| *sort);
        all.dedup_by_key(|(_, one)| one.interaction_id);
        Line::of(all, self.id)
    }

    fn first(&self, bucket: &OrdSet<WaitKey>) -> Option<&Item> {
        self.floor.item(bucket.get_min()?.2)
    }

    fn standings(
        &self,
        order: &Order<'_>,
        queue_id: QueueId,
        bucket: &OrdSet<WaitKey>,
        (id, agent): (AgentId, &Agent),
    ) -> Vec<(order::Standing, Ahead)> {
        let Some(spec) = self.floor.queue(queue_id) else { return Vec::new() };
        let may = |item: &Item| {
            eligibility::hours(self.floor, item, self.now).is_ok()
                && eligibility::is_open_to(self.floor, item, id, self.now)
        };
        let keyed = bucket.iter().filter_map(|key| Some((*key, self.floor.item(key.2)?)));
        let standing = |(key, item): (WaitKey, &Item)| {
            let asked = Asked { spec, item };
            let score = order.score(asked, agent);
            let ahead = Ahead { interaction_id: key.2, queue_id, score };
            (order.standing(queue_id, asked, agent, key), ahead)
        };
        keyed.filter(|(_, item)| may(item)).map(standing).collect()
    }
}
