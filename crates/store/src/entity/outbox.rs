//! Deliveries still to be made, in lanes.

use super::{Row, fixed, known, option, option_text};
use crate::error::StoreError;
use crate::outbox::{Delivery, OutboxState};
use domain::id::TenantId;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub lane: Vec<u8>,
    pub message_id: Uuid,
    pub interaction_id: Uuid,
    pub account_id: Uuid,
    pub state: i16,
    pub attempt: i32,
    pub next_at: i64,
    pub lease_until: Option<i64>,
    pub lease_owner: Option<Uuid>,
    pub created_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub error: String,
    pub page: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Delivery;

    fn of(tenant: TenantId, n: &Delivery) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            lane: n.lane.to_vec(),
            message_id: n.message_id.0,
            interaction_id: n.interaction_id.0,
            account_id: n.account_id.0,
            state: n.state.code(),
            attempt: n.attempt,
            next_at: n.next_at.micros(),
            lease_until: n.lease_until.map(Timestamp::micros),
            lease_owner: n.lease_owner.map(Into::into),
            created_at: n.created_at.micros(),
            expires_at: n.expires_at.micros(),
            ended_at: n.ended_at.map(Timestamp::micros),
            error: n.error.clone(),
            page: option_text(n.page.as_ref()),
        }
    }

    fn noun(self) -> Result<(TenantId, Delivery), StoreError> {
        let noun = Delivery {
            id: self.id.into(),
            lane: fixed(self.lane, "outbox.lane")?,
            message_id: self.message_id.into(),
            interaction_id: self.interaction_id.into(),
            account_id: self.account_id.into(),
            state: known(OutboxState::from_code(self.state), "outbox.state")?,
            attempt: self.attempt,
            next_at: Timestamp::from_micros(self.next_at),
            lease_until: self.lease_until.map(Timestamp::from_micros),
            lease_owner: self.lease_owner.map(Into::into),
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            ended_at: self.ended_at.map(Timestamp::from_micros),
            error: self.error,
            page: option(&self.page, "outbox.page")?,
        };
        Ok((self.tenant_id.into(), noun))
    }
}
