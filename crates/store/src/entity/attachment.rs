//! Files that belong to messages, or wait for one.

use super::Row;
use crate::error::StoreError;
use domain::id::TenantId;
use domain::mail::Attachment;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub conversation_id: Uuid,
    pub message_id: Option<Uuid>,
    pub position: i16,
    pub meta: Vec<u8>,
    pub size: i64,
    pub received: i64,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Attachment;

    fn of(tenant: TenantId, n: &Attachment) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            customer_id: n.customer_id.0,
            conversation_id: n.conversation_id.0,
            message_id: n.message_id.map(Into::into),
            position: n.position,
            meta: n.meta.0.clone(),
            size: n.size,
            received: n.received,
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Attachment), StoreError> {
        let noun = Attachment {
            id: self.id.into(),
            customer_id: self.customer_id.into(),
            conversation_id: self.conversation_id.into(),
            message_id: self.message_id.map(Into::into),
            position: self.position,
            meta: Sealed(self.meta),
            size: self.size,
            received: self.received,
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
