//! Who may call what: the method's policy, the caller's credential, their permission, and whether
//! there is room. Nothing is allowed that the contract does not name; health is the only service
//! open to all and reflection the only one that a setting opens, and they are named here.

use crate::config::Reflection;
use crate::door::Peer;
use crate::grpc::Edge;
use crate::grpc::limits::Permit;
use crate::grpc::status::{denied, refusal, refuse, status};
use crate::layers::peer;
use crate::policy::{self, MethodPolicy};
use crate::tls::PeerCertificate;
use app::error::Error;
use domain::refusal::Reason;
use domain::tenant::{Caller, Permission};
use http::{Extensions, HeaderMap, header};
use std::net::IpAddr;
use std::time::Instant;
use tonic::Status;

/// The service that needs no credential: it tells nothing about any tenant.
const OPEN_TO_ALL: [&str; 1] = ["grpc.health.v1.Health"];

/// Of its methods, the one whose answer goes on.
const WATCH: &str = "/Watch";

/// Services that tell what can be called; who is told is a setting.
const REFLECTION: [&str; 2] =
    ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// What a request says of itself before its body is read.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The full name of the method.
    pub path: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The certificate that the other end of the connection proved to have.
    pub peer: Option<&'a PeerCertificate>,
    /// The address of the other end.
    pub from: Option<IpAddr>,
    /// When the caller no longer waits for an answer.
    pub until: Option<Instant>,
}

/// A request that may go on.
#[derive(Debug)]
pub struct Admitted {
    /// What the contract says about the method; none for health and reflection.
    pub policy: Option<&'static MethodPolicy>,
    /// Its place among what is open.
    pub permit: Permit,
    /// Whether the response may stay open.
    pub is_stream: bool,
}

/// Decides on a request by its path, headers and certificate, and by the address it comes from. Who
/// calls is told as soon as it is proven, also of one who is then refused.
///
/// # Errors
/// `CREDENTIALS_MISSING`, `CREDENTIALS_INVALID`, `TENANT_SUSPENDED`, `PERMISSION_DENIED`,
/// `RATE_LIMITED`, `DRAINING`, `STREAM_LIMIT`, `SERVICE_UNAVAILABLE`; `NOT_SUPPORTED` for what the
/// contract does not name.
pub async fn admit(
    edge: &Edge,
    asking: Asking<'_>,
    who: &mut Option<Caller>,
) -> Result<Admitted, Status> {
    let path = asking.path;
    let described = is_of(path, &REFLECTION);
    let asked = described && edge.info.reflection == Reflection::Permission;
    if is_of(path, &OPEN_TO_ALL) || (described && !asked) {
        let is_stream = described || path.ends_with(WATCH);
        let permit = match is_stream {
            true => edge.limits.stranger_stream(asking.from),
            false => edge.limits.stranger_call(asking.from),
        };
        return Ok(Admitted { policy: None, permit: permit.map_err(refusal)?, is_stream });
    }
    let policy = policy::of(path);
    if policy.is_none() && !asked {
        return Err(refuse(Reason::NotSupported));
    }
    let caller = proven(edge, asking).await?;
    *who = Some(caller);
    if let Err(often) = edge.rates.call(&caller) {
        return Err(refusal(edge.rates.turn_away(&caller, often, asking.until).await));
    }
    let needed = policy.map_or(Permission::ReflectionRead, |policy| policy.permission);
    if !caller.may(needed) {
        return Err(denied(needed));
    }
    // Reflection has no policy, and is a stream.
    let is_stream = policy.is_none_or(|policy| policy.stream.is_some());
    let permit = match is_stream {
        true if *edge.draining.borrow() => return Err(refuse(Reason::Draining)),
        true => edge.limits.stream(&caller),
        false => edge.limits.call(&caller),
    };
    match permit {
        Ok(permit) => Ok(Admitted { policy, permit, is_stream }),
        Err(full) => Err(refusal(edge.rates.turn_away(&caller, full, asking.until).await)),
    }
}

/// Who calls. A bearer goes before a certificate: whoever shows both speaks for the bearer, as a
/// proxy or a console behind a service does.
async fn proven(edge: &Edge, asking: Asking<'_>) -> Result<Caller, Status> {
    let from = asking.from;
    match asking.peer {
        Some(peer) if !asking.headers.contains_key(header::AUTHORIZATION) => {
            let invalid = || refuse(Reason::CredentialsInvalid);
            let (uris, until) = peer::read(peer).ok_or_else(invalid)?;
            edge.app.authenticate_service(&uris, until).await.map_err(status)
        }
        _ => {
            let bearer = bearer(asking.headers)?;
            edge.rates.may_try(from).map_err(refusal)?;
            let proven = edge.app.authenticate(bearer).await;
            proven.map_err(|error| wrong(edge, from, error))
        }
    }
}

/// Whoever guesses credentials is remembered by the address.
fn wrong(edge: &Edge, from: Option<IpAddr>, error: Error) -> Status {
    if error.0.reason == Reason::CredentialsInvalid {
        edge.rates.tried_wrongly(from);
    }
    status(error)
}

/// The other end of the connection a request came over.
pub fn address_of(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Peer>()?.addr.map(|address| address.ip())
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
