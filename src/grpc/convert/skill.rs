//! Skills.

use super::mask::{Field, Fields};
use super::time::timestamp;
use crate::grpc::call::etag;
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::queue::Skill;
use std::sync::Arc;

/// The skill as the wire writes it.
#[must_use]
pub fn skill(skill: &Skill) -> v1::Skill {
    v1::Skill {
        id: skill.id.to_string(),
        name: skill.name.clone(),
        description: skill.description.clone(),
        etag: etag(skill.version),
        create_time: Some(timestamp(skill.created_at)),
        update_time: Some(timestamp(skill.updated_at)),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(skill: &v1::Skill) -> [Field; 2] {
    [("name", !skill.name.is_empty()), ("description", !skill.description.is_empty())]
}

/// What sets these fields as the message has them.
#[must_use]
pub fn patch(skill: &v1::Skill, fields: &Fields) -> Patch<Skill> {
    let name = fields.get("name", || skill.name.clone());
    let description = fields.get("description", || skill.description.clone());
    Arc::new(move |skill| {
        if let Some(name) = &name {
            skill.name.clone_from(name);
        }
        if let Some(description) = &description {
            skill.description.clone_from(description);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::SkillId;
    use domain::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn a_skill_reads_back_and_only_what_is_named_is_set() {
        let skill = Skill {
            id: SkillId(Uuid::now_v7()),
            name: "German".into(),
            description: "Spoken".into(),
            version: 2,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        };
        let wire = super::skill(&skill);
        let mut made = Skill { name: String::new(), description: String::new(), ..skill.clone() };
        patch(&wire, &Fields::all(&fields(&wire)))(&mut made);
        assert_eq!(made, skill);

        let change = v1::Skill { name: "Dutch".into(), ..Default::default() };
        patch(&change, &Fields::of_update(None, &fields(&change)).expect("no mask"))(&mut made);
        assert_eq!((made.name.as_str(), made.description.as_str()), ("Dutch", "Spoken"));
    }
}
