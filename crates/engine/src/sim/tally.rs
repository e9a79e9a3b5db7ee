//! What is counted in one run, in whole numbers, and the figures made of it. Service level has six
//! formulas in use; the formula is part of each figure's name, so that two can stand side by side.

use std::collections::BTreeMap;

/// What became of the customers of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Who came.
    pub offered: u64,
    /// Who got an agent.
    pub answered: u64,
    /// Who got one within the prompt time.
    pub answered_in: u64,
    /// Who left while waiting.
    pub abandoned: u64,
    /// Who left within the prompt time.
    pub abandoned_in: u64,
    /// Who left sooner than counts.
    pub abandoned_short: u64,
    /// Who waited at all.
    pub delayed: u64,
    /// Waiting of those who got an agent, in microseconds.
    pub wait_answered: i128,
    /// Waiting of all.
    pub wait_all: i128,
    /// The longest wait.
    pub wait_max: i64,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            offered: self.offered + other.offered,
            answered: self.answered + other.answered,
            answered_in: self.answered_in + other.answered_in,
            abandoned: self.abandoned + other.abandoned,
            abandoned_in: self.abandoned_in + other.abandoned_in,
            abandoned_short: self.abandoned_short + other.abandoned_short,
            delayed: self.delayed + other.delayed,
            wait_answered: self.wait_answered + other.wait_answered,
            wait_all: self.wait_all + other.wait_all,
            wait_max: self.wait_max.max(other.wait_max),
        }
    }

    /// Counts one who got an agent after a wait, in microseconds.
    pub fn answered(&mut self, wait: i64, prompt: bool) {
        self.answered += 1;
        self.answered_in += u64::from(prompt);
        self.wait_answered += i128::from(wait);
        self.waited(wait);
    }

    /// Counts one who left after a wait, in microseconds.
    pub fn left(&mut self, wait: i64, prompt: bool) {
        self.abandoned += 1;
        self.abandoned_in += u64::from(prompt);
        self.waited(wait);
    }

    fn waited(&mut self, wait: i64) {
        self.delayed += u64::from(wait > 0);
        self.wait_all += i128::from(wait);
        self.wait_max = self.wait_max.max(wait);
    }

    /// The service level by every formula in use, by name.
    #[must_use]
    pub fn service_levels(&self) -> [(&'static str, f64); 6] {
        let (offered, answered_in) = (self.offered, self.answered_in);
        let short = self.abandoned_short;
        [
            ("ANS_IN / OFFERED", share(answered_in, offered)),
            ("ANS_IN / ANSWERED", share(answered_in, self.answered)),
            ("ANS_AND_ABN_IN / OFFERED", share(answered_in + self.abandoned_in, offered)),
            ("ANS_IN / (OFFERED - ABN_IN)", share(answered_in, offered - self.abandoned_in)),
            ("ANS_IN / (OFFERED - SHORT_ABN)", share(answered_in, offered - short)),
            ("(ANS_IN + SHORT_ABN) / OFFERED", share(answered_in + short, offered)),
        ]
    }

    /// The strictest of them.
    #[must_use]
    pub fn service_level(&self) -> f64 {
        share(self.answered_in, self.offered)
    }

    /// Share that left.
    #[must_use]
    pub fn abandonment(&self) -> f64 {
        share(self.abandoned, self.offered)
    }
}

/// A part of a whole; nothing of nothing is none.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[allow(clippy::cast_precision_loss, reason = "microseconds of waiting, for a report")]
fn seconds(micros: i128, among: u64) -> f64 {
    if among == 0 { 0.0 } else { micros as f64 / 1e6 / among as f64 }
}

/// One run, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Per class, in the order of the world.
    pub classes: Vec<Tally>,
    /// Of customers with each label, in the order of [`super::world::World::labels`].
    pub labels: Vec<Tally>,
    /// Per agent: microseconds of work, and of being there.
    pub agents: Vec<(i64, i64)>,
    /// Events the floor took in.
    pub events: u64,
}

impl Counts {
    /// All classes together.
    #[must_use]
    pub fn all(&self) -> Tally {
        self.classes.iter().fold(Tally::default(), |sum, class| sum.and(class))
    }

    /// The figures of the run, by name.
    #[must_use]
    pub fn figures(&self, names: &[&str]) -> BTreeMap<String, f64> {
        let all = self.all();
        let mut figures: BTreeMap<String, f64> = BTreeMap::new();
        let mut put = |name: &str, value: f64| {
            figures.insert(name.to_owned(), value);
        };
        for (name, value) in all.service_levels() {
            put(name, value);
        }
        put("abandoned", all.abandonment());
        put("waits", share(all.delayed, all.offered));
        put("wait of answered", seconds(all.wait_answered, all.answered));
        put("wait of all", seconds(all.wait_all, all.offered));
        put("longest wait", seconds(i128::from(all.wait_max), 1));
        let busy: i128 = self.agents.iter().map(|(busy, _)| i128::from(*busy)).sum();
        let there: i128 = self.agents.iter().map(|(_, there)| i128::from(*there)).sum();
        put("occupancy", seconds(busy, 1) / seconds(there.max(1), 1));
        let levels = || self.classes.iter().map(Tally::service_level);
        put("worst class", levels().fold(1.0, f64::min));
        put("best class", levels().fold(0.0, f64::max));
        let (gini, ratio) = fairness(&self.agents);
        put("work gini", gini);
        put("work least / most", ratio);
        for (name, class) in names.iter().zip(&self.classes) {
            put_part(&mut figures, name, class);
        }
        figures
    }

    /// The figures of customers with each label, by name.
    #[must_use]
    pub fn label_figures(&self, names: &[String]) -> BTreeMap<String, f64> {
        let mut figures = BTreeMap::new();
        for (name, label) in names.iter().zip(&self.labels) {
            put_part(&mut figures, &format!("label {name}"), label);
        }
        figures
    }
}

/// What is told of a part of the customers.
fn put_part(figures: &mut BTreeMap<String, f64>, name: &str, part: &Tally) {
    figures.insert(format!("{name}: ANS_IN / OFFERED"), part.service_level());
    figures.insert(format!("{name}: abandoned"), part.abandonment());
    figures.insert(format!("{name}: wait of all"), seconds(part.wait_all, part.offered));
}

/// How evenly work is spread over agents: Gini's coefficient of their occupancies (0 is even), and
/// the lowest occupancy beside the highest (1 is even).
fn fairness(agents: &[(i64, i64)]) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss, reason = "shares, for a report")]
    let occupancy = |(busy, there): &(i64, i64)| *busy as f64 / (*there).max(1) as f64;
    let mut shares: Vec<f64> =
        agents.iter().filter(|(_, there)| *there > 0).map(occupancy).collect();
    shares.sort_by(f64::total_cmp);
    let sum: f64 = shares.iter().sum();
    let (Some(least), Some(most)) = (shares.first(), shares.last()) else { return (0.0, 1.0) };
    if sum <= 0.0 {
        return (0.0, 1.0);
    }
    let mut weighted = 0.0;
    for (rank, share) in (1_u32..).zip(&shares) {
        weighted += f64::from(rank) * share;
    }
    #[allow(clippy::cast_precision_loss, reason = "at most thousands of agents")]
    let n = shares.len() as f64;
    (2.0 * weighted / (n * sum) - (n + 1.0) / n, least / most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_formula_of_the_service_level_has_its_value() {
        let tally = Tally {
            offered: 1_060,
            answered: 1_000,
            answered_in: 860,
            abandoned: 60,
            abandoned_in: 20,
            abandoned_short: 10,
            ..Tally::default()
        };
        let known = [0.8113, 0.8600, 0.8302, 0.8269, 0.8190, 0.8208];
        for ((name, found), known) in tally.service_levels().into_iter().zip(known) {
            assert!((found - known).abs() < 5e-5, "{name}: {found} {known}");
        }
    }

    #[test]
    fn even_work_is_fair_and_one_sided_work_is_not() {
        assert_eq!(fairness(&[(5, 10), (5, 10), (50, 100)]), (0.0, 1.0));
        let (gini, ratio) = fairness(&[(0, 10), (0, 10), (0, 10), (10, 10)]);
        assert!((gini - 0.75).abs() < 1e-12 && ratio == 0.0, "{gini}");
        assert_eq!(fairness(&[]), (0.0, 1.0));
    }
}
