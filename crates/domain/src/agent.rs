//! Agents, teams, and presence. What routing reads of an agent is its [`AgentSpec`] and its
//! [`Presence`]; the name is kept apart, because it is personal and no event may carry it.

use crate::channel::{ChannelKind, coded_enum};
use crate::id::{AgentId, NodeId, SkillId, TeamId};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    }
}

/// How much an agent can do at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Interactions of all channels together.
    pub units: u16,
    /// Narrower caps for single channels.
    pub per_channel: BTreeMap<ChannelKind, u16>,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { units: 5, per_channel: BTreeMap::new() }
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
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            intended: PresenceStatus::Offline,
            effective: EffectiveStatus::Offline,
            lease_until: None,
            since: Timestamp::default(),
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
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty if unknown.
    pub email: String,
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
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
