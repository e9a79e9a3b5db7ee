//! From waiting to owned: who is asked, what happens when they decline, are silent or leave, and
//! how work is handed on without being lost.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case};
use crate::support::{eventually, nobody, secs};
use omnichannel_sdk::v1::{
    self, EffectiveStatus, InteractionStatus as Status, OfferState, PresenceStatus, RoutingStrategy,
};
use omnichannel_sdk::{AgentSession, SessionOptions};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use v1::transfer_interaction_request::Target;

both!(
    goes_to_who_was_idle_longest,
    goes_to_who_is_least_loaded,
    goes_to_who_is_most_skilled,
    needs_skills_at_their_level_and_the_team,
    capacity_holds_for_units_and_for_channels,
    declined_goes_to_the_next,
    declined_comes_back_to_the_only_one,
    unanswered_goes_to_the_next_and_the_silent_one_rests,
    accepted_once_and_by_one,
    answers_after_the_end_say_why_it_ended,
    offers_are_rescinded_when_the_agent_leaves,
    urgent_work_goes_first_where_the_queue_says_so,
    transferred_to_an_agent_the_owner_keeps_it_until_then,
    transferred_to_a_queue,
    transfers_are_refused_where_nobody_could_take_over,
    routed_by_hand,
    routed_by_the_rules,
    what_waits_for_an_agent_who_leaves_goes_to_the_queue,
);

/// Who holds the open offer of an interaction.
async fn asked(case: &Case, agents: &[&Agent], interaction_id: &str) -> String {
    let look = || async {
        for agent in agents {
            let offers = case.offers(agent).await;
            let open = offers.iter().find(|offer| {
                offer.interaction_id == interaction_id && offer.state() == OfferState::Pending
            });
            if open.is_some() {
                return Some(agent.id.clone());
            }
        }
        None
    };
    eventually("somebody is asked", look).await
}

fn by(strategy: RoutingStrategy) -> v1::Queue {
    v1::Queue { strategy: strategy.into(), ..Default::default() }
}

async fn goes_to_who_was_idle_longest(case: Case) {
    let queue = case.queue(by(RoutingStrategy::LongestIdle)).await;
    let (first, _a) = case.at_work("first").await;
    let (second, _b) = case.at_work("second").await;
    let (third, _c) = case.at_work("third").await;
    let all = [&first, &second, &third];
    for expected in [&first, &second, &third] {
        let made = case.open(&queue).await;
        assert_eq!(asked(&case, &all, &made.id).await, expected.id);
    }
}

async fn goes_to_who_is_least_loaded(case: Case) {
    let queue = case.queue(by(RoutingStrategy::LeastLoaded)).await;
    let small = case.agent_with_room("small", 2).await;
    let large = case.agent_with_room("large", 8).await;
    let (a, b) = (small.console().await, large.console().await);
    a.available().await;
    b.available().await;
    let all = [&small, &large];
    let mut counts = [0, 0];
    for _ in 0..5 {
        let made = case.open(&queue).await;
        let who = asked(&case, &all, &made.id).await;
        counts[usize::from(who == large.id)] += 1;
    }
    // A half taken weighs as much as four of eight.
    assert_eq!(counts, [1, 4], "the share of capacity counts, not the number");
}

async fn goes_to_who_is_most_skilled(case: Case) {
    let skill = case.skill().await;
    let required = vec![v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 2 }];
    let queue = v1::Queue { required_skills: required, ..by(RoutingStrategy::MostSkilled) };
    let queue = case.queue(queue).await;
    let at = |name: &str, level| v1::Agent {
        name: name.into(),
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level }],
        ..Default::default()
    };
    let (good, best) = (case.agent_as(at("good", 4)).await, case.agent_as(at("best", 9)).await);
    let (a, b) = (good.console().await, best.console().await);
    a.available().await;
    b.available().await;
    for _ in 0..3 {
        let made = case.open(&queue).await;
        assert_eq!(asked(&case, &[&good, &best], &made.id).await, best.id);
    }
}

async fn needs_skills_at_their_level_and_the_team(case: Case) {
    let (skill, team) = (case.skill().await, case.team().await);
    let need = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 5 };
    let queue = v1::Queue {
        required_skills: vec![need],
        team_ids: vec![team.id.clone()],
        ..Default::default()
    };
    let queue = case.queue(queue).await;
    let person = |name: &str, level, teams: &[&str]| v1::Agent {
        name: name.into(),
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level }],
        team_ids: teams.iter().map(|id| (*id).to_owned()).collect(),
        ..Default::default()
    };
    let weak = case.agent_as(person("weak", 4, &[&team.id])).await;
    let outside = case.agent_as(person("outside", 9, &[])).await;
    let (a, b) = (weak.console().await, outside.console().await);
    a.available().await;
    b.available().await;
    let made = case.open(&queue).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(case.interaction(&made.id).await.status(), Status::Queued, "nobody fits");
    let right = case.agent_as(person("right", 5, &[&team.id])).await;
    let c = right.console().await;
    c.available().await;
    assert_eq!(asked(&case, &[&weak, &outside, &right], &made.id).await, right.id);
}

async fn capacity_holds_for_units_and_for_channels(case: Case) {
    let queue = case.plain_queue().await;
    let channel = v1::ChannelKind::Voice.into();
    let per_channel = vec![v1::ChannelCapacity { channel, max: 1, ..Default::default() }];
    let capacity = Some(v1::Capacity { units: 2, per_channel, ..Default::default() });
    let agent = v1::Agent { name: "Bo".into(), capacity, ..Default::default() };
    let agent = case.agent_as(agent).await;
    let mut console = agent.console().await;
    console.available().await;
    let call = || v1::CreateInteractionRequest {
        channel: v1::ChannelKind::Voice.into(),
        ..crate::support::fixture::opening(&queue.id)
    };
    let first = case.create(call()).await;
    console.take().await;
    let second = case.create(call()).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(case.interaction(&second.id).await.status(), Status::Queued, "one call at a time");
    let chat = case.open(&queue).await;
    assert_eq!(console.take().await.interaction.unwrap().id, chat.id);
    let more = case.open(&queue).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(case.interaction(&more.id).await.status(), Status::Queued, "both units are used");
    let complete = v1::SessionComplete { interaction_id: first.id.clone(), ..Default::default() };
    console.session.complete(complete).await.expect("it is ours");
    let next = console.offered().await.interaction.unwrap().id;
    assert_eq!(next, second.id, "the call has waited longest and fits again");
    let offers = case.offers(&agent).await;
    let open = offers
        .iter()
        .filter(|offer| [OfferState::Pending, OfferState::Connected].contains(&offer.state()));
    assert_eq!(open.count(), 2);
}

async fn declined_goes_to_the_next(case: Case) {
    let queue = case.queue(by(RoutingStrategy::LongestIdle)).await;
    let (first, mut a) = case.at_work("first").await;
    let (second, mut b) = case.at_work("second").await;
    let made = case.open(&queue).await;
    let offer = a.offered().await.offer.unwrap();
    assert_eq!((offer.attempt, offer.state()), (1, OfferState::Pending));
    assert!(offer.expire_time.is_some() && offer.offer_time.is_some());
    let decline = v1::DeclineOfferRequest {
        offer_id: offer.id.clone(),
        reason: "at lunch".into(),
        request_id: String::new(),
    };
    let after = ok!(first.client.agents().decline_offer(decline.clone())).offer.unwrap();
    assert_eq!(after.state(), OfferState::Rejected);
    assert!(after.answer_time.is_some() && after.end_time.is_some());
    assert_eq!(after.reason, "at lunch", "what the agent said is kept");
    assert_eq!(a.offer_ended().await.id, offer.id);
    let next = b.offered().await;
    assert_eq!(next.interaction.as_ref().unwrap().id, made.id);
    assert_eq!(next.offer.as_ref().unwrap().attempt, 2);
    assert_eq!(next.last_message.unwrap().body, "where is it?");
    let now = case.interaction(&made.id).await;
    assert_eq!((now.status(), now.offers_failed), (Status::Offered, 1));
    assert_eq!(now.enqueue_time, made.enqueue_time, "it keeps its waiting time");

    let again = ok!(first.client.agents().decline_offer(decline)).offer.unwrap();
    assert_eq!(again.state(), OfferState::Rejected, "a repeat succeeds");
    let accept = v1::AcceptOfferRequest { offer_id: offer.id, ..Default::default() };
    refused!(first.client.agents().accept_offer(accept), OfferAnswered);
    let presence = case.presence(&first).await;
    assert_eq!(presence.effective(), EffectiveStatus::Available, "to decline is to respond");
    assert_eq!(case.offers(&second).await.len(), 1);
}

async fn declined_comes_back_to_the_only_one(case: Case) {
    let queue = v1::Queue { decline_cool_down: secs(3600), ..Default::default() };
    let queue = case.queue(queue).await;
    let (_, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    console.session.decline(&offer.id, "").await.expect("the offer is open");
    let again = console.offered().await;
    assert_eq!(again.interaction.unwrap().id, made.id, "cool-down never starves the only agent");
    assert_eq!(again.offer.unwrap().attempt, 2);
}

async fn unanswered_goes_to_the_next_and_the_silent_one_rests(case: Case) {
    let queue = v1::Queue { offer_timeout: secs(1), ..by(RoutingStrategy::LongestIdle) };
    let queue = case.queue(queue).await;
    let (silent, mut a) = case.at_work("silent").await;
    let began = Instant::now();
    let made = case.open(&queue).await;
    let offer = a.offered().await.offer.unwrap();
    let (_, mut b) = case.at_work("next").await;
    let ended = a.offer_ended().await;
    let waited = began.elapsed();
    assert_eq!((ended.id.as_str(), ended.state()), (&*offer.id, OfferState::TimedOut));
    let bound = Duration::from_millis(900)..Duration::from_millis(3500);
    assert!(bound.contains(&waited), "after a second, give or take: {waited:?}");
    let work = b.take().await;
    assert_eq!(work.interaction.unwrap().id, made.id);
    let presence = case.presence(&silent).await;
    assert_eq!(presence.effective(), EffectiveStatus::NotResponding);
    assert_eq!(presence.intended(), PresenceStatus::Available);
    let accept = v1::AcceptOfferRequest { offer_id: offer.id, ..Default::default() };
    let error = refused!(silent.client.agents().accept_offer(accept), OfferExpired);
    assert_eq!(error.metadata()["offer_id"], ended.id);
    assert_eq!(case.interaction(&made.id).await.offers_failed, 1);

    b.presence(PresenceStatus::Away).await;
    let waiting = case.open(&queue).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(case.interaction(&waiting.id).await.status(), Status::Queued);
    a.available().await;
    assert_eq!(a.take().await.interaction.unwrap().id, waiting.id, "back at work");
    let presence = case.presence(&silent).await;
    assert_eq!(presence.effective(), EffectiveStatus::Available);
}

async fn accepted_once_and_by_one(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    let other = case.agent("Cy").await;
    let made = case.open(&case.plain_queue().await).await;
    let offer = console.offered().await.offer.unwrap();
    let accept = v1::AcceptOfferRequest { offer_id: offer.id.clone(), ..Default::default() };
    // To another agent the offer does not exist, or is not theirs; both are refusals.
    let stolen = other.client.agents().accept_offer(accept.clone()).await;
    let stolen = omnichannel_sdk::Error::from(stolen.expect_err("it is not theirs"));
    let reasons = ["RESOURCE_NOT_FOUND", "NOT_INTERACTION_OWNER"];
    assert!(reasons.contains(&stolen.reason().name()), "{stolen:?}");

    let together = (0..6).map(|_| {
        let (client, accept) = (agent.client.agents(), accept.clone());
        async move { { client }.accept_offer(accept).await }
    });
    for answer in futures::future::join_all(together).await {
        let answer = answer.expect("a repeat by the winner succeeds").into_inner();
        assert_eq!(answer.offer.unwrap().state(), OfferState::Connected);
        let interaction = answer.interaction.unwrap();
        assert_eq!(
            (interaction.id, interaction.owner_agent_id),
            (made.id.clone(), agent.id.clone())
        );
    }
    assert_eq!(console.assigned().await.id, made.id);
    let now = case.interaction(&made.id).await;
    assert_eq!(now.status(), Status::Active);
    assert!(now.accept_time.is_some() && now.first_offer_time.is_some());
    let decline = v1::DeclineOfferRequest { offer_id: offer.id, ..Default::default() };
    refused!(agent.client.agents().decline_offer(decline), OfferAnswered);
    // Where a repeat is safe by itself, an id is put on record and no more.
    let request_id = nobody();
    let second = case.open(&case.plain_queue().await).await;
    let offer_id = console.offered().await.offer.unwrap().id;
    for (offer_id, id) in [(&accept.offer_id, &made.id), (&offer_id, &second.id)] {
        let (offer_id, request_id) = (offer_id.clone(), request_id.clone());
        let accept = v1::AcceptOfferRequest { offer_id, request_id };
        let taken = ok!(agent.client.agents().accept_offer(accept)).interaction.unwrap();
        assert_eq!((&taken.id, taken.status()), (id, Status::Active));
    }
}

async fn answers_after_the_end_say_why_it_ended(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let moved = console.offered().await.offer.unwrap();
    let elsewhere = case.team().await;
    let apart = v1::Queue { team_ids: vec![elsewhere.id], ..Default::default() };
    let route = v1::RouteInteractionRequest {
        interaction_id: made.id.clone(),
        target: Some(v1::route_interaction_request::Target::QueueId(case.queue(apart).await.id)),
        request_id: String::new(),
        override_limits: false,
    };
    ok!(case.admin.routing().route_interaction(route));
    assert_eq!(console.offer_ended().await.state(), OfferState::Rescinded);
    let accept = v1::AcceptOfferRequest { offer_id: moved.id.clone(), ..Default::default() };
    let error = refused!(agent.client.agents().accept_offer(accept), OfferRescinded);
    assert_eq!(error.metadata()["offer_id"], moved.id);
    let decline = v1::DeclineOfferRequest { offer_id: moved.id, ..Default::default() };
    refused!(agent.client.agents().decline_offer(decline), OfferRescinded);
    let unknown = v1::AcceptOfferRequest { offer_id: nobody(), ..Default::default() };
    refused!(agent.client.agents().accept_offer(unknown), ResourceNotFound);
    case.open(&queue).await;
    console.take().await;
}

async fn offers_are_rescinded_when_the_agent_leaves(case: Case) {
    let (_, mut console) = case.at_work("Bo").await;
    let made = case.open(&case.plain_queue().await).await;
    console.offered().await;
    console.presence(PresenceStatus::Break).await;
    assert_eq!(console.offer_ended().await.state(), OfferState::Rescinded);
    assert_eq!(case.interaction(&made.id).await.status(), Status::Queued);
    console.available().await;
    assert_eq!(console.take().await.interaction.unwrap().id, made.id);
}

async fn urgent_work_goes_first_where_the_queue_says_so(case: Case) {
    let queue = v1::Queue { priority_step: secs(3600), ..Default::default() };
    let queue = case.queue(queue).await;
    let with = |priority: v1::Priority| v1::CreateInteractionRequest {
        priority: priority.into(),
        ..crate::support::fixture::opening(&queue.id)
    };
    let low = case.create(with(v1::Priority::Low)).await;
    let normal = case.create(with(v1::Priority::Normal)).await;
    let critical = case.create(with(v1::Priority::Critical)).await;
    let (_, mut console) = case.at_work("Bo").await;
    for expected in [&critical, &normal, &low] {
        assert_eq!(console.take().await.interaction.unwrap().id, expected.id);
    }
}

fn transfer(id: &str, target: Target) -> v1::TransferInteractionRequest {
    v1::TransferInteractionRequest {
        interaction_id: id.to_owned(),
        target: Some(target),
        note: "they speak French".into(),
        request_id: String::new(),
        override_limits: false,
    }
}

/// Accepts what an agent is asked at this moment.
async fn accept_pending(case: &Case, agent: &Agent) {
    let accepted = || async {
        let offers = case.offers(agent).await;
        let open = offers.iter().find(|offer| offer.state() == OfferState::Pending)?;
        let accept = v1::AcceptOfferRequest { offer_id: open.id.clone(), ..Default::default() };
        agent.client.agents().accept_offer(accept).await.ok()
    };
    eventually("an offer is accepted", accepted).await;
}

async fn transferred_to_an_agent_the_owner_keeps_it_until_then(case: Case) {
    let queue = case.plain_queue().await;
    let (owner, mut a) = case.at_work("owner").await;
    let made = case.open(&queue).await;
    a.take().await;
    let (next, mut b) = case.at_work("next").await;
    let request = transfer(&made.id, Target::AgentId(next.id.clone()));
    let supervisor = case.role(v1::Role::Supervisor).await;
    ok!(supervisor.interactions().transfer_interaction(request.clone()));
    let work = b.offered().await;
    assert_eq!(work.interaction.unwrap().id, made.id);
    let now = case.interaction(&made.id).await;
    assert_eq!(now.owner_agent_id, owner.id, "the owner keeps it until somebody accepts");
    assert_eq!(now.enqueue_time, made.enqueue_time, "it keeps its waiting time");
    let declined = work.offer.unwrap();
    b.session.decline(&declined.id, "").await.expect("the offer is open");
    assert_eq!(case.interaction(&made.id).await.owner_agent_id, owner.id);

    ok!(supervisor.interactions().transfer_interaction(request));
    accept_pending(&case, &next).await;
    assert_eq!(a.unassigned().await.interaction_id, made.id);
    let now = case.interaction(&made.id).await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &next.id));
    let owners = case.offers(&owner).await;
    assert!(owners.iter().all(|offer| offer.state() != OfferState::Connected));
    let notes = v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(made.id.clone())),
        ..Default::default()
    };
    let notes = ok!(next.client.interactions().list_messages(notes)).messages;
    assert!(notes.iter().any(|note| note.body == "they speak French"), "the note is kept");
}

async fn transferred_to_a_queue(case: Case) {
    let (queue, team) = (case.plain_queue().await, case.team().await);
    let special = v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() };
    let special = case.queue(special).await;
    let (owner, mut a) = case.at_work("owner").await;
    let made = case.open(&queue).await;
    a.take().await;
    let request = transfer(&made.id, Target::QueueId(special.id.clone()));
    let request = v1::TransferInteractionRequest { request_id: nobody(), ..request };
    let after = ok!(case.admin.interactions().transfer_interaction(request.clone()));
    let after = after.interaction.unwrap();
    assert_eq!((&after.queue_id, &after.owner_agent_id), (&special.id, &owner.id));
    ok!(case.admin.interactions().transfer_interaction(request));
    let expert = v1::Agent { name: "expert".into(), team_ids: vec![team.id], ..Default::default() };
    let expert = case.agent_as(expert).await;
    let mut b = expert.console().await;
    b.available().await;
    b.take().await;
    assert_eq!(a.unassigned().await.interaction_id, made.id);
    assert_eq!(case.interaction(&made.id).await.owner_agent_id, expert.id);
}

async fn transfers_are_refused_where_nobody_could_take_over(case: Case) {
    let queue = case.plain_queue().await;
    let (owner, mut a) = case.at_work("owner").await;
    let made = case.open(&queue).await;
    a.take().await;
    let absent = case.agent("absent").await;
    let full = case.agent_with_room("full", 1).await;
    let mut b = full.console().await;
    let to = |target| transfer(&made.id, target);
    let request = to(Target::AgentId(absent.id.clone()));
    let error = refused!(case.admin.interactions().transfer_interaction(request), AgentUnavailable);
    assert_eq!(error.metadata()["agent_id"], absent.id);
    a.presence(PresenceStatus::Away).await;
    b.available().await;
    case.open(&queue).await;
    b.take().await;
    let request = to(Target::AgentId(full.id.clone()));
    refused!(case.admin.interactions().transfer_interaction(request), AgentUnavailable);
    for unknown in [Target::AgentId(nobody()), Target::QueueId(nobody())] {
        let request = to(unknown);
        refused!(case.admin.interactions().transfer_interaction(request), ResourceNotFound);
    }
    let nowhere = v1::TransferInteractionRequest { target: None, ..to(Target::AgentId(nobody())) };
    refused!(case.admin.interactions().transfer_interaction(nowhere), ValidationFailed);
    let tight = case.queue(v1::Queue { max_size: 1, ..Default::default() }).await;
    case.open(&tight).await;
    let request = to(Target::QueueId(tight.id.clone()));
    refused!(case.admin.interactions().transfer_interaction(request), QueueFull);
    let now = case.interaction(&made.id).await;
    assert_eq!((now.status(), now.owner_agent_id), (Status::Active, owner.id), "nothing was lost");
}

async fn routed_by_hand(case: Case) {
    let (queue, team) = (case.plain_queue().await, case.team().await);
    let empty = case.queue(v1::Queue { team_ids: vec![team.id], ..Default::default() }).await;
    let made = case.open(&empty).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let route = |target| v1::RouteInteractionRequest {
        interaction_id: made.id.clone(),
        target,
        request_id: String::new(),
        override_limits: false,
    };
    use v1::route_interaction_request::Target as To;
    let absent = case.agent("absent").await;
    let to_absent = route(Some(To::AgentId(absent.id)));
    refused!(case.admin.routing().route_interaction(to_absent), AgentUnavailable);
    let by_agent =
        ok!(case.admin.routing().route_interaction(route(Some(To::AgentId(agent.id.clone())))));
    let offer = by_agent.offer.expect("the agent is free");
    assert_eq!((&offer.agent_id, offer.state()), (&agent.id, OfferState::Pending));
    console.offered().await;
    console.session.decline(&offer.id, "").await.expect("the offer is open");
    let by_queue =
        ok!(case.admin.routing().route_interaction(route(Some(To::QueueId(queue.id.clone())))));
    let now = by_queue.interaction.unwrap();
    assert_eq!((&now.queue_id, now.enqueue_time), (&queue.id, made.enqueue_time));
    let work = console.take().await;
    assert_eq!(work.interaction.unwrap().id, made.id);
    let late = route(Some(To::QueueId(empty.id)));
    refused!(case.admin.routing().route_interaction(late), InteractionNotOpen);
}

async fn routed_by_the_rules(case: Case) {
    let special = case.plain_queue().await;
    let made = case.open(&special).await;
    let route = v1::RouteInteractionRequest {
        interaction_id: made.id.clone(),
        target: None,
        request_id: String::new(),
        override_limits: false,
    };
    let routed = ok!(case.admin.routing().route_interaction(route.clone())).interaction.unwrap();
    let all = ok!(case.admin.routing().list_queues(v1::ListQueuesRequest::default())).queues;
    let default = all.iter().find(|queue| queue.default_queue).expect("a tenant has one");
    assert_eq!(routed.queue_id, default.id, "no rule matches: to the default queue");
    let word = crate::routing_nouns::condition(
        v1::ConditionField::Keyword,
        v1::ConditionOperator::Contains,
        &["where"],
    );
    let action = v1::RuleAction {
        queue_id: special.id.clone(),
        set_priority: v1::Priority::High.into(),
        ..Default::default()
    };
    let rule = v1::RoutingRule {
        name: crate::support::unique("rule"),
        position: 1,
        enabled: true,
        conditions: vec![word],
        action: Some(action),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let rule = ok!(case.admin.routing().create_routing_rule(request)).routing_rule.unwrap();
    let routed = ok!(case.admin.routing().route_interaction(route)).interaction.unwrap();
    assert_eq!((&routed.queue_id, &routed.matched_rule_id), (&special.id, &rule.id));
    assert_eq!((routed.priority(), routed.enqueue_time), (v1::Priority::High, made.enqueue_time));
    assert_eq!(routed.status(), Status::Queued, "nobody is there");
}

async fn what_waits_for_an_agent_who_leaves_goes_to_the_queue(case: Case) {
    let queue = case.plain_queue().await;
    let (owner, mut a) = case.at_work("owner").await;
    let made = case.open(&queue).await;
    a.take().await;
    let next = case.agent("next").await;
    let options = SessionOptions { max_open_offers: 1, ..SessionOptions::default() };
    let session = AgentSession::open(&next.client, options).await.expect("it opens");
    let mut b = Console::new(session).await;
    b.available().await;
    case.open(&queue).await;
    b.offered().await;
    let request = transfer(&made.id, Target::AgentId(next.id.clone()));
    ok!(case.admin.interactions().transfer_interaction(request));
    let now = case.interaction(&made.id).await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Queued, &owner.id), "it waits");
    a.presence(PresenceStatus::Away).await;
    b.presence(PresenceStatus::Break).await;
    let (third, mut c) = case.at_work("third").await;
    let taken = [c.take().await, c.take().await].map(|work| work.interaction.unwrap().id);
    assert!(taken.contains(&made.id), "the queue chooses anew");
    let now = case.interaction(&made.id).await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &third.id));
    assert_eq!(now.enqueue_time, made.enqueue_time, "it keeps its waiting time");
}
