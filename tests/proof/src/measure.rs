//! Measuring: latencies in histograms, the two ends of create → offer brought together by the
//! interaction, and processor time of processes as the kernel counts it. Nothing here decides what
//! is good enough.

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Parts of the matcher that are locked on their own.
const SHARDS: usize = 16;
/// Longest latency that is told from longer ones.
const LATENCY_MAX: Duration = Duration::from_secs(60);
/// Digits of a latency that are kept.
const DIGITS: u8 = 3;
/// The kernel counts processor time in hundredths of a second, whatever its own tick.
const TICKS_PER_SECOND: f64 = 100.0;

/// Latencies.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Self {
        let most = u64::try_from(LATENCY_MAX.as_micros()).expect("a minute fits");
        Self(Histogram::new_with_bounds(1, most, DIGITS).expect("the bounds are sound"))
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    pub(crate) fn summary(&self) -> Summary {
        let millis = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Summary {
            count: self.0.len(),
            mean_ms: self.0.mean() / 1000.0,
            p50_ms: millis(0.5),
            p99_ms: millis(0.99),
            max_ms: self.0.max() as f64 / 1000.0,
        }
    }
}

/// Latencies in short.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) mean_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

/// One end of a create → offer that waits for the other.
#[derive(Clone, Copy, Debug)]
enum Half {
    /// The call began; whether it counts.
    Begun(Instant, bool),
    /// The offer arrived.
    Offered(Instant),
}

struct Shard {
    halves: HashMap<Uuid, Half>,
    latencies: Latencies,
}

/// Brings the begin of a create and the arrival of its offer together. Either may be told first,
/// because the offer may overtake the answer of the call.
pub(crate) struct Matcher {
    shards: Vec<Mutex<Shard>>,
}

impl Matcher {
    pub(crate) fn new() -> Self {
        let shard = || Shard { halves: HashMap::new(), latencies: Latencies::new() };
        Self { shards: (0..SHARDS).map(|_| Mutex::new(shard())).collect() }
    }

    /// A create was answered.
    pub(crate) fn created(&self, interaction: &str, began: Instant, counts: bool) {
        self.meet(interaction, Half::Begun(began, counts));
    }

    /// An offer arrived.
    pub(crate) fn offered(&self, interaction: &str, at: Instant) {
        self.meet(interaction, Half::Offered(at));
    }

    fn meet(&self, interaction: &str, half: Half) {
        let Ok(id) = Uuid::try_parse(interaction) else { return };
        let shard = &self.shards[id.as_u128() as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let Shard { halves, latencies } = &mut *shard;
        match halves.entry(id) {
            Entry::Vacant(place) => {
                place.insert(half);
            }
            Entry::Occupied(place) => match (*place.get(), half) {
                (Half::Begun(began, counts), Half::Offered(at))
                | (Half::Offered(at), Half::Begun(began, counts)) => {
                    place.remove();
                    if counts {
                        latencies.record(at.saturating_duration_since(began));
                    }
                }
                // The same offer again, as after a resumed stream.
                _ => {}
            },
        }
    }

    /// How many creates still wait for their offer.
    pub(crate) fn waiting(&self) -> usize {
        let waiting = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.halves.values().filter(|half| matches!(half, Half::Begun(..))).count()
        };
        self.shards.iter().map(waiting).sum()
    }

    /// The latencies so far.
    pub(crate) fn latencies(&self) -> Latencies {
        let mut all = Latencies::new();
        for shard in &self.shards {
            all.merge(&shard.lock().unwrap_or_else(PoisonError::into_inner).latencies);
        }
        all
    }
}

/// Which processes' time is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub(crate) server: Option<u32>,
    pub(crate) postmaster: Option<u32>,
}

/// Processor seconds since each process began.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Cpu {
    pub(crate) server: f64,
    pub(crate) postgres: f64,
    pub(crate) client: f64,
    /// All processes of the machine, idle time left out.
    pub(crate) machine: f64,
}

impl Cpu {
    /// Reads the clocks.
    pub(crate) fn read(watched: Watched) -> Result<Self> {
        let own = |pid: u32| Ok::<_, anyhow::Error>(times(pid).context("no such process")?.own);
        Ok(Self {
            server: watched.server.map(own).transpose()?.unwrap_or_default(),
            postgres: watched.postmaster.map(tree).transpose()?.unwrap_or_default(),
            client: own(std::process::id())?,
            machine: machine()?,
        })
    }

    /// What was used since.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            server: self.server - earlier.server,
            postgres: self.postgres - earlier.postgres,
            client: self.client - earlier.client,
            machine: self.machine - earlier.machine,
        }
    }
}

struct Times {
    parent: u32,
    own: f64,
    /// Of children that have ended and were waited for.
    ended_children: f64,
}

/// The times of a process; none if it is gone.
fn times(pid: u32) -> Option<Times> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold spaces; numbered fields follow it from the third on.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    Some(Times {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(14)? + ticks(15)?) / TICKS_PER_SECOND,
        ended_children: (ticks(16)? + ticks(17)?) / TICKS_PER_SECOND,
    })
}

/// A process and its children, those that have ended included.
fn tree(root: u32) -> Result<f64> {
    let top = times(root).context("the postmaster is gone")?;
    let mut sum = top.own + top.ended_children;
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        if let Some(child) = times(pid).filter(|child| child.parent == root) {
            sum += child.own + child.ended_children;
        }
    }
    Ok(sum)
}

fn machine() -> Result<f64> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().context("the kernel counts processor time")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    // User, nice, system, then idle and waiting, then interrupts; guests are counted in user.
    let busy = ticks.iter().take(3).sum::<f64>() + ticks.iter().skip(5).take(2).sum::<f64>();
    Ok(busy / TICKS_PER_SECOND)
}

/// What the figures were taken on.
pub(crate) fn machine_words() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.lines().next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    let gib = kib.map_or(0, |kib: u64| kib >> 20);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores ({model}), {gib} GiB, Linux {}", kernel.trim())
}

/// A line of what the kernel tells about the memory of a process, in KiB: `VmRSS:` is what it has,
/// `VmHWM:` the most it ever had.
pub(crate) fn memory(pid: u32, line: &str) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let told = text.lines().find_map(|one| one.strip_prefix(line));
    let kib = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    kib.context("the kernel tells how much memory a process has")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_meet_in_any_order_and_once() {
        let (matcher, began) = (Matcher::new(), Instant::now());
        let (one, two, three) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let later = began + Duration::from_millis(5);
        matcher.created(&one.to_string(), began, true);
        assert_eq!(matcher.waiting(), 1);
        matcher.offered(&one.to_string(), later);
        matcher.offered(&two.to_string(), later);
        matcher.offered(&two.to_string(), later);
        matcher.created(&two.to_string(), began, true);
        matcher.offered(&three.to_string(), later);
        matcher.created(&three.to_string(), began, false);
        let summary = matcher.latencies().summary();
        assert_eq!((matcher.waiting(), summary.count), (0, 2));
        assert!((4.9..5.1).contains(&summary.p50_ms), "{summary:?}");
    }

    #[test]
    fn processor_time_of_this_process_rises() {
        let watched = Watched { server: Some(std::process::id()), postmaster: None };
        let before = Cpu::read(watched).unwrap();
        let began = Instant::now();
        let mut sum = 0_u64;
        while began.elapsed() < Duration::from_millis(60) {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        let used = Cpu::read(watched).unwrap().since(before);
        assert!(used.server > 0.0 && used.client > 0.0 && used.machine > 0.0, "{used:?} {sum}");
    }
}
