//! What routing one interaction costs as a floor grows: a hundred agents and a hundred waiting
//! beside ten thousand and a hundred thousand, in one run, the two in turns. Each decision is made
//! on a copy of the floor, as a batch makes it, and the copy is thrown away. Run it with
//! `--release`; it prints a table.
//!
//! Two worlds: one where all agents and work are alike, and one of 20 teams, each with a queue, and
//! 60 skills, of which every agent has three, so that hardly two are alike and work stands in
//! thousands of buckets.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a stopwatch beside the engine, not a clock in it"
)]

use domain::agent::{AgentSpec, Capacity, EffectiveStatus, Presence, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{Actor, EndReason, Event, QueueReason, Recorded};
use domain::id::{AgentId, InteractionId, OfferId, QueueId, SkillId, TeamId};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement, Traits};
use domain::offer::{Offer, OfferRole, OfferState};
use domain::queue::{AssignmentMode, QueueSpec, Strategy};
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use engine::floor::{AgentRow, Floor, ItemRow, Snapshot};
use engine::routing::{self, eligibility};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
/// Agents and waiting interactions of the two floors.
const SIZES: [(usize, usize); 2] = [(100, 100), (10_000, 100_000)];
/// Decisions of each kind on each floor.
const DECISIONS: usize = 1_000;
/// Those thrown away before.
const WARM_UP: usize = 50;
const QUEUES: usize = 20;
const SKILLS: usize = 60;
/// A skill that is asked for and that nobody has.
const NOBODY: usize = 999;
/// Assignments of one batch.
const TOGETHER: usize = 256;
/// Pairs of agent and item judged to weigh the checks.
const PAIRS: usize = 2_000_000;

/// A number that follows from the one before: no chance here either.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)) % below as u64).unwrap_or(0)
    }
}

fn id<T: From<Uuid>>(kind: u128, number: usize) -> T {
    Uuid::from_u128((kind << 96) | (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15)).into()
}

fn skill(number: usize) -> SkillId {
    id(4, number)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum World {
    Alike,
    Varied,
}

/// What is decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// An interaction comes while nobody is free.
    ComesToBusy,
    /// One comes while all are free.
    ComesToFree,
    /// An agent is freed and offered what is first for them.
    Freed,
    /// An agent is freed and takes what is first for them.
    Takes,
}

impl Act {
    const fn mode(self) -> AssignmentMode {
        match self {
            Self::Takes => AssignmentMode::Pull,
            _ => AssignmentMode::Push,
        }
    }
}

/// A floor and what is needed to act on it.
struct Scene {
    floor: Floor,
    agents: Vec<(AgentId, AgentSpec)>,
    world: World,
    seq: i64,
}

impl Scene {
    /// With `busy`, every agent has as much as they may; else they have nothing, and what waits
    /// asks for what nobody knows.
    fn new(world: World, strategy: Strategy, act: Act, (agents, waiting): (usize, usize)) -> Self {
        let busy = act != Act::ComesToFree;
        let mut dice = Dice(7);
        let queues = if world == World::Alike { 1 } else { QUEUES };
        let teams = |queue: usize| match world {
            World::Alike => Vec::new(),
            World::Varied => vec![id::<TeamId>(3, queue)],
        };
        let spec = |queue| QueueSpec {
            strategy,
            teams: teams(queue),
            assignment_mode: act.mode(),
            ..QueueSpec::default()
        };
        let specs: Vec<(AgentId, AgentSpec)> =
            (0..agents).map(|n| (id(1, n), agent(world, n, &mut dice))).collect();
        let mut rows = Snapshot {
            seq: 1_000_000,
            at: NOW,
            queues: (0..queues).map(|n| (id::<QueueId>(2, n), spec(n))).collect(),
            agents: specs.iter().map(|(id, spec)| agent_row(*id, spec)).collect(),
            ..Snapshot::default()
        };
        for n in 0..waiting {
            let queue = dice.roll(queues);
            let mut skills = asked(world, &mut dice);
            if !busy {
                skills.push(SkillRequirement { skill_id: skill(NOBODY), min_level: 1 });
            }
            let age = Span::from_secs(i64::try_from(dice.roll(3_600)).unwrap_or(0));
            let status = InteractionStatus::Queued;
            rows.items.push(item_row(n, queue, skills, (status, NOW - age), &mut dice));
        }
        for (n, (agent, _)) in specs.iter().enumerate().filter(|_| busy) {
            let held = waiting + n;
            let status = InteractionStatus::Active;
            rows.items.push(item_row(held, 0, Vec::new(), (status, NOW), &mut dice));
            rows.legs.push(leg(n, *agent, id(5, held)));
        }
        let mut floor = Floor::load(rows);
        for (id, _) in &specs {
            floor.settle_agent(*id);
        }
        Self { floor, agents: specs, world, seq: 2_000_000 }
    }

    fn event(&mut self, event: Event) -> Recorded {
        self.seq += 1;
        Recorded { seq: self.seq, at: NOW, actor: Actor::SYSTEM, request_id: String::new(), event }
    }

    /// An interaction arrives that at least one agent is for.
    fn arrival(&mut self, number: usize, dice: &mut Dice) -> Vec<Recorded> {
        let interaction_id: InteractionId = id(6, number);
        let (_, spec) = self.agents[dice.roll(self.agents.len())].clone();
        let queues: Vec<QueueId> = match self.world {
            World::Alike => vec![id(2, 0)],
            World::Varied => (0..QUEUES)
                .filter(|n| spec.teams.contains(&id::<TeamId>(3, *n)))
                .map(|n| id(2, n))
                .collect(),
        };
        let known = spec.skills.iter().nth(dice.roll(spec.skills.len().max(1)));
        let required_skills = known.map(|(skill_id, level)| SkillRequirement {
            skill_id: *skill_id,
            min_level: u8::try_from(1 + dice.roll(usize::from(*level))).unwrap_or(1),
        });
        let (priority, enqueued_seq) = (Priority::Normal, self.seq + 2);
        vec![
            self.event(Event::InteractionCreated {
                interaction_id,
                conversation_id: id(7, number),
                customer_id: id(8, number),
                channel: ChannelKind::Chat,
                account_id: None,
                priority,
                rule_id: None,
                rule_version: 0,
                message_id: None,
            }),
            self.event(Event::InteractionQueued {
                interaction_id,
                queue_id: queues[dice.roll(queues.len())],
                channel: ChannelKind::Chat,
                priority,
                required_skills: required_skills.into_iter().collect(),
                enqueued_at: NOW,
                enqueued_seq,
                target_agent_id: None,
                offers_made: 0,
                reason: QueueReason::Arrived,
                rule_id: None,
                plan: None,
                last_agent_id: None,
                overflowed_from: None,
                rule_version: 0,
                traits: Traits::default(),
                ladder: None,
            }),
        ]
    }

    /// An agent is done with what they had.
    fn completion(&mut self, dice: &mut Dice) -> (AgentId, Vec<Recorded>) {
        let n = dice.roll(self.agents.len());
        let offer_id: OfferId = id(9, n);
        let interaction_id = self.floor.leg(offer_id).expect("they are busy").interaction_id;
        let agent_id = self.agents[n].0;
        let ended = self.event(Event::OfferEnded {
            offer_id,
            interaction_id,
            agent_id,
            state: OfferState::Completed,
            reason: EndReason::Done,
            cool_until: None,
        });
        let wrap_up_code = String::new();
        let resolved = self.event(Event::InteractionResolved { interaction_id, wrap_up_code });
        (agent_id, vec![ended, resolved])
    }
}

fn agent(world: World, number: usize, dice: &mut Dice) -> AgentSpec {
    let mut spec = AgentSpec {
        teams: Vec::new(),
        skills: BTreeMap::new(),
        languages: Vec::new(),
        capacity: Capacity { units: 1, ..Capacity::default() },
        rank: 0,
        place: None,
        schedule_id: None,
    };
    if world == World::Varied {
        spec.teams = vec![id(3, number % QUEUES), id(3, dice.roll(QUEUES))];
        spec.teams.sort_unstable();
        spec.teams.dedup();
        while spec.skills.len() < 3 {
            let level = u8::try_from(1 + dice.roll(10)).unwrap_or(1);
            spec.skills.insert(skill(dice.roll(SKILLS)), level);
        }
    }
    spec
}

fn asked(world: World, dice: &mut Dice) -> Vec<SkillRequirement> {
    if world == World::Alike {
        return Vec::new();
    }
    let one = |dice: &mut Dice| SkillRequirement {
        skill_id: skill(dice.roll(SKILLS)),
        min_level: u8::try_from(1 + dice.roll(5)).unwrap_or(1),
    };
    let mut all: Vec<_> = (0..=dice.roll(2)).map(|_| one(dice)).collect();
    all.sort_unstable_by_key(|need| need.skill_id);
    all.dedup_by_key(|need| need.skill_id);
    all
}

fn agent_row(id: AgentId, spec: &AgentSpec) -> AgentRow {
    let presence = Presence {
        intended: PresenceStatus::Available,
        effective: EffectiveStatus::Available,
        lease_until: Some(NOW + Span::from_secs(86_400)),
        ..Presence::default()
    };
    let (spec, sessions, time_off) = (spec.clone(), Vec::new(), Vec::new());
    AgentRow { id, spec, presence, idle_seq: 0, asked_seq: 0, sessions, time_off, credit: 0 }
}

fn item_row(
    number: usize,
    queue: usize,
    required_skills: Vec<SkillRequirement>,
    (status, enqueued_at): (InteractionStatus, Timestamp),
    dice: &mut Dice,
) -> ItemRow {
    let priorities = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];
    ItemRow {
        id: id(5, number),
        status,
        queue_id: Some(id(2, queue)),
        channel: ChannelKind::Chat,
        priority: priorities[dice.roll(priorities.len())],
        required_skills,
        traits: Traits::default(),
        enqueued_at,
        enqueued_seq: i64::try_from(number).unwrap_or(0),
        target: None,
        cool_downs: Vec::new(),
        offers_made: 0,
        last_agent: None,
        plan: None,
        sla: None,
        ladder: None,
        taken: false,
        wake_at: None,
    }
}

fn leg(number: usize, agent_id: AgentId, interaction_id: InteractionId) -> Offer {
    Offer {
        id: id(9, number),
        interaction_id,
        agent_id,
        role: OfferRole::Owner,
        queue_id: id(2, 0),
        channel: ChannelKind::Chat,
        state: OfferState::Connected,
        attempt: 1,
        offered_at: NOW,
        offered_seq: 1,
        expires_at: NOW,
        answered_at: Some(NOW),
        wrap_until: None,
        ended_at: None,
        reason: String::new(),
        note: Sealed::default(),
        note_id: None,
        shadow_agent_id: None,
        labels: Vec::new(),
        override_limits: false,
        last_seq: 1,
    }
}

/// Takes events in and places what can be placed; how many offers were made, and how long it took.
fn decide(scene: &mut Scene, events: &[Recorded]) -> (usize, Duration) {
    let mut floor = scene.floor.clone();
    let begun = Instant::now();
    for event in events {
        floor.apply(event);
    }
    let mut made = 0;
    loop {
        let next = routing::next(&mut floor, NOW, TOGETHER);
        if next.is_empty() {
            break;
        }
        for one in next {
            made += 1;
            let item = floor.item(one.interaction_id).expect("it waits");
            let (channel, attempt) = (item.channel, item.offers_made + 1);
            let event = scene.event(Event::OfferMade {
                offer_id: id(10, made),
                interaction_id: one.interaction_id,
                agent_id: one.agent_id,
                queue_id: one.queue_id,
                channel,
                attempt,
                expires_at: NOW + Span::from_secs(20),
                shadow_agent_id: None,
                labels: item.traits.labels.clone(),
                override_limits: false,
            });
            floor.apply(&event);
        }
    }
    let took = begun.elapsed();
    black_box(&floor);
    (made, took)
}

fn summary(took: &mut [Duration]) -> (f64, f64) {
    let micros = |took: Duration| took.as_secs_f64() * 1e6;
    took.sort_unstable();
    let sum: Duration = took.iter().sum();
    (micros(sum) / took.len() as f64, micros(took[took.len() / 2]))
}

/// An agent who was freed takes what is first for them: whether there was something, and how long.
fn take(scene: &mut Scene, events: &[Recorded], agent: AgentId) -> (usize, Duration) {
    let mut floor = scene.floor.clone();
    let begun = Instant::now();
    for event in events {
        floor.apply(event);
    }
    let taken = routing::take::take(&floor, agent, &[], NOW);
    let took = begun.elapsed();
    black_box(&floor);
    (usize::from(taken.is_ok()), took)
}

fn compare(name: &str, world: World, strategy: Strategy, act: Act) {
    let mut scenes = SIZES.map(|size| Scene::new(world, strategy, act, size));
    let (mut took, mut made) = ([Vec::new(), Vec::new()], [0, 0]);
    let mut dice = Dice(11);
    for turn in 0..WARM_UP + DECISIONS {
        for (which, scene) in scenes.iter_mut().enumerate() {
            let (offers, time) = match act {
                Act::ComesToBusy | Act::ComesToFree => {
                    let events = scene.arrival(turn, &mut dice);
                    decide(scene, &events)
                }
                Act::Freed | Act::Takes => {
                    let (agent, events) = scene.completion(&mut dice);
                    if act == Act::Takes {
                        take(scene, &events, agent)
                    } else {
                        decide(scene, &events)
                    }
                }
            };
            if turn < WARM_UP {
                continue;
            }
            took[which].push(time);
            made[which] += offers;
        }
    }
    let [small, large] = took.each_mut().map(|took| summary(took));
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2}, {:.2} |",
        small.0,
        small.1,
        large.0,
        large.1,
        large.0 / small.0,
        made[0] as f64 / DECISIONS as f64,
        made[1] as f64 / DECISIONS as f64
    );
}

/// The conditions of the varied world, said as plainly as they can be.
fn plain(agent: &engine::floor::Agent, item: &engine::floor::Item, queue: &QueueSpec) -> bool {
    let used: u16 = agent.used.values().sum();
    agent.presence.duty.works()
        && agent.presence.effective == EffectiveStatus::Available
        && agent.presence.channels.is_empty()
        && used < agent.spec.capacity.units
        && !agent.spec.capacity.per_channel.contains_key(&item.channel)
        && agent.spec.capacity.per_label.is_empty()
        && agent.credit == 0
        && queue.teams.iter().any(|team| agent.spec.teams.contains(team))
        && item.required_skills.iter().all(|need| {
            agent.spec.skills.get(&need.skill_id).is_some_and(|level| *level >= need.min_level)
        })
}

/// What naming the checks costs, beside the same conditions as plain as can be.
fn weigh_checks() {
    let scene = Scene::new(World::Varied, Strategy::PrimaryFirst, Act::ComesToFree, (1_000, 1_000));
    let floor = &scene.floor;
    let agents: Vec<_> = floor.agents().collect();
    let items: Vec<_> = floor.items().map(|(_, item)| item).collect();
    let pairs = || (0..PAIRS).map(|n| (agents[n % agents.len()], items[(n / 7) % items.len()]));
    let (mut named, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let begun = Instant::now();
        let found = pairs().filter(|((id, agent), item)| {
            eligibility::can_take(item.claim(), agent)
                && eligibility::Circle::of_item(floor, item).has(**id, agent)
        });
        let found = found.count();
        named.push(begun.elapsed());
        let begun = Instant::now();
        let plain = pairs().filter(|((_, agent), item)| {
            let queue = item.queue_id.and_then(|id| floor.queue(id));
            queue.is_some_and(|queue| plain(agent, item, queue))
        });
        assert_eq!(plain.count(), found, "both say the same");
        bare.push(begun.elapsed());
    }
    let each = |took: &mut [Duration]| summary(took).1 * 1e3 / PAIRS as f64;
    println!(
        "\nOne agent judged for one item: {:.0} ns by named checks, {:.0} ns by plain conditions.",
        each(&mut named),
        each(&mut bare)
    );
}

fn main() {
    println!("| decision | small, mean µs | median | large, mean µs | median | ratio | offers |");
    println!("|---|---|---|---|---|---|---|");
    let usual = Strategy::PrimaryFirst;
    for (name, world) in [("alike", World::Alike), ("varied", World::Varied)] {
        compare(&format!("{name}: it comes, nobody is free"), world, usual, Act::ComesToBusy);
        compare(&format!("{name}: an agent is freed"), world, usual, Act::Freed);
        compare(&format!("{name}: an agent takes their next"), world, usual, Act::Takes);
        compare(&format!("{name}: it comes, all are free"), world, usual, Act::ComesToFree);
    }
    for (name, strategy) in [
        ("least loaded", Strategy::LeastLoaded),
        ("most skilled", Strategy::MostSkilled),
        ("closest skills", Strategy::SkillBased),
        ("language", Strategy::Language),
    ] {
        let name = format!("varied, {name}: it comes, all are free");
        compare(&name, World::Varied, strategy, Act::ComesToFree);
    }
    weigh_checks();
}
