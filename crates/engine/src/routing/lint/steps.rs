//! Flaws of what comes after the queue: steps of plans that nobody could take, overflow that leads
//! nowhere, and ladders that are never put up or whose levels do nothing.

use super::{Finding, serves};
use crate::floor::Floor;
use crate::routing::plan::{Ties, Want};
use domain::escalation::{Action, EscalationSpec};
use domain::id::{EscalationPolicyId, PlanId, QueueId};
use domain::plan::{PlanSpec, PlanStep, Sticky};
use domain::queue::QueueSpec;

/// Most comparisons of agents with steps and queues.
const STEPS_MAX: usize = 5_000_000;

/// Looks at all queues and escalation policies; whether there was time.
pub(super) fn of_steps(floor: &Floor, findings: &mut Vec<Finding>) -> bool {
    let agents = floor.agents().count().max(1);
    let mut left = STEPS_MAX;
    for (queue, spec) in floor.queues() {
        let plan = spec.routing_plan_id.and_then(|id| Some((id, floor.plan(id)?.1)));
        let steps = plan.map_or(0, |(_, plan)| plan.steps.len());
        let Some(rest) = left.checked_sub((steps + 1) * agents) else { return false };
        left = rest;
        if let Some((id, plan)) = plan {
            of_plan(floor, (*queue, spec), (id, plan), findings);
        }
        if let Some(to) = spec.overflow_queue_id {
            let never = spec.max_size == 0 || !is_served(floor, to);
            findings.extend(never.then_some(Finding::OverflowWithoutEffect { queue: *queue, to }));
        }
    }
    for (policy, (_, spec)) in &floor.promises().ladders {
        let levels = spec.levels.iter().map(|level| level.actions.len() + 1).sum::<usize>();
        let each = agents + floor.queues().count();
        let Some(rest) = left.checked_sub(levels * each) else { return false };
        left = rest;
        of_ladder(floor, *policy, spec, findings);
    }
    true
}

fn is_served(floor: &Floor, queue: QueueId) -> bool {
    let Some(spec) = floor.queue(queue) else { return false };
    floor.agents().any(|(_, agent)| serves(spec, agent))
}

/// Steps that no agent there is could take.
fn of_plan(
    floor: &Floor,
    (queue, spec): (QueueId, &QueueSpec),
    (plan, steps): (PlanId, &PlanSpec),
    findings: &mut Vec<Finding>,
) {
    let want = Want { queue: spec, target: None, skills: &[], plan: None, ties: Ties::default() };
    for (step, index) in steps.steps.iter().zip(1_u8..) {
        // Whom a customer is tied to, only the customer tells.
        let taken = matches!(step.sticky, Some(Sticky::LastAgent | Sticky::AccountOwner))
            || floor.agents().any(|(id, agent)| {
                agent.spec.capacity.units > 0 && want.is_for(floor, step, *id, agent)
            });
        if !taken {
            findings.push(Finding::PlanStepUnserved { queue, plan, step: index });
        }
    }
}

/// Whether a plan has anything to open, beyond its first step.
fn widens(floor: &Floor, spec: &QueueSpec) -> bool {
    let plan = spec.routing_plan_id.and_then(|id| floor.plan(id));
    let steps: &[PlanStep] = plan.map_or(&[], |(_, plan)| &plan.steps);
    steps.len() > 1
}

/// A policy that no queue names, and levels that do nothing in any queue that names it.
fn of_ladder(
    floor: &Floor,
    policy: EscalationPolicyId,
    spec: &EscalationSpec,
    findings: &mut Vec<Finding>,
) {
    let named = || floor.queues().filter(|(_, queue)| queue.escalation_policy_id == Some(policy));
    if !spec.enabled {
        return;
    }
    if named().next().is_none() {
        findings.push(Finding::EscalationUnused { policy });
        return;
    }
    let works = |action: &Action| match action {
        Action::RaisePriority(_)
        | Action::Notify(_)
        | Action::NotifyEscalationTeam
        | Action::Page(_) => true,
        Action::Widen => named().any(|(_, queue)| widens(floor, queue)),
        Action::MoveToQueue(to) | Action::Reassign(to) => {
            named().any(|(id, _)| id != to) && is_served(floor, *to)
        }
    };
    for (level, index) in spec.levels.iter().zip(1_u8..) {
        if !level.actions.is_empty() && !level.actions.iter().any(works) {
            findings.push(Finding::LevelWithoutEffect { policy, level: index });
        }
    }
}
