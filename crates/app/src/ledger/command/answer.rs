//! An agent answers an offer: accept or decline. Whichever fact is ordered first wins; a repeat of
//! the same answer gets the same success, and a loser is told what ended the offer.

use super::leg::{self, Ending};
use super::relation::{check_desk, leader};
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::{ConsultFact, EndReason, Event};
use domain::id::{AgentId, InteractionId, OfferId};
use domain::offer::{Offer, OfferState, OfferStep};
use domain::refusal::{Reason, Refusal};
use domain::sealed::Sealed;
use domain::tenant::Caller;
use engine::floor::Floor;

/// What the agent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// Yes.
    Accept,
    /// No.
    Decline,
}

/// The command.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which offer.
    pub offer_id: OfferId,
    /// Yes or no.
    pub saying: Saying,
    /// What was said with it, sealed with the customer's key; empty if nothing.
    pub note: Sealed,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Answer {
    fn keys(&self, floor: &Floor, keys: &mut Keys) {
        keys.offers.push(self.offer_id);
        keys.interactions.extend(floor.leg(self.offer_id).map(|leg| leg.interaction_id));
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let live = draft.floor.leg(self.offer_id).map(|leg| leg.as_ref().clone());
        let offer = live.or_else(|| draft.rows.offers.get(self.offer_id).cloned());
        let offer = offer.ok_or_else(|| Refusal::not_found("offer", self.offer_id))?;
        self.check_mine(&draft.floor, &offer)?;
        match (self.saying, offer.state) {
            (Saying::Accept, OfferState::Pending) => self.accept(draft, &offer),
            (Saying::Decline, OfferState::Pending) => self.decline(draft, &offer),
            (Saying::Accept, state) if state.is_taken() => {}
            (Saying::Decline, OfferState::Rejected) => {}
            (_, state) => return Err(ended(state, &offer).into()),
        }
        Ok(Done { id: self.offer_id.0, other: offer.interaction_id.0 })
    }
}

impl Answer {
    /// Only the agent who was asked may answer, or somebody who may act for them.
    fn check_mine(&self, floor: &Floor, offer: &Offer) -> Result<(), No> {
        let asked = check_desk(floor, self.caller.as_ref(), offer.agent_id);
        match self.caller.as_ref().and_then(leader) {
            Some(_) => asked,
            // To another agent the offer does not exist.
            None => asked.map_err(|_| Refusal::not_found("offer", self.offer_id).into()),
        }
    }

    fn accept(&self, draft: &mut Draft, offer: &Offer) {
        stir(draft, offer.agent_id);
        let (interaction_id, agent_id) = (offer.interaction_id, offer.agent_id);
        if offer.is_consult() {
            let offer_id = offer.id;
            let started = ConsultFact::Started { offer_id, interaction_id, agent_id };
            draft.record(Event::Consult(started));
            return;
        }
        accepted(draft, offer.id, (interaction_id, agent_id));
    }

    fn decline(&self, draft: &mut Draft, offer: &Offer) {
        stir(draft, offer.agent_id);
        let cool_until = leg::cool_until(draft, offer);
        let ending = Ending { cool_until, ..Ending::new(OfferStep::Decline, EndReason::Declined) };
        leg::end(draft, offer.id, ending);
        draft.rows.offers.edit(offer.id, |row| row.note = self.note.clone());
    }
}

/// The agent who was asked owns it now.
pub(super) fn accepted(
    draft: &mut Draft,
    offer_id: OfferId,
    (interaction_id, agent_id): (InteractionId, AgentId),
) {
    // On a transfer the first owner kept the work until now.
    let ending = Ending::new(OfferStep::Complete, EndReason::Moved);
    leg::end_owner(draft, interaction_id, ending);
    draft.record(Event::OfferAccepted { offer_id, interaction_id, agent_id });
}

/// An agent who answers anything is responding again.
fn stir(draft: &mut Draft, id: AgentId) {
    super::presence::stir(draft, id);
}

fn ended(state: OfferState, offer: &Offer) -> Refusal {
    let reason = match state {
        OfferState::TimedOut => Reason::OfferExpired,
        OfferState::Cancelled => Reason::OfferCancelled,
        OfferState::Rescinded => Reason::OfferRescinded,
        OfferState::AgentLost | OfferState::ConnectFailed => Reason::OfferLost,
        _ => Reason::OfferAnswered,
    };
    Refusal::new(reason).with("state", state.word()).with("offer_id", offer.id)
}
