//! Customers; everything personal is sealed.

use super::{Row, index_or_none};
use crate::error::StoreError;
use domain::customer::Customer;
use domain::id::TenantId;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub profile: Vec<u8>,
    pub external_index: Option<Vec<u8>>,
    pub tier: String,
    pub language: String,
    pub last_agent_id: Option<Uuid>,
    pub account_owner_id: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Customer;

    fn of(tenant: TenantId, n: &Customer) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            profile: n.profile.0.clone(),
            external_index: n.external_index.map(|i| i.0.to_vec()),
            tier: n.tier.clone(),
            language: n.language.clone(),
            last_agent_id: n.last_agent_id.map(Into::into),
            account_owner_id: n.account_owner_id.map(Into::into),
            version: n.version,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Customer), StoreError> {
        let noun = Customer {
            id: self.id.into(),
            profile: Sealed(self.profile),
            external_index: index_or_none(self.external_index, "customer.external_index")?,
            tier: self.tier,
            language: self.language,
            last_agent_id: self.last_agent_id.map(Into::into),
            account_owner_id: self.account_owner_id.map(Into::into),
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
