//! What operators do by hand. The log says who did what to which; what is done besides, such as
//! making a delivery due, is bookkeeping outside of it. Closing a session is part of the command.

use super::presence::close;
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::{Event, Operation};
use domain::id::{AgentId, SessionId};
use domain::refusal::Refusal;
use engine::floor::Floor;
use uuid::Uuid;

/// Puts on record what an operator does.
#[derive(Clone, Copy, Debug)]
pub struct Operate {
    /// What.
    pub operation: Operation,
    /// To which.
    pub id: Uuid,
    /// What that is, for a refusal.
    pub resource: &'static str,
    /// Whether there is such a thing. A request that was carried out before is answered as it was
    /// then, although the thing is gone.
    pub found: bool,
}

impl Command for Operate {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        if !self.found {
            return Err(Refusal::not_found(self.resource, self.id).into());
        }
        let (operation, resource_id) = (self.operation, self.id);
        draft.record(Event::OperatorActed { operation, resource_id, agent_id: None });
        Ok(Done::with(self.id))
    }
}

/// Closes an agent's session, whichever node holds its stream; that stream hears of it.
#[derive(Clone, Copy, Debug)]
pub struct EndSession {
    /// Which.
    pub session_id: SessionId,
}

impl Command for EndSession {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.session_id;
        let holder = draft.floor.agents().find(|(_, agent)| agent.sessions.contains_key(&id));
        let holder: Option<AgentId> = holder.map(|(agent, _)| *agent);
        let Some(agent_id) = holder else { return Err(Refusal::not_found("session", id).into()) };
        draft.record(Event::OperatorActed {
            operation: Operation::SessionClosed,
            resource_id: id.0,
            agent_id: Some(agent_id),
        });
        close(draft, agent_id, id);
        Ok(Done::with(id.0))
    }
}
