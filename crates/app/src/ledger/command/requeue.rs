//! Work is moved: transferred by its owner, routed by hand, or reopened. The interaction waits
//! again with its age kept; an owner keeps it until somebody else accepts. Who advises on it takes
//! it without waiting.

use super::arrive::merged;
use super::enqueue::{Entry, enqueue, with_room};
use super::leg::{self, Ending, interaction, not_open, stated};
use super::relation::{check_override, check_target, check_work};
use super::{Command, Done, Keys, No, consult, park};
use crate::content::SealedTags;
use crate::ledger::command::close::REOPEN_WINDOW;
use crate::ledger::draft::Draft;
use domain::agent::EffectiveStatus;
use domain::event::{EndReason, Event, QueueReason, WakeReason};
use domain::id::{AgentId, CustomerId, InteractionId, QueueId};
use domain::interaction::{Interaction, InteractionStatus, Step};
use domain::offer::{Offer, OfferStep};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use engine::floor::{Agent, Claim, Floor};
use engine::routing::Assignment;
use engine::routing::eligibility::{TAKING, Unmet};
use engine::routing::intake::Placement;

/// Why it is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Its owner or a supervisor hands it on.
    Transfer,
    /// Somebody routes it by hand, or asks routing to look again.
    Route,
    /// It was resolved too soon.
    Reopen,
}

/// The command.
#[derive(Clone, Debug)]
pub struct Requeue {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// Why.
    pub reason: Move,
    /// To this agent first; if they do not take it, to the queue.
    pub to_agent: Option<AgentId>,
    /// To this queue; none keeps the one it has.
    pub to_queue: Option<QueueId>,
    /// What the tenant's rules say of it, if they are to decide.
    pub judged: Option<Judged>,
    /// Whose it is, where that is asked: work starts again only for a customer who is there.
    pub customer: Option<CustomerId>,
    /// Whether the agent gets it whatever their capacity, schedule and presence say.
    pub override_limits: bool,
    /// Who asked.
    pub caller: Option<Caller>,
}

/// What rules said of an interaction.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Where it goes, and what else its rule asks for.
    pub placement: Placement,
    /// Its words with those that the rule adds, if the rule adds any.
    pub tags: Option<SealedTags>,
    /// The floor's configuration it was judged by.
    pub config_seq: i64,
}

impl Command for Requeue {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
        keys.customers.extend(self.customer);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        self.check_named(draft)?;
        let queues = self.check(draft, &row)?;
        if let Some(leg) = self.advising(draft, &row) {
            consult::hand_over(draft, &row, &leg);
            return Ok(Done::with(row.id));
        }
        self.check_agent(draft, &row)?;
        let mut row = self.classify(draft, row);
        if self.reason == Move::Reopen {
            draft.record(Event::InteractionReopened {
                interaction_id: row.id,
                queue_id: Some(queues.1),
                sla: row.sla.clone(),
                taken: row.accepted_at.is_some() || row.callbacks.is_some(),
            });
        } else {
            park::rouse(draft, &mut row, WakeReason::Asked);
            leg::end_pending(draft, row.id, Ending::new(OfferStep::Rescind, EndReason::Moved));
            draft.record(Event::InteractionTransferRequested {
                interaction_id: row.id,
                from_agent_id: row.owner_agent_id,
                to_agent_id: self.to_agent,
                to_queue_id: self.to_queue,
            });
        }
        self.enqueue(draft, &row, queues);
        Ok(Done::with(row.id))
    }
}

impl Requeue {
    /// Whom and what it names is there, whatever state the interaction is in.
    fn check_named(&self, draft: &Draft) -> Result<(), No> {
        if let Some(id) = self.customer.filter(|id| draft.rows.customers.get(*id).is_none()) {
            return Err(Refusal::not_found("customer", id).into());
        }
        if let Some(id) = self.to_queue.filter(|id| draft.floor.queue(*id).is_none()) {
            return Err(Refusal::not_found("queue", id).into());
        }
        let Some(id) = self.to_agent else {
            return if self.override_limits { Err(nobody_named().into()) } else { Ok(()) };
        };
        if draft.floor.agent(id).is_none() {
            return Err(Refusal::not_found("agent", id).into());
        }
        if self.override_limits {
            check_override(self.caller.as_ref())?;
        }
        check_target(&draft.floor, self.caller.as_ref(), id)
    }

    /// The queue that is meant, and the one that has room.
    fn check(&self, draft: &Draft, row: &Interaction) -> Result<(QueueId, QueueId), No> {
        if self.reason == Move::Reopen {
            if row.status != InteractionStatus::Resolved {
                return Err(stated(Reason::InteractionNotResolved, row).into());
            }
            if row.resolved_at.is_some_and(|at| at + REOPEN_WINDOW < draft.now) {
                let refusal = Refusal::new(Reason::ReopenWindowPassed);
                return Err(refusal.with("interaction_id", row.id).into());
            }
        } else if row.status.after(Step::Enqueue).is_none() {
            return Err(not_open(row));
        }
        // What an agent works on is handed on by a transfer.
        if self.reason == Move::Route && row.status == InteractionStatus::Active {
            return Err(not_open(row));
        }
        if self.judged.as_ref().is_some_and(|j| j.config_seq != draft.floor.config_seq()) {
            return Err(No::Stale);
        }
        let queue_id = match &self.judged {
            Some(judged) => judged.placement.queue_id,
            None => self.to_queue.or(row.queue_id),
        };
        let queue_id = queue_id.ok_or(Refusal::new(Reason::NoQueue))?;
        // An agent who is named takes it at once.
        if self.to_agent.is_none() {
            return Ok((queue_id, with_room(draft, queue_id, Some(row))?));
        }
        match draft.floor.queue(queue_id) {
            Some(_) => Ok((queue_id, queue_id)),
            None => Err(Refusal::not_found("queue", queue_id).into()),
        }
    }

    /// Takes what the matching rule says beside the queue, as when it arrived.
    fn classify(&self, draft: &mut Draft, mut row: Interaction) -> Interaction {
        let Some(Judged { placement, tags, .. }) = &self.judged else { return row };
        row.priority = placement.priority;
        row.language.clone_from(&placement.language);
        row.required_skills = merged(row.required_skills, &placement.required_skills);
        if let Some(tags) = tags {
            row.labels.clone_from(&tags.labels);
        }
        draft.rows.interactions.edit(row.id, |row| {
            row.language.clone_from(&placement.language);
            row.matched_rule_id = placement.rule.map(|rule| rule.rule_id);
            row.matched_rule_version = placement.rule.map_or(0, |rule| rule.version);
            if let Some(tags) = tags {
                row.tags = tags.words.clone();
                row.labels.clone_from(&tags.labels);
            }
        });
        row
    }

    /// The leg of the agent it is for, if they advise on it: they take it at once.
    fn advising(&self, draft: &Draft, row: &Interaction) -> Option<Offer> {
        let agent = self.to_agent.filter(|_| self.reason == Move::Transfer)?;
        let leg = draft.floor.consult_leg(row.id)?;
        let takes = leg.agent_id == agent && leg.state.is_taken();
        takes.then(|| leg.as_ref().clone())
    }

    /// A customer is never stranded with an agent who is not there; a supervisor may say that one
    /// who is takes it all the same.
    fn check_agent(&self, draft: &Draft, row: &Interaction) -> Result<(), No> {
        let Some(id) = self.to_agent else { return Ok(()) };
        let agent = draft.floor.agent(id).ok_or_else(|| Refusal::not_found("agent", id))?;
        if row.owner_agent_id == Some(id) && row.status.is_open() {
            return Err(leg::unavailable(id, Unmet::Owner.word()).into());
        }
        if self.override_limits {
            return there(id, agent);
        }
        // Whoever was asked for advice is asked for more instead: that takes no other place.
        let asked = draft.floor.consult_leg(row.id).filter(|leg| leg.agent_id == id);
        let without = asked.and_then(|leg| draft.floor.agent_without(id, leg.id));
        let agent = without.as_ref().unwrap_or(agent);
        // A console that takes no more offers for now is waited for.
        let claim = Claim::of_row(row);
        let mut unmet = TAKING.iter().filter_map(|check| check(claim, agent).err());
        match unmet.find(|unmet| !matches!(unmet, Unmet::Credit { .. })) {
            Some(unmet) => Err(leg::unavailable(id, unmet.word()).into()),
            None => Ok(()),
        }
    }

    fn enqueue(&self, draft: &mut Draft, row: &Interaction, (meant, queue_id): (QueueId, QueueId)) {
        let reason = match self.reason {
            Move::Transfer => QueueReason::Transferred,
            Move::Route => QueueReason::Routed,
            Move::Reopen => QueueReason::Reopened,
        };
        let mut entry = Entry { meant, ..Entry::of(row, queue_id, reason) };
        let keeps_age = self.reason != Move::Reopen;
        entry.enqueued_at = row.enqueued_at.filter(|_| keeps_age).unwrap_or(draft.now);
        if !keeps_age || row.enqueued_seq == 0 {
            entry.enqueued_seq = draft.next_seq();
        }
        if !keeps_age {
            // Whoever owned it to the end knows it best.
            entry.last_agent = row.owner_agent_id.or(row.last_agent_id);
        }
        entry.target = self.to_agent;
        entry.rule = self.judged.as_ref().and_then(|judged| judged.placement.rule);
        enqueue(draft, entry);
        if let Some(agent_id) = self.to_agent.filter(|_| self.override_limits) {
            let (interaction_id, shadow) = (row.id, None);
            draft.offer_over_limits(Assignment { interaction_id, agent_id, queue_id, shadow });
        }
    }
}

/// What no override sets aside: somebody is there who sees the offer, and has not gone home.
fn there(id: AgentId, agent: &Agent) -> Result<(), No> {
    if agent.sessions.is_empty() {
        return Err(leg::unavailable(id, "SESSION").into());
    }
    let effective = agent.presence.effective;
    if effective == EffectiveStatus::Offline {
        return Err(leg::unavailable(id, Unmet::Presence(effective).word()).into());
    }
    Ok(())
}

fn nobody_named() -> Refusal {
    Refusal::field("override_limits", "is for a named agent")
}
