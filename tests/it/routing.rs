//! RoutingService, what it does: rules place what arrives, queues bound and order it, and figures
//! say how they stand.

use crate::routing_nouns::{condition, make_rule};
use crate::support::fixture::{Case, opening};
use crate::support::{mask, nobody, secs, unique};
use omnichannel_sdk::v1::{
    self, ChannelKind, ConditionField as Field, ConditionOperator as Operator, Priority, RuleMatch,
};
use v1::create_interaction_request::Customer;

both!(
    the_first_rule_that_matches_places_it,
    every_field_and_operator_is_judged,
    a_rule_sets_priority_language_and_skills,
    an_account_has_a_queue_of_its_own,
    a_full_queue_takes_no_more,
    a_changed_queue_is_matched_again,
    queues_tell_their_figures,
);

async fn the_first_rule_that_matches_places_it(case: Case) {
    let (early, late) = (case.plain_queue().await, case.plain_queue().await);
    let word = |other: &str| {
        vec![condition(Field::Keyword, Operator::Contains, &["refund", "money back", other])]
    };
    let second = make_rule(&case, &late.id, word("return")).await;
    let first = make_rule(&case, &early.id, word("again")).await;
    let at = |rule: &v1::RoutingRule, position, enabled| v1::UpdateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule {
            id: rule.id.clone(),
            position,
            enabled,
            ..Default::default()
        }),
        update_mask: mask(&["position", "enabled"]),
        request_id: String::new(),
    };
    let said = |body: &str| v1::CreateInteractionRequest { body: body.into(), ..opening("") };
    // Equal positions count in the order of creation.
    let made = case.create(said("I want a Refund")).await;
    assert_eq!((&made.queue_id, &made.matched_rule_id), (&late.id, &second.id));
    ok!(case.admin.routing().update_routing_rule(at(&first, 5, true)));
    let made = case.create(said("REFUND, please!")).await;
    assert_eq!((&made.queue_id, &made.matched_rule_id), (&early.id, &first.id));
    ok!(case.admin.routing().update_routing_rule(at(&first, 5, false)));
    let made = case.create(said("my money back")).await;
    assert_eq!(made.matched_rule_id, second.id);
    let made = case.create(said("hello")).await;
    assert_eq!(made.matched_rule_id, "", "the default queue takes what no rule takes");
    assert!(![&early.id, &late.id].contains(&&made.queue_id));
    let named = v1::CreateInteractionRequest { queue_id: early.id.clone(), ..said("refund") };
    assert_eq!(case.create(named).await.queue_id, early.id, "a named queue goes before rules");

    make_rule(&case, &early.id, vec![]).await;
    let made = case.create(said("hello")).await;
    assert_eq!(made.matched_rule_id, "", "a rule without conditions never matches");
}

/// A rule that matches any of the conditions, tried on arrivals that it should and should not take.
async fn judge(case: &Case, conditions: Vec<v1::Condition>, arrivals: &[(Arrival, bool)]) {
    let queue = case.plain_queue().await;
    let rule = make_rule(case, &queue.id, conditions.clone()).await;
    for (arrival, taken) in arrivals {
        let made = case.create(arrival.request.clone()).await;
        let placed = made.matched_rule_id == rule.id;
        assert_eq!(placed, *taken, "{}: {conditions:?}", arrival.what);
    }
    let gone = v1::DeleteRoutingRuleRequest { routing_rule_id: rule.id, ..Default::default() };
    ok!(case.admin.routing().delete_routing_rule(gone));
}

#[derive(Clone)]
struct Arrival {
    what: &'static str,
    request: v1::CreateInteractionRequest,
}

async fn every_field_and_operator_is_judged(case: Case) {
    let customer = v1::Customer {
        display_name: "Ada".into(),
        tier: "gold".into(),
        attributes: [("seats".to_owned(), "25".to_owned())].into(),
        ..Default::default()
    };
    let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let customer = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    let (account, _) = case.account("http://127.0.0.1:9/in").await;
    let golden = Arrival {
        what: "golden customer",
        request: v1::CreateInteractionRequest {
            customer: Some(Customer::CustomerId(customer.id)),
            channel: ChannelKind::Webhook.into(),
            channel_account_id: account.id.clone(),
            priority: Priority::Urgent.into(),
            language: "de".into(),
            subject: "Invoice 12".into(),
            ..opening("")
        },
    };
    let plain = Arrival { what: "plain visitor", request: opening("") };
    let is = |condition: v1::Condition, golden_taken: bool, plain_taken: bool| {
        (vec![condition], [(golden.clone(), golden_taken), (plain.clone(), plain_taken)])
    };
    let seats = |operator, values: &[&str]| v1::Condition {
        key: "seats".into(),
        ..condition(Field::CustomerAttribute, operator, values)
    };
    for (conditions, arrivals) in [
        is(condition(Field::Channel, Operator::Equals, &["webhook"]), true, false),
        is(condition(Field::Channel, Operator::NotEquals, &["webhook"]), false, true),
        is(condition(Field::Channel, Operator::In, &["sms", "chat"]), false, true),
        is(condition(Field::Channel, Operator::NotIn, &["sms", "chat"]), true, false),
        is(condition(Field::Priority, Operator::GreaterThan, &["high"]), true, false),
        is(condition(Field::Priority, Operator::LessThan, &["high"]), false, true),
        is(condition(Field::Priority, Operator::Equals, &["normal"]), false, true),
        is(condition(Field::SubjectKeyword, Operator::Contains, &["invoice"]), true, false),
        is(condition(Field::Keyword, Operator::Contains, &["where"]), true, true),
        is(condition(Field::Language, Operator::Equals, &["de"]), true, false),
        is(condition(Field::Language, Operator::Exists, &[]), true, false),
        is(condition(Field::Language, Operator::NotExists, &[]), false, true),
        is(condition(Field::CustomerTier, Operator::Equals, &["gold"]), true, false),
        is(seats(Operator::GreaterThan, &["9"]), true, false),
        is(seats(Operator::LessThan, &["9"]), false, false),
        is(seats(Operator::Exists, &[]), true, false),
        is(condition(Field::ChannelAccount, Operator::Equals, &[&account.id]), true, false),
    ] {
        judge(&case, conditions, &arrivals).await;
    }
    let both = vec![
        condition(Field::Channel, Operator::Equals, &["webhook"]),
        condition(Field::Language, Operator::Equals, &["fr"]),
    ];
    judge(&case, both, &[(golden.clone(), false), (plain.clone(), false)]).await;
}

async fn a_rule_sets_priority_language_and_skills(case: Case) {
    let (queue, skill) = (case.plain_queue().await, case.skill().await);
    let need = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 4 };
    let rule = v1::RoutingRule {
        name: unique("rule"),
        position: 1,
        enabled: true,
        r#match: RuleMatch::Any.into(),
        conditions: vec![
            condition(Field::Keyword, Operator::Contains, &["urgent"]),
            condition(Field::SubjectKeyword, Operator::Contains, &["urgent"]),
        ],
        action: Some(v1::RuleAction {
            queue_id: queue.id.clone(),
            set_priority: Priority::Urgent.into(),
            add_required_skills: vec![need.clone()],
            set_language: "pt-BR".into(),
            add_tags: vec!["hot".into(), "late".into()],
        }),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    ok!(case.admin.routing().create_routing_rule(request));
    let tags = vec!["late".into(), "first".into()];
    let said = v1::CreateInteractionRequest { subject: "Urgent!".into(), tags, ..opening("") };
    let made = case.create(said).await;
    assert_eq!((&made.queue_id, made.priority()), (&queue.id, Priority::Urgent));
    assert_eq!((made.language.as_str(), made.required_skills.as_slice()), ("pt-BR", &[need][..]));
    assert_eq!(made.tags, ["late", "first", "hot"]);
    let delete = v1::DeleteSkillRequest { skill_id: skill.id, ..Default::default() };
    refused!(case.admin.routing().delete_skill(delete), ResourceInUse);
}

async fn an_account_has_a_queue_of_its_own(case: Case) {
    let (queue, other) = (case.plain_queue().await, case.plain_queue().await);
    let (account, _) = case.account("http://127.0.0.1:9/in").await;
    let points = v1::UpdateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount {
            id: account.id.clone(),
            default_queue_id: queue.id.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    ok!(case.admin.channels().update_channel_account(points));
    let over = v1::CreateInteractionRequest {
        channel: ChannelKind::Webhook.into(),
        channel_account_id: account.id.clone(),
        ..opening("")
    };
    assert_eq!(case.create(over.clone()).await.queue_id, queue.id);
    let is = condition(Field::ChannelAccount, Operator::Equals, &[&account.id]);
    make_rule(&case, &other.id, vec![is]).await;
    let over = v1::CreateInteractionRequest {
        customer: Some(crate::support::fixture::somebody()),
        ..over
    };
    assert_eq!(case.create(over.clone()).await.queue_id, other.id, "a rule goes before it");
    let gone = v1::CreateInteractionRequest { channel_account_id: nobody(), ..over };
    refused!(case.admin.interactions().create_interaction(gone), ResourceNotFound);
}

async fn a_full_queue_takes_no_more(case: Case) {
    let queue = case.queue(v1::Queue { max_size: 2, ..Default::default() }).await;
    case.open(&queue).await;
    let second = case.open(&queue).await;
    let more = opening(&queue.id);
    refused!(case.admin.interactions().create_interaction(more.clone()), QueueFull);
    let cancel = v1::CancelInteractionRequest { interaction_id: second.id, ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    ok!(case.admin.interactions().create_interaction(more));
}

async fn a_changed_queue_is_matched_again(case: Case) {
    let team = case.team().await;
    let queue = v1::Queue { team_ids: vec![team.id], ..Default::default() };
    let queue = case.queue(queue).await;
    let (_, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let open = v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: queue.id, ..Default::default() }),
        update_mask: mask(&["team_ids"]),
        request_id: String::new(),
    };
    ok!(case.admin.routing().update_queue(open));
    assert_eq!(console.take().await.interaction.unwrap().id, made.id);
}

async fn queues_tell_their_figures(case: Case) {
    let (first, second) = (case.plain_queue().await, case.plain_queue().await);
    let agent = case.agent_with_room("Bo", 1).await;
    let mut console = agent.console().await;
    console.available().await;
    case.open(&first).await;
    console.offered().await;
    case.open(&first).await;
    case.open(&first).await;
    let ask = |ids: &[&str]| v1::GetQueueStatsRequest {
        queue_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    };
    let look = || async {
        let answer = ok!(case.admin.routing().get_queue_stats(ask(&[&first.id])));
        let stats = answer.queues.into_iter().next().expect("the queue that was asked for");
        // Figures may be a moment old, never more.
        (answer.as_of.is_some() && stats.depth + stats.offered >= 3).then_some(stats)
    };
    let stats = crate::support::eventually("three are in the queue", look).await;
    assert_eq!((stats.depth, stats.offered), (2, 1), "two wait and one is offered");
    assert_eq!((&stats.queue_id, &stats.name), (&first.id, &first.name));
    let wait = stats.longest_wait.expect("two wait");
    assert!(wait.seconds > 0 || wait.nanos > 0, "{wait:?}");
    let answer = ok!(case.admin.routing().get_queue_stats(ask(&[])));
    assert!(answer.as_of.is_some());
    let names: Vec<_> = answer.queues.iter().map(|queue| queue.name.clone()).collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted, "ordered by name");
    assert_eq!(names.len(), 3, "every queue, the default one included");
    let empty = answer.queues.iter().find(|queue| queue.queue_id == second.id).unwrap();
    let wait = empty.longest_wait.unwrap_or_default();
    assert_eq!((empty.depth, empty.offered, wait), (0, 0, secs(0).unwrap()));
    refused!(case.admin.routing().get_queue_stats(ask(&[&nobody()])), ResourceNotFound);
}
