//! Routing rules, whole: groups and expressions, dry runs that agree with what really happens,
//! flaws told when a rule is saved, versions and counts. The examples of `docs/routing-rules.md`
//! are run as they stand there.

use crate::routing_nouns::{condition, make_rule};
use crate::support::fixture::{Case, opening};
use crate::support::{mask, nobody, unique};
use omnichannel_sdk::v1::{
    self, ChannelKind, ConditionField as Field, ConditionOperator as Operator, Priority,
    RoutingFlaw as Flaw, RuleMatch, RuleOutcome,
};
use serde_json::Value;
use v1::create_interaction_request::Customer;

both!(
    the_examples_of_the_document_do_what_it_says,
    a_dry_run_says_what_happens,
    verdicts_name_the_condition_that_fails,
    expressions_are_checked_when_saved,
    rules_that_cost_too_much_or_are_there_already_are_refused,
    flaws_are_told_when_a_rule_is_saved,
    what_a_rule_placed_is_counted_and_names_its_version,
    routed_again_it_is_judged_as_it_stands,
);

const DOCUMENT: &str = include_str!("../../docs/routing-rules.md");

/// A rule of the document, and what it takes and leaves.
#[derive(Default)]
struct Example {
    rule: v1::RoutingRule,
    arrivals: Vec<(bool, v1::TestRulesRequest)>,
}

fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut lines = DOCUMENT.lines();
    while let Some(line) = lines.next() {
        if line == "```json rule" {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let said: Value = serde_json::from_str(&text.join("\n")).expect("an example is JSON");
            examples.push(Example { rule: rule_of(&said), arrivals: Vec::new() });
        }
        for (start, takes) in [("- takes `", true), ("- leaves `", false)] {
            if let Some(rest) = line.strip_prefix(start) {
                let said = serde_json::from_str(rest.trim_end_matches('`')).expect("it is JSON");
                let example = examples.last_mut().expect("a rule stands before it");
                example.arrivals.push((takes, arrival_of(&said)));
            }
        }
    }
    examples
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.map(|one| one.as_str().expect("a text").to_owned()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn conditions_of(value: &Value) -> Vec<v1::Condition> {
    let known = ["field", "operator", "key", "values", "case_sensitive"];
    let one = |said: &Value| {
        let names = said.as_object().expect("a condition").keys();
        assert!(names.into_iter().all(|name| known.contains(&name.as_str())), "{said}");
        v1::Condition {
            field: Field::from_str_name(&text(&said["field"])).expect("a field").into(),
            operator: Operator::from_str_name(&text(&said["operator"])).expect("one").into(),
            key: text(&said["key"]),
            values: texts(&said["values"]),
            case_sensitive: said["case_sensitive"].as_bool().unwrap_or_default(),
        }
    };
    value.as_array().into_iter().flatten().map(one).collect()
}

fn rule_of(said: &Value) -> v1::RoutingRule {
    let matching = |said: &Value| {
        RuleMatch::from_str_name(&text(&said["match"])).unwrap_or(RuleMatch::All).into()
    };
    let group = |said: &Value| v1::ConditionGroup {
        r#match: matching(said),
        conditions: conditions_of(&said["conditions"]),
        groups: Vec::new(),
    };
    v1::RoutingRule {
        r#match: matching(said),
        conditions: conditions_of(&said["conditions"]),
        groups: said["groups"].as_array().into_iter().flatten().map(group).collect(),
        expression: text(&said["expression"]),
        ..Default::default()
    }
}

fn arrival_of(said: &Value) -> v1::TestRulesRequest {
    let attributes = said["customer_attributes"].as_object().into_iter().flatten();
    v1::TestRulesRequest {
        channel: ChannelKind::Chat.into(),
        priority: Priority::from_str_name(&text(&said["priority"])).unwrap_or_default().into(),
        subject: text(&said["subject"]),
        body: text(&said["body"]),
        tags: texts(&said["tags"]),
        customer_tier: text(&said["customer_tier"]),
        customer_attributes: attributes.map(|(key, value)| (key.clone(), text(value))).collect(),
        ..Default::default()
    }
}

/// Saves a rule at a place of its own.
async fn save(
    case: &Case,
    queue: &v1::Queue,
    position: i32,
    rule: v1::RoutingRule,
) -> v1::CreateRoutingRuleResponse {
    let action = v1::RuleAction { queue_id: queue.id.clone(), ..rule.action.unwrap_or_default() };
    let rule = v1::RoutingRule {
        name: unique("rule"),
        position,
        enabled: true,
        action: Some(action),
        ..rule
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    ok!(case.admin.routing().create_routing_rule(request))
}

/// What is tried, as a real arrival of a customer who is as described.
async fn really(case: &Case, tried: &v1::TestRulesRequest) -> v1::Interaction {
    let customer = v1::Customer {
        tier: tried.customer_tier.clone(),
        attributes: tried.customer_attributes.clone(),
        ..Default::default()
    };
    let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let customer = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    case.create(v1::CreateInteractionRequest {
        customer: Some(Customer::CustomerId(customer.id)),
        channel: tried.channel,
        priority: tried.priority,
        subject: tried.subject.clone(),
        body: tried.body.clone(),
        language: tried.language.clone(),
        tags: tried.tags.clone(),
        ..Default::default()
    })
    .await
}

async fn the_examples_of_the_document_do_what_it_says(case: Case) {
    let examples = examples();
    assert!(examples.len() >= 3 && examples.iter().all(|one| one.arrivals.len() >= 2));
    let queue = case.plain_queue().await;
    for Example { rule, arrivals } in examples {
        let saved = save(&case, &queue, 1, rule).await.routing_rule.unwrap();
        for (takes, arrival) in arrivals {
            let tested = ok!(case.admin.routing().test_rules(arrival.clone()));
            assert_eq!(tested.matched_rule_id == saved.id, takes, "{saved:?} {arrival:?}");
            let made = really(&case, &arrival).await;
            assert_eq!(made.matched_rule_id == saved.id, takes, "{saved:?} {arrival:?}");
        }
        let gone = v1::DeleteRoutingRuleRequest { routing_rule_id: saved.id, ..Default::default() };
        ok!(case.admin.routing().delete_routing_rule(gone));
    }
}

/// Numbers that look random and are always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

const WORDS: [&str; 6] = ["refund", "invoice 12", "Please", "gold", "late", "a"];

fn some_condition(chance: &mut Chance) -> v1::Condition {
    let fields = [Field::Keyword, Field::Subject, Field::Content, Field::Tag, Field::CustomerTier];
    let operators = [
        Operator::Contains,
        Operator::NotContains,
        Operator::Equals,
        Operator::In,
        Operator::Regex,
        Operator::Exists,
        Operator::NotExists,
    ];
    let (field, operator) = (chance.of(&fields), chance.of(&operators));
    let words = [chance.of(&WORDS), chance.of(&WORDS)];
    let count = match operator {
        Operator::Exists | Operator::NotExists => 0,
        Operator::Equals | Operator::Regex => 1,
        _ => 2,
    };
    let case_sensitive = chance.below(3) == 0;
    v1::Condition { case_sensitive, ..condition(field, operator, &words[..count]) }
}

fn some_rule(chance: &mut Chance) -> v1::RoutingRule {
    let expressions = [
        "customer.tier == 'gold' && message.text.contains('a')",
        "interaction.tags.exists(t, t == 'late') || int(customer.attributes.seats) > 10",
        "interaction.priority >= HIGH && interaction.language.startsWith('de')",
        "size(interaction.subject) > 6 && !has(customer.attributes.seats)",
    ];
    let matching = |chance: &mut Chance| chance.of(&[RuleMatch::All, RuleMatch::Any]).into();
    let action = v1::RuleAction {
        set_priority: chance.of(&[0, 3, 5]),
        set_language: chance.of(&["", "fr"]).to_owned(),
        add_tags: chance.of(&[vec![], vec!["late".to_owned(), "seen".to_owned()]]),
        ..Default::default()
    };
    let rule = v1::RoutingRule { action: Some(action), ..Default::default() };
    if chance.below(4) == 0 {
        return v1::RoutingRule { expression: chance.of(&expressions).into(), ..rule };
    }
    let group = v1::ConditionGroup {
        r#match: matching(chance),
        conditions: vec![some_condition(chance), some_condition(chance)],
        groups: vec![v1::ConditionSubgroup {
            r#match: matching(chance),
            conditions: vec![some_condition(chance), some_condition(chance)],
        }],
    };
    let groups = if chance.below(2) == 0 { vec![group] } else { vec![] };
    let conditions = vec![some_condition(chance), some_condition(chance)];
    v1::RoutingRule { r#match: RuleMatch::All.into(), conditions, groups, ..rule }
}

fn some_arrival(chance: &mut Chance) -> v1::TestRulesRequest {
    let mut said = |most: usize| {
        let words: Vec<_> = (0..chance.below(most + 1)).map(|_| chance.of(&WORDS)).collect();
        words.join(", ")
    };
    let (subject, body) = (said(2), said(4));
    let tags = chance.of(&[vec![], vec!["late"], vec!["Late", "gold"]]);
    let seats = chance.of(&["", "5", "25", "many"]);
    let seats = (!seats.is_empty()).then(|| ("seats".to_owned(), seats.to_owned()));
    v1::TestRulesRequest {
        channel: chance.of(&[ChannelKind::Chat, ChannelKind::Sms]).into(),
        priority: chance.of(&[0, 1, 4]),
        subject,
        body,
        language: chance.of(&["", "de", "de-AT"]).to_owned(),
        tags: tags.into_iter().map(str::to_owned).collect(),
        customer_tier: chance.of(&["", "gold", "Gold", "late"]).to_owned(),
        customer_attributes: seats.into_iter().collect(),
        ..Default::default()
    }
}

async fn a_dry_run_says_what_happens(case: Case) {
    let mut chance = Chance(7);
    let queues = [case.plain_queue().await, case.plain_queue().await];
    let mut rules = Vec::new();
    for position in 1..=12 {
        let queue = &queues[chance.below(2)];
        let saved = save(&case, queue, position, some_rule(&mut chance)).await;
        rules.push(saved.routing_rule.unwrap());
    }
    let mut matched = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let arrival = some_arrival(&mut chance);
        let tested = ok!(case.admin.routing().test_rules(arrival.clone()));
        let made = really(&case, &arrival).await;
        let told = (&tested.queue_id, &tested.matched_rule_id, tested.matched_rule_version);
        let is = (&made.queue_id, &made.matched_rule_id, made.matched_rule_version);
        assert_eq!(told, is, "{arrival:?}");
        assert_eq!(tested.priority(), made.priority(), "{arrival:?}");
        assert_eq!(tested.language, made.language, "{arrival:?}");
        let mut tags = arrival.tags.clone();
        tags.extend(tested.add_tags.iter().filter(|tag| !arrival.tags.contains(tag)).cloned());
        assert_eq!(tags, made.tags, "{arrival:?}");
        let said: Vec<_> = tested.verdicts.iter().map(|v| v.routing_rule_id.as_str()).collect();
        let tried: Vec<_> = rules.iter().map(|rule| rule.id.as_str()).take(said.len()).collect();
        assert_eq!(said, tried, "rules are tried in their order");
        let (last, before) = tested.verdicts.split_last().unwrap();
        let takes = |verdict: &v1::RuleVerdict| verdict.outcome() == RuleOutcome::Matches;
        assert_eq!(takes(last), !made.matched_rule_id.is_empty());
        assert!(!before.iter().any(takes), "the first that matches is the last that is tried");
        matched.insert(made.matched_rule_id);
    }
    assert!(matched.len() > 5, "hardly any rule matched: {matched:?}");
}

async fn verdicts_name_the_condition_that_fails(case: Case) {
    let queue = case.plain_queue().await;
    let refund = condition(Field::Keyword, Operator::Contains, &["refund"]);
    let gold = condition(Field::CustomerTier, Operator::Equals, &["gold"]);
    let inner = v1::ConditionSubgroup {
        r#match: RuleMatch::All.into(),
        conditions: vec![refund.clone(), gold.clone()],
    };
    let group = v1::ConditionGroup {
        r#match: RuleMatch::All.into(),
        conditions: vec![refund.clone()],
        groups: vec![inner],
    };

    let rules = [
        v1::RoutingRule { conditions: vec![refund.clone(), gold.clone()], ..Default::default() },
        v1::RoutingRule { groups: vec![group], ..Default::default() },
        v1::RoutingRule { expression: "customer.tier == 'gold'".into(), ..Default::default() },
        v1::RoutingRule {
            expression: "customer.attributes.plan == 'pro'".into(),
            ..Default::default()
        },
        v1::RoutingRule::default(),
        v1::RoutingRule { conditions: vec![refund], ..Default::default() },
    ];
    let mut last = v1::RoutingRule::default();
    for (at, rule) in (1..).zip(rules) {
        last = save(&case, &queue, at, rule).await.routing_rule.unwrap();
    }
    let arrival = v1::TestRulesRequest {
        channel: ChannelKind::Email.into(),
        body: "refund!".into(),
        ..Default::default()
    };
    let tested = ok!(case.admin.routing().test_rules(arrival.clone()));
    let told: Vec<_> =
        tested.verdicts.iter().map(|v| (v.outcome(), v.failed_condition.as_str())).collect();
    let expected = [
        (RuleOutcome::ConditionFails, "conditions[1]"),
        (RuleOutcome::ConditionFails, "groups[0].groups[0].conditions[1]"),
        (RuleOutcome::ExpressionFalse, ""),
        (RuleOutcome::ExpressionNoValue, ""),
        (RuleOutcome::NothingToJudge, ""),
        (RuleOutcome::Matches, ""),
    ];
    assert_eq!(told, expected);
    assert_eq!(tested.matched_rule_id, last.id);
    let unknown = v1::TestRulesRequest { channel_account_id: nobody(), ..arrival.clone() };
    refused!(case.admin.routing().test_rules(unknown), ResourceNotFound);
    let unknown = v1::TestRulesRequest { customer_id: nobody(), ..arrival };
    refused!(case.admin.routing().test_rules(unknown), ResourceNotFound);
}

async fn expressions_are_checked_when_saved(case: Case) {
    let queue = case.plain_queue().await;
    let request = |expression: &str, conditions: Vec<v1::Condition>| v1::CreateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule {
            name: unique("rule"),
            position: 1,
            expression: expression.into(),
            conditions,
            action: Some(v1::RuleAction { queue_id: queue.id.clone(), ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let wrong = [
        ("customer.tier ==", "cannot be read", ""),
        ("customer.shoes == 44", "is no name that rules know", "customer.shoes"),
        ("interaction.priority == 'high'", "must be a whole number here", ""),
        ("customer.tier", "is neither true nor false", "customer.tier"),
        ("((((((((((((((((((((((((((((((((((true", "holds too much within one another", ""),
    ];
    for (expression, problem, part) in wrong {
        let request = request(expression, vec![]);
        let error = refused!(case.admin.routing().create_routing_rule(request), ExpressionInvalid);
        let told = (error.metadata()["problem"].as_str(), error.metadata()["part"].as_str());
        assert_eq!(told, (problem, part), "{expression}");
    }
    let both = request("true", vec![condition(Field::Language, Operator::Exists, &[])]);
    refused!(case.admin.routing().create_routing_rule(both), ValidationFailed);
    let long = request(&format!("'{}' == ''", "x".repeat(2_048)), vec![]);
    refused!(case.admin.routing().create_routing_rule(long), ValidationFailed);
    let fine =
        ok!(case.admin.routing().create_routing_rule(request("customer.tier == 'x'", vec![])));
    let fine = fine.routing_rule.unwrap();
    assert_eq!(fine.expression, "customer.tier == 'x'");
    // An expression goes and conditions come in one change.
    let update = v1::UpdateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule {
            id: fine.id,
            conditions: vec![condition(Field::Language, Operator::Exists, &[])],
            ..Default::default()
        }),
        update_mask: mask(&["conditions", "expression"]),
        request_id: String::new(),
    };
    let after = ok!(case.admin.routing().update_routing_rule(update)).routing_rule.unwrap();
    assert_eq!((after.expression.as_str(), after.conditions.len()), ("", 1));
}

async fn rules_that_cost_too_much_or_are_there_already_are_refused(case: Case) {
    let queue = case.plain_queue().await;
    let pattern = |n: usize| condition(Field::Subject, Operator::Regex, &[&format!("a{n}")]);
    let made = |position: i32, conditions: Vec<v1::Condition>| v1::CreateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule {
            name: unique("rule"),
            position,
            enabled: true,
            conditions,
            action: Some(v1::RuleAction { queue_id: queue.id.clone(), ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let create = |position, conditions| {
        let mut routing = case.admin.routing();
        let request = made(position, conditions);
        async move { routing.create_routing_rule(request).await }
    };
    let nine = (0..9).map(pattern).collect::<Vec<_>>();
    let error = refused!(create(1, nine.clone()), RuleTooCostly);
    let told = (error.metadata()["weight"].as_str(), error.metadata()["max"].as_str());
    assert_eq!(told, ("4608", "4096"));
    let many = (0..65).map(|_| condition(Field::Language, Operator::Exists, &[])).collect();
    refused!(create(1, many), ValidationFailed);
    // Sixteen rules of eight patterns each are as much as a tenant may have.
    for position in 1..=16 {
        ok!(create(position, nine[..8].to_vec()));
    }
    refused!(create(17, nine[..1].to_vec()), RuleTooCostly);
    let list = v1::ListRoutingRulesRequest::default();
    let first = ok!(case.admin.routing().list_routing_rules(list)).routing_rules.remove(0);
    let gone =
        v1::DeleteRoutingRuleRequest { routing_rule_id: first.id.clone(), ..Default::default() };
    ok!(case.admin.routing().delete_routing_rule(gone));
    // The same in another order is the same.
    let turned = nine[..8].iter().rev().cloned().collect::<Vec<_>>();
    let error = refused!(create(2, turned), RuleDuplicate);
    assert_ne!(error.metadata()["routing_rule_id"], first.id);
    ok!(create(17, nine[..8].to_vec()));
}

async fn flaws_are_told_when_a_rule_is_saved(case: Case) {
    let team = case.team().await;
    let queue = case.plain_queue().await;
    let word = |words: &[&str]| v1::RoutingRule {
        conditions: vec![condition(Field::Keyword, Operator::Contains, words)],
        ..Default::default()
    };
    let flaws = |findings: &[v1::RoutingFinding]| {
        findings.iter().map(v1::RoutingFinding::flaw).collect::<Vec<_>>()
    };
    let saved = save(&case, &queue, 1, word(&["refund", "money"])).await;
    assert_eq!(flaws(&saved.findings), [Flaw::QueueUnserved], "there is no agent yet");
    assert_eq!(saved.findings[0].queue_id, queue.id);
    let wide = saved.routing_rule.unwrap();
    let agent = v1::Agent { name: "Bo".into(), team_ids: vec![team.id], ..Default::default() };
    case.agent_as(agent).await;
    let shadowed = save(&case, &queue, 2, word(&["my refund"])).await;
    assert_eq!(flaws(&shadowed.findings), [Flaw::RuleShadowed]);
    let narrow = shadowed.routing_rule.unwrap();
    let told = &shadowed.findings[0];
    assert_eq!((&told.routing_rule_id, &told.other_routing_rule_id), (&narrow.id, &wide.id));
    assert!(!told.message.is_empty());
    let skill = case.skill().await;
    let needs = v1::RuleAction {
        add_required_skills: vec![v1::SkillRequirement { skill_id: skill.id, min_level: 1 }],
        ..Default::default()
    };
    let impossible = v1::RoutingRule { action: Some(needs), ..word(&["bonjour"]) };
    let impossible = save(&case, &queue, 3, impossible).await;
    assert_eq!(flaws(&impossible.findings), [Flaw::SkillsImpossible]);
    let update = v1::UpdateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule { id: wide.id.clone(), ..Default::default() }),
        update_mask: mask(&["conditions"]),
        request_id: String::new(),
    };
    let emptied = ok!(case.admin.routing().update_routing_rule(update));
    assert_eq!(flaws(&emptied.findings), [Flaw::RuleNeverMatches]);
    let lint = |id: &str| v1::LintRoutingRequest { routing_rule_id: id.to_owned() };
    let all = ok!(case.admin.routing().lint_routing(lint("")));
    assert!(all.complete);
    assert_eq!(flaws(&all.findings), [Flaw::RuleNeverMatches, Flaw::SkillsImpossible]);
    let one = ok!(case.admin.routing().lint_routing(lint(&narrow.id)));
    assert_eq!(one.findings, [], "nothing shadows it any more");
    refused!(case.admin.routing().lint_routing(lint(&nobody())), ResourceNotFound);
}

async fn what_a_rule_placed_is_counted_and_names_its_version(case: Case) {
    let queue = case.plain_queue().await;
    let about = vec![condition(Field::Keyword, Operator::Contains, &["refund"])];
    let rule = make_rule(&case, &queue.id, about).await;
    assert_eq!((rule.use_count, rule.last_use_time), (0, None));
    let said = || v1::CreateInteractionRequest { body: "a refund".into(), ..opening("") };
    let first = case.create(said()).await;
    assert_eq!((&first.matched_rule_id, first.matched_rule_version), (&rule.id, 1));
    let renamed = v1::UpdateRoutingRuleRequest {
        routing_rule: Some(v1::RoutingRule {
            id: rule.id.clone(),
            name: unique("rule"),
            ..Default::default()
        }),
        update_mask: mask(&["name"]),
        request_id: String::new(),
    };
    let after = ok!(case.admin.routing().update_routing_rule(renamed)).routing_rule.unwrap();
    assert_eq!((after.version, after.use_count), (2, 1), "saving it again keeps the count");
    let second = case.create(said()).await;
    assert_eq!(second.matched_rule_version, 2);
    assert_eq!(case.interaction(&first.id).await.matched_rule_version, 1, "as it was then");
    let other = case.create(opening("")).await;
    assert_eq!((other.matched_rule_id.as_str(), other.matched_rule_version), ("", 0));
    let by_rules =
        v1::RouteInteractionRequest { interaction_id: first.id.clone(), ..Default::default() };
    ok!(case.admin.routing().route_interaction(by_rules));
    assert_eq!(case.interaction(&first.id).await.matched_rule_version, 2);
    let get = v1::GetRoutingRuleRequest { routing_rule_id: rule.id.clone() };
    let read = || async { ok!(case.admin.routing().get_routing_rule(get.clone())).routing_rule };
    let told = read().await.unwrap();
    assert_eq!(told.use_count, 3);
    assert!(told.last_use_time.is_some());
    assert_eq!(told.etag, after.etag, "being used is no change");
    let list = v1::ListRoutingRulesRequest::default();
    let listed = ok!(case.admin.routing().list_routing_rules(list)).routing_rules;
    assert_eq!(listed, [told.clone()]);
}

async fn routed_again_it_is_judged_as_it_stands(case: Case) {
    let (first, second) = (case.plain_queue().await, case.plain_queue().await);
    let arrives = v1::RoutingRule {
        conditions: vec![
            condition(Field::Status, Operator::Equals, &["created"]),
            condition(Field::AgeMinutes, Operator::LessThan, &["1"]),
            condition(Field::Created, Operator::GreaterThan, &["2020-01-01"]),
        ],
        ..Default::default()
    };
    let action = v1::RuleAction { add_tags: vec!["again".into()], ..Default::default() };
    let waits = v1::RoutingRule {
        expression: "interaction.status == 'queued' && 'first' in interaction.tags".into(),
        action: Some(action),
        ..Default::default()
    };
    let arrives = save(&case, &first, 1, arrives).await.routing_rule.unwrap();
    let waits = save(&case, &second, 2, waits).await.routing_rule.unwrap();
    let tags = vec!["first".to_owned()];
    let made = case.create(v1::CreateInteractionRequest { tags, ..opening("") }).await;
    assert_eq!((&made.matched_rule_id, &made.queue_id), (&arrives.id, &first.id));
    let by_rules =
        v1::RouteInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let routed = ok!(case.admin.routing().route_interaction(by_rules)).interaction.unwrap();
    assert_eq!((&routed.matched_rule_id, &routed.queue_id), (&waits.id, &second.id));
    assert_eq!(case.interaction(&made.id).await.tags, ["first", "again"]);
}
