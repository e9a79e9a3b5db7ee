//! Consults on the floor: an agent is asked to advise an owner, advises, and is done, or takes the
//! interaction over. Their leg counts against their capacity like any other; whose the interaction
//! is and whom routing asks does not depend on it.

use super::{Agent, Floor};
use domain::event::{ConsultFact, EndReason, Recorded};
use domain::id::{AgentId, OfferId};
use domain::offer::{Offer, OfferRole, OfferState};
use domain::sealed::Sealed;

impl Floor {
    /// Takes such a fact in.
    pub(super) fn apply_consult(&mut self, fact: &ConsultFact, recorded: &Recorded) {
        match fact {
            ConsultFact::Requested { agent_id, .. } => {
                let Some(leg) = consult_made(fact, recorded) else { return };
                self.put_leg(leg);
                self.with_agent(*agent_id, |agent| {
                    agent.idle_seq = recorded.seq;
                    agent.asked_seq = recorded.seq;
                });
            }
            ConsultFact::Started { offer_id, agent_id, .. } => {
                if let Some(mut leg) = self.take_leg(*offer_id) {
                    leg.state = OfferState::Connected;
                    leg.answered_at = Some(recorded.at);
                    leg.last_seq = recorded.seq;
                    self.put_leg(leg);
                }
                // An answer makes room for the next offer where consoles bound them.
                if self.agents.get(agent_id).is_some_and(|agent| agent.credit > 0) {
                    self.changed.agents.insert(*agent_id);
                }
            }
            ConsultFact::Ended { offer_id, reason: EndReason::HandedOver, .. } => {
                self.hand_over(*offer_id, recorded.seq);
            }
            ConsultFact::Ended { offer_id, agent_id, .. } => {
                self.take_leg(*offer_id);
                self.with_agent(*agent_id, |agent| agent.idle_seq = recorded.seq);
                self.changed.agents.insert(*agent_id);
            }
        }
    }

    /// The leg goes on as the owner's, and counts as an offer of the interaction from now on.
    fn hand_over(&mut self, id: OfferId, seq: i64) {
        let Some(mut leg) = self.take_leg(id) else { return };
        self.with_item(leg.interaction_id, |item| {
            item.offers_made += 1;
            leg.attempt = item.offers_made;
        });
        leg.role = OfferRole::Owner;
        leg.last_seq = seq;
        self.put_leg(leg);
    }

    /// How many consults an agent has, asked or under way.
    #[must_use]
    pub fn consults_of(&self, agent: &Agent) -> usize {
        let legs = agent.legs.iter().filter_map(|leg| self.legs.get(leg));
        legs.filter(|leg| leg.is_consult()).count()
    }

    /// The agent as they are once that leg of theirs has ended.
    #[must_use]
    pub fn agent_without(&self, agent: AgentId, leg: OfferId) -> Option<Agent> {
        let mut floor = self.clone();
        floor.take_leg(leg);
        floor.agent(agent).cloned()
    }
}

/// The offer that a consult begins with.
pub(super) fn consult_made(fact: &ConsultFact, recorded: &Recorded) -> Option<Offer> {
    let ConsultFact::Requested {
        offer_id,
        interaction_id,
        agent_id,
        queue_id,
        channel,
        expires_at,
        note_id,
        labels,
        ..
    } = fact
    else {
        return None;
    };
    Some(Offer {
        id: *offer_id,
        interaction_id: *interaction_id,
        agent_id: *agent_id,
        role: OfferRole::Consult,
        queue_id: *queue_id,
        channel: *channel,
        state: OfferState::Pending,
        attempt: 0,
        offered_at: recorded.at,
        offered_seq: recorded.seq,
        expires_at: *expires_at,
        answered_at: None,
        wrap_until: None,
        ended_at: None,
        reason: String::new(),
        note: Sealed::default(),
        note_id: *note_id,
        shadow_agent_id: None,
        labels: labels.clone(),
        override_limits: false,
        last_seq: recorded.seq,
    })
}
