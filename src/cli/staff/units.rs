//! Times, rates and shares as people write them on a command line.

use std::str::FromStr;

/// Units of time, and how many seconds each has.
const UNITS: [(&str, f64); 4] = [("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];

/// A time: a number with s, m, h or d, or bare seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seconds(pub(super) f64);

/// How often in a second: a number, a slash and a unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate(pub(super) f64);

/// A part of a whole: 80% or 0.8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share(pub(super) f64);

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn unit(text: &str) -> Option<f64> {
    UNITS.iter().find(|(name, _)| *name == text).map(|(_, seconds)| *seconds)
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (count, name) = text.split_at(split);
        let seconds = if name.is_empty() { Some(1.0) } else { unit(name) };
        let found = number(count).zip(seconds).map(|(count, seconds)| count * seconds);
        found
            .filter(|found| found.is_finite())
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no time: write 240, 240s, 4m, 2h or 1d"))
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = text.split_once('/').and_then(|(count, per)| {
            let rate = number(count)? / unit(per)?;
            (rate > 0.0).then_some(Self(rate))
        });
        found.ok_or_else(|| format!("{text:?} is no rate: write 100/h, 4.2/m or 2000/d"))
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text.strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| percent / 100.0),
            None => number(text),
        };
        let found = found.filter(|share| *share <= 1.0).map(Self);
        found.ok_or_else(|| format!("{text:?} is no share: write 80% or 0.8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        for (text, seconds) in [("240", 240.0), ("240s", 240.0), ("4m", 240.0), ("0.5h", 1_800.0)] {
            assert_eq!(text.parse(), Ok(Seconds(seconds)), "{text}");
        }
        assert_eq!("90/h".parse(), Ok(Rate(0.025)));
        assert_eq!("1.5/s".parse(), Ok(Rate(1.5)));
        assert_eq!("80%".parse(), Ok(Share(0.8)));
        assert_eq!("0.8".parse(), Ok(Share(0.8)));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for text in ["", "s", "-1", "4 m", "4x", "1m1", "nan", "inf", "1e999d"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
        for text in ["", "100", "/h", "100/", "0/h", "100/week", "1/h/d"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        for text in ["", "%", "101%", "1.1", "-5%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
