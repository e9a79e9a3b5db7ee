//! What rules say of one another: whether all that one takes an earlier one has taken, and whether
//! one can take anything at all. The answers are sound and not complete: yes is proved, no only
//! means that no proof was found. A rule is looked at as alternatives, each a list of conditions
//! that hold together; one alternative implies another if each condition of that follows from one
//! of its own.

use super::condition::{Check, Kind, Test, kind};
use super::expression::Program;
use super::facts::{folded, spaced};
use super::{Body, Compiled, Group, value};
use domain::rule::{ConditionField, RuleMatch};

/// Most alternatives of a rule; of one with more nothing is said.
const TERMS_MAX: usize = 32;

/// Conditions that hold together.
type Term<'r> = Vec<&'r Test>;

/// What a rule takes.
#[derive(Debug)]
pub struct Reach<'r>(Form<'r>);

#[derive(Debug)]
enum Form<'r> {
    Terms(Vec<Term<'r>>),
    Expression(&'r Program),
    Unknown,
}

impl<'r> Reach<'r> {
    /// What this rule takes.
    #[must_use]
    pub fn of(rule: &'r Compiled) -> Self {
        Self(match &rule.body {
            Body::Expression(program) => Form::Expression(program),
            Body::Conditions(group) => match terms(group) {
                Some(mut terms) => {
                    terms.retain(|term| !contradicts(term));
                    Form::Terms(terms)
                }
                None => Form::Unknown,
            },
        })
    }

    /// Whether it certainly takes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Terms(terms) => terms.is_empty(),
            Form::Expression(program) => program.constant() == Some(false),
            Form::Unknown => false,
        }
    }

    /// Whether it certainly takes all that `other` takes.
    #[must_use]
    pub fn covers(&self, other: &Reach<'_>) -> bool {
        match (&self.0, &other.0) {
            (Form::Expression(mine), _) if mine.constant() == Some(true) => true,
            (Form::Expression(mine), Form::Expression(theirs)) => mine == theirs,
            (Form::Terms(mine), Form::Terms(theirs)) => {
                theirs.iter().all(|term| mine.iter().any(|wider| follows(wider, term)))
            }
            _ => false,
        }
    }

    /// Whether nothing is certainly taken by both.
    #[must_use]
    pub fn is_apart_from(&self, other: &Reach<'_>) -> bool {
        if self.is_empty() || other.is_empty() {
            return true;
        }
        let (Form::Terms(mine), Form::Terms(theirs)) = (&self.0, &other.0) else { return false };
        let clash = |one: &Term<'_>, two: &Term<'_>| {
            one.iter().any(|test| two.iter().any(|other| clashes(test, other)))
        };
        mine.iter().all(|one| theirs.iter().all(|two| clash(one, two)))
    }

    /// About how many steps comparing it with another takes.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.0 {
            Form::Terms(terms) => terms.iter().map(Vec::len).sum::<usize>().max(1),
            Form::Expression(_) | Form::Unknown => 1,
        }
    }
}

/// The alternatives of a group; none if there are too many.
fn terms(group: &Group) -> Option<Vec<Term<'_>>> {
    let tests = group.tests.iter().map(|test| Some(vec![vec![test]]));
    let mut parts = tests.chain(group.groups.iter().map(terms));
    if group.is_empty() {
        return Some(Vec::new());
    }
    match group.matching {
        RuleMatch::Any => {
            let all: Vec<_> = parts.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
            (all.len() <= TERMS_MAX).then_some(all)
        }
        RuleMatch::All => parts.try_fold(vec![Vec::new()], |so_far, part| {
            let part = part?;
            if so_far.len() * part.len() > TERMS_MAX {
                return None;
            }
            let mut both = Vec::with_capacity(so_far.len() * part.len());
            for left in &so_far {
                both.extend(part.iter().map(|right| [&**left, right].concat()));
            }
            Some(both)
        }),
    }
}

/// Whether every condition of `wider` follows from one of `term`.
fn follows(wider: &Term<'_>, term: &Term<'_>) -> bool {
    wider.iter().all(|test| term.iter().any(|given| implies(given, test)))
}

/// Whether the conditions certainly never hold together.
fn contradicts(term: &Term<'_>) -> bool {
    term.iter().enumerate().any(|(at, one)| term[at + 1..].iter().any(|two| clashes(one, two)))
}

/// Whether the first condition certainly makes the second hold.
fn implies(given: &Test, wanted: &Test) -> bool {
    match (is_positive(&given.check), is_positive(&wanted.check)) {
        (true, true) => is_within(given, wanted),
        // What does not contain the short does not contain the long.
        (false, false) => is_within(wanted, given),
        (true, false) => is_apart(given, wanted),
        (false, true) => false,
    }
}

/// Whether the two conditions certainly never hold together.
fn clashes(one: &Test, two: &Test) -> bool {
    match (is_positive(&one.check), is_positive(&two.check)) {
        (true, true) => is_apart(one, two),
        (true, false) => is_within(one, two),
        (false, true) => is_within(two, one),
        (false, false) => false,
    }
}

const fn is_positive(check: &Check) -> bool {
    match check {
        Check::OneOf(_, expected)
        | Check::Part(_, expected)
        | Check::Numbers(_, expected)
        | Check::Present(expected) => *expected,
        Check::More(_) | Check::Less(_) | Check::Matches(_) => true,
    }
}

/// Whether both look at the same thing, or the first at a part of what the second looks at.
fn narrows(given: &Test, wanted: &Test) -> bool {
    let of_subject =
        given.field == ConditionField::SubjectKeyword && wanted.field == ConditionField::Keyword;
    (given.field == wanted.field && given.key == wanted.key) || of_subject
}

/// Whether, both taken as what they say of something being there, the first makes the second hold.
fn is_within(given: &Test, wanted: &Test) -> bool {
    if !narrows(given, wanted) {
        return false;
    }
    // Equal but for case is less than equal.
    let told_apart = given.case_sensitive || !wanted.case_sensitive;
    match (&given.check, &wanted.check) {
        (Check::OneOf(values, _), Check::Matches(pattern)) => {
            let exact = given.case_sensitive && wanted.case_sensitive;
            exact && values.iter().all(|value| pattern.finds(value))
        }
        (Check::OneOf(values, _), _) => {
            told_apart && values.iter().all(|value| holds_of(wanted, value, wanted.case_sensitive))
        }
        (Check::Part(parts, _), Check::Part(wider, _)) => {
            let fold = |part: &String| refolded(wanted, part, wanted.case_sensitive);
            told_apart
                && parts.iter().map(fold).all(|part| wider.iter().any(|w| part.contains(&**w)))
        }
        (Check::Part(parts, _), Check::Present(_)) => {
            parts.iter().all(|part| !part.trim().is_empty())
        }
        (Check::Matches(one), Check::Matches(two)) => {
            given.case_sensitive == wanted.case_sensitive && one.says() == two.says()
        }
        (Check::Matches(_), Check::Present(_)) => {
            matches!(kind(given.field), Kind::Value | Kind::Name | Kind::List)
        }
        (Check::Numbers(numbers, _), _) => numbers.iter().all(|n| holds_of_number(wanted, *n)),
        (Check::More(least), Check::More(wider)) => wider <= least,
        (Check::Less(most), Check::Less(wider)) => wider >= most,
        (Check::More(_) | Check::Less(_) | Check::Present(_), Check::Present(_)) => true,
        _ => false,
    }
}

/// Whether, both taken as what they say of something being there, they never hold together.
fn is_apart(one: &Test, two: &Test) -> bool {
    let single = !matches!(kind(one.field), Kind::Words | Kind::List);
    if one.field != two.field || one.key != two.key || !single {
        return false;
    }
    // What differs when case does not count differs when it does.
    let case_sensitive = one.case_sensitive && two.case_sensitive;
    match (&one.check, &two.check) {
        (_, Check::Matches(_)) | (Check::Matches(_), _) => false,
        (Check::OneOf(values, _), _) => {
            let fold = |value: &String| folded(value, case_sensitive);
            values.iter().map(fold).all(|value| !holds_of(two, &value, case_sensitive))
        }
        (_, Check::OneOf(..)) => is_apart(two, one),
        (Check::Numbers(numbers, _), _) => numbers.iter().all(|n| !holds_of_number(two, *n)),
        (_, Check::Numbers(..)) => is_apart(two, one),
        (Check::More(least), Check::Less(most)) | (Check::Less(most), Check::More(least)) => {
            most <= least
        }
        _ => false,
    }
}

/// Whether what a condition says of something being there holds for this value.
fn holds_of(test: &Test, value: &str, case_sensitive: bool) -> bool {
    let value = refolded(test, value, case_sensitive);
    let same = |other: &String| refolded(test, other, case_sensitive);
    match &test.check {
        Check::OneOf(values, _) => values.iter().map(same).any(|one| one == value),
        Check::Part(parts, _) => parts.iter().map(same).any(|part| value.contains(&part)),
        Check::Present(_) => kind(test.field) != Kind::Text || !value.trim().is_empty(),
        Check::More(_) | Check::Less(_) => {
            value::decimal(value.trim()).is_some_and(|n| holds_of_number(test, n))
        }
        Check::Numbers(..) | Check::Matches(_) => false,
    }
}

fn holds_of_number(test: &Test, number: i128) -> bool {
    match &test.check {
        Check::Numbers(numbers, _) => numbers.contains(&number),
        Check::More(bound) => number > *bound,
        Check::Less(bound) => number < *bound,
        Check::Present(_) => true,
        _ => false,
    }
}

/// A value that was folded as one condition compares, folded as another does.
fn refolded(test: &Test, value: &str, case_sensitive: bool) -> String {
    let value = folded(value, case_sensitive);
    if kind(test.field) == Kind::Words { spaced(&value) } else { value }
}
