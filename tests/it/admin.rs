//! AdminService: tenants, the keys that open them, and facts about the server.

use crate::support::fixture::{Case, opening};
use crate::support::{frames, mask, nobody, unique};
use omnichannel_sdk::v1;
use v1::agent_frame::Frame as Desk;
use v1::{GoodbyeAction, GoodbyeReason, Permission, Role, TenantStatus};

both!(
    a_tenant_begins_with_a_key_and_a_queue,
    tenants_are_for_the_operator_alone,
    a_tenant_is_changed_by_mask_and_etag,
    a_suspended_tenant_is_refused_everything,
    a_key_is_shown_once,
    keys_that_make_no_sense_are_refused,
    scopes_narrow_a_role,
    a_revoked_key_opens_nothing,
    a_revoked_key_commands_nothing,
    a_session_of_a_suspended_tenant_ends,
    the_last_key_that_manages_keys_stays,
    the_server_tells_about_itself,
);

both!(alone ["time.shift_allowed = true"]; an_expired_key_opens_nothing);

fn create(name: &str) -> v1::CreateTenantRequest {
    let tenant = Some(v1::Tenant { name: name.to_owned(), ..Default::default() });
    v1::CreateTenantRequest { tenant, request_id: String::new() }
}

async fn a_tenant_begins_with_a_key_and_a_queue(case: Case) {
    let operator = case.operator();
    let name = unique("tenant");
    let request = v1::CreateTenantRequest { request_id: nobody(), ..create(&name) };
    let made = ok!(operator.admin().create_tenant(request.clone()));
    let (tenant, key) = (made.tenant.unwrap(), made.api_key.unwrap());
    assert_eq!((&tenant.name, tenant.status()), (&name, TenantStatus::Active));
    assert_eq!(key.role(), Role::TenantAdmin);
    assert!(made.key.starts_with("omk_") && made.key.ends_with(&key.last4));
    let again = ok!(operator.admin().create_tenant(request));
    assert_eq!(again.tenant.unwrap().id, tenant.id);
    assert_eq!(again.key, "", "a repeat never repeats a secret");
    refused!(operator.admin().create_tenant(create(&name)), NameTaken);
    refused!(operator.admin().create_tenant(create("")), ValidationFailed);
    let get = v1::GetTenantRequest { tenant_id: tenant.id.clone() };
    assert_eq!(ok!(operator.admin().get_tenant(get)).tenant.unwrap(), tenant);
    refused!(
        operator.admin().get_tenant(v1::GetTenantRequest { tenant_id: nobody() }),
        ResourceNotFound
    );
    let admin = case.server.client(&made.key);
    let queues = ok!(admin.routing().list_queues(v1::ListQueuesRequest::default())).queues;
    assert_eq!(queues.len(), 1);
    ok!(admin.interactions().create_interaction(opening("")));
}

async fn tenants_are_for_the_operator_alone(case: Case) {
    refused!(case.admin.admin().create_tenant(create("x")), PermissionDenied);
    let get = v1::GetTenantRequest { tenant_id: case.tenant.id.clone() };
    refused!(case.admin.admin().get_tenant(get), PermissionDenied);
    refused!(case.admin.admin().list_tenants(v1::ListTenantsRequest::default()), PermissionDenied);
    let update = v1::UpdateTenantRequest {
        tenant: Some(v1::Tenant { id: case.tenant.id.clone(), ..Default::default() }),
        ..Default::default()
    };
    refused!(case.admin.admin().update_tenant(update), PermissionDenied);
    // The operator in turn sees nothing inside a tenant.
    let operator = case.operator();
    refused!(operator.interactions().create_interaction(opening("")), PermissionDenied);
    refused!(
        operator.customers().list_customers(v1::ListCustomersRequest::default()),
        PermissionDenied
    );
}

async fn a_tenant_is_changed_by_mask_and_etag(case: Case) {
    let operator = case.operator();
    let get = v1::GetTenantRequest { tenant_id: case.tenant.id.clone() };
    let before = ok!(operator.admin().get_tenant(get)).tenant.unwrap();
    let update = |change: v1::Tenant, paths: Option<&[&str]>| v1::UpdateTenantRequest {
        tenant: Some(v1::Tenant { id: case.tenant.id.clone(), ..change }),
        update_mask: paths.and_then(mask),
        request_id: String::new(),
    };
    let named =
        |name: String, etag: &str| v1::Tenant { name, etag: etag.to_owned(), ..Default::default() };
    let request = update(named(unique("renamed"), &before.etag), Some(&["name"]));
    let after = ok!(operator.admin().update_tenant(request.clone())).tenant.unwrap();
    assert_eq!(after.name, request.tenant.as_ref().unwrap().name);
    assert_eq!(after.status(), TenantStatus::Active);
    refused!(operator.admin().update_tenant(request), EtagMismatch);
    for path in ["id", "create_time", "nonsense"] {
        let wrong = update(named(unique("x"), ""), Some(&[path]));
        refused!(operator.admin().update_tenant(wrong), FieldMaskInvalid);
    }
    let other = case.stranger().await;
    let taken = update(named(other.name, ""), None);
    refused!(operator.admin().update_tenant(taken), NameTaken);
    let unknown = v1::UpdateTenantRequest {
        tenant: Some(v1::Tenant { id: nobody(), name: unique("x"), ..Default::default() }),
        ..Default::default()
    };
    refused!(operator.admin().update_tenant(unknown), ResourceNotFound);
}

async fn a_suspended_tenant_is_refused_everything(case: Case) {
    let operator = case.operator();
    let turn = |status: TenantStatus| v1::UpdateTenantRequest {
        tenant: Some(v1::Tenant {
            id: case.tenant.id.clone(),
            status: status.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made = case.create(opening("")).await;
    ok!(operator.admin().update_tenant(turn(TenantStatus::Suspended)));
    let list = v1::ListInteractionsRequest::default();
    // On the node that did it, it holds from the answer on.
    refused!(case.admin.interactions().list_interactions(list.clone()), TenantSuspended);
    refused!(case.admin.interactions().create_interaction(opening("")), TenantSuspended);
    refused!(case.admin.admin().watch_feed(v1::WatchFeedRequest::default()), TenantSuspended);
    ok!(operator.admin().update_tenant(turn(TenantStatus::Active)));
    let listed = ok!(case.admin.interactions().list_interactions(list));
    assert_eq!(listed.interactions[0].id, made.id, "nothing was deleted");
}

/// A session of an agent with a key of their own, past its snapshot.
async fn at_a_desk(
    case: &Case,
) -> (v1::ApiKey, frames::Up<v1::SessionRequest>, frames::Frames<v1::AgentFrame>) {
    let agent = case.agent("Bo").await;
    let speaks = v1::ApiKey {
        name: unique("key"),
        role: Role::Agent.into(),
        agent_id: agent.id.clone(),
        ..Default::default()
    };
    let request = v1::CreateApiKeyRequest { api_key: Some(speaks), ..Default::default() };
    let made = ok!(case.admin.admin().create_api_key(request));
    let client = case.server.client(&made.key);
    let open = v1::SessionOpen { session_id: nobody(), ..Default::default() };
    let (up, mut down) = frames::session(&client, open).await.expect("it opens");
    let ended = |frame: v1::AgentFrame| matches!(frame.frame, Some(Desk::SnapshotEnd(_)));
    down.until("the snapshot", |frame| ended(frame).then_some(())).await;
    (made.api_key.unwrap(), up, down)
}

/// Sends a command that must not be carried out, and reads this goodbye. The goodbye comes by
/// itself as soon as the server knows; a command that is faster is refused for this reason.
async fn refused_and_ended(
    up: &frames::Up<v1::SessionRequest>,
    down: &mut frames::Frames<v1::AgentFrame>,
    (reason, goodbye): (v1::ErrorReason, GoodbyeReason),
) {
    let status = v1::PresenceStatus::Available.into();
    let set = v1::SessionSetPresence { status, ..Default::default() };
    up.offer(frames::command(v1::session_request::Command::SetPresence(set), &nobody())).await;
    let bye = down
        .until("the goodbye", |frame| match frame.frame {
            Some(Desk::CommandResult(result)) => {
                let Some(v1::command_result::Outcome::Error(error)) = result.outcome else {
                    panic!("it was carried out")
                };
                assert_eq!(error.reason(), reason);
                None
            }
            Some(Desk::Goodbye(bye)) => Some(bye),
            _ => None,
        })
        .await;
    assert_eq!((bye.reason(), bye.action()), (goodbye, GoodbyeAction::Stop));
}

async fn a_revoked_key_commands_nothing(case: Case) {
    let (row, up, mut down) = at_a_desk(&case).await;
    let revoke = v1::RevokeApiKeyRequest { api_key_id: row.id, ..Default::default() };
    ok!(case.admin.admin().revoke_api_key(revoke));
    let why = (v1::ErrorReason::CredentialsInvalid, GoodbyeReason::CredentialsExpired);
    refused_and_ended(&up, &mut down, why).await;
}

async fn a_session_of_a_suspended_tenant_ends(case: Case) {
    let (_, up, mut down) = at_a_desk(&case).await;
    let status = TenantStatus::Suspended.into();
    let tenant = Some(v1::Tenant { id: case.tenant.id.clone(), status, ..Default::default() });
    let suspend = v1::UpdateTenantRequest { tenant, ..Default::default() };
    ok!(case.operator().admin().update_tenant(suspend));
    let why = (v1::ErrorReason::TenantSuspended, GoodbyeReason::TenantSuspended);
    refused_and_ended(&up, &mut down, why).await;
}

async fn the_last_key_that_manages_keys_stays(case: Case) {
    let listed = ok!(case.admin.admin().list_api_keys(v1::ListApiKeysRequest::default()));
    let first = listed.api_keys[0].id.clone();
    let revoke =
        |id: &str| v1::RevokeApiKeyRequest { api_key_id: id.to_owned(), ..Default::default() };
    let error = refused!(case.admin.admin().revoke_api_key(revoke(&first)), ResourceInUse);
    assert_eq!(crate::support::refusal::metadata_fault(&error), None);
    // One that may not manage keys is no successor.
    let scopes = vec![Permission::CustomersRead.into()];
    let mut narrow = key(Role::TenantAdmin, |_| ());
    narrow.api_key.as_mut().unwrap().scopes = scopes;
    ok!(case.admin.admin().create_api_key(narrow));
    refused!(case.admin.admin().revoke_api_key(revoke(&first)), ResourceInUse);
    let second = ok!(case.admin.admin().create_api_key(key(Role::TenantAdmin, |_| ())));
    ok!(case.admin.admin().revoke_api_key(revoke(&first)));
    let client = case.server.client(&second.key);
    let second = second.api_key.unwrap().id;
    refused!(client.admin().revoke_api_key(revoke(&second)), ResourceInUse);
    ok!(client.admin().revoke_api_key(revoke(&first)));
}

fn key(role: Role, change: fn(&mut v1::ApiKey)) -> v1::CreateApiKeyRequest {
    let mut api_key = v1::ApiKey { name: unique("key"), role: role.into(), ..Default::default() };
    change(&mut api_key);
    v1::CreateApiKeyRequest { api_key: Some(api_key), request_id: String::new() }
}

async fn a_key_is_shown_once(case: Case) {
    let request = v1::CreateApiKeyRequest { request_id: nobody(), ..key(Role::Analyst, |_| ()) };
    let made = ok!(case.admin.admin().create_api_key(request.clone()));
    let (row, text) = (made.api_key.unwrap(), made.key);
    assert!(text.starts_with("omk_") && text.ends_with(&row.last4));
    assert_eq!((row.role(), row.scopes.len()), (Role::Analyst, 0));
    assert!(row.create_time.is_some() && row.revoke_time.is_none() && row.expire_time.is_none());
    let again = ok!(case.admin.admin().create_api_key(request));
    assert_eq!((again.api_key.unwrap().id, again.key.as_str()), (row.id.clone(), ""));
    let get = v1::GetApiKeyRequest { api_key_id: row.id.clone() };
    let found = ok!(case.admin.admin().get_api_key(get)).api_key.unwrap();
    assert_eq!(found, row);
    let listed = ok!(case.admin.admin().list_api_keys(v1::ListApiKeysRequest::default()));
    assert_eq!(listed.api_keys.len(), 2);
    assert_eq!(listed.api_keys[0], row, "newest first");
    assert!(!format!("{listed:?}").contains(&text), "the key itself is nowhere");
    let analyst = case.server.client(&text);
    ok!(analyst.analytics().get_real_time_stats(v1::GetRealTimeStatsRequest {}));
    refused!(
        case.admin.admin().get_api_key(v1::GetApiKeyRequest { api_key_id: nobody() }),
        ResourceNotFound
    );
}

async fn keys_that_make_no_sense_are_refused(case: Case) {
    let admin = &case.admin;
    for request in [
        key(Role::Unspecified, |_| ()),
        key(Role::Agent, |_| ()),
        key(Role::Analyst, |key| key.name = String::new()),
        key(Role::Analyst, |key| {
            key.expire_time = Some(prost_types::Timestamp { seconds: 1, nanos: 0 });
        }),
        key(Role::Analyst, |key| key.scopes = vec![0]),
        key(Role::Analyst, |key| key.scopes = vec![9, 9]),
        v1::CreateApiKeyRequest::default(),
    ] {
        let shown = format!("{request:?}");
        match admin.admin().create_api_key(request).await {
            Ok(_) => panic!("accepted: {shown}"),
            Err(status) => {
                let reason = v1::ErrorReason::ValidationFailed;
                crate::support::refusal::judge(status, reason, &shown);
            }
        }
    }
    refused!(admin.admin().create_api_key(key(Role::PlatformAdmin, |_| ())), PermissionDenied);
    let unknown = key(Role::Agent, |key| key.agent_id = nobody());
    refused!(admin.admin().create_api_key(unknown), ResourceNotFound);
    let supervisor = case.role(Role::Supervisor).await;
    refused!(supervisor.admin().create_api_key(key(Role::Analyst, |_| ())), PermissionDenied);
}

async fn scopes_narrow_a_role(case: Case) {
    let wide = key(Role::Integration, |key| {
        key.scopes = vec![Permission::CustomersRead.into(), Permission::KeysManage.into()];
    });
    refused!(case.admin.admin().create_api_key(wide), ValidationFailed);
    let request = key(Role::Integration, |key| key.scopes = vec![Permission::CustomersRead.into()]);
    let made = ok!(case.admin.admin().create_api_key(request));
    assert!(!made.api_key.unwrap().scopes.is_empty());
    let client = case.server.client(&made.key);
    ok!(client.customers().list_customers(v1::ListCustomersRequest::default()));
    refused!(
        client.interactions().list_interactions(v1::ListInteractionsRequest::default()),
        PermissionDenied
    );
    refused!(client.admin().list_api_keys(v1::ListApiKeysRequest::default()), PermissionDenied);

    refused!(client.admin().watch_feed(v1::WatchFeedRequest::default()), PermissionDenied);
}

async fn a_revoked_key_opens_nothing(case: Case) {
    let made = ok!(case.admin.admin().create_api_key(key(Role::Integration, |_| ())));
    let (row, client) = (made.api_key.unwrap(), case.server.client(&made.key));
    let mut feed = frames::feed(&client, None).await.expect("the key is good");
    feed.next().await;
    let revoke = v1::RevokeApiKeyRequest { api_key_id: row.id.clone(), ..Default::default() };
    let after = ok!(case.admin.admin().revoke_api_key(revoke.clone())).api_key.unwrap();
    assert!(after.revoke_time.is_some());
    let again = ok!(case.admin.admin().revoke_api_key(revoke)).api_key.unwrap();
    assert_eq!(again, after, "a repeat succeeds");
    let list = v1::ListCustomersRequest::default();
    refused!(client.customers().list_customers(list), CredentialsInvalid);
    refused!(client.admin().watch_feed(v1::WatchFeedRequest::default()), CredentialsInvalid);
    let unknown = v1::RevokeApiKeyRequest { api_key_id: nobody(), ..Default::default() };
    refused!(case.admin.admin().revoke_api_key(unknown), ResourceNotFound);
    let goodbye = async {
        loop {
            if let Some(v1::feed_frame::Frame::Goodbye(goodbye)) = feed.next().await.frame {
                return goodbye;
            }
        }
    };
    let minute = std::time::Duration::from_secs(61);
    let goodbye = tokio::time::timeout(minute, goodbye).await.expect("it ends within a minute");
    assert_eq!(goodbye.reason(), GoodbyeReason::CredentialsExpired);
    assert_eq!(goodbye.action(), GoodbyeAction::Stop);
}

async fn an_expired_key_opens_nothing(case: Case) {
    let mut request = key(Role::Analyst, |_| ());
    let soon = crate::support::webhook::now() + 3600;
    let expire_time = Some(prost_types::Timestamp { seconds: soon, nanos: 0 });
    request.api_key.as_mut().unwrap().expire_time = expire_time;
    let made = ok!(case.admin.admin().create_api_key(request));
    assert_eq!(made.api_key.unwrap().expire_time, expire_time);
    let client = case.server.client(&made.key);
    ok!(client.analytics().get_real_time_stats(v1::GetRealTimeStatsRequest {}));
    case.server.shift(3700).await;
    refused!(
        client.analytics().get_real_time_stats(v1::GetRealTimeStatsRequest {}),
        CredentialsInvalid
    );
}

async fn the_server_tells_about_itself(case: Case) {
    use crate::support::database::Database;
    let info = ok!(case.admin.admin().get_server_info(v1::GetServerInfoRequest {}));
    assert_eq!(info.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(info.api_version, "v1");
    assert!(info.time.is_some() && !info.node_id.is_empty());
    let expected = match case.server.database {
        Database::Sqlite => v1::DatabaseKind::Sqlite,
        Database::Postgres => v1::DatabaseKind::Postgresql,
    };
    assert_eq!(info.database(), expected);
    for role in [Role::Auditor, Role::Analyst, Role::Integration, Role::Supervisor] {
        ok!(case.role(role).await.admin().get_server_info(v1::GetServerInfoRequest {}));
    }
}
