//! Agents' presence; apart from the agent, because it changes far more often.

use super::{Row, count, known, small};
use crate::error::StoreError;
use crate::floor::PresenceRow;
use domain::agent::{EffectiveStatus, Presence, PresenceStatus};
use domain::id::TenantId;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_presence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    pub intended: i16,
    pub effective: i16,
    pub lease_until: Option<i64>,
    pub since: i64,
    pub idle_seq: i64,
    pub credit: i16,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = PresenceRow;

    fn of(tenant: TenantId, n: &PresenceRow) -> Self {
        Self {
            tenant_id: tenant.0,
            agent_id: n.agent_id.0,
            intended: n.presence.intended.code(),
            effective: n.presence.effective.code(),
            lease_until: n.presence.lease_until.map(Timestamp::micros),
            since: n.presence.since.micros(),
            idle_seq: n.idle_seq,
            credit: small(n.credit),
        }
    }

    fn noun(self) -> Result<(TenantId, PresenceRow), StoreError> {
        let presence = Presence {
            intended: known(PresenceStatus::from_code(self.intended), "agent_presence.intended")?,
            effective: known(
                EffectiveStatus::from_code(self.effective),
                "agent_presence.effective",
            )?,
            lease_until: self.lease_until.map(Timestamp::from_micros),
            since: Timestamp::from_micros(self.since),
        };
        let row = PresenceRow {
            agent_id: self.agent_id.into(),
            presence,
            idle_seq: self.idle_seq,
            credit: count(self.credit, "agent_presence.credit")?,
        };
        Ok((self.tenant_id.into(), row))
    }
}
