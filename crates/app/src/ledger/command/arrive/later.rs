//! What arrives with a time at which its customer is to be called back.

use super::Arrive;
use crate::ledger::command::{No, callback};
use crate::ledger::draft::Draft;
use domain::event::{Event, LifeFact, Rested};
use domain::id::{InteractionId, QueueId};
use domain::refusal::Refusal;
use domain::time::Timestamp;
use std::sync::Arc;

impl Arrive {
    /// The queue it enters then, whether that has room now or not.
    pub(super) fn queue_later(
        &self,
        draft: &Draft,
        queue_id: QueueId,
        at: Timestamp,
    ) -> Result<QueueId, No> {
        if draft.floor.queue(queue_id).is_none() {
            return Err(Refusal::not_found("queue", queue_id).into());
        }
        callback::check_time(draft, Some(queue_id), at)?;
        Ok(queue_id)
    }

    /// It is out of the line until then.
    pub(super) fn schedule(
        &self,
        draft: &mut Draft,
        interaction_id: InteractionId,
        queue_id: QueueId,
        at: Timestamp,
    ) {
        let rested = Rested {
            channel: self.channel,
            priority: self.placement.priority,
            required_skills: self.placement.required_skills.clone(),
            traits: self.traits(draft),
            enqueued_at: at,
            enqueued_seq: 0,
            offers_made: 0,
            last_agent_id: draft.rows.last_agent(self.person.customer_id),
            sla: None,
            ladder: None,
        };
        draft.record(Event::Life(LifeFact::Scheduled {
            interaction_id,
            queue_id: Some(queue_id),
            agent_id: None,
            wake_at: at,
            enqueued_at: at,
            attempts: 0,
            rested: Some(Arc::new(rested)),
        }));
    }
}
