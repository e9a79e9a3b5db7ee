//! Advice as the log tells it: an owner asks another agent, one at a time; who advises is done, or
//! is handed the interaction; and it is over before anything else becomes of the interaction.

use super::super::{Kind, Violations};
use super::{Offer, OfferIs, Recorded, Replay};
use uuid::Uuid;

/// What ends an interaction's advice before it happens, by its stored kind and, of a life, by which
/// fact it is.
const ENDS: [&str; 6] = [
    "interaction_queued",
    "interaction_wrapping",
    "interaction_resolved",
    "interaction_cancelled",
    "interaction_closed",
    "interaction_reopened",
];
const LIFE_ENDS: [&str; 4] = ["parked", "scheduled", "abandoned", "expired"];

impl Replay {
    /// Nothing but advice goes on while somebody advises.
    pub(super) fn check_advice(&mut self, event: &Recorded, found: &mut Violations) {
        let ends = match event.kind() {
            "life" => LIFE_ENDS.iter().find_map(|name| event.event.get(name)),
            kind => ENDS.contains(&kind).then_some(&event.event),
        };
        let id = ends.and_then(|fact| fact["interaction_id"].as_str());
        let id = id.and_then(|text| Uuid::try_parse(text).ok());
        let held = id.and_then(|id| self.interactions.get(&id));
        if held.is_some_and(|held| held.consult.is_some()) {
            self.wrong(Kind::Order, event, "happened while somebody was consulted", found);
        }
    }

    pub(super) fn consult(&mut self, event: &Recorded, found: &mut Violations) {
        match event.advice() {
            Some(("requested", asked)) => self.requested(&asked, found),
            Some(("started", begun)) => self.started(&begun, found),
            Some(("ended", over)) => self.advice_ended(&over, found),
            _ => self.wrong(Kind::Order, event, "of advice that nobody knows", found),
        }
    }

    fn requested(&mut self, event: &Recorded, found: &mut Violations) {
        self.seen.consults += 1;
        let (offer, id) = (event.id("offer_id"), event.id("interaction_id"));
        let owner_agent_id = event.id("owner_agent_id");
        let agent_of = |leg: Uuid| self.offers.get(&leg).map(|offer| offer.agent);
        let held = self.interactions.get(&id);
        let owner = held.and_then(|held| held.owner).and_then(agent_of);
        if owner != Some(owner_agent_id) || owner == Some(event.id("agent_id")) {
            self.wrong(Kind::Order, event, "advice for who does not own it", found);
        }
        match self.interactions.get_mut(&id) {
            Some(held) if held.ended.is_none() && held.consult.is_none() => {
                held.consult = Some(offer);
            }
            _ => self.wrong(Kind::Order, event, "a second consult, or on what ended", found),
        }
        self.take(event, true, found);
    }

    fn started(&mut self, event: &Recorded, found: &mut Violations) {
        self.seen.advised += 1;
        let asked = |offer: &&mut Offer| offer.consult && offer.is == OfferIs::Pending;
        match self.offers.get_mut(&event.id("offer_id")).filter(asked) {
            Some(offer) => offer.is = OfferIs::Advising,
            None => self.wrong(Kind::Order, event, "advises who was not asked", found),
        }
    }

    fn advice_ended(&mut self, event: &Recorded, found: &mut Violations) {
        let (id, handed_over) = (event.id("offer_id"), event.text("reason") == "handed_over");
        let live = |offer: &&mut Offer| match offer.is {
            OfferIs::Pending => offer.consult && !handed_over,
            OfferIs::Advising => true,
            _ => false,
        };
        let Some(offer) = self.offers.get_mut(&id).filter(live) else {
            return self.wrong(Kind::Order, event, "advice ended that was not live", found);
        };
        offer.is = match handed_over {
            // It is the owner's once it is accepted, which follows.
            true => OfferIs::HandedOver,
            false => OfferIs::Ended(event.text("state").to_owned()),
        };
        let offer = offer.clone();
        if handed_over {
            self.seen.handed_over += 1;
            self.handed_over.push((id, event.at));
        } else {
            self.give_back(&offer);
        }
        if let Some(held) = self.interactions.get_mut(&offer.interaction) {
            held.consult = held.consult.filter(|consult| *consult != id);
        }
    }
}
