//! What routing goes by in all queues of a tenant: one row, or none if it was never changed.

use super::{Row, known};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::queue::{RoutingSettings, WorkOrder};
use domain::time::{Span, Timestamp};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    pub work_order: i16,
    pub gap_step: i64,
    pub version: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = RoutingSettings;

    fn of(tenant: TenantId, n: &RoutingSettings) -> Self {
        Self {
            tenant_id: tenant.0,
            work_order: n.order.code(),
            gap_step: n.gap_step.micros(),
            version: n.version,
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, RoutingSettings), StoreError> {
        let order = WorkOrder::from_code(self.work_order);
        let noun = RoutingSettings {
            order: known(order, "routing_settings.work_order")?,
            gap_step: Span::from_micros(self.gap_step),
            version: self.version,
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
