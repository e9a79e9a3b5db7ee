//! Values of conditions as numbers that compare exactly: decimals, dates and ranks. No floats, so
//! that every machine says the same.

use domain::interaction::Priority;

/// Digits before and behind the point that a number may have.
const WHOLE_DIGITS_MAX: usize = 18;
const FRACTION_DIGITS_MAX: usize = 6;

/// A decimal number in millionths: a sign, up to 18 digits, and up to 6 behind a point.
#[must_use]
pub(super) fn decimal(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let sized = whole.len() <= WHOLE_DIGITS_MAX && fraction.len() <= FRACTION_DIGITS_MAX;
    let pointed = !(fraction.is_empty() && digits.contains('.'));
    if whole.is_empty() || !sized || !pointed || !plain(whole) || !plain(fraction) {
        return None;
    }
    let all: i128 = format!("{whole}{fraction:0<6}").parse().ok()?;
    Some(sign * all)
}

/// A date or an instant in UTC as microseconds since the epoch: `2026-11-22`,
/// `2026-11-22T18:30:00Z`.
#[must_use]
pub(super) fn instant(text: &str) -> Option<i128> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let (year, month, day) = three(date, '-', [4, 2, 2])?;
    let (hour, minute, second) = three(time, ':', [2, 2, 2])?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = (days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    Some(i128::from(seconds) * 1_000_000)
}

fn three(text: &str, between: char, sizes: [usize; 3]) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(between).zip(sizes).map(|(part, size)| {
        let plain = part.len() == size && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse().ok()).flatten()
    });
    let all = (parts.next()??, parts.next()??, parts.next()??);
    (text.split(between).count() == 3).then_some(all)
}

/// Days from the epoch to a date of the Gregorian calendar, counted in eras of 400 years that
/// begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A priority by its name; `medium` is what some call normal.
#[must_use]
pub fn priority(name: &str) -> Option<Priority> {
    match name.to_lowercase().as_str() {
        "low" => Some(Priority::Low),
        "normal" | "medium" => Some(Priority::Normal),
        "high" => Some(Priority::High),
        "urgent" => Some(Priority::Urgent),
        "critical" => Some(Priority::Critical),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let million = 1_000_000;
        let good = [
            ("0", 0),
            ("12", 12 * million),
            ("-0.5", -500_000),
            ("+7.25", 7_250_000),
            ("999999999999999999.999999", 999_999_999_999_999_999_999_999),
        ];
        for (text, number) in good {
            assert_eq!(decimal(text), Some(number), "{text}");
        }
        let bad = ["", "-", ".5", "5.", "1e3", "inf", "NaN", "1_000", "0.1234567", "1.2.3", " 1"];
        for text in bad.into_iter().chain(["1000000000000000000", "٣"]) {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_counted_from_the_epoch() {
        let good = [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:01Z", 1),
            ("2000-02-29", 951_782_400),
            ("2026-11-22T18:30:00Z", 1_795_372_200),
            ("1969-12-31T23:59:59Z", -1),
            ("9999-12-31", 253_402_214_400),
        ];
        for (text, seconds) in good {
            assert_eq!(instant(text), Some(seconds * 1_000_000), "{text}");
        }
        let bad = ["", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01"];
        let worse = ["2026-01-01T24:00:00Z", "2026-01-01T10:00:00", "2026-01-01-01", "2026-01-0a"];
        for text in bad.into_iter().chain(worse) {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
