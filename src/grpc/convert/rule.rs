//! Routing rules. A rule leads to a queue; whether its conditions can be judged is for the command
//! to say.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::time::timestamp;
use super::{count, id_text, requirement, settle, wrong};
use crate::grpc::call::{etag, optional_id};
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::id::RuleId;
use domain::interaction::Priority;
use domain::rule::{
    Condition, ConditionField, ConditionGroup, ConditionOperator, Rule, RuleAction, RuleMatch,
    RuleSpec,
};
use domain::time::Timestamp;
use std::sync::Arc;
use tonic::Status;

/// The rule as the wire writes it, with how often it placed something and when last.
#[must_use]
pub fn rule(rule: &Rule, used: Option<(i64, Timestamp)>) -> v1::RoutingRule {
    let spec = &rule.spec;
    v1::RoutingRule {
        id: rule.id.to_string(),
        name: rule.name.clone(),
        position: count(spec.position),
        enabled: spec.enabled,
        r#match: spec.matching.to_wire(),
        conditions: spec.conditions.iter().map(condition).collect(),
        action: Some(action(&spec.action)),
        version: rule.version,
        etag: etag(rule.version),
        create_time: Some(timestamp(rule.created_at)),
        update_time: Some(timestamp(rule.updated_at)),
        groups: spec.groups.iter().map(group).collect(),
        expression: spec.expression.clone(),
        use_count: used.map_or(0, |(uses, _)| uses),
        last_use_time: used.map(|(_, at)| timestamp(at)),
    }
}

fn group(group: &ConditionGroup) -> v1::ConditionGroup {
    v1::ConditionGroup {
        r#match: group.matching.to_wire(),
        conditions: group.conditions.iter().map(condition).collect(),
        groups: group.groups.iter().map(subgroup).collect(),
    }
}

fn subgroup(group: &ConditionGroup) -> v1::ConditionSubgroup {
    v1::ConditionSubgroup {
        r#match: group.matching.to_wire(),
        conditions: group.conditions.iter().map(condition).collect(),
    }
}

fn condition(condition: &Condition) -> v1::Condition {
    v1::Condition {
        field: condition.field.to_wire(),
        operator: condition.operator.to_wire(),
        key: condition.key.clone(),
        values: condition.values.clone(),
        case_sensitive: condition.case_sensitive,
    }
}

fn action(action: &RuleAction) -> v1::RuleAction {
    v1::RuleAction {
        queue_id: id_text(action.queue_id),
        set_priority: action.set_priority.map(Coded::to_wire).unwrap_or_default(),
        add_required_skills: requirement::to_wire(&action.add_required_skills),
        set_language: action.set_language.clone(),
        add_tags: action.add_tags.clone(),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(rule: &v1::RoutingRule) -> [Field; 8] {
    [
        ("name", !rule.name.is_empty()),
        ("position", rule.position != 0),
        ("enabled", rule.enabled),
        ("match", rule.r#match != 0),
        ("conditions", !rule.conditions.is_empty()),
        ("groups", !rule.groups.is_empty()),
        ("expression", !rule.expression.is_empty()),
        ("action", rule.action.is_some()),
    ]
}

/// What sets these fields as the message has them.
///
/// # Errors
/// `VALIDATION_FAILED`: an action without a queue, or a condition without field or operator.
pub fn patch(rule: &v1::RoutingRule, fields: Fields) -> Result<Patch<Rule>, Status> {
    let wanted = of_wire(rule)?;
    if fields.has("action") && wanted.spec.action.queue_id.is_none() {
        let field = "routing_rule.action.queue_id".to_owned();
        settle(vec![wrong(field, "a rule leads to a queue")])?;
    }
    Ok(Arc::new(move |rule| apply(rule, &wanted, &fields)))
}

/// The rule a message describes, without what only the server writes.
fn of_wire(rule: &v1::RoutingRule) -> Result<Rule, Status> {
    let spec = RuleSpec {
        position: u32::try_from(rule.position).unwrap_or_default(),
        enabled: rule.enabled,
        matching: RuleMatch::of_wire(rule.r#match).unwrap_or(RuleMatch::All),
        conditions: conditions_of_wire(&rule.conditions, "routing_rule")?,
        groups: groups_of_wire(&rule.groups)?,
        expression: rule.expression.clone(),
        action: rule.action.as_ref().map(action_of_wire).transpose()?.unwrap_or_default(),
    };
    Ok(Rule {
        id: RuleId::default(),
        name: rule.name.clone(),
        spec,
        version: 0,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    })
}

fn groups_of_wire(groups: &[v1::ConditionGroup]) -> Result<Vec<ConditionGroup>, Status> {
    let matching = |number| RuleMatch::of_wire(number).unwrap_or(RuleMatch::All);
    let mut known = Vec::with_capacity(groups.len());
    for (at, group) in groups.iter().enumerate() {
        let path = format!("routing_rule.groups[{at}]");
        let mut within = Vec::with_capacity(group.groups.len());
        for (inner_at, inner) in group.groups.iter().enumerate() {
            let path = format!("{path}.groups[{inner_at}]");
            within.push(ConditionGroup {
                matching: matching(inner.r#match),
                conditions: conditions_of_wire(&inner.conditions, &path)?,
                groups: Vec::new(),
            });
        }
        known.push(ConditionGroup {
            matching: matching(group.r#match),
            conditions: conditions_of_wire(&group.conditions, &path)?,
            groups: within,
        });
    }
    Ok(known)
}

fn conditions_of_wire(
    conditions: &[v1::Condition],
    within: &str,
) -> Result<Vec<Condition>, Status> {
    let mut known = Vec::with_capacity(conditions.len());
    for (at, wire) in conditions.iter().enumerate() {
        let field = ConditionField::of_wire(wire.field);
        let operator = ConditionOperator::of_wire(wire.operator);
        let (Some(field), Some(operator)) = (field, operator) else {
            let lacks = if field.is_none() { "field" } else { "operator" };
            let path = format!("{within}.conditions[{at}].{lacks}");
            settle(vec![wrong(path, "must be one of the contract's values (enum.defined_only)")])?;
            continue;
        };
        known.push(Condition {
            field,
            operator,
            key: wire.key.clone(),
            values: wire.values.clone(),
            case_sensitive: wire.case_sensitive,
        });
    }
    Ok(known)
}

fn action_of_wire(action: &v1::RuleAction) -> Result<RuleAction, Status> {
    Ok(RuleAction {
        queue_id: optional_id(&action.queue_id)?,
        set_priority: Priority::of_wire(action.set_priority),
        add_required_skills: requirement::of_wire(
            &action.add_required_skills,
            "routing_rule.action.add_required_skills",
        )?,
        set_language: action.set_language.clone(),
        add_tags: action.add_tags.clone(),
    })
}

fn apply(rule: &mut Rule, wanted: &Rule, fields: &Fields) {
    let (spec, new) = (&mut rule.spec, &wanted.spec);
    if fields.has("name") {
        rule.name.clone_from(&wanted.name);
    }
    if fields.has("position") {
        spec.position = new.position;
    }
    if fields.has("enabled") {
        spec.enabled = new.enabled;
    }
    if fields.has("match") {
        spec.matching = new.matching;
    }
    if fields.has("conditions") {
        spec.conditions.clone_from(&new.conditions);
    }
    if fields.has("groups") {
        spec.groups.clone_from(&new.groups);
    }
    if fields.has("expression") {
        spec.expression.clone_from(&new.expression);
    }
    if fields.has("action") {
        spec.action = new.action.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{QueueId, SkillId};
    use domain::interaction::SkillRequirement;
    use uuid::Uuid;

    fn conditions() -> Vec<Condition> {
        let fields = ConditionField::ALL.iter().zip(ConditionOperator::ALL.iter().rev().cycle());
        fields
            .map(|(field, operator)| Condition {
                field: *field,
                operator: *operator,
                key: "plan".into(),
                values: vec!["gold".into()],
                case_sensitive: *field == ConditionField::Tag,
            })
            .collect()
    }

    fn full() -> Rule {
        let inner = ConditionGroup {
            matching: RuleMatch::All,
            conditions: conditions().split_off(9),
            groups: Vec::new(),
        };
        let group = ConditionGroup {
            matching: RuleMatch::Any,
            conditions: conditions().split_off(12),
            groups: vec![inner],
        };
        let action = RuleAction {
            queue_id: Some(QueueId(Uuid::now_v7())),
            set_priority: Some(Priority::Critical),
            add_required_skills: vec![SkillRequirement {
                skill_id: SkillId(Uuid::now_v7()),
                min_level: 9,
            }],
            set_language: "de".into(),
            add_tags: vec!["vip".into()],
        };
        let spec = RuleSpec {
            position: 12,
            enabled: true,
            matching: RuleMatch::Any,
            conditions: conditions(),
            groups: vec![group],
            expression: "true".into(),
            action,
        };
        Rule {
            id: RuleId(Uuid::now_v7()),
            name: "VIPs".into(),
            spec,
            version: 3,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        }
    }

    fn blank(like: &Rule) -> Rule {
        Rule { name: String::new(), spec: RuleSpec::default(), ..like.clone() }
    }

    #[test]
    fn a_rule_reads_back() {
        let rule = full();
        let wire = super::rule(&rule, Some((7, Timestamp::from_micros(9))));
        assert_eq!((wire.version, wire.etag.as_str(), wire.use_count), (3, "v3", 7));
        assert_eq!(wire.last_use_time.map(|at| at.nanos), Some(9_000));
        assert_eq!(super::rule(&rule, None).last_use_time, None);
        let mut made = blank(&rule);
        patch(&wire, Fields::all(&fields(&wire))).expect("our own")(&mut made);
        assert_eq!(made, rule);
    }

    #[test]
    fn what_is_left_out_has_the_defaults_of_the_contract() {
        let action = v1::RuleAction { queue_id: Uuid::now_v7().to_string(), ..Default::default() };
        let wire = v1::RoutingRule { action: Some(action), ..Default::default() };
        let mut made = blank(&full());
        patch(&wire, Fields::all(&fields(&wire))).expect("nothing wrong")(&mut made);
        assert!(!made.spec.enabled);
        assert_eq!(made.spec.matching, RuleMatch::All);
        assert_eq!(made.spec.action.set_priority, None);
        assert!(made.spec.conditions.is_empty());
    }

    #[test]
    fn a_rule_leads_to_a_queue() {
        let wire = v1::RoutingRule::default();
        let status = patch(&wire, Fields::all(&fields(&wire))).err().expect("no queue");
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        let renamed = v1::RoutingRule { name: "x".into(), ..Default::default() };
        let only = Fields::of_update(None, &fields(&renamed)).expect("no mask");
        let before = full();
        let mut rule = before.clone();
        patch(&renamed, only).expect("the action stays")(&mut rule);
        assert_eq!(rule, Rule { name: "x".into(), ..before });
    }

    #[test]
    fn a_condition_has_field_and_operator() {
        for (field, operator) in [(0, 1), (1, 0), (99, 1), (1, 99)] {
            let condition = v1::Condition { field, operator, ..Default::default() };
            let wire = v1::RoutingRule { conditions: vec![condition], ..Default::default() };
            assert!(of_wire(&wire).is_err(), "{field} {operator}");
        }
    }
}
