//! A past played again: it comes out as it was where nothing changed, staffing and plans count, and
//! one seed is one history.

mod log;

use crate::support::{World, in_teams, spec};
use domain::agent::{AgentSpec, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{Change, Event};
use domain::id::{AgentId, QueueId, TeamId};
use domain::interaction::{Priority, Traits};
use domain::plan::{After, PlanStep, StepClock};
use domain::queue::QueueSpec;
use domain::schedule::Duty;
use domain::time::{Span, Timestamp};
use engine::sim::replay::{Answered, Arrival, Draws, History, How, Seen, Told, Was, replay};
use engine::sim::tally::{Counts, Tally};

const PROMPT: Span = Span::from_secs(20);

fn secs(from: Timestamp, seconds: i64) -> Timestamp {
    from + Span::from_secs(seconds)
}

/// Somebody comes to a queue at each of these seconds; work takes a minute.
fn history(w: &World, queue: QueueId, at: &[i64]) -> History {
    let from = w.now;
    let arrival = |seconds: &i64| Arrival {
        at: secs(from, *seconds),
        seq: 1_000_000 + seconds,
        queue_id: queue,
        channel: ChannelKind::Chat,
        account_id: None,
        priority: Priority::Normal,
        required_skills: Vec::new(),
        traits: Traits::default(),
        last_agent: None,
        target: None,
        enqueued_at: secs(from, *seconds),
        rule: None,
        was: Was::default(),
    };
    let seen = Seen { handled: vec![60_000_000], ..Seen::default() };
    History {
        floor: w.floor.clone(),
        from,
        to: secs(from, 600),
        arrivals: at.iter().map(arrival).collect(),
        seen: [(queue, seen)].into(),
        ..History::default()
    }
}

fn presence(at: Timestamp, agent_id: AgentId, is_available: bool) -> Told {
    let (intended, effective) = match is_available {
        true => (PresenceStatus::Available, EffectiveStatus::Available),
        false => (PresenceStatus::Offline, EffectiveStatus::Offline),
    };
    let event = Event::AgentPresenceChanged {
        agent_id,
        intended,
        effective,
        lease_until: None,
        previous: None,
        next: None,
        channels: Vec::new(),
        duty: Duty::Unscheduled,
    };
    Told { at, seq: 1, event }
}

fn play(history: &History) -> Tally {
    whole(history).classes[0]
}

fn drawn(history: &History, run: u64) -> Counts {
    replay(history, Draws::Anew { seed: 1, run }, PROMPT).counts
}

fn whole(history: &History) -> Counts {
    drawn(history, 0)
}

fn one_agent() -> (World, QueueId, AgentId) {
    let mut w = World::new();
    let queue = w.queue(QueueSpec::default());
    let agent = w.agent(spec(1));
    (w, queue, agent)
}

#[test]
fn one_after_the_other_waits_as_long_as_the_work_takes() {
    let (w, queue, _) = one_agent();
    let found = whole(&history(&w, queue, &[0, 10, 20]));
    let tally = found.classes[0];
    assert_eq!((tally.offered, tally.answered, tally.answered_in), (3, 3, 1));
    assert_eq!((tally.wait_all, tally.wait_max), (150_000_000, 100_000_000));
    assert_eq!(found.agents, [(180_000_000, 600_000_000)], "three minutes of ten");
}

#[test]
fn one_more_of_the_same_halves_the_wait_and_nobody_serves_nobody() {
    let (mut w, queue, agent) = one_agent();
    let mut more = history(&w, queue, &[0, 10, 20]);
    more.told = vec![presence(secs(w.now, 500), agent, false)];
    more.add_like(w.id(), agent);
    let tally = play(&more);
    assert_eq!((tally.answered, tally.wait_all), (3, 40_000_000));
    assert_eq!(more.told.len(), 2, "who is like another leaves with them");
    let mut none = history(&w, queue, &[0, 10]);
    none.remove(agent);
    let tally = play(&none);
    assert_eq!((tally.offered, tally.answered, tally.abandoned), (2, 0, 0));
}

#[test]
fn agents_come_and_go_as_they_did() {
    let (w, queue, agent) = one_agent();
    let mut past = history(&w, queue, &[0, 100]);
    let at = |seconds| secs(past.from, seconds);
    past.told = vec![presence(at(50), agent, false), presence(at(130), agent, true)];
    let found = whole(&past);
    assert_eq!(found.classes[0].wait_all, 30_000_000, "the second waits for the return");
    assert_eq!(found.agents, [(120_000_000, 530_000_000)], "work counts to its end");
}

#[test]
fn what_waited_before_is_left_out() {
    let (mut w, queue, agent) = one_agent();
    w.arrive(&crate::support::Wants::of(queue));
    w.route();
    assert_eq!(w.floor.agent(agent).map(engine::floor::Agent::used_units), Some(1));
    let tally = play(&history(&w, queue, &[5]));
    assert_eq!((tally.answered, tally.wait_all), (1, 0), "the agent is free at the beginning");
}

#[test]
fn steps_of_a_plan_open_in_it() {
    let mut w = World::new();
    let (inner, outer): (TeamId, TeamId) = (w.id(), w.id());
    let after = Some(After { clock: StepClock::Step, span: Span::from_secs(45) });
    let wider = PlanStep { after, any_team: true, ..PlanStep::default() };
    let plan = w.plan(vec![PlanStep::default(), wider]);
    let bound = QueueSpec { teams: vec![inner], ..QueueSpec::default() };
    let queue = w.queue(bound.clone());
    w.agent(AgentSpec { teams: vec![outer], ..in_teams(1, &[outer]) });
    let mut past = history(&w, queue, &[0]);
    assert_eq!(play(&past).answered, 0, "nobody of the team is there");
    let spec = QueueSpec { routing_plan_id: Some(plan), ..bound };
    past.change(Event::QueueSaved { queue_id: queue, spec, change: Change::Updated, version: 2 });
    let tally = play(&past);
    assert_eq!((tally.answered, tally.wait_all), (1, 45_000_000));
}

#[test]
fn patience_is_as_it_was_seen_and_one_seed_is_one_history() {
    let (w, queue, _) = one_agent();
    let at: Vec<i64> = (0..200).map(|n| n * 30).collect();
    let mut past = history(&w, queue, &at);
    past.to = secs(past.from, 6_000);
    let seen = past.seen.get_mut(&queue).expect("it was seen");
    seen.handled = vec![30_000_000, 90_000_000];
    // Ten left in ten minutes that all waited together: a mean patience of a minute.
    (seen.left, seen.waited) = (10, 600_000_000);
    let impatient = play(&past);
    assert!((20..150).contains(&impatient.abandoned), "{impatient:?}");
    assert_eq!(impatient.answered + impatient.abandoned, 200);
    assert_eq!(whole(&past), whole(&past));
    assert_ne!(drawn(&past, 1), whole(&past), "another run brings other work");
}

#[test]
fn agents_take_their_time_to_answer_decline_or_say_nothing() {
    let (mut w, queue, _) = one_agent();
    w.agent(spec(1));
    let mut past = history(&w, queue, &[0]);
    let answered = |seconds: i64, how| Answered { after: seconds * 1_000_000, how };
    let was = |answers: &[Answered]| Was { answers: answers.to_vec(), ..Was::default() };
    let waits = |past: &History| {
        let tally = replay(past, Draws::AsTheyWere(1), PROMPT).counts.classes[0];
        (tally.answered, tally.wait_all / 1_000_000)
    };
    past.arrivals[0].was = was(&[answered(7, How::Accepted)]);
    assert_eq!(waits(&past), (1, 7));
    past.arrivals[0].was = was(&[answered(4, How::Declined), answered(3, How::Accepted)]);
    assert_eq!(waits(&past), (1, 7), "the other one is asked at once");
    // An offer of this queue lasts twenty seconds.
    past.arrivals[0].was = was(&[answered(99, How::Silent), answered(5, How::Accepted)]);
    assert_eq!(waits(&past), (1, 25));
    past.arrivals[0].was = was(&[answered(21, How::Accepted), answered(5, How::Accepted)]);
    assert_eq!(waits(&past), (1, 25), "yes came too late");
    let seen = past.seen.get_mut(&queue).expect("it was seen");
    seen.answers = vec![answered(11, How::Accepted)];
    assert_eq!(play(&past).wait_all, 11_000_000, "as others of the queue did");
}

#[test]
fn whoever_goes_gives_back_what_they_were_asked() {
    let (mut w, queue, first) = one_agent();
    let mut past = history(&w, queue, &[0]);
    let silent = Answered { after: 0, how: How::TakenBack };
    past.arrivals[0].was.answers = vec![silent];
    past.told = vec![presence(secs(past.from, 5), first, false)];
    past.add_like(w.id(), first);
    past.told.retain(|told| told.event.agent_id() == Some(first));
    let tally = replay(&past, Draws::AsTheyWere(1), PROMPT).counts.classes[0];
    assert_eq!((tally.answered, tally.wait_all), (1, 5_000_000));
}
