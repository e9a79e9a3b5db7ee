//! Ids of inbound mails, found by blind index.

use super::{Row, fixed};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::mail::MailReference;
use domain::sealed::{BlindIndex, Sealed};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_reference")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub reference: Vec<u8>,
    pub headers: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = MailReference;

    fn of(tenant: TenantId, n: &MailReference) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.message_id.0,
            conversation_id: n.conversation_id.0,
            reference: n.index.0.to_vec(),
            headers: n.headers.0.clone(),
        }
    }

    fn noun(self) -> Result<(TenantId, MailReference), StoreError> {
        let noun = MailReference {
            message_id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            index: BlindIndex(fixed(self.reference, "mail_reference.reference")?),
            headers: Sealed(self.headers),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
