//! An interaction begins to wait: in the queue that has room for it, by the plan that queue names.
//! Whatever puts something into a queue does it here.

use super::No;
use crate::ledger::draft::Draft;
use domain::channel::ChannelKind;
use domain::event::{Event, QueueReason};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::interaction::{Interaction, Priority, SkillRequirement, Traits};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use engine::routing::entry::{self, Entrant};
use engine::routing::intake::Placed;
use engine::routing::plan::Ties;

/// How many queues overflow leads through at most.
pub const OVERFLOW_MAX: usize = 8;

/// The queue that takes one more: the one that is meant, or where its overflow leads. What waits in
/// a queue already has its place there.
pub(super) fn with_room(
    draft: &Draft,
    meant: QueueId,
    row: Option<&Interaction>,
) -> Result<QueueId, No> {
    let Some(first) = draft.floor.queue(meant) else {
        return Err(Refusal::not_found("queue", meant).into());
    };
    let waits_in = row.filter(|row| row.status.is_waiting()).and_then(|row| row.queue_id);
    let mut next = Some(meant);
    for _ in 0..OVERFLOW_MAX {
        let Some((id, spec)) = next.and_then(|id| Some((id, draft.floor.queue(id)?))) else {
            break;
        };
        let is_full = spec.max_size > 0 && draft.floor.depth(id) >= spec.max_size;
        if !is_full || waits_in == Some(id) {
            return Ok(id);
        }
        next = spec.overflow_queue_id;
    }
    let refusal = Refusal::new(Reason::QueueFull).with("queue_id", meant);
    Err(refusal.with("max_size", first.max_size).into())
}

/// What begins to wait, and where.
pub(super) struct Entry {
    pub(super) interaction_id: InteractionId,
    /// Where it was meant to wait.
    pub(super) meant: QueueId,
    /// Where it waits.
    pub(super) queue_id: QueueId,
    pub(super) channel: ChannelKind,
    pub(super) priority: Priority,
    pub(super) required_skills: Vec<SkillRequirement>,
    pub(super) created_at: Timestamp,
    pub(super) enqueued_at: Timestamp,
    pub(super) enqueued_seq: i64,
    pub(super) target: Option<AgentId>,
    pub(super) last_agent: Option<AgentId>,
    pub(super) offers_made: i32,
    pub(super) reason: QueueReason,
    pub(super) rule: Option<Placed>,
    pub(super) traits: Traits,
}

impl Entry {
    /// Of an interaction that is moved, with its age kept. Whoever owns it now is not whom it goes
    /// back to.
    pub(super) fn of(row: &Interaction, queue_id: QueueId, reason: QueueReason) -> Self {
        Self {
            interaction_id: row.id,
            meant: queue_id,
            queue_id,
            channel: row.channel,
            priority: row.priority,
            required_skills: row.required_skills.clone(),
            created_at: row.created_at,
            enqueued_at: row.enqueued_at.unwrap_or_default(),
            enqueued_seq: row.enqueued_seq,
            target: None,
            last_agent: row.last_agent_id.filter(|agent| row.owner_agent_id != Some(*agent)),
            offers_made: row.offers_made,
            reason,
            rule: None,
            traits: row.traits(),
        }
    }

    /// Of what the floor holds, with its age kept, for whoever may take it there.
    pub(super) fn of_item(
        draft: &Draft,
        interaction_id: InteractionId,
        queue_id: QueueId,
        reason: QueueReason,
    ) -> Option<Self> {
        let item = draft.floor.item(interaction_id)?;
        Some(Self {
            interaction_id,
            meant: queue_id,
            queue_id,
            channel: item.channel,
            priority: item.priority,
            required_skills: item.required_skills.to_vec(),
            created_at: item.plan.as_ref().map_or(item.enqueued_at, |plan| plan.pin.created_at),
            enqueued_at: item.enqueued_at,
            enqueued_seq: item.enqueued_seq,
            target: None,
            last_agent: item.last_agent,
            offers_made: item.offers_made,
            reason,
            rule: None,
            traits: item.traits.as_ref().clone(),
        })
    }
}

/// Puts it into its queue.
pub(super) fn enqueue(draft: &mut Draft, entry: Entry) {
    let ties = Ties::of(entry.last_agent, &entry.traits);
    let created_at = entry.created_at;
    let entrant = Entrant { skills: &entry.required_skills, ties, created_at };
    let plan = entry::pin(&draft.floor, entry.queue_id, &entrant, draft.now);
    let (id, queue_id) = (entry.interaction_id, entry.queue_id);
    let ladder = draft.floor.ladder_for(id, queue_id, entry.created_at, draft.now);
    draft.record(Event::InteractionQueued {
        interaction_id: entry.interaction_id,
        queue_id: entry.queue_id,
        channel: entry.channel,
        priority: entry.priority,
        required_skills: entry.required_skills,
        enqueued_at: entry.enqueued_at,
        enqueued_seq: entry.enqueued_seq,
        target_agent_id: entry.target,
        offers_made: entry.offers_made,
        reason: entry.reason,
        rule_id: entry.rule.map(|rule| rule.rule_id),
        rule_version: entry.rule.map_or(0, |rule| rule.version),
        traits: entry.traits,
        ladder,
        plan,
        last_agent_id: entry.last_agent,
        overflowed_from: (entry.meant != entry.queue_id).then_some(entry.meant),
    });
}
