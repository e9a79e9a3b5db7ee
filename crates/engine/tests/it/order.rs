//! Work orders: which of the waiting items a freed agent gets, and why, by terms.

mod defined;

use crate::support::{Wants, World, need, skilled, spec};
use domain::event::Event;
use domain::id::{AgentId, InteractionId, QueueId, SkillId, TenantId};
use domain::interaction::Priority;
use domain::queue::{QueueSpec, RoutingSettings, Tuning, WorkOrder};
use domain::sla::{SlaFact, SlaMetric, SlaSpec, SlaTarget};
use domain::time::Span;
use engine::routing::order::{self, Order};
use engine::routing::strategy::Asked;

fn set(w: &mut World, order: WorkOrder, gap_secs: i64) {
    let gap_step = Span::from_secs(gap_secs);
    let settings = RoutingSettings { order, gap_step, ..RoutingSettings::default() };
    w.record(Event::RoutingSettingsSaved { tenant_id: TenantId::SYSTEM, settings });
}

fn weighed(weight: u16) -> QueueSpec {
    QueueSpec { tuning: Tuning { weight, ..Tuning::default() }, ..QueueSpec::default() }
}

fn asks(skill: SkillId) -> QueueSpec {
    QueueSpec { required_skills: vec![need(skill, 1)], ..QueueSpec::default() }
}

/// What an agent with room for one at a time gets, one after the other.
fn served(w: &mut World, agent: AgentId, count: usize) -> Vec<InteractionId> {
    let mut got = Vec::new();
    for _ in 0..count {
        let made = w.route();
        assert_eq!(made.len(), 1, "one at a time");
        assert_eq!(made[0].agent_id, agent);
        let id = made[0].interaction_id;
        got.push(id);
        w.accept(id);
        let leg = w.floor.item(id).and_then(|item| item.owner).expect("it has an owner");
        use domain::{event::EndReason, offer::OfferState};
        w.end(leg, OfferState::Completed, EndReason::Done, None);
        w.record(Event::InteractionResolved { interaction_id: id, wrap_up_code: String::new() });
    }
    got
}

#[test]
fn what_an_agent_is_best_for_goes_first_until_the_wait_outweighs_the_gap() {
    for (gap_secs, primary_first) in [(600, true), (10, false), (0, false)] {
        let mut w = World::new();
        set(&mut w, WorkOrder::PrimaryFirst, gap_secs);
        let (best, other): (SkillId, SkillId) = (w.id(), w.id());
        let (primary, secondary) = (w.queue(asks(best)), w.queue(asks(other)));
        let old = w.arrive(&Wants::of(secondary));
        w.pass(60);
        let new = w.arrive(&Wants::of(primary));
        // Two levels: twenty minutes, or twenty seconds, against one minute.
        let agent = w.agent(skilled(1, &[(best, 9), (other, 7)]));
        let wanted = if primary_first { [new, old] } else { [old, new] };
        assert_eq!(served(&mut w, agent, 2), wanted, "{gap_secs} s a level");
    }
}

#[test]
fn first_come_looks_at_nothing_but_the_wait() {
    let mut w = World::new();
    set(&mut w, WorkOrder::FirstCome, 600);
    let (best, other): (SkillId, SkillId) = (w.id(), w.id());
    let (primary, secondary) = (w.queue(asks(best)), w.queue(asks(other)));
    let old = w.arrive(&Wants::of(secondary));
    w.pass(1);
    let new = w.arrive(&Wants::of(primary));
    let agent = w.agent(skilled(1, &[(best, 10), (other, 1)]));
    assert_eq!(served(&mut w, agent, 2), [old, new]);
}

#[test]
fn a_ratio_serves_the_queue_that_holds_most_beyond_its_share() {
    let mut w = World::new();
    set(&mut w, WorkOrder::FixedQueueRatio, 0);
    let (large, small) = (w.queue(weighed(3)), w.queue(weighed(1)));
    let arrive = |w: &mut World, q: QueueId| {
        w.pass(1);
        w.arrive(&Wants::of(q))
    };
    // Three of `large` may wait for one of `small`: with two and two, `small` holds too much.
    let (l1, l2) = (arrive(&mut w, large), arrive(&mut w, large));
    let (s1, s2) = (arrive(&mut w, small), arrive(&mut w, small));
    let agent = w.agent(spec(1));
    // Shares: 2:2 -> small; 2:1 is over 3:1 -> small; then what is left.
    assert_eq!(served(&mut w, agent, 4), [s1, s2, l1, l2]);
}

#[test]
fn weight_wait_and_speed_multiply() {
    let mut w = World::new();
    set(&mut w, WorkOrder::GeneralizedCMu, 0);
    let (fast, slow): (SkillId, SkillId) = (w.id(), w.id());
    let cheap = w.queue(asks(fast));
    let spec = QueueSpec { required_skills: vec![need(slow, 1)], ..weighed(4) };
    let dear = w.queue(spec);
    let a = w.arrive(&Wants::of(cheap));
    w.pass(100);
    let b = w.arrive(&Wants::of(dear));
    w.pass(30);
    // 1 x 130 s x 10 against 4 x 30 s x 5.
    let agent = w.agent(skilled(1, &[(fast, 10), (slow, 5)]));
    let mut later = w.clone();
    assert_eq!(served(&mut w, agent, 2), [a, b]);
    // 1 x 330 s x 10 against 4 x 230 s x 5: the dear one has caught up.
    later.pass(200);
    assert_eq!(served(&mut later, agent, 2), [b, a]);
}

#[test]
fn beyond_the_knee_age_outgrows_priority() {
    let tuning =
        Tuning { ageing_knee: Span::from_secs(300), ageing_percent: 100, ..Tuning::default() };
    let spec_of =
        |tuning| QueueSpec { priority_step: Span::from_secs(120), tuning, ..QueueSpec::default() };
    for (tuning, oldest_first) in [(tuning, true), (Tuning::default(), false)] {
        let mut w = World::new();
        let q = w.queue(spec_of(tuning));
        let old = w.arrive(&Wants::of(q));
        w.pass(200);
        let urgent = w.arrive(&Wants { priority: Priority::High, ..Wants::of(q) });
        w.pass(300);
        // 500 + 200 beyond the knee, against 300 + 240 for two steps of priority.
        let agent = w.agent(spec(1));
        let wanted = if oldest_first { [old, urgent] } else { [urgent, old] };
        assert_eq!(served(&mut w, agent, 2), wanted);
    }
}

#[test]
fn the_terms_are_told_by_name_and_add_up() {
    let mut w = World::new();
    set(&mut w, WorkOrder::PrimaryFirst, 60);
    let (best, other): (SkillId, SkillId) = (w.id(), w.id());
    let spec = QueueSpec {
        priority_step: Span::from_secs(30),
        tuning: Tuning {
            ageing_knee: Span::from_secs(40),
            ageing_percent: 50,
            ..Tuning::default()
        },
        ..asks(other)
    };
    let q = w.queue(spec);
    let id = w.arrive(&Wants { priority: Priority::Urgent, ..Wants::of(q) });
    w.pass(100);
    let agent = w.id();
    w.save_agent(agent, skilled(1, &[(best, 9), (other, 4)]));
    let (queue, item) =
        (w.floor.queue(q).expect("it is there"), w.floor.item(id).expect("it waits"));
    let asked = Asked { spec: queue, item };
    let agent = w.floor.agent(agent).expect("they are there");
    let score = Order::of(&w.floor, w.now).score(asked, agent);
    let seconds = |(name, micros): (&'static str, i64)| (name, micros / 1_000_000);
    let terms = score.terms().map(seconds);
    let wanted = [("age", 100), ("priority", 90), ("ageing", 30), ("plan", 0), ("urgency", 0)];
    assert_eq!(terms[..5], wanted);
    assert_eq!(terms[5], ("gap", -300));
    assert_eq!(score.total(), -80_000_000);
}

#[test]
fn an_agent_freed_of_work_is_never_kept_idle_by_an_order() {
    for order in WorkOrder::ALL {
        let mut w = World::new();
        set(&mut w, *order, 100_000);
        let (best, other): (SkillId, SkillId) = (w.id(), w.id());
        let (primary, secondary) = (w.queue(asks(best)), w.queue(asks(other)));
        let only = w.arrive(&Wants::of(secondary));
        let agent = w.agent(skilled(1, &[(best, 10), (other, 1)]));
        assert_eq!(served(&mut w, agent, 1), [only], "{order:?}");
        assert!(w.floor.buckets(primary).next().is_none());
        w.audit("served");
    }
}

/// Urgent work is promised an answer within so many seconds, the rest within 600.
fn promise(w: &mut World, urgent: i64, urgency: i64) {
    for (secs, priorities) in [(urgent, vec![Priority::High]), (600, Vec::new())] {
        let target = Span::from_secs(secs);
        let target = SlaTarget { metric: SlaMetric::TimeToAnswer, target, calendar_id: None };
        let spec = SlaSpec {
            position: u32::from(priorities.is_empty()),
            enabled: true,
            priorities,
            targets: vec![target],
            urgency: Span::from_secs(urgency),
            ..SlaSpec::default()
        };
        let (policy_id, spec) = (w.id(), Box::new(spec));
        let change = domain::event::Change::Created;
        w.record(Event::Sla(SlaFact::PolicySaved { policy_id, spec, change, version: 1 }));
    }
}

#[test]
fn what_is_due_first_goes_first_as_far_as_urgency_reaches() {
    // Due at 600; at 100 + 400; at 200 + 400 s: with all the urgency there is, in this order.
    for (urgency, wanted) in [(600, [1, 0, 2]), (400, [0, 1, 2]), (0, [0, 1, 2])] {
        let mut w = World::new();
        promise(&mut w, 400, urgency);
        let q = w.queue(QueueSpec { priority_step: Span::ZERO, ..QueueSpec::default() });
        let high = Wants { priority: Priority::High, ..Wants::of(q) };
        let first = w.arrive(&Wants::of(q));
        w.pass(100);
        let second = w.arrive(&high);
        w.pass(100);
        let third = w.arrive(&high);
        let all = [first, second, third];
        let agent = w.agent(spec(1));
        assert_eq!(served(&mut w, agent, 3), wanted.map(|at: usize| all[at]), "{urgency} s");
    }
}

#[test]
fn urgency_is_a_term_of_its_own_that_has_a_bound_and_ages() {
    let mut w = World::new();
    promise(&mut w, 1, 60);
    let tuning =
        Tuning { ageing_knee: Span::from_secs(40), ageing_percent: 50, ..Tuning::default() };
    let q = w.queue(QueueSpec { priority_step: Span::ZERO, tuning, ..QueueSpec::default() });
    let (calm, hasty) = (w.arrive(&Wants::of(q)), {
        let high = Wants { priority: Priority::High, ..Wants::of(q) };
        w.arrive(&high)
    });
    w.pass(100);
    let (item, spec) = (w.floor.item(hasty), w.floor.queue(q).expect("it is there"));
    let score = order::waiting(spec, item.expect("it waits"), w.now);
    let terms = [score.age, score.urgency, score.ageing].map(|micros| micros / 1_000_000);
    assert_eq!(terms, [100, 59, 59], "a second before it was due, of a minute");
    let score = order::waiting(spec, w.floor.item(calm).expect("it waits"), w.now);
    assert_eq!(score.urgency, 0);
}
