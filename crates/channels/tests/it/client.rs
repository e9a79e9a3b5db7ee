//! The guarded client against real sockets: what it sends, what it refuses to send, and whether it
//! tells apart an answer, a request that never left and one of which nobody knows.

use crate::server::{Server, Then, listen};
use channels::http::{
    Answer, ClientError, ClientOptions, Egress, GuardedClient, HttpOutcome, HttpRequest,
    MAX_ANSWER_BODY, MAX_TIMEOUT, NotSent, Unknown, UrlRefused,
};
use http::{HeaderMap, HeaderValue, Method};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const OPEN: Egress = Egress { allow_http: true, allow_private: true };
const SHORT: Duration = Duration::from_millis(800);

fn client(egress: Egress, timeout: Duration) -> GuardedClient {
    GuardedClient::new(&ClientOptions { egress, timeout, extra_roots_pem: None }).unwrap()
}

fn open_client() -> GuardedClient {
    client(OPEN, Duration::from_secs(10))
}

fn post(url: &str) -> HttpRequest {
    HttpRequest {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers: HeaderMap::from_iter([("x-mark".parse().unwrap(), HeaderValue::from_static("1"))]),
        body: "the body".into(),
    }
}

fn answer_of(outcome: HttpOutcome) -> Answer {
    match outcome {
        HttpOutcome::Answer(answer) => answer,
        other => panic!("no answer: {other:?}"),
    }
}

fn written(head: &str, body: &str) -> Then {
    let length = body.len();
    Then::Write(format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes())
}

#[tokio::test]
async fn an_answer_comes_back_whole_with_the_headers_somebody_reads() {
    let server = Server::plain(written(
        "429 Too Many\r\nretry-after: 7\r\nset-cookie: a=b\r\ncontent-type: text/plain",
        "later",
    ))
    .await;
    let answer = answer_of(open_client().send(post(&server.url("/hook?q=1"))).await);
    assert_eq!((answer.status, &answer.body[..], answer.truncated), (429, &b"later"[..], false));
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("set-cookie"), None);
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /hook?q=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("x-mark: 1\r\n") && request.ends_with("\r\n\r\nthe body"));
    let agent = format!("user-agent: omnichannel/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(request.contains(&agent), "{request}");
}

#[tokio::test]
async fn a_header_value_beyond_the_bound_is_dropped() {
    let head = format!("503 Busy\r\nretry-after: {}", "9".repeat(300));
    let server = Server::plain(written(&head, "")).await;
    let answer = answer_of(open_client().send(post(&server.url("/"))).await);
    assert_eq!((answer.status, answer.header("retry-after")), (503, None));
}

#[tokio::test]
async fn silence_after_the_request_was_read_is_unknown() {
    let server = Server::plain(Then::WriteAndHang(Vec::new())).await;
    let outcome = client(OPEN, SHORT).send(post(&server.url("/"))).await;
    assert_eq!(outcome, HttpOutcome::Unknown(Unknown::Timeout));
    assert_eq!(server.requests().len(), 1, "the request was there to be acted on");
}

#[tokio::test]
async fn silence_in_the_middle_of_the_answer_is_unknown() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    let server = Server::plain(Then::WriteAndHang(head)).await;
    let outcome = client(OPEN, SHORT).send(post(&server.url("/"))).await;
    assert_eq!(outcome, HttpOutcome::Unknown(Unknown::Timeout));
}

#[tokio::test]
async fn a_connection_cut_before_or_in_the_middle_of_the_answer_is_unknown() {
    for answer in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf",
        "this is not HTTP\r\n\r\n",
    ] {
        let server = Server::plain(Then::Write(answer.into())).await;
        let outcome = open_client().send(post(&server.url("/"))).await;
        assert_eq!(outcome, HttpOutcome::Unknown(Unknown::ConnectionLost), "{answer:?}");
        assert_eq!(server.requests().len(), 1, "sent once and not again");
    }
}

#[tokio::test]
async fn a_refused_connection_was_certainly_not_sent() {
    let port = listen().await.local_addr().unwrap().port();
    let outcome = open_client().send(post(&format!("http://127.0.0.1:{port}/"))).await;
    assert_eq!(outcome, HttpOutcome::NotSent(NotSent::Connect));
}

#[tokio::test]
async fn a_name_that_does_not_exist_was_certainly_not_sent() {
    let outcome = open_client().send(post("http://no-such-host.invalid/")).await;
    // Without any name server at all, the search may end by time.
    let expected = [NotSent::Name, NotSent::ConnectTimeout].map(HttpOutcome::NotSent);
    assert!(expected.contains(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_cut_and_the_status_still_counts() {
    let body = "x".repeat(MAX_ANSWER_BODY + 1);
    let server = Server::plain(written("200 OK", &body)).await;
    let answer = answer_of(open_client().send(post(&server.url("/"))).await);
    assert_eq!((answer.status, answer.body.len(), answer.truncated), (200, MAX_ANSWER_BODY, true));
    let server = Server::plain(written("200 OK", &body[1..])).await;
    let answer = answer_of(open_client().send(post(&server.url("/"))).await);
    assert_eq!((answer.status, answer.body.len(), answer.truncated), (200, MAX_ANSWER_BODY, false));
}

#[tokio::test]
async fn a_body_without_end_is_not_waited_for() {
    let head = b"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"1000\r\n".to_vec(), vec![b'x'; 4096], b"\r\n".to_vec()].concat();
    let server = Server::plain(Then::WriteForEver(head, chunk)).await;
    let started = Instant::now();
    let answer = answer_of(open_client().send(post(&server.url("/"))).await);
    assert_eq!((answer.status, answer.body.len(), answer.truncated), (500, MAX_ANSWER_BODY, true));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let target = Server::plain(written("200 OK", "secret")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = target.url("/inner");
        let head = format!("{status} Elsewhere\r\nlocation: {location}");
        let server = Server::plain(written(&head, "")).await;
        let answer = answer_of(open_client().send(post(&server.url("/"))).await);
        assert_eq!(answer.status, status);
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn inner_addresses_are_refused_by_default_and_never_connected_to() {
    let server = Server::plain(written("200 OK", "")).await;
    let port = server.port();
    let refused = |refused| HttpOutcome::NotSent(NotSent::Refused(refused));
    let strict = client(Egress::STRICT, SHORT);
    let outcome = strict.send(post(&server.url("/"))).await;
    assert_eq!(outcome, refused(UrlRefused::Scheme));
    for host in ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let outcome = strict.send(post(&format!("https://{host}:{port}/"))).await;
        assert_eq!(outcome, refused(UrlRefused::Address), "{host}");
    }
    let https = client(Egress { allow_http: false, allow_private: true }, SHORT);
    assert_eq!(https.send(post(&server.url("/"))).await, refused(UrlRefused::Scheme));
    let http = client(Egress { allow_http: true, allow_private: false }, SHORT);
    assert_eq!(http.send(post(&server.url("/"))).await, refused(UrlRefused::Address));
    let outcome = http.send(post(&format!("http://example.org:{port}/"))).await;
    assert_eq!(outcome, refused(UrlRefused::Port));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn each_send_is_one_request_even_when_the_server_closes_between() {
    let server = Server::plain(written("200 OK", "")).await;
    let client = open_client();
    for _ in 0..5 {
        assert_eq!(answer_of(client.send(post(&server.url("/"))).await).status, 200);
    }
    assert_eq!(server.requests().len(), 5);
}

fn acceptor() -> (TlsAcceptor, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), cert.pem().into_bytes())
}

#[tokio::test]
async fn tls_needs_a_trusted_certificate_for_the_name() {
    let (acceptor, pem) = acceptor();
    let server = Server::tls(written("200 OK", "over tls"), acceptor).await;
    let url = |host: &str| format!("https://{host}:{}/", server.port());
    let egress = Egress { allow_http: false, allow_private: true };
    let timeout = Duration::from_secs(10);
    let options = ClientOptions { egress, timeout, extra_roots_pem: Some(pem) };
    let trusting = GuardedClient::new(&options).unwrap();
    let answer = answer_of(trusting.send(post(&url("localhost"))).await);
    assert_eq!((answer.status, &answer.body[..]), (200, &b"over tls"[..]));
    let not_sent = HttpOutcome::NotSent(NotSent::Tls);
    assert_eq!(trusting.send(post(&url("127.0.0.1"))).await, not_sent, "another name");
    let outcome = client(egress, timeout).send(post(&url("localhost"))).await;
    assert_eq!(outcome, not_sent, "an unknown authority");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_that_never_became_tls_was_certainly_not_sent() {
    let egress = Egress { allow_http: false, allow_private: true };
    let https = client(egress, SHORT);
    let listener = listen().await;
    let port = listener.local_addr().unwrap().port();
    let babbler = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    });
    let outcome = https.send(post(&format!("https://127.0.0.1:{port}/"))).await;
    assert_eq!(outcome, HttpOutcome::NotSent(NotSent::Tls));
    drop(babbler.await.unwrap());
    let deaf = Server::deaf().await;
    let outcome = https.send(post(&format!("https://127.0.0.1:{}/", deaf.port()))).await;
    assert_eq!(outcome, HttpOutcome::NotSent(NotSent::ConnectTimeout));
}

#[test]
fn options_out_of_bounds_are_refused() {
    let made = |options: ClientOptions| GuardedClient::new(&options).err();
    assert_eq!(made(ClientOptions::default()), None);
    for timeout in [Duration::ZERO, MAX_TIMEOUT + Duration::from_nanos(1)] {
        let options = ClientOptions { timeout, ..ClientOptions::default() };
        assert_eq!(made(options), Some(ClientError::Timeout));
    }
    for pem in [&b""[..], b"nonsense"] {
        let options =
            ClientOptions { extra_roots_pem: Some(pem.to_vec()), ..ClientOptions::default() };
        assert_eq!(made(options), Some(ClientError::Roots));
    }
}

#[test]
fn requests_and_answers_do_not_print_their_content() {
    let mut request = post("https://receiver.example/path-canary?token=canary");
    request.headers.insert("authorization", HeaderValue::from_static("canary"));
    request.body = "canary".into();
    let answer = Answer {
        status: 200,
        headers: request.headers.clone(),
        body: "canary".into(),
        truncated: false,
    };
    let shown = format!("{request:?} {answer:?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("receiver.example") && shown.contains("authorization"), "{shown}");
}

/// The environment of a process that is running cannot be changed safely, so the test runs its
/// other half as a process of its own, with proxies that do not exist.
#[test]
fn proxies_of_the_environment_are_ignored() {
    let nowhere = "http://127.0.0.1:9";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "client::answers_in_spite_of_the_environment"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        command.env(name, nowhere);
    }
    for name in ["no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
}

#[tokio::test]
async fn answers_in_spite_of_the_environment() {
    let server = Server::plain(written("200 OK", "")).await;
    assert_eq!(answer_of(open_client().send(post(&server.url("/"))).await).status, 200);
}
