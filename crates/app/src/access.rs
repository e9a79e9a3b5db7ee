//! Who is calling: API keys, made, recognised and remembered for a moment; tokens of issuers and
//! certificates of services, as far as the operator believes them. A key's text names its tenant
//! and its row, so that finding it needs no look across tenants; the secret is 32 random bytes of
//! which only a hash is kept.

mod crypto;
pub mod identity;
mod keyset;
mod token;

use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{AgentId, ApiKeyId, TenantId};
use domain::refusal::Reason;
use domain::tenant::{ApiKey, Caller, Credential, Permission, TenantStatus};
use domain::time::Timestamp;
use identity::IdentityConfig;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;
use subtle::ConstantTimeEq;
use token::Trusted;
use tokio::sync::watch;
use uuid::Uuid;

/// How every key begins, so that leaked ones can be found.
const PREFIX: &str = "omk_";

/// How long a key or a tenant that was looked up is believed. What changes it on this node is known
/// at once; on others a revoked key stops working within this time.
const BELIEVED: Duration = Duration::from_secs(10);

/// How many keys are remembered.
const REMEMBERED: u64 = 10_000;

/// Longer texts are no keys of ours.
const TEXT_MAX: usize = 256;

/// A key's text and what is stored of it.
pub struct NewKey {
    /// The text; shown once.
    pub text: String,
    /// Its row.
    pub id: ApiKeyId,
    /// What is stored of the secret.
    pub secret_hash: Vec<u8>,
    /// Its last four characters.
    pub last4: String,
}

/// Makes a key for a tenant.
#[must_use]
pub fn new_key(tenant: TenantId) -> NewKey {
    let id = ApiKeyId(Uuid::now_v7());
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).expect("the system gives random bytes");
    let mut name = [0_u8; 32];
    name[..16].copy_from_slice(tenant.0.as_bytes());
    name[16..].copy_from_slice(id.0.as_bytes());
    let (name, secret_text) = (URL_SAFE_NO_PAD.encode(name), URL_SAFE_NO_PAD.encode(secret));
    let text = format!("{PREFIX}{name}.{secret_text}");
    let last4 = text[text.len() - 4..].to_owned();
    NewKey { text, id, secret_hash: hash(&secret), last4 }
}

fn hash(secret: &[u8]) -> Vec<u8> {
    let mut sha = Sha256::new();
    sha.update(b"omnichannel api key");
    sha.update(secret);
    sha.finalize().to_vec()
}

struct Parsed {
    tenant: TenantId,
    id: ApiKeyId,
    hash: Vec<u8>,
}

fn parse(text: &str) -> Option<Parsed> {
    if text.len() > TEXT_MAX {
        return None;
    }
    let (name, secret) = text.strip_prefix(PREFIX)?.split_once('.')?;
    let name: [u8; 32] = URL_SAFE_NO_PAD.decode(name).ok()?.try_into().ok()?;
    let secret: [u8; 32] = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
    let (tenant, id) = name.split_at(16);
    Some(Parsed {
        tenant: TenantId(Uuid::from_slice(tenant).ok()?),
        id: ApiKeyId(Uuid::from_slice(id).ok()?),
        hash: hash(&secret),
    })
}

/// Recognises callers.
#[derive(Clone)]
pub struct Access {
    store: Store,
    keys: Cache<(TenantId, ApiKeyId), Option<ApiKey>>,
    standing: Cache<TenantId, Standing>,
    /// Agents that are there.
    agents: Cache<(TenantId, AgentId), ()>,
    trusted: Trusted,
    /// How often something was forgotten here. What was read before it moved is not remembered.
    forgotten: Arc<AtomicU64>,
    /// Tells those who hold streams that somebody's standing may have changed.
    changed: Arc<watch::Sender<u64>>,
}

/// How a tenant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is served.
    Served,
    /// It is refused everything.
    Suspended,
    /// There is no such tenant.
    Unknown,
}

impl Access {
    /// An access on a store that believes whom the configuration names.
    ///
    /// # Errors
    /// If issuers' keys could never be fetched, for want of TLS.
    pub fn new(store: Store, identity: IdentityConfig) -> Result<Self> {
        let keys = Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build();
        let standing = Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build();
        let agents = Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build();
        let trusted = Trusted::new(identity).map_err(|error| {
            tracing::error!(%error, "the client for issuers' keys cannot be made");
            Error::from(Reason::InternalError)
        })?;
        let (forgotten, changed) = (Arc::default(), Arc::new(watch::Sender::new(0)));
        Ok(Self { store, keys, standing, agents, trusted, forgotten, changed })
    }

    /// The caller of a bearer text, a key or a token. Whatever is wrong with it, the answer is the
    /// same.
    ///
    /// # Errors
    /// `CREDENTIALS_INVALID`; `TENANT_SUSPENDED` for a good credential of a suspended tenant;
    /// `SERVICE_UNAVAILABLE` while nobody can say whether a token is good.
    pub async fn caller(&self, text: &str, now: Timestamp) -> Result<Caller> {
        if !text.starts_with(PREFIX) {
            let (caller, issuer) = self.trusted.caller(text, now).await?;
            if let Some((reason, why)) = self.fall(&caller).await? {
                self.trusted.tell(Some(issuer), why, now);
                return Err(reason.into());
            }
            return Ok(caller);
        }
        self.caller_of_key(text, now).await
    }

    /// The caller of a certificate with these URIs among its names, good until then.
    ///
    /// # Errors
    /// As [`Access::caller`].
    pub async fn caller_of_certificate(
        &self,
        uris: &[String],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Caller> {
        let caller = self.trusted.service(uris, until).filter(|_| now < until);
        let caller = caller.ok_or_else(|| Error::from(Reason::CredentialsInvalid))?;
        self.stands(&caller).await?;
        Ok(caller)
    }

    async fn caller_of_key(&self, text: &str, now: Timestamp) -> Result<Caller> {
        let Some(parsed) = parse(text) else { return Err(Reason::CredentialsInvalid.into()) };
        let key = self.key(parsed.tenant, parsed.id).await?;
        let Some(key) = key else { return Err(Reason::CredentialsInvalid.into()) };
        let matches: bool = key.secret_hash.ct_eq(&parsed.hash).into();
        if !matches || ended(&key, now) {
            return Err(Reason::CredentialsInvalid.into());
        }
        let caller = Caller::of_key(parsed.tenant, &key);
        self.stands(&caller).await?;
        Ok(caller)
    }

    /// Whether a caller's credential is still good.
    ///
    /// # Errors
    /// `CREDENTIALS_INVALID`, `TENANT_SUSPENDED`.
    pub async fn still_valid(&self, caller: &Caller, now: Timestamp) -> Result<()> {
        let good = match caller.credential {
            Credential::Key(id) => {
                self.key(caller.tenant, id).await?.is_some_and(|key| !ended(&key, now))
            }
            Credential::Token(until) | Credential::Certificate(until) => now < until,
        };
        if !good {
            return Err(Reason::CredentialsInvalid.into());
        }
        self.stands(caller).await
    }

    /// Whether the tenant is served and the agent a credential speaks for is one of its own.
    async fn stands(&self, caller: &Caller) -> Result<()> {
        match self.fall(caller).await? {
            None => Ok(()),
            Some((reason, _)) => Err(reason.into()),
        }
    }

    /// Why a caller does not stand, for others and for the operator; none if they do. Who spoke for
    /// an agent that is gone speaks for nobody.
    async fn fall(&self, caller: &Caller) -> Result<Option<(Reason, &'static str)>> {
        match self.standing(caller.tenant).await? {
            Standing::Served => {}
            Standing::Suspended => {
                return Ok(Some((Reason::TenantSuspended, "its tenant is suspended")));
            }
            Standing::Unknown => {
                return Ok(Some((Reason::CredentialsInvalid, "there is no such tenant")));
            }
        }
        let agent = caller.agent.map(|agent| (caller.tenant, agent));
        let Some(agent) = agent.filter(|agent| !self.agents.contains_key(agent)) else {
            return Ok(None);
        };
        let before = self.forgotten.load(Ordering::SeqCst);
        if self.store.tenant(agent.0).agent(agent.1).await?.is_none() {
            return Ok(Some((Reason::CredentialsInvalid, "its tenant has no such agent")));
        }
        self.agents.insert(agent, ()).await;
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.agents.invalidate(&agent).await;
        }
        Ok(None)
    }

    async fn key(&self, tenant: TenantId, id: ApiKeyId) -> Result<Option<ApiKey>> {
        if let Some(known) = self.keys.get(&(tenant, id)).await {
            return Ok(known);
        }
        let before = self.forgotten.load(Ordering::SeqCst);
        let key = self.store.tenant(tenant).api_key(id).await?;
        self.keys.insert((tenant, id), key.clone()).await;
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.keys.invalidate(&(tenant, id)).await;
        }
        Ok(key)
    }

    /// Whether a tenant is suspended: nothing of it is taken in or sent then.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn suspended(&self, tenant: TenantId) -> Result<bool> {
        Ok(self.standing(tenant).await? == Standing::Suspended)
    }

    async fn standing(&self, tenant: TenantId) -> Result<Standing> {
        match self.standing.get(&tenant).await {
            Some(known) => Ok(known),
            None => self.look_up(tenant).await,
        }
    }

    async fn look_up(&self, tenant: TenantId) -> Result<Standing> {
        let before = self.forgotten.load(Ordering::SeqCst);
        let row = self.store.tenant(tenant).tenant_row(tenant).await?;
        let standing = match row.map(|(row, _)| row.status) {
            Some(TenantStatus::Active) => Standing::Served,
            Some(TenantStatus::Suspended) => Standing::Suspended,
            None => Standing::Unknown,
        };
        self.standing.insert(tenant, standing).await;
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.standing.invalidate(&tenant).await;
        }
        Ok(standing)
    }

    /// Forgets what is remembered of a key: it has changed.
    pub async fn forget(&self, tenant: TenantId, id: ApiKeyId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.keys.invalidate(&(tenant, id)).await;
        self.changed.send_modify(|count| *count += 1);
    }

    /// Forgets that an agent was there: it is gone, and with it what its credentials were good for.
    pub async fn forget_agent(&self, tenant: TenantId, id: AgentId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.agents.invalidate(&(tenant, id)).await;
        self.changed.send_modify(|count| *count += 1);
    }

    /// Forgets what is remembered of a tenant: it has changed.
    pub async fn forget_tenant(&self, id: TenantId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.standing.invalidate(&id).await;
        self.changed.send_modify(|count| *count += 1);
    }

    /// Follows what is forgotten: whoever holds a stream asks again when it moves.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

fn ended(key: &ApiKey, now: Timestamp) -> bool {
    key.revoked_at.is_some() || key.expires_at.is_some_and(|at| at <= now)
}

/// Whether the caller may.
///
/// # Errors
/// `PERMISSION_DENIED`.
pub fn require(caller: &Caller, permission: Permission) -> Result<()> {
    if caller.permissions.has(permission) {
        return Ok(());
    }
    Err(Reason::PermissionDenied.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_row_and_nothing_else_opens_it() {
        let tenant = TenantId(Uuid::now_v7());
        let key = new_key(tenant);
        let parsed = parse(&key.text).expect("our own key parses");
        assert_eq!((parsed.tenant, parsed.id), (tenant, key.id));
        assert_eq!(parsed.hash, key.secret_hash);
        assert!(!key.secret_hash.is_empty() && key.text.ends_with(&key.last4));
        for at in 0..key.text.len() {
            let mut other = key.text.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).expect("still text");
            let same = parse(&other)
                .is_some_and(|p| p.tenant == tenant && p.id == key.id && p.hash == key.secret_hash);
            assert!(!same || at + 1 == key.text.len() || other == key.text, "byte {at}");
        }
        assert!(
            parse("").is_none() && parse("omk_").is_none() && parse(&"x".repeat(300)).is_none()
        );
    }
}
