//! What a tenant's key does: wrap customers' keys, seal what belongs to the tenant itself, and make
//! the blind indexes by which addresses and words are found without being readable.

use super::customer::CustomerKey;
use super::{Inner, Key, derive, field_aad, open_key, open_owned, open_with, random_key};
use super::{seal_owned, seal_with};
use crate::entity;
use crate::error::Result;
use crate::sql::Type;
use domain::channel::ChannelKind;
use domain::id::{CustomerId, TenantId};
use domain::sealed::{BlindIndex, Sealed};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{FromQueryResult, Value};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// How many customers' keys one call reads.
pub const MAX_CUSTOMER_KEYS: usize = 1000;

/// A tenant's unwrapped key and the index key made of it.
pub(crate) struct Keys {
    key: Key,
    index: Key,
}

impl Keys {
    pub(crate) fn new(key: Key) -> Self {
        let index = derive(&key, "index");
        Self { key, index }
    }
}

/// The seals of one tenant.
#[derive(Clone)]
pub struct TenantSeals {
    tenant: TenantId,
    keys: Arc<Keys>,
    inner: Arc<Inner>,
}

impl std::fmt::Debug for TenantSeals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TenantSeals({})", self.tenant)
    }
}

impl TenantSeals {
    pub(crate) fn new(tenant: TenantId, keys: Arc<Keys>, inner: Arc<Inner>) -> Self {
        Self { tenant, keys, inner }
    }

    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// Whose they are.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// A new key for a customer: the key to seal with, and the wrapped one to store.
    #[must_use]
    pub fn new_customer_key(&self, customer: CustomerId) -> (CustomerKey, Vec<u8>) {
        let key = random_key();
        let wrapped = seal_with(&self.keys.key, &self.customer_aad(customer), key.as_slice());
        (CustomerKey::new(self.tenant, customer, key), wrapped)
    }

    /// The key of a customer from its wrapped form.
    pub fn open_customer_key(&self, customer: CustomerId, wrapped: &[u8]) -> Result<CustomerKey> {
        let key = open_key(&self.keys.key, &self.customer_aad(customer), wrapped)?;
        Ok(CustomerKey::new(self.tenant, customer, key))
    }

    /// The key of a customer; none if the customer is unknown or erased.
    pub async fn customer_key(&self, customer: CustomerId) -> Result<Option<CustomerKey>> {
        Ok(self.customer_keys(&[customer]).await?.remove(&customer))
    }

    /// The keys of the first [`MAX_CUSTOMER_KEYS`] of these customers, in one statement at most.
    pub async fn customer_keys(
        &self,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, CustomerKey>> {
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        for customer in customers.iter().take(MAX_CUSTOMER_KEYS) {
            match self.inner.customers.get(&(self.tenant, *customer)).await {
                Some(key) => _ = found.insert(*customer, key),
                None => missing.push(Value::from(customer.0)),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let reads = &self.inner.reads;
        let query = reads
            .query("SELECT r.* FROM customer_key r WHERE r.tenant_id = {t} AND ")
            .one_of("", "r.customer_id", Type::Uuid, missing);
        for row in reads.rows(self.tenant, query).await? {
            let row = entity::customer_key::Model::from_query_result(&row, "")?;
            let customer = CustomerId(row.customer_id);
            let key = self.open_customer_key(customer, &row.wrapped)?;
            self.inner.customers.insert((self.tenant, customer), key.clone()).await;
            found.insert(customer, key);
        }
        Ok(found)
    }

    /// Forgets the key of a customer who was erased; rows are deleted by the ledger.
    pub async fn forget_customer(&self, customer: CustomerId) {
        self.inner.customers.invalidate(&(self.tenant, customer)).await;
    }

    /// A key of the tenant for one purpose, such as signing where answers go.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Key {
        derive(&self.keys.key, purpose)
    }

    /// Seals what belongs to the tenant; empty stays empty.
    #[must_use]
    pub fn seal(&self, field: &str, id: Uuid, plain: &[u8]) -> Sealed {
        if plain.is_empty() {
            return Sealed::default();
        }
        Sealed(seal_with(&self.keys.key, &field_aad(&[self.tenant.0], field, id), plain))
    }

    /// The same of what may be large, in place; see [`super::SEAL_OVERHEAD`].
    #[must_use]
    pub fn seal_owned(&self, field: &str, id: Uuid, plain: Vec<u8>) -> Sealed {
        if plain.is_empty() {
            return Sealed::default();
        }
        Sealed(seal_owned(&self.keys.key, &field_aad(&[self.tenant.0], field, id), plain))
    }

    /// Opens in place.
    pub fn open_owned(&self, field: &str, id: Uuid, sealed: Sealed) -> Result<Vec<u8>> {
        if sealed.is_empty() {
            return Ok(Vec::new());
        }
        open_owned(&self.keys.key, &field_aad(&[self.tenant.0], field, id), sealed.0)
    }

    /// Opens what [`TenantSeals::seal`] sealed for the same field and id.
    pub fn open(&self, field: &str, id: Uuid, sealed: &Sealed) -> Result<Vec<u8>> {
        if sealed.is_empty() {
            return Ok(Vec::new());
        }
        open_with(&self.keys.key, &field_aad(&[self.tenant.0], field, id), &sealed.0)
    }

    /// The blind index of an address, which is normalised first.
    #[must_use]
    pub fn contact_index(&self, kind: ChannelKind, address: &str) -> BlindIndex {
        let address = normalise_address(kind, address);
        self.index(&[b"contact", &kind.code().to_be_bytes(), address.as_bytes()])
    }

    /// The blind index of a word for one purpose; blanks around it and case do not matter.
    #[must_use]
    pub fn word_index(&self, purpose: &str, text: &str) -> BlindIndex {
        let text = text.trim().to_lowercase();
        self.index(&[b"word", purpose.as_bytes(), text.as_bytes()])
    }

    fn index(&self, parts: &[&[u8]]) -> BlindIndex {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.keys.index.as_slice())
            .expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let full = mac.finalize().into_bytes();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        BlindIndex(short)
    }

    fn customer_aad(&self, customer: CustomerId) -> Vec<u8> {
        [b"customer".as_slice(), self.tenant.0.as_bytes(), customer.0.as_bytes()].concat()
    }
}

/// An address as it is indexed: telephone numbers as digits with their plus, everything else
/// without blanks around it and in lower case.
#[must_use]
pub fn normalise_address(kind: ChannelKind, address: &str) -> String {
    match kind {
        ChannelKind::Sms | ChannelKind::Voice | ChannelKind::Whatsapp => {
            let number: String =
                address.chars().filter(|c| *c == '+' || c.is_ascii_digit()).collect();
            // A sender name such as "INFO" has no digits and must not equal every other one.
            if number.is_empty() { address.trim().to_lowercase() } else { number }
        }
        _ => address.trim().to_lowercase(),
    }
}
