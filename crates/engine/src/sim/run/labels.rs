//! Labels of a run: which customers have some, of which agents take only so many at a time, and
//! what became of those customers.

use super::super::chance::Chance;
use super::super::tally::Tally;
use super::super::world::{Class, Group, World};
use domain::agent::LabelCap;
use domain::id::{InteractionId, LabelId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Chance of labels is apart from all other, so that with labels the same customers come as
/// without.
const STREAMS: u64 = 1 << 32;

/// The labels of a world.
pub(super) struct Labels {
    ids: BTreeMap<String, LabelId>,
    tallies: BTreeMap<LabelId, Tally>,
    /// For each class.
    chances: Vec<Chance>,
}

impl Labels {
    pub(super) fn of(world: &World, seed: u64, run: u64) -> Self {
        let named = world.labels().into_iter().zip(1..);
        let ids: BTreeMap<_, _> =
            named.map(|(name, id)| (name, LabelId(Uuid::from_u128(id)))).collect();
        let tallies = ids.values().map(|id| (*id, Tally::default())).collect();
        let classes = (0..).zip(&world.classes);
        let chances = classes.map(|(at, _)| Chance::new(seed, run, STREAMS + at)).collect();
        Self { ids, tallies, chances }
    }

    /// How many of each an agent of the group takes at a time.
    pub(super) fn caps(&self, group: &Group) -> BTreeMap<LabelId, LabelCap> {
        let caps = group.per_label.iter().filter_map(|(name, max)| {
            let id = self.ids.get(&name.to_lowercase())?;
            Some((*id, LabelCap { name: name.clone(), max: *max }))
        });
        caps.collect()
    }

    /// Those of the next customer of a class, in order.
    pub(super) fn draw(&mut self, at: usize, class: &Class) -> Vec<LabelId> {
        let Some(chance) = self.chances.get_mut(at) else { return Vec::new() };
        let mut drawn = Vec::new();
        for (name, share) in &class.labels {
            let has = chance.unit() < *share;
            drawn.extend(self.ids.get(&name.to_lowercase()).filter(|_| has));
        }
        drawn.sort_unstable();
        drawn
    }

    /// Counts something of a customer in each of their labels.
    pub(super) fn count(&mut self, labels: &[LabelId], count: impl Fn(&mut Tally)) {
        for label in labels {
            self.tallies.entry(*label).and_modify(&count);
        }
    }

    /// What became of those who had each, in the order of the world's.
    pub(super) fn tallies(&self) -> Vec<Tally> {
        self.tallies.values().copied().collect()
    }
}

impl super::Run<'_> {
    /// The labels of a customer who is here.
    pub(super) fn labels_of(&self, id: InteractionId) -> Vec<LabelId> {
        self.floor.item(id).map(|item| item.traits.labels.clone()).unwrap_or_default()
    }
}
