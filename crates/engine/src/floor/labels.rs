//! Labels that somebody's capacity caps. Only these tell waiting items apart: tags are free words,
//! and a bucket for each of them would have a freed agent look at nearly every item. Where nobody
//! caps a label, nothing here costs anything.

use super::{Floor, Item};
use domain::agent::AgentSpec;
use domain::id::{InteractionId, LabelId};
use domain::interaction::InteractionStatus;
use std::collections::BTreeSet;

/// The labels that an agent's capacity caps.
pub(super) fn capped_by(spec: &AgentSpec) -> Vec<LabelId> {
    spec.capacity.per_label.keys().copied().collect()
}

impl Floor {
    /// Those of an item's labels that somebody caps.
    pub(super) fn capped(&self, item: &Item) -> Vec<LabelId> {
        if self.capped.is_empty() {
            return Vec::new();
        }
        let labels = item.traits.labels.iter();
        labels.filter(|label| self.capped.contains_key(*label)).copied().collect()
    }

    /// Agents cap other labels than before: what waits with one that nobody capped, or that nobody
    /// caps any more, stands in another bucket now. Labels are named once for each agent.
    pub(super) fn recap(&mut self, before: &[LabelId], after: &[LabelId]) {
        if before == after {
            return;
        }
        let mut capped = self.capped.clone();
        for label in after {
            *capped.entry(*label).or_insert(0) += 1;
        }
        for label in before {
            let left = capped.get(label).map_or(0, |agents| agents.saturating_sub(1));
            if left == 0 {
                capped.remove(label);
            } else {
                capped.insert(*label, left);
            }
        }
        let turns =
            |label: &&LabelId| capped.contains_key(*label) != self.capped.contains_key(*label);
        let turned: BTreeSet<LabelId> = before.iter().chain(after).filter(turns).copied().collect();
        let moved = self.waiting_with(&turned);
        for (id, item) in &moved {
            self.unindex_item(*id, item);
        }
        self.capped = capped;
        for (id, item) in &moved {
            self.index_item(*id, item);
        }
    }

    /// The items that wait with one of these labels.
    fn waiting_with(&self, labels: &BTreeSet<LabelId>) -> Vec<(InteractionId, Item)> {
        if labels.is_empty() {
            return Vec::new();
        }
        let waits = |item: &Item| item.status == InteractionStatus::Queued;
        let has_one = |item: &Item| item.traits.labels.iter().any(|label| labels.contains(label));
        let items = self.items().filter(|(_, item)| waits(item) && has_one(item));
        items.map(|(id, item)| (*id, item.clone())).collect()
    }
}
