//! The end of a server whose callers do not help: connections that never say a word, half a
//! preface, a watcher that ignores everything, a reader that does not read. It ends in time, and
//! the exit code says whether something had to be cut.

use crate::support::fixture::{Case, opening};
use crate::support::process::Settings;
use crate::support::{alone, database::Database, http};
use omnichannel_sdk::v1;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

both!(alone ["drain.streams_seconds = 3"]; callers_who_do_not_help_hold_nothing_up);

async fn callers_who_do_not_help_hold_nothing_up(case: Case) {
    let port = case.server.port();
    let raw = |said: &'static [u8]| async move {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it is taken");
        stream.write_all(said).await.expect("it is taken");
        stream
    };
    let _mute = raw(b"").await;
    let _half = raw(b"PRI * HTTP/2.0\r\n").await;
    let _head = raw(b"POST /hooks/v1/x HTTP/1.1\r\nhost: x\r\n").await;
    let _slow = raw(b"POST /hooks/v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab").await;
    // It watches and never looks at what it is told.
    let channel = Channel::from_shared(case.server.endpoint()).unwrap().connect().await.unwrap();
    let watch = HealthCheckRequest { service: String::new() };
    let _watch = HealthClient::new(channel).watch(watch).await.expect("it opens");
    let queue = case.plain_queue().await;
    case.server.tell_to_end();
    let began = Instant::now();
    // What still comes is answered until the connections close.
    ok!(case.admin.interactions().create_interaction(opening(&queue.id)));
    let ended = case.server.ended().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(ended.success() || ended.code() == Some(3), "{ended}");
    assert!(http::try_send(port, "GET", "/healthz", &[], b"").await.is_err(), "nobody listens");
}

/// How much one reader may leave unread before its connection is full: the smallest windows.
const WINDOW: u32 = 65_535;

#[test]
fn a_reader_that_does_not_read_is_cut_in_time_and_the_exit_code_says_so() {
    let lines = ["drain.streams_seconds = 2", "drain.hard_seconds = 2"];
    alone(Database::Sqlite, Settings::of(&lines), |case| async move {
        let queue = case.plain_queue().await;
        let endpoint = Channel::from_shared(case.server.endpoint()).expect("an address");
        let endpoint =
            endpoint.initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
        let mut client = v1_client(endpoint.connect().await.expect("it is taken"));
        let mut request = tonic::Request::new(v1::WatchFeedRequest { start: None });
        let bearer = format!("Bearer {}", case.key).parse().expect("ASCII");
        request.metadata_mut().insert("authorization", bearer);
        let _unread = client.watch_feed(request).await.expect("it opens");
        // More than window and backlog hold.
        for _ in 0..160 {
            case.open(&queue).await;
        }
        case.server.tell_to_end();
        let began = Instant::now();
        let ended = case.server.ended().await;
        assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
        assert_eq!(ended.code(), Some(3), "something was cut");
        let log = case.server.log_from(0);
        assert!(log.contains("calls took too long and were cut"), "{log}");
    });
}

fn v1_client(channel: Channel) -> v1::admin_service_client::AdminServiceClient<Channel> {
    v1::admin_service_client::AdminServiceClient::new(channel)
}
