//! The contract as a whole: the metadata of every refusal that can be brought about is what
//! `docs/errors.md` promises, and the document and the contract list the same reasons.

use crate::support::console::Console;
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

/// Refusals that were met, to be judged together, and what is wrong with them.
#[derive(Default)]
struct Met {
    reasons: BTreeSet<String>,
    faults: BTreeSet<String>,
}

impl Met {
    /// Judges the metadata of a refusal: the keys by the document, and these values.
    fn note<T>(&mut self, answer: Result<Response<T>, Status>, values: &[(&str, &str)]) {
        let Err(status) = answer else { panic!("every call noted here is to be refused") };
        let error = Error::from(status);
        let name = error.reason().name().to_owned();
        self.faults.extend(metadata_fault(&error));
        for (key, value) in values {
            let told = error.metadata().get(*key);
            if told.is_some_and(|told| told != value) {
                self.faults.insert(format!("{name}: {key} is {told:?}, not {value:?}"));
            }
        }
        self.reasons.insert(name);
    }
}

/// Reasons that the calls below bring about.
const REASONS: &[&str] = &[
    "VALIDATION_FAILED",
    "FIELD_MASK_INVALID",
    "REQUEST_ID_REUSED",
    "CONDITION_INVALID",
    "EXPRESSION_INVALID",
    "RULE_DUPLICATE",
    "RULE_TOO_COSTLY",
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
    "CHANNEL_DISABLED",
    "AGENT_NOT_BOUND",
    "AGENT_UNAVAILABLE",
    "ETAG_MISMATCH",
    "PERMISSION_DENIED",
    "NOT_INTERACTION_OWNER",
    "QUEUE_FULL",
];

async fn refusals_carry_the_documented_metadata(case: Case) {
    let mut met = Met::default();
    queues(&case, &mut met).await;
    skills_and_rules(&case, &mut met).await;
    customers(&case, &mut met).await;
    accounts(&case, &mut met).await;
    interactions(&case, &mut met).await;
    offers(&case, &mut met).await;
    for reason in REASONS {
        assert!(met.reasons.contains(*reason), "{reason} was not brought about");
    }
    let faults: Vec<_> = met.faults.into_iter().collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

async fn queues(case: &Case, met: &mut Met) {
    let queue = case.plain_queue().await;
    let routing = || case.admin.routing();
    let same = v1::CreateQueueRequest {
        queue: Some(v1::Queue { name: queue.name.clone(), ..Default::default() }),
        request_id: String::new(),
    };
    let taken = [("resource", "queue"), ("field", "name")];
    met.note(routing().create_queue(same).await, &taken);
    let wrong = v1::CreateQueueRequest::default();
    met.note(routing().create_queue(wrong).await, &[("violations", "1")]);
    let many = v1::CreateInteractionRequest { tags: vec![String::new(); 20], ..opening("no id") };
    let answer = case.admin.interactions().create_interaction(many).await;
    met.note(answer, &[("violations", "22")]);
    let update = |etag: &str, path: &str| v1::UpdateQueueRequest {
        queue: Some(v1::Queue {
            id: queue.id.clone(),
            etag: etag.to_owned(),
            ..Default::default()
        }),
        update_mask: mask(&[path]),
        request_id: String::new(),
    };
    let stale = [("resource", "queue"), ("id", queue.id.as_str())];
    met.note(routing().update_queue(update("v9", "description")).await, &stale);
    met.note(routing().update_queue(update("nonsense", "description")).await, &stale);
    met.note(routing().update_queue(update("", "nonsense")).await, &[("path", "nonsense")]);
    let unknown = nobody();
    let get = v1::GetQueueRequest { queue_id: unknown.clone() };
    let gone = [("resource", "queue"), ("id", unknown.as_str())];
    met.note(routing().get_queue(get).await, &gone);
    let full = case.queue(v1::Queue { max_size: 1, ..Default::default() }).await;
    case.open(&full).await;
    let answer = case.admin.interactions().create_interaction(opening(&full.id)).await;
    met.note(answer, &[("queue_id", &full.id), ("max_size", "1")]);
    let delete = v1::DeleteQueueRequest { queue_id: full.id.clone(), ..Default::default() };
    let used = [("resource", "queue"), ("id", full.id.as_str()), ("used_by", "interaction")];
    met.note(routing().delete_queue(delete).await, &used);
}

async fn skills_and_rules(case: &Case, met: &mut Met) {
    let routing = || case.admin.routing();
    let skill = |name: &str, request_id: &str| v1::CreateSkillRequest {
        skill: Some(v1::Skill { name: name.to_owned(), ..Default::default() }),
        request_id: request_id.to_owned(),
    };
    let id = nobody();
    let made = ok!(routing().create_skill(skill(&unique("skill"), &id))).skill.unwrap();
    let other = skill(&unique("other"), &id);
    met.note(routing().create_skill(other).await, &[("request_id", &id)]);
    let need = vec![v1::SkillRequirement { skill_id: made.id.clone(), min_level: 1 }];
    let queue = case.queue(v1::Queue { required_skills: need, ..Default::default() }).await;
    let delete = v1::DeleteSkillRequest { skill_id: made.id.clone(), ..Default::default() };
    let used = [("resource", "skill"), ("id", made.id.as_str()), ("used_by", "queue")];
    met.note(routing().delete_skill(delete).await, &used);
    let analyst = case.role(v1::Role::Analyst).await;
    let denied = [("permission", "ROUTING_WRITE")];
    met.note(analyst.routing().create_skill(skill("x", "")).await, &denied);
    rules(case, met, &queue.id).await;
    let team = case.team().await;
    case.queue(v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() }).await;
    let delete = v1::DeleteTeamRequest { team_id: team.id.clone(), ..Default::default() };
    let used = [("resource", "team"), ("id", team.id.as_str()), ("used_by", "queue")];
    met.note(case.admin.agents().delete_team(delete).await, &used);
}

async fn rules(case: &Case, met: &mut Met, queue_id: &str) {
    let rule = |rule: v1::RoutingRule| v1::CreateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule {
            name: unique("rule"),
            position: 1,
            action: Some(v1::RuleAction { queue_id: queue_id.to_owned(), ..Default::default() }),
            ..rule
        }),
        ..Default::default()
    };
    let pattern = |pattern: &str| v1::Condition {
        field: v1::ConditionField::Keyword.into(),
        operator: v1::ConditionOperator::Regex.into(),
        values: vec![pattern.to_owned()],
        ..Default::default()
    };
    let asks = |conditions| rule(v1::RoutingRule { conditions, ..Default::default() });
    let says = |text: &str| rule(v1::RoutingRule { expression: text.into(), ..Default::default() });
    let routing = || case.admin.routing();
    let wrong = asks(vec![pattern("a"), pattern("(a")]);
    let told = [("index", "1"), ("at", "conditions[1]")];
    met.note(routing().create_routing_rule(wrong).await, &told);
    let told = [("problem", "is no name that rules know"), ("part", "shoes"), ("at", "0")];
    met.note(routing().create_routing_rule(says("shoes == 44")).await, &told);
    let costly = asks(vec![pattern("a"); 9]);
    let told = [("weight", "4608"), ("max", "4096")];
    met.note(routing().create_routing_rule(costly).await, &told);
    let made = ok!(routing().create_routing_rule(says("true"))).routing_rule.unwrap();
    let told = [("routing_rule_id", made.id.as_str())];
    met.note(routing().create_routing_rule(says("true")).await, &told);
    let delete =
        v1::DeleteRoutingRuleRequest { routing_rule_id: made.id.clone(), ..Default::default() };
    ok!(routing().delete_routing_rule(delete));
}

async fn customers(case: &Case, met: &mut Met) {
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
    let customers = || case.admin.customers();
    let first = create("crm", vec![point.clone()]);
    let first = ok!(customers().create_customer(first)).customer.unwrap().id;
    let taken = [("resource", "customer"), ("field", "external_id")];
    met.note(customers().create_customer(create("crm", vec![])).await, &taken);
    let held = [("customer_id", first.as_str())];
    met.note(customers().create_customer(create("", vec![point.clone()])).await, &held);
    let second = ok!(customers().create_customer(create("", vec![]))).customer.unwrap().id;
    let add = v1::AddContactPointRequest {
        customer_id: second,
        contact_point: Some(point),
        request_id: String::new(),
    };
    met.note(customers().add_contact_point(add).await, &held);
    let by = v1::find_customer_request::By::ExternalId("nobody".into());
    let find = v1::FindCustomerRequest { by: Some(by) };
    met.note(customers().find_customer(find).await, &[("resource", "customer")]);
}

async fn accounts(case: &Case, met: &mut Met) {
    let channels = || case.admin.channels();
    let request = account("http://127.0.0.1:9/in");
    let made = ok!(channels().create_channel_account(request.clone())).channel_account.unwrap();
    let taken = [("resource", "channel_account"), ("field", "name")];
    met.note(channels().create_channel_account(request).await, &taken);
    let off = v1::UpdateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount {
            id: made.id.clone(),
            status: v1::AccountStatus::Disabled.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    ok!(channels().update_channel_account(off));
    let hand_in = v1::ReceiveMessageRequest {
        channel_account_id: made.id.clone(),
        from_address: "ada".into(),
        body: "hello".into(),
        ..Default::default()
    };
    let disabled = [("channel_account_id", made.id.as_str())];
    met.note(channels().receive_message(hand_in).await, &disabled);
}

async fn interactions(case: &Case, met: &mut Met) {
    let made = case.create(opening("")).await;
    let id = || made.id.clone();
    let about = |status| [("interaction_id", made.id.as_str()), ("status", status)];
    let rate = v1::RateInteractionRequest { interaction_id: id(), rating: 3, ..Default::default() };
    let calls = || case.admin.interactions();
    met.note(calls().rate_interaction(rate.clone()).await, &about("QUEUED"));
    let reopen = v1::ReopenInteractionRequest { interaction_id: id(), ..Default::default() };
    met.note(calls().reopen_interaction(reopen).await, &about("QUEUED"));
    let say =
        v1::SendMessageRequest { interaction_id: id(), body: "hello".into(), ..Default::default() };
    let silent = [("conversation_id", made.conversation_id.as_str())];
    met.note(calls().send_message(say.clone()).await, &silent);
    let agent = case.agent("Bo").await;
    let answer = agent.client.interactions().send_message(say).await;
    met.note(answer, &[("interaction_id", &made.id)]);
    let close = v1::CloseInteractionRequest { interaction_id: id(), ..Default::default() };
    ok!(calls().close_interaction(close));
    ok!(calls().rate_interaction(rate.clone()));
    met.note(calls().rate_interaction(rate).await, &[("interaction_id", &made.id)]);
    let cancel = v1::CancelInteractionRequest { interaction_id: id(), ..Default::default() };
    met.note(calls().cancel_interaction(cancel).await, &about("RESOLVED"));
    let escalate = v1::EscalateInteractionRequest { interaction_id: id(), ..Default::default() };
    met.note(calls().escalate_interaction(escalate).await, &about("RESOLVED"));
    let presence =
        v1::SetPresenceRequest { status: v1::PresenceStatus::Away.into(), ..Default::default() };
    met.note(case.admin.agents().set_presence(presence).await, &[]);
}

async fn offers(case: &Case, met: &mut Met) {
    let queue = case.queue(v1::Queue { offer_timeout: secs(60), ..Default::default() }).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let waits = case.open(&queue).await;
    let first = next_offer(&mut console, &waits.id).await;
    let answer = |offer_id: &str| v1::AcceptOfferRequest {
        offer_id: offer_id.to_owned(),
        ..Default::default()
    };
    let decline = v1::DeclineOfferRequest { offer_id: first.clone(), ..Default::default() };
    ok!(agent.client.agents().decline_offer(decline));
    let accepted = agent.client.agents().accept_offer(answer(&first)).await;
    met.note(accepted, &[("offer_id", &first), ("state", "REJECTED")]);
    let second = next_offer(&mut console, &waits.id).await;
    console.presence(v1::PresenceStatus::Away).await;
    let accepted = agent.client.agents().accept_offer(answer(&second)).await;
    met.note(accepted, &[("offer_id", &second), ("state", "RESCINDED")]);
    console.available().await;
    let third = next_offer(&mut console, &waits.id).await;
    ok!(agent.client.agents().accept_offer(answer(&third)));
    let absent = case.agent("absent").await;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: waits.id,
        target: Some(v1::transfer_interaction_request::Target::AgentId(absent.id.clone())),
        ..Default::default()
    };
    let transferred = case.admin.interactions().transfer_interaction(transfer).await;
    met.note(transferred, &[("agent_id", &absent.id)]);
    let delete = v1::DeleteAgentRequest { agent_id: agent.id.clone(), ..Default::default() };
    let used = [("resource", "agent"), ("id", agent.id.as_str()), ("used_by", "interaction")];
    met.note(case.admin.agents().delete_agent(delete).await, &used);
}

/// The next offer of an interaction; the tenant has others that wait.
async fn next_offer(console: &mut Console, interaction_id: &str) -> String {
    loop {
        let work = console.offered().await;
        if work.interaction.unwrap().id == interaction_id {
            return work.offer.unwrap().id;
        }
    }
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
