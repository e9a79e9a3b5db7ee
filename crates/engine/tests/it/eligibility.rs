//! Who may take what: presence, caps, skills, teams, targets, owners, cool-downs; and that a change
//! of any of these makes routing look again.

use crate::support::{Wants, World, in_teams, need, skilled, spec};
use domain::agent::{AgentSpec, Capacity, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{EndReason, Event};
use domain::id::{InteractionId, NodeId, SessionId, SkillId, TeamId};
use domain::offer::OfferState;
use domain::queue::QueueSpec;
use domain::time::Span;

fn placed(w: &mut World, wants: &Wants) -> InteractionId {
    let id = w.arrive(wants);
    w.route();
    w.audit("after routing");
    id
}

#[test]
fn only_the_available_are_asked() {
    use EffectiveStatus as E;
    let cases = [(E::Offline, false), (E::Unavailable, false), (E::NotResponding, false)];
    for (status, asked) in cases.into_iter().chain([(E::Available, true)]) {
        let mut w = World::new();
        let q = w.queue(QueueSpec::default());
        let agent = w.agent(spec(1));
        w.presence(agent, PresenceStatus::Available, status);
        let item = placed(&mut w, &Wants::of(q));
        assert_eq!(w.asked(item).is_some(), asked, "{status:?}");
        w.available(agent);
        w.route();
        assert_eq!(w.asked(item), Some(agent), "{status:?}, then available");
    }
}

#[test]
fn unanswered_offers_stay_within_what_the_consoles_take() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(spec(9));
    let open = |w: &mut World, max_open_offers| {
        let (session_id, node_id): (SessionId, NodeId) = (w.id(), w.id());
        let event = Event::AgentSessionOpened {
            agent_id: agent,
            session_id,
            node_id,
            epoch: 1,
            max_open_offers,
        };
        w.record(event);
        session_id
    };
    let narrow = open(&mut w, 1);
    let items: Vec<_> = (0..5).map(|_| placed(&mut w, &Wants::of(q))).collect();
    let asked = |w: &World| items.iter().filter(|id| w.asked(**id).is_some()).count();
    assert_eq!(asked(&w), 1, "one at a time");
    w.accept(items[0]);
    w.route();
    w.audit("after an answer");
    assert_eq!(w.asked(items[1]), Some(agent), "an answer makes room");
    let wide = open(&mut w, 2);
    w.route();
    assert_eq!(asked(&w), 2, "each console is shown every offer: the larger one counts");
    w.record(Event::AgentSessionClosed { agent_id: agent, session_id: wide });
    w.record(Event::AgentSessionClosed { agent_id: agent, session_id: narrow });
    w.accept(items[1]);
    w.route();
    assert_eq!(asked(&w), 1, "a lost console keeps its bound");
    open(&mut w, 0);
    w.route();
    w.audit("without a bound");
    assert_eq!(asked(&w), 3, "the capacity alone");
}

#[test]
fn caps_hold_in_all_and_by_channel() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let per_channel = [(ChannelKind::Voice, 1), (ChannelKind::Email, 0)].into();
    let capacity = Capacity { units: 3, per_channel, ..Capacity::default() };
    let agent = w.agent(AgentSpec { capacity, ..AgentSpec::default() });
    let via = |channel| Wants { channel, ..Wants::of(q) };
    let call = placed(&mut w, &via(ChannelKind::Voice));
    let second_call = placed(&mut w, &via(ChannelKind::Voice));
    let mail = placed(&mut w, &via(ChannelKind::Email));
    let chats: Vec<_> = (0..3).map(|_| placed(&mut w, &via(ChannelKind::Chat))).collect();
    let asked: Vec<bool> = [call, second_call, mail, chats[0], chats[1], chats[2]]
        .iter()
        .map(|id| w.asked(*id).is_some())
        .collect();
    assert_eq!(asked, [true, false, false, true, true, false]);
    w.accept(call);
    w.route();
    assert!(w.asked(second_call).is_none(), "a leg counts as much as an offer");
    let leg = w.floor.owner_leg(call).expect("it is owned").id;
    w.end(leg, OfferState::Completed, EndReason::Done, None);
    w.record(Event::InteractionResolved { interaction_id: call, wrap_up_code: String::new() });
    w.route();
    assert_eq!(w.asked(second_call), Some(agent), "it waited longer than the chat");
    assert!(w.asked(chats[2]).is_none());
    w.audit("at the end");
}

#[test]
fn a_lowered_cap_takes_nothing_back_and_gives_nothing_more() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(spec(3));
    let items: Vec<_> = (0..3).map(|_| placed(&mut w, &Wants::of(q))).collect();
    w.save_agent(agent, spec(1));
    w.route();
    assert!(items.iter().all(|id| w.asked(*id) == Some(agent)));
    w.accept(items[0]);
    w.accept(items[1]);
    w.decline(items[2]);
    w.route();
    assert!(w.asked(items[2]).is_none());
    w.audit("above a lowered cap");
}

#[test]
fn skills_are_needed_at_their_level_by_queue_and_item() {
    let mut w = World::new();
    let (lang, tech): (SkillId, SkillId) = (w.id(), w.id());
    let q = w.queue(QueueSpec { required_skills: vec![need(lang, 3)], ..Default::default() });
    let wants = Wants { skills: vec![need(tech, 5)], ..Wants::of(q) };
    let item = w.arrive(&wants);
    for skills in [vec![(lang, 3)], vec![(lang, 2), (tech, 9)], vec![(lang, 9), (tech, 4)]] {
        w.agent(skilled(1, &skills));
        w.route();
        assert!(w.asked(item).is_none(), "{skills:?}");
        w.audit("not skilled enough");
    }
    let fit = w.agent(skilled(1, &[(lang, 3), (tech, 5)]));
    w.route();
    assert_eq!(w.asked(item), Some(fit));
}

#[test]
fn teams_bound_a_queue_and_none_bound_nothing() {
    let mut w = World::new();
    let (red, blue): (TeamId, TeamId) = (w.id(), w.id());
    let q = w.queue(QueueSpec { teams: vec![red], ..Default::default() });
    w.agent(spec(1));
    w.agent(in_teams(1, &[blue]));
    let item = placed(&mut w, &Wants::of(q));
    assert!(w.asked(item).is_none());
    let member = w.agent(in_teams(1, &[red, blue]));
    w.route();
    assert_eq!(w.asked(item), Some(member));
    let open = w.queue(QueueSpec::default());
    let item = placed(&mut w, &Wants::of(open));
    assert!(w.asked(item).is_some());
}

#[test]
fn a_change_of_anything_asked_for_makes_routing_look_again() {
    let mut w = World::new();
    let skill: SkillId = w.id();
    let team: TeamId = w.id();
    let bound = QueueSpec { teams: vec![team], ..Default::default() };
    let q = w.queue(bound.clone());
    let wants = Wants { skills: vec![need(skill, 5)], ..Wants::of(q) };
    let agent = w.agent(AgentSpec { teams: vec![team], ..skilled(1, &[(skill, 1)]) });
    let item = placed(&mut w, &wants);
    assert!(w.asked(item).is_none());
    w.record(Event::InteractionUpdated {
        interaction_id: item,
        priority: wants.priority,
        required_skills: vec![need(skill, 1)],
        fields: Vec::new(),
        language: None,
        labels: None,
    });
    w.route();
    assert_eq!(w.asked(item), Some(agent), "the item asks for less");

    let other: TeamId = w.id();
    let second = w.agent(in_teams(1, &[other]));
    let item = placed(&mut w, &Wants::of(q));
    w.save_queue(q, QueueSpec { teams: vec![team, other], ..bound.clone() });
    w.route();
    assert_eq!(w.asked(item), Some(second), "the queue takes another team");

    let item = placed(&mut w, &Wants::of(q));
    w.save_agent(second, in_teams(2, &[other]));
    w.route();
    assert_eq!(w.asked(item), Some(second), "the agent has more room");
}

#[test]
fn a_target_is_asked_alone_even_from_outside_and_then_everybody() {
    let mut w = World::new();
    let team: TeamId = w.id();
    let skill: SkillId = w.id();
    let q = w.queue(QueueSpec {
        teams: vec![team],
        required_skills: vec![need(skill, 5)],
        ..Default::default()
    });
    let member = w.agent(AgentSpec { teams: vec![team], ..skilled(5, &[(skill, 9)]) });
    let outside = w.agent(spec(1));
    let wants = Wants { target: Some(outside), ..Wants::of(q) };
    let item = placed(&mut w, &wants);
    assert_eq!(w.asked(item), Some(outside));
    let second = placed(&mut w, &wants);
    assert!(w.asked(second).is_none(), "it waits for its target's room");
    w.accept(item);
    let leg = w.floor.owner_leg(item).expect("it is owned").id;
    w.end(leg, OfferState::Completed, EndReason::Done, None);
    w.record(Event::InteractionResolved { interaction_id: item, wrap_up_code: String::new() });
    w.route();
    assert_eq!(w.asked(second), Some(outside), "room came: the target is asked");
    w.decline(second);
    w.route();
    assert_eq!(w.asked(second), Some(member), "declined: the queue is asked");
    w.audit("at the end");
}

#[test]
fn an_owner_is_not_offered_their_own_transfer() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let owner = w.agent(spec(5));
    let item = placed(&mut w, &Wants::of(q));
    w.accept(item);
    let at = w.now;
    w.enqueue(item, &Wants::of(q), (at, at), 1);
    w.route();
    assert!(w.asked(item).is_none(), "nobody else is there");
    w.audit("owner alone");
    let other = w.agent(spec(5));
    w.route();
    assert_eq!(w.asked(item), Some(other));
    assert_eq!(w.floor.owner_leg(item).map(|leg| leg.agent_id), Some(owner));
    let used = |w: &World, id| w.floor.agent(id).expect("they are there").used_units();
    assert_eq!((used(&w, owner), used(&w, other)), (1, 1), "both count it");
    w.accept(item);
    assert_eq!((used(&w, owner), used(&w, other)), (0, 1));
    w.audit("transferred");
}

#[test]
fn who_declined_is_not_asked_while_others_can_be() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let (a, b) = (w.agent(spec(5)), w.agent(spec(5)));
    let item = placed(&mut w, &Wants::of(q));
    assert_eq!(w.asked(item), Some(a));
    w.decline(item);
    w.route();
    assert_eq!(w.asked(item), Some(b));
    w.decline(item);
    w.route();
    assert!(w.asked(item).is_some(), "everybody declined: nobody is left out");
    w.audit("both declined");
}

#[test]
fn the_only_agent_is_never_starved() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let only = w.agent(spec(5));
    let item = placed(&mut w, &Wants::of(q));
    for _ in 0..3 {
        w.decline(item);
        w.route();
        assert_eq!(w.asked(item), Some(only));
    }
}

#[test]
fn somebody_busy_still_counts_as_somebody_else() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let (a, b) = (w.agent(spec(5)), w.agent(spec(1)));
    let first = placed(&mut w, &Wants { target: Some(b), ..Wants::of(q) });
    assert_eq!(w.asked(first), Some(b));
    let item = placed(&mut w, &Wants::of(q));
    w.decline(item);
    w.route();
    assert!(w.asked(item).is_none(), "b is full, but there");
    w.audit("waiting for b");
    // The cool-down ends: a may be asked again, and the timer makes routing look.
    w.pass(31);
    w.floor.cool_down_over(item, w.now);
    w.route();
    assert_eq!(w.asked(item), Some(a));
}

#[test]
fn when_the_others_leave_the_cool_down_no_longer_counts() {
    let leave: [fn(&mut World, domain::id::AgentId); 3] = [
        |w, id| w.presence(id, PresenceStatus::Break, EffectiveStatus::Unavailable),
        |w, id| {
            let skill = w.id();
            w.save_agent(id, skilled(1, &[(skill, 1)]));
        },
        |w, id| {
            w.presence(id, PresenceStatus::Offline, EffectiveStatus::Offline);
            w.record(Event::AgentDeleted { agent_id: id });
        },
    ];
    for (case, leave) in leave.iter().enumerate() {
        let mut w = World::new();
        let skill: SkillId = w.id();
        let q = w.queue(QueueSpec { required_skills: vec![need(skill, 1)], ..Default::default() });
        let a = w.agent(skilled(5, &[(skill, 1)]));
        let b = w.agent(skilled(0, &[(skill, 1)]));
        let item = placed(&mut w, &Wants::of(q));
        assert_eq!(w.asked(item), Some(a));
        w.decline(item);
        w.route();
        assert!(w.asked(item).is_none(), "case {case}: b is there, without room");
        leave(&mut w, b);
        w.route();
        w.audit(&format!("case {case}"));
        assert_eq!(w.asked(item), Some(a), "case {case}");
    }
}

#[test]
fn a_cool_down_of_no_length_is_none() {
    let mut w = World::new();
    let q = w.queue(QueueSpec { decline_cool_down: Span::ZERO, ..Default::default() });
    let (a, _b) = (w.agent(spec(1)), w.agent(spec(0)));
    let item = placed(&mut w, &Wants::of(q));
    w.decline(item);
    w.route();
    assert_eq!(w.asked(item), Some(a));
}
