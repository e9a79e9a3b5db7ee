//! A customer's own key. Everything the customer said, or others wrote about them, is sealed with
//! it; once the wrapped key is deleted, none of it can be opened again.

use super::{Key, field_aad, open_with, seal_with};
use crate::error::Result;
use domain::id::{CustomerId, TenantId};
use domain::sealed::Sealed;
use std::sync::Arc;
use uuid::Uuid;

/// The key of one customer.
#[derive(Clone)]
pub struct CustomerKey {
    tenant: TenantId,
    customer: CustomerId,
    key: Arc<Key>,
}

impl std::fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CustomerKey({})", self.customer)
    }
}

impl CustomerKey {
    pub(crate) fn new(tenant: TenantId, customer: CustomerId, key: Key) -> Self {
        Self { tenant, customer, key: Arc::new(key) }
    }

    /// Whose it is.
    #[must_use]
    pub fn customer(&self) -> CustomerId {
        self.customer
    }

    /// Seals a field of a row; empty stays empty.
    #[must_use]
    pub fn seal(&self, field: &str, id: Uuid, plain: &[u8]) -> Sealed {
        if plain.is_empty() {
            return Sealed::default();
        }
        Sealed(seal_with(&self.key, &self.aad(field, id), plain))
    }

    /// Opens what [`CustomerKey::seal`] sealed for the same field and id.
    pub fn open(&self, field: &str, id: Uuid, sealed: &Sealed) -> Result<Vec<u8>> {
        if sealed.is_empty() {
            return Ok(Vec::new());
        }
        open_with(&self.key, &self.aad(field, id), &sealed.0)
    }

    fn aad(&self, field: &str, id: Uuid) -> Vec<u8> {
        field_aad(&[self.tenant.0, self.customer.0], field, id)
    }
}
