//! The checks as a caller meets them: each kind of rule through a real request, and the promises
//! about all requests: every RPC's request is checked and everything it can hold is bounded.

use super::*;
use crate::proto::v1;
use std::collections::BTreeMap;

mod contract;
mod unknown_rules;

const ID: &str = "0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7d";

fn broken<T: Validate>(message: &T) -> Vec<(String, &'static str)> {
    let found = violations(message);
    found.list().iter().map(|one| (one.field.clone(), one.rule)).collect()
}

fn assert_broken<T: Validate>(message: &T, expected: &[(&str, &str)]) {
    let found = broken(message);
    let found: Vec<_> = found.iter().map(|(field, rule)| (field.as_str(), *rule)).collect();
    assert_eq!(found, expected);
}

/// A request with the smallest content that is allowed.
fn interaction() -> v1::CreateInteractionRequest {
    v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::CustomerId(ID.into())),
        channel: v1::ChannelKind::Chat.into(),
        ..Default::default()
    }
}

/// The same request, changed.
fn changed(change: impl FnOnce(&mut v1::CreateInteractionRequest)) -> v1::CreateInteractionRequest {
    let mut request = interaction();
    change(&mut request);
    request
}

fn queue(change: impl FnOnce(&mut v1::Queue)) -> v1::CreateQueueRequest {
    let mut queue = v1::Queue::default();
    change(&mut queue);
    v1::CreateQueueRequest { queue: Some(queue), ..Default::default() }
}

fn span(seconds: i64, nanos: i32) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos })
}

#[test]
fn valid_requests_pass() {
    assert_broken(&interaction(), &[]);
    assert_broken(&queue(|_| {}), &[]);
    assert!(check(&interaction()).is_ok());
    assert_broken(&v1::GetRealTimeStatsRequest {}, &[]);
}

#[test]
fn presence_decides_whether_rules_hold() {
    // Without presence a rule holds for the zero value too, unless it says otherwise.
    assert_broken(&v1::GetAgentRequest::default(), &[("agent_id", "string.uuid_empty")]);
    assert_broken(&changed(|r| r.queue_id = String::new()), &[]);
    assert_broken(&changed(|r| r.queue_id = "x".into()), &[("queue_id", "string.uuid")]);
    assert_broken(
        &v1::CreateRoutingRuleRequest {
            routing_rule: Some(v1::RoutingRule { position: 0, ..Default::default() }),
            ..Default::default()
        },
        &[],
    );
    // A message that is absent is not looked into, but may be required.
    assert_broken(&v1::CreateAgentRequest::default(), &[("agent", "required")]);
    // A member of a oneof has presence: set to its zero value, its rules hold.
    use v1::watch_feed_request::Start;
    assert_broken(&v1::WatchFeedRequest { start: None }, &[]);
    assert_broken(
        &v1::WatchFeedRequest { start: Some(Start::FromSeq(0)) },
        &[("from_seq", "int64.gte_lte")],
    );
    assert_broken(&v1::WatchFeedRequest { start: Some(Start::ResumeToken("".into())) }, &[]);
}

#[test]
fn oneofs_are_required_and_looked_into() {
    use v1::session_request::Command;
    let frame = |command| v1::SessionRequest { command, request_id: String::new() };
    assert_broken(&frame(None), &[("command", "required")]);
    let accept = v1::SessionAccept { offer_id: "1".into() };
    assert_broken(&frame(Some(Command::Accept(accept))), &[("accept.offer_id", "string.uuid")]);
    assert_broken(&changed(|r| r.customer = None), &[("customer", "required")]);
}

#[test]
fn text_is_bounded_in_characters_or_bytes() {
    let subject = |text: String| changed(|r| r.subject = text);
    assert_broken(&subject("ä".repeat(200)), &[]);
    assert_broken(&subject("ä".repeat(201)), &[("subject", "string.max_len")]);
    assert_broken(&subject("𝄞".repeat(200)), &[]);
    let body = |text: String| changed(|r| r.body = text);
    assert_broken(&body("a".repeat(16_384)), &[]);
    assert_broken(&body("a".repeat(16_385)), &[("body", "string.max_bytes")]);
    assert_broken(&body("ä".repeat(8_193)), &[("body", "string.max_bytes")]);
    let send = |body: &str| v1::SendMessageRequest {
        interaction_id: ID.into(),
        body: body.into(),
        ..Default::default()
    };
    assert_broken(&send("a"), &[]);
    assert_broken(&send(""), &[("body", "string.min_len")]);
}

#[test]
fn text_follows_patterns_and_formats() {
    let language = |tag: &str| changed(|r| r.language = tag.into());
    for tag in ["", "de", "pt-BR", "zh-Hant-TW"] {
        assert_broken(&language(tag), &[]);
    }
    for tag in ["d", "de_AT", "de-", "de\n", " de"] {
        assert_broken(&language(tag), &[("language", "string.pattern")]);
    }
    let agent = |email: &str| v1::CreateAgentRequest {
        agent: Some(v1::Agent { email: email.into(), ..Default::default() }),
        ..Default::default()
    };
    assert_broken(&agent(""), &[]);
    assert_broken(&agent("ada@example.org"), &[]);
    assert_broken(&agent("ada"), &[("agent.email", "string.email")]);
    let account = |url: &str| v1::CreateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount {
            config: Some(v1::channel_account::Config::Webhook(v1::WebhookConfig {
                url: url.into(),
                ..Default::default()
            })),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_broken(&account("https://example.org/hook"), &[]);
    assert_broken(&account("/hook"), &[("channel_account.webhook.url", "string.uri")]);
}

#[test]
fn text_never_holds_nul() {
    let both = [("subject", "string.no_nul"), ("subject", "string.pattern")];
    assert_broken(&changed(|r| r.subject = "a\0".into()), &both);
    assert_broken(
        &changed(|r| r.queue_id = format!("{}\0", &ID[..35])),
        &[("queue_id", "string.no_nul"), ("queue_id", "string.uuid")],
    );
    assert_broken(
        &changed(|r| r.tags = vec!["a".into(), "\0".into()]),
        &[("tags[1]", "string.no_nul"), ("tags[1]", "string.pattern")],
    );
    let customer = v1::Customer {
        attributes: BTreeMap::from([("plan\0".into(), "gold\0".into())]),
        ..Default::default()
    };
    assert_broken(
        &v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() },
        &[("customer.attributes[*]", "string.no_nul"), ("customer.attributes[*]", "string.no_nul")],
    );
}

#[test]
fn numbers_are_bounded() {
    let page = |page_size| v1::ListAgentsRequest { page_size, ..Default::default() };
    assert_broken(&page(0), &[]);
    assert_broken(&page(i32::MAX), &[]);
    assert_broken(&page(-1), &[("page_size", "int32.gte")]);
    let size = |max_size| queue(|queue| queue.max_size = max_size);
    assert_broken(&size(100_000), &[]);
    assert_broken(&size(100_001), &[("queue.max_size", "int32.gte_lte")]);
    assert_broken(&size(-1), &[("queue.max_size", "int32.gte_lte")]);
    use v1::session_request::Command;
    let ack = |seq| v1::SessionRequest {
        command: Some(Command::Ack(v1::SessionAck { seq })),
        ..Default::default()
    };
    assert_broken(&ack((1 << 53) - 1), &[]);
    assert_broken(&ack(1 << 53), &[("ack.seq", "int64.gte_lte")]);
}

#[test]
fn enums_are_defined_and_specified() {
    assert_broken(&changed(|r| r.channel = 0), &[("channel", "enum.not_in")]);
    assert_broken(&changed(|r| r.channel = 9999), &[("channel", "enum.defined_only")]);
    assert_broken(&changed(|r| r.channel = -1), &[("channel", "enum.defined_only")]);
    assert_broken(&changed(|r| r.priority = 0), &[]);
    assert_broken(&changed(|r| r.priority = 77), &[("priority", "enum.defined_only")]);
}

#[test]
fn lists_are_bounded_unique_and_looked_into() {
    let tags = |tags: Vec<String>| changed(|r| r.tags = tags);
    let many = |count: usize| (0..count).map(|number| number.to_string()).collect();
    assert_broken(&tags(many(20)), &[]);
    assert_broken(&tags(many(21)), &[("tags", "repeated.max_items")]);
    assert_broken(&tags(vec!["a".into(), "b".into(), "a".into()]), &[("tags", "repeated.unique")]);
    assert_broken(&tags(vec![String::new()]), &[("tags[0]", "string.min_len")]);
    let stats = |mut ids: Vec<String>, repeat: bool| {
        ids.extend(repeat.then(|| ids[0].clone()));
        v1::GetQueueStatsRequest { queue_ids: ids }
    };
    let ids = |count: usize| (0..count).map(|n| format!("{}{n:04}", &ID[..32])).collect();
    assert_broken(&stats(ids(100), false), &[]);
    let long = [("queue_ids", "repeated.max_items")];
    assert_broken(&stats(ids(200), false), &long);
    assert_broken(&stats(ids(200), true), &[long[0], ("queue_ids", "repeated.unique")]);
    let open = |topics: Vec<i32>| v1::DashboardRequest {
        command: Some(v1::dashboard_request::Command::Open(v1::DashboardOpen {
            topics,
            ..Default::default()
        })),
    };
    assert_broken(&open(vec![]), &[("open.topics", "repeated.min_items")]);
    assert_broken(&open(vec![1, 0]), &[("open.topics[1]", "enum.not_in")]);
    let skill = |min_level| v1::SkillRequirement { skill_id: ID.into(), min_level };
    let skilled = queue(|queue| queue.required_skills = vec![skill(1), skill(10), skill(11)]);
    assert_broken(&skilled, &[("queue.required_skills[2].min_level", "int32.gte_lte")]);
}

#[test]
fn maps_are_bounded_and_looked_into() {
    let customer = |attributes: BTreeMap<String, String>| v1::CreateCustomerRequest {
        customer: Some(v1::Customer { attributes, ..Default::default() }),
        ..Default::default()
    };
    let many = |count: usize| (0..count).map(|number| (number.to_string(), "v".into())).collect();
    assert_broken(&customer(many(32)), &[]);
    assert_broken(&customer(many(33)), &[("customer.attributes", "map.max_pairs")]);
    // A key is the caller's content: the path does not repeat it.
    let one = |key: String, value: String| customer(BTreeMap::from([(key, value)]));
    let at = "customer.attributes[*]";
    assert_broken(&one(String::new(), String::new()), &[(at, "string.min_len")]);
    assert_broken(&one("k".repeat(65), String::new()), &[(at, "string.max_len")]);
    assert_broken(&one("k".into(), "v".repeat(257)), &[(at, "string.max_len")]);
}

#[test]
fn spans_and_moments_exist_and_are_bounded() {
    let timeout = |value| queue(|queue| queue.offer_timeout = value);
    let outside = [("queue.offer_timeout", "duration.gte_lte")];
    let none = [("queue.offer_timeout", "duration.valid")];
    for value in [None, span(1, 0), span(1, 999_999_999), span(600, 0)] {
        assert_broken(&timeout(value), &[]);
    }
    for value in [span(0, 999_999_999), span(600, 1), span(0, 0), span(-1, 0)] {
        assert_broken(&timeout(value), &outside);
    }
    for value in [span(1, -1), span(-1, 1), span(2, 1_000_000_000), span(i64::MIN, 0)] {
        assert_broken(&timeout(value), &none);
    }
    let expire = |seconds, nanos| v1::CreateApiKeyRequest {
        api_key: Some(v1::ApiKey {
            name: "n".into(),
            role: v1::Role::Analyst.into(),
            expire_time: Some(prost_types::Timestamp { seconds, nanos }),
            ..Default::default()
        }),
        ..Default::default()
    };
    for (seconds, nanos) in [(0, 0), (-62_135_596_800, 0), (253_402_300_799, 999_999_999)] {
        assert_broken(&expire(seconds, nanos), &[]);
    }
    let invalid = [("api_key.expire_time", "timestamp.valid")];
    for (seconds, nanos) in
        [(-62_135_596_801, 0), (253_402_300_800, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)]
    {
        assert_broken(&expire(seconds, nanos), &invalid);
    }
}

#[test]
fn masks_are_left_to_whoever_applies_them() {
    let update = |paths: Vec<String>| v1::UpdateAgentRequest {
        agent: Some(v1::Agent::default()),
        update_mask: Some(prost_types::FieldMask { paths }),
        ..Default::default()
    };
    assert_broken(&update(vec!["p".repeat(65); 33]), &[]);
    assert_broken(&update(vec!["a\0".into()]), &[]);
}

#[test]
fn all_violations_come_at_once_up_to_a_bound() {
    let request = changed(|r| {
        r.customer = None;
        r.channel = 0;
        r.tags = vec![String::new(); 300];
    });
    let found = violations(&request);
    assert_eq!(found.list().len(), MAX_VIOLATIONS);
    // The customer, the channel, the list's length and repetition, and 300 empty tags.
    assert_eq!(found.list().len() + found.dropped(), 304);
    assert_eq!(found.list()[0].field, "customer");
    let refusal = check(&request).expect_err("it is broken");
    assert_eq!(refusal.reason, Reason::ValidationFailed);
    assert_eq!(refusal.metadata, [("violations", "304".to_owned())]);
    assert_eq!(refusal.violations.len(), MAX_VIOLATIONS);
    assert_eq!(refusal.violations[1].field, "channel");
    assert_eq!(refusal.violations[1].text, "must be specified (enum.not_in)");
}

#[test]
fn texts_say_what_the_rule_asks_and_never_the_value() {
    let secret = "s3cret";
    let request = changed(|r| {
        r.language = format!("{secret}_");
        r.queue_id = secret.into();
        r.subject = secret.repeat(100);
        r.tags = vec![format!("{secret}\0")];
    });
    let found = violations(&request);
    // The tag breaks two rules.
    assert_eq!(found.list().len(), 5);
    assert!(!format!("{found:?}").contains(secret));
    let spans = queue(|queue| queue.offer_timeout = span(0, 1));
    assert_eq!(violations(&spans).list()[0].text, "from 1s to 600s");
    let open = v1::DashboardOpen { topics: vec![1], queue_ids: vec![], min_interval: span(0, 1) };
    assert_eq!(violations(&open).list()[0].text, "from 0.1s to 60s");
}
