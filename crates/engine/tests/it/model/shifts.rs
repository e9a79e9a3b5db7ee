//! Steps of the model about schedules: they come to be and change, and shifts begin and end.

use super::Model;
use crate::support::Chance;
use domain::agent::EffectiveStatus;
use domain::calendar::{WeeklyWindow, Window};
use domain::event::{Change, Event};
use domain::id::{AgentId, ScheduleId};
use domain::schedule::{ScheduleFact, ScheduleSpec};
use std::sync::Arc;

/// The most schedules at a time.
const SCHEDULES: usize = 2;

impl Model {
    pub(super) fn schedules(&self) -> Vec<ScheduleId> {
        self.world.floor.promises().schedules.keys().copied().collect()
    }

    pub(super) fn save_schedule(&mut self, chance: &mut Chance) {
        let known = self.schedules();
        let schedule_id = match chance.of(&known) {
            Some(id) if known.len() >= SCHEDULES || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        // Minutes of the hour, so that a short history sees them pass.
        let mut hourly = |from: u16, to: u16| {
            let each = |day| (0..24).map(move |hour: u16| (day, hour * 60));
            let window = |(day, hour)| WeeklyWindow {
                day,
                window: Window { start: hour + from, end: hour + to },
            };
            let all: Vec<WeeklyWindow> = (1..=7).flat_map(each).map(window).collect();
            all.into_iter().filter(|_| !chance.one_in(4)).collect()
        };
        let spec = ScheduleSpec {
            time_zone: "Europe/Berlin".into(),
            shifts: hourly(0, 40),
            breaks: hourly(10, 15),
            on_call: hourly(30, 50),
            ..ScheduleSpec::default()
        };
        let (spec, change) = (Arc::new(spec), Change::Updated);
        let fact = ScheduleFact::Saved { schedule_id, spec, change, version: 1 };
        self.world.record(Event::Schedule(fact));
        self.turn(schedule_id);
    }

    /// What a schedule says now is put on record of its agents.
    pub(super) fn turn(&mut self, id: ScheduleId) {
        for agent in self.world.floor.scheduled(id).collect::<Vec<_>>() {
            self.take_turn(agent);
        }
        self.world.floor.shift_over(id, self.world.now);
    }

    pub(super) fn take_turn(&mut self, agent_id: AgentId) {
        let floor = &self.world.floor;
        let agent = floor.agent(agent_id).expect("they are there");
        let (duty, now) = (floor.duty_of(agent, self.world.now), agent.presence.clone());
        if duty == now.duty {
            return;
        }
        let effective = match now.effective {
            EffectiveStatus::NotResponding | EffectiveStatus::Missed => now.effective,
            _ => agent.effective_on(duty, now.intended, now.next),
        };
        self.world.record(Event::AgentPresenceChanged {
            agent_id,
            intended: now.intended,
            effective,
            lease_until: now.lease_until,
            previous: None,
            next: now.next,
            channels: now.channels,
            duty,
        });
    }
}
