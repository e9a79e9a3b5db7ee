//! Escalation: one level up, more urgent, and to another queue if one is named.

use super::leg::{self, Ending, not_open, open_interaction};
use super::relation::check_work;
use super::requeue::check_queue;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, QueueReason};
use domain::id::{InteractionId, QueueId};
use domain::interaction::{Priority, Step};
use domain::offer::OfferState;
use domain::tenant::Caller;
use engine::floor::Floor;

/// The command.
#[derive(Clone, Debug)]
pub struct Escalate {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// The priority it gets; none means one step up.
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
        let row = open_interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        if let Some(queue) = self.to_queue {
            if row.status.after(Step::Enqueue).is_none() {
                return Err(not_open(&row));
            }
            check_queue(draft, &row, queue)?;
        }
        let up = Priority::from_code(row.priority.code() + 1).unwrap_or(Priority::Critical);
        let priority = self.priority.unwrap_or(up);
        draft.record(Event::InteractionEscalated {
            interaction_id: row.id,
            level: row.escalation_level + 1,
            priority,
            queue_id: self.to_queue,
        });
        if let Some(queue_id) = self.to_queue {
            leg::end_pending(draft, row.id, Ending::new(OfferState::Rescinded, EndReason::Moved));
            draft.record(Event::InteractionQueued {
                interaction_id: row.id,
                queue_id,
                channel: row.channel,
                priority,
                required_skills: row.required_skills.clone(),
                enqueued_at: row.enqueued_at.unwrap_or(draft.now),
                enqueued_seq: row.enqueued_seq,
                target_agent_id: None,
                offers_made: row.offers_made,
                reason: QueueReason::Escalated,
                rule_id: None,
            });
        }
        Ok(Done::with(row.id))
    }
}
