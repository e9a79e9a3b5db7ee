//! Addresses seen in the mail of conversations.

use super::{Row, fixed};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::mail::MailParticipant;
use domain::sealed::BlindIndex;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_participant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: Vec<u8>,
    pub replied_at: Option<i64>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = MailParticipant;

    fn of(tenant: TenantId, n: &MailParticipant) -> Self {
        Self {
            tenant_id: tenant.0,
            conversation_id: n.conversation_id.0,
            address: n.address.0.to_vec(),
            replied_at: n.replied_at.map(Timestamp::micros),
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, MailParticipant), StoreError> {
        let noun = MailParticipant {
            conversation_id: self.conversation_id.into(),
            address: BlindIndex(fixed(self.address, "mail_participant.address")?),
            replied_at: self.replied_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
