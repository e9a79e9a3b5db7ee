//! Presence: what an agent intends, the consoles that are open for them, and the lease that
//! outlives a lost console for a while. Effective status follows from these by one function.

use super::absent;
use super::enqueue::{Entry, enqueue};
use super::leg::{self, Ending};
use super::relation::check_desk;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::agent::{Agent, EffectiveStatus, Presence, PresenceStatus, Session};
use domain::channel::ChannelKind;
use domain::event::{Actor, EndReason, Event, QueueReason};
use domain::id::{AgentId, NodeId, OfferId, SessionId};
use domain::offer::{Offer, OfferState, OfferStep};
use domain::queue::NoAnswer;
use domain::refusal::Refusal;
use domain::schedule::AfterShift;
use domain::sealed::Sealed;
use domain::time::Span;
use engine::floor::{Agent as Held, Floor};

/// How long presence holds after the last console was lost.
pub const GRACE: Span = Span::from_secs(45);

/// How many lost consoles one command closes; the rest follow in the next one.
pub const LOST_SESSIONS_MAX: usize = 128;

/// An agent sets their presence.
#[derive(Clone, Debug)]
pub struct SetPresence {
    /// Who.
    pub agent_id: AgentId,
    /// What they intend.
    pub status: PresenceStatus,
    /// Why, sealed with the tenant's key; none if that has not changed.
    pub reason: Option<Sealed>,
    /// Whether it is to hold once their current work has ended.
    pub after_work: bool,
    /// The kinds of channel they are ready for; empty means all.
    pub channels: Vec<ChannelKind>,
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
        let later = self.after_work && !agent.legs.is_empty();
        let presence = if later { self.later(agent) } else { self.now(agent) };
        if let Some(reason) = &self.reason {
            let tell = |row: &mut Agent| row.presence_reason = reason.clone();
            draft.rows.agents.edit(self.agent_id, tell);
            record(draft, self.agent_id, presence);
        } else {
            change(draft, self.agent_id, presence);
        }
        if !later && self.status != PresenceStatus::Available {
            let ending = Ending::new(OfferStep::Rescind, EndReason::Unavailable);
            end_offers(draft, self.agent_id, ending);
        }
        Ok(Done::with(self.agent_id))
    }
}

impl SetPresence {
    /// At once, for no new reason and for all kinds of channel.
    #[must_use]
    pub const fn plain(agent_id: AgentId, status: PresenceStatus) -> Self {
        Self { agent_id, status, reason: None, after_work: false, channels: Vec::new() }
    }

    fn now(&self, agent: &Held) -> Presence {
        let stays = self.status != PresenceStatus::Offline;
        Presence {
            intended: self.status,
            effective: agent.effective(self.status, None),
            lease_until: agent.presence.lease_until.filter(|_| stays),
            next: None,
            channels: self.sorted(),
            ..agent.presence.clone()
        }
    }

    /// What they have in hand, offers too, stays theirs; nothing new comes if they stop then.
    fn later(&self, agent: &Held) -> Presence {
        let now = &agent.presence;
        let next = Some(self.status).filter(|next| *next != now.intended);
        let effective = agent.effective(now.intended, next);
        Presence { effective, next, channels: self.sorted(), ..now.clone() }
    }

    fn sorted(&self) -> Vec<ChannelKind> {
        let mut channels = self.channels.clone();
        channels.sort_unstable();
        channels.dedup();
        channels
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
        let presence = agent.presence.clone();
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
        // What was missed stays missed until somebody sets their presence.
        let effective = match presence.effective {
            EffectiveStatus::Missed => EffectiveStatus::Missed,
            _ => presence.duty.bounds(presence.intended.effective(presence.next)),
        };
        let presence = Presence { effective, lease_until: None, ..presence };
        change(draft, self.agent_id, presence);
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
        change(draft, agent_id, Presence { lease_until, ..presence });
    }
}

/// The lease ran out: offers go back with their age kept, the agent counts as offline. What becomes
/// of what they own is the policy of its queue.
pub(super) fn lease_ended(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let over = agent.presence.lease_until.is_some_and(|until| until <= draft.now);
    if !over || !agent.sessions.is_empty() {
        return;
    }
    let Presence { since, duty, .. } = agent.presence;
    change(draft, id, Presence { since, duty, ..Presence::default() });
    end_offers(draft, id, Ending::new(OfferStep::Lose, EndReason::Lost));
}

/// An agent let an offer run out: what follows is the policy of the queue it came from. Work may
/// have been given to them over their presence: nobody asks who is not available anyway, and
/// nobody becomes available by silence, but what a queue sets presence to holds for them too.
pub(super) fn let_run_out(draft: &mut Draft, offer: &Offer) {
    let Some(agent) = draft.floor.agent(offer.agent_id) else { return };
    let (id, now) = (offer.agent_id, agent.presence.clone());
    if now.effective == EffectiveStatus::Offline {
        return;
    }
    let available = now.effective == EffectiveStatus::Available;
    let policy = draft.floor.queue(offer.queue_id).map(|spec| spec.no_answer);
    match policy.unwrap_or_default() {
        NoAnswer::Nothing => {}
        NoAnswer::NotResponding | NoAnswer::Missed if !available => {}
        NoAnswer::Presence(PresenceStatus::Available) if !available => {}
        NoAnswer::NotResponding => {
            change(draft, id, Presence { effective: EffectiveStatus::NotResponding, ..now });
        }
        NoAnswer::Missed => {
            change(draft, id, Presence { effective: EffectiveStatus::Missed, ..now });
        }
        NoAnswer::Presence(intended) => {
            let effective = agent.effective(intended, None);
            let lease_until = now.lease_until.filter(|_| intended != PresenceStatus::Offline);
            let chosen = Presence { intended, effective, lease_until, next: None, ..now };
            change(draft, id, chosen);
            if intended != PresenceStatus::Available {
                let ending = Ending::new(OfferStep::Rescind, EndReason::Unavailable);
                end_offers(draft, id, ending);
            }
        }
    }
}

/// An agent did something: one who was not responding is asked again.
pub(super) fn stir(draft: &mut Draft, id: AgentId) {
    if let Some(presence) = draft.floor.agent(id).and_then(stirred) {
        change(draft, id, presence);
    }
}

/// The presence of an agent who was not responding and does something.
pub(super) fn stirred(agent: &Held) -> Option<Presence> {
    let now = agent.presence.clone();
    let effective = now.duty.bounds(now.intended.effective(now.next));
    let sleeps = now.effective == EffectiveStatus::NotResponding;
    sleeps.then_some(Presence { effective, ..now })
}

/// The last work of an agent may have ended: what they chose for then holds now.
pub(in crate::ledger) fn work_ended(draft: &mut Draft, id: AgentId) {
    if let Some(event) = draft.floor.presence_due(id) {
        let who = std::mem::replace(&mut draft.actor, Actor::SYSTEM);
        draft.record(event);
        draft.actor = who;
        settle(draft, id);
    }
}

/// What the schedule or the time off of an agent says of them may have changed: it is put on
/// record. Whoever did not answer stays so. Whose shift ends, or who is away, may be sent home, as
/// if they had chosen to go.
pub(super) fn take_turn(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let (duty, now) = (draft.floor.duty_of(agent, draft.now), agent.presence.clone());
    if duty == now.duty {
        return;
    }
    let spec = agent.spec.schedule_id.and_then(|id| draft.floor.schedule(id));
    let sends = spec.is_some_and(|spec| spec.after_shift == AfterShift::Offline);
    let goes = sends && duty.is_gone() && now.intended != PresenceStatus::Offline;
    let presence = if goes {
        let channels = now.channels;
        Presence { duty, since: now.since, channels, ..Presence::default() }
    } else {
        let effective = match now.effective {
            EffectiveStatus::NotResponding | EffectiveStatus::Missed => now.effective,
            _ => agent.effective_on(duty, now.intended, now.next),
        };
        Presence { duty, effective, ..now }
    };
    let who = std::mem::replace(&mut draft.actor, Actor::SYSTEM);
    change(draft, id, presence);
    if goes {
        end_offers(draft, id, Ending::new(OfferStep::Rescind, EndReason::Unavailable));
    }
    draft.actor = who;
}

/// Ends what they were asked and have not answered; what was given to them over their presence
/// stays as long as they are there.
fn end_offers(draft: &mut Draft, id: AgentId, ending: Ending) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let gone = agent.presence.effective == EffectiveStatus::Offline;
    let ends = |leg: &Offer| leg.state == OfferState::Pending && (gone || !leg.override_limits);
    let legs = agent.legs.iter().copied();
    let pending: Vec<OfferId> =
        legs.filter(|leg| draft.floor.leg(*leg).is_some_and(|leg| ends(leg))).collect();
    for offer in pending {
        leg::end(draft, offer, ending);
    }
}

/// Records a presence that differs from the present one.
fn change(draft: &mut Draft, id: AgentId, presence: Presence) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let since = agent.presence.since;
    if agent.presence != (Presence { since, ..presence.clone() }) {
        record(draft, id, presence);
    }
}

fn record(draft: &mut Draft, agent_id: AgentId, presence: Presence) {
    let previous = draft.floor.agent(agent_id).map(|agent| agent.presence.effective);
    let Presence { intended, effective, lease_until, next, channels, duty, .. } = presence;
    draft.record(Event::AgentPresenceChanged {
        agent_id,
        intended,
        effective,
        lease_until,
        previous,
        next,
        channels,
        duty,
    });
    settle(draft, agent_id);
}

/// What a presence that is recorded leads to.
fn settle(draft: &mut Draft, id: AgentId) {
    let Some(agent) = draft.floor.agent(id) else { return };
    let effective = agent.presence.effective;
    if effective != EffectiveStatus::Available {
        release(draft, id);
    }
    if effective == EffectiveStatus::Offline {
        absent::leave(draft, id);
    }
}

/// What waits for an agent who left goes back to its queue's choice, with its age kept: a customer
/// is never stranded with somebody who is not there.
fn release(draft: &mut Draft, agent_id: AgentId) {
    for id in draft.floor.targeted(agent_id) {
        let queue_id = draft.floor.item(id).and_then(|item| item.queue_id);
        let entry = queue_id.and_then(|q| Entry::of_item(draft, id, q, QueueReason::Released));
        if let Some(entry) = entry {
            enqueue(draft, entry);
        }
    }
}
