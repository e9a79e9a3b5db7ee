//! Most skilled: the highest sum of levels in the skills that queue and item ask for.

use super::Asked;
use crate::floor::Profile;

/// Lower the more they know of what is asked.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    let level = |skill| profile.skills.get(skill).copied().map_or(0, i64::from);
    -asked.skills().map(|need| level(&need.skill_id)).sum::<i64>()
}
