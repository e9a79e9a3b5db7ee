//! Who gets what: looks only at what changed on the floor and proposes the next assignments, so
//! that a full queue costs nothing while nothing changes.
//!
//! Rule: where one agent is freed, or one item comes, [`order`] says which item an agent gets and
//! [`strategy`] which agent an item gets, chosen among *all* who are eligible. Where several
//! changed, [`matching`] places as many as can be placed, the longest waiting first. Where a plan
//! has several steps open, those whom an earlier step is for are asked before the others.
//!
//! Promise, checked by [`unplaced`]: once nothing is left to look at, no item waits while an agent
//! who may take it has room. What waits to be taken is left to [`take`].

pub mod eligibility;
pub mod entry;
pub mod explain;
pub mod intake;
pub mod lint;
pub mod matching;
pub mod order;
pub mod plan;
pub mod rules;
pub mod strategy;
pub mod take;
mod work;

use crate::floor::{Agent, Among, Floor, Item};
use domain::id::{AgentId, InteractionId, QueueId, TeamId};
use domain::interaction::{InteractionStatus, SkillRequirement};
use domain::plan::PlanStep;
use domain::queue::{QueueSpec, Strategy};
use domain::time::{Span, Timestamp};
use eligibility::Circle;
use imbl::OrdSet;
use order::Standing;
use strategy::Asked;
use work::Scope;

/// One item to be offered to one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// What.
    pub interaction_id: InteractionId,
    /// To whom.
    pub agent_id: AgentId,
    /// Out of which queue.
    pub queue_id: QueueId,
    /// Whom the queue's shadow strategy would have asked; none if it has none.
    pub shadow: Option<AgentId>,
}

/// The next assignments, at most `most`: all may be recorded one after the other before asking
/// again. None when nothing that changed leads to one; what was looked at in vain is settled.
pub fn next(floor: &mut Floor, now: Timestamp, most: usize) -> Vec<Assignment> {
    let matched = matching::matched(floor, now, most);
    if !matched.is_empty() || most == 0 {
        return matched;
    }
    one(floor, now).into_iter().collect()
}

/// The next assignment by order and strategy alone.
pub fn one(floor: &mut Floor, now: Timestamp) -> Option<Assignment> {
    for_changed_agents(floor, now).or_else(|| for_changed_items(floor, now))
}

fn for_changed_agents(floor: &mut Floor, now: Timestamp) -> Option<Assignment> {
    let agents: Vec<AgentId> = floor.changed().agents.iter().copied().collect();
    let mut best: Option<(Standing, QueueId)> = None;
    for id in agents {
        let found = work::first_for(floor, id, &Scope::PUSHED, now);
        match found {
            None => floor.settle_agent(id),
            Some(found) => best = Some(best.map_or(found, |held| held.min(found))),
        }
    }
    let ((_, _, (_, _, interaction_id)), queue_id) = best?;
    assignment(floor, interaction_id, queue_id, now)
}

fn for_changed_items(floor: &mut Floor, now: Timestamp) -> Option<Assignment> {
    for (_, id) in changed_items(floor, now) {
        let queue_id = floor
            .item(id)
            .filter(|item| item.status == InteractionStatus::Queued)
            .and_then(|item| item.queue_id);
        if let Some(queue_id) = queue_id
            && let Some(assignment) = assignment(floor, id, queue_id, now)
        {
            return Some(assignment);
        }
        floor.settle_item(id);
    }
    None
}

/// The items that changed, the longest waiting first.
fn changed_items(floor: &Floor, now: Timestamp) -> Vec<((i128, i64), InteractionId)> {
    let ids = floor.changed().items.iter();
    let mut waiting: Vec<_> =
        ids.filter_map(|id| Some((seniority(floor, floor.item(*id)?, now), *id))).collect();
    waiting.sort_unstable();
    waiting
}

/// What an item's turn goes by where no agent is in question: lower is earlier.
fn seniority(floor: &Floor, item: &Item, now: Timestamp) -> (i128, i64) {
    let spec = item.queue_id.and_then(|queue| floor.queue(queue));
    let score = spec.map_or(0, |spec| order::waiting(spec, item, now).total());
    (-score, item.enqueued_seq)
}

fn assignment(
    floor: &Floor,
    interaction_id: InteractionId,
    queue_id: QueueId,
    now: Timestamp,
) -> Option<Assignment> {
    let item = floor.item(interaction_id).filter(|item| eligibility::is_pushed(floor, item))?;
    let spec = floor.queue(queue_id)?;
    let agent_id = chosen_by(floor, spec, item, spec.strategy, now)?;
    let shadow = spec.tuning.shadow.and_then(|shadow| chosen_by(floor, spec, item, shadow, now));
    Some(Assignment { interaction_id, agent_id, queue_id, shadow })
}

/// Whom a strategy chooses: of the first open step that has somebody, or of the queue. A step's own
/// strategy goes before its queue's; another one, a shadow, takes the place of both.
fn chosen_by(
    floor: &Floor,
    spec: &QueueSpec,
    item: &Item,
    strategy: Strategy,
    now: Timestamp,
) -> Option<AgentId> {
    if eligibility::hours(floor, item, now).is_err() {
        return None;
    }
    let circle = Circle::of_item(floor, item);
    let asked = Asked { spec, item };
    let may = |id: AgentId, agent: &Agent| {
        eligibility::can_take(item.claim(), agent) && eligibility::is_open_to(floor, item, id, now)
    };
    if let Some(id) = item.target {
        let agent = floor.agent(id)?;
        return (circle.has(id, agent) && may(id, agent)).then_some(id);
    }
    let of_step = |step: &PlanStep| {
        let eligible =
            |id: AgentId, agent: &Agent| circle.has_in(step, id, agent) && may(id, agent);
        if step.sticky.is_some() {
            return plan::named(step, item.ties())
                .filter(|id| floor.agent(*id).is_some_and(|agent| eligible(*id, agent)));
        }
        let own = step.strategy.filter(|_| strategy == spec.strategy);
        let among = among(floor, circle.teams(Some(step)), item.required_skills.iter(), Some(step));
        strategy::choose(floor, own.unwrap_or(strategy), (asked, among), eligible)
    };
    match circle.steps() {
        [] => {
            let among = among(floor, circle.teams(None), asked.skills(), None);
            let eligible = |id: AgentId, agent: &Agent| circle.has(id, agent) && may(id, agent);
            strategy::choose(floor, strategy, (asked, among), eligible)
        }
        steps => steps.iter().find_map(of_step),
    }
}

/// Among whom to look for somebody of these teams: of the skills that must be known, after what a
/// step forgives, those who know the one that fewest kinds of agents with room know.
fn among<'a>(
    floor: &Floor,
    teams: &'a [TeamId],
    asked: impl Iterator<Item = &'a SkillRequirement>,
    step: Option<&PlanStep>,
) -> Among<'a> {
    let asked = asked.filter_map(|need| eligibility::forgiven(need, step));
    let must = asked.filter(|need| need.min_level > 0).map(|need| Some(need.skill_id));
    let all = must.map(|skill| Among { teams, skill });
    let kinds = |among: &Among<'_>| floor.shelves(*among).map(OrdSet::len).sum::<usize>();
    all.min_by_key(kinds).unwrap_or(Among { teams, skill: None })
}

/// Whether nobody is asked for an item now: its queue is closed, or leaves its work to be taken.
/// Whom somebody named is asked in any case.
fn is_held(floor: &Floor, item: &Item, now: Timestamp) -> bool {
    eligibility::hours(floor, item, now).is_err() || !eligibility::is_pushed(floor, item)
}

/// The agent who would be asked now, if anybody may take the item and it is offered by itself.
#[must_use]
pub fn best_agent(floor: &Floor, id: InteractionId, now: Timestamp) -> Option<AgentId> {
    floor.item(id).filter(|item| eligibility::is_pushed(floor, item))?;
    preferred(floor, id, now)
}

/// The agent whom the strategy prefers of those who may take the item now, whether they are asked
/// or it waits to be taken.
#[must_use]
pub fn preferred(floor: &Floor, id: InteractionId, now: Timestamp) -> Option<AgentId> {
    let item = floor.item(id)?;
    let spec = floor.queue(item.queue_id?)?;
    chosen_by(floor, spec, item, spec.strategy, now)
}

/// How long an agent has to answer an offer of an item: as the first open step that is for them
/// says, else as the queue says.
#[must_use]
pub fn offer_timeout(floor: &Floor, id: InteractionId, agent_id: AgentId) -> Span {
    let Some(item) = floor.item(id) else { return Span::ZERO };
    let of_queue = item.queue_id.and_then(|queue| floor.queue(queue));
    let of_queue = of_queue.map_or(Span::ZERO, |spec| spec.offer_timeout);
    let circle = Circle::of_item(floor, item);
    let step = floor.agent(agent_id).and_then(|agent| circle.step_for(agent_id, agent));
    step.and_then(|step| step.offer_timeout).unwrap_or(of_queue)
}

/// Items that wait although somebody could take them: empty after routing, or routing is wrong.
/// Checks every pair, for tests and audits.
#[must_use]
pub fn unplaced(floor: &Floor, now: Timestamp) -> Vec<InteractionId> {
    floor
        .items()
        .filter(|(_, item)| item.status == InteractionStatus::Queued)
        .filter(|(id, _)| best_agent(floor, **id, now).is_some())
        .map(|(id, _)| *id)
        .collect()
}
