//! What time does: unanswered offers run out, wrap-ups end, leases end, cool-downs end, steps of
//! plans open, clocks are used up, ladders rise, shifts and time off begin and end, queues open and
//! give up what waited too long. The floor knows what is due; a thing that people settled meanwhile
//! is no longer there to fire.

use super::climb;
use super::leg::{self, Ending};
use super::{Command, Done, Keys, No, park, presence, schedule, time_off};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, LifeFact};
use domain::id::{InteractionId, OfferId};
use domain::offer::OfferStep;
use engine::floor::{Due, Floor};

/// How many due things one batch of a tenant fires.
pub const DUE_MAX: usize = 128;

/// The command: whatever is due at the batch's `now`.
#[derive(Clone, Copy, Debug)]
pub struct FireDue;

impl Command for FireDue {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        for due in draft.floor.due(draft.now, DUE_MAX) {
            match due {
                Due::OfferTimeout(id) => offer_timeout(draft, id),
                Due::WrapUp(id) => wrap_up_over(draft, id),
                Due::Presence(id) => presence::lease_ended(draft, id),
                Due::CoolDown(id) => draft.floor.cool_down_over(id, draft.now),
                Due::Step(id) => draft.floor.open_step(id, draft.now),
                Due::Clock(id) => draft.tell_clocks(id),
                Due::Escalation(id) => climb::climb(draft, id),
                Due::Shift(id) => schedule::turn(draft, id),
                Due::TimeOff(id) => time_off::turn(draft, id),
                Due::QueueHours(id) => draft.floor.queue_hours_over(id, draft.now),
                Due::MaxWait(id) => expire(draft, id),
                Due::Wake(id) => park::time_came(draft, id),
            }
            draft.route();
        }
        Ok(Done::with(draft.tenant))
    }
}

/// The rows that firing what is due needs: what wakes is more than the floor holds of it.
pub fn keys(draft: &Draft, keys: &mut Keys) {
    let due = draft.floor.due(draft.now, DUE_MAX);
    keys.interactions.extend(due.iter().filter_map(|due| match due {
        Due::Wake(id) => Some(*id),
        _ => None,
    }));
}

fn offer_timeout(draft: &mut Draft, id: OfferId) {
    let Some(offer) = draft.floor.leg(id).cloned() else { return };
    let cool_until = leg::cool_until(draft, &offer);
    let ending = Ending { cool_until, ..Ending::new(OfferStep::TimeOut, EndReason::NoAnswer) };
    leg::end(draft, id, ending);
    presence::let_run_out(draft, &offer);
}

fn wrap_up_over(draft: &mut Draft, id: OfferId) {
    let Some(leg) = draft.floor.leg(id).cloned() else { return };
    resolve(draft, leg.interaction_id);
}

/// Gives up what waited as long as its queue allows.
fn expire(draft: &mut Draft, interaction_id: InteractionId) {
    let Some(item) = draft.floor.item(interaction_id) else { return };
    if item.expires_at.is_some_and(|at| at <= draft.now) {
        let queue_id = item.queue_id;
        draft.record(Event::Life(LifeFact::Expired { interaction_id, queue_id }));
    }
}

/// Ends the legs of an interaction and resolves it.
pub(super) fn resolve(draft: &mut Draft, id: InteractionId) {
    leg::end_pending(draft, id, Ending::new(OfferStep::Cancel, EndReason::Ended));
    leg::end_owner(draft, id, Ending::new(OfferStep::Complete, EndReason::Done));
    // A timer has not read the row; the interaction tells the code all the same.
    let read = draft.rows.interactions.knows(id);
    let row = read.then(|| draft.rows.interactions.get(id)).flatten();
    let wrap_up_code = row.map(|row| row.wrap_up_code.clone()).unwrap_or_default();
    draft.record(Event::InteractionResolved { interaction_id: id, wrap_up_code });
}
