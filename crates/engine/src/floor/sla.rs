//! Promises of time on the floor: which hold for an interaction, how its clocks stand, and which
//! queues are closed. Clocks move with every event of their interaction, in the same fold as
//! everything else.

use super::{Due, Floor};
use crate::calendar;
use crate::sla::{self, About, Promises, Subject};
use domain::calendar::Versions;
use domain::event::{Event, Recorded};
use domain::id::{InteractionId, QueueId};
use domain::sla::{Sla, SlaFact, SlaTerms};
use domain::time::Timestamp;
use std::sync::Arc;

impl Floor {
    /// Policies and calendars.
    #[must_use]
    pub fn promises(&self) -> &Promises {
        &self.promises
    }

    /// Whether a queue has hours and is outside of them.
    #[must_use]
    pub fn is_closed(&self, id: QueueId, now: Timestamp) -> bool {
        let Some(calendar_id) = self.queues.get(&id).and_then(|spec| spec.calendar_id) else {
            return false;
        };
        let hours = self.promises.calendar(calendar_id);
        hours.is_some_and(|hours| !calendar::is_open(hours, now))
    }

    /// What is to be told of an interaction's clocks by now.
    #[must_use]
    pub fn clocks_overdue(&self, id: InteractionId, now: Timestamp) -> Vec<SlaFact> {
        let Some(item) = self.items.get(&id) else { return Vec::new() };
        let Some(held) = &item.sla else { return Vec::new() };
        if held.next_at().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let (queue_id, priority) = (item.queue_id, item.priority);
        let about = About { interaction_id: id, queue_id, priority };
        sla::overdue(held, about, now, &self.promises)
    }

    /// What is to be promised for an interaction that came to be or changed, unless that is what is
    /// promised already. `tier` tells the customer's, for one that nothing was promised for yet.
    #[must_use]
    pub fn terms_due(&self, id: InteractionId, tier: impl FnOnce() -> u64) -> Option<SlaTerms> {
        let item = self.items.get(&id)?;
        let subject = |tier| Subject {
            queue_id: item.queue_id,
            priority: item.priority,
            channel: item.channel,
            tier,
        };
        let Some(held) = &item.sla else {
            let any = !self.promises.policies.is_empty();
            return any.then(|| self.promises.terms(subject(tier())));
        };
        if !held.terms.reapplies {
            return None;
        }
        let terms = self.promises.terms(subject(held.terms.tier));
        (terms.policy_id != held.terms.policy_id).then_some(terms)
    }

    /// Moves the clocks of the interaction an event is about.
    pub(super) fn fold_sla(&mut self, recorded: &Recorded) {
        if !sla::concerns(&recorded.event) {
            return;
        }
        let Some(id) = recorded.event.interaction_id() else { return };
        let Some(item) = self.items.get(&id) else { return };
        let mut held = item.sla.clone();
        take_in(&mut held, recorded, &self.promises);
        if held != item.sla {
            self.with_item(id, |item| item.sla = held);
        }
    }

    pub(super) fn apply_promises(&mut self, fact: &SlaFact, at: Timestamp) {
        match fact {
            SlaFact::PolicySaved { policy_id, spec, version, .. } => {
                let policy = (*version, Arc::new(spec.as_ref().clone()));
                self.promises.policies.insert(*policy_id, policy);
            }
            SlaFact::PolicyDeleted { policy_id } => {
                self.promises.policies.remove(policy_id);
            }
            SlaFact::CalendarSaved { calendar_id, spec, version, .. } => {
                let versions = match self.promises.calendars.get(calendar_id) {
                    Some(known) => {
                        let mut versions = known.as_ref().clone();
                        versions.push(*version, spec.as_ref().clone());
                        versions
                    }
                    None => Versions::new(*version, spec.as_ref().clone()),
                };
                self.promises.calendars.insert(*calendar_id, Arc::new(versions));
                self.look_at_hours(at);
            }
            SlaFact::CalendarDeleted { calendar_id } => {
                self.promises.calendars.remove(calendar_id);
            }
            SlaFact::Applied { .. } | SlaFact::Warned { .. } | SlaFact::Breached { .. } => {}
        }
    }

    /// Queues may open or close otherwise than was thought.
    pub(super) fn look_at_hours(&mut self, at: Timestamp) {
        let timed = self.queues.iter().filter(|(_, spec)| spec.calendar_id.is_some());
        for id in timed.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.await_hours(id, Some(at));
            self.changed.items.extend(self.concerned_by(id));
        }
    }

    /// Sets when a queue's hours are to be looked at next.
    pub(super) fn await_hours(&mut self, id: QueueId, at: Option<Timestamp>) {
        if let Some(old) = self.hours.remove(&id) {
            self.due.remove(&(old, Due::QueueHours(id)));
        }
        if let Some(at) = at {
            self.hours.insert(id, at);
            self.due.insert((at, Due::QueueHours(id)));
        }
    }

    /// A queue may have opened: what waits in it is looked at, its next opening awaited. Nothing
    /// is recorded, because the calendar said from the start when it would open.
    pub fn queue_hours_over(&mut self, id: QueueId, now: Timestamp) {
        let calendar_id = self.queues.get(&id).and_then(|spec| spec.calendar_id);
        let hours = calendar_id.and_then(|calendar| self.promises.calendar(calendar));
        let Some(hours) = hours else { return self.await_hours(id, None) };
        let open = calendar::is_open(hours, now);
        let from = if open { calendar::next_close(hours, now) } else { Some(now) };
        // What has no opening within sight is looked at again when sight ends.
        let opens = from.and_then(|from| calendar::next_open(hours, from));
        let next = opens.unwrap_or(now + calendar::HORIZON);
        self.await_hours(id, Some(next));
        if open {
            self.changed.items.extend(self.concerned_by(id));
        }
    }
}

/// Takes an event of its interaction into what is promised for it, which may begin with it.
pub fn take_in(held: &mut Option<Arc<Sla>>, recorded: &Recorded, promises: &Promises) {
    match (held.as_mut(), &recorded.event) {
        (Some(held), _) => sla::fold(Arc::make_mut(held), recorded, promises),
        (None, Event::Sla(SlaFact::Applied { terms, .. })) => {
            *held = Some(Arc::new(sla::begun(terms, recorded.at, promises)));
        }
        (None, _) => {}
    }
}
