//! Files: taken in piece by piece before a message takes them, and given out piece by piece. Every
//! part is sealed with the customer's key, so that erasing the customer makes it unreadable.

use crate::App;
use crate::content::{CustomerSeal, FileMeta, FileView};
use crate::context::Context;
use crate::error::{Error, Result};
use ::channels::email::{file_name, sniff};
use domain::id::{AttachmentId, ConversationId, CustomerId, InteractionId, TenantId};
use domain::mail::{ATTACHMENTS_MAX, Attachment};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Role;

/// How large one uploaded file may be, in bytes: 20 MiB.
pub const UPLOAD_MAX: i64 = 20 << 20;

/// How much one piece of an upload may hold, in bytes: 1 MiB.
pub const PIECE_MAX: usize = 1 << 20;

/// How much a piece holds at least, unless it is the last: 64 KiB.
const PIECE_MIN: usize = 64 << 10;

/// How long one part of a file that came by mail is, in bytes.
const PART: usize = 256 << 10;

/// One piece of a file, as a caller hands it in.
#[derive(Clone)]
pub struct Piece<'a> {
    /// Where an answer will take it.
    pub interaction_id: InteractionId,
    /// The file's id, chosen by the caller.
    pub id: AttachmentId,
    /// Its name; of the first piece.
    pub name: &'a str,
    /// The type the caller claims; of the first piece.
    pub declared_type: &'a str,
    /// How large the whole is; of the first piece.
    pub size: i64,
    /// Where the piece begins.
    pub offset: i64,
    /// What it holds.
    pub bytes: &'a [u8],
}

impl App {
    /// Takes a piece of a file in. A piece that is here already changes nothing.
    ///
    /// # Errors
    /// Not found, `ATTACHMENT_INCOMPLETE` with what is here, `ATTACHMENT_LIMIT`.
    pub async fn upload(&self, context: &Context, piece: Piece<'_>) -> Result<FileView> {
        let tenant = context.caller.tenant;
        let reader = self.read(context);
        let row = reader.interaction(piece.interaction_id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", piece.interaction_id))?;
        // Whose work it is counts when a message takes the file; an agent brings none to others'.
        let caller = &context.caller;
        if caller.role == Role::Agent && caller.agent != row.owner_agent_id {
            let refusal = Refusal::new(Reason::NotInteractionOwner);
            return Err(Error(refusal.with("interaction_id", row.id)));
        }
        let content = self.content(tenant).await?;
        let seal = content.customer(row.customer_id).await?;
        let files = self.store.attachments();
        if piece.offset == 0 && reader.attachment(piece.id).await?.is_none() {
            let many = files.waiting_in(tenant, row.conversation_id).await?;
            if many >= i64::try_from(ATTACHMENTS_MAX).unwrap_or(i64::MAX) {
                let refusal = Refusal::new(Reason::AttachmentLimit);
                return Err(Error(refusal.with("max_bytes", UPLOAD_MAX)));
            }
            let meta = FileMeta {
                name: file_name(piece.name),
                declared_type: piece.declared_type.to_owned(),
                media_type: sniff(piece.bytes),
                inline: false,
            };
            let home = (row.customer_id, row.conversation_id);
            let file = self.blank_file(piece.id, home, seal.file(&meta), piece.size).await?;
            files.begin(tenant, &file).await?;
        }
        let held = reader.attachment(piece.id).await?;
        let held = held.filter(|file| file.conversation_id == row.conversation_id);
        let held = held.ok_or_else(|| Error::not_found("attachment", piece.id))?;
        let held = self.append(tenant, &seal, held, &piece).await?;
        content.file(held).await
    }

    async fn append(
        &self,
        tenant: TenantId,
        seal: &CustomerSeal,
        mut held: Attachment,
        piece: &Piece<'_>,
    ) -> Result<Attachment> {
        let length = i64::try_from(piece.bytes.len()).unwrap_or(i64::MAX);
        let end = piece.offset.saturating_add(length);
        if end <= held.received {
            return Ok(held);
        }
        let refusal = |received: i64| {
            let refusal = Refusal::new(Reason::AttachmentIncomplete);
            Error(refusal.with("attachment_id", piece.id).with("received", received))
        };
        if piece.offset != held.received || end > held.size {
            return Err(refusal(held.received));
        }
        if piece.bytes.len() < PIECE_MIN && end != held.size {
            let text = "a piece has at least 64 KiB, unless it is the last";
            return Err(Error(Refusal::field("data", text)));
        }
        let part = seal.part(piece.id, piece.offset, piece.bytes);
        let span = (piece.offset, length);
        if !self.store.attachments().append(tenant, piece.id, span, &part).await? {
            return Err(refusal(held.received));
        }
        held.received = end;
        Ok(held)
    }

    async fn blank_file(
        &self,
        id: AttachmentId,
        (customer_id, conversation_id): (CustomerId, ConversationId),
        meta: domain::sealed::Sealed,
        size: i64,
    ) -> Result<Attachment> {
        Ok(Attachment {
            id,
            customer_id,
            conversation_id,
            message_id: None,
            position: 0,
            meta,
            size,
            received: 0,
            created_at: self.now().await?,
        })
    }

    /// Keeps a whole file, so that a message may take it.
    pub(crate) async fn keep_file(
        &self,
        tenant: TenantId,
        seal: &CustomerSeal,
        home: (CustomerId, ConversationId),
        meta: &FileMeta,
        bytes: &[u8],
    ) -> Result<AttachmentId> {
        let id = AttachmentId(uuid::Uuid::now_v7());
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let files = self.store.attachments();
        files.begin(tenant, &self.blank_file(id, home, seal.file(meta), size).await?).await?;
        let mut start = 0;
        for part in bytes.chunks(PART) {
            let length = i64::try_from(part.len()).unwrap_or(i64::MAX);
            files.append(tenant, id, (start, length), &seal.part(id, start, part)).await?;
            start += length;
        }
        Ok(id)
    }

    /// A file that belongs to a message, and what opens it.
    ///
    /// # Errors
    /// Not found: there is none, no message has it yet, or its customer was erased;
    /// `OUTSIDE_TEAM`.
    pub async fn file(
        &self,
        context: &Context,
        id: AttachmentId,
    ) -> Result<(FileView, CustomerSeal)> {
        let missing = || Error::not_found("attachment", id);
        let reader = self.read(context);
        let row = reader.attachment(id).await?.ok_or_else(missing)?;
        let message = reader.message(row.message_id.ok_or_else(missing)?).await?;
        let message = message.ok_or_else(missing)?;
        self.check_reads_id(context, message.interaction_id).await?;
        let content = self.content(context.caller.tenant).await?;
        let seal = content.customer(row.customer_id).await.map_err(|_| missing())?;
        Ok((content.file(row).await?, seal))
    }

    /// The part of a file that begins at `start`.
    ///
    /// # Errors
    /// If it is not there or does not open.
    pub async fn file_part(
        &self,
        tenant: TenantId,
        seal: &CustomerSeal,
        id: AttachmentId,
        start: i64,
    ) -> Result<Vec<u8>> {
        let part = self.store.tenant(tenant).attachment_part(id, start).await?;
        let part = part.ok_or_else(|| Error::not_found("attachment", id))?;
        seal.open_part(id, start, &part)
    }

    /// All of a file.
    ///
    /// # Errors
    /// As [`App::file_part`].
    pub(crate) async fn whole_file(
        &self,
        tenant: TenantId,
        seal: &CustomerSeal,
        file: &Attachment,
    ) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(file.size).unwrap_or_default());
        loop {
            let start = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            if start >= file.size {
                return Ok(bytes);
            }
            bytes.extend(self.file_part(tenant, seal, file.id, start).await?);
        }
    }
}
