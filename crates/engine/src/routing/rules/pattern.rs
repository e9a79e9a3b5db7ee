//! Regular expressions that rules use, with bounds: patterns are short, what they compile to is
//! small, and they look at the beginning of a text only. The regex crate never backtracks, so
//! that the product of those is the most a search can cost.

use regex::{Regex, RegexBuilder};

/// Most characters of a pattern.
pub(super) const PATTERN_MAX: usize = 128;

/// Most bytes of a text that a pattern is searched in.
pub const PATTERN_TEXT_MAX: usize = 4 * 1024;

/// Most bytes that a pattern compiles to; a class of all letters takes a good part of it.
const PROGRAM_MAX: usize = 256 * 1024;

/// Most bytes of what searching keeps for speed.
const CACHE_MAX: usize = 64 * 1024;

/// Groups within groups that a pattern may have.
const NEST_MAX: u32 = 10;

/// What a search weighs.
pub(super) const WEIGHT: u64 = 512;

/// A pattern ready to be searched for.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Makes a pattern ready; none if it is wrong or beyond its bounds.
    pub(super) fn of(text: &str, case_sensitive: bool) -> Option<Self> {
        if text.is_empty() || text.chars().count() > PATTERN_MAX {
            return None;
        }
        let mut builder = RegexBuilder::new(text);
        builder.case_insensitive(!case_sensitive).nest_limit(NEST_MAX);
        builder.size_limit(PROGRAM_MAX).dfa_size_limit(CACHE_MAX);
        builder.build().ok().map(Self)
    }

    /// The pattern as it was written.
    pub(super) fn says(&self) -> &str {
        self.0.as_str()
    }

    /// Whether some part of the text, or of its beginning, matches.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.0.is_match(super::facts::beginning(text, PATTERN_TEXT_MAX))
    }
}
