//! The rules one by one, as the generated checks call them. Each looks at one value and adds at
//! most one violation; what it says depends on the rule alone and never on the value. Names of
//! rules are those of protovalidate, or ours where it has none (`string.no_nul`, `timestamp.valid`
//! and `duration.valid`).

use super::format::{self, Seconds};
use super::{Path, Violations};
use prost_types::{Duration, Timestamp};
use regex::Regex;
use std::collections::HashSet;
use std::hash::Hash;

/// Up to as many items are compared each with each, which needs no memory. No list that the
/// contract allows is longer.
const COMPARED: usize = 128;

/// Seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const MOMENTS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Most seconds of a span either way, about ten thousand years.
const MAX_SPAN_SECONDS: u64 = 315_576_000_000;
/// Most nanoseconds beside whole seconds.
const MAX_NANOS: i32 = 999_999_999;

/// Bounds of a whole number, both included.
pub(super) struct Range {
    pub(super) rule: &'static str,
    pub(super) gte: Option<i64>,
    pub(super) lte: Option<i64>,
}

/// Bounds of a span, both included, in seconds and nanoseconds.
pub(super) struct SpanRange {
    pub(super) rule: &'static str,
    pub(super) gte: Option<(i64, i32)>,
    pub(super) lte: Option<(i64, i32)>,
}

pub(super) fn required(at: &Path<'_>, out: &mut Violations) {
    out.add(at, "required", format_args!("required"));
}

pub(super) fn one_of(at: &Path<'_>, out: &mut Violations) {
    out.add(at, "required", format_args!("one of its fields is required"));
}

pub(super) fn no_nul(value: &str, at: &Path<'_>, out: &mut Violations) {
    if value.as_bytes().contains(&0) {
        out.add(at, "string.no_nul", format_args!("must not hold the character NUL"));
    }
}

pub(super) fn min_len(value: &str, min: usize, at: &Path<'_>, out: &mut Violations) {
    if format::fewer_chars(value, min) {
        out.add(at, "string.min_len", format_args!("at least {min} characters"));
    }
}

pub(super) fn max_len(value: &str, max: usize, at: &Path<'_>, out: &mut Violations) {
    // Bytes are never fewer than characters, so most values need no counting.
    if value.len() > max && !format::fewer_chars(value, max + 1) {
        out.add(at, "string.max_len", format_args!("at most {max} characters"));
    }
}

pub(super) fn max_bytes(value: &str, max: usize, at: &Path<'_>, out: &mut Violations) {
    if value.len() > max {
        out.add(at, "string.max_bytes", format_args!("at most {max} bytes"));
    }
}

pub(super) fn bytes_min(value: &[u8], min: usize, at: &Path<'_>, out: &mut Violations) {
    if value.len() < min {
        out.add(at, "bytes.min_len", format_args!("at least {min} bytes"));
    }
}

pub(super) fn bytes_max(value: &[u8], max: usize, at: &Path<'_>, out: &mut Violations) {
    if value.len() > max {
        out.add(at, "bytes.max_len", format_args!("at most {max} bytes"));
    }
}

pub(super) fn pattern(value: &str, pattern: &Regex, at: &Path<'_>, out: &mut Violations) {
    if !pattern.is_match(value) {
        out.add(at, "string.pattern", format_args!("must match {}", pattern.as_str()));
    }
}

pub(super) fn uuid(value: &str, at: &Path<'_>, out: &mut Violations) {
    if !format::is_uuid(value) {
        let rule = if value.is_empty() { "string.uuid_empty" } else { "string.uuid" };
        out.add(at, rule, format_args!("must be a UUID"));
    }
}

pub(super) fn email(value: &str, at: &Path<'_>, out: &mut Violations) {
    if !format::is_email(value) {
        let rule = if value.is_empty() { "string.email_empty" } else { "string.email" };
        out.add(at, rule, format_args!("must be a mail address"));
    }
}

pub(super) fn uri(value: &str, at: &Path<'_>, out: &mut Violations) {
    if !format::is_uri(value) {
        let rule = if value.is_empty() { "string.uri_empty" } else { "string.uri" };
        out.add(at, rule, format_args!("must be an absolute URI"));
    }
}

pub(super) fn range(value: i64, range: &Range, at: &Path<'_>, out: &mut Violations) {
    if range.gte.is_some_and(|gte| value < gte) || range.lte.is_some_and(|lte| value > lte) {
        match (range.gte, range.lte) {
            (Some(gte), Some(lte)) => out.add(at, range.rule, format_args!("from {gte} to {lte}")),
            (Some(gte), None) => out.add(at, range.rule, format_args!("at least {gte}")),
            (_, lte) => {
                out.add(at, range.rule, format_args!("at most {}", lte.unwrap_or(i64::MAX)));
            }
        }
    }
}

pub(super) fn defined(is_defined: bool, at: &Path<'_>, out: &mut Violations) {
    if !is_defined {
        out.add(at, "enum.defined_only", format_args!("must be a value of the enum"));
    }
}

pub(super) fn not_in(value: i32, refused: &[i32], at: &Path<'_>, out: &mut Violations) {
    if refused.contains(&value) {
        if value == 0 {
            out.add(at, "enum.not_in", format_args!("must be specified"));
        } else {
            out.add(at, "enum.not_in", format_args!("this value is not allowed here"));
        }
    }
}

pub(super) fn min_items(found: usize, min: usize, at: &Path<'_>, out: &mut Violations) {
    if found < min {
        out.add(at, "repeated.min_items", format_args!("at least {min} items"));
    }
}

pub(super) fn max_items(found: usize, max: usize, at: &Path<'_>, out: &mut Violations) {
    if found > max {
        out.add(at, "repeated.max_items", format_args!("at most {max} items"));
    }
}

pub(super) fn unique<T: Eq + Hash>(items: &[T], at: &Path<'_>, out: &mut Violations) {
    let repeats = if items.len() <= COMPARED {
        items.iter().enumerate().any(|(index, item)| items[..index].contains(item))
    } else {
        let mut seen = HashSet::with_capacity(items.len());
        !items.iter().all(|item| seen.insert(item))
    };
    if repeats {
        out.add(at, "repeated.unique", format_args!("each item only once"));
    }
}

pub(super) fn max_pairs(found: usize, max: usize, at: &Path<'_>, out: &mut Violations) {
    if found > max {
        out.add(at, "map.max_pairs", format_args!("at most {max} entries"));
    }
}

pub(super) fn timestamp(value: &Timestamp, at: &Path<'_>, out: &mut Violations) {
    if !(MOMENTS.contains(&value.seconds) && (0..=MAX_NANOS).contains(&value.nanos)) {
        let text = "from year 1 to 9999, with nanoseconds from 0 to 999999999";
        out.add(at, "timestamp.valid", format_args!("{text}"));
    }
}

pub(super) fn duration(value: &Duration, at: &Path<'_>, out: &mut Violations) {
    if !is_span(value) {
        let text = "at most 315576000000 seconds, with nanoseconds of the same sign below 1 second";
        out.add(at, "duration.valid", format_args!("{text}"));
    }
}

fn is_span(value: &Duration) -> bool {
    let same_sign = i64::from(value.nanos).signum() * value.seconds.signum() >= 0;
    same_sign
        && value.seconds.unsigned_abs() <= MAX_SPAN_SECONDS
        && (-MAX_NANOS..=MAX_NANOS).contains(&value.nanos)
}

/// A span that is none breaks `duration.valid` alone: it has no place before or after a bound.
pub(super) fn span_range(value: &Duration, range: &SpanRange, at: &Path<'_>, out: &mut Violations) {
    let found = (value.seconds, value.nanos);
    let outside =
        range.gte.is_some_and(|gte| found < gte) || range.lte.is_some_and(|lte| found > lte);
    if !outside || !is_span(value) {
        return;
    }
    match (range.gte, range.lte) {
        (Some(gte), Some(lte)) => {
            out.add(at, range.rule, format_args!("from {} to {}", Seconds(gte), Seconds(lte)));
        }
        (Some(gte), None) => out.add(at, range.rule, format_args!("at least {}", Seconds(gte))),
        (_, lte) => {
            out.add(at, range.rule, format_args!("at most {}", Seconds(lte.unwrap_or_default())));
        }
    }
}
