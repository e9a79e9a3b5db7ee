//! What operators ask without a key: health over gRPC and HTTP, reflection in both versions, and
//! that everything else asks for a key or is not there.

use crate::support::database::Database;
use crate::support::fixture::Case;
use crate::support::process::Settings;
use crate::support::wire::{self, Wire};
use crate::support::{alone, eventually, http, soon};
use sqlx::{Connection, Executor, PgConnection};
use std::collections::BTreeSet;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

both!(
    health_tells_each_service,
    health_is_watched,
    probes_answer_over_http,
    reflection_describes_the_contract,
    reflection_describes_it_in_the_older_version_too,
    what_is_not_there_is_unimplemented,
    browsers_are_answered_in_grpc_web,
);

fn channel(case: &Case) -> Channel {
    Channel::from_shared(case.server.endpoint()).expect("an address").connect_lazy()
}

async fn health_tells_each_service(case: Case) {
    let mut client = HealthClient::new(channel(&case));
    let check = |service: &str| HealthCheckRequest { service: service.to_owned() };
    let whole = client.check(check("")).await.expect("no key is needed").into_inner();
    assert_eq!(whole.status(), ServingStatus::Serving);
    for service in wire::pool().services().filter(|one| one.package_name() == "omnichannel.v1") {
        let one = client.check(check(service.full_name())).await.expect("each is known");
        assert_eq!(one.into_inner().status(), ServingStatus::Serving, "{}", service.full_name());
    }
    let unknown = client.check(check("omnichannel.v1.NoSuchService")).await;
    assert_eq!(unknown.expect_err("unknown").code(), tonic::Code::NotFound);
}

async fn health_is_watched(case: Case) {
    let mut client = HealthClient::new(channel(&case));
    let request = HealthCheckRequest { service: String::new() };
    let mut watch = client.watch(request).await.expect("it opens").into_inner();
    let first = soon("the status of now", watch.message()).await.unwrap().expect("a message");
    assert_eq!(first.status(), ServingStatus::Serving);
}

async fn probes_answer_over_http(case: Case) {
    for path in ["/healthz", "/readyz"] {
        let answer = http::send(case.server.port(), "GET", path, &[], b"").await;
        assert_eq!(answer.status, 200, "{path}");
    }
    // The page at the root is read, and takes nothing.
    for (path, status) in
        [("/", 405), ("/nothing", 404), ("/hooks/v1/nothing", 404), ("/debug/shift", 404)]
    {
        let answer = http::send(case.server.port(), "POST", path, &[], b"{}").await;
        assert_eq!(answer.status, status, "{path}: {}", answer.head);
    }
}

/// Says whether the database of this session takes writes from those who come from now on, and
/// sends all others away.
async fn takes_writes(session: &mut PgConnection, yes: bool) {
    let only = if yes { "off" } else { "on" };
    let set = format!("SET default_transaction_read_only = {only}");
    let name = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I";
    let set = format!("{name} {set}', current_database()); END $$");
    session.execute(sqlx::AssertSqlSafe(set)).await.expect("it is ours");
    // Afterwards, so that whoever comes back finds it said.
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    session.execute(others).await.expect("they are ours");
}

/// A database that is read and not written, as where its disk is full.
#[test]
fn a_database_that_takes_no_writes_is_not_ready() {
    alone(Database::Postgres, Settings::default(), async |case| {
        let ready =
            async || http::send(case.server.port(), "GET", "/readyz", &[], b"").await.status == 200;
        assert!(ready().await);
        let mut other =
            PgConnection::connect(case.server.database_url()).await.expect("it is there");
        takes_writes(&mut other, false).await;
        let told = async || {
            let said = case.server.log_from(0).contains("the database takes no writes");
            (said && !ready().await).then_some(())
        };
        eventually("it says that it cannot write", told).await;
        takes_writes(&mut other, true).await;
        let again = async || ready().await.then_some(());
        eventually("it serves again", again).await;
    });
}

/// All services and, by symbol, all files that reflection tells, in one of its versions.
macro_rules! reflect {
    ($case:expr, $version:ident) => {{
        use tonic_reflection::pb::$version::ServerReflectionRequest;
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;
        let ask = |message| ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message),
        };
        let symbol = "omnichannel.v1.InteractionService".to_owned();
        let asked = [
            ask(MessageRequest::ListServices(String::new())),
            ask(MessageRequest::FileContainingSymbol(symbol)),
            ask(MessageRequest::FileContainingSymbol("omnichannel.v1.Nothing".into())),
        ];
        let mut client = ServerReflectionClient::new(channel(&$case));
        let up = futures::stream::iter(asked);
        let mut answers =
            client.server_reflection_info(up).await.expect("no key is needed").into_inner();
        let (mut services, mut files, mut errors) = (BTreeSet::new(), 0, 0);
        while let Ok(Some(answer)) = soon("an answer", answers.message()).await {
            match answer.message_response {
                Some(MessageResponse::ListServicesResponse(list)) => {
                    services.extend(list.service.into_iter().map(|service| service.name));
                }
                Some(MessageResponse::FileDescriptorResponse(found)) => {
                    files += found.file_descriptor_proto.len();
                }
                Some(MessageResponse::ErrorResponse(_)) => errors += 1,
                other => panic!("not asked for: {other:?}"),
            }
        }
        let _ = errors; // An unknown symbol may end the stream instead.
        (services, files)
    }};
}

fn ours() -> BTreeSet<String> {
    let services = wire::pool().services().filter(|one| one.package_name() == "omnichannel.v1");
    services.map(|service| service.full_name().to_owned()).collect()
}

async fn reflection_describes_the_contract(case: Case) {
    let (services, files) = reflect!(case, v1);
    assert!(services.is_superset(&ours()), "{services:?}");
    assert!(files > 0);
}

async fn reflection_describes_it_in_the_older_version_too(case: Case) {
    let (services, files) = reflect!(case, v1alpha);
    assert!(services.is_superset(&ours()), "{services:?}");
    assert!(files > 0);
}

async fn what_is_not_there_is_unimplemented(case: Case) {
    let wire = Wire::new(&case.server.endpoint(), Some(&case.tenant.key));
    for path in ["/omnichannel.v1.RoutingService/NoSuchMethod", "/omnichannel.v1.NoService/Get"] {
        let status = wire.unary(path, Vec::new()).await.expect_err("there is no such method");
        assert_eq!(status.code(), tonic::Code::Unimplemented, "{path}: {status:?}");
    }
}

async fn browsers_are_answered_in_grpc_web(case: Case) {
    let authorization = format!("Bearer {}", case.tenant.key);
    let headers = [
        ("content-type", "application/grpc-web+proto"),
        ("x-grpc-web", "1"),
        ("authorization", authorization.as_str()),
    ];
    let path = "/omnichannel.v1.AdminService/GetServerInfo";
    let empty = [0_u8; 5];
    let answer = http::send(case.server.port(), "POST", path, &headers, &empty).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(answer.head.contains("application/grpc-web"), "{}", answer.head);
    let body = String::from_utf8_lossy(&answer.body);
    assert!(body.contains("grpc-status:0"), "the trailers are in the body: {body:?}");
    let without = http::send(case.server.port(), "POST", path, &headers[..2], &empty).await;
    let told = format!("{}{}", without.head, String::from_utf8_lossy(&without.body));
    assert!(told.replace(": ", ":").contains("grpc-status:16"), "UNAUTHENTICATED: {told}");
}
