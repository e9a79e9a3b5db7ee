//! What several commands do to interactions, offers and legs: find them, and end them for a reason.

use super::No;
use crate::ledger::draft::Draft;
use domain::event::{ConsultFact, EndReason, Event};
use domain::id::{AgentId, InteractionId, OfferId};
use domain::interaction::Interaction;
use domain::offer::{Offer, OfferStep};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;

/// The interaction, if it exists.
pub(super) fn interaction(draft: &Draft, id: InteractionId) -> Result<Interaction, No> {
    let row = draft.rows.interactions.get(id).cloned();
    row.ok_or_else(|| Refusal::not_found("interaction", id).into())
}

/// The interaction, if it exists and is open.
pub(super) fn open_interaction(draft: &Draft, id: InteractionId) -> Result<Interaction, No> {
    let row = interaction(draft, id)?;
    if row.status.is_open() { Ok(row) } else { Err(not_open(&row)) }
}

/// The refusal of a step that the interaction's state does not allow.
pub(super) fn not_open(row: &Interaction) -> No {
    stated(Reason::InteractionNotOpen, row).into()
}

/// A refusal that tells where the interaction stands.
pub(super) fn stated(reason: Reason, row: &Interaction) -> Refusal {
    Refusal::new(reason).with("interaction_id", row.id).with("status", row.status.word())
}

/// The refusal of work for an agent, by the first condition that is not met.
pub(super) fn unavailable(id: AgentId, condition: &'static str) -> Refusal {
    let refusal = Refusal::new(Reason::AgentUnavailable);
    refusal.with("agent_id", id).with("condition", condition)
}

/// How an offer or leg ends.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub(super) step: OfferStep,
    pub(super) reason: EndReason,
    pub(super) cool_until: Option<Timestamp>,
}

impl Ending {
    pub(super) const fn new(step: OfferStep, reason: EndReason) -> Self {
        Self { step, reason, cool_until: None }
    }
}

/// Ends a live offer or leg; one that has ended already, or that does not end so, is left alone.
pub(super) fn end(draft: &mut Draft, id: OfferId, ending: Ending) {
    let Some(leg) = draft.floor.leg(id).cloned() else { return };
    let Some(state) = leg.after(ending.step) else { return };
    if leg.is_consult() {
        draft.record(Event::Consult(ConsultFact::Ended {
            offer_id: id,
            interaction_id: leg.interaction_id,
            agent_id: leg.agent_id,
            state,
            reason: ending.reason,
        }));
        return;
    }
    draft.record(Event::OfferEnded {
        offer_id: id,
        interaction_id: leg.interaction_id,
        agent_id: leg.agent_id,
        state,
        reason: ending.reason,
        cool_until: ending.cool_until,
    });
}

/// Ends the unanswered offer of an interaction, if there is one.
pub(super) fn end_pending(draft: &mut Draft, id: InteractionId, ending: Ending) {
    if let Some(offer) = draft.floor.item(id).and_then(|item| item.pending) {
        end(draft, offer, ending);
    }
}

/// Ends the owner's leg of an interaction, if there is one.
pub(super) fn end_owner(draft: &mut Draft, id: InteractionId, ending: Ending) {
    if let Some(leg) = draft.floor.item(id).and_then(|item| item.owner) {
        end(draft, leg, ending);
    }
}

/// Until when an agent who did not take an offer of this queue is not asked again.
pub(super) fn cool_until(draft: &Draft, leg: &Offer) -> Option<Timestamp> {
    let spec = draft.floor.queue(leg.queue_id)?;
    (!spec.decline_cool_down.is_zero()).then(|| draft.now + spec.decline_cool_down)
}
