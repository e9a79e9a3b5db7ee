//! The other side of outbound webhooks: a small HTTP server that remembers what was posted to it
//! and answers as it was told, then as usual.

use super::process::free_port;
use super::{eventually, webhook};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How the receiver answers.
#[derive(Clone, Debug)]
pub(crate) enum Saying {
    /// This status and body.
    Status(u16, &'static str),
    /// This status, and to come back after so many seconds.
    Later(u16, u64),
    /// Nothing for this long, then 200.
    Hang(Duration),
}

/// What was posted.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Saying>>,
    posted: Mutex<Vec<Posted>>,
}

/// A receiver of webhooks.
pub(crate) struct Receiver {
    port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start(script: &[Saying]) -> Self {
        let shared = Arc::new(Shared::default());
        shared.script.lock().unwrap().extend(script.iter().cloned());
        let router = Router::new().route("/in", post(answer)).with_state(Arc::clone(&shared));
        loop {
            let port = free_port();
            // Somebody else may have taken it meanwhile.
            let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await else { continue };
            let serving = tokio::spawn(async move {
                axum::serve(listener, router).await.expect("the receiver serves");
            });
            return Self { port, shared, serving };
        }
    }

    /// Where to post.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/in", self.port)
    }

    /// What was posted so far.
    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.shared.posted.lock().unwrap().clone()
    }

    /// What was posted, once it is this much.
    pub(crate) async fn received(&self, count: usize) -> Vec<Posted> {
        let look = || async {
            let posted = self.posted();
            (posted.len() >= count).then_some(posted)
        };
        eventually(&format!("{count} posts"), look).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Posted {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("visible ASCII")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON document")
    }

    /// Whether it is signed with a secret, freshly.
    pub(crate) fn is_signed(&self, secret: &str) -> bool {
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let expected = webhook::signature(secret, id, timestamp, &self.body);
        let age = webhook::now() - timestamp.parse::<i64>().expect("seconds");
        age.abs() < 60 && self.header("webhook-signature").split(' ').any(|one| one == expected)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let next = shared.script.lock().unwrap().pop_front();
    shared.posted.lock().unwrap().push(Posted { headers, body: body.to_vec() });
    match next {
        None => StatusCode::OK.into_response(),
        Some(Saying::Status(status, body)) => {
            (StatusCode::from_u16(status).expect("a status"), body).into_response()
        }
        Some(Saying::Later(status, seconds)) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [("retry-after", seconds.to_string())]).into_response()
        }
        Some(Saying::Hang(span)) => {
            sleep(span).await;
            StatusCode::OK.into_response()
        }
    }
}
