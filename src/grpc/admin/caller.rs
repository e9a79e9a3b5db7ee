//! Who calls: what the layers proved of the caller, told back, so that a console knows whose it is
//! and a program whether it was given the right credential. It shows nothing of the credential.

use super::method;
use crate::grpc::convert::Coded;
use crate::grpc::convert::time::timestamp;
use crate::grpc::status::status;
use crate::grpc::{Edge, call};
use crate::proto::v1;
use domain::tenant::{Credential, Permission};
use tonic::{Request, Response, Status};

/// Serves `WhoAmI`.
pub(super) async fn who_am_i(
    edge: &Edge,
    request: Request<v1::WhoAmIRequest>,
) -> Result<Response<v1::WhoAmIResponse>, Status> {
    let (context, _) = call::read(request, method!("WhoAmI"))?;
    let caller = context.caller;
    let tenant = edge.app.tenant(caller.tenant).await.map_err(status)?;
    let until = edge.app.credential_until(&caller).await.map_err(status)?;
    let may = Permission::ALL.iter().filter(|permission| caller.may(**permission));
    let told = v1::Caller {
        tenant_id: caller.tenant.to_string(),
        tenant_name: tenant.name,
        principal_id: caller.principal.to_string(),
        credential: kind(caller.credential).into(),
        role: caller.role.to_wire(),
        permissions: may.map(|permission| permission.to_wire()).collect(),
        agent_id: caller.agent.map(|agent| agent.to_string()).unwrap_or_default(),
        expire_time: until.map(timestamp),
    };
    Ok(Response::new(v1::WhoAmIResponse { caller: Some(told) }))
}

const fn kind(credential: Credential) -> v1::CredentialKind {
    match credential {
        Credential::Key(_) => v1::CredentialKind::ApiKey,
        Credential::Token(_) => v1::CredentialKind::Token,
        Credential::Certificate(_) => v1::CredentialKind::Certificate,
    }
}
