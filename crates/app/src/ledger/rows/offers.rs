//! Rows of offers and legs: as the floor has them while they live, and how they ended.

use super::Rows;
use domain::event::{ConsultFact, EndReason, Event, Recorded};
use domain::offer::{Offer, OfferState};
use engine::floor::Floor;

impl Rows {
    pub(super) fn fold_offer(&mut self, recorded: &Recorded, floor: &Floor, ended: Option<Offer>) {
        match &recorded.event {
            Event::OfferMade { offer_id, .. }
            | Event::OfferAccepted { offer_id, .. }
            | Event::InteractionWrapping { offer_id, .. } => {
                if let Some(leg) = floor.leg(*offer_id) {
                    self.offers.put(*offer_id, Offer::clone(leg));
                }
            }
            Event::OfferEnded { state, reason, .. } => {
                self.end_offer(ended, *state, *reason, recorded);
            }
            Event::Consult(ConsultFact::Ended { state, reason, .. }) if !state.is_live() => {
                self.end_offer(ended, *state, *reason, recorded);
            }
            Event::Consult(fact) => {
                if let Some(leg) = floor.leg(fact.offer_id()) {
                    self.offers.put(leg.id, Offer::clone(leg));
                }
            }
            _ => {}
        }
    }

    fn end_offer(
        &mut self,
        ended: Option<Offer>,
        state: OfferState,
        reason: EndReason,
        recorded: &Recorded,
    ) {
        self.presences.extend(recorded.event.agent_id());
        let Some(mut leg) = ended else { return };
        leg.state = state;
        leg.reason = reason_word(reason).to_owned();
        leg.ended_at = Some(recorded.at);
        leg.answered_at = leg.answered_at.or(Some(recorded.at));
        leg.last_seq = recorded.seq;
        self.offers.put(leg.id, leg);
    }
}

/// A reason as rows and the wire spell it.
#[must_use]
pub fn reason_word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Done => "done",
        EndReason::Declined => "declined",
        EndReason::NoAnswer => "no_answer",
        EndReason::Moved => "moved",
        EndReason::Ended => "ended",
        EndReason::Lost => "lost",
        EndReason::Unavailable => "unavailable",
        EndReason::CustomerLeft => "customer_left",
        EndReason::Parked => "parked",
        EndReason::Scheduled => "scheduled",
        EndReason::HandedOver => "handed_over",
        EndReason::Withdrawn => "withdrawn",
    }
}
