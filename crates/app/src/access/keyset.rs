//! The public keys of one issuer: fetched when they are first needed, again when a token names one
//! that is unknown, which is how a rotation is noticed, and now and then so that what the issuer
//! withdrew is forgotten. However many unknown keys are named, the issuer is asked once a minute.
//! Nobody whose key is known waits for an issuer: what is old counts while it is fetched anew.

use super::identity::{Algorithm, Issuer};
use arc_swap::ArcSwapOption;
use channels::http::{GuardedClient, HttpOutcome, HttpRequest};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long after an unknown key was looked for the next one is.
const UNKNOWN_WAIT: Duration = Duration::from_secs(60);

/// How long after a failed fetch the next one is, while there are no keys at all.
const FAILED_WAIT: Duration = Duration::from_secs(5);

/// How old keys may be before they are fetched anew.
const FRESH: Duration = Duration::from_secs(600);

/// How many keys of a set are taken.
const KEYS_MAX: usize = 64;

/// Longer names of keys are unknown.
pub(super) const KID_MAX: usize = 256;

/// Where an issuer tells about itself.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A key, and what it may verify.
struct Held {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    key: Arc<DecodingKey>,
}

/// Keys as they were fetched.
struct Fetched {
    keys: Vec<Held>,
    at: Instant,
}

/// When the issuer was last asked, and why.
#[derive(Default)]
struct Asked {
    for_unknown: Option<Instant>,
    failed: Option<Instant>,
}

/// The keys of an issuer.
#[derive(Clone)]
pub(super) struct KeySet(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    held: ArcSwapOption<Fetched>,
    /// Held by who asks the issuer.
    asked: Arc<Mutex<Asked>>,
    client: GuardedClient,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The issuer has none that fits.
    Unknown,
    /// The issuer does not answer, and never has.
    Away,
}

/// The parts of a discovery document that are read.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

/// A set of keys, each read by itself: one that we do not understand spoils no other.
#[derive(Deserialize)]
struct Listed {
    keys: Vec<Value>,
}

impl KeySet {
    pub(super) fn new(issuer: Issuer, client: GuardedClient) -> Self {
        let (held, asked) = (ArcSwapOption::empty(), Arc::default());
        Self(Arc::new(Inner { issuer, held, asked, client }))
    }

    /// Whose keys they are.
    pub(super) fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The key with a name, for an algorithm; without a name the only one for it.
    pub(super) async fn key(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, NoKey> {
        if let Some((key, fresh)) = self.0.known(kid, algorithm) {
            if !fresh {
                self.refresh();
            }
            return Ok(key);
        }
        // One at a time; who waited finds what the one before fetched.
        let mut asked = self.0.asked.lock().await;
        if let Some((key, _)) = self.0.known(kid, algorithm) {
            return Ok(key);
        }
        let any = self.0.held.load().is_some();
        if self.0.may_ask(&mut asked, any, false) {
            self.0.ask(&mut asked).await;
        }
        match self.0.known(kid, algorithm) {
            Some((key, _)) => Ok(key),
            None if self.0.held.load().is_some() => Err(NoKey::Unknown),
            None => Err(NoKey::Away),
        }
    }

    /// Fetches the keys anew beside whoever goes on with the old ones, unless somebody does or the
    /// issuer failed not long ago.
    fn refresh(&self) {
        let Ok(mut asked) = Arc::clone(&self.0.asked).try_lock_owned() else { return };
        let inner = Arc::clone(&self.0);
        let fresh = inner.held.load().as_ref().is_some_and(|held| held.at.elapsed() < FRESH);
        if !fresh && inner.may_ask(&mut asked, true, true) {
            // It ends with the client's own time, a few seconds.
            tokio::spawn(async move { inner.ask(&mut asked).await });
        }
    }
}

impl Inner {
    /// A key that is held, and whether the keys are fresh.
    fn known(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<(Arc<DecodingKey>, bool)> {
        let held = self.held.load();
        let held = held.as_ref()?;
        Some((found(&held.keys, kid, algorithm)?, held.at.elapsed() < FRESH))
    }

    /// Asks the issuer. What cannot be fetched anew goes on to count: it may be away for a while.
    async fn ask(&self, asked: &mut Asked) {
        match self.fetch(&self.issuer).await {
            Some(keys) => {
                asked.failed = None;
                self.held.store(Some(Arc::new(Fetched { keys, at: Instant::now() })));
            }
            None => asked.failed = Some(Instant::now()),
        }
    }

    /// Whether the issuer may be asked now.
    fn may_ask(&self, asked: &mut Asked, any: bool, known: bool) -> bool {
        let over = |at: Option<Instant>, wait| at.is_none_or(|at: Instant| at.elapsed() >= wait);
        if !any {
            return over(asked.failed, FAILED_WAIT);
        }
        if known {
            return over(asked.failed, UNKNOWN_WAIT);
        }
        let may = over(asked.for_unknown, UNKNOWN_WAIT) && over(asked.failed, FAILED_WAIT);
        if may {
            asked.for_unknown = Some(Instant::now());
        }
        may
    }

    async fn fetch(&self, issuer: &Issuer) -> Option<Vec<Held>> {
        let fetched = self.fetch_keys(issuer).await;
        if let Err(why) = &fetched {
            tracing::warn!(issuer = %issuer.issuer, why, "the keys of an issuer cannot be fetched");
        }
        fetched.ok()
    }

    async fn fetch_keys(&self, issuer: &Issuer) -> Result<Vec<Held>, &'static str> {
        let url = match &issuer.jwks_url {
            Some(url) => url.clone(),
            None => {
                let place = issuer.issuer.trim_end_matches('/').to_owned() + DISCOVERY;
                let found: Discovered = self.get(&place).await?;
                if found.issuer != issuer.issuer {
                    return Err("the discovery document is of another issuer");
                }
                found.jwks_uri
            }
        };
        let listed: Listed = self.get(&url).await?;
        Ok(listed.keys.into_iter().take(KEYS_MAX).filter_map(held).collect())
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, &'static str> {
        let request = HttpRequest::get(url).map_err(|refused| refused.reason())?;
        match self.client.send(request).await {
            HttpOutcome::Answer(answer) if answer.status != 200 => Err("it answers with an error"),
            HttpOutcome::Answer(answer) if answer.truncated => Err("its answer is too long"),
            HttpOutcome::Answer(answer) => {
                serde_json::from_slice(&answer.body).map_err(|_| "its answer is not as expected")
            }
            HttpOutcome::NotSent(why) => Err(why.reason()),
            HttpOutcome::Unknown(_) => Err("it does not answer"),
        }
    }
}

fn found(keys: &[Held], kid: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
    let mut fit = keys
        .iter()
        .filter(|held| held.algorithms.contains(&algorithm))
        .filter(|held| kid.is_none() || held.kid.as_deref() == kid);
    let first = fit.next()?;
    // Which of them is not ours to guess.
    fit.next().is_none().then(|| Arc::clone(&first.key))
}

/// A key of a set, if it is a public one for signatures that we verify.
fn held(value: Value) -> Option<Held> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
        return None;
    }
    use Algorithm as A;
    let mut algorithms = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => {
            vec![A::RS256, A::RS384, A::RS512, A::PS256, A::PS384, A::PS512]
        }
        AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
            EllipticCurve::P256 => vec![A::ES256],
            EllipticCurve::P384 => vec![A::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            vec![A::EdDSA]
        }
        _ => return None,
    };
    if let Some(only) = &jwk.common.key_algorithm {
        let only = only.to_string();
        algorithms.retain(|algorithm| format!("{algorithm:?}") == only);
    }
    let key = Arc::new(DecodingKey::from_jwk(&jwk).ok()?);
    Some(Held { kid: jwk.common.key_id, algorithms, key })
}

#[cfg(test)]
mod tests {
    use super::super::identity::{RoleFrom, TenantFrom};
    use super::*;
    use channels::http::{ClientOptions, Egress};
    use domain::id::TenantId;
    use domain::tenant::Role;
    use std::net::TcpListener;

    /// Keys of an issuer that takes connections and never answers.
    fn hanging() -> (TcpListener, KeySet) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let issuer = Issuer {
            issuer: url.clone(),
            jwks_url: Some(url),
            audiences: Vec::new(),
            algorithms: vec![Algorithm::EdDSA],
            tenant: TenantFrom::Fixed(TenantId::default()),
            role: RoleFrom::Fixed(Role::Analyst),
            agent_claim: None,
            scope_claim: None,
        };
        super::super::crypto::install();
        let egress = Egress { allow_http: true, allow_private: true };
        let timeout = Duration::from_secs(5);
        let options = ClientOptions { egress, timeout, ..ClientOptions::default() };
        (listener, KeySet::new(issuer, GuardedClient::new(&options).expect("a client")))
    }

    fn holding(kid: &str, age: Duration) -> Arc<Fetched> {
        let key = Arc::new(DecodingKey::from_ed_der(&[7; 32]));
        let held = Held { kid: Some(kid.to_owned()), algorithms: vec![Algorithm::EdDSA], key };
        let at = Instant::now().checked_sub(age).expect("the machine has run for as long");
        Arc::new(Fetched { keys: vec![held], at })
    }

    #[tokio::test]
    async fn a_known_key_waits_for_no_issuer_however_old_it_is() {
        let (listener, keys) = hanging();
        keys.0.held.store(Some(holding("a", FRESH + Duration::from_secs(1))));
        let begun = Instant::now();
        for _ in 0..50 {
            keys.key(Some("a"), Algorithm::EdDSA).await.expect("it is known");
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "waited {:?}", begun.elapsed());
        // Somebody asks for an unknown one and waits; those who know theirs do not.
        let other = keys.clone();
        let waits = tokio::spawn(async move { other.key(Some("b"), Algorithm::EdDSA).await });
        tokio::task::yield_now().await;
        keys.key(Some("a"), Algorithm::EdDSA).await.expect("it is known");
        assert!(begun.elapsed() < Duration::from_secs(1), "waited {:?}", begun.elapsed());
        // It is asked all the same: the connection is there to be taken.
        let asked = tokio::task::spawn_blocking(move || listener.accept().map(drop));
        asked.await.expect("no panic").expect("the issuer was asked");
        waits.abort();
    }
}
