//! The customers' side of the channel: a small HTTP server on the loopback address that takes what
//! the agents answer. It believes only our signature and checks every answer against the script.

use super::answers::{Answers, Taken};
use super::hook::now;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use channels::standard_webhooks::{
    ID_HEADER, SIGNATURE_HEADER, SignatureHeaders, SigningKey, TIMESTAMP_HEADER, verify,
};
use channels::webhook::{ATTEMPT_HEADER, MAX_BODY};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where answers are posted.
const PATH: &str = "/answers";

/// What a refused sender is asked to wait, in seconds.
const RETRY_AFTER: &str = "1";

/// An address that answers can be posted to, before anybody listens to what comes.
#[derive(Debug)]
pub(super) struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
}

struct Desk {
    answers: Arc<Answers>,
    keys: Vec<SigningKey>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    data: Answer,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    interaction_id: String,
    to: Address,
    text: String,
}

#[derive(Deserialize)]
struct Address {
    address: String,
}

impl Receiver {
    /// Takes a free port.
    pub(super) async fn bind() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Serves until told to stop.
    pub(super) async fn serve(
        self,
        answers: Arc<Answers>,
        key: SigningKey,
        stop: CancellationToken,
    ) {
        let desk = Desk { answers, keys: vec![key] };
        let router = Router::new()
            .route(PATH, post(take))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(Arc::new(desk));
        let served = axum::serve(self.listener, router);
        // Either it was told to stop, or the verdict will miss the answers.
        let _ = served.with_graceful_shutdown(stop.cancelled_owned()).await;
    }
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    match desk.take(&headers, &body) {
        Ok(id) => {
            let receipt = serde_json::json!({ "id": id, "status": "delivered" });
            (StatusCode::OK, receipt.to_string()).into_response()
        }
        Err(StatusCode::SERVICE_UNAVAILABLE) => {
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", RETRY_AFTER)]).into_response()
        }
        Err(status) => status.into_response(),
    }
}

impl Desk {
    /// Takes one answer; answers with our identifier of it.
    fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, StatusCode> {
        let play = &self.answers.play;
        let signed = self.believed(headers, body).inspect_err(|_| {
            play.problem("an answer came to the receiver without our signature");
        })?;
        let document: Document = serde_json::from_slice(body).map_err(|_| {
            play.problem("an answer came to the receiver that is no document of the channel");
            StatusCode::BAD_REQUEST
        })?;
        let (scene, part) = self.expected(&document)?;
        let attempt = header(headers, ATTEMPT_HEADER).and_then(|text| text.parse::<u32>().ok());
        let again = attempt.map(|attempt| attempt > 1);
        match self.answers.take(scene, part, &signed, again) {
            Taken::Here => Ok(format!("receipt-{}", document.data.id)),
            Taken::Again => Err(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// The identifier of a webhook that we signed.
    fn believed(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, StatusCode> {
        let text = |name| header(headers, name).map(str::to_owned).ok_or(StatusCode::BAD_REQUEST);
        let signed = SignatureHeaders {
            id: text(ID_HEADER)?,
            timestamp: text(TIMESTAMP_HEADER)?,
            signature: text(SIGNATURE_HEADER)?,
        };
        verify(&self.keys, &signed, body, now()).map_err(|_| StatusCode::UNAUTHORIZED)?;
        Ok(signed.id)
    }

    /// The scene an answer belongs to and which of its answers it is.
    fn expected(&self, document: &Document) -> Result<(&super::script::Scene, usize), StatusCode> {
        let Document { kind, data } = document;
        let play = &self.answers.play;
        let known = play.scene_of(&data.interaction_id);
        let Some(scene) = known.filter(|scene| kind == "message.created" && !scene.by_mail) else {
            play.problem("an answer came to the receiver that nobody wrote");
            return Err(StatusCode::UNPROCESSABLE_ENTITY);
        };
        if play.script.address(scene) != data.to.address {
            play.problem(format!("case {}: an answer goes to another", scene.number));
            return Err(StatusCode::UNPROCESSABLE_ENTITY);
        }
        let part = self.answers.part(scene, &data.text);
        part.map(|part| (scene, part)).ok_or(StatusCode::UNPROCESSABLE_ENTITY)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
