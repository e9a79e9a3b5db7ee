//! The floor as a fold of events: what each fact does to agents, items and legs, and which entries
//! it touches. Nothing here decides; an event that does not fit is a fact all the same.

use super::{Agent, Floor, Item, Touched};
use domain::agent::{AgentSpec, EffectiveStatus, Presence, Session};
use domain::event::{EndReason, Event, Recorded};
use domain::id::{AgentId, InteractionId};
use domain::interaction::{CoolDown, InteractionStatus, Priority, SkillRequirement};
use domain::offer::{Offer, OfferState};
use domain::sealed::Sealed;
use domain::time::Timestamp;
use std::sync::Arc;

impl Floor {
    /// Takes one event in.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.seq = recorded.seq;
        match &recorded.event {
            Event::InteractionCreated { .. } | Event::InteractionQueued { .. } => {
                self.apply_arrival(&recorded.event);
            }
            Event::OfferMade { .. }
            | Event::OfferAccepted { .. }
            | Event::OfferEnded { .. }
            | Event::InteractionWrapping { .. } => self.apply_leg(recorded),
            Event::InteractionEscalated { interaction_id, priority, .. } => {
                self.reprioritise(*interaction_id, *priority, None);
            }
            Event::InteractionUpdated { interaction_id, priority, required_skills, .. } => {
                self.reprioritise(*interaction_id, *priority, Some(required_skills));
            }
            Event::InteractionResolved { interaction_id, .. }
            | Event::InteractionClosed { interaction_id, .. }
            | Event::InteractionCancelled { interaction_id, .. } => {
                self.take_item(*interaction_id);
            }
            Event::AgentSessionOpened { .. }
            | Event::AgentSessionClosed { .. }
            | Event::AgentPresenceChanged { .. }
            | Event::AgentSaved { .. }
            | Event::AgentDeleted { .. } => self.apply_agent(recorded),
            Event::TeamChanged { team_id, change, parent, .. } => {
                self.apply_team(*team_id, *change, *parent);
            }
            Event::QueueSaved { .. }
            | Event::QueueDeleted { .. }
            | Event::RuleSaved { .. }
            | Event::RuleDeleted { .. }
            | Event::AccountSaved { .. }
            | Event::AccountDeleted { .. } => self.apply_config(recorded),
            Event::InteractionTransferRequested { .. }
            | Event::InteractionReopened { .. }
            | Event::InteractionRated { .. }
            | Event::MessageAdded { .. }
            | Event::MessageStatusChanged { .. }
            | Event::SkillChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::ContactPointChanged { .. }
            | Event::ApiKeyChanged { .. }
            | Event::TenantChanged { .. }
            | Event::OperatorActed { .. } => {}
        }
    }

    fn apply_arrival(&mut self, event: &Event) {
        match event {
            Event::InteractionCreated { interaction_id, channel, priority, .. } => {
                let item = Item {
                    status: InteractionStatus::Created,
                    queue_id: None,
                    channel: *channel,
                    priority: *priority,
                    required_skills: Arc::from([]),
                    enqueued_at: Timestamp::default(),
                    enqueued_seq: 0,
                    target: None,
                    cool_downs: Vec::new(),
                    offers_made: 0,
                    owner: None,
                    pending: None,
                };
                self.put_item(*interaction_id, item);
            }
            Event::InteractionQueued {
                interaction_id,
                queue_id,
                channel,
                priority,
                required_skills,
                enqueued_at,
                enqueued_seq,
                target_agent_id,
                offers_made,
                ..
            } => {
                let owner = self.items.get(interaction_id).and_then(|item| item.owner);
                let item = Item {
                    status: InteractionStatus::Queued,
                    queue_id: Some(*queue_id),
                    channel: *channel,
                    priority: *priority,
                    required_skills: required_skills.as_slice().into(),
                    enqueued_at: *enqueued_at,
                    enqueued_seq: *enqueued_seq,
                    target: *target_agent_id,
                    cool_downs: Vec::new(),
                    offers_made: *offers_made,
                    owner,
                    pending: None,
                };
                self.put_item(*interaction_id, item);
                self.changed.items.insert(*interaction_id);
            }
            _ => {}
        }
    }

    fn apply_leg(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::OfferMade { interaction_id, agent_id, .. } => {
                let Some(leg) = offer_made(recorded) else { return };
                self.with_item(*interaction_id, |item| {
                    item.status = InteractionStatus::Offered;
                    item.offers_made = leg.attempt;
                });
                self.put_leg(leg);
                self.with_agent(*agent_id, |agent| agent.idle_seq = recorded.seq);
                self.changed.items.remove(interaction_id);
            }
            Event::OfferAccepted { offer_id, interaction_id, agent_id } => {
                if let Some(mut leg) = self.take_leg(*offer_id) {
                    leg.state = OfferState::Connected;
                    leg.answered_at = Some(recorded.at);
                    leg.last_seq = recorded.seq;
                    self.put_leg(leg);
                }
                self.with_item(*interaction_id, |item| {
                    item.status = InteractionStatus::Active;
                    item.target = None;
                    item.cool_downs.clear();
                });
                // An answer makes room for the next offer where consoles bound them.
                if self.agents.get(agent_id).is_some_and(|agent| agent.credit > 0) {
                    self.changed.agents.insert(*agent_id);
                }
            }
            Event::InteractionWrapping { interaction_id, offer_id, wrap_until, .. } => {
                if let Some(mut leg) = self.take_leg(*offer_id) {
                    leg.state = OfferState::Wrapping;
                    leg.wrap_until = Some(*wrap_until);
                    leg.last_seq = recorded.seq;
                    self.put_leg(leg);
                }
                self.with_item(*interaction_id, |item| item.status = InteractionStatus::Wrapping);
            }
            Event::OfferEnded {
                offer_id, interaction_id, agent_id, reason, cool_until, ..
            } => {
                self.take_leg(*offer_id);
                self.with_agent(*agent_id, |agent| agent.idle_seq = recorded.seq);
                self.changed.agents.insert(*agent_id);
                self.return_item(*interaction_id, *agent_id, *reason, *cool_until);
            }
            _ => {}
        }
    }

    /// An offered item whose last offer ended waits again, and remembers who did not take it.
    fn return_item(
        &mut self,
        id: InteractionId,
        agent_id: AgentId,
        reason: EndReason,
        cool_until: Option<Timestamp>,
    ) {
        let mut waits = false;
        self.with_item(id, |item| {
            if item.status == InteractionStatus::Offered && item.pending.is_none() {
                item.status = InteractionStatus::Queued;
                waits = true;
            }
            if reason.is_failure() && item.target == Some(agent_id) {
                item.target = None;
            }
            if let Some(until) = cool_until {
                item.cool_downs.retain(|cool| cool.agent_id != agent_id);
                item.cool_downs.push(CoolDown { agent_id, until });
            }
        });
        if waits {
            self.changed.items.insert(id);
        }
    }

    fn reprioritise(
        &mut self,
        id: InteractionId,
        priority: Priority,
        skills: Option<&Vec<SkillRequirement>>,
    ) {
        let mut waits = false;
        self.with_item(id, |item| {
            item.priority = priority;
            if let Some(skills) = skills {
                item.required_skills = skills.as_slice().into();
            }
            waits = item.status == InteractionStatus::Queued;
        });
        if waits {
            self.changed.items.insert(id);
        }
    }

    fn apply_agent(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::AgentSaved { agent_id, spec, .. } => self.save_agent(*agent_id, spec),
            Event::AgentDeleted { agent_id } => {
                self.take_agent(*agent_id);
                self.changed.agents.remove(agent_id);
                self.look_at_cooling();
            }
            Event::AgentSessionOpened { agent_id, session_id, node_id, epoch, max_open_offers } => {
                let session =
                    Session { node_id: *node_id, epoch: *epoch, max_open_offers: *max_open_offers };
                self.change_sessions(*agent_id, |agent| {
                    agent.sessions.insert(*session_id, session);
                });
            }
            Event::AgentSessionClosed { agent_id, session_id } => {
                self.change_sessions(*agent_id, |agent| {
                    agent.sessions.remove(session_id);
                });
            }
            Event::AgentPresenceChanged { agent_id, intended, effective, lease_until, .. } => {
                self.with_agent(*agent_id, |agent| {
                    let before = agent.presence.effective;
                    let since =
                        if before == *effective { agent.presence.since } else { recorded.at };
                    agent.presence = Presence {
                        intended: *intended,
                        effective: *effective,
                        lease_until: *lease_until,
                        since,
                    };
                    if before != *effective && *effective == EffectiveStatus::Available {
                        agent.idle_seq = recorded.seq;
                    }
                });
                if *effective == EffectiveStatus::Available {
                    self.changed.agents.insert(*agent_id);
                } else {
                    self.look_at_cooling();
                }
            }
            _ => {}
        }
    }

    /// What consoles take at a time may be more than before.
    fn change_sessions(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        self.with_agent(id, |agent| {
            change(agent);
            agent.earn_credit();
        });
        self.changed.agents.insert(id);
    }

    fn save_agent(&mut self, id: AgentId, spec: &AgentSpec) {
        let agent = match self.take_agent(id) {
            Some(agent) => Agent { spec: Arc::new(spec.clone()), ..agent },
            None => Agent {
                spec: Arc::new(spec.clone()),
                presence: Presence::default(),
                sessions: Default::default(),
                credit: 0,
                idle_seq: 0,
                legs: Default::default(),
                used: Default::default(),
                unanswered: 0,
            },
        };
        self.put_agent(id, agent);
        self.changed.agents.insert(id);
        self.look_at_cooling();
    }

    fn apply_config(&mut self, recorded: &Recorded) {
        self.config_seq = recorded.seq;
        match &recorded.event {
            Event::QueueSaved { queue_id, spec, .. } => {
                self.put_queue(*queue_id, Arc::new(spec.clone()));
                for (id, item) in self.items_of(*queue_id) {
                    if item.status == InteractionStatus::Queued {
                        self.changed.items.insert(id);
                    }
                }
            }
            Event::QueueDeleted { queue_id } => {
                self.queues.remove(queue_id);
            }
            Event::RuleSaved { rule_id, spec, .. } => {
                self.rules.insert(*rule_id, Arc::new(spec.clone()));
            }
            Event::RuleDeleted { rule_id } => {
                self.rules.remove(rule_id);
            }
            Event::AccountSaved { account_id, spec, .. } => {
                self.accounts.insert(*account_id, spec.clone());
            }
            Event::AccountDeleted { account_id } => {
                self.accounts.remove(account_id);
            }
            _ => {}
        }
    }
}

/// The offer that an `OfferMade` records.
#[must_use]
pub fn offer_made(recorded: &Recorded) -> Option<Offer> {
    let Event::OfferMade {
        offer_id,
        interaction_id,
        agent_id,
        queue_id,
        channel,
        attempt,
        expires_at,
    } = &recorded.event
    else {
        return None;
    };
    Some(Offer {
        id: *offer_id,
        interaction_id: *interaction_id,
        agent_id: *agent_id,
        queue_id: *queue_id,
        channel: *channel,
        state: OfferState::Pending,
        attempt: *attempt,
        offered_at: recorded.at,
        offered_seq: recorded.seq,
        expires_at: *expires_at,
        answered_at: None,
        wrap_until: None,
        ended_at: None,
        reason: String::new(),
        note: Sealed::default(),
        last_seq: recorded.seq,
    })
}

/// The floor entries an event changes, as another node must re-read them.
#[must_use]
pub fn touched(event: &Event) -> Touched {
    let mut touched = Touched::default();
    match event {
        Event::InteractionTransferRequested { .. }
        | Event::InteractionRated { .. }
        | Event::MessageAdded { .. }
        | Event::MessageStatusChanged { .. } => return touched,
        _ => {}
    }
    touched.interactions.extend(event.interaction_id());
    touched.agents.extend(event.agent_id());
    match event {
        Event::OfferMade { offer_id, .. }
        | Event::OfferAccepted { offer_id, .. }
        | Event::OfferEnded { offer_id, .. }
        | Event::InteractionWrapping { offer_id, .. } => touched.offers.push(*offer_id),
        Event::QueueSaved { queue_id, .. } | Event::QueueDeleted { queue_id } => {
            touched.queues.push(*queue_id);
        }
        Event::TeamChanged { team_id, .. } => touched.teams.push(*team_id),
        Event::RuleSaved { rule_id, .. } | Event::RuleDeleted { rule_id } => {
            touched.rules.push(*rule_id);
        }
        Event::AccountSaved { account_id, .. } | Event::AccountDeleted { account_id } => {
            touched.accounts.push(*account_id);
        }
        _ => {}
    }
    touched
}
