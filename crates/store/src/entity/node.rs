//! Running server processes and their leases; belongs to no tenant.

use crate::nodes::Node;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "node")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub epoch: i64,
    pub lease_until: i64,
    pub version: String,
    pub features: String,
    pub started_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Node {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            epoch: row.epoch,
            lease_until: Timestamp::from_micros(row.lease_until),
            version: row.version,
            features: row.features,
            started_at: Timestamp::from_micros(row.started_at),
        }
    }
}
