//! Primary first: whoever is best used for this. An agent's gap is how far their level in what is
//! asked lies below the level they are best at; an agent without a gap would do nothing better
//! meanwhile. Among equal gaps specialists go before generalists, who can do more of what may come.

use super::{Asked, Found};
use crate::floor::{Agent, Among, Floor, Profile};
use domain::id::{AgentId, SkillId};

/// Skills an agent may have; see the contract.
const SKILLS_MAX: i64 = 1_000;

/// How far the level in what is asked, the lowest if it is several skills, lies below the best. Who
/// is asked for nothing is best used if they have no skill at all.
#[must_use]
pub fn gap(asked: Asked<'_>, profile: &Profile) -> i64 {
    let level = |skill| profile.skills.get(skill).copied().unwrap_or(0);
    let lowest = asked.skills().map(|need| level(&need.skill_id)).min().unwrap_or(0);
    i64::from(profile.best_level) - i64::from(lowest)
}

/// The same for one skill alone: no more than the gap in all that is asked, where it is among that.
#[must_use]
pub fn gap_in(skill: SkillId, profile: &Profile) -> i64 {
    let level = profile.skills.get(&skill).copied().unwrap_or(0);
    i64::from(profile.best_level) - i64::from(level)
}

/// The eligible agent with the lowest merit. The shelf of a skill that all of them know has them in
/// the order of their gap in that skill alone, and the gap in all that is asked is no smaller: so
/// whoever comes after somebody was found is looked at only while they could still be better.
pub fn first(
    floor: &Floor,
    (asked, among): (Asked<'_>, Among<'_>),
    eligible: impl Fn(AgentId, &Agent) -> bool,
) -> Option<AgentId> {
    // Where nothing that is asked must be known, a shelf of no skill tells no bound.
    let bound = among.skill.is_some() || asked.skills().next().is_none();
    let mut found = Found::default();
    for shelf in floor.shelves(among) {
        for (rank, mark) in shelf {
            let skills = i64::from(rank.skills).min(SKILLS_MAX - 1);
            let least = i64::from(rank.gap) * SKILLS_MAX + skills;
            if bound && found.is_better_than(least) {
                break;
            }
            let Some(alike) = floor.alike(*mark) else { continue };
            let merit = merit(asked, &alike.profile);
            if !found.is_better_than(merit) {
                found.offer(floor, merit, alike, &eligible);
            }
        }
    }
    found.agent()
}

/// The gap, then the number of skills.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    let skills = i64::try_from(profile.skills.len()).unwrap_or(SKILLS_MAX).min(SKILLS_MAX - 1);
    gap(asked, profile) * SKILLS_MAX + skills
}
