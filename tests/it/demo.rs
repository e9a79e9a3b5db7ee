//! What `serve --demo` makes: a tenant that can be worked with at once, found again after a
//! restart, with its key in a file.

use crate::support::{alone, database::Database, process::Settings};
use omnichannel_sdk::v1;

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
