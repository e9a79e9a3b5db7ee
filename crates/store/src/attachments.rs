//! The bytes of files, in sealed parts. They come before the command that gives the file to a
//! message, and outside the log, as what is posted does; a file that no message takes is pruned.

use crate::entity::{self, Row};
use crate::error::{Result, StoreError};
use crate::pool::begin;
use crate::sql::{DatabaseKind, bytes};
use crate::store::Store;
use domain::id::{AttachmentId, ConversationId, TenantId};
use domain::mail::Attachment;
use domain::sealed::Sealed;
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, TransactionOptions};

/// How long one part may be, sealed.
pub const MAX_PART: usize = 1024 * 1024 + 64;

/// The files of all tenants.
#[derive(Clone, Copy, Debug)]
pub struct Attachments<'a> {
    kind: DatabaseKind,
    db: &'a DatabaseConnection,
}

const OWN: &str = "tenant_id = $1 AND id = $2 AND message_id IS NULL";

impl Store {
    /// The files of all tenants.
    #[must_use]
    pub fn attachments(&self) -> Attachments<'_> {
        let (kind, db) = self.work();
        Attachments { kind, db }
    }
}

impl Attachments<'_> {
    /// Begins a file without bytes, which waits for a message; false if it was begun before.
    pub async fn begin(&self, tenant: TenantId, file: &Attachment) -> Result<bool> {
        let sql = "INSERT INTO attachment (tenant_id, id, customer_id, conversation_id, \
                   message_id, position, meta, size, received, created_at) \
                   VALUES ($1, $2, $3, $4, NULL, 0, $5, $6, 0, $7) \
                   ON CONFLICT (tenant_id, id) DO NOTHING";
        let values = vec![
            tenant.0.into(),
            file.id.0.into(),
            file.customer_id.0.into(),
            file.conversation_id.0.into(),
            bytes(&file.meta.0),
            file.size.into(),
            file.created_at.micros().into(),
        ];
        let done = self.db.execute_raw(self.kind.statement(sql, values)).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Adds the part that begins at `start` and is `length` bytes long before sealing; false if the
    /// file does not end there any more, or is a message's.
    pub async fn append(
        &self,
        tenant: TenantId,
        id: AttachmentId,
        (start, length): (i64, i64),
        part: &Sealed,
    ) -> Result<bool> {
        if part.0.len() > MAX_PART {
            return Err(StoreError::Poison("a part of a file is too long".to_owned()));
        }
        let tx = begin(self.db, TransactionOptions::default()).await?;
        let sql = format!("UPDATE attachment SET received = $4 WHERE {OWN} AND received = $3");
        let end = (start + length).into();
        let values = vec![tenant.0.into(), id.0.into(), start.into(), end];
        let moved = tx.execute_raw(self.kind.statement(sql, values)).await?;
        if moved.rows_affected() != 1 {
            tx.rollback().await?;
            return Ok(false);
        }
        let sql = "INSERT INTO attachment_part (tenant_id, attachment_id, start, bytes) \
                   VALUES ($1, $2, $3, $4)";
        let values = vec![tenant.0.into(), id.0.into(), start.into(), bytes(&part.0)];
        tx.execute_raw(self.kind.statement(sql, values)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How many files wait for a message in a conversation.
    pub async fn waiting_in(&self, tenant: TenantId, of: ConversationId) -> Result<i64> {
        let sql = "SELECT count(*) FROM attachment WHERE tenant_id = $1 \
                   AND conversation_id = $2 AND message_id IS NULL";
        let statement = self.kind.statement(sql, vec![tenant.0.into(), of.0.into()]);
        let row = self.db.query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
    }

    /// A file that waits for a message.
    pub async fn waiting(&self, tenant: TenantId, id: AttachmentId) -> Result<Option<Attachment>> {
        let sql = format!("SELECT * FROM attachment WHERE {OWN}");
        let statement = self.kind.statement(sql, vec![tenant.0.into(), id.0.into()]);
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        Ok(Some(entity::attachment::Model::from_query_result(&row, "")?.noun()?.1))
    }
}
