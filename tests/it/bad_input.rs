//! Whatever is wrong with a request, the answer says so with the code and the reason of
//! `docs/errors.md`, and nothing else was lost: after each refusal the right call still works.

use crate::support::fixture::{Case, opening};
use crate::support::refusal::{judge, metadata_fault};
use crate::support::wire::Wire;
use crate::support::{http, nobody, secs, unique};
use omnichannel_sdk::{Error, v1};
use prost::Message;
use tonic::Status;
use tonic::codegen::http::HeaderMap;

both!(
    missing_and_malformed_fields_are_named,
    all_violations_come_at_once,
    what_the_contract_cannot_rule_is_told_with_the_rest,
    oversized_messages_are_out_of_range,
    values_that_no_enum_has_are_refused,
    text_never_holds_nul,
    subjects_are_one_line,
    bytes_that_are_no_message_are_refused,
    frames_that_are_none_are_refused,
    credentials_are_missing_or_invalid,
    a_key_of_another_tenant_opens_only_its_own,
    a_passed_deadline_is_told,
    half_a_request_changes_nothing,
    request_ids_are_bound_to_method_and_key,
    what_is_wrong_is_told_without_what_was_said,
);

/// After a refusal: what should work still works.
async fn still_works(case: &Case) {
    let made = case.create(opening("")).await;
    assert_eq!(case.interaction(&made.id).await.id, made.id);
}

async fn missing_and_malformed_fields_are_named(case: Case) {
    let field = |error: &Error| error.violations()[0].field.clone();
    let none = v1::CreateInteractionRequest::default();
    let error = refused!(case.admin.interactions().create_interaction(none), ValidationFailed);
    assert!(error.violations().iter().any(|one| one.field == "customer"), "{error:?}");
    let get = |id: &str| v1::GetInteractionRequest { interaction_id: id.to_owned() };
    for wrong in ["", "x", "00000000-0000-0000-0000-00000000000", "{}", &"9".repeat(10_000)] {
        let error =
            refused!(case.admin.interactions().get_interaction(get(wrong)), ValidationFailed);
        assert_eq!(field(&error), "interaction_id", "{wrong:.40}");
    }
    let braced = format!("{{{}}}", nobody());
    refused!(case.admin.interactions().get_interaction(get(&braced)), ValidationFailed);
    refused!(case.admin.interactions().get_interaction(get(&nobody())), ResourceNotFound);
    let zero = "00000000-0000-0000-0000-000000000000";
    refused!(case.admin.interactions().get_interaction(get(zero)), ResourceNotFound);

    let wrong = v1::CreateInteractionRequest { request_id: "once".into(), ..opening("") };
    let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    assert_eq!(field(&error), "request_id");
    let wrong = v1::CreateInteractionRequest { language: "d e".into(), ..opening("") };
    let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    assert_eq!(field(&error), "language");
    let needs = vec![v1::SkillRequirement { skill_id: nobody(), min_level: 11 }];
    let wrong = v1::CreateInteractionRequest { required_skills: needs, ..opening("") };
    let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    assert_eq!(field(&error), "required_skills[0].min_level");
    let twice = vec!["a".to_owned(), "a".to_owned()];
    let wrong = v1::CreateInteractionRequest { tags: twice, ..opening("") };
    let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    assert_eq!(field(&error), "tags");
    still_works(&case).await;
}

async fn all_violations_come_at_once(case: Case) {
    let wrong = v1::CreateInteractionRequest {
        customer: None,
        channel: 0,
        channel_account_id: "x".into(),
        subject: "s".repeat(201),
        body: "b".repeat(16_385),
        language: "!".into(),
        queue_id: "y".into(),
        request_id: "z".into(),
        ..Default::default()
    };
    let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    let fields: Vec<_> = error.violations().iter().map(|one| one.field.as_str()).collect();
    for field in
        ["customer", "channel", "channel_account_id", "subject", "body", "language", "queue_id"]
    {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
    let many = vec![String::new(); 20];
    let wrong = v1::CreateInteractionRequest { tags: many, ..opening("no id") };
    let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    assert_eq!(error.violations().len(), 20, "at most 20 are listed");
    let bounds = v1::CreateInteractionRequest {
        subject: "ü".repeat(200),
        body: "b".repeat(16_384),
        tags: (0..20).map(|number| format!("tag {number}")).collect(),
        ..opening("")
    };
    let made = case.create(bounds).await;
    assert_eq!(made.subject.chars().count(), 200, "what fits is taken whole");
    still_works(&case).await;
}

async fn what_the_contract_cannot_rule_is_told_with_the_rest(case: Case) {
    let mut console = case.admin.routing();
    let fields = |error: &Error| {
        let mut all: Vec<_> = error.violations().iter().map(|one| one.field.clone()).collect();
        all.sort_unstable();
        all
    };
    let request_id = || "no uuid".to_owned();
    let queue = v1::Queue { max_size: -1, ..Default::default() };
    let wrong = v1::CreateQueueRequest { queue: Some(queue), request_id: request_id() };
    let error = refused!(console.create_queue(wrong), ValidationFailed);
    assert_eq!(fields(&error), ["queue.max_size", "queue.name", "request_id"]);
    assert_eq!(error.metadata()["violations"], "3");

    let skill = || v1::SkillRequirement { skill_id: nobody(), min_level: 11 };
    let need = skill();
    let queue = v1::Queue { required_skills: vec![need.clone(), need], ..Default::default() };
    let wrong = v1::UpdateQueueRequest { queue: Some(queue), ..Default::default() };
    let error = refused!(console.update_queue(wrong), ValidationFailed);
    let level = |at: usize| format!("queue.required_skills[{at}].min_level");
    let twice = "queue.required_skills[1].skill_id".to_owned();
    assert_eq!(fields(&error), ["queue.id".to_owned(), level(0), level(1), twice]);

    let action = v1::RuleAction { add_required_skills: vec![skill()], ..Default::default() };
    let rule = v1::RoutingRule { action: Some(action), ..Default::default() };
    let wrong = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let error = refused!(console.create_routing_rule(wrong), ValidationFailed);
    let expected = [
        "routing_rule.action.add_required_skills[0].min_level",
        "routing_rule.action.queue_id",
        "routing_rule.name",
        "routing_rule.position",
    ];
    assert_eq!(fields(&error), expected);

    let account = v1::ChannelAccount { default_queue_id: "x".into(), ..Default::default() };
    let wrong = v1::CreateChannelAccountRequest {
        channel_account: Some(account),
        request_id: request_id(),
    };
    let error = refused!(case.admin.channels().create_channel_account(wrong), ValidationFailed);
    let account = |field: &str| format!("channel_account.{field}");
    let expected = [account("default_queue_id"), account("kind"), account("name")];
    assert_eq!(fields(&error), [&expected[..], &["request_id".to_owned()]].concat());

    let key = v1::ApiKey { role: v1::Role::Agent.into(), ..Default::default() };
    let wrong = v1::CreateApiKeyRequest { api_key: Some(key), ..Default::default() };
    let error = refused!(case.admin.admin().create_api_key(wrong), ValidationFailed);
    assert_eq!(fields(&error), ["api_key.agent_id", "api_key.name"]);
    still_works(&case).await;
}

async fn oversized_messages_are_out_of_range(case: Case) {
    let large = v1::CreateInteractionRequest { body: "b".repeat(5 << 20), ..opening("") };
    let error = refused!(case.admin.interactions().create_interaction(large), MessageTooLarge);
    assert_eq!(error.metadata()["max_bytes"], (4 << 20).to_string());
    assert_eq!(metadata_fault(&error), None);
    let below = v1::CreateInteractionRequest { body: "b".repeat(3 << 20), ..opening("") };
    refused!(case.admin.interactions().create_interaction(below), ValidationFailed);
    let listed =
        ok!(case.admin.interactions().list_interactions(v1::ListInteractionsRequest::default()));
    assert_eq!(listed.interactions, [], "nothing was made");
    still_works(&case).await;
}

async fn values_that_no_enum_has_are_refused(case: Case) {
    for (field, wrong) in [
        ("channel", v1::CreateInteractionRequest { channel: 99, ..opening("") }),
        ("priority", v1::CreateInteractionRequest { priority: -1, ..opening("") }),
    ] {
        let error = refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
        assert_eq!(error.violations()[0].field, field);
    }
    let wrong = v1::ListInteractionsRequest { statuses: vec![4, 99], ..Default::default() };
    let error = refused!(case.admin.interactions().list_interactions(wrong), ValidationFailed);
    assert_eq!(error.violations()[0].field, "statuses[1]");
    let queue = v1::Queue { name: unique("q"), strategy: 77, ..Default::default() };
    let wrong = v1::CreateQueueRequest { queue: Some(queue), ..Default::default() };
    let error = refused!(case.admin.routing().create_queue(wrong), ValidationFailed);
    assert_eq!(error.violations()[0].field, "queue.strategy");
    still_works(&case).await;
}

async fn subjects_are_one_line(case: Case) {
    let (account, _) = case.account("").await;
    let work = case.create(opening("")).await;
    for subject in ["a\r\nBcc: eve@example.org", "a\nb", "a\u{2028}b", "a\tb", "\u{1b}[2J"] {
        let subject = || subject.to_owned();
        let create = v1::CreateInteractionRequest { subject: subject(), ..opening("") };
        let error =
            refused!(case.admin.interactions().create_interaction(create), ValidationFailed);
        assert_eq!(error.violations()[0].field, "subject");
        let other =
            v1::Interaction { id: work.id.clone(), subject: subject(), ..Default::default() };
        let update =
            v1::UpdateInteractionRequest { interaction: Some(other), ..Default::default() };
        refused!(case.admin.interactions().update_interaction(update), ValidationFailed);
        let receive = v1::ReceiveMessageRequest {
            channel_account_id: account.id.clone(),
            from_address: "ada@example.org".into(),
            subject: subject(),
            body: "hello".into(),
            external_id: unique("m"),
            ..Default::default()
        };
        let error = refused!(case.admin.channels().receive_message(receive), ValidationFailed);
        assert_eq!(error.violations()[0].field, "subject");
    }
    let plain =
        v1::CreateInteractionRequest { subject: "Größe – 寸法 ✓".into(), ..opening("") };
    assert_eq!(case.create(plain).await.subject, "Größe – 寸法 ✓");
}

async fn text_never_holds_nul(case: Case) {
    let nul = || "a\0b".to_owned();
    let queue = v1::Queue { name: nul(), ..Default::default() };
    let wrong = v1::CreateQueueRequest { queue: Some(queue), ..Default::default() };
    let error = refused!(case.admin.routing().create_queue(wrong), ValidationFailed);
    assert_eq!(error.violations()[0].field, "queue.name");
    for wrong in [
        v1::CreateInteractionRequest { subject: nul(), ..opening("") },
        v1::CreateInteractionRequest { body: nul(), ..opening("") },
        v1::CreateInteractionRequest { tags: vec![nul()], ..opening("") },
    ] {
        refused!(case.admin.interactions().create_interaction(wrong), ValidationFailed);
    }
    let customer =
        v1::Customer { attributes: [("plan".to_owned(), nul())].into(), ..Default::default() };
    let wrong = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    refused!(case.admin.customers().create_customer(wrong), ValidationFailed);
    still_works(&case).await;
}

async fn bytes_that_are_no_message_are_refused(case: Case) {
    let wire = Wire::new(&case.server.endpoint(), Some(&case.tenant.key));
    let path = "/omnichannel.v1.InteractionService/GetInteraction";
    let good = v1::GetInteractionRequest { interaction_id: nobody() }.encode_to_vec();
    let truncated = good[..good.len() - 3].to_vec();
    let no_text = [b"\x0a\x02".as_slice(), b"\xff\xfe"].concat();
    for bytes in [vec![0xff; 40], truncated, no_text, vec![0x0a]] {
        let status = wire.unary(path, bytes).await.expect_err("no message");
        judge(status, v1::ErrorReason::ValidationFailed, "no message");
    }
    let unknown = [good, vec![0xfa, 0x3f, 0x01, b'x']].concat();
    let status = wire.unary(path, unknown).await.expect_err("nobody has this id");
    assert_eq!(status.code(), tonic::Code::NotFound, "unknown fields are passed over");
    still_works(&case).await;
}

/// Posts a body as it is; the status in the head of the answer.
async fn posted(case: &Case, path: &str, more: &[(&str, &str)], body: &[u8]) -> Status {
    let authorization = format!("Bearer {}", case.tenant.key);
    let mut headers = vec![("authorization", authorization.as_str()), ("te", "trailers")];
    headers.extend(more);
    let answer = http::send(case.server.port(), "POST", path, &headers, body).await;
    let mut told = HeaderMap::new();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        if let Some(value) = answer.header(name) {
            told.insert(name, value.parse().expect("a header value"));
        }
    }
    Status::from_header_map(&told).expect("a status in the head")
}

async fn frames_that_are_none_are_refused(case: Case) {
    let path = "/omnichannel.v1.InteractionService/GetInteraction";
    let good = v1::GetInteractionRequest { interaction_id: nobody() }.encode_to_vec();
    let length = u32::try_from(good.len()).unwrap().to_be_bytes();
    let whole = [&[0], length.as_slice(), &good].concat();
    let flagged = |flag: u8| [&[flag], &whole[1..]].concat();
    let log = case.server.log_end();
    let text = "application/grpc-web-text";
    for (kind, body) in [
        ("application/grpc-web", Vec::new()),
        ("application/grpc-web", flagged(1)),
        ("application/grpc-web", flagged(7)),
        ("application/grpc-web", whole[..3].to_vec()),
        ("application/grpc-web", whole[..whole.len() - 2].to_vec()),
        (text, b"!!!! no base64 !!!!".to_vec()),
        (text, b"AAA".to_vec()),
    ] {
        let status = posted(&case, path, &[("content-type", kind)], &body).await;
        judge(status, v1::ErrorReason::ValidationFailed, &format!("{kind} {body:?}"));
    }
    let web = ("content-type", "application/grpc-web");
    let status = posted(&case, path, &[web], &whole).await;
    judge(status, v1::ErrorReason::ResourceNotFound, "the whole frame");
    let status = posted(&case, path, &[web, ("grpc-encoding", "gzip")], &whole).await;
    judge(status, v1::ErrorReason::NotSupported, "an encoding that is not taken");
    for path in ["/omnichannel.v1.InteractionService/Nothing", "/no.Such/Thing", "/x"] {
        let status = posted(&case, path, &[web], &whole).await;
        judge(status, v1::ErrorReason::NotSupported, path);
    }
    let said = case.server.log_from(log);
    let warned = said.lines().filter(|line| line.contains("call failed")).count();
    assert_eq!(warned, 0, "no caller can fill the log with warnings: {said}");
    still_works(&case).await;
}

async fn credentials_are_missing_or_invalid(case: Case) {
    let endpoint = case.server.endpoint();
    let path = "/omnichannel.v1.AdminService/GetServerInfo";
    let refusal = async |authorization: Option<&str>, reason| {
        let wire = Wire::with_authorization(&endpoint, authorization.map(str::to_owned));
        let status = wire.unary(path, Vec::new()).await.expect_err("no good credential");
        crate::support::refusal::judge(status, reason, &format!("{authorization:?}"));
    };
    refusal(None, v1::ErrorReason::CredentialsMissing).await;
    let key = &case.tenant.key;
    // The last character may hold unused bits; one in the middle of the secret does not.
    let mut bent = key.clone().into_bytes();
    let place = bent.len() - 10;
    bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    for authorization in [
        key.clone(),
        format!("Basic {key}"),
        "Bearer".to_owned(),
        "Bearer nonsense".to_owned(),
        "Bearer omk_".to_owned(),
        format!("Bearer {bent}"),
        format!("Bearer {}", &key[..key.len() - 1]),
        format!("Bearer {}", "x".repeat(5000)),
    ] {
        refusal(Some(&authorization), v1::ErrorReason::CredentialsInvalid).await;
    }
    still_works(&case).await;
}

async fn a_key_of_another_tenant_opens_only_its_own(case: Case) {
    let stranger = case.stranger().await;
    let made = case.create(opening("")).await;
    let get = v1::GetInteractionRequest { interaction_id: made.id.clone() };
    let error = refused!(stranger.admin.interactions().get_interaction(get), ResourceNotFound);
    assert_eq!(error.metadata().get("resource").map(String::as_str), Some("interaction"));
    let listed = ok!(stranger
        .admin
        .interactions()
        .list_interactions(v1::ListInteractionsRequest::default()));
    assert_eq!(listed.interactions, []);
    still_works(&case).await;
}

async fn a_passed_deadline_is_told(case: Case) {
    // By hand, so that the server is the one who notices.
    let authorization = format!("Bearer {}", case.tenant.key);
    let message = opening("").encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body = [&[0], length.as_slice(), &message].concat();
    let path = "/omnichannel.v1.InteractionService/CreateInteraction";
    for timeout in ["1n", "999u", "1m", "2m", "0S"].repeat(5) {
        let headers = [
            ("content-type", "application/grpc-web+proto"),
            ("authorization", authorization.as_str()),
            ("grpc-timeout", timeout),
        ];
        let answer = http::send(case.server.port(), "POST", path, &headers, &body).await;
        let told = format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body));
        let code = told.replace(": ", ":").contains("grpc-status:4");
        assert!(code, "DEADLINE_EXCEEDED after {timeout}: {told}");
    }
    let list = v1::ListInteractionsRequest::default();
    assert_eq!(ok!(case.admin.interactions().list_interactions(list)).interactions, []);
    still_works(&case).await;
}

async fn half_a_request_changes_nothing(case: Case) {
    let (head, queue) = (case.head().await, case.plain_queue().await);
    let update = v1::UpdateQueueRequest {
        queue: Some(v1::Queue {
            id: queue.id.clone(),
            name: unique("renamed"),
            team_ids: vec![nobody()],
            ..Default::default()
        }),
        ..Default::default()
    };
    refused!(case.admin.routing().update_queue(update), ResourceNotFound);
    let request = v1::GetQueueRequest { queue_id: queue.id.clone() };
    assert_eq!(ok!(case.admin.routing().get_queue(request)).queue.unwrap(), queue);
    let wrong = v1::CreateInteractionRequest {
        required_skills: vec![v1::SkillRequirement { skill_id: nobody(), min_level: 1 }],
        ..opening(&queue.id)
    };
    refused!(case.admin.interactions().create_interaction(wrong), ResourceNotFound);
    let customers = ok!(case.admin.customers().list_customers(v1::ListCustomersRequest::default()));
    assert_eq!(customers.customers, [], "no customer of an interaction that was refused");
    assert_eq!(case.head().await, head + 1, "the queue, and nothing else");
    still_works(&case).await;
}

async fn request_ids_are_bound_to_method_and_key(case: Case) {
    let request_id = nobody();
    let queue = v1::CreateQueueRequest {
        queue: Some(v1::Queue {
            name: unique("queue"),
            offer_timeout: secs(30),
            ..Default::default()
        }),
        request_id: request_id.clone(),
    };
    let first = ok!(case.admin.routing().create_queue(queue.clone())).queue.unwrap();
    let skill = v1::CreateSkillRequest {
        skill: Some(v1::Skill { name: unique("skill"), ..Default::default() }),
        request_id: request_id.clone(),
    };
    ok!(case.admin.routing().create_skill(skill));
    let key = case.key_of(v1::Role::TenantAdmin, "").await;
    let second = case.server.client(&key);
    refused!(second.routing().create_queue(queue.clone()), NameTaken);
    let failed = v1::CreateQueueRequest { request_id: nobody(), ..queue.clone() };
    refused!(case.admin.routing().create_queue(failed.clone()), NameTaken);
    let mended = v1::CreateQueueRequest {
        queue: Some(v1::Queue { name: unique("queue"), ..Default::default() }),
        ..failed
    };
    let made = ok!(case.admin.routing().create_queue(mended)).queue.unwrap();
    assert_ne!(made.id, first.id, "a refusal uses up no request_id");
    let empty = v1::CreateQueueRequest { request_id: String::new(), ..queue };
    refused!(case.admin.routing().create_queue(empty), NameTaken);
    still_works(&case).await;
}

async fn what_is_wrong_is_told_without_what_was_said(case: Case) {
    let secret = "zanzibar";
    let mark = case.server.log_end();
    let customer = v1::Customer {
        display_name: secret.repeat(40),
        language: secret.repeat(3),
        ..Default::default()
    };
    let wrong = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let error = refused!(case.admin.customers().create_customer(wrong), ValidationFailed);
    let told = format!("{error:?} {:?}", error.status());
    assert!(!told.contains(secret), "{told}");
    let find = v1::FindCustomerRequest {
        by: Some(v1::find_customer_request::By::ExternalId(secret.into())),
    };
    let error = refused!(case.admin.customers().find_customer(find), ResourceNotFound);
    assert!(!format!("{error:?} {:?}", error.status()).contains(secret));
    assert!(!case.server.log_from(mark).contains(secret), "nor in the server's log");
    still_works(&case).await;
}
