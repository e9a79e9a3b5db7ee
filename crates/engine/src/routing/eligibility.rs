//! Who may take an item. Every condition is here once, as a check with a name that answers yes, or
//! no with what is there and what is asked. Routing asks them for buckets of equal items and for
//! single ones, and an explanation asks the same functions.
//!
//! A new condition of an agent is one more check in [`TAKING`], and one more [`Unmet`].

use super::plan::{self, Ties, Want};
use crate::floor::{Agent, Claim, Floor, Item, Signature};
use domain::agent::EffectiveStatus;
use domain::channel::ChannelKind;
use domain::id::{AgentId, LabelId, SkillId, TeamId};
use domain::interaction::SkillRequirement;
use domain::plan::PlanStep;
use domain::queue::{AssignmentMode, QueueSpec};
use domain::schedule::Duty;
use domain::time::Timestamp;

/// What stands against an agent being given an item: what is there, and what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The queue is closed and holds what waits in it.
    QueueClosed,
    /// The item is for this agent alone.
    Target(AgentId),
    /// The step of the plan that is for them is not open, or is over.
    StepNotOpen {
        /// Which step, counted from zero.
        step: u8,
        /// When it opens by time, if it does.
        opens_at: Option<Timestamp>,
    },
    /// The step is for this one agent; for nobody if the customer has no last agent.
    Single(Option<AgentId>),
    /// The step goes by a queue that is gone.
    QueueGone,
    /// None of their teams is one of those that are asked.
    Team,
    /// They know a skill less well than is asked.
    Skill {
        /// Which skill.
        skill_id: SkillId,
        /// Their level; zero if they do not have it.
        level: u8,
        /// The lowest that will do.
        asked: u8,
    },
    /// They are outside their shift, on a break of it, or on call and not for this queue.
    Shift(Duty),
    /// They have time off, until then.
    TimeOff(Option<Timestamp>),
    /// They are not available.
    Presence(EffectiveStatus),
    /// They take nothing of this channel for now.
    Channel(ChannelKind),
    /// It does not fit beside what takes of their units.
    Units {
        /// How many are in use by what leaves it no room.
        used: u16,
        /// How many there are.
        units: u16,
    },
    /// They have as many of the channel as they may.
    ChannelUnits {
        /// How many they have.
        used: u16,
        /// How many they may have.
        cap: u16,
    },
    /// They have as many with the label as they may.
    LabelUnits {
        /// Which label.
        label: LabelId,
        /// How many they have.
        used: u16,
        /// How many they may have.
        cap: u16,
    },
    /// Their consoles take no more unanswered offers.
    Credit {
        /// How many are unanswered.
        unanswered: u16,
        /// How many may be.
        credit: u16,
    },
    /// They own it already.
    Owner,
    /// They did not take it when they were asked, and others may.
    CoolDown(Timestamp),
}

impl Unmet {
    /// Which condition it is, as the contract's `RoutingCheck` names it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::QueueClosed => "QUEUE_OPEN",
            Self::Target(_) => "TARGET",
            Self::StepNotOpen { .. } => "STEP_OPEN",
            Self::Single(_) => "SINGLE_AGENT",
            Self::QueueGone => "QUEUE_EXISTS",
            Self::Team => "TEAM",
            Self::Skill { .. } => "SKILL",
            Self::Shift(_) => "SHIFT",
            Self::TimeOff(_) => "TIME_OFF",
            Self::LabelUnits { .. } => "LABEL_UNITS",
            Self::Presence(_) => "PRESENCE",
            Self::Channel(_) => "CHANNEL",
            Self::Units { .. } => "UNITS",
            Self::ChannelUnits { .. } => "CHANNEL_UNITS",
            Self::Credit { .. } => "CREDIT",
            Self::Owner => "NOT_OWNER",
            Self::CoolDown(_) => "COOL_DOWN",
        }
    }
}

/// The answer of a check.
pub type Met = Result<(), Unmet>;

fn unless(met: bool, unmet: Unmet) -> Met {
    if met { Ok(()) } else { Err(unmet) }
}

/// A check of one agent for one more that takes so much of their capacity.
pub type TakingCheck = fn(Claim<'_>, &Agent) -> Met;

/// What decides whether an agent can take one more now, in the order it is asked.
pub const TAKING: [TakingCheck; 7] = [
    |_, agent| shift(agent),
    |_, agent| presence(agent),
    |claim, agent| ready(claim.channel, agent),
    |claim, agent| channel_units(claim.channel, agent),
    |claim, agent| label_units(claim.labels, agent),
    |claim, agent| units(claim.channel, agent),
    |_, agent| credit(agent),
];

/// Their schedule and their time off let new work come.
pub fn shift(agent: &Agent) -> Met {
    match agent.presence.duty {
        Duty::TimeOff => Err(Unmet::TimeOff(agent.away_until())),
        duty => unless(duty.works(), Unmet::Shift(duty)),
    }
}

/// They are at work for the queue: whoever is on call is asked for queues that say so.
pub fn on_call(agent: &Agent, queue: &QueueSpec) -> Met {
    let duty = agent.presence.duty;
    unless(duty != Duty::OnCall || queue.on_call, Unmet::Shift(duty))
}

/// They are available.
pub fn presence(agent: &Agent) -> Met {
    let effective = agent.presence.effective;
    unless(effective == EffectiveStatus::Available, Unmet::Presence(effective))
}

/// They take work of the channel now.
pub fn ready(channel: ChannelKind, agent: &Agent) -> Met {
    unless(agent.is_ready_for(channel), Unmet::Channel(channel))
}

/// It fits beside what takes of their units and does not give way to it.
pub fn units(channel: ChannelKind, agent: &Agent) -> Met {
    let capacity = &agent.spec.capacity;
    let (used, units) = (agent.units_against(channel), capacity.units);
    let with_it = used.saturating_add(capacity.cost(channel));
    unless(with_it <= units, Unmet::Units { used, units })
}

/// They have fewer of the channel than they may, if that is bounded.
pub fn channel_units(channel: ChannelKind, agent: &Agent) -> Met {
    let Some(cap) = agent.spec.capacity.per_channel.get(&channel).copied() else { return Ok(()) };
    let used = agent.used.get(&channel).copied().unwrap_or(0);
    unless(used < cap, Unmet::ChannelUnits { used, cap })
}

/// They have fewer of each of these labels than they may, as far as that is bounded. Work that
/// gives way counts like any other: a cap of a label is passed by nothing.
pub fn label_units(labels: &[LabelId], agent: &Agent) -> Met {
    let caps = &agent.spec.capacity.per_label;
    if caps.is_empty() {
        return Ok(());
    }
    labels.iter().try_for_each(|label| {
        let Some(cap) = caps.get(label).map(|cap| cap.max) else { return Ok(()) };
        let used = agent.used_labels.get(label).copied().unwrap_or(0);
        unless(used < cap, Unmet::LabelUnits { label: *label, used, cap })
    })
}

/// Whether no room ever comes for it, whatever they finish: they may have none of the channel or of
/// a label, or it takes more than all their units.
#[must_use]
pub fn never_fits(claim: Claim<'_>, agent: &Agent) -> bool {
    let capacity = &agent.spec.capacity;
    let none_of = |label| capacity.per_label.get(label).is_some_and(|cap| cap.max == 0);
    capacity.per_channel.get(&claim.channel) == Some(&0)
        || claim.labels.iter().any(none_of)
        || capacity.cost(claim.channel) > capacity.units
}

/// One more unanswered offer stays within what their consoles take at a time.
pub fn credit(agent: &Agent) -> Met {
    let Agent { unanswered, credit, .. } = *agent;
    unless(credit == 0 || unanswered < credit, Unmet::Credit { unanswered, credit })
}

/// Whether the agent can take one more that takes this now.
#[must_use]
pub fn can_take(claim: Claim<'_>, agent: &Agent) -> bool {
    first_untaken(claim, agent).is_none()
}

/// The first that keeps the agent from taking it.
#[must_use]
pub fn first_untaken(claim: Claim<'_>, agent: &Agent) -> Option<Unmet> {
    TAKING.iter().find_map(|check| check(claim, agent).err())
}

/// All that keeps the agent from taking it, in the order it is asked: every label that is full,
/// where routing is content with the first.
#[must_use]
pub fn untaken(claim: Claim<'_>, agent: &Agent) -> Vec<Unmet> {
    let mut unmet: Vec<Unmet> =
        TAKING.iter().filter_map(|check| check(claim, agent).err()).collect();
    if let Some(at) = unmet.iter().position(|unmet| matches!(unmet, Unmet::LabelUnits { .. })) {
        let each = claim.labels.iter().map(std::slice::from_ref);
        unmet.splice(at..=at, each.filter_map(|label| label_units(label, agent).err()));
    }
    unmet
}

/// Whether the agent is there for the channel now, with room or without.
#[must_use]
pub fn is_ready(channel: ChannelKind, agent: &Agent) -> bool {
    shift(agent).is_ok() && presence(agent).is_ok() && ready(channel, agent).is_ok()
}

/// Whether a bucket may hold something for an agent, as far as what its items ask for says: a cheap
/// look before a costly one, which says no only where everything in it would be refused.
#[must_use]
pub fn may_take(signature: &Signature, agent: &Agent) -> bool {
    let plain = signature.target.is_none() && signature.place.is_none();
    let knows = || has_skills(agent, &signature.required_skills);
    can_take(signature.claim(), agent) && (!plain || knows())
}

/// What is asked of a skill after what a step of a plan forgives; none if nothing is.
#[must_use]
pub fn forgiven(need: &SkillRequirement, step: Option<&PlanStep>) -> Option<SkillRequirement> {
    let Some(step) = step else { return Some(*need) };
    if step.drop_skills.contains(&need.skill_id) {
        return None;
    }
    let min_level = need.min_level.saturating_sub(step.lower_levels).max(1);
    Some(SkillRequirement { min_level, ..*need })
}

/// The agent knows all that is asked, after what a step of a plan forgives.
pub fn skills<'a>(
    agent: &Agent,
    asked: impl IntoIterator<Item = &'a SkillRequirement>,
    step: Option<&PlanStep>,
) -> Met {
    for need in asked {
        let Some(SkillRequirement { skill_id, min_level }) = forgiven(need, step) else { continue };
        let level = agent.spec.skills.get(&skill_id).copied().unwrap_or(0);
        unless(level >= min_level, Unmet::Skill { skill_id, level, asked: min_level })?;
    }
    Ok(())
}

/// Whether the agent has every skill at its level.
#[must_use]
pub fn has_skills(agent: &Agent, required: &[SkillRequirement]) -> bool {
    skills(agent, required, None).is_ok()
}

/// The teams of which an agent has to be of one: as the step says, else as the queue it goes by
/// does. Any will do if none is named.
#[must_use]
pub fn teams<'a>(queue: &'a QueueSpec, step: Option<&'a PlanStep>) -> &'a [TeamId] {
    match step {
        Some(step) if step.any_team => &[],
        Some(step) if !step.teams.is_empty() => &step.teams,
        _ => &queue.teams,
    }
}

/// The agent belongs to a team that is asked.
pub fn team(agent: &Agent, queue: &QueueSpec, step: Option<&PlanStep>) -> Met {
    let asked = teams(queue, step);
    let met = asked.is_empty() || agent.spec.teams.iter().any(|team| asked.contains(team));
    unless(met, Unmet::Team)
}

/// A step for single agents is for this one.
pub fn single(step: &PlanStep, ties: Ties, id: AgentId) -> Met {
    let named = plan::named(step, ties);
    unless(step.sticky.is_none() || named == Some(id), Unmet::Single(named))
}

/// Whom an item, or every item of a bucket, is for: by target, or by the open steps of its plan, or
/// by its queue. Who has room for it now is another question.
#[derive(Clone, Copy)]
pub struct Circle<'a> {
    floor: &'a Floor,
    want: Option<Want<'a>>,
    open: &'a [PlanStep],
}

impl<'a> Circle<'a> {
    /// Whom this item is for.
    #[must_use]
    pub fn of_item(floor: &'a Floor, item: &'a Item) -> Self {
        Self::of(floor, Want::of_item(floor, item))
    }

    /// Whom all items of a bucket are for; `one` of them is known.
    #[must_use]
    pub fn of_bucket(
        floor: &'a Floor,
        queue: &'a QueueSpec,
        signature: &'a Signature,
        one: &'a Item,
    ) -> Self {
        Self::of(floor, Some(Want::of_bucket(queue, signature, one)))
    }

    fn of(floor: &'a Floor, want: Option<Want<'a>>) -> Self {
        let by_plan = want.filter(|want| want.target.is_none());
        Self { floor, want, open: by_plan.map_or(&[], |want| want.open(floor)) }
    }

    /// The open steps, first to newest; empty where no plan decides.
    #[must_use]
    pub fn steps(&self) -> &'a [PlanStep] {
        self.open
    }

    /// Whether the agent is one of them.
    #[must_use]
    pub fn has(&self, id: AgentId, agent: &Agent) -> bool {
        match self.open {
            [] => self.check_unplanned(id, agent).is_ok(),
            _ => self.step_for(id, agent).is_some(),
        }
    }

    /// The first open step that is for the agent.
    #[must_use]
    pub fn step_for(&self, id: AgentId, agent: &Agent) -> Option<&'a PlanStep> {
        self.open.iter().find(|step| self.has_in(step, id, agent))
    }

    /// Whether this one step is for the agent.
    #[must_use]
    pub fn has_in(&self, step: &PlanStep, id: AgentId, agent: &Agent) -> bool {
        self.check_in(step, id, agent).is_ok()
    }

    /// This one step is for the agent.
    pub fn check_in(&self, step: &PlanStep, id: AgentId, agent: &Agent) -> Met {
        self.want.map_or(Err(Unmet::QueueGone), |want| want.check(self.floor, step, id, agent))
    }

    /// The teams that are asked, by this step or, where no plan decides, by the queue; none named
    /// if any will do.
    #[must_use]
    pub fn teams(&self, step: Option<&'a PlanStep>) -> &'a [TeamId] {
        let Some(want) = self.want else { return &[] };
        let base = step.map_or(Some(want.queue), |step| want.base(self.floor, step));
        base.map_or(&[], |base| teams(base, step))
    }

    /// Where no plan decides: the agent is the target, or of the queue.
    pub fn check_unplanned(&self, id: AgentId, agent: &Agent) -> Met {
        let Some(want) = &self.want else { return Err(Unmet::QueueGone) };
        if let Some(target) = want.target {
            return unless(target == id, Unmet::Target(target));
        }
        team(agent, want.queue, None)?;
        on_call(agent, want.queue)?;
        skills(agent, want.asked(want.queue), None)
    }
}

/// The queue is open, or the item is for somebody who is asked at any hour.
pub fn hours(floor: &Floor, item: &Item, now: Timestamp) -> Met {
    let closed = || item.queue_id.is_some_and(|queue| floor.is_closed(queue, now));
    unless(item.target.is_some() || !closed(), Unmet::QueueClosed)
}

/// Whether an item is offered by itself: its queue offers its work, or somebody named whom it is
/// for. What is not waits to be taken.
#[must_use]
pub fn is_pushed(floor: &Floor, item: &Item) -> bool {
    let queue = item.queue_id.and_then(|queue| floor.queue(queue));
    let pulls = queue.is_some_and(|spec| spec.assignment_mode == AssignmentMode::Pull);
    item.target.is_some() || !pulls
}

/// They do not own the item already.
pub fn owner(floor: &Floor, item: &Item, agent_id: AgentId) -> Met {
    unless(owner_of(floor, item) != Some(agent_id), Unmet::Owner)
}

/// They are not in cool-down for the item, unless everybody who could take it is.
pub fn cool_down(floor: &Floor, item: &Item, agent_id: AgentId, now: Timestamp) -> Met {
    match cooling(item, agent_id, now) {
        Some(until) => unless(everybody_cools(floor, item, now), Unmet::CoolDown(until)),
        None => Ok(()),
    }
}

/// Whether nothing between this item and this agent stands against it.
#[must_use]
pub fn is_open_to(floor: &Floor, item: &Item, agent_id: AgentId, now: Timestamp) -> bool {
    owner(floor, item, agent_id).is_ok() && cool_down(floor, item, agent_id, now).is_ok()
}

fn owner_of(floor: &Floor, item: &Item) -> Option<AgentId> {
    item.owner.and_then(|leg| floor.leg(leg)).map(|leg| leg.agent_id)
}

/// Until when they are in cool-down for the item, whoever else may take it.
pub(super) fn cooling(item: &Item, agent_id: AgentId, now: Timestamp) -> Option<Timestamp> {
    let mut cools = item.cool_downs.iter();
    cools.find(|cool| cool.agent_id == agent_id && cool.until > now).map(|cool| cool.until)
}

/// A cool-down that would leave nobody to ask, with room or without, does not count.
fn everybody_cools(floor: &Floor, item: &Item, now: Timestamp) -> bool {
    let circle = Circle::of_item(floor, item);
    let owner = owner_of(floor, item);
    !floor.agents().any(|(id, agent)| {
        is_ready(item.channel, agent)
            && owner != Some(*id)
            && circle.has(*id, agent)
            && cooling(item, *id, now).is_none()
    })
}
