//! A tenant's own past played again: customers come and agents are there as they were, and the
//! router decides anew, by the policy of then or by a changed one. Offers take as long to be
//! answered, work as long to be done and customers as long to leave as they did; or, again and
//! again, as others of their queue did, which says how certain a figure is. What is drawn is the
//! same for all policies of one seed and run.
//!
//! What a policy would have changed about who comes and who is at work is not known, and stays as
//! it was; [`Unplayed`] counts what else is left out.

mod draws;
mod play;

pub use super::past::Unplayed;
pub use draws::Draws;
pub use play::{Played, replay};

use super::tally::Tally;
use crate::floor::Floor;
use crate::shift;
use domain::agent::{AgentSpec, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{Actor, Change, Event, Recorded};
use domain::id::{AccountId, AgentId, QueueId, RuleId, ScheduleId};
use domain::interaction::{Priority, SkillRequirement, Traits};
use domain::schedule::Duty;
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// Most changes of a schedule that are looked at for an agent who is added to a past.
const CHANGES_MAX: usize = 100_000;

/// What is played again.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// As it was at the beginning; what waited then is left out.
    pub floor: Floor,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// Who came, in order.
    pub arrivals: Vec<Arrival>,
    /// When agents came, went and changed, and when configuration did, in order.
    pub told: Vec<Told>,
    /// What was seen in each queue.
    pub seen: BTreeMap<QueueId, Seen>,
    /// What happened then and is not played.
    pub unplayed: Unplayed,
}

/// Something that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it was queued.
    pub at: Timestamp,
    /// Its place in the log.
    pub seq: i64,
    /// Where.
    pub queue_id: QueueId,
    /// Its channel.
    pub channel: ChannelKind,
    /// The account it came by.
    pub account_id: Option<AccountId>,
    /// Its priority.
    pub priority: Priority,
    /// What it asked for beyond its queue.
    pub required_skills: Vec<SkillRequirement>,
    /// What strategies and caps look at beside skills.
    pub traits: Traits,
    /// Who last accepted an interaction of its customer.
    pub last_agent: Option<AgentId>,
    /// For whom alone it was.
    pub target: Option<AgentId>,
    /// Since when it counts as waiting.
    pub enqueued_at: Timestamp,
    /// The rule that placed it.
    pub rule: Option<RuleId>,
    /// What became of it.
    pub was: Was,
}

/// What became of something that came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Was {
    /// How its offers were answered until somebody took it, in order.
    pub answers: Vec<Answered>,
    /// Who took it, and after which wait, in microseconds.
    pub taken: Option<(AgentId, i64)>,
    /// How long it was worked on, in microseconds, if it was ended.
    pub worked: Option<i64>,
    /// After how long its customer left, in microseconds, if they did.
    pub left: Option<i64>,
}

/// How an offer was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// After how long, in microseconds.
    pub after: i64,
    /// How.
    pub how: How,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Yes.
    Accepted,
    /// No.
    Declined,
    /// None in time.
    Silent,
    /// It was taken back before there was one.
    TakenBack,
}

/// An event that was so whatever routing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Its place in the log.
    pub seq: i64,
    /// What.
    pub event: Event,
}

/// What was seen in a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How long each piece of work took, in microseconds.
    pub handled: Vec<i64>,
    /// How offers were answered.
    pub answers: Vec<Answered>,
    /// How long all waited together, whether they were answered or left, in microseconds.
    pub waited: i128,
    /// How many of them left.
    pub left: u64,
    /// What became of those who came.
    pub tally: Tally,
}

impl Seen {
    /// The mean patience, by those who left beside all waiting there was; none if nobody left.
    #[allow(clippy::cast_precision_loss, reason = "microseconds of waiting, for chance")]
    fn patience(&self) -> Option<f64> {
        (self.left > 0).then(|| self.waited as f64 / self.left as f64)
    }
}

impl History {
    /// Changes what is configured at the beginning.
    pub fn change(&mut self, event: Event) {
        let (seq, at, actor) = (self.floor.seq() + 1, self.from, Actor::SYSTEM);
        self.floor.apply(&Recorded { seq, at, actor, request_id: String::new(), event });
    }

    /// Adds an agent who is there whenever another one is.
    pub fn add_like(&mut self, agent_id: AgentId, like: AgentId) {
        let Some(spec) = self.spec_like(like) else { return };
        let there = self.floor.agent(like).is_some_and(|agent| agent.is_available());
        let (change, version) = (Change::Created, 1);
        self.change(Event::AgentSaved { agent_id, spec, change, version });
        self.change(present(agent_id, there));
        let same = self.told.iter().filter_map(|told| {
            Some(Told { event: of_agent(&told.event, like, agent_id)?, ..*told })
        });
        let more: Vec<Told> = same.collect();
        self.told.extend(more);
        self.told.sort_by_key(|told| (told.at, told.seq));
    }

    /// Adds an agent who knows what another one does and is there in the shifts of a schedule,
    /// breaks left out, until the past ends; on call outside of them where the schedule says so.
    pub fn add_on_schedule(&mut self, agent_id: AgentId, like: AgentId, schedule_id: ScheduleId) {
        let Some(spec) = self.spec_like(like) else { return };
        let Some(schedule) = self.floor.schedule(schedule_id).cloned() else { return };
        let spec = AgentSpec { schedule_id: Some(schedule_id), ..spec };
        let (change, version) = (Change::Created, 1);
        self.change(Event::AgentSaved { agent_id, spec, change, version });
        let seq = self.floor.seq();
        let mut next = Some(self.from);
        for _ in 0..CHANGES_MAX {
            let Some(at) = next.filter(|at| *at < self.to + super::past::AFTER) else { break };
            let event = on_duty(agent_id, shift::duty(&schedule, at));
            self.told.push(Told { at, seq, event });
            next = shift::next_change(&schedule, at);
        }
        self.told.sort_by_key(|told| (told.at, told.seq));
    }

    fn spec_like(&self, like: AgentId) -> Option<AgentSpec> {
        self.floor.agent(like).map(|agent| AgentSpec::clone(&agent.spec))
    }

    /// Takes an agent away for all of the time.
    pub fn remove(&mut self, agent_id: AgentId) {
        self.change(present(agent_id, false));
        self.told.retain(|told| !is_presence_of(&told.event, agent_id));
    }
}

fn is_presence_of(event: &Event, agent: AgentId) -> bool {
    match event {
        Event::AgentPresenceChanged { agent_id, .. } => *agent_id == agent,
        _ => false,
    }
}

/// An event about an agent, about another one.
fn of_agent(event: &Event, like: AgentId, other: AgentId) -> Option<Event> {
    let mut event = event.clone();
    match &mut event {
        Event::AgentPresenceChanged { agent_id, .. }
        | Event::AgentSaved { agent_id, .. }
        | Event::AgentDeleted { agent_id }
            if *agent_id == like =>
        {
            *agent_id = other;
            Some(event)
        }
        _ => None,
    }
}

fn presence(agent_id: AgentId, intended: PresenceStatus, duty: Duty) -> Event {
    Event::AgentPresenceChanged {
        agent_id,
        intended,
        effective: duty.bounds(intended.effective(None)),
        lease_until: None,
        previous: None,
        next: None,
        channels: Vec::new(),
        duty,
    }
}

fn present(agent_id: AgentId, is_available: bool) -> Event {
    let intended = if is_available { PresenceStatus::Available } else { PresenceStatus::Offline };
    // What is available was, whatever a schedule said of it.
    presence(agent_id, intended, Duty::Unscheduled)
}

fn on_duty(agent_id: AgentId, duty: Duty) -> Event {
    presence(agent_id, PresenceStatus::Available, duty)
}

/// Whether new work may come by this presence.
fn is_there(effective: EffectiveStatus) -> bool {
    effective == EffectiveStatus::Available
}

/// The presence of an agent as it is, without a lease: when that ended, the log says.
fn presence_of(agent_id: AgentId, agent: &crate::floor::Agent) -> Event {
    let now = &agent.presence;
    Event::AgentPresenceChanged {
        agent_id,
        intended: now.intended,
        effective: now.effective,
        lease_until: None,
        previous: None,
        next: None,
        channels: now.channels.clone(),
        duty: now.duty,
    }
}

/// The same for a presence that the log tells of.
fn without_lease(mut event: Event) -> Event {
    if let Event::AgentPresenceChanged { lease_until, next, .. } = &mut event {
        (*lease_until, *next) = (None, None);
    }
    event
}
