//! Rows of the log, one per batch and tenant; written once, never changed.

use super::fixed;
use crate::error::StoreError;
use crate::ledger::LogRow;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub last_seq: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
    pub first_seq: i64,
    pub batch_id: Uuid,
    pub generation: i64,
    pub now: i64,
    pub seed: i64,
    pub touched: Vec<u8>,
    pub payload: Vec<u8>,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The day a log row belongs to, which names its partition.
pub(crate) fn day_of(now: Timestamp) -> i32 {
    i32::try_from(now.micros().div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
}

impl From<&LogRow> for Model {
    fn from(n: &LogRow) -> Self {
        Self {
            tenant_id: n.tenant.0,
            last_seq: n.last_seq,
            day: day_of(n.now),
            first_seq: n.first_seq,
            batch_id: n.batch_id.0,
            generation: n.generation,
            now: n.now.micros(),
            seed: n.seed.cast_signed(),
            touched: n.touched.clone(),
            payload: n.payload.clone(),
            prev_hash: n.prev_hash.to_vec(),
            hash: n.hash.to_vec(),
        }
    }
}

impl Model {
    /// The row as the ledger knows it, if it is one as we write them; the day, which no hash
    /// covers, follows from the moment.
    pub(crate) fn into_written(self) -> Option<LogRow> {
        let day = self.day;
        self.log_row().ok().filter(|row| day == day_of(row.now))
    }

    /// The row as the ledger knows it.
    pub(crate) fn log_row(self) -> Result<LogRow, StoreError> {
        Ok(LogRow {
            tenant: self.tenant_id.into(),
            first_seq: self.first_seq,
            last_seq: self.last_seq,
            batch_id: self.batch_id.into(),
            generation: self.generation,
            now: Timestamp::from_micros(self.now),
            seed: self.seed.cast_unsigned(),
            touched: self.touched,
            payload: self.payload,
            prev_hash: fixed(self.prev_hash, "log.prev_hash")?,
            hash: fixed(self.hash, "log.hash")?,
        })
    }
}
