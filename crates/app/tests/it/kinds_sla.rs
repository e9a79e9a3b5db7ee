//! Commands on promises of time and on escalation: calendars, policies, and queues with hours and
//! ladders.

use crate::kinds::{Make, State};
use crate::kinds_shift;
use crate::support::Chance;
use app::ledger::command::Command;
use app::ledger::command::calendar::{DeleteCalendar, SaveCalendar};
use app::ledger::command::escalation_policy::{ConfigureEscalation, DeleteEscalationPolicy};
use app::ledger::command::queue::SaveQueue;
use app::ledger::command::sla_policy::{ConfigureSla, DeleteSlaPolicy};
use domain::calendar::{CalendarSpec, WeeklyWindow, Window};
use domain::escalation::{Action, EscalationSpec, Level, Trigger, WatchedState};
use domain::id::{CalendarId, EscalationPolicyId};
use domain::interaction::Priority;
use domain::queue::Queue;
use domain::sla::{SlaMetric, SlaPause, SlaSpec, SlaTarget};
use domain::time::Span;
use std::sync::Arc;

pub(crate) const PROMISES: &[(&str, Make)] = &[
    ("configure sla", configure),
    ("configure sla again", configure),
    ("delete sla", delete),
    ("new calendar", |s, c| save_calendar(s, true, c)),
    ("save calendar", |s, c| save_calendar(s, false, c)),
    ("delete calendar", delete_calendar),
    ("queue hours", queue_hours),
    ("configure escalation", configure_escalation),
    ("delete escalation", delete_escalation),
    ("queue escalates", queue_escalates),
    ("queue escalates again", queue_escalates),
];

/// One of each noun, so that it can be changed and deleted; nothing goes by them yet.
pub(crate) fn nouns(s: &State) -> Vec<Arc<dyn Command>> {
    let mut chance = Chance(1);
    let metric = SlaMetric::TotalResolution;
    let target = SlaTarget { metric, target: Span::from_secs(3_600), calendar_id: None };
    let spec = SlaSpec { enabled: false, targets: vec![target], ..SlaSpec::default() };
    let made: [Option<Arc<dyn Command>>; 3] = [
        save_calendar(s, true, &mut chance),
        Some(Arc::new(ConfigureSla { name: "asleep".to_owned(), version: 0, spec })),
        configure_escalation(s, &mut chance),
    ];
    let made = made.into_iter().map(|command| command.expect("it needs nothing"));
    made.chain([kinds_shift::noun(s)]).chain(kinds_shift::away(s)).collect()
}

fn calendars(s: &State) -> Vec<CalendarId> {
    s.floor.promises().calendars.keys().copied().collect()
}

fn configure(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let calendars = calendars(s);
    let mut targets = Vec::new();
    for metric in SlaMetric::ALL {
        if chance.one_in(2) {
            let secs = 1 + i64::try_from(chance.below(3_000)).expect("it is small");
            let calendar_id = chance.of(&calendars).filter(|_| chance.one_in(2));
            targets.push(SlaTarget { metric: *metric, target: Span::from_secs(secs), calendar_id });
        }
    }
    let spec = SlaSpec {
        position: u32::try_from(chance.below(3)).expect("it is small"),
        enabled: !chance.one_in(6),
        targets,
        warn_at: vec![50, 80],
        pauses: SlaPause::ALL.to_vec(),
        reapplies: chance.one_in(2),
        urgency: Span::from_secs(if chance.one_in(2) { 600 } else { 0 }),
        ..SlaSpec::default()
    };
    let name = format!("sla {}", chance.below(3));
    Some(Arc::new(ConfigureSla { name, version: 0, spec }))
}

fn delete(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let known: Vec<_> = s.floor.promises().policies.keys().copied().collect();
    Some(Arc::new(DeleteSlaPolicy { id: chance.of(&known)?, version: 0 }))
}

fn save_calendar(s: &State, new: bool, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = if new { None } else { Some(chance.of(&calendars(s))?) };
    let name = format!("calendar {}", chance.below(30));
    let (closed, always_open) = (chance.one_in(5), chance.one_in(2));
    let start = u16::try_from(chance.below(1_000)).expect("it is small");
    let patch = Arc::new(move |spec: &mut CalendarSpec| {
        let window = Window { start, end: start + 400 };
        let weekly = (1..=7).map(|day| WeeklyWindow { day, window }).collect();
        let time_zone = "Europe/Berlin".to_owned();
        *spec = CalendarSpec { time_zone, closed, always_open, weekly, dates: Vec::new() };
    });
    let name = Some(name);
    Some(Arc::new(SaveCalendar { id, version: 0, name, description: None, patch }))
}

fn delete_calendar(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let promises = s.floor.promises();
    let of_policy = |id: &CalendarId| {
        let mut targets = promises.policies.values().flat_map(|(_, spec)| spec.targets.iter());
        targets.any(|target| target.calendar_id == Some(*id))
    };
    let of_queue =
        |id: &CalendarId| s.floor.queues().any(|(_, spec)| spec.calendar_id == Some(*id));
    let of_item = |id: &CalendarId| {
        let clocks = s.floor.items().filter_map(|(_, item)| item.sla.as_ref());
        let mut terms = clocks.flat_map(|sla| sla.clocks.iter()).filter_map(|c| c.term.calendar);
        terms.any(|(held, _)| held == *id)
    };
    let free =
        calendars(s).into_iter().filter(|id| !of_policy(id) && !of_queue(id) && !of_item(id));
    Some(Arc::new(DeleteCalendar { id: chance.of(&free.collect::<Vec<_>>())?, version: 0 }))
}

fn queue_hours(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = s.queue(chance)?;
    let calendar_id = chance.of(&calendars(s)).filter(|_| !chance.one_in(3));
    let patch = Arc::new(move |queue: &mut Queue| queue.spec.calendar_id = calendar_id);
    Some(Arc::new(SaveQueue { id: Some(id), version: 0, patch }))
}

fn ladders(s: &State) -> Vec<EscalationPolicyId> {
    s.floor.promises().ladders.keys().copied().collect()
}

fn configure_escalation(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let secs = |chance: &mut Chance, most| {
        Span::from_secs(i64::try_from(chance.below(most)).expect("it is small"))
    };
    let mut triggers = vec![
        Trigger::Priority(Priority::Urgent),
        Trigger::Keyword(vec!["lawyer".to_owned()]),
        Trigger::Sentiment(-50),
        Trigger::AgentRequest,
    ];
    for state in WatchedState::ALL {
        triggers.push(Trigger::TimeInState { state: *state, after: secs(chance, 900) });
    }
    triggers.retain(|_| !chance.one_in(3));
    let to = s.queue(chance)?;
    let moves = [Action::MoveToQueue(to), Action::Reassign(to)];
    let actions = [Action::RaisePriority(None), Action::Widen, moves[chance.below(2)]];
    let level = |chance: &mut Chance| Level {
        after: secs(chance, 300),
        actions: actions.iter().copied().filter(|_| chance.one_in(2)).collect(),
    };
    let spec = EscalationSpec {
        enabled: !chance.one_in(6),
        triggers,
        levels: (0..=chance.below(3)).map(|_| level(chance)).collect(),
        reminders: vec![Span::from_secs(60), Span::from_secs(600)],
    };
    let name = format!("ladder {}", chance.below(3));
    Some(Arc::new(ConfigureEscalation { name, version: 0, spec }))
}

fn delete_escalation(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let named = |id: &EscalationPolicyId| {
        s.floor.queues().any(|(_, spec)| spec.escalation_policy_id == Some(*id))
    };
    let free: Vec<_> = ladders(s).into_iter().filter(|id| !named(id)).collect();
    Some(Arc::new(DeleteEscalationPolicy { id: chance.of(&free)?, version: 0 }))
}

fn queue_escalates(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = s.queue(chance)?;
    let policy = chance.of(&ladders(s)).filter(|_| !chance.one_in(4));
    let patch = Arc::new(move |queue: &mut Queue| queue.spec.escalation_policy_id = policy);
    Some(Arc::new(SaveQueue { id: Some(id), version: 0, patch }))
}
