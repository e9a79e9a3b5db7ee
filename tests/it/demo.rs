//! What `serve --demo` makes: a tenant that can be worked with at once, found again after a
//! restart, with its key in a file. And the demo itself, played from the command line as a stranger
//! would: webhooks and mail come in, answers leave by both ways, and its own verdict is good.

use crate::support::{alone, database::Database, eventually, process::Settings};
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
    let waiting = something_to_do(&case).await;
    case.server.restart().await;
    assert_eq!(case.server.file("demo.key"), key, "the key is found again");
    assert_eq!(queues().await, before, "and so is what was made");
    assert_eq!(something_to_do(&case).await, waiting, "nobody writes twice");
    a_reply_arrives(&case.server.client(key.trim()), &waiting[0]).await;
    assert!(!case.server.log_from(0).contains(key.trim()), "the key is shown nowhere");
}

/// What is open, as the supervisor sees it: customers wait, with promises, and one is to be called.
async fn something_to_do(case: &crate::support::fixture::Case) -> Vec<String> {
    let supervisor = case.server.client(case.server.file("demo-supervisor.key").trim());
    let asked = v1::ListInteractionsRequest::default();
    let open = ok!(supervisor.interactions().list_interactions(asked)).interactions;
    let waits = v1::InteractionStatus::Queued;
    let waiting: Vec<_> = open.iter().filter(|one| one.status() == waits).collect();
    assert_eq!((waiting.len(), open.len()), (6, 7), "{open:?}");
    assert!(waiting.iter().all(|one| one.sla.is_some()), "each was promised something");
    assert!(open.iter().any(|one| one.callback.is_some() && one.wake_time.is_some()));
    waiting.iter().map(|one| one.id.clone()).collect()
}

async fn a_reply_arrives(client: &omnichannel_sdk::Client, interaction_id: &str) {
    let reply = v1::SendMessageRequest {
        interaction_id: interaction_id.to_owned(),
        body: "It is on its way.".to_owned(),
        ..Default::default()
    };
    ok!(client.interactions().send_message(reply));
    eventually("the reply is sent", async || {
        let scope = v1::list_messages_request::Scope::InteractionId(interaction_id.to_owned());
        let asked = v1::ListMessagesRequest { scope: Some(scope), ..Default::default() };
        let found = ok!(client.interactions().list_messages(asked)).messages;
        found.iter().any(|one| one.status() == v1::DeliveryStatus::Sent).then_some(())
    })
    .await;
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
    for told in ["Amara Diallo", "parcel", "demo.invalid"] {
        assert!(!case.server.log_from(0).contains(told), "{told} is in the log");
    }
}
