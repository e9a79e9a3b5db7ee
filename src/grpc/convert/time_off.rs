//! Time off of agents. Whether it can be booked is for the command to say.

use super::time::timestamp;
use crate::proto::v1;
use crate::proto::v1::event::Data;
use domain::time_off::{TimeOff, TimeOffFact};
use uuid::Uuid;

/// Time off as the wire writes it, with why.
#[must_use]
pub fn time_off(row: &TimeOff, reason: String) -> v1::TimeOff {
    v1::TimeOff {
        id: row.id.to_string(),
        agent_id: row.agent_id.to_string(),
        start_time: Some(timestamp(row.absence.start_at)),
        end_time: Some(timestamp(row.absence.end_at)),
        reason,
        create_time: Some(timestamp(row.created_at)),
    }
}

/// What the log says is about, for the audit log.
#[must_use]
pub const fn subject(fact: &TimeOffFact) -> (v1::ResourceKind, Uuid) {
    (v1::ResourceKind::Agent, fact.agent_id().0)
}

/// What the log says, as the feed tells it.
#[must_use]
pub fn data(fact: &TimeOffFact) -> Data {
    match fact {
        TimeOffFact::Booked { agent_id, time_off_id, absence } => {
            Data::AgentTimeOffBooked(v1::AgentTimeOffBooked {
                agent_id: agent_id.to_string(),
                time_off_id: time_off_id.to_string(),
                start_time: Some(timestamp(absence.start_at)),
                end_time: Some(timestamp(absence.end_at)),
            })
        }
        TimeOffFact::Ended { agent_id, time_off_id, withdrawn } => {
            Data::AgentTimeOffEnded(v1::AgentTimeOffEnded {
                agent_id: agent_id.to_string(),
                time_off_id: time_off_id.to_string(),
                withdrawn: *withdrawn,
            })
        }
    }
}
