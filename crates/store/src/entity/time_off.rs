//! Time off of agents.

use super::Row;
use crate::error::StoreError;
use domain::id::TenantId;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use domain::time_off::{Absence, TimeOff};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "time_off")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub agent_id: Uuid,
    pub start_at: i64,
    pub end_at: i64,
    pub reason: Vec<u8>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = TimeOff;

    fn of(tenant: TenantId, n: &TimeOff) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            agent_id: n.agent_id.0,
            start_at: n.absence.start_at.micros(),
            end_at: n.absence.end_at.micros(),
            reason: n.reason.0.clone(),
            created_at: n.created_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, TimeOff), StoreError> {
        let noun = TimeOff {
            id: self.id.into(),
            agent_id: self.agent_id.into(),
            absence: Absence {
                start_at: Timestamp::from_micros(self.start_at),
                end_at: Timestamp::from_micros(self.end_at),
            },
            reason: Sealed(self.reason),
            created_at: Timestamp::from_micros(self.created_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
