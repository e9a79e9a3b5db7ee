//! What time does: unanswered offers run out, wrap-ups end, leases end, cool-downs end. The floor
//! knows what is due; a thing that people settled meanwhile is no longer there to fire.

use super::leg::{self, Ending};
use super::presence;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event};
use domain::id::{InteractionId, OfferId};
use domain::offer::OfferState;
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
            }
            draft.route();
        }
        Ok(Done::with(draft.tenant))
    }
}

fn offer_timeout(draft: &mut Draft, id: OfferId) {
    let Some(offer) = draft.floor.leg(id).cloned() else { return };
    let cool_until = leg::cool_until(draft, &offer);
    let ending = Ending { cool_until, ..Ending::new(OfferState::TimedOut, EndReason::NoAnswer) };
    presence::not_responding(draft, offer.agent_id);
    leg::end(draft, id, ending);
}

fn wrap_up_over(draft: &mut Draft, id: OfferId) {
    let Some(leg) = draft.floor.leg(id).cloned() else { return };
    resolve(draft, leg.interaction_id);
}

/// Ends the legs of an interaction and resolves it.
pub(super) fn resolve(draft: &mut Draft, id: InteractionId) {
    leg::end_pending(draft, id, Ending::new(OfferState::Cancelled, EndReason::Ended));
    leg::end_owner(draft, id, Ending::new(OfferState::Completed, EndReason::Done));
    // A timer has not read the row; the interaction tells the code all the same.
    let read = draft.rows.interactions.knows(id);
    let row = read.then(|| draft.rows.interactions.get(id)).flatten();
    let wrap_up_code = row.map(|row| row.wrap_up_code.clone()).unwrap_or_default();
    draft.record(Event::InteractionResolved { interaction_id: id, wrap_up_code });
}
