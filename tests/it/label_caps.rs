//! Caps of labels from outside: what an agent caps they never have more of, whoever creates it at
//! the same time, and a leg counts for the labels its interaction had when it was offered.

use crate::routing_nouns::condition;
use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, opening};
use crate::support::{eventually, mask, secs};
use futures::future::join_all;
use omnichannel_sdk::v1::{self, InteractionStatus as Status};
use std::time::Duration;
use tokio::time::sleep;
use v1::ConditionField as Field;
use v1::ConditionOperator as Operator;
use v1::RoutingChangeKind as Change;
use v1::RoutingCheck as Check;
use v1::transfer_interaction_request::Target;

both!(
    a_cap_holds_whoever_creates_at_the_same_time,
    a_leg_counts_until_its_wrap_up_ends,
    what_is_relabelled_counts_as_it_was_offered,
    what_is_parked_and_counts_keeps_its_labels,
    a_cap_of_nothing_is_told_by_explain_and_by_a_transfer,
    a_label_that_a_rule_adds_counts,
    a_label_counts_however_it_is_spelled,
    labels_are_words_wherever_they_are_said,
    caps_are_checked_and_read_back,
);

fn cap(label: &str, max: i32) -> v1::LabelCapacity {
    v1::LabelCapacity { label: label.to_owned(), max }
}

/// Somebody at work with room for five who caps labels so.
async fn capped(case: &Case, per_label: Vec<v1::LabelCapacity>) -> (Agent, Console) {
    let capacity = Some(v1::Capacity { units: 5, per_label, ..Default::default() });
    let agent = v1::Agent { name: "Bo".into(), capacity, ..Default::default() };
    let agent = case.agent_as(agent).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

fn tagged(queue: &v1::Queue, tags: &[&str]) -> v1::CreateInteractionRequest {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    v1::CreateInteractionRequest { tags, ..opening(&queue.id) }
}

/// Units in use, and how many count for each label that is capped.
async fn used(case: &Case, agent: &Agent) -> (i32, Vec<(String, i32)>) {
    let request = v1::GetAgentRequest { agent_id: agent.id.clone() };
    let found = ok!(case.admin.agents().get_agent(request)).agent.unwrap();
    let listed = ok!(case.admin.agents().list_agents(v1::ListAgentsRequest::default())).agents;
    let listed = listed.into_iter().find(|one| one.id == agent.id).expect("they are listed");
    assert_eq!(listed.used_labels, found.used_labels, "a list tells the same");
    let labels = found.used_labels.into_iter().map(|of| (of.label, of.used)).collect();
    (found.used_units, labels)
}

fn of(label: &str, used: i32) -> Vec<(String, i32)> {
    vec![(label.to_owned(), used)]
}

async fn relabel(case: &Case, id: &str, tags: &[&str]) {
    let interaction = Some(v1::Interaction {
        id: id.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..Default::default()
    });
    let update_mask = mask(&["tags"]);
    let request = v1::UpdateInteractionRequest { interaction, update_mask, ..Default::default() };
    ok!(case.admin.interactions().update_interaction(request));
}

async fn waits(case: &Case, id: &str) {
    sleep(Duration::from_millis(300)).await;
    assert_eq!(case.interaction(id).await.status(), Status::Queued);
}

async fn complete(agent: &Agent, interaction_id: &str) -> v1::Interaction {
    let interaction_id = interaction_id.to_owned();
    let request = v1::CompleteInteractionRequest { interaction_id, ..Default::default() };
    ok!(agent.client.agents().complete_interaction(request)).interaction.unwrap()
}

async fn a_cap_holds_whoever_creates_at_the_same_time(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, _console) = capped(&case, vec![cap("Refund", 2)]).await;
    let made = join_all((0..8).map(|_| case.create(tagged(&queue, &["refund", "late"])))).await;
    let offered = || async {
        let offers = case.offers(&agent).await;
        (offers.len() == 2).then_some(())
    };
    eventually("two are offered", offered).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(used(&case, &agent).await, (2, of("Refund", 2)));
    let stands = join_all(made.iter().map(|one| case.interaction(&one.id))).await;
    let waiting = stands.iter().filter(|one| one.status() == Status::Queued).count();
    assert_eq!(waiting, 6, "three units are free, and no refund fits");
    let plain = case.create(tagged(&queue, &["late"])).await;
    case.interaction_in(&plain.id, Status::Offered).await;
    assert_eq!(used(&case, &agent).await, (3, of("Refund", 2)));
}

async fn a_leg_counts_until_its_wrap_up_ends(case: Case) {
    let queue = case.queue(v1::Queue { wrap_up_limit: secs(600), ..Default::default() }).await;
    let (agent, mut console) = capped(&case, vec![cap("refund", 1)]).await;
    let first = case.create(tagged(&queue, &["refund"])).await;
    console.take().await;
    let second = case.create(tagged(&queue, &["REFUND "])).await;
    waits(&case, &second.id).await;
    assert_eq!(complete(&agent, &first.id).await.status(), Status::Wrapping);
    waits(&case, &second.id).await;
    assert_eq!(used(&case, &agent).await, (1, of("refund", 1)));
    assert_eq!(complete(&agent, &first.id).await.status(), Status::Resolved);
    assert_eq!(console.offered().await.interaction.unwrap().id, second.id);
    assert_eq!(used(&case, &agent).await, (1, of("refund", 1)));
}

async fn what_is_relabelled_counts_as_it_was_offered(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = capped(&case, vec![cap("refund", 1)]).await;
    let first = case.create(tagged(&queue, &["refund"])).await;
    console.take().await;
    relabel(&case, &first.id, &["billing"]).await;
    assert_eq!(used(&case, &agent).await, (1, of("refund", 1)), "as it was offered");
    let second = case.create(tagged(&queue, &["refund"])).await;
    waits(&case, &second.id).await;
    relabel(&case, &second.id, &["billing"]).await;
    let taken = console.take().await.interaction.unwrap();
    assert_eq!(taken.id, second.id, "what waits is looked at at once");
    relabel(&case, &second.id, &["refund"]).await;
    complete(&agent, &first.id).await;
    assert_eq!(used(&case, &agent).await, (1, of("refund", 0)));
}

async fn what_is_parked_and_counts_keeps_its_labels(case: Case) {
    let queue = case.queue(v1::Queue { parked_counts: true, ..Default::default() }).await;
    let (agent, mut console) = capped(&case, vec![cap("refund", 1)]).await;
    let first = case.create(tagged(&queue, &["refund"])).await;
    console.take().await;
    let interaction_id = first.id.clone();
    let park = v1::ParkInteractionRequest { interaction_id, ..Default::default() };
    ok!(agent.client.interactions().park_interaction(park));
    let second = case.create(tagged(&queue, &["refund"])).await;
    waits(&case, &second.id).await;
    assert_eq!(used(&case, &agent).await, (1, of("refund", 1)));
    let interaction_id = first.id.clone();
    let wake = v1::WakeInteractionRequest { interaction_id, ..Default::default() };
    ok!(case.admin.interactions().wake_interaction(wake));
    case.interaction_in(&first.id, Status::Active).await;
    assert_eq!(used(&case, &agent).await, (1, of("refund", 1)), "waking counts nothing twice");
    complete(&agent, &first.id).await;
    assert_eq!(console.offered().await.interaction.unwrap().id, second.id);
}

async fn a_cap_of_nothing_is_told_by_explain_and_by_a_transfer(case: Case) {
    let queue = case.plain_queue().await;
    let (never, _console) = capped(&case, vec![cap("Legal", 0)]).await;
    let made = case.create(tagged(&queue, &["legal", "late"])).await;
    waits(&case, &made.id).await;
    let asked = v1::ExplainRequest { interaction_id: made.id.clone(), ..Default::default() };
    let told = ok!(case.admin.routing().explain(asked));
    let [stand] = told.agents.as_slice() else { panic!("one agent: {told:?}") };
    let [unmet] = stand.unmet.as_slice() else { panic!("one condition: {told:?}") };
    assert_eq!((unmet.check(), unmet.label.as_str()), (Check::LabelUnits, "Legal"));
    assert_eq!((unmet.there, unmet.asked), (0, 0));
    let nearest = told.explanation.unwrap().nearest;
    let [change] = nearest.as_slice() else { panic!("one change: {nearest:?}") };
    assert_eq!((change.kind(), &change.agent_id), (Change::LabelUnitMore, &never.id));
    assert_eq!(change.unmet.as_ref().map(|unmet| unmet.label.as_str()), Some("Legal"));
    let (_other, mut other) = case.at_work("Ada").await;
    assert_eq!(other.take().await.interaction.unwrap().id, made.id, "who caps nothing takes it");
    let transfer = v1::TransferInteractionRequest {
        interaction_id: made.id.clone(),
        target: Some(Target::AgentId(never.id.clone())),
        ..Default::default()
    };
    refused!(case.admin.interactions().transfer_interaction(transfer), AgentUnavailable);
}

async fn a_label_that_a_rule_adds_counts(case: Case) {
    let queue = case.plain_queue().await;
    let (_agent, _console) = capped(&case, vec![cap("refund", 0)]).await;
    let rule = v1::RoutingRule {
        name: "refunds".into(),
        position: 1,
        enabled: true,
        conditions: vec![condition(Field::Keyword, Operator::Contains, &["money"])],
        action: Some(v1::RuleAction {
            queue_id: queue.id.clone(),
            add_tags: vec!["Refund".into()],
            ..Default::default()
        }),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let rule = ok!(case.admin.routing().create_routing_rule(request)).routing_rule.unwrap();
    let said = |body: &str, queue_id: &str| v1::CreateInteractionRequest {
        body: body.into(),
        queue_id: queue_id.into(),
        ..opening("")
    };
    let labelled = case.create(said("my money back", "")).await;
    assert_eq!((&labelled.tags, &labelled.queue_id), (&vec!["Refund".to_owned()], &queue.id));
    waits(&case, &labelled.id).await;
    // A queue that is named takes the place of the rule's; what else the rule says still counts.
    let second = case.plain_queue().await;
    let named = case.create(said("my money back", &second.id)).await;
    assert_eq!((&named.queue_id, &named.matched_rule_id), (&second.id, &rule.id));
    waits(&case, &named.id).await;
    let plain = case.create(said("hello", &queue.id)).await;
    case.interaction_in(&plain.id, Status::Offered).await;
    let uses = || async {
        let request = v1::GetRoutingRuleRequest { routing_rule_id: rule.id.clone() };
        let found = ok!(case.admin.routing().get_routing_rule(request)).routing_rule.unwrap();
        (found.use_count == 2).then_some(())
    };
    eventually("both count as uses of the rule", uses).await;
}

async fn a_label_counts_however_it_is_spelled(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = capped(&case, vec![cap("Caf\u{e9}", 1)]).await;
    let first = case.create(tagged(&queue, &["cafe\u{301}"])).await;
    assert_eq!(first.tags, ["cafe\u{301}"], "a tag is kept as it was said");
    console.take().await;
    assert_eq!(used(&case, &agent).await, (1, of("Caf\u{e9}", 1)));
    for spelled in ["caf\u{e9}", " CAFE\u{301}"] {
        let made = case.create(tagged(&queue, &[spelled])).await;
        waits(&case, &made.id).await;
    }
    let other = case.create(tagged(&queue, &["cafe"])).await;
    case.interaction_in(&other.id, Status::Offered).await;
}

async fn labels_are_words_wherever_they_are_said(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.create(tagged(&queue, &["refund"])).await;
    for wrong in ["", " ", "\u{a0}\u{200b}", "re\tfund", "re\u{2028}fund", "\u{7f}"] {
        let fields = |error: omnichannel_sdk::Error| {
            let found = error.violations().iter().map(|wrong| wrong.field.clone());
            found.collect::<Vec<_>>()
        };
        let request = tagged(&queue, &["refund", wrong]);
        let refused =
            refused!(case.admin.interactions().create_interaction(request), ValidationFailed);
        assert_eq!(fields(refused), ["tags[1]"], "{wrong:?}");
        let interaction = v1::Interaction {
            id: made.id.clone(),
            tags: vec![wrong.to_owned()],
            ..Default::default()
        };
        let request = v1::UpdateInteractionRequest {
            interaction: Some(interaction),
            update_mask: mask(&["tags"]),
            ..Default::default()
        };
        let refused =
            refused!(case.admin.interactions().update_interaction(request), ValidationFailed);
        assert_eq!(fields(refused), ["interaction.tags[0]"], "{wrong:?}");
        let action = v1::RuleAction {
            queue_id: queue.id.clone(),
            add_tags: vec![wrong.to_owned()],
            ..Default::default()
        };
        let rule = v1::RoutingRule {
            name: "labels".into(),
            position: 1,
            action: Some(action),
            ..Default::default()
        };
        let request =
            v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
        let refused = refused!(case.admin.routing().create_routing_rule(request), ValidationFailed);
        assert_eq!(fields(refused), ["routing_rule.action.add_tags[0]"], "{wrong:?}");
        let (tags, channel) = (vec![wrong.to_owned()], v1::ChannelKind::Chat.into());
        let request = v1::TestRulesRequest { tags, channel, ..Default::default() };
        let refused = refused!(case.admin.routing().test_rules(request), ValidationFailed);
        assert_eq!(fields(refused), ["tags[0]"], "{wrong:?}");
    }
}

async fn caps_are_checked_and_read_back(case: Case) {
    let with = |per_label: Vec<v1::LabelCapacity>| {
        let capacity = Some(v1::Capacity { units: 3, per_label, ..Default::default() });
        let agent = v1::Agent { name: "Bo".into(), capacity, ..Default::default() };
        v1::CreateAgentRequest { agent: Some(agent), ..Default::default() }
    };
    let many = |count| (0..count).map(|n| cap(&format!("label {n}"), 1)).collect::<Vec<_>>();
    let wrong = [
        (many(21), "agent.capacity.per_label"),
        (vec![cap("", 1)], "agent.capacity.per_label[0].label"),
        (vec![cap(&"x".repeat(65), 1)], "agent.capacity.per_label[0].label"),
        (vec![cap("vip", 101)], "agent.capacity.per_label[0].max"),
        (vec![cap("vip", 1), cap("VIP ", 2)], "agent.capacity.per_label[1].label"),
        (vec![cap("caf\u{e9}", 1), cap("CAFE\u{301}", 2)], "agent.capacity.per_label[1].label"),
        (vec![cap(" \u{a0}", 1)], "agent.capacity.per_label[0].label"),
        (vec![cap("\u{200b}", 1)], "agent.capacity.per_label[0].label"),
        (vec![cap("vi\np", 1)], "agent.capacity.per_label[0].label"),
    ];
    for (per_label, field) in wrong {
        let error = refused!(case.admin.agents().create_agent(with(per_label)), ValidationFailed);
        assert_eq!(error.violations()[0].field, field);
    }
    let mut caps = many(20);
    caps[0].max = 0;
    let made = ok!(case.admin.agents().create_agent(with(caps.clone()))).agent.unwrap();
    caps.sort_by(|a, b| a.label.cmp(&b.label));
    assert_eq!(made.capacity.unwrap().per_label, caps);
    assert_eq!(made.used_labels.len(), 20);
    assert!(made.used_labels.iter().all(|of| of.used == 0));
}
