//! A customer is called back. Who waits and asks for it keeps their place without holding the line,
//! or names a time: until then they are out of the line, and enter it as old as they were. An agent
//! who calls in vain sets another time, so often as the queue allows.

use super::leg::{self, Ending, interaction, not_open};
use super::park::WAKE_MAX;
use super::relation::check_work;
use super::{Command, Done, Keys, No, presence};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, LifeFact};
use domain::id::{InteractionId, QueueId};
use domain::interaction::{Interaction, InteractionStatus, Step};
use domain::offer::OfferStep;
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use domain::time::{Span, Timestamp};
use engine::calendar;
use engine::floor::Floor;
use engine::routing::entry;

/// Asks for it.
#[derive(Clone, Debug)]
pub struct RequestCallback {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// When its customer is called; none when its turn comes.
    pub at: Option<Timestamp>,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for RequestCallback {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        let shared = row.status.is_waiting() && row.owner_agent_id.is_some();
        if shared || row.status.after(Step::Schedule).is_none() {
            return Err(not_open(&row));
        }
        match self.at {
            Some(at) => self.schedule(draft, &row, at)?,
            None => self.keep_place(draft, &row)?,
        }
        Ok(Done::with(row.id))
    }
}

impl RequestCallback {
    /// It goes on waiting, and nobody is on the line.
    fn keep_place(&self, draft: &mut Draft, row: &Interaction) -> Result<(), No> {
        if !row.status.is_waiting() {
            let text = "is needed for what does not wait in a queue";
            return Err(Refusal::field("callback_time", text).into());
        }
        if row.callbacks.is_none() {
            let (interaction_id, queue_id) = (row.id, row.queue_id);
            draft.record(Event::Life(LifeFact::CallbackRequested { interaction_id, queue_id }));
        }
        Ok(())
    }

    fn schedule(&self, draft: &mut Draft, row: &Interaction, at: Timestamp) -> Result<(), No> {
        if row.status == InteractionStatus::Scheduled && row.wake_at == Some(at) {
            return Ok(());
        }
        check_time(draft, row.queue_id, at)?;
        let in_vain = row.status == InteractionStatus::Active && row.callbacks.is_some();
        let attempts = row.callbacks.unwrap_or(0).saturating_add(u8::from(in_vain));
        check_attempts(draft, row, attempts)?;
        if let Some(agent) = self.caller.and_then(|caller| caller.agent) {
            presence::stir(draft, agent);
        }
        let agent_id = row.owner_agent_id;
        let waited = waited(row, draft.now);
        leg::end_pending(draft, row.id, Ending::new(OfferStep::Rescind, EndReason::Moved));
        leg::end_owner(draft, row.id, Ending::new(OfferStep::Complete, EndReason::Scheduled));
        draft.record(Event::Life(LifeFact::Scheduled {
            interaction_id: row.id,
            queue_id: row.queue_id,
            agent_id,
            wake_at: at,
            enqueued_at: at - waited,
            attempts,
            rested: None,
        }));
        Ok(())
    }
}

/// How long it has waited in the line: what an agent had waits anew.
pub(super) fn waited(row: &Interaction, now: Timestamp) -> Span {
    entry::waited(row.status, row.wake_at, row.enqueued_at, now)
}

/// Whether its customer waits to be called, and is not on the line.
pub(super) fn is_awaited(row: &Interaction) -> bool {
    let waits = row.status.is_waiting() && row.owner_agent_id.is_none();
    row.callbacks.is_some() && (waits || row.status == InteractionStatus::Scheduled)
}

/// The time is to come, near enough, and within the hours of the queue.
pub(super) fn check_time(
    draft: &Draft,
    queue_id: Option<QueueId>,
    at: Timestamp,
) -> Result<(), No> {
    if at <= draft.now || at > draft.now + WAKE_MAX {
        let text = "is to come, and within 30 days";
        return Err(Refusal::field("callback_time", text).into());
    }
    let Some(queue_id) = queue_id.filter(|id| draft.floor.is_closed(*id, at)) else {
        return Ok(());
    };
    let calendar_id = draft.floor.queue(queue_id).and_then(|spec| spec.calendar_id);
    let hours = calendar_id.and_then(|id| draft.floor.promises().calendar(id));
    let opens = hours.and_then(|hours| calendar::next_open(hours, at));
    let opens = opens.map_or(String::new(), |at| (at.micros() / 1_000_000).to_string());
    let refusal = Refusal::new(Reason::OutsideHours).with("queue_id", queue_id);
    Err(refusal.with("opens_at", opens).into())
}

fn check_attempts(draft: &Draft, row: &Interaction, attempts: u8) -> Result<(), No> {
    let spec = row.queue_id.and_then(|id| draft.floor.queue(id));
    let most = spec.map_or(domain::queue::CALLBACK_ATTEMPTS, |spec| spec.callback_attempts());
    if attempts >= most && row.callbacks.is_some_and(|before| attempts > before) {
        let refusal = Refusal::new(Reason::CallbackAttemptsUsed);
        return Err(refusal.with("interaction_id", row.id).with("max", most).into());
    }
    Ok(())
}
