//! Offers, and the legs they become.

use super::{Row, known, list, list_text};
use crate::error::StoreError;
use domain::channel::ChannelKind;
use domain::id::TenantId;
use domain::offer::{Offer, OfferRole, OfferState};
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub interaction_id: Uuid,
    pub agent_id: Uuid,
    pub role: i16,
    pub queue_id: Uuid,
    pub channel: i16,
    pub state: i16,
    pub attempt: i32,
    pub offered_at: i64,
    pub offered_seq: i64,
    pub expires_at: i64,
    pub answered_at: Option<i64>,
    pub wrap_until: Option<i64>,
    pub ended_at: Option<i64>,
    pub reason: String,
    pub note: Vec<u8>,
    pub note_id: Option<Uuid>,
    pub shadow_agent_id: Option<Uuid>,
    pub labels: String,
    pub override_limits: bool,
    pub last_seq: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Offer;

    fn of(tenant: TenantId, n: &Offer) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            interaction_id: n.interaction_id.0,
            agent_id: n.agent_id.0,
            role: n.role.code(),
            queue_id: n.queue_id.0,
            channel: n.channel.code(),
            state: n.state.code(),
            attempt: n.attempt,
            offered_at: n.offered_at.micros(),
            offered_seq: n.offered_seq,
            expires_at: n.expires_at.micros(),
            answered_at: n.answered_at.map(Timestamp::micros),
            wrap_until: n.wrap_until.map(Timestamp::micros),
            ended_at: n.ended_at.map(Timestamp::micros),
            reason: n.reason.clone(),
            note: n.note.0.clone(),
            note_id: n.note_id.map(Into::into),
            shadow_agent_id: n.shadow_agent_id.map(Into::into),
            labels: list_text(&n.labels),
            override_limits: n.override_limits,
            last_seq: n.last_seq,
        }
    }

    fn noun(self) -> Result<(TenantId, Offer), StoreError> {
        let noun = Offer {
            id: self.id.into(),
            interaction_id: self.interaction_id.into(),
            agent_id: self.agent_id.into(),
            role: known(OfferRole::from_code(self.role), "offer.role")?,
            queue_id: self.queue_id.into(),
            channel: known(ChannelKind::from_code(self.channel), "offer.channel")?,
            state: known(OfferState::from_code(self.state), "offer.state")?,
            attempt: self.attempt,
            offered_at: Timestamp::from_micros(self.offered_at),
            offered_seq: self.offered_seq,
            expires_at: Timestamp::from_micros(self.expires_at),
            answered_at: self.answered_at.map(Timestamp::from_micros),
            wrap_until: self.wrap_until.map(Timestamp::from_micros),
            ended_at: self.ended_at.map(Timestamp::from_micros),
            reason: self.reason,
            note: Sealed(self.note),
            note_id: self.note_id.map(Into::into),
            shadow_agent_id: self.shadow_agent_id.map(Into::into),
            labels: list(&self.labels, "offer.labels")?,
            override_limits: self.override_limits,
            last_seq: self.last_seq,
        };
        Ok((self.tenant_id.into(), noun))
    }
}
