//! The public keys of one issuer: fetched when they are first needed, again when a token names one
//! that is unknown, which is how a rotation is noticed, and now and then so that what the issuer
//! withdrew is forgotten. However many unknown keys are named, the issuer is asked once a minute.

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
pub(super) struct KeySet {
    held: ArcSwapOption<Fetched>,
    asked: Mutex<Asked>,
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
    pub(super) fn new(client: GuardedClient) -> Self {
        Self { held: ArcSwapOption::empty(), asked: Mutex::default(), client }
    }

    /// The key with a name, for an algorithm; without a name the only one for it.
    pub(super) async fn key(
        &self,
        issuer: &Issuer,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, NoKey> {
        if let Some(held) = self.held.load_full()
            && held.at.elapsed() < FRESH
            && let Some(key) = found(&held.keys, kid, algorithm)
        {
            return Ok(key);
        }
        // One at a time; who waited finds what the one before fetched.
        let mut asked = self.asked.lock().await;
        let held = self.held.load_full();
        let known = held.as_ref().and_then(|held| found(&held.keys, kid, algorithm));
        let fresh = held.as_ref().is_some_and(|held| held.at.elapsed() < FRESH);
        if let (Some(key), true) = (&known, fresh) {
            return Ok(Arc::clone(key));
        }
        if self.may_ask(&mut asked, held.is_some(), known.is_some()) {
            match self.fetch(issuer).await {
                Some(keys) => {
                    *asked = Asked { failed: None, ..*asked };
                    self.held.store(Some(Arc::new(Fetched { keys, at: Instant::now() })));
                }
                None => asked.failed = Some(Instant::now()),
            }
        } else {
            // What is there counts until the issuer can be asked again.
            return known.ok_or(if held.is_some() { NoKey::Unknown } else { NoKey::Away });
        }
        match self.held.load_full() {
            None => Err(NoKey::Away),
            // What could not be fetched anew goes on to count: the issuer may be away for a while.
            Some(held) => found(&held.keys, kid, algorithm).ok_or(NoKey::Unknown),
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
