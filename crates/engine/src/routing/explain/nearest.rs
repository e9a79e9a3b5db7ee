//! Single changes that would place an item. Each is tried on a copy of the floor, by the events
//! that would record it, and told only if routing then asks somebody, or somebody could take it
//! where it waits to be taken.

use super::{AgentStand, Case};
use crate::calendar;
use crate::floor::{Agent, Floor};
use crate::routing::eligibility::Unmet;
use crate::routing::preferred;
use domain::agent::{AgentSpec, EffectiveStatus, Presence, PresenceStatus};
use domain::event::{self, Actor, Event, Recorded};
use domain::id::{AgentId, NodeId, SessionId};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many instants to come are tried.
pub const INSTANTS_MAX: usize = 32;

/// How many agents are tried for one kind of change.
const AGENTS_TRIED_MAX: usize = 8;

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An agent becomes available.
    AgentAvailable,
    /// An agent takes work of the channel again.
    ChannelReady,
    /// An agent gets one more unit of room, or frees one.
    UnitMore,
    /// An agent may have one more of the channel, or frees one.
    ChannelUnitMore,
    /// An agent may have one more with the label, or frees one.
    LabelUnitMore,
    /// An agent answers an offer, or their consoles take one more.
    OfferAnswered,
    /// A skill is asked at a lower level, or an agent knows it better.
    SkillLevel,
    /// An agent joins a team that is asked.
    TeamJoined,
    /// Time passes until a step of the plan opens.
    StepOpens,
    /// Time passes until the queue opens.
    QueueOpens,
    /// Time passes until a cool-down ends.
    CoolDownEnds,
}

/// A single change after which somebody would be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind.
    pub kind: ChangeKind,
    /// Who would be asked then.
    pub agent_id: AgentId,
    /// What stands against them now, if one thing does.
    pub unmet: Option<Unmet>,
    /// When it comes by itself, if it does.
    pub at: Option<Timestamp>,
    /// How many agents this kind of change would do for, tried or not.
    pub agents: usize,
}

fn kind(unmet: &Unmet) -> Option<(ChangeKind, u16)> {
    Some(match unmet {
        Unmet::Presence(_) => (ChangeKind::AgentAvailable, 0),
        Unmet::Channel(_) => (ChangeKind::ChannelReady, 0),
        Unmet::Units { used, units } => (ChangeKind::UnitMore, used.saturating_sub(*units)),
        Unmet::ChannelUnits { used, cap } => {
            (ChangeKind::ChannelUnitMore, used.saturating_sub(*cap))
        }
        Unmet::LabelUnits { used, cap, .. } => {
            (ChangeKind::LabelUnitMore, used.saturating_sub(*cap))
        }
        Unmet::Credit { .. } => (ChangeKind::OfferAnswered, 0),
        Unmet::Skill { level, asked, .. } => {
            (ChangeKind::SkillLevel, u16::from(asked.saturating_sub(*level)))
        }
        Unmet::Team => (ChangeKind::TeamJoined, 0),
        _ => return None,
    })
}

/// This presence, as it would be recorded.
fn present(agent_id: AgentId, presence: Presence) -> Event {
    Event::AgentPresenceChanged {
        agent_id,
        intended: presence.intended,
        effective: presence.effective,
        lease_until: presence.lease_until,
        previous: None,
        next: presence.next,
        channels: presence.channels,
        duty: presence.duty,
    }
}

impl Case<'_> {
    /// The nearest change of every kind, those that come by themselves last.
    pub(super) fn nearest(&self, agents: &[AgentStand]) -> Vec<Change> {
        // By kind: how far it is, whose it is, and what it is about.
        let mut alone: BTreeMap<ChangeKind, Vec<(u16, &AgentStand)>> = BTreeMap::new();
        for stand in agents {
            if let [unmet] = stand.unmet.as_slice()
                && let Some((kind, far)) = kind(unmet)
            {
                alone.entry(kind).or_default().push((far, stand));
            }
        }
        let mut found = Vec::new();
        for (kind, mut stands) in alone {
            let count = stands.len();
            stands.sort_by_key(|(far, stand)| (*far, stand.agent_id));
            let tried = stands.into_iter().take(AGENTS_TRIED_MAX);
            let helps = tried.map(|(_, stand)| stand).find(|stand| self.helps(stand));
            found.extend(helps.map(|stand| Change {
                kind,
                agent_id: stand.agent_id,
                unmet: stand.unmet.first().copied(),
                at: None,
                agents: count,
            }));
        }
        found.extend(self.by_itself());
        found
    }

    /// Whether the agent would be asked if the one thing against them were not.
    fn helps(&self, stand: &AgentStand) -> bool {
        let Some(agent) = self.floor.agent(stand.agent_id) else { return false };
        let event = stand.unmet.first().and_then(|unmet| self.undoing(stand, agent, *unmet));
        let Some(event) = event else { return false };
        let mut floor = self.floor.clone();
        record(&mut floor, event, self.now);
        preferred(&floor, self.id, self.now) == Some(stand.agent_id)
    }

    /// What would have to be recorded for it to be met.
    fn undoing(&self, stand: &AgentStand, agent: &Agent, unmet: Unmet) -> Option<Event> {
        let agent_id = stand.agent_id;
        let mut spec = AgentSpec::clone(&agent.spec);
        match unmet {
            Unmet::Presence(_) => {
                let (intended, effective) = (PresenceStatus::Available, EffectiveStatus::Available);
                return Some(present(
                    agent_id,
                    Presence { intended, effective, ..agent.presence.clone() },
                ));
            }
            Unmet::Channel(_) => {
                let channels = Vec::new();
                return Some(present(agent_id, Presence { channels, ..agent.presence.clone() }));
            }
            Unmet::Credit { .. } => {
                return Some(Event::AgentSessionOpened {
                    agent_id,
                    session_id: SessionId(Uuid::nil()),
                    node_id: NodeId(Uuid::nil()),
                    epoch: 0,
                    max_open_offers: 0,
                });
            }
            Unmet::Units { used, .. } => {
                let more = spec.capacity.cost(self.item.channel);
                spec.capacity.units = used.saturating_add(more);
            }
            Unmet::ChannelUnits { used, .. } => {
                spec.capacity.per_channel.insert(self.item.channel, used.saturating_add(1));
            }
            Unmet::LabelUnits { label, used, .. } => {
                spec.capacity.per_label.get_mut(&label)?.max = used.saturating_add(1);
            }
            Unmet::Skill { skill_id, asked, .. } => {
                spec.skills.insert(skill_id, asked);
            }
            Unmet::Team => {
                spec.teams.push(*self.steps().get(stand.step)?.teams.first()?);
                spec.teams.sort_unstable();
            }
            _ => return None,
        }
        let (change, version) = (event::Change::Updated, 0);
        Some(Event::AgentSaved { agent_id, spec, change, version })
    }

    /// The first instant at which somebody would be asked though nothing else changed.
    fn by_itself(&self) -> Option<Change> {
        let steps = self.opens.iter().flatten().map(|at| (*at, ChangeKind::StepOpens));
        let cools = self.item.cool_downs.iter();
        let cools = cools.map(|cool| (cool.until, ChangeKind::CoolDownEnds));
        let opens = self.opening().map(|at| (at, ChangeKind::QueueOpens));
        let mut instants: Vec<_> = steps.chain(cools).chain(opens).collect();
        instants.retain(|(at, _)| *at > self.now);
        instants.sort_unstable();
        instants.dedup_by_key(|(at, _)| *at);
        instants.truncate(INSTANTS_MAX);
        instants.into_iter().find_map(|(at, kind)| {
            let mut floor = self.floor.clone();
            floor.open_step(self.id, at);
            let agent_id = preferred(&floor, self.id, at)?;
            Some(Change { kind, agent_id, unmet: None, at: Some(at), agents: 1 })
        })
    }

    /// When its queue opens, if it is closed.
    fn opening(&self) -> Option<Timestamp> {
        let hours = self.floor.promises().calendar(self.spec.calendar_id?)?;
        calendar::next_open(hours, self.now)
    }
}

/// Records an event on a copy.
pub(super) fn record(floor: &mut Floor, event: Event, at: Timestamp) {
    let (seq, actor) = (floor.seq() + 1, Actor::SYSTEM);
    floor.apply(&Recorded { seq, at, actor, request_id: String::new(), event });
}
