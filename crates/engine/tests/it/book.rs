//! The legs of a floor told again from the log alone: who is asked for what, who owns, who advises.
//! It shares nothing with the floor but the facts, so that a flaw in the fold is not repeated here.

use domain::agent::EffectiveStatus;
use domain::channel::ChannelKind;
use domain::event::{ConsultFact, EndReason, Event};
use domain::id::{AgentId, InteractionId, LabelId, OfferId};
use domain::interaction::InteractionStatus;
use domain::offer::{Offer, OfferRole, OfferState};
use engine::floor::Floor;
use std::collections::BTreeMap;

/// A live leg.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Leg {
    interaction: InteractionId,
    agent: AgentId,
    role: OfferRole,
    /// Whether its agent said yes.
    taken: bool,
    channel: ChannelKind,
    labels: Vec<LabelId>,
}

impl Leg {
    fn of(leg: &Offer) -> Self {
        Self {
            interaction: leg.interaction_id,
            agent: leg.agent_id,
            role: leg.role,
            taken: leg.state.is_taken(),
            channel: leg.channel,
            labels: leg.labels.clone(),
        }
    }

    fn owns(&self) -> bool {
        self.role == OfferRole::Owner && self.taken
    }
}

/// How a consult ended: whether it was answered, the state, the word.
pub(crate) type Ending = (bool, OfferState, EndReason);

/// All live legs, and how consults ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    legs: BTreeMap<OfferId, Leg>,
    pub(crate) ended: BTreeMap<Ending, u32>,
}

impl Book {
    /// Takes the next fact; fails if it cannot follow on those before.
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::OfferMade { offer_id, interaction_id, agent_id, channel, labels, .. } => {
                self.ask(*offer_id, (*interaction_id, *agent_id), (*channel, labels))
            }
            Event::OfferAccepted { offer_id, interaction_id, agent_id } => {
                let others = || self.of(*interaction_id).filter(|(id, _)| *id != offer_id);
                assert!(!others().any(|(_, leg)| leg.owns()), "two owners: {event:?}");
                let leg = self.legs.get_mut(offer_id).expect("what is accepted lives");
                assert_eq!((leg.role, leg.agent), (OfferRole::Owner, *agent_id), "{event:?}");
                leg.taken = true;
            }
            Event::OfferEnded { offer_id, .. } => {
                let leg = self.legs.remove(offer_id).expect("what ends lives");
                assert_eq!(leg.role, OfferRole::Owner, "{event:?}");
            }
            Event::Consult(fact) => self.consult(fact),
            _ => {}
        }
    }

    fn of(&self, id: InteractionId) -> impl Iterator<Item = (&OfferId, &Leg)> {
        self.legs.iter().filter(move |(_, leg)| leg.interaction == id)
    }

    fn ask(
        &mut self,
        id: OfferId,
        (interaction, agent): (InteractionId, AgentId),
        (channel, labels): (ChannelKind, &[LabelId]),
    ) {
        let (role, labels) = (OfferRole::Owner, labels.to_vec());
        let leg = Leg { interaction, agent, role, taken: false, channel, labels };
        let held = self.legs.insert(id, leg);
        assert_eq!(held, None, "an offer is made once");
    }

    fn consult(&mut self, fact: &ConsultFact) {
        let (id, on, agent) = (fact.offer_id(), fact.interaction_id(), fact.agent_id());
        match fact {
            ConsultFact::Requested { owner_agent_id, channel, labels, .. } => {
                let owners = self.of(on).filter(|(_, leg)| leg.owns());
                let owners: Vec<AgentId> = owners.map(|(_, leg)| leg.agent).collect();
                assert_eq!(owners, [*owner_agent_id], "advice is for an owner: {fact:?}");
                assert_ne!(agent, *owner_agent_id, "nobody advises themselves: {fact:?}");
                let consults = self.of(on).filter(|(_, leg)| leg.role == OfferRole::Consult);
                assert_eq!(consults.count(), 0, "one consult at a time: {fact:?}");
                self.ask(id, (on, agent), (*channel, labels));
                self.legs.get_mut(&id).expect("it was made").role = OfferRole::Consult;
            }
            ConsultFact::Started { .. } => {
                let leg = self.legs.get_mut(&id).expect("who says yes is asked");
                let pending = leg.role == OfferRole::Consult && !leg.taken;
                assert!(pending && leg.agent == agent, "{fact:?} of {leg:?}");
                leg.taken = true;
            }
            ConsultFact::Ended { state, reason, .. } => {
                let leg = self.legs.get_mut(&id).expect("what ends lives");
                assert_eq!((leg.role, leg.agent), (OfferRole::Consult, agent), "{fact:?}");
                *self.ended.entry((leg.taken, *state, *reason)).or_default() += 1;
                if *reason == EndReason::HandedOver {
                    assert!(leg.taken && state.is_live(), "who advises is handed it: {fact:?}");
                    leg.role = OfferRole::Owner;
                    let owners = self.of(on).filter(|(_, leg)| leg.owns()).count();
                    assert_eq!(owners, 1, "two owners: {fact:?}");
                } else {
                    self.legs.remove(&id);
                }
            }
        }
    }

    /// Fails unless the floor has these legs and no others, and consults where they may be.
    pub(crate) fn check(&self, floor: &Floor, what: &str) {
        let held: BTreeMap<OfferId, Leg> =
            floor.legs().map(|(id, leg)| (*id, Leg::of(leg))).collect();
        assert_eq!(held, self.legs, "{what}: legs of the floor, and of the log");
        for (id, item) in floor.items() {
            let one = |keep: fn(&Leg) -> bool| {
                let mut of = self.of(*id).filter(|(_, leg)| keep(leg)).map(|(id, _)| *id);
                let first = of.next();
                assert_eq!(of.next(), None, "{what}: {id} has two of a kind");
                first
            };
            let consult = one(|leg| leg.role == OfferRole::Consult);
            assert_eq!(item.owner, one(Leg::owns), "{what}: the owner of {id}");
            assert_eq!(item.consult, consult, "{what}: the consult of {id}");
            let Some(consult) = consult else { continue };
            let owner = item.owner.map(|leg| self.legs[&leg].agent);
            assert_eq!(item.status, InteractionStatus::Active, "{what}: {id} has outlived it");
            assert!(owner.is_some(), "{what}: nobody is advised on {id}");
            assert_ne!(owner, Some(self.legs[&consult].agent), "{what}: they advise themselves");
        }
        for (id, agent) in floor.agents() {
            let mine = self.legs.values().filter(|leg| leg.agent == *id);
            let advice: Vec<&Leg> = mine.filter(|leg| leg.role == OfferRole::Consult).collect();
            assert_eq!(floor.consults_of(agent), advice.len(), "{what}: consults of {id}");
            let gone = agent.presence.effective == EffectiveStatus::Offline;
            assert!(!gone || advice.is_empty(), "{what}: {id} went and advises");
        }
    }
}
