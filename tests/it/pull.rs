//! Queues that leave their work to be taken, and agents who take it: who gets what, who gets
//! nothing and why, and that no two get the same.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, opening};
use crate::support::refusal::metadata_fault;
use crate::support::{mask, nobody, secs};
use omnichannel_sdk::v1::{
    self, AssignmentMode as Mode, InteractionStatus as Status, PresenceStatus, Priority,
    RoutingCheck as Check,
};

both!(
    nobody_is_asked_and_whoever_takes_it_has_it,
    two_race_for_one_and_one_wins,
    a_repeat_answers_with_the_same,
    the_work_order_says_what_is_first,
    who_may_not_is_told_why,
    what_an_agent_never_takes_does_not_wait_for_them,
    only_some_queues_are_looked_at,
    the_mode_is_changed_and_holds_at_once,
    work_that_is_offered_is_not_taken,
    what_was_declined_comes_last,
    whoever_is_named_is_asked_all_the_same,
    the_session_takes_too,
    waiting_goes_on_as_elsewhere,
    explain_says_that_it_waits_to_be_taken,
);

fn pull() -> v1::Queue {
    v1::Queue { assignment_mode: Mode::Pull.into(), ..Default::default() }
}

fn anything() -> v1::TakeNextRequest {
    v1::TakeNextRequest::default()
}

fn out_of(queue: &v1::Queue) -> v1::TakeNextRequest {
    v1::TakeNextRequest { queue_ids: vec![queue.id.clone()], ..Default::default() }
}

async fn take(agent: &Agent) -> v1::Interaction {
    ok!(agent.client.agents().take_next(anything())).interaction.unwrap()
}

/// What stands in the way, and how many wait.
async fn nothing(agent: &Agent, request: v1::TakeNextRequest) -> (String, String) {
    let error = refused!(agent.client.agents().take_next(request), NothingToTake);
    assert_eq!(metadata_fault(&error), None);
    (error.metadata()["condition"].clone(), error.metadata()["waiting"].clone())
}

async fn unavailable(agent: &Agent) -> String {
    let error = refused!(agent.client.agents().take_next(anything()), AgentUnavailable);
    assert_eq!(metadata_fault(&error), None);
    assert_eq!(error.metadata()["agent_id"], agent.id);
    error.metadata()["condition"].clone()
}

async fn at_work(case: &Case, agent: v1::Agent) -> (Agent, Console) {
    let agent = case.agent_as(v1::Agent { name: "Bo".into(), ..agent }).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

async fn nobody_is_asked_and_whoever_takes_it_has_it(case: Case) {
    let queue = case.queue(pull()).await;
    assert_eq!(queue.assignment_mode(), Mode::Pull);
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    assert_eq!(made.status(), Status::Queued);
    assert!(case.offers(&agent).await.is_empty());
    let taken = take(&agent).await;
    assert_eq!((&taken.id, taken.status()), (&made.id, Status::Active));
    assert_eq!(taken.owner_agent_id, agent.id);
    assert_eq!(console.assigned().await.id, made.id);
    let offers = case.offers(&agent).await;
    assert_eq!(offers.len(), 1);
    assert!(offers[0].answer_time.is_some() && !offers[0].override_limits);
    assert_eq!(nothing(&agent, anything()).await, (String::new(), "0".to_owned()));
}

async fn two_race_for_one_and_one_wins(case: Case) {
    let queue = case.queue(pull()).await;
    let (a, _one) = case.at_work("A").await;
    let (b, _two) = case.at_work("B").await;
    for _ in 0..10 {
        let made = case.open(&queue).await;
        let (mut first, mut second) = (a.client.agents(), b.client.agents());
        let both = (first.take_next(anything()), second.take_next(anything()));
        let (first, second) = futures::future::join(both.0, both.1).await;
        let won: Vec<_> = [first, second]
            .into_iter()
            .filter_map(|answer| match answer {
                Ok(taken) => taken.into_inner().interaction,
                Err(status) => {
                    let error = omnichannel_sdk::Error::from(status);
                    assert!(error.is(v1::ErrorReason::NothingToTake), "{error:?}");
                    None
                }
            })
            .collect();
        assert_eq!(won.len(), 1, "one winner");
        assert_eq!(won[0].id, made.id);
        let now = case.interaction(&made.id).await;
        assert_eq!(now.owner_agent_id, won[0].owner_agent_id);
        let close = v1::CloseInteractionRequest { interaction_id: made.id, ..Default::default() };
        ok!(case.admin.interactions().close_interaction(close));
    }
}

async fn a_repeat_answers_with_the_same(case: Case) {
    let queue = case.queue(pull()).await;
    let (agent, _console) = case.at_work("Bo").await;
    let (first, second) = (case.open(&queue).await, case.open(&queue).await);
    let request = v1::TakeNextRequest { request_id: nobody(), ..Default::default() };
    for _ in 0..3 {
        let taken = ok!(agent.client.agents().take_next(request.clone())).interaction.unwrap();
        assert_eq!(taken.id, first.id);
    }
    assert_eq!(case.interaction(&second.id).await.status(), Status::Queued);
    let other = v1::TakeNextRequest { queue_ids: vec![queue.id], ..request };
    refused!(agent.client.agents().take_next(other), RequestIdReused);
    assert_eq!(take(&agent).await.id, second.id, "without one each call takes one more");
}

async fn the_work_order_says_what_is_first(case: Case) {
    let queue = case.queue(v1::Queue { priority_step: secs(600), ..pull() }).await;
    let (agent, _console) = case.at_work("Bo").await;
    let with = |priority: Priority| v1::CreateInteractionRequest {
        priority: priority.into(),
        ..opening(&queue.id)
    };
    let low = case.create(with(Priority::Low)).await;
    let old = case.create(with(Priority::Normal)).await;
    let young = case.create(with(Priority::Normal)).await;
    let urgent = case.create(with(Priority::Urgent)).await;
    for expected in [urgent, old, young, low] {
        assert_eq!(take(&agent).await.id, expected.id);
    }
}

async fn who_may_not_is_told_why(case: Case) {
    let (team, skill) = (case.team().await, case.skill().await);
    let needed = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 5 };
    let queue =
        v1::Queue { team_ids: vec![team.id.clone()], required_skills: vec![needed], ..pull() };
    let queue = case.queue(queue).await;
    let (made, other) = (case.open(&queue).await, case.open(&queue).await);
    let (stranger, _one) = at_work(&case, v1::Agent::default()).await;
    assert_eq!(nothing(&stranger, anything()).await, ("TEAM".into(), "2".into()));
    let of_team = |level: i32, units: i32| v1::Agent {
        team_ids: vec![team.id.clone()],
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level }],
        capacity: Some(v1::Capacity { units, per_channel: Vec::new(), per_label: Vec::new() }),
        ..Default::default()
    };
    let (junior, _two) = at_work(&case, of_team(4, 1)).await;
    assert_eq!(nothing(&junior, anything()).await, ("SKILL".into(), "2".into()));
    let (expert, console) = at_work(&case, of_team(5, 1)).await;
    console.presence(PresenceStatus::Break).await;
    assert_eq!(unavailable(&expert).await, "PRESENCE");
    console.available().await;
    assert_eq!(take(&expert).await.id, made.id);
    assert_eq!(unavailable(&expert).await, "UNITS", "there is something, and no room for it");
    assert_eq!(case.interaction(&other.id).await.status(), Status::Queued);
    let absent = case.agent("Absent").await;
    assert_eq!(unavailable(&absent).await, "PRESENCE");
}

async fn what_an_agent_never_takes_does_not_wait_for_them(case: Case) {
    let queue = case.queue(pull()).await;
    let tags = vec!["legal".to_owned()];
    let made = case.create(v1::CreateInteractionRequest { tags, ..opening(&queue.id) }).await;
    let label = |max| v1::LabelCapacity { label: "Legal".into(), max };
    let with = |capacity| v1::Agent { capacity: Some(capacity), ..Default::default() };
    let channel = |max, units| {
        let cap = v1::ChannelCapacity { channel: made.channel, max, units, ..Default::default() };
        v1::Capacity { units: 2, per_channel: vec![cap], ..Default::default() }
    };
    let labelled =
        |max| v1::Capacity { units: 2, per_label: vec![label(max)], ..Default::default() };
    let never =
        [(labelled(0), "LABEL_UNITS"), (channel(0, 1), "CHANNEL_UNITS"), (channel(5, 3), "UNITS")];
    for (capacity, condition) in never {
        let (agent, _console) = at_work(&case, with(capacity)).await;
        assert_eq!(nothing(&agent, anything()).await, (condition.into(), "1".into()));
    }
    // A cap that is reached is another matter: what they finish makes room.
    let (agent, _console) = at_work(&case, with(labelled(1))).await;
    assert_eq!(take(&agent).await.id, made.id);
    let tags = vec!["legal".to_owned()];
    let next = case.create(v1::CreateInteractionRequest { tags, ..opening(&queue.id) }).await;
    assert_eq!(unavailable(&agent).await, "LABEL_UNITS");
    let interaction_id = made.id.clone();
    let done = v1::CompleteInteractionRequest { interaction_id, ..Default::default() };
    ok!(agent.client.agents().complete_interaction(done));
    assert_eq!(take(&agent).await.id, next.id);
}

async fn only_some_queues_are_looked_at(case: Case) {
    let (one, two) = (case.queue(pull()).await, case.queue(pull()).await);
    let (agent, _console) = case.at_work("Bo").await;
    let first = case.open(&one).await;
    let second = case.open(&two).await;
    assert_eq!(
        ok!(agent.client.agents().take_next(out_of(&two))).interaction.unwrap().id,
        second.id
    );
    assert_eq!(nothing(&agent, out_of(&two)).await, (String::new(), "0".into()));
    assert_eq!(take(&agent).await.id, first.id);
    let unknown = v1::TakeNextRequest { queue_ids: vec![nobody()], ..Default::default() };
    let error = refused!(agent.client.agents().take_next(unknown), ResourceNotFound);
    assert_eq!(error.metadata()["resource"], "queue");
    let many = (0..51).map(|_| nobody()).collect();
    let many = v1::TakeNextRequest { queue_ids: many, ..Default::default() };
    refused!(agent.client.agents().take_next(many), ValidationFailed);
    let of_another = v1::TakeNextRequest { agent_id: nobody(), ..Default::default() };
    refused!(agent.client.agents().take_next(of_another), PermissionDenied);
    let of_another = v1::TakeNextRequest { agent_id: agent.id, ..Default::default() };
    refused!(case.admin.agents().take_next(of_another), NothingToTake);
}

async fn set_mode(case: &Case, queue: &v1::Queue, mode: Mode) {
    let request = v1::UpdateQueueRequest {
        queue: Some(v1::Queue {
            id: queue.id.clone(),
            assignment_mode: mode.into(),
            ..Default::default()
        }),
        update_mask: mask(&["assignment_mode"]),
        ..Default::default()
    };
    let saved = ok!(case.admin.routing().update_queue(request)).queue.unwrap();
    assert_eq!(saved.assignment_mode(), mode);
}

async fn the_mode_is_changed_and_holds_at_once(case: Case) {
    let queue = case.plain_queue().await;
    assert_eq!(queue.assignment_mode(), Mode::Push, "unless it is said");
    set_mode(&case, &queue, Mode::Pull).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    assert!(case.offers(&agent).await.is_empty());
    set_mode(&case, &queue, Mode::Push).await;
    assert_eq!(console.take().await.interaction.unwrap().id, made.id);
    set_mode(&case, &queue, Mode::Pull).await;
    let next = case.open(&queue).await;
    assert_eq!(case.offers(&agent).await.len(), 1);
    assert_eq!(take(&agent).await.id, next.id);
}

async fn work_that_is_offered_is_not_taken(case: Case) {
    let (team, queue) = (case.team().await, case.plain_queue().await);
    let (agent, mut console) = case.at_work("Bo").await;
    let offered = case.open(&queue).await;
    assert_eq!(console.offered().await.interaction.unwrap().id, offered.id);
    assert_eq!(nothing(&agent, out_of(&queue)).await, (String::new(), "0".into()));
    let elsewhere = v1::Queue { team_ids: vec![team.id], ..Default::default() };
    let waits = case.open(&case.queue(elsewhere).await).await;
    assert_eq!(nothing(&agent, anything()).await, (String::new(), "0".into()));
    assert_eq!(case.interaction(&waits.id).await.status(), Status::Queued);
}

async fn what_was_declined_comes_last(case: Case) {
    let queue = case.queue(v1::Queue { decline_cool_down: secs(600), ..pull() }).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let (other, second) = case.at_work("Kim").await;
    let declined = case.open(&queue).await;
    let route = v1::RouteInteractionRequest {
        interaction_id: declined.id.clone(),
        target: Some(v1::route_interaction_request::Target::AgentId(agent.id.clone())),
        ..Default::default()
    };
    ok!(case.admin.routing().route_interaction(route));
    let offer = console.offered().await.offer.unwrap();
    console.session.decline(&offer.id, "").await.expect("it is open");
    let young = case.open(&queue).await;
    // Whether others are there to ask does not matter to who takes.
    second.presence(v1::PresenceStatus::Away).await;
    assert_eq!(take(&agent).await.id, young.id, "what they declined is older");
    assert_eq!(take(&agent).await.id, declined.id, "and theirs where nothing else is");
    second.available().await;
    assert_eq!(nothing(&other, anything()).await, (String::new(), "0".into()));
}

async fn whoever_is_named_is_asked_all_the_same(case: Case) {
    let queue = case.queue(pull()).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let (other, _second) = case.at_work("Kim").await;
    let made = case.open(&queue).await;
    let route = v1::RouteInteractionRequest {
        interaction_id: made.id.clone(),
        target: Some(v1::route_interaction_request::Target::AgentId(agent.id.clone())),
        ..Default::default()
    };
    ok!(case.admin.routing().route_interaction(route));
    let offer = console.offered().await.offer.unwrap();
    assert_eq!(nothing(&other, anything()).await, (String::new(), "0".into()));
    console.session.decline(&offer.id, "").await.expect("it is open");
    assert_eq!(case.interaction(&made.id).await.status(), Status::Queued);
    assert_eq!(take(&other).await.id, made.id, "then it waits to be taken again");
}

async fn the_session_takes_too(case: Case) {
    let (queue, empty) = (case.queue(pull()).await, case.queue(pull()).await);
    let (_, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let error = console.session.take_next([empty.id]).await.expect_err("it is empty");
    assert!(error.is(v1::ErrorReason::NothingToTake), "{error:?}");
    let done = console.session.take_next([]).await.expect("it waits");
    assert_eq!(done.interaction_id, made.id);
    assert!(done.seq > 0);
    assert_eq!(console.assigned().await.id, made.id);
    let error = console.session.take_next([]).await.expect_err("nothing is left");
    assert_eq!(error.metadata()["waiting"], "0");
}

async fn waiting_goes_on_as_elsewhere(case: Case) {
    let queue = case.queue(v1::Queue { max_wait: secs(2), max_size: 2, ..pull() }).await;
    let (agent, _console) = case.at_work("Bo").await;
    let first = case.open(&queue).await;
    let second = case.open(&queue).await;
    assert_eq!(case.interaction(&second.id).await.status(), Status::Queued);
    refused!(case.admin.interactions().create_interaction(opening(&queue.id)), QueueFull);
    assert_eq!(take(&agent).await.id, first.id);
    case.interaction_in(&second.id, Status::Expired).await;
    let left = case.open(&queue).await;
    let abandon =
        v1::AbandonInteractionRequest { interaction_id: left.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().abandon_interaction(abandon));
    assert_eq!(nothing(&agent, anything()).await, (String::new(), "0".into()));
}

async fn explain_says_that_it_waits_to_be_taken(case: Case) {
    let skill = case.skill().await;
    let needed = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 5 };
    let queue = case.queue(v1::Queue { required_skills: vec![needed], ..pull() }).await;
    let knows = |level: i32| v1::Agent {
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level }],
        ..Default::default()
    };
    let (junior, _one) = at_work(&case, knows(3)).await;
    let made = case.open(&queue).await;
    let why = v1::ExplainRequest { interaction_id: made.id.clone(), ..Default::default() };
    let told = ok!(case.admin.routing().explain(why.clone()));
    let found = told.explanation.unwrap();
    assert!(found.waits_to_be_taken && found.chosen_agent_id.is_empty());
    assert_eq!(found.eligible, 0);
    let checks = told.agents.iter().find(|stand| stand.agent_id == junior.id).unwrap();
    let checks: Vec<Check> = checks.unmet.iter().map(v1::UnmetCondition::check).collect();
    assert_eq!(checks, [Check::Skill], "the queue's mode is nobody's fault");
    assert_eq!(found.nearest[0].agent_id, junior.id);
    assert_eq!(found.nearest[0].kind(), v1::RoutingChangeKind::SkillLevel);
    let (expert, _two) = at_work(&case, knows(5)).await;
    let told = ok!(case.admin.routing().explain(why.clone()));
    let found = told.explanation.unwrap();
    assert!(found.waits_to_be_taken && found.chosen_agent_id.is_empty());
    assert_eq!((found.eligible, found.nearest.len()), (1, 0));
    assert!(told.agents[0].eligible && told.agents[0].agent_id == expert.id);
    take(&expert).await;
    let told = ok!(case.admin.routing().explain(why)).explanation.unwrap();
    assert!(told.waits_to_be_taken, "as it was when it was taken");
    assert_eq!(told.asked_agent_id, expert.id);
}
