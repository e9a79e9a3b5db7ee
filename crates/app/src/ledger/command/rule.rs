//! Routing rules come to be, change and go. A rule that cannot be judged is refused when it is
//! saved.

use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::event::{Change, Event};
use domain::id::RuleId;
use domain::refusal::{Reason, Refusal};
use domain::rule::{Rule, RuleAction, RuleMatch, RuleSpec};
use domain::time::Timestamp;
use engine::floor::Floor;
use engine::routing::intake;

/// How many rules a tenant may have.
pub const RULES_MAX: usize = 500;

/// Creates or changes a rule.
#[derive(Clone)]
pub struct SaveRule {
    /// Which one; none makes a new one.
    pub id: Option<RuleId>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<Rule>,
}

impl Command for SaveRule {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.rules.extend(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (mut rule, change) = match self.id {
            Some(id) => {
                let found = draft.rows.rules.get(id).cloned();
                (found.ok_or_else(|| Refusal::not_found("routing_rule", id))?, Change::Updated)
            }
            None => (new_rule(draft.id(), draft.now), Change::Created),
        };
        check_version(self.version, rule.version, "routing_rule", rule.id)?;
        (self.patch)(&mut rule);
        check(draft, &rule, change)?;
        rule.version += 1;
        rule.updated_at = draft.now;
        let (id, spec, version) = (rule.id, rule.spec.clone(), rule.version);
        draft.rows.take_name(NamedKind::Rule, &rule.name, id.0);
        draft.rows.rules.put(id, rule);
        draft.record(Event::RuleSaved { rule_id: id, spec, change, version });
        Ok(Done::with(id))
    }
}

fn new_rule(id: RuleId, now: Timestamp) -> Rule {
    Rule {
        id,
        name: String::new(),
        spec: RuleSpec {
            position: 0,
            enabled: true,
            matching: RuleMatch::All,
            conditions: Vec::new(),
            action: RuleAction::default(),
        },
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

fn check(draft: &Draft, rule: &Rule, change: Change) -> Result<(), No> {
    if rule.name.is_empty() {
        return Err(Refusal::field("routing_rule.name", "a rule has a name").into());
    }
    if rule.spec.position == 0 {
        return Err(Refusal::field("routing_rule.position", "positions count from 1").into());
    }
    if change == Change::Created && draft.floor.rules().count() >= RULES_MAX {
        return Err(Refusal::field("routing_rule", "the tenant has as many rules as it may").into());
    }
    if draft.rows.name_taken(NamedKind::Rule, &rule.name, rule.id.0) {
        return Err(name_taken("routing_rule").into());
    }
    if let Some(at) = rule.spec.conditions.iter().position(|c| !intake::is_judgeable(c)) {
        return Err(Refusal::new(Reason::ConditionInvalid).with("index", at).into());
    }
    if let Some(queue) = rule.spec.action.queue_id
        && draft.floor.queue(queue).is_none()
    {
        return Err(Refusal::not_found("queue", queue).into());
    }
    for need in &rule.spec.action.add_required_skills {
        if !draft.rows.is_named(NamedKind::Skill, need.skill_id.0) {
            return Err(Refusal::not_found("skill", need.skill_id).into());
        }
    }
    Ok(())
}

/// Deletes a rule.
#[derive(Clone, Debug)]
pub struct DeleteRule {
    /// Which one.
    pub id: RuleId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteRule {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.rules.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let rule = draft
            .rows
            .rules
            .get(id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("routing_rule", id))?;
        check_version(self.version, rule.version, "routing_rule", rule.id)?;
        draft.rows.rules.remove(id);
        draft.rows.free_name(NamedKind::Rule, id.0);
        draft.record(Event::RuleDeleted { rule_id: id });
        Ok(Done::with(id))
    }
}
