//! Skill requirements, which queues, rules and interactions share.

use super::level;
use crate::grpc::call::id;
use crate::grpc::status::refusal;
use crate::proto::v1;
use domain::interaction::SkillRequirement;
use domain::refusal::Refusal;
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
/// `VALIDATION_FAILED` for a skill that is no id, or that the list `field` names twice.
pub fn of_wire(
    needs: &[v1::SkillRequirement],
    field: &str,
) -> Result<Vec<SkillRequirement>, Status> {
    let need = |need: &v1::SkillRequirement| {
        Ok(SkillRequirement { skill_id: id(&need.skill_id)?, min_level: level(need.min_level) })
    };
    let read: Vec<SkillRequirement> = needs.iter().map(need).collect::<Result<_, Status>>()?;
    for (at, need) in read.iter().enumerate() {
        if read[..at].iter().any(|before| before.skill_id == need.skill_id) {
            let field = format!("{field}[{at}].skill_id");
            return Err(refusal(Refusal::field(&field, "each skill only once (repeated.unique)")));
        }
    }
    Ok(read)
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
        assert_eq!(of_wire(&to_wire(&needs), "needs").expect("our own"), needs);
        assert_eq!(of_wire(&[], "needs").expect("none"), []);
    }

    #[test]
    fn a_skill_is_an_id() {
        let need = v1::SkillRequirement { skill_id: "x".into(), min_level: 1 };
        assert!(of_wire(&[need], "needs").is_err());
    }

    #[test]
    fn a_skill_is_asked_for_once() {
        let skill_id = Uuid::now_v7().to_string();
        let need = |min_level| v1::SkillRequirement { skill_id: skill_id.clone(), min_level };
        assert!(of_wire(&[need(1), need(9)], "needs").is_err(), "which level?");
    }
}
