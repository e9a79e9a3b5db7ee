//! What presence does by itself: a choice that was made for later holds once the current work has
//! ended.

use super::{Agent, Floor};
use domain::agent::{EffectiveStatus, Presence, PresenceStatus};
use domain::event::Event;
use domain::id::AgentId;
use domain::schedule::Duty;

impl Agent {
    /// Whether a console is there, or the grace of a lost one.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.sessions.is_empty() || self.presence.lease_until.is_some()
    }

    /// What routing may rely on once they choose so: it takes a console to be there.
    #[must_use]
    pub fn effective(
        &self,
        intended: PresenceStatus,
        next: Option<PresenceStatus>,
    ) -> EffectiveStatus {
        self.effective_on(self.presence.duty, intended, next)
    }

    /// The same once their schedule says this of them.
    #[must_use]
    pub fn effective_on(
        &self,
        duty: Duty,
        intended: PresenceStatus,
        next: Option<PresenceStatus>,
    ) -> EffectiveStatus {
        if self.is_there() {
            duty.bounds(intended.effective(next))
        } else {
            EffectiveStatus::Offline
        }
    }

    /// Whether they count as online for plans: there, and neither outside their shift nor away.
    #[must_use]
    pub fn is_online(&self) -> bool {
        let Presence { effective, duty, .. } = &self.presence;
        *effective != EffectiveStatus::Offline && !duty.is_gone()
    }
}

impl Floor {
    /// The change of presence that is due because an agent chose it for when their work has ended,
    /// and it has.
    #[must_use]
    pub fn presence_due(&self, id: AgentId) -> Option<Event> {
        let agent = self.agents.get(&id).filter(|agent| agent.legs.is_empty())?;
        let now = &agent.presence;
        let intended = now.next?;
        Some(Event::AgentPresenceChanged {
            agent_id: id,
            intended,
            effective: agent.effective(intended, None),
            lease_until: now.lease_until.filter(|_| intended != PresenceStatus::Offline),
            previous: Some(now.effective),
            next: None,
            channels: now.channels.clone(),
            duty: now.duty,
        })
    }
}
