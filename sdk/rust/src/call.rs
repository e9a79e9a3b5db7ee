//! Unary calls by their request: each request type of the contract knows its RPC, its response and
//! why a repeat is safe, so that one generic call carries deadline, identifier and repeats for all
//! of them. The knowledge is generated from the method options; nothing here decides it.

use crate::client::Client;
use crate::error::Error;
use crate::hooks::{CallTrace, headers_of};
use crate::pages::Page;
use crate::retry;
use crate::v1;
use prost::Message;
use std::future::Future;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

include!("generated/omnichannel.v1.calls.rs");

/// Why a call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing.
    Read,
    /// It carries a `request_id`, by which the server knows a repeat.
    RequestId,
    /// A second time changes nothing more.
    Natural,
    /// It may not.
    Never,
}

/// A request of a unary RPC.
pub trait Call: Message + Clone + Default + 'static {
    /// What the RPC answers with.
    type Response: Message + Default + 'static;
    /// Path of the RPC on the wire.
    const PATH: &'static str;
    /// Why a repeat is safe.
    const REPEAT: Repeat;

    /// The field that identifies the call, where it has one.
    fn request_id(&mut self) -> Option<&mut String> {
        None
    }
}

/// A request of an RPC that lists in pages.
pub trait ListCall: Call {
    /// What is listed.
    type Item: Send + 'static;

    /// Asks for the page that a token continues with.
    fn set_page_token(&mut self, token: String);

    /// The page in an answer.
    fn page(response: Self::Response) -> Page<Self::Item>;
}

/// A fresh `request_id`: one for each intent, the same for its repeats.
pub fn new_request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A call on its way: why it may be repeated, until when, and who is told.
struct Trying {
    repeat: Repeat,
    deadline: Option<Instant>,
    trace: Option<Box<dyn CallTrace>>,
}

impl Client {
    /// Makes a unary call. Fills an empty `request_id`, keeps the client's deadline over all
    /// attempts, and repeats what may be repeated after UNAVAILABLE, a lost connection, or as long
    /// as the server asks to wait.
    pub async fn call<C: Call>(&self, mut request: C) -> Result<C::Response, Error> {
        if let Some(id) = request.request_id().filter(|id| id.is_empty()) {
            *id = new_request_id();
        }
        let deadline = self.deadline().map(|span| Instant::now() + span);
        let trace = self.trace(C::PATH.trim_start_matches('/'));
        let headers = headers_of(trace.as_deref());
        let attempt = || {
            let mut message = Request::new(request.clone());
            message.metadata_mut().clone_from(&headers);
            if let Some(deadline) = deadline {
                message.set_timeout(deadline.saturating_duration_since(Instant::now()));
            }
            let answer = self.send::<C>(message);
            // The transport keeps the timeout.
            async move { answer.await.map_err(Error::from) }
        };
        self.traced(Trying { repeat: C::REPEAT, deadline, trace }, attempt).await
    }

    /// Repeats an attempt as [`Client::call`] does; for use with the generated clients. An attempt
    /// that changes something must carry the same `request_id` every time.
    pub async fn retry<T, F, A>(&self, repeat: Repeat, mut attempt: F) -> Result<T, Error>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<T, Status>>,
    {
        let deadline = self.deadline().map(|span| Instant::now() + span);
        let attempt = || {
            let answer = attempt();
            until(deadline, async { answer.await.map_err(Error::from) })
        };
        self.traced(Trying { repeat, deadline, trace: self.trace("") }, attempt).await
    }

    /// Repeats an attempt, and tells whoever listens how it ended.
    async fn traced<T, F, A>(&self, mut trying: Trying, attempt: F) -> Result<T, Error>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<T, Error>>,
    {
        let outcome = self.repeat(&mut trying, attempt).await;
        if let Some(trace) = trying.trace {
            trace.ended(outcome.as_ref().err());
        }
        outcome
    }

    async fn send<C: Call>(&self, message: Request<C>) -> Result<C::Response, Status> {
        let mut grpc = Grpc::new(self.transport());
        let lost = |error| Status::unavailable(format!("the transport is not ready: {error}"));
        grpc.ready().await.map_err(lost)?;
        let codec = ProstCodec::<C, C::Response>::default();
        let answer = grpc.unary(message, PathAndQuery::from_static(C::PATH), codec).await?;
        Ok(answer.into_inner())
    }

    async fn repeat<T, F, A>(&self, trying: &mut Trying, mut attempt: F) -> Result<T, Error>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<T, Error>>,
    {
        let (repeat, deadline) = (trying.repeat, trying.deadline);
        let (mut failures, mut renewed) = (0, false);
        loop {
            let carried = until(deadline, self.credential().header()).await?;
            let error = match attempt().await {
                Ok(answer) => {
                    self.budget().earn();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if error.code() == Code::Unauthenticated && !renewed {
                renewed = true;
                let renewal = self.credential().renew(carried.as_ref());
                if until(deadline, renewal).await? {
                    continue;
                }
            }
            let chance = rand::random();
            let Some(wait) = retry::wait_after(&error, repeat, failures, chance) else {
                return Err(error);
            };
            failures += 1;
            let in_time = deadline.is_none_or(|deadline| Instant::now() + wait < deadline);
            let affordable = || !retry::costs(&error) || self.budget().take();
            if failures >= self.max_attempts() || !in_time || !affordable() {
                return Err(error);
            }
            tracing::debug!(%error, ?wait, failures, "repeating a call");
            if let Some(trace) = &mut trying.trace {
                trace.repeated(&error, wait);
            }
            sleep(wait).await;
        }
    }
}

async fn until<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(deadline) = deadline else { return work.await };
    match timeout_at(deadline, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::local(Code::DeadlineExceeded, "the deadline of the call passed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientConfig;
    use crate::hooks::Hooks;
    use std::cell::Cell;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    fn client(config: ClientConfig) -> Client {
        let endpoint = "http://127.0.0.1:1".into();
        Client::lazy(ClientConfig { endpoint, ..config }).unwrap()
    }

    #[derive(Clone, Debug, Default)]
    struct Told(Arc<Mutex<Vec<String>>>);

    impl Hooks for Told {
        fn call(&self, method: &'static str) -> Box<dyn CallTrace> {
            self.0.lock().unwrap().push(format!("{method} begins"));
            Box::new(self.clone())
        }
    }

    impl CallTrace for Told {
        fn repeated(&mut self, error: &Error, _: Duration) {
            self.0.lock().unwrap().push(format!("repeated after {:?}", error.code()));
        }

        fn ended(self: Box<Self>, error: Option<&Error>) {
            self.0.lock().unwrap().push(format!("ended {:?}", error.map(Error::code)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_listens_is_told_of_every_call() {
        let told = Told::default();
        let hooks: Option<Arc<dyn Hooks>> = Some(Arc::new(told.clone()));
        let config = ClientConfig { hooks, max_attempts: 2, ..ClientConfig::default() };
        let client = client(config);
        client.call(v1::GetQueueRequest::default()).await.unwrap_err();
        attempts(&client, Repeat::Read, 0).await.1.unwrap();
        let expected = [
            "omnichannel.v1.RoutingService/GetQueue begins",
            "repeated after Unavailable",
            "ended Some(Unavailable)",
            " begins",
            "ended None",
        ];
        assert_eq!(*told.0.lock().unwrap(), expected);
    }

    async fn attempts(client: &Client, repeat: Repeat, failing: u32) -> (u32, Result<(), Error>) {
        let made = Cell::new(0);
        let attempt = || {
            made.set(made.get() + 1);
            let fails = made.get() <= failing;
            async move { if fails { Err(Status::unavailable("down")) } else { Ok(()) } }
        };
        let outcome = client.retry(repeat, attempt).await;
        (made.get(), outcome)
    }

    #[tokio::test(start_paused = true)]
    async fn safe_calls_are_repeated_up_to_the_most() {
        let client = client(ClientConfig::default());
        let (made, outcome) = attempts(&client, Repeat::Read, 2).await;
        assert_eq!((made, outcome.is_ok()), (3, true));
        let (made, outcome) = attempts(&client, Repeat::RequestId, 100).await;
        assert_eq!((made, outcome.is_ok()), (4, false));
        let (made, outcome) = attempts(&client, Repeat::Never, 100).await;
        assert_eq!((made, outcome.is_ok()), (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_budget_ends_repeats() {
        let client = client(ClientConfig { retry_budget: 1, ..ClientConfig::default() });
        assert_eq!(attempts(&client, Repeat::Read, 100).await.0, 2);
        assert_eq!(attempts(&client, Repeat::Read, 100).await.0, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_covers_all_attempts() {
        let deadline = Some(Duration::from_secs(2));
        let client = client(ClientConfig { deadline, ..ClientConfig::default() });
        let began = Instant::now();
        let stuck = || std::future::pending::<Result<(), Status>>();
        let error = client.retry(Repeat::Read, stuck).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert!(error.is_local());
        assert_eq!(began.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test]
    async fn a_call_to_nobody_is_unavailable() {
        let client = client(ClientConfig { max_attempts: 2, ..ClientConfig::default() });
        let error = client.call(v1::GetQueueRequest::default()).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        assert!(error.is_local());
    }

    /// A listener below the ports that connections going out are given.
    async fn listen() -> (tokio::net::TcpListener, Client) {
        for port in 21_000..32_000 {
            if let Ok(listener) = tokio::net::TcpListener::bind(("127.0.0.1", port)).await {
                let endpoint = format!("http://127.0.0.1:{port}");
                let deadline = Some(Duration::from_millis(300));
                let config = ClientConfig { endpoint, deadline, ..ClientConfig::default() };
                return (listener, Client::lazy(config).unwrap());
            }
        }
        panic!("no port is free");
    }

    #[tokio::test]
    async fn a_peer_that_hangs_up_is_unavailable() {
        let (listener, client) = listen().await;
        let hanging_up = tokio::spawn(async move {
            let mut calls = 0;
            while let Ok((socket, _)) = listener.accept().await {
                drop(socket);
                calls += 1;
                if calls == 4 {
                    break;
                }
            }
        });
        let error = client.call(v1::GetQueueRequest::default()).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        assert!(error.is_local());
        hanging_up.abort();
    }

    #[tokio::test]
    async fn a_peer_that_never_answers_meets_the_deadline() {
        let (listener, client) = listen().await;
        let silent = tokio::spawn(async move {
            let socket = listener.accept().await;
            std::future::pending::<()>().await;
            drop(socket);
        });
        let began = std::time::Instant::now();
        let error = client.call(v1::GetQueueRequest::default()).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded, "{error:?}");
        assert!(error.is_local() && began.elapsed() >= Duration::from_millis(250));
        let status = client.routing().get_queue(v1::GetQueueRequest::default()).await.unwrap_err();
        assert_eq!(Error::from(status).code(), Code::DeadlineExceeded);
        silent.abort();
    }

    #[test]
    fn requests_know_their_rpc() {
        assert_eq!(v1::GetQueueRequest::PATH, "/omnichannel.v1.RoutingService/GetQueue");
        assert_eq!(v1::GetQueueRequest::REPEAT, Repeat::Read);
        assert_eq!(v1::AcceptOfferRequest::REPEAT, Repeat::Natural);
        let mut create = v1::CreateInteractionRequest::default();
        assert_eq!(v1::CreateInteractionRequest::REPEAT, Repeat::RequestId);
        *create.request_id().unwrap() = "id".into();
        assert_eq!(create.request_id, "id");
        assert!(STREAMS.contains(&"/omnichannel.v1.AgentService/Session"));
        assert_ne!(new_request_id(), new_request_id());
    }
}
