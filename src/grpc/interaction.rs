//! InteractionService: units of work come in, are read and written in, moved and ended.

mod attachments;

use super::Edge;
use super::call::{change, id, read};
use super::convert::mask::Fields;
use super::convert::{Coded, MessagesOf, analytics, delivery, interaction, message, plan, time};
use super::page;
use super::status::{refusal, status};
use super::stream::{self, Frames};
use crate::proto::v1;
use crate::proto::v1::interaction_service_server::{InteractionService, InteractionServiceServer};
use crate::proto::v1::list_messages_request::Scope;
use crate::proto::v1::transfer_interaction_request::Target;
use app::content::InteractionView;
use app::context::Context;
use app::ledger::command::Command;
use app::ledger::command::callback::RequestCallback;
use app::ledger::command::close::Way;
use app::ledger::command::escalate::Escalate;
use app::ledger::command::park::{Park, Wake};
use app::ledger::command::requeue::{Move, Requeue};
use domain::id::{AttachmentId, CustomerId, InteractionId, MessageId};
use domain::interaction::Priority;
use domain::refusal::Refusal;
use prost::Message;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

/// How many messages are read at a time.
const STEP: u32 = 100;

macro_rules! method {
    ($rpc:literal) => {
        concat!("/omnichannel.v1.InteractionService/", $rpc)
    };
}

/// The service.
pub struct Interactions {
    edge: Edge,
}

/// The service with its limits.
#[must_use]
pub fn service(edge: Edge) -> InteractionServiceServer<Interactions> {
    super::served!(InteractionServiceServer<Interactions>, Interactions { edge })
}

#[async_trait]
impl InteractionService for Interactions {
    type DownloadAttachmentStream = Frames<v1::DownloadAttachmentResponse>;
    type WatchInteractionStream = Frames<v1::WatchInteractionResponse>;

    async fn create_interaction(
        &self,
        request: Request<v1::CreateInteractionRequest>,
    ) -> Result<Response<v1::CreateInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("CreateInteraction"), |m| &m.request_id)?;
        let (app, origin) = (&self.edge.app, context.origin());
        let arriving = interaction::arriving(asked)?;
        let arrived = app.arrive(&origin, context.deadline, &arriving).await.map_err(status)?;
        let content = app.content(context.caller.tenant).await.map_err(status)?;
        let customer = arrived.interaction.customer_id;
        let rows = arrived.message.into_iter().map(|row| (customer, row)).collect();
        let messages = content.messages(rows).await.map_err(status)?;
        let view = content.interaction(arrived.interaction).await.map_err(status)?;
        Ok(Response::new(v1::CreateInteractionResponse {
            interaction: shown(&context, &view),
            message: messages.first().map(message::message),
        }))
    }

    async fn get_interaction(
        &self,
        request: Request<v1::GetInteractionRequest>,
    ) -> Result<Response<v1::GetInteractionResponse>, Status> {
        let (context, asked) = read(request, method!("GetInteraction"))?;
        let id = id(&asked.interaction_id)?;
        let view = self.edge.app.interaction(&context, id).await.map_err(status)?;
        self.edge.app.check_reads(&context.caller, &view.row).await.map_err(status)?;
        let step = self.edge.app.routing_step(&context, &view.row).await.map_err(status)?;
        let pages = self.edge.app.pages(&context, &view.row).await.map_err(status)?;
        let mut interaction = shown(&context, &view);
        if let Some(shown) = &mut interaction {
            shown.routing_step = step.as_ref().map(plan::standing);
            if let Some(ladder) = &mut shown.escalation {
                ladder.pages = pages.iter().map(delivery::page).collect();
            }
        }
        Ok(Response::new(v1::GetInteractionResponse { interaction }))
    }

    async fn list_interactions(
        &self,
        request: Request<v1::ListInteractionsRequest>,
    ) -> Result<Response<v1::ListInteractionsResponse>, Status> {
        let (context, asked) = read(request, method!("ListInteractions"))?;
        let size = page::size(asked.page_size);
        let filter = interaction::filter(&asked)?;
        let token = asked.page_token.clone();
        let bare = v1::ListInteractionsRequest { page_size: 0, page_token: String::new(), ..asked };
        let bound = page::filter(&[&bare.encode_to_vec()]);
        let before = page::after(&self.edge, &context, &token, &bound)?.map(InteractionId);
        let views = self.edge.app.interactions(&context, &filter, before, size + 1).await;
        let (views, more) = page::cut(views.map_err(status)?, size);
        let (interactions, more) =
            page::fit(views.iter().map(interaction::interaction).collect(), more);
        let last = interactions.len().checked_sub(1).map(|at| views[at].row.id.0);
        Ok(Response::new(v1::ListInteractionsResponse {
            interactions,
            next_page_token: page::next(&self.edge, &context, &bound, last, more),
        }))
    }

    async fn update_interaction(
        &self,
        request: Request<v1::UpdateInteractionRequest>,
    ) -> Result<Response<v1::UpdateInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateInteraction"), |m| &m.request_id)?;
        let wanted = asked.interaction.unwrap_or_default();
        let populated = interaction::fields(&wanted);
        let fields = Fields::of_update(asked.update_mask.as_ref(), &populated)?;
        let changes = interaction::changes(&wanted, &fields)?;
        let id = id(&wanted.id)?;
        let view = self.edge.app.update_interaction(&context, id, changes).await;
        let view = view.map_err(status)?;
        Ok(Response::new(v1::UpdateInteractionResponse { interaction: shown(&context, &view) }))
    }

    async fn send_message(
        &self,
        request: Request<v1::SendMessageRequest>,
    ) -> Result<Response<v1::SendMessageResponse>, Status> {
        let (context, asked) = change(request, method!("SendMessage"), |m| &m.request_id)?;
        let id = id(&asked.interaction_id)?;
        let note = asked.kind() == v1::SendKind::InternalNote;
        let files: Result<Vec<AttachmentId>, Status> =
            asked.attachment_ids.iter().map(|text| self::id(text)).collect();
        let app = &self.edge.app;
        let view = app.send_with_files(&context, id, &asked.body, note, files?).await;
        let message = Some(message::message(&view.map_err(status)?));
        Ok(Response::new(v1::SendMessageResponse { message }))
    }

    async fn upload_attachment(
        &self,
        request: Request<v1::UploadAttachmentRequest>,
    ) -> Result<Response<v1::UploadAttachmentResponse>, Status> {
        attachments::upload(&self.edge, request).await
    }

    async fn download_attachment(
        &self,
        request: Request<v1::DownloadAttachmentRequest>,
    ) -> Result<Response<Self::DownloadAttachmentStream>, Status> {
        attachments::download(&self.edge, request).await
    }

    async fn list_messages(
        &self,
        request: Request<v1::ListMessagesRequest>,
    ) -> Result<Response<v1::ListMessagesResponse>, Status> {
        let (context, asked) = read(request, method!("ListMessages"))?;
        let size = page::size(asked.page_size);
        let (of, bound) = match &asked.scope {
            Some(Scope::ConversationId(text)) => (
                MessagesOf::Conversation(id(text)?),
                page::filter(&[b"conversation", text.as_bytes()]),
            ),
            Some(Scope::InteractionId(text)) => (
                MessagesOf::Interaction(id(text)?),
                page::filter(&[b"interaction", text.as_bytes()]),
            ),
            None => (MessagesOf::Interaction(id("")?), page::filter(&[])),
        };
        let after = page::after(&self.edge, &context, &asked.page_token, &bound)?.map(MessageId);
        let (messages, more) = self.said(&context, of, after, size).await?;
        let last = messages.last().and_then(|message| Uuid::try_parse(&message.id).ok());
        Ok(Response::new(v1::ListMessagesResponse {
            messages,
            next_page_token: page::next(&self.edge, &context, &bound, last, more),
        }))
    }

    async fn transfer_interaction(
        &self,
        request: Request<v1::TransferInteractionRequest>,
    ) -> Result<Response<v1::TransferInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("TransferInteraction"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let (mut to_agent, mut to_queue) = (None, None);
        match asked.target {
            Some(Target::AgentId(agent)) => to_agent = Some(id(&agent)?),
            Some(Target::QueueId(queue)) => to_queue = Some(id(&queue)?),
            None => {}
        }
        let note = Note { method: method!("TransferInteraction#note"), text: &asked.note };
        self.note(&context, interaction_id, note).await?;
        let hand_on = Requeue {
            interaction_id,
            reason: Move::Transfer,
            to_agent,
            to_queue,
            judged: None,
            customer: None,
            override_limits: asked.override_limits,
            caller: Some(context.caller),
        };
        let interaction = self.done(&context, interaction_id, hand_on).await?;
        Ok(Response::new(v1::TransferInteractionResponse { interaction }))
    }

    async fn consult_agent(
        &self,
        request: Request<v1::ConsultAgentRequest>,
    ) -> Result<Response<v1::ConsultAgentResponse>, Status> {
        let (context, asked) = change(request, method!("ConsultAgent"), |m| &m.request_id)?;
        let (interaction, agent) = (id(&asked.interaction_id)?, id(&asked.agent_id)?);
        let view = self.edge.app.consult(&context, interaction, agent, &asked.note).await;
        let interaction = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::ConsultAgentResponse { interaction }))
    }

    async fn end_consult(
        &self,
        request: Request<v1::EndConsultRequest>,
    ) -> Result<Response<v1::EndConsultResponse>, Status> {
        let (context, asked) = change(request, method!("EndConsult"), |m| &m.request_id)?;
        let view = self.edge.app.end_consult(&context, id(&asked.offer_id)?).await;
        let view = view.map_err(status)?;
        // Who advised may not read it any more, however often they end what is over.
        let interaction = match self.edge.app.check_reads(&context.caller, &view.row).await {
            Ok(()) => shown(&context, &view),
            Err(_) => Some(v1::Interaction { id: view.row.id.to_string(), ..Default::default() }),
        };
        Ok(Response::new(v1::EndConsultResponse { interaction }))
    }

    async fn escalate_interaction(
        &self,
        request: Request<v1::EscalateInteractionRequest>,
    ) -> Result<Response<v1::EscalateInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("EscalateInteraction"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let to_queue = super::call::optional_id(&asked.queue_id)?;
        let priority = Priority::of_wire(asked.priority);
        let note = Note { method: method!("EscalateInteraction#note"), text: &asked.reason };
        self.note(&context, interaction_id, note).await?;
        let caller = Some(context.caller);
        let escalate = Escalate { interaction_id, priority, to_queue, caller };
        let interaction = self.done(&context, interaction_id, escalate).await?;
        Ok(Response::new(v1::EscalateInteractionResponse { interaction }))
    }

    async fn close_interaction(
        &self,
        request: Request<v1::CloseInteractionRequest>,
    ) -> Result<Response<v1::CloseInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("CloseInteraction"), |m| &m.request_id)?;
        let (id, code) = (id(&asked.interaction_id)?, &asked.wrap_up_code);
        let app = &self.edge.app;
        let view = app.close(&context, id, Way::Resolve, &asked.resolution, code).await;
        let interaction = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::CloseInteractionResponse { interaction }))
    }

    async fn cancel_interaction(
        &self,
        request: Request<v1::CancelInteractionRequest>,
    ) -> Result<Response<v1::CancelInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("CancelInteraction"), |m| &m.request_id)?;
        let id = id(&asked.interaction_id)?;
        let note = Note { method: method!("CancelInteraction#note"), text: &asked.reason };
        self.note(&context, id, note).await?;
        let view = self.edge.app.close(&context, id, Way::Cancel, "", "").await;
        let interaction = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::CancelInteractionResponse { interaction }))
    }

    async fn abandon_interaction(
        &self,
        request: Request<v1::AbandonInteractionRequest>,
    ) -> Result<Response<v1::AbandonInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("AbandonInteraction"), |m| &m.request_id)?;
        let id = id(&asked.interaction_id)?;
        let view = self.edge.app.close(&context, id, Way::Abandon, "", "").await;
        let interaction = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::AbandonInteractionResponse { interaction }))
    }

    async fn park_interaction(
        &self,
        request: Request<v1::ParkInteractionRequest>,
    ) -> Result<Response<v1::ParkInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("ParkInteraction"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let note = Note { method: method!("ParkInteraction#note"), text: &asked.reason };
        self.note(&context, interaction_id, note).await?;
        let wake_at = asked.wake_time.as_ref().map(time::moment);
        let park = Park { interaction_id, wake_at, caller: Some(context.caller) };
        let interaction = self.done(&context, interaction_id, park).await?;
        Ok(Response::new(v1::ParkInteractionResponse { interaction }))
    }

    async fn wake_interaction(
        &self,
        request: Request<v1::WakeInteractionRequest>,
    ) -> Result<Response<v1::WakeInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("WakeInteraction"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let wake = Wake { interaction_id, caller: Some(context.caller) };
        let interaction = self.done(&context, interaction_id, wake).await?;
        Ok(Response::new(v1::WakeInteractionResponse { interaction }))
    }

    async fn request_callback(
        &self,
        request: Request<v1::RequestCallbackRequest>,
    ) -> Result<Response<v1::RequestCallbackResponse>, Status> {
        let (context, asked) = change(request, method!("RequestCallback"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let note = Note { method: method!("RequestCallback#note"), text: &asked.reason };
        self.note(&context, interaction_id, note).await?;
        let at = asked.callback_time.as_ref().map(time::moment);
        let callback = RequestCallback { interaction_id, at, caller: Some(context.caller) };
        let interaction = self.done(&context, interaction_id, callback).await?;
        Ok(Response::new(v1::RequestCallbackResponse { interaction }))
    }

    async fn reopen_interaction(
        &self,
        request: Request<v1::ReopenInteractionRequest>,
    ) -> Result<Response<v1::ReopenInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("ReopenInteraction"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let customer = self.customer_of(&context, interaction_id).await?;
        let note = Note { method: method!("ReopenInteraction#note"), text: &asked.reason };
        self.note(&context, interaction_id, note).await?;
        let reopen = Requeue {
            interaction_id,
            reason: Move::Reopen,
            to_agent: None,
            to_queue: None,
            judged: None,
            customer: Some(customer),
            override_limits: false,
            caller: Some(context.caller),
        };
        let interaction = self.done(&context, interaction_id, reopen).await?;
        Ok(Response::new(v1::ReopenInteractionResponse { interaction }))
    }

    async fn rate_interaction(
        &self,
        request: Request<v1::RateInteractionRequest>,
    ) -> Result<Response<v1::RateInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("RateInteraction"), |m| &m.request_id)?;
        let id = id(&asked.interaction_id)?;
        let rating = i16::try_from(asked.rating).unwrap_or(i16::MAX);
        let view = self.edge.app.rate(&context, id, rating, &asked.comment).await;
        let interaction = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::RateInteractionResponse { interaction }))
    }

    async fn get_wait_estimate(
        &self,
        request: Request<v1::GetWaitEstimateRequest>,
    ) -> Result<Response<v1::GetWaitEstimateResponse>, Status> {
        let (context, asked) = read(request, method!("GetWaitEstimate"))?;
        let id = id(&asked.interaction_id)?;
        let told = self.edge.app.wait_estimate(&context, id).await.map_err(status)?;
        Ok(Response::new(analytics::wait_estimate(&told)))
    }

    async fn watch_interaction(
        &self,
        request: Request<v1::WatchInteractionRequest>,
    ) -> Result<Response<Self::WatchInteractionStream>, Status> {
        stream::interaction::watch(&self.edge, request).await
    }
}

fn shown(context: &Context, view: &InteractionView) -> Option<v1::Interaction> {
    Some(interaction::interaction_to(&context.caller, view))
}

/// Words that go with a verb, and the name under which a repeat of them is recognised: the verb has
/// the request id for itself.
struct Note<'a> {
    method: &'static str,
    text: &'a str,
}

impl Interactions {
    /// Writes the words that go with a verb, before it: afterwards the interaction may belong to
    /// somebody else.
    async fn note(
        &self,
        context: &Context,
        id: InteractionId,
        note: Note<'_>,
    ) -> Result<(), Status> {
        if note.text.is_empty() {
            return Ok(());
        }
        let context = Context { method: note.method, ..context.clone() };
        self.edge.app.send_message(&context, id, note.text, true).await.map_err(status)?;
        Ok(())
    }

    /// A page of messages, and whether more follow. They are read in steps, so that long ones are
    /// not read by the hundred to be left out.
    async fn said(
        &self,
        context: &Context,
        of: MessagesOf,
        mut after: Option<MessageId>,
        size: u32,
    ) -> Result<(Vec<v1::Message>, bool), Status> {
        let mut messages = Vec::new();
        loop {
            let left = size.saturating_sub(u32::try_from(messages.len()).unwrap_or(u32::MAX));
            let step = (left + 1).min(STEP);
            let views = self.edge.app.messages(context, of, after, step).await.map_err(status)?;
            let ended = views.len() < step as usize;
            after = views.last().map(|view| view.row.id).or(after);
            messages.extend(views.iter().map(message::message));
            let (fitting, large) = page::fit(messages, false);
            let (fitting, long) = page::cut(fitting, size);
            messages = fitting;
            if ended || large || long {
                return Ok((messages, large || long));
            }
        }
    }

    /// Whose interaction it is, if they are still there.
    async fn customer_of(
        &self,
        context: &Context,
        id: InteractionId,
    ) -> Result<CustomerId, Status> {
        let reader = self.edge.app.read(context);
        let row = reader.interaction(id).await.map_err(|e| status(e.into()))?;
        let row = row.ok_or_else(|| refusal(Refusal::not_found("interaction", id)))?;
        let customer = reader.customer(row.customer_id).await.map_err(|e| status(e.into()))?;
        match customer {
            Some(_) => Ok(row.customer_id),
            None => Err(refusal(Refusal::not_found("customer", row.customer_id))),
        }
    }

    async fn done(
        &self,
        context: &Context,
        id: InteractionId,
        command: impl Command,
    ) -> Result<Option<v1::Interaction>, Status> {
        let app = &self.edge.app;
        let outcome = app.change(context, command).await.map_err(status)?;
        let view = app.interaction_after(context, outcome, id).await.map_err(status)?;
        Ok(shown(context, &view))
    }
}
