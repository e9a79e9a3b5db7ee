//! Profiles of agents with room, on a shelf for each skill they know and on one for all of them,
//! the better used ones first: so that finding whom an item suits best does not take looking at
//! everybody. A profile is put there with the first agent of it who has room and goes with the
//! last, so that where agents are alike hardly anything is ever moved.

use super::{Floor, Profile};
use domain::id::{AgentId, SkillId};
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

/// How far the level in the shelf's skill lies below the best one, and the number of skills; on the
/// shelf of all, the best level itself.
pub type Rank = (u8, u16);

/// Profiles by rank.
pub(super) type Shelf = OrdMap<Rank, OrdSet<Arc<Profile>>>;

/// Where a profile stands.
fn places(profile: &Profile) -> impl Iterator<Item = (Option<SkillId>, Rank)> {
    let best = profile.skills.values().copied().max().unwrap_or(0);
    let count = u16::try_from(profile.skills.len()).unwrap_or(u16::MAX);
    let known = profile.skills.iter();
    let known = known.map(move |(skill, level)| (Some(*skill), (best - level, count)));
    std::iter::once((None, (best, count))).chain(known)
}

impl Profile {
    /// A number made of all it says. FNV-1a.
    pub(super) fn marked(&self) -> u64 {
        let step = |mark: u64, byte: u8| (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let place = self.place.map(|place| (place.north, place.east)).unwrap_or_default();
        let place = [place.0.to_le_bytes(), place.1.to_le_bytes()].concat();
        let skills = self.skills.iter();
        let skills =
            skills.flat_map(|(skill, level)| skill.0.into_bytes().into_iter().chain([*level]));
        let languages = self.languages.iter().flat_map(|tag| tag.bytes().chain([0]));
        let all = skills.chain(languages).chain([self.rank]).chain(place);
        all.fold(0xcbf2_9ce4_8422_2325, step)
    }
}

impl Floor {
    /// Profiles that have an agent with room and know this skill, or all of them, by rank.
    pub fn shelf(&self, skill: Option<SkillId>) -> impl Iterator<Item = (&Rank, &Arc<Profile>)> {
        let ranks = self.shelves.get(&skill).into_iter().flatten();
        ranks.flat_map(|(rank, profiles)| profiles.iter().map(move |profile| (rank, profile)))
    }

    /// How many they are.
    #[must_use]
    pub fn shelved(&self, skill: Option<SkillId>) -> usize {
        let ranks = self.shelves.get(&skill).into_iter().flat_map(OrdMap::values);
        ranks.map(OrdSet::len).sum()
    }

    pub(super) fn shelve(&mut self, profile: Arc<Profile>, key: (u64, i64, AgentId)) {
        let alike = self.free_by_profile.entry(Arc::clone(&profile)).or_default();
        let first = alike.is_empty();
        alike.insert(key);
        for (skill, rank) in places(&profile).filter(|_| first) {
            let shelf = self.shelves.entry(skill).or_default();
            shelf.entry(rank).or_default().insert(Arc::clone(&profile));
        }
    }

    pub(super) fn unshelve(&mut self, profile: &Arc<Profile>, key: &(u64, i64, AgentId)) {
        let Some(alike) = self.free_by_profile.get_mut(profile) else { return };
        alike.remove(key);
        if !alike.is_empty() {
            return;
        }
        self.free_by_profile.remove(profile);
        for (skill, rank) in places(profile) {
            let Some(shelf) = self.shelves.get_mut(&skill) else { continue };
            if let Some(profiles) = shelf.get_mut(&rank) {
                profiles.remove(profile);
                if profiles.is_empty() {
                    shelf.remove(&rank);
                }
            }
            if shelf.is_empty() {
                self.shelves.remove(&skill);
            }
        }
    }
}
