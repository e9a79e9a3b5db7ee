//! Explanations of what is set aside, from outside: when it wakes, who could take it if it woke at
//! that moment, and that asking changes nothing.

use crate::support::fixture::{Agent, Case};
use crate::support::{eventually, secs, unique};
use omnichannel_sdk::v1::{self, InteractionStatus as Status, PresenceStatus};
use prost_types::Timestamp;
use std::time::SystemTime;
use v1::RoutingCheck as Check;
use v1::explain_request::Moment;

both!(
    figures_count_what_is_set_aside,
    what_is_scheduled_says_when_and_who_could_take_it,
    what_is_scheduled_is_told_without_times_of_its_plan,
    what_is_parked_goes_back_to_its_agent_or_to_who_is_there,
    what_is_parked_and_counts_goes_back_at_any_hour,
    what_was_set_aside_at_a_moment_is_explained_so,
);

fn why(id: &str) -> v1::ExplainRequest {
    v1::ExplainRequest { interaction_id: id.into(), ..Default::default() }
}

async fn explain(case: &Case, asked: v1::ExplainRequest) -> (v1::RoutingExplanation, Vec<Told>) {
    let told = ok!(case.admin.routing().explain(asked));
    let agents = told.agents.into_iter();
    let of = |a: v1::ExplainedAgent| (a.agent_id, a.unmet.iter().map(|u| u.check()).collect());
    (told.explanation.expect("it is told why"), agents.map(of).collect())
}

/// An agent and what stands against them.
type Told = (String, Vec<Check>);

fn in_seconds(seconds: i64) -> Option<Timestamp> {
    let now = Timestamp::from(SystemTime::now());
    Some(Timestamp { seconds: now.seconds + seconds, ..now })
}

async fn schedule(case: &Case, id: &str, seconds: i64) -> v1::Interaction {
    let request = v1::RequestCallbackRequest {
        interaction_id: id.into(),
        callback_time: in_seconds(seconds),
        ..Default::default()
    };
    ok!(case.admin.interactions().request_callback(request)).interaction.unwrap()
}

async fn park(agent: &Agent, id: &str, wake_time: Option<Timestamp>) -> v1::Interaction {
    let interaction_id = id.into();
    let request = v1::ParkInteractionRequest { interaction_id, wake_time, ..Default::default() };
    ok!(agent.client.interactions().park_interaction(request)).interaction.unwrap()
}

async fn figures_count_what_is_set_aside(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Ada").await;
    let parked = case.open(&queue).await;
    console.take().await;
    park(&agent, &parked.id, None).await;
    console.presence(PresenceStatus::Busy).await;
    let scheduled = case.open(&queue).await;
    schedule(&case, &scheduled.id, 3_000).await;
    case.open(&queue).await;
    let of_queue = v1::GetQueueStatsRequest { queue_ids: vec![queue.id.clone()] };
    // Figures may be a moment old, never more.
    let look = || async {
        let of = ok!(case.admin.routing().get_queue_stats(of_queue.clone())).queues.remove(0);
        let ask = v1::GetRealTimeStatsRequest {};
        let all = ok!(case.admin.analytics().get_real_time_stats(ask)).stats.unwrap();
        let counts = [all.queued_interactions, all.parked_interactions, all.scheduled_interactions];
        let here = [of.depth, of.offered, of.parked, of.scheduled];
        ((here, counts) == ([1, 0, 1, 1], [1, 1, 1])).then_some(())
    };
    eventually("the figures of the queue and of all", look).await;
}

async fn what_is_scheduled_says_when_and_who_could_take_it(case: Case) {
    let skill = case.skill().await;
    let needed = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 5 };
    let queue = v1::Queue { required_skills: vec![needed], ..Default::default() };
    let queue = case.queue(queue).await;
    let (first, second) = (case.open(&queue).await, case.open(&queue).await);
    let scheduled = schedule(&case, &second.id, 3_000).await;
    let skills = vec![v1::AgentSkill { skill_id: skill.id, level: 7 }];
    let capacity = Some(v1::Capacity { units: 2, ..Default::default() });
    let ada = v1::Agent { name: unique("Ada"), skills, capacity, ..Default::default() };
    let ada = case.agent_as(ada).await;
    let bo = case.agent("Bo").await;
    let consoles = (ada.console().await, bo.console().await);
    // Bo knows nothing, and Ada is not there yet: the line is as long as it was.
    consoles.1.available().await;
    let (found, agents) = explain(&case, why(&second.id)).await;
    assert_eq!((found.status(), found.as_if_woken), (Status::Scheduled, true));
    assert_eq!((found.wake_time, scheduled.status()), (scheduled.wake_time, Status::Scheduled));
    assert_eq!((&found.queue_id, found.eligible), (&queue.id, 0));
    assert_eq!((found.position, found.waiting), (2, 2), "where it would stand");
    assert_eq!(found.ahead[0].interaction_id, first.id);
    let mut told = vec![(ada.id.clone(), vec![Check::Presence]), (bo.id, vec![Check::Skill])];
    told.sort();
    let mut agents = agents;
    agents.sort();
    assert_eq!(agents, told);
    // Once Ada is there she takes the one that waits, and would be asked for the other.
    consoles.0.available().await;
    case.interaction_in(&first.id, Status::Offered).await;
    let (found, agents) = explain(&case, why(&second.id)).await;
    assert_eq!((&found.chosen_agent_id, found.eligible), (&ada.id, 1));
    assert_eq!((found.asked_agent_id.as_str(), found.returns_to_agent_id.as_str()), ("", ""));
    assert_eq!(agents[0], (ada.id.clone(), Vec::new()));
    assert_eq!((found.wake_time, found.nearest.len()), (scheduled.wake_time, 0));
    assert_eq!(case.interaction(&second.id).await, scheduled, "asking changes nothing");
    assert_eq!(case.offers(&ada).await.len(), 1);
}

async fn what_is_scheduled_is_told_without_times_of_its_plan(case: Case) {
    let (inner, outer) = (case.team().await, case.team().await);
    let wider = v1::RoutingPlanStep {
        clock: v1::StepClock::Step.into(),
        after: secs(600),
        team_ids: vec![outer.id.clone()],
        ..Default::default()
    };
    let plan = case.plan(vec![v1::RoutingPlanStep::default(), wider]).await;
    let team_ids = vec![inner.id.clone()];
    let queue = v1::Queue { team_ids, routing_plan_id: plan.id.clone(), ..Default::default() };
    let queue = case.queue(queue).await;
    let ada = v1::Agent { name: "Ada".into(), team_ids: vec![outer.id], ..Default::default() };
    let ada = case.agent_as(ada).await;
    let console = ada.console().await;
    console.available().await;
    let made = case.open(&queue).await;
    schedule(&case, &made.id, 3_000).await;
    let (found, agents) = explain(&case, why(&made.id)).await;
    assert_eq!((&found.routing_plan_id, found.step), (&plan.id, 1));
    let steps: Vec<_> = found.steps.iter().map(|step| (step.open, step.open_time)).collect();
    assert_eq!(steps, [(true, None), (false, None)], "its clocks begin when it wakes");
    assert_eq!(agents, [(ada.id, vec![Check::StepOpen])]);
    assert!(found.nearest.is_empty(), "{:?}", found.nearest);
}

async fn what_is_parked_goes_back_to_its_agent_or_to_who_is_there(case: Case) {
    let queue = case.plain_queue().await;
    let (ada, mut console) = case.at_work("Ada").await;
    let made = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&made.id, Status::Active).await;
    park(&ada, &made.id, None).await;
    let (found, agents) = explain(&case, why(&made.id)).await;
    assert_eq!((found.status(), found.as_if_woken), (Status::Parked, true));
    assert_eq!((found.wake_time, &found.returns_to_agent_id), (None, &ada.id));
    assert_eq!((&found.chosen_agent_id, found.position), (&ada.id, 0));
    assert_eq!(agents, [(ada.id.clone(), Vec::new())]);
    // While she is on a break it would wait for whoever is there.
    console.presence(PresenceStatus::Break).await;
    let (bo, _other) = case.at_work("Bo").await;
    let again = park(&ada, &made.id, in_seconds(3_000)).await;
    let (found, agents) = explain(&case, why(&made.id)).await;
    assert_eq!((found.wake_time, found.returns_to_agent_id.as_str()), (again.wake_time, ""));
    assert!(found.wake_time.is_some(), "it wakes by itself");
    assert_eq!((&found.chosen_agent_id, found.eligible), (&bo.id, 1));
    assert_eq!((found.position, found.waiting), (1, 1));
    let told = [(bo.id.clone(), Vec::new()), (ada.id.clone(), vec![Check::Presence])];
    assert_eq!(agents, told);
}

async fn what_is_parked_and_counts_goes_back_at_any_hour(case: Case) {
    let queue = case.queue(v1::Queue { parked_counts: true, ..Default::default() }).await;
    let ada = case.agent_with_room("Ada", 1).await;
    let mut console = ada.console().await;
    console.available().await;
    let made = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&made.id, Status::Active).await;
    park(&ada, &made.id, None).await;
    console.presence(PresenceStatus::Break).await;
    let (_bo, _other) = case.at_work("Bo").await;
    let (found, agents) = explain(&case, why(&made.id)).await;
    assert_eq!((found.status(), &found.returns_to_agent_id), (Status::Parked, &ada.id));
    assert_eq!((&found.chosen_agent_id, found.eligible), (&ada.id, 1));
    assert_eq!(agents[0], (ada.id, Vec::new()));
    assert_eq!(agents[1].1, [Check::Target], "it is for nobody else");
}

async fn what_was_set_aside_at_a_moment_is_explained_so(case: Case) {
    let queue = case.plain_queue().await;
    let (ada, mut console) = case.at_work("Ada").await;
    let made = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&made.id, Status::Active).await;
    park(&ada, &made.id, None).await;
    let (parked, _) = explain(&case, why(&made.id)).await;
    let wake = v1::WakeInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().wake_interaction(wake));
    case.interaction_in(&made.id, Status::Active).await;
    let request = v1::RequestCallbackRequest {
        interaction_id: made.id.clone(),
        callback_time: in_seconds(3_000),
        ..Default::default()
    };
    let called = ok!(ada.client.interactions().request_callback(request)).interaction.unwrap();
    let (scheduled, _) = explain(&case, why(&made.id)).await;
    let done =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(done));
    refused!(case.admin.routing().explain(why(&made.id)), InteractionNotOpen);
    let at = |seq| v1::ExplainRequest { moment: Some(Moment::AtSeq(seq)), ..why(&made.id) };
    let (then, _) = explain(&case, at(parked.as_of_seq)).await;
    assert_eq!((then.status(), &then.returns_to_agent_id), (Status::Parked, &ada.id));
    assert_eq!((then.as_if_woken, then.as_of_seq), (true, parked.as_of_seq));
    let (then, agents) = explain(&case, at(scheduled.as_of_seq)).await;
    assert_eq!((then.status(), then.wake_time), (Status::Scheduled, called.wake_time));
    assert_eq!((then.chosen_agent_id, agents.len()), (ada.id, 1));
}
