//! Rules made ready: what a rule says is checked and compiled once, when it is saved and when a
//! floor's rules are taken, and then judged as often as something arrives. Saving, judging, dry
//! runs and the search for flaws share what is here, so that they cannot differ.
//!
//! Everything is bounded: how much a rule holds, how large its patterns grow, how much of a text
//! is looked at, and by [`Compiled::weight`] what judging a tenant's rules may cost in all.

mod condition;
mod expression;
mod facts;
mod implies;
mod pattern;
mod value;

pub use expression::{EXPRESSION_MAX, NODES_MAX};
pub use facts::{Facts, TEXT_MAX};
pub use implies::Reach;
pub use pattern::PATTERN_TEXT_MAX;
pub use value::priority;

use condition::Test;
use domain::rule::{Condition, ConditionGroup, RuleMatch, RuleSpec};
use expression::Program;
use std::fmt;

/// Most levels of conditions: a rule, its groups, and the groups of those.
pub const DEPTH_MAX: usize = 3;

/// Most conditions of a rule, groups included.
pub const CONDITIONS_MAX: usize = 64;

/// Most groups of a rule, at all levels together.
pub const GROUPS_MAX: usize = 16;

/// Most that judging one rule may weigh.
pub const RULE_WEIGHT_MAX: u64 = 4_096;

/// Most that judging all rules of a tenant may weigh.
pub const RULES_WEIGHT_MAX: u64 = 65_536;

/// Why a rule cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A condition makes no sense: which one.
    Condition(Spot),
    /// Groups within groups within groups.
    TooDeep,
    /// More conditions or groups than a rule may have.
    TooMany,
    /// Conditions and an expression at once.
    Both,
    /// The expression cannot be used.
    Expression {
        /// What is wrong.
        problem: &'static str,
        /// With which part, as far as it has a name.
        part: String,
        /// Where, counted in characters from 1; zero if that is not known.
        at: usize,
    },
    /// Judging it costs too much.
    TooCostly {
        /// What it weighs.
        weight: u64,
    },
}

/// A place in a rule: a condition, by its own index and those of the groups around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Spot {
    groups: [u8; DEPTH_MAX - 1],
    depth: u8,
    condition: Option<u8>,
}

impl Spot {
    /// The condition's own index, if it is one.
    #[must_use]
    pub fn index(self) -> Option<u8> {
        self.condition
    }

    fn group(mut self, at: usize) -> Self {
        if let Some(slot) = self.groups.get_mut(usize::from(self.depth)) {
            *slot = u8::try_from(at).unwrap_or(u8::MAX);
            self.depth += 1;
        }
        self
    }

    fn condition(mut self, at: usize) -> Self {
        self.condition = u8::try_from(at).ok();
        self
    }
}

impl fmt::Display for Spot {
    /// As the contract names it, such as `groups[1].conditions[0]`; empty for the rule as a whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.groups.iter().take(usize::from(self.depth));
        let mut parts: Vec<String> = groups.map(|at| format!("groups[{at}]")).collect();
        parts.extend(self.condition.map(|at| format!("conditions[{at}]")));
        f.write_str(&parts.join("."))
    }
}

/// What a rule said of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Matches,
    /// This condition does not hold, the first of those that had to.
    Fails(Spot),
    /// The expression is false.
    False,
    /// The expression came to no value, by a missing attribute or a number too large.
    NoValue,
    /// It has nothing to judge by, or cannot be judged.
    Nothing,
}

/// A rule ready to be judged.
#[derive(Clone, Debug)]
pub struct Compiled {
    body: Body,
    weight: u64,
}

#[derive(Clone, Debug)]
enum Body {
    Conditions(Group),
    Expression(Program),
}

#[derive(Clone, Debug)]
struct Group {
    matching: RuleMatch,
    tests: Vec<Test>,
    groups: Vec<Group>,
}

impl Compiled {
    /// Makes a rule ready.
    ///
    /// # Errors
    /// What is wrong with it first.
    pub fn of(spec: &RuleSpec) -> Result<Self, Flaw> {
        let conditional = !(spec.conditions.is_empty() && spec.groups.is_empty());
        let body = match (conditional, spec.expression.is_empty()) {
            (true, false) => return Err(Flaw::Both),
            (_, true) => Body::Conditions(conditions(spec)?),
            (false, false) => Body::Expression(Program::of(&spec.expression)?),
        };
        let weight = match &body {
            Body::Conditions(group) => group.weight(),
            Body::Expression(program) => program.weight(),
        };
        if weight > RULE_WEIGHT_MAX {
            return Err(Flaw::TooCostly { weight });
        }
        Ok(Self { body, weight })
    }

    /// What judging it costs at the most: about one for each comparison with a short value, more
    /// for each that reads a whole text.
    #[must_use]
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// Judges an arrival.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Verdict {
        match &self.body {
            Body::Conditions(group) if group.is_empty() => Verdict::Nothing,
            Body::Conditions(group) => match group.judge(facts, Spot::default()) {
                Ok(()) => Verdict::Matches,
                Err(spot) => Verdict::Fails(spot),
            },
            Body::Expression(program) => match program.run(facts) {
                Some(true) => Verdict::Matches,
                Some(false) => Verdict::False,
                None => Verdict::NoValue,
            },
        }
    }
}

/// Whether a condition makes sense and can be judged.
#[must_use]
pub fn is_judgeable(condition: &Condition) -> bool {
    Test::of(condition).is_some()
}

fn conditions(spec: &RuleSpec) -> Result<Group, Flaw> {
    let mut count = Count::default();
    group((spec.matching, &spec.conditions, &spec.groups), Spot::default(), &mut count)
}

/// How much a rule holds so far.
#[derive(Default)]
struct Count {
    conditions: usize,
    groups: usize,
}

fn group(
    (matching, conditions, groups): (RuleMatch, &[Condition], &[ConditionGroup]),
    spot: Spot,
    count: &mut Count,
) -> Result<Group, Flaw> {
    count.conditions += conditions.len();
    count.groups += groups.len();
    if count.conditions > CONDITIONS_MAX || count.groups > GROUPS_MAX {
        return Err(Flaw::TooMany);
    }
    if !groups.is_empty() && usize::from(spot.depth) + 1 >= DEPTH_MAX {
        return Err(Flaw::TooDeep);
    }
    let test = |(at, condition): (usize, &Condition)| {
        Test::of(condition).ok_or(Flaw::Condition(spot.condition(at)))
    };
    let tests = conditions.iter().enumerate().map(test).collect::<Result<_, _>>()?;
    let mut within = Vec::with_capacity(groups.len());
    for (at, inner) in groups.iter().enumerate() {
        let parts = (inner.matching, &*inner.conditions, &*inner.groups);
        within.push(group(parts, spot.group(at), count)?);
    }
    Ok(Group { matching, tests, groups: within })
}

impl Group {
    fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.groups.is_empty()
    }

    fn weight(&self) -> u64 {
        let tests: u64 = self.tests.iter().map(Test::weight).sum();
        tests + self.groups.iter().map(Group::weight).sum::<u64>()
    }

    /// Whether it holds; if not, the first condition that had to and does not.
    fn judge(&self, facts: &Facts<'_>, spot: Spot) -> Result<(), Spot> {
        let tests = self
            .tests
            .iter()
            .enumerate()
            .map(|(at, test)| if test.holds(facts) { Ok(()) } else { Err(spot.condition(at)) });
        let groups =
            self.groups.iter().enumerate().map(|(at, group)| group.judge(facts, spot.group(at)));
        let parts = tests.chain(groups);
        match self.matching {
            RuleMatch::All if self.is_empty() => Err(spot),
            RuleMatch::All => {
                let mut parts = parts;
                parts.try_for_each(|part| part)
            }
            RuleMatch::Any => {
                let mut first = Err(spot);
                for (at, part) in parts.enumerate() {
                    if part.is_ok() {
                        return Ok(());
                    }
                    if at == 0 {
                        first = part;
                    }
                }
                first
            }
        }
    }
}
