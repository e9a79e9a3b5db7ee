//! The floor: all that routing needs of one tenant at one place of its log. Agents, queues, rules,
//! open interactions, live offers and legs; no text and nothing resolved. It is a cache of rows and
//! a fold of events, and both ways lead to the same floor: `load(rows at n) = fold(events up to
//! n)`.
//!
//! Maps are persistent, so that a batch works on a copy that costs nothing, and a failed batch is
//! forgotten by dropping the copy.

mod apply;
mod index;
mod load;
mod teams;

pub use apply::{offer_made, touched};
pub use index::wait_key;
pub use load::{AgentRow, ItemRow, Snapshot, Touched};
pub use teams::TEAM_DEPTH_MAX;

use domain::agent::{AgentSpec, EffectiveStatus, Presence, Session};
use domain::channel::{AccountSpec, ChannelKind};
use domain::id::{AccountId, AgentId, InteractionId, OfferId, QueueId, RuleId, SessionId, TeamId};
use domain::interaction::{CoolDown, InteractionStatus, Priority, SkillRequirement};
use domain::offer::Offer;
use domain::queue::QueueSpec;
use domain::rule::RuleSpec;
use domain::time::Timestamp;
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

/// An agent on the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Skills, teams, caps.
    pub spec: Arc<AgentSpec>,
    /// What they intend and what may be relied on.
    pub presence: Presence,
    /// Their open consoles.
    pub sessions: OrdMap<SessionId, Session>,
    /// Most unanswered offers at a time, as their consoles asked; zero leaves it to the capacity.
    /// It outlives a lost console, as presence does.
    pub credit: u16,
    /// The place in the log at which they were last given or freed of work, or became available.
    pub idle_seq: i64,
    /// Their live offers and legs.
    pub legs: OrdSet<OfferId>,
    /// Units in use, by channel; kept beside `legs`, of which it is a count.
    pub used: OrdMap<ChannelKind, u16>,
    /// How many of `legs` are unanswered offers.
    pub unanswered: u16,
}

impl Agent {
    /// Units in use on all channels together.
    #[must_use]
    pub fn used_units(&self) -> u16 {
        self.used.values().sum()
    }

    /// The share of their capacity in use, in millionths.
    #[must_use]
    pub fn load(&self) -> u64 {
        u64::from(self.used_units()) * 1_000_000 / u64::from(self.spec.capacity.units.max(1))
    }

    /// Whether presence allows new work.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.presence.effective == EffectiveStatus::Available
    }

    /// Whether one more unanswered offer stays within what their consoles take at a time.
    #[must_use]
    pub fn has_credit(&self) -> bool {
        self.credit == 0 || self.unanswered < self.credit
    }

    /// The most that any of their consoles takes: each is shown every offer.
    pub(crate) fn earn_credit(&mut self) {
        let asked = || self.sessions.values().map(|session| session.max_open_offers);
        if !self.sessions.is_empty() {
            let unbounded = asked().any(|most| most == 0);
            self.credit = if unbounded { 0 } else { asked().max().unwrap_or(0) };
        }
    }

    /// Whether one more interaction of `channel` stays within every cap.
    #[must_use]
    pub fn has_room(&self, channel: ChannelKind) -> bool {
        let capacity = &self.spec.capacity;
        let on_channel = self.used.get(&channel).copied().unwrap_or(0);
        self.used_units() < capacity.units
            && capacity.per_channel.get(&channel).is_none_or(|cap| on_channel < *cap)
    }
}

/// An open interaction on the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it stands; never resolved or later.
    pub status: InteractionStatus,
    /// The queue it waits or waited in; none before it was queued.
    pub queue_id: Option<QueueId>,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// How urgent it is.
    pub priority: Priority,
    /// What its agent must know, beyond what the queue asks.
    pub required_skills: Arc<[SkillRequirement]>,
    /// When it began to wait.
    pub enqueued_at: Timestamp,
    /// The place in the log at which it began to wait.
    pub enqueued_seq: i64,
    /// The only agent it is offered to for now.
    pub target: Option<AgentId>,
    /// Who did not take it, and until when others are asked first.
    pub cool_downs: Vec<CoolDown>,
    /// How many offers were made.
    pub offers_made: i32,
    /// The leg of its owner.
    pub owner: Option<OfferId>,
    /// Its unanswered offer.
    pub pending: Option<OfferId>,
}

/// What the order of a queue goes by: age plus credit as one instant, then arrival.
pub type WaitKey = (Timestamp, i64, InteractionId);

/// What decides who may take an item, beyond its queue: items alike in this share a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// The channel whose cap counts.
    pub channel: ChannelKind,
    /// The only agent it is for.
    pub target: Option<AgentId>,
    /// What its agent must know.
    pub required_skills: Arc<[SkillRequirement]>,
}

/// Something that is due at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// An offer runs out.
    OfferTimeout(OfferId),
    /// A wrap-up runs out.
    WrapUp(OfferId),
    /// A presence lease runs out.
    Presence(AgentId),
    /// A cool-down ends, so that the item may be offered to more agents.
    CoolDown(InteractionId),
}

/// What changed since routing last looked: the only things it looks at.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Changed {
    /// Agents who may have got room.
    pub agents: OrdSet<AgentId>,
    /// Items that wait in a new way.
    pub items: OrdSet<InteractionId>,
}

impl Changed {
    /// Whether there is nothing to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agents.is_empty() && self.items.is_empty()
    }
}

/// One tenant's floor.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    seq: i64,
    config_seq: i64,
    agents: OrdMap<AgentId, Agent>,
    teams: OrdMap<TeamId, Option<TeamId>>,
    queues: OrdMap<QueueId, Arc<QueueSpec>>,
    rules: OrdMap<RuleId, Arc<RuleSpec>>,
    accounts: OrdMap<AccountId, AccountSpec>,
    items: OrdMap<InteractionId, Item>,
    legs: OrdMap<OfferId, Arc<Offer>>,
    // Derived from the above; see `index`.
    waiting: OrdMap<QueueId, OrdMap<Signature, OrdSet<WaitKey>>>,
    depth: OrdMap<QueueId, u32>,
    cooling: OrdSet<InteractionId>,
    free: OrdSet<(i64, AgentId)>,
    free_by_load: OrdSet<(u64, i64, AgentId)>,
    due: OrdSet<(Timestamp, Due)>,
    changed: Changed,
}

fn is_cool_down(due: &Due) -> bool {
    matches!(due, Due::CoolDown(_))
}

impl PartialEq for Floor {
    /// Equal in what it holds. How far routing has looked is not part of it, and which cool-downs
    /// have fired is a part of that.
    fn eq(&self, other: &Self) -> bool {
        self.seq == other.seq
            && self.agents == other.agents
            && self.teams == other.teams
            && self.queues == other.queues
            && self.rules == other.rules
            && self.accounts == other.accounts
            && self.items == other.items
            && self.legs == other.legs
            && self.waiting == other.waiting
            && self.depth == other.depth
            && self.cooling == other.cooling
            && self.free == other.free
            && self
                .due
                .iter()
                .filter(|(_, due)| !is_cool_down(due))
                .eq(other.due.iter().filter(|(_, due)| !is_cool_down(due)))
    }
}

impl Floor {
    /// The place in the log it stands at.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The place in the log at which queues, rules or accounts last changed, as far as this floor
    /// has seen: equal numbers on one floor mean equal intake.
    #[must_use]
    pub fn config_seq(&self) -> i64 {
        self.config_seq
    }

    /// An agent.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(&id)
    }

    /// All agents.
    pub fn agents(&self) -> impl Iterator<Item = (&AgentId, &Agent)> {
        self.agents.iter()
    }

    /// A queue.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Arc<QueueSpec>> {
        self.queues.get(&id)
    }

    /// All queues.
    pub fn queues(&self) -> impl Iterator<Item = (&QueueId, &Arc<QueueSpec>)> {
        self.queues.iter()
    }

    /// How many interactions wait in a queue, offered ones included.
    #[must_use]
    pub fn depth(&self, id: QueueId) -> u32 {
        self.depth.get(&id).copied().unwrap_or(0)
    }

    /// All rules.
    pub fn rules(&self) -> impl Iterator<Item = (&RuleId, &Arc<RuleSpec>)> {
        self.rules.iter()
    }

    /// A channel account.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&AccountSpec> {
        self.accounts.get(&id)
    }

    /// All channel accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountId, &AccountSpec)> {
        self.accounts.iter()
    }

    /// An open interaction.
    #[must_use]
    pub fn item(&self, id: InteractionId) -> Option<&Item> {
        self.items.get(&id)
    }

    /// All open interactions.
    pub fn items(&self) -> impl Iterator<Item = (&InteractionId, &Item)> {
        self.items.iter()
    }

    /// A live offer or leg.
    #[must_use]
    pub fn leg(&self, id: OfferId) -> Option<&Arc<Offer>> {
        self.legs.get(&id)
    }

    /// All live offers and legs.
    pub fn legs(&self) -> impl Iterator<Item = (&OfferId, &Arc<Offer>)> {
        self.legs.iter()
    }

    /// The leg of an interaction's owner.
    #[must_use]
    pub fn owner_leg(&self, id: InteractionId) -> Option<&Arc<Offer>> {
        self.items.get(&id)?.owner.and_then(|leg| self.legs.get(&leg))
    }

    /// What is due at or before `now`, oldest first, at most `limit`.
    #[must_use]
    pub fn due(&self, now: Timestamp, limit: usize) -> Vec<Due> {
        self.due.iter().take_while(|(at, _)| *at <= now).take(limit).map(|(_, due)| *due).collect()
    }

    /// When the next thing is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.get_min().map(|(at, _)| *at)
    }

    /// What routing has yet to look at.
    #[must_use]
    pub fn changed(&self) -> &Changed {
        &self.changed
    }

    /// Routing has looked at this agent and found nothing more for them.
    pub fn settle_agent(&mut self, id: AgentId) {
        self.changed.agents.remove(&id);
    }

    /// Routing has looked at this item and found nobody for it.
    pub fn settle_item(&mut self, id: InteractionId) {
        self.changed.items.remove(&id);
    }

    /// Whether the agent belongs to those who serve the queue.
    #[must_use]
    pub fn serves(spec: &QueueSpec, teams: &[TeamId]) -> bool {
        spec.teams.is_empty() || teams.iter().any(|team| spec.teams.binary_search(team).is_ok())
    }

    /// The queue's waiting items in buckets of equal signature, each in order.
    #[must_use]
    pub fn buckets(&self, id: QueueId) -> Option<&OrdMap<Signature, OrdSet<WaitKey>>> {
        self.waiting.get(&id)
    }

    /// Items that wait for this agent alone.
    #[must_use]
    pub fn targeted(&self, id: AgentId) -> Vec<InteractionId> {
        let buckets = self.waiting.values().flat_map(OrdMap::iter);
        let of_agent = buckets.filter(|(signature, _)| signature.target == Some(id));
        of_agent.flat_map(|(_, keys)| keys.iter().map(|key| key.2)).collect()
    }

    /// Agents with room in all channels together, longest idle first.
    pub fn free(&self) -> impl Iterator<Item = (AgentId, &Agent)> {
        self.free.iter().filter_map(|(_, id)| self.agents.get(id).map(|agent| (*id, agent)))
    }

    /// The same agents, least loaded first, then longest idle.
    pub fn free_by_load(&self) -> impl Iterator<Item = (AgentId, &Agent)> {
        let ids = self.free_by_load.iter();
        ids.filter_map(|(_, _, id)| self.agents.get(id).map(|agent| (*id, agent)))
    }

    /// Roughly how many bytes it holds, for the bound on all floors together.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.agents.len() * 700
            + self.teams.len() * 64
            + self.items.len() * 500
            + self.legs.len() * 400
            + 4096
    }
}
