//! Worlds to simulate: who comes when and wants what, who is there to serve, and by which policy.
//! A world is data, read from a file; [`World::check`] says in words what is wrong with one.

use super::chance::Spread;
use super::schedule::{Schedule, moment};
use domain::interaction::Priority;
use domain::queue::{Strategy, WorkOrder};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Bounds of a world.
pub const CLASSES_MAX: usize = 200;
/// See [`CLASSES_MAX`].
pub const AGENTS_MAX: usize = 20_000;
/// See [`CLASSES_MAX`].
pub const ARRIVALS_MAX: u64 = 100_000_000;
/// See [`CLASSES_MAX`].
pub const SCHEDULES_MAX: usize = domain::schedule::SCHEDULES_MAX;
/// Most labels of a class, and labels capped by a group, as of a live interaction and agent.
const LABELS_MAX: usize = 20;
/// The longest label, in characters.
const LABEL_CHARS: usize = 64;
/// Levels there are.
const LEVELS: usize = 10;
/// Where a world begins that does not say so: late enough that ages and credits stay positive.
const START: i64 = 1_000_000_000_000_000;
/// The longest time of a world, in seconds: a hundred years.
const TIME_MAX: f64 = 3.2e9;

/// A world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// What it is called.
    pub name: String,
    /// How many customers come in one run; none if `seconds` bounds it.
    #[serde(default)]
    pub arrivals: Option<u64>,
    /// How long customers come in one run, in seconds; none if `arrivals` bounds it.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// Share of the arrivals that come before anything is measured.
    #[serde(default)]
    pub warm_up: f64,
    /// Which of the waiting interactions a freed agent gets.
    #[serde(default = "order")]
    pub order: WorkOrder,
    /// How much waiting outweighs one level of gap, in seconds.
    #[serde(default = "gap_step")]
    pub gap_step: f64,
    /// How the number of customers differs from run to run: the shape of a gamma distribution of
    /// mean one that multiplies all rates; none if it does not.
    #[serde(default)]
    pub busyness: Option<f64>,
    /// How fast work goes at levels 1 to 10, beside the times of the classes; all one if not given.
    #[serde(default)]
    pub speeds: Option<[f64; LEVELS]>,
    /// A customer who leaves sooner than this did not really call, in seconds.
    #[serde(default = "short")]
    pub short_abandon: f64,
    /// When it begins, such as 2026-10-19T00:00:00Z: what schedules go by.
    #[serde(default)]
    pub begins: Option<String>,
    /// When agents work, beside how many there are.
    #[serde(default)]
    pub schedules: Vec<Schedule>,
    /// Who comes.
    pub classes: Vec<Class>,
    /// Who serves.
    pub agents: Vec<Group>,
}

fn order() -> WorkOrder {
    WorkOrder::PrimaryFirst
}

fn gap_step() -> f64 {
    600.0
}

fn short() -> f64 {
    5.0
}

/// Customers who want the same: a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// What it is called.
    pub name: String,
    /// How often they come, from when on; the first from the beginning.
    pub rates: Vec<Rate>,
    /// How long their work takes.
    pub service: Spread,
    /// How long they wait before they leave; none waits for ever.
    #[serde(default)]
    pub patience: Option<Spread>,
    /// What is otherwise for those who come later, in order.
    #[serde(default)]
    pub later: Vec<Later>,
    /// Skills they need, and the lowest level of each.
    #[serde(default)]
    pub needs: BTreeMap<String, u8>,
    /// Labels that some of them have, and the share who have each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, f64>,
    /// The wait that counts as prompt, in seconds.
    #[serde(default = "within")]
    pub within: f64,
    /// How an agent is chosen.
    #[serde(default = "strategy")]
    pub strategy: Strategy,
    /// How urgent they are.
    #[serde(default = "priority")]
    pub priority: Priority,
    /// Waiting that a step of priority is worth, in seconds.
    #[serde(default)]
    pub priority_step: f64,
    /// Their share of all who wait, and what waiting costs them.
    #[serde(default = "weight")]
    pub weight: u16,
    /// The age beyond which waiting counts for more, in seconds.
    #[serde(default)]
    pub ageing_knee: f64,
    /// How much more, in percent.
    #[serde(default)]
    pub ageing_percent: u16,
    /// Whether agents on call are asked for them.
    #[serde(default)]
    pub on_call: bool,
}

/// What customers bring who come from some time on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Later {
    /// From when on, in seconds.
    pub from: f64,
    /// How long their work takes.
    pub service: Spread,
    /// How long they wait before they leave; none waits for ever.
    #[serde(default)]
    pub patience: Option<Spread>,
}

fn within() -> f64 {
    20.0
}

fn strategy() -> Strategy {
    Strategy::PrimaryFirst
}

fn priority() -> Priority {
    Priority::Normal
}

fn weight() -> u16 {
    1
}

/// A rate from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// From when on, in seconds.
    #[serde(default)]
    pub from: f64,
    /// How many come in an hour.
    pub per_hour: f64,
}

/// Agents who are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What it is called.
    pub name: String,
    /// How many are there, from when on.
    pub staff: Vec<Staff>,
    /// What they know, and how well.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// How many customers each serves at a time.
    #[serde(default = "units")]
    pub units: u16,
    /// How many customers with a label, whatever units are left; a label not here has no cap.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub per_label: BTreeMap<String, u16>,
    /// How senior they are.
    #[serde(default)]
    pub rank: u8,
    /// The schedule they go by; none are there at all hours.
    #[serde(default)]
    pub schedule: Option<String>,
}

fn units() -> u16 {
    1
}

/// How many are there from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// From when on, in seconds.
    #[serde(default)]
    pub from: f64,
    /// How many.
    pub count: u32,
}

impl World {
    /// What is wrong with it, if anything is.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        let time = |time: f64| time.is_finite() && (0.0..=TIME_MAX).contains(&time);
        match (self.arrivals, self.seconds) {
            (Some(arrivals), None) if (1..=ARRIVALS_MAX).contains(&arrivals) => {}
            (None, Some(seconds)) if time(seconds) && seconds > 0.0 => {}
            _ => return Err("a run is bounded by either arrivals or seconds".to_owned()),
        }
        let said = |right: bool, wrong: &str| if right { Ok(()) } else { Err(wrong.to_owned()) };
        said((0.0..1.0).contains(&self.warm_up), "warm_up is a share below 1")?;
        said(time(self.gap_step), "gap_step is a time in seconds")?;
        said(time(self.short_abandon), "short_abandon is a time in seconds")?;
        said(self.busyness.is_none_or(|b| (0.01..=1e6).contains(&b)), "busyness is a shape")?;
        let speeds = self.speeds.unwrap_or([1.0; LEVELS]);
        said(speeds.iter().all(|s| (0.001..=1000.0).contains(s)), "speeds are ten factors")?;
        self.check_schedules()?;
        said((1..=CLASSES_MAX).contains(&self.classes.len()), "there are 1 to 200 classes")?;
        for class in &self.classes {
            class.check().map_err(|wrong| format!("class {}: {wrong}", class.name))?;
        }
        said(!self.agents.is_empty(), "nobody serves")?;
        let heads = self.agents.iter().map(|group| u64::from(group.most())).sum::<u64>();
        said(heads <= AGENTS_MAX as u64, "there are at most 20000 agents")?;
        for group in &self.agents {
            group.check().map_err(|wrong| format!("group {}: {wrong}", group.name))?;
            if let Some(name) = group.schedule.as_ref().filter(|name| !self.has_schedule(name)) {
                return Err(format!("group {}: there is no schedule {name:?}", group.name));
            }
        }
        Ok(())
    }

    fn has_schedule(&self, name: &str) -> bool {
        self.schedules.iter().any(|schedule| schedule.name == name)
    }

    fn check_schedules(&self) -> Result<(), String> {
        if self.begins.as_ref().is_some_and(|text| moment(text).is_none()) {
            return Err("begins is no time such as 2026-10-19T00:00:00Z".to_owned());
        }
        if self.schedules.len() > SCHEDULES_MAX {
            return Err(format!("there are at most {SCHEDULES_MAX} schedules"));
        }
        for schedule in &self.schedules {
            schedule.spec().map_err(|wrong| format!("schedule {}: {wrong}", schedule.name))?;
        }
        Ok(())
    }

    /// When it begins.
    #[must_use]
    pub fn beginning(&self) -> Timestamp {
        self.begins.as_deref().and_then(moment).unwrap_or(Timestamp::from_micros(START))
    }

    /// How many customers a run has, or is likely to have.
    #[must_use]
    pub fn expected_arrivals(&self) -> u64 {
        let within = |class: &Class, seconds: f64| -> f64 {
            let ends = class.rates.iter().skip(1).map(|next| next.from).chain([f64::INFINITY]);
            let spans = class.rates.iter().zip(ends);
            let each = spans.map(|(rate, end)| {
                (end.min(seconds) - rate.from).max(0.0) * rate.per_hour / 3_600.0
            });
            each.sum()
        };
        let by_time = |seconds| self.classes.iter().map(|class| within(class, seconds)).sum();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from zero; what is beyond the range is as large as it gets"
        )]
        let expected = self.seconds.map_or(0.0, by_time) as u64;
        self.arrivals.unwrap_or(expected)
    }

    /// The labels that customers have or agents cap, in small letters and in order.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        let had = self.classes.iter().flat_map(|class| class.labels.keys());
        let capped = self.agents.iter().flat_map(|group| group.per_label.keys());
        let names: BTreeSet<String> = had.chain(capped).map(|name| name.to_lowercase()).collect();
        names.into_iter().collect()
    }

    /// The same world with one order and strategy for all.
    #[must_use]
    pub fn with_policy(&self, order: WorkOrder, strategy: Strategy) -> Self {
        let mut world = Self { order, ..self.clone() };
        world.classes.iter_mut().for_each(|class| class.strategy = strategy);
        world
    }
}

fn rising(times: impl Iterator<Item = f64> + Clone) -> bool {
    let first = times.clone().next() == Some(0.0);
    first && times.clone().zip(times.skip(1)).all(|(a, b)| a < b && b <= TIME_MAX)
}

fn levels(of: &BTreeMap<String, u8>) -> bool {
    of.len() <= 64 && of.values().all(|level| (1..=10).contains(level))
}

/// Names of labels, each once whatever its case, and of a length that a tag may have.
fn named<T>(of: &BTreeMap<String, T>, most: usize) -> bool {
    let names: BTreeSet<String> = of.keys().map(|name| name.to_lowercase()).collect();
    let fits = |name: &String| (1..=LABEL_CHARS).contains(&name.chars().count());
    of.len() <= most && names.len() == of.len() && of.keys().all(fits)
}

impl Class {
    /// How long work takes and customers wait, for one who comes so many seconds after the
    /// beginning.
    #[must_use]
    pub fn brings(&self, seconds: f64) -> (&Spread, Option<&Spread>) {
        match self.later.iter().rev().find(|later| later.from <= seconds) {
            Some(later) => (&later.service, later.patience.as_ref()),
            None => (&self.service, self.patience.as_ref()),
        }
    }

    fn check(&self) -> Result<(), String> {
        let time = |time: f64| time.is_finite() && (0.0..=TIME_MAX).contains(&time);
        let said = |right: bool, wrong: &str| if right { Ok(()) } else { Err(wrong.to_owned()) };
        let froms = self.rates.iter().map(|rate| rate.from);
        said(rising(froms), "rates begin at 0 and follow each other")?;
        let rate = |rate: &Rate| (0.0..=1e9).contains(&rate.per_hour);
        said(self.rates.iter().all(rate), "a rate is a number from 0")?;
        said(self.rates.last().is_some_and(|r| r.per_hour > 0.0), "the last rate is above 0")?;
        said(self.service.is_sound(), "the service time means nothing")?;
        let froms = [0.0].into_iter().chain(self.later.iter().map(|later| later.from));
        said(rising(froms), "what is later follows each other")?;
        let patient = |patience: &Option<Spread>| patience.as_ref().is_none_or(Spread::is_sound);
        let sound = |later: &Later| later.service.is_sound() && patient(&later.patience);
        said(self.later.iter().all(sound), "what is later means nothing")?;
        said(self.patience.as_ref().is_none_or(Spread::is_sound), "the patience means nothing")?;
        said(levels(&self.needs), "at most 64 skills, at levels 1 to 10")?;
        said(
            named(&self.labels, LABELS_MAX),
            "at most 20 labels of 1 to 64 characters, each once",
        )?;
        let share = |share: &f64| (0.0..=1.0).contains(share);
        said(self.labels.values().all(share), "a label has a share from 0 to 1")?;
        said(time(self.within) && time(self.priority_step) && time(self.ageing_knee), "a time")?;
        said((1..=1_000).contains(&self.weight), "a weight is 1 to 1000")?;
        said(self.ageing_percent <= 10_000, "ageing_percent is at most 10000")?;
        // Customers of a made world come once.
        let history = self.strategy == Strategy::CustomerHistory;
        said(!history, "that strategy cannot be simulated")
    }
}

impl Group {
    /// How many there are at most at a time.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.staff.iter().map(|staff| staff.count).max().unwrap_or(0)
    }

    fn check(&self) -> Result<(), String> {
        let said = |right: bool, wrong: &str| if right { Ok(()) } else { Err(wrong.to_owned()) };
        let froms = self.staff.iter().map(|staff| staff.from);
        said(rising(froms), "staff begins at 0 and follows each other")?;
        said(levels(&self.skills), "at most 64 skills, at levels 1 to 10")?;
        said((1..=100).contains(&self.units), "units are 1 to 100")?;
        let caps = &self.per_label;
        said(named(caps, LABELS_MAX), "at most 20 labels of 1 to 64 characters, each once")?;
        said(caps.values().all(|max| *max <= 100), "per_label is at most 100")?;
        said(self.rank <= 100, "a rank is at most 100")
    }
}
