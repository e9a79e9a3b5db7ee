//! Escalation from outside: policies, what sets a ladder off, how it climbs, and what a level does.

use crate::support::fixture::{Case, Tenant, opening};
use crate::support::receiver::{Receiver, Saying};
use crate::support::{eventually, mask, nobody, secs, unique};
use omnichannel_sdk::v1::{self, EscalationStatus, EscalationTriggerKind as Kind};
use omnichannel_sdk::v1::{InteractionStatus, Priority};
use v1::escalation_action::Action;
use v1::event::Data;

both!(
    a_ladder_policy_lives_and_dies,
    a_ladder_is_climbed_while_nobody_takes_it,
    a_level_moves_and_tells,
    the_escalation_team_is_the_nearest_on_the_way_up,
    whoever_takes_it_ends_the_climb,
    what_is_said_and_judged_sets_it_off,
    an_agent_asks_and_the_policy_says_what_is_done,
    a_level_takes_work_from_whoever_has_it,
    a_level_pages_who_is_on_duty,
    a_page_that_does_not_get_through_can_be_withdrawn,
);

fn trigger(kind: Kind) -> v1::EscalationTrigger {
    v1::EscalationTrigger { kind: kind.into(), ..Default::default() }
}

fn waiting(after: i64) -> v1::EscalationTrigger {
    v1::EscalationTrigger { after: secs(after), ..trigger(Kind::TimeInState) }
}

/// Makes it more urgent: so urgent, or by one step if none is said.
fn raise(priority: Priority) -> Action {
    Action::Raise(v1::EscalationRaise { priority: priority.into() })
}

fn level(after: i64, actions: Vec<Action>) -> v1::EscalationLevel {
    let action = |action| v1::EscalationAction { action: Some(action) };
    v1::EscalationLevel { after: secs(after), actions: actions.into_iter().map(action).collect() }
}

fn policy(
    triggers: Vec<v1::EscalationTrigger>,
    levels: Vec<v1::EscalationLevel>,
) -> v1::EscalationPolicy {
    v1::EscalationPolicy {
        name: unique("ladder"),
        enabled: true,
        triggers,
        levels,
        ..Default::default()
    }
}

fn configured(policy: v1::EscalationPolicy) -> v1::ConfigureEscalationRequest {
    v1::ConfigureEscalationRequest { policy: Some(policy), request_id: String::new() }
}

async fn configure(tenant: &Tenant, policy: v1::EscalationPolicy) -> v1::EscalationPolicy {
    ok!(tenant.admin.analytics().configure_escalation(configured(policy))).policy.unwrap()
}

/// A policy of a tenant that no queue names.
pub(crate) async fn any_policy(tenant: &Tenant) -> v1::EscalationPolicy {
    configure(tenant, policy(vec![waiting(60)], vec![level(0, vec![])])).await
}

/// A queue whose work climbs by such a policy.
async fn climbing(case: &Case, policy: v1::EscalationPolicy) -> (v1::EscalationPolicy, v1::Queue) {
    let policy = configure(case, policy).await;
    let queue = v1::Queue { escalation_policy_id: policy.id.clone(), ..Default::default() };
    (policy, case.queue(queue).await)
}

fn stands(interaction: &v1::Interaction) -> (EscalationStatus, i32, Kind) {
    let ladder = interaction.escalation.as_ref().expect("it has a ladder");
    (ladder.status(), ladder.level, ladder.last_trigger())
}

/// The interaction once its ladder is at this level.
async fn at_level(case: &Case, id: &str, level: i32) -> v1::Interaction {
    let look = || async {
        let seen = case.interaction(id).await;
        let ladder = seen.escalation.as_ref().expect("it has a ladder");
        (ladder.level == level).then_some(seen)
    };
    eventually("the level", look).await
}

async fn events(case: &Case, id: &str) -> Vec<v1::Event> {
    events_of(case, id, "escalation.").await
}

/// The events of an interaction whose kinds begin so.
async fn events_of(case: &Case, id: &str, kinds: &str) -> Vec<v1::Event> {
    let request = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(case.admin.admin().list_audit_log(request)).entries;
    let events = entries.into_iter().filter_map(|entry| entry.event);
    let of = |event: &v1::Event| event.interaction_id == id;
    events.filter(|event| of(event) && event.kind.starts_with(kinds)).collect()
}

async fn a_ladder_policy_lives_and_dies(case: Case) {
    let analytics = || case.admin.analytics();
    let team = case.team().await;
    let notify = Action::TeamId(team.id.clone());
    let words = vec!["lawyer".into()];
    let keyword = v1::EscalationTrigger { words, ..trigger(Kind::Keyword) };
    let wanted = policy(vec![waiting(60), keyword], vec![level(30, vec![notify])]);
    let made = configure(&case, wanted.clone()).await;
    assert_eq!((made.version, &made.levels), (1, &wanted.levels));
    assert_eq!(made.reminders, [1_800, 3_600, 7_200].map(|s| secs(s).unwrap()), "by default");
    let replaced = v1::EscalationPolicy { silent: true, ..wanted.clone() };
    let after = configure(&case, replaced.clone()).await;
    assert_eq!((&after.id, after.version), (&made.id, 2), "known by its name");
    assert!(after.silent && after.reminders.is_empty());
    let stale = v1::EscalationPolicy { etag: made.etag.clone(), ..replaced };
    refused!(analytics().configure_escalation(configured(stale)), EtagMismatch);
    let other = any_policy(&case).await;
    let list = v1::ListEscalationPoliciesRequest::default();
    let listed = ok!(analytics().list_escalation_policies(list)).policies;
    assert_eq!(listed, [after.clone(), other]);

    let wrong = |change: fn(&mut v1::EscalationPolicy)| {
        let mut policy = wanted.clone();
        change(&mut policy);
        configured(policy)
    };
    let falling = wrong(|policy| policy.reminders = vec![secs(9).unwrap(), secs(5).unwrap()]);
    refused!(analytics().configure_escalation(falling), ValidationFailed);
    let nameless = wrong(|policy| policy.name.clear());
    refused!(analytics().configure_escalation(nameless), ValidationFailed);
    let silent = wrong(|policy| policy.triggers[1].words.clear());
    refused!(analytics().configure_escalation(silent), ValidationFailed);
    let idle = wrong(|policy| policy.levels[0].actions[0].action = None);
    refused!(analytics().configure_escalation(idle), ValidationFailed);
    let strange = wrong(|policy| policy.levels = vec![level(0, vec![Action::TeamId(nobody())])]);
    refused!(analytics().configure_escalation(strange), ResourceNotFound);
    let nowhere = wrong(|policy| policy.levels = vec![level(0, vec![Action::QueueId(nobody())])]);
    refused!(analytics().configure_escalation(nowhere), ResourceNotFound);

    let delete = |etag: &str| v1::DeleteEscalationPolicyRequest {
        escalation_policy_id: made.id.clone(),
        etag: etag.into(),
        request_id: String::new(),
    };
    let queue = v1::Queue { escalation_policy_id: made.id.clone(), ..Default::default() };
    let queue = case.queue(queue).await;
    let error = refused!(analytics().delete_escalation_policy(delete("")), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "queue");
    let unnamed = v1::Queue { id: queue.id.clone(), ..Default::default() };
    let unname = |queue| v1::UpdateQueueRequest {
        queue: Some(queue),
        update_mask: mask(&["escalation_policy_id"]),
        ..Default::default()
    };
    let unknown = v1::Queue { escalation_policy_id: nobody(), ..unnamed.clone() };
    refused!(case.admin.routing().update_queue(unname(unknown)), ResourceNotFound);
    let plain = ok!(case.admin.routing().update_queue(unname(unnamed))).queue.unwrap();
    assert!(plain.escalation_policy_id.is_empty());
    refused!(analytics().delete_escalation_policy(delete(&made.etag)), EtagMismatch);
    ok!(analytics().delete_escalation_policy(delete(&after.etag)));
    refused!(analytics().delete_escalation_policy(delete("")), ResourceNotFound);
}

async fn a_ladder_is_climbed_while_nobody_takes_it(case: Case) {
    let up = || vec![raise(Priority::Unspecified)];
    let wanted = v1::EscalationPolicy {
        reminders: vec![secs(2).unwrap()],
        ..policy(vec![waiting(1)], vec![level(0, up()), level(1, up())])
    };
    let (made, queue) = climbing(&case, wanted).await;
    let first = case.open(&queue).await;
    assert_eq!(stands(&first), (EscalationStatus::Armed, 0, Kind::Unspecified));
    let next = first.escalation.as_ref().and_then(|ladder| ladder.next_time).unwrap();
    assert_eq!(next.seconds - first.create_time.unwrap().seconds, 1);
    // What the policy says later is for who comes later.
    let lower = policy(vec![waiting(3_600)], vec![level(0, vec![])]);
    configure(&case, v1::EscalationPolicy { name: made.name.clone(), ..lower }).await;
    let seen = at_level(&case, &first.id, 2).await;
    assert_eq!(stands(&seen), (EscalationStatus::Pending, 2, Kind::TimeInState));
    assert_eq!((seen.priority(), seen.escalation_level), (Priority::Urgent, 2));
    let look = || async { (events(&case, &first.id).await.len() == 4).then_some(()) };
    eventually("the reminder", look).await;
    let mut told = events(&case, &first.id).await;
    told.sort_by_key(|event| event.seq);
    let kinds: Vec<&str> = told.iter().map(|event| event.kind.as_str()).collect();
    let raised = "escalation.raised";
    assert_eq!(kinds[..3], ["escalation.triggered", raised, raised]);
    assert_eq!(kinds[3], "escalation.reminded");
    let Some(Data::EscalationRaised(data)) = &told[2].data else { panic!("{told:?}") };
    assert_eq!((&data.policy_id, data.level, data.priority()), (&made.id, 2, Priority::Urgent));
    assert_eq!((told[2].queue_id.as_str(), data.queue_id.as_str()), (&*queue.id, &*queue.id));
    let later = case.open(&queue).await;
    let next = later.escalation.as_ref().and_then(|ladder| ladder.next_time).unwrap();
    assert_eq!(next.seconds - later.create_time.unwrap().seconds, 3_600);
    let close =
        v1::CloseInteractionRequest { interaction_id: first.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let seen = case.interaction(&first.id).await;
    assert_eq!(stands(&seen).0, EscalationStatus::Resolved);
    assert_eq!(seen.escalation.unwrap().next_time, None);
}

async fn a_level_moves_and_tells(case: Case) {
    let (team, second) = (case.team().await, case.plain_queue().await);
    let (_agent, mut console) = case.at_work("outside").await;
    let urgent =
        v1::EscalationTrigger { priority: Priority::High.into(), ..trigger(Kind::Priority) };
    let moves = Action::QueueId(second.id.clone());
    let notify = Action::TeamId(team.id.clone());
    let policy = configure(&case, policy(vec![urgent], vec![level(0, vec![moves, notify])])).await;
    let queue = v1::Queue {
        escalation_policy_id: policy.id.clone(),
        team_ids: vec![team.id.clone()],
        ..Default::default()
    };
    let queue = case.queue(queue).await;
    let calm = case.open(&queue).await;
    let high =
        v1::CreateInteractionRequest { priority: Priority::High.into(), ..opening(&queue.id) };
    let hasty = case.create(high).await;
    let offer = console.offered().await.offer.unwrap();
    assert_eq!(offer.interaction_id, hasty.id, "it is moved to where somebody takes it");
    let seen = case.interaction(&hasty.id).await;
    assert_eq!((&seen.queue_id, seen.enqueue_time), (&second.id, hasty.enqueue_time));
    assert_eq!(stands(&case.interaction(&calm.id).await).0, EscalationStatus::Armed);
    let told = events(&case, &hasty.id).await;
    let raised = told.iter().find_map(|event| match &event.data {
        Some(Data::EscalationRaised(data)) => Some(data.clone()),
        _ => None,
    });
    let raised = raised.expect("it was raised");
    assert_eq!((&raised.queue_id, &raised.notified_team_ids), (&second.id, &vec![team.id]));
    let gone = v1::DeleteQueueRequest { queue_id: second.id.clone(), ..Default::default() };
    let error = refused!(case.admin.routing().delete_queue(gone), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "escalation_policy");
}

async fn the_escalation_team_is_the_nearest_on_the_way_up(case: Case) {
    let (second_line, top, team) = (case.team().await, case.team().await, case.team().await);
    let save = |team: v1::Team, path: &str| v1::UpdateTeamRequest {
        team: Some(team),
        update_mask: mask(&[path]),
        ..Default::default()
    };
    let escalates = |id: &str, to: &str| {
        let (id, escalation_team_id) = (id.to_owned(), to.to_owned());
        save(v1::Team { id, escalation_team_id, ..Default::default() }, "escalation_team_id")
    };
    let agents = || case.admin.agents();
    refused!(agents().update_team(escalates(&top.id, &top.id)), ValidationFailed);
    refused!(agents().update_team(escalates(&top.id, &nobody())), ResourceNotFound);
    let saved = ok!(agents().update_team(escalates(&top.id, &second_line.id))).team.unwrap();
    assert_eq!(saved.escalation_team_id, second_line.id);
    let parent_team_id = top.id.clone();
    let below = v1::Team { id: team.id.clone(), parent_team_id, ..Default::default() };
    ok!(agents().update_team(save(below, "parent_team_id")));

    let urgent =
        v1::EscalationTrigger { priority: Priority::High.into(), ..trigger(Kind::Priority) };
    let tell = Action::EscalationTeam(v1::EscalationTeam {});
    let policy = configure(&case, policy(vec![urgent], vec![level(0, vec![tell])])).await;
    assert!(matches!(policy.levels[0].actions[0].action, Some(Action::EscalationTeam(_))));
    let queue = v1::Queue {
        escalation_policy_id: policy.id.clone(),
        team_ids: vec![team.id.clone()],
        ..Default::default()
    };
    let queue = case.queue(queue).await;
    let high =
        v1::CreateInteractionRequest { priority: Priority::High.into(), ..opening(&queue.id) };
    let hasty = case.create(high).await;
    at_level(&case, &hasty.id, 1).await;
    let escalate =
        v1::EscalateInteractionRequest { interaction_id: hasty.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().escalate_interaction(escalate));
    let told = events_of(&case, &hasty.id, "").await;
    let named: Vec<_> = told
        .iter()
        .filter_map(|event| match &event.data {
            Some(Data::EscalationRaised(data)) => Some(data.notified_team_ids.clone()),
            Some(Data::InteractionEscalated(data)) => Some(vec![data.team_id.clone()]),
            _ => None,
        })
        .collect();
    assert_eq!(named, [[second_line.id.clone()], [second_line.id.clone()]]);
    let gone = v1::DeleteTeamRequest { team_id: second_line.id, ..Default::default() };
    let error = refused!(agents().delete_team(gone), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "team");
}

async fn whoever_takes_it_ends_the_climb(case: Case) {
    let tier = v1::EscalationTrigger {
        customer_tiers: vec!["gold".into()],
        ..trigger(Kind::CustomerTier)
    };
    let (_, queue) =
        climbing(&case, policy(vec![tier], vec![level(0, vec![]), level(3_600, vec![])])).await;
    let customer =
        v1::Customer { tier: "gold".into(), display_name: "Ada".into(), ..Default::default() };
    let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let customer = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    let customer = v1::create_interaction_request::Customer::CustomerId(customer.id);
    let request = v1::CreateInteractionRequest { customer: Some(customer), ..opening(&queue.id) };
    let gold = case.create(request).await;
    let seen = at_level(&case, &gold.id, 1).await;
    assert_eq!(stands(&seen), (EscalationStatus::Pending, 1, Kind::CustomerTier));
    let (_, mut console) = case.at_work("Bo").await;
    console.take().await;
    let seen = case.interaction_in(&gold.id, InteractionStatus::Active).await;
    assert_eq!(stands(&seen), (EscalationStatus::Acknowledged, 1, Kind::CustomerTier));
    assert_eq!(seen.escalation.unwrap().next_time, None);
}

async fn what_is_said_and_judged_sets_it_off(case: Case) {
    let words = vec!["lawyer".into(), "press office".into()];
    let keyword = v1::EscalationTrigger { words, ..trigger(Kind::Keyword) };
    let mood = v1::EscalationTrigger { sentiment_at_most: -50, ..trigger(Kind::Sentiment) };
    let (_, queue) = climbing(&case, policy(vec![keyword, mood], vec![level(0, vec![])])).await;
    let said =
        |body: &str| v1::CreateInteractionRequest { body: body.into(), ..opening(&queue.id) };
    let calm = case.create(said("where are my lawyers?")).await;
    let angry = case.create(said("I call my LAWYER!")).await;
    let seen = at_level(&case, &angry.id, 1).await;
    assert_eq!(stands(&seen).2, Kind::Keyword);
    assert_eq!(stands(&case.interaction(&calm.id).await).0, EscalationStatus::Armed);

    let judged = |sentiment| v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: calm.id.clone(),
            sentiment: Some(sentiment),
            ..Default::default()
        }),
        ..Default::default()
    };
    refused!(case.admin.interactions().update_interaction(judged(-101)), ValidationFailed);
    let after = ok!(case.admin.interactions().update_interaction(judged(-49))).interaction.unwrap();
    assert_eq!((after.sentiment, stands(&after).0), (Some(-49), EscalationStatus::Armed));
    ok!(case.admin.interactions().update_interaction(judged(-50)));
    let seen = at_level(&case, &calm.id, 1).await;
    assert_eq!((seen.sentiment, stands(&seen).2), (Some(-50), Kind::Sentiment));
}

async fn an_agent_asks_and_the_policy_says_what_is_done(case: Case) {
    let to = raise(Priority::Critical);
    let asked = trigger(Kind::AgentRequest);
    let (_, queue) = climbing(&case, policy(vec![asked], vec![level(0, vec![to])])).await;
    let made = case.open(&queue).await;
    let escalate =
        v1::EscalateInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let after = ok!(case.admin.interactions().escalate_interaction(escalate.clone()));
    let after = after.interaction.unwrap();
    assert_eq!(stands(&after), (EscalationStatus::Pending, 1, Kind::AgentRequest), "at once");
    assert_eq!((after.priority(), after.escalation_level), (Priority::Critical, 1));
    let again = ok!(case.admin.interactions().escalate_interaction(escalate)).interaction.unwrap();
    assert_eq!((again.escalation_level, stands(&again).1), (2, 1), "it climbs: just one level up");
    let elsewhere = case.plain_queue().await;
    let bare = case.open(&elsewhere).await;
    assert_eq!(bare.escalation, None);
}

async fn a_level_takes_work_from_whoever_has_it(case: Case) {
    let team = case.team().await;
    let others = v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() };
    let others = case.queue(others).await;
    let owned = v1::EscalationTrigger { state: v1::EscalationState::Owned.into(), ..waiting(1) };
    let elsewhere = Action::ReassignQueueId(others.id.clone());
    let (_, queue) = climbing(&case, policy(vec![owned], vec![level(0, vec![elsewhere])])).await;
    let (agent, mut console) = case.at_work("Ada").await;
    let made = case.open(&queue).await;
    console.take().await;
    let look = || async {
        let seen = case.interaction(&made.id).await;
        (seen.queue_id == others.id).then_some(seen)
    };
    let seen = eventually("it to be another team's", look).await;
    assert_eq!(seen.status(), InteractionStatus::Queued, "who had it does not serve that queue");
    assert_eq!((seen.enqueue_time, seen.owner_agent_id.as_str()), (made.enqueue_time, ""));
    assert_eq!(stands(&seen), (EscalationStatus::Pending, 1, Kind::TimeInState));
    let get = v1::GetAgentRequest { agent_id: agent.id.clone() };
    let after = ok!(case.admin.agents().get_agent(get)).agent.unwrap();
    assert_eq!(after.used_units, 0, "it counts against nobody");
    let named = v1::DeleteQueueRequest { queue_id: others.id.clone(), ..Default::default() };
    refused!(case.admin.routing().delete_queue(named), ResourceInUse);
}

/// A queue whose urgent work pages by an account at once.
async fn paging(case: &Case, account: &v1::ChannelAccount) -> (v1::EscalationPolicy, v1::Queue) {
    let urgent =
        v1::EscalationTrigger { priority: Priority::High.into(), ..trigger(Kind::Priority) };
    let page = Action::PageAccountId(account.id.clone());
    climbing(case, policy(vec![urgent], vec![level(0, vec![page])])).await
}

async fn open_high(case: &Case, queue: &v1::Queue) -> v1::Interaction {
    let high =
        v1::CreateInteractionRequest { priority: Priority::High.into(), ..opening(&queue.id) };
    case.create(high).await
}

/// The page of an interaction once it stands so.
async fn page_in(case: &Case, id: &str, state: v1::DeliveryState) -> v1::OutboundDelivery {
    let look = || async {
        let request = v1::ListDeliveriesRequest { page_size: 100, ..Default::default() };
        let listed = ok!(case.admin.admin().list_deliveries(request)).deliveries;
        let mut of = listed.into_iter().filter(|one| one.interaction_id == id);
        // One that waits was not tried yet, or is to be tried again.
        let waits = v1::DeliveryState::Ready;
        of.find(|one| one.state() == state && (state != waits || one.attempts > 0))
    };
    eventually("the page", look).await
}

/// What the ladder of an interaction says of its pages.
async fn pages_of(case: &Case, id: &str) -> Vec<v1::EscalationPage> {
    case.interaction(id).await.escalation.unwrap().pages
}

async fn a_level_pages_who_is_on_duty(case: Case) {
    let receiver = Receiver::start(&[]).await;
    let (account, secret) = case.account(&receiver.url()).await;
    let (silent, _) = case.account("").await;
    let by = |id: &str| {
        let page = Action::PageAccountId(id.into());
        configured(policy(vec![waiting(1)], vec![level(0, vec![page])]))
    };
    let analytics = || case.admin.analytics();
    refused!(analytics().configure_escalation(by(&nobody())), ResourceNotFound);
    refused!(analytics().configure_escalation(by(&silent.id)), ValidationFailed);

    let (made, queue) = paging(&case, &account).await;
    let high = open_high(&case, &queue).await;
    let posted = receiver.received(1).await;
    assert!(posted[0].is_signed(&secret));
    let page = page_in(&case, &high.id, v1::DeliveryState::Done).await;
    assert_eq!(posted[0].header("webhook-id"), format!("page_{}", page.id));
    assert_eq!((page.message_id.as_str(), page.escalation_level), ("", 1));
    assert_eq!(page.channel_account_id, account.id);
    let json = posted[0].json();
    assert_eq!(json["type"], "escalation.raised");
    let said = serde_json::json!({
        "id": page.id, "interaction_id": high.id, "policy_id": made.id, "queue_id": queue.id,
        "level": 1, "trigger": "PRIORITY", "priority": "HIGH",
    });
    assert_eq!(json["data"], said);
    let shown = pages_of(&case, &high.id).await;
    let wanted = v1::EscalationPage {
        level: 1,
        channel_account_id: account.id.clone(),
        delivery_id: page.id.clone(),
        state: v1::DeliveryState::Done.into(),
        attempts: 1,
        last_error: String::new(),
        create_time: page.create_time,
        end_time: page.end_time,
    };
    assert_eq!(shown, [wanted]);
    assert!(page.end_time.is_some(), "it is over");
    let request = v1::ListInteractionsRequest::default();
    for listed in ok!(case.admin.interactions().list_interactions(request)).interactions {
        assert!(listed.escalation.is_none_or(|ladder| ladder.pages.is_empty()), "in lists none");
    }
    let told = events(&case, &high.id).await;
    let paged = told.iter().find_map(|event| match &event.data {
        Some(Data::EscalationRaised(data)) => Some(data.paged_account_ids.clone()),
        _ => None,
    });
    assert_eq!(paged, Some(vec![account.id.clone()]));
    assert_eq!(receiver.posted().len(), 1, "once");
    let gone = v1::DeleteChannelAccountRequest {
        channel_account_id: account.id.clone(),
        ..Default::default()
    };
    let error = refused!(case.admin.channels().delete_channel_account(gone), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "escalation_policy");
}

async fn a_page_that_does_not_get_through_can_be_withdrawn(case: Case) {
    let receiver = Receiver::start(&[Saying::Later(503, 600), Saying::Status(410, "")]).await;
    let (account, _) = case.account(&receiver.url()).await;
    let (_, queue) = paging(&case, &account).await;
    let first = open_high(&case, &queue).await;
    let page = page_in(&case, &first.id, v1::DeliveryState::Ready).await;
    assert_eq!((page.last_error.as_str(), page.end_time), ("TRY_LATER 503", None));
    let shown = pages_of(&case, &first.id).await.remove(0);
    assert_eq!((shown.last_error.as_str(), shown.end_time), ("TRY_LATER 503", None));
    assert_eq!((shown.state(), shown.attempts), (v1::DeliveryState::Ready, 1));
    let cancel = v1::CancelDeliveryRequest { delivery_id: page.id.clone(), ..Default::default() };
    let after = ok!(case.admin.admin().cancel_delivery(cancel)).delivery.unwrap();
    assert_eq!((after.state(), after.last_error.as_str()), (v1::DeliveryState::Dead, "CANCELLED"));
    let shown = pages_of(&case, &first.id).await;
    assert_eq!((shown.len(), shown[0].state()), (1, v1::DeliveryState::Dead));
    assert_eq!((shown[0].last_error.as_str(), shown[0].end_time), ("CANCELLED", after.end_time));
    assert!(after.end_time.is_some());
    assert_eq!((shown[0].attempts, after.attempts), (1, 1), "withdrawing it is no try");
    let second = open_high(&case, &queue).await;
    let page = page_in(&case, &second.id, v1::DeliveryState::Dead).await;
    assert_eq!((page.last_error.as_str(), page.attempts), ("ENDPOINT_GONE 410", 1));
    let disabled = v1::ChannelAccount {
        id: account.id.clone(),
        status: v1::AccountStatus::Disabled.into(),
        ..Default::default()
    };
    let request =
        v1::UpdateChannelAccountRequest { channel_account: Some(disabled), ..Default::default() };
    ok!(case.admin.channels().update_channel_account(request));
    let third = open_high(&case, &queue).await;
    let page = page_in(&case, &third.id, v1::DeliveryState::Dead).await;
    let shown = pages_of(&case, &third.id).await.remove(0);
    assert_eq!((shown.last_error.as_str(), shown.attempts), ("CHANNEL_DISABLED", 0));
    assert_eq!((page.attempts, receiver.posted().len()), (0, 2), "nobody was called");
}
