//! Customers' keys, wrapped by the tenant's; deleting one erases the customer.

use super::Row;
use crate::batch::WrappedKey;
use crate::error::StoreError;
use domain::id::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    pub wrapped: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = WrappedKey;

    fn of(tenant: TenantId, n: &WrappedKey) -> Self {
        Self { tenant_id: tenant.0, customer_id: n.customer_id.0, wrapped: n.wrapped.clone() }
    }

    fn noun(self) -> Result<(TenantId, WrappedKey), StoreError> {
        let noun = WrappedKey { customer_id: self.customer_id.into(), wrapped: self.wrapped };
        Ok((self.tenant_id.into(), noun))
    }
}
