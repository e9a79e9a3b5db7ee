//! What providers posted, raw and sealed, until a command took it in.

use super::{Row, fixed, known};
use crate::error::StoreError;
use crate::inbox::{InboxItem, InboxState};
use domain::id::TenantId;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub dedup_key: Vec<u8>,
    pub raw: Vec<u8>,
    pub received_at: i64,
    pub state: i16,
    pub attempts: i32,
    pub next_at: i64,
    pub error: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = InboxItem;

    fn of(tenant: TenantId, n: &InboxItem) -> Self {
        Self {
            tenant_id: tenant.0,
            account_id: n.account_id.0,
            dedup_key: n.dedup_key.to_vec(),
            raw: n.raw.0.clone(),
            received_at: n.received_at.micros(),
            state: n.state.code(),
            attempts: n.attempts,
            next_at: n.next_at.micros(),
            error: n.error.clone(),
        }
    }

    fn noun(self) -> Result<(TenantId, InboxItem), StoreError> {
        let noun = InboxItem {
            account_id: self.account_id.into(),
            dedup_key: fixed(self.dedup_key, "inbox.dedup_key")?,
            raw: Sealed(self.raw),
            received_at: Timestamp::from_micros(self.received_at),
            state: known(InboxState::from_code(self.state), "inbox.state")?,
            attempts: self.attempts,
            next_at: Timestamp::from_micros(self.next_at),
            error: self.error,
        };
        Ok((self.tenant_id.into(), noun))
    }
}
