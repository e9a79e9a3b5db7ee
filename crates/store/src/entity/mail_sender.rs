//! What is known of addresses that write to accounts.

use super::{Row, fixed, list, list_text};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::mail::MailSender;
use domain::sealed::BlindIndex;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_sender")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: Vec<u8>,
    pub inbound: String,
    pub replies: String,
    pub conversation_id: Uuid,
    pub interaction_id: Uuid,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = MailSender;

    fn of(tenant: TenantId, n: &MailSender) -> Self {
        Self {
            tenant_id: tenant.0,
            account_id: n.account_id.0,
            address: n.address.0.to_vec(),
            inbound: list_text(&n.inbound),
            replies: list_text(&n.replies),
            conversation_id: n.conversation_id.0,
            interaction_id: n.interaction_id.0,
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, MailSender), StoreError> {
        let noun = MailSender {
            account_id: self.account_id.into(),
            address: BlindIndex(fixed(self.address, "mail_sender.address")?),
            inbound: list(&self.inbound, "mail_sender.inbound")?,
            replies: list(&self.replies, "mail_sender.replies")?,
            conversation_id: self.conversation_id.into(),
            interaction_id: self.interaction_id.into(),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
