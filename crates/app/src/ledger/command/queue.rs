//! Queues and skills come to be, change and go. Routing reads a queue's spec, so that it is part of
//! the event; names stay in rows.

use super::enqueue::OVERFLOW_MAX;
use super::plan::any_step;
use super::{Command, Done, Keys, No, check_version, in_use, name_taken, open_work};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::escalation::{Action, EscalationSpec};
use domain::event::{Change, Event};
use domain::id::{QueueId, SkillId};
use domain::queue::{AbsentWork, ClosedPolicy, Queue, QueueSpec, Skill};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use engine::floor::{Floor, HeldRule};
use std::sync::Arc;

/// A change to a noun, applied to its current state inside the decision.
pub type Patch<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// Creates or changes a queue.
#[derive(Clone)]
pub struct SaveQueue {
    /// Which one; none makes a new one.
    pub id: Option<QueueId>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<Queue>,
}

impl Command for SaveQueue {
    fn keys(&self, floor: &Floor, keys: &mut Keys) {
        keys.queues.extend(self.id);
        // It may take their place.
        keys.queues.extend(floor.queues().filter(|(_, spec)| spec.is_default).map(|(id, _)| *id));
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (mut queue, change) = match self.id {
            Some(id) => {
                let found = draft.rows.queues.get(id).cloned();
                (found.ok_or_else(|| Refusal::not_found("queue", id))?, Change::Updated)
            }
            None => (new_queue(draft.id(), draft.now), Change::Created),
        };
        check_version(self.version, queue.version, "queue", queue.id)?;
        (self.patch)(&mut queue);
        check(draft, &queue)?;
        if queue.spec.is_default {
            clear_default(draft, queue.id);
        }
        queue.version += 1;
        queue.updated_at = draft.now;
        draft.rows.take_name(NamedKind::Queue, &queue.name, queue.id.0);
        let (id, spec, version) = (queue.id, queue.spec.clone(), queue.version);
        draft.rows.queues.put(id, queue);
        draft.record(Event::QueueSaved { queue_id: id, spec, change, version });
        Ok(Done::with(id))
    }
}

fn new_queue(id: QueueId, now: Timestamp) -> Queue {
    Queue {
        id,
        name: String::new(),
        description: String::new(),
        spec: QueueSpec::default(),
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

fn check(draft: &Draft, queue: &Queue) -> Result<(), No> {
    if queue.name.is_empty() {
        return Err(Refusal::field("queue.name", "a queue has a name").into());
    }
    if draft.rows.name_taken(NamedKind::Queue, &queue.name, queue.id.0) {
        return Err(name_taken("queue").into());
    }
    check_overflow(draft, queue)?;
    if let Some(plan) = queue.spec.routing_plan_id.filter(|id| draft.floor.plan(*id).is_none()) {
        return Err(Refusal::not_found("routing_plan", plan).into());
    }
    let ladder = queue.spec.escalation_policy_id;
    if let Some(policy) = ladder.filter(|id| draft.floor.escalation(*id).is_none()) {
        return Err(Refusal::not_found("escalation_policy", policy).into());
    }
    let ceases = draft.floor.queue(queue.id).is_some_and(|old| old.is_default);
    if ceases && !queue.spec.is_default {
        return Err(in_use("queue", queue.id, "tenant").into());
    }
    check_hours(draft, queue)?;
    check_absent(draft, queue)?;
    for team in &queue.spec.teams {
        if !draft.rows.is_named(NamedKind::Team, team.0) {
            return Err(Refusal::not_found("team", team).into());
        }
    }
    for need in &queue.spec.required_skills {
        if !draft.rows.is_named(NamedKind::Skill, need.skill_id.0) {
            return Err(Refusal::not_found("skill", need.skill_id).into());
        }
    }
    for skill in queue.spec.tuning.skill_weights.keys() {
        if !draft.rows.is_named(NamedKind::Skill, skill.0) {
            return Err(Refusal::not_found("skill", skill).into());
        }
    }
    Ok(())
}

/// Where a queue overflows to is there, and the way on from it ends without coming back.
fn check_overflow(draft: &Draft, queue: &Queue) -> Result<(), No> {
    let mut next = queue.spec.overflow_queue_id;
    let mut way = vec![queue.id];
    while let Some(id) = next {
        if way.contains(&id) || way.len() >= OVERFLOW_MAX {
            return Err(Refusal::new(Reason::OverflowCycle).with("queue_id", id).into());
        }
        let found = draft.floor.queue(id).ok_or_else(|| Refusal::not_found("queue", id))?;
        way.push(id);
        next = found.overflow_queue_id;
    }
    Ok(())
}

/// What its hours refer to exists, and arrivals that are sent on are sent somewhere else.
fn check_hours(draft: &Draft, queue: &Queue) -> Result<(), No> {
    let spec = &queue.spec;
    let known = |id| draft.floor.promises().calendars.contains_key(&id);
    if let Some(id) = spec.calendar_id.filter(|id| !known(*id)) {
        return Err(Refusal::not_found("calendar", id).into());
    }
    if let Some(id) = spec.closed_queue_id {
        if id == queue.id {
            let text = "a queue cannot send arrivals on to itself";
            return Err(Refusal::field("queue.closed_queue_id", text).into());
        }
        if draft.floor.queue(id).is_none() {
            return Err(Refusal::not_found("queue", id).into());
        }
    } else if spec.closed_policy == ClosedPolicy::Redirect {
        let text = "a queue that sends arrivals on says where to";
        return Err(Refusal::field("queue.closed_queue_id", text).into());
    }
    Ok(())
}

/// The work of those who went offline goes to a queue that is there.
fn check_absent(draft: &Draft, queue: &Queue) -> Result<(), No> {
    match queue.spec.absent_work {
        AbsentWork::Reassign(id) if id != queue.id && draft.floor.queue(id).is_none() => {
            Err(Refusal::not_found("queue", id).into())
        }
        _ => Ok(()),
    }
}

/// There is one default queue: the old one ceases to be it. Its row is known: it was the default
/// before this batch and so was declared, or a command of this batch has put it there.
fn clear_default(draft: &mut Draft, keep: QueueId) {
    let default = |(id, spec): &(&QueueId, &Arc<QueueSpec>)| spec.is_default && **id != keep;
    let old: Vec<QueueId> = draft.floor.queues().filter(default).map(|(id, _)| *id).collect();
    for id in old {
        let Some(mut queue) = draft.rows.queues.get(id).cloned() else { continue };
        queue.spec.is_default = false;
        queue.version += 1;
        queue.updated_at = draft.now;
        let (spec, version) = (queue.spec.clone(), queue.version);
        draft.rows.queues.put(id, queue);
        draft.record(Event::QueueSaved { queue_id: id, spec, change: Change::Updated, version });
    }
}

/// Deletes a queue that nothing needs.
#[derive(Clone, Debug)]
pub struct DeleteQueue {
    /// Which one.
    pub id: QueueId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteQueue {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.queues.push(self.id);
        keys.open_work_in.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let queue =
            draft.rows.queues.get(id).cloned().ok_or_else(|| Refusal::not_found("queue", id))?;
        check_version(self.version, queue.version, "queue", queue.id)?;
        let routed = draft.floor.rules().any(|(_, rule)| rule.spec.action.queue_id == Some(id));
        let of_account = draft.floor.accounts().any(|(_, spec)| spec.default_queue_id == Some(id));
        let overflow = draft.floor.queues().any(|(_, spec)| spec.overflow_queue_id == Some(id));
        let takes_over = AbsentWork::Reassign(id);
        let sent_on = draft.floor.queues().any(|(other, spec)| {
            let leads = spec.closed_queue_id == Some(id) || spec.absent_work == takes_over;
            leads && *other != id
        });
        let mut policies = draft.floor.promises().policies.values();
        let promised = policies.any(|(_, policy)| policy.queues.contains(&id));
        let moves = [Action::MoveToQueue(id), Action::Reassign(id)];
        let climbed = any_action(&draft.floor, |action| moves.contains(action));
        let held = draft.floor.items().any(|(_, item)| item.queue_id == Some(id))
            || open_work(draft, |row| row.queue_id == Some(id));
        let used_by = [
            (queue.spec.is_default, "tenant"),
            (routed, "routing_rule"),
            (of_account, "channel_account"),
            (sent_on, "queue"),
            (promised, "sla_policy"),
            (climbed, "escalation_policy"),
            (held, "interaction"),
            (overflow, "queue"),
            (any_step(&draft.floor, |step| step.queue_id == Some(id)), "routing_plan"),
        ];
        if let Some((_, user)) = used_by.into_iter().find(|(used, _)| *used) {
            return Err(in_use("queue", id, user).into());
        }
        draft.rows.queues.remove(id);
        draft.rows.free_name(NamedKind::Queue, id.0);
        draft.record(Event::QueueDeleted { queue_id: id });
        Ok(Done::with(id))
    }
}

/// Whether a level of a policy, or of a ladder that was put up by one, does such a thing.
pub(super) fn any_action(floor: &Floor, is: impl Fn(&Action) -> bool) -> bool {
    let of = |spec: &EscalationSpec| spec.levels.iter().flat_map(|level| &level.actions).any(&is);
    let mut held = floor.items().filter_map(|(_, item)| item.ladder.as_ref());
    floor.promises().ladders.values().any(|(_, spec)| of(spec))
        || held.any(|ladder| of(&ladder.spec))
}

/// Creates or changes a skill.
#[derive(Clone)]
pub struct SaveSkill {
    /// Which one; none makes a new one.
    pub id: Option<SkillId>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<Skill>,
}

impl Command for SaveSkill {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.skills.extend(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (mut skill, change) = match self.id {
            Some(id) => {
                let found = draft.rows.skills.get(id).cloned();
                (found.ok_or_else(|| Refusal::not_found("skill", id))?, Change::Updated)
            }
            None => (new_skill(draft.id(), draft.now), Change::Created),
        };
        check_version(self.version, skill.version, "skill", skill.id)?;
        (self.patch)(&mut skill);
        if skill.name.is_empty() {
            return Err(Refusal::field("skill.name", "a skill has a name").into());
        }
        if draft.rows.name_taken(NamedKind::Skill, &skill.name, skill.id.0) {
            return Err(name_taken("skill").into());
        }
        skill.version += 1;
        skill.updated_at = draft.now;
        let (id, version) = (skill.id, skill.version);
        draft.rows.take_name(NamedKind::Skill, &skill.name, id.0);
        draft.rows.skills.put(id, skill);
        draft.record(Event::SkillChanged { skill_id: id, change, version });
        Ok(Done::with(id))
    }
}

fn new_skill(id: SkillId, now: Timestamp) -> Skill {
    Skill {
        id,
        name: String::new(),
        description: String::new(),
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

/// Deletes a skill that nothing needs.
#[derive(Clone, Debug)]
pub struct DeleteSkill {
    /// Which one.
    pub id: SkillId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteSkill {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.skills.push(self.id);
        keys.parked_needing.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let skill =
            draft.rows.skills.get(id).cloned().ok_or_else(|| Refusal::not_found("skill", id))?;
        check_version(self.version, skill.version, "skill", skill.id)?;
        let needs = |list: &[domain::interaction::SkillRequirement]| {
            list.iter().any(|need| need.skill_id == id)
        };
        let floor = &draft.floor;
        let of_rule = |(_, rule): (_, &HeldRule)| needs(&rule.spec.action.add_required_skills);
        let of_queue = |(_, spec): (_, &Arc<QueueSpec>)| {
            needs(&spec.required_skills) || spec.tuning.skill_weights.contains_key(&id)
        };
        let used_by = [
            (floor.queues().any(of_queue), "queue"),
            (floor.rules().any(of_rule), "routing_rule"),
            (floor.items().any(|(_, item)| needs(&item.required_skills)), "interaction"),
            (open_work(draft, |row| needs(&row.required_skills)), "interaction"),
            (floor.agents().any(|(_, agent)| agent.spec.skills.contains_key(&id)), "agent"),
            (any_step(floor, |step| step.drop_skills.contains(&id)), "routing_plan"),
        ];
        if let Some((_, user)) = used_by.into_iter().find(|(used, _)| *used) {
            return Err(in_use("skill", id, user).into());
        }
        draft.rows.skills.remove(id);
        draft.rows.free_name(NamedKind::Skill, id.0);
        draft.record(Event::SkillChanged { skill_id: id, change: Change::Deleted, version: 0 });
        Ok(Done::with(id))
    }
}
