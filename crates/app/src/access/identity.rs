//! Who is believed beside our own keys: issuers of tokens and services with certificates, as the
//! operator configured them; and what their claims come to here.

use domain::id::{AgentId, PrincipalId, TenantId};
use domain::tenant::{Permission, Permissions, Role};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

pub use channels::http::Egress;
pub use jsonwebtoken::Algorithm;

/// All that is configured about identities.
#[derive(Clone, Debug, Default)]
pub struct IdentityConfig {
    /// Issuers of tokens, each once.
    pub issuers: Vec<Issuer>,
    /// Services with certificates, each once.
    pub services: Vec<Service>,
    /// What may be spoken to when an issuer's keys are fetched.
    pub egress: Egress,
}

/// An issuer of tokens.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// What the claim `iss` says.
    pub issuer: String,
    /// Where its keys are; none if they are to be discovered.
    pub jwks_url: Option<String>,
    /// One of these must be in the claim `aud`.
    pub audiences: Vec<String>,
    /// How its tokens may be signed.
    pub algorithms: Vec<Algorithm>,
    /// Whose data its subjects may touch.
    pub tenant: TenantFrom,
    /// What its subjects are.
    pub role: RoleFrom,
    /// The claim with the agent that a subject speaks for.
    pub agent_claim: Option<String>,
    /// The claim that narrows the role.
    pub scope_claim: Option<String>,
}

/// Where a subject's tenant is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantFrom {
    /// It is the same for all.
    Fixed(TenantId),
    /// A claim holds its id.
    Claim(String),
}

/// Where a subject's role is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleFrom {
    /// It is the same for all.
    Fixed(Role),
    /// A claim names it, or several; the first that means a role here counts.
    Claim {
        /// The claim.
        name: String,
        /// What its values mean; empty if they are the roles' own names.
        roles: BTreeMap<String, Role>,
    },
}

/// A service that shows a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The URI among its certificate's alternative names.
    pub uri: String,
    /// Whose data it may touch.
    pub tenant: TenantId,
    /// What it is.
    pub role: Role,
    /// What it may do.
    pub permissions: Permissions,
}

/// What a token's claims come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) tenant: TenantId,
    pub(super) role: Role,
    pub(super) permissions: Permissions,
    pub(super) agent: Option<AgentId>,
}

/// The claims of a token.
pub(super) type Claims = serde_json::Map<String, Value>;

impl Issuer {
    /// What a subject is here; none if its claims do not say all that is needed, or more than a
    /// token may be.
    pub(super) fn claimed(&self, claims: &Claims) -> Option<Claimed> {
        let tenant = match &self.tenant {
            TenantFrom::Fixed(tenant) => *tenant,
            TenantFrom::Claim(name) => TenantId(Uuid::try_parse(claims.get(name)?.as_str()?).ok()?),
        };
        let role = match &self.role {
            RoleFrom::Fixed(role) => *role,
            RoleFrom::Claim { name, roles } => {
                let mut said = words(claims.get(name)?);
                said.find_map(|word| match roles.is_empty() {
                    true => role_named(word),
                    false => roles.get(word).copied(),
                })?
            }
        };
        // The platform is run by keys alone.
        if tenant == TenantId::SYSTEM || role == Role::PlatformAdmin {
            return None;
        }
        let agent = match self.agent_claim.as_ref().and_then(|name| claims.get(name)) {
            Some(named) => Some(AgentId(Uuid::try_parse(named.as_str()?).ok()?)),
            None if role == Role::Agent => return None,
            None => None,
        };
        let permissions = match &self.scope_claim {
            None => role.permissions(),
            Some(name) => {
                let scopes: Vec<_> = claims
                    .get(name)
                    .into_iter()
                    .flat_map(words)
                    .filter_map(permission_named)
                    .collect();
                Permissions::of(&scopes).and(role.permissions())
            }
        };
        Some(Claimed { tenant, role, permissions, agent })
    }
}

/// The words of a claim: a list's texts, or a text's parts between spaces.
fn words(claim: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match claim {
        Value::String(text) => Box::new(text.split_ascii_whitespace()),
        Value::Array(list) => Box::new(list.iter().filter_map(Value::as_str)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The role of a name as people write it: `tenant-admin`, `TENANT_ADMIN`.
#[must_use]
pub fn role_named(name: &str) -> Option<Role> {
    let name = name.to_ascii_uppercase().replace('-', "_");
    Role::ALL.iter().copied().find(|role| role.word() == name)
}

/// The permission of a name: `CUSTOMERS_READ`, `customers_read`.
#[must_use]
pub fn permission_named(name: &str) -> Option<Permission> {
    let name = name.to_ascii_uppercase().replace('-', "_");
    Permission::ALL.iter().copied().find(|permission| permission.word() == name)
}

/// The algorithm of a name, of those that may be allowed: never a shared secret, never none.
#[must_use]
pub fn algorithm_named(name: &str) -> Option<Algorithm> {
    use Algorithm as A;
    let known =
        [A::RS256, A::RS384, A::RS512, A::PS256, A::PS384, A::PS512, A::ES256, A::ES384, A::EdDSA];
    known.into_iter().find(|algorithm| format!("{algorithm:?}") == name)
}

/// The principal of an issuer's subject: always the same for the same two texts.
#[must_use]
pub fn principal_of_subject(issuer: &str, subject: &str) -> PrincipalId {
    derived(&["omnichannel subject", issuer, subject])
}

/// The principal of a service: always the same for the same URI.
#[must_use]
pub fn principal_of_service(uri: &str) -> PrincipalId {
    derived(&["omnichannel service", uri])
}

/// A UUID of version 8: the first 16 bytes of SHA-256 over the parts, each after its length as
/// eight bytes, most significant first, with the bits of version and variant set.
fn derived(parts: &[&str]) -> PrincipalId {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    let hash = sha.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    PrincipalId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TENANT: Uuid = Uuid::from_u128(0x7e);
    const AGENT: Uuid = Uuid::from_u128(0xa9);

    fn issuer() -> Issuer {
        Issuer {
            issuer: "https://login.example.org".into(),
            jwks_url: None,
            audiences: vec!["omnichannel".into()],
            algorithms: vec![Algorithm::ES256],
            tenant: TenantFrom::Claim("tenant".into()),
            role: RoleFrom::Claim { name: "roles".into(), roles: BTreeMap::new() },
            agent_claim: Some("agent".into()),
            scope_claim: None,
        }
    }

    fn claims(value: Value) -> Claims {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn claims_come_to_tenant_role_and_agent() {
        let all = json!({"tenant": TENANT, "roles": ["x", "agent"], "agent": AGENT});
        let found = issuer().claimed(&claims(all)).expect("all is said");
        assert_eq!((found.tenant.0, found.role), (TENANT, Role::Agent));
        assert_eq!(found.agent, Some(AgentId(AGENT)));
        assert_eq!(found.permissions, Role::Agent.permissions());
        let text = json!({"tenant": TENANT, "roles": "TENANT_ADMIN other"});
        let found = issuer().claimed(&claims(text)).expect("all is said");
        assert_eq!((found.role, found.agent), (Role::TenantAdmin, None));
    }

    #[test]
    fn what_is_missing_or_too_much_is_nobody() {
        for nobody in [
            json!({"roles": "supervisor"}),
            json!({"tenant": TENANT}),
            json!({"tenant": "Acme", "roles": "supervisor"}),
            json!({"tenant": TENANT, "roles": 7}),
            json!({"tenant": TENANT, "roles": "king"}),
            json!({"tenant": TENANT, "roles": "agent"}),
            json!({"tenant": TENANT, "roles": "agent", "agent": "Ada"}),
            json!({"tenant": TENANT, "roles": "platform-admin"}),
            json!({"tenant": TenantId::SYSTEM.0, "roles": "tenant-admin"}),
        ] {
            assert_eq!(issuer().claimed(&claims(nobody.clone())), None, "{nobody}");
        }
    }

    #[test]
    fn roles_may_have_other_names_and_scopes_only_narrow() {
        let roles = [("desk".to_owned(), Role::Analyst)].into();
        let role = RoleFrom::Claim { name: "groups".into(), roles };
        let narrowed = Issuer { role, scope_claim: Some("scope".into()), ..issuer() };
        let said = |scope: Value| json!({"tenant": TENANT, "groups": ["desk"], "scope": scope});
        let may = |value: Value| narrowed.claimed(&claims(value)).map(|found| found.permissions);
        let one = Permissions::of(&[Permission::RoutingRead]);
        assert_eq!(may(said(json!("openid routing_read ROUTING_WRITE"))), Some(one));
        assert_eq!(may(said(json!(["ROUTING_READ", 7]))), Some(one));
        assert_eq!(may(said(json!("openid"))), Some(Permissions::default()));
        assert_eq!(may(json!({"tenant": TENANT, "groups": "desk"})), Some(Permissions::default()));
        assert_eq!(may(json!({"tenant": TENANT, "groups": "analyst"})), None, "it has a new name");
    }

    #[test]
    fn principals_are_the_same_each_time_and_differ_in_every_part() {
        let one = principal_of_subject("https://a", "b");
        assert_eq!(one, principal_of_subject("https://a", "b"));
        assert_eq!(one.0.get_version_num(), 8);
        for other in [
            principal_of_subject("https://ab", ""),
            principal_of_subject("https://a", "c"),
            principal_of_service("https://a"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn shared_secrets_are_no_algorithm_to_allow() {
        for name in ["none", "HS256", "HS384", "HS512", "", "rs256", "ES512"] {
            assert_eq!(algorithm_named(name), None, "{name}");
        }
        assert_eq!(algorithm_named("EdDSA"), Some(Algorithm::EdDSA));
    }
}
