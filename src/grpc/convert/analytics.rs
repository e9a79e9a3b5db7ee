//! Figures and boards on the wire.

use super::{Coded, agent, time};
use crate::grpc::call::optional_id;
use crate::proto::v1;
use app::analytics::{AgentLine, Board};
use app::trend::{StepLength, TrendPoint, TrendQuestion};
use app::waits::{Calibration, WaitEstimate};
use domain::agent::EffectiveStatus;
use domain::channel::ChannelKind;
use domain::event::{Event, Recorded};
use domain::interaction::InteractionStatus;
use domain::time::{Span, Timestamp};
use tonic::Status;

fn small(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn span(span: Option<Span>) -> Option<prost_types::Duration> {
    Some(time::duration(span.unwrap_or(Span::ZERO)))
}

/// All figures of a board.
#[must_use]
pub fn stats(board: &Board) -> v1::RealTimeStats {
    let stats = &board.stats;
    let count = |wanted: &[InteractionStatus]| {
        let counted = stats.by_status.iter().filter(|(status, _)| wanted.contains(status));
        small(counted.map(|(_, count)| count).sum())
    };
    let full = board.agents.iter().filter(|line| is_full(line)).count();
    let full = i64::try_from(full).unwrap_or(i64::MAX);
    let available = board.agents_in(EffectiveStatus::Available) - full;
    let busy = board.agents_in(EffectiveStatus::Unavailable) + full;
    let connected = stats.agents.iter().filter(|(s, _)| *s != EffectiveStatus::Offline);
    v1::RealTimeStats {
        active_interactions: count(&[
            InteractionStatus::Connecting,
            InteractionStatus::Active,
            InteractionStatus::Wrapping,
        ]),
        queued_interactions: count(&[InteractionStatus::Queued]),
        offered_interactions: count(&[InteractionStatus::Offered]),
        available_agents: small(available),
        busy_agents: small(busy),
        connected_agents: small(connected.map(|(_, count)| count).sum()),
        avg_response_time: stats.average_response.map(time::duration),
        avg_wait: stats.average_wait.map(time::duration),
        channel_distribution: channels(board),
        queues: queues(board),
        interactions_created_total: stats.created,
        resolved_total: stats.resolved,
        avg_rating: stats.average_rating.unwrap_or(0.0),
        seq: stats.head.seq,
        as_of: Some(time::timestamp(board.at)),
        parked_interactions: count(&[InteractionStatus::Parked]),
        scheduled_interactions: count(&[InteractionStatus::Scheduled]),
    }
}

/// Whether an agent who may be offered work has no room for it.
fn is_full(line: &AgentLine) -> bool {
    line.presence.effective == EffectiveStatus::Available
        && line.used >= u32::from(line.agent.spec.capacity.units)
}

fn channels(board: &Board) -> Vec<v1::ChannelCount> {
    counts(&board.stats.by_channel)
}

fn counts(of: &[(ChannelKind, i64)]) -> Vec<v1::ChannelCount> {
    of.iter()
        .map(|(kind, count)| v1::ChannelCount { channel: kind.to_wire(), count: small(*count) })
        .collect()
}

/// Figures of every queue, also of those where nothing waits.
#[must_use]
pub fn queues(board: &Board) -> Vec<v1::QueueStats> {
    let shown = |queue: &domain::queue::Queue| {
        let figures = board.stats.by_queue.iter().find(|figures| figures.queue_id == queue.id);
        let given_up = |how: InteractionStatus| {
            let of =
                board.stats.given_up.iter().filter(|(id, as_, _)| (*id, *as_) == (queue.id, how));
            small(of.map(|(_, _, count)| *count).sum())
        };
        let shadowed = board.shadowed.iter().find(|shadow| shadow.queue_id == queue.id);
        v1::QueueStats {
            queue_id: queue.id.to_string(),
            name: queue.name.clone(),
            // What is being offered counts apart.
            depth: figures.map_or(0, |queue| small(queue.waiting - queue.offered)),
            longest_wait: span(figures.and_then(|queue| queue.longest_wait)),
            offered: figures.map_or(0, |queue| small(queue.offered)),
            available_agents: small(board.available_for(queue)),
            sla_at_risk: figures.map_or(0, |queue| small(queue.at_risk)),
            sla_breached: figures.map_or(0, |queue| small(queue.breached)),
            shadow_agreed: shadowed.map_or(0, |shadow| shadow.agreed),
            shadow_differed: shadowed.map_or(0, |shadow| shadow.differed),
            abandoned: given_up(InteractionStatus::Abandoned),
            expired: given_up(InteractionStatus::Expired),
            cancelled: given_up(InteractionStatus::Cancelled),
            parked: figures.map_or(0, |queue| small(queue.parked)),
            scheduled: figures.map_or(0, |queue| small(queue.scheduled)),
            estimated_wait: newcomer(board, queue),
            wait_calibration: board.lines.get(&queue.id).map(|line| calibration(&line.calibration)),
        }
    };
    board.queues.iter().map(shown).collect()
}

/// How long who joined the line now would wait.
fn newcomer(board: &Board, queue: &domain::queue::Queue) -> Option<prost_types::Duration> {
    let figures = board.stats.by_queue.iter().find(|figures| figures.queue_id == queue.id);
    let waiting = figures.map_or(0, |queue| queue.waiting - queue.offered);
    let place = usize::try_from(waiting).ok()? + 1;
    let pace = board.lines.get(&queue.id)?.pace?;
    Some(time::duration(pace.at_place(place)))
}

fn calibration(told: &Calibration) -> v1::WaitCalibration {
    v1::WaitCalibration {
        count: i32::try_from(told.count).unwrap_or(i32::MAX),
        mean_wait: Some(time::duration(told.mean_wait)),
        mean_estimate: Some(time::duration(told.mean_estimate)),
        mean_error: Some(time::duration(told.mean_error)),
    }
}

/// Where an interaction stands and how long it will still wait.
#[must_use]
pub fn wait_estimate(told: &WaitEstimate) -> v1::GetWaitEstimateResponse {
    v1::GetWaitEstimateResponse {
        position: i32::try_from(told.position).unwrap_or(i32::MAX),
        queue_length: i32::try_from(told.length).unwrap_or(i32::MAX),
        estimated_wait: told.wait.map(time::duration),
        moves: i32::try_from(told.moved).unwrap_or(i32::MAX),
        as_of: Some(time::timestamp(told.at)),
    }
}

/// The agents of a board.
#[must_use]
pub fn agents(board: &Board) -> Vec<v1::AgentBoardItem> {
    let item = |line: &AgentLine| v1::AgentBoardItem {
        agent_id: line.agent.id.to_string(),
        name: line.name.clone(),
        presence: Some(agent::presence(&line.presence, &line.reason)),
        used_units: i32::try_from(line.used).unwrap_or(i32::MAX),
        max_units: i32::from(line.agent.spec.capacity.units),
        owned_interactions: i32::try_from(line.owned).unwrap_or(i32::MAX),
        pending_offers: i32::try_from(line.asked).unwrap_or(i32::MAX),
    };
    board.agents.iter().map(item).collect()
}

/// What trend a request asks for.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn trend_question(asked: &v1::GetTrendRequest) -> Result<TrendQuestion, Status> {
    Ok(TrendQuestion {
        length: match asked.step() {
            v1::TrendStep::Unspecified | v1::TrendStep::Hour => StepLength::Hour,
            v1::TrendStep::Day => StepLength::Day,
        },
        steps: u32::try_from(asked.steps).unwrap_or_default(),
        end: asked.end_time.as_ref().map(time::moment),
        ahead_minutes: asked.utc_offset_minutes,
        queue: optional_id(&asked.queue_id)?,
    })
}

/// The answer to it, as of a moment.
#[must_use]
pub fn trend(points: &[TrendPoint], at: Timestamp) -> v1::GetTrendResponse {
    let point = |point: &TrendPoint| v1::TrendPoint {
        start_time: Some(time::timestamp(point.at)),
        created: point.created,
        taken: point.taken,
        answered: point.answered,
        resolved: point.resolved,
        abandoned: point.abandoned,
        expired: point.expired,
        breached: point.breached,
        avg_wait: point.average_wait.map(time::duration),
        avg_response_time: point.average_response.map(time::duration),
        avg_rating: point.average_rating.unwrap_or(0.0),
        channels: counts(&point.channels),
    };
    let points = points.iter().map(point).collect();
    v1::GetTrendResponse { points, as_of: Some(time::timestamp(at)) }
}

/// One line of what happened.
#[must_use]
pub fn activity(event: &Recorded) -> v1::ActivityLine {
    let queue = match &event.event {
        Event::InteractionQueued { queue_id, .. } | Event::OfferMade { queue_id, .. } => {
            queue_id.to_string()
        }
        _ => String::new(),
    };
    let text = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    v1::ActivityLine {
        seq: event.seq,
        time: Some(time::timestamp(event.at)),
        kind: super::event::event(event).kind,
        interaction_id: text(event.event.interaction_id().map(Into::into)),
        agent_id: text(event.event.agent_id().map(Into::into)),
        queue_id: queue,
    }
}
