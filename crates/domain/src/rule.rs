//! Routing rules: structured conditions on what arrives, and where a match leads. Rules are judged
//! before a command is queued, on plain text that then stays outside; only what they found, a
//! queue, a priority, skills, goes further.

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
        /// Greater than the value: priorities by rank, attributes as numbers.
        GreaterThan = 5,
        /// Less than the value.
        LessThan = 6,
        /// The same as equals, for lists.
        In = 7,
        /// The same as not equals, for lists.
        NotIn = 8,
        /// Matches a pattern; not reached yet.
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
    /// The conditions; a rule without any never matches.
    pub conditions: Vec<Condition>,
    /// Where a match leads.
    pub action: RuleAction,
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
