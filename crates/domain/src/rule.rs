//! Routing rules: conditions or an expression on what arrives, and where a match leads. Rules are
//! judged before a command is queued, on plain text that then stays outside; only what they found,
//! a queue, a priority, skills, goes further.

use crate::channel::coded_enum;
use crate::id::{QueueId, RuleId};
use crate::interaction::{Priority, SkillRequirement};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// What a condition looks at.
    ConditionField {
        /// The kind of channel, by name, such as `webhook`.
        Channel = 1,
        /// The priority, by name, such as `high`.
        Priority = 2,
        /// Words in subject or text.
        Keyword = 3,
        /// Words in the subject.
        SubjectKeyword = 4,
        /// The language.
        Language = 5,
        /// The customer's tier.
        CustomerTier = 6,
        /// One of the customer's attributes, named by `key`.
        CustomerAttribute = 7,
        /// The channel account, by id.
        ChannelAccount = 8,
        /// What is said, as text rather than words.
        Content = 9,
        /// The subject, as text rather than words.
        Subject = 10,
        /// The words put on it; one of them is enough.
        Tag = 11,
        /// The customer, by id.
        Customer = 12,
        /// Where the interaction stands, by name; what arrives is `created`.
        Status = 13,
        /// Whole minutes since the interaction was created; nothing for what arrives.
        AgeMinutes = 14,
        /// When it was created, as a date or an instant in UTC.
        Created = 15,
    }
}

coded_enum! {
    /// How a condition compares.
    ConditionOperator {
        /// Equal to one of the values.
        Equals = 1,
        /// Equal to none of the values.
        NotEquals = 2,
        /// Contains one of the values.
        Contains = 3,
        /// Contains none of the values.
        NotContains = 4,
        /// Greater than the value: priorities by rank, the rest as numbers.
        GreaterThan = 5,
        /// Less than the value.
        LessThan = 6,
        /// The same as equals, for lists.
        In = 7,
        /// The same as not equals, for lists.
        NotIn = 8,
        /// Some part of it matches a pattern.
        Regex = 9,
        /// There is something.
        Exists = 10,
        /// There is nothing.
        NotExists = 11,
    }
}

coded_enum! {
    /// Whether all or any of a rule's conditions must hold.
    RuleMatch {
        /// All of them.
        All = 1,
        /// One is enough.
        Any = 2,
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is looked at.
    pub field: ConditionField,
    /// How it is compared.
    pub operator: ConditionOperator,
    /// The attribute's name, for customer attributes.
    pub key: String,
    /// What it is compared with.
    pub values: Vec<String>,
    /// Whether upper and lower case are told apart.
    #[serde(default, skip_serializing_if = "is_false")]
    pub case_sensitive: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Conditions that count as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionGroup {
    /// All or any.
    pub matching: RuleMatch,
    /// The conditions; a group that holds nothing never matches.
    pub conditions: Vec<Condition>,
    /// Groups within it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ConditionGroup>,
}

/// Where a match leads.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleAction {
    /// The queue it goes to.
    pub queue_id: Option<QueueId>,
    /// The priority it gets.
    pub set_priority: Option<Priority>,
    /// Skills its agent must have.
    pub add_required_skills: Vec<SkillRequirement>,
    /// The language it counts as; empty leaves it.
    pub set_language: String,
    /// Words to put on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
}

/// What intake knows of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// Lower is judged first; ties by id.
    pub position: u32,
    /// Whether it is judged at all.
    pub enabled: bool,
    /// All or any.
    pub matching: RuleMatch,
    /// The conditions; a rule without any, and without an expression, never matches.
    pub conditions: Vec<Condition>,
    /// Conditions that count as one beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ConditionGroup>,
    /// An expression in their place; empty means there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expression: String,
    /// Where a match leads.
    pub action: RuleAction,
}

impl Default for RuleSpec {
    fn default() -> Self {
        Self {
            position: 0,
            enabled: true,
            matching: RuleMatch::All,
            conditions: Vec::new(),
            groups: Vec::new(),
            expression: String::new(),
            action: RuleAction::default(),
        }
    }
}

impl RuleSpec {
    /// Whether it and another ask the same, in whatever order they name it; rules that ask nothing
    /// do not.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        let asks = |rule: &Self| {
            let parts = (rule.matching, &*rule.conditions, &*rule.groups);
            (asked(parts), rule.expression.trim().to_owned())
        };
        let bare = self.conditions.is_empty() && self.groups.is_empty();
        !(bare && self.expression.is_empty()) && asks(self) == asks(other)
    }
}

/// What a group asks as a text in which order does not count.
fn asked((matching, conditions, groups): (RuleMatch, &[Condition], &[ConditionGroup])) -> String {
    let condition = |of: &Condition| {
        let mut values = of.values.clone();
        values.sort_unstable();
        let Condition { field, operator, key, case_sensitive, .. } = of;
        format!("{field:?} {operator:?} {key:?} {case_sensitive} {values:?}")
    };
    let inner = |of: &ConditionGroup| asked((of.matching, &of.conditions, &of.groups));
    let mut parts: Vec<String> = conditions.iter().map(condition).collect();
    parts.extend(groups.iter().map(inner));
    parts.sort_unstable();
    // Of one condition all is as good as any.
    let matching = if parts.len() == 1 { RuleMatch::All } else { matching };
    format!("{matching:?}{parts:?}")
}

/// A routing rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What intake knows of it.
    pub spec: RuleSpec,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
