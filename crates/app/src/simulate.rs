//! Worlds tried out: runs of a simulated world by one policy, or by two that see the same
//! customers, and what they come to. Used by the command line and by the service, which bounds it:
//! one simulation of a tenant at a time, [`AT_ONCE_MAX`] on a node, and never more than it can end.

use crate::App;
use crate::backtest::LeftOut;
use crate::error::Result;
use domain::id::TenantId;
use domain::queue::{Strategy, WorkOrder};
use domain::refusal::{Reason, Refusal};
use domain::time::Span;
use engine::sim::figures::{Estimate, differences, estimates};
use engine::sim::world::World;
use engine::sim::{figures_of, simulate_until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// How many simulations a node runs at the same time.
pub const AT_ONCE_MAX: usize = 2;

/// How many customers a run of the service may have.
pub const ARRIVALS_MAX: u64 = 200_000;

/// How many agents a world of the service may have.
pub const AGENTS_MAX: u64 = 2_000;

/// How many customers all runs of a simulation of the service may have together.
pub const CUSTOMERS_MAX: u64 = 4_000_000;

/// After how long it is worth asking again where another simulation runs.
const BUSY: Span = Span::from_secs(5);

/// A work order and a strategy.
pub type Policy = (WorkOrder, Strategy);

/// The figures of every run of a world.
type Runs = Vec<BTreeMap<String, f64>>;

/// Figures by name.
pub type Figures = BTreeMap<String, Estimate>;

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The world.
    pub world: World,
    /// What chance begins with.
    pub seed: u64,
    /// How often it is run.
    pub runs: u64,
    /// A second policy, for the same customers.
    pub against: Option<Policy>,
}

/// How far a trial is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are done, of both policies.
    pub done: u64,
    /// Runs there will be.
    pub runs: u64,
    /// Customers who came in the present run.
    pub came: u64,
}

/// What a trial came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Name of the world.
    pub world: String,
    /// Names of its classes.
    pub classes: Vec<String>,
    /// What chance began with.
    pub seed: u64,
    /// How often it was run.
    pub runs: u64,
    /// Figures of what really was, if that is known.
    pub seen: Option<BTreeMap<String, f64>>,
    /// How well a past comes out as it was, if it is one.
    pub reproduced: Option<Reproduced>,
    /// What is left out or kept as it was.
    pub left_out: Vec<LeftOut>,
    /// Figures by the first policy.
    pub first: Figures,
    /// Figures by the second policy, and what the first has more than it.
    pub second: Option<(Figures, Figures)>,
    /// Events the floor took in for the first.
    pub events: u64,
}

/// A past played once more with everything bringing what it brought: what a backtest is worth shows
/// beside what was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reproduced {
    /// Its figures.
    pub figures: BTreeMap<String, f64>,
    /// How many somebody took in the log.
    pub taken: u64,
    /// How many of them the same agent takes again.
    pub same_agent: u64,
    /// How many of them wait exactly as long again.
    pub same_wait: u64,
}

impl Trial {
    /// What is wrong with it, if anything is.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> std::result::Result<(), String> {
        self.world.check()?;
        match self.other() {
            Some(other) => other.check().map_err(|wrong| format!("against: {wrong}")),
            None => Ok(()),
        }
    }

    /// What is too much for a service that has other things to do, if anything is.
    ///
    /// # Errors
    /// What is too much, in words.
    pub fn check_size(&self) -> std::result::Result<(), String> {
        let customers = self.world.expected_arrivals();
        let agents: u64 = self.world.agents.iter().map(|group| u64::from(group.most())).sum();
        if customers > ARRIVALS_MAX {
            return Err(format!("a run has {customers} customers; {ARRIVALS_MAX} are the most"));
        }
        if agents > AGENTS_MAX {
            return Err(format!("there are {agents} agents; {AGENTS_MAX} are the most"));
        }
        let all = customers.saturating_mul(self.all_runs());
        if all > CUSTOMERS_MAX {
            return Err(format!("all runs have {all} customers; {CUSTOMERS_MAX} are the most"));
        }
        Ok(())
    }

    /// Runs of both policies.
    fn all_runs(&self) -> u64 {
        self.runs.saturating_mul(1 + u64::from(self.against.is_some()))
    }

    fn other(&self) -> Option<World> {
        self.against.map(|(order, strategy)| self.world.with_policy(order, strategy))
    }

    /// Tries it; `told` hears how far it is and says whether to go on. None if it was stopped.
    ///
    /// # Errors
    /// What is wrong with the world, in words.
    pub fn run(
        self,
        mut told: impl FnMut(Progress) -> bool,
    ) -> std::result::Result<Option<Answer>, String> {
        self.check()?;
        let mut progress = Progress { done: 0, runs: self.all_runs(), came: 0 };
        let Some((runs, events)) = self.all(&self.world, &mut progress, &mut told)? else {
            return Ok(None);
        };
        let second = match self.other() {
            None => None,
            Some(other) => {
                let Some((others, _)) = self.all(&other, &mut progress, &mut told)? else {
                    return Ok(None);
                };
                Some((estimates(&others), differences(&others, &runs)))
            }
        };
        let classes = self.world.classes.iter().map(|class| class.name.clone()).collect();
        let (world, seed, times) = (self.world.name, self.seed, self.runs);
        let first = estimates(&runs);
        Ok(Some(Answer {
            world,
            classes,
            seed,
            runs: times,
            seen: None,
            reproduced: None,
            left_out: Vec::new(),
            first,
            second,
            events,
        }))
    }

    fn all(
        &self,
        world: &World,
        progress: &mut Progress,
        told: &mut impl FnMut(Progress) -> bool,
    ) -> std::result::Result<Option<(Runs, u64)>, String> {
        let (mut runs, mut events) = (Runs::new(), 0);
        for run in 0..self.runs {
            let goes_on = |came| told(Progress { came, ..*progress });
            let Some(counts) = simulate_until(world, self.seed, run, goes_on)? else {
                return Ok(None);
            };
            events += counts.events;
            runs.push(figures_of(world, &counts));
            progress.done += 1;
            if !told(*progress) {
                return Ok(None);
            }
        }
        Ok(Some((runs, events)))
    }
}

impl Answer {
    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut told = json!({
            "world": self.world,
            "seed": self.seed,
            "runs": self.runs,
            "events": self.events,
            "figures": figures(&self.first),
            "against": self.second.as_ref().map(|(second, _)| figures(second)),
            "difference": self.second.as_ref().map(|(_, third)| figures(third)),
        });
        if let Some(seen) = &self.seen {
            told["seen"] = json!(seen);
        }
        if let Some(again) = &self.reproduced {
            told["reproduced"] = json!({
                "figures": again.figures,
                "taken": again.taken,
                "same_agent": again.same_agent,
                "same_wait": again.same_wait,
            });
            let item = |one: &LeftOut| {
                json!({
                    "what": one.what,
                    "count": one.count,
                    "instead": one.instead,
                })
            };
            told["left_out"] = self.left_out.iter().map(item).collect();
        }
        told
    }
}

fn figures(of: &Figures) -> Value {
    let figure = |(name, found): (&String, &Estimate)| {
        let half = Some(found.half_width).filter(|half| half.is_finite());
        (name.clone(), json!({ "mean": found.mean, "half_width": half, "runs": found.runs }))
    };
    Value::Object(of.iter().map(figure).collect())
}

/// The simulations that run on a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simulations(Arc<Mutex<BTreeSet<TenantId>>>);

/// The right to run one; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    running: Simulations,
    tenant: TenantId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.tenant);
    }
}

impl App {
    /// The right to run a simulation for a tenant.
    ///
    /// # Errors
    /// `SIMULATION_RUNNING`.
    pub fn simulation_turn(&self, tenant: TenantId) -> Result<Turn> {
        let mut running = self.simulations.0.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = |limit| {
            let refusal = Refusal::new(Reason::SimulationRunning).with("limit", limit);
            Err(refusal.retry_after(BUSY).into())
        };
        if running.contains(&tenant) {
            return busy("tenant");
        }
        if running.len() >= AT_ONCE_MAX {
            return busy("server");
        }
        running.insert(tenant);
        drop(running);
        Ok(Turn { running: self.simulations.clone(), tenant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::sim::builtin;

    fn trial(arrivals: u64, runs: u64) -> Trial {
        let world = builtin::world("slower-2").expect("it is there");
        let world = World { arrivals: Some(arrivals), seconds: None, ..world };
        Trial { world, seed: 1, runs, against: None }
    }

    #[test]
    fn a_trial_is_stopped_when_nobody_listens_any_more() {
        let mut heard = 0;
        let stopped = trial(100, 5).run(|progress| {
            heard += 1;
            progress.done < 2
        });
        assert!(stopped.expect("a sound world").is_none());
        assert!((3..=5).contains(&heard), "{heard}");
    }

    #[test]
    fn what_is_too_much_is_told() {
        assert_eq!(trial(ARRIVALS_MAX, 20).check_size(), Ok(()));
        assert!(trial(ARRIVALS_MAX + 1, 1).check_size().is_err());
        assert!(trial(ARRIVALS_MAX, 21).check_size().is_err());
        let against = Some((WorkOrder::FirstCome, Strategy::LongestIdle));
        assert!(Trial { against, ..trial(ARRIVALS_MAX, 20) }.check_size().is_err());
        let mut crowd = trial(1, 1);
        crowd.world.agents[0].staff[0].count = 2_001;
        assert!(crowd.check_size().is_err());
    }

    #[test]
    fn a_single_run_has_no_interval() {
        let answer = trial(50, 1).run(|_| true).expect("a sound world").expect("it ends");
        let json = answer.json();
        assert_eq!(json["figures"]["abandoned"]["half_width"], Value::Null);
        assert_eq!(json["against"], Value::Null);
    }
}
