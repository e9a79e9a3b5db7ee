//! Chance for simulations: streams of numbers from a seed, the same on every machine, because they
//! are made of integers and of `libm`'s functions only. Each class has streams of its own for when
//! customers come and for what they bring, so that two policies see the same customers.

use libm::{cos, exp, log, pow, sqrt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A stream of chance.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of this name.
    #[must_use]
    pub fn new(seed: u64, run: u64, of: u64) -> Self {
        // Three numbers as one key: no two streams share it.
        let mut key = [0; 32];
        for (place, part) in key.chunks_exact_mut(8).zip([seed, run, of]) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Between 0 and 1, neither included.
    pub fn unit(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.0.next_u64() >> 11) as f64 + 0.5) * SCALE
    }

    /// Exponential with mean one.
    pub fn exponential(&mut self) -> f64 {
        -log(self.unit())
    }

    /// Normal with mean zero and variance one.
    pub fn normal(&mut self) -> f64 {
        sqrt(2.0 * self.exponential()) * cos(2.0 * PI * self.unit())
    }

    /// Gamma with mean one; the larger the shape, the closer to one. By Marsaglia and Tsang.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let lift = pow(self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * (shape + 1.0) * lift / shape;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            let v = v * v * v;
            if v > 0.0 && log(self.unit()) < 0.5 * x * x + d - d * v + d * log(v) {
                return d * v / shape;
            }
        }
    }
}

/// How a time is distributed; times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Spread {
    /// Always the same.
    Constant(f64),
    /// Exponential, by its mean.
    Exponential(f64),
    /// Lognormal, as real handling times are.
    Lognormal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        deviation: f64,
    },
    /// Gamma.
    Gamma {
        /// The mean.
        mean: f64,
        /// The shape; one is exponential.
        shape: f64,
    },
    /// One of these, each as likely.
    Empirical(Vec<f64>),
}

/// Most values of an empirical distribution.
pub const VALUES_MAX: usize = 100_000;

impl Spread {
    /// One time, in seconds.
    pub fn draw(&self, chance: &mut Chance) -> f64 {
        match self {
            Spread::Constant(time) => *time,
            Spread::Exponential(mean) => mean * chance.exponential(),
            Spread::Lognormal { mean, deviation } => {
                let ratio = deviation / mean;
                let variance = log(1.0 + ratio * ratio);
                mean * exp(sqrt(variance) * chance.normal() - variance / 2.0)
            }
            Spread::Gamma { mean, shape } => mean * chance.gamma(*shape),
            Spread::Empirical(values) => {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "an index below a bounded length"
                )]
                let at = (chance.unit() * values.len() as f64) as usize;
                values.get(at).copied().unwrap_or_default()
            }
        }
    }

    /// The mean, in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Spread::Constant(mean) | Spread::Exponential(mean) => *mean,
            Spread::Lognormal { mean, .. } | Spread::Gamma { mean, .. } => *mean,
            Spread::Empirical(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
        }
    }

    /// Whether its numbers mean something.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let time = |time: f64| time.is_finite() && (0.0..=1e9).contains(&time);
        match self {
            Spread::Constant(mean) | Spread::Exponential(mean) => time(*mean),
            Spread::Lognormal { mean, deviation } => time(*mean) && *mean > 0.0 && time(*deviation),
            Spread::Gamma { mean, shape } => time(*mean) && (1e-3..=1e6).contains(shape),
            Spread::Empirical(values) => {
                (1..=VALUES_MAX).contains(&values.len()) && values.iter().all(|value| time(*value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_deviations_are_what_they_are_said_to_be() {
        const DRAWS: u32 = 200_000;
        let spreads = [
            (Spread::Constant(7.0), 7.0, 0.0),
            (Spread::Exponential(7.0), 7.0, 7.0),
            (Spread::Lognormal { mean: 7.0, deviation: 5.0 }, 7.0, 5.0),
            (Spread::Gamma { mean: 7.0, shape: 4.0 }, 7.0, 3.5),
            (Spread::Gamma { mean: 7.0, shape: 0.25 }, 7.0, 14.0),
            (Spread::Empirical(vec![4.0, 10.0]), 7.0, 3.0),
        ];
        for (spread, mean, deviation) in spreads {
            let mut chance = Chance::new(1, 2, 3);
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..DRAWS {
                let time = spread.draw(&mut chance);
                sum += time;
                squares += time * time;
            }
            let found = sum / f64::from(DRAWS);
            let spread_of = sqrt((squares / f64::from(DRAWS) - found * found).max(0.0));
            assert!((found - mean).abs() < 0.01 * mean + 0.03, "{spread:?}: {found}");
            assert!((spread_of - deviation).abs() < 0.03 * deviation + 1e-6, "{spread_of}");
            assert!((spread.mean() - mean).abs() < 1e-12);
        }
    }

    #[test]
    fn one_seed_is_one_stream() {
        let draw = |seed, run, of| Chance::new(seed, run, of).unit().to_bits();
        assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
        assert_ne!(draw(1, 2, 3), draw(1, 3, 2));
        // The same on any machine.
        assert_eq!(Chance::new(1, 2, 3).exponential().to_bits(), PINNED);
    }

    const PINNED: u64 = 4_597_144_996_227_550_027;
}
