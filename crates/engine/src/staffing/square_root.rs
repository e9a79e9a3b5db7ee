//! The square-root rule: agents for the load, and a safety that grows with its root only. It is
//! what large centres come to (Halfin and Whitt; with patience Garnett, Mandelbaum and Reiman).
//! Told beside the exact number so that a planner can see how far it carries.

use super::{AGENTS_MAX, Load, Target};
use libm::{ceil, erfc, exp, sqrt};
use std::f64::consts::{PI, SQRT_2};

/// How far the safety is searched, in roots of the load.
const BETA_MAX: f64 = 40.0;

/// How often the search halves: beyond the digits that a number has.
const HALVINGS: u32 = 64;

/// How many agents the rule gives for the promptness of a target; none if the numbers mean nothing.
#[must_use]
pub fn rule_of_thumb(load: &Load, target: &Target) -> Option<u32> {
    if !load.is_sound() || !target.is_sound() {
        return None;
    }
    // With patience even fewer agents than the load may do.
    let (mut low, mut high) = (if load.patience.is_some() { -BETA_MAX } else { 0.0 }, BETA_MAX);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if prompt(load, middle, target.within) >= target.answered {
            high = middle
        } else {
            low = middle
        }
    }
    let agents = ceil(load.erlang() + high * sqrt(load.erlang())).max(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bound")]
    (agents <= f64::from(AGENTS_MAX)).then_some(agents as u32)
}

/// Share answered in time with a safety of so many roots.
fn prompt(load: &Load, beta: f64, within: f64) -> f64 {
    let root = sqrt(load.erlang());
    match load.patience {
        None => {
            let waits = 1.0 / (1.0 + beta / hazard(-beta));
            1.0 - waits * exp(-beta * root * within / load.handling)
        }
        Some(patience) => {
            let ratio = sqrt(load.handling / patience);
            let shift = beta / ratio;
            let waits = 1.0 / (1.0 + ratio * hazard(shift) / hazard(-beta));
            // Those who wait do so as if the queue ahead were a normal one.
            let tail = |x: f64| 0.5 * erfc(x / SQRT_2);
            let late = tail(shift + within / load.handling * root * ratio) / tail(shift);
            let gives_up = ratio / root * (hazard(shift) - shift);
            1.0 - waits * (late + (1.0 - late) * gives_up).min(1.0)
        }
    }
}

/// Rate at which a normal number that has come this far goes no further.
fn hazard(x: f64) -> f64 {
    let density = exp(-0.5 * x * x) / sqrt(2.0 * PI);
    let tail = 0.5 * erfc(x / SQRT_2);
    // Far out the ratio of two vanishing numbers is its argument.
    if tail > 0.0 { density / tail } else { x }
}
