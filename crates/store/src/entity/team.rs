//! Teams.

use super::Row;
use crate::error::StoreError;
use domain::agent::Team;
use domain::id::TenantId;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub parent_team_id: Option<Uuid>,
    pub escalation_team_id: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Team;

    fn of(tenant: TenantId, n: &Team) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            name: n.name.clone(),
            description: n.description.clone(),
            parent_team_id: n.parent.map(Into::into),
            escalation_team_id: n.escalates_to.map(Into::into),
            version: n.version,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, Team), StoreError> {
        let noun = Team {
            id: self.id.into(),
            name: self.name,
            description: self.description,
            parent: self.parent_team_id.map(Into::into),
            escalates_to: self.escalation_team_id.map(Into::into),
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
