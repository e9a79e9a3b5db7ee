//! Whose work and whose desk a caller may touch, asked of the floor inside the decision: what was
//! true when the request was admitted may not be true any more.
//!
//! - An agent changes the work it owns, at its own desk.
//! - A supervisor bound to an agent changes the work that agents or queues of that agent's teams,
//!   or of teams below them, have, and sits at those agents' desks.
//! - A supervisor without an agent changes all work and sits at no desk.
//! - Every other role changes all work and sits at its agent's desk.
//!
//! Whoever may change agents sits at any desk. The service itself may do anything.

use super::No;
use domain::id::AgentId;
use domain::interaction::Interaction;
use domain::refusal::{Reason, Refusal};
use domain::tenant::{Caller, Permission, Role};
use engine::floor::Floor;

/// The agent whose teams bound what a caller may touch; none if nothing does.
#[must_use]
pub fn leader(caller: &Caller) -> Option<AgentId> {
    caller.agent.filter(|_| caller.role == Role::Supervisor)
}

/// Whether a caller may change this interaction.
///
/// # Errors
/// `NOT_INTERACTION_OWNER`, `OUTSIDE_TEAM`.
pub fn check_work(floor: &Floor, caller: Option<&Caller>, row: &Interaction) -> Result<(), No> {
    let Some(caller) = caller else { return Ok(()) };
    if caller.role == Role::Agent {
        if caller.agent.is_some() && caller.agent == row.owner_agent_id {
            return Ok(());
        }
        let refusal = Refusal::new(Reason::NotInteractionOwner);
        return Err(refusal.with("interaction_id", row.id).into());
    }
    match leader(caller) {
        Some(leader) if !floor.leads_work(leader, row.owner_agent_id, row.queue_id) => {
            Err(outside("interaction", row.id).into())
        }
        _ => Ok(()),
    }
}

/// Whether a caller may act in the name of this agent.
///
/// # Errors
/// `OUTSIDE_TEAM`, `PERMISSION_DENIED`.
pub fn check_desk(floor: &Floor, caller: Option<&Caller>, agent: AgentId) -> Result<(), No> {
    let Some(caller) = caller else { return Ok(()) };
    if caller.agent == Some(agent) || caller.permissions.has(Permission::AgentsWrite) {
        return Ok(());
    }
    match leader(caller) {
        Some(leader) if floor.leads(leader, agent) => Ok(()),
        Some(_) => Err(outside("agent", agent).into()),
        None => {
            let refusal = Refusal::new(Reason::PermissionDenied);
            Err(refusal.with("permission", "AGENTS_WRITE").into())
        }
    }
}

/// Whether a caller may hand work to this agent: a leader only to agents they lead; other teams are
/// reached by their queues.
///
/// # Errors
/// `OUTSIDE_TEAM`.
pub fn check_target(floor: &Floor, caller: Option<&Caller>, agent: AgentId) -> Result<(), No> {
    match caller.and_then(leader) {
        Some(leader) if !floor.leads(leader, agent) => Err(outside("agent", agent).into()),
        _ => Ok(()),
    }
}

/// Whether a caller may hand work to an agent over what limits them: whoever leads or runs the
/// tenant.
///
/// # Errors
/// `PERMISSION_DENIED`.
pub fn check_override(caller: Option<&Caller>) -> Result<(), No> {
    let Some(caller) = caller else { return Ok(()) };
    if caller.permissions.has(Permission::LimitsOverride) {
        return Ok(());
    }
    let refusal = Refusal::new(Reason::PermissionDenied);
    Err(refusal.with("permission", "LIMITS_OVERRIDE").into())
}

/// The refusal of what belongs to teams that the caller does not lead.
#[must_use]
pub fn outside(resource: &'static str, id: impl std::fmt::Display) -> Refusal {
    Refusal::new(Reason::OutsideTeam).with("resource", resource).with("id", id)
}

#[cfg(test)]
mod tests;
