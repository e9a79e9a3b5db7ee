//! Who may call what: every role calls every RPC of the contract. Which permission an RPC needs is
//! read from the contract; which permissions a role has is written here once more, so that neither
//! the server's table nor this one can change alone.

use crate::support::fixture::Case;
use crate::support::refusal::judge;
use crate::support::unique;
use crate::support::wire::{self, Wire};
use omnichannel_sdk::v1::{self, ErrorReason, Role};
use tonic::Code;

both!(
    every_role_calls_every_rpc,
    scopes_narrow_to_what_they_name,
    a_scope_that_the_role_lacks_is_refused,
    nobody_calls_anything_without_a_key,
);

const ROLES: &[(Role, &[&str])] = &[
    (
        Role::PlatformAdmin,
        &[
            "TENANTS_MANAGE",
            "SERVER_READ",
            "OPERATIONS_READ",
            "OPERATIONS_MANAGE",
            "REFLECTION_READ",
        ],
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
            "REFLECTION_READ",
            "LIMITS_OVERRIDE",
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
            "LIMITS_OVERRIDE",
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
            "REFLECTION_READ",
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
        wrong.extend(faults(&case, &key, &format!("{role:?}"), permissions).await);
    }
    // A supervisor or another who is bound to an agent may call what their role may.
    let agent = case.agent("Lead").await.id;
    for role in [Role::Supervisor, Role::TenantAdmin] {
        let key = case.key_of(role, &agent).await;
        wrong.extend(faults(&case, &key, &format!("bound {role:?}"), permissions_of(role)).await);
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A key of everything, narrowed to one permission after another, may call what takes that one; and
/// it is shown as narrowed.
async fn scopes_narrow_to_what_they_name(case: Case) {
    let mut wrong = Vec::new();
    for permission in permissions_of(Role::TenantAdmin) {
        let scope = v1::Permission::from_str_name(&format!("PERMISSION_{permission}"));
        let scopes = vec![scope.expect("the contract has it").into()];
        let api_key = v1::ApiKey {
            name: unique("key"),
            role: Role::TenantAdmin.into(),
            scopes: scopes.clone(),
            ..Default::default()
        };
        let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
        let made = ok!(case.admin.admin().create_api_key(request));
        assert_eq!(made.api_key.unwrap().scopes, scopes, "it is shown as it is");
        wrong.extend(faults(&case, &made.key, permission, &[permission]).await);
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whoever asks for more than a role has is told so, and gets no key that lacks it.
async fn a_scope_that_the_role_lacks_is_refused(case: Case) {
    let lacking = [
        (Role::Analyst, v1::Permission::RoutingWrite, "ROUTING_WRITE"),
        (Role::TenantAdmin, v1::Permission::TenantsManage, "TENANTS_MANAGE"),
    ];
    for (role, lacks, word) in lacking {
        for scopes in [vec![lacks], vec![v1::Permission::AnalyticsRead, lacks]] {
            let last = scopes.len() - 1;
            let api_key = v1::ApiKey {
                name: unique("key"),
                role: role.into(),
                scopes: scopes.into_iter().map(i32::from).collect(),
                ..Default::default()
            };
            let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
            let error = refused!(case.admin.admin().create_api_key(request), ValidationFailed);
            assert_eq!(error.code(), Code::InvalidArgument);
            let [violation] = error.violations() else { panic!("one: {error:?}") };
            assert_eq!(violation.field, format!("api_key.scopes[{last}]"));
            assert!(violation.description.contains(word), "{violation:?}");
        }
    }
}

/// What a role may do, by the names of the contract.
pub(crate) fn permissions_of(role: Role) -> &'static [&'static str] {
    ROLES.iter().find(|(of, _)| *of == role).expect("every role is here").1
}

/// Every answer to this credential that is not as these permissions say.
pub(crate) async fn faults(
    case: &Case,
    credential: &str,
    who: &str,
    permissions: &[&str],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let wire = Wire::new(&case.server.endpoint(), Some(credential));
    for method in &wire::methods() {
        let (path, needed) = (wire::path(method), wire::permission(method));
        let answer = wire.send(method, Vec::new()).await;
        // Every caller has this one, whatever their scopes.
        let may = needed == "SERVER_READ" || permissions.contains(&needed.as_str());
        let code = answer.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok);
        match (may, answer) {
            (false, Err(status)) if code == Code::PermissionDenied => {
                let error = judge(status, ErrorReason::PermissionDenied, &path);
                let told = error.metadata().get("permission");
                if told != Some(&needed) {
                    wrong.push(format!("{who} {path}: told {told:?}, needs {needed}"));
                }
            }
            (false, _) => wrong.push(format!("{who} {path}: {code:?} without {needed}")),
            (true, _) => {
                let not = [
                    Code::PermissionDenied,
                    Code::Unauthenticated,
                    Code::Unimplemented,
                    Code::Internal,
                    Code::Unknown,
                ];
                if not.contains(&code) {
                    wrong.push(format!("{who} {path}: {code:?} with {needed}"));
                }
            }
        }
    }
    wrong
}

/// RPCs that ask for more than a permission: whose work or whose desk it is.
const WORK_CHANGED: &[&str] = &[
    "UpdateInteraction",
    "SendMessage",
    "TransferInteraction",
    "ConsultAgent",
    "EndConsult",
    "EscalateInteraction",
    "CloseInteraction",
    "CancelInteraction",
    "AbandonInteraction",
    "WakeInteraction",
    "RequestCallback",
    "ParkInteraction",
    "ReopenInteraction",
    "RouteInteraction",
    "CompleteInteraction",
];
const WORK_READ: &[&str] = &[
    "Explain",
    "GetInteraction",
    "ListInteractions",
    "ListMessages",
    "GetWaitEstimate",
    "WatchInteraction",
    "GetHistory",
];
const DESKS: &[&str] = &["SetPresence", "AcceptOffer", "DeclineOffer", "TakeNext", "ListOffers"];
const OWN_DESK: &[&str] = &["Session", "WatchAssignments"];

/// What a role that has the permission may do with an RPC.
fn cell(role: Role, rpc: &str) -> &'static str {
    match role {
        Role::Agent if WORK_READ.contains(&rpc) => "own, teams",
        Role::Agent if WORK_CHANGED.contains(&rpc) => "own",
        Role::Agent | Role::Supervisor if OWN_DESK.contains(&rpc) => "own",
        Role::Agent if DESKS.contains(&rpc) => "own",
        Role::Supervisor if DESKS.contains(&rpc) || WORK_CHANGED.contains(&rpc) => "led",
        _ => "✓",
    }
}

/// The page that shows all of it.
fn page() -> String {
    let mut out = String::from(PAGE_HEAD);
    for service in wire::pool().services() {
        let methods: Vec<_> = service.methods().filter(|m| wire::methods().contains(m)).collect();
        if methods.is_empty() {
            continue;
        }
        out += &format!("\n## {}\n\n| RPC | permission |", service.name());
        for (role, _) in ROLES {
            out += &format!(" {} |", role.as_str_name().trim_start_matches("ROLE_"));
        }
        out += &format!("\n|---|---|{}\n", "---|".repeat(ROLES.len()));
        for method in &methods {
            let needed = wire::permission(method);
            out += &format!("| {} | {needed} |", method.name());
            for (role, permissions) in ROLES {
                let may = permissions.contains(&needed.as_str());
                out += &format!(" {} |", if may { cell(*role, method.name()) } else { "" });
            }
            out.push('\n');
        }
    }
    out
}

const PAGE_HEAD: &str = "# Who may call what

Made from the contract by `tests/it/permissions.rs`, which also calls every RPC with a key of every
role and of every single scope, with a token of every role and with nothing, and finds this page to
be true. Do not edit it by hand.

A mark says that the role has the permission which the RPC takes; keys and tokens with scopes have
fewer. CreateApiKey refuses a scope that the role lacks; in tokens it adds nothing. Beyond that:

- **own**: what the credential's agent owns, or that agent's desk; with SendMessage and EndConsult
  also the notes and the end of advice that the agent gives.
- **own, teams**: also what the agent is asked to take or to advise on, or advises on, and what is
  or was in queues of the agent's teams or in queues that name no team.
- **led**: for a supervisor bound to an agent, what agents or queues of that agent's teams or of
  teams below them have, and desks of those agents. A supervisor without an agent changes all work
  of the tenant and sits at no desk.

Whoever has AGENTS_WRITE sits at every desk. SERVER_READ is every caller's, whatever their scopes.
";

#[test]
fn the_page_of_permissions_is_what_the_contract_says() {
    let made = page();
    if made != include_str!("../../docs/permissions.md") {
        let place = std::env::temp_dir().join("permissions.md");
        std::fs::write(&place, made).expect("a page can be written");
        panic!("docs/permissions.md is out of date; what it must be is in {}", place.display());
    }
}

async fn nobody_calls_anything_without_a_key(case: Case) {
    let wire = Wire::new(&case.server.endpoint(), None);
    for method in wire::methods() {
        let path = wire::path(&method);
        let status = wire.send(&method, Vec::new()).await.expect_err("no RPC without a key");
        judge(status, ErrorReason::CredentialsMissing, &path);
    }
}
