//! Routing rules come to be, change and go. A rule that cannot be judged is refused when it is
//! saved.

use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::event::{Change, Event};
use domain::id::RuleId;
use domain::refusal::{Reason, Refusal};
use domain::rule::{Rule, RuleSpec};
use domain::time::Timestamp;
use engine::floor::Floor;
use engine::routing::rules::{Compiled, Flaw, RULE_WEIGHT_MAX, RULES_WEIGHT_MAX};

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
        spec: RuleSpec::default(),
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
    let compiled = Compiled::of(&rule.spec).map_err(|flaw| refusal(&flaw))?;
    check_others(draft, rule, &compiled)?;
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

/// Why a rule cannot be judged, as it is told.
fn refusal(flaw: &Flaw) -> Refusal {
    match flaw {
        Flaw::Condition(spot) => Refusal::new(Reason::ConditionInvalid)
            .with("index", spot.index().unwrap_or_default())
            .with("at", spot),
        Flaw::TooDeep => Refusal::field("routing_rule.groups", "groups are three levels deep"),
        Flaw::TooMany => {
            Refusal::field("routing_rule.conditions", "a rule has 64 conditions in 16 groups")
        }
        Flaw::Both => Refusal::field(
            "routing_rule.expression",
            "a rule has either conditions or an expression",
        ),
        Flaw::Expression { problem, part, at } => Refusal::new(Reason::ExpressionInvalid)
            .with("problem", problem)
            .with("part", part)
            .with("at", at),
        Flaw::TooCostly { weight } => costly(*weight, RULE_WEIGHT_MAX),
    }
}

fn costly(weight: u64, max: u64) -> Refusal {
    Refusal::new(Reason::RuleTooCostly).with("weight", weight).with("max", max)
}

/// What a rule may be depends on the others: none asks the same at its place, and all together
/// can be judged quickly.
fn check_others(draft: &Draft, rule: &Rule, compiled: &Compiled) -> Result<(), No> {
    let mut weight = compiled.weight();
    for (id, held) in draft.floor.rules().filter(|(id, _)| **id != rule.id) {
        weight += held.compiled.as_ref().map_or(0, |rule| rule.weight());
        if held.spec.position == rule.spec.position && rule.spec.asks_the_same(&held.spec) {
            return Err(Refusal::new(Reason::RuleDuplicate).with("routing_rule_id", id).into());
        }
    }
    if weight > RULES_WEIGHT_MAX {
        return Err(costly(weight, RULES_WEIGHT_MAX).into());
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
