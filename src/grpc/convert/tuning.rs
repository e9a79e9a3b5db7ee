//! How queues compare, what strategies go by, and the routing settings of a tenant. What a message
//! leaves out has the contract's default.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::settle;
use super::time::{duration, span, timestamp};
use super::wrong;
use crate::grpc::call::{etag, id};
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::agent::Place;
use domain::id::SkillId;
use domain::queue::{RoutingSettings, Strategy, Tuning, WorkOrder};
use domain::time::{Span, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::Status;

/// The options of strategies as the wire writes them.
#[must_use]
pub fn options(tuning: &Tuning) -> v1::StrategyOptions {
    let weight = |(skill, weight): (&SkillId, &u8)| v1::SkillWeight {
        skill_id: skill.to_string(),
        weight: i32::from(*weight),
    };
    v1::StrategyOptions {
        close_enough_percent: i32::from(tuning.close_enough),
        skill_weights: tuning.skill_weights.iter().map(weight).collect(),
        vip_tiers: tuning.vip_tiers.clone(),
    }
}

/// The tuning that a queue's message describes.
///
/// # Errors
/// `VALIDATION_FAILED`: a skill is weighed twice.
pub fn of_wire(queue: &v1::Queue) -> Result<Tuning, Status> {
    let default = Tuning::default();
    let said = queue.strategy_options.clone().unwrap_or_default();
    let close = u8::try_from(said.close_enough_percent).unwrap_or_default();
    let mut vip_tiers = said.vip_tiers;
    vip_tiers.sort_unstable();
    Ok(Tuning {
        shadow: Strategy::of_wire(queue.shadow_strategy),
        weight: u16::try_from(queue.weight).unwrap_or_default().max(1),
        ageing_knee: queue.ageing_knee.as_ref().map_or(Span::ZERO, span),
        ageing_percent: u16::try_from(queue.ageing_percent).unwrap_or_default(),
        close_enough: if close == 0 { default.close_enough } else { close },
        skill_weights: weights(&said.skill_weights)?,
        vip_tiers,
    })
}

fn weights(said: &[v1::SkillWeight]) -> Result<BTreeMap<SkillId, u8>, Status> {
    let (mut known, mut twice) = (BTreeMap::new(), Vec::new());
    for (at, weighed) in said.iter().enumerate() {
        let weight = u8::try_from(weighed.weight).unwrap_or(1);
        if known.insert(id(&weighed.skill_id)?, weight).is_some() {
            let path = format!("queue.strategy_options.skill_weights[{at}].skill_id");
            twice.push(wrong(path, "each skill is named once"));
        }
    }
    settle(twice)?;
    Ok(known)
}

/// The tuning of a queue's message that a caller sets.
#[must_use]
pub fn fields(queue: &v1::Queue) -> [Field; 5] {
    [
        ("shadow_strategy", queue.shadow_strategy != 0),
        ("weight", queue.weight != 0),
        ("ageing_knee", queue.ageing_knee.is_some()),
        ("ageing_percent", queue.ageing_percent != 0),
        ("strategy_options", queue.strategy_options.is_some()),
    ]
}

/// Sets what is named.
pub fn apply(tuning: &mut Tuning, new: &Tuning, fields: &Fields) {
    if fields.has("shadow_strategy") {
        tuning.shadow = new.shadow;
    }
    if fields.has("weight") {
        tuning.weight = new.weight;
    }
    if fields.has("ageing_knee") {
        tuning.ageing_knee = new.ageing_knee;
    }
    if fields.has("ageing_percent") {
        tuning.ageing_percent = new.ageing_percent;
    }
    if fields.has("strategy_options") {
        tuning.close_enough = new.close_enough;
        tuning.skill_weights.clone_from(&new.skill_weights);
        tuning.vip_tiers.clone_from(&new.vip_tiers);
    }
}

/// A place as the wire writes it.
#[must_use]
pub fn place(place: Place) -> v1::Place {
    v1::Place { north_micro_degrees: place.north, east_micro_degrees: place.east }
}

/// A place from the wire, as coarse as it is kept.
#[must_use]
pub fn place_of_wire(place: &v1::Place) -> Place {
    Place { north: place.north_micro_degrees, east: place.east_micro_degrees }.coarse()
}

/// The settings as the wire writes them.
#[must_use]
pub fn settings(settings: &RoutingSettings) -> v1::RoutingSettings {
    let changed = settings.updated_at != Timestamp::default();
    v1::RoutingSettings {
        work_order: settings.order.to_wire(),
        gap_step: Some(duration(settings.gap_step)),
        etag: etag(settings.version),
        update_time: changed.then(|| timestamp(settings.updated_at)),
    }
}

/// The settings that a caller sets.
#[must_use]
pub fn settings_fields(settings: &v1::RoutingSettings) -> [Field; 2] {
    [("work_order", settings.work_order != 0), ("gap_step", settings.gap_step.is_some())]
}

/// What sets these settings as the message has them.
#[must_use]
pub fn settings_patch(settings: &v1::RoutingSettings, fields: Fields) -> Patch<RoutingSettings> {
    let default = RoutingSettings::default();
    let order = WorkOrder::of_wire(settings.work_order).unwrap_or(default.order);
    let gap_step = settings.gap_step.as_ref().map_or(default.gap_step, span);
    Arc::new(move |settings| {
        if fields.has("work_order") {
            settings.order = order;
        }
        if fields.has("gap_step") {
            settings.gap_step = gap_step;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn settings_read_back_and_have_the_defaults_of_the_contract() {
        let set = RoutingSettings {
            order: WorkOrder::GeneralizedCMu,
            gap_step: Span::from_secs(7),
            version: 3,
            updated_at: Timestamp::from_micros(5),
        };
        let wire = settings(&set);
        let mut made =
            RoutingSettings { version: 3, updated_at: set.updated_at, ..Default::default() };
        settings_patch(&wire, Fields::all(&settings_fields(&wire)))(&mut made);
        assert_eq!(made, set);
        let blank = v1::RoutingSettings::default();
        settings_patch(&blank, Fields::all(&settings_fields(&blank)))(&mut made);
        assert_eq!((made.order, made.gap_step), (WorkOrder::PrimaryFirst, Span::from_secs(600)));
    }

    #[test]
    fn a_skill_is_weighed_once() {
        let weighed = v1::SkillWeight { skill_id: Uuid::now_v7().to_string(), weight: 2 };
        assert!(weights(std::slice::from_ref(&weighed)).is_ok());
        assert!(weights(&[weighed.clone(), weighed]).is_err());
    }

    #[test]
    fn a_place_is_kept_coarse() {
        let wire = v1::Place { north_micro_degrees: 52_520_001, east_micro_degrees: -179_960_000 };
        let kept = place(place_of_wire(&wire));
        assert_eq!((kept.north_micro_degrees, kept.east_micro_degrees), (52_500_000, -180_000_000));
    }
}
