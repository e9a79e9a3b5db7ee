//! Skills that somebody asks for: whether there are such, and two lists of them in one.

use crate::ledger::command::No;
use crate::ledger::draft::Draft;
use domain::interaction::SkillRequirement;
use domain::refusal::Refusal;

/// Skills that somebody asks for exist.
pub(in crate::ledger::command) fn check_skills(
    draft: &Draft,
    needs: &[SkillRequirement],
) -> Result<(), No> {
    match needs.iter().find(|need| draft.rows.skills.get(need.skill_id).is_none()) {
        Some(need) => Err(Refusal::not_found("skill", need.skill_id).into()),
        None => Ok(()),
    }
}

/// Both lists of skills; of one that is in both, the higher level.
pub(crate) fn merged(
    mut needs: Vec<SkillRequirement>,
    more: &[SkillRequirement],
) -> Vec<SkillRequirement> {
    for need in more {
        match needs.iter_mut().find(|known| known.skill_id == need.skill_id) {
            Some(known) => known.min_level = known.min_level.max(need.min_level),
            None => needs.push(*need),
        }
    }
    needs.sort_unstable();
    needs
}
