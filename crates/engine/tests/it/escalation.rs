//! Ladders, told as stories: what sets one off, how it climbs, what it does, and what ends it.

use crate::support::{Wants, World, spec};
use domain::escalation::{Action, EscalationFact, EscalationSpec, EscalationStatus, Level};
use domain::escalation::{Trigger, TriggerKind, WatchedState};
use domain::event::{Change, EndReason, Event};
use domain::id::{EscalationPolicyId, InteractionId, QueueId};
use domain::interaction::{Priority, Traits};
use domain::offer::OfferState;
use domain::plan::{After, PlanStep, StepClock};
use domain::queue::QueueSpec;
use domain::time::Span;
use engine::escalation::says;
use std::sync::Arc;

fn secs(secs: i64) -> Span {
    Span::from_secs(secs)
}

fn level(after: i64, actions: &[Action]) -> Level {
    Level { after: secs(after), actions: actions.to_vec() }
}

fn waiting(after: i64) -> Trigger {
    Trigger::TimeInState { state: WatchedState::Waiting, after: secs(after) }
}

struct Story {
    world: World,
    queue: QueueId,
    id: InteractionId,
}

fn save(world: &mut World, spec: EscalationSpec) -> EscalationPolicyId {
    let (policy_id, spec, change) = (world.id(), Arc::new(spec), Change::Created);
    let fact = EscalationFact::PolicySaved { policy_id, spec, change, version: 1 };
    world.record(Event::Escalation(fact));
    policy_id
}

impl Story {
    fn new(triggers: Vec<Trigger>, levels: Vec<Level>) -> Self {
        Self::of(triggers, levels, Wants::of)
    }

    fn of(
        triggers: Vec<Trigger>,
        levels: Vec<Level>,
        wants: impl FnOnce(QueueId) -> Wants,
    ) -> Self {
        let mut world = World::new();
        let reminders = vec![secs(100), secs(200)];
        let policy =
            save(&mut world, EscalationSpec { enabled: true, triggers, levels, reminders });
        let of = QueueSpec { escalation_policy_id: Some(policy), ..QueueSpec::default() };
        let queue = world.queue(of);
        let id = world.arrive(&wants(queue));
        Self { world, queue, id }
    }

    /// Time passes second by second; what is told, with the second.
    fn pass(&mut self, seconds: i64) -> Vec<(i64, &'static str, u8)> {
        let mut told = Vec::new();
        for second in 1..=seconds {
            self.world.pass(1);
            told.extend(self.world.climb(self.id).into_iter().map(|fact| match fact {
                EscalationFact::Raised { level, .. } => (second, "raised", level),
                EscalationFact::Reminded { count, .. } => (second, "reminded", count),
                _ => (second, "triggered", 0),
            }));
        }
        told
    }

    fn status(&self) -> EscalationStatus {
        let item = self.world.floor.item(self.id).expect("it is open");
        item.ladder.as_ref().expect("it has one").status()
    }

    fn priority(&self) -> Priority {
        self.world.floor.item(self.id).expect("it is open").priority
    }

    fn taken(&mut self) {
        let agent = self.world.agent(spec(1));
        let made = self.world.route();
        assert_eq!(made[0].agent_id, agent);
        self.world.accept(self.id);
    }
}

#[test]
fn it_climbs_while_it_waits_and_each_thing_is_told_once() {
    let raise = [Action::RaisePriority(None)];
    let levels = vec![level(0, &raise), level(50, &raise), level(25, &[])];
    let mut story = Story::new(vec![waiting(10)], levels);
    assert_eq!(story.status(), EscalationStatus::Armed);
    let told = story.pass(1_000);
    let wanted = [
        (10, "triggered", 0),
        (10, "raised", 1),
        (60, "raised", 2),
        (85, "raised", 3),
        (110, "reminded", 1),
        (210, "reminded", 2),
    ];
    assert_eq!(told, wanted);
    assert_eq!((story.priority(), story.status()), (Priority::High, EscalationStatus::Pending));
    story.world.audit("climbed");
}

#[test]
fn a_node_that_comes_late_gives_one_reminder_and_no_level_in_haste() {
    let mut story = Story::new(vec![waiting(10)], vec![level(0, &[]), level(50, &[])]);
    story.world.pass(900);
    let told: Vec<_> = story.world.climb(story.id).iter().map(EscalationFact::name).collect();
    assert_eq!(told, ["escalation.triggered", "escalation.raised"]);
    assert_eq!(story.pass(49), []);
    assert_eq!(story.pass(1), [(1, "raised", 2)]);
    story.world.pass(500);
    assert_eq!(story.pass(1), [(1, "reminded", 2)], "one for both");
}

#[test]
fn an_agent_who_takes_it_ends_the_climb_and_waiting_again_begins_another() {
    let triggers =
        vec![waiting(10), Trigger::TimeInState { state: WatchedState::Owned, after: secs(300) }];
    let mut story = Story::new(triggers, vec![level(0, &[]), level(60, &[])]);
    assert_eq!(story.pass(30), [(10, "triggered", 0), (10, "raised", 1)]);
    story.taken();
    assert_eq!(story.status(), EscalationStatus::Acknowledged);
    assert_eq!(story.pass(299), []);
    let owned = story.pass(100);
    assert_eq!(owned[..2], [(1, "triggered", 0), (61, "raised", 2)], "the next level");
    // Given back: it waits anew, though it climbs already.
    let leg = story.world.floor.item(story.id).and_then(|item| item.owner).expect("it is owned");
    story.world.end(leg, OfferState::AgentLost, EndReason::Lost, None);
    let (queue, now) = (story.queue, story.world.now);
    story.world.enqueue(story.id, &Wants::of(queue), (now, now), 1);
    let told = story.pass(10);
    assert_eq!(told.last(), Some(&(10, "triggered", 0)), "{told:?}");
}

#[test]
fn what_it_is_sets_it_off_at_once() {
    let vip = Trigger::CustomerTier(vec!["gold".into()]);
    let gold = |queue| Wants {
        traits: Traits { tier: "gold".into(), ..Traits::default() },
        ..Wants::of(queue)
    };
    let levels = || vec![level(5, &[Action::RaisePriority(Some(Priority::Critical))])];
    let mut story = Story::of(vec![vip.clone()], levels(), gold);
    assert_eq!(story.status(), EscalationStatus::Pending);
    assert_eq!(story.pass(20), [(5, "raised", 1)]);
    assert_eq!(story.priority(), Priority::Critical);
    let mut story = Story::new(vec![vip, Trigger::Priority(Priority::Urgent)], levels());
    assert_eq!((story.pass(20), story.status()), (Vec::new(), EscalationStatus::Armed));
    let (interaction_id, level) = (story.id, 1);
    let priority = Priority::Urgent;
    story.world.record(Event::InteractionEscalated {
        interaction_id,
        level,
        priority,
        queue_id: None,
        team_id: None,
    });
    assert_eq!(story.status(), EscalationStatus::Pending);
}

#[test]
fn what_is_said_or_asked_sets_it_off_unless_it_climbs() {
    let mut story = Story::new(vec![Trigger::AgentRequest], vec![level(0, &[])]);
    let asked = |story: &Story| {
        let is_meant = |trigger: &Trigger| trigger.kind() == TriggerKind::AgentRequest;
        story.world.floor.escalation_called(story.id, is_meant)
    };
    let fact = asked(&story).expect("it is armed");
    story.world.record(Event::Escalation(fact));
    assert_eq!(asked(&story), None, "it climbs");
    story.taken();
    assert!(asked(&story).is_some(), "it may be asked for again");
}

#[test]
fn a_level_opens_the_next_step_of_the_plan() {
    let mut world = World::new();
    let timed = |after| PlanStep {
        after: Some(After { clock: StepClock::Step, span: secs(after) }),
        any_team: true,
        credit: secs(after),
        ..PlanStep::default()
    };
    let plan = world.plan(vec![PlanStep::default(), timed(1_000), timed(500)]);
    let (triggers, reminders) = (vec![waiting(10)], Vec::new());
    let levels = vec![level(0, &[Action::Widen]); 3];
    let policy = save(&mut world, EscalationSpec { enabled: true, triggers, levels, reminders });
    let queue = world.queue(QueueSpec {
        escalation_policy_id: Some(policy),
        routing_plan_id: Some(plan),
        ..QueueSpec::default()
    });
    let id = world.arrive(&Wants::of(queue));
    let opened = |world: &World| world.floor.item(id).map(|item| item.seen.opened);
    assert_eq!(opened(&world), Some(0));
    world.pass(10);
    let told = world.climb(id);
    assert_eq!(opened(&world), Some(2), "{told:?}");
    let widened =
        told.iter().filter(|fact| matches!(fact, EscalationFact::Raised { widened: true, .. }));
    assert_eq!(widened.count(), 2, "there is no third");
    world.audit("widened");
}

#[test]
fn words_are_found_as_words_of_their_own() {
    let words = ["lawyer".to_owned(), "press office".to_owned(), "!".to_owned()];
    assert!(says(&words, "My LAWYER, then."));
    assert!(says(&words, "to the press-office"));
    assert!(!says(&words, "lawyers!"));
    assert!(!says(&words, ""));
}
