//! Work is moved: transferred by its owner, routed by hand, or reopened. The interaction waits
//! again with its age kept; an owner keeps it until somebody else accepts.

use super::arrive::merged;
use super::leg::{self, Ending, interaction, not_open, stated};
use super::relation::{check_target, check_work};
use super::{Command, Done, Keys, No};
use crate::ledger::command::close::REOPEN_WINDOW;
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, QueueReason};
use domain::id::{AgentId, CustomerId, InteractionId, QueueId};
use domain::interaction::{Interaction, InteractionStatus, Step};
use domain::offer::OfferState;
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use engine::floor::Floor;
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
    /// Who asked.
    pub caller: Option<Caller>,
}

/// What rules said of an interaction.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Where it goes, and what else its rule asks for.
    pub placement: Placement,
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
        let queue_id = self.check(draft, &row)?;
        self.check_agent(draft, &row)?;
        let row = self.classify(draft, row);
        if self.reason == Move::Reopen {
            draft.record(Event::InteractionReopened {
                interaction_id: row.id,
                queue_id: Some(queue_id),
            });
        } else {
            leg::end_pending(draft, row.id, Ending::new(OfferState::Rescinded, EndReason::Moved));
            draft.record(Event::InteractionTransferRequested {
                interaction_id: row.id,
                from_agent_id: row.owner_agent_id,
                to_agent_id: self.to_agent,
                to_queue_id: self.to_queue,
            });
        }
        self.enqueue(draft, &row, queue_id);
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
        let Some(id) = self.to_agent else { return Ok(()) };
        if draft.floor.agent(id).is_none() {
            return Err(Refusal::not_found("agent", id).into());
        }
        check_target(&draft.floor, self.caller.as_ref(), id)
    }

    fn check(&self, draft: &Draft, row: &Interaction) -> Result<QueueId, No> {
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
            check_queue(draft, row, queue_id)?;
        } else if draft.floor.queue(queue_id).is_none() {
            return Err(Refusal::not_found("queue", queue_id).into());
        }
        Ok(queue_id)
    }

    /// Takes what the matching rule says beside the queue, as when it arrived.
    fn classify(&self, draft: &mut Draft, mut row: Interaction) -> Interaction {
        let Some(Judged { placement, .. }) = &self.judged else { return row };
        row.priority = placement.priority;
        row.required_skills = merged(row.required_skills, &placement.required_skills);
        draft.rows.interactions.edit(row.id, |row| {
            row.language.clone_from(&placement.language);
            row.matched_rule_id = placement.rule_id;
        });
        row
    }

    /// A customer is never stranded with an agent who is not there.
    fn check_agent(&self, draft: &Draft, row: &Interaction) -> Result<(), No> {
        let Some(id) = self.to_agent else { return Ok(()) };
        let agent = draft.floor.agent(id).ok_or_else(|| Refusal::not_found("agent", id))?;
        let owns = row.owner_agent_id == Some(id) && row.status.is_open();
        if owns || !agent.is_available() || !agent.has_room(row.channel) {
            return Err(Refusal::new(Reason::AgentUnavailable).with("agent_id", id).into());
        }
        Ok(())
    }

    fn enqueue(&self, draft: &mut Draft, row: &Interaction, queue_id: QueueId) {
        let reason = match self.reason {
            Move::Transfer => QueueReason::Transferred,
            Move::Route => QueueReason::Routed,
            Move::Reopen => QueueReason::Reopened,
        };
        let keeps_age = self.reason != Move::Reopen;
        let enqueued_at = row.enqueued_at.filter(|_| keeps_age).unwrap_or(draft.now);
        let enqueued_seq =
            if keeps_age && row.enqueued_seq > 0 { row.enqueued_seq } else { draft.next_seq() };
        draft.record(Event::InteractionQueued {
            interaction_id: row.id,
            queue_id,
            channel: row.channel,
            priority: row.priority,
            required_skills: row.required_skills.clone(),
            enqueued_at,
            enqueued_seq,
            target_agent_id: self.to_agent,
            offers_made: row.offers_made,
            reason,
            rule_id: self.judged.as_ref().and_then(|judged| judged.placement.rule_id),
        });
    }
}

/// The queue exists and has room for one more; what waits in it already has its place.
pub(super) fn check_queue(draft: &Draft, row: &Interaction, id: QueueId) -> Result<(), No> {
    let Some(spec) = draft.floor.queue(id) else {
        return Err(Refusal::not_found("queue", id).into());
    };
    let waits_there = row.status.is_waiting() && row.queue_id == Some(id);
    if !waits_there && spec.max_size > 0 && draft.floor.depth(id) >= spec.max_size {
        let refusal = Refusal::new(Reason::QueueFull).with("queue_id", id);
        return Err(refusal.with("max_size", spec.max_size).into());
    }
    Ok(())
}
