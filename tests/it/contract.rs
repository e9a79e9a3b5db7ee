//! The contract as a whole: the metadata of every refusal that can be brought about is what
//! `docs/errors.md` promises, and the document and the contract list the same reasons.

use crate::support::fixture::{Case, account, opening};
use crate::support::refusal::{documented, metadata_fault};
use crate::support::{mask, nobody, secs, unique};
use omnichannel_sdk::{Error, v1};
use std::collections::BTreeSet;
use tonic::{Response, Status};

both!(refusals_carry_the_documented_metadata, refusals_tell_when_to_come_back);

#[test]
fn every_reason_of_the_contract_is_documented() {
    let reasons: BTreeSet<String> = (1..1000)
        .filter_map(|number| v1::ErrorReason::try_from(number).ok())
        .map(|reason| reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned())
        .collect();
    let chapters: BTreeSet<String> = documented().keys().cloned().collect();
    assert_eq!(reasons, chapters);
}

/// Refusals that were met, to be judged together.
#[derive(Default)]
struct Met {
    errors: Vec<Error>,
}

impl Met {
    fn note<T>(&mut self, answer: Result<Response<T>, Status>) {
        match answer {
            Ok(_) => panic!("every call of this test is to be refused"),
            Err(status) => self.errors.push(Error::from(status)),
        }
    }
}

async fn refusals_carry_the_documented_metadata(case: Case) {
    let mut met = Met::default();
    nouns(&case, &mut met).await;
    customers_and_accounts(&case, &mut met).await;
    interactions(&case, &mut met).await;
    offers(&case, &mut met).await;
    let seen: BTreeSet<_> = met.errors.iter().map(|error| error.reason().name()).collect();
    let mut faults: Vec<_> = met.errors.iter().filter_map(metadata_fault).collect();
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{} of {seen:?}:\n{}", faults.len(), faults.join("\n"));
    for reason in [
        "VALIDATION_FAILED",
        "FIELD_MASK_INVALID",
        "REQUEST_ID_REUSED",
        "CONDITION_INVALID",
        "RESOURCE_NOT_FOUND",
        "NAME_TAKEN",
        "CONTACT_POINT_TAKEN",
        "OFFER_RESCINDED",
        "OFFER_ANSWERED",
        "INTERACTION_NOT_OPEN",
        "INTERACTION_NOT_RESOLVED",
        "INTERACTION_ALREADY_RATED",
        "RESOURCE_IN_USE",
        "CHANNEL_CANNOT_SEND",
        "AGENT_NOT_BOUND",
        "AGENT_UNAVAILABLE",
        "ETAG_MISMATCH",
        "PERMISSION_DENIED",
        "NOT_INTERACTION_OWNER",
        "QUEUE_FULL",
    ] {
        assert!(seen.contains(reason), "{reason} was not brought about: {seen:?}");
    }
}

async fn nouns(case: &Case, met: &mut Met) {
    let queue = case.plain_queue().await;
    let routing = || case.admin.routing();
    let same = v1::CreateQueueRequest {
        queue: Some(v1::Queue { name: queue.name.clone(), ..Default::default() }),
        request_id: String::new(),
    };
    met.note(routing().create_queue(same).await);
    met.note(routing().create_queue(v1::CreateQueueRequest::default()).await);
    let update = |etag: &str, path: &str| v1::UpdateQueueRequest {
        queue: Some(v1::Queue {
            id: queue.id.clone(),
            etag: etag.to_owned(),
            ..Default::default()
        }),
        update_mask: mask(&[path]),
        request_id: String::new(),
    };
    met.note(routing().update_queue(update("v9", "description")).await);
    met.note(routing().update_queue(update("", "nonsense")).await);
    met.note(routing().get_queue(v1::GetQueueRequest { queue_id: nobody() }).await);
    let skill = |name: &str, request_id: &str| v1::CreateSkillRequest {
        skill: Some(v1::Skill { name: name.to_owned(), ..Default::default() }),
        request_id: request_id.to_owned(),
    };
    let id = nobody();
    let made = ok!(routing().create_skill(skill(&unique("skill"), &id))).skill.unwrap();
    met.note(routing().create_skill(skill(&unique("other"), &id)).await);
    let need = vec![v1::SkillRequirement { skill_id: made.id.clone(), min_level: 1 }];
    case.queue(v1::Queue { required_skills: need, ..Default::default() }).await;
    let delete = v1::DeleteSkillRequest { skill_id: made.id, ..Default::default() };
    met.note(routing().delete_skill(delete).await);
    let rule = v1::RoutingRule {
        name: unique("rule"),
        position: 1,
        conditions: vec![v1::Condition {
            field: v1::ConditionField::Keyword.into(),
            operator: v1::ConditionOperator::Regex.into(),
            values: vec!["a+".into()],
            ..Default::default()
        }],
        action: Some(v1::RuleAction { queue_id: queue.id.clone(), ..Default::default() }),
        ..Default::default()
    };
    let rule = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    met.note(routing().create_routing_rule(rule).await);
    let analyst = case.role(v1::Role::Analyst).await;
    met.note(analyst.routing().create_skill(skill("x", "")).await);
    let full = case.queue(v1::Queue { max_size: 1, ..Default::default() }).await;
    case.open(&full).await;
    met.note(case.admin.interactions().create_interaction(opening(&full.id)).await);
    let delete = v1::DeleteQueueRequest { queue_id: full.id, ..Default::default() };
    met.note(routing().delete_queue(delete).await);
}

async fn customers_and_accounts(case: &Case, met: &mut Met) {
    let point = v1::ContactPoint {
        kind: v1::ChannelKind::Sms.into(),
        address: unique("+1"),
        ..Default::default()
    };
    let create = |external_id: &str, points: Vec<v1::ContactPoint>| v1::CreateCustomerRequest {
        customer: Some(v1::Customer {
            external_id: external_id.to_owned(),
            contact_points: points,
            ..Default::default()
        }),
        request_id: String::new(),
    };
    ok!(case.admin.customers().create_customer(create("crm", vec![point.clone()])));
    met.note(case.admin.customers().create_customer(create("crm", vec![])).await);
    met.note(case.admin.customers().create_customer(create("", vec![point])).await);
    let by = v1::find_customer_request::By::ExternalId("nobody".into());
    let find = v1::FindCustomerRequest { by: Some(by) };
    met.note(case.admin.customers().find_customer(find).await);
    let request = account("http://127.0.0.1:9/in");
    ok!(case.admin.channels().create_channel_account(request.clone()));
    met.note(case.admin.channels().create_channel_account(request).await);
}

async fn interactions(case: &Case, met: &mut Met) {
    let made = case.create(opening("")).await;
    let id = || made.id.clone();
    let rate = v1::RateInteractionRequest { interaction_id: id(), rating: 3, ..Default::default() };
    let calls = || case.admin.interactions();
    met.note(calls().rate_interaction(rate.clone()).await);
    let reopen = v1::ReopenInteractionRequest { interaction_id: id(), ..Default::default() };
    met.note(calls().reopen_interaction(reopen).await);
    let say =
        v1::SendMessageRequest { interaction_id: id(), body: "hello".into(), ..Default::default() };
    met.note(calls().send_message(say.clone()).await);
    let agent = case.agent("Bo").await;
    met.note(agent.client.interactions().send_message(say).await);
    let close = v1::CloseInteractionRequest { interaction_id: id(), ..Default::default() };
    ok!(calls().close_interaction(close));
    ok!(calls().rate_interaction(rate.clone()));
    met.note(calls().rate_interaction(rate).await);
    let cancel = v1::CancelInteractionRequest { interaction_id: id(), ..Default::default() };
    met.note(calls().cancel_interaction(cancel).await);
    let escalate = v1::EscalateInteractionRequest { interaction_id: id(), ..Default::default() };
    met.note(calls().escalate_interaction(escalate).await);
    let presence =
        v1::SetPresenceRequest { status: v1::PresenceStatus::Away.into(), ..Default::default() };
    met.note(case.admin.agents().set_presence(presence).await);
}

async fn offers(case: &Case, met: &mut Met) {
    let queue = case.queue(v1::Queue { offer_timeout: secs(60), ..Default::default() }).await;
    let (agent, mut console) = case.at_work("Bo").await;
    case.open(&queue).await;
    let first = console.offered().await.offer.unwrap().id;
    let (decline, accept) = (
        |offer_id: &str| v1::DeclineOfferRequest {
            offer_id: offer_id.to_owned(),
            ..Default::default()
        },
        |offer_id: &str| v1::AcceptOfferRequest {
            offer_id: offer_id.to_owned(),
            ..Default::default()
        },
    );
    ok!(agent.client.agents().decline_offer(decline(&first)));
    met.note(agent.client.agents().accept_offer(accept(&first)).await);
    let second = console.offered().await.offer.unwrap().id;
    console.presence(v1::PresenceStatus::Away).await;
    met.note(agent.client.agents().accept_offer(accept(&second)).await);
    console.available().await;
    let work = console.take().await.interaction.unwrap();
    let absent = case.agent("absent").await;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: work.id,
        target: Some(v1::transfer_interaction_request::Target::AgentId(absent.id)),
        ..Default::default()
    };
    met.note(agent.client.interactions().transfer_interaction(transfer).await);
    let delete = v1::DeleteAgentRequest { agent_id: agent.id, ..Default::default() };
    met.note(case.admin.agents().delete_agent(delete).await);
}

async fn refusals_tell_when_to_come_back(case: Case) {
    let key = case.key_of(v1::Role::TenantAdmin, "").await;
    let client = case.server.client(&key);
    let mut held = Vec::new();
    let error = loop {
        assert!(held.len() <= 100, "one key may hold a hundred streams");
        match client.admin().watch_feed(v1::WatchFeedRequest::default()).await {
            Ok(stream) => held.push(stream),
            Err(status) => {
                let reason = v1::ErrorReason::StreamLimit;
                break crate::support::refusal::judge(status, reason, "WatchFeed");
            }
        }
    };
    assert_eq!(held.len(), 100);
    assert!(error.retry_after().is_some(), "{error:?}");
    assert_eq!(metadata_fault(&error), None);
    assert_eq!(error.metadata().get("limit").map(String::as_str), Some("principal"));
    held.pop();
    let again = || async { client.admin().watch_feed(v1::WatchFeedRequest::default()).await.ok() };
    crate::support::eventually("a closed stream makes room", again).await;
    ok!(client.admin().get_server_info(v1::GetServerInfoRequest {}));
}
