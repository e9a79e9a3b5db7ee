//! What becomes of open streams when their credential does not hold any more, and that secrets are
//! told once, by the call that makes them.

use crate::support::database::Database;
use crate::support::fixture::Case;
use crate::support::frames::{self, Frames};
use crate::support::process::Settings;
use crate::support::{alone, mask, unique, wire};
use omnichannel_sdk::v1;
use prost_reflect::MessageDescriptor;
use std::collections::BTreeSet;
use std::time::Duration;
use v1::{DashboardTopic, GoodbyeReason, Role};

both!(a_revoked_key_ends_all_its_streams_at_once);

/// How soon a stream ends after its key was revoked on the node that holds it.
const AT_ONCE: Duration = Duration::from_secs(4);

async fn a_revoked_key_ends_all_its_streams_at_once(case: Case) {
    let api_key =
        v1::ApiKey { name: unique("key"), role: Role::TenantAdmin.into(), ..Default::default() };
    let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
    let made = ok!(case.admin.admin().create_api_key(request));
    let client = case.server.client(&made.key);
    let work = case.open(&case.plain_queue().await).await;

    let mut feed = frames::feed(&client, None).await.expect("it opens");
    let watch = v1::WatchInteractionRequest { interaction_id: work.id, ..Default::default() };
    let watched = client.interactions().watch_interaction(watch).await.expect("it opens");
    let mut watched = Frames::of(watched, |r: v1::WatchInteractionResponse| r.frame);
    let board = v1::WatchDashboardRequest {
        topics: vec![DashboardTopic::Stats.into()],
        ..Default::default()
    };
    let board = client.analytics().watch_dashboard(board).await.expect("it opens");
    let mut board = Frames::of(board, |r: v1::WatchDashboardResponse| r.frame);
    feed.next().await;
    watched.next().await;
    board.next().await;

    let api_key_id = made.api_key.unwrap().id;
    let revoke = v1::RevokeApiKeyRequest { api_key_id, ..Default::default() };
    ok!(case.admin.admin().revoke_api_key(revoke));
    let ended = async {
        let feed = feed.until("goodbye", |frame| match frame.frame {
            Some(v1::feed_frame::Frame::Goodbye(bye)) => Some(bye.reason()),
            _ => None,
        });
        let watched = watched.until("goodbye", |frame| match frame.frame {
            Some(v1::interaction_frame::Frame::Goodbye(bye)) => Some(bye.reason()),
            _ => None,
        });
        let board = board.until("goodbye", |frame| match frame.frame {
            Some(v1::dashboard_frame::Frame::Goodbye(bye)) => Some(bye.reason()),
            _ => None,
        });
        tokio::join!(feed, watched, board)
    };
    let expired = GoodbyeReason::CredentialsExpired;
    let ended = tokio::time::timeout(AT_ONCE, ended).await.expect("they end at once");
    assert_eq!(ended, (expired, expired, expired));
}

/// How soon a node notices what was done on another.
const ELSEWHERE: Duration = Duration::from_secs(15);

/// Ends the credentials of a stream on another node than the one that holds it.
#[test]
fn another_node_hears_of_a_revoked_key_and_of_a_suspended_tenant() {
    alone(Database::Postgres, Settings::default(), async |case| {
        let other = case.server.sibling().await;
        let key = case.key_of(Role::TenantAdmin, "").await;
        let client = other.client(&key);
        let mut feed = frames::feed(&client, None).await.expect("it opens");
        feed.next().await;
        ok!(client.admin().get_server_info(v1::GetServerInfoRequest {}));

        let keys = v1::ListApiKeysRequest { page_size: 500, ..Default::default() };
        let keys = ok!(case.admin.admin().list_api_keys(keys)).api_keys;
        let newest = keys.into_iter().max_by_key(|key| key.id.clone()).expect("it was made");
        let revoke = v1::RevokeApiKeyRequest { api_key_id: newest.id, ..Default::default() };
        ok!(case.admin.admin().revoke_api_key(revoke));
        ends(&mut feed, GoodbyeReason::CredentialsExpired).await;
        refused!(client.admin().get_server_info(v1::GetServerInfoRequest {}), CredentialsInvalid);

        let client = other.client(&case.key);
        let mut feed = frames::feed(&client, None).await.expect("it opens");
        feed.next().await;
        let tenant = v1::Tenant {
            id: case.id.clone(),
            status: v1::TenantStatus::Suspended.into(),
            ..Default::default()
        };
        let suspend = v1::UpdateTenantRequest {
            tenant: Some(tenant),
            update_mask: mask(&["status"]),
            ..Default::default()
        };
        ok!(case.operator().admin().update_tenant(suspend));
        ends(&mut feed, GoodbyeReason::TenantSuspended).await;
        refused!(client.admin().get_server_info(v1::GetServerInfoRequest {}), TenantSuspended);
    });
}

/// The feed ends for this reason, as soon as the contract promises.
async fn ends(feed: &mut Frames<v1::FeedFrame>, why: GoodbyeReason) {
    let bye = feed.until("goodbye", |frame| match frame.frame {
        Some(v1::feed_frame::Frame::Goodbye(bye)) => Some(bye.reason()),
        _ => None,
    });
    let bye = tokio::time::timeout(ELSEWHERE, bye).await.expect("it is heard of in time");
    assert_eq!(bye, why);
}

/// Calls that make a secret, and tell it this once.
const MAKERS: &[&str] =
    &["CreateTenant", "CreateApiKey", "CreateChannelAccount", "RotateChannelSecret"];

#[test]
fn secrets_are_told_by_what_makes_them_and_by_nothing_else() {
    let tell: BTreeSet<String> = wire::methods()
        .iter()
        .filter(|method| holds_secret(&method.output(), 0))
        .map(|method| method.name().to_owned())
        .collect();
    assert_eq!(tell, MAKERS.iter().map(|name| (*name).to_owned()).collect());
}

/// Secrets that only go in, in messages that are shown as well; what is shown of them is empty,
/// which the tests of their conversion hold.
const INPUT_ONLY: &[&str] = &["password"];

/// Whether a message has a secret anywhere in it.
fn holds_secret(message: &MessageDescriptor, depth: usize) -> bool {
    const DEPTH_MAX: usize = 5;
    const SECRET: i32 = 2;
    let sensitivity = wire::pool().get_extension_by_name("omnichannel.v1.sensitivity");
    let sensitivity = sensitivity.expect("the option is defined");
    message.fields().any(|field| {
        let marked = field.options().get_extension(&sensitivity).as_enum_number() == Some(SECRET);
        let marked = marked && !INPUT_ONLY.contains(&field.name());
        let inner = field.kind();
        let within = inner.as_message().filter(|_| depth < DEPTH_MAX);
        marked || within.is_some_and(|inner| holds_secret(inner, depth + 1))
    })
}
