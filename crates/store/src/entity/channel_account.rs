//! Tenants' accounts on channels.

use super::{Row, json, json_text, known};
use crate::error::StoreError;
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::id::TenantId;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channel_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: i16,
    pub name: String,
    pub status: i16,
    pub url: String,
    pub mail: String,
    pub secrets: Vec<u8>,
    pub secret_last4: String,
    pub default_queue_id: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = ChannelAccount;

    fn of(tenant: TenantId, n: &ChannelAccount) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            kind: n.kind.code(),
            name: n.name.clone(),
            status: n.status.code(),
            url: n.url.clone(),
            mail: n.mail.as_ref().map(json_text).unwrap_or_default(),
            secrets: n.secrets.0.clone(),
            secret_last4: n.secret_last4.clone(),
            default_queue_id: n.default_queue_id.map(Into::into),
            version: n.version,
            created_at: n.created_at.micros(),
            updated_at: n.updated_at.micros(),
        }
    }

    fn noun(self) -> Result<(TenantId, ChannelAccount), StoreError> {
        let mail = match self.mail.as_str() {
            "" => None,
            text => Some(json(text, "channel_account.mail")?),
        };
        let noun = ChannelAccount {
            id: self.id.into(),
            kind: known(ChannelKind::from_code(self.kind), "channel_account.kind")?,
            name: self.name,
            status: known(AccountStatus::from_code(self.status), "channel_account.status")?,
            url: self.url,
            mail,
            secrets: Sealed(self.secrets),
            secret_last4: self.secret_last4,
            default_queue_id: self.default_queue_id.map(Into::into),
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((self.tenant_id.into(), noun))
    }
}
