//! What a world's classes are on the floor: a queue each, and skills with identifiers.

use super::super::world::{Class, World};
use super::span;
use domain::id::SkillId;
use domain::queue::{QueueSpec, Tuning};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Names of skills, each with an id.
pub(super) fn skills(world: &World) -> BTreeMap<&str, SkillId> {
    let needed = world.classes.iter().flat_map(|class| class.needs.keys());
    let known = world.agents.iter().flat_map(|group| group.skills.keys());
    let names: BTreeSet<&str> = needed.chain(known).map(String::as_str).collect();
    names.into_iter().zip((1..).map(|id| SkillId(Uuid::from_u128(id)))).collect()
}

/// The queue of a class.
pub(super) fn spec_of(class: &Class) -> QueueSpec {
    QueueSpec {
        strategy: class.strategy,
        on_call: class.on_call,
        priority_step: span(class.priority_step),
        tuning: Tuning {
            weight: class.weight,
            ageing_knee: span(class.ageing_knee),
            ageing_percent: class.ageing_percent,
            ..Tuning::default()
        },
        ..QueueSpec::default()
    }
}
