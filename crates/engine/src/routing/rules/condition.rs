//! One condition: which operators make sense on which field, and whether it holds. What cannot be
//! judged is known when the rule is saved; what is not there is neither equal nor contained.

use super::facts::{Facts, Text, folded, spaced};
use super::pattern::{self, Pattern};
use super::value;
use domain::channel::ChannelKind;
use domain::interaction::InteractionStatus;
use domain::rule::{Condition, ConditionField, ConditionOperator};
use uuid::Uuid;

/// What reading a whole text for one value weighs.
const TEXT_WEIGHT: u64 = 4;

/// A condition ready to be judged.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) field: ConditionField,
    pub(super) key: String,
    pub(super) case_sensitive: bool,
    pub(super) check: Check,
}

/// What is asked of a field. Values are folded as the field's is when they are compared.
#[derive(Clone, Debug)]
pub(super) enum Check {
    /// It is, or is not, one of these.
    OneOf(Vec<String>, bool),
    /// It contains, or does not contain, one of these.
    Part(Vec<String>, bool),
    /// As a number it is, or is not, one of these.
    Numbers(Vec<i128>, bool),
    /// As a number it is more than this.
    More(i128),
    /// As a number it is less than this.
    Less(i128),
    /// Some part of it matches.
    Matches(Pattern),
    /// There is something, or nothing.
    Present(bool),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words in texts.
    Words,
    /// One text, which may be long.
    Text,
    /// One short value.
    Value,
    /// One of few names.
    Name,
    /// A number.
    Number,
    /// Several short values.
    List,
}

pub(super) const fn kind(field: ConditionField) -> Kind {
    use ConditionField as Field;
    match field {
        Field::Keyword | Field::SubjectKeyword => Kind::Words,
        Field::Content | Field::Subject => Kind::Text,
        Field::Channel | Field::Status => Kind::Name,
        Field::Priority | Field::AgeMinutes | Field::Created => Kind::Number,
        Field::Tag => Kind::List,
        Field::Language
        | Field::CustomerTier
        | Field::CustomerAttribute
        | Field::ChannelAccount
        | Field::Customer => Kind::Value,
    }
}

impl Test {
    /// Makes a condition ready; none if it makes no sense.
    pub(super) fn of(condition: &Condition) -> Option<Self> {
        let Condition { field, operator, key, values, case_sensitive } = condition;
        let keyed = *field == ConditionField::CustomerAttribute;
        let sound = keyed != key.is_empty()
            && is_counted(*operator, values.len())
            && is_applicable(*field, *operator)
            && (*operator == ConditionOperator::Regex
                || values.iter().all(|value| is_of_kind(*field, value)));
        if !sound {
            return None;
        }
        let name = matches!(*field, ConditionField::ChannelAccount | ConditionField::Customer)
            || matches!(kind(*field), Kind::Name | Kind::Number);
        let case_sensitive = *case_sensitive && !name;
        let check = check(condition, case_sensitive)?;
        Some(Self { field: *field, key: key.clone(), case_sensitive, check })
    }

    /// What judging it costs at the most.
    pub(super) fn weight(&self) -> u64 {
        let long = matches!(kind(self.field), Kind::Words | Kind::Text);
        let each = if long { TEXT_WEIGHT } else { 1 };
        match &self.check {
            Check::OneOf(values, _) | Check::Part(values, _) => each * values.len() as u64,
            Check::Numbers(values, _) => values.len() as u64,
            Check::Matches(_) => pattern::WEIGHT,
            Check::More(_) | Check::Less(_) | Check::Present(_) => 1,
        }
    }

    /// Whether it holds.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        use ConditionField as Field;
        match self.field {
            Field::Keyword => self.words_hold(&[facts.subject(), facts.text()]),
            Field::SubjectKeyword => self.words_hold(&[facts.subject()]),
            Field::Content => self.text_holds(facts.text()),
            Field::Subject => self.text_holds(facts.subject()),
            Field::Tag => self.list_holds(facts.tags()),
            _ => self.value_holds(
                || facts.number(self.field, &self.key),
                facts.value(self.field, &self.key).as_deref(),
            ),
        }
    }

    /// Whether it holds for this value of a field that is one short value.
    pub(super) fn value_holds(
        &self,
        number: impl Fn() -> Option<i128>,
        value: Option<&str>,
    ) -> bool {
        match &self.check {
            Check::Numbers(numbers, expected) => {
                number().is_some_and(|n| numbers.contains(&n)) == *expected
            }
            Check::More(bound) => number().is_some_and(|n| n > *bound),
            Check::Less(bound) => number().is_some_and(|n| n < *bound),
            Check::Present(expected) => (value.is_some() || number().is_some()) == *expected,
            _ => self.one_holds(value.into_iter()),
        }
    }

    fn list_holds(&self, values: &[String]) -> bool {
        match &self.check {
            Check::Present(expected) => values.is_empty() != *expected,
            _ => self.one_holds(values.iter().map(String::as_str)),
        }
    }

    /// Whether one of the values is, contains or matches what is asked.
    fn one_holds<'v>(&self, mut values: impl Iterator<Item = &'v str>) -> bool {
        let fold = |value: &str| folded(value, self.case_sensitive);
        match &self.check {
            Check::OneOf(ones, expected) => {
                values.map(fold).any(|value| ones.contains(&value)) == *expected
            }
            Check::Part(parts, expected) => {
                let has = |value: String| parts.iter().any(|part| value.contains(part.as_str()));
                values.map(fold).any(has) == *expected
            }
            Check::Matches(pattern) => values.any(|value| pattern.finds(value)),
            _ => false,
        }
    }

    fn text_holds(&self, text: &Text<'_>) -> bool {
        let folded = || text.folded(self.case_sensitive);
        match &self.check {
            Check::OneOf(ones, expected) => ones.iter().any(|one| one == folded()) == *expected,
            Check::Part(parts, expected) => {
                parts.iter().any(|part| folded().contains(part.as_str())) == *expected
            }
            Check::Matches(pattern) => pattern.finds(text.plain),
            Check::Present(expected) => text.plain.trim().is_empty() != *expected,
            _ => false,
        }
    }

    /// Words in texts: found where they stand as words of their own.
    fn words_hold(&self, texts: &[&Text<'_>]) -> bool {
        let found = |parts: &[String]| {
            parts.iter().any(|part| {
                texts.iter().any(|text| text.words(self.case_sensitive).contains(part.as_str()))
            })
        };
        match &self.check {
            Check::Part(parts, expected) => found(parts) == *expected,
            Check::Matches(pattern) => texts.iter().any(|text| pattern.finds(text.plain)),
            Check::Present(expected) => {
                texts.iter().any(|text| !text.plain.trim().is_empty()) == *expected
            }
            _ => false,
        }
    }
}

fn check(condition: &Condition, case_sensitive: bool) -> Option<Check> {
    use ConditionOperator as Op;
    let Condition { field, operator, values, .. } = condition;
    let words = kind(*field) == Kind::Words;
    let fold = |value: &String| {
        let value = folded(value, case_sensitive);
        if words { spaced(&value) } else { value }
    };
    let all = || values.iter().map(fold).collect::<Vec<_>>();
    let first = values.first();
    let numbers = || values.iter().map(|value| number(*field, value)).collect::<Option<Vec<_>>>();
    Some(match operator {
        Op::Exists | Op::NotExists => Check::Present(*operator == Op::Exists),
        Op::GreaterThan => Check::More(number(*field, first?)?),
        Op::LessThan => Check::Less(number(*field, first?)?),
        Op::Regex => Check::Matches(Pattern::of(first?, case_sensitive)?),
        Op::Contains | Op::NotContains if kind(*field) != Kind::Number => {
            Check::Part(all(), *operator == Op::Contains)
        }
        Op::Equals | Op::In | Op::Contains => match kind(*field) {
            Kind::Words => Check::Part(all(), true),
            Kind::Number => Check::Numbers(numbers()?, true),
            _ => Check::OneOf(all(), true),
        },
        Op::NotEquals | Op::NotIn | Op::NotContains => match kind(*field) {
            Kind::Words => Check::Part(all(), false),
            Kind::Number => Check::Numbers(numbers()?, false),
            _ => Check::OneOf(all(), false),
        },
    })
}

fn is_counted(operator: ConditionOperator, count: usize) -> bool {
    use ConditionOperator as Op;
    match operator {
        Op::Exists | Op::NotExists => count == 0,
        Op::Equals | Op::NotEquals | Op::GreaterThan | Op::LessThan | Op::Regex => count == 1,
        Op::Contains | Op::NotContains | Op::In | Op::NotIn => count > 0,
    }
}

/// Whether the operator means something on the field.
fn is_applicable(field: ConditionField, operator: ConditionOperator) -> bool {
    use ConditionOperator as Op;
    match operator {
        Op::GreaterThan | Op::LessThan => {
            kind(field) == Kind::Number || field == ConditionField::CustomerAttribute
        }
        Op::Regex => kind(field) != Kind::Number,
        Op::Contains | Op::NotContains => {
            !matches!(field, ConditionField::AgeMinutes | ConditionField::Created)
        }
        _ => true,
    }
}

/// Whether a value can be one of the field.
fn is_of_kind(field: ConditionField, value: &str) -> bool {
    use ConditionField as Field;
    let is = |name: String| name.eq_ignore_ascii_case(value);
    match field {
        Field::Channel => ChannelKind::ALL.iter().any(|kind| is(kind.word())),
        Field::Status => InteractionStatus::ALL.iter().any(|status| is(status.word())),
        Field::Priority | Field::AgeMinutes | Field::Created => number(field, value).is_some(),
        Field::ChannelAccount | Field::Customer => {
            Uuid::try_parse(value).is_ok_and(|id| id.to_string().eq_ignore_ascii_case(value))
        }
        // Language tags and words, as far as they hold anything to compare.
        Field::Language | Field::Keyword | Field::SubjectKeyword => {
            value.chars().any(char::is_alphanumeric)
        }
        Field::CustomerTier
        | Field::CustomerAttribute
        | Field::Content
        | Field::Subject
        | Field::Tag => !value.is_empty(),
    }
}

/// A value as the number that the field's is compared with.
fn number(field: ConditionField, value: &str) -> Option<i128> {
    match field {
        ConditionField::Priority => value::priority(value).map(|p| i128::from(p.code())),
        ConditionField::Created => value::instant(value),
        _ => value::decimal(value),
    }
}
