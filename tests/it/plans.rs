//! Routing plans from outside: they live and die as nouns, refuse what cannot work, and widen the
//! search as they say; a full queue overflows; a customer finds whoever served them.

use crate::support::fixture::{Case, Tenant, opening};
use crate::support::{eventually, mask, nobody, secs, unique};
use omnichannel_sdk::v1::{self, InteractionStatus, RoutingStrategy, StepClock};

both!(
    a_plan_lives_and_dies,
    plans_that_cannot_work_are_refused,
    steps_open_on_the_clock_and_tell_where_they_are,
    a_customer_finds_whoever_served_them,
    a_customer_finds_whoever_keeps_their_account,
    an_absent_agent_holds_nothing_up,
    declined_work_widens,
    a_full_queue_overflows,
    overflow_never_leads_back,
    what_waits_keeps_its_version,
    the_examples_of_the_document_are_taken,
);

fn later(seconds: i64) -> v1::RoutingPlanStep {
    let (clock, after) = (StepClock::Step.into(), secs(seconds));
    v1::RoutingPlanStep { clock, after, ..Default::default() }
}

fn last_agent() -> v1::RoutingPlanStep {
    v1::RoutingPlanStep { last_agent: true, ..Default::default() }
}

impl Tenant {
    /// A plan of these steps.
    pub(crate) async fn plan(&self, steps: Vec<v1::RoutingPlanStep>) -> v1::RoutingPlan {
        ok!(self.admin.routing().create_routing_plan(create(steps))).routing_plan.unwrap()
    }

    /// A queue that goes by a plan of these steps.
    async fn planned(&self, steps: Vec<v1::RoutingPlanStep>) -> v1::Queue {
        let routing_plan_id = self.plan(steps).await.id;
        self.queue(v1::Queue { routing_plan_id, ..Default::default() }).await
    }

    async fn of_customer(&self, queue: &v1::Queue, customer: &str) -> v1::Interaction {
        let id = v1::create_interaction_request::Customer::CustomerId(customer.to_owned());
        self.create(v1::CreateInteractionRequest { customer: Some(id), ..opening(&queue.id) }).await
    }
}

fn create(steps: Vec<v1::RoutingPlanStep>) -> v1::CreateRoutingPlanRequest {
    let plan = v1::RoutingPlan { name: unique("plan"), steps, ..Default::default() };
    v1::CreateRoutingPlanRequest { routing_plan: Some(plan), ..Default::default() }
}

async fn a_plan_lives_and_dies(case: Case) {
    let team = case.team().await;
    let step = v1::RoutingPlanStep {
        offers_failed: 2,
        team_ids: vec![team.id.clone()],
        lower_levels: 1,
        credit: secs(30),
        strategy: RoutingStrategy::LongestIdle.into(),
        offer_timeout: secs(9),
        replace: true,
        ..later(20)
    };
    let made = case.plan(vec![v1::RoutingPlanStep::default(), step.clone()]).await;
    assert_eq!((made.version, made.steps.len()), (1, 2));
    assert_eq!(made.steps[1], step);
    let get = |id: &str| v1::GetRoutingPlanRequest { routing_plan_id: id.to_owned() };
    let routing = || case.admin.routing();
    assert_eq!(ok!(routing().get_routing_plan(get(&made.id))).routing_plan.unwrap(), made);
    let list = v1::ListRoutingPlansRequest::default();
    let listed = ok!(routing().list_routing_plans(list)).routing_plans;
    assert!(listed.contains(&made) && listed.is_sorted_by(|a, b| a.name <= b.name));

    let update = |plan: v1::RoutingPlan, paths: &[&str]| v1::UpdateRoutingPlanRequest {
        routing_plan: Some(v1::RoutingPlan { id: made.id.clone(), ..plan }),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let words = v1::RoutingPlan { description: "widens".into(), ..Default::default() };
    let after = ok!(routing().update_routing_plan(update(words, &["description"])));
    let after = after.routing_plan.unwrap();
    assert_eq!((after.version, after.description.as_str()), (2, "widens"));
    assert_eq!(after.steps, made.steps);
    let stale = v1::RoutingPlan { etag: made.etag.clone(), ..Default::default() };
    refused!(routing().update_routing_plan(update(stale, &["description"])), EtagMismatch);
    let empty = update(v1::RoutingPlan::default(), &["steps"]);
    refused!(routing().update_routing_plan(empty), ValidationFailed);

    let queue = v1::Queue { routing_plan_id: made.id.clone(), ..Default::default() };
    let queue = case.queue(queue).await;
    assert_eq!(queue.routing_plan_id, made.id);
    let delete =
        || v1::DeleteRoutingPlanRequest { routing_plan_id: made.id.clone(), ..Default::default() };
    let error = refused!(routing().delete_routing_plan(delete()), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "queue");
    let gone = v1::DeleteTeamRequest { team_id: team.id, ..Default::default() };
    let error = refused!(case.admin.agents().delete_team(gone), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "routing_plan");
    let waiting = case.open(&queue).await;
    let without = v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: queue.id, ..Default::default() }),
        update_mask: mask(&["routing_plan_id"]),
        request_id: String::new(),
    };
    ok!(routing().update_queue(without));
    let error = refused!(routing().delete_routing_plan(delete()), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "interaction", "what waits goes by it");
    let cancel = v1::CancelInteractionRequest { interaction_id: waiting.id, ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    ok!(routing().delete_routing_plan(delete()));
    refused!(routing().get_routing_plan(get(&made.id)), ResourceNotFound);
}

async fn plans_that_cannot_work_are_refused(case: Case) {
    let first = v1::RoutingPlanStep::default;
    let any = || v1::RoutingPlanStep { any_team: true, ..Default::default() };
    macro_rules! no {
        ($reason:ident, $steps:expr) => {
            refused!(case.admin.routing().create_routing_plan(create($steps)), $reason)
        };
    }
    no!(ValidationFailed, vec![]);
    no!(ValidationFailed, vec![later(5)]);
    no!(ValidationFailed, vec![v1::RoutingPlanStep { after: secs(5), ..Default::default() }]);
    let both = v1::RoutingPlanStep { agent_id: nobody(), ..last_agent() };
    no!(ValidationFailed, vec![both, later(5)]);
    let error = no!(PlanStepNeverOpens, vec![first(), any()]);
    assert_eq!(error.metadata()["index"], "1");
    no!(PlanStepWithoutEffect, vec![first(), later(5)]);
    let error = no!(PlanStrands, vec![last_agent()]);
    assert_eq!(error.metadata()["index"], "0");
    let failing = v1::RoutingPlanStep { offers_failed: 1, ..Default::default() };
    no!(PlanStrands, vec![last_agent(), failing]);
    for step in [
        v1::RoutingPlanStep { agent_id: nobody(), ..Default::default() },
        v1::RoutingPlanStep { team_ids: vec![nobody()], ..Default::default() },
        v1::RoutingPlanStep { queue_id: nobody(), ..Default::default() },
        v1::RoutingPlanStep { drop_skill_ids: vec![nobody()], ..Default::default() },
    ] {
        no!(ResourceNotFound, vec![step, later(5)]);
    }
    let named =
        v1::Queue { name: unique("queue"), routing_plan_id: nobody(), ..Default::default() };
    let request = v1::CreateQueueRequest { queue: Some(named), ..Default::default() };
    refused!(case.admin.routing().create_queue(request), ResourceNotFound);
}

async fn steps_open_on_the_clock_and_tell_where_they_are(case: Case) {
    let team = case.team().await;
    let narrow = v1::RoutingPlanStep { team_ids: vec![team.id], ..Default::default() };
    let wide = v1::RoutingPlanStep { any_team: true, offer_timeout: secs(7), ..later(2) };
    let queue = case.planned(vec![narrow, wide]).await;
    let (_, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let shown = case.interaction(&made.id).await;
    let step = shown.routing_step.clone().expect("it goes by a plan");
    assert_eq!((step.routing_plan_id, step.plan_version), (queue.routing_plan_id.clone(), 1));
    assert_eq!((step.number, step.steps), (1, 2));
    assert_eq!(step.open_time, shown.enqueue_time);
    let next = step.next_open_time.expect("a step follows");
    assert_eq!(next.seconds - shown.enqueue_time.unwrap().seconds, 2);
    let work = console.offered().await;
    let offer = work.offer.unwrap();
    assert_eq!(offer.interaction_id, made.id);
    let offered = offer.offer_time.unwrap();
    let waited =
        (offered.seconds - next.seconds) * 1_000_000_000 + i64::from(offered.nanos - next.nanos);
    assert!((0..1_000_000_000).contains(&waited), "within a second of due: {waited} ns");
    assert_eq!(offer.expire_time.unwrap().seconds - offered.seconds, 7, "as the step says");
    let step = case.interaction(&made.id).await.routing_step.expect("it still does");
    assert_eq!((step.number, step.next_open_time), (2, None));
    assert_eq!(step.open_time, Some(next));
    console.session.accept(&offer.id).await.expect("it is open");
    assert_eq!(case.interaction(&made.id).await.routing_step, None, "it no longer waits");
}

async fn a_customer_finds_whoever_served_them(case: Case) {
    let queue = case.planned(vec![last_agent(), later(600)]).await;
    let (bo, mut first) = case.at_work("Bo").await;
    let served = case.open(&queue).await;
    first.take().await;
    // Cy has more room and nothing to do, and is not asked.
    let (cy, mut other) = case.at_work("Cy").await;
    let again = case.of_customer(&queue, &served.customer_id).await;
    let offer = first.take().await.offer.unwrap();
    assert_eq!((offer.interaction_id, offer.agent_id), (again.id.clone(), bo.id.clone()));
    // Over the desk's own queue too, and after a change to the customer.
    let customer =
        v1::Customer { id: served.customer_id.clone(), tier: "gold".into(), ..Default::default() };
    let update = v1::UpdateCustomerRequest { customer: Some(customer), ..Default::default() };
    ok!(case.admin.customers().update_customer(update));
    first.presence(v1::PresenceStatus::Break).await;
    let third = case.of_customer(&queue, &served.customer_id).await;
    assert_eq!(case.interaction(&third.id).await.status(), InteractionStatus::Queued);
    first.available().await;
    assert_eq!(first.offered().await.offer.unwrap().interaction_id, third.id);
    // Somebody new goes to whoever is free.
    let new = case.open(&queue).await;
    let offer = other.take().await.offer.unwrap();
    assert_eq!((offer.interaction_id, offer.agent_id), (new.id, cy.id));
}

async fn a_customer_finds_whoever_keeps_their_account(case: Case) {
    let keeper = v1::RoutingPlanStep { account_owner: true, ..Default::default() };
    let queue = case.planned(vec![keeper, later(600)]).await;
    let (cy, mut keeper) = case.at_work("Cy").await;
    let served = case.open(&queue).await;
    let offer = keeper.take().await.offer.unwrap();
    assert_eq!(offer.interaction_id, served.id, "nobody keeps the account yet");
    let (_, mut free) = case.at_work("Bo").await;
    let owned = |agent: &str| v1::UpdateCustomerRequest {
        customer: Some(v1::Customer {
            id: served.customer_id.clone(),
            account_owner_id: agent.to_owned(),
            ..Default::default()
        }),
        update_mask: mask(&["account_owner_id"]),
        ..Default::default()
    };
    let update = owned(&nobody());
    refused!(case.admin.customers().update_customer(update), ResourceNotFound);
    let customer = ok!(case.admin.customers().update_customer(owned(&cy.id))).customer.unwrap();
    assert_eq!(customer.account_owner_id, cy.id);
    // Bo has nothing to do, and is not asked.
    let kept = case.of_customer(&queue, &served.customer_id).await;
    let offer = keeper.take().await.offer.unwrap();
    assert_eq!((offer.interaction_id, offer.agent_id), (kept.id, cy.id.clone()));
    let customer = ok!(case.admin.customers().update_customer(owned(""))).customer.unwrap();
    assert_eq!(customer.account_owner_id, "");
    let other = case.of_customer(&queue, &served.customer_id).await;
    assert_eq!(free.take().await.offer.unwrap().interaction_id, other.id);
}

async fn an_absent_agent_holds_nothing_up(case: Case) {
    let queue = case.planned(vec![last_agent(), later(600)]).await;
    let (_, mut first) = case.at_work("Bo").await;
    let served = case.open(&queue).await;
    first.take().await;
    let (cy, mut other) = case.at_work("Cy").await;
    first.presence(v1::PresenceStatus::Break).await;
    let held = case.of_customer(&queue, &served.customer_id).await;
    assert_eq!(case.interaction(&held.id).await.status(), InteractionStatus::Queued);
    // On a break they are there; offline they are not, neither for what waits nor for what comes.
    first.presence(v1::PresenceStatus::Offline).await;
    let offer = other.take().await.offer.unwrap();
    assert_eq!((offer.interaction_id, offer.agent_id), (held.id, cy.id.clone()));
    let served = case.of_customer(&queue, &served.customer_id).await;
    assert_eq!(other.take().await.offer.unwrap().interaction_id, served.id);
}

async fn declined_work_widens(case: Case) {
    let (mine, others) = (case.team().await, case.team().await);
    let narrow = v1::RoutingPlanStep { team_ids: vec![mine.id.clone()], ..Default::default() };
    let failed = v1::RoutingPlanStep {
        offers_failed: 1,
        team_ids: vec![others.id.clone()],
        ..Default::default()
    };
    let queue = case.planned(vec![narrow, failed]).await;
    let member = |team: &v1::Team| v1::Agent {
        name: "Bo".into(),
        team_ids: vec![team.id.clone()],
        ..Default::default()
    };
    let mut first = case.agent_as(member(&mine)).await.console().await;
    let mut second = case.agent_as(member(&others)).await.console().await;
    first.available().await;
    second.available().await;
    let made = case.open(&queue).await;
    let offer = first.offered().await.offer.unwrap();
    first.session.decline(&offer.id, "").await.expect("it is open");
    assert_eq!(second.take().await.offer.unwrap().interaction_id, made.id);
}

async fn a_full_queue_overflows(case: Case) {
    let last = case.queue(v1::Queue { max_size: 1, ..Default::default() }).await;
    let over = |queue: &v1::Queue| v1::Queue {
        max_size: 1,
        overflow_queue_id: queue.id.clone(),
        ..Default::default()
    };
    let middle = case.queue(over(&last)).await;
    let first = case.queue(over(&middle)).await;
    assert_eq!(first.overflow_queue_id, middle.id);
    for queue in [&first, &middle, &last] {
        assert_eq!(case.open(&first).await.queue_id, queue.id);
    }
    let more = opening(&first.id);
    let error = refused!(case.admin.interactions().create_interaction(more), QueueFull);
    assert_eq!(error.metadata()["queue_id"], first.id, "the one that was asked for");
    // What is moved overflows as well, and what waits in a full queue has its place there.
    let elsewhere = case.plain_queue().await;
    let waits = case.open(&elsewhere).await;
    let route = |queue: &v1::Queue| v1::RouteInteractionRequest {
        interaction_id: waits.id.clone(),
        target: Some(v1::route_interaction_request::Target::QueueId(queue.id.clone())),
        ..Default::default()
    };
    refused!(case.admin.routing().route_interaction(route(&first)), QueueFull);
    let room = v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: last.id.clone(), max_size: 2, ..Default::default() }),
        ..Default::default()
    };
    ok!(case.admin.routing().update_queue(room));
    let moved = ok!(case.admin.routing().route_interaction(route(&first))).interaction.unwrap();
    assert_eq!(moved.queue_id, last.id);
    let again = ok!(case.admin.routing().route_interaction(route(&last))).interaction.unwrap();
    assert_eq!(again.queue_id, last.id);
    let gone = v1::DeleteQueueRequest { queue_id: middle.id, ..Default::default() };
    refused!(case.admin.routing().delete_queue(gone), ResourceInUse);
}

async fn overflow_never_leads_back(case: Case) {
    let overflow = |id: &str, to: &str| v1::UpdateQueueRequest {
        queue: Some(v1::Queue {
            id: id.to_owned(),
            overflow_queue_id: to.to_owned(),
            ..Default::default()
        }),
        update_mask: mask(&["overflow_queue_id"]),
        request_id: String::new(),
    };
    let mut way = vec![case.plain_queue().await];
    let own = overflow(&way[0].id, &way[0].id);
    refused!(case.admin.routing().update_queue(own), OverflowCycle);
    for _ in 0..7 {
        let to = &way.last().expect("there is one").id;
        let overflow_queue_id = to.clone();
        way.push(case.queue(v1::Queue { overflow_queue_id, ..Default::default() }).await);
    }
    let back = overflow(&way[0].id, &way[7].id);
    refused!(case.admin.routing().update_queue(back), OverflowCycle);
    let too_far = v1::Queue {
        name: unique("queue"),
        overflow_queue_id: way[7].id.clone(),
        ..Default::default()
    };
    let request = v1::CreateQueueRequest { queue: Some(too_far), ..Default::default() };
    refused!(case.admin.routing().create_queue(request), OverflowCycle);
    let strange = overflow(&way[0].id, &nobody());
    refused!(case.admin.routing().update_queue(strange), ResourceNotFound);
    ok!(case.admin.routing().update_queue(overflow(&way[7].id, "")));
}

async fn what_waits_keeps_its_version(case: Case) {
    let (old, new) = (case.team().await, case.team().await);
    let of_team = |team: &v1::Team| v1::RoutingPlanStep {
        team_ids: vec![team.id.clone()],
        ..Default::default()
    };
    let queue = case.planned(vec![of_team(&old)]).await;
    let early = case.open(&queue).await;
    let plan = v1::RoutingPlan {
        id: queue.routing_plan_id.clone(),
        steps: vec![of_team(&new)],
        ..Default::default()
    };
    for _ in 0..3 {
        let request =
            v1::UpdateRoutingPlanRequest { routing_plan: Some(plan.clone()), ..Default::default() };
        ok!(case.admin.routing().update_routing_plan(request));
    }
    let late = case.open(&queue).await;
    let version = |shown: v1::Interaction| shown.routing_step.map(|step| step.plan_version);
    assert_eq!(version(case.interaction(&early.id).await), Some(1));
    assert_eq!(version(case.interaction(&late.id).await), Some(4));
    let member = |team: &v1::Team| v1::Agent {
        name: "Bo".into(),
        team_ids: vec![team.id.clone()],
        ..Default::default()
    };
    for (team, work) in [(&new, &late), (&old, &early)] {
        let mut console = case.agent_as(member(team)).await.console().await;
        console.available().await;
        assert_eq!(console.take().await.offer.unwrap().interaction_id, work.id);
    }
    eventually("both are owned", || async {
        let shown = case.interaction(&early.id).await;
        (shown.status() == InteractionStatus::Active).then_some(())
    })
    .await;
}

/// A step as the document writes it; words in angle brackets stand for ids.
fn written(step: &serde_json::Value, team: &str, skill: &str) -> v1::RoutingPlanStep {
    let mut made = v1::RoutingPlanStep::default();
    let span = |value: &serde_json::Value| {
        let text = value.as_str().expect("a span is text").trim_end_matches('s');
        secs(text.parse().expect("of seconds"))
    };
    for (field, value) in step.as_object().expect("a step is an object") {
        let number = || i32::try_from(value.as_i64().expect("a number")).expect("it is small");
        let text = || value.as_str().expect("it is text");
        match field.as_str() {
            "clock" => made.clock = StepClock::from_str_name(text()).expect("a clock").into(),
            "after" => made.after = span(value),
            "credit" => made.credit = span(value),
            "offers_failed" => made.offers_failed = number(),
            "lower_levels" => made.lower_levels = number(),
            "when_absent" => made.when_absent = value == true,
            "last_agent" => made.last_agent = value == true,
            "any_team" => made.any_team = value == true,
            "replace" => made.replace = value == true,
            "team_ids" => made.team_ids = vec![team.to_owned()],
            "drop_skill_ids" => made.drop_skill_ids = vec![skill.to_owned()],
            other => panic!("the document writes {other}"),
        }
    }
    made
}

async fn the_examples_of_the_document_are_taken(case: Case) {
    let document = include_str!("../../docs/routing-plans.md");
    let skill = case.skill().await.id;
    let mut taken = 0;
    for piece in document.split("```json").skip(1) {
        let example = piece.split("```").next().expect("an example ends");
        let plan: serde_json::Value = serde_json::from_str(example).expect("it is JSON");
        let mut steps = Vec::new();
        for step in plan["steps"].as_array().expect("a plan has steps") {
            steps.push(written(step, &case.team().await.id, &skill));
        }
        let made = case.plan(steps.clone()).await;
        assert_eq!(made.steps.len(), steps.len());
        taken += 1;
    }
    assert_eq!(taken, 3);
}
