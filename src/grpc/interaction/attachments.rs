//! Files of messages: pieces come in by one call each, content goes out as a stream that ends.

use crate::grpc::Edge;
use crate::grpc::call::{id, read, watch};
use crate::grpc::convert::message::attachment;
use crate::grpc::status::status;
use crate::grpc::stream::Frames;
use crate::names::Slate;
use crate::proto::v1;
use app::App;
use app::attachments::Piece;
use app::content::CustomerSeal;
use domain::id::{AttachmentId, TenantId};
use futures::stream;
use tonic::{Request, Response, Status};

/// How many bytes one frame of a download carries at most.
const FRAME: usize = 64 << 10;

macro_rules! method {
    ($rpc:literal) => {
        concat!("/omnichannel.v1.InteractionService/", $rpc)
    };
}

pub(super) async fn upload(
    edge: &Edge,
    request: Request<v1::UploadAttachmentRequest>,
) -> Result<Response<v1::UploadAttachmentResponse>, Status> {
    let (context, asked) = read(request, method!("UploadAttachment"))?;
    let piece = Piece {
        interaction_id: id(&asked.interaction_id)?,
        id: id(&asked.attachment_id)?,
        name: &asked.name,
        declared_type: &asked.declared_type,
        size: asked.size,
        offset: asked.offset,
        bytes: &asked.data,
    };
    let file = edge.app.upload(&context, piece).await.map_err(status)?;
    Ok(Response::new(v1::UploadAttachmentResponse {
        received: file.row.received,
        attachment: Some(attachment(&file)),
    }))
}

pub(super) async fn download(
    edge: &Edge,
    request: Request<v1::DownloadAttachmentRequest>,
) -> Result<Response<Frames<v1::DownloadAttachmentResponse>>, Status> {
    let slate = request.extensions().get::<Slate>().cloned();
    let (context, asked) = watch(request, method!("DownloadAttachment"))?;
    let (file, seal) = edge.app.file(&context, id(&asked.attachment_id)?).await.map_err(status)?;
    if let Some(slate) = slate {
        slate.tell("customer_id", &file.row.customer_id.to_string());
    }
    let first =
        v1::DownloadAttachmentResponse { attachment: Some(attachment(&file)), data: Vec::new() };
    let sending = Sending {
        app: edge.app.clone(),
        tenant: context.caller.tenant,
        seal,
        id: file.row.id,
        size: file.row.size,
        read: 0,
        part: Vec::new(),
        sent: 0,
        first: Some(first),
    };
    let frames = stream::try_unfold(sending, |mut sending| async move {
        let frame = sending.next().await?;
        Ok(frame.map(|frame| (frame, sending)))
    });
    Ok(Response::new(Box::pin(frames)))
}

/// A file on its way out: one part of it in memory at a time.
struct Sending {
    app: App,
    tenant: TenantId,
    seal: CustomerSeal,
    id: AttachmentId,
    size: i64,
    /// Where the next part begins.
    read: i64,
    part: Vec<u8>,
    /// How much of the part is sent.
    sent: usize,
    first: Option<v1::DownloadAttachmentResponse>,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<v1::DownloadAttachmentResponse>, Status> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        if self.sent == self.part.len() {
            if self.read >= self.size {
                return Ok(None);
            }
            let part = self.app.file_part(self.tenant, &self.seal, self.id, self.read).await;
            self.part = part.map_err(status)?;
            self.read += i64::try_from(self.part.len()).unwrap_or(i64::MAX);
            self.sent = 0;
        }
        let end = self.part.len().min(self.sent + FRAME);
        let data = self.part[self.sent..end].to_vec();
        self.sent = end;
        Ok(Some(v1::DownloadAttachmentResponse { attachment: None, data }))
    }
}
