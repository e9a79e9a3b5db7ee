//! The exact steady state of one queue before a number of equal agents. Without patience it is
//! Erlang's delay formula, reckoned from his loss formula by its recursion; with patience the
//! birth-and-death chain in which everybody who waits may give up (Palm's model, Erlang A).

use super::{AGENTS_MAX, Level, Load};
use libm::{exp, expm1, log};

/// Most states of waiting that are summed; what is beyond them has no weight long before.
const WAITING_MAX: u32 = 10_000_000;

/// A term this small beside the sum no longer changes it.
const NEGLIGIBLE: f64 = 1e-18;

/// How a load fares with so many agents, `within` being the wait that counts as prompt; none if
/// the queue would grow for ever or the numbers mean nothing.
#[must_use]
pub fn level(load: &Load, agents: u32, within: f64) -> Option<Level> {
    let sound = load.is_sound() && (1..=AGENTS_MAX).contains(&agents);
    if !sound || !within.is_finite() || within < 0.0 {
        return None;
    }
    match load.patience {
        None => patient(load, agents, within),
        Some(patience) => Some(impatient(load, agents, within, 1.0 / patience)),
    }
}

/// Share of arrivals lost if nobody could wait: Erlang's loss formula, by its recursion, which
/// loses no digits however many agents there are.
fn lost(erlang: f64, agents: u32) -> f64 {
    (1..=agents).fold(1.0, |lost, n| {
        let offered = erlang * lost;
        offered / (f64::from(n) + offered)
    })
}

fn patient(load: &Load, agents: u32, within: f64) -> Option<Level> {
    let (erlang, n) = (load.erlang(), f64::from(agents));
    if erlang >= n {
        return None;
    }
    let lost = lost(erlang, agents);
    let waits = n * lost / (n - erlang * (1.0 - lost));
    // How much faster agents finish than customers come, while all are busy.
    let margin = (n - erlang) / load.handling;
    Some(Level {
        agents,
        waits,
        mean_wait: waits / margin,
        answered_within: 1.0 - waits * exp(-margin * within),
        abandoned: 0.0,
        occupancy: erlang / n,
    })
}

fn impatient(load: &Load, agents: u32, within: f64, leaving: f64) -> Level {
    let n = f64::from(agents);
    let finishing = n / load.handling;
    // Weights of the states in which somebody waits, relative to "all busy, nobody waits"; that one
    // and those below it weigh as if nobody could wait at all.
    let busy = lost(load.erlang(), agents);
    let mut prompt = Prompt::new(finishing, leaving, within);
    let (mut weight, mut all, mut queued, mut answered) = (1.0, 1.0, 0.0, 0.0);
    for ahead in 0..WAITING_MAX {
        answered += weight * prompt.next();
        weight *= load.arrivals / (finishing + (f64::from(ahead) + 1.0) * leaving);
        all += weight;
        queued += weight * (f64::from(ahead) + 1.0);
        if weight < all * NEGLIGIBLE && load.arrivals < finishing + f64::from(ahead) * leaving {
            break;
        }
    }
    let total = (1.0 - busy) + busy * all;
    let mean_wait = busy * queued / total / load.arrivals;
    let abandoned = leaving * mean_wait;
    Level {
        agents,
        waits: busy * all / total,
        mean_wait,
        answered_within: ((1.0 - busy) + busy * answered) / total,
        abandoned,
        occupancy: load.erlang() * (1.0 - abandoned) / n,
    }
}

/// The chance to be answered within a time and before giving up, for somebody who finds 0, 1, 2 …
/// others waiting, one after the other.
///
/// With `k` ahead the wait is a sum of `k + 1` exponential times whose rates are `finishing`,
/// `finishing + leaving`, …; such a sum is `-ln(X) / leaving` with X from a Beta distribution of
/// parameters `finishing / leaving` and `k + 1`. Weighing it with the patience of whoever waits
/// shifts the first parameter by one. So the chance is a tail of a Beta distribution, and that
/// has a recursion in `k`.
struct Prompt {
    /// The first parameter, without the shift.
    alpha: f64,
    /// `ln` of what lies above the point from which on the tail counts.
    log_rest: f64,
    /// How many are ahead of whoever is asked about next.
    ahead: f64,
    /// What of the distribution lies below that point.
    below: f64,
    /// `ln` of what one more ahead adds to it.
    log_step: f64,
}

impl Prompt {
    fn new(finishing: f64, leaving: f64, within: f64) -> Self {
        let alpha = finishing / leaving;
        let log_x = -leaving * within;
        let log_below = (alpha + 1.0) * log_x;
        let log_rest = if within > 0.0 { log(-expm1(log_x)) } else { f64::NEG_INFINITY };
        let log_step = log(alpha + 1.0) + log_below + log_rest;
        Self { alpha, log_rest, ahead: 0.0, below: exp(log_below), log_step }
    }

    fn next(&mut self) -> f64 {
        let rank = self.ahead + 1.0;
        let chance = self.alpha / (self.alpha + rank) * (1.0 - self.below).max(0.0);
        self.below = (self.below + exp(self.log_step)).min(1.0);
        self.log_step += log((self.alpha + 1.0 + rank) / (rank + 1.0)) + self.log_rest;
        self.ahead = rank;
        chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recursion_agrees_with_the_formula_it_stands_for() {
        let (erlang, agents) = (3.0_f64, 5_u32);
        let term = |n: u32| erlang.powi(n.cast_signed()) / (1..=n).map(f64::from).product::<f64>();
        let all: f64 = (0..=agents).map(term).sum();
        assert!((lost(erlang, agents) - term(agents) / all).abs() < 1e-15);
    }

    #[test]
    fn with_nobody_ahead_the_chance_is_a_race() {
        // Served at rate 2, giving up at rate 3: served first within t by 2/5 (1 - e^-5t).
        let mut prompt = Prompt::new(2.0, 3.0, 0.1);
        assert!((prompt.next() - 0.4 * (1.0 - (-0.5_f64).exp())).abs() < 1e-12);
        // With one ahead, by the density of the sum of both times, integrated by hand.
        let (t, c, l) = (0.1_f64, 2.0, 3.0);
        let first = |rate: f64| (1.0 - (-rate * t).exp()) / rate;
        let expected = c * (c + l) / l * (first(c + l) - first(c + 2.0 * l));
        assert!((prompt.next() - expected).abs() < 1e-12);
    }
}
