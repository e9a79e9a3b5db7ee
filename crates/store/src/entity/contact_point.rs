//! Addresses of customers, found by blind index.

use super::{Row, fixed, known, list, list_text};
use crate::error::StoreError;
use domain::channel::ChannelKind;
use domain::customer::{ContactPoint, Suppression, SuppressionReason};
use domain::id::TenantId;
use domain::sealed::{BlindIndex, Sealed};
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_point")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub kind: i16,
    pub address: Vec<u8>,
    pub address_index: Vec<u8>,
    pub verified: bool,
    pub suppressed_for: i16,
    pub suppressed_at: Option<i64>,
    pub soft_bounces: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = ContactPoint;

    fn of(tenant: TenantId, n: &ContactPoint) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            customer_id: n.customer_id.0,
            kind: n.kind.code(),
            address: n.address.0.clone(),
            address_index: n.address_index.0.to_vec(),
            verified: n.verified,
            suppressed_for: n.suppression.map_or(0, |held| held.reason.code()),
            suppressed_at: n.suppression.map(|held| held.at.micros()),
            soft_bounces: list_text(&n.soft_bounces),
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, ContactPoint), StoreError> {
        let reason = match self.suppressed_for {
            0 => None,
            code => {
                Some(known(SuppressionReason::from_code(code), "contact_point.suppressed_for")?)
            }
        };
        let at = Timestamp::from_micros(self.suppressed_at.unwrap_or_default());
        let noun = ContactPoint {
            id: self.id.into(),
            customer_id: self.customer_id.into(),
            kind: known(ChannelKind::from_code(self.kind), "contact_point.kind")?,
            address: Sealed(self.address),
            address_index: BlindIndex(fixed(self.address_index, "contact_point.address_index")?),
            verified: self.verified,
            suppression: reason.map(|reason| Suppression { reason, at }),
            soft_bounces: list(&self.soft_bounces, "contact_point.soft_bounces")?,
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
