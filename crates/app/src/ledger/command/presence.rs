//! Presence: what an agent intends, the consoles that are open for them, and the lease that
//! outlives a lost console for a while. Effective status follows from these by one function.

use super::leg::{self, Ending};
use super::relation::check_desk;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::agent::{Agent, EffectiveStatus, PresenceStatus, Session};
use domain::event::{EndReason, Event, QueueReason};
use domain::id::{AgentId, NodeId, OfferId, SessionId};
use domain::offer::OfferState;
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use engine::floor::Floor;

/// How long presence holds after the last console was lost.
pub const GRACE: Span = Span::from_secs(45);

/// How many lost consoles one command closes; the rest follow in the next one.
pub const LOST_SESSIONS_MAX: usize = 128;

/// What the effective status is, given what is intended.
fn effective(intended: PresenceStatus) -> EffectiveStatus {
    match intended {
        PresenceStatus::Offline => EffectiveStatus::Offline,
        PresenceStatus::Available => EffectiveStatus::Available,
        _ => EffectiveStatus::Unavailable,
    }
}

/// An agent sets their presence.
#[derive(Clone, Debug)]
pub struct SetPresence {
    /// Who.
    pub agent_id: AgentId,
    /// What they intend.
    pub status: PresenceStatus,
    /// Why, sealed with the tenant's key; none if that has not changed.
    pub reason: Option<Sealed>,
}

impl Command for SetPresence {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.agents.extend(self.reason.as_ref().map(|_| self.agent_id));
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let agent = draft
            .floor
            .agent(self.agent_id)
            .ok_or_else(|| Refusal::not_found("agent", self.agent_id))?;
        check_desk(&draft.floor, draft.caller.as_ref(), self.agent_id)?;
        let presence = agent.presence.clone();
        // It takes a console to be there; a lost one counts until its grace is over.
        let there = !agent.sessions.is_empty() || presence.lease_until.is_some();
        let effective = if there { effective(self.status) } else { EffectiveStatus::Offline };
        let stays = self.status != PresenceStatus::Offline;
        let lease_until = presence.lease_until.filter(|_| stays);
        if let Some(reason) = &self.reason {
            let tell = |row: &mut Agent| row.presence_reason = reason.clone();
            draft.rows.agents.edit(self.agent_id, tell);
            record(draft, self.agent_id, self.status, effective, lease_until);
        } else {
            change(draft, self.agent_id, self.status, effective, lease_until);
        }
        if self.status != PresenceStatus::Available {
            let ending = Ending::new(OfferState::Rescinded, EndReason::Unavailable);
            end_offers(draft, self.agent_id, ending);
        }
        Ok(Done::with(self.agent_id))
    }
}

/// A console opens for an agent.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// For whom.
    pub agent_id: AgentId,
    /// Which console.
    pub session_id: SessionId,
    /// The node that holds its stream.
    pub node_id: NodeId,
    /// That node's epoch.
    pub epoch: i64,
    /// Most unanswered offers it takes at a time; zero leaves it to the capacity.
    pub max_open_offers: u16,
}

impl Command for OpenSession {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let agent = draft
            .floor
            .agent(self.agent_id)
            .ok_or_else(|| Refusal::not_found("agent", self.agent_id))?;
        let elsewhere = |(id, other): (&AgentId, &engine::floor::Agent)| {
            *id != self.agent_id && other.sessions.contains_key(&self.session_id)
        };
        if draft.floor.agents().any(elsewhere) {
            let text = "is a session of another agent; make one by chance for every console";
            return Err(Refusal::field("session_id", text).into());
        }
        let intended = agent.presence.intended;
        let (node_id, epoch, max_open_offers) = (self.node_id, self.epoch, self.max_open_offers);
        let opened = Session { node_id, epoch, max_open_offers };
        if agent.sessions.get(&self.session_id) != Some(&opened) {
            draft.record(Event::AgentSessionOpened {
                agent_id: self.agent_id,
                session_id: self.session_id,
                node_id,
                epoch,
                max_open_offers,
            });
        }
        change(draft, self.agent_id, intended, effective(intended), None);
        Ok(Done::with(self.agent_id))
    }
}

/// A console closes.
#[derive(Clone, Debug)]
pub struct CloseSession {
    /// Whose.
    pub agent_id: AgentId,
    /// Which console.
    pub session_id: SessionId,
    /// The node that held its stream: a session that moved on is left alone.
    pub node_id: NodeId,
    /// That node's epoch.
    pub epoch: i64,
}

impl Command for CloseSession {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let held = draft.floor.agent(self.agent_id).is_some_and(|agent| {
            let session = agent.sessions.get(&self.session_id);
            session.is_some_and(|held| (held.node_id, held.epoch) == (self.node_id, self.epoch))
        });
        if held {
            close(draft, self.agent_id, self.session_id);
        }
        Ok(Done::with(self.agent_id))
    }
}

/// A node is gone, and the consoles it held with it.
#[derive(Clone, Debug)]
pub struct LoseNode {
    /// Which node.
    pub node_id: NodeId,
    /// Sessions of this epoch or an older one are lost.
    pub epoch: i64,
}

impl Command for LoseNode {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let lost: Vec<(AgentId, SessionId)> = draft
            .floor
            .agents()
            .flat_map(|(id, agent)| agent.sessions.iter().map(move |(s, held)| (*id, *s, *held)))
            .filter(|(_, _, held)| held.node_id == self.node_id && held.epoch <= self.epoch)
            .map(|(agent, session, _)| (agent, session))
            .take(LOST_SESSIONS_MAX)
            .collect();
        let more = lost.len() == LOST_SESSIONS_MAX;
        for (agent, session) in lost {
            close(draft, agent, session);
        }
        let left = if more { self.node_id.0 } else { uuid::Uuid::nil() };
        Ok(Done { id: self.node_id.0, other: left })
    }
}

/// Closes a session; the last one leaves a lease behind.
pub(super) fn close(draft: &mut Draft, agent_id: AgentId, session_id: SessionId) {
    draft.record(Event::AgentSessionClosed { agent_id, session_id });
    let Some(agent) = draft.floor.agent(agent_id) else { return };
    let presence = agent.presence.clone();
    if agent.sessions.is_empty() && presence.intended != PresenceStatus::Offline {
        let lease_until = Some(draft.now + GRACE);
        change(draft, agent_id, presence.intended, presence.effective, lease_until);
    }
}

/// The lease ran out: offers go back with their age kept, the agent counts as offline. What they
/// own stays theirs until somebody moves it.
pub(super) fn lease_ended(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let over = agent.presence.lease_until.is_some_and(|until| until <= draft.now);
    if !over || !agent.sessions.is_empty() {
        return;
    }
    change(draft, id, PresenceStatus::Offline, EffectiveStatus::Offline, None);
    end_offers(draft, id, Ending::new(OfferState::AgentLost, EndReason::Lost));
}

/// An agent who let an offer run out is not asked again until they stir.
pub(super) fn not_responding(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    if agent.presence.effective == EffectiveStatus::Available {
        let (intended, lease) = (agent.presence.intended, agent.presence.lease_until);
        change(draft, id, intended, EffectiveStatus::NotResponding, lease);
    }
}

/// An agent did something: one who was not responding is asked again.
pub(super) fn stir(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    if agent.presence.effective == EffectiveStatus::NotResponding {
        let (intended, lease) = (agent.presence.intended, agent.presence.lease_until);
        change(draft, id, intended, effective(intended), lease);
    }
}

fn end_offers(draft: &mut Draft, id: AgentId, ending: Ending) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let legs = agent.legs.iter().copied();
    let pending: Vec<OfferId> = legs
        .filter(|leg| draft.floor.leg(*leg).is_some_and(|leg| leg.state == OfferState::Pending))
        .collect();
    for offer in pending {
        leg::end(draft, offer, ending);
    }
}

/// Records a presence that differs from the present one.
fn change(
    draft: &mut Draft,
    agent_id: AgentId,
    intended: PresenceStatus,
    effective: EffectiveStatus,
    lease_until: Option<Timestamp>,
) {
    let Some(agent) = draft.floor.agent(agent_id) else { return };
    let now = &agent.presence;
    if (now.intended, now.effective, now.lease_until) == (intended, effective, lease_until) {
        return;
    }
    record(draft, agent_id, intended, effective, lease_until);
}

fn record(
    draft: &mut Draft,
    agent_id: AgentId,
    intended: PresenceStatus,
    effective: EffectiveStatus,
    lease_until: Option<Timestamp>,
) {
    let previous = draft.floor.agent(agent_id).map(|agent| agent.presence.effective);
    draft.record(Event::AgentPresenceChanged {
        agent_id,
        intended,
        effective,
        lease_until,
        previous,
    });
    if effective != EffectiveStatus::Available {
        release(draft, agent_id);
    }
}

/// What waits for an agent who left goes back to its queue's choice, with its age kept: a customer
/// is never stranded with somebody who is not there.
fn release(draft: &mut Draft, agent_id: AgentId) {
    for interaction_id in draft.floor.targeted(agent_id) {
        let Some(item) = draft.floor.item(interaction_id).cloned() else { continue };
        let Some(queue_id) = item.queue_id else { continue };
        draft.record(Event::InteractionQueued {
            interaction_id,
            queue_id,
            channel: item.channel,
            priority: item.priority,
            required_skills: item.required_skills.to_vec(),
            enqueued_at: item.enqueued_at,
            enqueued_seq: item.enqueued_seq,
            target_agent_id: None,
            offers_made: item.offers_made,
            reason: QueueReason::Released,
            rule_id: None,
        });
    }
}
