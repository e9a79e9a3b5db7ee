//! Plans by the long way round: which steps of an item are open and whom they are for, worked out
//! from the entries of the floor and the time, with nothing remembered.

use domain::agent::EffectiveStatus;
use domain::channel::ChannelKind;
use domain::id::{AgentId, LabelId};
use domain::interaction::{InteractionStatus, SkillRequirement};
use domain::offer::OfferState;
use domain::plan::{PlanSpec, PlanStep, StepClock, Sticky};
use domain::queue::AssignmentMode;
use domain::schedule::Duty;
use domain::time::Timestamp;
use engine::floor::{Agent, Floor, Item};
use engine::routing::plan::Planned;

/// The place of the newest step that is open by time, failed offers and escalation.
pub(crate) fn opened(item: &Item, now: Timestamp) -> usize {
    let Some(plan) = &item.plan else { return 0 };
    let mut widened: Vec<(usize, Timestamp)> = Vec::new();
    for at in &plan.pin.widened {
        let next = opened_by(item, plan, &widened, *at) + 1;
        widened.push((next, *at));
    }
    opened_by(item, plan, &widened, now)
}

fn opened_by(item: &Item, plan: &Planned, widened: &[(usize, Timestamp)], now: Timestamp) -> usize {
    let mut instants: Vec<Option<i64>> = Vec::new();
    for (index, step) in plan.spec.steps.iter().enumerate() {
        if index <= usize::from(plan.pin.passed) {
            instants.push(Some(plan.pin.since.micros()));
            continue;
        }
        let mut ways = Vec::new();
        if let Some(after) = step.after {
            let start = match after.clock {
                StepClock::Step => instants[index - 1],
                StepClock::Queued => Some(item.enqueued_at.micros()),
                StepClock::Created => Some(plan.pin.created_at.micros()),
            };
            ways.extend(start.map(|start| start + after.span.micros()));
        }
        if step.offers_failed > 0 {
            let nth = plan.pin.failures.get(usize::from(step.offers_failed) - 1);
            ways.extend(nth.map(|at| at.micros()));
        }
        let said = widened.iter().filter(|(step, _)| *step == index);
        ways.extend(said.map(|(_, at)| at.micros()));
        instants.push(ways.into_iter().min().map(|at| at.max(plan.pin.since.micros())));
    }
    let is_open = |at: &Option<i64>| at.is_some_and(|at| at <= now.micros());
    instants.iter().rposition(is_open).unwrap_or(0)
}

fn open(spec: &PlanSpec, newest: usize) -> Vec<&PlanStep> {
    let mut open = Vec::new();
    for step in &spec.steps[..=newest] {
        if step.replace {
            open.clear();
        }
        open.push(step);
    }
    open
}

/// The steps that are open now.
pub(crate) fn open_now<'a>(floor: &Floor, item: &'a Item, now: Timestamp) -> Vec<&'a PlanStep> {
    let Some(plan) = &item.plan else { return Vec::new() };
    let mut newest = opened(item, now);
    loop {
        let steps = open(&plan.spec, newest);
        let Some(next) = plan.spec.steps.get(newest + 1) else { return steps };
        let single = steps.iter().all(|step| step.sticky.is_some());
        if !single && !next.when_absent {
            return steps;
        }
        let counted: Vec<_> =
            steps.iter().filter(|step| single || step.sticky.is_none()).copied().collect();
        let online = floor.agents().any(|(id, agent)| {
            agent.presence.effective != EffectiveStatus::Offline
                && !matches!(agent.presence.duty, Duty::OffShift | Duty::TimeOff)
                && counted.iter().any(|step| is_for(floor, item, step, *id, agent))
        });
        if online {
            return steps;
        }
        newest += 1;
    }
}

fn is_for(floor: &Floor, item: &Item, step: &PlanStep, id: AgentId, agent: &Agent) -> bool {
    let queue = step.queue_id.or(item.queue_id).and_then(|queue| floor.queue(queue));
    let Some(queue) = queue else { return false };
    let named = match step.sticky {
        None => true,
        Some(Sticky::LastAgent) => item.last_agent == Some(id),
        Some(Sticky::AccountOwner) => item.traits.account_owner_id == Some(id),
        Some(Sticky::Agent(agent)) => agent == id,
    };
    let teams = if step.teams.is_empty() { &queue.teams } else { &step.teams };
    let of_team = step.any_team
        || (step.teams.is_empty() && queue.teams.is_empty())
        || teams.iter().any(|team| agent.spec.teams.contains(team));
    let asked = queue.required_skills.iter().chain(item.required_skills.iter());
    let knows = |need: &SkillRequirement| {
        let least = i16::from(need.min_level) - i16::from(step.lower_levels);
        let level = agent.spec.skills.get(&need.skill_id).copied().unwrap_or(0);
        step.drop_skills.contains(&need.skill_id) || i16::from(level) >= least.max(1)
    };
    let called = agent.presence.duty != Duty::OnCall || queue.on_call;
    named && of_team && called && asked.into_iter().all(knows)
}

/// Whether the item is for the agent now, room and cool-downs aside.
pub(crate) fn is_meant_for(
    floor: &Floor,
    item: &Item,
    id: AgentId,
    agent: &Agent,
    now: Timestamp,
) -> bool {
    if let Some(target) = item.target {
        return target == id;
    }
    if item.queue_id.is_some_and(|queue| floor.is_closed(queue, now)) {
        return false;
    }
    if item.plan.is_some() {
        return open_now(floor, item, now).iter().any(|step| is_for(floor, item, step, id, agent));
    }
    is_for(floor, item, &PlanStep::default(), id, agent)
}

fn could(floor: &Floor, item: &Item, id: AgentId, agent: &Agent, now: Timestamp) -> bool {
    let owner = item.owner.and_then(|leg| floor.leg(leg)).map(|leg| leg.agent_id);
    is_ready(agent, item) && owner != Some(id) && is_meant_for(floor, item, id, agent, now)
}

/// Whether the agent takes work of the item's channel now, room aside.
pub(crate) fn is_ready(agent: &Agent, item: &Item) -> bool {
    let ready = &agent.presence.channels;
    agent.presence.effective == EffectiveStatus::Available
        && !matches!(agent.presence.duty, Duty::OnBreak | Duty::OffShift | Duty::TimeOff)
        && (ready.is_empty() || ready.contains(&item.channel))
}

/// Whether the agent has room for the item, and their consoles for another question.
pub(crate) fn has_room(floor: &Floor, item: &Item, agent_id: AgentId, agent: &Agent) -> bool {
    let legs = || floor.legs().filter(|(_, leg)| leg.agent_id == agent_id);
    let units = fits(floor, agent_id, agent, item.channel);
    let cap = agent.spec.capacity.per_channel.get(&item.channel);
    let on = legs().filter(|(_, leg)| leg.channel == item.channel).count();
    let asked = legs().filter(|(_, leg)| leg.state == OfferState::Pending).count();
    let credit = agent.credit == 0 || asked < usize::from(agent.credit);
    let has_label = |label: &LabelId| {
        let cap = agent.spec.capacity.per_label.get(label).map(|cap| usize::from(cap.max));
        let with = legs().filter(|(_, leg)| leg.labels.contains(label)).count();
        cap.is_none_or(|cap| with < cap)
    };
    let labels = item.traits.labels.iter().all(has_label);
    units && credit && labels && cap.is_none_or(|cap| on < usize::from(*cap))
}

/// Units in use by legs of an agent that this takes.
fn units(floor: &Floor, id: AgentId, agent: &Agent, counts: impl Fn(ChannelKind) -> bool) -> u32 {
    let mine = floor.legs().filter(|(_, leg)| leg.agent_id == id && counts(leg.channel));
    let costs = &agent.spec.capacity.costs;
    mine.map(|(_, leg)| u32::from(costs.get(&leg.channel).copied().unwrap_or(1))).sum()
}

/// Whether one more of a channel stays within the shared units, as their page says it.
pub(crate) fn fits(floor: &Floor, id: AgentId, agent: &Agent, channel: ChannelKind) -> bool {
    let capacity = &agent.spec.capacity;
    let gives_way = |kind: ChannelKind| capacity.interruptible.contains(&kind);
    let counted = units(floor, id, agent, |kind| gives_way(channel) || !gives_way(kind));
    let cost = capacity.costs.get(&channel).copied().unwrap_or(1);
    counted + u32::from(cost) <= u32::from(capacity.units)
}

/// Whether the agent could have the item with nothing else in hand.
pub(crate) fn could_ever(
    floor: &Floor,
    item: &Item,
    id: AgentId,
    agent: &Agent,
    now: Timestamp,
) -> bool {
    let owner = item.owner.and_then(|leg| floor.leg(leg)).map(|leg| leg.agent_id);
    let capacity = &agent.spec.capacity;
    let cost = capacity.costs.get(&item.channel).copied().unwrap_or(1);
    let channel = capacity.per_channel.get(&item.channel).copied().unwrap_or(u16::MAX);
    let label = |label: &LabelId| capacity.per_label.get(label).map_or(u16::MAX, |cap| cap.max);
    owner != Some(id)
        && is_meant_for(floor, item, id, agent, now)
        && cost <= capacity.units
        && channel > 0
        && item.traits.labels.iter().all(|one| label(one) > 0)
}

/// Whether a unit is left, for work of any kind that there is.
pub(crate) fn may_have_room(floor: &Floor, id: AgentId, agent: &Agent) -> bool {
    let capacity = &agent.spec.capacity;
    let firm = units(floor, id, agent, |kind| !capacity.interruptible.contains(&kind));
    let all = units(floor, id, agent, |_| true);
    let least = if capacity.interruptible.is_empty() { all } else { firm };
    least < u32::from(capacity.units)
}

/// Whether nobody is asked for the item, because its queue leaves its work to be taken.
pub(crate) fn waits_to_be_taken(floor: &Floor, item: &Item) -> bool {
    let queue = item.queue_id.and_then(|queue| floor.queue(queue));
    let pulls = queue.is_some_and(|queue| queue.assignment_mode == AssignmentMode::Pull);
    pulls && item.target.is_none()
}

/// Who may be given the item now, whether they are asked or take it: those whom an open step is for
/// who have room and credit, without those in cool-down unless everybody who is there is.
pub(crate) fn may_take(floor: &Floor, item: &Item, now: Timestamp) -> Vec<AgentId> {
    may_take_but(floor, item, now, true)
}

/// The same, with those in cool-down or without them.
pub(crate) fn may_take_but(floor: &Floor, item: &Item, now: Timestamp, cool: bool) -> Vec<AgentId> {
    let all = || floor.agents().filter(|(a, agent)| could(floor, item, **a, agent, now));
    let cools =
        |a: &AgentId| cool && item.cool_downs.iter().any(|c| c.agent_id == *a && c.until > now);
    let others = all().any(|(a, _)| !cools(a));
    let asked = all().filter(|(a, _)| !others || !cools(a));
    asked.filter(|(a, agent)| has_room(floor, item, **a, agent)).map(|(a, _)| *a).collect()
}

/// Fails if an item waits although somebody whom an open step is for has room and credit, unless it
/// waits to be taken.
pub(crate) fn nobody_waits_in_vain(floor: &Floor, now: Timestamp, what: &str) {
    for (id, item) in floor.items().filter(|(_, i)| i.status == InteractionStatus::Queued) {
        if item.plan.is_some() {
            assert_eq!(usize::from(item.seen.opened), opened(item, now), "{what}: steps of {id}");
        }
        let may = may_take(floor, item, now);
        let pulled = waits_to_be_taken(floor, item);
        assert!(pulled || may.is_empty(), "{what}: {id} waits although {may:?} could take it");
    }
}
