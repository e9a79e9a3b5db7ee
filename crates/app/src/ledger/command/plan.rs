//! Routing plans come to be, change and go. A plan that could strand a customer, or has a step that
//! can do nothing, is refused when it is saved. Every version is kept as long as an interaction
//! that waits goes by it.

use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, in_use, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::event::{Change, Event};
use domain::id::PlanId;
use domain::plan::{Plan, PlanSpec, PlanStep, STEPS_MAX, Sticky};
use domain::refusal::Refusal;
use domain::time::Timestamp;
use engine::floor::Floor;
use std::collections::BTreeSet;
use std::ops::Range;

/// How many plans a tenant may have.
pub const PLANS_MAX: usize = 200;

/// Creates or changes a plan.
#[derive(Clone)]
pub struct SavePlan {
    /// Which one; none makes a new one.
    pub id: Option<PlanId>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<Plan>,
}

impl Command for SavePlan {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.plans.extend(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (mut plan, change) = match self.id {
            Some(id) => {
                let found = draft.rows.plans.get(id).cloned();
                (found.ok_or_else(|| Refusal::not_found("routing_plan", id))?, Change::Updated)
            }
            None => (new_plan(draft.id(), draft.now), Change::Created),
        };
        check_version(self.version, plan.version, "routing_plan", plan.id)?;
        (self.patch)(&mut plan);
        check(draft, &plan, change)?;
        plan.version += 1;
        plan.updated_at = draft.now;
        let (id, spec, version) = (plan.id, plan.spec.clone(), plan.version);
        let over = outlived(&draft.floor, id, version);
        draft.rows.plan_versions_over.extend(over.into_iter().map(|versions| (id, versions)));
        draft.rows.plan_versions.insert((id, version), spec.clone());
        draft.rows.take_name(NamedKind::Plan, &plan.name, id.0);
        draft.rows.plans.put(id, plan);
        draft.record(Event::PlanSaved { plan_id: id, spec, change, version });
        Ok(Done::with(id))
    }
}

fn new_plan(id: PlanId, now: Timestamp) -> Plan {
    Plan {
        id,
        name: String::new(),
        description: String::new(),
        spec: PlanSpec::default(),
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

/// Versions before this one that nothing on the floor goes by, as gaps between those that are kept.
fn outlived(floor: &Floor, id: PlanId, version: i64) -> Vec<Range<i64>> {
    let pins = floor.items().filter_map(|(_, item)| item.plan.as_ref().map(|plan| &plan.pin));
    let kept = pins.filter(|pin| pin.plan_id == id && pin.version < version);
    let mut kept: BTreeSet<i64> = kept.map(|pin| pin.version).collect();
    kept.insert(version);
    let mut from = 1;
    let mut gaps = Vec::new();
    for kept in kept {
        if from < kept {
            gaps.push(from..kept);
        }
        from = kept + 1;
    }
    gaps
}

fn check(draft: &Draft, plan: &Plan, change: Change) -> Result<(), No> {
    if plan.name.is_empty() {
        return Err(Refusal::field("routing_plan.name", "a plan has a name").into());
    }
    if change == Change::Created && draft.floor.plans().count() >= PLANS_MAX {
        return Err(Refusal::field("routing_plan", "the tenant has as many plans as it may").into());
    }
    if draft.rows.name_taken(NamedKind::Plan, &plan.name, plan.id.0) {
        return Err(name_taken("routing_plan").into());
    }
    let steps = &plan.spec.steps;
    if steps.is_empty() || steps.len() > STEPS_MAX {
        return Err(Refusal::field("routing_plan.steps", "a plan has 1 to 10 steps").into());
    }
    check_first(&steps[0])?;
    steps.iter().try_for_each(|step| check_step(draft, step))?;
    if let Some(fault) = plan.spec.fault() {
        return Err(Refusal::new(fault.reason).with("index", fault.step).into());
    }
    Ok(())
}

/// The first step is open from the start: triggers on it would say otherwise.
fn check_first(step: &PlanStep) -> Result<(), No> {
    let waits = step.after.is_some() || step.offers_failed > 0 || step.when_absent;
    if waits || step.replace {
        let text = "the first step is open from the start: it has no trigger and replaces none";
        return Err(Refusal::field("routing_plan.steps[0]", text).into());
    }
    Ok(())
}

/// What a step names is there.
fn check_step(draft: &Draft, step: &PlanStep) -> Result<(), No> {
    if let Some(team) = step.teams.iter().find(|id| !draft.rows.is_named(NamedKind::Team, id.0)) {
        return Err(Refusal::not_found("team", team).into());
    }
    let skill = |id: &&domain::id::SkillId| !draft.rows.is_named(NamedKind::Skill, id.0);
    if let Some(skill) = step.drop_skills.iter().find(skill) {
        return Err(Refusal::not_found("skill", skill).into());
    }
    if let Some(queue) = step.queue_id.filter(|id| draft.floor.queue(*id).is_none()) {
        return Err(Refusal::not_found("queue", queue).into());
    }
    if let Some(Sticky::Agent(id)) = step.sticky
        && draft.floor.agent(id).is_none()
    {
        return Err(Refusal::not_found("agent", id).into());
    }
    Ok(())
}

/// Deletes a plan that nothing needs.
#[derive(Clone, Debug)]
pub struct DeletePlan {
    /// Which one.
    pub id: PlanId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeletePlan {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.plans.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let plan = draft.rows.plans.get(id).cloned();
        let plan = plan.ok_or_else(|| Refusal::not_found("routing_plan", id))?;
        check_version(self.version, plan.version, "routing_plan", plan.id)?;
        let of_queue = draft.floor.queues().any(|(_, spec)| spec.routing_plan_id == Some(id));
        let pins = draft.floor.items().filter_map(|(_, item)| item.plan.as_ref());
        let used_by = [
            (of_queue, "queue"),
            (pins.into_iter().any(|plan| plan.pin.plan_id == id), "interaction"),
        ];
        if let Some((_, user)) = used_by.into_iter().find(|(used, _)| *used) {
            return Err(in_use("routing_plan", id, user).into());
        }
        draft.rows.plans.remove(id);
        draft.rows.plan_versions.retain(|(plan, _), _| *plan != id);
        draft.rows.free_name(NamedKind::Plan, id.0);
        draft.record(Event::PlanDeleted { plan_id: id });
        Ok(Done::with(id))
    }
}

/// Whether any step of any plan is such a one: what it names cannot go. Versions that something
/// still goes by count as well.
pub(super) fn any_step(floor: &Floor, is: impl Fn(&PlanStep) -> bool) -> bool {
    let pinned = floor.items().filter_map(|(_, item)| item.plan.as_ref().map(|plan| &plan.spec));
    let plans = floor.plans().map(|(_, (_, spec))| spec).chain(pinned);
    plans.into_iter().any(|spec| spec.steps.iter().any(&is))
}
