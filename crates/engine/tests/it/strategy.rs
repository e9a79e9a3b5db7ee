//! Who is chosen among those who may, and what goes first among what waits.

use crate::support::{Wants, World, need, skilled, spec};
use domain::id::{AgentId, SkillId};
use domain::interaction::Priority;
use domain::queue::{QueueSpec, Strategy};
use domain::time::Span;

fn queue(strategy: Strategy) -> QueueSpec {
    QueueSpec { strategy, ..QueueSpec::default() }
}

/// The agents of the next `count` arrivals, in order.
fn chosen(world: &mut World, wants: &Wants, count: usize) -> Vec<AgentId> {
    (0..count)
        .map(|_| {
            let id = world.arrive(wants);
            world.route();
            world.asked(id).expect("somebody has room")
        })
        .collect()
}

#[test]
fn least_loaded_looks_at_the_share_and_not_at_the_number() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::LeastLoaded));
    let small = w.agent(spec(2));
    let large = w.agent(spec(8));
    // 0/2 and 0/8 tie, the longer idle goes; then 1/2 against 0/8, 1/8, 2/8, 3/8; 1/2 ties 4/8.
    let got = chosen(&mut w, &Wants::of(q), 6);
    assert_eq!(got, [small, large, large, large, large, small]);
}

#[test]
fn longest_idle_goes_round_and_freed_work_makes_one_the_last() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::LongestIdle));
    let (a, b, c) = (w.agent(spec(9)), w.agent(spec(9)), w.agent(spec(9)));
    assert_eq!(chosen(&mut w, &Wants::of(q), 4), [a, b, c, a]);
    let done = w.arrive(&Wants::of(q));
    w.route();
    assert_eq!(w.asked(done), Some(b));
    w.decline(done);
    w.route();
    assert_eq!(w.asked(done), Some(c), "b was freed of work later than c was given some");
}

#[test]
fn becoming_available_makes_one_the_last_and_staying_so_does_not() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::LongestIdle));
    let (a, b) = (w.agent(spec(9)), w.agent(spec(9)));
    w.available(a);
    assert_eq!(chosen(&mut w, &Wants::of(q), 1), [a]);
    let mut w = World::new();
    let q = w.queue(queue(Strategy::LongestIdle));
    let (a2, b2) = (w.agent(spec(9)), w.agent(spec(9)));
    use domain::agent::{EffectiveStatus as E, PresenceStatus as P};
    w.presence(a2, P::Break, E::Unavailable);
    w.available(a2);
    assert_eq!(chosen(&mut w, &Wants::of(q), 1), [b2]);
    assert_ne!((a, b), (b, a));
}

#[test]
fn most_skilled_adds_what_queue_and_item_ask_for_and_nothing_else() {
    let mut w = World::new();
    let (lang, tech, golf): (SkillId, SkillId, SkillId) = (w.id(), w.id(), w.id());
    let spec = QueueSpec { required_skills: vec![need(lang, 1)], ..queue(Strategy::MostSkilled) };
    let q = w.queue(spec);
    let _golfer = w.agent(skilled(5, &[(lang, 5), (tech, 2), (golf, 10)]));
    let best = w.agent(skilled(5, &[(lang, 3), (tech, 5)]));
    let _speaker = w.agent(skilled(5, &[(lang, 10)]));
    let wants = Wants { skills: vec![need(tech, 2)], ..Wants::of(q) };
    assert_eq!(chosen(&mut w, &wants, 1), [best]);
}

#[test]
fn ties_fall_to_the_longest_idle_then_to_the_lower_id() {
    for strategy in [Strategy::LeastLoaded, Strategy::LongestIdle, Strategy::MostSkilled] {
        let mut w = World::new();
        let q = w.queue(queue(strategy));
        let ids: Vec<AgentId> = (0..3).map(|_| w.id()).collect();
        // The highest id is idle longest.
        for id in ids.iter().rev() {
            w.save_agent(*id, spec(5));
            w.available(*id);
        }
        assert_eq!(chosen(&mut w, &Wants::of(q), 1), [ids[2]], "{strategy:?}");
        // Equally idle: as rows may say of agents who never worked.
        let mut rows = crate::support::rows(&w.floor, None);
        rows.items.clear();
        rows.legs.clear();
        rows.agents.iter_mut().for_each(|agent| agent.idle_seq = 3);
        w.floor = engine::floor::Floor::load(rows);
        assert_eq!(chosen(&mut w, &Wants::of(q), 1), [ids[0]], "{strategy:?}");
    }
}

#[test]
fn a_strategy_of_a_newer_version_still_routes() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::Vip));
    let (a, b) = (w.agent(spec(5)), w.agent(spec(5)));
    assert_eq!(chosen(&mut w, &Wants::of(q), 3), [a, b, a]);
}

#[test]
fn a_priority_step_counts_as_so_much_waiting_and_no_more() {
    let mut w = World::new();
    let step = Span::from_secs(60);
    let q = w.queue(QueueSpec { priority_step: step, ..QueueSpec::default() });
    let old_low = w.arrive(&Wants::of(q));
    w.pass(59);
    let normal = w.arrive(&Wants { priority: Priority::Normal, ..Wants::of(q) });
    w.pass(62);
    let high = w.arrive(&Wants { priority: Priority::High, ..Wants::of(q) });
    w.pass(1);
    let low = w.arrive(&Wants::of(q));
    w.agent(spec(9));
    let order: Vec<_> = w.route().into_iter().map(|made| made.interaction_id).collect();
    // Counted from the first: 59 - 60 = -1, then 0, then 121 - 120 = 1, then 122.
    assert_eq!(order, [normal, old_low, high, low]);
}

#[test]
fn equal_age_falls_to_the_place_in_the_log() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let ids: Vec<_> = (0..5).map(|_| w.arrive(&Wants::of(q))).collect();
    w.agent(spec(9));
    let order: Vec<_> = w.route().into_iter().map(|made| made.interaction_id).collect();
    assert_eq!(order, ids);
}

#[test]
fn one_agent_of_two_queues_gets_what_waited_longest_in_either() {
    let mut w = World::new();
    let (q1, q2) = (w.queue(QueueSpec::default()), w.queue(QueueSpec::default()));
    let first = w.arrive(&Wants::of(q2));
    w.pass(1);
    let second = w.arrive(&Wants::of(q1));
    w.pass(1);
    let third = w.arrive(&Wants::of(q2));
    w.agent(spec(2));
    let order: Vec<_> = w.route().into_iter().map(|made| made.interaction_id).collect();
    assert_eq!(order, [first, second]);
    assert!(w.asked(third).is_none());
    w.audit("full");
}

#[test]
fn a_changed_step_reorders_what_waits() {
    let mut w = World::new();
    let spec_of = |secs| QueueSpec { priority_step: Span::from_secs(secs), ..Default::default() };
    let q = w.queue(spec_of(0));
    let low = w.arrive(&Wants::of(q));
    w.pass(30);
    let high = w.arrive(&Wants { priority: Priority::High, ..Wants::of(q) });
    w.save_queue(q, spec_of(20));
    w.agent(spec(1));
    let order: Vec<_> = w.route().into_iter().map(|made| made.interaction_id).collect();
    assert_eq!(order, [high]);
    assert!(w.asked(low).is_none());
}
