//! Commands on schedules and time off, and agents who go by them.

use crate::kinds::{Make, State};
use crate::support::Chance;
use app::ledger::command::Command;
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::schedule::{ConfigureSchedule, DeleteSchedule};
use app::ledger::command::time_off::{BookTimeOff, WithdrawTimeOff};
use domain::agent::Agent;
use domain::calendar::{WeeklyWindow, Window};
use domain::id::{AgentId, ScheduleId, TimeOffId};
use domain::schedule::{AfterShift, ScheduleSpec};
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const SHIFTS: &[(&str, Make)] = &[
    ("configure schedule", configure),
    ("configure schedule again", configure),
    ("delete schedule", delete),
    ("agent goes by a schedule", go_by),
    ("agent goes by another", go_by),
    ("book time off", book),
    ("book time off later", book),
    ("withdraw time off", withdraw),
];

/// A schedule that nobody goes by yet.
pub(crate) fn noun(s: &State) -> Arc<dyn Command> {
    configure(s, &mut Chance(1)).expect("it needs nothing")
}

fn schedules(s: &State) -> Vec<ScheduleId> {
    s.floor.promises().schedules.keys().copied().collect()
}

/// Windows of so many minutes, ten a day, so that a short history sees some begin and end.
fn windows(length: u16, chance: &mut Chance) -> Vec<WeeklyWindow> {
    let late = u16::try_from(chance.below(144)).expect("it is small");
    let of_day = |day| {
        let window = move |turn: u16| {
            let start = (turn * 144 + late) % 1_440;
            WeeklyWindow { day, window: Window { start, end: start + length } }
        };
        (0..10).map(window)
    };
    (1..=7).flat_map(of_day).collect()
}

fn configure(_: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let spec = ScheduleSpec {
        time_zone: "Europe/Berlin".to_owned(),
        shifts: windows(90, chance),
        breaks: windows(10, chance),
        on_call: if chance.one_in(2) { windows(40, chance) } else { Vec::new() },
        after_shift: chance.of(AfterShift::ALL)?,
        ..ScheduleSpec::default()
    };
    let name = format!("schedule {}", chance.below(3));
    Some(Arc::new(ConfigureSchedule { name, version: 0, spec }))
}

fn delete(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let free: Vec<ScheduleId> =
        schedules(s).into_iter().filter(|id| s.floor.scheduled(*id).next().is_none()).collect();
    Some(Arc::new(DeleteSchedule { id: chance.of(&free)?, version: 0 }))
}

fn go_by(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = chance.of(&s.agents)?.id;
    let schedule = chance.of(&schedules(s)).filter(|_| !chance.one_in(3));
    let patch = Arc::new(move |agent: &mut Agent| agent.spec.schedule_id = schedule);
    Some(Arc::new(SaveAgent { id, create: false, version: 0, patch }))
}

/// Time off of everybody, in a year: it can be withdrawn.
pub(crate) fn away(s: &State) -> Vec<Arc<dyn Command>> {
    let of = |agent: &Agent| -> Arc<dyn Command> {
        let start_at = agent.created_at + Span::from_secs(365 * 24 * 3600);
        Arc::new(time_off(agent.id, start_at, Span::from_secs(3_600)))
    };
    s.agents.iter().map(of).collect()
}

fn time_off(agent_id: AgentId, start_at: Timestamp, length: Span) -> BookTimeOff {
    let end_at = start_at + length;
    let (start_at, reason) = (Some(start_at), Sealed(vec![7]));
    BookTimeOff { id: TimeOffId(Uuid::now_v7()), agent_id, start_at, end_at, reason }
}

/// A few minutes, soon: a short history sees some begin and end.
fn book(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let agent = chance.of(&s.agents)?;
    let newest = s.rows.iter().map(|row| row.updated_at).max();
    let mut minutes =
        |most| Span::from_secs(60 * i64::try_from(1 + chance.below(most)).expect("it is small"));
    let start_at = newest.unwrap_or(agent.updated_at) + minutes(20);
    Some(Arc::new(time_off(agent.id, start_at, minutes(30))))
}

fn withdraw(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let booked: Vec<TimeOffId> =
        s.floor.agents().flat_map(|(_, agent)| agent.time_off.keys().copied()).collect();
    Some(Arc::new(WithdrawTimeOff { id: chance.of(&booked)? }))
}
