//! Simulate from outside: progress, then the result, the same that the command line tells; one at a
//! time; worlds that mean nothing or are too large.

use crate::support::eventually;
use crate::support::fixture::Case;
use omnichannel_sdk::Client;
use omnichannel_sdk::v1::{self, ErrorReason, RoutingStrategy, WorkOrder};
use std::process::Command;
use tonic::{Status, Streaming};
use v1::simulate_request::World;
use v1::simulate_response::Update;

both!(
    alone [];
    a_world_is_tried_out_as_on_the_command_line,
    one_at_a_time_and_whoever_leaves_makes_room,
    worlds_that_mean_nothing_or_are_too_large_are_refused,
);

fn small() -> v1::SimulateRequest {
    v1::SimulateRequest {
        world: Some(World::Example("slower-2".into())),
        runs: 3,
        seed: 5,
        arrivals: 2_000,
        ..Default::default()
    }
}

async fn simulate(
    client: &Client,
    request: v1::SimulateRequest,
) -> Result<Streaming<v1::SimulateResponse>, Status> {
    client.routing().simulate(request).await.map(tonic::Response::into_inner)
}

async fn whole(
    client: &Client,
    request: v1::SimulateRequest,
) -> (Vec<v1::SimulationProgress>, v1::SimulationResult) {
    let mut stream = simulate(client, request).await.expect("a simulation begins");
    let mut progress = Vec::new();
    loop {
        let next = stream.message().await.expect("it goes on").expect("a result comes last");
        match next.update.expect("something is told") {
            Update::Progress(told) => progress.push(told),
            Update::Result(result) => {
                assert_eq!(stream.message().await.expect("it ends well"), None);
                return (progress, result);
            }
        }
    }
}

async fn a_world_is_tried_out_as_on_the_command_line(case: Case) {
    let against = v1::RoutingPolicy {
        order: WorkOrder::FirstCome.into(),
        strategy: RoutingStrategy::LongestIdle.into(),
    };
    let request = v1::SimulateRequest { against: Some(against), ..small() };
    let (progress, result) = whole(&case.admin, request.clone()).await;
    let last = progress.last().expect("progress is told");
    assert_eq!((last.runs_done, last.runs), (6, 6));
    assert!(progress.is_sorted_by_key(|told| told.runs_done), "{progress:?}");
    assert_eq!((result.world.as_str(), result.seed, result.runs), ("2 skills", 5, 3));
    let binary = env!("CARGO_BIN_EXE_omnichannel");
    let args = "simulate slower-2 --arrivals 2000 --runs 3 --seed 5 \
                --against first_come,longest_idle --output json";
    let told = Command::new(binary).args(args.split_whitespace()).output().expect("it runs");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let mine: serde_json::Value = serde_json::from_str(&result.json).expect("JSON");
    assert_eq!(mine, told, "one seed, one answer");
    let lost = result.figures.iter().find(|figure| figure.name == "abandoned").expect("it is told");
    let mean = |of: &Option<v1::SimulatedMean>| of.as_ref().expect("both policies ran").mean;
    let gained = mean(&lost.first) - mean(&lost.against);
    assert!((mean(&lost.difference) - gained).abs() < 1e-9);
    assert!(lost.first.as_ref().is_some_and(|first| first.half_width.is_some()));
    // A world of one's own, with progress for an analyst.
    let world = Command::new(binary).args(["simulate", "day", "--print"]).output().expect("runs");
    let text = String::from_utf8(world.stdout).expect("text").replace("\"day\"", "\"shop\"");
    let request = v1::SimulateRequest { world: Some(World::Json(text)), runs: 1, ..small() };
    let analyst = case.role(v1::Role::Analyst).await;
    let (_, result) = whole(&analyst, request).await;
    assert_eq!(result.world, "shop");
    assert!(result.figures[0].first.as_ref().is_some_and(|first| first.half_width.is_none()));
}

async fn one_at_a_time_and_whoever_leaves_makes_room(case: Case) {
    let long = || v1::SimulateRequest { arrivals: 200_000, runs: 20, ..small() };
    let mut first = simulate(&case.admin, long()).await.expect("a simulation begins");
    first.message().await.expect("it goes on").expect("it goes on");
    let error = refused!(simulate(&case.admin, small()), SimulationRunning);
    assert_eq!(error.metadata()["limit"], "tenant");
    let (other, third) = (case.stranger().await, case.stranger().await);
    let _second = simulate(&other.admin, long()).await.expect("another tenant may");
    let error = refused!(simulate(&third.admin, small()), SimulationRunning);
    assert_eq!(error.metadata()["limit"], "server");
    drop(first);
    let again = || async { simulate(&case.admin, small()).await.ok() };
    eventually("whoever leaves makes room", again).await;
}

async fn worlds_that_mean_nothing_or_are_too_large_are_refused(case: Case) {
    let asked = |world: World| v1::SimulateRequest { world: Some(world), ..small() };
    let many = v1::SimulateRequest { runs: 100, arrivals: 200_000, ..small() };
    let cases = [
        (asked(World::Example("nowhere".into())), ErrorReason::WorldInvalid),
        (asked(World::Json("{".into())), ErrorReason::WorldInvalid),
        (asked(World::Json("x".repeat(262_145))), ErrorReason::ValidationFailed),
        (v1::SimulateRequest { world: None, ..small() }, ErrorReason::ValidationFailed),
        (v1::SimulateRequest { arrivals: 200_001, ..small() }, ErrorReason::ValidationFailed),
        (v1::SimulateRequest { runs: -1, ..small() }, ErrorReason::ValidationFailed),
        (asked(past(None, 0, "")), ErrorReason::ValidationFailed),
        (asked(past(Some(1_000_000_000), -1, "")), ErrorReason::ValidationFailed),
        (asked(past(Some(1_000_000_000), 0, "{\"queues\": 1}")), ErrorReason::WorldInvalid),
        (asked(past(Some(7_000_000_000), 0, "")), ErrorReason::WorldInvalid),
        (many, ErrorReason::WorldInvalid),
        (v1::SimulateRequest { policy: Some(fancy()), ..small() }, ErrorReason::WorldInvalid),
    ];
    for (request, reason) in cases {
        let Err(status) = simulate(&case.admin, request).await else { panic!("{reason:?}") };
        crate::support::refusal::judge(status, reason, "Simulate");
    }
    // What was refused holds no place.
    whole(&case.admin, v1::SimulateRequest { runs: 1, arrivals: 50, ..small() }).await;
}

fn past(from: Option<i64>, within_seconds: i32, changes: &str) -> World {
    let from_time = from.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 });
    let changes = changes.to_owned();
    World::Past(v1::SimulatedPast { from_time, to_time: None, within_seconds, changes })
}

/// A strategy that cannot be simulated.
fn fancy() -> v1::RoutingPolicy {
    v1::RoutingPolicy {
        order: WorkOrder::FirstCome.into(),
        strategy: RoutingStrategy::CustomerHistory.into(),
    }
}
