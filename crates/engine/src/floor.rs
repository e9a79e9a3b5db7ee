//! The floor: all that routing needs of one tenant at one place of its log. Agents, queues, rules,
//! open interactions, live offers and legs; no text and nothing resolved. It is a cache of rows and
//! a fold of events, and both ways lead to the same floor: `load(rows at n) = fold(events up to
//! n)`.
//!
//! Maps are persistent, so that a batch works on a copy that costs nothing, and a failed batch is
//! forgotten by dropping the copy.

mod apply;
mod consult;
mod escalation;
mod gate;
mod index;
mod item;
mod labels;
mod life;
mod load;
mod plans;
mod presence;
mod room;
mod shelf;
mod shift;
mod sla;
mod teams;
mod time_off;

pub use apply::{offer_made, touched};
pub use escalation::{climb_down, may_set_off};
pub use gate::{Buckets, Waiting};
pub use index::wait_key;
pub use item::{Item, PlanPlace, Seen, Signature, WaitKey};
pub use load::{AgentRow, ItemRow, Snapshot, Touched};
pub use plans::{STEPS_OPENED_MAX, Sort};
pub use room::Claim;
pub use shelf::{Alike, Among, Mark, Rank, Shelf};
pub use sla::take_in;
pub use teams::TEAM_DEPTH_MAX;

use crate::routing::eligibility;
use crate::routing::rules::Compiled;
use crate::sla::Promises;
use domain::agent::{AgentSpec, Place, Presence, Session, TeamPlace};
use domain::channel::{AccountSpec, ChannelKind};
use domain::id::{
    AccountId, AgentId, InteractionId, LabelId, OfferId, PlanId, QueueId, RuleId, ScheduleId,
    SessionId, SkillId, TeamId, TimeOffId,
};
use domain::offer::Offer;
use domain::plan::PlanSpec;
use domain::queue::{QueueSpec, RoutingSettings};
use domain::rule::RuleSpec;
use domain::time::Timestamp;
use domain::time_off::Absence;
use gate::Gate;
use imbl::{OrdMap, OrdSet};
use std::collections::BTreeMap;
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
    /// The place in the log at which they were last asked; zero if never.
    pub asked_seq: i64,
    /// Their live offers and legs.
    pub legs: OrdSet<OfferId>,
    /// Interactions in hand, by channel; kept beside `legs`, of which it is a count.
    pub used: OrdMap<ChannelKind, u16>,
    /// The same by label, whether it is capped or not.
    pub used_labels: OrdMap<LabelId, u16>,
    /// When they are away, booked and not over.
    pub time_off: OrdMap<TimeOffId, Absence>,
    /// How many of `legs` are unanswered offers.
    pub unanswered: u16,
    /// What of `spec` strategies look at.
    pub profile: Arc<Profile>,
}

impl Agent {
    /// Somebody new, of whom only the spec is known.
    #[must_use]
    pub fn new(spec: AgentSpec) -> Self {
        Self {
            profile: Arc::new(Profile::of(&spec)),
            spec: Arc::new(spec),
            presence: Presence::default(),
            sessions: OrdMap::new(),
            credit: 0,
            idle_seq: 0,
            asked_seq: 0,
            legs: OrdSet::new(),
            used: OrdMap::new(),
            used_labels: OrdMap::new(),
            time_off: OrdMap::new(),
            unanswered: 0,
        }
    }

    /// Whether presence allows new work.
    #[must_use]
    pub fn is_available(&self) -> bool {
        eligibility::presence(self).is_ok()
    }

    /// Whether they chose to take work of the channel now.
    #[must_use]
    pub fn is_ready_for(&self, channel: ChannelKind) -> bool {
        self.presence.channels.is_empty() || self.presence.channels.contains(&channel)
    }

    /// Whether one more unanswered offer stays within what their consoles take at a time.
    #[must_use]
    pub fn has_credit(&self) -> bool {
        eligibility::credit(self).is_ok()
    }

    /// Whether they may be given something now; whoever can take anything at all is.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.is_available() && self.has_credit() && self.may_have_room()
    }

    /// The most that any of their consoles takes: each is shown every offer.
    pub(crate) fn earn_credit(&mut self) {
        let asked = || self.sessions.values().map(|session| session.max_open_offers);
        if !self.sessions.is_empty() {
            let unbounded = asked().any(|most| most == 0);
            self.credit = if unbounded { 0 } else { asked().max().unwrap_or(0) };
        }
    }
}

/// What strategies look at in an agent beside use and turn: agents alike in it are judged at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Stands for it; follows from the rest.
    mark: Mark,
    /// The highest of their levels; zero without a skill.
    pub best_level: u8,
    /// Their skills and levels.
    pub skills: BTreeMap<SkillId, u8>,
    /// Teams they are of.
    pub teams: Vec<TeamId>,
    /// Languages they speak.
    pub languages: Vec<String>,
    /// How senior they are.
    pub rank: u8,
    /// Where they are.
    pub place: Option<Place>,
}

impl Profile {
    /// That of a spec.
    #[must_use]
    pub fn of(spec: &AgentSpec) -> Self {
        let AgentSpec { skills, teams, languages, rank, place, .. } = spec;
        let best_level = skills.values().copied().max().unwrap_or(0);
        let (skills, teams, languages) = (skills.clone(), teams.clone(), languages.clone());
        let (mark, rank, place) = (0, *rank, *place);
        let mut profile = Self { mark, best_level, skills, teams, languages, rank, place };
        profile.mark = profile.marked();
        profile
    }
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
    /// A step of a plan opens.
    Step(InteractionId),
    /// A clock of it gives a warning, or its time is used up.
    Clock(InteractionId),
    /// A queue's hours are to be looked at.
    QueueHours(QueueId),
    /// A schedule may say something else of its agents.
    Shift(ScheduleId),
    /// Time off of an agent begins or ends.
    TimeOff(AgentId),
    /// Its ladder is set off, rises or reminds.
    Escalation(InteractionId),
    /// It has waited as long as its queue allows.
    MaxWait(InteractionId),
    /// It was parked until now.
    Wake(InteractionId),
}

/// A rule on the floor.
#[derive(Clone, Debug)]
pub struct HeldRule {
    /// Counts its changes; what it places remembers it.
    pub version: i64,
    /// What it says.
    pub spec: Arc<RuleSpec>,
    /// The same, ready to be judged; none if this version of the service cannot judge it.
    pub compiled: Option<Arc<Compiled>>,
}

impl HeldRule {
    fn of(version: i64, spec: RuleSpec) -> Self {
        let compiled = Compiled::of(&spec).ok().map(Arc::new);
        Self { version, spec: Arc::new(spec), compiled }
    }
}

impl PartialEq for HeldRule {
    /// What is ready to be judged follows from the rest.
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.spec == other.spec
    }
}

impl Eq for HeldRule {}

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
    agents: OrdMap<AgentId, Arc<Agent>>,
    teams: OrdMap<TeamId, TeamPlace>,
    queues: OrdMap<QueueId, Arc<QueueSpec>>,
    rules: OrdMap<RuleId, HeldRule>,
    plans: OrdMap<PlanId, (i64, Arc<PlanSpec>)>,
    accounts: OrdMap<AccountId, AccountSpec>,
    promises: Promises,
    settings: RoutingSettings,
    items: OrdMap<InteractionId, Arc<Item>>,
    legs: OrdMap<OfferId, Arc<Offer>>,
    // Derived from the above; see `index`.
    waiting: OrdMap<Gate, OrdMap<QueueId, Buckets>>,
    capped: OrdMap<LabelId, u32>,
    depth: OrdMap<QueueId, u32>,
    cooling: OrdSet<InteractionId>,
    personal: OrdMap<AgentId, OrdMap<Sort, OrdSet<WaitKey>>>,
    watched: OrdMap<AgentId, OrdSet<InteractionId>>,
    fragile: OrdSet<InteractionId>,
    free: OrdSet<(i64, AgentId)>,
    free_by_load: OrdSet<(u64, i64, AgentId)>,
    free_by_turn: OrdSet<(i64, AgentId)>,
    alike: OrdMap<Mark, Alike>,
    shelves: OrdMap<shelf::Shared, Shelf>,
    due: OrdSet<(Timestamp, Due)>,
    changed: Changed,
    // When hours of queues and schedules are looked at, and what comes back with the next event:
    // no part of what the floor is.
    hours: OrdMap<QueueId, Timestamp>,
    shifts: OrdMap<ScheduleId, Timestamp>,
    returning: Option<life::Returning>,
}

/// Whether it is about how far routing has looked, not about what there is.
fn is_glance(due: &Due) -> bool {
    matches!(due, Due::CoolDown(_) | Due::Step(_) | Due::QueueHours(_) | Due::Shift(_))
}

impl PartialEq for Floor {
    /// Equal in what it holds. How far routing has looked is not part of it, and which cool-downs
    /// and openings have fired and which steps have opened is a part of that.
    fn eq(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.before_steps(), other.before_steps());
        self.seq == other.seq
            && self.agents == other.agents
            && self.teams == other.teams
            && self.queues == other.queues
            && self.rules == other.rules
            && self.accounts == other.accounts
            && self.promises == other.promises
            && self.settings == other.settings
            && self.items == other.items
            && self.legs == other.legs
            && self.plans == other.plans
            && mine.waiting == theirs.waiting
            && mine.personal == theirs.personal
            && mine.fragile == theirs.fragile
            && self.watched == other.watched
            && self.capped == other.capped
            && self.depth == other.depth
            && self.cooling == other.cooling
            && self.free == other.free
            && self.free_by_load == other.free_by_load
            && self.free_by_turn == other.free_by_turn
            && self.alike == other.alike
            && self.shelves == other.shelves
            && self
                .due
                .iter()
                .filter(|(_, due)| !is_glance(due))
                .eq(other.due.iter().filter(|(_, due)| !is_glance(due)))
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
        self.agents.get(&id).map(AsRef::as_ref)
    }

    /// All agents.
    pub fn agents(&self) -> impl Iterator<Item = (&AgentId, &Agent)> {
        self.agents.iter().map(|(id, agent)| (id, agent.as_ref()))
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
    pub fn rules(&self) -> impl Iterator<Item = (&RuleId, &HeldRule)> {
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

    /// What routing goes by in all queues.
    #[must_use]
    pub fn settings(&self) -> &RoutingSettings {
        &self.settings
    }

    /// How many interactions wait in all queues together, offered ones included.
    #[must_use]
    pub fn depth_of_all(&self) -> u64 {
        self.depth.values().map(|depth| u64::from(*depth)).sum()
    }

    /// An open interaction.
    #[must_use]
    pub fn item(&self, id: InteractionId) -> Option<&Item> {
        self.items.get(&id).map(AsRef::as_ref)
    }

    /// All open interactions.
    pub fn items(&self) -> impl Iterator<Item = (&InteractionId, &Item)> {
        self.items.iter().map(|(id, item)| (id, item.as_ref()))
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

    /// The leg of the agent who is consulted on an interaction, asked or advising.
    #[must_use]
    pub fn consult_leg(&self, id: InteractionId) -> Option<&Arc<Offer>> {
        self.items.get(&id)?.consult.and_then(|leg| self.legs.get(&leg))
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

    /// When the first thing after an instant is due.
    #[must_use]
    pub fn next_due_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.due.iter().map(|(due, _)| *due).find(|due| *due > at)
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

    /// Agents with room in all channels together, longest idle first.
    pub fn free(&self) -> impl Iterator<Item = (AgentId, &Agent)> {
        self.free
            .iter()
            .filter_map(|(_, id)| self.agents.get(id).map(|agent| (*id, agent.as_ref())))
    }

    /// The same agents, least loaded first, then longest idle.
    pub fn free_by_load(&self) -> impl Iterator<Item = (AgentId, &Agent)> {
        let ids = self.free_by_load.iter();
        ids.filter_map(|(_, _, id)| self.agents.get(id).map(|agent| (*id, agent.as_ref())))
    }

    /// The same agents, whoever was asked longest ago first.
    pub fn free_by_turn(&self) -> impl Iterator<Item = (AgentId, &Agent)> {
        let ids = self.free_by_turn.iter();
        ids.filter_map(|(_, id)| self.agents.get(id).map(|agent| (*id, agent.as_ref())))
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
