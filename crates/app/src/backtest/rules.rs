//! Rules as they might have been. The log holds which rule placed an arrival, but nothing that its
//! customer said: where a changed rule leads is known, and whether another one would have matched
//! only as far as that asks for nothing but what the log holds.

use super::changes::queue_named;
use domain::id::{AccountId, QueueId, RuleId};
use domain::interaction::{Priority, SkillRequirement};
use domain::rule::{Condition, ConditionField, ConditionGroup, RuleAction, RuleSpec};
use engine::floor::Floor;
use engine::routing::intake;
use engine::sim::replay::{Arrival, History};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is other in a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleChange {
    /// Whether it is judged at all.
    pub enabled: Option<bool>,
    /// The queue it leads to, by name or id.
    pub queue: Option<String>,
    /// The priority it sets.
    pub priority: Option<Priority>,
    /// The skills it asks for, in place of those it did.
    pub skills: Option<Vec<SkillRequirement>>,
}

/// Rules in the order they are judged.
type Rules = Vec<(RuleId, RuleSpec)>;

/// Places what the rules placed as the changed ones would have; of how many arrivals that is not
/// known. Those go where nothing that is known of them speaks against it.
///
/// # Errors
/// What of the changes cannot be, in words.
pub(super) fn change(
    history: &mut History,
    changes: &BTreeMap<RuleId, RuleChange>,
    names: &BTreeMap<QueueId, String>,
) -> Result<u64, String> {
    if changes.is_empty() {
        return Ok(0);
    }
    let floor = history.floor.clone();
    let mut rules: Rules =
        floor.rules().map(|(id, held)| (*id, held.spec.as_ref().clone())).collect();
    rules.sort_by_key(|(id, spec)| (spec.position, *id));
    let was: BTreeMap<RuleId, RuleAction> =
        rules.iter().map(|(id, spec)| (*id, spec.action.clone())).collect();
    for (id, change) in changes {
        let found = rules.iter_mut().find(|(known, _)| known == id);
        let (_, spec) = found.ok_or_else(|| format!("there was no rule {id}"))?;
        if change.enabled == Some(true) && !spec.enabled {
            return Err(format!("rule {id} was off: whom it would have matched is not in the log"));
        }
        spec.enabled = change.enabled.unwrap_or(spec.enabled);
        let queue = change.queue.as_ref().map(|named| queue_named(names, &floor, named));
        spec.action.queue_id = queue.transpose()?.or(spec.action.queue_id);
        spec.action.set_priority = change.priority.or(spec.action.set_priority);
        if let Some(skills) = &change.skills {
            spec.action.add_required_skills.clone_from(skills);
        }
    }
    let mut unjudged = 0;
    for arrival in &mut history.arrivals {
        let Some(id) = arrival.rule.filter(|id| changes.contains_key(id)) else { continue };
        if let Some(action) = was.get(&id) {
            undo(arrival, action);
        }
        unjudged += u64::from(!judge(arrival, (&floor, &rules), id));
    }
    Ok(unjudged)
}

/// Takes away what the rule asked for.
fn undo(arrival: &mut Arrival, action: &RuleAction) {
    arrival.required_skills.retain(|need| !action.add_required_skills.contains(need));
}

fn act(arrival: &mut Arrival, action: &RuleAction) {
    arrival.queue_id = action.queue_id.unwrap_or(arrival.queue_id);
    arrival.priority = action.set_priority.unwrap_or(arrival.priority);
    for need in &action.add_required_skills {
        let held = arrival.required_skills.iter().any(|held| held.skill_id == need.skill_id);
        if !held {
            arrival.required_skills.push(*need);
        }
    }
}

/// Judges what a rule had matched by that rule, if it is still on, or by those after it; whether
/// all of them could be judged.
fn judge(arrival: &mut Arrival, (floor, rules): (&Floor, &Rules), matched: RuleId) -> bool {
    let from = rules.iter().position(|(id, _)| *id == matched).unwrap_or(0);
    let mut known = true;
    for (id, spec) in rules.iter().skip(from).filter(|(_, spec)| spec.enabled) {
        let takes = *id == matched || {
            let judged = is_known(spec);
            known &= judged;
            judged && intake::matches(spec, &told(arrival))
        };
        if takes {
            arrival.rule = Some(*id);
            act(arrival, &spec.action);
            return known;
        }
    }
    arrival.rule = None;
    let of_account = |id: AccountId| floor.account(id)?.default_queue_id;
    let of_tenant = || floor.queues().find(|(_, spec)| spec.is_default).map(|(id, _)| *id);
    let queue = arrival.account_id.and_then(of_account).or_else(of_tenant);
    arrival.queue_id = queue.unwrap_or(arrival.queue_id);
    known && queue.is_some()
}

/// What the log tells of an arrival.
fn told(arrival: &Arrival) -> intake::Arrival<'_> {
    intake::Arrival {
        now: arrival.at,
        channel: Some(arrival.channel),
        account_id: arrival.account_id,
        language: &arrival.traits.language,
        tier: &arrival.traits.tier,
        ..intake::Arrival::default()
    }
}

/// Whether a rule asks only for what the log tells.
fn is_known(spec: &RuleSpec) -> bool {
    spec.expression.is_empty() && are_known(&spec.conditions, &spec.groups)
}

fn are_known(conditions: &[Condition], groups: &[ConditionGroup]) -> bool {
    use ConditionField as Field;
    let known = |condition: &Condition| {
        matches!(
            condition.field,
            Field::Channel | Field::ChannelAccount | Field::Language | Field::CustomerTier
        )
    };
    conditions.iter().all(known)
        && groups.iter().all(|group| are_known(&group.conditions, &group.groups))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::channel::ChannelKind;
    use domain::event::{Change, Event};
    use domain::interaction::Traits;
    use domain::queue::QueueSpec;
    use domain::rule::ConditionOperator;
    use domain::time::Timestamp;
    use engine::sim::replay::Was;
    use uuid::Uuid;

    fn asks(field: ConditionField) -> Condition {
        Condition {
            field,
            operator: ConditionOperator::Exists,
            key: String::new(),
            values: Vec::new(),
            case_sensitive: false,
        }
    }

    fn id<T: From<Uuid>>(number: u128) -> T {
        Uuid::from_u128(number).into()
    }

    fn rule(position: u32, field: ConditionField, queue: u128) -> RuleSpec {
        let action = RuleAction { queue_id: Some(id(queue)), ..RuleAction::default() };
        RuleSpec { position, conditions: vec![asks(field)], action, ..RuleSpec::default() }
    }

    /// Three queues of which the third takes what no rule places, rules on tier, words and
    /// language, and two whom the first rule placed, of whom one has a language.
    fn past() -> History {
        let mut history = History::default();
        let (change, version) = (Change::Created, 1);
        for queue in 1..=3 {
            let spec = QueueSpec { is_default: queue == 3, ..QueueSpec::default() };
            history.change(Event::QueueSaved { queue_id: id(queue), spec, change, version });
        }
        let mut rules = vec![
            rule(1, ConditionField::CustomerTier, 1),
            rule(2, ConditionField::Keyword, 2),
            rule(3, ConditionField::Language, 2),
        ];
        let need = SkillRequirement { skill_id: id(9), min_level: 3 };
        rules[0].action.add_required_skills = vec![need];
        for (rule, spec) in (11..).zip(rules) {
            history.change(Event::RuleSaved { rule_id: id(rule), spec, change, version });
        }
        let arrival = |language: &str| Arrival {
            at: Timestamp::default(),
            seq: 1,
            queue_id: id(1),
            channel: ChannelKind::Chat,
            account_id: None,
            priority: Priority::Normal,
            required_skills: vec![need],
            traits: Traits {
                tier: "gold".to_owned(),
                language: language.to_owned(),
                ..Traits::default()
            },
            last_agent: None,
            target: None,
            enqueued_at: Timestamp::default(),
            rule: Some(id(11)),
            was: Was::default(),
        };
        history.arrivals = vec![arrival("de"), arrival("")];
        history
    }

    fn changed(change: RuleChange) -> (Vec<QueueId>, History, u64) {
        let mut history = past();
        let names = BTreeMap::from([(id(2), "Billing".to_owned())]);
        let changes = BTreeMap::from([(id(11), change)]);
        let unjudged = super::change(&mut history, &changes, &names).expect("it can be");
        (history.arrivals.iter().map(|one| one.queue_id).collect(), history, unjudged)
    }

    #[test]
    fn a_changed_rule_leads_elsewhere_and_asks_for_other_things() {
        let (queues, history, unjudged) = changed(RuleChange {
            queue: Some("Billing".to_owned()),
            priority: Some(Priority::High),
            skills: Some(Vec::new()),
            ..RuleChange::default()
        });
        assert_eq!((queues, unjudged), (vec![id(2), id(2)], 0));
        let one = &history.arrivals[0];
        assert_eq!((one.priority, one.required_skills.len()), (Priority::High, 0));
    }

    #[test]
    fn what_a_rule_that_is_off_had_placed_is_judged_by_those_after_it() {
        let off = RuleChange { enabled: Some(false), ..RuleChange::default() };
        let (queues, history, unjudged) = changed(off);
        // The rule between asks for words, which the log does not have.
        assert_eq!((queues, unjudged), (vec![id(2), id(3)], 2));
        assert!(history.arrivals.iter().all(|one| one.required_skills.is_empty()));
    }

    #[test]
    fn what_cannot_be_is_said() {
        let say = |rule: u128, change: RuleChange| {
            let changes = BTreeMap::from([(id(rule), change)]);
            super::change(&mut past(), &changes, &BTreeMap::new()).expect_err("it cannot be")
        };
        assert!(say(99, RuleChange::default()).contains("no rule"));
        let nowhere = RuleChange { queue: Some("Nowhere".to_owned()), ..RuleChange::default() };
        assert!(say(11, nowhere).contains("Nowhere"));
    }

    #[test]
    fn what_was_said_is_not_in_the_log() {
        assert!(is_known(&rule(1, ConditionField::CustomerTier, 1)));
        assert!(!is_known(&rule(1, ConditionField::Keyword, 1)));
        let expression = RuleSpec { expression: "true".to_owned(), ..RuleSpec::default() };
        assert!(!is_known(&expression));
        let group = ConditionGroup {
            matching: domain::rule::RuleMatch::All,
            conditions: vec![asks(ConditionField::Content)],
            groups: Vec::new(),
        };
        assert!(!is_known(&RuleSpec { groups: vec![group], ..RuleSpec::default() }));
    }
}
