//! API keys; only a keyed hash of the secret is kept.

use super::{Row, known};
use crate::error::StoreError;
use domain::id::TenantId;
use domain::tenant::{ApiKey, Permissions, Role};
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub role: i16,
    pub permissions: i32,
    pub agent_id: Option<Uuid>,
    pub secret_hash: Vec<u8>,
    pub last4: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = ApiKey;

    fn of(tenant: TenantId, n: &ApiKey) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            name: n.name.clone(),
            role: n.role.code(),
            permissions: n.permissions.bits().cast_signed(),
            agent_id: n.agent_id.map(Into::into),
            secret_hash: n.secret_hash.clone(),
            last4: n.last4.clone(),
            created_at: n.created_at.micros(),
            expires_at: n.expires_at.map(Timestamp::micros),
            revoked_at: n.revoked_at.map(Timestamp::micros),
        }
    }

    fn noun(self) -> Result<(TenantId, ApiKey), StoreError> {
        let noun = ApiKey {
            id: self.id.into(),
            name: self.name,
            role: known(Role::from_code(self.role), "api_key.role")?,
            permissions: Permissions::from_bits(self.permissions.cast_unsigned()),
            agent_id: self.agent_id.map(Into::into),
            secret_hash: self.secret_hash,
            last4: self.last4,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_micros),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
