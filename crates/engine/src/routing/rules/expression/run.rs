//! Running a checked expression: no value is an answer too, and it is no match. As in CEL, `&&`
//! and `||` do without a side that has no value where the other side decides.

use super::{Compare, Each, Finds, Math, Node, Variable};
use crate::routing::rules::facts::{Facts, channel_name};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A value of a part.
#[derive(Clone, Debug)]
enum Value<'r> {
    Bool(bool),
    Int(i64),
    Text(Cow<'r, str>),
}

/// Elements of a list.
type List<'r> = Vec<Value<'r>>;

#[derive(Clone, Copy)]
struct Run<'r> {
    facts: &'r Facts<'r>,
    element: Option<&'r Value<'r>>,
}

/// Whether an expression is true; none if it comes to no value.
pub(super) fn truth(node: &Node, facts: &Facts<'_>) -> Option<bool> {
    Run { facts, element: None }.truth(node)
}

impl<'r> Run<'r> {
    fn truth(self, node: &'r Node) -> Option<bool> {
        match node {
            Node::And(two) => {
                let [left, right] = &**two;
                let left = self.truth(left);
                if left == Some(false) {
                    return left;
                }
                let right = self.truth(right);
                if right == Some(false) { right } else { left.and(right) }
            }
            Node::Or(two) => {
                let [left, right] = &**two;
                let left = self.truth(left);
                if left == Some(true) {
                    return left;
                }
                let right = self.truth(right);
                if right == Some(true) { right } else { left.and(right) }
            }
            Node::Not(one) => self.truth(one).map(|value| !value),
            Node::HasAttribute(key) => {
                let key = self.text(key)?;
                Some(self.facts.attribute(&key).is_some())
            }
            Node::Compare(compare, two) => self.compare(*compare, two),
            Node::In(two) => self.within(two),
            Node::Finds(finds, two) => self.finds(*finds, two),
            Node::Matches(text, pattern) => Some(pattern.finds(&self.text(text)?)),
            Node::Each(each, two) => self.each(*each, two),
            _ => match self.value(node)? {
                Value::Bool(value) => Some(value),
                _ => None,
            },
        }
    }

    fn value(self, node: &'r Node) -> Option<Value<'r>> {
        Some(match node {
            Node::Bool(value) => Value::Bool(*value),
            Node::Int(value) => Value::Int(*value),
            Node::Text(value) => Value::Text(Cow::Borrowed(value)),
            Node::Element => self.element?.clone(),
            Node::Variable(variable) => self.variable(*variable)?,
            Node::Attribute(key) => {
                let key = self.text(key)?;
                Value::Text(Cow::Borrowed(self.facts.attribute(&key)?))
            }
            Node::Negative(one) => Value::Int(self.int(one)?.checked_neg()?),
            Node::Math(math, two) => Value::Int(self.math(*math, two)?),
            Node::If(three) => {
                let [asked, yes, no] = &**three;
                return self.value(if self.truth(asked)? { yes } else { no });
            }
            Node::Size(of) => Value::Int(self.size(of)?),
            Node::Lower(text) => Value::Text(Cow::Owned(self.text(text)?.to_ascii_lowercase())),
            Node::Number(text) => Value::Int(self.text(text)?.parse().ok()?),
            Node::List(_) => return None,
            _ => Value::Bool(self.truth(node)?),
        })
    }

    fn int(self, node: &'r Node) -> Option<i64> {
        match self.value(node)? {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    fn text(self, node: &'r Node) -> Option<Cow<'r, str>> {
        match self.value(node)? {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }

    /// A variable that is no list.
    fn variable(self, variable: Variable) -> Option<Value<'r>> {
        let arrival = self.facts.arrival();
        let text = |text: &'r str| Value::Text(Cow::Borrowed(text));
        let made = |text: String| Value::Text(Cow::Owned(text));
        Some(match variable {
            Variable::Channel => made(arrival.channel.map(channel_name).unwrap_or_default()),
            Variable::Account => {
                made(arrival.account_id.map(|id| id.to_string()).unwrap_or_default())
            }
            Variable::Priority => Value::Int(i64::from(self.facts.priority().code())),
            Variable::Subject => text(self.facts.subject().plain),
            Variable::Language => text(arrival.language),
            Variable::Status => made(self.facts.status().word().to_lowercase()),
            Variable::AgeMinutes => Value::Int(self.facts.age_minutes()),
            Variable::Customer => {
                made(arrival.customer_id.map(|id| id.to_string()).unwrap_or_default())
            }
            Variable::Tier => text(arrival.tier),
            Variable::Text => text(self.facts.text().plain),
            Variable::Tags | Variable::Attributes => return None,
        })
    }

    fn list(self, node: &'r Node) -> Option<List<'r>> {
        match node {
            Node::List(nodes) => nodes.iter().map(|node| self.value(node)).collect(),
            Node::Variable(Variable::Tags) => {
                let tags = self.facts.tags().iter();
                Some(tags.map(|tag| Value::Text(Cow::Borrowed(tag.as_str()))).collect())
            }
            Node::If(three) => {
                let [asked, yes, no] = &**three;
                self.list(if self.truth(asked)? { yes } else { no })
            }
            _ => None,
        }
    }

    fn size(self, node: &'r Node) -> Option<i64> {
        let size = match node {
            Node::Variable(Variable::Attributes) => {
                self.facts.arrival().attributes.map_or(0, std::collections::BTreeMap::len)
            }
            _ => match self.list(node) {
                Some(list) => list.len(),
                None => self.text(node)?.chars().count(),
            },
        };
        i64::try_from(size).ok()
    }

    fn compare(self, compare: Compare, two: &'r [Node; 2]) -> Option<bool> {
        let [left, right] = two;
        let order = order(&self.value(left)?, &self.value(right)?)?;
        Some(match compare {
            Compare::Equal => order == Ordering::Equal,
            Compare::NotEqual => order != Ordering::Equal,
            Compare::Less => order == Ordering::Less,
            Compare::LessOrEqual => order != Ordering::Greater,
            Compare::More => order == Ordering::Greater,
            Compare::MoreOrEqual => order != Ordering::Less,
        })
    }

    fn math(self, math: Math, two: &'r [Node; 2]) -> Option<i64> {
        let [left, right] = two;
        let (left, right) = (self.int(left)?, self.int(right)?);
        match math {
            Math::Add => left.checked_add(right),
            Math::Subtract => left.checked_sub(right),
            Math::Multiply => left.checked_mul(right),
            Math::Divide => left.checked_div(right),
            Math::Modulo => left.checked_rem(right),
        }
    }

    fn within(self, two: &'r [Node; 2]) -> Option<bool> {
        let [value, list] = two;
        let value = self.value(value)?;
        let list = self.list(list)?;
        Some(list.iter().any(|one| order(one, &value) == Some(Ordering::Equal)))
    }

    fn finds(self, finds: Finds, two: &'r [Node; 2]) -> Option<bool> {
        let [text, part] = two;
        let (text, part) = (self.text(text)?, self.text(part)?);
        Some(match finds {
            Finds::Contains => text.contains(&*part),
            Finds::Starts => text.starts_with(&*part),
            Finds::Ends => text.ends_with(&*part),
        })
    }

    fn each(self, each: Each, two: &'r [Node; 2]) -> Option<bool> {
        let [list, body] = two;
        let list = self.list(list)?;
        let mut told = list.iter().map(|element| {
            let run = Run { facts: self.facts, element: Some(element) };
            run.truth(body)
        });
        match each {
            Each::One => {
                let told: Option<Vec<bool>> = told.collect();
                Some(told?.into_iter().filter(|holds| *holds).count() == 1)
            }
            Each::Exists | Each::All => {
                let decides = Some(each == Each::Exists);
                let mut undecided = decides.map(|value| !value);
                for one in told.by_ref() {
                    if one == decides {
                        return one;
                    }
                    undecided = undecided.and(one);
                }
                undecided
            }
        }
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
