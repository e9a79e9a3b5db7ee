//! Simulations, as the wire writes them.

use super::codes::Coded;
use super::{count, time};
use crate::grpc::status::refusal;
use crate::proto::v1;
use app::backtest::{Changes, LeftOut, Retrial};
use app::sim::builtin;
use app::sim::figures::Estimate;
use app::sim::world::World;
use app::simulate::{Answer, Policy, Progress, Reproduced, Trial};
use domain::queue::{Strategy, WorkOrder};
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use tonic::Status;
use v1::simulate_request::World as Asked;

/// How often a world is run where nobody says.
const RUNS: u64 = 10;

/// The wait that counts as prompt in a past where nobody says, in seconds.
const WITHIN: i32 = 20;

/// Later than any log ends.
const LATE: Timestamp = Timestamp::from_micros(i64::MAX / 4);

fn wrong(problem: impl std::fmt::Display) -> Status {
    refusal(Refusal::new(Reason::WorldInvalid).with("problem", problem))
}

/// The past that a caller wants to try, if it is one.
///
/// # Errors
/// `WORLD_INVALID`.
pub fn retrial(asked: &v1::SimulateRequest) -> Result<Option<Retrial>, Status> {
    let Some(Asked::Past(past)) = &asked.world else { return Ok(None) };
    let from = past.from_time.as_ref().map(time::moment).ok_or_else(|| wrong("no from_time"))?;
    let to = past.to_time.as_ref().map_or(LATE, time::moment);
    if to <= from {
        return Err(wrong("to_time must lie after from_time"));
    }
    // As of a world, what is said of a text that is none may hold some of it.
    let read = |text: &str| serde_json::from_str::<Changes>(text);
    let changes = Some(past.changes.as_str()).filter(|text| !text.is_empty()).map(read);
    let changes = changes.transpose().map_err(|error| {
        let (line, column) = (error.line(), error.column());
        wrong(format!("changes are not what they are made of: line {line}, column {column}"))
    })?;
    let changes = match (changes, policy(asked.against.as_ref())?) {
        (None, None) => None,
        (changes, policy) => Some(changes.unwrap_or_default().with_policy(policy)),
    };
    let within = Some(past.within_seconds).filter(|seconds| *seconds > 0).unwrap_or(WITHIN);
    Ok(Some(Retrial {
        times: (from, to),
        within: Span::from_secs(i64::from(within)),
        seed: asked.seed.unsigned_abs(),
        runs: runs(asked),
        policy: policy(asked.policy.as_ref())?,
        changes,
    }))
}

fn runs(asked: &v1::SimulateRequest) -> u64 {
    u64::try_from(asked.runs).ok().filter(|runs| *runs > 0).unwrap_or(RUNS)
}

/// What a caller wants to try, checked.
///
/// # Errors
/// `WORLD_INVALID`.
pub fn trial(asked: &v1::SimulateRequest) -> Result<Trial, Status> {
    let mut world = match &asked.world {
        Some(Asked::Example(name)) => {
            builtin::world(name).ok_or_else(|| wrong("there is no such example"))?
        }
        // What is said of a text that is none may hold some of it; its place says enough.
        Some(Asked::Json(text)) => serde_json::from_str::<World>(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            wrong(format!("it is not what a world is made of: line {line}, column {column}"))
        })?,
        Some(Asked::Past(_)) | None => return Err(wrong("there is no world")),
    };
    if let Ok(arrivals @ 1..) = u64::try_from(asked.arrivals) {
        (world.arrivals, world.seconds) = (Some(arrivals), None);
    }
    if let Some((order, strategy)) = policy(asked.policy.as_ref())? {
        world = world.with_policy(order, strategy);
    }
    let runs = runs(asked);
    let seed = asked.seed.unsigned_abs();
    let trial = Trial { world, seed, runs, against: policy(asked.against.as_ref())? };
    trial.check().and_then(|()| trial.check_size()).map_err(wrong)?;
    Ok(trial)
}

fn policy(asked: Option<&v1::RoutingPolicy>) -> Result<Option<Policy>, Status> {
    let Some(asked) = asked else { return Ok(None) };
    let policy = WorkOrder::of_wire(asked.order).zip(Strategy::of_wire(asked.strategy));
    policy.map(Some).ok_or_else(|| wrong("a policy is an order and a strategy"))
}

/// How far it is.
#[must_use]
pub fn progress(progress: Progress) -> v1::SimulateResponse {
    let progress = v1::SimulationProgress {
        runs_done: count(progress.done),
        runs: count(progress.runs),
        customers: i64::try_from(progress.came).unwrap_or(i64::MAX),
    };
    update(v1::simulate_response::Update::Progress(progress))
}

/// What it came to.
#[must_use]
pub fn result(answer: &Answer) -> v1::SimulateResponse {
    let of = |found: &Estimate| v1::SimulatedMean {
        mean: found.mean,
        half_width: Some(found.half_width).filter(|half| half.is_finite()),
    };
    let again = answer.reproduced.as_ref();
    let figure = |(name, first): (&String, &Estimate)| {
        let second = answer.second.as_ref();
        v1::SimulatedFigure {
            name: name.clone(),
            first: Some(of(first)),
            against: second.and_then(|(against, _)| against.get(name)).map(of),
            difference: second.and_then(|(_, more)| more.get(name)).map(of),
            seen: answer.seen.as_ref().and_then(|seen| seen.get(name)).copied(),
            again: again.and_then(|again| again.figures.get(name)).copied(),
        }
    };
    let result = v1::SimulationResult {
        world: answer.world.clone(),
        seed: i64::try_from(answer.seed).unwrap_or(i64::MAX),
        runs: count(answer.runs),
        events: i64::try_from(answer.events).unwrap_or(i64::MAX),
        figures: answer.first.iter().map(figure).collect(),
        json: answer.json().to_string(),
        reproduced: again.map(reproduced),
        left_out: answer.left_out.iter().map(left_out).collect(),
    };
    update(v1::simulate_response::Update::Result(result))
}

/// A count as the wire writes it.
fn many(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn reproduced(again: &Reproduced) -> v1::SimulationReproduced {
    v1::SimulationReproduced {
        taken: many(again.taken),
        same_agent: many(again.same_agent),
        same_wait: many(again.same_wait),
    }
}

fn left_out(one: &LeftOut) -> v1::SimulationLeftOut {
    let (what, instead) = (one.what.to_owned(), one.instead.to_owned());
    v1::SimulationLeftOut { what, count: one.count.map(many), instead }
}

fn update(update: v1::simulate_response::Update) -> v1::SimulateResponse {
    v1::SimulateResponse { update: Some(update) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(world: Asked) -> v1::SimulateRequest {
        v1::SimulateRequest { world: Some(world), ..Default::default() }
    }

    #[test]
    fn a_world_is_taken_by_name_or_as_json() {
        let by_name = trial(&asked(Asked::Example("slower-2".into()))).expect("an example");
        let json = serde_json::to_string(&by_name.world).expect("a world");
        let by_json = trial(&asked(Asked::Json(json))).expect("the same");
        assert_eq!(by_name.world, by_json.world);
        assert_eq!((by_name.runs, by_name.seed, by_name.against), (RUNS, 0, None));
    }

    #[test]
    fn what_is_no_world_is_refused_without_repeating_it() {
        let text = asked(Asked::Json("{\"secret\": 1}".into()));
        let status = trial(&text).expect_err("no world");
        assert!(!format!("{status:?}").contains("secret"));
        assert!(trial(&asked(Asked::Example("nowhere".into()))).is_err());
        assert!(trial(&v1::SimulateRequest::default()).is_err());
    }
}
