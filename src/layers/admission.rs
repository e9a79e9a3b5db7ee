//! Who may call what: the method's policy, the caller's credential, their permission, and whether
//! there is room. Nothing is allowed that the contract does not name; health is the only service
//! open to all and reflection the only one that a setting opens, and they are named here.

use crate::config::Reflection;
use crate::grpc::Edge;
use crate::grpc::limits::Permit;
use crate::grpc::status::{denied, refusal, refuse, status};
use crate::policy::{self, MethodPolicy};
use domain::refusal::Reason;
use domain::tenant::{Caller, Permission};
use http::{HeaderMap, header};
use tonic::Status;

/// The service that needs no credential: it tells nothing about any tenant.
const OPEN_TO_ALL: [&str; 1] = ["grpc.health.v1.Health"];

/// Services that tell what can be called; who is told is a setting.
const REFLECTION: [&str; 2] =
    ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// A request that may go on.
#[derive(Debug)]
pub struct Admitted {
    /// Who calls; none where nobody is asked.
    pub caller: Option<Caller>,
    /// What the contract says about the method; none for health and reflection.
    pub policy: Option<&'static MethodPolicy>,
    /// Its place among what is open.
    pub permit: Permit,
}

impl Admitted {
    /// Whether the response may stay open.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.policy.is_none_or(|policy| policy.stream.is_some())
    }
}

/// Decides on a request by its path and headers.
///
/// # Errors
/// `CREDENTIALS_MISSING`, `CREDENTIALS_INVALID`, `TENANT_SUSPENDED`, `PERMISSION_DENIED`,
/// `DRAINING`, `STREAM_LIMIT`, `SERVICE_UNAVAILABLE`; `NOT_SUPPORTED` for what the contract does
/// not name.
pub async fn admit(edge: &Edge, path: &str, headers: &HeaderMap) -> Result<Admitted, Status> {
    let described = is_of(path, &REFLECTION);
    if described && edge.info.reflection == Reflection::Permission {
        let caller = edge.app.authenticate(bearer(headers)?).await.map_err(status)?;
        if !caller.permissions.has(Permission::ReflectionRead) {
            return Err(denied(Permission::ReflectionRead));
        }
        let permit = edge.limits.open_to_all().map_err(refusal)?;
        return Ok(Admitted { caller: Some(caller), policy: None, permit });
    }
    if described || is_of(path, &OPEN_TO_ALL) {
        let permit = edge.limits.open_to_all().map_err(refusal)?;
        return Ok(Admitted { caller: None, policy: None, permit });
    }
    let Some(policy) = policy::of(path) else {
        return Err(refuse(Reason::NotSupported));
    };
    let bearer = bearer(headers)?;
    let caller = edge.app.authenticate(bearer).await.map_err(status)?;
    if !caller.permissions.has(policy.permission) {
        return Err(denied(policy.permission));
    }
    let permit = match policy.stream {
        Some(_) if *edge.draining.borrow() => return Err(refuse(Reason::Draining)),
        Some(_) => edge.limits.stream(&caller),
        None => edge.limits.call(),
    };
    Ok(Admitted { caller: Some(caller), policy: Some(policy), permit: permit.map_err(refusal)? })
}

fn is_of(path: &str, services: &[&str]) -> bool {
    let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    service.is_some_and(|(service, _)| services.contains(&service))
}

/// The key of `authorization: Bearer …`.
///
/// # Errors
/// `CREDENTIALS_MISSING`, `CREDENTIALS_INVALID`.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Status> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(|| refuse(Reason::CredentialsMissing))?;
    let invalid = || refuse(Reason::CredentialsInvalid);
    if values.next().is_some() {
        return Err(invalid());
    }
    let (scheme, key) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(key.trim()) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use tonic::Code;

    #[test]
    fn open_to_all_are_whole_service_names() {
        assert!(is_of("/grpc.health.v1.Health/Check", &OPEN_TO_ALL));
        assert!(is_of("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", &REFLECTION));
        for path in [
            "",
            "/",
            "grpc.health.v1.Health/Check",
            "/grpc.health.v1.HealthX/Check",
            "//grpc.health.v1.Health/Check",
            "/grpc.health.v1.Health",
            "/omnichannel.v1.AdminService/GetTenant",
        ] {
            assert!(!is_of(path, &OPEN_TO_ALL), "{path}");
        }
    }

    #[test]
    fn one_bearer_is_a_credential() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers).expect_err("none").code(), Code::Unauthenticated);
        for text in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
            assert_eq!(bearer(&headers).expect("a key"), "abc", "{text}");
        }
        for text in ["abc", "Basic abc", "Bearer", ""] {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
            assert!(bearer(&headers).is_err(), "{text}");
        }
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer def"));
        assert!(bearer(&headers).is_err(), "which of them?");
    }
}
