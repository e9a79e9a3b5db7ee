//! Who is calling: API keys, made, recognised and remembered for a moment. A key's text names its
//! tenant and its row, so that finding it needs no look across tenants; the secret is 32 random
//! bytes of which only a hash is kept.

use crate::error::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{ApiKeyId, TenantId};
use domain::refusal::Reason;
use domain::tenant::{ApiKey, Caller, Credential, Permission, TenantStatus};
use domain::time::Timestamp;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How every key begins, so that leaked ones can be found.
const PREFIX: &str = "omk_";

/// How long a key or a tenant that was looked up is believed. What changes it on this node is known
/// at once; on others a revoked key stops working within this time.
const BELIEVED: Duration = Duration::from_secs(15);

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
    suspended: Cache<TenantId, bool>,
    /// How often something was forgotten here. What was read before it moved is not remembered.
    forgotten: Arc<AtomicU64>,
}

impl Access {
    /// An access on a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let keys = Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build();
        let suspended = Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build();
        Self { store, keys, suspended, forgotten: Arc::default() }
    }

    /// The caller of a bearer text. Whatever is wrong with it, the answer is the same.
    ///
    /// # Errors
    /// `CREDENTIALS_INVALID`; `TENANT_SUSPENDED` for a good key of a suspended tenant.
    pub async fn caller(&self, text: &str, now: Timestamp) -> Result<Caller> {
        let Some(parsed) = parse(text) else { return Err(Reason::CredentialsInvalid.into()) };
        let key = self.key(parsed.tenant, parsed.id).await?;
        let Some(key) = key else { return Err(Reason::CredentialsInvalid.into()) };
        let matches: bool = key.secret_hash.ct_eq(&parsed.hash).into();
        if !matches || ended(&key, now) {
            return Err(Reason::CredentialsInvalid.into());
        }
        self.served(parsed.tenant).await?;
        Ok(Caller::of_key(parsed.tenant, &key))
    }

    /// Whether a caller's key is still good.
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
        self.served(caller.tenant).await
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

    /// Whether the tenant is served.
    async fn served(&self, tenant: TenantId) -> Result<()> {
        let suspended = match self.suspended.get(&tenant).await {
            Some(known) => known,
            None => self.look_up(tenant).await?,
        };
        if suspended { Err(Reason::TenantSuspended.into()) } else { Ok(()) }
    }

    async fn look_up(&self, tenant: TenantId) -> Result<bool> {
        let before = self.forgotten.load(Ordering::SeqCst);
        let row = self.store.tenant(tenant).tenant_row(tenant).await?;
        let suspended = row.is_some_and(|(row, _)| row.status == TenantStatus::Suspended);
        self.suspended.insert(tenant, suspended).await;
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.suspended.invalidate(&tenant).await;
        }
        Ok(suspended)
    }

    /// Forgets what is remembered of a key: it has changed.
    pub async fn forget(&self, tenant: TenantId, id: ApiKeyId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.keys.invalidate(&(tenant, id)).await;
    }

    /// Forgets what is remembered of a tenant: it has changed.
    pub async fn forget_tenant(&self, id: TenantId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.suspended.invalidate(&id).await;
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
