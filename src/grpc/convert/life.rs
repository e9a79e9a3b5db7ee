//! What befalls interactions without an agent's doing, on the wire.

use super::time::timestamp;
use super::{Coded, id_text};
use crate::proto::v1;
use crate::proto::v1::event::Data;
use domain::event::LifeFact;

/// The fact as feeds and pages tell it.
#[must_use]
pub fn data(fact: &LifeFact) -> Data {
    match fact {
        LifeFact::Abandoned { previous, queue_id, .. } => {
            Data::InteractionAbandoned(v1::InteractionAbandoned {
                previous_status: previous.to_wire(),
                queue_id: id_text(*queue_id),
            })
        }
        LifeFact::Parked { agent_id, wake_at, counts, .. } => {
            Data::InteractionParked(v1::InteractionParked {
                agent_id: agent_id.to_string(),
                wake_time: wake_at.map(timestamp),
                counts: *counts,
            })
        }
        LifeFact::Scheduled { agent_id, wake_at, attempts, .. } => {
            Data::InteractionScheduled(v1::InteractionScheduled {
                agent_id: id_text(*agent_id),
                wake_time: Some(timestamp(*wake_at)),
                attempts: i32::from(*attempts),
            })
        }
        LifeFact::CallbackRequested { .. } => {
            Data::InteractionCallbackRequested(v1::InteractionCallbackRequested {})
        }
        LifeFact::Woken { by, .. } => {
            Data::InteractionWoken(v1::InteractionWoken { reason: by.to_wire() })
        }
        LifeFact::Expired { queue_id, .. } => {
            Data::InteractionExpired(v1::InteractionExpired { queue_id: id_text(*queue_id) })
        }
    }
}
