//! What an arrival says, as rules look at it: bounded in length, and folded to lower case or cut
//! into words once, however many rules ask.

use crate::routing::intake::Arrival;
use domain::channel::ChannelKind;
use domain::interaction::{InteractionStatus, Priority};
use domain::rule::ConditionField;
use std::borrow::Cow;
use std::cell::OnceCell;

/// Most bytes of a text that rules look at: what a message may hold. Of longer mail the beginning
/// counts.
pub const TEXT_MAX: usize = 16 * 1024;

/// Most tags that rules look at.
pub(super) const TAGS_MAX: usize = 32;

/// An arrival with what was worked out of it.
#[derive(Debug)]
pub struct Facts<'a> {
    arrival: &'a Arrival<'a>,
    subject: Text<'a>,
    text: Text<'a>,
}

/// A text in the ways that rules look at it.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) plain: &'a str,
    lower: OnceCell<String>,
    words: OnceCell<String>,
    lower_words: OnceCell<String>,
}

impl<'a> Text<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            plain: beginning(text, TEXT_MAX),
            lower: OnceCell::new(),
            words: OnceCell::new(),
            lower_words: OnceCell::new(),
        }
    }

    /// As written, or in lower case.
    pub(super) fn folded(&self, case_sensitive: bool) -> &str {
        if case_sensitive {
            return self.plain;
        }
        self.lower.get_or_init(|| folded(self.plain, false))
    }

    /// Its words, as written or in lower case; see [`spaced`].
    pub(super) fn words(&self, case_sensitive: bool) -> &str {
        if case_sensitive {
            return self.words.get_or_init(|| spaced(self.plain));
        }
        self.lower_words.get_or_init(|| spaced(self.folded(false)))
    }
}

impl<'a> Facts<'a> {
    /// What rules see of an arrival.
    #[must_use]
    pub fn of(arrival: &'a Arrival<'a>) -> Self {
        Self { arrival, subject: Text::of(arrival.subject), text: Text::of(arrival.text) }
    }

    pub(super) const fn arrival(&self) -> &'a Arrival<'a> {
        self.arrival
    }

    pub(super) const fn subject(&self) -> &Text<'a> {
        &self.subject
    }

    pub(super) const fn text(&self) -> &Text<'a> {
        &self.text
    }

    pub(super) fn priority(&self) -> Priority {
        self.arrival.priority.unwrap_or(Priority::Normal)
    }

    pub(super) fn status(&self) -> InteractionStatus {
        self.arrival.status.unwrap_or(InteractionStatus::Created)
    }

    pub(super) fn age_minutes(&self) -> i64 {
        let created = self.arrival.created_at.unwrap_or(self.arrival.now);
        self.arrival.now.since(created).micros() / 60_000_000
    }

    pub(super) fn tags(&self) -> &'a [String] {
        &self.arrival.tags[..self.arrival.tags.len().min(TAGS_MAX)]
    }

    pub(super) fn attribute(&self, key: &str) -> Option<&'a str> {
        self.arrival.attributes.and_then(|map| map.get(key)).map(String::as_str)
    }

    /// A field that is one short value; none if there is nothing.
    pub(super) fn value(&self, field: ConditionField, key: &str) -> Option<Cow<'a, str>> {
        use ConditionField as Field;
        let arrival = self.arrival;
        match field {
            Field::Channel => arrival.channel.map(|kind| channel_name(kind).into()),
            Field::ChannelAccount => arrival.account_id.map(|id| id.to_string().into()),
            Field::Customer => arrival.customer_id.map(|id| id.to_string().into()),
            Field::Language => some(arrival.language),
            Field::CustomerTier => some(arrival.tier),
            Field::CustomerAttribute => self.attribute(key).map(Cow::Borrowed),
            Field::Status => Some(self.status().word().to_lowercase().into()),
            _ => None,
        }
    }

    /// A field as a number; none if it is none.
    pub(super) fn number(&self, field: ConditionField, key: &str) -> Option<i128> {
        use ConditionField as Field;
        match field {
            Field::Priority => Some(i128::from(self.priority().code())),
            Field::AgeMinutes => Some(i128::from(self.age_minutes()) * 1_000_000),
            Field::Created => {
                Some(i128::from(self.arrival.created_at.unwrap_or(self.arrival.now).micros()))
            }
            Field::CustomerAttribute => super::value::decimal(self.attribute(key)?.trim()),
            _ => None,
        }
    }
}

fn some(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// A text as it is compared: as written, or each sign of it in lower case. Sign by sign, so that
/// what contains something still does when both are folded.
pub(super) fn folded(text: &str, case_sensitive: bool) -> String {
    if case_sensitive {
        return text.to_owned();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The beginning of a text, at most so many bytes.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Every run of other signs than letters and digits as one space, and a space at both ends.
pub(super) fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars() {
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

/// A channel as conditions name it, such as `web_portal`.
pub(crate) fn channel_name(kind: ChannelKind) -> String {
    kind.word().to_lowercase()
}
