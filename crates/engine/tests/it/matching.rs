//! Maximum matching: never less than the largest possible set, never less than one by one, and the
//! longest waiting of all sets of that size; and how much it gains, in figures.

#![allow(clippy::cast_precision_loss, reason = "shares of few")]

use crate::support::{Chance, Wants, World, audit_floor, need, spec};
use domain::agent::{AgentSpec, Capacity};
use domain::channel::ChannelKind;
use domain::id::{AgentId, InteractionId, SkillId};
use domain::queue::QueueSpec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A tangle: who could take which of the items that wait, with how much room.
#[derive(Clone, Debug)]
struct Tangle {
    /// For each item its channel, and the agents who know what it asks.
    items: Vec<(ChannelKind, BTreeSet<usize>)>,
    /// For each agent units, and a cap for voice.
    agents: Vec<(u16, u16)>,
}

const AGENTS: usize = 4;

fn tangles() -> impl Strategy<Value = Tangle> {
    let channel = prop_oneof![Just(ChannelKind::Chat), Just(ChannelKind::Voice)];
    let item = (channel, prop::collection::btree_set(0..AGENTS, 0..=AGENTS));
    let agents = prop::collection::vec((0_u16..3, 0_u16..3), AGENTS);
    (prop::collection::vec(item, 2..7), agents).prop_map(|(items, agents)| Tangle { items, agents })
}

/// The tangle as a floor on which nothing was placed yet.
fn build(tangle: &Tangle) -> (World, Vec<InteractionId>, Vec<AgentId>) {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let skills: Vec<SkillId> = tangle.items.iter().map(|_| w.id()).collect();
    let mut items = Vec::new();
    for ((channel, _), skill) in tangle.items.iter().zip(&skills) {
        let wants = Wants { channel: *channel, skills: vec![need(*skill, 1)], ..Wants::of(q) };
        items.push(w.arrive(&wants));
        w.pass(1);
    }
    let mut agents = Vec::new();
    for (at, (units, voice)) in tangle.agents.iter().enumerate() {
        let knows = tangle.items.iter().zip(&skills).filter(|((_, who), _)| who.contains(&at));
        let per_channel = BTreeMap::from([(ChannelKind::Voice, *voice)]);
        agents.push(w.agent(AgentSpec {
            skills: knows.map(|(_, skill)| (*skill, 1)).collect(),
            capacity: Capacity { units: *units, per_channel, ..Capacity::default() },
            ..AgentSpec::default()
        }));
    }
    (w, items, agents)
}

/// Sets of items that can be placed together, by trying everything.
fn placeable(tangle: &Tangle) -> BTreeSet<Vec<usize>> {
    let mut found = BTreeSet::new();
    let mut room: Vec<(u16, u16)> = tangle.agents.clone();
    try_all(tangle, 0, &mut room, &mut Vec::new(), &mut found);
    found
}

fn try_all(
    tangle: &Tangle,
    at: usize,
    room: &mut Vec<(u16, u16)>,
    placed: &mut Vec<usize>,
    found: &mut BTreeSet<Vec<usize>>,
) {
    let Some((channel, who)) = tangle.items.get(at) else {
        found.insert(placed.clone());
        return;
    };
    try_all(tangle, at + 1, room, placed, found);
    let voice = u16::from(*channel == ChannelKind::Voice);
    for agent in who {
        let (units, voices) = room[*agent];
        if units > 0 && voices >= voice {
            room[*agent] = (units - 1, voices - voice);
            placed.push(at);
            try_all(tangle, at + 1, room, placed, found);
            placed.pop();
            room[*agent] = (units, voices);
        }
    }
}

proptest! {
    #[test]
    fn no_set_is_larger_and_none_of_that_size_has_waited_longer(tangle in tangles()) {
        let (mut w, items, _) = build(&tangle);
        let (mut single, ..) = build(&tangle);
        let made = w.route();
        let mut placed: Vec<usize> = made
            .iter()
            .map(|one| items.iter().position(|id| *id == one.interaction_id).expect("an item"))
            .collect();
        placed.sort_unstable();
        let sets = placeable(&tangle);
        let most = sets.iter().map(Vec::len).max().unwrap_or(0);
        prop_assert_eq!(placed.len(), most, "the largest set");
        let eldest = sets.into_iter().filter(|set| set.len() == most).min().expect("some set");
        prop_assert_eq!(placed, eldest, "of the longest waiting");
        prop_assert!(single.route_singly().len() <= most);
        w.audit("matched");
    }

    #[test]
    fn the_same_floor_is_matched_the_same_way(tangle in tangles()) {
        let (mut one, ..) = build(&tangle);
        let (mut two, ..) = build(&tangle);
        prop_assert_eq!(one.route(), two.route());
        audit_floor(&one.floor, "matched");
    }
}

/// Items that wait, as many agents who come at once, each item within reach of `degree` of them:
/// which share is placed one by one, and matched.
fn shares(degree: usize, seed: u64) -> (f64, f64) {
    // As large a tangle as is known of, smaller while developing.
    const SIDE: usize = if cfg!(debug_assertions) { 80 } else { 200 };
    let mut chance = Chance(seed);
    let mut w = World::new();
    let strategy = domain::queue::Strategy::LongestIdle;
    let q = w.queue(QueueSpec { strategy, ..QueueSpec::default() });
    let mut skills: Vec<BTreeMap<SkillId, u8>> = vec![BTreeMap::new(); SIDE];
    for _ in 0..SIDE {
        let skill: SkillId = w.id();
        let mut who = BTreeSet::new();
        while who.len() < degree {
            who.insert(chance.below(SIDE));
        }
        who.into_iter().for_each(|agent| {
            skills[agent].insert(skill, 5);
        });
        w.arrive(&Wants { skills: vec![need(skill, 1)], ..Wants::of(q) });
    }
    for known in skills {
        w.agent(AgentSpec { skills: known, ..spec(1) });
    }
    let mut single = w.clone();
    let share = |placed: usize| placed as f64 / SIDE as f64;
    (share(single.route_singly().len()), share(w.route().len()))
}

#[test]
fn matching_places_as_much_more_as_is_known() {
    // The maximum of random tangles is known; one by one depends a little on who is asked first.
    for (degree, greedy, maximum) in
        [(2, 0.764, 0.841), (3, 0.825, 0.941), (4, 0.861, 0.980), (6, 0.903, 0.998)]
    {
        const RUNS: u64 = if cfg!(debug_assertions) { 3 } else { 20 };
        let near = if cfg!(debug_assertions) { 0.05 } else { 0.012 };
        let (mut single, mut matched) = (0.0, 0.0);
        for seed in 0..RUNS {
            let (one, all) = shares(degree, seed * 1_000 + degree as u64);
            single += one / RUNS as f64;
            matched += all / RUNS as f64;
        }
        println!(
            "each item within reach of {degree}: {single:.3} one by one, {matched:.3} matched"
        );
        assert!((matched - maximum).abs() < near, "{degree}: {matched} matched, not {maximum}");
        assert!((single - greedy).abs() < 0.05, "{degree}: {single} one by one, not {greedy}");
        assert!(matched > single);
    }
}

/// The least total cost of giving each row a column of its own: by shortest augmenting paths.
fn least(costs: &[Vec<f64>]) -> f64 {
    let n = costs.len();
    // What rows and columns pay, and which row each column has; the first column is none.
    let (mut row_pays, mut column_pays) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_of = vec![0; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let (mut at, mut back) = (0, vec![0; n + 1]);
        let (mut slack, mut seen) = (vec![f64::INFINITY; n + 1], vec![false; n + 1]);
        while row_of[at] != 0 {
            seen[at] = true;
            let (from, mut next) = (row_of[at], 0);
            for column in (1..=n).filter(|column| !seen[*column]) {
                let cost = costs[from - 1][column - 1] - row_pays[from] - column_pays[column];
                if cost < slack[column] {
                    (slack[column], back[column]) = (cost, at);
                }
                if next == 0 || slack[column] < slack[next] {
                    next = column;
                }
            }
            let step = slack[next];
            for (column, seen) in seen.iter().enumerate() {
                if *seen {
                    row_pays[row_of[column]] += step;
                    column_pays[column] -= step;
                } else {
                    slack[column] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[back[at]];
            at = back[at];
        }
    }
    (1..=n).map(|column| costs[row_of[column] - 1][column - 1]).sum()
}

/// As many agents as items that wait, all levels by chance: which share of the best total of levels
/// a strategy comes to by the live matcher.
fn of_the_best(strategy: domain::queue::Strategy, side: usize, seed: u64) -> f64 {
    let mut chance = Chance(seed);
    let mut w = World::new();
    let q = w.queue(QueueSpec { strategy, ..QueueSpec::default() });
    let skills: Vec<SkillId> = (0..side).map(|_| w.id()).collect();
    let items: Vec<InteractionId> = skills
        .iter()
        .map(|skill| w.arrive(&Wants { skills: vec![need(*skill, 1)], ..Wants::of(q) }))
        .collect();
    let mut level = || u8::try_from(1 + chance.below(10)).expect("a level");
    let known: Vec<BTreeMap<SkillId, u8>> =
        (0..side).map(|_| skills.iter().map(|skill| (*skill, level())).collect()).collect();
    let agents: Vec<AgentId> = known
        .iter()
        .map(|skills| w.agent(AgentSpec { skills: skills.clone(), ..spec(1) }))
        .collect();
    let of = |agent: usize, skill: SkillId| f64::from(known[agent][&skill]);
    let costs: Vec<Vec<f64>> =
        skills.iter().map(|skill| (0..side).map(|agent| -of(agent, *skill)).collect()).collect();
    let best = -least(&costs);
    let made = w.route();
    assert_eq!(made.len(), side, "everybody can do everything");
    let total: f64 = made
        .iter()
        .map(|one| {
            let item = items.iter().position(|id| *id == one.interaction_id).expect("an item");
            let agent = agents.iter().position(|id| *id == one.agent_id).expect("an agent");
            of(agent, skills[item])
        })
        .sum();
    total / best
}

#[test]
fn the_best_level_first_comes_near_the_best_total() {
    use domain::queue::Strategy::{LongestIdle, MostSkilled};
    const SIDES: &[(usize, f64)] = &[(5, 0.92), (10, 0.92), (50, 0.96), (200, 0.98)];
    const RUNS: u64 = if cfg!(debug_assertions) { 60 } else { 100 };
    let sides = if cfg!(debug_assertions) { &SIDES[..2] } else { SIDES };
    for (side, known) in sides {
        let mean = |strategy| {
            (0..RUNS).map(|seed| of_the_best(strategy, *side, seed + 1)).sum::<f64>() / RUNS as f64
        };
        let (idle, skilled) = (mean(LongestIdle), mean(MostSkilled));
        println!("{side} and {side}: {idle:.3} by idleness, {skilled:.3} by level, of the best");
        assert!((0.45..0.78).contains(&idle), "{side}: {idle}");
        // Levels are ten, scores of what it is compared with are any: more of them are the best.
        assert!(skilled > known - 0.04 && skilled <= 1.0 + 1e-9, "{side}: {skilled}");
    }
}

/// No policy of ours weighs costs of pairs; this is what one by one loses where somebody does.
#[test]
fn costs_of_pairs_are_what_one_by_one_is_worst_at() {
    const SIDES: &[(usize, f64)] = &[(10, 2.94), (50, 4.50), (200, 5.90)];
    const RUNS: u64 = if cfg!(debug_assertions) { 400 } else { 300 };
    let sides = if cfg!(debug_assertions) { &SIDES[..1] } else { SIDES };
    let mut chance = Chance(5);
    for (side, known) in sides {
        let (mut best, mut greedy) = (0.0, 0.0);
        for _ in 0..RUNS {
            let mut cost = || -((chance.below(1_000_000) as f64 + 0.5) / 1e6).ln();
            let costs: Vec<Vec<f64>> =
                (0..*side).map(|_| (0..*side).map(|_| cost()).collect()).collect();
            best += least(&costs) / RUNS as f64;
            let mut free: Vec<usize> = (0..*side).collect();
            for row in &costs {
                let (at, _) = free
                    .iter()
                    .enumerate()
                    .min_by(|a, b| row[*a.1].total_cmp(&row[*b.1]))
                    .expect("one is left");
                greedy += row[free.swap_remove(at)] / RUNS as f64;
            }
        }
        println!("{side} and {side}: least cost {best:.3}, one by one {greedy:.2}");
        // The limit is a sixth of pi squared, which fewer stay below.
        assert!((1.4..1.75).contains(&best), "{side}: {best}");
        assert!((greedy - known).abs() < 0.3, "{side}: {greedy}");
    }
}
