//! Figures and boards on the wire.

use super::{Coded, agent, time};
use crate::proto::v1;
use app::analytics::{AgentLine, Board};
use domain::agent::EffectiveStatus;
use domain::event::{Event, Recorded};
use domain::interaction::InteractionStatus;
use domain::time::Span;

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
    }
}

/// Whether an agent who may be offered work has no room for it.
fn is_full(line: &AgentLine) -> bool {
    line.presence.effective == EffectiveStatus::Available
        && line.used >= u32::from(line.agent.spec.capacity.units)
}

fn channels(board: &Board) -> Vec<v1::ChannelCount> {
    let counts = board.stats.by_channel.iter();
    counts
        .map(|(kind, count)| v1::ChannelCount { channel: kind.to_wire(), count: small(*count) })
        .collect()
}

/// Figures of every queue, also of those where nothing waits.
#[must_use]
pub fn queues(board: &Board) -> Vec<v1::QueueStats> {
    let shown = |queue: &domain::queue::Queue| {
        let figures = board.stats.by_queue.iter().find(|figures| figures.queue_id == queue.id);
        v1::QueueStats {
            queue_id: queue.id.to_string(),
            name: queue.name.clone(),
            // What is being offered counts apart.
            depth: figures.map_or(0, |queue| small(queue.waiting - queue.offered)),
            longest_wait: span(figures.and_then(|queue| queue.longest_wait)),
            offered: figures.map_or(0, |queue| small(queue.offered)),
            available_agents: small(board.available_for(queue)),
        }
    };
    board.queues.iter().map(shown).collect()
}

/// The agents of a board.
#[must_use]
pub fn agents(board: &Board) -> Vec<v1::AgentBoardItem> {
    let item = |line: &AgentLine| v1::AgentBoardItem {
        agent_id: line.agent.id.to_string(),
        name: line.agent.name.clone(),
        presence: Some(agent::presence(&line.presence, &line.reason)),
        used_units: i32::try_from(line.used).unwrap_or(i32::MAX),
        max_units: i32::from(line.agent.spec.capacity.units),
        owned_interactions: i32::try_from(line.owned).unwrap_or(i32::MAX),
        pending_offers: i32::try_from(line.used.saturating_sub(line.owned)).unwrap_or(i32::MAX),
    };
    board.agents.iter().map(item).collect()
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
