//! Ladders on the floor: which one an interaction gets, how it moves with every event, and what is
//! due of it.

use super::{Floor, Item};
use crate::escalation::{self, Climber};
use domain::escalation::{EscalationFact, EscalationSpec, Ladder, Trigger};
use domain::event::{Event, Recorded};
use domain::id::{EscalationPolicyId, InteractionId, QueueId};
use domain::time::Timestamp;
use std::sync::Arc;

impl Floor {
    /// An escalation policy's version and what it says.
    #[must_use]
    pub fn escalation(&self, id: EscalationPolicyId) -> Option<(i64, &Arc<EscalationSpec>)> {
        self.promises.ladders.get(&id).map(|(version, spec)| (*version, spec))
    }

    /// The ladder for an interaction that is about to wait in a queue, if it has none and the
    /// queue names one.
    #[must_use]
    pub fn ladder_for(
        &self,
        id: InteractionId,
        queue_id: QueueId,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Option<Arc<Ladder>> {
        if self.items.get(&id).is_some_and(|item| item.ladder.is_some()) {
            return None;
        }
        let policy_id = self.queues.get(&queue_id)?.escalation_policy_id?;
        let (version, spec) = self.promises.ladders.get(&policy_id)?;
        let policy = (policy_id, *version, Arc::clone(spec));
        spec.enabled.then(|| Arc::new(Ladder::new(policy, created_at, now)))
    }

    /// The next thing to be told of an interaction's ladder by now.
    #[must_use]
    pub fn escalation_due(&self, id: InteractionId, now: Timestamp) -> Option<EscalationFact> {
        let (ladder, climber) = self.climber(id)?;
        escalation::due(ladder, climber, now)
    }

    /// What sets an interaction's ladder off by what the interaction is, if that did not yet.
    #[must_use]
    pub fn escalation_standing(&self, id: InteractionId) -> Option<EscalationFact> {
        let (ladder, climber) = self.climber(id)?;
        escalation::standing(ladder, climber)
    }

    /// What was said or asked sets an interaction's ladder off, unless it climbs already.
    #[must_use]
    pub fn escalation_called(
        &self,
        id: InteractionId,
        is_meant: impl Fn(&Trigger) -> bool,
    ) -> Option<EscalationFact> {
        let (ladder, climber) = self.climber(id)?;
        escalation::called(ladder, climber, is_meant)
    }

    fn climber(&self, id: InteractionId) -> Option<(&Ladder, Climber<'_>)> {
        let item = self.items.get(&id)?;
        let plan = item.plan.as_ref();
        let owner = self.owner_leg(id).map(|leg| leg.agent_id);
        let climber = Climber {
            interaction_id: id,
            queue_id: item.queue_id,
            priority: item.priority,
            tier: &item.traits.tier,
            waits: item.status.is_waiting(),
            can_widen: plan
                .is_some_and(|plan| usize::from(item.seen.opened) + 1 < plan.spec.steps.len()),
            team_id: self.escalation_team(owner, item.queue_id),
        };
        Some((item.ladder.as_ref()?, climber))
    }

    /// Moves the ladder of the interaction an event is about.
    pub(super) fn fold_ladder(&mut self, recorded: &Recorded) {
        if !escalation::concerns(&recorded.event) {
            return;
        }
        let Some(id) = recorded.event.interaction_id() else { return };
        if self.items.get(&id).is_some_and(|item| item.ladder.is_some()) {
            self.with_item(id, |item| fold_held(item, recorded));
        }
    }

    pub(super) fn apply_escalation(&mut self, fact: &EscalationFact, recorded: &Recorded) {
        match fact {
            EscalationFact::Raised { interaction_id, priority, widened, .. } => {
                self.change_item(*interaction_id, |item| item.priority = *priority);
                if *widened {
                    self.widen(*interaction_id, recorded.at);
                }
            }
            EscalationFact::PolicySaved { policy_id, spec, version, .. } => {
                self.config_seq = recorded.seq;
                self.promises.ladders.insert(*policy_id, (*version, Arc::clone(spec)));
            }
            EscalationFact::PolicyDeleted { policy_id } => {
                self.config_seq = recorded.seq;
                self.promises.ladders.remove(policy_id);
            }
            EscalationFact::Triggered { .. } | EscalationFact::Reminded { .. } => {}
        }
    }

    /// Opens the next step of what an item goes by.
    fn widen(&mut self, id: InteractionId, at: Timestamp) {
        self.with_item(id, |item| {
            if let Some(plan) = item.plan.as_mut() {
                Arc::make_mut(plan).pin.widen(at);
            }
        });
        self.open_step(id, at);
    }
}

fn fold_held(item: &mut Item, recorded: &Recorded) {
    if let Some(ladder) = item.ladder.as_mut() {
        escalation::fold(Arc::make_mut(ladder), recorded);
    }
}

/// Takes an event of its interaction into the ladder of a row that is no longer on the floor.
pub fn climb_down(held: &mut Option<Arc<Ladder>>, recorded: &Recorded) {
    if let Some(ladder) = held.as_mut().filter(|_| escalation::concerns(&recorded.event)) {
        escalation::fold(Arc::make_mut(ladder), recorded);
    }
}

/// Whether an event may set ladders off by itself: what an interaction is may be new.
#[must_use]
pub const fn may_set_off(event: &Event) -> bool {
    matches!(
        event,
        Event::InteractionQueued { .. }
            | Event::InteractionUpdated { .. }
            | Event::InteractionEscalated { .. }
            | Event::Escalation(_)
    )
}
