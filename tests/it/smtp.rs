//! The mail door of the running server, over its port: mailboxes that are not there, STARTTLS with
//! the server's certificate, its limits as configured, its end, and what the log does not hold.
//! Every command and every way of smuggling is tried in `src/smtp/tests.rs`.

use crate::support::database::Database;
use crate::support::fixture::Case;
use crate::support::mail::Smtp;
use crate::support::process::Settings;
use crate::support::tls::Authority;
use crate::support::{alone, eventually, soon};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

both!(a_mailbox_that_is_not_there_takes_nothing, nothing_of_a_session_is_in_the_log);

both!(alone ["smtp.hostname = \"mx.desk.test\"", "smtp.errors = 3", "smtp.commands = 12",
             "smtp.message_mebibytes = 1", "smtp.connections_per_peer = 2"];
    limits_are_those_of_the_settings, the_end_of_the_server_is_told);

async fn a_mailbox_that_is_not_there_takes_nothing(case: Case) {
    let mut session = Smtp::open(case.server.smtp_port()).await;
    session.asks("MAIL FROM:<ada@customers.test>", "250 2.1.0").await;
    for stranger in ["nobody@desk.test", "nobody+tag@desk.test", "root@localhost"] {
        session.asks(&format!("RCPT TO:<{stranger}>"), "550 5.1.1").await;
    }
    session.asks("DATA", "554 5.5.1").await;
    session.asks("QUIT", "221").await;
    assert_eq!(session.hear().await, "");
}

async fn nothing_of_a_session_is_in_the_log(case: Case) {
    let mark = case.server.log_end();
    let mut session = Smtp::open(case.server.smtp_port()).await;
    session.asks("EHLO canary-host", "250").await;
    session.asks("MAIL FROM:<canary-sender@customers.test>", "250").await;
    session.asks("RCPT TO:<canary-recipient@desk.test>", "550").await;
    session.asks("CANARY-COMMAND", "500").await;
    session.asks("VRFY canary-verified", "252").await;
    session.asks("QUIT", "221").await;
    let log = case.server.log_from(mark).to_lowercase();
    assert!(!log.contains("canary"), "{log}");
}

async fn limits_are_those_of_the_settings(case: Case) {
    let port = case.server.smtp_port();
    let mut session = Smtp::call(port).await;
    session.hears("220 mx.desk.test ").await;
    session.asks("EHLO c", "250-mx.desk.test\r\n250-SIZE 1048576\r\n").await;
    session.asks("WHAT", "500").await;
    session.asks("WHAT", "500").await;
    let second = Smtp::open(port).await;
    Smtp::call(port).await.hears("421 4.7.0").await;
    drop(second);
    session.says("WHAT\r\n").await;
    session.hears("500").await;
    session.hears("421 4.7.0").await;
    assert_eq!(session.hear().await, "");
    let mut session = Smtp::open_again(port).await;
    for _ in 1..12 {
        session.asks("NOOP", "250").await;
    }
    session.asks("NOOP", "421 4.7.0").await;
}

async fn the_end_of_the_server_is_told(case: Case) {
    let mut session = Smtp::open(case.server.smtp_port()).await;
    let begun = Instant::now();
    case.server.tell_to_end();
    soon("the session is told", session.hears("421 4.3.2")).await;
    assert_eq!(session.hear().await, "");
    assert!(case.server.ended().await.success());
    assert!(begun.elapsed() < Duration::from_secs(30));
    let refused = TcpStream::connect(("127.0.0.1", case.server.smtp_port())).await;
    assert!(refused.is_err(), "nobody listens any more");
}

#[test]
fn starttls_shows_the_certificate_of_the_server() {
    let ca = Authority::new();
    let settings = Settings::of(&["smtp.require_tls = true"]).secure(&ca);
    alone(Database::Sqlite, settings, |case| encrypted(case, ca));
}

async fn encrypted(case: Case, ca: Authority) {
    let mut session = Smtp::open(case.server.smtp_port()).await;
    session.asks("MAIL FROM:<a@b.test>", "530 5.7.0").await;
    let mut session = session.encrypts(&ca).await;
    session.asks("MAIL FROM:<a@b.test>", "503").await;
    session.asks("EHLO c", "250").await;
    session.asks("MAIL FROM:<a@b.test>", "250").await;
    session.asks("RCPT TO:<nobody@desk.test>", "550").await;
    // A certificate that takes its place shows from the next handshake on.
    let other = Authority::new();
    let pair = other.server();
    case.server.write("tls.pem", &pair.certificate);
    case.server.write("tls.key", &pair.key);
    case.server.signal("-HUP");
    let replaced =
        || async { case.server.log_from(0).contains("TLS files were read anew").then_some(()) };
    eventually("the certificate is replaced", replaced).await;
    Smtp::open(case.server.smtp_port()).await.encrypts(&other).await;
}
