//! What could not be done and is kept for a person to look at.

use super::Row;
use crate::batch::DeadLetter;
use crate::error::StoreError;
use domain::id::TenantId;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_letter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub reference: String,
    pub error: String,
    pub payload: Vec<u8>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = DeadLetter;

    fn of(tenant: TenantId, n: &DeadLetter) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id,
            kind: n.kind.clone(),
            reference: n.reference.clone(),
            error: n.error.clone(),
            payload: n.payload.0.clone(),
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, DeadLetter), StoreError> {
        let noun = DeadLetter {
            id: self.id,
            kind: self.kind,
            reference: self.reference,
            error: self.error,
            payload: Sealed(self.payload),
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
