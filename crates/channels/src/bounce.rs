//! What it means that an address could not be written to: the enhanced status code (RFC 3463) and
//! the three classes that decide whether the address may be tried again. The same table judges an
//! answer in the session and a report that comes back later.

use std::fmt;

/// An enhanced status code, such as `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnhancedCode {
    /// 2 for success, 4 for a failure that may pass, 5 for one that will not.
    pub class: u8,
    /// What it is about.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

impl EnhancedCode {
    /// A code of its three numbers.
    #[must_use]
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        Self { class, subject, detail }
    }

    /// Reads a code from the start of a text; what follows it must not be a digit or a full stop
    /// with more digits.
    #[must_use]
    pub fn leading(text: &str) -> Option<Self> {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut numbers = text[..end].trim_end_matches('.').split('.');
        let class = numbers.next()?.parse().ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        let mut number = || {
            numbers
                .next()
                .filter(|digits| (1..=3).contains(&digits.len()))
                .and_then(|digits| digits.parse::<u16>().ok())
        };
        let code = Self { class, subject: number()?, detail: number()? };
        numbers.next().is_none().then_some(code)
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What an undeliverable mail says about the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BounceClass {
    /// It does not exist, or never takes mail: not to be written to again.
    Hard,
    /// It cannot take mail now: to be given up only if that lasts.
    Soft,
    /// A policy refused us or what we wrote; nothing is wrong with the address.
    Blocked,
}

impl BounceClass {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Hard => "BOUNCE_HARD",
            Self::Soft => "BOUNCE_SOFT",
            Self::Blocked => "BOUNCE_BLOCKED",
        }
    }
}

/// Why a mail could not be delivered to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounce {
    /// What it says about the address.
    pub class: BounceClass,
    /// The code it was told with, if it was.
    pub code: Option<EnhancedCode>,
}

impl Bounce {
    /// What a code of failure means. A code that says nothing precise is hard only if it is
    /// permanent and about addresses; a doubtful permanent failure counts as soft, since giving up
    /// an address that works is worse than trying it a few times more.
    #[must_use]
    pub const fn of(code: EnhancedCode) -> Self {
        let class = match (code.class, code.subject, code.detail) {
            (_, 7, _) => BounceClass::Blocked,
            // The address of the sender is bad: ours, not theirs.
            (5, 1, 7 | 8) => BounceClass::Blocked,
            // A bad address, a disabled mailbox, nobody to route to.
            (5, 1, _) | (5, 2, 1) | (5, 4, 4) => BounceClass::Hard,
            _ => BounceClass::Soft,
        };
        Self { class, code: Some(code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_from_the_start_of_a_text() {
        let code = |text| EnhancedCode::leading(text).map(|code| code.to_string());
        for (text, expected) in [
            ("5.1.1", Some("5.1.1")),
            (" 4.2.2 full", Some("4.2.2")),
            ("5.7.509: no", Some("5.7.509")),
            ("5.1.1. No such user", Some("5.1.1")),
            ("3.1.1", None),
            ("5.1", None),
            ("5.1.1.1", None),
            ("5.1000.1", None),
            ("550 5.1.1", None),
            ("", None),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text:?}");
        }
    }
}
