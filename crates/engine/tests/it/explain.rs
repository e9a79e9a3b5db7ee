//! Explanations against routing: over random states, those whom nothing stands against are those
//! who may take the item by the rules spelled out once more, the first of them is whom routing
//! asks, and every single change that is told places it.

use crate::model::Model;
use crate::naive;
use crate::support::{Chance, Wants, World, in_teams, need, skilled, spec};
use domain::agent::{AgentSpec, Capacity, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::id::{AgentId, InteractionId, SkillId, TeamId};
use domain::interaction::InteractionStatus;
use domain::plan::{After, PlanStep, StepClock, Sticky};
use domain::queue::QueueSpec;
use domain::time::Span;
use engine::floor::Floor;
use engine::routing;
use engine::routing::eligibility::Unmet;
use engine::routing::explain::{AtRest, ChangeKind, Explanation, explain, explain_at_rest};
use std::collections::{BTreeMap, BTreeSet};

/// Histories of one round, each from its own seed, and steps of one: 20,000 states.
const RUNS: u64 = 80;
/// A step went by a queue that was deleted, and the next one did not open for it.
const KEPT: [u64; 1] = [404];
const STEPS: usize = 250;

/// How many waiting items of a state are explained, taken in turn.
const EXPLAINED: usize = 2;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the service")]
fn rounds() -> u64 {
    std::env::var("OMNICHANNEL_TEST_ROUNDS").map_or(1, |text| text.parse().expect("a number"))
}

#[derive(Default)]
struct Seen {
    states: u64,
    eligible: u64,
    /// Of what waits to be taken, with somebody who may take it.
    pulled: u64,
    unmet: BTreeMap<String, u64>,
    changes: BTreeMap<ChangeKind, u64>,
    /// Of what is set aside: would go back to its agent, would be asked for, would wait.
    rest: [u64; 3],
}

#[test]
fn explanations_say_what_routing_does() {
    let mut seen = Seen::default();
    let quiet = KEPT.into_iter().chain(0..RUNS * rounds()).map(|seed| (seed, Model::new()));
    let busy = (0..RUNS / 4 * rounds()).map(|seed| (seed, Model::busy()));
    for (seed, mut model) in quiet.chain(busy) {
        let mut chance = Chance(seed.wrapping_mul(7_919) + 13);
        for step in 0..STEPS {
            let name = model.step(&mut chance);
            let what = format!("seed {seed} step {step} {name}");
            check_state(&model.world, &mut chance, &what, &mut seen);
            check_rest(&model, &mut chance, &what, &mut seen);
            // Between rounds of routing there is somebody who may take something.
            if chance.one_in(3) {
                model.route(&what);
            }
            seen.states += 1;
        }
    }
    let Seen { states, eligible, pulled, unmet, changes, rest } = seen;
    println!("{states} states, {eligible} eligible; {unmet:?}; {changes:?}; {rest:?}");
    assert!(pulled > 100, "hardly anything could be taken");
    assert!(rest.iter().all(|count| *count > 100), "hardly anything was set aside");
    assert!(eligible > states / 20, "hardly anybody could take anything");
    for kind in ["StepNotOpen", "Single", "Team", "Skill", "Presence", "Units"] {
        assert!(unmet.get(kind).is_some_and(|count| *count > 50), "{kind} was hardly seen");
    }
    for kind in ["ChannelUnits", "LabelUnits"] {
        assert!(unmet.get(kind).is_some_and(|count| *count > 50), "{kind} was hardly seen");
    }
    for kind in ["QueueClosed", "Target", "Credit", "Owner", "CoolDown"] {
        assert!(unmet.get(kind).is_some_and(|count| *count > 5), "{kind} was hardly seen");
    }
    for kind in [
        ChangeKind::AgentAvailable,
        ChangeKind::UnitMore,
        ChangeKind::LabelUnitMore,
        ChangeKind::SkillLevel,
        ChangeKind::TeamJoined,
        ChangeKind::StepOpens,
        ChangeKind::QueueOpens,
    ] {
        assert!(changes.contains_key(&kind), "{kind:?} was never told");
    }
}

fn check_state(world: &World, chance: &mut Chance, what: &str, seen: &mut Seen) {
    let floor = &world.floor;
    let waiting: Vec<InteractionId> = floor
        .items()
        .filter(|(_, item)| item.status == InteractionStatus::Queued)
        .map(|(id, _)| *id)
        .collect();
    for _ in 0..EXPLAINED.min(waiting.len()) {
        let id = chance.of(&waiting).expect("some wait");
        check_item(world, id, what, seen);
    }
    // What routing does next, one by one, is what the explanation of it says.
    let mut trial = floor.clone();
    if let Some(one) = routing::next(&mut trial, world.now, 1).first() {
        let found = explain(floor, one.interaction_id, None, world.now).expect("it waits");
        assert_eq!(found.winner, Some(one.agent_id), "{what}: the agent routing asks");
    }
}

fn check_item(world: &World, id: InteractionId, what: &str, seen: &mut Seen) {
    let (floor, now) = (&world.floor, world.now);
    let item = floor.item(id).expect("it waits");
    let found = explain(floor, id, None, now).expect("it waits");
    let free = found.agents.iter().filter(|stand| stand.unmet.is_empty());
    let free: Vec<AgentId> = free.map(|stand| stand.agent_id).collect();
    let mut sorted = free.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, naive::may_take(floor, item, now), "{what}: the eligible of {id}");
    let pulled = naive::waits_to_be_taken(floor, item);
    assert_eq!(found.is_pulled, pulled, "{what}: whether {id} is taken");
    let first = free.first().copied();
    assert_eq!(routing::preferred(floor, id, now), first, "{what}: the preferred of {id}");
    assert_eq!(found.winner, first.filter(|_| !pulled), "{what}: who is asked for {id}");
    seen.pulled += u64::from(pulled && !free.is_empty());
    assert_eq!(found.winner, routing::best_agent(floor, id, now), "{what}: the choice for {id}");
    assert_eq!(found.agents.len(), floor.agents().count(), "{what}: everybody is told of");
    assert!(found.line.position >= 1 && found.line.position <= found.line.length, "{what}");
    assert!(free.is_empty() || found.nearest.is_empty(), "{what}: nothing has to change");
    for change in &found.nearest {
        *seen.changes.entry(change.kind).or_default() += 1;
        if let Some(at) = change.at {
            check_instant(floor, &found, change.agent_id, at, what);
        }
    }
    seen.eligible += free.len() as u64;
    for unmet in found.agents.iter().flat_map(|stand| &stand.unmet) {
        let text = format!("{unmet:?}");
        let name = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        *seen.unmet.entry(name.to_owned()).or_default() += 1;
    }
    let one = found.agents.first().map(|stand| stand.agent_id);
    let alone = explain(floor, id, one, now).expect("it waits");
    assert_eq!(alone.agents.as_slice(), &found.agents[..alone.agents.len()], "{what}: one alone");
}

/// What is told of something set aside is what comes of it when it is woken.
fn check_rest(model: &Model, chance: &mut Chance, what: &str, seen: &mut Seen) {
    let (floor, now) = (&model.world.floor, model.world.now);
    let Some((id, rest)) = chance.of(&model.at_rest()) else { return };
    let queue = rest.item.queue_id.filter(|queue| floor.queue(*queue).is_some());
    let found = explain_at_rest(floor, id, &rest, None, now);
    if queue.is_none() {
        assert_eq!(found, None, "{what}: {id} has no queue");
        return;
    }
    let found = found.expect("it has a queue");
    let AtRest { item, .. } = rest;
    assert_eq!((found.status, found.seq), (item.status, floor.seq()), "{what}: {id}");
    let told = found.rest.expect("it is set aside");
    assert_eq!(told.wake_at, item.wake_at, "{what}: {id}");
    let after = model.woken(id);
    let woken = after.floor.item(id).expect("it woke");
    if woken.status == InteractionStatus::Active {
        let owner = after.floor.owner_leg(id).map(|leg| leg.agent_id);
        assert_eq!((told.returns_to, found.winner), (owner, owner), "{what}: whose {id} is");
        assert_eq!(found.agents[0].agent_id, owner.expect("somebody has it"), "{what}");
        assert!(found.agents[0].unmet.is_empty() && found.nearest.is_empty(), "{what}");
        seen.rest[0] += 1;
        return;
    }
    assert_eq!(told.returns_to, None, "{what}: {id} goes back to nobody");
    let free = found.agents.iter().filter(|stand| stand.unmet.is_empty());
    let mut free: Vec<AgentId> = free.map(|stand| stand.agent_id).collect();
    let asked = free.first().copied().filter(|_| !found.is_pulled);
    assert_eq!(found.winner, asked, "{what}: who is asked for {id}");
    assert_eq!(found.winner, routing::best_agent(&after.floor, id, now), "{what}: {id}");
    free.sort_unstable();
    assert_eq!(free, naive::may_take(&after.floor, woken, now), "{what}: the eligible of {id}");
    seen.rest[if free.is_empty() { 2 } else { 1 }] += 1;
}

/// Before that instant nobody may take it, and at it somebody may.
fn check_instant(
    floor: &Floor,
    found: &Explanation,
    agent: AgentId,
    at: domain::time::Timestamp,
    what: &str,
) {
    let id = found.interaction_id;
    let then = explain(floor, id, None, at).expect("it waits");
    let may: BTreeSet<AgentId> =
        then.agents.iter().filter(|s| s.unmet.is_empty()).map(|s| s.agent_id).collect();
    assert!(may.contains(&agent), "{what}: {id} at {at:?}");
}

fn unmet_of(found: &Explanation, id: AgentId) -> Vec<Unmet> {
    let mut stands = found.agents.iter().filter(|stand| stand.agent_id == id);
    stands.next().expect("everybody is told of").unmet.clone()
}

fn why(w: &World, item: InteractionId) -> Explanation {
    explain(&w.floor, item, None, w.now).expect("it waits")
}

#[test]
fn each_condition_says_what_is_there_and_what_is_asked() {
    let mut w = World::new();
    let (team, other): (TeamId, TeamId) = (w.id(), w.id());
    let skill: SkillId = w.id();
    let q = w.queue(QueueSpec { teams: vec![team], ..QueueSpec::default() });
    let of_team = |spec: AgentSpec| AgentSpec { teams: vec![team], ..spec };
    let stranger = w.agent(in_teams(1, &[other]));
    let junior = w.agent(of_team(skilled(1, &[(skill, 3)])));
    let away = w.agent(of_team(skilled(1, &[(skill, 7)])));
    w.presence(away, PresenceStatus::Break, EffectiveStatus::Unavailable);
    let full = w.agent(of_team(skilled(0, &[(skill, 7)])));
    let caps = [(ChannelKind::Chat, 0)].into();
    let capped = w.agent(AgentSpec {
        capacity: Capacity { units: 2, per_channel: caps, ..Capacity::default() },
        ..of_team(skilled(0, &[(skill, 7)]))
    });
    let wants = Wants { skills: vec![need(skill, 5)], channel: ChannelKind::Chat, ..Wants::of(q) };
    let item = w.arrive(&wants);
    w.route();
    let found = why(&w, item);
    let level = Unmet::Skill { skill_id: skill, level: 0, asked: 5 };
    assert_eq!(unmet_of(&found, stranger), [Unmet::Team, level]);
    let level = Unmet::Skill { skill_id: skill, level: 3, asked: 5 };
    assert_eq!(unmet_of(&found, junior), [level]);
    let unavailable = Unmet::Presence(EffectiveStatus::Unavailable);
    assert_eq!(unmet_of(&found, away), [unavailable]);
    assert_eq!(unmet_of(&found, full), [Unmet::Units { used: 0, units: 0 }]);
    assert_eq!(unmet_of(&found, capped), [Unmet::ChannelUnits { used: 0, cap: 0 }]);
    assert_eq!(found.winner, None);
    let told: Vec<_> = found.nearest.iter().map(|c| (c.kind, c.agent_id, c.unmet)).collect();
    assert_eq!(
        told,
        [
            (ChangeKind::AgentAvailable, away, Some(unavailable)),
            (ChangeKind::UnitMore, full, Some(Unmet::Units { used: 0, units: 0 })),
            (ChangeKind::ChannelUnitMore, capped, Some(Unmet::ChannelUnits { used: 0, cap: 0 })),
            (ChangeKind::SkillLevel, junior, Some(level)),
        ]
    );
    assert_eq!(found.agents.last().map(|stand| stand.agent_id), Some(stranger), "farthest last");
}

#[test]
fn a_step_that_is_not_open_says_when_it_opens() {
    let mut w = World::new();
    let (inner, outer): (TeamId, TeamId) = (w.id(), w.id());
    let steps = vec![
        PlanStep { sticky: Some(Sticky::LastAgent), ..PlanStep::default() },
        PlanStep { after: after(20), ..PlanStep::default() },
        PlanStep { after: after(40), teams: vec![outer], ..PlanStep::default() },
    ];
    let plan = w.plan(steps);
    let q = w.queue(QueueSpec {
        teams: vec![inner],
        routing_plan_id: Some(plan),
        ..QueueSpec::default()
    });
    let last = w.agent(in_teams(0, &[inner]));
    let helper = w.agent(in_teams(1, &[outer]));
    let began = w.now;
    let item = w.arrive(&Wants { last_agent: Some(last), ..Wants::of(q) });
    w.route();
    let found = why(&w, item);
    let opens_at = Some(began + Span::from_secs(60));
    assert_eq!(unmet_of(&found, helper), [Unmet::StepNotOpen { step: 2, opens_at }]);
    assert_eq!(unmet_of(&found, last), [Unmet::Units { used: 0, units: 0 }]);
    let open: Vec<bool> = found.steps.iter().map(|step| step.is_open).collect();
    assert_eq!(open, [true, false, false]);
    let kinds: Vec<_> = found.nearest.iter().map(|change| (change.kind, change.at)).collect();
    assert_eq!(kinds, [(ChangeKind::UnitMore, None), (ChangeKind::StepOpens, opens_at)]);
    assert_eq!(found.steps[0].single, Some(Some(last)));
}

fn after(secs: i64) -> Option<After> {
    Some(After { clock: StepClock::Step, span: Span::from_secs(secs) })
}

#[test]
fn the_line_of_a_queue_and_of_an_agent_name_what_goes_before() {
    let mut w = World::new();
    let (first, second) = (w.queue(QueueSpec::default()), w.queue(QueueSpec::default()));
    let agent = w.agent(spec(0));
    let ids: Vec<_> = [first, second, first]
        .map(|queue| {
            let id = w.arrive(&Wants::of(queue));
            w.wait(10);
            id
        })
        .to_vec();
    let found = why(&w, ids[2]);
    let ahead: Vec<_> = found.line.ahead.iter().map(|one| one.interaction_id).collect();
    assert_eq!((found.line.position, found.line.length, ahead), (2, 2, vec![ids[0]]));
    let found = explain(&w.floor, ids[2], Some(agent), w.now).expect("it waits");
    let ahead: Vec<_> = found.line.ahead.iter().map(|one| one.interaction_id).collect();
    assert_eq!((found.line.position, found.line.length, ahead), (3, 3, vec![ids[0], ids[1]]));
    assert_eq!(found.agents.len(), 1);
    assert_eq!(found.score.age, 10_000_000);
}

#[test]
fn what_is_not_open_has_no_explanation() {
    let mut w = World::new();
    let nobody = w.id();
    assert_eq!(explain(&w.floor, nobody, None, w.now), None);
}
