//! A past that is read from a log and played as it was: the same agents take the same work after
//! the same waits, and what is left out is counted.

use super::PROMPT;
use crate::support::{Wants, World, spec};
use domain::agent::{EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{Change, EndReason, Event, Recorded};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::Priority;
use domain::offer::OfferState;
use domain::queue::{QueueSpec, Strategy};
use domain::schedule::Duty;
use domain::sla::{SlaFact, SlaMetric, SlaSpec, SlaTarget};
use domain::time::{Span, Timestamp};
use engine::sim::past::{Reading, Unplayed};
use engine::sim::replay::{Draws, History, replay};
use engine::sim::world::World as Made;
use engine::sim::{builtin, recorded};

/// The past of a log from an instant on, to its end.
fn read(log: &[Recorded], from: Timestamp) -> History {
    let last = log.last().expect("something happened").at;
    let mut reading = Reading::new((from, last + Span::from_secs(1)), PROMPT);
    log.iter().for_each(|recorded| reading.take_in(recorded));
    reading.finish()
}

/// Played as it was: who took what after which wait, here and in the log.
fn compare(history: &History) {
    let played = replay(history, Draws::AsTheyWere(1), PROMPT);
    let was: Vec<_> = history.arrivals.iter().map(|arrival| arrival.was.taken).collect();
    let differs = was.iter().zip(&played.taken).filter(|(was, is)| was != is).count();
    assert_eq!(differs, 0, "of {} arrivals", was.len());
    let seen: Vec<_> = history.seen.values().map(|seen| seen.tally).collect();
    let played: Vec<_> = played.counts.classes;
    for (seen, played) in seen.iter().zip(&played) {
        assert_eq!((seen.answered, seen.abandoned), (played.answered, played.abandoned));
        assert_eq!((seen.wait_all, seen.wait_max), (played.wait_all, played.wait_max));
    }
}

#[test]
fn worlds_that_were_recorded_come_out_as_they_were() {
    for (name, seconds) in [("day", 36_000.0), ("week", 172_800.0), ("slower-2", 7_200.0)] {
        let world = builtin::world(name).expect("it comes with the program");
        let world = Made { arrivals: None, seconds: Some(seconds), ..world };
        for seed in 1..=2 {
            let log = recorded(&world, seed, 0).expect("a sound world");
            // Agents, queues and schedules are there before anybody comes.
            let history = read(&log, world.beginning() + Span::from_micros(1));
            assert!(history.arrivals.len() > 200, "{name}: {}", history.arrivals.len());
            assert_eq!(history.unplayed, Unplayed { unended: 0, ..Unplayed::default() }, "{name}");
            compare(&history);
        }
    }
}

/// A world that keeps its log, whose first instant is over.
struct Desk {
    w: World,
    queue: QueueId,
    from: Timestamp,
}

impl Desk {
    fn new(spec: QueueSpec) -> Self {
        let mut w = World::new();
        w.log = Some(Vec::new());
        let queue = w.queue(spec);
        let from = w.now + Span::from_secs(1);
        Self { w, queue, from }
    }

    fn arrive(&mut self, wants: &Wants) -> InteractionId {
        let id = self.w.arrive(wants);
        self.w.route();
        id
    }

    fn finish(&mut self, id: InteractionId) {
        let leg = self.w.floor.owner_leg(id).expect("somebody has it").id;
        self.w.end(leg, OfferState::Completed, EndReason::Done, None);
        let wrap_up_code = String::new();
        self.w.record(Event::InteractionResolved { interaction_id: id, wrap_up_code });
        self.w.route();
    }

    fn history(&self) -> History {
        read(self.w.log.as_ref().expect("it is kept"), self.from)
    }

    fn is_there(&mut self, agent_id: AgentId, channels: &[ChannelKind], duty: Duty) {
        self.w.record(Event::AgentPresenceChanged {
            agent_id,
            intended: PresenceStatus::Available,
            effective: duty.bounds(EffectiveStatus::Available),
            lease_until: None,
            previous: None,
            next: None,
            channels: channels.to_vec(),
            duty,
        });
        self.w.route();
    }
}

#[test]
fn answers_refusals_and_silence_come_out_as_they_were() {
    let mut desk = Desk::new(QueueSpec { strategy: Strategy::LeastLoaded, ..QueueSpec::default() });
    let (ada, bo) = (desk.w.agent(spec(2)), desk.w.agent(spec(2)));
    desk.w.pass(2);
    let wants = Wants::of(desk.queue);
    let first = desk.arrive(&wants);
    assert_eq!(desk.w.asked(first), Some(ada));
    desk.w.pass(5);
    desk.w.decline(first);
    desk.w.route();
    assert_eq!(desk.w.asked(first), Some(bo));
    desk.w.pass(3);
    desk.w.accept(first);
    let second = desk.arrive(&wants);
    let asked = desk.w.pending(second).expect("somebody is asked").clone();
    desk.w.pass(20);
    let until = Some(desk.w.now + Span::from_secs(30));
    desk.w.end(asked.id, OfferState::TimedOut, EndReason::NoAnswer, until);
    desk.w.route();
    desk.w.pass(4);
    desk.w.accept(second);
    desk.w.pass(60);
    desk.finish(first);
    desk.w.pass(10);
    desk.finish(second);
    let history = desk.history();
    let taken: Vec<_> = history.arrivals.iter().filter_map(|one| one.was.taken).collect();
    assert_eq!(taken.iter().map(|(_, wait)| wait / 1_000_000).collect::<Vec<_>>(), [8, 24]);
    let worked = history.arrivals.iter().filter_map(|one| one.was.worked);
    assert_eq!(worked.map(|time| time / 1_000_000).collect::<Vec<_>>(), [84, 70]);
    compare(&history);
}

#[test]
fn who_takes_calls_and_who_is_on_call_counts() {
    let mut desk = Desk::new(QueueSpec { on_call: true, ..QueueSpec::default() });
    let day = desk.w.queue(QueueSpec::default());
    let (ada, bo) = (desk.w.agent(spec(1)), desk.w.agent(spec(1)));
    desk.w.pass(2);
    desk.is_there(ada, &[ChannelKind::Voice], Duty::OnShift);
    desk.is_there(bo, &[], Duty::OnCall);
    let queue = desk.queue;
    let any = Wants::of(queue);
    let plain = desk.arrive(&any);
    assert_eq!(desk.w.asked(plain), Some(bo), "the other one takes calls alone");
    desk.w.accept(plain);
    let call = desk.arrive(&Wants { channel: ChannelKind::Voice, ..Wants::of(day) });
    assert_eq!(desk.w.asked(call), Some(ada));
    desk.w.accept(call);
    desk.w.pass(30);
    desk.finish(plain);
    let waits = desk.arrive(&Wants::of(day));
    assert_eq!(desk.w.asked(waits), None, "nobody on call is asked by day");
    desk.w.pass(30);
    desk.is_there(ada, &[], Duty::OnShift);
    desk.finish(call);
    assert_eq!(desk.w.asked(waits), Some(ada));
    desk.w.accept(waits);
    desk.w.pass(9);
    desk.finish(waits);
    compare(&desk.history());
}

#[test]
fn what_is_promised_lends_urgency_as_it_did() {
    let mut desk = Desk::new(QueueSpec::default());
    let ada = desk.w.agent(spec(1));
    let target = SlaTarget {
        metric: SlaMetric::TimeToAnswer,
        target: Span::from_secs(60),
        calendar_id: None,
    };
    let policy = SlaSpec {
        enabled: true,
        priorities: vec![Priority::High],
        targets: vec![target],
        urgency: Span::from_secs(600),
        ..SlaSpec::default()
    };
    let (policy_id, spec) = (desk.w.id(), Box::new(policy));
    let (change, version) = (Change::Created, 1);
    desk.w.record(Event::Sla(SlaFact::PolicySaved { policy_id, spec, change, version }));
    desk.w.pass(2);
    let busy = desk.arrive(&Wants::of(desk.queue));
    desk.w.accept(busy);
    let older = desk.arrive(&Wants::of(desk.queue));
    desk.w.pass(30);
    let urgent = desk.arrive(&Wants { priority: Priority::High, ..Wants::of(desk.queue) });
    desk.w.pass(5);
    desk.finish(busy);
    assert_eq!(desk.w.asked(urgent), Some(ada), "it is due in less than a minute");
    desk.w.accept(urgent);
    desk.w.pass(5);
    desk.finish(urgent);
    assert_eq!(desk.w.asked(older), Some(ada));
    desk.w.accept(older);
    desk.w.pass(5);
    desk.finish(older);
    compare(&desk.history());
}

#[test]
fn what_is_not_played_is_counted() {
    let mut desk = Desk::new(QueueSpec::default());
    let other = desk.w.queue(QueueSpec::default());
    let (empty, absent) = (desk.w.queue(QueueSpec::default()), desk.w.id());
    desk.w.agent(spec(3));
    desk.w.save_agent(absent, spec(1));
    desk.arrive(&Wants::of(desk.queue));
    desk.w.pass(2);
    let moved = desk.arrive(&Wants::of(desk.queue));
    desk.w.pass(1);
    let pending = desk.w.pending(moved).expect("it is offered").id;
    desk.w.end(pending, OfferState::Rescinded, EndReason::Moved, None);
    let now = desk.w.now;
    desk.w.enqueue(moved, &Wants::of(other), (now, now), 1);
    desk.w.record(Event::QueueDeleted { queue_id: empty });
    desk.w.record(Event::AgentDeleted { agent_id: absent });
    let history = desk.history();
    let known = Unplayed { present: 1, moved: 1, taken_back: 1, deleted: 2, ..Unplayed::default() };
    assert_eq!(history.unplayed, known);
}
