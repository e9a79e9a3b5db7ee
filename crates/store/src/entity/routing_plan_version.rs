//! Versions of routing plans: the newest one, and those that interactions still go by.

use super::{Row, json, json_text};
use crate::error::StoreError;
use crate::floor::PlanVersion;
use domain::id::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_plan_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    pub spec: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = PlanVersion;

    fn of(tenant: TenantId, n: &PlanVersion) -> Self {
        Self {
            tenant_id: tenant.0,
            plan_id: n.plan_id.0,
            version: n.version,
            spec: json_text(&n.spec),
        }
    }

    fn noun(self) -> Result<(TenantId, PlanVersion), StoreError> {
        let spec = json(&self.spec, "routing_plan_version.spec")?;
        let noun = PlanVersion { plan_id: self.plan_id.into(), version: self.version, spec };
        Ok((self.tenant_id.into(), noun))
    }
}
