//! Queues and skills come to be, change and go. Routing reads a queue's spec, so that it is part of
//! the event; names stay in rows.

use super::{Command, Done, Keys, No, check_version, in_use, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::event::{Change, Event};
use domain::id::{QueueId, SkillId};
use domain::queue::{Queue, QueueSpec, Skill};
use domain::refusal::Refusal;
use domain::time::Timestamp;
use engine::floor::Floor;
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
    if !queue.spec.strategy.is_reached() {
        return Err(Refusal::field("queue.strategy", "this strategy is not available yet").into());
    }
    let ceases = draft.floor.queue(queue.id).is_some_and(|old| old.is_default);
    if ceases && !queue.spec.is_default {
        return Err(in_use("queue", queue.id, "tenant").into());
    }
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
    Ok(())
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
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let queue =
            draft.rows.queues.get(id).cloned().ok_or_else(|| Refusal::not_found("queue", id))?;
        check_version(self.version, queue.version, "queue", queue.id)?;
        let routed = draft.floor.rules().any(|(_, rule)| rule.action.queue_id == Some(id));
        let of_account = draft.floor.accounts().any(|(_, spec)| spec.default_queue_id == Some(id));
        let held = draft.floor.items().any(|(_, item)| item.queue_id == Some(id));
        let used_by = [
            (queue.spec.is_default, "tenant"),
            (routed, "routing_rule"),
            (of_account, "channel_account"),
            (held, "interaction"),
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
        let of_rule =
            |(_, rule): (_, &Arc<domain::rule::RuleSpec>)| needs(&rule.action.add_required_skills);
        let used_by = [
            (floor.queues().any(|(_, spec)| needs(&spec.required_skills)), "queue"),
            (floor.rules().any(of_rule), "routing_rule"),
            (floor.items().any(|(_, item)| needs(&item.required_skills)), "interaction"),
            (floor.agents().any(|(_, agent)| agent.spec.skills.contains_key(&id)), "agent"),
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
