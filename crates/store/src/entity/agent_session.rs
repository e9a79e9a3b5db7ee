//! Consoles held open, by node.

use super::{Row, count, small};
use crate::error::StoreError;
use crate::floor::SessionRow;
use domain::agent::Session;
use domain::id::TenantId;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub agent_id: Uuid,
    pub node_id: Uuid,
    pub epoch: i64,
    pub max_open_offers: i16,
    pub opened_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = SessionRow;

    fn of(tenant: TenantId, n: &SessionRow) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            agent_id: n.agent_id.0,
            node_id: n.session.node_id.0,
            epoch: n.session.epoch,
            max_open_offers: small(n.session.max_open_offers),
            opened_at: n.opened_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, SessionRow), StoreError> {
        let noun = SessionRow {
            id: self.id.into(),
            agent_id: self.agent_id.into(),
            session: Session {
                node_id: self.node_id.into(),
                epoch: self.epoch,
                max_open_offers: count(self.max_open_offers, "agent_session.max_open_offers")?,
            },
            opened_at: Timestamp::from_micros(self.opened_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
