//! The floor as a fold of events: what each fact does to agents, items and legs, and which entries
//! it touches. Nothing here decides; an event that does not fit is a fact all the same.

use super::consult::consult_made;
use super::item::{shared_skills, shared_traits};
use super::labels::capped_by;
use super::life::Returning;
use super::{Agent, Floor, HeldRule, Item, Profile, Seen, Touched};
use domain::agent::{AgentSpec, EffectiveStatus, Presence, Session, TeamPlace};
use domain::event::{EndReason, Event, Recorded};
use domain::id::{AgentId, InteractionId};
use domain::interaction::{CoolDown, InteractionStatus};
use domain::offer::{Offer, OfferRole, OfferState};
use domain::sealed::Sealed;
use domain::time::Timestamp;
use std::sync::Arc;

impl Floor {
    /// Takes one event in.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.seq = recorded.seq;
        match &recorded.event {
            Event::InteractionCreated { .. } | Event::InteractionQueued { .. } => {
                self.apply_arrival(recorded);
            }
            Event::OfferMade { .. }
            | Event::OfferAccepted { .. }
            | Event::OfferEnded { .. }
            | Event::InteractionWrapping { .. } => self.apply_leg(recorded),
            Event::InteractionEscalated { interaction_id, priority, .. } => {
                self.change_item(*interaction_id, |item| item.priority = *priority);
            }
            Event::InteractionUpdated { interaction_id, .. } => {
                self.change_item(*interaction_id, |item| item.update(&recorded.event));
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
            Event::TeamChanged { team_id, change, parent, escalates_to, .. } => {
                let (parent, escalates_to) = (*parent, *escalates_to);
                self.apply_team(*team_id, *change, TeamPlace { parent, escalates_to });
            }
            Event::QueueSaved { .. }
            | Event::QueueDeleted { .. }
            | Event::RuleSaved { .. }
            | Event::RuleDeleted { .. }
            | Event::RoutingSettingsSaved { .. }
            | Event::AccountSaved { .. }
            | Event::AccountDeleted { .. } => self.apply_config(recorded),
            Event::PlanSaved { .. } | Event::PlanDeleted { .. } => self.apply_plan(recorded),
            Event::Sla(fact) => self.apply_promises(fact, recorded.at),
            Event::Escalation(fact) => self.apply_escalation(fact, recorded),
            Event::Schedule(fact) => self.apply_schedule(fact, recorded),
            Event::TimeOff(fact) => self.apply_time_off(fact),
            Event::Life(fact) => self.apply_life(fact, recorded),
            Event::Consult(fact) => self.apply_consult(fact, recorded),
            Event::InteractionReopened { interaction_id, sla, taken, .. } => {
                let (id, sla) = (*interaction_id, sla.clone());
                self.returning = Some(Returning { id, sla, ladder: None, taken: *taken });
            }
            Event::InteractionTransferRequested { .. }
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
        self.fold_sla(recorded);
        self.fold_ladder(recorded);
        self.fold_returning(recorded);
    }

    fn apply_arrival(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::InteractionCreated { interaction_id, channel, priority, .. } => {
                self.put_item(*interaction_id, Item::created(*channel, *priority));
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
                plan,
                last_agent_id,
                traits,
                ladder,
                ..
            } => {
                let held = self.items.get(interaction_id);
                let owner = held.and_then(|item| item.owner);
                let back = self.returning.take().filter(|back| back.id == *interaction_id);
                let taken = held.map(|item| item.taken).or(back.as_ref().map(|back| back.taken));
                let (kept_sla, kept) = match (held, back) {
                    (Some(item), _) => (item.sla.clone(), item.ladder.clone()),
                    (None, Some(back)) => (back.sla, back.ladder),
                    (None, None) => (None, None),
                };
                let item = Item {
                    ladder: kept.or_else(|| ladder.clone()),
                    status: InteractionStatus::Queued,
                    queue_id: Some(*queue_id),
                    required_skills: shared_skills(required_skills),
                    traits: shared_traits(traits.clone()),
                    enqueued_at: *enqueued_at,
                    enqueued_seq: *enqueued_seq,
                    target: *target_agent_id,
                    offers_made: *offers_made,
                    owner,
                    last_agent: *last_agent_id,
                    plan: plan.as_ref().and_then(|pin| self.planned(pin)),
                    sla: kept_sla,
                    taken: taken.unwrap_or_default(),
                    ..Item::created(*channel, *priority)
                };
                self.put_item(*interaction_id, item);
                self.open_step(*interaction_id, recorded.at);
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
                self.with_agent(*agent_id, |agent| {
                    agent.idle_seq = recorded.seq;
                    agent.asked_seq = recorded.seq;
                });
                self.changed.items.remove(interaction_id);
            }
            Event::OfferAccepted { offer_id, interaction_id, agent_id } => {
                if let Some(mut leg) = self.take_leg(*offer_id) {
                    leg.state = OfferState::Connected;
                    // Who is handed what they advised on has answered before.
                    leg.answered_at = leg.answered_at.or(Some(recorded.at));
                    leg.last_seq = recorded.seq;
                    self.put_leg(leg);
                }
                self.with_item(*interaction_id, |item| {
                    item.status = InteractionStatus::Active;
                    item.taken = true;
                    item.target = None;
                    item.cool_downs.clear();
                    item.plan = None;
                    item.seen = Seen::default();
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
                self.return_item(*interaction_id, *agent_id, *reason, *cool_until, recorded.at);
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
        at: Timestamp,
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
            if let Some(plan) = item.plan.as_mut().filter(|_| waits && reason.is_failure()) {
                Arc::make_mut(plan).pin.failed(at);
            }
            if let Some(until) = cool_until {
                item.cool_downs.retain(|cool| cool.agent_id != agent_id);
                item.cool_downs.push(CoolDown { agent_id, until });
            }
        });
        if waits {
            self.open_step(id, at);
            self.changed.items.insert(id);
        }
    }

    /// What is asked for an item is something else than before.
    pub(super) fn change_item(&mut self, id: InteractionId, change: impl FnOnce(&mut Item)) {
        let mut waits = false;
        self.with_item(id, |item| {
            change(item);
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
                if let Some(agent) = self.take_agent(*agent_id) {
                    self.recap(&capped_by(&agent.spec), &[]);
                }
                self.changed.agents.remove(agent_id);
                self.look_around(*agent_id);
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
            Event::AgentPresenceChanged { .. } => self.apply_presence(recorded),
            _ => {}
        }
    }

    fn apply_presence(&mut self, recorded: &Recorded) {
        let Event::AgentPresenceChanged {
            agent_id,
            intended,
            effective,
            lease_until,
            next,
            channels,
            duty,
            ..
        } = &recorded.event
        else {
            return;
        };
        let mut narrowed = false;
        self.with_agent(*agent_id, |agent| {
            let before = agent.presence.effective;
            narrowed = agent.presence.channels != *channels || agent.presence.duty != *duty;
            let since = if before == *effective { agent.presence.since } else { recorded.at };
            agent.presence = Presence {
                intended: *intended,
                effective: *effective,
                lease_until: *lease_until,
                since,
                next: *next,
                channels: channels.clone(),
                duty: *duty,
            };
            if before != *effective && *effective == EffectiveStatus::Available {
                agent.idle_seq = recorded.seq;
            }
        });
        self.look_at_watched(*agent_id);
        if *effective == EffectiveStatus::Available {
            self.changed.agents.insert(*agent_id);
        }
        // Who is on call now is not there for most queues.
        if narrowed || *effective != EffectiveStatus::Available {
            self.look_at_fragile();
        }
        if narrowed || *effective != EffectiveStatus::Available {
            self.look_at_cooling();
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
        let before = self.take_agent(id);
        let capped = before.as_ref().map(|agent| capped_by(&agent.spec)).unwrap_or_default();
        self.recap(&capped, &capped_by(spec));
        let agent = match before {
            Some(agent) => Agent {
                profile: Arc::new(Profile::of(spec)),
                spec: Arc::new(spec.clone()),
                ..agent
            },
            None => Agent::new(spec.clone()),
        };
        self.put_agent(id, agent);
        self.changed.agents.insert(id);
        self.look_around(id);
    }

    /// An agent is gone, or another than before: others may be the ones to ask now.
    fn look_around(&mut self, id: AgentId) {
        self.look_at_watched(id);
        self.look_at_cooling();
        self.look_at_fragile();
    }

    fn apply_config(&mut self, recorded: &Recorded) {
        self.config_seq = recorded.seq;
        match &recorded.event {
            Event::QueueSaved { queue_id, spec, .. } => {
                self.put_queue(*queue_id, Some(Arc::new(spec.clone())));
                self.await_hours(*queue_id, spec.calendar_id.map(|_| recorded.at));
                self.look_at_concerned(*queue_id);
            }
            Event::QueueDeleted { queue_id } => {
                // A step that goes by it is for nobody now: the next one may be open.
                self.put_queue(*queue_id, None);
                self.await_hours(*queue_id, None);
                self.look_at_concerned(*queue_id);
            }
            Event::RuleSaved { rule_id, spec, version, .. } => {
                self.rules.insert(*rule_id, HeldRule::of(*version, spec.clone()));
            }
            Event::RuleDeleted { rule_id } => {
                self.rules.remove(rule_id);
            }
            Event::RoutingSettingsSaved { settings, .. } => self.settings = *settings,
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

/// The offer that an event records, to own an interaction or to advise its owner.
#[must_use]
pub fn offer_made(recorded: &Recorded) -> Option<Offer> {
    if let Event::Consult(fact) = &recorded.event {
        return consult_made(fact, recorded);
    }
    let Event::OfferMade {
        offer_id,
        interaction_id,
        agent_id,
        queue_id,
        channel,
        attempt,
        expires_at,
        shadow_agent_id,
        labels,
        override_limits,
    } = &recorded.event
    else {
        return None;
    };
    Some(Offer {
        id: *offer_id,
        interaction_id: *interaction_id,
        agent_id: *agent_id,
        role: OfferRole::Owner,
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
        note_id: None,
        shadow_agent_id: *shadow_agent_id,
        labels: labels.clone(),
        override_limits: *override_limits,
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
        Event::Consult(fact) => touched.offers.push(fact.offer_id()),
        Event::QueueSaved { queue_id, .. } | Event::QueueDeleted { queue_id } => {
            touched.queues.push(*queue_id);
        }
        Event::Sla(fact) => touched.promises = fact.interaction_id().is_none(),
        Event::Escalation(fact) => touched.promises = fact.interaction_id().is_none(),
        Event::Schedule(_) => touched.promises = true,
        Event::RoutingSettingsSaved { .. } => touched.settings = true,
        Event::TeamChanged { team_id, .. } => touched.teams.push(*team_id),
        Event::RuleSaved { rule_id, .. } | Event::RuleDeleted { rule_id } => {
            touched.rules.push(*rule_id);
        }
        Event::PlanSaved { plan_id, .. } | Event::PlanDeleted { plan_id } => {
            touched.plans.push(*plan_id);
        }
        Event::AccountSaved { account_id, .. } | Event::AccountDeleted { account_id } => {
            touched.accounts.push(*account_id);
        }
        _ => {}
    }
    touched
}
