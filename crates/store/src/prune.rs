//! What has served its time: remembered requests after a day, finished inbox and outbox rows after
//! a week. The log is not touched here.

use crate::error::Result;
use crate::pool::set_tenants;
use crate::store::Store;
use domain::id::TenantId;
use domain::time::{Span, Timestamp};
use sea_orm::{ConnectionTrait, TransactionTrait};

/// How long a request id is remembered.
pub const REMEMBERED: Span = Span::from_secs(24 * 3600);

/// How long a finished inbox item or delivery is kept.
pub const FINISHED_KEPT: Span = Span::from_secs(7 * 24 * 3600);

impl Store {
    /// Deletes what has served its time in inbox and outbox, over all tenants.
    pub async fn prune(&self, now: Timestamp) -> Result<()> {
        let (kind, db) = self.work();
        let before = (now - FINISHED_KEPT).micros();
        for sql in [
            "DELETE FROM inbox WHERE state = 2 AND received_at < $1",
            "DELETE FROM outbox WHERE state IN (3, 5) AND created_at < $1",
        ] {
            db.execute_raw(kind.statement(sql, vec![before.into()])).await?;
        }
        Ok(())
    }

    /// Forgets a tenant's requests older than [`REMEMBERED`].
    pub async fn prune_requests(&self, tenant: TenantId, now: Timestamp) -> Result<()> {
        let (kind, db) = self.work();
        let tx = db.begin().await?;
        set_tenants(&tx, kind, &[tenant]).await?;
        let sql = "DELETE FROM idempotency WHERE tenant_id = $1 AND created_at < $2";
        let values = vec![tenant.0.into(), (now - REMEMBERED).micros().into()];
        tx.execute_raw(kind.statement(sql, values)).await?;
        tx.commit().await?;
        Ok(())
    }
}
