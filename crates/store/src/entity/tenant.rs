//! Tenants with their wrapped keys.

use super::known;
use crate::error::StoreError;
use domain::tenant::{Tenant, TenantStatus};
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub status: i16,
    pub wrapped_key: Vec<u8>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// A row of a tenant and its wrapped key.
    pub(crate) fn new(n: &Tenant, wrapped_key: &[u8]) -> Self {
        Self {
            id: n.id.0,
            name: n.name.clone(),
            status: n.status.code(),
            wrapped_key: wrapped_key.to_vec(),
            version: n.version,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
        }
    }

    /// The tenant and its wrapped key.
    pub(crate) fn tenant(self) -> Result<(Tenant, Vec<u8>), StoreError> {
        let tenant = Tenant {
            id: self.id.into(),
            name: self.name,
            status: known(TenantStatus::from_code(self.status), "tenant.status")?,
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((tenant, self.wrapped_key))
    }
}
