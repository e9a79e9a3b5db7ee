//! Rows of interactions that rest, or were given up: what befalls them the floor does not tell; and
//! how rows spell the reason for which an offer ended.

use super::leave_floor;
use domain::event::{EndReason, Event, LifeFact};
use domain::interaction::{Interaction, InteractionStatus};
use domain::time::Timestamp;

pub(super) fn fold_life(row: &mut Interaction, fact: &LifeFact, at: Timestamp) {
    match fact {
        LifeFact::Parked { agent_id, wake_at, counts, .. } => {
            leave_floor(row, InteractionStatus::Parked);
            row.target_agent_id = (!counts).then_some(*agent_id);
            row.wake_at = *wake_at;
        }
        LifeFact::Scheduled { wake_at, attempts, .. } => {
            leave_floor(row, InteractionStatus::Scheduled);
            row.wake_at = Some(*wake_at);
            row.callbacks = Some(*attempts);
        }
        LifeFact::CallbackRequested { .. } => row.callbacks = row.callbacks.or(Some(0)),
        LifeFact::Woken { .. } => row.wake_at = None,
        LifeFact::Abandoned { .. } | LifeFact::Expired { .. } => {
            row.closed_at = Some(at);
            leave_floor(row, fact.ends_as().unwrap_or(row.status));
        }
    }
}

/// What the floor would have said of an interaction that it does not hold, because that rests.
pub(super) fn fold_at_rest(row: &mut Interaction, event: &Event) {
    match event {
        Event::InteractionUpdated { priority, required_skills, .. } => {
            row.priority = *priority;
            row.required_skills.clone_from(required_skills);
        }
        Event::InteractionEscalated { priority, .. } => row.priority = *priority,
        _ => {}
    }
}

/// A reason as rows and the wire spell it.
#[must_use]
pub fn reason_word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Done => "done",
        EndReason::Declined => "declined",
        EndReason::NoAnswer => "no_answer",
        EndReason::Moved => "moved",
        EndReason::Ended => "ended",
        EndReason::Lost => "lost",
        EndReason::Unavailable => "unavailable",
        EndReason::CustomerLeft => "customer_left",
        EndReason::Parked => "parked",
        EndReason::Scheduled => "scheduled",
    }
}
