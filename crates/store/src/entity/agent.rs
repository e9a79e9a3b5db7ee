//! Agents.

use super::{Row, json, json_text};
use crate::error::StoreError;
use domain::agent::Agent;
use domain::id::TenantId;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: Vec<u8>,
    pub email: Vec<u8>,
    pub spec: String,
    pub presence_reason: Vec<u8>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Agent;

    fn of(tenant: TenantId, n: &Agent) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            name: n.name.0.clone(),
            email: n.email.0.clone(),
            spec: json_text(&n.spec),
            presence_reason: n.presence_reason.0.clone(),
            version: n.version,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Agent), StoreError> {
        let noun = Agent {
            id: self.id.into(),
            name: Sealed(self.name),
            email: Sealed(self.email),
            spec: json(&self.spec, "agent.spec")?,
            presence_reason: Sealed(self.presence_reason),
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
