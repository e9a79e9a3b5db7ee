//! What is set aside waits for nobody, and yet it is asked what will come of it: when it wakes, and
//! who could take it if it woke now. The events by which it would wake are recorded on a copy, and
//! the copy is explained like any other.

use super::nearest::record;
use super::{AgentStand, Explanation, Line, told};
use crate::floor::{Floor, Item, STEPS_OPENED_MAX};
use crate::routing::entry::{self, Entrant};
use crate::routing::plan::Ties;
use domain::event::{Event, LifeFact, QueueReason, WakeReason};
use domain::id::{AgentId, InteractionId, QueueId};
use domain::time::Timestamp;

/// What is known of something that is parked or scheduled; not all of it is on a floor.
#[derive(Clone, Debug)]
pub struct AtRest {
    /// As the floor would hold it.
    pub item: Item,
    /// When it was created.
    pub created_at: Timestamp,
}

/// That it is set aside: what is told of the line and of agents is as if it woke at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// When it wakes by itself, if it does.
    pub wake_at: Option<Timestamp>,
    /// To whom it would go back without being offered.
    pub returns_to: Option<AgentId>,
}

/// A copy of the floor on which it woke.
struct Woken {
    floor: Floor,
    returns_to: Option<AgentId>,
}

/// Explains an interaction that is set aside as if it woke now; none if no queue is there for it.
/// Clocks of its plan begin when it wakes, so that steps which open by time have none.
#[must_use]
pub fn explain_at_rest(
    floor: &Floor,
    id: InteractionId,
    rest: &AtRest,
    agent: Option<AgentId>,
    now: Timestamp,
) -> Option<Explanation> {
    let Woken { floor: trial, returns_to } = woken(floor, id, rest, now)?;
    let mut found = told(&trial, id, agent, now, true)?;
    found.seq = floor.seq();
    found.status = rest.item.status;
    found.rest = Some(Rest { wake_at: rest.item.wake_at, returns_to });
    if returns_to.is_some() {
        found.winner = returns_to;
        found.nearest.clear();
        found.line = Line::default();
        let is_theirs = |stand: &AgentStand| Some(stand.agent_id) == returns_to;
        for stand in found.agents.iter_mut().filter(|stand| is_theirs(stand)) {
            stand.unmet.clear();
        }
        found.agents.sort_by_key(|stand| !is_theirs(stand));
    }
    Some(found)
}

fn woken(floor: &Floor, id: InteractionId, rest: &AtRest, now: Timestamp) -> Option<Woken> {
    let item = &rest.item;
    let (sla, ladder) = (item.sla.clone(), item.ladder.clone());
    let mut trial = floor.clone();
    let by = WakeReason::Time;
    let wakes = LifeFact::Woken { interaction_id: id, queue_id: item.queue_id, by, sla, ladder };
    record(&mut trial, Event::Life(wakes), now);
    let owner = entry::set_aside_by(floor, item);
    let waking = entry::waking(&trial, item.queue_id?, item.claim(), owner, now);
    let counted = owner.filter(|_| entry::is_counted(item));
    let target = counted.or(waking.target);
    let entered = queued(&trial, id, rest, (waking.queue_id, target, owner), now);
    record(&mut trial, entered, now);
    trial.open_steps(now, STEPS_OPENED_MAX);
    trial.open_step(id, now);
    let returns_to = counted.or(waking.target.filter(|_| waking.is_given_back));
    Some(Woken { floor: trial, returns_to })
}

/// How it would enter its queue.
fn queued(
    floor: &Floor,
    id: InteractionId,
    rest: &AtRest,
    (queue_id, target, owner): (QueueId, Option<AgentId>, Option<AgentId>),
    now: Timestamp,
) -> Event {
    let AtRest { item, created_at } = rest;
    let last_agent = owner.or(item.last_agent);
    let ties = Ties::of(last_agent, &item.traits);
    let entrant = Entrant { skills: &item.required_skills, ties, created_at: *created_at };
    let waited = entry::waited(item.status, item.wake_at, Some(item.enqueued_at), now);
    Event::InteractionQueued {
        interaction_id: id,
        queue_id,
        channel: item.channel,
        priority: item.priority,
        required_skills: item.required_skills.to_vec(),
        enqueued_at: if owner.is_some() { item.enqueued_at } else { now - waited },
        enqueued_seq: match item.enqueued_seq {
            0 => floor.seq() + 1,
            seq => seq,
        },
        target_agent_id: target,
        offers_made: item.offers_made,
        reason: QueueReason::Woken,
        rule_id: None,
        rule_version: 0,
        traits: item.traits.as_ref().clone(),
        ladder: None,
        plan: entry::pin(floor, queue_id, &entrant, now),
        last_agent_id: last_agent,
        overflowed_from: None,
    }
}
