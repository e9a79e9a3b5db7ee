//! How the server is run: who it describes itself to, what its log lines hold, what its commands
//! say of settings and of a database that is away, and that its health tells the truth.

use crate::support::database::{self, Database};
use crate::support::fixture::{Case, opening};
use crate::support::process::{Settings, free_port};
use crate::support::{alone, eventually, http};
use omnichannel_sdk::v1::{self, Role};
use sqlx::{Connection, Executor, SqliteConnection};
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

/// Asks for the list of services with a key.
async fn described(case: &Case, key: &str) -> Result<(), tonic::Status> {
    let channel = Channel::from_shared(case.server.endpoint()).expect("an address").connect_lazy();
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut request = Request::new(futures::stream::iter([ask]));
    if !key.is_empty() {
        let bearer = format!("Bearer {key}").parse().expect("ASCII");
        request.metadata_mut().insert("authorization", bearer);
    }
    let mut client = ServerReflectionClient::new(channel);
    let mut answers = client.server_reflection_info(request).await?.into_inner();
    answers.message().await.map(|_| ())
}

#[test]
fn the_server_describes_itself_to_those_who_may_know() {
    let settings = Settings::of(&["reflection = \"permission\""]);
    alone(Database::Sqlite, settings, |case| async move {
        let code = |found: Result<(), tonic::Status>| found.map_err(|status| status.code());
        assert_eq!(code(described(&case, "").await), Err(Code::Unauthenticated));
        assert_eq!(code(described(&case, "omk_nothing").await), Err(Code::Unauthenticated));
        for (role, may) in [(Role::Integration, true), (Role::Analyst, false)] {
            let key = case.key_of(role, "").await;
            let expected = if may { Ok(()) } else { Err(Code::PermissionDenied) };
            assert_eq!(code(described(&case, &key).await), expected, "{role:?}");
        }
        assert_eq!(code(described(&case, &case.key).await), Ok(()));
        assert_eq!(code(described(&case, case.server.platform_key()).await), Ok(()));
    });
}

#[test]
fn reflection_can_be_switched_off() {
    alone(Database::Sqlite, Settings::of(&["reflection = false"]), |case| async move {
        let refused = described(&case, &case.key).await.expect_err("it is off");
        assert_eq!(refused.code(), Code::Unimplemented);
    });
}

#[test]
fn each_line_of_a_call_is_json_with_its_request_id() {
    let settings = Settings::of(&["log.format = \"json\"", "log.level = \"debug\""]);
    alone(Database::Sqlite, settings, |case| async move {
        let mut request = Request::new(v1::GetServerInfoRequest::default());
        request.metadata_mut().insert("x-request-id", "case-4711".parse().expect("ASCII"));
        let answer = case.admin.admin().get_server_info(request).await.expect("it is answered");
        assert_eq!(answer.metadata().get("x-request-id").expect("it goes back"), "case-4711");
        let lines = || async {
            let log = case.server.log_from(0);
            let mine: Vec<String> =
                log.lines().filter(|line| line.contains("case-4711")).map(str::to_owned).collect();
            (!mine.is_empty()).then_some((log, mine))
        };
        let (log, mine) = eventually("the call is logged", lines).await;
        for line in log.lines().filter(|line| line.starts_with('{')) {
            serde_json::from_str::<serde_json::Value>(line).expect("a line is JSON");
        }
        let line: serde_json::Value = serde_json::from_str(&mine[0]).expect("JSON");
        assert_eq!(line["span"]["request_id"], "case-4711");
        assert_eq!(line["span"]["method"], "/omnichannel.v1.AdminService/GetServerInfo");
        assert_eq!(line["span"]["tenant"], case.id.as_str());
        assert!(!log.contains(&case.key), "no key is told");
    });
}

#[test]
fn settings_are_checked_and_shown() {
    alone(Database::Sqlite, Settings::default(), |case| async move {
        let shown = case.server.run("config.toml", &["check-config"]);
        assert!(shown.status.success());
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains("tls.reload_seconds = 5") && shown.contains("is set (redacted)"));
        case.server.write("original.toml", "default_routing_strategy = \"skill_based\"\n");
        let refused = case.server.run("original.toml", &["check-config"]);
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("default_routing_strategy: Queue.strategy"), "{said}");
    });
}

#[test]
fn a_database_that_cannot_be_used_is_told_precisely() {
    let server = database::server();
    let (address, _) = server.rsplit_once('/').expect("it ends with a database");
    let (_, place) = address.rsplit_once('@').expect("it names a role");
    alone(Database::Sqlite, Settings::default(), |case| async move {
        let nobody = format!("127.0.0.1:{}", free_port());
        for (url, expected) in [
            (format!("postgres://x:hunter2@{nobody}/x"), "connection refused"),
            (format!("{address}/there_is_none"), "no database there_is_none"),
            (format!("postgres://no_such_role:hunter2@{place}/x"), "role no_such_role"),
            ("postgres://x:hunter2@no-such-host.invalid/x".to_owned(), "no-such-host.invalid"),
        ] {
            let file = format!("listen = \"127.0.0.1:0\"\ndatabase.url = \"{url}\"\n");
            case.server.write("away.toml", &file);
            let ended = case.server.run("away.toml", &["serve"]);
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(1), "{said}");
            assert!(said.contains(expected), "{expected}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    });
}

#[test]
fn a_ledger_that_cannot_write_is_not_healthy_until_it_can() {
    alone(Database::Sqlite, Settings::default(), |case| async move {
        let queue = case.plain_queue().await;
        let url = case.server.database_url().replace("sqlite:", "sqlite://");
        let mut other = SqliteConnection::connect(&url).await.expect("it is there");
        other.execute("BEGIN IMMEDIATE").await.expect("the lock is free");
        // The ledger waits for the lock with this in hand.
        let held = tokio::spawn({
            let (admin, queue) = (case.admin.clone(), queue.clone());
            async move { admin.interactions().create_interaction(opening(&queue.id)).await }
        });
        let ready = |wanted: u16| {
            let port = case.server.port();
            move || async move {
                let answer = http::try_send(port, "GET", "/readyz", &[], b"").await.ok()?;
                (answer.status == wanted).then_some(())
            }
        };
        eventually("it says so", ready(503)).await;
        other.execute("ROLLBACK").await.expect("it lets go");
        eventually("it serves again", ready(200)).await;
        let _ = held.await.expect("no panic");
        case.open(&queue).await;
    });
}
