//! TLS at the door: calls, streams and browsers over it, certificates replaced while streams go on,
//! callers with certificates, and strangers who never finish a handshake.

use crate::support::fixture::Case;
use crate::support::process::Settings;
use crate::support::tls::{Authority, Pair};
use crate::support::{alone, database::Database, eventually, frames, soon};
use omnichannel_sdk::v1;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

fn secure(lines: &[&'static str], test: impl AsyncFnOnce(Case, Authority) + 'static) {
    let ca = Authority::new();
    let settings = Settings::of(lines).secure(&ca);
    alone(Database::Sqlite, settings, |case| test(case, ca));
}

#[test]
fn calls_streams_and_browsers_are_served_over_tls() {
    secure(&["cors.origins = [\"https://desk.example\"]"], async |case, ca| {
        let mut feed = frames::feed(&case.admin, None).await.expect("it opens");
        feed.next().await;
        let queue = case.plain_queue().await;
        let event = feed.until("the queue", |frame| frame.frame).await;
        assert!(matches!(event, v1::feed_frame::Frame::Event(_)), "{event:?}");
        let port = case.server.port();
        let (h2, h1) = (b"h2".as_slice(), b"http/1.1".as_slice());
        let cases: [(&[&[u8]], _); 3] = [(&[h2, h1], Some(h2)), (&[h1], Some(h1)), (&[], None)];
        for (offered, agreed) in cases {
            let stream = ca.connect(port, offered, None).await.expect("a handshake");
            assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
        }
        let ready = "GET /readyz HTTP/1.1\r\nhost: localhost\r\n";
        assert_eq!(ca.send(port, ready, b"").await.expect("an answer").status, 200);
        // A server stream as a browser holds it: gRPC-Web over HTTP/1.1.
        let post = format!(
            "POST /omnichannel.v1.RoutingService/ListQueues HTTP/1.1\r\nhost: localhost\r\n\
             origin: https://desk.example\r\ncontent-type: application/grpc-web+proto\r\n\
             x-grpc-web: 1\r\nauthorization: Bearer {}\r\n",
            case.key
        );
        let answer = ca.send(port, &post, &[0; 5]).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.head);
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://desk.example"));
        let body = String::from_utf8_lossy(&answer.body);
        assert!(body.contains(&queue.id) && body.contains("grpc-status:0"), "{body}");
    });
}

#[test]
fn what_is_not_tls_is_not_answered() {
    secure(&[], async |case, _| {
        let mut plain = TcpStream::connect(("127.0.0.1", case.server.port())).await.unwrap();
        plain.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut told = Vec::new();
        // An alert of TLS, or a closed connection.
        let _ = soon("the end", plain.read_to_end(&mut told)).await;
        assert!(!told.starts_with(b"HTTP"), "{told:?}");
        case.plain_queue().await;
    });
}

/// Whether whoever trusts this CA alone can shake hands.
async fn trusted(case: &Case, ca: &Authority) -> Option<()> {
    ca.connect(case.server.port(), &[b"h2"], None).await.ok().map(|_| ())
}

fn replace(case: &Case, pair: &Pair) {
    case.server.write("tls.key", &pair.key);
    case.server.write("tls.pem", &pair.certificate);
}

#[test]
fn a_certificate_is_replaced_while_streams_go_on() {
    secure(&["tls.reload_seconds = 1"], async |case, ca| {
        let mut feed = frames::feed(&case.admin, None).await.expect("it opens");
        feed.next().await;
        case.plain_queue().await;
        feed.until("the queue", |frame| frame.frame).await;
        let next = Authority::new();
        assert!(trusted(&case, &next).await.is_none(), "it is not there yet");
        replace(&case, &next.server());
        eventually("the new pair is in force", || trusted(&case, &next)).await;
        assert!(trusted(&case, &ca).await.is_none(), "the old one is not");
        // What was open stays open.
        case.plain_queue().await;
        feed.until("an event on the stream of before", |frame| frame.frame).await;

        let end = case.server.log_end();
        case.server.write("tls.pem", "-----BEGIN CERTIFICATE-----\nbroken\n");
        let told = || async {
            let log = case.server.log_from(end);
            log.contains("the old TLS certificate stays in force").then_some(())
        };
        eventually("the broken one is told", told).await;
        assert!(trusted(&case, &next).await.is_some(), "the old one goes on");

        // SIGHUP looks at once.
        let last = Authority::new();
        replace(&case, &last.server());
        case.server.signal("-HUP");
        eventually("the last pair is in force", || trusted(&case, &last)).await;
        let log = case.server.log_from(0);
        assert!(!log.contains("PRIVATE"), "no key is told: {log}");
    });
}

#[test]
fn callers_show_certificates_of_the_ca_that_is_set() {
    let (ca, callers) = (Authority::new(), Authority::new());
    let settings = Settings::of(&["tls.client_ca = \"callers.pem\""])
        .file("callers.pem", &callers.pem)
        .secure(&ca);
    alone(Database::Sqlite, settings, |case| async move {
        let shown = callers.service("spiffe://example.org/billing");
        let port = case.server.port();
        let mut stream = ca.connect(port, &[b"http/1.1"], Some(&shown)).await.expect("trusted");
        let ask = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(ask).await.expect("it is taken");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("answered");
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
        let strange = Authority::new().service("spiffe://example.org/billing");
        assert!(refused(&ca, port, Some(&strange)).await, "another CA's certificate");
        assert!(!refused(&ca, port, None).await, "they may show none");
        // A certificate alone is no credential yet; a key beside it is.
        let client = case.server.client_showing(&shown, "");
        let error = client.routing().list_queues(v1::ListQueuesRequest::default()).await;
        assert_eq!(error.expect_err("no credential").code(), tonic::Code::Unauthenticated);
    });
}

#[test]
fn callers_without_a_certificate_are_refused_where_one_is_required() {
    let (ca, callers) = (Authority::new(), Authority::new());
    let lines = ["tls.client_ca = \"ca.pem\"", "tls.client_certificates = \"required\""];
    let settings = Settings::of(&lines).file("ca.pem", &callers.pem).secure(&ca);
    alone_without_case(settings, |server| async move {
        let shown = callers.service("spiffe://example.org/billing");
        assert!(!refused(&ca, server.port(), Some(&shown)).await);
        assert!(refused(&ca, server.port(), None).await);
    });
}

fn alone_without_case<F, Fut>(settings: Settings, test: F)
where
    F: FnOnce(crate::support::process::Server) -> Fut,
    Fut: Future<Output = ()>,
{
    crate::support::block_on(async {
        test(crate::support::process::Server::start(Database::Sqlite, settings).await).await;
    });
}

/// Whether a caller is shown out: with TLS 1.3 they hear of it when they first read.
async fn refused(ca: &Authority, port: u16, shown: Option<&Pair>) -> bool {
    let Ok(mut stream) = ca.connect(port, &[b"http/1.1"], shown).await else { return true };
    let ask = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut answer = Vec::new();
    let written = stream.write_all(ask).await;
    let read = soon("an end", stream.read_to_end(&mut answer)).await;
    written.is_err() || read.is_err() || !answer.starts_with(b"HTTP/1.1 200")
}

#[test]
fn handshakes_that_nobody_finishes_keep_nobody_out_and_end_with_the_server() {
    secure(&["limits.connections = 40"], async |case, ca| {
        let port = case.server.port();
        case.plain_queue().await;
        let open = || async {
            let mut half = TcpStream::connect(("127.0.0.1", port)).await.expect("it is taken");
            // The first bytes of a handshake, and no more.
            half.write_all(&[22, 3, 1]).await.expect("it is taken");
            half
        };
        let mut held = Vec::new();
        for _ in 0..60 {
            held.push(open().await);
        }
        // Who was there before still is.
        case.plain_queue().await;
        let began = Instant::now();
        for half in &mut held {
            let _ = soon("it is closed", half.read_to_end(&mut Vec::new())).await;
        }
        assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
        assert!(trusted(&case, &ca).await.is_some(), "there is room again");
        let _held = (open().await, open().await);
        case.server.tell_to_end();
        let began = Instant::now();
        let ended = case.server.ended().await;
        assert!(ended.success(), "{ended}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    });
}

#[test]
fn a_server_that_is_not_safe_does_not_start() {
    let ca = Authority::new();
    alone_without_case(Settings::default().secure(&ca), |server| async move {
        let refuse = |file: &str, arguments: &[&str]| {
            let ended = server.run(file, arguments);
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(1), "{file}: {said}");
            said
        };
        server.write("plain.toml", "");
        let public = ["serve", "--listen", "0.0.0.0:0"];
        assert!(refuse("plain.toml", &public).contains("terminated_by_proxy"), "no TLS for others");
        server.write("half.toml", "tls.certificate = \"tls.pem\"");
        assert!(refuse("half.toml", &["serve"]).contains("tls.key"));
        server.write("other.key", &ca.server().key);
        server.write(
            "other.toml",
            "tls.certificate = \"tls.pem\"\ntls.key = \"other.key\"\nlisten = \"127.0.0.1:0\"\n",
        );
        assert!(refuse("other.toml", &["serve"]).contains("go together"));
    });
}
