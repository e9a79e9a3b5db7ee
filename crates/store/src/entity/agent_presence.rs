//! Agents' presence; apart from the agent, because it changes far more often.

use super::{Row, count, known, small};
use crate::error::StoreError;
use crate::floor::PresenceRow;
use domain::agent::{EffectiveStatus, Presence, PresenceStatus};
use domain::channel::ChannelKind;
use domain::id::TenantId;
use domain::schedule::Duty;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_presence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    pub intended: i16,
    pub effective: i16,
    pub lease_until: Option<i64>,
    pub since: i64,
    /// What holds after their work; 0 for nothing.
    pub next: i16,
    /// A bit for each kind of channel they are ready for; 0 for all.
    pub channels: i64,
    pub idle_seq: i64,
    pub asked_seq: i64,
    pub credit: i16,
    pub duty: i16,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn bit(kind: ChannelKind) -> i64 {
    1 << kind.code()
}

fn channels(bits: i64) -> Result<Vec<ChannelKind>, StoreError> {
    let found: Vec<ChannelKind> =
        ChannelKind::ALL.iter().copied().filter(|kind| bits & bit(*kind) != 0).collect();
    let all = found.iter().fold(0, |bits, kind| bits | bit(*kind));
    known((all == bits).then_some(found), "agent_presence.channels")
}

impl Row for Model {
    type Noun = PresenceRow;

    fn of(tenant: TenantId, n: &PresenceRow) -> Self {
        Self {
            tenant_id: tenant.0,
            agent_id: n.agent_id.0,
            intended: n.presence.intended.code(),
            effective: n.presence.effective.code(),
            lease_until: n.presence.lease_until.map(Timestamp::micros),
            since: n.presence.since.micros(),
            next: n.presence.next.map_or(0, PresenceStatus::code),
            channels: n.presence.channels.iter().fold(0, |bits, kind| bits | bit(*kind)),
            idle_seq: n.idle_seq,
            asked_seq: n.asked_seq,
            credit: small(n.credit),
            duty: n.presence.duty.code(),
        }
    }

    fn noun(self) -> Result<(TenantId, PresenceRow), StoreError> {
        let presence = Presence {
            intended: known(PresenceStatus::from_code(self.intended), "agent_presence.intended")?,
            effective: known(
                EffectiveStatus::from_code(self.effective),
                "agent_presence.effective",
            )?,
            lease_until: self.lease_until.map(Timestamp::from_micros),
            since: Timestamp::from_micros(self.since),
            next: match self.next {
                0 => None,
                code => Some(known(PresenceStatus::from_code(code), "agent_presence.next")?),
            },
            channels: channels(self.channels)?,
            duty: known(Duty::from_code(self.duty), "agent_presence.duty")?,
        };
        let row = PresenceRow {
            agent_id: self.agent_id.into(),
            presence,
            idle_seq: self.idle_seq,
            asked_seq: self.asked_seq,
            credit: count(self.credit, "agent_presence.credit")?,
        };
        Ok((self.tenant_id.into(), row))
    }
}
