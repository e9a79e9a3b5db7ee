//! The load generator: tenants, agents on live sessions, and callers who create interactions in
//! known conversations, in a closed loop (a number of callers, each waiting for its answer) or an
//! open one (a rate, whatever the answers do). It measures creates per second, how long a create
//! takes, and how long after the call began the offer reached the agent's stream.

mod callers;

use crate::desk::advice::Advice;
use crate::desk::{self, Tally, Worker};
use crate::measure::{Cpu, Matcher, Summary, Watched};
use crate::node;
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result, ensure};
use callers::Caught;
use futures::{StreamExt, TryStreamExt, stream};
use omnichannel_sdk::Client;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Offers stay open this long, so that in a run without answers none ends.
const OFFER_TIMEOUT: Duration = Duration::from_secs(600);
/// How long an answering run lets agents take.
const OFFER_TIMEOUT_ANSWERED: Duration = Duration::from_secs(20);
/// How long offers may still arrive after the last create.
const TAIL_LIMIT: Duration = Duration::from_secs(5);
/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Connections that the streams of all tenants share, and those of the calls.
const STREAM_CONNECTIONS: usize = 10;
const UNARY_CONNECTIONS: usize = 4;
/// Sessions opened at once.
const OPENING: usize = 16;
/// Capacity that is left unused, so that no create waits for an agent.
const SPARE: usize = 500;

/// How creates follow one another.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    /// So many callers, each waiting for its answer.
    Callers(usize),
    /// So many creates a second.
    PerSecond(usize),
}

/// A load run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) tenants: usize,
    /// Of all tenants together.
    pub(crate) agents: usize,
    pub(crate) capacity: i32,
    /// Of all tenants together.
    pub(crate) customers: usize,
    pub(crate) pace: Pace,
    pub(crate) warmup_seconds: f64,
    pub(crate) seconds: f64,
    /// Whether agents accept and complete; else they hold what they are offered.
    pub(crate) answer: bool,
}

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) plan: Plan,
    /// Length of the measured window.
    pub(crate) seconds: f64,
    /// Creates answered within it.
    pub(crate) creates: u64,
    pub(crate) creates_per_second: f64,
    pub(crate) create: Summary,
    pub(crate) offer: Summary,
    /// Creates of the window whose offer never arrived.
    pub(crate) offers_missing: usize,
    /// How late the open loop began its calls.
    pub(crate) lateness: Summary,
    /// Calls the open loop left out, because too many were under way.
    pub(crate) left_out: u64,
    /// Whether it ended early because the agents were nearly full.
    pub(crate) cut_short: bool,
    /// All creates that were answered, from the first greeting on.
    pub(crate) answered_in_all: u64,
    pub(crate) completed_in_all: u64,
    /// Refusals by call and reason.
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) cpu: Cpu,
}

impl Outcome {
    /// Processor microseconds per create.
    pub(crate) fn micros(&self, seconds: f64) -> f64 {
        seconds * 1e6 / (self.creates.max(1) as f64)
    }
}

/// A running set-up: everything but the callers.
struct Floor {
    tenants: Vec<(Client, Tenant)>,
    matcher: Arc<Matcher>,
    tally: Arc<Tally>,
    stop: watch::Sender<bool>,
    desks: JoinSet<()>,
}

/// Runs a plan against a server that is up; `mark` is called right before the measured window and
/// right after it.
pub(crate) async fn run(
    endpoint: &str,
    platform_key: &str,
    plan: &Plan,
    watched: Watched,
    mut mark: impl AsyncFnMut() -> Result<()>,
) -> Result<Outcome> {
    ensure!(plan.tenants > 0 && plan.customers >= plan.tenants, "every tenant needs a customer");
    ensure!(plan.agents >= plan.tenants, "every tenant needs an agent");
    let floor = open(endpoint, platform_key, plan).await?;
    let room = if plan.answer { usize::MAX } else { room(plan)? };
    let callers = callers::start(&floor.tenants, plan.pace, Arc::clone(&floor.matcher), room);
    sleep(Duration::from_secs_f64(plan.warmup_seconds)).await;

    mark().await?;
    let (before, began) = (Cpu::read(watched)?, Instant::now());
    callers.measure(true);
    let cut_short = callers.wait(Duration::from_secs_f64(plan.seconds)).await;
    callers.measure(false);
    let (cpu, seconds) = (Cpu::read(watched)?.since(before), began.elapsed().as_secs_f64());
    mark().await?;

    let caught = callers.stop().await;
    await_offers(&floor.matcher).await;
    let offers_missing = floor.matcher.waiting();
    floor.stop.send_replace(true);
    let outcome = outcome(plan, &floor, &caught, (seconds, cpu));
    drop(floor);
    Ok(Outcome { offers_missing, cut_short, ..outcome })
}

/// How many creates the agents can hold beside the greetings.
fn room(plan: &Plan) -> Result<usize> {
    let holds = plan.agents * plan.capacity.unsigned_abs() as usize;
    let room = holds.checked_sub(plan.customers + SPARE).filter(|room| *room > 0);
    room.context("the agents are full before the run begins: more agents or fewer customers")
}

fn outcome(plan: &Plan, floor: &Floor, caught: &Caught, (seconds, cpu): (f64, Cpu)) -> Outcome {
    let mut refused = floor.tally.refused();
    for (reason, count) in &caught.refused {
        *refused.entry(reason.clone()).or_default() += count;
    }
    let creates = caught.measured;
    Outcome {
        plan: plan.clone(),
        seconds,
        creates,
        creates_per_second: creates as f64 / seconds,
        create: caught.latencies.summary(),
        offer: floor.matcher.latencies().summary(),
        offers_missing: 0,
        lateness: caught.lateness.summary(),
        left_out: caught.left_out,
        cut_short: false,
        answered_in_all: caught.answered + plan.customers as u64,
        completed_in_all: floor.tally.completed.load(Ordering::Relaxed),
        refused,
        cpu,
    }
}

async fn await_offers(matcher: &Matcher) {
    let began = Instant::now();
    while matcher.waiting() > 0 && began.elapsed() < TAIL_LIMIT {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Tenants, agents at their desks, and customers who have written once.
async fn open(endpoint: &str, platform_key: &str, plan: &Plan) -> Result<Floor> {
    let platform = node::client(endpoint, platform_key, 1)?;
    let (matcher, tally) = (Arc::new(Matcher::new()), Arc::new(Tally::default()));
    let (stop, _) = watch::channel(false);
    let mut floor = Floor { tenants: Vec::new(), matcher, tally, stop, desks: JoinSet::new() };
    let run = uuid::Uuid::now_v7().simple().to_string();
    for number in 0..plan.tenants {
        let share = |of: usize| of / plan.tenants + usize::from(number < of % plan.tenants);
        let shape = Shape {
            capacities: vec![plan.capacity; share(plan.agents)],
            customers: share(plan.customers),
            offer_timeout: if plan.answer { OFFER_TIMEOUT_ANSWERED } else { OFFER_TIMEOUT },
            mixed: false,
        };
        let connect = |key: &str| {
            let each = |all: usize| all.div_ceil(plan.tenants);
            let (calls, streams) = (each(UNARY_CONNECTIONS), each(STREAM_CONNECTIONS));
            let client = node::client_with(endpoint, key, calls, streams)?;
            Ok(client.with_deadline(Some(DEADLINE)))
        };
        let name = format!("load-{run}-{number}");
        let tenant = setup::tenant(&platform, &name, &shape, connect).await?;
        let client = connect(&tenant.key)?;
        seat(&mut floor, &client, &tenant, plan.answer).await?;
        floor.tenants.push((client, tenant));
    }
    // Greetings are work like any other; they come when everybody is there.
    for (client, tenant) in &mut floor.tenants {
        setup::greet(tenant, client).await?;
    }
    Ok(floor)
}

async fn seat(floor: &mut Floor, client: &Client, tenant: &Tenant, answer: bool) -> Result<()> {
    if answer {
        for agent in &tenant.agents {
            let worker = Worker {
                client: client.clone(),
                agent_id: agent.id.clone(),
                tally: Arc::clone(&floor.tally),
                matcher: Some(Arc::clone(&floor.matcher)),
                advice: Advice::default(),
            };
            floor.desks.spawn(worker.work(floor.stop.subscribe()));
        }
        return Ok(());
    }
    let opened = tenant.agents.iter().map(|agent| {
        desk::hold(client, &agent.id, Arc::clone(&floor.matcher), Arc::clone(&floor.tally))
    });
    let opened: Vec<JoinSet<()>> =
        stream::iter(opened).buffer_unordered(OPENING).try_collect().await?;
    for mut tasks in opened {
        // A desk lives as long as the floor.
        floor.desks.spawn(async move { while tasks.join_next().await.is_some() {} });
    }
    Ok(())
}
