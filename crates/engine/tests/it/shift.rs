//! Schedules: which duty holds when, when it changes next, and what routing makes of it.

use crate::support::{Wants, World};
use domain::agent::{AgentSpec, EffectiveStatus, PresenceStatus};
use domain::calendar::{Date, DatedHours, WeeklyWindow, Window};
use domain::event::{Change, Event};
use domain::id::{AgentId, ScheduleId, TimeOffId};
use domain::queue::QueueSpec;
use domain::schedule::{Duty, ScheduleFact, ScheduleSpec};
use domain::time::{Span, Timestamp};
use domain::time_off::{Absence, TimeOffFact};
use engine::floor::Due;
use engine::routing::eligibility::Unmet;
use engine::routing::explain::explain;
use engine::shift::{check, duty, next_change};
use std::sync::Arc;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Monday, 5 January 2026, midnight in UTC; Berlin is an hour ahead.
const MONDAY: i64 = 1_767_571_200;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((MONDAY + seconds) * 1_000_000)
}

fn window(start: u16, end: u16) -> Window {
    Window { start: start * 60, end: end * 60 }
}

fn daily(days: &[u8], start: u16, end: u16) -> Vec<WeeklyWindow> {
    days.iter().map(|day| WeeklyWindow { day: *day, window: window(start, end) }).collect()
}

const WEEK: [u8; 5] = [1, 2, 3, 4, 5];

/// Nine to five with a break at noon, and on call every evening until ten.
fn office() -> ScheduleSpec {
    ScheduleSpec {
        time_zone: "Europe/Berlin".into(),
        shifts: daily(&WEEK, 9, 17),
        breaks: daily(&WEEK, 12, 13),
        on_call: daily(&[1, 2, 3, 4, 5, 6, 7], 17, 22),
        ..ScheduleSpec::default()
    }
}

#[test]
fn a_day_has_its_shift_its_break_and_its_evening() {
    let spec = office();
    let hours = [
        (0, Duty::OffShift),
        (7, Duty::OffShift),
        (8, Duty::OnShift),
        (10, Duty::OnShift),
        (11, Duty::OnBreak),
        (12, Duty::OnShift),
        (16, Duty::OnCall),
        (20, Duty::OnCall),
        (21, Duty::OffShift),
    ];
    for (hour, expected) in hours {
        assert_eq!(duty(&spec, at(hour * HOUR)), expected, "{hour} h UTC");
    }
    let changes: Vec<i64> = [7, 8, 11, 12, 16, 21]
        .map(|hour| next_change(&spec, at(hour * HOUR)).expect("within sight"))
        .map(|next| (next.micros() / 1_000_000 - MONDAY) / HOUR)
        .to_vec();
    assert_eq!(changes, [8, 11, 12, 16, 21, 24 + 8]);
}

#[test]
fn a_holiday_has_other_shifts_and_the_same_calls() {
    let mut spec = office();
    let date = Date::parse("2026-01-06").expect("a date");
    spec.dates = vec![DatedHours { date, label: "Epiphany".into(), windows: Vec::new() }];
    assert_eq!(duty(&spec, at(DAY + 10 * HOUR)), Duty::OffShift);
    assert_eq!(duty(&spec, at(DAY + 11 * HOUR)), Duty::OffShift, "no break without a shift");
    assert_eq!(duty(&spec, at(DAY + 17 * HOUR)), Duty::OnCall);
    spec.dates[0].windows = vec![window(18, 20)];
    assert_eq!(duty(&spec, at(DAY + 18 * HOUR)), Duty::OnShift, "a shift goes before the call");
}

#[test]
fn a_night_shift_ends_on_the_day_after_and_clocks_may_skip() {
    let night = vec![WeeklyWindow { day: 6, window: Window { start: 22 * 60, end: 30 * 60 } }];
    let spec =
        ScheduleSpec { time_zone: "Europe/Berlin".into(), shifts: night, ..Default::default() };
    // The night of 28 March 2026: an hour is skipped, so that the shift lasts seven.
    let begins = at(82 * DAY + 21 * HOUR);
    assert_eq!(duty(&spec, begins), Duty::OnShift);
    assert_eq!(next_change(&spec, begins), Some(begins + Span::from_secs(7 * HOUR)));
    assert_eq!(duty(&spec, begins + Span::from_secs(7 * HOUR)), Duty::OffShift);
}

#[test]
fn what_never_changes_has_no_next_change() {
    let empty = ScheduleSpec { time_zone: "UTC".into(), ..Default::default() };
    assert_eq!((duty(&empty, at(0)), next_change(&empty, at(0))), (Duty::OffShift, None));
}

#[test]
fn what_cannot_be_used_is_refused_with_its_field() {
    let field = |change: fn(&mut ScheduleSpec)| {
        let mut spec = office();
        change(&mut spec);
        check(&spec).expect_err("it cannot be used").field
    };
    assert_eq!(check(&office()), Ok(()));
    assert_eq!(field(|spec| spec.time_zone = "Mars".into()), "time_zone");
    assert_eq!(field(|spec| spec.shifts[1].day = 8), "shifts[1].day");
    assert_eq!(field(|spec| spec.breaks[2].window.end = 0), "breaks[2]");
    assert_eq!(field(|spec| spec.on_call = daily(&[1; 71], 1, 2)), "on_call");
}

/// A world with a schedule and an agent who goes by it and chose to be available.
fn world(spec: ScheduleSpec) -> (World, ScheduleId, AgentId) {
    let mut w = World::new();
    let (schedule_id, id): (ScheduleId, AgentId) = (w.id(), w.id());
    let (spec, change) = (Arc::new(spec), Change::Created);
    w.record(Event::Schedule(ScheduleFact::Saved { schedule_id, spec, change, version: 1 }));
    w.save_agent(id, AgentSpec { schedule_id: Some(schedule_id), ..AgentSpec::default() });
    (w, schedule_id, id)
}

fn stands(w: &mut World, agent_id: AgentId, duty: Duty) {
    w.record(Event::AgentPresenceChanged {
        agent_id,
        intended: PresenceStatus::Available,
        effective: duty.bounds(EffectiveStatus::Available),
        lease_until: None,
        previous: None,
        next: None,
        channels: Vec::new(),
        duty,
    });
}

#[test]
fn nothing_comes_outside_the_shift_and_the_reason_is_told() {
    let (mut w, _, agent) = world(office());
    let queue = w.queue(QueueSpec::default());
    let item = w.arrive(&Wants::of(queue));
    for (duty, comes) in [(Duty::OffShift, false), (Duty::OnBreak, false), (Duty::OnCall, false)] {
        stands(&mut w, agent, duty);
        w.route();
        assert_eq!(w.asked(item).is_some(), comes, "{duty:?}");
        let found = explain(&w.floor, item, None, w.now).expect("it waits");
        let unmet = &found.agents.iter().find(|stand| stand.agent_id == agent).unwrap().unmet;
        assert_eq!(unmet.first(), Some(&Unmet::Shift(duty)));
    }
    stands(&mut w, agent, Duty::OnShift);
    w.route();
    assert_eq!(w.asked(item), Some(agent));
}

#[test]
fn who_is_on_call_is_asked_for_queues_that_say_so() {
    let (mut w, _, agent) = world(office());
    let calm = w.queue(QueueSpec::default());
    let urgent = w.queue(QueueSpec { on_call: true, ..QueueSpec::default() });
    stands(&mut w, agent, Duty::OnCall);
    let (waits, comes) = (w.arrive(&Wants::of(calm)), w.arrive(&Wants::of(urgent)));
    w.route();
    assert_eq!((w.asked(waits), w.asked(comes)), (None, Some(agent)));
    // The queue says so from now on.
    w.save_queue(calm, QueueSpec { on_call: true, ..QueueSpec::default() });
    w.route();
    assert_eq!(w.asked(waits), Some(agent));
}

#[test]
fn a_schedule_is_looked_at_when_it_says_something_else() {
    let (w, schedule, _) = world(office());
    let due = |w: &World| w.floor.next_due().expect("something is due");
    let first = due(&w);
    assert_eq!(Some(first), next_change(&office(), w.now));
    assert!(w.floor.due(first - Span::from_secs(1), 9).is_empty());
    assert_eq!(w.floor.due(first, 9), [Due::Shift(schedule)]);
    let mut later = w;
    later.floor.shift_over(schedule, first);
    assert_eq!(Some(due(&later)), next_change(&office(), first));
}

fn book(w: &mut World, agent_id: AgentId, from: i64, until: i64) -> TimeOffId {
    let (time_off_id, start) = (w.id(), w.now);
    let at = |secs| start + Span::from_secs(secs);
    let absence = Absence { start_at: at(from), end_at: at(until) };
    w.record(Event::TimeOff(TimeOffFact::Booked { agent_id, time_off_id, absence }));
    time_off_id
}

#[test]
fn time_off_is_looked_at_when_it_begins_and_ends_and_the_reason_tells_until_when() {
    let mut w = World::new();
    let queue = w.queue(QueueSpec::default());
    let agent = w.id();
    w.save_agent(agent, AgentSpec::default());
    stands(&mut w, agent, Duty::Unscheduled);
    let now = w.now;
    let at = |secs| now + Span::from_secs(secs);
    let first = book(&mut w, agent, 10, 30);
    book(&mut w, agent, 20, 50);
    book(&mut w, agent, 60, 70);
    let due = |w: &World| w.floor.next_due();
    assert_eq!((due(&w), w.floor.due(at(10), 9)), (Some(at(10)), vec![Due::TimeOff(agent)]));
    let duty = |w: &World, at| w.floor.duty_of(w.floor.agent(agent).unwrap(), at);
    assert_eq!(duty(&w, at(9)), Duty::Unscheduled);
    assert_eq!(duty(&w, at(10)), Duty::TimeOff);
    assert_eq!([duty(&w, at(49)), duty(&w, at(50))], [Duty::TimeOff, Duty::Unscheduled]);
    w.wait(10);
    stands(&mut w, agent, Duty::TimeOff);
    assert_eq!(due(&w), Some(at(30)), "one that begins meanwhile changes nothing");
    let item = w.arrive(&Wants::of(queue));
    w.route();
    assert_eq!(w.asked(item), None);
    let found = explain(&w.floor, item, None, w.now).expect("it waits");
    assert_eq!(found.agents[0].unmet.first(), Some(&Unmet::TimeOff(Some(at(50)))));
    w.wait(20);
    assert_eq!(w.floor.time_off_over(agent, w.now), [first]);
    let ended = TimeOffFact::Ended { agent_id: agent, time_off_id: first, withdrawn: false };
    w.record(Event::TimeOff(ended));
    assert_eq!((due(&w), duty(&w, w.now)), (Some(at(50)), Duty::TimeOff));
}
