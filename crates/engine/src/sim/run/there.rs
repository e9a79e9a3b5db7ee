//! Who is there in a run: as many of a group as its staff says, and of those whoever is in their
//! shift. Agents learn of their duty as live ones do, from the schedules that the floor holds.

use super::{Group, Next, Run};
use crate::shift;
use domain::agent::{EffectiveStatus, PresenceStatus};
use domain::event::{Change, Event};
use domain::id::{AgentId, ScheduleId};
use domain::schedule::ScheduleFact;
use domain::time::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// How long after customers came no more shifts go on, in microseconds: a week, for those who wait
/// for one.
const AFTER: i64 = 7 * 86_400 * 1_000_000;

fn id_of(schedule: usize) -> ScheduleId {
    ScheduleId(Uuid::from_u128(2_000_000_000 + schedule as u128))
}

impl Run<'_> {
    /// The schedules of the world, as the log would have them.
    pub(super) fn furnish_schedules(&mut self) {
        for (at, schedule) in self.world.schedules.iter().enumerate() {
            let Ok(spec) = schedule.spec() else { continue };
            let (change, version) = (Change::Created, 1);
            let (schedule_id, spec) = (id_of(at), Arc::new(spec));
            let fact = ScheduleFact::Saved { schedule_id, spec, change, version };
            self.record(Event::Schedule(fact));
            self.await_shift(at);
        }
    }

    pub(super) fn schedule_of(&self, group: &Group) -> Option<ScheduleId> {
        let name = group.schedule.as_ref()?;
        self.world.schedules.iter().position(|schedule| schedule.name == *name).map(id_of)
    }

    /// Looks at a schedule again when it next says otherwise.
    fn await_shift(&mut self, schedule: usize) {
        let over = self.closed.is_some_and(|at| self.customers.is_empty() || self.now > at + AFTER);
        let now = Timestamp::from_micros(self.now);
        let spec = self.floor.schedule(id_of(schedule));
        let next = spec.and_then(|spec| shift::next_change(spec, now));
        if let Some(next) = next.filter(|_| !over) {
            self.plan(next.micros(), Next::Shift(schedule));
        }
    }

    pub(super) fn shift(&mut self, schedule: usize) {
        let agents: Vec<AgentId> = self.floor.scheduled(id_of(schedule)).collect();
        for agent_id in agents {
            self.appear(agent_id);
        }
        self.await_shift(schedule);
        self.route();
    }

    pub(super) fn staff(&mut self, group: usize, step: usize) {
        let wanted = usize::try_from(self.world.agents[group].staff[step].count).unwrap_or(0);
        let agents = self.groups[group].clone();
        for (at, agent_id) in agents.into_iter().enumerate() {
            self.stands.entry(agent_id).or_default().wanted = at < wanted;
            self.appear(agent_id);
        }
        self.route();
    }

    /// Takes down whether an agent is there, if that changed.
    fn appear(&mut self, agent_id: AgentId) {
        let Some(agent) = self.floor.agent(agent_id) else { return };
        let duty = self.floor.duty_of(agent, Timestamp::from_micros(self.now));
        let told = agent.presence.duty == duty;
        let stand = self.stands.entry(agent_id).or_default();
        let there = stand.wanted && duty.works();
        if told && stand.there == there {
            return;
        }
        if self.measuring {
            stand.tick(self.now);
        }
        stand.there = there;
        let (intended, effective) = if stand.wanted {
            (PresenceStatus::Available, duty.bounds(EffectiveStatus::Available))
        } else {
            (PresenceStatus::Offline, EffectiveStatus::Offline)
        };
        let (lease_until, previous) = (None, None);
        self.record(Event::AgentPresenceChanged {
            agent_id,
            intended,
            effective,
            lease_until,
            previous,
            next: None,
            channels: Vec::new(),
            duty,
        });
    }
}
