//! Advice and warm transfer, as the ledger's commands would write them.

use super::Model;
use crate::naive;
use crate::support::{Chance, World};
use domain::event::{ConsultFact, EndReason, Event};
use domain::id::{AgentId, InteractionId, OfferId};
use domain::interaction::{CoolDown, InteractionStatus};
use domain::offer::{Offer, OfferState};
use domain::time::Timestamp;
use engine::floor::{Agent, Item};
use engine::routing;
use engine::routing::eligibility::first_untaken;

/// What advice changes nothing of.
type Kept = (
    (InteractionStatus, Option<OfferId>, Option<OfferId>, Option<AgentId>),
    (Timestamp, i64, i32, bool, Vec<CoolDown>),
);

fn kept(item: &Item) -> Kept {
    let Item { status, owner, pending, target, enqueued_at, enqueued_seq, .. } = *item;
    let line = (enqueued_at, enqueued_seq, item.offers_made, item.taken, item.cool_downs.clone());
    ((status, owner, pending, target), line)
}

impl Model {
    /// An owner asks somebody; whether they may is worked out once more by the long way round.
    pub(super) fn consult(&mut self, chance: &mut Chance) {
        let alone =
            |item: &Item| item.status == InteractionStatus::Active && item.consult.is_none();
        let Some(id) = chance.of(&self.items(alone)) else { return };
        let floor = &self.world.floor;
        let item = floor.item(id).expect("it is open").clone();
        let owner = floor.owner_leg(id).expect("it is owned").agent_id;
        let others = floor.agents().filter(|(other, _)| **other != owner);
        let mut others: Vec<AgentId> = others.map(|(other, _)| *other).collect();
        // Mostly somebody who is there, for whom more than a refusal may come of it.
        if !chance.one_in(4) {
            others.retain(|id| floor.agent(*id).is_some_and(Agent::is_available));
        }
        let Some(agent_id) = chance.of(&others) else { return };
        let agent = floor.agent(agent_id).expect("they are there");
        let untaken = first_untaken(item.claim(), agent);
        let may = naive::is_ready(agent, &item) && naive::has_room(floor, &item, agent_id, agent);
        assert_eq!(untaken.is_none(), may, "whether {agent_id} may be asked: {untaken:?}");
        if may {
            self.stir(owner);
            self.ask_advice(id, owner, agent_id);
        }
    }

    fn ask_advice(&mut self, id: InteractionId, owner_agent_id: AgentId, agent_id: AgentId) {
        let item = self.world.floor.item(id).expect("it is open").clone();
        let timeout = routing::offer_timeout(&self.world.floor, id, agent_id);
        let offer_id = self.world.id();
        self.advice(&ConsultFact::Requested {
            offer_id,
            interaction_id: id,
            agent_id,
            owner_agent_id,
            queue_id: item.queue_id.expect("it was queued"),
            channel: item.channel,
            expires_at: self.world.now + timeout,
            note_id: None,
            labels: item.traits.labels.clone(),
        });
        let leg = self.world.floor.leg(offer_id).expect("it was made");
        assert!(leg.is_consult() && leg.attempt == 0, "it is no offer of the queue");
    }

    /// Records such a fact; of the interaction nothing changes but who advises on it.
    fn advice(&mut self, fact: &ConsultFact) {
        let id = fact.interaction_id();
        let before = kept(self.world.floor.item(id).expect("it is open"));
        self.world.record(Event::Consult(fact.clone()));
        let after = kept(self.world.floor.item(id).expect("it is open"));
        assert_eq!(after, before, "advice changes nothing but itself: {fact:?}");
    }

    fn consults(&self, taken: bool) -> Vec<Offer> {
        let legs = self.world.floor.legs().map(|(_, leg)| leg.as_ref());
        let of_kind = legs.filter(|leg| leg.is_consult() && leg.state.is_taken() == taken);
        of_kind.cloned().collect()
    }

    /// Who is asked says yes, or mostly.
    pub(super) fn answer_consult(&mut self, chance: &mut Chance) {
        let Some(leg) = chance.of(&self.consults(false)) else { return };
        self.stir(leg.agent_id);
        let (offer_id, interaction_id, agent_id) = (leg.id, leg.interaction_id, leg.agent_id);
        self.advice(&if chance.one_in(4) {
            let (state, reason) = (OfferState::Rejected, EndReason::Declined);
            ConsultFact::Ended { offer_id, interaction_id, agent_id, state, reason }
        } else {
            ConsultFact::Started { offer_id, interaction_id, agent_id }
        });
    }

    /// Its owner wants no advice any more, or all is said.
    pub(super) fn end_consult(&mut self, chance: &mut Chance) {
        let taken = chance.one_in(2);
        let Some(leg) = chance.of(&self.consults(taken)) else { return };
        let (offer_id, interaction_id, agent_id) = (leg.id, leg.interaction_id, leg.agent_id);
        let (state, reason) = match taken {
            true => (OfferState::Completed, EndReason::Done),
            false => (OfferState::Rescinded, EndReason::Withdrawn),
        };
        self.advice(&ConsultFact::Ended { offer_id, interaction_id, agent_id, state, reason });
    }

    /// Its owner hands it to who advises, at once; or to who has not answered, who is asked anew.
    pub(super) fn warm_transfer(&mut self, chance: &mut Chance) {
        let taken = chance.one_in(2);
        let Some(leg) = chance.of(&self.consults(taken)) else { return };
        let id = leg.interaction_id;
        let owner = self.world.floor.owner_leg(id).expect("it is owned").as_ref().clone();
        if taken {
            return self.hand_over(&leg, &owner);
        }
        let without = self.world.floor.agent_without(leg.agent_id, leg.id);
        let item = self.world.floor.item(id).expect("it is open").clone();
        // With the place of the consult given back, there is one to be asked for more.
        if without.is_none_or(|agent| first_untaken(item.claim(), &agent).is_some()) {
            return;
        }
        self.ask_for(id, &item, Some(leg.agent_id));
        assert!(self.world.floor.leg(leg.id).is_none(), "they are not asked twice");
    }

    fn hand_over(&mut self, leg: &Offer, owner: &Offer) {
        let (offer_id, interaction_id, agent_id) = (leg.id, leg.interaction_id, leg.agent_id);
        let units = |world: &World| world.floor.agent(agent_id).expect("there").used_units();
        let (before, made) = (units(&self.world), self.offers_made(interaction_id));
        self.world.end(owner.id, OfferState::Completed, EndReason::Moved, None);
        let (state, reason) = (OfferState::Connected, EndReason::HandedOver);
        let over = ConsultFact::Ended { offer_id, interaction_id, agent_id, state, reason };
        self.world.record(Event::Consult(over));
        self.world.record(Event::OfferAccepted { offer_id, interaction_id, agent_id });
        let now = self.world.floor.owner_leg(interaction_id).expect("it is owned");
        assert_eq!((now.id, now.agent_id), (offer_id, agent_id), "their leg is the owner's");
        assert_eq!(now.answered_at, leg.answered_at, "they answered when they were asked");
        assert_eq!(units(&self.world), before, "they held the place already");
        let counted = (now.attempt, self.offers_made(interaction_id));
        assert_eq!(counted, (made + 1, made + 1), "it counts as an offer of it now");
    }

    fn offers_made(&self, id: InteractionId) -> i32 {
        self.world.floor.item(id).expect("it is open").offers_made
    }
}

impl World {
    /// Ends a consult, asked or under way; asked, it ends as `pending`.
    fn end_consult(&mut self, id: InteractionId, pending: OfferState, reason: EndReason) {
        let Some(leg) = self.floor.consult_leg(id).cloned() else { return };
        let asked = leg.state == OfferState::Pending;
        let state = if asked { pending } else { OfferState::Completed };
        self.end(leg.id, state, reason, None);
    }

    /// Advice ends before whatever else becomes of its interaction.
    pub(crate) fn end_advice_before(&mut self, event: &Event) {
        use domain::event::LifeFact;
        use {EndReason as Why, OfferState::Cancelled, OfferState::Rescinded};
        let Some(id) = event.interaction_id() else { return };
        let (pending, reason) = match event {
            Event::InteractionQueued { .. } | Event::OfferAccepted { .. } => {
                (Rescinded, Why::Moved)
            }
            Event::InteractionWrapping { .. }
            | Event::InteractionResolved { .. }
            | Event::InteractionCancelled { .. } => (Cancelled, Why::Ended),
            Event::Life(LifeFact::Parked { .. }) => (Rescinded, Why::Parked),
            Event::Life(LifeFact::Scheduled { .. }) => (Rescinded, Why::Scheduled),
            _ => return,
        };
        self.end_consult(id, pending, reason);
    }

    /// Who is offline advises nobody, and needs no advice; what they own stays theirs here.
    pub(crate) fn end_advice_of(&mut self, id: AgentId) {
        let Some(agent) = self.floor.agent(id) else { return };
        let legs = agent.legs.iter().filter_map(|leg| self.floor.leg(*leg)).cloned();
        let (advised, owned): (Vec<_>, Vec<_>) =
            legs.filter(|leg| leg.state.is_taken()).partition(|leg| leg.is_consult());
        for leg in advised {
            self.end(leg.id, OfferState::AgentLost, EndReason::Lost, None);
        }
        for leg in owned {
            self.end_consult(leg.interaction_id, OfferState::Rescinded, EndReason::Lost);
        }
    }
}
