//! What a browser does, on the same port: preflights, gRPC-Web in bytes and in text, streams over
//! HTTP/1.1 and over HTTP/2, and pages of origins that nobody named.

use crate::support::fixture::Case;
use crate::support::process::Settings;
use crate::support::{alone, database::Database, http, soon};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::transport::Channel;

const DESK: &str = "https://desk.example";
const LIST: &str = "/omnichannel.v1.RoutingService/ListQueues";
const FEED: &str = "/omnichannel.v1.AdminService/WatchFeed";

fn browser(test: impl AsyncFnOnce(Case) + 'static) {
    let lines = ["cors.origins = [\"https://desk.example\"]"];
    alone(Database::Sqlite, Settings::of(&lines), |case| test(case));
}

#[test]
fn a_preflight_is_answered_for_origins_that_are_named() {
    browser(async |case| {
        let ask = |origin: &'static str| {
            let port = case.server.port();
            async move {
                let headers = [
                    ("origin", origin),
                    ("access-control-request-method", "POST"),
                    ("access-control-request-headers", "authorization,content-type,x-grpc-web"),
                ];
                http::send(port, "OPTIONS", LIST, &headers, b"").await
            }
        };
        let allowed = ask(DESK).await;
        assert_eq!(allowed.status, 200, "{}", allowed.head);
        assert_eq!(allowed.header("access-control-allow-origin"), Some(DESK));
        let headers = allowed.header("access-control-allow-headers").expect("which headers");
        for name in ["authorization", "content-type", "x-grpc-web", "grpc-timeout"] {
            assert!(headers.contains(name), "{name} in {headers}");
        }
        let other = ask("https://evil.example").await;
        assert_eq!(other.header("access-control-allow-origin"), None);
    });
}

/// A request of a page, with the key of the tenant's admin.
async fn post(case: &Case, path: &str, kind: &str, body: &[u8]) -> http::Answer {
    let bearer = format!("Bearer {}", case.key);
    let headers = [
        ("origin", DESK),
        ("content-type", kind),
        ("accept", kind),
        ("x-grpc-web", "1"),
        ("authorization", &bearer),
    ];
    http::send(case.server.port(), "POST", path, &headers, body).await
}

#[test]
fn a_page_reads_answers_and_errors_in_bytes_and_in_text() {
    browser(async |case| {
        let queue = case.plain_queue().await;
        let answer = post(&case, LIST, "application/grpc-web+proto", &[0; 5]).await;
        assert_eq!(answer.status, 200, "{}", answer.head);
        assert_eq!(answer.header("access-control-allow-origin"), Some(DESK));
        let exposed = answer.header("access-control-expose-headers").expect("which headers");
        for name in ["grpc-status", "grpc-message", "grpc-status-details-bin", "x-request-id"] {
            assert!(exposed.contains(name), "{name} in {exposed}");
        }
        let body = String::from_utf8_lossy(&answer.body);
        assert!(body.contains(&queue.id) && body.contains("grpc-status:0"), "{body}");
        // In text, message and trailers are base64, each padded by itself.
        let empty = STANDARD.encode([0; 5]);
        let answer = post(&case, LIST, "application/grpc-web-text+proto", empty.as_bytes()).await;
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/grpc-web-text"), "{}", answer.head);
        let text = plain(&answer.body);
        let found = |word: &str| text.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(found(&queue.id) && found("grpc-status:0"), "{:?}", String::from_utf8_lossy(&text));
        // A refusal tells its details where a page can read them.
        let path = "/omnichannel.v1.RoutingService/GetQueue";
        let refused = post(&case, path, "application/grpc-web+proto", &[0; 5]).await;
        let all = format!("{}{}", refused.head, String::from_utf8_lossy(&refused.body));
        assert!(all.replace(": ", ":").contains("grpc-status:3"), "{all}");
        assert!(all.contains("grpc-status-details-bin"), "{all}");
    });
}

/// The bytes of a chunked body of base64 pieces.
fn plain(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let pieces = text.split("\r\n").filter(|line| line.len() % 4 == 0);
    pieces.filter_map(|piece| STANDARD.decode(piece).ok()).flatten().collect()
}

#[test]
fn a_page_holds_a_stream_over_http_1_1() {
    browser(async |case| {
        let mut stream = TcpStream::connect(("127.0.0.1", case.server.port())).await.unwrap();
        let head = format!(
            "POST {FEED} HTTP/1.1\r\nhost: x\r\norigin: {DESK}\r\nx-grpc-web: 1\r\n\
             content-type: application/grpc-web+proto\r\nauthorization: Bearer {}\r\n\
             content-length: 5\r\n\r\n",
            case.key
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&[0; 5]).await.unwrap();
        let mut seen = Vec::new();
        let mut until = async |word: &str| {
            soon(word, async {
                while !seen.windows(word.len()).any(|part| part == word.as_bytes()) {
                    let mut piece = [0; 4096];
                    let read = stream.read(&mut piece).await.expect("it goes on");
                    assert!(read > 0, "the stream ended: {}", String::from_utf8_lossy(&seen));
                    seen.extend_from_slice(&piece[..read]);
                }
            })
            .await;
        };
        until("200 OK").await;
        let queue = case.plain_queue().await;
        until(&queue.id).await;
        let again = case.plain_queue().await;
        until(&again.id).await;
    });
}

#[test]
fn a_page_holds_a_stream_over_http_2() {
    browser(async |case| {
        let endpoint = Channel::from_shared(case.server.endpoint()).expect("an address");
        let mut channel = endpoint.connect().await.expect("it is taken");
        let request = tonic::codegen::http::Request::post(FEED)
            .header("origin", DESK)
            .header("content-type", "application/grpc-web+proto")
            .header("authorization", format!("Bearer {}", case.key))
            .body(Body::new(http_body_util::Full::new(vec![0_u8; 5].into())))
            .expect("a request");
        std::future::poll_fn(|cx| Service::poll_ready(&mut channel, cx)).await.expect("ready");
        let answer = soon("an answer", channel.call(request)).await.expect("it is answered");
        assert_eq!(answer.headers()["content-type"], "application/grpc-web+proto");
        assert_eq!(answer.headers()["access-control-allow-origin"], DESK);
        let mut body = answer.into_body().into_data_stream();
        let queue = case.plain_queue().await;
        let mut seen = Vec::new();
        soon("the queue in the feed", async {
            while !seen.windows(queue.id.len()).any(|part| part == queue.id.as_bytes()) {
                let piece = body.next().await.expect("it goes on").expect("and well");
                seen.extend_from_slice(&piece);
            }
        })
        .await;
    });
}
