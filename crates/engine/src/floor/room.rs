//! What an agent has in hand and what fits beside it: shared units, of which channels take more or
//! less, caps of single channels and labels, and work that gives way to other work.
//!
//! Promise: what an agent has in hand is counted from their live legs alone, each for what it said
//! when it was offered, so that what becomes of an interaction meanwhile changes no count.

use super::{Agent, Item, Signature};
use crate::routing::eligibility;
use domain::channel::ChannelKind;
use domain::id::LabelId;
use domain::interaction::Interaction;
use domain::offer::Offer;
use imbl::OrdMap;

/// What something takes of an agent's capacity: one of its channel, and one of each of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The channel.
    pub channel: ChannelKind,
    /// The labels, each once.
    pub labels: &'a [LabelId],
}

impl<'a> Claim<'a> {
    /// What a leg counts for as long as it lives.
    #[must_use]
    pub fn of_leg(leg: &'a Offer) -> Self {
        Self { channel: leg.channel, labels: &leg.labels }
    }

    /// What an interaction would count for if it were offered now.
    #[must_use]
    pub fn of_row(row: &'a Interaction) -> Self {
        Self { channel: row.channel, labels: &row.labels }
    }
}

impl Item {
    /// What it would count for if it were offered now.
    #[must_use]
    pub fn claim(&self) -> Claim<'_> {
        Claim { channel: self.channel, labels: &self.traits.labels }
    }
}

impl Signature {
    /// The same of items alike, as far as anybody caps it.
    #[must_use]
    pub fn claim(&self) -> Claim<'_> {
        Claim { channel: self.channel, labels: &self.labels }
    }
}

/// Counts one less, and nothing where none is left.
fn take_one<K: Ord + Clone>(counts: &mut OrdMap<K, u16>, key: &K) {
    let Some(count) = counts.get_mut(key) else { return };
    *count = count.saturating_sub(1);
    if *count == 0 {
        counts.remove(key);
    }
}

impl Agent {
    /// Counts one more in hand.
    pub(super) fn count(&mut self, claim: Claim<'_>) {
        *self.used.entry(claim.channel).or_insert(0) += 1;
        for label in claim.labels {
            *self.used_labels.entry(*label).or_insert(0) += 1;
        }
    }

    /// Counts it no more.
    pub(super) fn discount(&mut self, claim: Claim<'_>) {
        take_one(&mut self.used, &claim.channel);
        for label in claim.labels {
            take_one(&mut self.used_labels, label);
        }
    }

    /// Units in use on all channels together.
    #[must_use]
    pub fn used_units(&self) -> u16 {
        self.taken_by(|_| true)
    }

    /// Units in use that leave no room for work of a channel: what gives way takes none from what
    /// does not.
    #[must_use]
    pub fn units_against(&self, channel: ChannelKind) -> u16 {
        let gives_way = |kind| self.spec.capacity.interruptible.contains(&kind);
        self.taken_by(|kind| gives_way(channel) || !gives_way(kind))
    }

    fn taken_by(&self, counts: impl Fn(ChannelKind) -> bool) -> u16 {
        let counted = self.in_hand().filter(|(kind, _)| counts(*kind));
        u16::try_from(self.spec.capacity.taken(counted)).unwrap_or(u16::MAX)
    }

    fn in_hand(&self) -> impl Iterator<Item = (ChannelKind, u32)> {
        self.used.iter().map(|(kind, count)| (*kind, u32::from(*count)))
    }

    /// The share of their capacity in use, in millionths.
    #[must_use]
    pub fn load(&self) -> u64 {
        u64::from(self.used_units()) * 1_000_000 / u64::from(self.spec.capacity.units.max(1))
    }

    /// Whether one more interaction that takes this stays within every cap. What gives way takes
    /// no room from what does not: it stays in hand, pushed aside.
    #[must_use]
    pub fn has_room(&self, claim: Claim<'_>) -> bool {
        eligibility::channel_units(claim.channel, self).is_ok()
            && eligibility::label_units(claim.labels, self).is_ok()
            && eligibility::units(claim.channel, self).is_ok()
    }

    /// Whether there may be room for some channel: an agent without any is not looked at.
    #[must_use]
    pub fn may_have_room(&self) -> bool {
        let capacity = &self.spec.capacity;
        let gives_way = |kind| capacity.interruptible.contains(&kind);
        let firm = || self.taken_by(|kind| !gives_way(kind)) < capacity.units;
        self.used_units() < capacity.units || (!capacity.interruptible.is_empty() && firm())
    }
}
