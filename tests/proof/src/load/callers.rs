//! Callers: they create interactions until they are stopped, over all tenants in turn. A closed
//! loop is so many tasks; an open one is a thread that begins calls at their times and lets them
//! run. What counts is what was answered while measuring was on.

use super::Pace;
use crate::measure::{Latencies, Matcher};
use crate::setup::{self, Tenant};
use omnichannel_sdk::{Client, new_request_id};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Calls that the open loop has under way at most.
const UNDER_WAY_MAX: usize = 2_000;
/// The open loop begins its calls in groups, this far apart.
const TICK: Duration = Duration::from_micros(500);
/// How long a caller waits after a refusal.
const PAUSE: Duration = Duration::from_millis(20);
/// How often it is looked whether the agents are nearly full.
const LOOK: Duration = Duration::from_millis(50);
/// How long calls under way may take after the last one began.
const LAST_CALLS_LIMIT: Duration = Duration::from_secs(12);

/// What the callers caught.
#[derive(Debug)]
pub(super) struct Caught {
    pub(super) measured: u64,
    pub(super) answered: u64,
    pub(super) left_out: u64,
    pub(super) latencies: Latencies,
    pub(super) lateness: Latencies,
    pub(super) refused: BTreeMap<String, u64>,
}

struct Shared {
    tenants: Vec<(Client, Tenant)>,
    matcher: Arc<Matcher>,
    measuring: AtomicBool,
    stopped: AtomicBool,
    turn: AtomicUsize,
    under_way: AtomicUsize,
    answered: AtomicU64,
    /// How many creates the agents have room for.
    room: usize,
    caught: Mutex<Caught>,
}

/// Callers at work.
pub(super) struct Callers {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
    dispatcher: Option<thread::JoinHandle<()>>,
}

/// Starts them.
pub(super) fn start(
    tenants: &[(Client, Tenant)],
    pace: Pace,
    matcher: Arc<Matcher>,
    room: usize,
) -> Callers {
    let caught = Caught {
        measured: 0,
        answered: 0,
        left_out: 0,
        latencies: Latencies::new(),
        lateness: Latencies::new(),
        refused: BTreeMap::new(),
    };
    let shared = Arc::new(Shared {
        tenants: tenants.to_vec(),
        matcher,
        measuring: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
        turn: AtomicUsize::new(0),
        under_way: AtomicUsize::new(0),
        answered: AtomicU64::new(0),
        room,
        caught: Mutex::new(caught),
    });
    let (mut tasks, mut dispatcher) = (JoinSet::new(), None);
    match pace {
        Pace::Callers(count) => {
            for _ in 0..count {
                tasks.spawn(call_on(Arc::clone(&shared)));
            }
        }
        Pace::PerSecond(rate) => {
            let (shared, handle) = (Arc::clone(&shared), Handle::current());
            dispatcher = Some(thread::spawn(move || dispatch(&shared, &handle, rate)));
        }
    }
    Callers { shared, tasks, dispatcher }
}

impl Callers {
    /// From now on what is answered counts, or no longer.
    pub(super) fn measure(&self, on: bool) {
        self.shared.measuring.store(on, Ordering::Relaxed);
    }

    /// Waits; shorter, and true, if the agents are nearly full.
    pub(super) async fn wait(&self, span: Duration) -> bool {
        let until = Instant::now() + span;
        while Instant::now() < until {
            if self.shared.is_full() {
                return true;
            }
            sleep(LOOK.min(until.saturating_duration_since(Instant::now()))).await;
        }
        false
    }

    /// Lets the calls under way end, and tells what was caught.
    pub(super) async fn stop(mut self) -> Caught {
        self.shared.stopped.store(true, Ordering::Relaxed);
        if let Some(dispatcher) = self.dispatcher.take() {
            // It looks at every tick whether it is to stop.
            let _ = tokio::task::spawn_blocking(move || dispatcher.join()).await;
        }
        let began = Instant::now();
        while self.shared.under_way.load(Ordering::Relaxed) > 0
            && began.elapsed() < LAST_CALLS_LIMIT
        {
            sleep(Duration::from_millis(5)).await;
        }
        self.tasks.shutdown().await;
        let caught = self.shared.caught.lock().unwrap_or_else(PoisonError::into_inner);
        Caught {
            measured: caught.measured,
            answered: self.shared.answered.load(Ordering::Relaxed),
            left_out: caught.left_out,
            latencies: caught.latencies.clone(),
            lateness: caught.lateness.clone(),
            refused: caught.refused.clone(),
        }
    }
}

impl Shared {
    fn is_full(&self) -> bool {
        let begun =
            self.answered.load(Ordering::Relaxed) as usize + self.under_way.load(Ordering::Relaxed);
        begun >= self.room
    }

    fn rests(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.is_full()
    }

    /// One create, measured from `began`; whether it was answered.
    async fn create(&self, turn: usize, began: Instant) -> bool {
        let (client, tenant) = &self.tenants[turn % self.tenants.len()];
        // A latency counts if its call began in the window, however late it was answered.
        let counts = self.measuring.load(Ordering::Relaxed);
        let made = setup::create(client, tenant, turn / self.tenants.len(), new_request_id()).await;
        let taken = began.elapsed();
        match made {
            Ok(interaction) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                self.matcher.created(&interaction, began, counts);
                let mut caught = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
                // A rate counts answers in the window, whenever their calls began.
                caught.measured += u64::from(self.measuring.load(Ordering::Relaxed));
                if counts {
                    caught.latencies.record(taken);
                }
                true
            }
            Err(error) => {
                let mut caught = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
                let name = match error.reason().name() {
                    "" => format!("create: {:?}", error.code()),
                    name => format!("create: {name}"),
                };
                *caught.refused.entry(name).or_default() += 1;
                false
            }
        }
    }
}

/// One caller of the closed loop.
async fn call_on(shared: Arc<Shared>) {
    while !shared.rests() {
        let turn = shared.turn.fetch_add(1, Ordering::Relaxed);
        shared.under_way.fetch_add(1, Ordering::Relaxed);
        let answered = shared.create(turn, Instant::now()).await;
        shared.under_way.fetch_sub(1, Ordering::Relaxed);
        if !answered {
            sleep(PAUSE).await;
        }
    }
}

/// The open loop. Latencies count from the planned time of a call, so that a generator that is late
/// makes its own figures worse, never better.
fn dispatch(shared: &Arc<Shared>, handle: &Handle, rate: usize) {
    let began = Instant::now();
    let mut begun = 0_usize;
    while !shared.rests() {
        let due = (began.elapsed().as_secs_f64() * rate as f64) as usize;
        while begun < due {
            let planned = began + Duration::from_secs_f64((begun + 1) as f64 / rate as f64);
            begun += 1;
            begin(shared, handle, planned);
        }
        // The thread belongs to nobody else, so it may sleep.
        thread::park_timeout(TICK);
    }
}

fn begin(shared: &Arc<Shared>, handle: &Handle, planned: Instant) {
    let measuring = shared.measuring.load(Ordering::Relaxed);
    let full = shared.under_way.load(Ordering::Relaxed) >= UNDER_WAY_MAX;
    if measuring {
        let mut caught = shared.caught.lock().unwrap_or_else(PoisonError::into_inner);
        caught.left_out += u64::from(full);
        caught.lateness.record(planned.elapsed());
    }
    if full {
        return;
    }
    let turn = shared.turn.fetch_add(1, Ordering::Relaxed);
    shared.under_way.fetch_add(1, Ordering::Relaxed);
    let shared = Arc::clone(shared);
    handle.spawn(async move {
        shared.create(turn, planned).await;
        shared.under_way.fetch_sub(1, Ordering::Relaxed);
    });
}
