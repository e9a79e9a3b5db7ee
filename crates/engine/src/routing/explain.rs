//! Why an interaction is where it is: whom it is for, who may take it and in which order, what
//! stands against each of the others, what goes before it, and which single changes would place it.
//!
//! It asks the checks of [`eligibility`], the choice of [`super`] and the terms of [`strategy`], on
//! a copy of the floor; nothing is decided here a second time. Promise, held by a test over random
//! states: those without anything against them are those whom routing may ask, the first of them is
//! whom it asks, and each change that is told was tried on a copy and places it.

mod line;
mod nearest;
mod rest;

pub use line::{AHEAD_MAX, Ahead, Line};
pub use nearest::{Change, ChangeKind, INSTANTS_MAX};
pub use rest::{AtRest, Rest, explain_at_rest};

use super::best_agent;
use super::eligibility::{self, Circle, Unmet};
use super::order::{self, Order, Score};
use super::plan::{self, Openings, Want};
use super::strategy::{self, Asked, Term};
use crate::floor::{Agent, Floor, Item, STEPS_OPENED_MAX};
use domain::channel::ChannelKind;
use domain::id::{AgentId, InteractionId, LabelId, PlanId, QueueId, TeamId};
use domain::interaction::{InteractionStatus, SkillRequirement};
use domain::plan::{PlanSpec, PlanStep};
use domain::queue::{QueueSpec, Strategy, WorkOrder};
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// Why an interaction stands where it does, at one place of the log and one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Which.
    pub interaction_id: InteractionId,
    /// The place in the log.
    pub seq: i64,
    /// The instant.
    pub at: Timestamp,
    /// Where it stood.
    pub status: InteractionStatus,
    /// Its queue.
    pub queue_id: QueueId,
    /// Its channel.
    pub channel: ChannelKind,
    /// The only agent it is for.
    pub target: Option<AgentId>,
    /// Whether its queue is closed and holds it.
    pub is_held: bool,
    /// Whether it waits to be taken: nobody is asked, and those who may take it take it.
    pub is_pulled: bool,
    /// The plan it goes by.
    pub plan: Option<PlanStand>,
    /// Whom it is for: the steps of its plan, or the queue as a single one.
    pub steps: Vec<StepStand>,
    /// Why it stands where it does among the waiting, by term; a gap counts per agent.
    pub score: Score,
    /// By which order a freed agent chooses.
    pub order: WorkOrder,
    /// What goes before it.
    pub line: Line,
    /// Whom routing asks; nobody where it waits to be taken.
    pub winner: Option<AgentId>,
    /// Every agent: those who may take it in the order of preference, then those whom the least
    /// stands against.
    pub agents: Vec<AgentStand>,
    /// Single changes after which somebody would be asked, or could take it where it waits to be
    /// taken, each tried; none if somebody may take it already.
    pub nearest: Vec<Change>,
    /// What its labels are called by those who cap them.
    pub labels: BTreeMap<LabelId, String>,
    /// That it is set aside, and all this is as if it woke.
    pub rest: Option<Rest>,
}

/// How far it is in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanStand {
    /// Which.
    pub plan_id: PlanId,
    /// Which version of it.
    pub version: i64,
    /// The newest open step, counted from zero.
    pub newest: usize,
}

/// A step, or a queue without a plan: whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStand {
    /// Whether it is open.
    pub is_open: bool,
    /// When it opens or opened by time or failed offers, as far as it is known.
    pub opens_at: Option<Timestamp>,
    /// It is for this agent alone; for nobody if the customer has no last agent.
    pub single: Option<Option<AgentId>>,
    /// The teams it is for; empty means every agent.
    pub teams: Vec<TeamId>,
    /// What is asked, after what the step forgives.
    pub skills: Vec<SkillRequirement>,
    /// How one of several is chosen.
    pub strategy: Strategy,
}

/// How an agent stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentStand {
    /// Who.
    pub agent_id: AgentId,
    /// The step that counts for them, counted from zero: the first open one that is for them, else
    /// the one they are nearest to.
    pub step: usize,
    /// What stands against them, in the order it is asked; nothing if they may take it.
    pub unmet: Vec<Unmet>,
    /// What the strategy prefers them by, the first term first, lower being better.
    pub preference: Vec<Term>,
    /// The interaction's score in this agent's eyes.
    pub score: Score,
    /// How many consults they have, asked or under way: they take units like work.
    pub consults: usize,
}

/// What an explanation is made of.
pub(super) struct Case<'a> {
    pub(super) floor: &'a Floor,
    pub(super) id: InteractionId,
    pub(super) item: &'a Item,
    pub(super) spec: &'a QueueSpec,
    pub(super) want: Want<'a>,
    circle: Circle<'a>,
    opens: Openings,
    pub(super) now: Timestamp,
}

/// Explains an interaction that waits; none if it is not open or was never queued. With an agent,
/// their own row alone is given, and the line is the one they would work off.
#[must_use]
pub fn explain(
    floor: &Floor,
    id: InteractionId,
    agent: Option<AgentId>,
    now: Timestamp,
) -> Option<Explanation> {
    let mut floor = floor.clone();
    // A batch does so before it routes.
    floor.open_steps(now, STEPS_OPENED_MAX);
    floor.open_step(id, now);
    told(&floor, id, agent, now, false)
}

/// What stands first between an agent and an item that waits; none if they may take it.
pub(super) fn first_unmet(
    floor: &Floor,
    id: InteractionId,
    agent: AgentId,
    now: Timestamp,
) -> Option<Unmet> {
    let case = Case::of(floor, id, now)?;
    let stand = case.stand(&Order::of(floor, now), agent, floor.agent(agent)?);
    stand.unmet.first().copied()
}

/// What a floor says whose steps are open. Of something that has not woken yet nobody knows when
/// its steps open.
fn told(
    floor: &Floor,
    id: InteractionId,
    agent: Option<AgentId>,
    now: Timestamp,
    is_at_rest: bool,
) -> Option<Explanation> {
    let mut case = Case::of(floor, id, now)?;
    if is_at_rest {
        case.opens = Openings::default();
    }
    let winner = best_agent(floor, id, now);
    let agents = case.agents();
    let is_for_somebody = agents.iter().any(|stand| stand.unmet.is_empty());
    let nearest = if is_for_somebody { Vec::new() } else { case.nearest(&agents) };
    let line = match agent.and_then(|agent| Some((agent, floor.agent(agent)?))) {
        Some(agent) => case.line_of_agent(agent),
        None => case.line_of_queue(),
    };
    let wanted = |stand: &AgentStand| agent.is_none_or(|agent| agent == stand.agent_id);
    let agents = agents.into_iter().filter(wanted).collect();
    Some(Explanation {
        interaction_id: id,
        seq: floor.seq(),
        at: now,
        status: case.item.status,
        queue_id: case.item.queue_id?,
        channel: case.item.channel,
        target: case.item.target,
        is_held: eligibility::hours(floor, case.item, now).is_err(),
        is_pulled: !eligibility::is_pushed(floor, case.item),
        plan: case.plan_stand(),
        steps: case.steps(),
        score: order::waiting(case.spec, case.item, now),
        order: floor.settings().order,
        line,
        winner,
        agents,
        nearest,
        labels: case.labels(),
        rest: None,
    })
}

impl<'a> Case<'a> {
    pub(super) fn of(floor: &'a Floor, id: InteractionId, now: Timestamp) -> Option<Self> {
        let item = floor.item(id)?;
        let want = Want::of_item(floor, item)?;
        let opens = item.plan.as_ref().map_or(Openings::default(), |plan| {
            plan::openings(&plan.spec, &plan.pin, item.enqueued_at)
        });
        let circle = Circle::of_item(floor, item);
        Some(Self { floor, id, item, spec: want.queue, want, circle, opens, now })
    }

    /// Its labels by their names, as far as somebody caps them.
    fn labels(&self) -> BTreeMap<LabelId, String> {
        let caps = self.floor.agents().map(|(_, agent)| &agent.spec.capacity.per_label);
        let labels = &self.item.traits.labels;
        let of = caps.flat_map(|caps| labels.iter().filter_map(|l| Some((*l, caps.get(l)?))));
        of.map(|(label, cap)| (label, cap.name.clone())).collect()
    }

    /// The plan that decides; none while it is for a target alone.
    fn plan(&self) -> Option<&'a PlanSpec> {
        self.want.plan.map(|(spec, _)| spec).filter(|_| self.want.target.is_none())
    }

    fn plan_stand(&self) -> Option<PlanStand> {
        let plan = self.item.plan.as_ref()?;
        let (plan_id, version) = (plan.pin.plan_id, plan.pin.version);
        Some(PlanStand { plan_id, version, newest: self.want.newest(self.floor) })
    }

    /// The places of the open steps.
    fn open(&self) -> std::ops::RangeInclusive<usize> {
        let newest = self.want.newest(self.floor);
        self.plan().map_or(0..=0, |spec| spec.first_open(newest)..=newest)
    }

    fn steps(&self) -> Vec<StepStand> {
        let Some(spec) = self.plan() else { return vec![self.step(0, &PlanStep::default())] };
        spec.steps.iter().enumerate().map(|(index, step)| self.step(index, step)).collect()
    }

    fn step(&self, index: usize, step: &PlanStep) -> StepStand {
        let base = self.want.base(self.floor, step);
        let of_queue = base.map(|base| base.teams.clone()).unwrap_or_default();
        let teams = match (step.any_team, step.teams.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => of_queue,
            (false, false) => step.teams.clone(),
        };
        let asked = base.into_iter().flat_map(|base| self.want.asked(base));
        StepStand {
            is_open: self.open().contains(&index),
            opens_at: self.opens.get(index).copied().flatten(),
            single: step.sticky.map(|_| plan::named(step, self.want.ties)),
            teams,
            skills: asked.filter_map(|need| eligibility::forgiven(need, Some(step))).collect(),
            strategy: step.strategy.unwrap_or(self.spec.strategy),
        }
    }

    /// Every agent, those who may take it first.
    pub(super) fn agents(&self) -> Vec<AgentStand> {
        let order = Order::of(self.floor, self.now);
        let all = self.floor.agents();
        let mut stands: Vec<_> = all.map(|(id, agent)| self.stand(&order, *id, agent)).collect();
        stands.sort_by(|a, b| {
            let key = |stand: &AgentStand| (stand.unmet.len(), stand.step, stand.agent_id);
            let preferred = a.preference.cmp(&b.preference);
            let first = |stand: &AgentStand| (stand.unmet.len(), stand.step);
            match (a.unmet.is_empty(), b.unmet.is_empty()) {
                (true, true) => first(a).cmp(&first(b)).then(preferred).then(key(a).cmp(&key(b))),
                _ => key(a).cmp(&key(b)),
            }
        });
        stands
    }

    fn stand(&self, order: &Order<'_>, agent_id: AgentId, agent: &Agent) -> AgentStand {
        let asked = Asked { spec: self.spec, item: self.item };
        let (step, whom) = self.whom(agent_id, agent);
        let (floor, item, now) = (self.floor, self.item, self.now);
        let mut unmet: Vec<Unmet> =
            eligibility::hours(floor, item, now).err().into_iter().collect();
        unmet.extend(whom);
        unmet.extend(eligibility::untaken(item.claim(), agent));
        unmet.extend(eligibility::owner(floor, item, agent_id).err());
        unmet.extend(eligibility::cool_down(floor, item, agent_id, now).err());
        let own = self.plan().and_then(|spec| spec.steps.get(step)).and_then(|step| step.strategy);
        let strategy = own.unwrap_or(self.spec.strategy);
        AgentStand {
            agent_id,
            step,
            unmet,
            preference: strategy::terms(strategy, asked, (agent_id, agent)),
            score: order.score(asked, agent),
            consults: self.floor.consults_of(agent),
        }
    }

    /// The step that counts for an agent, and why it is not for them.
    fn whom(&self, id: AgentId, agent: &Agent) -> (usize, Vec<Unmet>) {
        let Some(spec) = self.plan() else {
            let target = self.want.target.filter(|target| *target != id).map(Unmet::Target);
            if self.want.target.is_some() {
                return (0, target.into_iter().collect());
            }
            return (0, self.missing(None, id, agent));
        };
        let open = self.open();
        let is_for = |at: &usize| self.circle.has_in(&spec.steps[*at], id, agent);
        if let Some(at) = open.clone().find(is_for) {
            return (at, Vec::new());
        }
        // What opens later is nearer than what is over.
        let later = (*open.end() + 1..spec.steps.len()).chain(0..*open.start()).find(is_for);
        if let Some(at) = later {
            let ahead = at > *open.end();
            let opens_at = self.opens.get(at).copied().flatten().filter(|_| ahead);
            let step = u8::try_from(at).unwrap_or(u8::MAX);
            return (at, vec![Unmet::StepNotOpen { step, opens_at }]);
        }
        let missing = open.map(|at| (at, self.missing(spec.steps.get(at), id, agent)));
        missing.min_by_key(|(_, missing)| missing.len()).unwrap_or_default()
    }

    /// All that keeps a step, or the queue, from being for an agent.
    fn missing(&self, step: Option<&PlanStep>, id: AgentId, agent: &Agent) -> Vec<Unmet> {
        let base = step.map_or(Some(self.spec), |step| self.want.base(self.floor, step));
        let Some(base) = base else { return vec![Unmet::QueueGone] };
        let single = step.map(|step| eligibility::single(step, self.want.ties, id));
        let at_work = [eligibility::team(agent, base, step), eligibility::on_call(agent, base)];
        let each = self.want.asked(base).map(|need| eligibility::skills(agent, [need], step));
        single.into_iter().chain(at_work).chain(each).filter_map(Result::err).collect()
    }
}
