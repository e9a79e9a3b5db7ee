//! Times that were used up: one row each, never changed.

use super::{Row, known, small};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::interaction::Priority;
use domain::sla::{SlaBreach, SlaMetric};
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sla_breach")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub interaction_id: Uuid,
    pub metric: i16,
    pub round: i16,
    pub policy_id: Option<Uuid>,
    pub queue_id: Option<Uuid>,
    pub priority: i16,
    pub due_at: i64,
    pub breached_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = SlaBreach;

    fn of(tenant: TenantId, n: &SlaBreach) -> Self {
        Self {
            tenant_id: tenant.0,
            seq: n.seq,
            interaction_id: n.interaction_id.0,
            metric: n.metric.code(),
            round: small(n.round),
            policy_id: n.policy_id.map(Into::into),
            queue_id: n.queue_id.map(Into::into),
            priority: n.priority.code(),
            due_at: n.due_at.micros(),
            breached_at: n.breached_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, SlaBreach), StoreError> {
        let noun = SlaBreach {
            seq: self.seq,
            interaction_id: self.interaction_id.into(),
            metric: known(SlaMetric::from_code(self.metric), "sla_breach.metric")?,
            round: super::count(self.round, "sla_breach.round")?,
            policy_id: self.policy_id.map(Into::into),
            queue_id: self.queue_id.map(Into::into),
            priority: known(Priority::from_code(self.priority), "sla_breach.priority")?,
            due_at: Timestamp::from_micros(self.due_at),
            breached_at: Timestamp::from_micros(self.breached_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
