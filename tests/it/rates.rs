//! How often callers may call: a key, a tenant, an address with wrong credentials, a hook. Whoever
//! is over a rate is told which and how long to wait, that wait is true, and nobody else is
//! concerned. Each test has a server of its own with rates that a test can reach.

use crate::support::fixture::{Case, Tenant};
use crate::support::frames::{self, Frames, command};
use crate::support::refusal::{judge, metadata_fault};
use crate::support::webhook::{Post, message};
use crate::support::wire::Wire;
use futures::future::join_all;
use omnichannel_sdk::{Client, Code, Error, v1};
use prost::Message;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tonic::Status;
use tonic_types::StatusExt;
use uuid::Uuid;
use v1::Role;
use v1::agent_frame::Frame;
use v1::command_result::Outcome;
use v1::session_request::Command;

both!(alone [
    "limits.calls_per_second_per_key = 5",
    "limits.calls_burst_per_key = 30",
    "limits.calls_per_second_per_tenant = 10",
    "limits.calls_burst_per_tenant = 90",
    "limits.wrong_credentials_per_minute = 100",
    "limits.webhooks_per_second_per_account = 1",
    "limits.webhooks_burst_per_account = 3",
];
    a_key_over_its_rate_waits_as_long_as_it_is_told,
    commands_up_a_session_are_calls_of_its_key,
    a_tenant_over_its_rate_holds_up_no_other,
    whoever_ignores_the_wait_is_held_back,
    a_hundred_wrong_credentials_close_one_address,
    a_hook_posted_to_too_often_says_when_to_come_back,
);

/// More calls than any rate here allows at once.
const MANY: usize = 400;

async fn call(client: &Client) -> Result<(), Status> {
    client.admin().get_server_info(v1::GetServerInfoRequest {}).await.map(|_| ())
}

/// Calls without a pause until it is too often; after how many, and what was said.
async fn until_refused(client: &Client) -> (usize, Status) {
    for done in 0..MANY {
        if let Err(status) = call(client).await {
            return (done, status);
        }
    }
    panic!("{MANY} calls were let in");
}

/// The limit and the wait of a refusal, which must say both in every form.
fn told(status: &Status) -> (String, Duration) {
    let quota = status.get_details_quota_failure().expect("a QuotaFailure");
    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let error = judge(status.clone(), v1::ErrorReason::RateLimited, "too often");
    assert_eq!(metadata_fault(&error), None);
    assert_eq!(error.code(), Code::ResourceExhausted);
    let limit = error.metadata()["limit"].clone();
    assert_eq!(quota.violations[0].subject, limit);
    (limit, wait.expect("a RetryInfo"))
}

async fn a_key_over_its_rate_waits_as_long_as_it_is_told(case: Case) {
    let busy = case.role(Role::Integration).await;
    let other = case.role(Role::Integration).await;
    let (done, status) = until_refused(&busy).await;
    assert!(done >= 30, "{done} were let in");
    let (limit, wait) = told(&status);
    assert_eq!(limit, "key");
    assert!(!wait.is_zero() && wait <= Duration::from_millis(201), "{wait:?} at five a second");
    let feed = busy.admin().watch_feed(v1::WatchFeedRequest::default()).await;
    assert_eq!(told(&feed.expect_err("opening a stream counts")).0, "key");
    call(&other).await.expect("another key of the tenant is not concerned");
    sleep(wait + Duration::from_millis(5)).await;
    call(&busy).await.expect("the wait was true");
}

async fn commands_up_a_session_are_calls_of_its_key(case: Case) {
    let agent = case.agent("Ada").await;
    let open = v1::SessionOpen { session_id: Uuid::now_v7().to_string(), ..Default::default() };
    let (up, mut down) = frames::session(&agent.client, open).await.expect("it opens");
    let unknown = v1::SessionAccept { offer_id: Uuid::now_v7().to_string() };
    let accept = || command(Command::Accept(unknown.clone()), "");
    let mut refused = None;
    for done in 0..MANY {
        up.send(accept()).await;
        let error = result(&mut down).await;
        if error.reason() == v1::ErrorReason::RateLimited {
            refused = Some((done, error));
            break;
        }
        assert_eq!(error.reason(), v1::ErrorReason::ResourceNotFound, "{error:?}");
    }
    let (done, error) = refused.expect("a session has a rate");
    assert!(done >= 25, "{done} were let in");
    assert_eq!(error.code, i32::from(Code::ResourceExhausted));
    assert_eq!(error.metadata["limit"], "key");
    let wait = error.retry_delay.expect("how long to wait");
    let wait = Duration::try_from(wait).expect("a span");
    assert!(!wait.is_zero() && wait <= Duration::from_millis(201), "{wait:?} at five a second");
    let call = call(&agent.client).await.expect_err("calls and commands have one rate");
    assert_eq!(told(&call).0, "key");
    sleep(wait * 2).await;
    up.send(accept()).await;
    let again = result(&mut down).await;
    assert_eq!(again.reason(), v1::ErrorReason::ResourceNotFound, "the stream and it go on");
}

/// What the next command came to, which must be a refusal.
async fn result(down: &mut Frames<v1::AgentFrame>) -> v1::ErrorDetail {
    down.until("a result", |frame| match frame.frame {
        Some(Frame::CommandResult(v1::CommandResult { outcome, .. })) => match outcome {
            Some(Outcome::Error(error)) => Some(error),
            other => panic!("not refused: {other:?}"),
        },
        _ => None,
    })
    .await
}

async fn a_tenant_over_its_rate_holds_up_no_other(case: Case) {
    let stranger = case.stranger().await;
    let limit = loop {
        // A new key has all its own calls before it; the tenant's go down.
        let Ok(key) = new_key(&case).await else { break "tenant".to_owned() };
        let (_, status) = until_refused(&case.server.client(&key)).await;
        let (limit, _) = told(&status);
        if limit != "key" {
            break limit;
        }
    };
    assert_eq!(limit, "tenant");
    call(&stranger.admin).await.expect("another tenant is not concerned");
}

/// Callers who ask again at once hear refusals no faster than they are told, which is fifty a
/// second after the first fifty; left alone they would hear thousands.
async fn whoever_ignores_the_wait_is_held_back(case: Case) {
    let busy = case.role(Role::Integration).await;
    until_refused(&busy).await;
    let began = Instant::now();
    let deaf = || async {
        let mut refused = 0;
        while began.elapsed() < Duration::from_secs(2) {
            if let Err(status) = call(&busy).await {
                assert_eq!(told(&status).0, "key");
                refused += 1;
            }
        }
        refused
    };
    let refused: u32 = join_all((0..8).map(|_| deaf())).await.into_iter().sum();
    let most = 50 * (u32::try_from(began.elapsed().as_secs()).expect("seconds") + 2) + 8;
    assert!(refused <= most, "{refused} refusals were told, not {most}");
    assert!(refused >= 50, "the first of them at once: {refused}");
}

/// A key, unless the tenant has no call left.
async fn new_key(tenant: &Tenant) -> Result<String, ()> {
    let api_key = v1::ApiKey {
        name: crate::support::unique("key"),
        role: Role::Integration.into(),
        ..Default::default()
    };
    let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
    match tenant.admin.admin().create_api_key(request).await {
        Ok(made) => Ok(made.into_inner().key),
        Err(status) => {
            assert_eq!(told(&status).0, "tenant");
            Err(())
        }
    }
}

async fn a_hundred_wrong_credentials_close_one_address(case: Case) {
    let path = "/omnichannel.v1.AdminService/GetServerInfo";
    let empty = || v1::GetServerInfoRequest {}.encode_to_vec();
    let endpoint = case.server.endpoint();
    let from = |last: u8, key: &str| {
        let address = IpAddr::from(Ipv4Addr::new(127, 0, 0, last));
        Wire::from_address(&endpoint, Some(key), address)
    };
    let wrong = format!("{}x", &case.key[..case.key.len() - 1]);
    let (guessing, good) = (from(7, &wrong), from(7, &case.key));
    good.unary(path, empty()).await.expect("before the guesses");
    let mut refused = Vec::new();
    for _ in 0..105 {
        refused.push(guessing.unary(path, empty()).await.expect_err("a wrong key"));
    }
    let unknown = refused.iter().take_while(|status| status.code() == Code::Unauthenticated);
    let unknown = unknown.count();
    assert!((100..105).contains(&unknown), "{unknown} were judged");
    let (limit, wait) = told(refused.last().expect("many"));
    assert_eq!(limit, "address");
    assert!(wait <= Duration::from_millis(601), "a hundred a minute: {wait:?}");
    let both = good.unary(path, empty()).await.expect_err("the address is closed");
    assert_eq!(told(&both).0, "address");
    from(8, &case.key).unary(path, empty()).await.expect("another address is not concerned");
    let health = "/grpc.health.v1.Health/Check";
    guessing.unary(health, Vec::new()).await.expect("health asks for no credential");
    sleep(wait + Duration::from_millis(5)).await;
    good.unary(path, empty()).await.expect("the wait was true");
}

async fn a_hook_posted_to_too_often_says_when_to_come_back(case: Case) {
    let (account, secret) = case.account("").await;
    let post = |number: usize| {
        let body = message(&format!("m{number}"), "ada@example.org", "hello");
        Post::new(&account, &secret, body)
    };
    let mut refused = None;
    for number in 0..20 {
        let answer = post(number).send(&case).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a hook has a rate");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    let (other, secret) = case.account("").await;
    let elsewhere = Post::new(&other, &secret, message("m", "ada@example.org", "hello"));
    assert_eq!(elsewhere.send(&case).await.status, 200, "another account is not concerned");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(post(100).send(&case).await.status, 200, "the wait was true");
}

/// What the SDK makes of it, for those who use it.
#[test]
fn the_sdk_tells_the_wait() {
    use tonic_types::ErrorDetails;
    let mut details = ErrorDetails::with_retry_info(Some(Duration::from_millis(7)));
    details.set_error_info("RATE_LIMITED", "omnichannel", [("limit".into(), "key".into())]);
    let status = Status::with_error_details(Code::ResourceExhausted, "slow down", details);
    let error = Error::from(status);
    assert!(error.is(v1::ErrorReason::RateLimited));
    assert_eq!(error.retry_after(), Some(Duration::from_millis(7)));
}
