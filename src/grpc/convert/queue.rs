//! Queues. What a message leaves out has the contract's default; a cool-down of zero that is said
//! outright means none.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::time::{duration, span, timestamp};
use super::{count, requirement};
use crate::grpc::call::{etag, id};
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::id::{QueueId, TeamId};
use domain::queue::{Queue, QueueSpec, Strategy};
use domain::time::{Span, Timestamp};
use std::sync::Arc;
use tonic::Status;

/// How long an agent has to answer when nobody says.
const OFFER_TIMEOUT: Span = Span::from_secs(20);

/// How long an agent who did not take an interaction is passed over when nobody says.
const DECLINE_COOL_DOWN: Span = Span::from_secs(30);

/// The queue as the wire writes it.
#[must_use]
pub fn queue(queue: &Queue) -> v1::Queue {
    let spec = &queue.spec;
    v1::Queue {
        id: queue.id.to_string(),
        name: queue.name.clone(),
        description: queue.description.clone(),
        strategy: spec.strategy.to_wire(),
        priority_step: Some(duration(spec.priority_step)),
        offer_timeout: Some(duration(spec.offer_timeout)),
        wrap_up_limit: Some(duration(spec.wrap_up_limit)),
        max_size: count(spec.max_size),
        required_skills: requirement::to_wire(&spec.required_skills),
        team_ids: spec.teams.iter().map(TeamId::to_string).collect(),
        decline_cool_down: Some(duration(spec.decline_cool_down)),
        default_queue: spec.is_default,
        etag: etag(queue.version),
        create_time: Some(timestamp(queue.created_at)),
        update_time: Some(timestamp(queue.updated_at)),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(queue: &v1::Queue) -> [Field; 11] {
    [
        ("name", !queue.name.is_empty()),
        ("description", !queue.description.is_empty()),
        ("strategy", queue.strategy != 0),
        ("priority_step", queue.priority_step.is_some()),
        ("offer_timeout", queue.offer_timeout.is_some()),
        ("wrap_up_limit", queue.wrap_up_limit.is_some()),
        ("max_size", queue.max_size != 0),
        ("required_skills", !queue.required_skills.is_empty()),
        ("team_ids", !queue.team_ids.is_empty()),
        ("decline_cool_down", queue.decline_cool_down.is_some()),
        ("default_queue", queue.default_queue),
    ]
}

/// What sets these fields as the message has them.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn patch(queue: &v1::Queue, fields: Fields) -> Result<Patch<Queue>, Status> {
    let wanted = of_wire(queue)?;
    Ok(Arc::new(move |queue| apply(queue, &wanted, &fields)))
}

/// The queue a message describes, without what only the server writes.
fn of_wire(queue: &v1::Queue) -> Result<Queue, Status> {
    let spec = QueueSpec {
        strategy: Strategy::of_wire(queue.strategy).unwrap_or(Strategy::LeastLoaded),
        priority_step: queue.priority_step.as_ref().map_or(Span::ZERO, span),
        offer_timeout: queue.offer_timeout.as_ref().map_or(OFFER_TIMEOUT, span),
        wrap_up_limit: queue.wrap_up_limit.as_ref().map_or(Span::ZERO, span),
        decline_cool_down: queue.decline_cool_down.as_ref().map_or(DECLINE_COOL_DOWN, span),
        max_size: u32::try_from(queue.max_size).unwrap_or_default(),
        is_default: queue.default_queue,
        teams: queue.team_ids.iter().map(|team| id(team)).collect::<Result<_, _>>()?,
        required_skills: requirement::of_wire(&queue.required_skills, "queue.required_skills")?,
    };
    Ok(Queue {
        id: QueueId::default(),
        name: queue.name.clone(),
        description: queue.description.clone(),
        spec,
        version: 0,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    })
}

fn apply(queue: &mut Queue, wanted: &Queue, fields: &Fields) {
    let (spec, new) = (&mut queue.spec, &wanted.spec);
    if fields.has("name") {
        queue.name.clone_from(&wanted.name);
    }
    if fields.has("description") {
        queue.description.clone_from(&wanted.description);
    }
    if fields.has("strategy") {
        spec.strategy = new.strategy;
    }
    if fields.has("priority_step") {
        spec.priority_step = new.priority_step;
    }
    if fields.has("offer_timeout") {
        spec.offer_timeout = new.offer_timeout;
    }
    if fields.has("wrap_up_limit") {
        spec.wrap_up_limit = new.wrap_up_limit;
    }
    if fields.has("max_size") {
        spec.max_size = new.max_size;
    }
    if fields.has("required_skills") {
        spec.required_skills.clone_from(&new.required_skills);
    }
    if fields.has("team_ids") {
        spec.teams.clone_from(&new.teams);
        spec.teams.sort_unstable();
        spec.teams.dedup();
    }
    if fields.has("decline_cool_down") {
        spec.decline_cool_down = new.decline_cool_down;
    }
    if fields.has("default_queue") {
        spec.is_default = new.is_default;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::SkillId;
    use domain::interaction::SkillRequirement;
    use uuid::Uuid;

    fn full() -> Queue {
        Queue {
            id: QueueId(Uuid::now_v7()),
            name: "Billing".into(),
            description: "Invoices".into(),
            spec: QueueSpec {
                strategy: Strategy::MostSkilled,
                priority_step: Span::from_millis(1_500),
                offer_timeout: Span::from_secs(7),
                wrap_up_limit: Span::from_secs(60),
                decline_cool_down: Span::from_secs(5),
                max_size: 9,
                is_default: true,
                teams: vec![TeamId(Uuid::now_v7()), TeamId(Uuid::now_v7())],
                required_skills: vec![SkillRequirement {
                    skill_id: SkillId(Uuid::now_v7()),
                    min_level: 3,
                }],
            },
            version: 4,
            created_at: Timestamp::from_micros(1_000_001),
            updated_at: Timestamp::from_micros(2_000_002),
        }
    }

    fn blank() -> Queue {
        Queue {
            id: QueueId::default(),
            name: String::new(),
            description: String::new(),
            spec: QueueSpec::default(),
            version: 4,
            created_at: Timestamp::from_micros(1_000_001),
            updated_at: Timestamp::from_micros(2_000_002),
        }
    }

    #[test]
    fn a_queue_reads_back() {
        let queue = full();
        let wire = super::queue(&queue);
        assert_eq!(wire.etag, "v4");
        let mut made = Queue { id: queue.id, ..blank() };
        patch(&wire, Fields::all(&fields(&wire))).expect("our own")(&mut made);
        assert_eq!(made, queue);
        assert!(fields(&wire).iter().all(|(_, populated)| *populated));
    }

    #[test]
    fn each_field_alone_is_set_alone() {
        let wire = super::queue(&full());
        for (name, _) in fields(&wire) {
            let mask = prost_types::FieldMask { paths: vec![name.into()] };
            let only = Fields::of_update(Some(&mask), &fields(&wire)).expect("a field");
            let mut made = blank();
            patch(&wire, only).expect("our own")(&mut made);
            let before = super::queue(&blank());
            let after = super::queue(&made);
            assert_ne!(after, before, "{name} was set");
            let changed = fields(&wire).iter().filter(|(n, _)| *n != name).all(|(other, _)| {
                let mask = prost_types::FieldMask { paths: vec![(*other).into()] };
                let back = Fields::of_update(Some(&mask), &fields(&wire)).expect("a field");
                let mut same = made.clone();
                patch(&before, back).expect("our own")(&mut same);
                same == made
            });
            assert!(changed, "{name} alone was set");
        }
    }

    #[test]
    fn what_is_left_out_has_the_defaults_of_the_contract() {
        let wire = v1::Queue { name: "q".into(), ..Default::default() };
        let mut made = blank();
        made.spec.is_default = true;
        patch(&wire, Fields::all(&fields(&wire))).expect("nothing wrong")(&mut made);
        let spec = made.spec;
        assert_eq!(spec.strategy, Strategy::LeastLoaded);
        assert_eq!(spec.priority_step, Span::ZERO);
        assert_eq!(spec.offer_timeout, Span::from_secs(20));
        assert_eq!(spec.wrap_up_limit, Span::ZERO);
        assert_eq!(spec.decline_cool_down, Span::from_secs(30));
        assert_eq!((spec.max_size, spec.is_default), (0, false));
    }

    #[test]
    fn a_cool_down_of_zero_means_none() {
        let zero = prost_types::Duration::default();
        let wire = v1::Queue { decline_cool_down: Some(zero), ..Default::default() };
        let mut made = full();
        let only = Fields::of_update(None, &fields(&wire)).expect("no mask");
        patch(&wire, only).expect("nothing wrong")(&mut made);
        assert!(made.spec.decline_cool_down.is_zero());
        assert_eq!(made.name, "Billing");
    }

    #[test]
    fn a_strategy_nobody_knows_is_the_default() {
        let wire = v1::Queue { strategy: 99, ..Default::default() };
        assert_eq!(of_wire(&wire).expect("total").spec.strategy, Strategy::LeastLoaded);
    }
}
