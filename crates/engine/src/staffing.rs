//! How many agents a load needs, by queueing theory: the exact Erlang formulas, with patience
//! (Erlang A) or without (Erlang C), and beside them the square-root rule that planners know by
//! heart. A steady state is assumed: Poisson arrivals, exponential handling and patience, one item
//! per agent, everybody able to do everything. Times are in seconds.

mod erlang;
mod square_root;

pub use erlang::level;
pub use square_root::rule_of_thumb;

/// The most agents that are reckoned with.
pub const AGENTS_MAX: u32 = 100_000;

/// What arrives, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Arrivals per second.
    pub arrivals: f64,
    /// Mean handling time, in seconds.
    pub handling: f64,
    /// Mean time a customer waits before giving up, in seconds; none waits for ever.
    pub patience: Option<f64>,
}

impl Load {
    /// Work offered, in Erlang: how many agents would be busy if nobody ever waited.
    #[must_use]
    pub fn erlang(&self) -> f64 {
        self.arrivals * self.handling
    }

    /// Whether its numbers mean something: all positive, and within what is reckoned with.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let positive = |number: f64| number.is_finite() && number > 0.0;
        positive(self.arrivals)
            && positive(self.handling)
            && self.patience.is_none_or(positive)
            && self.erlang() <= f64::from(AGENTS_MAX)
    }
}

/// How a load fares with a number of agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// How many agents.
    pub agents: u32,
    /// Share of arrivals that have to wait at all.
    pub waits: f64,
    /// Mean wait over all arrivals, those who give up included, in seconds.
    pub mean_wait: f64,
    /// Share of arrivals answered within the time asked about.
    pub answered_within: f64,
    /// Share of arrivals that give up.
    pub abandoned: f64,
    /// Share of their time that agents are busy.
    pub occupancy: f64,
}

/// What is wanted of a number of agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// A wait that counts as prompt, in seconds.
    pub within: f64,
    /// Share of arrivals to be answered within it.
    pub answered: f64,
    /// Most that may give up, as a share; 1 for any.
    pub abandoned_max: f64,
    /// Most that agents may be busy, as a share; 1 for any.
    pub occupancy_max: f64,
}

impl Target {
    /// Whether a level meets it.
    #[must_use]
    pub fn is_met(&self, level: &Level) -> bool {
        level.answered_within >= self.answered
            && level.abandoned <= self.abandoned_max
            && level.occupancy <= self.occupancy_max
    }

    /// Whether some number of agents can meet it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let share = |number: f64| (0.0..=1.0).contains(&number);
        self.within.is_finite()
            && self.within >= 0.0
            && (0.0..1.0).contains(&self.answered)
            && share(self.abandoned_max)
            && self.abandoned_max > 0.0
            && share(self.occupancy_max)
            && self.occupancy_max > 0.0
    }
}

/// The fewest agents that meet a target, and how the load fares with them; none if the load or the
/// target is not sound, or [`AGENTS_MAX`] would not do.
#[must_use]
pub fn staff(load: &Load, target: &Target) -> Option<Level> {
    if !load.is_sound() || !target.is_sound() {
        return None;
    }
    // Every part of a target only gets better with more agents, so halving finds the fewest.
    let at = |agents| level(load, agents, target.within);
    let meets = |agents| at(agents).is_some_and(|level| target.is_met(&level));
    let (mut too_few, mut enough) = (0, 1);
    while !meets(enough) {
        if enough == AGENTS_MAX {
            return None;
        }
        too_few = enough;
        enough = (enough * 2).min(AGENTS_MAX);
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if meets(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    at(enough)
}
