//! Explain from outside: why something waits, why an agent was asked, and both at moments of the
//! log that are over.

use crate::support::fixture::{Agent, Case, opening};
use crate::support::{mask, nobody, secs, unique};
use omnichannel_sdk::v1::{
    self, EffectiveStatus, InteractionStatus, PresenceStatus, Role, RoutingChangeKind as Change,
    RoutingCheck as Check, StepClock,
};
use v1::explain_request::Moment;

both!(
    what_waits_says_what_stands_against_everybody,
    what_an_agent_owns_says_why_they_were_asked,
    a_moment_that_is_over_is_explained_as_it_was,
    a_step_to_come_says_when_and_is_told_as_a_change,
    the_line_says_what_goes_before,
    agents_come_in_pages_and_alone,
    what_has_no_explanation_is_refused,
    an_agent_reads_of_work_in_reach_alone,
);

fn why(interaction: &v1::Interaction) -> v1::ExplainRequest {
    v1::ExplainRequest { interaction_id: interaction.id.clone(), ..Default::default() }
}

/// An explanation with a page of agents.
struct Found {
    why: v1::RoutingExplanation,
    agents: Vec<v1::ExplainedAgent>,
    next_page_token: String,
}

impl std::ops::Deref for Found {
    type Target = v1::RoutingExplanation;

    fn deref(&self) -> &v1::RoutingExplanation {
        &self.why
    }
}

impl From<v1::ExplainResponse> for Found {
    fn from(told: v1::ExplainResponse) -> Self {
        let v1::ExplainResponse { explanation, agents, next_page_token } = told;
        Self { why: explanation.expect("it is told why"), agents, next_page_token }
    }
}

fn of<'a>(found: &'a Found, agent: &Agent) -> &'a v1::ExplainedAgent {
    let mut agents = found.agents.iter().filter(|stand| stand.agent_id == agent.id);
    agents.next().expect("every agent is told of")
}

fn checks(found: &Found, agent: &Agent) -> Vec<Check> {
    of(found, agent).unmet.iter().map(v1::UnmetCondition::check).collect()
}

fn knows(skill: &v1::Skill, level: i32) -> Vec<v1::AgentSkill> {
    vec![v1::AgentSkill { skill_id: skill.id.clone(), level }]
}

async fn explain(case: &Case, request: v1::ExplainRequest) -> Found {
    ok!(case.admin.routing().explain(request)).into()
}

async fn what_waits_says_what_stands_against_everybody(case: Case) {
    let (team, skill) = (case.team().await, case.skill().await);
    let queue = v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() };
    let queue = case.queue(queue).await;
    let needed = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 5 };
    let rule = v1::RoutingRule {
        name: unique("rule"),
        enabled: true,
        position: 1,
        conditions: vec![v1::Condition {
            field: v1::ConditionField::Keyword.into(),
            operator: v1::ConditionOperator::Contains.into(),
            values: vec!["where is it".into()],
            ..Default::default()
        }],
        action: Some(v1::RuleAction {
            queue_id: queue.id.clone(),
            add_required_skills: vec![needed.clone()],
            ..Default::default()
        }),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let rule = ok!(case.admin.routing().create_routing_rule(request)).routing_rule.unwrap();
    let named = |name: &str, teams: &[&v1::Team], skills: Vec<v1::AgentSkill>| v1::Agent {
        name: name.into(),
        team_ids: teams.iter().map(|team| team.id.clone()).collect(),
        skills,
        ..Default::default()
    };
    let stranger = case.agent_as(named("Stranger", &[], knows(&skill, 9))).await;
    let junior = case.agent_as(named("Junior", &[&team], knows(&skill, 3))).await;
    let away = case.agent_as(named("Away", &[&team], knows(&skill, 7))).await;
    let consoles = (stranger.console().await, junior.console().await, away.console().await);
    consoles.0.available().await;
    consoles.1.available().await;
    consoles.2.presence(PresenceStatus::Break).await;
    let waiting = case.create(opening("")).await;
    let found = explain(&case, why(&waiting)).await;
    assert_eq!(found.status(), InteractionStatus::Queued);
    assert_eq!((&found.queue_id, found.eligible), (&queue.id, 0));
    assert_eq!((&found.matched_rule_id, found.matched_rule_version), (&rule.id, 1));
    assert_eq!((found.chosen_agent_id.as_str(), found.asked_agent_id.as_str()), ("", ""));
    assert_eq!((found.position, found.waiting, found.step), (1, 1, 1));
    assert_eq!(found.steps.len(), 1);
    assert_eq!(found.steps[0].team_ids, [team.id]);
    assert_eq!(found.steps[0].required_skills, [needed]);
    assert_eq!(checks(&found, &stranger), [Check::Team]);
    assert_eq!(checks(&found, &junior), [Check::Skill]);
    assert_eq!(checks(&found, &away), [Check::Presence]);
    let level = &of(&found, &junior).unmet[0];
    assert_eq!((level.there, level.asked, &level.skill_id), (3, 5, &skill.id));
    assert_eq!(of(&found, &away).unmet[0].effective_status(), EffectiveStatus::Unavailable);
    let nearest: Vec<_> =
        found.nearest.iter().map(|change| (change.kind(), change.agent_id.as_str())).collect();
    let told = [
        (Change::AgentAvailable, away.id.as_str()),
        (Change::SkillLevel, junior.id.as_str()),
        (Change::TeamJoined, stranger.id.as_str()),
    ];
    assert_eq!(nearest, told);
    let score: Vec<&str> = found.score.iter().map(|term| term.name.as_str()).collect();
    assert!(["age", "priority"].iter().all(|name| score.contains(name)), "{score:?}");
    assert_eq!(found.total, found.score.iter().map(|term| term.value).sum::<i64>());
    // The change that is told first places it.
    consoles.2.available().await;
    case.interaction_in(&waiting.id, InteractionStatus::Offered).await;
    assert_eq!(case.offers(&away).await.len(), 1);
}

async fn what_an_agent_owns_says_why_they_were_asked(case: Case) {
    let queue = case.plain_queue().await;
    let (ada, mut console) = case.at_work("Ada").await;
    let (bo, _other) = case.at_work("Bo").await;
    let first = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&first.id, InteractionStatus::Active).await;
    console.presence(PresenceStatus::Break).await;
    let found = explain(&case, why(&first)).await;
    assert_eq!(found.chosen_agent_id, ada.id, "as it was when she was asked");
    assert_eq!(found.asked_agent_id, ada.id);
    assert_eq!((found.eligible, found.status()), (2, InteractionStatus::Queued));
    let order: Vec<&str> = found.agents.iter().map(|stand| stand.agent_id.as_str()).collect();
    assert_eq!(order, [&ada.id, &bo.id], "in the order of preference");
    let terms = |at: usize| found.agents[at].preference.iter().map(|term| term.value);
    assert!(terms(0).le(terms(1)), "lower terms come first");
    assert!(found.as_of_seq < case.head().await);
    assert!(found.nearest.is_empty(), "nothing had to change");
}

async fn a_moment_that_is_over_is_explained_as_it_was(case: Case) {
    let skill = case.skill().await;
    let needed = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 5 };
    let queue = v1::Queue { required_skills: vec![needed], ..Default::default() };
    let queue = case.queue(queue).await;
    let agent = v1::Agent { name: "Ada".into(), skills: knows(&skill, 2), ..Default::default() };
    let ada = case.agent_as(agent).await;
    let console = ada.console().await;
    console.available().await;
    let before = case.head().await;
    let waiting = case.open(&queue).await;
    let then = explain(&case, why(&waiting)).await;
    assert_eq!(checks(&then, &ada), [Check::Skill]);
    let learned = v1::UpdateAgentRequest {
        agent: Some(v1::Agent {
            id: ada.id.clone(),
            skills: knows(&skill, 6),
            ..Default::default()
        }),
        update_mask: mask(&["skills"]),
        request_id: String::new(),
    };
    ok!(case.admin.agents().update_agent(learned));
    case.interaction_in(&waiting.id, InteractionStatus::Offered).await;
    let at = |moment| v1::ExplainRequest { moment: Some(moment), ..why(&waiting) };
    let again = explain(&case, at(Moment::AtSeq(then.as_of_seq))).await;
    assert_eq!(checks(&again, &ada), [Check::Skill]);
    assert_eq!((again.as_of_seq, again.position), (then.as_of_seq, 1));
    let by_time = explain(&case, at(Moment::AtTime(then.as_of.expect("it has a time")))).await;
    assert_eq!(checks(&by_time, &ada), [Check::Skill]);
    assert_eq!((by_time.as_of, &by_time.score), (then.as_of, &then.score));
    // Later it is offered: the moment before is explained.
    let head = case.head().await;
    let later = explain(&case, at(Moment::AtSeq(head))).await;
    assert_eq!((&later.chosen_agent_id, &later.asked_agent_id), (&ada.id, &ada.id));
    assert!(later.as_of_seq > then.as_of_seq && later.as_of_seq < head);
    refused!(case.admin.routing().explain(at(Moment::AtSeq(before))), InteractionNotOpen);
    let error = refused!(case.admin.routing().explain(at(Moment::AtSeq(head + 99))), MomentNotHeld);
    assert_eq!(error.metadata()["head_seq"], head.to_string());
    let long_ago = Moment::AtTime(prost_types::Timestamp { seconds: 1, nanos: 0 });
    refused!(case.admin.routing().explain(at(long_ago)), MomentNotHeld);
    let ahead = Moment::AtTime(prost_types::Timestamp { seconds: 9_999_999_999, nanos: 0 });
    refused!(case.admin.routing().explain(at(ahead)), MomentNotHeld);
}

async fn a_step_to_come_says_when_and_is_told_as_a_change(case: Case) {
    let (inner, outer) = (case.team().await, case.team().await);
    let wider = v1::RoutingPlanStep {
        clock: StepClock::Step.into(),
        after: secs(600),
        team_ids: vec![outer.id.clone()],
        ..Default::default()
    };
    let plan = case.plan(vec![v1::RoutingPlanStep::default(), wider]).await;
    let queue = v1::Queue {
        team_ids: vec![inner.id.clone()],
        routing_plan_id: plan.id.clone(),
        ..Default::default()
    };
    let queue = case.queue(queue).await;
    let agent = v1::Agent { name: "Ada".into(), team_ids: vec![outer.id], ..Default::default() };
    let ada = case.agent_as(agent).await;
    let console = ada.console().await;
    console.available().await;
    let waiting = case.open(&queue).await;
    let found = explain(&case, why(&waiting)).await;
    assert_eq!((&found.routing_plan_id, found.plan_version, found.step), (&plan.id, 1, 1));
    let open: Vec<bool> = found.steps.iter().map(|step| step.open).collect();
    assert_eq!(open, [true, false]);
    assert_eq!(checks(&found, &ada), [Check::StepOpen]);
    let unmet = &of(&found, &ada).unmet[0];
    assert_eq!((unmet.asked, unmet.until), (2, found.steps[1].open_time));
    let told: Vec<_> = found.nearest.iter().map(|c| (c.kind(), c.time, &c.agent_id)).collect();
    assert_eq!(told, [(Change::StepOpens, unmet.until, &ada.id)]);
    let begun = waiting.create_time.expect("it has a time").seconds;
    let opens = unmet.until.expect("it opens by the clock").seconds;
    assert!((598..=602).contains(&(opens - begun)), "{opens} after {begun}");
}

async fn the_line_says_what_goes_before(case: Case) {
    let steep = || v1::Queue { priority_step: secs(60), ..Default::default() };
    let (queue, other) = (case.queue(steep()).await, case.queue(steep()).await);
    let ada = case.agent_with_room("Ada", 1).await;
    let first = case.open(&queue).await;
    let urgent = v1::Priority::Critical.into();
    let second =
        case.create(v1::CreateInteractionRequest { priority: urgent, ..opening(&queue.id) });
    let second = second.await;
    let third = case.open(&other).await;
    let line = |found: &Found| {
        let ahead = found.ahead.iter().map(|one| one.interaction_id.clone());
        (found.position, found.waiting, ahead.collect::<Vec<_>>())
    };
    let found = explain(&case, why(&first)).await;
    assert_eq!(line(&found), (2, 2, vec![second.id.clone()]));
    assert!(found.ahead[0].total > found.total, "more waiting by priority");
    let mine = v1::ExplainRequest { agent_id: ada.id.clone(), ..why(&third) };
    let found = explain(&case, mine).await;
    assert_eq!(line(&found), (3, 3, vec![second.id, first.id]));
    assert_eq!(checks(&found, &ada), [Check::Presence]);
}

async fn agents_come_in_pages_and_alone(case: Case) {
    let queue = case.plain_queue().await;
    let mut agents = Vec::new();
    for name in ["A", "B", "C", "D", "E"] {
        agents.push(case.agent(name).await.id);
    }
    let waiting = case.open(&queue).await;
    let (mut told, mut page_token) = (Vec::new(), String::new());
    for _ in 0..3 {
        let request = v1::ExplainRequest { page_size: 2, page_token, ..why(&waiting) };
        let found = explain(&case, request).await;
        assert!(found.agents.len() <= 2);
        told.extend(found.agents.into_iter().map(|stand| stand.agent_id));
        page_token = found.next_page_token;
    }
    assert_eq!((told, page_token.as_str()), (agents.clone(), ""));
    let one = v1::ExplainRequest { agent_id: agents[3].clone(), ..why(&waiting) };
    let found = explain(&case, one).await;
    assert_eq!(found.agents.len(), 1);
    assert_eq!(found.agents[0].agent_id, agents[3]);
    let first = v1::ExplainRequest { page_size: 2, ..why(&waiting) };
    let token = explain(&case, first).await.next_page_token;
    let elsewhere = case.open(&queue).await;
    let stolen = v1::ExplainRequest { page_token: token, ..why(&elsewhere) };
    refused!(case.admin.routing().explain(stolen), PageTokenInvalid);
}

async fn what_has_no_explanation_is_refused(case: Case) {
    let queue = case.plain_queue().await;
    let waiting = case.open(&queue).await;
    let strange = v1::ExplainRequest { interaction_id: nobody(), ..Default::default() };
    refused!(case.admin.routing().explain(strange), ResourceNotFound);
    let strange = v1::ExplainRequest { agent_id: nobody(), ..why(&waiting) };
    refused!(case.admin.routing().explain(strange), ResourceNotFound);
    let empty = v1::ExplainRequest::default();
    refused!(case.admin.routing().explain(empty), ValidationFailed);
    let zero = v1::ExplainRequest { moment: Some(Moment::AtSeq(0)), ..why(&waiting) };
    refused!(case.admin.routing().explain(zero), ValidationFailed);
    let other = case.stranger().await;
    refused!(other.admin.routing().explain(why(&waiting)), ResourceNotFound);
    let held = explain(&case, why(&waiting)).await.as_of_seq;
    let cancel =
        v1::CancelInteractionRequest { interaction_id: waiting.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    let error = refused!(case.admin.routing().explain(why(&waiting)), InteractionNotOpen);
    assert_eq!(error.metadata()["status"], "CANCELLED");
    // While it waited it has one all the same.
    let then = v1::ExplainRequest { moment: Some(Moment::AtSeq(held)), ..why(&waiting) };
    assert_eq!(explain(&case, then).await.position, 1);
}

async fn an_agent_reads_of_work_in_reach_alone(case: Case) {
    let (mine, theirs) = (case.team().await, case.team().await);
    let of_team =
        |team: &v1::Team| v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() };
    let (near, far) = (case.queue(of_team(&mine)).await, case.queue(of_team(&theirs)).await);
    let agent = v1::Agent { name: "Ada".into(), team_ids: vec![mine.id], ..Default::default() };
    let ada = case.agent_as(agent).await;
    let (near, far) = (case.open(&near).await, case.open(&far).await);
    let found = Found::from(ok!(ada.client.routing().explain(why(&near))));
    assert_eq!(checks(&found, &ada), [Check::Presence]);
    refused!(ada.client.routing().explain(why(&far)), OutsideTeam);
    let analyst = case.role(Role::Analyst).await;
    let found = Found::from(ok!(analyst.routing().explain(why(&far))));
    assert_eq!(found.waiting, 1, "analysts read all");
}
