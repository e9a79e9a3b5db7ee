//! Every strategy, work order and shadow as callers see them: configured over the contract,
//! observed by who is asked. What each promises in full is proved in the engine; here is one
//! scenario each.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, opening, somebody};
use crate::support::{eventually, mask, nobody, secs};
use omnichannel_sdk::v1::create_interaction_request::Customer as Who;
use omnichannel_sdk::v1::{
    self, AgentSkill, RoutingStrategy as Strategy, SkillRequirement, SkillWeight, WorkOrder,
};

both!(
    round_robin_goes_on_in_turn,
    skills_are_matched_closely_and_weighed,
    who_is_best_used_for_it_is_asked_first,
    the_highest_rank_is_asked_first,
    important_customers_reach_the_seniors,
    a_language_is_spoken_exactly_or_nearly,
    the_nearest_agent_is_asked,
    a_customer_gets_whom_they_know_without_waiting,
    a_shadow_is_counted_and_not_followed,
    freed_agents_get_what_they_are_best_for,
    settings_are_read_changed_and_guarded,
    tuning_is_kept_and_checked,
);

/// A queue that chooses by this.
fn by(strategy: Strategy) -> v1::Queue {
    v1::Queue { strategy: strategy.into(), ..Default::default() }
}

/// An agent with room for so many, at work.
async fn at_work(case: &Case, units: i32, agent: v1::Agent) -> (Agent, Console) {
    let capacity = Some(v1::Capacity { units, ..Default::default() });
    let agent = v1::Agent { name: "Bo".into(), capacity, ..agent };
    let agent = case.agent_as(agent).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

fn knows(skills: &[(&v1::Skill, i32)]) -> v1::Agent {
    let skill = |(skill, level): &(&v1::Skill, i32)| AgentSkill {
        skill_id: skill.id.clone(),
        level: *level,
    };
    v1::Agent { skills: skills.iter().map(skill).collect(), ..Default::default() }
}

fn needs(skill: &v1::Skill, min_level: i32) -> SkillRequirement {
    SkillRequirement { skill_id: skill.id.clone(), min_level }
}

/// Who is asked next about something new.
async fn asked(
    case: &Case,
    consoles: &mut [&mut Console],
    request: v1::CreateInteractionRequest,
) -> usize {
    let made = case.create(request).await;
    let mut waiting: Vec<_> = consoles
        .iter_mut()
        .enumerate()
        .map(|(at, console)| {
            Box::pin(async move { (at, console.offered().await.interaction.unwrap().id) })
        })
        .collect();
    let ((at, id), ..) = futures::future::select_all(waiting.drain(..)).await;
    assert_eq!(id, made.id);
    at
}

async fn round_robin_goes_on_in_turn(case: Case) {
    let queue = case.queue(by(Strategy::RoundRobin)).await;
    let (_, mut a) = at_work(&case, 5, v1::Agent::default()).await;
    let (_, mut b) = at_work(&case, 5, v1::Agent::default()).await;
    let (_, mut c) = at_work(&case, 5, v1::Agent::default()).await;
    for expected in [0, 1] {
        let all = &mut [&mut a, &mut b, &mut c];
        assert_eq!(asked(&case, all, opening(&queue.id)).await, expected);
    }
    // A break makes nobody the last, as it does where idleness counts.
    c.presence(v1::PresenceStatus::Break).await;
    c.available().await;
    for expected in [2, 0, 1, 2] {
        let all = &mut [&mut a, &mut b, &mut c];
        assert_eq!(asked(&case, all, opening(&queue.id)).await, expected);
    }
}

async fn skills_are_matched_closely_and_weighed(case: Case) {
    let (lang, tech) = (case.skill().await, case.skill().await);
    let weighed = SkillWeight { skill_id: lang.id.clone(), weight: 9 };
    let options = v1::StrategyOptions {
        close_enough_percent: 100,
        skill_weights: vec![weighed],
        ..Default::default()
    };
    let queue = v1::Queue {
        strategy_options: Some(options),
        required_skills: vec![needs(&lang, 3), needs(&tech, 3)],
        ..by(Strategy::SkillBased)
    };
    let queue = case.queue(queue).await;
    let (_, mut engineer) = at_work(&case, 5, knows(&[(&lang, 9), (&tech, 4)])).await;
    let (_, mut linguist) = at_work(&case, 5, knows(&[(&lang, 4), (&tech, 9)])).await;
    let got = asked(&case, &mut [&mut engineer, &mut linguist], opening(&queue.id)).await;
    assert_eq!(got, 1, "what counts nine times is met more closely");
}

async fn who_is_best_used_for_it_is_asked_first(case: Case) {
    let (sales, repairs) = (case.skill().await, case.skill().await);
    // The default strategy.
    let queue = v1::Queue { required_skills: vec![needs(&sales, 1)], ..Default::default() };
    let queue = case.queue(queue).await;
    assert_eq!(queue.strategy(), Strategy::PrimaryFirst);
    let (_, mut star) = at_work(&case, 1, knows(&[(&sales, 8), (&repairs, 10)])).await;
    let (_, mut modest) = at_work(&case, 1, knows(&[(&sales, 2)])).await;
    let both = &mut [&mut star, &mut modest];
    assert_eq!(asked(&case, both, opening(&queue.id)).await, 1);
    assert_eq!(asked(&case, &mut [&mut star], opening(&queue.id)).await, 0, "rather than nobody");
}

async fn the_highest_rank_is_asked_first(case: Case) {
    let queue = case.queue(by(Strategy::Priority)).await;
    let ranked = |rank| v1::Agent { rank, ..Default::default() };
    let (_, mut low) = at_work(&case, 5, ranked(1)).await;
    let (_, mut high) = at_work(&case, 1, ranked(90)).await;
    assert_eq!(asked(&case, &mut [&mut low, &mut high], opening(&queue.id)).await, 1);
    assert_eq!(asked(&case, &mut [&mut low], opening(&queue.id)).await, 0);
}

async fn important_customers_reach_the_seniors(case: Case) {
    let options = v1::StrategyOptions { vip_tiers: vec!["gold".into()], ..Default::default() };
    let queue = v1::Queue { strategy_options: Some(options), ..by(Strategy::Vip) };
    let queue = case.queue(queue).await;
    let ranked = |rank| v1::Agent { rank, ..Default::default() };
    let (_, mut junior) = at_work(&case, 5, ranked(1)).await;
    let (_, mut senior) = at_work(&case, 5, ranked(50)).await;
    let gold =
        v1::Customer { display_name: "Ada".into(), tier: "Gold".into(), ..Default::default() };
    let request = v1::CreateCustomerRequest { customer: Some(gold), ..Default::default() };
    let gold = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    let of_gold = v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::CustomerId(gold.id)),
        ..opening(&queue.id)
    };
    for _ in 0..2 {
        let both = &mut [&mut junior, &mut senior];
        assert_eq!(asked(&case, both, of_gold.clone()).await, 1, "although both are as free");
    }
    let other = v1::CreateInteractionRequest { customer: Some(somebody()), ..opening(&queue.id) };
    assert_eq!(asked(&case, &mut [&mut junior, &mut senior], other).await, 0);
}

async fn a_language_is_spoken_exactly_or_nearly(case: Case) {
    let queue = case.queue(by(Strategy::Language)).await;
    let speaks = |tag: &str| v1::Agent { languages: vec![tag.into()], ..Default::default() };
    let (_, mut german) = at_work(&case, 1, speaks("de")).await;
    let (_, mut near) = at_work(&case, 1, speaks("pt")).await;
    let (_, mut exact) = at_work(&case, 1, speaks("pt-BR")).await;
    let said = || v1::CreateInteractionRequest { language: "pt-BR".into(), ..opening(&queue.id) };
    assert_eq!(asked(&case, &mut [&mut german, &mut near, &mut exact], said()).await, 2);
    assert_eq!(asked(&case, &mut [&mut german, &mut near], said()).await, 1);
    assert_eq!(asked(&case, &mut [&mut german], said()).await, 0);
}

async fn the_nearest_agent_is_asked(case: Case) {
    let queue = case.queue(by(Strategy::Geographic)).await;
    let at = |north, east| Some(v1::Place { north_micro_degrees: north, east_micro_degrees: east });
    let is = |place| v1::Agent { place, ..Default::default() };
    let (_, mut nowhere) = at_work(&case, 1, is(None)).await;
    let (_, mut paris) = at_work(&case, 1, is(at(48_856_600, 2_352_200))).await;
    let (_, mut berlin) = at_work(&case, 1, is(at(52_520_000, 13_405_000))).await;
    let frankfurt = at(50_110_900, 8_682_100);
    let from = || v1::CreateInteractionRequest { place: frankfurt, ..opening(&queue.id) };
    let all = &mut [&mut nowhere, &mut paris, &mut berlin];
    assert_eq!(asked(&case, all, from()).await, 2);
    assert_eq!(asked(&case, &mut [&mut nowhere, &mut paris], from()).await, 1);
    let made = case.create(from()).await;
    assert_eq!(made.place, at(50_100_000, 8_700_000), "kept to a tenth of a degree");
}

async fn a_customer_gets_whom_they_know_without_waiting(case: Case) {
    let queue = case.queue(by(Strategy::CustomerHistory)).await;
    let (_, mut known) = at_work(&case, 9, v1::Agent::default()).await;
    let served = case.open(&queue).await;
    known.take().await;
    let (_, mut other) = at_work(&case, 9, v1::Agent::default()).await;
    let again = || {
        let who = Who::CustomerId(served.customer_id.clone());
        v1::CreateInteractionRequest { customer: Some(who), ..opening(&queue.id) }
    };
    let second = case.create(again()).await;
    let offer = known.take().await.offer.unwrap();
    assert_eq!(offer.interaction_id, second.id, "although the other has more room");
    let stranger = case.open(&queue).await;
    assert_eq!(other.take().await.offer.unwrap().interaction_id, stranger.id);
    known.presence(v1::PresenceStatus::Break).await;
    let third = case.create(again()).await;
    assert_eq!(other.take().await.offer.unwrap().interaction_id, third.id, "nobody waits");
}

async fn a_shadow_is_counted_and_not_followed(case: Case) {
    let skill = case.skill().await;
    let queue = v1::Queue {
        shadow_strategy: Strategy::MostSkilled.into(),
        required_skills: vec![needs(&skill, 1)],
        ..by(Strategy::LongestIdle)
    };
    let queue = case.queue(queue).await;
    let (_, mut first) = at_work(&case, 5, knows(&[(&skill, 2)])).await;
    let (_, mut best) = at_work(&case, 5, knows(&[(&skill, 8)])).await;
    for expected in [0, 1, 0] {
        let both = &mut [&mut first, &mut best];
        assert_eq!(asked(&case, both, opening(&queue.id)).await, expected);
    }
    let look = || async {
        let ask = v1::GetQueueStatsRequest { queue_ids: vec![queue.id.clone()] };
        let stats = ok!(case.admin.routing().get_queue_stats(ask)).queues.remove(0);
        let seen = (stats.shadow_agreed, stats.shadow_differed);
        (seen.0 + seen.1 == 3).then_some(seen)
    };
    assert_eq!(eventually("three offers are counted", look).await, (1, 2));
}

/// Changes the settings of the tenant.
async fn set(case: &Case, order: WorkOrder, gap_step: i64) -> v1::RoutingSettings {
    let settings = v1::RoutingSettings {
        work_order: order.into(),
        gap_step: secs(gap_step),
        ..Default::default()
    };
    let request =
        v1::UpdateRoutingSettingsRequest { routing_settings: Some(settings), ..Default::default() };
    ok!(case.admin.routing().update_routing_settings(request)).routing_settings.unwrap()
}

async fn freed_agents_get_what_they_are_best_for(case: Case) {
    let (best, other) = (case.skill().await, case.skill().await);
    let asks = |skill| v1::Queue { required_skills: vec![needs(skill, 1)], ..Default::default() };
    let (primary, secondary) = (case.queue(asks(&best)).await, case.queue(asks(&other)).await);
    for (order, primary_first) in [(WorkOrder::PrimaryFirst, true), (WorkOrder::FirstCome, false)] {
        set(&case, order, 600).await;
        let old = case.open(&secondary).await;
        let new = case.open(&primary).await;
        let (_, mut console) = at_work(&case, 1, knows(&[(&best, 9), (&other, 7)])).await;
        let got = console.offered().await.interaction.unwrap().id;
        let wanted = if primary_first { &new.id } else { &old.id };
        assert_eq!(&got, wanted, "{order:?}");
        console.presence(v1::PresenceStatus::Break).await;
        for id in [old.id, new.id] {
            let cancel = v1::CancelInteractionRequest { interaction_id: id, ..Default::default() };
            ok!(case.admin.interactions().cancel_interaction(cancel));
        }
    }
}

async fn settings_are_read_changed_and_guarded(case: Case) {
    let get = || async {
        let request = v1::GetRoutingSettingsRequest {};
        ok!(case.admin.routing().get_routing_settings(request)).routing_settings.unwrap()
    };
    let first = get().await;
    assert_eq!((first.work_order(), first.gap_step), (WorkOrder::PrimaryFirst, secs(600)));
    assert!(first.update_time.is_none() && !first.etag.is_empty());
    let after = set(&case, WorkOrder::FixedQueueRatio, 30).await;
    assert_eq!(after, get().await);
    assert_eq!((after.work_order(), after.gap_step), (WorkOrder::FixedQueueRatio, secs(30)));
    assert!(after.update_time.is_some());
    let update = |settings: v1::RoutingSettings, paths: &[&str]| v1::UpdateRoutingSettingsRequest {
        routing_settings: Some(settings),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let change = v1::RoutingSettings { gap_step: secs(5), ..Default::default() };
    let stale = v1::RoutingSettings { etag: first.etag.clone(), ..change.clone() };
    refused!(
        case.admin.routing().update_routing_settings(update(stale, &["gap_step"])),
        EtagMismatch
    );
    let wrong = update(change.clone(), &["update_time"]);
    refused!(case.admin.routing().update_routing_settings(wrong), FieldMaskInvalid);
    ok!(case.admin.routing().update_routing_settings(update(change, &["gap_step"])));
    let last = get().await;
    assert_eq!((last.work_order(), last.gap_step), (WorkOrder::FixedQueueRatio, secs(5)));
    // Settings are the tenant's own.
    let stranger = case.stranger().await;
    let request = v1::GetRoutingSettingsRequest {};
    let theirs = ok!(stranger.admin.routing().get_routing_settings(request)).routing_settings;
    assert_eq!(theirs.unwrap().work_order(), WorkOrder::PrimaryFirst);
}

async fn tuning_is_kept_and_checked(case: Case) {
    let skill = case.skill().await;
    let weighed = |skill_id: &str| SkillWeight { skill_id: skill_id.to_owned(), weight: 4 };
    let options = v1::StrategyOptions {
        close_enough_percent: 90,
        skill_weights: vec![weighed(&skill.id)],
        vip_tiers: vec!["gold".into(), "platinum".into()],
    };
    let queue = v1::Queue {
        shadow_strategy: Strategy::Vip.into(),
        weight: 7,
        ageing_knee: secs(120),
        ageing_percent: 50,
        strategy_options: Some(options.clone()),
        ..by(Strategy::SkillBased)
    };
    let made = case.queue(queue).await;
    let read = v1::GetQueueRequest { queue_id: made.id.clone() };
    assert_eq!(ok!(case.admin.routing().get_queue(read)).queue.unwrap(), made);
    assert_eq!((made.weight, made.ageing_percent), (7, 50));
    assert_eq!(made.strategy_options.as_ref(), Some(&options));
    let delete = v1::DeleteSkillRequest { skill_id: skill.id.clone(), ..Default::default() };
    refused!(case.admin.routing().delete_skill(delete), ResourceInUse);
    let update = |queue: v1::Queue, paths: &[&str]| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: made.id.clone(), ..queue }),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let weighs = |weights| v1::Queue {
        strategy_options: Some(v1::StrategyOptions { skill_weights: weights, ..options.clone() }),
        ..Default::default()
    };
    let unknown = update(weighs(vec![weighed(&nobody())]), &["strategy_options"]);
    refused!(case.admin.routing().update_queue(unknown), ResourceNotFound);
    let twice = update(weighs(vec![weighed(&skill.id); 2]), &["strategy_options"]);
    refused!(case.admin.routing().update_queue(twice), ValidationFailed);
    let strange = v1::Queue { shadow_strategy: 99, ..Default::default() };
    let paths = ["shadow_strategy"];
    refused!(case.admin.routing().update_queue(update(strange, &paths)), ValidationFailed);
    let none = ok!(case.admin.routing().update_queue(update(v1::Queue::default(), &paths)));
    assert_eq!(none.queue.unwrap().shadow_strategy, 0);
}
