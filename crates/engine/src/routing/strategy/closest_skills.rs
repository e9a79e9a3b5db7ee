//! Skill-based: who knows what is asked and little more, so that experts stay free for what needs
//! them. A skill of weight 3 counts three times one of weight 1. Whoever is close enough, by the
//! queue's threshold, is as good as anybody else who is, and the least loaded of them is asked.

use super::Asked;
use crate::floor::Profile;
use domain::id::SkillId;
use domain::interaction::SkillRequirement;
use domain::queue::Tuning;

/// Levels there are.
const LEVELS: i64 = 10;

/// How close a profile comes, in percent: each level above what is asked costs a tenth.
#[must_use]
pub fn closeness(asked: Asked<'_>, profile: &Profile) -> i64 {
    let level = |skill| profile.skills.get(&skill).copied().map_or(0, i64::from);
    closeness_of(asked, |need| level(need.skill_id))
}

/// How close these levels come to what is asked.
fn closeness_of(asked: Asked<'_>, level: impl Fn(&SkillRequirement) -> i64) -> i64 {
    let weight = |skill| asked.spec.tuning.skill_weights.get(skill).copied().map_or(1, i64::from);
    let (mut sum, mut weights) = (0, 0);
    for need in asked.skills() {
        let off = (level(need) - i64::from(need.min_level)).abs().min(LEVELS);
        sum += weight(&need.skill_id) * (LEVELS - off) * 100 / LEVELS;
        weights += weight(&need.skill_id);
    }
    if weights == 0 { 100 } else { sum / weights }
}

/// Zero if they are close enough, else how far they are off.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    merit_of(asked, closeness(asked, profile))
}

/// The least merit of whoever has this level in this skill.
pub fn at_least(asked: Asked<'_>, (known, level): (SkillId, i64)) -> i64 {
    let exact = |need: &SkillRequirement| i64::from(need.min_level);
    let best = |need: &SkillRequirement| if need.skill_id == known { level } else { exact(need) };
    merit_of(asked, closeness_of(asked, best))
}

fn merit_of(asked: Asked<'_>, closeness: i64) -> i64 {
    let Tuning { close_enough, .. } = asked.spec.tuning;
    if closeness >= i64::from(close_enough) { 0 } else { 100 - closeness }
}
