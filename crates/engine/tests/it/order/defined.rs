//! Every work order against its definition, spelled out once more the slow way: whatever waits, a
//! freed agent gets one of those that the definition puts first, and something whenever anything is
//! for them.

use super::set;
use crate::support::{Chance, Wants, World, need, skilled};
use domain::agent::{EffectiveStatus, PresenceStatus};
use domain::id::{InteractionId, QueueId, SkillId};
use domain::interaction::Priority;
use domain::queue::{QueueSpec, Tuning, WorkOrder};
use domain::time::{Span, Timestamp};

const SKILLS: usize = 3;

/// What waits.
struct Waiting {
    id: InteractionId,
    queue: usize,
    since: Timestamp,
    priority: Priority,
    /// Skills it asks for itself, each at level one.
    asks: Vec<usize>,
}

/// A queue: its id, its spec, and the skill it asks for.
struct Line {
    id: QueueId,
    spec: QueueSpec,
    asks: Option<usize>,
}

/// Some queues with work waiting, and what the freed agent knows of each skill.
struct Tangle {
    w: World,
    lines: Vec<Line>,
    waiting: Vec<Waiting>,
    levels: [u8; SKILLS],
    gap_step: i64,
}

fn small(chance: &mut Chance, below: usize) -> u16 {
    u16::try_from(chance.below(below)).expect("it is small")
}

fn seconds(chance: &mut Chance, below: usize) -> Span {
    Span::from_secs(i64::from(small(chance, below)))
}

/// A skill, or none.
fn any_skill(chance: &mut Chance) -> Option<usize> {
    Some(chance.below(SKILLS + 1)).filter(|skill| *skill < SKILLS)
}

fn tangle(chance: &mut Chance, order: WorkOrder) -> (Tangle, Vec<SkillId>) {
    let mut w = World::new();
    let gap_step = i64::from(small(chance, 400));
    set(&mut w, order, gap_step);
    let skills: Vec<SkillId> = (0..SKILLS).map(|_| w.id()).collect();
    let line = |w: &mut World, chance: &mut Chance| {
        let asks = any_skill(chance);
        let tuning = Tuning {
            weight: 1 + small(chance, 5),
            ageing_knee: seconds(chance, 200),
            ageing_percent: 50 * small(chance, 5),
            ..Tuning::default()
        };
        let required_skills = asks.map(|skill| need(skills[skill], 1)).into_iter().collect();
        let priority_step = seconds(chance, 120);
        let spec = QueueSpec { tuning, required_skills, priority_step, ..QueueSpec::default() };
        Line { id: w.queue(spec.clone()), spec, asks }
    };
    let lines: Vec<Line> = (0..1 + chance.below(4)).map(|_| line(&mut w, chance)).collect();
    let mut waiting = Vec::new();
    for _ in 0..chance.below(9) {
        w.now = w.now + Span::from_micros(1 + i64::try_from(chance.below(90_000_000)).expect("so"));
        let queue = chance.below(lines.len());
        let priority = chance.of(Priority::ALL).expect("there are some");
        let asks: Vec<usize> = any_skill(chance).into_iter().collect();
        let wants = Wants {
            priority,
            skills: asks.iter().map(|skill| need(skills[*skill], 1)).collect(),
            ..Wants::of(lines[queue].id)
        };
        let id = w.arrive(&wants);
        assert!(w.route().is_empty(), "nobody is there yet");
        waiting.push(Waiting { id, queue, since: w.now, priority, asks });
    }
    let levels = [0; SKILLS].map(|_| u8::try_from(chance.below(11)).expect("a level"));
    (Tangle { w, lines, waiting, levels, gap_step }, skills)
}

impl Tangle {
    /// Levels of the agent in what one asks for, with what its queue does.
    fn asked(&self, one: &Waiting) -> Vec<i128> {
        let of_queue = self.lines[one.queue].asks;
        one.asks.iter().copied().chain(of_queue).map(|skill| self.levels[skill].into()).collect()
    }

    /// Microseconds of waiting that one counts for.
    fn waited(&self, one: &Waiting) -> i128 {
        let spec = &self.lines[one.queue].spec;
        let age = i128::from(self.w.now.since(one.since).micros());
        let steps = i128::from(one.priority.code() - Priority::Low.code());
        let beyond = (age - i128::from(spec.tuning.ageing_knee.micros())).max(0);
        let ageing = beyond * i128::from(spec.tuning.ageing_percent) / 100;
        age + i128::from(spec.priority_step.micros()) * steps + ageing
    }

    /// What an order goes by; the higher goes first.
    fn rank(&self, order: WorkOrder, one: &Waiting) -> (i128, i128) {
        let (asked, waited) = (self.asked(one), self.waited(one));
        let weight = |line: &Line| i128::from(line.spec.tuning.weight);
        let lowest = asked.iter().min().copied();
        match order {
            WorkOrder::FirstCome => (0, waited),
            WorkOrder::PrimaryFirst => {
                let best = self.levels.iter().max().copied().map_or(0, i128::from);
                let gap = best - lowest.unwrap_or(0);
                (0, waited - i128::from(self.gap_step) * 1_000_000 * gap)
            }
            WorkOrder::GeneralizedCMu => {
                let speed = lowest.unwrap_or(10).max(1);
                (0, waited * weight(&self.lines[one.queue]) * speed)
            }
            WorkOrder::FixedQueueRatio => {
                let all: i128 = self.lines.iter().map(weight).sum();
                let held = self.waiting.iter().filter(|other| other.queue == one.queue).count();
                let count = |n: usize| i128::try_from(n).expect("few wait");
                let share = weight(&self.lines[one.queue]) * count(self.waiting.len());
                (count(held) * all - share, waited)
            }
        }
    }
}

#[test]
fn a_freed_agent_gets_what_the_definition_puts_first() {
    const ROUNDS: u64 = if cfg!(debug_assertions) { 300 } else { 3_000 };
    for order in WorkOrder::ALL {
        let mut served = 0;
        for seed in 0..ROUNDS {
            let mut chance = Chance(seed * 31 + 7);
            let (mut tangle, skills) = tangle(&mut chance, *order);
            let known: Vec<(SkillId, u8)> =
                skills.iter().copied().zip(tangle.levels).filter(|(_, level)| *level > 0).collect();
            let agent = tangle.w.id();
            tangle.w.save_agent(agent, skilled(1, &known));
            tangle.w.presence(agent, PresenceStatus::Available, EffectiveStatus::Available);
            tangle.w.pass(1 + i64::from(small(&mut chance, 300)));
            let made = tangle.w.route();
            let able = |one: &&Waiting| tangle.asked(one).iter().all(|level| *level > 0);
            let first =
                tangle.waiting.iter().filter(able).map(|one| tangle.rank(*order, one)).max();
            let got = made.first().map(|made| {
                let found = tangle.waiting.iter().find(|one| one.id == made.interaction_id);
                tangle.rank(*order, found.expect("it waited"))
            });
            assert_eq!(got, first, "{order:?}, seed {seed}");
            served += u64::from(got.is_some());
        }
        assert!(served > ROUNDS / 2, "{order:?}: {served} of {ROUNDS} had something to give");
    }
}
