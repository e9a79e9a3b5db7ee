//! Steps of the model about promises of time: calendars and policies change, people talk.

use super::Model;
use crate::support::Chance;
use domain::calendar::{CalendarSpec, WeeklyWindow, Window};
use domain::escalation::{Action, EscalationFact, EscalationSpec, Level, Trigger, WatchedState};
use domain::event::{Actor, ActorKind, Change, Event};
use domain::id::{AccountId, ConversationId, EscalationPolicyId, SlaPolicyId, TeamId};
use domain::interaction::Priority;
use domain::message::Direction;
use domain::sla::{SlaFact, SlaMetric, SlaPause, SlaSpec, SlaTarget};
use domain::time::Span;
use std::sync::Arc;
use uuid::Uuid;

/// The most policies at a time.
const POLICIES: usize = 4;

impl Model {
    pub(super) fn save_calendar(&mut self, chance: &mut Chance) {
        let id = chance.of(&self.calendars).expect("there are two");
        let floor = &self.world.floor;
        let version = floor.promises().calendars.get(&id).map_or(0, |known| known.newest());
        // Minutes of the hour, so that a short history sees them pass.
        let weekly = (1..=7).flat_map(|day| {
            let open = |hour: u16| Window { start: hour * 60, end: hour * 60 + 30 };
            (0..24).map(move |hour| WeeklyWindow { day, window: open(hour) })
        });
        let spec = CalendarSpec {
            time_zone: "Europe/Berlin".into(),
            always_open: chance.one_in(4),
            closed: chance.one_in(6),
            weekly: weekly.filter(|_| !chance.one_in(4)).collect(),
            dates: Vec::new(),
        };
        self.world.record(Event::Sla(SlaFact::CalendarSaved {
            calendar_id: id,
            spec: Box::new(spec),
            change: Change::Updated,
            version: version + 1,
        }));
    }

    /// A policy of escalation comes to be or changes.
    fn save_ladder(&mut self, chance: &mut Chance) {
        let known: Vec<EscalationPolicyId> =
            self.world.floor.promises().ladders.keys().copied().collect();
        let policy_id = match chance.of(&known) {
            Some(id) if known.len() >= POLICIES || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        let secs = |chance: &mut Chance, most| {
            Span::from_secs(i64::try_from(chance.below(most)).expect("it is small"))
        };
        let mut triggers = vec![Trigger::Priority(Priority::High)];
        for state in WatchedState::ALL {
            triggers.push(Trigger::TimeInState { state: *state, after: secs(chance, 90) });
        }
        triggers.retain(|_| chance.one_in(2));
        let actions = [
            Action::Widen,
            Action::RaisePriority(None),
            Action::RaisePriority(Some(Priority::High)),
            Action::Notify(TeamId::default()),
            Action::NotifyEscalationTeam,
            Action::Page(AccountId::default()),
        ];
        let level = |chance: &mut Chance| Level {
            after: secs(chance, 60),
            actions: actions.iter().copied().filter(|_| chance.one_in(2)).collect(),
        };
        let spec = EscalationSpec {
            enabled: !chance.one_in(5),
            triggers,
            levels: (0..=chance.below(3)).map(|_| level(chance)).collect(),
            reminders: vec![Span::from_secs(30), Span::from_secs(70)],
        };
        let (spec, change) = (Arc::new(spec), Change::Updated);
        let fact = EscalationFact::PolicySaved { policy_id, spec, change, version: 1 };
        self.world.record(Event::Escalation(fact));
    }

    pub(super) fn save_policy(&mut self, chance: &mut Chance) {
        if chance.one_in(2) {
            self.save_ladder(chance);
        }
        let known: Vec<SlaPolicyId> =
            self.world.floor.promises().policies.keys().copied().collect();
        let id = match chance.of(&known) {
            Some(id) if known.len() >= POLICIES || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        let secs = |chance: &mut Chance| {
            Span::from_secs(20 + i64::try_from(chance.below(200)).expect("it is small"))
        };
        let promised: Vec<SlaMetric> =
            SlaMetric::ALL.iter().copied().filter(|_| !chance.one_in(3)).collect();
        let targets = promised.into_iter().map(|metric| SlaTarget {
            metric,
            target: secs(chance),
            calendar_id: chance.of(&self.calendars).filter(|_| chance.one_in(2)),
        });
        let targets = targets.collect();
        let spec = SlaSpec {
            position: u32::try_from(chance.below(3)).expect("it is small"),
            enabled: !chance.one_in(5),
            queues: self.queues().into_iter().filter(|_| chance.one_in(3)).collect(),
            priorities: if chance.one_in(3) { vec![Priority::High] } else { Vec::new() },
            targets,
            warn_at: if chance.one_in(3) { Vec::new() } else { vec![50, 80] },
            pauses: SlaPause::ALL.iter().copied().filter(|_| chance.one_in(2)).collect(),
            reapplies: chance.one_in(2),
            urgency: if chance.one_in(2) { secs(chance) } else { Span::ZERO },
            ..SlaSpec::default()
        };
        self.world.record(Event::Sla(SlaFact::PolicySaved {
            policy_id: id,
            spec: Box::new(spec),
            change: Change::Updated,
            version: 1,
        }));
    }

    pub(super) fn delete_policy(&mut self, chance: &mut Chance) {
        let known: Vec<SlaPolicyId> =
            self.world.floor.promises().policies.keys().copied().collect();
        if let Some(policy_id) = chance.of(&known).filter(|_| known.len() > 1) {
            self.world.record(Event::Sla(SlaFact::PolicyDeleted { policy_id }));
        }
    }

    pub(super) fn say(&mut self, chance: &mut Chance) {
        let Some(interaction_id) = chance.of(&self.items(|_| true)) else { return };
        let inbound = chance.one_in(2);
        let kind = if inbound { ActorKind::Customer } else { ActorKind::Agent };
        let event = Event::MessageAdded {
            message_id: self.world.id(),
            interaction_id,
            conversation_id: ConversationId::default(),
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            first_response: false,
            account_id: None,
            loop_suspected: false,
        };
        self.world.record_by(event, Actor { kind, id: Uuid::nil() });
    }
}
