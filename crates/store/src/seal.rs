//! Keys and sealing. The master key wraps tenants' keys, a tenant's key wraps its customers' keys,
//! and content is sealed with the narrowest key there is; deleting a customer's key erases the
//! customer. Every seal is bound to whose it is, which field and which row, so no ciphertext can be
//! moved. The files below hold the parts: `master` the root, `tenant` and `customer` what is used
//! daily.

mod customer;
mod master;
mod tenant;

pub use customer::CustomerKey;
pub use master::MasterKey;
pub use tenant::{MAX_CUSTOMER_KEYS, TenantSeals, normalise_address};

use crate::entity;
use crate::error::{Result, StoreError};
use crate::pool::Reads;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use domain::id::{CustomerId, TenantId};
use hkdf::Hkdf;
use moka::future::Cache;
use sea_orm::FromQueryResult;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A key nobody prints and nobody leaves in memory.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// How many tenants' keys are kept unwrapped.
pub const MAX_CACHED_TENANT_KEYS: u64 = 4096;
/// How many customers' keys are kept unwrapped.
pub const MAX_CACHED_CUSTOMER_KEYS: u64 = 65_536;
/// How long an unwrapped key is kept: an erasure on another node takes effect within this time.
pub const KEY_CACHE_AGE: Duration = Duration::from_secs(600);

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// By how much a seal is longer than what it holds. Whoever seals much leaves so much room behind
/// it, so that it is not copied.
pub const SEAL_OVERHEAD: usize = 1 + NONCE + TAG;

/// The way to tenants' keys.
#[derive(Clone)]
pub struct Seals(Arc<Inner>);

pub(crate) struct Inner {
    master: MasterKey,
    pub(crate) reads: Reads,
    tenants: Cache<TenantId, Arc<tenant::Keys>>,
    pub(crate) customers: Cache<(TenantId, CustomerId), CustomerKey>,
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seals")
    }
}

impl Seals {
    pub(crate) fn new(master: MasterKey, reads: Reads) -> Self {
        let tenants = Cache::builder().max_capacity(MAX_CACHED_TENANT_KEYS);
        let customers = Cache::builder().max_capacity(MAX_CACHED_CUSTOMER_KEYS);
        Self(Arc::new(Inner {
            master,
            reads,
            tenants: tenants.time_to_live(KEY_CACHE_AGE).build(),
            customers: customers.time_to_live(KEY_CACHE_AGE).build(),
        }))
    }

    /// A new key for a tenant, wrapped, to be stored with it.
    #[must_use]
    pub fn new_tenant_key(&self, tenant: TenantId) -> Vec<u8> {
        let key = random_key();
        seal_with(self.0.master.key(), &tenant_aad(tenant), key.as_slice())
    }

    /// The seals of a tenant; its key is read once and kept for a while.
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantSeals> {
        if let Some(keys) = self.0.tenants.get(&tenant).await {
            return Ok(TenantSeals::new(tenant, keys, Arc::clone(&self.0)));
        }
        let query = self.0.reads.query("SELECT r.* FROM tenant r WHERE r.id = {t}");
        let row = self.0.reads.row(tenant, query).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("no such tenant".to_owned()))?;
        let row = entity::tenant::Model::from_query_result(&row, "")?;
        let seals = self.open_tenant(tenant, &row.wrapped_key)?;
        self.0.tenants.insert(tenant, seals.keys()).await;
        Ok(seals)
    }

    /// The master key; see [`MasterKey::prove`].
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.0.master
    }

    /// The seals of a tenant whose wrapped key is at hand, such as one being made.
    pub fn open_tenant(&self, tenant: TenantId, wrapped: &[u8]) -> Result<TenantSeals> {
        let key = open_key(self.0.master.key(), &tenant_aad(tenant), wrapped)?;
        let keys = Arc::new(tenant::Keys::new(key));
        Ok(TenantSeals::new(tenant, keys, Arc::clone(&self.0)))
    }

    /// A key of the whole installation for one purpose, such as signing page tokens.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derive(self.0.master.key(), purpose)
    }
}

fn tenant_aad(tenant: TenantId) -> Vec<u8> {
    [b"tenant".as_slice(), tenant.0.as_bytes()].concat()
}

pub(crate) fn random_key() -> Key {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).expect("the system's random source works");
    key
}

pub(crate) fn derive(key: &Key, purpose: &str) -> Key {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key.as_slice())
        .expand(purpose.as_bytes(), out.as_mut_slice())
        .expect("32 bytes are within what HKDF can give");
    out
}

/// Version, nonce, ciphertext with tag.
pub(crate) fn seal_with(key: &Key, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut held = Vec::with_capacity(plain.len() + SEAL_OVERHEAD);
    held.extend_from_slice(plain);
    seal_owned(key, aad, held)
}

/// The same in place, where there is room for it.
pub(crate) fn seal_owned(key: &Key, aad: &[u8], mut held: Vec<u8>) -> Vec<u8> {
    let mut front = [VERSION; 1 + NONCE];
    getrandom::fill(&mut front[1..]).expect("the system's random source works");
    held.reserve_exact(SEAL_OVERHEAD);
    held.splice(0..0, front);
    let (front, plain) = held.split_at_mut(1 + NONCE);
    let nonce = XNonce::try_from(&front[1..]).expect("it has the length of one");
    let tag = XChaCha20Poly1305::new((&**key).into())
        .encrypt_inout_detached(&nonce, aad, plain.into())
        .expect("content is far below the cipher's limit");
    held.extend_from_slice(&tag);
    held
}

/// The plain text, or an error that says nothing about why it does not open.
pub(crate) fn open_with(key: &Key, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    open_owned(key, aad, sealed.to_vec())
}

/// The same in place.
pub(crate) fn open_owned(key: &Key, aad: &[u8], mut held: Vec<u8>) -> Result<Vec<u8>> {
    let broken = || StoreError::Corrupt("sealed content does not open".to_owned());
    let end = held.len().checked_sub(TAG).filter(|end| *end > NONCE).ok_or_else(broken)?;
    if held[0] != VERSION {
        return Err(broken());
    }
    let (front, tag) = held.split_at_mut(end);
    let tag = Tag::try_from(&*tag).map_err(|_| broken())?;
    let (front, text) = front.split_at_mut(1 + NONCE);
    let nonce = XNonce::try_from(&front[1..]).map_err(|_| broken())?;
    XChaCha20Poly1305::new((&**key).into())
        .decrypt_inout_detached(&nonce, aad, text.into(), &tag)
        .map_err(|_| broken())?;
    held.truncate(end);
    held.drain(..=NONCE);
    Ok(held)
}

pub(crate) fn open_key(key: &Key, aad: &[u8], wrapped: &[u8]) -> Result<Key> {
    let plain = Zeroizing::new(open_with(key, aad, wrapped)?);
    let bytes: [u8; 32] = plain
        .as_slice()
        .try_into()
        .map_err(|_| StoreError::Corrupt("a wrapped key has a wrong length".to_owned()))?;
    Ok(Zeroizing::new(bytes))
}

/// What a seal of a field is bound to. Lengths come first, so that no two differ only in where one
/// part ends.
pub(crate) fn field_aad(owners: &[uuid::Uuid], field: &str, id: uuid::Uuid) -> Vec<u8> {
    let mut aad = Vec::with_capacity(owners.len() * 16 + field.len() + 24);
    for owner in owners {
        aad.extend_from_slice(owner.as_bytes());
    }
    aad.extend_from_slice(&(field.len() as u64).to_be_bytes());
    aad.extend_from_slice(field.as_bytes());
    aad.extend_from_slice(id.as_bytes());
    aad
}
