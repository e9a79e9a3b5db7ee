//! Who is chosen among those who may, and what goes first among what waits.

use crate::support::{Wants, World, need, skilled, spec};
use domain::agent::{AgentSpec, Place};
use domain::id::{AgentId, SkillId};
use domain::interaction::{Priority, Traits};
use domain::queue::{QueueSpec, Strategy, Tuning};
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
        let mut rows = w.rows(None);
        rows.items.clear();
        rows.legs.clear();
        rows.agents.iter_mut().for_each(|agent| agent.idle_seq = 3);
        w.floor = engine::floor::Floor::load(rows);
        assert_eq!(chosen(&mut w, &Wants::of(q), 1), [ids[0]], "{strategy:?}");
    }
}

#[test]
fn a_customer_gets_whom_they_know_and_waits_for_nobody() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::CustomerHistory));
    let (a, b) = (w.agent(spec(5)), w.agent(spec(2)));
    // Without a history: 0/5 and 0/2 tie, then 1/5 against 0/2.
    assert_eq!(chosen(&mut w, &Wants::of(q), 2), [a, b]);
    let knows = |last| Wants { last_agent: Some(last), ..Wants::of(q) };
    assert_eq!(chosen(&mut w, &knows(b), 1), [b], "although the other is less loaded");
    assert_eq!(chosen(&mut w, &knows(b), 1), [a], "they have no room now");
    use domain::agent::{EffectiveStatus as E, PresenceStatus as P};
    w.presence(a, P::Break, E::Unavailable);
    let c = w.agent(spec(9));
    assert_eq!(chosen(&mut w, &knows(a), 1), [c], "they are away");
    let gone: AgentId = w.id();
    assert_eq!(chosen(&mut w, &knows(gone), 1), [c], "they left for good");
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

#[test]
fn round_robin_asks_whoever_was_asked_longest_ago_whatever_happened_since() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::RoundRobin));
    let (a, b, c) = (w.agent(spec(9)), w.agent(spec(9)), w.agent(spec(9)));
    assert_eq!(chosen(&mut w, &Wants::of(q), 2), [a, b]);
    // Ends of work, a break and a restart change nothing.
    use domain::agent::{EffectiveStatus as E, PresenceStatus as P};
    w.presence(c, P::Break, E::Unavailable);
    w.available(c);
    let first = w.floor.legs().next().map(|(_, leg)| leg.interaction_id).expect("one is asked");
    w.accept(first);
    w.floor = engine::floor::Floor::load(w.rows(None));
    assert_eq!(chosen(&mut w, &Wants::of(q), 4), [c, a, b, c]);
    let d = w.agent(spec(9));
    assert_eq!(chosen(&mut w, &Wants::of(q), 2), [d, a], "who never was is next");
}

#[test]
fn skill_based_keeps_experts_free_and_weighs_skills() {
    let mut w = World::new();
    let (lang, tech): (SkillId, SkillId) = (w.id(), w.id());
    let tuning = Tuning { close_enough: 100, ..Tuning::default() };
    let q = w.queue(QueueSpec { tuning, ..queue(Strategy::SkillBased) });
    let expert = w.agent(skilled(9, &[(lang, 9), (tech, 9)]));
    let close = w.agent(skilled(9, &[(lang, 4), (tech, 3)]));
    let wants = Wants { skills: vec![need(lang, 3), need(tech, 3)], ..Wants::of(q) };
    assert_eq!(chosen(&mut w, &wants, 3), [close; 3]);
    // Off by 1 in one, by 6 in the other: the weights say which matters.
    let mut w = World::new();
    let (lang, tech): (SkillId, SkillId) = (w.id(), w.id());
    let skill_weights = [(lang, 9)].into();
    let tuning = Tuning { close_enough: 100, skill_weights, ..Tuning::default() };
    let q = w.queue(QueueSpec { tuning, ..queue(Strategy::SkillBased) });
    let linguist = w.agent(skilled(9, &[(lang, 4), (tech, 9)]));
    let _engineer = w.agent(skilled(9, &[(lang, 9), (tech, 4)]));
    let wants = Wants { skills: vec![need(lang, 3), need(tech, 3)], ..Wants::of(q) };
    assert_eq!(chosen(&mut w, &wants, 2), [linguist; 2]);
    assert_ne!(expert, close);
}

#[test]
fn those_close_enough_share_the_work() {
    let mut w = World::new();
    let skill: SkillId = w.id();
    let tuning = Tuning { close_enough: 70, ..Tuning::default() };
    let q = w.queue(QueueSpec { tuning, ..queue(Strategy::SkillBased) });
    let levels = [3, 6, 7].map(|level| w.agent(skilled(9, &[(skill, level)])));
    let wants = Wants { skills: vec![need(skill, 3)], ..Wants::of(q) };
    // 100 % and 70 % are close enough, 60 % is not.
    assert_eq!(chosen(&mut w, &wants, 4), [levels[0], levels[1], levels[0], levels[1]]);
}

#[test]
fn primary_first_asks_who_would_do_nothing_better_and_specialists_before_generalists() {
    let mut w = World::new();
    let (a, b, c): (SkillId, SkillId, SkillId) = (w.id(), w.id(), w.id());
    let spec = QueueSpec { required_skills: vec![need(a, 1)], ..queue(Strategy::PrimaryFirst) };
    let q = w.queue(spec);
    let star = w.agent(skilled(1, &[(a, 8), (b, 10)]));
    let generalist = w.agent(skilled(1, &[(a, 5), (b, 5), (c, 5)]));
    let modest = w.agent(skilled(1, &[(a, 2)]));
    let pair = w.agent(skilled(1, &[(a, 5), (b, 5)]));
    assert_eq!(chosen(&mut w, &Wants::of(q), 4), [modest, pair, generalist, star]);
    let mut w = World::new();
    let skill: SkillId = w.id();
    let q = w.queue(queue(Strategy::PrimaryFirst));
    let _expert = w.agent(skilled(1, &[(skill, 9)]));
    let plain = w.agent(crate::support::spec(1));
    assert_eq!(chosen(&mut w, &Wants::of(q), 1), [plain], "what asks for nothing needs no expert");
}

#[test]
fn rank_leads_where_it_counts() {
    let mut w = World::new();
    let ranked = |rank| AgentSpec { rank, ..spec(2) };
    let q = w.queue(queue(Strategy::Priority));
    let low = w.agent(ranked(1));
    let high = w.agent(ranked(90));
    assert_eq!(chosen(&mut w, &Wants::of(q), 3), [high, high, low]);
}

#[test]
fn important_customers_get_the_seniors_and_others_whoever_has_least_to_do() {
    let mut w = World::new();
    let ranked = |rank| AgentSpec { rank, ..spec(9) };
    let tuning = Tuning { vip_tiers: vec!["gold".to_owned()], ..Tuning::default() };
    let q = w.queue(QueueSpec { tuning, ..queue(Strategy::Vip) });
    let (junior, senior) = (w.agent(ranked(1)), w.agent(ranked(2)));
    let of = |tier: &str| Traits { tier: tier.to_owned(), ..Traits::default() };
    let gold = Wants { traits: of("Gold"), ..Wants::of(q) };
    let plain = Wants { traits: of("silver"), ..Wants::of(q) };
    assert_eq!(chosen(&mut w, &gold, 3), [senior; 3]);
    assert_eq!(chosen(&mut w, &plain, 4), [junior, junior, junior, senior], "by load alone");
    assert_eq!(chosen(&mut w, &Wants::of(q), 1), [junior], "without a tier as well");
}

#[test]
fn a_language_is_spoken_exactly_or_nearly_or_not() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::Language));
    let speaks = |tags: &[&str]| AgentSpec {
        languages: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..spec(1)
    };
    let other = w.agent(speaks(&["de", "fr"]));
    let near = w.agent(speaks(&["pt-PT"]));
    let exact = w.agent(speaks(&["en", "pt-br"]));
    let traits = Traits { language: "pt-BR".to_owned(), ..Traits::default() };
    let wants = Wants { traits, ..Wants::of(q) };
    assert_eq!(chosen(&mut w, &wants, 3), [exact, near, other]);
}

#[test]
fn the_nearest_is_asked_and_who_is_nowhere_last() {
    let mut w = World::new();
    let q = w.queue(queue(Strategy::Geographic));
    let at = |north, east| Some(Place { north, east });
    let is = |place| AgentSpec { place, ..spec(1) };
    let nowhere = w.agent(is(None));
    let paris = w.agent(is(at(48_856_600, 2_352_200)));
    let berlin = w.agent(is(at(52_520_000, 13_405_000)));
    let tokyo = w.agent(is(at(35_689_000, 139_692_000)));
    let traits = Traits { place: at(50_100_000, 8_700_000), ..Traits::default() };
    let wants = Wants { traits, ..Wants::of(q) };
    // From Frankfurt: Berlin 424 km, Paris 479 km.
    assert_eq!(chosen(&mut w, &wants, 4), [berlin, paris, tokyo, nowhere]);
}

#[test]
fn a_shadow_is_told_and_not_followed() {
    let mut w = World::new();
    let skill: SkillId = w.id();
    let tuning = Tuning { shadow: Some(Strategy::MostSkilled), ..Tuning::default() };
    let spec =
        QueueSpec { tuning, required_skills: vec![need(skill, 1)], ..queue(Strategy::LongestIdle) };
    let q = w.queue(spec);
    let first = w.agent(skilled(9, &[(skill, 2)]));
    let best = w.agent(skilled(9, &[(skill, 8)]));
    let mut seen = Vec::new();
    for _ in 0..2 {
        w.arrive(&Wants::of(q));
        seen.extend(w.route().into_iter().map(|made| (made.agent_id, made.shadow)));
    }
    assert_eq!(seen, [(first, Some(best)), (best, Some(best))]);
}
