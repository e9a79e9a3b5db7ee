//! Kinds of command about advice: asked for, ended, answered, and the work handed over to whoever
//! gives it.

use crate::kinds::{Make, State, sealed};
use crate::support::Chance;
use app::ledger::command::Command;
use app::ledger::command::answer::{Answer, Saying};
use app::ledger::command::consult::{ConsultAgent, EndConsult, Question};
use app::ledger::command::requeue::{Move, Requeue};
use domain::channel::ChannelKind;
use domain::interaction::InteractionStatus;
use domain::message::AuthorKind;
use domain::offer::{Offer, OfferState};
use domain::sealed::Sealed;
use engine::floor::Claim;
use engine::routing::eligibility::can_take;
use std::sync::Arc;
use uuid::Uuid;

/// All of them.
pub(crate) const ADVICE: &[(&str, Make)] = &[
    ("consult", consult),
    ("accept consult", accept),
    ("end consult", end),
    ("hand over", hand_over),
];

fn consult(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let row = chance.of(&s.rows_in(&[InteractionStatus::Active]))?;
    let mut agents = s.agents(|agent| can_take(Claim::of_row(&row), agent));
    agents.retain(|id| row.owner_agent_id != Some(*id));
    let agent_id = chance.of(&agents)?;
    let question = chance.one_in(2).then(|| Question {
        conversation_id: row.conversation_id,
        body: sealed(chance),
        author_kind: AuthorKind::Agent,
        author_id: Uuid::from_u128(5),
    });
    Some(Arc::new(ConsultAgent { interaction_id: row.id, agent_id, question, caller: None }))
}

/// As many consults as can be asked for at once, at most so many.
pub(crate) fn asked(s: &State, most: usize) -> Vec<Arc<dyn Command>> {
    let mut list: Vec<Arc<dyn Command>> = Vec::new();
    let claim = Claim { channel: ChannelKind::Webhook, labels: &[] };
    let mut free = s.agents(|agent| can_take(claim, agent));
    free.extend(free.clone());
    for row in s.rows_in(&[InteractionStatus::Active]) {
        let other = free.iter().position(|id| row.owner_agent_id != Some(*id));
        let Some(at) = other.filter(|_| list.len() < most) else { continue };
        let (interaction_id, agent_id) = (row.id, free.remove(at));
        let (question, caller) = (None, None);
        list.push(Arc::new(ConsultAgent { interaction_id, agent_id, question, caller }));
    }
    list
}

fn consulted(s: &State, chance: &mut Chance, state: Option<OfferState>) -> Option<Offer> {
    let of = |leg: &Offer| s.rows.iter().any(|row| row.id == leg.interaction_id);
    let legs = s.floor.legs().map(|(_, leg)| leg.as_ref().clone());
    let legs = legs.filter(|leg| leg.is_consult() && of(leg));
    let legs: Vec<Offer> = legs.filter(|leg| state.is_none_or(|s| s == leg.state)).collect();
    chance.of(&legs)
}

fn accept(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let offer_id = consulted(s, chance, Some(OfferState::Pending))?.id;
    let (saying, note) = (Saying::Accept, Sealed::default());
    Some(Arc::new(Answer { offer_id, saying, note, caller: None }))
}

fn end(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let leg = consulted(s, chance, None)?;
    let (offer_id, interaction_id) = (leg.id, leg.interaction_id);
    Some(Arc::new(EndConsult { offer_id, interaction_id, caller: None }))
}

fn hand_over(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let leg = consulted(s, chance, Some(OfferState::Connected))?;
    Some(Arc::new(Requeue {
        interaction_id: leg.interaction_id,
        reason: Move::Transfer,
        to_agent: Some(leg.agent_id),
        to_queue: None,
        customer: None,
        judged: None,
        override_limits: false,
        caller: None,
    }))
}
