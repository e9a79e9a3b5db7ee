//! Plans step by step: clocks, failed offers, absence, single agents, relaxed skills, other queues'
//! agents, and what each step changes about order, choice and time to answer.

use crate::support::{Wants, World, in_teams, need, skilled, spec};
use domain::agent::{EffectiveStatus, PresenceStatus};
use domain::event::Event;
use domain::id::{AgentId, InteractionId, QueueId, SkillId, TeamId};
use domain::interaction::Traits;
use domain::plan::{After, PlanSpec, PlanStep, StepClock, Sticky};
use domain::queue::{QueueSpec, Strategy};
use domain::time::Span;

fn after(clock: StepClock, secs: i64) -> PlanStep {
    PlanStep { after: Some(After { clock, span: Span::from_secs(secs) }), ..PlanStep::default() }
}

fn later(secs: i64) -> PlanStep {
    after(StepClock::Step, secs)
}

fn team(step: PlanStep, team: TeamId) -> PlanStep {
    PlanStep { teams: vec![team], ..step }
}

fn last_agent() -> PlanStep {
    PlanStep { sticky: Some(Sticky::LastAgent), ..PlanStep::default() }
}

fn planned(w: &mut World, steps: Vec<PlanStep>) -> QueueId {
    let plan = w.plan(steps);
    w.queue(QueueSpec { routing_plan_id: Some(plan), ..QueueSpec::default() })
}

fn leave(w: &mut World, agent: AgentId) {
    w.presence(agent, PresenceStatus::Offline, EffectiveStatus::Offline);
}

/// Routes, checks everything, and says who is asked about it.
fn asked(w: &mut World, id: InteractionId) -> Option<AgentId> {
    w.route();
    w.audit("after routing");
    w.asked(id)
}

fn arrive(w: &mut World, queue: QueueId, last: Option<AgentId>) -> InteractionId {
    w.arrive(&Wants { last_agent: last, ..Wants::of(queue) })
}

#[test]
fn steps_widen_on_the_clock_and_keep_those_before() {
    let mut w = World::new();
    let (first, second): (TeamId, TeamId) = (w.id(), w.id());
    let steps = vec![
        team(PlanStep::default(), first),
        team(later(30), second),
        PlanStep { any_team: true, ..later(30) },
    ];
    let q = planned(&mut w, steps);
    let outsider = w.agent(spec(1));
    let helper = w.agent(in_teams(2, &[second]));
    let one = arrive(&mut w, q, None);
    assert_eq!(asked(&mut w, one), None);
    w.wait(29);
    assert_eq!(asked(&mut w, one), None);
    w.wait(1);
    assert_eq!(asked(&mut w, one), Some(helper));
    // Those whom the first step is for still are.
    let two = arrive(&mut w, q, None);
    assert_eq!(asked(&mut w, two), None);
    w.wait(30);
    let expert = w.agent(in_teams(1, &[first]));
    assert_eq!(asked(&mut w, two), Some(expert), "the earlier step is asked first");
    let three = arrive(&mut w, q, None);
    w.wait(60);
    let asked = asked(&mut w, three);
    assert!(asked == Some(helper) || asked == Some(outsider));
}

#[test]
fn each_clock_counts_from_its_own_start() {
    for (clock, opens) in [(StepClock::Step, 30), (StepClock::Queued, 20), (StepClock::Created, 5)]
    {
        let mut w = World::new();
        let (none, other): (TeamId, TeamId) = (w.id(), w.id());
        let steps = vec![team(PlanStep::default(), none), team(after(clock, 30), other)];
        let q = planned(&mut w, steps);
        let agent = w.agent(in_teams(1, &[other]));
        let id = w.arrive(&Wants::of(q));
        // It waits anew, ten seconds into its waiting, twenty-five seconds old.
        w.wait(10);
        let clocks = (w.now - Span::from_secs(10), w.now - Span::from_secs(25));
        w.enqueue(id, &Wants::of(q), clocks, 0);
        w.wait(opens - 1);
        assert_eq!(asked(&mut w, id), None, "{clock:?}");
        w.wait(1);
        assert_eq!(asked(&mut w, id), Some(agent), "{clock:?}");
    }
}

#[test]
fn a_step_opens_by_failed_offers_and_its_successor_counts_from_there() {
    let mut w = World::new();
    let (second, third): (TeamId, TeamId) = (w.id(), w.id());
    let mine: TeamId = w.id();
    let steps = vec![
        team(PlanStep::default(), mine),
        PlanStep { offers_failed: 2, ..team(PlanStep::default(), second) },
        team(later(10), third),
    ];
    let q = planned(&mut w, steps);
    let agent = w.agent(in_teams(1, &[mine]));
    let (helper, last) = (w.agent(in_teams(1, &[second])), w.agent(in_teams(1, &[third])));
    let id = arrive(&mut w, q, None);
    assert_eq!(asked(&mut w, id), Some(agent));
    w.decline(id);
    assert_eq!(asked(&mut w, id), Some(agent), "the only one is asked again");
    w.wait(5);
    w.decline(id);
    assert_eq!(asked(&mut w, id), Some(helper));
    leave(&mut w, helper);
    w.end(
        w.pending(id).expect("it is asked").id,
        domain::offer::OfferState::Rescinded,
        domain::event::EndReason::Unavailable,
        None,
    );
    leave(&mut w, agent);
    assert_eq!(asked(&mut w, id), None);
    w.wait(9);
    assert_eq!(asked(&mut w, id), None);
    w.wait(1);
    assert_eq!(asked(&mut w, id), Some(last));
}

#[test]
fn a_step_opens_while_nobody_before_it_is_online() {
    // Few wait and many are free, and the other way round: both sides are looked from.
    for (waiting, free) in [(1, 6), (6, 1)] {
        let mut w = World::new();
        let (day, night): (TeamId, TeamId) = (w.id(), w.id());
        let absent = PlanStep { when_absent: true, ..team(PlanStep::default(), night) };
        let q = planned(&mut w, vec![team(PlanStep::default(), day), absent]);
        let busy = w.agent(in_teams(0, &[day]));
        let helpers: Vec<AgentId> = (0..free).map(|_| w.agent(in_teams(1, &[night]))).collect();
        let ids: Vec<InteractionId> = (0..waiting).map(|_| arrive(&mut w, q, None)).collect();
        assert_eq!(asked(&mut w, ids[0]), None, "somebody is there");
        w.presence(busy, PresenceStatus::Break, EffectiveStatus::Unavailable);
        assert_eq!(asked(&mut w, ids[0]), None, "on a break is not away");
        leave(&mut w, busy);
        let by = asked(&mut w, ids[0]);
        assert!(by.is_some_and(|by| helpers.contains(&by)), "{waiting} {free}");
        // Back again, the step is closed; offers that were made stand.
        w.available(busy);
        let late = arrive(&mut w, q, None);
        assert_eq!(asked(&mut w, late), None);
        assert_eq!(w.asked(ids[0]), by);
        // Somebody who is deleted, or no longer of the team, is not there either.
        w.save_agent(busy, in_teams(0, &[night]));
        let more = w.agent(in_teams(9, &[night]));
        let by = asked(&mut w, late);
        assert!(by.is_some_and(|by| by == more || helpers.contains(&by)), "{waiting} {free}");
        w.record(Event::AgentDeleted { agent_id: busy });
        w.audit("after deleting");
    }
}

#[test]
fn the_last_agent_is_asked_first_and_holds_nothing_beyond_the_clock() {
    let mut w = World::new();
    let q = planned(&mut w, vec![last_agent(), later(20)]);
    let known = w.agent(spec(1));
    let other = w.agent(spec(5));
    let one = arrive(&mut w, q, Some(known));
    assert_eq!(asked(&mut w, one), Some(known), "though the other one is less loaded");
    // Full: it waits for them, as long as the clock says.
    let two = arrive(&mut w, q, Some(known));
    assert_eq!(asked(&mut w, two), None);
    w.wait(19);
    assert_eq!(asked(&mut w, two), None);
    w.wait(1);
    assert_eq!(asked(&mut w, two), Some(other));
    // Offline: not at all, and the clock of what follows has run out as well.
    leave(&mut w, known);
    let three = arrive(&mut w, q, Some(known));
    assert_eq!(asked(&mut w, three), Some(other));
    // Nobody served them before.
    let four = arrive(&mut w, q, None);
    assert_eq!(asked(&mut w, four), Some(other));
}

#[test]
fn the_account_owner_is_asked_first_and_holds_nothing_up_while_away() {
    let mut w = World::new();
    let first = PlanStep { sticky: Some(Sticky::AccountOwner), ..PlanStep::default() };
    let q = planned(&mut w, vec![first, later(20)]);
    let keeper = w.agent(spec(1));
    let other = w.agent(spec(5));
    let kept = |w: &mut World| {
        let traits = Traits { account_owner_id: Some(keeper), ..Traits::default() };
        w.arrive(&Wants { traits, last_agent: Some(other), ..Wants::of(q) })
    };
    let one = kept(&mut w);
    assert_eq!(asked(&mut w, one), Some(keeper), "whoever served them last");
    // Full: it waits for them, as long as the clock says.
    let two = kept(&mut w);
    w.wait(19);
    assert_eq!(asked(&mut w, two), None);
    w.wait(1);
    assert_eq!(asked(&mut w, two), Some(other));
    leave(&mut w, keeper);
    let three = kept(&mut w);
    assert_eq!(asked(&mut w, three), Some(other));
}

#[test]
fn an_agent_who_leaves_while_it_waits_for_them_lets_it_go() {
    let mut w = World::new();
    let q = planned(&mut w, vec![last_agent(), later(600)]);
    let known = w.agent(spec(0));
    let other = w.agent(spec(5));
    let id = arrive(&mut w, q, Some(known));
    assert_eq!(asked(&mut w, id), None);
    w.presence(known, PresenceStatus::Break, EffectiveStatus::Unavailable);
    assert_eq!(asked(&mut w, id), None, "unavailable is not gone");
    leave(&mut w, known);
    assert_eq!(asked(&mut w, id), Some(other));
    // An offer that fails finds them back and waits for them again.
    w.save_agent(known, spec(2));
    w.available(known);
    w.decline(id);
    assert_eq!(asked(&mut w, id), Some(known));
}

#[test]
fn a_named_agent_who_does_not_serve_the_queue_is_passed() {
    let mut w = World::new();
    let mine: TeamId = w.id();
    let owner = w.agent(spec(5));
    let named = PlanStep { sticky: Some(Sticky::Agent(owner)), ..PlanStep::default() };
    let anywhere = PlanStep { any_team: true, ..named.clone() };
    for (step, is_asked) in [(named, false), (anywhere, true)] {
        let plan = w.plan(vec![step, later(30)]);
        let teams = vec![mine];
        let routing_plan_id = Some(plan);
        let q = w.queue(QueueSpec { routing_plan_id, teams, ..QueueSpec::default() });
        let id = arrive(&mut w, q, None);
        let expected = is_asked.then_some(owner);
        assert_eq!(asked(&mut w, id), expected);
        if !is_asked {
            let member = w.agent(in_teams(1, &[mine]));
            assert_eq!(asked(&mut w, id), Some(member));
        }
    }
}

#[test]
fn skills_relax_as_the_step_says_and_no_further() {
    let mut w = World::new();
    let (tongue, product): (SkillId, SkillId) = (w.id(), w.id());
    let steps = vec![
        PlanStep::default(),
        PlanStep { lower_levels: 3, ..later(10) },
        PlanStep { drop_skills: vec![product], ..later(10) },
    ];
    let plan = w.plan(steps);
    let required_skills = vec![need(tongue, 5)];
    let routing_plan_id = Some(plan);
    let q = w.queue(QueueSpec { routing_plan_id, required_skills, ..QueueSpec::default() });
    let wants = Wants { skills: vec![need(product, 4)], ..Wants::of(q) };
    let speaker = w.agent(skilled(9, &[(tongue, 5)]));
    let id = w.arrive(&wants);
    assert_eq!(asked(&mut w, id), None);
    let junior = w.agent(skilled(1, &[(tongue, 2), (product, 1)]));
    w.wait(9);
    assert_eq!(asked(&mut w, id), None);
    w.wait(1);
    assert_eq!(asked(&mut w, id), Some(junior), "levels of 5 and 4 lowered by 3");
    let other = w.arrive(&wants);
    w.wait(19);
    assert_eq!(asked(&mut w, other), None);
    w.wait(1);
    assert_eq!(asked(&mut w, other), Some(speaker), "the product is no longer asked for");
}

#[test]
fn a_step_can_serve_from_another_queue_and_end_the_own_one() {
    let mut w = World::new();
    let (mine, theirs): (TeamId, TeamId) = (w.id(), w.id());
    let skill: SkillId = w.id();
    let overflow = QueueSpec { teams: vec![theirs], ..QueueSpec::default() };
    let over = w.queue(overflow.clone());
    let steps =
        vec![PlanStep::default(), PlanStep { queue_id: Some(over), replace: true, ..later(15) }];
    let plan = w.plan(steps);
    let (routing_plan_id, teams) = (Some(plan), vec![mine]);
    let q = w.queue(QueueSpec { routing_plan_id, teams, ..QueueSpec::default() });
    let helper = w.agent(in_teams(1, &[theirs]));
    let id = arrive(&mut w, q, None);
    assert_eq!(asked(&mut w, id), None);
    w.wait(15);
    assert_eq!(asked(&mut w, id), Some(helper));
    let next = arrive(&mut w, q, None);
    w.wait(15);
    let member = w.agent(in_teams(1, &[mine]));
    assert_eq!(asked(&mut w, next), None, "the own team no longer is");
    assert!(w.floor.agent(member).is_some());
    // What the other queue asks for counts, also when that changes.
    let harder = QueueSpec { required_skills: vec![need(skill, 1)], ..overflow.clone() };
    w.save_queue(over, harder);
    let free = w.agent(in_teams(1, &[theirs]));
    assert_eq!(asked(&mut w, next), None);
    w.save_queue(over, overflow);
    assert_eq!(asked(&mut w, next), Some(free));
}

#[test]
fn a_step_credits_waiting_and_may_choose_and_wait_otherwise() {
    let mut w = World::new();
    let step = PlanStep {
        credit: Span::from_secs(100),
        strategy: Some(Strategy::LongestIdle),
        offer_timeout: Some(Span::from_secs(3)),
        any_team: true,
        ..later(30)
    };
    let nobody: TeamId = w.id();
    let q = planned(&mut w, vec![team(PlanStep::default(), nobody), step]);
    let plain = w.queue(QueueSpec::default());
    let early = w.arrive(&Wants::of(plain));
    w.wait(60);
    let widened = arrive(&mut w, q, None);
    w.wait(30);
    let agent = w.agent(spec(2));
    w.route();
    w.audit("after routing");
    let (first, second) = (w.pending(widened).cloned(), w.pending(early).cloned());
    let (first, second) = (first.expect("asked"), second.expect("asked"));
    assert!(first.offered_seq < second.offered_seq, "a hundred seconds more beat sixty");
    assert_eq!(first.agent_id, agent);
    assert_eq!(first.expires_at, w.now + Span::from_secs(3));
    assert_eq!(second.expires_at, w.now + Span::from_secs(20));
}

#[test]
fn what_waits_keeps_the_version_it_came_with() {
    let mut w = World::new();
    let (first, second): (TeamId, TeamId) = (w.id(), w.id());
    let plan = w.plan(vec![team(PlanStep::default(), first)]);
    let q = w.queue(QueueSpec { routing_plan_id: Some(plan), ..QueueSpec::default() });
    let old = arrive(&mut w, q, None);
    w.save_plan(plan, PlanSpec { steps: vec![team(PlanStep::default(), second)] });
    let new = arrive(&mut w, q, None);
    let agent = w.agent(in_teams(5, &[second]));
    assert_eq!(asked(&mut w, new), Some(agent));
    assert_eq!(w.asked(old), None);
    let member = w.agent(in_teams(5, &[first]));
    assert_eq!(asked(&mut w, old), Some(member));
    // Asked anew, it goes by what the plan says now.
    w.decline(old);
    let now = w.now;
    w.enqueue(old, &Wants::of(q), (now, now), 1);
    assert_eq!(asked(&mut w, old), Some(agent));
}

#[test]
fn a_target_comes_before_the_plan_and_the_plan_after_it() {
    let mut w = World::new();
    let mine: TeamId = w.id();
    let q = planned(&mut w, vec![team(PlanStep::default(), mine)]);
    let outsider = w.agent(spec(1));
    let member = w.agent(in_teams(1, &[mine]));
    let id = w.arrive(&Wants { target: Some(outsider), ..Wants::of(q) });
    assert_eq!(asked(&mut w, id), Some(outsider));
    w.decline(id);
    assert_eq!(asked(&mut w, id), Some(member));
}
