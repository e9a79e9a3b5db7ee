//! Keys of mutations already done, with what they made; kept for a day.

use super::{Row, fixed};
use crate::error::StoreError;
use crate::ledger::Idempotency;
use domain::id::TenantId;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    pub request_hash: Vec<u8>,
    pub resource_id: Uuid,
    pub seq: i64,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Idempotency;

    fn of(tenant: TenantId, n: &Idempotency) -> Self {
        Self {
            tenant_id: tenant.0,
            key: n.key.to_vec(),
            request_hash: n.request_hash.to_vec(),
            resource_id: n.resource_id,
            seq: n.seq,
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Idempotency), StoreError> {
        let noun = Idempotency {
            key: fixed(self.key, "idempotency.key")?,
            request_hash: fixed(self.request_hash, "idempotency.request_hash")?,
            resource_id: self.resource_id,
            seq: self.seq,
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
