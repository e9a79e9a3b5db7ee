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
use std::sync::atomic::{AtomicI64, Ordering};
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
    issuers: Vec<KeySet>,
    services: Vec<Service>,
    /// For each issuer, and last for tokens of none, the second in which a refusal was told last:
    /// whoever sends rubbish hides nobody else's trouble.
    told: Vec<AtomicI64>,
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
                issuers.push(KeySet::new(issuer, client.clone()));
            }
        }
        let told = (0..=issuers.len()).map(|_| AtomicI64::new(0)).collect();
        Ok(Self(Arc::new(Inner { issuers, services: config.services, told })))
    }

    /// The caller of a token and which issuer's it is; its tenant is not looked at.
    pub(super) async fn caller(&self, text: &str, now: Timestamp) -> Result<(Caller, usize)> {
        let refuse = |issuer: Option<usize>, why: &'static str| {
            self.tell(issuer, why, now);
            Error::from(Reason::CredentialsInvalid)
        };
        let (header, iss) = unproven(text).ok_or_else(|| refuse(None, "not a token"))?;
        let known = self.0.issuers.iter().position(|keys| keys.issuer().issuer == iss);
        let at = known.ok_or_else(|| refuse(None, "not of a configured issuer"))?;
        let keys = &self.0.issuers[at];
        let issuer = keys.issuer();
        if !issuer.algorithms.contains(&header.alg) {
            return Err(refuse(Some(at), "its algorithm is not among the issuer's"));
        }
        let key = match keys.key(header.kid.as_deref(), header.alg).await {
            Ok(key) => key,
            Err(NoKey::Unknown) => {
                return Err(refuse(Some(at), "the issuer publishes no such key"));
            }
            Err(NoKey::Away) => {
                let refusal = Refusal::new(Reason::ServiceUnavailable);
                return Err(refusal.retry_after(Span::from_secs(5)).into());
            }
        };
        let claims = decode::<Claims>(text, &key, &validation(issuer, &header))
            .map_err(|error| refuse(Some(at), fault(&error)))?
            .claims;
        let caller = caller_of(issuer, &claims, now).map_err(|why| refuse(Some(at), why))?;
        Ok((caller, at))
    }

    /// Tells the operator why a token was refused; the caller is never told. Nothing of the token
    /// is in it, and no more than one of an issuer in a second is told.
    pub(super) fn tell(&self, issuer: Option<usize>, why: &'static str, now: Timestamp) {
        if self.is_told(issuer, now) {
            let issuer = issuer.map(|at| self.0.issuers[at].issuer().issuer.as_str());
            tracing::info!(issuer, why, "a token was refused");
        }
    }

    /// Whether a refusal of this moment is told.
    fn is_told(&self, issuer: Option<usize>, now: Timestamp) -> bool {
        let second = now.millis() / 1000;
        let told = &self.0.told[issuer.unwrap_or(self.0.issuers.len())];
        told.swap(second, Ordering::Relaxed) != second
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

/// What is wrong with a token whose key is known, in a word that holds nothing of it.
fn fault(error: &jsonwebtoken::errors::Error) -> &'static str {
    use jsonwebtoken::errors::ErrorKind as Kind;
    match error.kind() {
        Kind::InvalidSignature => "its signature is wrong",
        Kind::InvalidAudience => "it is for another audience",
        Kind::MissingRequiredClaim(_) => "it lacks one of exp, iss, sub and aud",
        _ => "it cannot be read",
    }
}

fn caller_of(
    issuer: &Issuer,
    claims: &Claims,
    now: Timestamp,
) -> std::result::Result<Caller, &'static str> {
    let until = claims.get("exp").and_then(moment).ok_or("its exp is no moment")? + LEEWAY;
    let from = match claims.get("nbf") {
        Some(from) => moment(from).ok_or("its nbf is no moment")?,
        None => Timestamp::default(),
    };
    if now >= until {
        return Err("it is over");
    }
    if now + LEEWAY < from {
        return Err("it is not good yet");
    }
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.is_empty() || subject.len() > SUBJECT_MAX {
        return Err("its subject is empty or too long");
    }
    let claimed = issuer.claimed(claims).ok_or("its claims give no tenant, role or agent")?;
    Ok(Caller {
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
    use super::super::identity::{RoleFrom, TenantFrom};
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
    fn of_each_issuer_one_refusal_in_a_second_is_told() {
        let issuer = |name: &str| Issuer {
            issuer: format!("https://{name}.example"),
            jwks_url: None,
            audiences: Vec::new(),
            algorithms: Vec::new(),
            tenant: TenantFrom::Fixed(TenantId(Uuid::from_u128(7))),
            role: RoleFrom::Fixed(Role::Analyst),
            agent_claim: None,
            scope_claim: None,
        };
        let issuers = vec![issuer("a"), issuer("b")];
        let config = IdentityConfig { issuers, ..Default::default() };
        let trusted = Trusted::new(config).expect("a client can be made");
        let (first, second) =
            (Timestamp::from_micros(5_000_000), Timestamp::from_micros(6_000_000));
        for at in [first, second] {
            for of in [None, Some(0), Some(1)] {
                assert!(trusted.is_told(of, at), "{of:?}");
                assert!(!trusted.is_told(of, at), "{of:?}, told already");
            }
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
