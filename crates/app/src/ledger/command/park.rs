//! Work rests: its agent sets it aside until the customer answers or a time comes, and it wakes by
//! a message, by the time, or because somebody asks. It goes back to its agent at once if they are
//! there with room; else it waits with its age kept, for that agent first if they are there. What
//! rests is off the floor unless the floor has something to do for it. What is scheduled for a
//! call wakes in the same ways.

use super::enqueue::{Entry, enqueue};
use super::leg::{self, Ending, interaction, not_open};
use super::relation::check_work;
use super::{Command, Done, Keys, No, callback, presence};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, LifeFact, QueueReason, Rested, WakeReason};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::{Interaction, InteractionStatus, Step};
use domain::offer::OfferStep;
use domain::refusal::Refusal;
use domain::tenant::Caller;
use domain::time::{Span, Timestamp};
use engine::floor::{Claim, Floor};
use engine::routing::Assignment;
use engine::routing::entry::{self, Waking};
use std::sync::Arc;

/// How far ahead the time may be at which it wakes.
pub const WAKE_MAX: Span = Span::from_secs(30 * 24 * 3600);

/// Sets work aside.
#[derive(Clone, Debug)]
pub struct Park {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// When it wakes of itself; none leaves that to the customer.
    pub wake_at: Option<Timestamp>,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Park {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        let Some(agent_id) = row.owner_agent_id.filter(|_| row.status.after(Step::Park).is_some())
        else {
            return Err(not_open(&row));
        };
        let parked = row.status == InteractionStatus::Parked;
        if parked && row.wake_at == self.wake_at {
            return Ok(Done::with(row.id));
        }
        self.check_time(draft)?;
        if let Some(agent) = self.caller.and_then(|caller| caller.agent) {
            presence::stir(draft, agent);
        }
        let spec = row.queue_id.and_then(|id| draft.floor.queue(id));
        let counts = if parked {
            row.target_agent_id.is_none()
        } else {
            spec.is_some_and(|spec| spec.parked_counts)
        };
        if !counts {
            leg::end_owner(draft, row.id, Ending::new(OfferStep::Complete, EndReason::Parked));
        }
        let known = draft.floor.item(row.id).is_some();
        draft.record(Event::Life(LifeFact::Parked {
            interaction_id: row.id,
            agent_id,
            queue_id: row.queue_id,
            wake_at: self.wake_at,
            counts,
            rested: (!known).then(|| Arc::new(rested(&row))),
        }));
        Ok(Done::with(row.id))
    }
}

/// What its row knows of an interaction that no floor holds.
pub(crate) fn rested(row: &Interaction) -> Rested {
    Rested {
        channel: row.channel,
        priority: row.priority,
        required_skills: row.required_skills.clone(),
        traits: row.traits(),
        enqueued_at: row.enqueued_at.unwrap_or_default(),
        enqueued_seq: row.enqueued_seq,
        offers_made: row.offers_made,
        last_agent_id: row.last_agent_id,
        sla: row.sla.clone(),
        ladder: row.ladder.clone(),
    }
}

impl Park {
    fn check_time(&self, draft: &Draft) -> Result<(), No> {
        let fits = |at: Timestamp| at > draft.now && at <= draft.now + WAKE_MAX;
        if self.wake_at.is_none_or(fits) {
            return Ok(());
        }
        let text = "is to come, and within 30 days";
        Err(Refusal::field("wake_time", text).into())
    }
}

/// Takes parked work up again.
#[derive(Clone, Debug)]
pub struct Wake {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Wake {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        let id = row.id;
        match row.status {
            _ if row.is_set_aside() => wake(draft, row, WakeReason::Asked),
            status if status.is_waiting() || status == InteractionStatus::Active => {}
            _ => return Err(not_open(&row)),
        }
        Ok(Done::with(id))
    }
}

/// A customer wrote to an interaction whose row is known.
pub(super) fn written_to(draft: &mut Draft, id: InteractionId) {
    wake_parked(draft, id, WakeReason::Customer);
}

/// The time came until which it was parked. A row that this batch did not read is read by the next.
pub(super) fn time_came(draft: &mut Draft, id: InteractionId) {
    let wake_at = draft.floor.item(id).and_then(|item| item.wake_at);
    if wake_at.is_some_and(|at| at <= draft.now) {
        wake_parked(draft, id, WakeReason::Time);
    }
}

fn wake_parked(draft: &mut Draft, id: InteractionId, by: WakeReason) {
    if !draft.rows.interactions.knows(id) {
        return;
    }
    let row = draft.rows.interactions.get(id).cloned();
    if let Some(row) = row.filter(Interaction::is_set_aside) {
        wake(draft, row, by);
    }
}

fn wake(draft: &mut Draft, mut row: Interaction, by: WakeReason) {
    rouse(draft, &mut row, by);
    // What counted all the time is simply there again.
    if draft.floor.owner_leg(row.id).is_some() {
        return;
    }
    let row = &row;
    let Some(queue_id) = row.queue_id else { return };
    let Waking { queue_id, target, is_given_back } =
        entry::waking(&draft.floor, queue_id, Claim::of_row(row), row.owner_agent_id, draft.now);
    let entry = Entry::of(row, queue_id, QueueReason::Woken);
    let last_agent = row.owner_agent_id.or(entry.last_agent);
    enqueue(draft, Entry { target, last_agent, ..entry });
    if let Some(agent_id) = target.filter(|_| is_given_back) {
        give_back(draft, row.id, agent_id, queue_id);
    }
}

/// It never ceased to be theirs: they are not asked.
fn give_back(draft: &mut Draft, interaction_id: InteractionId, agent_id: AgentId, queue: QueueId) {
    let assignment = Assignment { interaction_id, agent_id, queue_id: queue, shadow: None };
    let offer_id = draft.offer(assignment);
    draft.record(Event::OfferAccepted { offer_id, interaction_id, agent_id });
}

/// What is set aside is about to be moved or taken up: what was known of it comes back to the
/// floor. Who is called back has waited as long as before.
pub(super) fn rouse(draft: &mut Draft, row: &mut Interaction, by: WakeReason) {
    if row.status == InteractionStatus::Scheduled {
        row.enqueued_at = Some(draft.now - callback::waited(row, draft.now));
        row.enqueued_seq = if row.enqueued_seq == 0 { draft.next_seq() } else { row.enqueued_seq };
    }
    if row.is_set_aside() {
        let (interaction_id, queue_id) = (row.id, row.queue_id);
        let (sla, ladder) = (row.sla.clone(), row.ladder.clone());
        draft.record(Event::Life(LifeFact::Woken { interaction_id, queue_id, by, sla, ladder }));
    }
}
