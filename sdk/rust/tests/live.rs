//! Against the server's own binary, by the server for tests: that one, its clock, and streams over
//! a restart. The binary is OMNICHANNEL_BINARY, else the one that was built beside these tests;
//! without one they fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use omnichannel_sdk::testing::{Server, ServerOptions};
use omnichannel_sdk::{
    AgentSession, CallTrace, Client, ClientConfig, Code, Error, FeedOptions, FeedStart, Hooks,
    InteractionChange, InteractionStream, LiveOffer, SessionOptions, StreamState, feed, v1, watch,
};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

use v1::{ErrorReason, OfferState, PresenceStatus};

const PATIENCE: Duration = Duration::from_secs(30);

fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join(name)
}

fn binary() -> PathBuf {
    std::env::var_os("OMNICHANNEL_BINARY").map_or_else(|| built("omnichannel"), PathBuf::from)
}

async fn server() -> Server {
    let options = ServerOptions { binary: Some(binary()), ..ServerOptions::default() };
    Server::start_with(options).await.unwrap()
}

async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("it did not come: {what}"))
}

/// A queue whose offers last a minute, an agent at work, and what they are asked to take.
struct Desk {
    client: Client,
    session: AgentSession,
    offer: LiveOffer,
}

impl Desk {
    async fn begun(server: &Server) -> Self {
        let client = server.client().unwrap();
        let offer_timeout = Some(prost_types::Duration { seconds: 60, nanos: 0 });
        let queue = v1::Queue { name: "support".into(), offer_timeout, ..Default::default() };
        let queue = v1::CreateQueueRequest { queue: Some(queue), ..Default::default() };
        let queue_id = client.call(queue).await.unwrap().queue.unwrap().id;
        let agent = Some(v1::Agent { name: "Ada".into(), ..Default::default() });
        let agent = v1::CreateAgentRequest { agent, ..Default::default() };
        let agent_id = client.call(agent).await.unwrap().agent.unwrap().id;
        let key = server.create_key(v1::Role::Agent, &agent_id).await.unwrap();
        let desk = server.client_with(&key).unwrap();
        let mut session = AgentSession::open(&desk, SessionOptions::default()).await.unwrap();
        assert_eq!(session.agent_id(), agent_id);
        session.set_presence(PresenceStatus::Available, "").await.unwrap();
        let contact = v1::ContactInput {
            kind: v1::ChannelKind::Chat.into(),
            address: "kim".into(),
            ..Default::default()
        };
        let create = v1::CreateInteractionRequest {
            customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
            channel: v1::ChannelKind::Chat.into(),
            queue_id,
            body: "hello?".into(),
            ..Default::default()
        };
        client.call(create).await.unwrap();
        let offer = soon("an offer", session.next_offer()).await.unwrap().unwrap();
        Self { client, session, offer }
    }

    async fn followed(&self) -> InteractionStream {
        let mut stream = watch(&self.client, self.offer.interaction_id()).await.unwrap();
        until(&mut stream, |change| change == InteractionChange::SnapshotEnd).await;
        stream
    }
}

/// Reads until a change is this one; the sequence it came at.
async fn until(
    stream: &mut InteractionStream,
    mut is: impl FnMut(InteractionChange) -> bool,
) -> i64 {
    let read = async {
        loop {
            let update = stream.next().await.unwrap().unwrap();
            if is(update.change) {
                return update.seq;
            }
        }
    };
    soon("a change", read).await
}

#[tokio::test]
async fn the_clock_moves_and_what_is_due_happens() {
    let server = server().await;
    server.advance(Duration::from_secs(8 * 3600)).await.unwrap();
    let mut desk = Desk::begun(&server).await;
    assert!(desk.offer.is_open());
    let mut stream = desk.followed().await;
    let left = desk.offer.remaining();
    assert!(left > Duration::from_secs(20) && left <= Duration::from_secs(61), "{left:?}");
    server.advance(Duration::from_secs(120)).await.unwrap();
    let timed_out = |change| match change {
        InteractionChange::Offer(offer) => offer.state() == OfferState::TimedOut,
        _ => false,
    };
    until(&mut stream, timed_out).await;
    let refused = desk.offer.accept().await.unwrap_err();
    assert!(refused.is(ErrorReason::OfferExpired), "{refused:?}");
    let heard = async {
        while desk.offer.is_open() {
            desk.session.next().await.unwrap().unwrap();
        }
    };
    soon("the end of the offer", heard).await;
    assert_eq!(desk.offer.ended().unwrap().state(), OfferState::TimedOut);
}

#[tokio::test]
async fn streams_and_sessions_outlive_the_server() {
    let mut server = server().await;
    let desk = Desk::begun(&server).await;
    let mut stream = desk.followed().await;
    let mut states = stream.states();
    let endpoint = server.endpoint();
    assert!(server.stop().await.unwrap().success(), "{}", server.log());
    server.start_again().await.unwrap();
    assert_eq!(server.endpoint(), endpoint);
    let again = async {
        while states.changed().await != Some(StreamState::Resuming) {}
        while !matches!(
            states.changed().await,
            Some(StreamState::Connected | StreamState::Resynced)
        ) {}
    };
    soon("the stream to be opened again", again).await;
    // What was offered before the restart is taken after it, on the same session.
    assert!(desk.offer.accept().await.unwrap().seq > 0);
    let interaction_id = desk.offer.interaction_id().to_owned();
    let sent = desk.session.send_message(&interaction_id, "on its way").await;
    assert!(sent.unwrap_err().is(ErrorReason::ChannelCannotSend), "there is no account");
    desk.session
        .complete(v1::SessionComplete { interaction_id, ..Default::default() })
        .await
        .unwrap();
    until(&mut stream, |change| match change {
        InteractionChange::Interaction(it) => it.status() == v1::InteractionStatus::Resolved,
        _ => false,
    })
    .await;
}

#[tokio::test]
async fn tenants_and_keys_are_made_and_a_server_that_cannot_start_says_why() {
    let server = server().await;
    let other = server.create_tenant("other").await.unwrap();
    let who = server.client_with(&other).unwrap().call(v1::WhoAmIRequest {}).await.unwrap();
    assert_eq!(who.caller.unwrap().tenant_name, "other");
    let who = server.client().unwrap().call(v1::WhoAmIRequest {}).await.unwrap();
    assert_eq!(who.caller.unwrap().tenant_name, "test");
    let settings = vec![("drain.hard_seconds".to_owned(), "never".to_owned())];
    let options = ServerOptions { binary: Some(binary()), settings };
    let error = Server::start_with(options).await.unwrap_err();
    assert!(error.to_string().contains("hard_seconds"), "{error}");
    let options = ServerOptions { binary: Some(built("nothing")), ..ServerOptions::default() };
    assert!(Server::start_with(options).await.unwrap_err().is_local());
}

#[tokio::test]
async fn a_server_that_is_started_again_keeps_its_clock() {
    let mut server = server().await;
    let made_at = async |server: &Server, name: &str| {
        let skill = Some(v1::Skill { name: name.into(), ..v1::Skill::default() });
        let asked = v1::CreateSkillRequest { skill, ..v1::CreateSkillRequest::default() };
        let made = server.client().unwrap().call(asked).await.unwrap();
        made.skill.unwrap().create_time.unwrap().seconds
    };
    let before = made_at(&server, "a").await;
    server.advance(Duration::from_secs(7 * 86_400)).await.unwrap();
    server.kill().await.unwrap();
    server.start_again().await.unwrap();
    let after = made_at(&server, "b").await;
    assert!((7 * 86_400..8 * 86_400).contains(&(after - before)), "{before} {after}");
}

#[tokio::test]
async fn over_tls_clients_trust_the_certificate_of_their_server() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        (format!("tls.{name}"), path.to_str().unwrap().to_owned())
    };
    let settings =
        vec![kept("certificate", made.cert.pem()), kept("key", made.signing_key.serialize_pem())];
    let options = ServerOptions { binary: Some(binary()), settings };
    let server = Server::start_with(options).await.unwrap();
    assert!(server.endpoint().starts_with("https://"));
    server.advance(Duration::from_secs(3600)).await.unwrap();
    let desk = Desk::begun(&server).await;
    desk.offer.accept().await.unwrap();
    let (endpoint, api_key) = (server.endpoint(), server.api_key().into());
    let config = ClientConfig { endpoint, api_key, max_attempts: 1, ..ClientConfig::default() };
    let stranger = Client::lazy(config).unwrap();
    let error = stranger.call(v1::WhoAmIRequest {}).await.unwrap_err();
    assert!(error.is_local() && error.code() == Code::Unavailable, "{error}");
}

#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<Ended>>>);

/// The method of an attempt that ended, and how it failed if it did.
type Ended = (&'static str, Option<Code>);

impl Told {
    fn so_far(&self) -> Vec<Ended> {
        self.0.lock().unwrap().clone()
    }
}

impl Hooks for Told {
    fn call(&self, method: &'static str) -> Box<dyn CallTrace> {
        Box::new(Opening { told: self.clone(), method })
    }
}

struct Opening {
    told: Told,
    method: &'static str,
}

impl CallTrace for Opening {
    fn headers(&self) -> Vec<(String, String)> {
        vec![("x-request-id".into(), "the-id-of-this-test".into())]
    }

    fn ended(self: Box<Self>, error: Option<&Error>) {
        self.told.0.lock().unwrap().push((self.method, error.map(Error::code)));
    }
}

#[tokio::test]
async fn each_opening_of_a_stream_is_told_with_its_headers() {
    const FEED: &str = "omnichannel.v1.AdminService/WatchFeed";
    let mut server = server().await;
    let told = Told::default();
    let (endpoint, api_key) = (server.endpoint(), server.api_key().into());
    let hooks: Option<Arc<dyn Hooks>> = Some(Arc::new(told.clone()));
    let config = ClientConfig { endpoint, api_key, hooks, ..ClientConfig::default() };
    let client = Client::lazy(config).unwrap();
    let stream = feed(&client, FeedOptions::default()).await.unwrap();
    assert_eq!(told.so_far(), [(FEED, None)], "over when the stream is open");
    server.kill().await.unwrap();
    let mut states = stream.states();
    soon("the loss", async { while states.changed().await != Some(StreamState::Resuming) {} })
        .await;
    server.start_again().await.unwrap();
    soon("the return", async { while states.changed().await != Some(StreamState::Connected) {} })
        .await;
    let seen = told.so_far();
    assert!(seen.len() >= 2 && seen.last() == Some(&(FEED, None)), "{seen:?}");
    let lost = &seen[1..seen.len() - 1];
    assert!(lost.iter().all(|one| *one == (FEED, Some(Code::Unavailable))), "{seen:?}");
    let from = FeedStart::Token("nonsense".into());
    let refused = feed(&client, FeedOptions { from, ..FeedOptions::default() }).await.unwrap_err();
    assert!(refused.is(ErrorReason::ResumeTokenInvalid), "{refused}");
    assert_eq!(refused.request_id(), Some("the-id-of-this-test"));
    assert_eq!(told.so_far().last(), Some(&(FEED, Some(Code::InvalidArgument))));
}

#[test]
fn the_readme_shows_the_example_and_it_runs() {
    let example = include_str!("../examples/first_answer.rs");
    let (_, code) = example.split_once("\n\n").unwrap();
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("```rust\n{code}```")), "the README shows something else");
    let mut example = std::process::Command::new(built("examples/first_answer"));
    let ran = example.env("OMNICHANNEL_BINARY", binary()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("offered: Some(\"Where is my parcel?\")"), "{said}");
    assert!(said.contains("now: INTERACTION_STATUS_RESOLVED It is on its way."), "{said}");
}
