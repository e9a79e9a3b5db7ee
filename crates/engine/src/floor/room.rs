//! What an agent has in hand and what fits beside it: shared units, of which channels take more or
//! less, caps of single channels, and work that gives way to other work.

use super::Agent;
use crate::routing::eligibility;
use domain::channel::ChannelKind;

impl Agent {
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

    /// Whether one more interaction of `channel` stays within every cap. What gives way takes no
    /// room from what does not: it stays in hand, pushed aside.
    #[must_use]
    pub fn has_room(&self, channel: ChannelKind) -> bool {
        eligibility::units(channel, self).is_ok()
            && eligibility::channel_units(channel, self).is_ok()
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
