//! Skill requirements, which queues, rules and interactions share.

use super::level;
use crate::grpc::call::id;
use crate::proto::v1;
use domain::interaction::SkillRequirement;
use tonic::Status;

/// As the wire writes them.
#[must_use]
pub fn to_wire(needs: &[SkillRequirement]) -> Vec<v1::SkillRequirement> {
    let need = |need: &SkillRequirement| v1::SkillRequirement {
        skill_id: need.skill_id.to_string(),
        min_level: i32::from(need.min_level),
    };
    needs.iter().map(need).collect()
}

/// From the wire.
///
/// # Errors
/// `VALIDATION_FAILED` for a skill that is no id.
pub fn of_wire(needs: &[v1::SkillRequirement]) -> Result<Vec<SkillRequirement>, Status> {
    let need = |need: &v1::SkillRequirement| {
        Ok(SkillRequirement { skill_id: id(&need.skill_id)?, min_level: level(need.min_level) })
    };
    needs.iter().map(need).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::SkillId;
    use uuid::Uuid;

    #[test]
    fn they_read_back() {
        let needs: Vec<SkillRequirement> = (1..=10)
            .map(|min_level| SkillRequirement { skill_id: SkillId(Uuid::now_v7()), min_level })
            .collect();
        assert_eq!(of_wire(&to_wire(&needs)).expect("our own"), needs);
        assert_eq!(of_wire(&[]).expect("none"), []);
    }

    #[test]
    fn a_skill_is_an_id() {
        let need = v1::SkillRequirement { skill_id: "x".into(), min_level: 1 };
        assert!(of_wire(&[need]).is_err());
    }
}
