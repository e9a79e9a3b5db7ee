//! Routing plans, and where an interaction stands in one. What a plan cannot do is for the command
//! to say; here only what a message cannot mean is refused.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::time::{duration, span, timestamp};
use super::{count, id_text, settle, wrong};
use crate::grpc::call::{etag, id, optional_id};
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use app::plans::StepView;
use domain::id::{AgentId, PlanId};
use domain::plan::{After, Plan, PlanSpec, PlanStep, StepClock, Sticky};
use domain::queue::Strategy;
use domain::time::{Span, Timestamp};
use std::sync::Arc;
use tonic::Status;
use uuid::Uuid;

/// The plan as the wire writes it.
#[must_use]
pub fn plan(plan: &Plan) -> v1::RoutingPlan {
    v1::RoutingPlan {
        id: plan.id.to_string(),
        name: plan.name.clone(),
        description: plan.description.clone(),
        steps: plan.spec.steps.iter().map(step).collect(),
        version: plan.version,
        etag: etag(plan.version),
        create_time: Some(timestamp(plan.created_at)),
        update_time: Some(timestamp(plan.updated_at)),
    }
}

fn step(step: &PlanStep) -> v1::RoutingPlanStep {
    let named = match step.sticky {
        Some(Sticky::Agent(agent)) => Some(agent),
        _ => None,
    };
    v1::RoutingPlanStep {
        clock: step.after.map(|after| after.clock.to_wire()).unwrap_or_default(),
        after: step.after.map(|after| duration(after.span)),
        offers_failed: i32::from(step.offers_failed),
        when_absent: step.when_absent,
        last_agent: step.sticky == Some(Sticky::LastAgent),
        account_owner: step.sticky == Some(Sticky::AccountOwner),
        agent_id: id_text(named),
        team_ids: step.teams.iter().map(ToString::to_string).collect(),
        any_team: step.any_team,
        queue_id: id_text(step.queue_id),
        lower_levels: i32::from(step.lower_levels),
        drop_skill_ids: step.drop_skills.iter().map(ToString::to_string).collect(),
        credit: Some(duration(step.credit)),
        strategy: step.strategy.map(Coded::to_wire).unwrap_or_default(),
        offer_timeout: step.offer_timeout.map(duration),
        replace: step.replace,
    }
}

/// Where an interaction stands, as the wire writes it.
#[must_use]
pub fn standing(view: &StepView) -> v1::RoutingStep {
    v1::RoutingStep {
        routing_plan_id: view.plan_id.to_string(),
        plan_version: view.version,
        number: count(view.index + 1),
        steps: count(view.steps),
        open_time: Some(timestamp(view.opened_at)),
        next_open_time: view.next_at.map(timestamp),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(plan: &v1::RoutingPlan) -> [Field; 3] {
    [
        ("name", !plan.name.is_empty()),
        ("description", !plan.description.is_empty()),
        ("steps", !plan.steps.is_empty()),
    ]
}

/// What sets these fields as the message has them.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn patch(plan: &v1::RoutingPlan, fields: Fields) -> Result<Patch<Plan>, Status> {
    let wanted = of_wire(plan)?;
    Ok(Arc::new(move |plan| {
        if fields.has("name") {
            plan.name.clone_from(&wanted.name);
        }
        if fields.has("description") {
            plan.description.clone_from(&wanted.description);
        }
        if fields.has("steps") {
            plan.spec = wanted.spec.clone();
        }
    }))
}

/// The plan a message describes, without what only the server writes.
fn of_wire(plan: &v1::RoutingPlan) -> Result<Plan, Status> {
    let steps = plan.steps.iter().enumerate().map(|(at, step)| step_of_wire(at, step));
    Ok(Plan {
        id: PlanId::default(),
        name: plan.name.clone(),
        description: plan.description.clone(),
        spec: PlanSpec { steps: steps.collect::<Result<_, _>>()? },
        version: 0,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    })
}

fn step_of_wire(at: usize, step: &v1::RoutingPlanStep) -> Result<PlanStep, Status> {
    let path = |field: &str| format!("routing_plan.steps[{at}].{field}");
    let clock = StepClock::of_wire(step.clock);
    let agent: Option<AgentId> = optional_id(&step.agent_id)?;
    let is_owner = step.account_owner;
    let contradictions = [
        ("after", clock.is_none() && step.after.is_some(), "counts by a `clock`"),
        ("agent_id", step.last_agent && agent.is_some(), "not together with `last_agent`"),
        ("account_owner", is_owner && step.last_agent, "not together with `last_agent`"),
        ("account_owner", is_owner && agent.is_some(), "not together with `agent_id`"),
        ("team_ids", step.any_team && !step.team_ids.is_empty(), "not together with `any_team`"),
    ];
    let met = contradictions.into_iter().filter(|(_, is, _)| *is);
    settle(met.map(|(field, _, text)| wrong(path(field), text)).collect())?;
    let last = step.last_agent.then_some(Sticky::LastAgent);
    let keeper = is_owner.then_some(Sticky::AccountOwner);
    let small = |number: i32| u8::try_from(number).unwrap_or_default();
    Ok(PlanStep {
        after: clock
            .map(|clock| After { clock, span: step.after.as_ref().map_or(Span::ZERO, span) }),
        offers_failed: small(step.offers_failed),
        when_absent: step.when_absent,
        sticky: last.or(keeper).or(agent.map(Sticky::Agent)),
        teams: sorted(&step.team_ids)?,
        any_team: step.any_team,
        queue_id: optional_id(&step.queue_id)?,
        lower_levels: small(step.lower_levels),
        drop_skills: sorted(&step.drop_skill_ids)?,
        credit: step.credit.as_ref().map_or(Span::ZERO, span),
        strategy: Strategy::of_wire(step.strategy),
        offer_timeout: step.offer_timeout.as_ref().map(span),
        replace: step.replace,
    })
}

fn sorted<I: From<Uuid> + Ord>(ids: &[String]) -> Result<Vec<I>, Status> {
    let mut read: Vec<I> = ids.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
    read.sort_unstable();
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{QueueId, SkillId, TeamId};

    fn full() -> Plan {
        let step = PlanStep {
            after: Some(After { clock: StepClock::Queued, span: Span::from_secs(90) }),
            offers_failed: 2,
            when_absent: true,
            sticky: None,
            teams: vec![TeamId(Uuid::now_v7()), TeamId(Uuid::now_v7())],
            any_team: false,
            queue_id: Some(QueueId(Uuid::now_v7())),
            lower_levels: 3,
            drop_skills: vec![SkillId(Uuid::now_v7())],
            credit: Span::from_secs(30),
            strategy: Some(Strategy::LongestIdle),
            offer_timeout: Some(Span::from_secs(9)),
            replace: true,
        };
        let last = PlanStep { sticky: Some(Sticky::LastAgent), ..PlanStep::default() };
        let agent = Sticky::Agent(AgentId(Uuid::now_v7()));
        let named = PlanStep { sticky: Some(agent), any_team: true, ..PlanStep::default() };
        Plan {
            id: PlanId(Uuid::now_v7()),
            name: "Widen".into(),
            description: "Slowly".into(),
            spec: PlanSpec { steps: vec![last, named, step] },
            version: 3,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        }
    }

    fn blank(like: &Plan) -> Plan {
        let (name, description) = (String::new(), String::new());
        Plan { name, description, spec: PlanSpec::default(), ..like.clone() }
    }

    #[test]
    fn a_plan_reads_back_and_only_what_is_named_is_set() {
        let plan = full();
        let wire = super::plan(&plan);
        assert_eq!((wire.version, wire.etag.as_str()), (3, "v3"));
        let mut made = blank(&plan);
        patch(&wire, Fields::all(&fields(&wire))).expect("our own")(&mut made);
        assert_eq!(made, plan);
        let renamed = v1::RoutingPlan { name: "x".into(), ..Default::default() };
        let only = Fields::of_update(None, &fields(&renamed)).expect("no mask");
        let mut other = plan.clone();
        patch(&renamed, only).expect("nothing wrong")(&mut other);
        assert_eq!(other, Plan { name: "x".into(), ..plan });
    }

    #[test]
    fn what_a_step_cannot_mean_is_refused() {
        let id = || Uuid::now_v7().to_string();
        let after = Some(duration(Span::from_secs(5)));
        let steps = [
            v1::RoutingPlanStep { after, ..Default::default() },
            v1::RoutingPlanStep { last_agent: true, agent_id: id(), ..Default::default() },
            v1::RoutingPlanStep { any_team: true, team_ids: vec![id()], ..Default::default() },
        ];
        for step in steps {
            let wire = v1::RoutingPlan { steps: vec![step.clone()], ..Default::default() };
            assert!(of_wire(&wire).is_err(), "{step:?}");
        }
    }
}
