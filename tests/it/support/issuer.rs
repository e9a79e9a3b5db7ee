//! An issuer of tokens: it publishes its keys, rotates them, counts how often it is asked, and
//! signs whatever a test wants signed, also what no honest issuer would.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Who its tokens are for.
pub(crate) const AUDIENCE: &str = "omnichannel";

/// A key of an issuer.
pub(crate) struct Key {
    pub(crate) kid: String,
    algorithm: &'static str,
    pair: KeyPair,
}

impl Key {
    /// A new key for `ES256` or `EdDSA`.
    pub(crate) fn new(kid: &str, algorithm: &'static str) -> Self {
        let of = if algorithm == "ES256" { &PKCS_ECDSA_P256_SHA256 } else { &PKCS_ED25519 };
        let pair = KeyPair::generate_for(of).expect("a key");
        Self { kid: kid.to_owned(), algorithm, pair }
    }

    fn jwk(&self) -> Value {
        let raw = self.pair.der_bytes();
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self.algorithm {
            "ES256" => json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                "x": encoded(&raw[1..33]), "y": encoded(&raw[33..65]),
            }),
            _ => json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.kid, "x": encoded(raw),
            }),
        }
    }

    /// The public key as anybody can read it.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.pair.der_bytes().to_vec()
    }

    /// A token with this header and these claims.
    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signed = self.pair.sign(message.as_bytes()).expect("it signs");
        let signed = if self.algorithm == "ES256" { fixed(&signed) } else { signed };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed))
    }

    /// An honest token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": self.algorithm, "typ": "JWT", "kid": self.kid}), claims)
    }
}

/// A token before it is signed.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// The two numbers of a signature, 32 bytes each, out of their DER.
fn fixed(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    let mut rest = &der[2..];
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = &number[number.len().saturating_sub(32)..];
        out.resize(out.len() + 32 - number.len(), 0);
        out.extend_from_slice(number);
        rest = &rest[2 + length..];
    }
    out
}

/// Seconds since 1970, moved by so many.
pub(crate) fn seconds(moved: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    i64::try_from(now).expect("before the far future") + moved
}

#[derive(Default)]
struct Shared {
    keys: Mutex<Vec<Value>>,
    asked: AtomicUsize,
    url: Mutex<String>,
}

/// A running issuer.
pub(crate) struct Issuer {
    /// What its tokens say in `iss`.
    pub(crate) url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Issuer {
    /// An issuer on this port with these keys.
    pub(crate) async fn start(port: u16, keys: &[&Key]) -> Self {
        let shared = Arc::new(Shared::default());
        let url = format!("http://127.0.0.1:{port}");
        shared.url.lock().unwrap().clone_from(&url);
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(published))
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the issuer serves");
        });
        let issuer = Self { url, shared, serving };
        issuer.publish(keys);
        issuer
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish(&self, keys: &[&Key]) {
        let strange = json!({"kty": "strange", "kid": "unreadable"});
        let all = keys.iter().map(|key| key.jwk()).chain([strange]);
        *self.shared.keys.lock().unwrap() = all.collect();
    }

    /// How often its keys were fetched.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Claims that are all right, of this subject, with more of them.
    pub(crate) fn claims(&self, subject: &str, more: Value) -> Value {
        let mut claims = json!({
            "iss": self.url, "aud": [AUDIENCE], "sub": subject, "exp": seconds(300),
            "iat": seconds(0),
        });
        let more = more.as_object().expect("claims are an object").clone();
        claims.as_object_mut().expect("an object").extend(more);
        claims
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn discovery(State(shared): State<Arc<Shared>>) -> String {
    let url = shared.url.lock().unwrap().clone();
    json!({"issuer": url, "jwks_uri": format!("{url}/keys")}).to_string()
}

async fn published(State(shared): State<Arc<Shared>>) -> String {
    shared.asked.fetch_add(1, Ordering::SeqCst);
    json!({"keys": *shared.keys.lock().unwrap()}).to_string()
}
