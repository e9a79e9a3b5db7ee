//! Mailboxes of accounts, found over all tenants by a keyed index of the address.

use super::Row;
use crate::error::StoreError;
use domain::id::TenantId;
use domain::mail::MailboxRow;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mailbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    pub address: Vec<u8>,
    pub open: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = MailboxRow;

    fn of(tenant: TenantId, n: &MailboxRow) -> Self {
        Self {
            tenant_id: tenant.0,
            account_id: n.account_id.0,
            address: n.address.clone(),
            open: n.open,
        }
    }

    fn noun(self) -> Result<(TenantId, MailboxRow), StoreError> {
        let noun = MailboxRow {
            account_id: self.account_id.into(),
            address: self.address,
            open: self.open,
        };
        Ok((self.tenant_id.into(), noun))
    }
}
