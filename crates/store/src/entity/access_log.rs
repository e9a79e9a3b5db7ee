//! The access log: who touched what, and never what it held.

use super::{Row, list, list_text};
use crate::access_log::Access;
use crate::error::StoreError;
use domain::id::{AgentId, CustomerId, InteractionId, PrincipalId, TenantId};
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub principal_id: Uuid,
    pub agent_id: Option<Uuid>,
    pub method: String,
    pub resources: String,
    pub customer_id: Option<Uuid>,
    pub interaction_id: Option<Uuid>,
    pub code: i16,
    pub request_id: String,
    pub count: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Access;

    fn of(tenant: TenantId, n: &Access) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id,
            at: n.at.micros(),
            principal_id: n.principal.0,
            agent_id: n.agent.map(Into::into),
            method: n.method.clone(),
            resources: list_text(&n.resources),
            customer_id: n.customer().map(|id| id.0),
            interaction_id: n.interaction().map(|id| id.0),
            code: n.code,
            request_id: n.request_id.clone(),
            count: n.count,
        }
    }

    fn noun(self) -> Result<(TenantId, Access), StoreError> {
        let noun = Access {
            id: self.id,
            at: Timestamp::from_micros(self.at),
            principal: PrincipalId(self.principal_id),
            agent: self.agent_id.map(AgentId),
            method: self.method,
            resources: list(&self.resources, "access_log.resources")?,
            code: self.code,
            request_id: self.request_id,
            count: self.count,
        };
        Ok((self.tenant_id.into(), noun))
    }
}

impl Access {
    fn named(&self, field: &str) -> Option<Uuid> {
        self.resources.iter().find(|(name, _)| name == field).map(|(_, id)| *id)
    }

    /// The customer it was about, if it named one.
    #[must_use]
    pub fn customer(&self) -> Option<CustomerId> {
        self.named("customer_id").map(CustomerId)
    }

    /// The interaction it was about, if it named one.
    #[must_use]
    pub fn interaction(&self) -> Option<InteractionId> {
        self.named("interaction_id").map(InteractionId)
    }
}
