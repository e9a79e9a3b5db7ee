//! Ways an interaction ends: an agent completes the contact, somebody resolves or cancels it, its
//! customer leaves, and the end of the reopen window closes it for good.

use super::leg::{self, Ending, interaction, not_open};
use super::relation::check_work;
use super::{Command, Done, Keys, No, callback, due, presence};
use crate::ledger::draft::Draft;
use domain::event::{EndReason, Event, LifeFact};
use domain::id::InteractionId;
use domain::interaction::{Interaction, InteractionStatus, Step};
use domain::offer::OfferStep;
use domain::sealed::Sealed;
use domain::tenant::Caller;
use domain::time::{Span, Timestamp};
use engine::floor::Floor;

/// How long a resolved interaction may be reopened.
pub const REOPEN_WINDOW: Span = Span::from_secs(7 * 24 * 3600);

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The contact is over: wrap-up if the queue allows some, else resolved.
    Complete,
    /// The work is done.
    Resolve,
    /// It is withdrawn.
    Cancel,
    /// The customer leaves: a contact that an agent has is over, anything else is abandoned.
    Abandon,
}

/// The command.
#[derive(Clone, Debug)]
pub struct Close {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// How it ends.
    pub way: Way,
    /// What the agent wrote, sealed with the customer's key; empty leaves it.
    pub resolution: Sealed,
    /// The agent's code; empty leaves it.
    pub wrap_up_code: String,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Close {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.interaction_id;
        let row = interaction(draft, id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        // Who is called back hangs up meanwhile.
        let is_called_back = self.way == Way::Abandon && callback::is_awaited(&row);
        if is_called_back || self.already(row.status) {
            return Ok(Done::with(id));
        }
        let way = match self.way {
            Way::Abandon if row.owner_agent_id.is_some() => Way::Complete,
            way => way,
        };
        let step = match way {
            Way::Complete if row.status == InteractionStatus::Active => Step::Wrap,
            Way::Complete | Way::Resolve => Step::Resolve,
            Way::Cancel => Step::Cancel,
            Way::Abandon => Step::Abandon,
        };
        if row.status.after(step).is_none() || !fits(way, &row) {
            return Err(not_open(&row));
        }
        self.write_resolution(draft);
        if let Some(agent) = self.caller.and_then(|caller| caller.agent) {
            presence::stir(draft, agent);
        }
        match way {
            Way::Complete => complete(draft, id, step),
            Way::Resolve => due::resolve(draft, id),
            Way::Cancel => cancel(draft, &row),
            Way::Abandon => abandon(draft, &row),
        }
        Ok(Done::with(id))
    }
}

impl Close {
    /// The same verb again is the same success.
    fn already(&self, status: InteractionStatus) -> bool {
        use InteractionStatus as S;
        match self.way {
            Way::Complete => matches!(status, S::Resolved | S::Closed),
            Way::Resolve => status == S::Resolved,
            Way::Cancel => status == S::Cancelled,
            Way::Abandon => {
                matches!(status, S::Abandoned | S::Wrapping | S::Resolved | S::Closed)
            }
        }
    }

    fn write_resolution(&self, draft: &mut Draft) {
        draft.rows.interactions.edit(self.interaction_id, |row| {
            if !self.resolution.is_empty() {
                row.resolution = self.resolution.clone();
            }
            if !self.wrap_up_code.is_empty() {
                row.wrap_up_code.clone_from(&self.wrap_up_code);
            }
        });
    }
}

/// Only what somebody owns is completed, and only what nobody ever took is cancelled; a transfer to
/// a queue changes neither.
fn fits(way: Way, row: &Interaction) -> bool {
    match way {
        Way::Complete => row.owner_agent_id.is_some(),
        Way::Resolve | Way::Abandon => true,
        Way::Cancel => row.accepted_at.is_none(),
    }
}

/// Finishing up follows a contact; what is being handed on is done at once.
fn complete(draft: &mut Draft, id: InteractionId, step: Step) {
    let leg = draft.floor.owner_leg(id).cloned();
    let limit = leg
        .as_ref()
        .and_then(|leg| draft.floor.queue(leg.queue_id))
        .map_or(Span::ZERO, |spec| spec.wrap_up_limit);
    match leg {
        Some(leg) if step == Step::Wrap && !limit.is_zero() => {
            let wrap_until = draft.now + limit;
            draft.record(Event::InteractionWrapping {
                interaction_id: id,
                offer_id: leg.id,
                agent_id: leg.agent_id,
                wrap_until,
            });
        }
        _ => due::resolve(draft, id),
    }
}

fn cancel(draft: &mut Draft, row: &Interaction) {
    let (id, previous) = (row.id, Some(row.status));
    leg::end_pending(draft, id, Ending::new(OfferStep::Cancel, EndReason::Ended));
    draft.record(Event::InteractionCancelled { interaction_id: id, previous });
}

fn abandon(draft: &mut Draft, row: &Interaction) {
    let (interaction_id, previous, queue_id) = (row.id, row.status, row.queue_id);
    let ending = Ending::new(OfferStep::Cancel, EndReason::CustomerLeft);
    leg::end_pending(draft, interaction_id, ending);
    draft.record(Event::Life(LifeFact::Abandoned { interaction_id, previous, queue_id }));
}

/// Closes resolved interactions for good: those of them that were resolved before an instant. One
/// that was reopened meanwhile is left alone.
#[derive(Clone, Debug)]
pub struct CloseResolved {
    /// Which ones.
    pub interactions: Vec<InteractionId>,
    /// Where the reopen window ends.
    pub resolved_before: Timestamp,
}

impl Command for CloseResolved {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.extend(&self.interactions);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        for id in &self.interactions {
            let Some(row) = draft.rows.interactions.get(*id) else { continue };
            if row.status.after(Step::Close).is_some()
                && row.resolved_at.is_some_and(|at| at < self.resolved_before)
            {
                let wrap_up_code = row.wrap_up_code.clone();
                draft.record(Event::InteractionClosed { interaction_id: *id, wrap_up_code });
            }
        }
        Ok(Done::with(draft.tenant))
    }
}
