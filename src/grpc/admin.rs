//! `AdminService`: tenants and their first keys, keys of one's own tenant, the audit log, facts
//! about the server, and the feed. Tenants are managed by keys of the system tenant only; a key
//! never makes one that may do more than itself.

mod accesses;
mod audit;
mod caller;
mod deliveries;
mod keys;
mod streams;

use super::call::{self, etag, version};
use super::convert::mask::{Field, Fields};
use super::convert::time::timestamp;
use super::convert::{Coded, fault};
use super::routing::ordered::{STEP, everything};
use super::status::{denied, refusal, status};
use super::stream::packed::Packed;
use super::stream::{Frames, feed};
use super::{Edge, page, served};
use crate::proto::v1;
use crate::proto::v1::admin_service_server::{AdminService, AdminServiceServer};
use app::context::Context;
use domain::id::TenantId;
use domain::refusal::Refusal;
use domain::tenant::{Permission, Tenant, TenantStatus};
use futures::FutureExt;
use tonic::{Request, Response, Status};

/// Full names of its methods.
macro_rules! method {
    ($name:literal) => {
        concat!("/omnichannel.v1.AdminService/", $name)
    };
}
use method;

/// The version of the contract.
const API_VERSION: &str = "v1";

/// `AdminService` on an edge.
pub struct Admin {
    edge: Edge,
}

/// The service, with its limits.
#[must_use]
pub fn service(edge: Edge) -> AdminServiceServer<Admin> {
    served!(AdminServiceServer<Admin>, Admin { edge })
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl AdminService for Admin {
    type WatchFeedStream = Frames<Packed>;

    async fn create_tenant(
        &self,
        request: Request<v1::CreateTenantRequest>,
    ) -> Answer<v1::CreateTenantResponse> {
        let (context, request) =
            call::change(request, method!("CreateTenant"), |request| &request.request_id)?;
        platform(&context)?;
        let wanted = request.tenant.unwrap_or_default();
        if TenantStatus::of_wire(wanted.status).is_some_and(|status| status != TenantStatus::Active)
        {
            return Err(refusal(Refusal::field("tenant.status", "a tenant begins active")));
        }
        let app = &self.edge.app;
        let created = app.create_tenant(&context.origin(), &wanted.name).await;
        let (tenant, key) = created.map_err(status)?;
        // Its first key is the oldest, and ids sort by age.
        let keys = app.store().tenant(tenant.id).api_keys(None, 1).await.map_err(fault)?;
        Ok(Response::new(v1::CreateTenantResponse {
            tenant: Some(to_wire(&tenant)),
            api_key: keys.first().map(keys::to_wire),
            key,
        }))
    }

    async fn get_tenant(
        &self,
        request: Request<v1::GetTenantRequest>,
    ) -> Answer<v1::GetTenantResponse> {
        let (context, request) = call::read(request, method!("GetTenant"))?;
        platform(&context)?;
        let tenant = self.edge.app.tenant(call::id(&request.tenant_id)?).await.map_err(status)?;
        Ok(Response::new(v1::GetTenantResponse { tenant: Some(to_wire(&tenant)) }))
    }

    async fn list_tenants(
        &self,
        request: Request<v1::ListTenantsRequest>,
    ) -> Answer<v1::ListTenantsResponse> {
        let (context, request) = call::read(request, method!("ListTenants"))?;
        platform(&context)?;
        let app = &self.edge.app;
        let mut rows = everything(|after| app.tenants(after, STEP).boxed(), |row| row.id).await?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let (size, token) = (request.page_size, request.page_token.as_str());
        let asked = page::Asked { size, token, filter: page::filter(&[]) };
        let (rows, next_page_token) =
            page::of(&self.edge, &context, &asked, rows, |tenant| tenant.id.0)?;
        let tenants = rows.iter().map(to_wire).collect();
        Ok(Response::new(v1::ListTenantsResponse { tenants, next_page_token }))
    }

    async fn update_tenant(
        &self,
        request: Request<v1::UpdateTenantRequest>,
    ) -> Answer<v1::UpdateTenantResponse> {
        let (context, request) =
            call::change(request, method!("UpdateTenant"), |request| &request.request_id)?;
        platform(&context)?;
        let wanted = request.tenant.unwrap_or_default();
        let id: TenantId = required_id(&wanted.id, "tenant.id")?;
        if id == TenantId::SYSTEM {
            // Renaming or suspending it would lock the operator out.
            return Err(denied(Permission::TenantsManage));
        }
        let fields: &[Field] = &[("name", !wanted.name.is_empty()), ("status", wanted.status != 0)];
        let fields = Fields::of_update(request.update_mask.as_ref(), fields)?;
        let state = fields.get("status", || TenantStatus::of_wire(wanted.status));
        if state == Some(None) {
            return Err(refusal(Refusal::field("tenant.status", "a tenant has a status")));
        }
        let name = fields.get("name", || wanted.name.clone());
        let sent = version(&wanted.etag);
        let updated = self
            .edge
            .app
            .update_tenant(&context.origin(), id, sent, name, state.flatten())
            .await
            .map_err(status)?;
        Ok(Response::new(v1::UpdateTenantResponse { tenant: Some(to_wire(&updated)) }))
    }

    async fn create_api_key(
        &self,
        request: Request<v1::CreateApiKeyRequest>,
    ) -> Answer<v1::CreateApiKeyResponse> {
        keys::create(&self.edge, request).await
    }

    async fn get_api_key(
        &self,
        request: Request<v1::GetApiKeyRequest>,
    ) -> Answer<v1::GetApiKeyResponse> {
        keys::get(&self.edge, request).await
    }

    async fn list_api_keys(
        &self,
        request: Request<v1::ListApiKeysRequest>,
    ) -> Answer<v1::ListApiKeysResponse> {
        keys::list(&self.edge, request).await
    }

    async fn revoke_api_key(
        &self,
        request: Request<v1::RevokeApiKeyRequest>,
    ) -> Answer<v1::RevokeApiKeyResponse> {
        keys::revoke(&self.edge, request).await
    }

    async fn list_audit_log(
        &self,
        request: Request<v1::ListAuditLogRequest>,
    ) -> Answer<v1::ListAuditLogResponse> {
        audit::list(&self.edge, request).await
    }

    async fn verify_audit_log(
        &self,
        request: Request<v1::VerifyAuditLogRequest>,
    ) -> Answer<v1::VerifyAuditLogResponse> {
        audit::verify(&self.edge, request).await
    }

    async fn list_access_log(
        &self,
        request: Request<v1::ListAccessLogRequest>,
    ) -> Answer<v1::ListAccessLogResponse> {
        accesses::list(&self.edge, request).await
    }

    async fn get_server_info(
        &self,
        request: Request<v1::GetServerInfoRequest>,
    ) -> Answer<v1::GetServerInfoResponse> {
        call::read(request, method!("GetServerInfo"))?;
        let info = &self.edge.info;
        let now = self.edge.app.now().await.map_err(status)?;
        Ok(Response::new(v1::GetServerInfoResponse {
            version: info.version.to_owned(),
            api_version: API_VERSION.to_owned(),
            features: info.features.clone(),
            time: Some(timestamp(now)),
            node_id: self.edge.app.node().0.to_string(),
            database: info.database as i32,
        }))
    }

    async fn who_am_i(&self, request: Request<v1::WhoAmIRequest>) -> Answer<v1::WhoAmIResponse> {
        caller::who_am_i(&self.edge, request).await
    }

    async fn list_streams(
        &self,
        request: Request<v1::ListStreamsRequest>,
    ) -> Answer<v1::ListStreamsResponse> {
        streams::list(&self.edge, request).await
    }

    async fn close_stream(
        &self,
        request: Request<v1::CloseStreamRequest>,
    ) -> Answer<v1::CloseStreamResponse> {
        streams::close(&self.edge, request).await
    }

    async fn list_sessions(
        &self,
        request: Request<v1::ListSessionsRequest>,
    ) -> Answer<v1::ListSessionsResponse> {
        streams::list_sessions(&self.edge, request).await
    }

    async fn close_session(
        &self,
        request: Request<v1::CloseSessionRequest>,
    ) -> Answer<v1::CloseSessionResponse> {
        streams::close_session(&self.edge, request).await
    }

    async fn list_deliveries(
        &self,
        request: Request<v1::ListDeliveriesRequest>,
    ) -> Answer<v1::ListDeliveriesResponse> {
        deliveries::list(&self.edge, request).await
    }

    async fn retry_delivery(
        &self,
        request: Request<v1::RetryDeliveryRequest>,
    ) -> Answer<v1::RetryDeliveryResponse> {
        deliveries::retry(&self.edge, request).await
    }

    async fn cancel_delivery(
        &self,
        request: Request<v1::CancelDeliveryRequest>,
    ) -> Answer<v1::CancelDeliveryResponse> {
        deliveries::cancel(&self.edge, request).await
    }

    async fn list_dead_letters(
        &self,
        request: Request<v1::ListDeadLettersRequest>,
    ) -> Answer<v1::ListDeadLettersResponse> {
        deliveries::list_dead(&self.edge, request).await
    }

    async fn replay_dead_letter(
        &self,
        request: Request<v1::ReplayDeadLetterRequest>,
    ) -> Answer<v1::ReplayDeadLetterResponse> {
        deliveries::replay_dead(&self.edge, request).await
    }

    async fn delete_dead_letter(
        &self,
        request: Request<v1::DeleteDeadLetterRequest>,
    ) -> Answer<v1::DeleteDeadLetterResponse> {
        deliveries::delete_dead(&self.edge, request).await
    }

    async fn watch_feed(
        &self,
        request: Request<v1::WatchFeedRequest>,
    ) -> Answer<Self::WatchFeedStream> {
        feed::watch(&self.edge, request).await
    }
}

/// Tenants belong to the platform, and so must whoever manages them.
fn platform(context: &Context) -> Result<(), Status> {
    if context.caller.tenant == TenantId::SYSTEM {
        return Ok(());
    }
    Err(denied(Permission::TenantsManage))
}

/// An id that an update must name, by its path in the request.
pub(super) fn required_id<T: From<uuid::Uuid>>(text: &str, field: &str) -> Result<T, Status> {
    let id = call::optional_id(text)?;
    id.ok_or_else(|| refusal(Refusal::field(field, "an update says what it is of")))
}

fn to_wire(tenant: &Tenant) -> v1::Tenant {
    v1::Tenant {
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        status: tenant.status.to_wire(),
        etag: etag(tenant.version),
        create_time: Some(timestamp(tenant.created_at)),
        update_time: Some(timestamp(tenant.updated_at)),
    }
}
