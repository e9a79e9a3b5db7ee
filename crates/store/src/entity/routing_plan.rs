//! Routing plans as they are now.

use super::{Row, json, json_text};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::plan::Plan;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub spec: String,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Plan;

    fn of(tenant: TenantId, n: &Plan) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            name: n.name.clone(),
            description: n.description.clone(),
            spec: json_text(&n.spec),
            version: n.version,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Plan), StoreError> {
        let noun = Plan {
            id: self.id.into(),
            name: self.name,
            description: self.description,
            spec: json(&self.spec, "routing_plan.spec")?,
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
