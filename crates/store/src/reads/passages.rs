//! How the newest interactions of a tenant went through the lines of their queues. One statement
//! along the primary key, bounded by time and number.

use super::TenantReader;
use super::work::first_id;
use crate::entity::known;
use crate::error::Result;
use domain::id::QueueId;
use domain::interaction::InteractionStatus;
use domain::time::{Span, Timestamp};
use uuid::Uuid;

/// How far back interactions were created.
const REACH: Span = Span::from_secs(24 * 3600);
/// How many are read at most, the newest.
const ROWS_MAX: i64 = 5_000;

/// An interaction that joined the line of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Which queue.
    pub queue_id: QueueId,
    /// When it began to wait.
    pub enqueued_at: Timestamp,
    /// How it stands.
    pub status: InteractionStatus,
    /// When an agent first took it.
    pub accepted_at: Option<Timestamp>,
    /// When it was closed for good.
    pub closed_at: Option<Timestamp>,
}

impl TenantReader {
    /// The newest interactions that joined a line, newest first.
    pub async fn passages(&self, now: Timestamp) -> Result<Vec<Passed>> {
        let query = self
            .query(
                "SELECT queue_id, enqueued_at, status, accepted_at, closed_at FROM interaction \
                 WHERE tenant_id = {t} AND queue_id IS NOT NULL AND enqueued_at IS NOT NULL",
            )
            .bind(" AND id >= ", first_id(now - REACH))
            .bind(" ORDER BY id DESC LIMIT ", ROWS_MAX);
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter()
            .map(|row| {
                let moment = |at| {
                    let micros: Option<i64> = row.try_get_by_index(at)?;
                    Ok::<_, sea_orm::DbErr>(micros.map(Timestamp::from_micros))
                };
                Ok(Passed {
                    queue_id: row.try_get_by_index::<Uuid>(0)?.into(),
                    enqueued_at: known(moment(1)?, "enqueued_at")?,
                    status: known(
                        InteractionStatus::from_code(row.try_get_by_index(2)?),
                        "status",
                    )?,
                    accepted_at: moment(3)?,
                    closed_at: moment(4)?,
                })
            })
            .collect()
    }
}
