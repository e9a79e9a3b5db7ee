//! Which events promises look at.

use domain::escalation::EscalationFact;
use domain::event::Event;

/// Whether an event may move clocks: a cheap look before a costly one.
#[must_use]
pub const fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::Sla(_)
            | Event::MessageAdded { .. }
            | Event::OfferAccepted { .. }
            | Event::InteractionWrapping { .. }
            | Event::InteractionQueued { .. }
            | Event::InteractionResolved { .. }
            | Event::InteractionCancelled { .. }
            | Event::Life(_)
    )
}

/// Whether an event may lead to other promises: queue or priority are new.
#[must_use]
pub const fn chooses(event: &Event) -> bool {
    matches!(
        event,
        Event::InteractionQueued { .. }
            | Event::InteractionUpdated { .. }
            | Event::InteractionEscalated { .. }
            | Event::Escalation(EscalationFact::Raised { .. })
    )
}
