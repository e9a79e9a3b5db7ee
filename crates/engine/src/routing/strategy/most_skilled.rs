//! Most skilled: the highest sum of levels in the skills that queue and item ask for.

use super::Asked;
use crate::floor::Profile;
use domain::id::SkillId;

/// Levels there are.
const LEVELS: i64 = 10;

/// Lower the more they know of what is asked.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    let level = |skill| profile.skills.get(&skill).copied().map_or(0, i64::from);
    -asked.skills().map(|need| level(need.skill_id)).sum::<i64>()
}

/// The least merit of whoever has this level in this skill.
pub fn at_least(asked: Asked<'_>, (known, level): (SkillId, i64)) -> i64 {
    let best = |skill| if skill == known { level } else { LEVELS };
    -asked.skills().map(|need| best(need.skill_id)).sum::<i64>()
}
