//! Steps of the model about schedules and time off: they come to be and change, and begin and end.

use super::Model;
use crate::support::Chance;
use domain::agent::EffectiveStatus;
use domain::calendar::{WeeklyWindow, Window};
use domain::event::{Change, Event};
use domain::id::{AgentId, ScheduleId};
use domain::schedule::{Duty, ScheduleFact, ScheduleSpec};
use domain::time::Span;
use domain::time_off::{Absence, TimeOffFact};
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

    /// Some seconds of an agent's time, soon or at once; it may overlap with others.
    /// Rare, because whoever is away takes part in little else.
    pub(super) fn book_time_off(&mut self, chance: &mut Chance) {
        if !chance.one_in(8) {
            return;
        }
        let agents: Vec<AgentId> = self.world.floor.agents().map(|(id, _)| *id).collect();
        let Some(agent_id) = chance.of(&agents) else { return };
        let mut secs = |most| Span::from_secs(i64::try_from(chance.below(most)).expect("small"));
        let start_at = self.world.now + secs(60);
        let absence = Absence { start_at, end_at: start_at + Span::from_secs(1) + secs(90) };
        let time_off_id = self.world.id();
        let fact = TimeOffFact::Booked { agent_id, time_off_id, absence };
        self.world.record(Event::TimeOff(fact));
        self.take_turn(agent_id);
    }

    pub(super) fn withdraw_time_off(&mut self, chance: &mut Chance) {
        let of = |(id, agent): (&AgentId, &engine::floor::Agent)| {
            agent.time_off.keys().map(|time_off| (*id, *time_off)).collect::<Vec<_>>()
        };
        let booked: Vec<_> = self.world.floor.agents().flat_map(of).collect();
        let Some((agent_id, time_off_id)) = chance.of(&booked) else { return };
        let fact = TimeOffFact::Ended { agent_id, time_off_id, withdrawn: true };
        self.world.record(Event::TimeOff(fact));
        self.take_turn(agent_id);
    }

    /// What is over goes, and what holds now is put on record.
    pub(super) fn time_off_turn(&mut self, agent_id: AgentId) {
        for time_off_id in self.world.floor.time_off_over(agent_id, self.world.now) {
            let fact = TimeOffFact::Ended { agent_id, time_off_id, withdrawn: false };
            self.world.record(Event::TimeOff(fact));
        }
        self.take_turn(agent_id);
        let agent = self.world.floor.agent(agent_id).expect("they are there");
        let away = agent.is_away(self.world.now);
        assert_eq!(agent.presence.duty == Duty::TimeOff, away, "on record as it is");
        assert_eq!(agent.away_until().is_some_and(|until| until > self.world.now), away);
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
