//! What has served its time: remembered requests after a day, finished inbox and outbox rows after
//! a week, dead letters after a month. The log is not touched here. A statement deletes so few rows
//! that others hardly wait.

use crate::error::Result;
use crate::pool::{begin, set_tenants};
use crate::store::Store;
use domain::id::TenantId;
use domain::time::{Span, Timestamp};
use sea_orm::{ConnectionTrait, TransactionOptions};

/// How long a request id is remembered.
pub const REMEMBERED: Span = Span::from_secs(24 * 3600);

/// How long a finished inbox item or delivery is kept.
pub const FINISHED_KEPT: Span = Span::from_secs(7 * 24 * 3600);

/// How long what came in and was given up is kept for a person.
pub const DEAD_KEPT: Span = Span::from_secs(30 * 24 * 3600);

/// How many rows one statement deletes at most.
pub(crate) const PRUNE_ROWS: u64 = 5_000;

/// How many parts of files one statement deletes at most: each has up to a mebibyte.
const PRUNE_PARTS: u64 = 64;

/// How many statements of one kind a round runs at most; the next round goes on.
pub(crate) const STATEMENTS_MAX: usize = 400;

/// Files that no message took, and those of customers who were erased.
const LOOSE: &str = "message_id IS NULL AND created_at < $1 AND NOT EXISTS \
     (SELECT 1 FROM attachment_part p WHERE p.tenant_id = attachment.tenant_id \
     AND p.attachment_id = attachment.id)";

/// Their parts, which go first.
const LOOSE_PARTS: &str = "(tenant_id, attachment_id) IN (SELECT a.tenant_id, a.id \
     FROM attachment a WHERE a.message_id IS NULL AND a.created_at < $1)";

impl Store {
    /// Deletes what has served its time in inbox and outbox, over all tenants.
    pub async fn prune(&self, now: Timestamp) -> Result<()> {
        let (kind, db) = self.work();
        let item = "tenant_id, account_id, dedup_key";
        for (table, key, old, kept) in [
            // Files: their parts, then themselves.
            ("attachment_part", "tenant_id, attachment_id, start", LOOSE_PARTS, FINISHED_KEPT),
            ("attachment", "tenant_id, id", LOOSE, FINISHED_KEPT),
            ("mail_sender", "tenant_id, account_id, address", "updated_at < $1", FINISHED_KEPT),
            ("inbox", item, "state = 2 AND received_at < $1", FINISHED_KEPT),
            ("inbox", item, "state = 3 AND received_at < $1", DEAD_KEPT),
            ("outbox", "tenant_id, id", "state IN (3, 4, 5) AND created_at < $1", FINISHED_KEPT),
        ] {
            let before = (now - kept).micros();
            let most = if table == "attachment_part" { PRUNE_PARTS } else { PRUNE_ROWS };
            let sql = some(table, key, old, most);
            for _ in 0..STATEMENTS_MAX {
                let done = db.execute_raw(kind.statement(&sql, vec![before.into()])).await?;
                if done.rows_affected() < most {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Forgets a tenant's requests older than [`REMEMBERED`].
    pub async fn prune_requests(&self, tenant: TenantId, now: Timestamp) -> Result<()> {
        let (kind, db) = self.work();
        let before = (now - REMEMBERED).micros();
        let old = "tenant_id = $1 AND created_at < $2";
        let sql = some("idempotency", "tenant_id, key", old, PRUNE_ROWS);
        for _ in 0..STATEMENTS_MAX {
            let tx = begin(db, TransactionOptions::default()).await?;
            set_tenants(&tx, kind, &[tenant]).await?;
            let values = vec![tenant.0.into(), before.into()];
            let done = tx.execute_raw(kind.statement(&sql, values)).await?;
            tx.commit().await?;
            if done.rows_affected() < PRUNE_ROWS {
                break;
            }
        }
        Ok(())
    }
}

/// Deletes so many at most of what is old.
pub(crate) fn some(table: &str, key: &str, old: &str, most: u64) -> String {
    format!(
        "DELETE FROM {table} WHERE ({key}) IN \
         (SELECT {key} FROM {table} WHERE {old} LIMIT {most})"
    )
}
