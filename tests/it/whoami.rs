//! Who am I: every credential is told whose it is and what it may do, whatever its scopes leave;
//! the stream of a desk says whose desk it shows.

use crate::permissions::permissions_of;
use crate::support::fixture::Case;
use crate::support::frames;
use crate::support::{nobody, unique};
use omnichannel_sdk::{Client, v1};
use v1::{CredentialKind, Permission, PresenceStatus, Role};

both!(
    a_key_of_every_role_is_told_whose_it_is,
    scopes_are_told_and_leave_the_question,
    a_desk_says_whose_it_is,
    a_command_that_changed_nothing_has_no_place,
);

/// Who a client's credential says it is.
pub(crate) async fn whoami(client: &Client) -> v1::Caller {
    ok!(client.admin().who_am_i(v1::WhoAmIRequest {})).caller.expect("it is told")
}

/// What a caller may do, without the prefix that all names have.
pub(crate) fn may(caller: &v1::Caller) -> Vec<&'static str> {
    let names = caller.permissions().map(|permission| permission.as_str_name());
    names.map(|name| name.trim_start_matches("PERMISSION_")).collect()
}

async fn a_key_of_every_role_is_told_whose_it_is(case: Case) {
    let roles = [Role::TenantAdmin, Role::Supervisor, Role::Analyst, Role::Auditor];
    for role in roles.into_iter().chain([Role::Integration]) {
        let caller = whoami(&case.role(role).await).await;
        assert_eq!((&caller.tenant_id, &caller.tenant_name), (&case.id, &case.name));
        assert_eq!(caller.role(), role);
        assert_eq!((caller.agent_id.as_str(), caller.expire_time), ("", None));
    }
    let agent = case.agent("Bo").await;
    let caller = whoami(&agent.client).await;
    assert_eq!((caller.role(), &caller.agent_id), (Role::Agent, &agent.id));
    assert_eq!(caller.credential(), CredentialKind::ApiKey);
    assert_eq!(may(&caller), permissions_of(Role::Agent));
    let keys = ok!(case.admin.admin().list_api_keys(v1::ListApiKeysRequest::default())).api_keys;
    let own = keys.iter().find(|key| key.id == caller.principal_id).expect("the key is listed");
    assert_eq!(own.agent_id, agent.id);
    let operator = whoami(&case.operator()).await;
    assert_eq!((operator.role(), operator.tenant_name.as_str()), (Role::PlatformAdmin, "system"));
    assert_eq!(may(&operator), permissions_of(Role::PlatformAdmin));
}

async fn scopes_are_told_and_leave_the_question(case: Case) {
    let expire = prost_types::Timestamp { seconds: 4_102_444_800, nanos: 0 };
    let api_key = v1::ApiKey {
        name: unique("key"),
        role: Role::TenantAdmin.into(),
        scopes: vec![Permission::RoutingRead.into()],
        expire_time: Some(expire),
        ..Default::default()
    };
    let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
    let made = ok!(case.admin.admin().create_api_key(request));
    let narrow = case.server.client(&made.key);
    let caller = whoami(&narrow).await;
    assert_eq!(may(&caller), ["ROUTING_READ", "SERVER_READ"]);
    assert_eq!(caller.role(), Role::TenantAdmin, "scopes narrow it and do not rename it");
    assert_eq!(caller.expire_time, Some(expire));
    assert_eq!(caller.principal_id, made.api_key.unwrap().id);
    refused!(narrow.agents().list_agents(v1::ListAgentsRequest::default()), PermissionDenied);
    let forged = case.server.client(&format!("{}x", &made.key[..made.key.len() - 1]));
    refused!(forged.admin().who_am_i(v1::WhoAmIRequest {}), CredentialsInvalid);
}

async fn a_desk_says_whose_it_is(case: Case) {
    let agent = case.agent("Bo").await;
    assert_eq!(agent.session().await.hello().agent_id, agent.id);
    // Somebody with AGENTS_WRITE sits at another's desk.
    let open = v1::WatchAssignmentsRequest {
        agent_id: agent.id.clone(),
        session_id: nobody(),
        ..Default::default()
    };
    let mut desk = frames::watch(&case.admin, open).await.expect("it opens");
    let Some(v1::agent_frame::Frame::Hello(hello)) = desk.next().await.frame else {
        panic!("hello is first")
    };
    assert_eq!(hello.agent_id, agent.id);
    let mut feed = frames::feed(&case.admin, None).await.expect("it opens");
    let Some(v1::feed_frame::Frame::Hello(hello)) = feed.next().await.frame else {
        panic!("hello is first")
    };
    assert_eq!(hello.agent_id, "", "a feed shows no desk");
}

async fn a_command_that_changed_nothing_has_no_place(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    case.open(&case.plain_queue().await).await;
    let work = console.offered().await;
    let offer_id = work.offer.unwrap().id;
    let session = &console.session;
    let taken = session.accept(&offer_id).await.expect("it is taken").seq;
    assert!(taken > 0);
    // The log goes on with what others do, and a repeat does not borrow its place.
    case.plain_queue().await;
    assert_eq!(session.accept(&offer_id).await.expect("it is taken").seq, 0);
    assert_eq!(
        session.set_presence(PresenceStatus::Available, "").await.expect("it is taken").seq,
        0
    );
    let away = session.set_presence(PresenceStatus::Away, "lunch").await.expect("it is taken").seq;
    assert!(away > taken);
    assert_eq!(
        session.set_presence(PresenceStatus::Away, "lunch").await.expect("it is taken").seq,
        0
    );
    assert_eq!(case.presence(&agent).await.intended(), PresenceStatus::Away);
}
