//! Webhooks as the other side makes and reads them: Standard Webhooks signatures, written here a
//! second time so that the server's own are checked by other code.

use super::fixture::Tenant;
use super::http::{self, Answer};
use super::unique;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use omnichannel_sdk::v1;
use serde_json::json;
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

/// The signature of a webhook.
pub(crate) fn signature(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = secret.strip_prefix("whsec_").expect("a secret says what it is");
    let key = STANDARD.decode(key).expect("a secret is base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Seconds since the epoch.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("before the end of time")
}

/// The path an account takes webhooks at.
pub(crate) fn inbound_path(account: &v1::ChannelAccount) -> String {
    match &account.config {
        Some(v1::channel_account::Config::Webhook(webhook)) => webhook.inbound_path.clone(),
        _ => panic!("a webhook account has settings"),
    }
}

/// One webhook to be posted, in order unless a test changes it.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) path: String,
    pub(crate) secret: String,
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) body: Vec<u8>,
}

impl Post {
    pub(crate) fn new(account: &v1::ChannelAccount, secret: &str, body: Vec<u8>) -> Self {
        Self {
            path: inbound_path(account),
            secret: secret.to_owned(),
            id: format!("msg_{}", unique("in").replace(' ', "_")),
            timestamp: now(),
            body,
        }
    }

    /// Posts it, signed.
    pub(crate) async fn send(&self, tenant: &Tenant) -> Answer {
        let timestamp = self.timestamp.to_string();
        let signature = signature(&self.secret, &self.id, &timestamp, &self.body);
        self.send_signed(tenant, &signature).await
    }

    /// Posts it with any signature.
    pub(crate) async fn send_signed(&self, tenant: &Tenant, signature: &str) -> Answer {
        let timestamp = self.timestamp.to_string();
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", self.id.as_str()),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", signature),
        ];
        http::send(tenant.server.port(), "POST", &self.path, &headers, &self.body).await
    }
}

/// A message of a customer as a webhook says it.
pub(crate) fn message(external_id: &str, address: &str, text: &str) -> Vec<u8> {
    let document = json!({
        "type": "message.created",
        "timestamp": "2026-01-02T03:04:05Z",
        "data": {
            "id": external_id,
            "from": { "address": address, "name": "Grace" },
            "text": text,
            "subject": "a question",
        },
    });
    serde_json::to_vec(&document).expect("a document is writable")
}

/// A report on a message of ours.
pub(crate) fn report(message_id: &str, status: &str) -> Vec<u8> {
    let data = json!({ "message_id": message_id, "status": status });
    let document =
        json!({ "type": "message.status", "timestamp": "2026-01-02T03:04:05Z", "data": data });
    serde_json::to_vec(&document).expect("a document is writable")
}
