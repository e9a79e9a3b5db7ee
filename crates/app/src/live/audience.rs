//! Followers who want few of a tenant's events: each has a mailbox, and gets what its interest
//! covers. A thousand desks of one tenant are not woken for every batch, only for their own work.
//! Whoever does not empty the mailbox loses the seat, and reads the log instead.

use domain::event::{ConsultFact, Event, Recorded};
use domain::id::{AgentId, InteractionId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many events a mailbox holds.
const MAILBOX_EVENTS: usize = 512;

/// Which events a follower wants: those that name the agent, and those of the interactions. What
/// the agent accepts, or advises on, is added as it is accepted, and removed when that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Events that name this agent.
    pub agent: Option<AgentId>,
    /// Events of these interactions, whomever they name.
    pub interactions: HashSet<InteractionId>,
}

struct Listener {
    interest: Interest,
    mailbox: mpsc::Sender<Arc<Recorded>>,
}

/// The followers of one tenant who have a seat.
#[derive(Default)]
pub(super) struct Audience {
    newest: u64,
    listeners: HashMap<u64, Listener>,
    by_agent: HashMap<AgentId, Vec<u64>>,
    by_interaction: HashMap<InteractionId, Vec<u64>>,
}

impl Audience {
    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.listeners.contains_key(&id)
    }

    /// Gives a seat to whoever has seen everything before `unseen`, which is told at once.
    pub(super) fn admit<'a>(
        &mut self,
        interest: Interest,
        unseen: impl Iterator<Item = &'a Arc<Recorded>>,
    ) -> (u64, mpsc::Receiver<Arc<Recorded>>) {
        self.newest += 1;
        let id = self.newest;
        let (mailbox, mail) = mpsc::channel(MAILBOX_EVENTS);
        if let Some(agent) = interest.agent {
            self.by_agent.entry(agent).or_default().push(id);
        }
        for interaction in &interest.interactions {
            self.by_interaction.entry(*interaction).or_default().push(id);
        }
        self.listeners.insert(id, Listener { interest, mailbox });
        for event in unseen {
            if self.wanted_by(&event.event).contains(&id) {
                self.deliver(id, event);
            }
            self.learn(&event.event, Some(id));
        }
        (id, mail)
    }

    /// Takes a seat away. Its mailbox can still be emptied.
    pub(super) fn leave(&mut self, id: u64) {
        let Some(listener) = self.listeners.remove(&id) else { return };
        if let Some(agent) = listener.interest.agent {
            remove(&mut self.by_agent, agent, id);
        }
        for interaction in listener.interest.interactions {
            remove(&mut self.by_interaction, interaction, id);
        }
    }

    /// Takes all seats away: what follows does not follow on what they were told.
    pub(super) fn dismiss(&mut self) {
        *self = Self { newest: self.newest, ..Self::default() };
    }

    /// Tells everybody what concerns them.
    pub(super) fn tell(&mut self, events: &[Arc<Recorded>]) {
        if self.listeners.is_empty() {
            return;
        }
        for event in events {
            for id in self.wanted_by(&event.event) {
                self.deliver(id, event);
            }
            self.learn(&event.event, None);
        }
    }

    fn wanted_by(&self, event: &Event) -> Vec<u64> {
        let agents = event.agent_id().and_then(|id| self.by_agent.get(&id));
        let interactions = event.interaction_id().and_then(|id| self.by_interaction.get(&id));
        let mut ids = agents.cloned().unwrap_or_default();
        for id in interactions.into_iter().flatten() {
            if !ids.contains(id) {
                ids.push(*id);
            }
        }
        ids
    }

    fn deliver(&mut self, id: u64, event: &Arc<Recorded>) {
        let listener = self.listeners.get(&id);
        let kept = listener.is_none_or(|known| known.mailbox.try_send(Arc::clone(event)).is_ok());
        if !kept {
            self.leave(id);
        }
    }

    /// What agents accept is followed from then on by those who follow the agent; `only` one of
    /// them, if the others know already.
    fn learn(&mut self, event: &Event, only: Option<u64>) {
        let (agent, interaction, owns) = match event {
            Event::OfferAccepted { agent_id, interaction_id, .. } => {
                (*agent_id, *interaction_id, true)
            }
            Event::OfferEnded { agent_id, interaction_id, .. } => {
                (*agent_id, *interaction_id, false)
            }
            Event::Consult(ConsultFact::Started { agent_id, interaction_id, .. }) => {
                (*agent_id, *interaction_id, true)
            }
            Event::Consult(fact) if fact.frees() => (fact.agent_id(), fact.interaction_id(), false),
            _ => return,
        };
        for id in self.by_agent.get(&agent).into_iter().flatten() {
            if only.is_some_and(|only| only != *id) {
                continue;
            }
            let Some(listener) = self.listeners.get_mut(id) else { continue };
            if owns && listener.interest.interactions.insert(interaction) {
                self.by_interaction.entry(interaction).or_default().push(*id);
            } else if !owns && listener.interest.interactions.remove(&interaction) {
                remove(&mut self.by_interaction, interaction, *id);
            }
        }
    }
}

fn remove<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<u64>>, key: K, id: u64) {
    if let Some(ids) = map.get_mut(&key) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            map.remove(&key);
        }
    }
}
