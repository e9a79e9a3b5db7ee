//! Whose agent a call is about. A caller speaks for its own agent; one that may change agents may
//! also act for others, and so may a supervisor for the agents they lead, which is asked of the
//! state when it is decided.

use crate::grpc::status::{refusal, refuse};
use app::context::Context;
use app::ledger::command::relation;
use domain::id::AgentId;
use domain::refusal::{Reason, Refusal};
use domain::tenant::Permission;
use tonic::Status;

/// The agent that is meant: the one named, else the key's own.
pub(super) fn acting(context: &Context, named: Option<AgentId>) -> Result<AgentId, Status> {
    let own = context.caller.agent;
    match named.or(own) {
        None => Err(refuse(Reason::AgentNotBound)),
        Some(agent) if own == Some(agent) || may_act_for_others(context) => Ok(agent),
        Some(_) => {
            let denied = Refusal::new(Reason::PermissionDenied);
            Err(refusal(denied.with("permission", "AGENTS_WRITE")))
        }
    }
}

/// Passes if the key speaks for some agent at all; whether for the right one, the decision says.
pub(super) fn speaks(context: &Context) -> Result<(), Status> {
    if context.caller.agent.is_some() || may_act_for_others(context) {
        return Ok(());
    }
    Err(refuse(Reason::AgentNotBound))
}

fn may_act_for_others(context: &Context) -> bool {
    let caller = &context.caller;
    caller.permissions.has(Permission::AgentsWrite) || relation::leader(caller).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{ApiKeyId, PrincipalId, TenantId};
    use domain::tenant::{Caller, Credential, Role};
    use tonic_types::StatusExt;
    use uuid::Uuid;

    fn context(role: Role, agent: Option<AgentId>) -> Context {
        let id = Uuid::now_v7();
        let caller = Caller {
            tenant: TenantId(Uuid::now_v7()),
            principal: PrincipalId(id),
            credential: Credential::Key(ApiKeyId(id)),
            role,
            permissions: role.permissions(),
            agent,
        };
        Context {
            caller,
            method: "/x",
            request_id: String::new(),
            request_hash: [0; 16],
            deadline: None,
            peer: None,
        }
    }

    fn reason<T>(refused: Result<T, Status>) -> Option<String> {
        Some(refused.err()?.get_details_error_info()?.reason)
    }

    #[test]
    fn a_key_speaks_for_its_own_agent() {
        let (own, other) = (AgentId(Uuid::now_v7()), AgentId(Uuid::now_v7()));
        let agent = context(Role::Agent, Some(own));
        assert_eq!(acting(&agent, None).ok(), Some(own));
        assert_eq!(acting(&agent, Some(own)).ok(), Some(own));
        let denied = reason(acting(&agent, Some(other)));
        assert_eq!(denied.as_deref(), Some("PERMISSION_DENIED"));
        assert!(speaks(&agent).is_ok());
    }

    #[test]
    fn a_key_that_may_change_agents_acts_for_any() {
        let other = AgentId(Uuid::now_v7());
        let admin = context(Role::TenantAdmin, None);
        assert_eq!(acting(&admin, Some(other)).ok(), Some(other));
        assert_eq!(reason(acting(&admin, None)).as_deref(), Some("AGENT_NOT_BOUND"));
        assert!(speaks(&admin).is_ok());
    }

    #[test]
    fn a_leader_names_others_and_the_decision_says_whether_they_are_led() {
        let (own, other) = (AgentId(Uuid::now_v7()), AgentId(Uuid::now_v7()));
        let leader = context(Role::Supervisor, Some(own));
        assert_eq!(acting(&leader, None).ok(), Some(own));
        assert_eq!(acting(&leader, Some(other)).ok(), Some(other));
        let unbound = reason(acting(&context(Role::Supervisor, None), Some(other)));
        assert_eq!(unbound.as_deref(), Some("PERMISSION_DENIED"));
    }

    #[test]
    fn a_key_without_an_agent_answers_nothing() {
        let supervisor = context(Role::Supervisor, None);
        assert_eq!(reason(speaks(&supervisor)).as_deref(), Some("AGENT_NOT_BOUND"));
        assert_eq!(reason(acting(&supervisor, None)).as_deref(), Some("AGENT_NOT_BOUND"));
    }
}
