//! What leads a mail to its conversation, who takes part, and files.

use super::{MINE, TenantReader, page};
use crate::entity;
use crate::error::Result;
use crate::load::MAX_REFERENCES;
use crate::sql::{Type, bytes};
use domain::id::{AccountId, AttachmentId, ConversationId, MessageId};
use domain::mail::{Attachment, MailReference, MailSender};
use domain::sealed::{BlindIndex, Sealed};
use sea_orm::Value;

/// How many ids of mails one look-up takes.
const MAX_LOOKED_UP: usize = 64;

impl TenantReader {
    /// The mails with one of these ids, newest first.
    pub async fn mails(&self, references: &[BlindIndex]) -> Result<Vec<MailReference>> {
        let list: Vec<Value> =
            references.iter().take(MAX_LOOKED_UP).map(|index| bytes(&index.0)).collect();
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let most = list.len() * MAX_REFERENCES as usize;
        let query = self
            .query("SELECT r.* FROM mail_reference r WHERE ")
            .one_of("", "r.reference", Type::Bytes, list)
            .text(MINE)
            .text(&format!(" ORDER BY r.id DESC LIMIT {most}"));
        self.all::<entity::mail_reference::Model>(query).await
    }

    /// The newest mail that came in a conversation.
    pub async fn newest_mail(&self, of: ConversationId) -> Result<Option<MailReference>> {
        let query = self
            .query("SELECT r.* FROM mail_reference r WHERE r.conversation_id = ")
            .bind("", of.0)
            .text(MINE)
            .text(" ORDER BY r.id DESC LIMIT 1");
        self.one::<entity::mail_reference::Model>(query).await
    }

    /// Whether an address was seen in the mail of a conversation.
    pub async fn takes_part(&self, of: ConversationId, address: BlindIndex) -> Result<bool> {
        let query = self
            .query("SELECT r.* FROM mail_participant r WHERE r.tenant_id = {t}")
            .bind(" AND r.conversation_id = ", of.0)
            .bind(" AND r.address = ", bytes(&address.0));
        Ok(self.one::<entity::mail_participant::Model>(query).await?.is_some())
    }

    /// What is known of an address that writes to an account.
    pub async fn mail_sender(
        &self,
        account: AccountId,
        address: BlindIndex,
    ) -> Result<Option<MailSender>> {
        let query = self
            .query("SELECT r.* FROM mail_sender r WHERE r.tenant_id = {t}")
            .bind(" AND r.account_id = ", account.0)
            .bind(" AND r.address = ", bytes(&address.0));
        self.one::<entity::mail_sender::Model>(query).await
    }

    /// A file.
    pub async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>> {
        self.by_id::<entity::attachment::Model>(id.0).await
    }

    /// The files of messages, each message's in their order.
    pub async fn attachments(&self, of: &[MessageId]) -> Result<Vec<Attachment>> {
        let list: Vec<Value> = of.iter().take(super::MAX_IDS).map(|id| id.0.into()).collect();
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let most = list.len() * domain::mail::ATTACHMENTS_MAX;
        let query = self
            .query("SELECT r.* FROM attachment r WHERE ")
            .one_of("", "r.message_id", Type::Uuid, list)
            .text(MINE)
            .text(&format!(" ORDER BY r.message_id, r.position, r.id LIMIT {most}"));
        self.all::<entity::attachment::Model>(query).await
    }

    /// The part of a file that begins at `start`, sealed.
    pub async fn attachment_part(&self, id: AttachmentId, start: i64) -> Result<Option<Sealed>> {
        let query = self
            .query("SELECT r.bytes FROM attachment_part r WHERE r.tenant_id = {t}")
            .bind(" AND r.attachment_id = ", id.0)
            .bind(" AND r.start = ", start)
            .text(&format!(" LIMIT {}", page(1)));
        let row = self.reads.row(self.tenant, query).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.map(Sealed))
    }
}
