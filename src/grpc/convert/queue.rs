//! Queues. What a message leaves out has the contract's default; a cool-down of zero that is said
//! outright means none.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::time::{duration, span, timestamp};
use super::{count, id_text, requirement, settle, staffing, tuning};
use crate::grpc::call::{etag, id, optional_id};
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::id::{QueueId, TeamId};
use domain::queue::{AssignmentMode, ClosedPolicy, Queue, QueueSpec, Strategy};
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
        routing_plan_id: id_text(spec.routing_plan_id),
        overflow_queue_id: id_text(spec.overflow_queue_id),
        calendar_id: id_text(spec.calendar_id),
        closed_policy: spec.closed_policy.to_wire(),
        closed_queue_id: id_text(spec.closed_queue_id),
        shadow_strategy: spec.tuning.shadow.map(Coded::to_wire).unwrap_or_default(),
        weight: i32::from(spec.tuning.weight),
        ageing_knee: Some(duration(spec.tuning.ageing_knee)),
        ageing_percent: i32::from(spec.tuning.ageing_percent),
        strategy_options: Some(tuning::options(&spec.tuning)),
        escalation_policy_id: id_text(spec.escalation_policy_id),
        on_call: spec.on_call,
        max_wait: Some(duration(spec.max_wait)),
        parked_counts: spec.parked_counts,
        callback_attempts_max: i32::from(spec.callback_attempts_max),
        no_answer: Some(staffing::no_answer(spec.no_answer)),
        absent_work: Some(staffing::absent_work(spec.absent_work)),
        assignment_mode: spec.assignment_mode.to_wire(),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(queue: &v1::Queue) -> [Field; 29] {
    let [shadow, weight, knee, percent, options] = tuning::fields(queue);
    let [no_answer, absent_work] = staffing::fields(queue);
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
        ("routing_plan_id", !queue.routing_plan_id.is_empty()),
        ("overflow_queue_id", !queue.overflow_queue_id.is_empty()),
        ("calendar_id", !queue.calendar_id.is_empty()),
        ("closed_policy", queue.closed_policy != 0),
        ("closed_queue_id", !queue.closed_queue_id.is_empty()),
        shadow,
        weight,
        knee,
        percent,
        options,
        ("escalation_policy_id", !queue.escalation_policy_id.is_empty()),
        ("on_call", queue.on_call),
        ("max_wait", queue.max_wait.is_some()),
        ("parked_counts", queue.parked_counts),
        ("callback_attempts_max", queue.callback_attempts_max != 0),
        no_answer,
        absent_work,
        ("assignment_mode", queue.assignment_mode != 0),
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
    let mut wrong = Vec::new();
    let spec = QueueSpec {
        strategy: Strategy::of_wire(queue.strategy).unwrap_or(Strategy::PrimaryFirst),
        priority_step: queue.priority_step.as_ref().map_or(Span::ZERO, span),
        offer_timeout: queue.offer_timeout.as_ref().map_or(OFFER_TIMEOUT, span),
        wrap_up_limit: queue.wrap_up_limit.as_ref().map_or(Span::ZERO, span),
        decline_cool_down: queue.decline_cool_down.as_ref().map_or(DECLINE_COOL_DOWN, span),
        max_size: u32::try_from(queue.max_size).unwrap_or_default(),
        is_default: queue.default_queue,
        teams: queue.team_ids.iter().map(|team| id(team)).collect::<Result<_, _>>()?,
        required_skills: requirement::of_wire(&queue.required_skills, "queue.required_skills")?,
        routing_plan_id: optional_id(&queue.routing_plan_id)?,
        overflow_queue_id: optional_id(&queue.overflow_queue_id)?,
        calendar_id: optional_id(&queue.calendar_id)?,
        closed_policy: ClosedPolicy::of_wire(queue.closed_policy).unwrap_or(ClosedPolicy::Hold),
        closed_queue_id: optional_id(&queue.closed_queue_id)?,
        tuning: tuning::of_wire(queue)?,
        escalation_policy_id: optional_id(&queue.escalation_policy_id)?,
        on_call: queue.on_call,
        max_wait: queue.max_wait.as_ref().map_or(Span::ZERO, span),
        parked_counts: queue.parked_counts,
        callback_attempts_max: u8::try_from(queue.callback_attempts_max).unwrap_or_default(),
        no_answer: staffing::no_answer_of_wire(queue, &mut wrong),
        absent_work: staffing::absent_work_of_wire(queue, &mut wrong)?,
        assignment_mode: AssignmentMode::of_wire(queue.assignment_mode)
            .unwrap_or(AssignmentMode::Push),
    };
    settle(wrong)?;
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
    if fields.has("routing_plan_id") {
        spec.routing_plan_id = new.routing_plan_id;
    }
    if fields.has("overflow_queue_id") {
        spec.overflow_queue_id = new.overflow_queue_id;
    }
    if fields.has("escalation_policy_id") {
        spec.escalation_policy_id = new.escalation_policy_id;
    }
    if fields.has("assignment_mode") {
        spec.assignment_mode = new.assignment_mode;
    }
    if fields.has("on_call") {
        spec.on_call = new.on_call;
    }
    if fields.has("max_wait") {
        spec.max_wait = new.max_wait;
    }
    if fields.has("parked_counts") {
        spec.parked_counts = new.parked_counts;
    }
    if fields.has("callback_attempts_max") {
        spec.callback_attempts_max = new.callback_attempts_max;
    }
    apply_hours(spec, new, fields);
    tuning::apply(&mut spec.tuning, &new.tuning, fields);
    staffing::apply(spec, new, fields);
}

fn apply_hours(spec: &mut QueueSpec, new: &QueueSpec, fields: &Fields) {
    if fields.has("calendar_id") {
        spec.calendar_id = new.calendar_id;
    }
    if fields.has("closed_policy") {
        spec.closed_policy = new.closed_policy;
    }
    if fields.has("closed_queue_id") {
        spec.closed_queue_id = new.closed_queue_id;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::agent::PresenceStatus;
    use domain::id::{CalendarId, EscalationPolicyId, PlanId, SkillId};
    use domain::interaction::SkillRequirement;
    use domain::queue::{AbsentWork, NoAnswer, Tuning};
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
                routing_plan_id: Some(PlanId(Uuid::now_v7())),
                overflow_queue_id: Some(QueueId(Uuid::now_v7())),
                calendar_id: Some(CalendarId(Uuid::now_v7())),
                closed_policy: ClosedPolicy::Redirect,
                closed_queue_id: Some(QueueId(Uuid::now_v7())),
                tuning: Tuning {
                    shadow: Some(Strategy::Vip),
                    weight: 7,
                    ageing_knee: Span::from_secs(90),
                    ageing_percent: 50,
                    close_enough: 80,
                    skill_weights: [(SkillId(Uuid::now_v7()), 9)].into(),
                    vip_tiers: vec!["gold".into(), "platinum".into()],
                },
                escalation_policy_id: Some(EscalationPolicyId(Uuid::now_v7())),
                on_call: true,
                assignment_mode: AssignmentMode::Pull,
                max_wait: Span::from_secs(3600),
                parked_counts: true,
                callback_attempts_max: 5,
                no_answer: NoAnswer::Presence(PresenceStatus::Away),
                absent_work: AbsentWork::Reassign(QueueId(Uuid::now_v7())),
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
        assert_eq!(spec.strategy, Strategy::PrimaryFirst);
        assert_eq!(spec.tuning, Tuning::default());
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
        assert_eq!(of_wire(&wire).expect("total").spec.strategy, Strategy::PrimaryFirst);
    }
}
