//! Settings of identities as the file writes them, and what they come to. Every mistake is told by
//! its key, all at once, before anything starts.

use anyhow::{Result, bail};
use app::access::identity::{
    Egress, IdentityConfig, Issuer, RoleFrom, Service, TenantFrom, algorithm_named,
    permission_named, role_named,
};
use domain::id::TenantId;
use domain::tenant::{Permissions, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Settings: identity, as in `config/default.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "told in config/default.toml")]
pub struct Identity {
    pub issuers: Vec<IssuerSettings>,
    pub services: Vec<ServiceSettings>,
    pub allow_http: bool,
    pub allow_private: bool,
}

/// Settings of one issuer; what is left out is empty.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "told in config/default.toml")]
pub struct IssuerSettings {
    pub issuer: String,
    pub jwks_url: String,
    pub audiences: Vec<String>,
    pub algorithms: Vec<String>,
    pub tenant: String,
    pub tenant_claim: String,
    pub role: String,
    pub role_claim: String,
    pub roles: BTreeMap<String, String>,
    pub agent_claim: String,
    pub scope_claim: String,
}

/// Settings of one service; what is left out is empty.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "told in config/default.toml")]
pub struct ServiceSettings {
    pub uri: String,
    pub tenant: String,
    pub role: String,
    pub scopes: Vec<String>,
}

/// What is wrong, by key.
type Problems = Vec<String>;

impl Identity {
    /// What the settings come to.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn settings(&self) -> Result<IdentityConfig> {
        let mut problems = Problems::new();
        let settings = self.read(&mut problems);
        if problems.is_empty() { Ok(settings) } else { bail!("{}", problems.join("\n  ")) }
    }

    pub(super) fn read(&self, problems: &mut Problems) -> IdentityConfig {
        let mut config = IdentityConfig {
            egress: Egress { allow_http: self.allow_http, allow_private: self.allow_private },
            ..IdentityConfig::default()
        };
        for (at, settings) in self.issuers.iter().enumerate() {
            let at = format!("identity.issuers[{at}]");
            let twice = config.issuers.iter().any(|known| known.issuer == settings.issuer);
            if twice {
                problems.push(format!("{at}.issuer is there twice"));
            }
            let plain = |url: &str| url.starts_with("http://");
            if !self.allow_http && (plain(&settings.issuer) || plain(&settings.jwks_url)) {
                problems.push(format!("{at}: http:// needs identity.allow_http = true"));
            }
            config.issuers.extend(issuer(settings, &at, problems));
        }
        for (at, settings) in self.services.iter().enumerate() {
            let at = format!("identity.services[{at}]");
            let twice = config.services.iter().any(|known| known.uri == settings.uri);
            if settings.uri.is_empty() || twice {
                problems.push(format!("{at}.uri is empty or there twice"));
            }
            config.services.extend(service(settings, &at, problems));
        }
        config
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn issuer(settings: &IssuerSettings, at: &str, problems: &mut Problems) -> Option<Issuer> {
    let before = problems.len();
    if !is_url(&settings.issuer) {
        problems.push(format!("{at}.issuer is not an http:// or https:// URL"));
    }
    if !settings.jwks_url.is_empty() && !is_url(&settings.jwks_url) {
        problems.push(format!("{at}.jwks_url is not an http:// or https:// URL"));
    }
    if settings.audiences.is_empty() || settings.audiences.iter().any(String::is_empty) {
        problems.push(format!("{at}.audiences names who the tokens are for; it must not be empty"));
    }
    let named = settings.algorithms.iter().map(|name| algorithm_named(name));
    let algorithms: Option<Vec<_>> = named.collect();
    if algorithms.as_ref().is_none_or(Vec::is_empty) {
        problems.push(format!(
            "{at}.algorithms must name some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, \
             ES384, EdDSA"
        ));
    }
    let tenant = tenant_from(settings, at, problems);
    let role = role_from(settings, at, problems);
    let made = Issuer {
        issuer: settings.issuer.clone(),
        jwks_url: some(&settings.jwks_url),
        audiences: settings.audiences.clone(),
        algorithms: algorithms?,
        tenant: tenant?,
        role: role?,
        agent_claim: some(&settings.agent_claim),
        scope_claim: some(&settings.scope_claim),
    };
    (problems.len() == before).then_some(made)
}

fn tenant_from(settings: &IssuerSettings, at: &str, problems: &mut Problems) -> Option<TenantFrom> {
    match (settings.tenant.as_str(), settings.tenant_claim.as_str()) {
        ("", "") => problems.push(format!("{at}: tenant or tenant_claim must be given")),
        ("", claim) => return Some(TenantFrom::Claim(claim.to_owned())),
        (fixed, "") => return Some(TenantFrom::Fixed(tenant(fixed, at, problems)?)),
        _ => problems.push(format!("{at}: tenant and tenant_claim exclude one another")),
    }
    None
}

fn role_from(settings: &IssuerSettings, at: &str, problems: &mut Problems) -> Option<RoleFrom> {
    match (settings.role.as_str(), settings.role_claim.as_str()) {
        ("", "") => problems.push(format!("{at}: role or role_claim must be given")),
        ("", claim) => {
            let mut roles = BTreeMap::new();
            for (word, name) in &settings.roles {
                roles.insert(word.clone(), role(name, &format!("{at}.roles"), problems)?);
            }
            return Some(RoleFrom::Claim { name: claim.to_owned(), roles });
        }
        (fixed, "") => {
            let role = role(fixed, &format!("{at}.role"), problems)?;
            if role == Role::Agent && settings.agent_claim.is_empty() {
                problems.push(format!("{at}: role agent needs agent_claim"));
            }
            return Some(RoleFrom::Fixed(role));
        }
        _ => problems.push(format!("{at}: role and role_claim exclude one another")),
    }
    None
}

fn service(settings: &ServiceSettings, at: &str, problems: &mut Problems) -> Option<Service> {
    let tenant = tenant(&settings.tenant, at, problems);
    let role = role(&settings.role, &format!("{at}.role"), problems);
    if role == Some(Role::Agent) {
        problems.push(format!("{at}.role: a service is no agent"));
    }
    let scopes: Option<Vec<_>> =
        settings.scopes.iter().map(|name| permission_named(name)).collect();
    if scopes.is_none() {
        problems.push(format!("{at}.scopes names something that is no permission"));
    }
    let (role, scopes) = (role?, scopes?);
    for scope in scopes.iter().filter(|scope| !role.permissions().has(**scope)) {
        let scope = scope.word();
        problems.push(format!("{at}.scopes: {scope} is no permission of the role"));
    }
    let whole = scopes.is_empty();
    let permissions = if whole { role.permissions() } else { Permissions::of(&scopes) };
    Some(Service { uri: settings.uri.clone(), tenant: tenant?, role, permissions })
}

fn tenant(text: &str, at: &str, problems: &mut Problems) -> Option<TenantId> {
    let id = Uuid::try_parse(text).ok().map(TenantId).filter(|id| *id != TenantId::SYSTEM);
    if id.is_none() {
        problems.push(format!("{at}.tenant is not the id of a tenant"));
    }
    id
}

fn role(text: &str, key: &str, problems: &mut Problems) -> Option<Role> {
    let role = role_named(text).filter(|role| *role != Role::PlatformAdmin);
    if role.is_none() {
        problems.push(format!(
            "{key} must be one of tenant-admin, supervisor, agent, analyst, auditor, integration"
        ));
    }
    role
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
