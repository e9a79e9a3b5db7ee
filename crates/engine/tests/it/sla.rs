//! Clocks, told as stories: what starts, pauses, resumes, resets and ends them; each breach once.

use crate::support::{Wants, World, spec};
use domain::calendar::{CalendarSpec, WeeklyWindow, Window};
use domain::event::{Actor, ActorKind, Change, EndReason, Event, LifeFact, WakeReason};
use domain::id::{CalendarId, ConversationId, InteractionId, QueueId, SlaPolicyId};
use domain::interaction::Priority;
use domain::message::Direction;
use domain::offer::OfferState;
use domain::queue::QueueSpec;
use domain::sla::{Sla, SlaClock, SlaFact, SlaMetric, SlaPause, SlaRisk, SlaSpec};
use domain::sla::{SlaStatus, SlaTarget};
use domain::time::{Span, Timestamp};
use engine::floor::Due;
use engine::sla::tier_key;
use std::sync::Arc;
use uuid::Uuid;

struct Story {
    world: World,
    queue: QueueId,
    id: InteractionId,
    told: Vec<(&'static str, SlaMetric, u8)>,
}

fn target(metric: SlaMetric, secs: i64) -> SlaTarget {
    SlaTarget { metric, target: Span::from_secs(secs), calendar_id: None }
}

fn policy(targets: &[SlaTarget]) -> SlaSpec {
    SlaSpec {
        enabled: true,
        targets: targets.to_vec(),
        warn_at: vec![50, 80],
        ..SlaSpec::default()
    }
}

fn save(world: &mut World, spec: SlaSpec) -> SlaPolicyId {
    let policy_id = world.id();
    let (spec, change) = (Box::new(spec), Change::Created);
    world.record(Event::Sla(SlaFact::PolicySaved { policy_id, spec, change, version: 1 }));
    policy_id
}

fn open_hours(world: &mut World, id: CalendarId, windows: &[(u16, u16)], version: i64) {
    let windows = windows.iter().map(|(start, end)| Window { start: *start, end: *end });
    let windows: Vec<Window> = windows.collect();
    let days = (1..=7)
        .flat_map(|day| windows.iter().map(move |window| WeeklyWindow { day, window: *window }));
    let weekly = days.collect();
    let spec = CalendarSpec { time_zone: "UTC".into(), weekly, ..CalendarSpec::default() };
    let (spec, change) = (Box::new(spec), Change::Updated);
    world.record(Event::Sla(SlaFact::CalendarSaved { calendar_id: id, spec, change, version }));
}

impl Story {
    fn new(spec: SlaSpec) -> Self {
        let mut world = World::new();
        save(&mut world, spec);
        let queue = world.queue(QueueSpec::default());
        Self::of(world, queue)
    }

    fn of(mut world: World, queue: QueueId) -> Self {
        let id = world.arrive(&Wants::of(queue));
        Self { world, queue, id, told: Vec::new() }
    }

    fn sla(&self) -> Arc<Sla> {
        self.world.floor.item(self.id).and_then(|item| item.sla.clone()).expect("it has promises")
    }

    fn clock(&self, metric: SlaMetric) -> SlaClock {
        let sla = self.sla();
        sla.clocks.iter().find(|clock| clock.term.metric == metric).expect("it is promised").clone()
    }

    fn status(&self, metric: SlaMetric) -> Option<SlaStatus> {
        self.clock(metric).status()
    }

    /// Seconds until the clock is due, if it runs.
    fn left(&self, metric: SlaMetric) -> Option<i64> {
        let clock = self.clock(metric);
        let due = clock.running_since.and(clock.due_at)?;
        Some((due.micros() - self.world.now.micros()) / 1_000_000)
    }

    /// Time passes second by second, so that whatever is due is told when it is.
    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.world.pass(1);
            self.fire();
        }
    }

    fn fire(&mut self) {
        for due in self.world.floor.due(self.world.now, 100) {
            match due {
                Due::Clock(id) => {
                    let facts = self.world.floor.clocks_overdue(id, self.world.now);
                    self.told.extend(facts.iter().map(named));
                    self.world.tell(id);
                }
                Due::Shift(id) => self.world.floor.shift_over(id, self.world.now),
                Due::QueueHours(id) => self.world.floor.queue_hours_over(id, self.world.now),
                _ => {}
            }
        }
    }

    fn say(&mut self, kind: ActorKind) {
        let direction =
            if kind == ActorKind::Customer { Direction::Inbound } else { Direction::Outbound };
        let event = Event::MessageAdded {
            message_id: self.world.id(),
            interaction_id: self.id,
            conversation_id: ConversationId::default(),
            direction,
            first_response: false,
            account_id: None,
            loop_suspected: false,
        };
        self.world.record_by(event, Actor { kind, id: Uuid::nil() });
    }

    fn resolve(&mut self) -> Option<Arc<Sla>> {
        let (interaction_id, wrap_up_code) = (self.id, String::new());
        let owner = self.world.floor.owner_leg(self.id).map(|leg| leg.id);
        if let Some(leg) = owner {
            self.world.end(leg, OfferState::Completed, EndReason::Done, None);
        }
        let event = Event::InteractionResolved { interaction_id, wrap_up_code };
        self.world.record_last(event, self.id).0
    }

    fn life(&mut self, fact: LifeFact) {
        self.world.record(Event::Life(fact));
    }

    fn wake(&mut self) {
        let (interaction_id, queue_id) = (self.id, Some(self.queue));
        let (by, sla, ladder) = (WakeReason::Asked, None, None);
        self.life(LifeFact::Woken { interaction_id, queue_id, by, sla, ladder });
    }

    fn reopen(&mut self, sla: Option<Arc<Sla>>) {
        self.world.record(Event::InteractionReopened {
            interaction_id: self.id,
            queue_id: None,
            sla,
            taken: true,
        });
        let now = self.world.now;
        self.world.enqueue(self.id, &Wants::of(self.queue), (now, now), 0);
    }
}

fn named(fact: &SlaFact) -> (&'static str, SlaMetric, u8) {
    match fact {
        SlaFact::Warned { metric, percent, .. } => ("warned", *metric, *percent),
        SlaFact::Breached { metric, .. } => ("breached", *metric, 100),
        other => panic!("{other:?} is not told by a timer"),
    }
}

use SlaMetric::{FirstResponse, NextResponse, Resolution, TimeToAnswer, TotalResolution};

#[test]
fn warnings_and_the_breach_come_once_and_in_order() {
    let mut story = Story::new(policy(&[target(FirstResponse, 100)]));
    assert_eq!(story.status(FirstResponse), Some(SlaStatus::OnTrack));
    story.pass(49);
    assert!(story.told.is_empty());
    story.pass(1);
    assert_eq!(story.sla().risk(), SlaRisk::Warned);
    story.pass(300);
    let told = [("warned", FirstResponse, 50), ("warned", FirstResponse, 80)];
    assert_eq!(story.told[..2], told);
    assert_eq!(story.told[2..], [("breached", FirstResponse, 100)], "once");
    assert_eq!(story.sla().risk(), SlaRisk::Breached);
    story.say(ActorKind::Agent);
    assert_eq!(
        story.status(FirstResponse),
        Some(SlaStatus::Breached),
        "a late reply heals nothing"
    );
    assert_eq!(story.sla().risk(), SlaRisk::None, "but nothing is at stake any more");
}

#[test]
fn a_late_timer_tells_the_last_warning_or_the_breach() {
    let mut story = Story::new(policy(&[target(FirstResponse, 100)]));
    story.world.pass(85);
    story.fire();
    assert_eq!(story.told, [("warned", FirstResponse, 80)]);
    let mut story = Story::new(policy(&[target(FirstResponse, 100)]));
    story.world.pass(1_000);
    story.fire();
    story.fire();
    assert_eq!(story.told, [("breached", FirstResponse, 100)]);
}

#[test]
fn what_happens_after_the_time_and_before_the_timer_is_a_breach_too() {
    let mut story = Story::new(policy(&[target(FirstResponse, 100), target(TimeToAnswer, 30)]));
    story.world.pass(101);
    story.say(ActorKind::Agent);
    assert_eq!(story.status(FirstResponse), Some(SlaStatus::Breached));
    story.fire();
    assert!(story.told.is_empty(), "it was told with the reply");
}

#[test]
fn replies_begin_anew_and_automatic_ones_do_not_count() {
    let mut story = Story::new(policy(&[target(FirstResponse, 100), target(NextResponse, 60)]));
    assert_eq!(story.status(NextResponse), None, "Zammad #5177: not before the first reply");
    story.pass(10);
    story.say(ActorKind::System);
    assert_eq!(story.status(FirstResponse), Some(SlaStatus::OnTrack));
    story.say(ActorKind::Agent);
    assert_eq!(story.status(FirstResponse), Some(SlaStatus::Met));
    story.pass(500);
    assert_eq!(story.status(NextResponse), None, "Zammad #3140: nobody waits for us");
    story.say(ActorKind::Customer);
    story.pass(20);
    story.say(ActorKind::Customer);
    assert_eq!(story.left(NextResponse), Some(40), "the oldest unanswered message counts");
    story.say(ActorKind::Agent);
    assert_eq!(story.status(NextResponse), Some(SlaStatus::Met));
    story.pass(100);
    story.say(ActorKind::Customer);
    assert_eq!(story.left(NextResponse), Some(60), "anew, not where it stopped");
    assert_eq!(story.clock(NextResponse).round, 2);
    story.pass(60);
    let breaches = story.told.iter().filter(|told| told.0 == "breached").count();
    assert_eq!(breaches, 1);
}

#[test]
fn resolution_pauses_and_goes_on() {
    let mut spec = policy(&[target(Resolution, 300), target(FirstResponse, 200)]);
    spec.pauses = vec![SlaPause::AwaitingCustomer];
    let mut story = Story::new(spec);
    story.pass(100);
    story.say(ActorKind::Agent);
    assert_eq!(story.status(Resolution), Some(SlaStatus::Paused));
    story.pass(1_000);
    assert_eq!(story.told, [("warned", FirstResponse, 50)], "a paused clock tells nothing");
    story.say(ActorKind::Customer);
    assert_eq!(story.left(Resolution), Some(200), "where it stopped, not anew");
    story.pass(200);
    assert_eq!(story.status(Resolution), Some(SlaStatus::Breached));
}

#[test]
fn resolution_pauses_while_it_rests_and_replies_do_not() {
    let mut spec = policy(&[target(Resolution, 300), target(FirstResponse, 200)]);
    spec.pauses = vec![SlaPause::AwaitingCustomer];
    let mut story = Story::new(spec);
    story.world.agent(crate::support::spec(1));
    story.world.route();
    story.world.accept(story.id);
    story.pass(100);
    let leg = story.world.floor.owner_leg(story.id).expect("it is owned").clone();
    let (interaction_id, agent_id) = (story.id, leg.agent_id);
    story.life(LifeFact::Parked {
        interaction_id,
        agent_id,
        queue_id: Some(story.queue),
        wake_at: None,
        counts: true,
        rested: None,
    });
    assert_eq!(story.status(Resolution), Some(SlaStatus::Paused));
    story.pass(50);
    assert_eq!(story.left(FirstResponse), Some(50), "a reply was promised all the same");
    story.wake();
    assert_eq!(story.left(Resolution), Some(200), "nobody awaits the customer any more");
}

#[test]
fn what_wakes_when_its_time_is_used_up_is_told_of_it_once() {
    let mut story = Story::new(policy(&[target(Resolution, 300)]));
    story.world.agent(crate::support::spec(1));
    story.world.route();
    story.world.accept(story.id);
    let leg = story.world.floor.owner_leg(story.id).expect("it is owned").clone();
    story.world.end(leg.id, OfferState::Completed, EndReason::Parked, None);
    story.life(LifeFact::Parked {
        interaction_id: story.id,
        agent_id: leg.agent_id,
        queue_id: Some(story.queue),
        wake_at: Some(story.world.now + Span::from_secs(299)),
        counts: false,
        rested: None,
    });
    // One batch finds both due, and waking comes first. Nothing ticks after that, so that the floor
    // has no reason to hold it until it is queued.
    story.world.pass(301);
    story.wake();
    let now = story.world.now;
    story.world.enqueue(story.id, &Wants::of(story.queue), (now, now), 1);
    assert_eq!(story.status(Resolution), Some(SlaStatus::Breached));
    assert_eq!(story.clock(Resolution).next_at, None, "it was told when it woke");
}

#[test]
fn replies_are_not_awaited_until_the_time_a_customer_chose() {
    let mut spec = policy(&[target(Resolution, 300), target(TimeToAnswer, 60)]);
    spec.pauses = vec![SlaPause::AwaitingCustomer];
    let mut story = Story::new(spec);
    story.pass(40);
    let wake_at = story.world.now + Span::from_secs(500);
    story.life(LifeFact::Scheduled {
        interaction_id: story.id,
        queue_id: Some(story.queue),
        agent_id: None,
        wake_at,
        enqueued_at: wake_at,
        attempts: 0,
        rested: None,
    });
    assert_eq!(story.status(TimeToAnswer), Some(SlaStatus::Dropped));
    story.pass(500);
    assert_eq!(story.told, [("warned", TimeToAnswer, 50)], "nothing is told meanwhile");
    story.wake();
    assert_eq!(story.left(TimeToAnswer), Some(60), "anew from then on");
    assert_eq!(story.left(Resolution), Some(260));
}

#[test]
fn finishing_up_pauses_if_the_policy_says_so() {
    let mut spec = policy(&[target(Resolution, 300), target(TimeToAnswer, 60)]);
    spec.pauses = vec![SlaPause::Wrapping];
    let mut story = Story::new(spec);
    story.world.agent(crate::support::spec(1));
    story.world.route();
    story.pass(10);
    story.world.accept(story.id);
    assert_eq!(story.status(TimeToAnswer), Some(SlaStatus::Met));
    let leg = story.world.floor.owner_leg(story.id).expect("it is owned").clone();
    let wrap_until = story.world.now + Span::from_secs(600);
    story.world.record(Event::InteractionWrapping {
        interaction_id: story.id,
        offer_id: leg.id,
        agent_id: leg.agent_id,
        wrap_until,
    });
    story.pass(400);
    assert_eq!(story.status(Resolution), Some(SlaStatus::Paused));
    let sla = story.resolve().expect("it has promises");
    let clock = sla.clocks.iter().find(|clock| clock.term.metric == Resolution);
    assert_eq!(clock.and_then(SlaClock::status), Some(SlaStatus::Met));
}

#[test]
fn the_first_resolution_is_not_begun_again_and_the_total_goes_on() {
    let targets =
        [target(Resolution, 300), target(TotalResolution, 300), target(TimeToAnswer, 900)];
    let mut story = Story::new(policy(&targets));
    story.pass(100);
    let sla = story.resolve();
    let of = |metric| {
        let clocks = sla.iter().flat_map(|sla| sla.clocks.iter());
        clocks.into_iter().find(|clock| clock.term.metric == metric).and_then(SlaClock::status)
    };
    assert_eq!(of(TotalResolution), Some(SlaStatus::Met));
    assert_eq!(of(TimeToAnswer), Some(SlaStatus::Dropped), "nobody ever said yes");
    story.world.pass(10_000);
    story.reopen(sla.clone());
    assert_eq!(story.status(Resolution), Some(SlaStatus::Met), "Chatwoot #12058");
    assert_eq!(story.left(TotalResolution), Some(200));
    assert_eq!(story.left(TimeToAnswer), Some(900), "somebody must say yes again");
    story.pass(200);
    assert_eq!(story.status(TotalResolution), Some(SlaStatus::Breached));
}

#[test]
fn clocks_go_by_the_calendar_as_it_was() {
    let mut world = World::new();
    let hours: CalendarId = world.id();
    world.now = Timestamp::from_micros(20_000 * 86_400_000_000 + 11 * 3_600_000_000);
    open_hours(&mut world, hours, &[(540, 720), (780, 1020)], 1);
    let calendar_id = Some(hours);
    let mut spec = policy(&[SlaTarget { calendar_id, ..target(FirstResponse, 7_200) }]);
    spec.warn_at.clear();
    save(&mut world, spec);
    let queue = world.queue(QueueSpec::default());
    let mut story = Story::of(world, queue);
    let hour = 3_600;
    assert_eq!(story.left(FirstResponse), Some(3 * hour), "an hour of lunch does not count");
    open_hours(&mut story.world, hours, &[(0, 1440)], 2);
    story.say(ActorKind::Customer);
    assert_eq!(
        story.left(FirstResponse),
        Some(3 * hour),
        "the promise was made under the old hours"
    );
    let second = Story::of(story.world, queue);
    assert_eq!(second.left(FirstResponse), Some(2 * hour));
}

#[test]
fn the_first_policy_that_matches_is_taken_and_another_may_take_over() {
    let mut world = World::new();
    let queue = world.queue(QueueSpec::default());
    let general = policy(&[target(Resolution, 1_000), target(FirstResponse, 500)]);
    let general = SlaSpec { position: 9, reapplies: true, ..general };
    let general = save(&mut world, general);
    let urgent = policy(&[target(Resolution, 100)]);
    let urgent = SlaSpec { position: 5, priorities: vec![Priority::Urgent], ..urgent };
    let urgent = save(&mut world, urgent);
    let gold = policy(&[target(Resolution, 10)]);
    save(&mut world, SlaSpec { tiers: vec!["gold".into()], ..gold });
    let off = SlaSpec { enabled: false, ..policy(&[target(Resolution, 1)]) };
    save(&mut world, off);
    let mut story = Story::of(world, queue);
    assert_eq!(story.sla().terms.policy_id, Some(general));
    story.pass(40);
    let raise = |priority, id| Event::InteractionEscalated {
        interaction_id: id,
        level: 1,
        priority,
        queue_id: None,
        team_id: None,
    };
    story.world.record(raise(Priority::Urgent, story.id));
    assert_eq!(story.sla().terms.policy_id, Some(urgent));
    assert_eq!(story.left(Resolution), Some(60), "time that was counted stays counted");
    assert_eq!(story.sla().clocks.len(), 1, "what is no longer promised is gone");
    story.world.record(raise(Priority::Low, story.id));
    assert_eq!(story.sla().terms.policy_id, Some(urgent), "this one does not give way");
    assert_ne!(tier_key("gold"), tier_key("silver"));
    assert_eq!(tier_key(""), 0);
}

#[test]
fn nothing_is_promised_without_a_policy() {
    let mut world = World::new();
    let queue = world.queue(QueueSpec::default());
    let id = world.arrive(&Wants::of(queue));
    assert!(world.floor.item(id).expect("it is open").sla.is_none());
    save(&mut world, policy(&[target(Resolution, 10)]));
    let now = world.now;
    world.enqueue(id, &Wants::of(queue), (now, now), 0);
    let item = world.floor.item(id).expect("it is open");
    assert!(item.sla.is_some(), "the next time it enters a queue, a promise is made");
}

#[test]
fn a_closed_queue_holds_what_waits_until_it_opens() {
    let mut world = World::new();
    let hours: CalendarId = world.id();
    world.now = Timestamp::from_micros(20_000 * 86_400_000_000);
    open_hours(&mut world, hours, &[(540, 1020)], 1);
    let queue = world.queue(QueueSpec { calendar_id: Some(hours), ..QueueSpec::default() });
    world.agent(spec(3));
    let mut story = Story::of(world, queue);
    story.fire();
    assert!(story.world.route().is_empty(), "it is closed");
    let opens = story.world.now + Span::from_secs(9 * 3600);
    assert_eq!(story.world.floor.next_due(), Some(opens));
    story.world.now = opens;
    story.fire();
    assert_eq!(story.world.route().len(), 1, "it has opened");
    story.world.audit("after the opening");
    // Whom somebody names is asked at any hour.
    story.world.now = opens + Span::from_secs(10 * 3600);
    story.fire();
    let other = story.world.agent(spec(1));
    let mut wants = Wants::of(queue);
    let held = story.world.arrive(&wants);
    wants.target = Some(other);
    let named = story.world.arrive(&wants);
    assert_eq!(story.world.route().len(), 1);
    assert_eq!(story.world.asked(named), Some(other));
    assert_eq!(story.world.asked(held), None);
    open_hours(&mut story.world, hours, &[(0, 1440)], 2);
    story.fire();
    assert_eq!(story.world.route().len(), 1, "its hours changed");
}
