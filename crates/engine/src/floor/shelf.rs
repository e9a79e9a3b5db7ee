//! Profiles of agents with room, on shelves by skill and by team, the better used ones first: so
//! that finding whom an item suits best takes looking at those of the team who know what is asked,
//! and not at everybody. A profile is put there with the first agent of it who has room and goes
//! with the last, so that where agents are alike hardly anything is ever moved.

use super::{Floor, Profile};
use domain::id::{AgentId, SkillId, TeamId};
use imbl::OrdSet;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Stands for a profile: equal where all it says is equal, and else never in practice.
pub type Mark = u128;

/// Where a profile stands on a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// How far the level in the shelf's skill lies below the best one; on a shelf of no skill, the
    /// best level itself.
    pub gap: u8,
    /// How many skills it has.
    pub skills: u16,
    /// The level in the shelf's skill.
    pub level: u8,
}

/// Profiles by rank. Marks in place of profiles: they are compared and copied without being read.
pub type Shelf = OrdSet<(Rank, Mark)>;

/// What all on a shelf share: a skill, if it is one of a skill, and a team, or that they have none.
pub(super) type Shared = (Option<SkillId>, Option<TeamId>);

/// No team comes after it.
const LAST_TEAM: TeamId = TeamId(Uuid::max());

/// Agents with room whose profiles are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Their profile.
    pub profile: Arc<Profile>,
    /// The least loaded first, then the longest idle.
    pub agents: OrdSet<(u64, i64, AgentId)>,
}

/// Those whom an item may be for, as far as shelves tell: of one of these teams, of any or none if
/// none is named, and knowing this skill, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Among<'a> {
    /// Teams.
    pub teams: &'a [TeamId],
    /// A skill.
    pub skill: Option<SkillId>,
}

/// Where a profile stands.
fn places(profile: &Profile) -> impl Iterator<Item = (Shared, Rank)> {
    let best = profile.best_level;
    let count = u16::try_from(profile.skills.len()).unwrap_or(u16::MAX);
    let rank = move |level: u8| Rank { gap: best - level, skills: count, level };
    let known = profile.skills.iter().map(move |(skill, level)| (Some(*skill), rank(*level)));
    let all = std::iter::once((None, rank(0))).chain(known);
    all.flat_map(move |(skill, rank)| {
        let none = profile.teams.is_empty().then_some(None);
        let teams = none.into_iter().chain(profile.teams.iter().copied().map(Some));
        teams.map(move |team| ((skill, team), rank))
    })
}

impl Profile {
    /// What stands for it.
    pub(super) fn marked(&self) -> Mark {
        let Self { mark: _, best_level: _, skills, teams, languages, rank, place } = self;
        let mut hash = Sha256::new();
        let mut count = |many: usize| hash.update((many as u64).to_le_bytes());
        // Lists tell how long they are, so that no two profiles read alike.
        for many in [skills.len(), teams.len(), languages.len()] {
            count(many);
        }
        for tag in languages {
            count(tag.len());
        }
        skills.iter().for_each(|(skill, level)| {
            hash.update(skill.0.as_bytes());
            hash.update([*level]);
        });
        teams.iter().for_each(|team| hash.update(team.0.as_bytes()));
        languages.iter().for_each(|tag| hash.update(tag.as_bytes()));
        hash.update([*rank, u8::from(place.is_some())]);
        let place = place.map(|place| (place.north, place.east)).unwrap_or_default();
        hash.update(place.0.to_le_bytes());
        hash.update(place.1.to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let (first, _) = digest.split_first_chunk().expect("a digest is longer");
        Mark::from_le_bytes(*first)
    }
}

impl Floor {
    /// The shelves that hold all profiles of these who have an agent with room. Who is of several
    /// teams stands on several.
    pub fn shelves<'a>(&'a self, among: Among<'a>) -> impl Iterator<Item = &'a Shelf> {
        let Among { teams, skill } = among;
        let any = || self.shelves.range((skill, None)..=(skill, Some(LAST_TEAM)));
        let any = teams.is_empty().then(any).into_iter().flatten().map(|(_, shelf)| shelf);
        any.chain(teams.iter().filter_map(move |team| self.shelves.get(&(skill, Some(*team)))))
    }

    /// The agents with room of a profile that stands on a shelf.
    #[must_use]
    pub fn alike(&self, mark: Mark) -> Option<&Alike> {
        self.alike.get(&mark)
    }

    pub(super) fn shelve(&mut self, profile: Arc<Profile>, key: (u64, i64, AgentId)) {
        if let Some(alike) = self.alike.get_mut(&profile.mark) {
            alike.agents.insert(key);
            return;
        }
        for (shared, rank) in places(&profile) {
            self.shelves.entry(shared).or_default().insert((rank, profile.mark));
        }
        self.alike.insert(profile.mark, Alike { profile, agents: OrdSet::unit(key) });
    }

    pub(super) fn unshelve(&mut self, profile: &Profile, key: &(u64, i64, AgentId)) {
        let Some(alike) = self.alike.get_mut(&profile.mark) else { return };
        alike.agents.remove(key);
        if !alike.agents.is_empty() {
            return;
        }
        self.alike.remove(&profile.mark);
        for (shared, rank) in places(profile) {
            let Some(shelf) = self.shelves.get_mut(&shared) else { continue };
            shelf.remove(&(rank, profile.mark));
            if shelf.is_empty() {
                self.shelves.remove(&shared);
            }
        }
    }
}
