//! Escalation on request. Who says what is to be done has it done: one level up, so urgent, to that
//! queue. Who does not sets off the ladder of the interaction, if its policy listens to requests.

use super::climb::climb;
use super::enqueue::{Entry, enqueue, with_room};
use super::leg::{self, Ending, not_open, open_interaction};
use super::relation::check_work;
use super::{Command, Done, Keys, No, park};
use crate::ledger::draft::Draft;
use domain::escalation::{Trigger, TriggerKind};
use domain::event::{EndReason, Event, QueueReason, WakeReason};
use domain::id::{InteractionId, QueueId};
use domain::interaction::{Priority, Step};
use domain::offer::OfferStep;
use domain::tenant::Caller;
use engine::floor::Floor;

/// The command.
#[derive(Clone, Debug)]
pub struct Escalate {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// The priority it gets; none leaves it, or as the ladder says.
    pub priority: Option<Priority>,
    /// The queue it goes to; none leaves it where it is.
    pub to_queue: Option<QueueId>,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Escalate {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let mut row = open_interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        let mut queue = None;
        if let Some(meant) = self.to_queue {
            if row.status.after(Step::Enqueue).is_none() {
                return Err(not_open(&row));
            }
            queue = Some((meant, with_room(draft, meant, Some(&row))?));
        }
        if self.asks_only() && draft.set_off(row.id, is_request) {
            climb(draft, row.id);
            return Ok(Done::with(row.id));
        }
        let priority = self.priority.unwrap_or(row.priority);
        draft.record(Event::InteractionEscalated {
            interaction_id: row.id,
            level: row.escalation_level + 1,
            priority,
            queue_id: queue.map(|(_, queue_id)| queue_id),
            team_id: draft.floor.escalation_team(row.owner_agent_id, row.queue_id),
        });
        if let Some((meant, queue_id)) = queue {
            park::rouse(draft, &mut row, WakeReason::Asked);
            leg::end_pending(draft, row.id, Ending::new(OfferStep::Rescind, EndReason::Moved));
            let entry = Entry::of(&row, queue_id, QueueReason::Escalated);
            let enqueued_at = row.enqueued_at.unwrap_or(draft.now);
            enqueue(draft, Entry { meant, priority, enqueued_at, ..entry });
        }
        Ok(Done::with(row.id))
    }
}

impl Escalate {
    /// Whether it leaves to the policy what is done.
    const fn asks_only(&self) -> bool {
        self.priority.is_none() && self.to_queue.is_none()
    }
}

fn is_request(trigger: &Trigger) -> bool {
    trigger.kind() == TriggerKind::AgentRequest
}
