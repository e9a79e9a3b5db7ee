//! Work that a supervisor gives to an agent: within what limits the agent, and over it where it is
//! said outright and allowed.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case};
use crate::support::refusal::metadata_fault;
use omnichannel_sdk::{Client, v1};
use v1::route_interaction_request::Target as Route;
use v1::transfer_interaction_request::Target as Transfer;
use v1::{InteractionStatus as Status, PresenceStatus, Role};

both!(
    the_first_condition_is_told,
    a_supervisor_gives_more_than_fits,
    a_supervisor_hands_on_to_somebody_away,
    it_takes_the_permission,
    some_things_are_never_overridden,
);

fn route(work: &v1::Interaction, agent: &Agent) -> v1::RouteInteractionRequest {
    v1::RouteInteractionRequest {
        interaction_id: work.id.clone(),
        target: Some(Route::AgentId(agent.id.clone())),
        ..Default::default()
    }
}

fn over(work: &v1::Interaction, agent: &Agent) -> v1::RouteInteractionRequest {
    v1::RouteInteractionRequest { override_limits: true, ..route(work, agent) }
}

async fn condition(client: &Client, request: v1::RouteInteractionRequest) -> String {
    let error = refused!(client.routing().route_interaction(request), AgentUnavailable);
    assert_eq!(metadata_fault(&error), None);
    error.metadata()["condition"].clone()
}

/// Somebody with room for one, who has it, and something that waits.
async fn full(case: &Case) -> (Agent, Console, v1::Interaction) {
    let queue = case.plain_queue().await;
    let agent = case.agent_with_room("Full", 1).await;
    let mut console = agent.console().await;
    console.available().await;
    case.open(&queue).await;
    console.take().await;
    (agent, console, case.open(&queue).await)
}

async fn the_first_condition_is_told(case: Case) {
    let (agent, console, waits) = full(&case).await;
    assert_eq!(condition(&case.admin, route(&waits, &agent)).await, "UNITS");
    console.presence(PresenceStatus::Away).await;
    assert_eq!(condition(&case.admin, route(&waits, &agent)).await, "PRESENCE");
    let absent = case.agent("Absent").await;
    assert_eq!(condition(&case.admin, route(&waits, &absent)).await, "PRESENCE");
}

async fn a_supervisor_gives_more_than_fits(case: Case) {
    let (agent, mut console, waits) = full(&case).await;
    let supervisor = case.role(Role::Supervisor).await;
    let routed = ok!(supervisor.routing().route_interaction(over(&waits, &agent)));
    assert!(routed.offer.unwrap().override_limits);
    let work = console.offered().await;
    assert!(work.offer.as_ref().unwrap().override_limits);
    console.session.accept(&work.offer.unwrap().id).await.expect("it is open");
    assert_eq!(case.interaction_in(&waits.id, Status::Active).await.owner_agent_id, agent.id);
    // Routing gives them nothing while they have more than they may.
    let queue = case.plain_queue().await;
    let next = case.open(&queue).await;
    assert_eq!(case.interaction(&next.id).await.status(), Status::Queued);
    let feed = v1::GetInteractionRequest { interaction_id: waits.id.clone() };
    ok!(case.admin.interactions().get_interaction(feed));
    let told = case.offers(&agent).await;
    assert_eq!(told.iter().filter(|offer| offer.override_limits).count(), 1);
}

async fn a_supervisor_hands_on_to_somebody_away(case: Case) {
    let queue = case.plain_queue().await;
    let (owner, mut console) = case.at_work("Owner").await;
    let made = case.open(&queue).await;
    console.take().await;
    let away = case.agent("Away").await;
    let mut desk = away.console().await;
    desk.presence(PresenceStatus::Away).await;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: made.id.clone(),
        target: Some(Transfer::AgentId(away.id.clone())),
        ..Default::default()
    };
    let plain = transfer.clone();
    refused!(case.admin.interactions().transfer_interaction(plain), AgentUnavailable);
    let transfer = v1::TransferInteractionRequest { override_limits: true, ..transfer };
    ok!(case.admin.interactions().transfer_interaction(transfer));
    let offer = desk.offered().await.offer.unwrap();
    assert_eq!(case.interaction(&made.id).await.owner_agent_id, owner.id, "until it is taken");
    // A console that says once more what its agent chose takes nothing away.
    desk.presence(PresenceStatus::Away).await;
    desk.presence(PresenceStatus::Busy).await;
    desk.session.accept(&offer.id).await.expect("it is open");
    assert_eq!(console.unassigned().await.interaction_id, made.id);
    assert_eq!(case.interaction(&made.id).await.owner_agent_id, away.id);
}

async fn it_takes_the_permission(case: Case) {
    let (agent, _console, waits) = full(&case).await;
    let (owner, mut desk) = case.at_work("Owner").await;
    // What the full one has no room for goes to the other.
    desk.take().await;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: waits.id.clone(),
        target: Some(Transfer::AgentId(agent.id.clone())),
        override_limits: true,
        ..Default::default()
    };
    let error = refused!(
        owner.client.interactions().transfer_interaction(transfer.clone()),
        PermissionDenied
    );
    assert_eq!(error.metadata()["permission"], "LIMITS_OVERRIDE");
    let backend = case.role(Role::Integration).await;
    refused!(backend.interactions().transfer_interaction(transfer.clone()), PermissionDenied);
    let supervisor = case.role(Role::Supervisor).await;
    ok!(supervisor.interactions().transfer_interaction(transfer));
}

async fn some_things_are_never_overridden(case: Case) {
    let (agent, console, waits) = full(&case).await;
    let absent = case.agent("Absent").await;
    assert_eq!(condition(&case.admin, over(&waits, &absent)).await, "SESSION");
    console.presence(PresenceStatus::Offline).await;
    assert_eq!(condition(&case.admin, over(&waits, &agent)).await, "PRESENCE");
    let stranger = case.stranger().await.agent("Stranger").await;
    refused!(case.admin.routing().route_interaction(over(&waits, &stranger)), ResourceNotFound);
    for target in [None, Some(Route::QueueId(waits.queue_id.clone()))] {
        let nobody = v1::RouteInteractionRequest { target, ..over(&waits, &agent) };
        let error = refused!(case.admin.routing().route_interaction(nobody), ValidationFailed);
        assert_eq!(error.violations()[0].field, "override_limits");
    }
    assert_eq!(case.interaction(&waits.id).await.status(), Status::Queued);
}
