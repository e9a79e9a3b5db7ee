//! API keys of one's own tenant. A new key may do what its role may, narrowed by its scopes, and
//! never more than the key that makes it.

use super::{Answer, method};
use crate::grpc::convert::time::{moment, timestamp};
use crate::grpc::convert::{Coded, fault, found, id_text};
use crate::grpc::routing::ordered::{STEP, everything};
use crate::grpc::status::{denied, refusal, refuse, status};
use crate::grpc::{Edge, call, page};
use crate::proto::v1;
use app::admin::NewKeySpec;
use domain::id::ApiKeyId;
use domain::refusal::{Reason, Refusal};
use domain::tenant::{ApiKey, Caller, Permission, Permissions, Role};
use futures::FutureExt;
use tonic::{Request, Response, Status};

pub(super) async fn create(
    edge: &Edge,
    request: Request<v1::CreateApiKeyRequest>,
) -> Answer<v1::CreateApiKeyResponse> {
    let (context, request) =
        call::change(request, method!("CreateApiKey"), |request| &request.request_id)?;
    let spec = spec(&request.api_key.unwrap_or_default())?;
    within(&context.caller, &spec)?;
    let created = edge.app.create_key(&context.origin(), &spec).await;
    let (api_key, key) = created.map_err(status)?;
    Ok(Response::new(v1::CreateApiKeyResponse { api_key: Some(to_wire(&api_key)), key }))
}

pub(super) async fn get(
    edge: &Edge,
    request: Request<v1::GetApiKeyRequest>,
) -> Answer<v1::GetApiKeyResponse> {
    let (context, request) = call::read(request, method!("GetApiKey"))?;
    let id: ApiKeyId = call::id(&request.api_key_id)?;
    let key = edge.app.read(&context).api_key(id).await.map_err(fault)?;
    let key = found(key, "api_key", id)?;
    Ok(Response::new(v1::GetApiKeyResponse { api_key: Some(to_wire(&key)) }))
}

pub(super) async fn list(
    edge: &Edge,
    request: Request<v1::ListApiKeysRequest>,
) -> Answer<v1::ListApiKeysResponse> {
    let (context, request) = call::read(request, method!("ListApiKeys"))?;
    let reader = edge.app.read(&context);
    let mut rows = everything(|after| reader.api_keys(after, STEP).boxed(), |key| key.id).await?;
    rows.reverse();
    let (size, token) = (request.page_size, request.page_token.as_str());
    let asked = page::Asked { size, token, filter: page::filter(&[]) };
    let (rows, next_page_token) = page::of(edge, &context, &asked, rows, |key| key.id.0)?;
    let api_keys = rows.iter().map(to_wire).collect();
    Ok(Response::new(v1::ListApiKeysResponse { api_keys, next_page_token }))
}

pub(super) async fn revoke(
    edge: &Edge,
    request: Request<v1::RevokeApiKeyRequest>,
) -> Answer<v1::RevokeApiKeyResponse> {
    let (context, request) =
        call::change(request, method!("RevokeApiKey"), |request| &request.request_id)?;
    let key = edge.app.revoke_key(&context, call::id(&request.api_key_id)?).await;
    let key = key.map_err(status)?;
    Ok(Response::new(v1::RevokeApiKeyResponse { api_key: Some(to_wire(&key)) }))
}

/// What a key is to be; keys of the platform are made on the command line only.
fn spec(key: &v1::ApiKey) -> Result<NewKeySpec, Status> {
    let role = Role::of_wire(key.role).ok_or_else(|| refuse(Reason::ValidationFailed))?;
    if role == Role::PlatformAdmin {
        return Err(denied(Permission::TenantsManage));
    }
    let agent_id = call::optional_id(&key.agent_id)?;
    if role == Role::Agent && agent_id.is_none() {
        let text = "a key of role AGENT names its agent";
        return Err(refusal(Refusal::field("api_key.agent_id", text)));
    }
    let scopes: Vec<Permission> =
        key.scopes.iter().filter_map(|scope| Permission::of_wire(*scope)).collect();
    // The rules have said which it is, if there is one.
    if scopes.iter().any(|scope| !role.permissions().has(*scope)) {
        let text = "each is a permission of the role";
        return Err(refusal(Refusal::field("api_key.scopes", text)));
    }
    Ok(NewKeySpec {
        name: key.name.clone(),
        role,
        permissions: (!scopes.is_empty()).then(|| Permissions::of(&scopes)),
        agent_id,
        expires_at: key.expire_time.as_ref().map(moment),
    })
}

/// Whether a caller may hand out what a key is to be able to do.
fn within(caller: &Caller, spec: &NewKeySpec) -> Result<(), Status> {
    let role = spec.role.permissions();
    let wanted = spec.permissions.map_or(role, |scopes| scopes.and(role));
    let missing = wanted.iter().find(|permission| !caller.permissions.has(*permission));
    missing.map_or(Ok(()), |permission| Err(denied(permission)))
}

pub(super) fn to_wire(key: &ApiKey) -> v1::ApiKey {
    let scopes = key.permissions.iter().map(Coded::to_wire);
    // A key that is not narrowed shows none, as it was asked for.
    let narrowed = key.permissions != key.role.permissions();
    v1::ApiKey {
        id: key.id.to_string(),
        name: key.name.clone(),
        role: key.role.to_wire(),
        scopes: if narrowed { scopes.collect() } else { Vec::new() },
        agent_id: id_text(key.agent_id),
        expire_time: key.expires_at.map(timestamp),
        revoke_time: key.revoked_at.map(timestamp),
        create_time: Some(timestamp(key.created_at)),
        last4: key.last4.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{PrincipalId, TenantId};
    use domain::tenant::Credential;
    use tonic::Code;
    use uuid::Uuid;

    fn wanted(role: Role) -> v1::ApiKey {
        v1::ApiKey { name: "k".into(), role: role.to_wire(), ..v1::ApiKey::default() }
    }

    fn caller(permissions: Permissions) -> Caller {
        let tenant = TenantId(Uuid::now_v7());
        let (id, role) = (Uuid::now_v7(), Role::TenantAdmin);
        let (principal, credential) = (PrincipalId(id), Credential::Key(ApiKeyId(id)));
        Caller { tenant, principal, credential, role, permissions, agent: None }
    }

    #[test]
    fn scopes_that_the_role_lacks_are_a_mistake() {
        let scopes = vec![Permission::ServerRead.to_wire(), Permission::RoutingWrite.to_wire()];
        let refused = spec(&v1::ApiKey { scopes, ..wanted(Role::Analyst) }).expect_err("refused");
        assert_eq!(refused.code(), Code::InvalidArgument);
    }

    #[test]
    fn no_key_of_the_platform_is_made_by_a_call() {
        let refused = spec(&wanted(Role::PlatformAdmin)).expect_err("refused");
        assert_eq!(refused.code(), Code::PermissionDenied);
    }

    #[test]
    fn an_agents_key_names_its_agent() {
        let refused = spec(&wanted(Role::Agent)).expect_err("refused");
        assert_eq!(refused.code(), Code::InvalidArgument);
        let named = v1::ApiKey { agent_id: Uuid::now_v7().to_string(), ..wanted(Role::Agent) };
        assert!(spec(&named).expect("a key").agent_id.is_some());
    }

    #[test]
    fn a_tenants_admin_may_make_every_key_of_the_tenant() {
        let admin = caller(Role::TenantAdmin.permissions());
        for role in Role::ALL.iter().filter(|role| **role != Role::PlatformAdmin) {
            let agent_id = Uuid::now_v7().to_string();
            let spec = spec(&v1::ApiKey { agent_id, ..wanted(*role) }).expect("a key");
            assert!(within(&admin, &spec).is_ok(), "{role:?}");
        }
    }

    #[test]
    fn a_narrowed_key_makes_no_wider_one() {
        let narrow = caller(Permissions::of(&[Permission::KeysManage, Permission::ServerRead]));
        let whole = spec(&wanted(Role::TenantAdmin)).expect("a key");
        let refused = within(&narrow, &whole).expect_err("it would be wider");
        assert_eq!(refused.code(), Code::PermissionDenied);
        let scopes = vec![Permission::KeysManage.to_wire()];
        let same = spec(&v1::ApiKey { scopes, ..wanted(Role::TenantAdmin) }).expect("a key");
        assert!(within(&narrow, &same).is_ok());
        let scopes = vec![Permission::ServerRead.to_wire()];
        let analyst = spec(&v1::ApiKey { scopes, ..wanted(Role::Analyst) }).expect("a key");
        assert!(within(&narrow, &analyst).is_ok());
    }
}
