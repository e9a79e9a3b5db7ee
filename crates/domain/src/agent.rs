//! Agents, teams, and presence. What routing reads of an agent is its [`AgentSpec`] and its
//! [`Presence`]; the name is kept apart, because it is personal and no event may carry it.

use crate::channel::{ChannelKind, coded_enum};
use crate::id::{AgentId, LabelId, NodeId, ScheduleId, SkillId, TeamId};
use crate::schedule::Duty;
use crate::sealed::Sealed;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

coded_enum! {
    /// What an agent says they are doing: the intended status.
    PresenceStatus {
        /// Not at work.
        Offline = 1,
        /// Ready for work.
        Available = 2,
        /// At work, taking nothing new.
        Busy = 3,
        /// Away for a moment.
        Away = 4,
        /// On a break.
        Break = 5,
        /// In training.
        Training = 6,
        /// Not to be disturbed.
        DoNotDisturb = 7,
    }
}

coded_enum! {
    /// What routing relies on: intention, lease and answers together.
    EffectiveStatus {
        /// No console holds the lease.
        Offline = 1,
        /// Gets offers.
        Available = 2,
        /// At work but not ready.
        Unavailable = 3,
        /// Let an offer run out and has not stirred since.
        NotResponding = 4,
        /// Let an offer run out where that counts until somebody sets their presence.
        Missed = 5,
    }
}

impl PresenceStatus {
    /// What routing relies on while a console is there and nothing stands against the choice.
    /// Whoever chose to stop after their current work gets nothing new meanwhile.
    #[must_use]
    pub fn effective(self, next: Option<PresenceStatus>) -> EffectiveStatus {
        match self {
            Self::Offline => EffectiveStatus::Offline,
            Self::Available if next.is_none_or(|next| next == Self::Available) => {
                EffectiveStatus::Available
            }
            _ => EffectiveStatus::Unavailable,
        }
    }
}

/// How much an agent can do at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// What interactions of all channels may take together.
    pub units: u16,
    /// Narrower caps for single channels, in interactions.
    pub per_channel: BTreeMap<ChannelKind, u16>,
    /// What one interaction of a channel takes of the units; 1 if not here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub costs: BTreeMap<ChannelKind, u16>,
    /// Channels whose work gives way to that of the others.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub interruptible: BTreeSet<ChannelKind>,
    /// Caps for single labels, whatever the channel; nothing gives way to let one be passed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub per_label: BTreeMap<LabelId, LabelCap>,
}

/// How many interactions with a label an agent may have at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCap {
    /// The label as whoever set the cap wrote it.
    pub name: String,
    /// The most of them; zero means never one.
    pub max: u16,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            units: 5,
            per_channel: BTreeMap::new(),
            costs: BTreeMap::new(),
            interruptible: BTreeSet::new(),
            per_label: BTreeMap::new(),
        }
    }
}

impl Capacity {
    /// What one interaction of a channel takes of the units.
    #[must_use]
    pub fn cost(&self, channel: ChannelKind) -> u16 {
        self.costs.get(&channel).copied().unwrap_or(1)
    }

    /// What so many interactions take of the units.
    #[must_use]
    pub fn taken(&self, counts: impl IntoIterator<Item = (ChannelKind, u32)>) -> u32 {
        let of = |(channel, count): (_, u32)| count.saturating_mul(self.cost(channel).into());
        counts.into_iter().map(of).fold(0, u32::saturating_add)
    }
}

/// What routing knows of an agent beside presence.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentSpec {
    /// The teams they belong to, sorted.
    pub teams: Vec<TeamId>,
    /// Their skills and levels, 1 to 10.
    pub skills: BTreeMap<SkillId, u8>,
    /// Languages they speak, BCP 47 tags.
    pub languages: Vec<String>,
    /// How much they can do at once.
    pub capacity: Capacity,
    /// How senior they are, 0 to 100; the strategies priority and VIP go by it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rank: u8,
    /// Where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// When they work; none leaves it to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_id: Option<ScheduleId>,
}

fn is_zero(rank: &u8) -> bool {
    *rank == 0
}

/// A place on earth, in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Degrees north, -90 to 90 millions.
    pub north: i32,
    /// Degrees east, -180 to 180 millions.
    pub east: i32,
}

/// How coarse the place of an interaction is: a tenth of a degree, some eleven kilometres. It is
/// in the log, which does not forget, so it must not say where somebody lives.
const COARSE: i32 = 100_000;

impl Place {
    /// The same place as coarse as an interaction may have it.
    #[must_use]
    pub const fn coarse(self) -> Self {
        Self { north: round(self.north), east: round(self.east) }
    }
}

const fn round(micro: i32) -> i32 {
    (micro + COARSE / 2).div_euclid(COARSE) * COARSE
}

/// What an agent intends and what routing may rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// What the agent chose.
    pub intended: PresenceStatus,
    /// What routing uses.
    pub effective: EffectiveStatus,
    /// Until when presence holds without an open console; none while one is open.
    pub lease_until: Option<Timestamp>,
    /// Since when the effective status is what it is.
    pub since: Timestamp,
    /// What they chose for when their current work has ended.
    pub next: Option<PresenceStatus>,
    /// The kinds of channel they are ready for, sorted; empty means all.
    pub channels: Vec<ChannelKind>,
    /// What their schedule says of them.
    #[serde(default, skip_serializing_if = "Duty::is_unscheduled")]
    pub duty: Duty,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            intended: PresenceStatus::Offline,
            effective: EffectiveStatus::Offline,
            lease_until: None,
            since: Timestamp::default(),
            next: None,
            channels: Vec::new(),
            duty: Duty::Unscheduled,
        }
    }
}

/// A console held open for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The node that holds its stream.
    pub node_id: NodeId,
    /// That node's epoch.
    pub epoch: i64,
    /// Most unanswered offers it takes at a time; zero leaves it to the capacity.
    pub max_open_offers: u16,
}

/// Somebody who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Their id.
    pub id: AgentId,
    /// Their name, sealed with the tenant's key.
    pub name: Sealed,
    /// Their e-mail address, sealed likewise; empty if unknown.
    pub email: Sealed,
    /// What routing knows of them.
    pub spec: AgentSpec,
    /// Why they chose the presence they chose last, sealed with the tenant's key; empty if unsaid.
    pub presence_reason: Sealed,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When they were created.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
}

/// Where a team stands among the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TeamPlace {
    /// The team it is a part of; none at the top.
    pub parent: Option<TeamId>,
    /// The team that is told of what is escalated in it.
    pub escalates_to: Option<TeamId>,
}

/// Agents who work together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The team it is a part of; none at the top.
    pub parent: Option<TeamId>,
    /// The team that is told of what is escalated in it.
    pub escalates_to: Option<TeamId>,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
