//! One run of a world: customers come, wait, are served or leave. Who gets whom is decided by the
//! router that routes live, on a floor that takes in the events that the ledger would write;
//! nothing here chooses. Offers are accepted at once.

mod labels;
mod made;
mod there;

use super::chance::Chance;
use super::tally::{Counts, Tally};
use super::times::{Stand, after};
use super::world::{Group, World};
use crate::floor::Floor;
use crate::routing::{self, Assignment};
use domain::agent::{AgentSpec, Capacity};
use domain::channel::ChannelKind;
use domain::event::{Actor, Change, EndReason, Event, QueueReason, Recorded};
use domain::id::{AgentId, InteractionId, LabelId, OfferId, QueueId, SkillId, TenantId};
use domain::interaction::{InteractionStatus, SkillRequirement, Traits};
use domain::offer::OfferState;
use domain::queue::{QueueSpec, RoutingSettings};
use domain::time::{Span, Timestamp};
use labels::Labels;
use made::{skills, spec_of};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use uuid::Uuid;

/// How many assignments are made at a time, as in a batch of the ledger.
const TOGETHER: usize = 256;

/// Streams of chance of one class: when they come, and what they bring.
const STREAMS: u64 = 2;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A customer of this class comes.
    Arrive(usize),
    /// A customer's patience ends.
    Leave(u64),
    /// A customer's work is done.
    Done(u64),
    /// The staff of this group changes.
    Staff(usize, usize),
    /// This schedule may say otherwise.
    Shift(usize),
    /// Customers come no more.
    End,
}

/// A customer who is here.
#[derive(Clone, Copy, Debug)]
struct Customer {
    class: usize,
    came: i64,
    /// How long their work takes at full speed, in seconds.
    size: f64,
    counted: bool,
    /// Who serves them.
    agent: Option<AgentId>,
}

/// Where customers of a class come from.
#[derive(Clone, Debug)]
struct Source {
    queue: QueueId,
    needs: Vec<SkillRequirement>,
    coming: Chance,
    bringing: Chance,
    tally: Tally,
}

/// A run in progress.
pub struct Run<'a> {
    world: &'a World,
    floor: Floor,
    /// When the world began.
    start: i64,
    now: i64,
    /// When customers came no more.
    closed: Option<i64>,
    heap: BinaryHeap<Reverse<(i64, u64, Next)>>,
    order: u64,
    sources: Vec<Source>,
    customers: BTreeMap<u64, Customer>,
    stands: BTreeMap<AgentId, Stand>,
    groups: Vec<Vec<AgentId>>,
    labels: Labels,
    busyness: f64,
    came: u64,
    /// Whether agents' work counts now.
    measuring: bool,
    seq: i64,
    /// What was recorded, if anybody wants it.
    log: Option<Vec<Recorded>>,
}

fn micros(seconds: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "times are bounded by the world's check")]
    let whole = libm::round(seconds * 1e6) as i64;
    whole
}

fn span(seconds: f64) -> Span {
    Span::from_micros(micros(seconds))
}

impl<'a> Run<'a> {
    /// The run of this number; the same number means the same customers, whatever the policy.
    ///
    /// # Errors
    /// What is wrong with the world, in words.
    pub fn new(world: &'a World, seed: u64, run: u64) -> Result<Self, String> {
        Self::begun(world, (seed, run), None)
    }

    /// The same, with a log that is kept.
    ///
    /// # Errors
    /// What is wrong with the world, in words.
    pub fn with_log(world: &'a World, seed: u64, run: u64) -> Result<Self, String> {
        Self::begun(world, (seed, run), Some(Vec::new()))
    }

    fn begun(
        world: &'a World,
        (seed, run): (u64, u64),
        log: Option<Vec<Recorded>>,
    ) -> Result<Self, String> {
        world.check()?;
        let mut chance = Chance::new(seed, run, u64::MAX);
        let mut made = Self {
            world,
            floor: Floor::default(),
            start: world.beginning().micros(),
            now: world.beginning().micros(),
            closed: None,
            heap: BinaryHeap::new(),
            order: 0,
            sources: Vec::new(),
            customers: BTreeMap::new(),
            stands: BTreeMap::new(),
            groups: Vec::new(),
            labels: Labels::of(world, seed, run),
            busyness: world.busyness.map_or(1.0, |shape| chance.gamma(shape)),
            came: 0,
            measuring: world.warm_up == 0.0,
            seq: 0,
            log,
        };
        made.furnish(seed, run);
        Ok(made)
    }

    /// Queues, agents and settings.
    fn furnish(&mut self, seed: u64, run: u64) {
        let world = self.world;
        let skills = skills(world);
        let settings = RoutingSettings {
            order: world.order,
            gap_step: span(world.gap_step),
            ..RoutingSettings::default()
        };
        self.record(Event::RoutingSettingsSaved { tenant_id: TenantId::SYSTEM, settings });
        for (at, class) in (0..).zip(&world.classes) {
            let queue = QueueId(Uuid::from_u128(1_000 + u128::from(at)));
            let needs = class.needs.iter();
            let needs = needs.map(|(name, level)| SkillRequirement {
                skill_id: skills[name.as_str()],
                min_level: *level,
            });
            let spec = QueueSpec { required_skills: needs.collect(), ..spec_of(class) };
            let needs = spec.required_skills.clone();
            self.save_queue(queue, spec);
            let coming = Chance::new(seed, run, at * STREAMS);
            let bringing = Chance::new(seed, run, at * STREAMS + 1);
            let tally = Tally::default();
            self.sources.push(Source { queue, needs, coming, bringing, tally });
        }
        self.furnish_schedules();
        let mut next = 1_000_000_u128;
        for (at, group) in world.agents.iter().enumerate() {
            let mut of_group = Vec::new();
            for _ in 0..group.most() {
                next += 1;
                let id = AgentId(Uuid::from_u128(next));
                self.save_agent(id, group, &skills);
                self.stands.insert(id, Stand { since: self.start, ..Stand::default() });
                of_group.push(id);
            }
            self.groups.push(of_group);
            for (step, staff) in group.staff.iter().enumerate() {
                self.plan(self.start + micros(staff.from), Next::Staff(at, step));
            }
        }
        if let Some(seconds) = world.seconds {
            self.plan(self.start + micros(seconds), Next::End);
        }
        for class in 0..world.classes.len() {
            self.next_arrival(class);
        }
    }

    fn save_queue(&mut self, queue_id: QueueId, spec: QueueSpec) {
        self.record(Event::QueueSaved { queue_id, spec, change: Change::Created, version: 1 });
    }

    fn save_agent(&mut self, agent_id: AgentId, group: &Group, skills: &BTreeMap<&str, SkillId>) {
        let per_label = self.labels.caps(group);
        let spec = AgentSpec {
            skills: group.skills.iter().map(|(name, l)| (skills[name.as_str()], *l)).collect(),
            capacity: Capacity { units: group.units, per_label, ..Capacity::default() },
            rank: group.rank,
            schedule_id: self.schedule_of(group),
            ..AgentSpec::default()
        };
        self.record(Event::AgentSaved { agent_id, spec, change: Change::Created, version: 1 });
    }

    fn record(&mut self, event: Event) {
        self.seq += 1;
        let at = Timestamp::from_micros(self.now);
        let (actor, request_id) = (Actor::SYSTEM, String::new());
        let recorded = Recorded { seq: self.seq, at, actor, request_id, event };
        self.floor.apply(&recorded);
        if let Some(log) = &mut self.log {
            log.push(recorded);
        }
    }

    fn plan(&mut self, at: i64, next: Next) {
        self.order += 1;
        self.heap.push(Reverse((at, self.order, next)));
    }

    /// Whether customers still come.
    fn open(&self) -> bool {
        self.world.arrivals.is_none_or(|most| self.came < most)
    }

    fn next_arrival(&mut self, class: usize) {
        let gap = self.sources[class].coming.exponential() / self.busyness;
        let elapsed = (self.now - self.start) as f64 / 1e6;
        let at = self.start + micros(after(&self.world.classes[class].rates, elapsed, gap));
        let late = self.world.seconds.is_some_and(|seconds| at > self.start + micros(seconds));
        if !late {
            self.plan(at, Next::Arrive(class));
        }
    }

    /// Runs until the last customer is gone, asking now and then, with how many came, whether to go
    /// on; none if not.
    pub fn finish(mut self, goes_on: impl FnMut(u64) -> bool) -> Option<Counts> {
        if !self.go(goes_on) {
            return None;
        }
        let agents = self.stands.values().map(|stand| (stand.worked, stand.been)).collect();
        let classes = self.sources.iter().map(|source| source.tally).collect();
        let labels = self.labels.tallies();
        Some(Counts { classes, labels, agents, events: self.seq.unsigned_abs() })
    }

    /// Runs to the end; all that was recorded, if it is kept.
    pub fn recorded(mut self) -> Vec<Recorded> {
        self.go(|_| true);
        self.log.unwrap_or_default()
    }

    fn go(&mut self, mut goes_on: impl FnMut(u64) -> bool) -> bool {
        const TELL: i64 = 50_000;
        let mut told = self.seq;
        while let Some(Reverse((at, _, next))) = self.heap.pop() {
            if self.seq - told > TELL {
                told = self.seq;
                if !goes_on(self.came) {
                    return false;
                }
            }
            self.now = at;
            match next {
                Next::Arrive(class) => self.arrive(class),
                Next::Leave(customer) => self.leave(customer),
                Next::Done(customer) => self.done(customer),
                Next::Staff(group, step) => self.staff(group, step),
                Next::Shift(schedule) => self.shift(schedule),
                Next::End => self.close(),
            }
        }
        goes_on(self.came)
    }

    /// Agents' work no longer counts.
    fn close(&mut self) {
        let now = self.now;
        self.closed = self.closed.or(Some(now));
        self.stands.values_mut().for_each(|stand| stand.tick(now));
        self.measuring = false;
    }

    fn arrive(&mut self, class: usize) {
        if !self.open() {
            return;
        }
        let number = self.came;
        self.came += 1;
        let counted = self.counted();
        if counted && !self.measuring && self.open() {
            self.measuring = true;
            let now = self.now;
            self.stands.values_mut().for_each(|stand| {
                *stand = Stand { since: now, worked: 0, been: 0, ..*stand };
            });
        }
        let seconds = (self.now - self.start) as f64 / 1e6;
        let (service, patience) = self.world.classes[class].brings(seconds);
        let source = &mut self.sources[class];
        let size = service.draw(&mut source.bringing);
        let patience = patience.map(|spread| spread.draw(&mut source.bringing));
        let customer = Customer { class, came: self.now, size, counted, agent: None };
        source.tally.offered += u64::from(counted);
        let labels = self.labels.draw(class, &self.world.classes[class]);
        self.labels.count(&labels, |tally| tally.offered += u64::from(counted));
        let event = self.queued(number, class, labels);
        self.customers.insert(number, customer);
        self.record(event);
        self.route();
        let waits = self.customers.get(&number).is_some_and(|found| found.agent.is_none());
        if let Some(patience) = patience.filter(|_| waits) {
            self.plan(self.now + micros(patience), Next::Leave(number));
        }
        if self.open() {
            self.next_arrival(class);
        } else {
            self.close();
        }
    }

    /// A customer joins the queue of their class.
    fn queued(&self, number: u64, class: usize, labels: Vec<LabelId>) -> Event {
        Event::InteractionQueued {
            interaction_id: interaction(number),
            queue_id: self.sources[class].queue,
            channel: ChannelKind::Voice,
            priority: self.world.classes[class].priority,
            required_skills: Vec::new(),
            enqueued_at: Timestamp::from_micros(self.now),
            enqueued_seq: self.seq + 1,
            target_agent_id: None,
            offers_made: 0,
            reason: QueueReason::Arrived,
            rule_id: None,
            plan: None,
            last_agent_id: None,
            overflowed_from: None,
            rule_version: 0,
            traits: Traits { labels, ..Traits::default() },
            ladder: None,
        }
    }

    /// Whether whoever comes now is counted.
    fn counted(&self) -> bool {
        let warm_up = self.world.warm_up;
        match (self.world.arrivals, self.world.seconds) {
            (Some(most), _) => self.came as f64 > warm_up * most as f64,
            (None, Some(seconds)) => (self.now - self.start) as f64 / 1e6 >= warm_up * seconds,
            (None, None) => true,
        }
    }

    fn route(&mut self) {
        loop {
            let now = Timestamp::from_micros(self.now);
            let made = routing::next(&mut self.floor, now, TOGETHER);
            if made.is_empty() {
                return;
            }
            for assignment in made {
                self.serve(assignment);
            }
        }
    }

    fn serve(&mut self, assignment: Assignment) {
        let Assignment { interaction_id, agent_id, queue_id, shadow } = assignment;
        let offer_id = OfferId(interaction_id.0);
        let labels = self.labels_of(interaction_id);
        self.record(Event::OfferMade {
            offer_id,
            interaction_id,
            agent_id,
            queue_id,
            channel: ChannelKind::Voice,
            attempt: 1,
            expires_at: Timestamp::from_micros(self.now),
            shadow_agent_id: shadow,
            labels: labels.clone(),
            override_limits: false,
        });
        self.record(Event::OfferAccepted { offer_id, interaction_id, agent_id });
        let number = number(interaction_id);
        let Some(customer) = self.customers.get_mut(&number) else { return };
        customer.agent = Some(agent_id);
        let Customer { class, came, size, counted, .. } = *customer;
        let within = micros(self.world.classes[class].within);
        let wait = self.now - came;
        if counted {
            self.sources[class].tally.answered(wait, wait <= within);
            self.labels.count(&labels, |tally| tally.answered(wait, wait <= within));
        }
        let stand = self.stands.entry(agent_id).or_default();
        if self.measuring {
            stand.tick(self.now);
        }
        stand.working += 1;
        let time = size / self.speed(class, agent_id);
        self.plan(self.now + micros(time), Next::Done(number));
    }

    /// How fast an agent is at a class: by the lowest level of what is needed.
    fn speed(&self, class: usize, agent: AgentId) -> f64 {
        let Some(speeds) = self.world.speeds else { return 1.0 };
        let Some(agent) = self.floor.agent(agent) else { return 1.0 };
        let level = |need: &SkillRequirement| agent.spec.skills.get(&need.skill_id).copied();
        let lowest = self.sources[class].needs.iter().filter_map(level).min();
        lowest.map_or(1.0, |level| speeds[usize::from(level.clamp(1, 10)) - 1])
    }

    fn leave(&mut self, number: u64) {
        let Some(customer) = self.customers.get(&number).copied() else { return };
        if customer.agent.is_some() {
            return;
        }
        self.customers.remove(&number);
        let interaction_id = interaction(number);
        let labels = self.labels_of(interaction_id);
        let previous = Some(InteractionStatus::Queued);
        self.record(Event::InteractionCancelled { interaction_id, previous });
        let class = &self.world.classes[customer.class];
        let (within, short) = (micros(class.within), micros(self.world.short_abandon));
        let wait = self.now - customer.came;
        let left = |tally: &mut Tally| {
            tally.left(wait, wait <= within);
            tally.abandoned_short += u64::from(wait < short);
        };
        if customer.counted {
            left(&mut self.sources[customer.class].tally);
            self.labels.count(&labels, left);
        }
    }

    fn done(&mut self, number: u64) {
        let Some(customer) = self.customers.remove(&number) else { return };
        let Some(agent_id) = customer.agent else { return };
        let interaction_id = interaction(number);
        self.record(Event::OfferEnded {
            offer_id: OfferId(interaction_id.0),
            interaction_id,
            agent_id,
            state: OfferState::Completed,
            reason: EndReason::Done,
            cool_until: None,
        });
        self.record(Event::InteractionResolved { interaction_id, wrap_up_code: String::new() });
        let stand = self.stands.entry(agent_id).or_default();
        if self.measuring {
            stand.tick(self.now);
        }
        stand.working -= 1;
        self.route();
    }
}

fn interaction(number: u64) -> InteractionId {
    // Ids of queues and agents are below.
    InteractionId(Uuid::from_u128((1 << 64) | u128::from(number)))
}

fn number(id: InteractionId) -> u64 {
    id.0.as_u64_pair().1
}
