//! What `serve --demo` makes: a tenant that can be worked with at once, found again after a
//! restart, with its key in a file. And the demo itself, played from the command line as a stranger
//! would: webhooks and mail come in, answers leave by both ways, and its own verdict is good.

use crate::support::{alone, database::Database, process::Settings};
use omnichannel_sdk::v1;
use tokio::process::Command;

#[test]
fn the_demo_is_there_on_sqlite() {
    alone(Database::Sqlite, Settings::default().demo(), the_demo_is_there);
}

#[test]
fn the_demo_is_there_on_postgres() {
    alone(Database::Postgres, Settings::default().demo(), the_demo_is_there);
}

async fn the_demo_is_there(case: crate::support::fixture::Case) {
    let key = case.server.file("demo.key");
    let queues = || async {
        let client = case.server.client(key.trim());
        ok!(client.routing().list_queues(v1::ListQueuesRequest::default())).queues
    };
    let before = queues().await;
    assert!(before.iter().any(|queue| queue.name == "Billing"), "{before:?}");
    case.server.restart().await;
    assert_eq!(case.server.file("demo.key"), key, "the key is found again");
    assert_eq!(queues().await, before, "and so is what was made");
    assert!(!case.server.log_from(0).contains(key.trim()), "the key is shown nowhere");
}

#[test]
fn the_demo_is_played_on_sqlite() {
    alone(Database::Sqlite, Settings::default().demo(), the_demo_is_played);
}

#[test]
fn the_demo_is_played_on_postgres() {
    alone(Database::Postgres, Settings::default().demo(), the_demo_is_played);
}

async fn the_demo_is_played(case: crate::support::fixture::Case) {
    let smtp = format!("127.0.0.1:{}", case.server.smtp_port());
    let played = Command::new(env!("CARGO_BIN_EXE_omnichannel"))
        .args(["demo", "--no-board", "--customers", "6", "--interactions", "24"])
        .args(["--seconds", "60", "--endpoint", &case.server.endpoint(), "--smtp", &smtp])
        .env("OMNICHANNEL_API_KEY", case.server.file("demo.key").trim())
        .kill_on_drop(true)
        .output();
    let played = played.await.expect("the binary runs");
    let said = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{said}{}", String::from_utf8_lossy(&played.stderr));
    // Eight of the interactions come by mail; every other of those has a second mail.
    let mail = said.lines().find(|line| line.starts_with("mail ")).expect("mail has a row");
    assert!(mail.contains("1 delivered twice, 1 to nobody and refused"), "{mail}");
    assert!(!mail.contains(" 0 in") && !mail.contains(" 0 out"), "{mail}");
    for told in ["Demo customer", "parcel", "demo.invalid"] {
        assert!(!case.server.log_from(0).contains(told), "{told} is in the log");
    }
}
