//! The access log: who read personal data, or touched what guards it, is on record within seconds,
//! with ids and without content, for those alone who may audit.

use crate::support::eventually;
use crate::support::fixture::Case;
use omnichannel_sdk::v1;
use tonic::Code;
use v1::Role;

both!(
    reads_of_personal_data_are_on_record,
    refusals_are_recorded_where_they_guard_something,
    pages_follow_one_another,
);

async fn entries(case: &Case, request: v1::ListAccessLogRequest) -> Vec<v1::AccessEntry> {
    let auditor = case.role(Role::Auditor).await;
    ok!(auditor.admin().list_access_log(request)).entries
}

/// Waits until a line of a method is there, and returns all that fit the filter.
async fn recorded(
    case: &Case,
    request: v1::ListAccessLogRequest,
    method: &str,
) -> Vec<v1::AccessEntry> {
    eventually(&format!("{method} is on record"), || async {
        let found = entries(case, request.clone()).await;
        found.iter().any(|entry| entry.method.ends_with(method)).then_some(found)
    })
    .await
}

async fn reads_of_personal_data_are_on_record(case: Case) {
    let customer = case.customer("Ada Lovelace").await;
    let work = case.open(&case.plain_queue().await).await;
    let agent = case.agent("Bo").await;
    let get = v1::GetCustomerRequest { customer_id: customer.id.clone() };
    for _ in 0..3 {
        ok!(agent.client.customers().get_customer(get.clone()));
    }
    let of_customer =
        v1::ListAccessLogRequest { customer_id: customer.id.clone(), ..Default::default() };
    // Asking for the log names the customer, too.
    let mut found = recorded(&case, of_customer, "CustomerService/GetCustomer").await;
    found.retain(|entry| entry.method.ends_with("GetCustomer"));
    let count: i32 = found.iter().map(|entry| entry.count).sum();
    assert_eq!(count, 3, "equal calls may share a line, and are counted: {found:?}");
    for entry in &found {
        assert_eq!(entry.method, "omnichannel.v1.CustomerService/GetCustomer");
        assert_eq!((entry.agent_id.as_str(), entry.code), (agent.id.as_str(), 0));
        let named = [("customer_id", customer.id.as_str())];
        let told: Vec<_> =
            entry.resources.iter().map(|r| (r.field.as_str(), r.id.as_str())).collect();
        assert_eq!(told, named);
        assert!(entry.time.is_some() && !entry.request_id.is_empty());
        assert!(!format!("{entry:?}").contains("Ada"), "no content: {entry:?}");
    }
    let principal_id = found[0].principal_id.clone();

    let scope = Some(v1::list_messages_request::Scope::InteractionId(work.id.clone()));
    let list = v1::ListMessagesRequest { scope, ..Default::default() };
    ok!(agent.client.interactions().list_messages(list));
    let watch =
        v1::WatchInteractionRequest { interaction_id: work.id.clone(), ..Default::default() };
    drop(ok!(agent.client.interactions().watch_interaction(watch)));
    let of_work =
        v1::ListAccessLogRequest { interaction_id: work.id.clone(), ..Default::default() };
    recorded(&case, of_work.clone(), "InteractionService/ListMessages").await;
    recorded(&case, of_work, "InteractionService/WatchInteraction").await;

    let of_principal = v1::ListAccessLogRequest { principal_id, ..Default::default() };
    let all = recorded(&case, of_principal, "InteractionService/ListMessages").await;
    assert!(all.iter().all(|entry| entry.agent_id == agent.id), "one principal: {all:?}");
    // Reading without personal data is not recorded.
    ok!(agent.client.routing().list_queues(v1::ListQueuesRequest::default()));
    let everything = entries(&case, v1::ListAccessLogRequest::default()).await;
    assert!(everything.iter().all(|entry| !entry.method.contains("Queue")));
}

async fn refusals_are_recorded_where_they_guard_something(case: Case) {
    let analyst = case.role(Role::Analyst).await;
    refused!(analyst.admin().list_api_keys(v1::ListApiKeysRequest::default()), PermissionDenied);
    refused!(analyst.admin().list_audit_log(v1::ListAuditLogRequest::default()), PermissionDenied);
    let get = v1::GetCustomerRequest { customer_id: case.customer("Ada").await.id };
    refused!(analyst.customers().get_customer(get), PermissionDenied);
    let anything = v1::ListAccessLogRequest::default();
    let found = recorded(&case, anything, "AdminService/ListAuditLog").await;
    let of = |method: &str| found.iter().find(|entry| entry.method.ends_with(method));
    let refused = of("AdminService/ListAuditLog").expect("it is there");
    assert_eq!(refused.code, Code::PermissionDenied as i32);
    assert_eq!(of("CustomerService/GetCustomer"), None, "nothing was read");
    // The log of who looked is looked at on record, too.
    recorded(&case, v1::ListAccessLogRequest::default(), "AdminService/ListAccessLog").await;
    for role in [Role::Supervisor, Role::Integration, Role::Analyst] {
        let client = case.role(role).await;
        let request = v1::ListAccessLogRequest::default();
        refused!(client.admin().list_access_log(request), PermissionDenied);
    }
}

async fn pages_follow_one_another(case: Case) {
    let mut made = Vec::new();
    for n in 0..5 {
        let id = case.customer(&format!("c{n}")).await.id;
        let get = v1::GetCustomerRequest { customer_id: id.clone() };
        ok!(case.admin.customers().get_customer(get));
        made.push(id);
    }
    let keys = ok!(case.admin.admin().list_api_keys(v1::ListApiKeysRequest::default())).api_keys;
    let own = v1::ListAccessLogRequest {
        principal_id: keys[0].id.clone(),
        page_size: 2,
        ..Default::default()
    };
    let whole = v1::ListAccessLogRequest { page_size: 0, ..own.clone() };
    let whole = eventually("all five are on record", || async {
        let found = entries(&case, whole.clone()).await;
        let reads = found.iter().filter(|entry| entry.method.ends_with("/GetCustomer"));
        (reads.count() == 5).then_some(found)
    })
    .await;
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    let auditor = case.role(Role::Auditor).await;
    loop {
        let request = v1::ListAccessLogRequest { page_token, ..own.clone() };
        let page = ok!(auditor.admin().list_access_log(request));
        assert!(page.entries.len() <= 2);
        paged.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, whole);
    let middle = whole[whole.len() / 2].time;
    let since = v1::ListAccessLogRequest { from_time: middle, page_size: 0, ..own.clone() };
    let until = v1::ListAccessLogRequest { to_time: middle, page_size: 0, ..own };
    let (since, until) = (entries(&case, since).await, entries(&case, until).await);
    assert_eq!([since, until].concat(), whole, "a moment parts them");
}
