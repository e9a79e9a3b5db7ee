//! Tokens of issuers as credentials. A token chooses nothing about how it is verified: its issuer
//! must be configured, its algorithm allowed for that issuer, its key one that issuer publishes.
//! What else its header says, such as where keys might be, is not read. Whatever is wrong with it,
//! the answer is the same.

use super::identity::principal_of_subject;
use super::identity::{Claims, IdentityConfig, Issuer, Service, principal_of_service};
use super::keyset::{KID_MAX, KeySet, NoKey};
use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use channels::http::{ClientError, ClientOptions, GuardedClient};
use domain::refusal::{Reason, Refusal};
use domain::tenant::{Caller, Credential};
use domain::time::{Span, Timestamp};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Longer texts are no tokens that we take.
const TOKEN_MAX: usize = 8 << 10;

/// How far clocks may be apart.
const LEEWAY: Span = Span::from_secs(60);

/// Longer subjects are nobody.
const SUBJECT_MAX: usize = 255;

/// How long the keys of an issuer may take to come.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The issuers and services that are believed. Clones share them.
#[derive(Clone)]
pub(super) struct Trusted(Arc<Inner>);

struct Inner {
    issuers: Vec<(Issuer, KeySet)>,
    services: Vec<Service>,
}

impl Trusted {
    /// Those who are configured.
    pub(super) fn new(config: IdentityConfig) -> std::result::Result<Self, ClientError> {
        super::crypto::install();
        let egress = config.egress;
        let mut issuers = Vec::with_capacity(config.issuers.len());
        if !config.issuers.is_empty() {
            let timeout = FETCH_TIMEOUT;
            let options = ClientOptions { egress, timeout, ..ClientOptions::default() };
            let client = GuardedClient::new(&options)?;
            for issuer in config.issuers {
                issuers.push((issuer, KeySet::new(client.clone())));
            }
        }
        Ok(Self(Arc::new(Inner { issuers, services: config.services })))
    }

    /// The caller of a token; its tenant is not looked at.
    pub(super) async fn caller(&self, text: &str, now: Timestamp) -> Result<Caller> {
        let invalid = || Error::from(Reason::CredentialsInvalid);
        let (header, iss) = unproven(text).ok_or_else(invalid)?;
        let mut issuers = self.0.issuers.iter();
        let (issuer, keys) =
            issuers.find(|(issuer, _)| issuer.issuer == iss).ok_or_else(invalid)?;
        if !issuer.algorithms.contains(&header.alg) {
            return Err(invalid());
        }
        let key = match keys.key(issuer, header.kid.as_deref(), header.alg).await {
            Ok(key) => key,
            Err(NoKey::Unknown) => return Err(invalid()),
            Err(NoKey::Away) => {
                let refusal = Refusal::new(Reason::ServiceUnavailable);
                return Err(refusal.retry_after(Span::from_secs(5)).into());
            }
        };
        let claims = decode::<Claims>(text, &key, &validation(issuer, &header));
        let claims = claims.map_err(|_| invalid())?.claims;
        caller_of(issuer, &claims, now).ok_or_else(invalid)
    }

    /// The caller of a certificate with these names, good until then.
    pub(super) fn service(&self, uris: &[String], until: Timestamp) -> Option<Caller> {
        let mut services = self.0.services.iter();
        let service = services.find(|service| uris.contains(&service.uri))?;
        Some(Caller {
            tenant: service.tenant,
            principal: principal_of_service(&service.uri),
            credential: Credential::Certificate(until),
            role: service.role,
            permissions: service.permissions,
            agent: None,
        })
    }
}

/// What a token says of itself that decides whom to ask: its header and its issuer.
fn unproven(text: &str) -> Option<(Header, String)> {
    if text.len() > TOKEN_MAX {
        return None;
    }
    let mut parts = text.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let header = decode_header(text).ok()?;
    // An extension that must be understood is one that we do not.
    let plain = header.crit.is_none() && header.kid.as_ref().is_none_or(|kid| kid.len() <= KID_MAX);
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    plain.then_some((header, claims.get("iss")?.as_str()?.to_owned()))
}

/// Signature, issuer and audience; times are looked at by our own clock.
fn validation(issuer: &Issuer, header: &Header) -> Validation {
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    validation.set_issuer(&[&issuer.issuer]);
    validation.set_audience(&issuer.audiences);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn caller_of(issuer: &Issuer, claims: &Claims, now: Timestamp) -> Option<Caller> {
    let until = moment(claims.get("exp")?)? + LEEWAY;
    let from = match claims.get("nbf") {
        Some(from) => moment(from)?,
        None => Timestamp::default(),
    };
    if now >= until || now + LEEWAY < from {
        return None;
    }
    let subject = claims.get("sub")?.as_str()?;
    if subject.is_empty() || subject.len() > SUBJECT_MAX {
        return None;
    }
    let claimed = issuer.claimed(claims)?;
    Some(Caller {
        tenant: claimed.tenant,
        principal: principal_of_subject(&issuer.issuer, subject),
        credential: Credential::Token(until),
        role: claimed.role,
        permissions: claimed.permissions,
        agent: claimed.agent,
    })
}

/// A moment as tokens write it: seconds, perhaps with a fraction.
fn moment(claim: &Value) -> Option<Timestamp> {
    /// Seconds beyond this are no moment that anybody means.
    const FAR: i64 = 1 << 40;
    let seconds = match claim.as_i64() {
        Some(seconds) => seconds,
        None => claim.as_f64().filter(|seconds| seconds.is_finite())? as i64,
    };
    (0..FAR).contains(&seconds).then(|| Timestamp::from_micros(seconds * 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::TenantId;
    use domain::tenant::{Permission, Permissions, Role};
    use serde_json::json;
    use uuid::Uuid;

    const URI: &str = "spiffe://example.org/billing";

    #[test]
    fn a_service_is_known_by_a_whole_uri_of_its_certificate() {
        let service = Service {
            uri: URI.into(),
            tenant: TenantId(Uuid::from_u128(7)),
            role: Role::Integration,
            permissions: Permissions::of(&[Permission::CustomersRead]),
        };
        let config = IdentityConfig { services: vec![service.clone()], ..Default::default() };
        let trusted = Trusted::new(config).expect("no client is needed");
        let until = Timestamp::from_micros(9);
        let names = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>();
        let caller = trusted.service(&names(&["https://x", URI]), until).expect("it is named");
        assert_eq!((caller.tenant, caller.role), (service.tenant, Role::Integration));
        assert_eq!(caller.permissions, service.permissions);
        assert_eq!(caller.until(), Some(until));
        assert_eq!(caller.principal, principal_of_service(URI));
        for other in
            ["", "spiffe://example.org/billing/", "spiffe://example.org/bill", "SPIFFE://x"]
        {
            assert_eq!(trusted.service(&names(&[other]), until), None, "{other}");
        }
    }

    #[test]
    fn moments_are_seconds_and_nothing_else_is_a_moment() {
        let of = |claim: Value| moment(&claim).map(Timestamp::micros);
        assert_eq!(of(json!(7)), Some(7_000_000));
        assert_eq!(of(json!(7.9)), Some(7_000_000));
        for claim in [json!("7"), json!(-1), json!(1e300), json!(i64::MAX), json!(null), json!([7])]
        {
            assert_eq!(of(claim.clone()), None, "{claim}");
        }
    }

    #[test]
    fn what_is_no_token_asks_nobody() {
        for text in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", &"x".repeat(9_000)] {
            assert!(unproven(text).is_none(), "{text}");
        }
    }
}
