//! Customers' messages on their way to the server: signed webhooks over HTTP, as the system of a
//! tenant would post them. A message that was not acknowledged is posted again under the same
//! identifier, a bounded number of times.

use super::script::{Scene, Script};
use anyhow::{Context as _, Result, anyhow, bail};
use channels::http::{ClientOptions, Egress, GuardedClient, HttpOutcome, HttpRequest};
use channels::standard_webhooks::{
    ID_HEADER, SIGNATURE_HEADER, SignatureHeaders, SigningKey, TIMESTAMP_HEADER, sign,
};
use domain::time::Timestamp;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;
use url::Url;

/// Attempts at one message: enough for a server that is started anew.
const ATTEMPTS_MAX: u32 = 12;

/// Wait before the second attempt; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A key as long as a real one that is nobody's.
const FORGED_KEY: [u8; 32] = [7; 32];

/// A message as it is posted: the same bytes however often.
pub(super) struct Letter {
    id: String,
    body: Vec<u8>,
}

impl Letter {
    /// A customer's message.
    pub(super) fn of(script: &Script, scene: &Scene, part: usize) -> Self {
        let external_id = script.external_id(scene.number, part);
        let address = script.address(scene);
        let told = (script.name(scene), scene.subject());
        Self::new(&external_id, &address, told, &scene.text(part))
    }

    fn new(id: &str, address: &str, (name, subject): (&str, String), text: &str) -> Self {
        let document = json!({
            "type": "message.created",
            "timestamp": prost_types::Timestamp::from(SystemTime::now()).to_string(),
            "data": {
                "id": id,
                "from": { "address": address, "name": name },
                "text": text,
                "subject": subject,
                "language": "en",
            },
        });
        Self { id: format!("msg_{id}"), body: document.to_string().into() }
    }
}

/// The way into the server for one channel account.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    client: GuardedClient,
    url: Url,
    key: SigningKey,
}

impl Hook {
    pub(super) fn new(url: Url, key: SigningKey) -> Result<Self> {
        let egress = Egress { allow_http: true, allow_private: true };
        let options = ClientOptions { egress, timeout: TIMEOUT, ..ClientOptions::default() };
        let client = GuardedClient::new(&options).context("the client for webhooks")?;
        Ok(Self { client, url, key })
    }

    /// Posts a message until it is acknowledged.
    pub(super) async fn post(&self, letter: &Letter) -> Result<()> {
        let mut wait = FIRST_WAIT;
        let mut why = String::new();
        for attempt in 1..=ATTEMPTS_MAX {
            why = match self.exchange(letter, &self.key).await? {
                Ok(200..=299) => return Ok(()),
                Ok(status) => format!("it was answered {status}"),
                Err(why) => why,
            };
            if attempt < ATTEMPTS_MAX {
                sleep(wait).await;
                wait = LONGEST_WAIT.min(wait * 2);
            }
        }
        bail!("a webhook was not taken in {ATTEMPTS_MAX} attempts: {why}")
    }

    /// Posts a message with a signature by a wrong key; answers with the status.
    pub(super) async fn forge(&self, script: &Script) -> Result<u16> {
        let id = format!("{}-forged", script.run);
        let told = ("Mallory", "A forged one".to_owned());
        let letter = Letter::new(&id, "mallory@demo.invalid", told, "Let me in.");
        let key = SigningKey::from_bytes(FORGED_KEY.to_vec()).context("a key to forge with")?;
        let answer = self.exchange(&letter, &key).await?;
        answer.map_err(|why| anyhow!("the forged webhook got no answer: {why}"))
    }

    /// One attempt: the status, or why there is none.
    async fn exchange(
        &self,
        letter: &Letter,
        key: &SigningKey,
    ) -> Result<std::result::Result<u16, String>> {
        let signed = sign(std::slice::from_ref(key), &letter.id, now(), &letter.body)?;
        let (url, headers) = (self.url.clone(), headers(&signed)?);
        let body = letter.body.clone().into();
        let request = HttpRequest { method: Method::POST, url, headers, body };
        Ok(match self.client.send(request).await {
            HttpOutcome::Answer(answer) => Ok(answer.status),
            HttpOutcome::NotSent(why) => Err(why.to_string()),
            HttpOutcome::Unknown(why) => Err(why.to_string()),
        })
    }
}

fn headers(signed: &SignatureHeaders) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        (ID_HEADER, &signed.id),
        (TIMESTAMP_HEADER, &signed.timestamp),
        (SIGNATURE_HEADER, &signed.signature),
    ] {
        let value = HeaderValue::from_str(value).context("a header of a webhook")?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// The clock, as signatures need it.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
