//! Intake: judges what arrives by the tenant's rules, before it becomes a command. It alone sees
//! plain text; what leaves it is a queue, a priority, skills and the rule that said so.

use domain::channel::ChannelKind;
use domain::id::{AccountId, QueueId, RuleId};
use domain::interaction::{Priority, SkillRequirement};
use domain::queue::QueueSpec;
use domain::rule::{Condition, ConditionField, ConditionOperator, RuleMatch, RuleSpec};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// What rules may look at.
#[derive(Clone, Debug, Default)]
pub struct Arrival<'a> {
    /// The kind of channel.
    pub channel: Option<ChannelKind>,
    /// The account.
    pub account_id: Option<AccountId>,
    /// The priority asked for.
    pub priority: Option<Priority>,
    /// The subject, as written.
    pub subject: &'a str,
    /// The text, as written.
    pub text: &'a str,
    /// The language, if known.
    pub language: &'a str,
    /// The customer's tier.
    pub tier: &'a str,
    /// The customer's attributes.
    pub attributes: Option<&'a BTreeMap<String, String>>,
}

/// What intake found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where it goes; none if no rule places it and there is no default.
    pub queue_id: Option<QueueId>,
    /// Its priority.
    pub priority: Priority,
    /// Skills its agent must have.
    pub required_skills: Vec<SkillRequirement>,
    /// Its language.
    pub language: String,
    /// The rule that matched.
    pub rule_id: Option<RuleId>,
}

/// A tenant's rules and default queues, in the order they are judged.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The floor's config sequence they were taken at.
    pub config_seq: i64,
    rules: Vec<(RuleId, Arc<RuleSpec>)>,
    default_queue: Option<QueueId>,
    account_queues: BTreeMap<AccountId, QueueId>,
}

impl Rules {
    /// The rules of a floor.
    #[must_use]
    pub fn of(floor: &crate::floor::Floor) -> Self {
        let mut rules: Vec<_> = floor
            .rules()
            .filter(|(_, spec)| spec.enabled)
            .map(|(id, s)| (*id, s.clone()))
            .collect();
        rules.sort_by_key(|(id, spec)| (spec.position, *id));
        let is_default = |spec: &QueueSpec| spec.is_default;
        Self {
            config_seq: floor.config_seq(),
            rules,
            default_queue: floor.queues().find(|(_, spec)| is_default(spec)).map(|(id, _)| *id),
            account_queues: floor
                .accounts()
                .filter_map(|(id, spec)| Some((*id, spec.default_queue_id?)))
                .collect(),
        }
    }

    /// Judges an arrival: the first rule that matches places it, else the account's queue, else the
    /// tenant's default.
    #[must_use]
    pub fn judge(&self, arrival: &Arrival<'_>) -> Placement {
        let mut placement = Placement {
            queue_id: None,
            priority: arrival.priority.unwrap_or(Priority::Normal),
            required_skills: Vec::new(),
            language: arrival.language.to_owned(),
            rule_id: None,
        };
        if let Some((id, spec)) = self.rules.iter().find(|(_, spec)| matches(spec, arrival)) {
            placement.rule_id = Some(*id);
            placement.queue_id = spec.action.queue_id;
            placement.required_skills.clone_from(&spec.action.add_required_skills);
            if let Some(priority) = spec.action.set_priority {
                placement.priority = priority;
            }
            if !spec.action.set_language.is_empty() {
                placement.language.clone_from(&spec.action.set_language);
            }
        }
        let of_account = arrival.account_id.and_then(|id| self.account_queues.get(&id).copied());
        placement.queue_id = placement.queue_id.or(of_account).or(self.default_queue);
        placement
    }
}

/// Whether a rule matches; one without conditions never does.
#[must_use]
pub fn matches(spec: &RuleSpec, arrival: &Arrival<'_>) -> bool {
    let mut conditions = spec.conditions.iter();
    match spec.matching {
        RuleMatch::All => {
            !spec.conditions.is_empty() && conditions.all(|condition| holds(condition, arrival))
        }
        RuleMatch::Any => conditions.any(|condition| holds(condition, arrival)),
    }
}

/// Whether a condition makes sense and can be judged; asked when a rule is saved.
#[must_use]
pub fn is_judgeable(condition: &Condition) -> bool {
    use ConditionOperator as Op;
    let count = condition.values.len();
    let counted = match condition.operator {
        Op::Exists | Op::NotExists => count == 0,
        Op::Equals | Op::NotEquals => count == 1,
        Op::GreaterThan | Op::LessThan => count == 1 && is_ordered(condition),
        Op::Contains | Op::In | Op::NotIn => count > 0,
        // Not reached yet.
        Op::NotContains | Op::Regex => false,
    };
    let keyed = condition.field == ConditionField::CustomerAttribute;
    counted
        && keyed != condition.key.is_empty()
        && condition.values.iter().all(|value| is_of_kind(condition.field, value))
}

/// Whether greater and less mean something: priorities have ranks, attributes may be numbers.
fn is_ordered(condition: &Condition) -> bool {
    let number = |value: &String| value.parse::<f64>().is_ok_and(f64::is_finite);
    match condition.field {
        ConditionField::Priority => true,
        ConditionField::CustomerAttribute => condition.values.iter().all(number),
        _ => false,
    }
}

/// Whether a value can be one of the field.
fn is_of_kind(field: ConditionField, value: &str) -> bool {
    use ConditionField as Field;
    match field {
        Field::Channel => {
            ChannelKind::ALL.iter().any(|kind| channel_name(*kind).eq_ignore_ascii_case(value))
        }
        Field::Priority => priority(value).is_some(),
        Field::ChannelAccount => Uuid::try_parse(value).is_ok(),
        // Language tags and words, as far as they hold anything to compare.
        Field::Language | Field::Keyword | Field::SubjectKeyword => {
            value.chars().any(char::is_alphanumeric)
        }
        Field::CustomerTier | Field::CustomerAttribute => true,
    }
}

fn holds(condition: &Condition, arrival: &Arrival<'_>) -> bool {
    use ConditionField as Field;
    match condition.field {
        Field::Keyword => text_holds(condition, &[arrival.subject, arrival.text]),
        Field::SubjectKeyword => text_holds(condition, &[arrival.subject]),
        Field::Channel => value_holds(condition, arrival.channel.map(channel_name).as_deref()),
        Field::ChannelAccount => {
            value_holds(condition, arrival.account_id.map(|id| id.to_string()).as_deref())
        }
        Field::Priority => priority_holds(condition, arrival.priority.unwrap_or(Priority::Normal)),
        Field::Language => value_holds(condition, some(arrival.language)),
        Field::CustomerTier => value_holds(condition, some(arrival.tier)),
        Field::CustomerAttribute => {
            let value = arrival.attributes.and_then(|map| map.get(&condition.key));
            value_holds(condition, value.map(String::as_str))
        }
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Words in text: a keyword is found where it stands as words of its own, whatever the case.
fn text_holds(condition: &Condition, texts: &[&str]) -> bool {
    use ConditionOperator as Op;
    let found = || {
        let words: Vec<String> = texts.iter().map(|text| spaced(text)).collect();
        condition.values.iter().any(|value| {
            let needle = spaced(value);
            !needle.trim().is_empty() && words.iter().any(|text| text.contains(&needle))
        })
    };
    match condition.operator {
        Op::Contains | Op::Equals | Op::In => found(),
        Op::NotContains | Op::NotEquals | Op::NotIn => !found(),
        Op::Exists => texts.iter().any(|text| !text.trim().is_empty()),
        Op::NotExists => texts.iter().all(|text| text.trim().is_empty()),
        Op::GreaterThan | Op::LessThan | Op::Regex => false,
    }
}

/// Lower case, with every run of other signs as one space, and a space at both ends.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

fn value_holds(condition: &Condition, value: Option<&str>) -> bool {
    use ConditionOperator as Op;
    let value = value.map(str::to_lowercase);
    let equal =
        || value.as_ref().is_some_and(|v| condition.values.iter().any(|c| c.to_lowercase() == *v));
    let contains = || {
        value
            .as_ref()
            .is_some_and(|v| condition.values.iter().any(|c| v.contains(&c.to_lowercase())))
    };
    let number = || value.as_ref().and_then(|v| v.parse::<f64>().ok());
    let bound = || condition.values.first().and_then(|v| v.parse::<f64>().ok());
    match condition.operator {
        Op::Equals | Op::In => equal(),
        Op::NotEquals | Op::NotIn => !equal(),
        Op::Contains => contains(),
        Op::NotContains => !contains(),
        Op::GreaterThan => number().zip(bound()).is_some_and(|(v, b)| v > b),
        Op::LessThan => number().zip(bound()).is_some_and(|(v, b)| v < b),
        Op::Exists => value.is_some(),
        Op::NotExists => value.is_none(),
        Op::Regex => false,
    }
}

fn priority_holds(condition: &Condition, value: Priority) -> bool {
    use ConditionOperator as Op;
    let named: Vec<Priority> = condition.values.iter().filter_map(|v| priority(v)).collect();
    match condition.operator {
        Op::Equals | Op::In | Op::Contains => named.contains(&value),
        Op::NotEquals | Op::NotIn | Op::NotContains => !named.contains(&value),
        Op::GreaterThan => named.first().is_some_and(|bound| value > *bound),
        Op::LessThan => named.first().is_some_and(|bound| value < *bound),
        Op::Exists => true,
        Op::NotExists | Op::Regex => false,
    }
}

/// A priority by its name; `medium` is what some call normal.
#[must_use]
pub fn priority(name: &str) -> Option<Priority> {
    match name.to_lowercase().as_str() {
        "low" => Some(Priority::Low),
        "normal" | "medium" => Some(Priority::Normal),
        "high" => Some(Priority::High),
        "urgent" => Some(Priority::Urgent),
        "critical" => Some(Priority::Critical),
        _ => None,
    }
}

fn channel_name(kind: ChannelKind) -> String {
    let debug = format!("{kind:?}");
    let mut out = String::with_capacity(debug.len() + 1);
    for (i, c) in debug.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
