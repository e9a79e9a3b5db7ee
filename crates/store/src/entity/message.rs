//! Messages.

use super::{Row, known, list, list_text};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub interaction_id: Uuid,
    pub direction: i16,
    pub author_kind: i16,
    pub author_id: Uuid,
    pub body: Vec<u8>,
    pub status: i16,
    pub failure: String,
    pub steps: String,
    pub external_id: Vec<u8>,
    pub sender: Vec<u8>,
    pub attachments: i16,
    pub created_at: i64,
    pub updated_at: i64,
    pub seq: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Message;

    fn of(tenant: TenantId, n: &Message) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            conversation_id: n.conversation_id.0,
            interaction_id: n.interaction_id.0,
            direction: n.direction.code(),
            author_kind: n.author_kind.code(),
            author_id: n.author_id,
            body: n.body.0.clone(),
            status: n.status.code(),
            failure: n.failure.clone(),
            steps: list_text(&n.steps),
            external_id: n.external_id.0.clone(),
            sender: n.sender.0.clone(),
            attachments: n.attachments,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
            seq: n.seq,
        }
    }

    fn noun(self) -> Result<(TenantId, Message), StoreError> {
        let noun = Message {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            interaction_id: self.interaction_id.into(),
            direction: known(Direction::from_code(self.direction), "message.direction")?,
            author_kind: known(AuthorKind::from_code(self.author_kind), "message.author_kind")?,
            author_id: self.author_id,
            body: Sealed(self.body),
            status: known(DeliveryStatus::from_code(self.status), "message.status")?,
            failure: self.failure,
            steps: list(&self.steps, "message.steps")?,
            external_id: Sealed(self.external_id),
            sender: Sealed(self.sender),
            attachments: self.attachments,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            seq: self.seq,
        };
        Ok((self.tenant_id.into(), noun))
    }
}
