//! The access log: who read personal data, or touched what guards it, is on record within seconds,
//! with ids and without content, for those alone who may audit.

use crate::support::fixture::{Case, opening};
use crate::support::{eventually, unique};
use omnichannel_sdk::{Client, v1};
use tonic::Code;
use v1::{Permission, Role};

both!(
    reads_of_personal_data_are_on_record,
    refusals_are_recorded_where_they_guard_something,
    who_may_write_and_not_read_is_told_nothing_personal,
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

/// A key that may only write.
async fn writer(case: &Case) -> Client {
    let scopes = [Permission::CustomersWrite, Permission::InteractionsWrite];
    let api_key = v1::ApiKey {
        name: unique("key"),
        role: Role::Integration.into(),
        scopes: scopes.map(i32::from).to_vec(),
        ..Default::default()
    };
    let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
    case.server.client(&ok!(case.admin.admin().create_api_key(request)).key)
}

async fn who_may_write_and_not_read_is_told_nothing_personal(case: Case) {
    let writer = writer(&case).await;
    let point = |address: &str| v1::ContactPoint {
        kind: v1::ChannelKind::Email.into(),
        address: address.to_owned(),
        ..Default::default()
    };
    let customer = v1::Customer {
        display_name: "Ada Zebra".into(),
        external_id: "zebra-1".into(),
        attributes: [("zebra".to_owned(), "zebra".to_owned())].into(),
        contact_points: vec![point("zebra@example.org")],
        ..Default::default()
    };
    let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let made = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    let mut told = Vec::new();
    let tier = v1::Customer { id: made.id.clone(), tier: "gold".into(), ..Default::default() };
    let update = v1::UpdateCustomerRequest { customer: Some(tier), ..Default::default() };
    let updated = ok!(writer.customers().update_customer(update));
    assert_eq!(updated.customer.as_ref().unwrap().tier, "gold", "what is not personal is told");
    let customer = updated.customer.unwrap();
    told.extend(customer.contact_points.iter().map(|point| point.address.clone()));
    told.push(format!(
        "{}{}{:?}",
        customer.display_name, customer.external_id, customer.attributes
    ));
    for address in ["zebra@example.org", "zebra2@example.org"] {
        let request = v1::AddContactPointRequest {
            customer_id: made.id.clone(),
            contact_point: Some(point(address)),
            ..Default::default()
        };
        let added = ok!(writer.customers().add_contact_point(request));
        let id = &added.contact_point.as_ref().unwrap().id;
        assert!(!id.is_empty());
        let customer = added.customer.as_ref().unwrap();
        let all = customer.contact_points.iter().chain(&added.contact_point);
        told.extend(all.map(|point| point.address.clone()));
        told.push(customer.display_name.clone() + &customer.external_id);
    }
    let queue = case.plain_queue().await;
    let opening = v1::CreateInteractionRequest {
        subject: "zebra".into(),
        tags: vec!["zebra".into()],
        ..opening(&queue.id)
    };
    let work = ok!(case.admin.interactions().create_interaction(opening)).interaction.unwrap();
    let urgent = v1::Interaction {
        id: work.id.clone(),
        priority: v1::Priority::Urgent.into(),
        ..Default::default()
    };
    let update = v1::UpdateInteractionRequest { interaction: Some(urgent), ..Default::default() };
    let updated = ok!(writer.interactions().update_interaction(update)).interaction.unwrap();
    assert_eq!(updated.priority(), v1::Priority::Urgent);
    told.push(updated.subject + &updated.tags.concat());
    let escalate =
        v1::EscalateInteractionRequest { interaction_id: work.id.clone(), ..Default::default() };
    let moved = ok!(writer.interactions().escalate_interaction(escalate)).interaction.unwrap();
    told.push(moved.subject + &moved.tags.concat());
    assert!(told.iter().all(|text| !text.to_lowercase().contains("zebra")), "{told:?}");
    // Whoever may read is told all of it.
    let get = v1::GetCustomerRequest { customer_id: made.id };
    refused!(writer.customers().get_customer(get.clone()), PermissionDenied);
    let whole = ok!(case.admin.customers().get_customer(get)).customer.unwrap();
    assert_eq!((whole.display_name.as_str(), whole.contact_points.len()), ("Ada Zebra", 2));
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
