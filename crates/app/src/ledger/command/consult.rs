//! An owner asks another agent for advice. The owner keeps the interaction; the agent who is asked
//! answers like any offer, and what they accept is a leg of their own until either side ends it, or
//! until the owner hands the interaction over to them. A consult lives only as long as its owner
//! works on the interaction: whatever else becomes of that ends it first.

use super::leg::{self, Ending, interaction, not_open};
use super::relation::{check_desk, check_target, check_work, leader};
use super::{Command, Done, Keys, No, presence};
use crate::ledger::draft::Draft;
use domain::event::{ConsultFact, EndReason, Event, LifeFact};
use domain::id::{AgentId, ConversationId, InteractionId, MessageId, OfferId};
use domain::interaction::{Interaction, InteractionStatus};
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::offer::{Offer, OfferState, OfferStep};
use domain::refusal::{Reason, Refusal};
use domain::sealed::Sealed;
use domain::tenant::Caller;
use engine::floor::{Claim, Floor};
use engine::routing;
use engine::routing::eligibility::{Unmet, first_untaken};
use uuid::Uuid;

/// How many agents may be consulted on one interaction at a time.
pub const CONSULTS_MAX: usize = 1;

/// What is asked, as a note of the interaction.
#[derive(Clone, Debug)]
pub struct Question {
    /// The conversation of the interaction, which never changes.
    pub conversation_id: ConversationId,
    /// The words, sealed with the customer's key.
    pub body: Sealed,
    /// What wrote it.
    pub author_kind: AuthorKind,
    /// Who wrote it.
    pub author_id: Uuid,
}

/// Asks an agent for advice.
#[derive(Clone, Debug)]
pub struct ConsultAgent {
    /// On which interaction.
    pub interaction_id: InteractionId,
    /// Whom.
    pub agent_id: AgentId,
    /// What they are asked, if that is said.
    pub question: Option<Question>,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for ConsultAgent {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        if draft.floor.agent(self.agent_id).is_none() {
            return Err(Refusal::not_found("agent", self.agent_id).into());
        }
        check_target(&draft.floor, self.caller.as_ref(), self.agent_id)?;
        let owner = row.owner_agent_id.filter(|_| row.status == InteractionStatus::Active);
        let (Some(owner_agent_id), Some(queue_id)) = (owner, row.queue_id) else {
            return Err(not_open(&row));
        };
        if let Some(leg) = draft.floor.consult_leg(row.id) {
            let refusal = Refusal::new(Reason::ConsultLimit).with("interaction_id", row.id);
            return Err(refusal.with("offer_id", leg.id).with("max", CONSULTS_MAX).into());
        }
        self.check_agent(draft, &row)?;
        if let Some(agent) = self.caller.and_then(|caller| caller.agent) {
            presence::stir(draft, agent);
        }
        let note_id = self.question.as_ref().map(|question| note(draft, row.id, question));
        let offer_id: OfferId = draft.id();
        let timeout = routing::offer_timeout(&draft.floor, row.id, self.agent_id);
        draft.record(Event::Consult(ConsultFact::Requested {
            offer_id,
            interaction_id: row.id,
            agent_id: self.agent_id,
            owner_agent_id,
            queue_id,
            channel: row.channel,
            expires_at: draft.now + timeout,
            note_id,
            labels: row.labels.clone(),
        }));
        Ok(Done { id: offer_id.0, other: row.id.0 })
    }
}

impl ConsultAgent {
    /// They are there with room, and are not the owner: a consult never waits.
    fn check_agent(&self, draft: &Draft, row: &Interaction) -> Result<(), No> {
        let id = self.agent_id;
        if row.owner_agent_id == Some(id) {
            return Err(leg::unavailable(id, Unmet::Owner.word()).into());
        }
        let agent = draft.floor.agent(id).ok_or_else(|| Refusal::not_found("agent", id))?;
        match first_untaken(Claim::of_row(row), agent) {
            Some(unmet) => Err(leg::unavailable(id, unmet.word()).into()),
            None => Ok(()),
        }
    }
}

/// Writes down what they are asked.
fn note(draft: &mut Draft, interaction_id: InteractionId, question: &Question) -> MessageId {
    let id: MessageId = draft.id();
    let conversation_id = question.conversation_id;
    let message = Message {
        id,
        conversation_id,
        interaction_id,
        direction: Direction::InternalNote,
        author_kind: question.author_kind,
        author_id: question.author_id,
        body: question.body.clone(),
        status: DeliveryStatus::Received,
        failure: String::new(),
        steps: Vec::new(),
        external_id: Sealed::default(),
        sender: Sealed::default(),
        attachments: 0,
        created_at: draft.now,
        updated_at: draft.now,
        seq: draft.next_seq(),
    };
    draft.rows.messages.put(id, message);
    draft.record(Event::MessageAdded {
        message_id: id,
        interaction_id,
        conversation_id,
        direction: Direction::InternalNote,
        first_response: false,
        account_id: None,
        loop_suspected: false,
    });
    id
}

/// Ends a consult: the owner wants it no more, or the agent has said what there is to say.
#[derive(Clone, Debug)]
pub struct EndConsult {
    /// Which one, by its offer: a later one is not meant.
    pub offer_id: OfferId,
    /// The interaction of that offer, which never changes.
    pub interaction_id: InteractionId,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for EndConsult {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.offers.push(self.offer_id);
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let live = draft.floor.leg(self.offer_id).map(|leg| leg.as_ref().clone());
        let offer = live.or_else(|| draft.rows.offers.get(self.offer_id).cloned());
        let offer = offer.ok_or_else(|| Refusal::not_found("offer", self.offer_id))?;
        let advises = self.check(draft, &offer)?;
        if !offer.is_consult() {
            let refusal = Refusal::new(Reason::NotAConsult);
            return Err(refusal.with("offer_id", offer.id).into());
        }
        if offer.state.is_live() {
            if let Some(agent) = self.caller.and_then(|caller| caller.agent) {
                presence::stir(draft, agent);
            }
            let ending = match offer.state {
                OfferState::Pending if advises => {
                    Ending::new(OfferStep::Decline, EndReason::Declined)
                }
                OfferState::Pending => Ending::new(OfferStep::Rescind, EndReason::Withdrawn),
                _ => Ending::new(OfferStep::Complete, EndReason::Done),
            };
            leg::end(draft, offer.id, ending);
        }
        Ok(Done { id: offer.id.0, other: offer.interaction_id.0 })
    }
}

impl EndConsult {
    /// Either side may: says whether it is the side that is asked.
    fn check(&self, draft: &Draft, offer: &Offer) -> Result<bool, No> {
        let Some(caller) = self.caller.as_ref() else { return Ok(false) };
        if caller.agent == Some(offer.agent_id) {
            return Ok(true);
        }
        let row = interaction(draft, self.interaction_id)?;
        if check_work(&draft.floor, Some(caller), &row).is_ok() {
            return Ok(false);
        }
        let desk = check_desk(&draft.floor, Some(caller), offer.agent_id);
        match leader(caller) {
            Some(_) => desk.map(|()| true),
            // To another agent the offer does not exist.
            None => Err(Refusal::not_found("offer", offer.id).into()),
        }
    }
}

/// Whether this agent advises on the interaction now.
pub(super) fn advises(floor: &Floor, id: InteractionId, agent: Option<AgentId>) -> bool {
    let leg = floor.consult_leg(id).filter(|leg| leg.state.is_taken());
    agent.is_some() && leg.map(|leg| leg.agent_id) == agent
}

/// The interaction goes to the agent who advises on it: their leg becomes the owner's, in the same
/// decision that ends the leg of the owner before.
pub(super) fn hand_over(draft: &mut Draft, row: &Interaction, leg: &Offer) {
    let Some(state) = leg.after(OfferStep::HandOver) else { return };
    let (offer_id, interaction_id, agent_id) = (leg.id, row.id, leg.agent_id);
    draft.record(Event::InteractionTransferRequested {
        interaction_id,
        from_agent_id: row.owner_agent_id,
        to_agent_id: Some(agent_id),
        to_queue_id: None,
    });
    leg::end_owner(draft, interaction_id, Ending::new(OfferStep::Complete, EndReason::Moved));
    let reason = EndReason::HandedOver;
    draft.record(Event::Consult(ConsultFact::Ended {
        offer_id,
        interaction_id,
        agent_id,
        state,
        reason,
    }));
    draft.record(Event::OfferAccepted { offer_id, interaction_id, agent_id });
}

/// Ends the consult of an interaction, asked or under way.
pub(super) fn end(draft: &mut Draft, id: InteractionId, step: OfferStep, reason: EndReason) {
    let Some(leg) = draft.floor.consult_leg(id) else { return };
    let pending = leg.state == OfferState::Pending;
    let step = if pending { step } else { OfferStep::Complete };
    leg::end(draft, leg.id, Ending::new(step, reason));
}

/// Ends the consult of an interaction before something else becomes of it.
pub(in crate::ledger) fn end_before(draft: &mut Draft, event: &Event) {
    let Some(id) = event.interaction_id() else { return };
    if draft.floor.consult_leg(id).is_none() {
        return;
    }
    use {EndReason as Why, OfferStep::Cancel, OfferStep::Rescind};
    let (step, reason) = match event {
        Event::InteractionQueued { .. } | Event::OfferAccepted { .. } => (Rescind, Why::Moved),
        Event::InteractionWrapping { .. }
        | Event::InteractionResolved { .. }
        | Event::InteractionCancelled { .. }
        | Event::Life(LifeFact::Expired { .. }) => (Cancel, Why::Ended),
        Event::Life(LifeFact::Abandoned { .. }) => (Cancel, Why::CustomerLeft),
        Event::Life(LifeFact::Parked { .. }) => (Rescind, Why::Parked),
        Event::Life(LifeFact::Scheduled { .. }) => (Rescind, Why::Scheduled),
        _ => return,
    };
    end(draft, id, step, reason);
}
