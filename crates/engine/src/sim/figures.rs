//! Figures of several runs: mean and confidence interval, and the difference of two policies that
//! saw the same customers, which is far more certain than the difference of two separate means.

use libm::sqrt;
use std::collections::BTreeMap;

/// A figure: its mean over runs, and how far the true mean may be off with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval; infinite for a single run.
    pub half_width: f64,
    /// How many runs.
    pub runs: usize,
}

impl Estimate {
    /// Of these values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let runs = values.len();
        #[allow(clippy::cast_precision_loss, reason = "a number of runs")]
        let n = runs.max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let half_width = match runs {
            0 | 1 => f64::INFINITY,
            _ => student(runs - 1) * sqrt(squares / (n - 1.0) / n),
        };
        Self { mean, half_width, runs }
    }

    /// Whether the interval, made wider by `slack`, holds a value.
    #[must_use]
    pub fn holds(&self, value: f64, slack: f64) -> bool {
        (self.mean - value).abs() <= self.half_width + slack
    }
}

/// Figures of runs, by name.
#[must_use]
pub fn estimates(runs: &[BTreeMap<String, f64>]) -> BTreeMap<String, Estimate> {
    let mut names: Vec<&String> = runs.iter().flat_map(BTreeMap::keys).collect();
    names.sort_unstable();
    names.dedup();
    let of = |name: &String| -> Vec<f64> {
        runs.iter().filter_map(|run| run.get(name).copied()).collect()
    };
    names.into_iter().map(|name| (name.clone(), Estimate::of(&of(name)))).collect()
}

/// What the second policy has more than the first, run by run of the same customers.
#[must_use]
pub fn differences(
    first: &[BTreeMap<String, f64>],
    second: &[BTreeMap<String, f64>],
) -> BTreeMap<String, Estimate> {
    let pairs = first.iter().zip(second);
    let less = |(a, b): (&BTreeMap<String, f64>, &BTreeMap<String, f64>)| {
        b.iter()
            .filter_map(|(name, value)| Some((name.clone(), value - a.get(name)?)))
            .collect::<BTreeMap<String, f64>>()
    };
    estimates(&pairs.map(less).collect::<Vec<_>>())
}

/// Student's quantile for 97.5 % by degrees of freedom; beyond the table by its expansion about the
/// normal one, which is right to four digits there.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 10] =
        [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281];
    const NORMAL: f64 = 1.959_963_985;
    if let Some(found) = freedom.checked_sub(1).and_then(|at| TABLE.get(at)) {
        return *found;
    }
    #[allow(clippy::cast_precision_loss, reason = "a number of runs")]
    let n = freedom.max(1) as f64;
    let z = NORMAL;
    let first = (z * z * z + z) / (4.0 * n);
    let second = (5.0 * libm::pow(z, 5.0) + 16.0 * z * z * z + 3.0 * z) / (96.0 * n * n);
    let third = (3.0 * libm::pow(z, 7.0) + 19.0 * libm::pow(z, 5.0) + 17.0 * z * z * z - 15.0 * z)
        / (384.0 * n * n * n);
    z + first + second + third
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, known) in [(1, 12.706), (9, 2.262), (11, 2.201), (15, 2.131), (30, 2.042)] {
            assert!((student(freedom) - known).abs() < 1e-3, "{freedom}: {}", student(freedom));
        }
        assert!((student(100_000) - 1.96).abs() < 1e-3);
    }

    #[test]
    fn an_interval_is_as_wide_as_the_values_differ() {
        let found = Estimate::of(&[1.0, 2.0, 3.0]);
        assert!((found.mean - 2.0).abs() < 1e-12);
        assert!((found.half_width - 4.3027 / 3.0_f64.sqrt()).abs() < 1e-9);
        assert!(found.holds(4.4, 0.0) && !found.holds(4.6, 0.0) && found.holds(4.6, 0.2));
        assert_eq!(Estimate::of(&[5.0]).half_width, f64::INFINITY);
    }

    #[test]
    fn pairs_cancel_what_both_saw() {
        let run = |value: f64| BTreeMap::from([("x".to_owned(), value)]);
        let (a, b) = ([run(1.0), run(9.0)], [run(2.0), run(10.0)]);
        let found = differences(&a, &b)["x"];
        assert_eq!((found.mean, found.half_width), (1.0, 0.0));
    }
}
