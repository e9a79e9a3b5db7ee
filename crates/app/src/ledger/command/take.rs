//! An agent takes their next work out of queues that leave it to be taken. It is theirs in the same
//! decision: offered and accepted, so that no other can come between.

use super::relation::check_desk;
use super::{Command, Done, Keys, No, answer, leg, presence};
use crate::ledger::draft::Draft;
use domain::id::{AgentId, QueueId};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use engine::floor::Floor;
use engine::routing::Assignment;
use engine::routing::eligibility::Unmet;
use engine::routing::take::{Nothing, take};

/// The command.
#[derive(Clone, Debug)]
pub struct TakeNext {
    /// Who takes.
    pub agent_id: AgentId,
    /// Out of these queues alone; empty means all they serve.
    pub queues: Vec<QueueId>,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for TakeNext {
    /// What it takes is known when it is decided; the batch ends there if the row is not read.
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let agent = draft.floor.agent(self.agent_id);
        let agent = agent.ok_or_else(|| Refusal::not_found("agent", self.agent_id))?;
        check_desk(&draft.floor, self.caller.as_ref(), self.agent_id)?;
        if let Some(id) = self.queues.iter().find(|id| draft.floor.queue(**id).is_none()) {
            return Err(Refusal::not_found("queue", id).into());
        }
        let found = if presence::stirred(agent).is_some() {
            // A refusal leaves no trace: whether it helps that they stir is tried out.
            let mut trial = draft.clone();
            presence::stir(&mut trial, self.agent_id);
            take(&trial.floor, self.agent_id, &self.queues, draft.now)
        } else {
            take(&draft.floor, self.agent_id, &self.queues, draft.now)
        };
        let assignment = found.map_err(|nothing| self.refusal(nothing))?;
        presence::stir(draft, self.agent_id);
        let Assignment { interaction_id, agent_id, .. } = assignment;
        let offer_id = draft.offer(assignment);
        answer::accepted(draft, offer_id, (interaction_id, agent_id));
        Ok(Done { id: interaction_id.0, other: offer_id.0 })
    }
}

impl TakeNext {
    fn refusal(&self, nothing: Nothing) -> Refusal {
        match nothing {
            Nothing::Unavailable(unmet) => leg::unavailable(self.agent_id, unmet.word()),
            Nothing::Waits { waiting, first } => Refusal::new(Reason::NothingToTake)
                .with("waiting", waiting)
                .with("condition", first.as_ref().map_or("", Unmet::word)),
        }
    }
}
