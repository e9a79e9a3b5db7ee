//! RoutingService, its nouns: queues, skills and rules come to be, are changed with mask and etag,
//! and go when nothing needs them any more.

use crate::support::fixture::{Case, opening};
use crate::support::{mask, nobody, secs, unique};
use omnichannel_sdk::v1::{
    self, ConditionField as Field, ConditionOperator as Operator, Priority, RoutingStrategy,
    RuleMatch,
};

both!(
    a_queue_has_its_defaults_and_its_limits,
    a_queue_is_changed_by_mask_and_etag,
    a_queue_is_deleted_when_nothing_needs_it,
    there_is_one_default_queue,
    a_skill_lives_and_dies,
    a_rule_lives_and_dies,
    rules_that_make_no_sense_are_refused,
    a_request_id_holds_for_nouns_too,
);

async fn a_queue_has_its_defaults_and_its_limits(case: Case) {
    let create =
        |queue: v1::Queue| v1::CreateQueueRequest { queue: Some(queue), request_id: String::new() };
    let name = unique("queue");
    let plain = v1::Queue { name: name.clone(), ..Default::default() };
    let made = ok!(case.admin.routing().create_queue(create(plain.clone()))).queue.unwrap();
    assert_eq!(made.strategy(), RoutingStrategy::PrimaryFirst);
    assert_eq!(made.offer_timeout, secs(20));
    assert_eq!(made.decline_cool_down, secs(30));
    assert_eq!(made.wrap_up_limit.unwrap_or_default(), secs(0).unwrap());
    assert_eq!(made.priority_step.unwrap_or_default(), secs(0).unwrap());
    assert_eq!((made.max_size, made.default_queue), (0, false));
    assert!(made.create_time.is_some() && made.update_time.is_some() && !made.etag.is_empty());
    let get = v1::GetQueueRequest { queue_id: made.id.clone() };
    assert_eq!(ok!(case.admin.routing().get_queue(get)).queue.unwrap(), made);

    let error = refused!(case.admin.routing().create_queue(create(plain)), NameTaken);
    assert_eq!(error.metadata()["resource"], "queue");
    let nameless = create(v1::Queue::default());
    let error = refused!(case.admin.routing().create_queue(nameless), ValidationFailed);
    assert_eq!(error.violations()[0].field, "queue.name");
    let fresh = || v1::Queue { name: unique("queue"), ..Default::default() };
    let strange = v1::Queue { strategy: 99, ..fresh() };
    refused!(case.admin.routing().create_queue(create(strange)), ValidationFailed);
    let teams = v1::Queue { team_ids: vec![nobody()], ..fresh() };
    refused!(case.admin.routing().create_queue(create(teams)), ResourceNotFound);
    let required = vec![v1::SkillRequirement { skill_id: nobody(), min_level: 1 }];
    let skills = v1::Queue { required_skills: required, ..fresh() };
    refused!(case.admin.routing().create_queue(create(skills)), ResourceNotFound);
    let slow = v1::Queue { offer_timeout: secs(601), max_size: -1, ..fresh() };
    let error = refused!(case.admin.routing().create_queue(create(slow)), ValidationFailed);
    let fields: Vec<_> = error.violations().iter().map(|found| found.field.as_str()).collect();
    assert_eq!(fields, ["queue.offer_timeout", "queue.max_size"], "all violations at once");
    refused!(
        case.admin.routing().get_queue(v1::GetQueueRequest { queue_id: nobody() }),
        ResourceNotFound
    );
}

async fn a_queue_is_changed_by_mask_and_etag(case: Case) {
    let made = case.queue(v1::Queue { max_size: 7, ..Default::default() }).await;
    let update = |queue: v1::Queue, paths: Option<&[&str]>| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: made.id.clone(), ..queue }),
        update_mask: paths.and_then(mask),
        request_id: String::new(),
    };
    let wanted = v1::Queue {
        description: "for orders".into(),
        max_size: 9,
        wrap_up_limit: secs(30),
        ..Default::default()
    };
    let only = update(wanted.clone(), Some(&["description"]));
    let after = ok!(case.admin.routing().update_queue(only)).queue.unwrap();
    assert_eq!((after.description.as_str(), after.max_size), ("for orders", 7));
    assert_eq!(after.name, made.name);
    let after = ok!(case.admin.routing().update_queue(update(wanted, None))).queue.unwrap();
    assert_eq!((after.max_size, after.wrap_up_limit), (9, secs(30)), "what is populated is set");
    let zero = update(v1::Queue::default(), Some(&["max_size", "wrap_up_limit"]));
    let after = ok!(case.admin.routing().update_queue(zero)).queue.unwrap();
    assert_eq!((after.max_size, after.wrap_up_limit.unwrap_or_default().seconds), (0, 0));
    for path in ["nonsense", "id", "etag", "create_time", "required_skills.min_level"] {
        let wrong = update(v1::Queue::default(), Some(&["max_size", path]));
        refused!(case.admin.routing().update_queue(wrong), FieldMaskInvalid);
    }
    let stale = update(v1::Queue { max_size: 1, etag: made.etag.clone(), ..after.clone() }, None);
    refused!(case.admin.routing().update_queue(stale), EtagMismatch);
    let fresh = update(v1::Queue { max_size: 1, etag: after.etag, ..Default::default() }, None);
    assert_eq!(ok!(case.admin.routing().update_queue(fresh)).queue.unwrap().max_size, 1);
    let other = case.plain_queue().await;
    let taken = update(v1::Queue { name: other.name, ..Default::default() }, None);
    refused!(case.admin.routing().update_queue(taken), NameTaken);
    let unknown = v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: nobody(), max_size: 1, ..Default::default() }),
        ..Default::default()
    };
    refused!(case.admin.routing().update_queue(unknown), ResourceNotFound);
    let blank = v1::UpdateQueueRequest { queue: Some(v1::Queue::default()), ..Default::default() };
    refused!(case.admin.routing().update_queue(blank), ValidationFailed);
    refused!(
        case.admin.routing().update_queue(v1::UpdateQueueRequest::default()),
        ValidationFailed
    );
}

async fn a_queue_is_deleted_when_nothing_needs_it(case: Case) {
    let queue = case.plain_queue().await;
    let delete = |id: &str, etag: &str| v1::DeleteQueueRequest {
        queue_id: id.to_owned(),
        etag: etag.to_owned(),
        request_id: String::new(),
    };
    let waiting = case.open(&queue).await;
    let error = refused!(case.admin.routing().delete_queue(delete(&queue.id, "")), ResourceInUse);
    assert_eq!(error.metadata()["resource"], "queue");
    let close = v1::CloseInteractionRequest { interaction_id: waiting.id, ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let rule = make_rule(&case, &queue.id, vec![]).await;
    refused!(case.admin.routing().delete_queue(delete(&queue.id, "")), ResourceInUse);
    let gone = v1::DeleteRoutingRuleRequest { routing_rule_id: rule.id, ..Default::default() };
    ok!(case.admin.routing().delete_routing_rule(gone));
    let (account, _) = case.account("http://127.0.0.1:9/in").await;
    let points = |queue_id: &str| v1::UpdateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount {
            id: account.id.clone(),
            default_queue_id: queue_id.to_owned(),
            ..Default::default()
        }),
        update_mask: mask(&["default_queue_id"]),
        request_id: String::new(),
    };
    ok!(case.admin.channels().update_channel_account(points(&queue.id)));
    refused!(case.admin.routing().delete_queue(delete(&queue.id, "")), ResourceInUse);
    ok!(case.admin.channels().update_channel_account(points("")));
    refused!(case.admin.routing().delete_queue(delete(&queue.id, "v99")), EtagMismatch);
    ok!(case.admin.routing().delete_queue(delete(&queue.id, &queue.etag)));
    refused!(case.admin.routing().delete_queue(delete(&queue.id, "")), ResourceNotFound);
    refused!(
        case.admin.routing().get_queue(v1::GetQueueRequest { queue_id: queue.id.clone() }),
        ResourceNotFound
    );
    refused!(case.admin.interactions().create_interaction(opening(&queue.id)), ResourceNotFound);
    let again = v1::Queue { name: queue.name, ..Default::default() };
    assert_ne!(case.queue(again).await.id, queue.id, "the name is free again");
}

async fn there_is_one_default_queue(case: Case) {
    let listed = ok!(case.admin.routing().list_queues(v1::ListQueuesRequest::default())).queues;
    let first: Vec<_> = listed.iter().filter(|queue| queue.default_queue).collect();
    assert_eq!(first.len(), 1, "a new tenant has a default queue");
    let delete = v1::DeleteQueueRequest { queue_id: first[0].id.clone(), ..Default::default() };
    refused!(case.admin.routing().delete_queue(delete), ResourceInUse);
    let second = case.queue(v1::Queue { default_queue: true, ..Default::default() }).await;
    let listed = ok!(case.admin.routing().list_queues(v1::ListQueuesRequest::default())).queues;
    let now: Vec<_> = listed.iter().filter(|queue| queue.default_queue).collect();
    assert_eq!(now.len(), 1, "setting it takes the mark from the queue that had it");
    assert_eq!(now[0].id, second.id);
    let made = case.create(opening("")).await;
    assert_eq!(made.queue_id, second.id);
}

async fn a_skill_lives_and_dies(case: Case) {
    let skill = case.skill().await;
    let get = v1::GetSkillRequest { skill_id: skill.id.clone() };
    assert_eq!(ok!(case.admin.routing().get_skill(get.clone())).skill.unwrap(), skill);
    let listed = ok!(case.admin.routing().list_skills(v1::ListSkillsRequest::default()));
    assert_eq!(listed.skills, [skill.clone()]);
    let taken = v1::CreateSkillRequest {
        skill: Some(v1::Skill { name: skill.name.clone(), ..Default::default() }),
        request_id: String::new(),
    };
    refused!(case.admin.routing().create_skill(taken), NameTaken);
    let update = |change: v1::Skill, paths: &[&str]| v1::UpdateSkillRequest {
        skill: Some(v1::Skill { id: skill.id.clone(), ..change }),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let change = v1::Skill { description: "spoken".into(), ..Default::default() };
    let after = ok!(case.admin.routing().update_skill(update(change.clone(), &["description"])));
    let after = after.skill.unwrap();
    assert_eq!((after.description.as_str(), &after.name), ("spoken", &skill.name));
    refused!(case.admin.routing().update_skill(update(change, &["levels"])), FieldMaskInvalid);
    let stale = v1::Skill { etag: skill.etag.clone(), ..Default::default() };
    refused!(case.admin.routing().update_skill(update(stale, &["description"])), EtagMismatch);

    let delete = v1::DeleteSkillRequest { skill_id: skill.id.clone(), ..Default::default() };
    let has = v1::AgentSkill { skill_id: skill.id.clone(), level: 1 };
    let agent = v1::Agent { name: "Bo".into(), skills: vec![has], ..Default::default() };
    let agent = case.agent_as(agent).await;
    refused!(case.admin.routing().delete_skill(delete.clone()), ResourceInUse);
    ok!(case
        .admin
        .agents()
        .delete_agent(v1::DeleteAgentRequest { agent_id: agent.id, ..Default::default() }));
    let needs = vec![v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 2 }];
    let waiting = v1::CreateInteractionRequest { required_skills: needs, ..opening("") };
    let waiting = case.create(waiting).await;
    refused!(case.admin.routing().delete_skill(delete.clone()), ResourceInUse);
    let cancel = v1::CancelInteractionRequest { interaction_id: waiting.id, ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    ok!(case.admin.routing().delete_skill(delete.clone()));
    refused!(case.admin.routing().delete_skill(delete), ResourceNotFound);
    refused!(case.admin.routing().get_skill(get), ResourceNotFound);
}

/// A rule as described, that sends to a queue.
pub(crate) async fn make_rule(
    case: &Case,
    queue_id: &str,
    conditions: Vec<v1::Condition>,
) -> v1::RoutingRule {
    let action = Some(v1::RuleAction { queue_id: queue_id.to_owned(), ..Default::default() });
    let rule = v1::RoutingRule {
        name: unique("rule"),
        position: 10,
        enabled: true,
        conditions,
        action,
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    ok!(case.admin.routing().create_routing_rule(request)).routing_rule.unwrap()
}

/// A condition of a rule.
pub(crate) fn condition(field: Field, operator: Operator, values: &[&str]) -> v1::Condition {
    v1::Condition {
        field: field.into(),
        operator: operator.into(),
        key: String::new(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        case_sensitive: false,
    }
}

async fn a_rule_lives_and_dies(case: Case) {
    let (queue, second) = (case.plain_queue().await, case.plain_queue().await);
    let about = condition(Field::Keyword, Operator::Contains, &["refund"]);
    let rule = make_rule(&case, &queue.id, vec![about.clone()]).await;
    assert_eq!((rule.r#match(), rule.position, rule.enabled), (RuleMatch::All, 10, true));
    assert_eq!((rule.version, rule.conditions.as_slice()), (1, &[about][..]));
    let get = v1::GetRoutingRuleRequest { routing_rule_id: rule.id.clone() };
    assert_eq!(ok!(case.admin.routing().get_routing_rule(get.clone())).routing_rule.unwrap(), rule);
    let update = |change: v1::RoutingRule, paths: &[&str]| v1::UpdateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule { id: rule.id.clone(), ..change }),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let change = v1::RoutingRule {
        position: 3,
        r#match: RuleMatch::Any.into(),
        action: Some(v1::RuleAction {
            queue_id: second.id.clone(),
            set_priority: Priority::High.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let paths = ["position", "match", "action", "enabled"];
    let after = ok!(case.admin.routing().update_routing_rule(update(change.clone(), &paths)));
    let after = after.routing_rule.unwrap();
    assert_eq!((after.position, after.r#match(), after.enabled), (3, RuleMatch::Any, false));
    assert_eq!((after.version, &after.action), (2, &change.action));
    assert_eq!(after.conditions, rule.conditions);
    let wrong = update(change.clone(), &["position", "version"]);
    refused!(case.admin.routing().update_routing_rule(wrong), FieldMaskInvalid);
    let stale = v1::RoutingRule { etag: rule.etag.clone(), ..change.clone() };
    refused!(case.admin.routing().update_routing_rule(update(stale, &["position"])), EtagMismatch);
    let action = Some(v1::RuleAction { queue_id: nobody(), ..Default::default() });
    let unknown = update(v1::RoutingRule { action, ..change }, &["action"]);
    refused!(case.admin.routing().update_routing_rule(unknown), ResourceNotFound);

    let listed =
        ok!(case.admin.routing().list_routing_rules(v1::ListRoutingRulesRequest::default()));
    assert_eq!(listed.routing_rules, [after.clone()]);
    let delete = |etag: &str| v1::DeleteRoutingRuleRequest {
        routing_rule_id: rule.id.clone(),
        etag: etag.to_owned(),
        request_id: String::new(),
    };
    refused!(case.admin.routing().delete_routing_rule(delete(&rule.etag)), EtagMismatch);
    ok!(case.admin.routing().delete_routing_rule(delete(&after.etag)));
    refused!(case.admin.routing().delete_routing_rule(delete("")), ResourceNotFound);
    refused!(case.admin.routing().get_routing_rule(get), ResourceNotFound);
}

async fn rules_that_make_no_sense_are_refused(case: Case) {
    let queue = case.plain_queue().await;
    let fine = condition(Field::Channel, Operator::Equals, &["chat"]);
    let keyed =
        |key: &str, condition: v1::Condition| v1::Condition { key: key.into(), ..condition };
    let senseless = [
        condition(Field::Keyword, Operator::Regex, &["a+", "b+"]),
        condition(Field::Keyword, Operator::Regex, &["(a"]),
        condition(Field::Content, Operator::Regex, &["(a{99}){99}"]),
        condition(Field::AgeMinutes, Operator::Contains, &["1"]),
        condition(Field::Created, Operator::LessThan, &["soon"]),
        condition(Field::Status, Operator::Equals, &["happy"]),
        condition(Field::Channel, Operator::Equals, &["chat", "sms"]),
        condition(Field::Channel, Operator::Equals, &[]),
        condition(Field::Channel, Operator::In, &[]),
        condition(Field::Channel, Operator::Equals, &["pigeon"]),
        condition(Field::Language, Operator::Exists, &["de"]),
        condition(Field::Priority, Operator::GreaterThan, &["enormous"]),
        condition(Field::CustomerTier, Operator::GreaterThan, &["gold"]),
        condition(Field::CustomerAttribute, Operator::Equals, &["x"]),
        keyed("plan", condition(Field::CustomerAttribute, Operator::LessThan, &["many"])),
        keyed("plan", condition(Field::Language, Operator::Equals, &["de"])),
    ];
    let mut accepted = Vec::new();
    for wrong in senseless {
        let rule = v1::RoutingRule {
            name: unique("rule"),
            position: 1,
            enabled: true,
            conditions: vec![fine.clone(), wrong.clone()],
            action: Some(v1::RuleAction { queue_id: queue.id.clone(), ..Default::default() }),
            ..Default::default()
        };
        let request =
            v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
        match case.admin.routing().create_routing_rule(request).await {
            Ok(_) => accepted.push(wrong),
            Err(status) => {
                let reason = v1::ErrorReason::ConditionInvalid;
                crate::support::refusal::judge(status, reason, &format!("{wrong:?}"));
            }
        }
    }
    assert!(accepted.is_empty(), "these say nothing and were accepted: {accepted:#?}");
    for (name, position) in [("", 1), ("a name", 0)] {
        let rule = v1::RoutingRule { name: name.into(), position, ..Default::default() };
        let request =
            v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
        refused!(case.admin.routing().create_routing_rule(request), ValidationFailed);
    }
    let nowhere = v1::RoutingRule { name: unique("rule"), position: 1, ..Default::default() };
    let request =
        v1::CreateRoutingRuleRequest { routing_rule: Some(nowhere), ..Default::default() };
    refused!(case.admin.routing().create_routing_rule(request), ValidationFailed);
}

async fn a_request_id_holds_for_nouns_too(case: Case) {
    let request = v1::CreateQueueRequest {
        queue: Some(v1::Queue { name: unique("queue"), ..Default::default() }),
        request_id: nobody(),
    };
    let first = ok!(case.admin.routing().create_queue(request.clone())).queue.unwrap();
    let upper =
        v1::CreateQueueRequest { request_id: request.request_id.to_uppercase(), ..request.clone() };
    let same = ok!(case.admin.routing().create_queue(upper)).queue.unwrap();
    assert_eq!(same.id, first.id, "a UUID is the same in either case");
    let again = ok!(case.admin.routing().create_queue(request.clone())).queue.unwrap();
    assert_eq!(again.id, first.id);
    let other = v1::CreateQueueRequest {
        queue: Some(v1::Queue { name: unique("queue"), ..Default::default() }),
        ..request.clone()
    };
    refused!(case.admin.routing().create_queue(other), RequestIdReused);

    let update = v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: first.id.clone(), max_size: 5, ..Default::default() }),
        update_mask: None,
        request_id: nobody(),
    };
    let once = ok!(case.admin.routing().update_queue(update.clone())).queue.unwrap();
    let twice = ok!(case.admin.routing().update_queue(update)).queue.unwrap();
    assert_eq!(once.etag, twice.etag, "one effect");
    let delete = v1::DeleteQueueRequest {
        queue_id: first.id.clone(),
        etag: twice.etag,
        request_id: nobody(),
    };
    ok!(case.admin.routing().delete_queue(delete.clone()));
    ok!(case.admin.routing().delete_queue(delete));
    refused!(
        case.admin.routing().get_queue(v1::GetQueueRequest { queue_id: first.id }),
        ResourceNotFound
    );
}
