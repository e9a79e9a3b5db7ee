//! Conversations.

use super::{Row, known};
use crate::error::StoreError;
use domain::channel::ChannelKind;
use domain::id::TenantId;
use domain::interaction::Conversation;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub channel: i16,
    pub account_id: Option<Uuid>,
    pub contact_point_id: Option<Uuid>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Conversation;

    fn of(tenant: TenantId, n: &Conversation) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            customer_id: n.customer_id.0,
            channel: n.channel.code(),
            account_id: n.account_id.map(Into::into),
            contact_point_id: n.contact_point_id.map(Into::into),
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Conversation), StoreError> {
        let noun = Conversation {
            id: self.id.into(),
            customer_id: self.customer_id.into(),
            channel: known(ChannelKind::from_code(self.channel), "conversation.channel")?,
            account_id: self.account_id.map(Into::into),
            contact_point_id: self.contact_point_id.map(Into::into),
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
