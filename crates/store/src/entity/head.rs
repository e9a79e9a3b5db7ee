//! The head of a tenant's log: how far it got, and the hash the next row is chained to.

use super::fixed;
use crate::error::StoreError;
use crate::ledger::Head;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    pub seq: i64,
    pub generation: i64,
    pub hash: Vec<u8>,
    pub last_now: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Head> for Model {
    fn from(n: &Head) -> Self {
        Self {
            tenant_id: n.tenant.0,
            seq: n.seq,
            generation: n.generation,
            hash: n.hash.to_vec(),
            last_now: n.last_now.micros(),
        }
    }
}

impl Model {
    /// The row as the ledger knows it.
    pub(crate) fn head(self) -> Result<Head, StoreError> {
        Ok(Head {
            tenant: self.tenant_id.into(),
            seq: self.seq,
            generation: self.generation,
            hash: fixed(self.hash, "head.hash")?,
            last_now: Timestamp::from_micros(self.last_now),
        })
    }
}
