//! Commands on schedules, and agents who go by them.

use crate::kinds::{Make, State};
use crate::support::Chance;
use app::ledger::command::Command;
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::schedule::{ConfigureSchedule, DeleteSchedule};
use domain::agent::Agent;
use domain::calendar::{WeeklyWindow, Window};
use domain::id::ScheduleId;
use domain::schedule::{AfterShift, ScheduleSpec};
use std::sync::Arc;

pub(crate) const SHIFTS: &[(&str, Make)] = &[
    ("configure schedule", configure),
    ("configure schedule again", configure),
    ("delete schedule", delete),
    ("agent goes by a schedule", go_by),
    ("agent goes by another", go_by),
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
