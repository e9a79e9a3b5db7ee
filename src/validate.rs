//! Checks requests against the rules of the contract and what else they must say, all of it at
//! once and before anything is done. The checks are generated from the definitions; the verdicts
//! and rule names are those of protovalidate, and beside them text never holds NUL, masks are short
//! and moments exist. A valid message costs no allocation, and no violation repeats the value that
//! caused it.

use crate::proto::v1;
use domain::refusal::{FieldViolation, Reason, Refusal};
use prost::{DecodeError, Message};
use std::fmt;

mod demands;
mod format;
mod rules;
#[cfg(test)]
mod tests;

pub use demands::Demands;

/// Most violations that are told; more are only counted.
pub const MAX_VIOLATIONS: usize = 20;

/// A message that knows the rules of the contract about itself.
pub trait Validate {
    /// Adds what is wrong with the message, which is found `at` a path, to `out`.
    fn validate(&self, at: &Path<'_>, out: &mut Violations);
}

/// Where in a request a value is. It lives on the stack; only a violation writes it out.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Root,
    Field(&'static str),
    Index(usize),
    Entry,
}

impl Path<'static> {
    /// The request itself.
    pub const ROOT: Self = Self { parent: None, step: Step::Root };
}

impl Path<'_> {
    /// The field with this name in the message at this path.
    #[must_use]
    pub const fn field(&self, name: &'static str) -> Path<'_> {
        Path { parent: Some(self), step: Step::Field(name) }
    }

    /// The item with this index in the list at this path.
    #[must_use]
    pub const fn index(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// Some entry of the map at this path. Its key is the caller's content and stays unsaid.
    #[must_use]
    pub const fn entry(&self) -> Path<'_> {
        Path { parent: Some(self), step: Step::Entry }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        fmt::Display::fmt(parent, f)?;
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) if matches!(parent.step, Step::Root) => f.write_str(name),
            Step::Field(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Entry => f.write_str("[*]"),
        }
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, such as `queue.required_skills[2].min_level`.
    pub field: String,
    /// Which rule, such as `string.max_len`.
    pub rule: &'static str,
    /// What the rule asks, without the value.
    pub text: String,
}

/// The broken rules of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    list: Vec<Violation>,
    dropped: usize,
}

impl Violations {
    /// Adds one, or counts it if there are as many as are told.
    pub fn add(&mut self, at: &Path<'_>, rule: &'static str, text: fmt::Arguments<'_>) {
        if self.list.len() == MAX_VIOLATIONS {
            self.dropped += 1;
            return;
        }
        self.list.push(Violation { field: at.to_string(), rule, text: text.to_string() });
    }

    /// Whether no rule is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Those that are told, at most [`MAX_VIOLATIONS`].
    #[must_use]
    pub fn list(&self) -> &[Violation] {
        &self.list
    }

    /// How many more there are.
    #[must_use]
    pub const fn dropped(&self) -> usize {
        self.dropped
    }

    /// The refusal that tells them; its metadata counts also those that are not told.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        let found = self.list.len() + self.dropped;
        let mut refusal = Refusal::new(Reason::ValidationFailed).with("violations", found);
        refusal.violations = self
            .list
            .into_iter()
            .map(|Violation { field, rule, text }| FieldViolation {
                field,
                text: format!("{text} ({rule})"),
            })
            .collect();
        refusal
    }
}

/// Everything that is wrong with a message.
#[must_use]
pub fn violations<T: Validate>(message: &T) -> Violations {
    let mut out = Violations::default();
    message.validate(&Path::ROOT, &mut out);
    out
}

/// Passes a request that breaks no rule and says what it must, and refuses any other with all that
/// is wrong.
///
/// # Errors
/// `VALIDATION_FAILED` with a violation for each broken rule.
pub fn check_request<T: Demands>(request: &T) -> Result<(), Refusal> {
    let mut found = violations(request);
    request.demands(&mut found);
    if found.is_empty() { Ok(()) } else { Err(found.into_refusal()) }
}

/// Passes a message that breaks no rule and refuses any other with all that is wrong.
///
/// # Errors
/// `VALIDATION_FAILED` with a violation for each broken rule.
pub fn check<T: Validate>(message: &T) -> Result<(), Refusal> {
    let found = violations(message);
    if found.is_empty() { Ok(()) } else { Err(found.into_refusal()) }
}

/// A message that is the request of an RPC.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its full name, such as `omnichannel.v1.GetAgentRequest`.
    pub message: &'static str,
    /// Decodes one and tells what is wrong with it.
    pub verdict: fn(&[u8]) -> Result<Violations, DecodeError>,
}

/// The requests of all RPCs, in the order of their names.
#[must_use]
pub const fn requests() -> &'static [Request] {
    generated::REQUESTS
}

fn verdict<T: Validate + Message + Default>(encoded: &[u8]) -> Result<Violations, DecodeError> {
    T::decode(encoded).map(|message| violations(&message))
}

#[allow(
    clippy::all,
    unreachable_patterns,
    unused_variables,
    reason = "generated code is uniform; some of it is idle for some messages"
)]
mod generated {
    use super::rules::{self, Range, SpanRange};
    use super::{Path, Request, Validate, Violations, v1, verdict};
    use regex::Regex;
    use std::sync::LazyLock;

    include!(concat!(env!("OUT_DIR"), "/validate.rs"));
    include!(concat!(env!("OUT_DIR"), "/demands.rs"));
}
