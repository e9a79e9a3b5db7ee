//! Who may call what: every role calls every RPC of the contract. Which permission an RPC needs is
//! read from the contract; which permissions a role has is written here once more, so that neither
//! the server's table nor this one can change alone.

use crate::support::fixture::Case;
use crate::support::refusal::judge;
use crate::support::wire::{self, Wire};
use omnichannel_sdk::v1::{ErrorReason, Role};
use tonic::Code;

both!(every_role_calls_every_rpc, nobody_calls_anything_without_a_key);

const ROLES: &[(Role, &[&str])] = &[
    (
        Role::PlatformAdmin,
        &["TENANTS_MANAGE", "SERVER_READ", "OPERATIONS_READ", "OPERATIONS_MANAGE"],
    ),
    (
        Role::TenantAdmin,
        &[
            "INTERACTIONS_READ",
            "INTERACTIONS_WRITE",
            "INTERACTIONS_REPLY",
            "OFFERS_ANSWER",
            "ROUTING_READ",
            "ROUTING_WRITE",
            "AGENTS_READ",
            "AGENTS_WRITE",
            "ANALYTICS_READ",
            "CUSTOMERS_READ",
            "CUSTOMERS_WRITE",
            "CHANNELS_READ",
            "CHANNELS_WRITE",
            "MESSAGES_INGEST",
            "FEED_READ",
            "AUDIT_READ",
            "KEYS_MANAGE",
            "SERVER_READ",
            "OPERATIONS_READ",
            "OPERATIONS_MANAGE",
        ],
    ),
    (
        Role::Supervisor,
        &[
            "INTERACTIONS_READ",
            "INTERACTIONS_WRITE",
            "INTERACTIONS_REPLY",
            "OFFERS_ANSWER",
            "ROUTING_READ",
            "AGENTS_READ",
            "ANALYTICS_READ",
            "CUSTOMERS_READ",
            "CUSTOMERS_WRITE",
            "CHANNELS_READ",
            "SERVER_READ",
        ],
    ),
    (
        Role::Agent,
        &[
            "INTERACTIONS_READ",
            "INTERACTIONS_WRITE",
            "INTERACTIONS_REPLY",
            "OFFERS_ANSWER",
            "ROUTING_READ",
            "AGENTS_READ",
            "CUSTOMERS_READ",
            "SERVER_READ",
        ],
    ),
    (Role::Analyst, &["ANALYTICS_READ", "ROUTING_READ", "SERVER_READ"]),
    (Role::Auditor, &["AUDIT_READ", "SERVER_READ"]),
    (
        Role::Integration,
        &[
            "INTERACTIONS_READ",
            "INTERACTIONS_WRITE",
            "INTERACTIONS_REPLY",
            "ROUTING_READ",
            "AGENTS_READ",
            "CUSTOMERS_READ",
            "CUSTOMERS_WRITE",
            "CHANNELS_READ",
            "MESSAGES_INGEST",
            "FEED_READ",
            "SERVER_READ",
        ],
    ),
];

async fn key_of(case: &Case, role: Role) -> String {
    match role {
        Role::PlatformAdmin => case.server.platform_key().to_owned(),
        Role::Agent => case.agent("Bo").await.key,
        role => case.key_of(role, "").await,
    }
}

async fn every_role_calls_every_rpc(case: Case) {
    let methods = wire::methods();
    assert!(methods.len() > 70, "the contract has more RPCs than {}", methods.len());
    let mut wrong = Vec::new();
    for (role, permissions) in ROLES {
        let key = key_of(&case, *role).await;
        let wire = Wire::new(&case.server.endpoint(), Some(&key));
        for method in &methods {
            let (path, needed) = (wire::path(method), wire::permission(method));
            let answer = wire.send(method, Vec::new()).await;
            let may = permissions.contains(&needed.as_str());
            let code = answer.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok);
            match (may, answer) {
                (false, Err(status)) if code == Code::PermissionDenied => {
                    let error = judge(status, ErrorReason::PermissionDenied, &path);
                    let told = error.metadata().get("permission");
                    if told != Some(&needed) {
                        wrong.push(format!("{role:?} {path}: told {told:?}, needs {needed}"));
                    }
                }
                (false, _) => wrong.push(format!("{role:?} {path}: {code:?} without {needed}")),
                (true, _) => {
                    let not = [
                        Code::PermissionDenied,
                        Code::Unauthenticated,
                        Code::Unimplemented,
                        Code::Internal,
                        Code::Unknown,
                    ];
                    if not.contains(&code) {
                        wrong.push(format!("{role:?} {path}: {code:?} with {needed}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

async fn nobody_calls_anything_without_a_key(case: Case) {
    let wire = Wire::new(&case.server.endpoint(), None);
    for method in wire::methods() {
        let path = wire::path(&method);
        let status = wire.send(&method, Vec::new()).await.expect_err("no RPC without a key");
        judge(status, ErrorReason::CredentialsMissing, &path);
    }
}
