//! `ChannelService`: accounts and their secrets, messages handed in by integrations, and how far a
//! message has come. Secrets are shown once, when they are made.

use super::admin::required_id;
use super::call::{self, etag, version};
use super::convert::mask::{Field, Fields};
use super::convert::time::timestamp;
use super::convert::{Coded, id_text};
use super::routing::ordered::{STEP, everything};
use super::status::{refusal, status};
use super::{Edge, page, served};
use crate::proto::v1;
use crate::proto::v1::channel_account::Config;
use crate::proto::v1::channel_service_server::{ChannelService, ChannelServiceServer};
use app::arrivals::{Arriving, Who};
use app::channels::hook_name;
use app::ledger::command::account::DeleteAccount;
use app::ledger::command::queue::Patch;
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::id::{QueueId, TenantId};
use domain::interaction::Priority;
use domain::message::{DeliveryStatus, Direction};
use domain::refusal::{FieldViolation, Refusal};
use futures::FutureExt;
use std::sync::Arc;
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
        let patch = patch(&wanted, &Fields::all(&fields(&wanted)), true)?;
        let created = self.edge.app.create_account(&context, patch).await;
        let (account, signing_secret) = created.map_err(status)?;
        let account = to_wire(context.caller.tenant, &account);
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
        let account = to_wire(context.caller.tenant, &account);
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
        let channel_accounts = rows.iter().map(|account| to_wire(tenant, account)).collect();
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
        let set = Fields::of_update(request.update_mask.as_ref(), &fields(&wanted)[1..])?;
        let patch = patch(&wanted, &set, false)?;
        let sent = version(&wanted.etag);
        let updated = self.edge.app.update_account(&context, id, sent, patch).await;
        let account = to_wire(context.caller.tenant, &updated.map_err(status)?);
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
        let account = to_wire(context.caller.tenant, &account);
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
        let arriving = arriving(&account, request);
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

/// The fields that can be set, and whether the message says anything in them; the first is fixed
/// once an account exists.
fn fields(account: &v1::ChannelAccount) -> [Field; 5] {
    [
        ("kind", account.kind != 0),
        ("name", !account.name.is_empty()),
        ("status", account.status != 0),
        ("webhook", account.config.is_some()),
        ("default_queue_id", !account.default_queue_id.is_empty()),
    ]
}

/// What is different about an account.
fn patch(
    wanted: &v1::ChannelAccount,
    set: &Fields,
    create: bool,
) -> Result<Patch<ChannelAccount>, Status> {
    let mut wrong = Vec::new();
    let mut miss = |field: &str, text: &str| {
        wrong.push(FieldViolation { field: format!("channel_account.{field}"), text: text.into() });
    };
    let kind = ChannelKind::of_wire(wanted.kind);
    if create && kind.is_none() {
        miss("kind", "an account is of a kind");
    }
    let webhook = wanted.config.as_ref().map(|Config::Webhook(webhook)| webhook);
    if create && kind == Some(ChannelKind::Webhook) && webhook.is_none() {
        miss("webhook", "an account of kind WEBHOOK has its settings");
    }
    if !wrong.is_empty() {
        let refused = Refusal::new(domain::refusal::Reason::ValidationFailed);
        return Err(refusal(Refusal { violations: wrong, ..refused }));
    }
    let name = set.get("name", || wanted.name.clone());
    let state = AccountStatus::of_wire(wanted.status).unwrap_or(AccountStatus::Active);
    let state = set.get("status", || state);
    let url = set.get("webhook", || webhook.map(|w| w.url.clone()).unwrap_or_default());
    let queue: Option<QueueId> = call::optional_id(&wanted.default_queue_id)?;
    let queue = set.get("default_queue_id", || queue);
    let kind = kind.filter(|_| create);
    Ok(Arc::new(move |account| {
        account.kind = kind.unwrap_or(account.kind);
        if let Some(name) = &name {
            account.name.clone_from(name);
        }
        account.status = state.unwrap_or(account.status);
        if let Some(url) = &url {
            account.url.clone_from(url);
        }
        if let Some(queue) = queue {
            account.default_queue_id = queue;
        }
    }))
}

fn arriving(account: &ChannelAccount, request: v1::ReceiveMessageRequest) -> Arriving {
    Arriving {
        who: Who::Contact {
            kind: account.kind,
            address: request.from_address,
            display_name: request.display_name,
        },
        channel: account.kind,
        account_id: Some(account.id),
        subject: request.subject,
        body: request.body,
        priority: Priority::of_wire(request.priority),
        language: request.language,
        tags: Vec::new(),
        required_skills: Vec::new(),
        queue_id: None,
        external_id: request.external_id,
        always_new: false,
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

fn to_wire(tenant: TenantId, account: &ChannelAccount) -> v1::ChannelAccount {
    let webhook = v1::WebhookConfig {
        url: account.url.clone(),
        inbound_path: format!("/hooks/v1/{}", hook_name(tenant, account.id)),
    };
    v1::ChannelAccount {
        id: account.id.to_string(),
        kind: account.kind.to_wire(),
        name: account.name.clone(),
        status: account.status.to_wire(),
        config: (account.kind == ChannelKind::Webhook).then_some(Config::Webhook(webhook)),
        secret_last4: account.secret_last4.clone(),
        default_queue_id: id_text(account.default_queue_id),
        etag: etag(account.version),
        create_time: Some(timestamp(account.created_at)),
        update_time: Some(timestamp(account.updated_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::AccountId;
    use domain::sealed::Sealed;
    use prost_types::FieldMask;
    use tonic::Code;
    use uuid::Uuid;

    fn account() -> ChannelAccount {
        ChannelAccount {
            id: AccountId(Uuid::now_v7()),
            kind: ChannelKind::Webhook,
            name: "shop".into(),
            status: AccountStatus::Disabled,
            url: "https://shop.example/in".into(),
            secrets: Sealed(vec![1, 2, 3]),
            secret_last4: "abcd".into(),
            default_queue_id: Some(QueueId(Uuid::now_v7())),
            version: 3,
            created_at: domain::time::Timestamp::from_micros(1),
            updated_at: domain::time::Timestamp::from_micros(2),
        }
    }

    fn update(wanted: &v1::ChannelAccount, paths: &[&str]) -> Result<ChannelAccount, Status> {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        let set = Fields::of_update(Some(&mask), &fields(wanted)[1..])?;
        let mut changed = account();
        patch(wanted, &set, false)?(&mut changed);
        Ok(changed)
    }

    #[test]
    fn an_account_reads_back_except_its_secrets() {
        let (tenant, before) = (TenantId(Uuid::now_v7()), account());
        let wire = to_wire(tenant, &before);
        let mut after =
            ChannelAccount { name: String::new(), url: String::new(), ..before.clone() };
        let whole = Fields::all(&fields(&wire));
        patch(&wire, &whole, true).expect("it is complete")(&mut after);
        assert_eq!(after, before);
        assert_eq!(wire.etag, "v3");
        let Some(Config::Webhook(webhook)) = wire.config else { panic!("it is a webhook") };
        assert!(webhook.inbound_path.starts_with("/hooks/v1/"));
    }

    #[test]
    fn a_mask_changes_what_it_names_also_to_nothing() {
        let empty = v1::ChannelAccount::default();
        let changed = update(&empty, &["webhook", "default_queue_id"]).expect("fields");
        assert_eq!((changed.url.as_str(), changed.default_queue_id), ("", None));
        assert_eq!(changed.name, "shop");
        for path in ["kind", "id", "secret_last4", "webhook.url", "etag"] {
            let refused = update(&empty, &[path]).expect_err(path);
            assert_eq!(refused.code(), Code::InvalidArgument);
        }
    }

    #[test]
    fn a_new_account_says_its_kind_and_its_settings() {
        let empty = v1::ChannelAccount::default();
        assert!(patch(&empty, &Fields::all(&fields(&empty)), true).is_err());
        let kind = ChannelKind::Webhook.to_wire();
        let bare = v1::ChannelAccount { kind, name: "x".into(), ..empty };
        assert!(patch(&bare, &Fields::all(&fields(&bare)), true).is_err());
    }
}
