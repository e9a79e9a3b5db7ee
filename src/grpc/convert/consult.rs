//! Advice that owners ask for, on the wire.

use super::time::timestamp;
use super::{Coded, id_text};
use crate::proto::v1;
use crate::proto::v1::event::Data;
use app::ledger::rows::reason_word;
use domain::event::ConsultFact;
use domain::offer::Consult;

/// The fact as feeds and pages tell it.
#[must_use]
pub fn data(fact: &ConsultFact) -> Data {
    match fact {
        ConsultFact::Requested {
            offer_id, agent_id, owner_agent_id, expires_at, note_id, ..
        } => Data::ConsultRequested(v1::ConsultRequested {
            offer_id: offer_id.to_string(),
            agent_id: agent_id.to_string(),
            owner_agent_id: owner_agent_id.to_string(),
            expire_time: Some(timestamp(*expires_at)),
            note_id: id_text(*note_id),
        }),
        ConsultFact::Started { offer_id, agent_id, .. } => {
            Data::ConsultStarted(v1::ConsultStarted {
                offer_id: offer_id.to_string(),
                agent_id: agent_id.to_string(),
            })
        }
        ConsultFact::Ended { offer_id, agent_id, state, reason, .. } => {
            Data::ConsultEnded(v1::ConsultEnded {
                offer_id: offer_id.to_string(),
                agent_id: agent_id.to_string(),
                state: state.to_wire(),
                reason: reason_word(*reason).to_owned(),
            })
        }
    }
}

/// The consult of an interaction as the wire writes it.
#[must_use]
pub fn consult(consult: &Consult) -> v1::Consult {
    v1::Consult {
        offer_id: consult.offer_id.to_string(),
        agent_id: consult.agent_id.to_string(),
        state: consult.state.to_wire(),
        offer_time: Some(timestamp(consult.offered_at)),
        expire_time: Some(timestamp(consult.expires_at)),
        answer_time: consult.answered_at.map(timestamp),
    }
}
