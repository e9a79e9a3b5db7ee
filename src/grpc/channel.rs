//! `ChannelService`: accounts and their secrets, messages handed in by integrations, and how far a
//! message has come. Secrets are shown once, when they are made.

use super::admin::required_id;
use super::call::{self, version};
use super::convert::account;
use super::convert::mask::Fields;
use super::convert::time::timestamp;
use super::convert::{Coded, id_text};
use super::routing::ordered::{STEP, everything};
use super::status::{refusal, status};
use super::{Edge, page, served};
use crate::proto::v1;
use crate::proto::v1::channel_service_server::{ChannelService, ChannelServiceServer};
use app::arrivals::{Arriving, Who};
use app::ledger::command::account::DeleteAccount;
use domain::channel::{ChannelAccount, ChannelKind};
use domain::interaction::Priority;
use domain::message::{DeliveryStatus, Direction};
use domain::refusal::Refusal;
use futures::FutureExt;
use tonic::{Request, Response, Status};

/// Full names of its methods.
macro_rules! method {
    ($name:literal) => {
        concat!("/omnichannel.v1.ChannelService/", $name)
    };
}

/// `ChannelService` on an edge.
pub struct Channels {
    edge: Edge,
}

/// The service, with its limits.
#[must_use]
pub fn service(edge: Edge) -> ChannelServiceServer<Channels> {
    served!(ChannelServiceServer<Channels>, Channels { edge })
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ChannelService for Channels {
    async fn create_channel_account(
        &self,
        request: Request<v1::CreateChannelAccountRequest>,
    ) -> Answer<v1::CreateChannelAccountResponse> {
        let (context, request) =
            call::change(request, method!("CreateChannelAccount"), |request| &request.request_id)?;
        let wanted = request.channel_account.unwrap_or_default();
        let whole = Fields::all(&account::fields(&wanted));
        let patch = account::patch(&wanted, &whole, true)?;
        let password = account::password(&wanted, &whole);
        let created = self.edge.app.create_account(&context, patch, password).await;
        let (account, signing_secret) = created.map_err(status)?;
        let account = account::to_wire(context.caller.tenant, &account);
        Ok(Response::new(v1::CreateChannelAccountResponse {
            channel_account: Some(account),
            signing_secret,
        }))
    }

    async fn get_channel_account(
        &self,
        request: Request<v1::GetChannelAccountRequest>,
    ) -> Answer<v1::GetChannelAccountResponse> {
        let (context, request) = call::read(request, method!("GetChannelAccount"))?;
        let id = call::id(&request.channel_account_id)?;
        let account = self.edge.app.account(&context, id).await.map_err(status)?;
        let account = account::to_wire(context.caller.tenant, &account);
        Ok(Response::new(v1::GetChannelAccountResponse { channel_account: Some(account) }))
    }

    async fn list_channel_accounts(
        &self,
        request: Request<v1::ListChannelAccountsRequest>,
    ) -> Answer<v1::ListChannelAccountsResponse> {
        let (context, request) = call::read(request, method!("ListChannelAccounts"))?;
        let reader = self.edge.app.read(&context);
        let mut rows = everything(|after| reader.accounts(after, STEP).boxed(), |a| a.id).await?;
        if let Some(kind) = ChannelKind::of_wire(request.kind) {
            rows.retain(|account| account.kind == kind);
        }
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let (size, token) = (request.page_size, request.page_token.as_str());
        let asked =
            page::Asked { size, token, filter: page::filter(&[&request.kind.to_be_bytes()]) };
        let (rows, next_page_token) =
            page::of(&self.edge, &context, &asked, rows, |account| account.id.0)?;
        let tenant = context.caller.tenant;
        let channel_accounts =
            rows.iter().map(|account| account::to_wire(tenant, account)).collect();
        Ok(Response::new(v1::ListChannelAccountsResponse { channel_accounts, next_page_token }))
    }

    async fn update_channel_account(
        &self,
        request: Request<v1::UpdateChannelAccountRequest>,
    ) -> Answer<v1::UpdateChannelAccountResponse> {
        let (context, request) =
            call::change(request, method!("UpdateChannelAccount"), |request| &request.request_id)?;
        let wanted = request.channel_account.unwrap_or_default();
        let id = required_id(&wanted.id, "channel_account.id")?;
        let known = &account::fields(&wanted)[1..];
        let set = Fields::of_update(request.update_mask.as_ref(), known)?;
        let patch = account::patch(&wanted, &set, false)?;
        let password = account::password(&wanted, &set);
        let sent = version(&wanted.etag);
        let updated = self.edge.app.update_account(&context, id, sent, patch, password).await;
        let account = account::to_wire(context.caller.tenant, &updated.map_err(status)?);
        Ok(Response::new(v1::UpdateChannelAccountResponse { channel_account: Some(account) }))
    }

    async fn delete_channel_account(
        &self,
        request: Request<v1::DeleteChannelAccountRequest>,
    ) -> Answer<v1::DeleteChannelAccountResponse> {
        let (context, request) =
            call::change(request, method!("DeleteChannelAccount"), |request| &request.request_id)?;
        let id = call::id(&request.channel_account_id)?;
        let command = DeleteAccount { id, version: version(&request.etag) };
        self.edge.app.change(&context, command).await.map_err(status)?;
        Ok(Response::new(v1::DeleteChannelAccountResponse {}))
    }

    async fn rotate_channel_secret(
        &self,
        request: Request<v1::RotateChannelSecretRequest>,
    ) -> Answer<v1::RotateChannelSecretResponse> {
        let (context, request) =
            call::change(request, method!("RotateChannelSecret"), |request| &request.request_id)?;
        let id = call::id(&request.channel_account_id)?;
        let rotated = self.edge.app.rotate_secret(&context, id).await;
        let (account, signing_secret) = rotated.map_err(status)?;
        let account = account::to_wire(context.caller.tenant, &account);
        Ok(Response::new(v1::RotateChannelSecretResponse {
            channel_account: Some(account),
            signing_secret,
        }))
    }

    async fn receive_message(
        &self,
        request: Request<v1::ReceiveMessageRequest>,
    ) -> Answer<v1::ReceiveMessageResponse> {
        let (context, request) =
            call::change(request, method!("ReceiveMessage"), |request| &request.request_id)?;
        let id = call::id(&request.channel_account_id)?;
        let account = self.edge.app.account(&context, id).await.map_err(status)?;
        let from = app::mail::contact_address(account.kind, &request.from_address);
        let Some(from) = from else {
            let text = "must be an address of mail on an account of kind EMAIL";
            return Err(refusal(Refusal::field("from_address", text)));
        };
        let arriving = arriving(&account, from, request);
        let arrived = self.edge.app.arrive(&context.origin(), context.deadline, &arriving).await;
        let arrived = arrived.map_err(status)?;
        Ok(Response::new(v1::ReceiveMessageResponse {
            interaction_id: arrived.interaction.id.to_string(),
            conversation_id: arrived.interaction.conversation_id.to_string(),
            message_id: id_text(arrived.message.map(|message| message.id)),
            duplicate: arrived.duplicate,
        }))
    }

    async fn get_message_status(
        &self,
        request: Request<v1::GetMessageStatusRequest>,
    ) -> Answer<v1::GetMessageStatusResponse> {
        let (context, request) = call::read(request, method!("GetMessageStatus"))?;
        let id = call::id(&request.message_id)?;
        let (message, deliveries) = self.edge.app.message(&context, id).await.map_err(status)?;
        let row = &message.row;
        let newest = deliveries.last();
        // Deliveries are pruned some day; the steps stay.
        let last = row.steps.iter().map(|step| step.attempt).max().unwrap_or(0);
        let attempts = newest.map_or(0, |delivery| delivery.attempt).max(last);
        let waits = row.status == DeliveryStatus::Queued || row.status == DeliveryStatus::Unknown;
        let next = newest.filter(|_| waits).map(|delivery| timestamp(delivery.next_at));
        Ok(Response::new(v1::GetMessageStatusResponse {
            message_id: row.id.to_string(),
            status: row.status.to_wire(),
            failure_reason: row.failure.clone(),
            attempts,
            next_attempt_time: next,
            history: history(row),
        }))
    }
}

fn arriving(
    account: &ChannelAccount,
    from: String,
    request: v1::ReceiveMessageRequest,
) -> Arriving {
    Arriving {
        who: Who::Contact { kind: account.kind, address: from, display_name: request.display_name },
        channel: account.kind,
        account_id: Some(account.id),
        subject: request.subject,
        body: request.body,
        priority: Priority::of_wire(request.priority),
        language: request.language,
        place: None,
        tags: Vec::new(),
        required_skills: Vec::new(),
        queue_id: None,
        external_id: request.external_id,
        always_new: false,
        callback_at: None,
        mail: None,
        inbox: None,
    }
}

/// Every step of a message: how it began, and what its row keeps of what came after.
fn history(row: &domain::message::Message) -> Vec<v1::DeliveryStep> {
    let first = match row.direction {
        Direction::Outbound => DeliveryStatus::Queued,
        _ => DeliveryStatus::Received,
    };
    let begun = v1::DeliveryStep {
        time: Some(timestamp(row.created_at)),
        status: first.to_wire(),
        attempt: 0,
        reason: String::new(),
    };
    let later = row.steps.iter().map(|step| v1::DeliveryStep {
        time: Some(timestamp(step.at)),
        status: step.status.to_wire(),
        attempt: step.attempt,
        reason: step.reason.clone(),
    });
    std::iter::once(begun).chain(later).collect()
}
