//! Agents who come and go: consoles that open and close, what is chosen for later, who is lost.

use super::{AGENTS, Model};
use crate::support::{Chance, spec};
use domain::agent::{EffectiveStatus, PresenceStatus};
use domain::event::{EndReason, Event};
use domain::id::{AgentId, NodeId, SessionId};
use domain::offer::{Offer, OfferState};
use domain::time::Span;
use engine::floor::Agent;

impl Model {
    pub(super) fn session(&mut self, chance: &mut Chance) {
        let Some(agent_id) = chance.of(&self.agents()) else { return };
        let agent = self.world.floor.agent(agent_id).expect("they are there");
        let open: Vec<SessionId> = agent.sessions.keys().copied().collect();
        match chance.of(&open) {
            Some(session_id) if chance.one_in(2) => {
                self.world.record(Event::AgentSessionClosed { agent_id, session_id });
                self.leave_a_lease(agent_id);
            }
            _ => {
                let max_open_offers = u16::try_from(chance.below(3)).expect("it is small");
                self.open_session(agent_id, max_open_offers);
            }
        }
    }

    fn open_session(&mut self, agent_id: AgentId, max_open_offers: u16) {
        let (session_id, node_id): (SessionId, NodeId) = (self.world.id(), self.world.id());
        let epoch = 1;
        self.world.record(Event::AgentSessionOpened {
            agent_id,
            session_id,
            node_id,
            epoch,
            max_open_offers,
        });
        let presence = &self.world.floor.agent(agent_id).expect("they are there").presence;
        let (intended, next) = (presence.intended, presence.next);
        self.set(agent_id, intended, intended.effective(next), None);
    }

    /// Whoever closes their last console counts as there for a while.
    fn leave_a_lease(&mut self, id: AgentId) {
        let agent = self.world.floor.agent(id).expect("they are there");
        let (intended, effective) = (agent.presence.intended, agent.presence.effective);
        if agent.sessions.is_empty() && intended != PresenceStatus::Offline {
            self.set(id, intended, effective, Some(self.world.now + Span::from_secs(45)));
        }
    }

    /// Somebody chooses what holds after their work.
    pub(super) fn presence_later(&mut self, chance: &mut Chance) {
        let floor = &self.world.floor;
        let busy: Vec<AgentId> = floor
            .agents()
            .filter(|(_, agent)| !agent.legs.is_empty() && agent.is_there())
            .map(|(id, _)| *id)
            .collect();
        let Some(id) = chance.of(&busy) else { return };
        let agent = floor.agent(id).expect("they are there");
        let presence = agent.presence.clone();
        let next = chance.of(PresenceStatus::ALL).filter(|next| *next != presence.intended);
        let effective = agent.effective(presence.intended, next);
        let kept = (next, presence.channels);
        self.choose(id, (presence.intended, effective), presence.lease_until, kept);
    }

    /// Somebody comes to work at a console; new, if there are few.
    pub(super) fn come(&mut self, chance: &mut Chance) {
        let mut away = self.agents();
        let is_there = |id: &AgentId| self.world.floor.agent(*id).is_some_and(Agent::is_available);
        away.retain(|id| !is_there(id));
        let id = match chance.of(&away) {
            Some(id) if self.agents().len() >= AGENTS || chance.one_in(2) => id,
            None if self.agents().len() >= AGENTS => return,
            _ => {
                let id = self.world.id();
                let units = 2 + u16::try_from(chance.below(3)).expect("it is small");
                self.world.save_agent(id, spec(units));
                id
            }
        };
        if self.world.floor.agent(id).is_some_and(|agent| agent.sessions.is_empty()) {
            self.open_session(id, 0);
        }
        let there = (PresenceStatus::Available, EffectiveStatus::Available);
        self.choose(id, there, None, (None, Vec::new()));
    }

    /// Somebody who advises, is asked to, or is advised goes home, or is lost.
    pub(super) fn go(&mut self, chance: &mut Chance) {
        let legs = self.world.floor.legs();
        let advised = |leg: &Offer| self.world.floor.consult_leg(leg.interaction_id).is_some();
        let mut busy: Vec<AgentId> =
            legs.filter(|(_, leg)| advised(leg)).map(|(_, leg)| leg.agent_id).collect();
        busy.retain(|_| chance.one_in(2));
        let Some(id) = chance.of(&busy) else { return };
        if chance.one_in(3) {
            return self.lose(id);
        }
        let offline = (PresenceStatus::Offline, EffectiveStatus::Offline);
        self.choose(id, offline, None, (None, Vec::new()));
        self.take_back(id, OfferState::Rescinded, EndReason::Unavailable);
    }

    /// Their last console closed long ago.
    fn lose(&mut self, agent_id: AgentId) {
        let agent = self.world.floor.agent(agent_id).expect("they are there").clone();
        for session_id in agent.sessions.keys().copied() {
            self.world.record(Event::AgentSessionClosed { agent_id, session_id });
        }
        let (intended, effective) = (agent.presence.intended, agent.presence.effective);
        self.set(agent_id, intended, effective, Some(self.world.now));
        self.lease_ended(agent_id);
    }
}
