//! Connections: strangers who only open them keep nobody out, and a disk that is full loses nothing
//! of what was answered. Each test has a server of its own.

use crate::support::fixture::opening;
use crate::support::{alone, database::Database, eventually, nobody, process::Settings};
use omnichannel_sdk::v1;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// How long a connection may be silent; the server's own limit and some more.
const SILENCE: Duration = Duration::from_secs(15);

#[test]
fn silent_connections_keep_nobody_out() {
    let settings = Settings::of(&["limits.connections = 40"]);
    alone(Database::Sqlite, settings, |case| async move {
        case.plain_queue().await;
        let mut silent = Vec::new();
        for _ in 0..80 {
            let opened = TcpStream::connect(("127.0.0.1", case.server.port())).await;
            silent.push(opened.expect("the system takes it"));
        }
        // Who was there before still is.
        case.plain_queue().await;
        let began = Instant::now();
        for connection in &mut silent {
            let ended = timeout(SILENCE, connection.read(&mut [0; 1])).await;
            let ended = ended.expect("a connection that says nothing is closed");
            assert!(ended.is_err() || ended.is_ok_and(|read| read == 0), "and told nothing");
        }
        assert!(began.elapsed() < SILENCE, "{:?}", began.elapsed());
        let late = case.server.client(&case.key);
        ok!(late.routing().list_queues(v1::ListQueuesRequest::default()));
    });
}

/// Most bytes a file of the server may have while its disk is full, in the shell's blocks of 512.
const FULL: u32 = 10_000;

#[test]
fn a_full_disk_loses_nothing_that_was_answered() {
    alone(Database::Sqlite, Settings::default().full_at(FULL), |case| async move {
        let queue = case.plain_queue().await;
        let mut answered = Vec::new();
        let mut refused = 0;
        let until = Instant::now() + Duration::from_secs(60);
        while refused < 30 {
            assert!(Instant::now() < until, "{} answered, {refused} refused", answered.len());
            match case.admin.interactions().create_interaction(large(&queue.id)).await {
                Ok(made) => answered.push(made.into_inner().interaction.unwrap().id),
                Err(_) => refused += 1,
            }
        }
        assert!(answered.len() > 50, "the disk was full from the start");
        case.server.widen();
        case.server.restart().await;
        for id in &answered {
            case.interaction(id).await;
        }
        let recovered = || async {
            let made = case.admin.interactions().create_interaction(large(&queue.id)).await;
            made.ok()?.into_inner().interaction
        };
        let made = eventually("it is written to again", recovered).await;
        case.interaction(&made.id).await;
        let verify = v1::VerifyAuditLogRequest::default();
        assert_eq!(ok!(case.admin.admin().verify_audit_log(verify)).first_bad_seq, 0);
    });
}

fn large(queue_id: &str) -> v1::CreateInteractionRequest {
    let body = "x".repeat(12_000);
    v1::CreateInteractionRequest { body, request_id: nobody(), ..opening(queue_id) }
}
