//! The floor out of rows: whole, or only the entries that another node's batch touched. Uses the
//! same `put_*` as folding events does, so that the indexes cannot differ.

use super::item::{shared_skills, shared_traits};
use super::labels::capped_by;
use super::{Agent, Floor, HeldRule, Item, Seen};
use crate::routing::plan::Planned;
use crate::sla::Promises;
use domain::agent::{AgentSpec, Presence, Session, TeamPlace};
use domain::channel::{AccountSpec, ChannelKind};
use domain::escalation::Ladder;
use domain::id::{
    AccountId, AgentId, InteractionId, LabelId, OfferId, PlanId, QueueId, RuleId, SessionId,
    TeamId, TimeOffId,
};
use domain::interaction::{CoolDown, InteractionStatus, Priority, SkillRequirement, Traits};
use domain::offer::Offer;
use domain::plan::{PlanPin, PlanSpec};
use domain::queue::{QueueSpec, RoutingSettings};
use domain::rule::RuleSpec;
use domain::sla::Sla;
use domain::time::Timestamp;
use domain::time_off::Absence;
use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The floor entries that a batch changed; stored beside its events, for nodes that catch up.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Touched {
    /// Agents, with presence and sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentId>,
    /// Teams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
    /// Queues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueId>,
    /// Rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleId>,
    /// Routing plans.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<PlanId>,
    /// Channel accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountId>,
    /// What routing goes by in all queues.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settings: bool,
    /// Interactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<InteractionId>,
    /// Offers and legs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<OfferId>,
    /// Policies and calendars, all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub promises: bool,
}

impl Touched {
    /// How many entries it names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.agents.len()
            + self.teams.len()
            + self.queues.len()
            + self.rules.len()
            + self.plans.len()
            + self.accounts.len()
            + self.interactions.len()
            + self.offers.len()
            + usize::from(self.promises)
            + usize::from(self.settings)
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sorts and removes repetitions.
    pub fn normalise(&mut self) {
        fn tidy<T: Ord>(list: &mut Vec<T>) {
            list.sort_unstable();
            list.dedup();
        }
        tidy(&mut self.agents);
        tidy(&mut self.teams);
        tidy(&mut self.queues);
        tidy(&mut self.rules);
        tidy(&mut self.plans);
        tidy(&mut self.accounts);
        tidy(&mut self.interactions);
        tidy(&mut self.offers);
    }

    /// Adds what `other` names.
    pub fn merge(&mut self, other: Touched) {
        self.agents.extend(other.agents);
        self.teams.extend(other.teams);
        self.queues.extend(other.queues);
        self.rules.extend(other.rules);
        self.plans.extend(other.plans);
        self.accounts.extend(other.accounts);
        self.interactions.extend(other.interactions);
        self.offers.extend(other.offers);
        self.promises |= other.promises;
        self.settings |= other.settings;
    }
}

/// An agent as rows tell of them.
#[derive(Clone, Debug)]
pub struct AgentRow {
    /// Who.
    pub id: AgentId,
    /// Skills, teams, caps.
    pub spec: AgentSpec,
    /// Presence.
    pub presence: Presence,
    /// When they last gave up work or became available.
    pub idle_seq: i64,
    /// When they were last asked.
    pub asked_seq: i64,
    /// Open consoles.
    pub sessions: Vec<(SessionId, Session)>,
    /// When they are away, booked and not over.
    pub time_off: Vec<(TimeOffId, Absence)>,
    /// Most unanswered offers at a time; zero leaves it to the capacity.
    pub credit: u16,
}

/// An open interaction as rows tell of it.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Which.
    pub id: InteractionId,
    /// Where it stands.
    pub status: InteractionStatus,
    /// Its queue.
    pub queue_id: Option<QueueId>,
    /// Its channel.
    pub channel: ChannelKind,
    /// Its priority.
    pub priority: Priority,
    /// What its agent must know.
    pub required_skills: Vec<SkillRequirement>,
    /// What strategies and caps look at beside skills.
    pub traits: Traits,
    /// When it began to wait.
    pub enqueued_at: Timestamp,
    /// Where in the log it began to wait.
    pub enqueued_seq: i64,
    /// The only agent it is for.
    pub target: Option<AgentId>,
    /// Who did not take it.
    pub cool_downs: Vec<CoolDown>,
    /// How many offers were made.
    pub offers_made: i32,
    /// Who last accepted an interaction of its customer.
    pub last_agent: Option<AgentId>,
    /// The plan it goes by.
    pub plan: Option<PlanPin>,
    /// How the promises for it stand.
    pub sla: Option<Arc<Sla>>,
    /// Its ladder of escalation.
    pub ladder: Option<Arc<Ladder>>,
    /// Whether an agent ever took it, or its customer is to be called back.
    pub taken: bool,
    /// When it wakes, if it is parked or scheduled until then.
    pub wake_at: Option<Timestamp>,
}

/// Rows of one snapshot of the database.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The place in the log the rows stand at.
    pub seq: i64,
    /// When the batch was that left them so: steps that were open by then are open.
    pub at: Timestamp,
    /// Agents.
    pub agents: Vec<AgentRow>,
    /// Teams, and which team each is a part of.
    pub teams: Vec<(TeamId, TeamPlace)>,
    /// Queues.
    pub queues: Vec<(QueueId, QueueSpec)>,
    /// Rules, with their versions.
    pub rules: Vec<(RuleId, i64, RuleSpec)>,
    /// Routing plans with their versions.
    pub plans: Vec<(PlanId, i64, PlanSpec)>,
    /// The versions of plans that the items go by.
    pub pinned: Vec<(PlanId, i64, PlanSpec)>,
    /// Channel accounts.
    pub accounts: Vec<(AccountId, AccountSpec)>,
    /// What routing goes by in all queues; none if not read.
    pub settings: Option<RoutingSettings>,
    /// Open interactions.
    pub items: Vec<ItemRow>,
    /// Live offers and legs.
    pub legs: Vec<Offer>,
    /// Policies and calendars; none if they were not asked for.
    pub promises: Option<Promises>,
}

impl Floor {
    /// A floor out of all rows of a tenant. Everything counts as changed, so that whatever a lost
    /// node left unrouted is looked at.
    #[must_use]
    pub fn load(mut rows: Snapshot) -> Self {
        let items = std::mem::take(&mut rows.items);
        Self::load_with(rows, items)
    }

    /// The same, with its items beside the other rows: as they are taken in one by one, a large
    /// floor is never held twice.
    #[must_use]
    pub fn load_with(rows: Snapshot, items: impl IntoIterator<Item = ItemRow>) -> Self {
        let mut floor = Floor { config_seq: rows.seq, ..Floor::default() };
        floor.put_rows(rows, items, &[]);
        floor.changed.agents = floor.free.iter().map(|(_, id)| *id).collect();
        floor
    }

    /// Catches up: forgets what was touched and takes it as the rows now have it.
    pub fn refresh(&mut self, touched: &Touched, mut rows: Snapshot) {
        let kept: Vec<(AgentId, Vec<OfferId>)> = touched
            .agents
            .iter()
            .filter_map(|id| Some((*id, self.agents.get(id)?.legs.iter().copied().collect())))
            .collect();
        let mut legs: Vec<Offer> = Vec::new();
        for id in touched.offers.iter().chain(kept.iter().flat_map(|(_, legs)| legs)) {
            if let Some(leg) = self.take_leg(*id)
                && touched.offers.binary_search(id).is_err()
            {
                legs.push(leg);
            }
        }
        for id in &touched.interactions {
            if let Some(item) = self.take_item(*id) {
                for leg in [item.owner, item.pending, item.consult].into_iter().flatten() {
                    legs.extend(self.take_leg(leg));
                }
            }
        }
        let mut capped = Vec::new();
        for id in &touched.agents {
            capped.extend(self.take_agent(*id).iter().flat_map(|agent| capped_by(&agent.spec)));
        }
        for id in &touched.teams {
            self.teams.remove(id);
        }
        for id in &touched.queues {
            if !rows.queues.iter().any(|(kept, _)| kept == id) {
                self.put_queue(*id, None);
                self.await_hours(*id, None);
            }
        }
        for id in &touched.rules {
            self.rules.remove(id);
        }
        for id in &touched.plans {
            self.plans.remove(id);
        }
        for id in &touched.accounts {
            self.accounts.remove(id);
        }
        let intake = [touched.queues.len(), touched.rules.len(), touched.accounts.len()];
        if touched.promises || intake != [0; 3] {
            self.config_seq = rows.seq;
        }
        let items = std::mem::take(&mut rows.items);
        self.put_rows(rows, items, &capped);
        for id in &touched.agents {
            self.look_at_watched(*id);
        }
        for leg in legs {
            if !self.legs.contains_key(&leg.id) {
                self.put_loaded_leg(leg);
            }
        }
    }

    /// A leg out of a row: its agent was busy at the latest when it was offered.
    fn put_loaded_leg(&mut self, leg: Offer) {
        let (agent, seq) = (leg.agent_id, leg.offered_seq);
        self.put_leg(leg);
        self.with_agent(agent, |agent| {
            agent.idle_seq = agent.idle_seq.max(seq);
            agent.asked_seq = agent.asked_seq.max(seq);
        });
    }

    /// Takes rows in. Those of its agents that were there before capped these labels.
    fn put_rows(
        &mut self,
        rows: Snapshot,
        items: impl IntoIterator<Item = ItemRow>,
        capped: &[LabelId],
    ) {
        self.seq = rows.seq;
        self.teams.extend(rows.teams);
        let promises = rows.promises.is_some();
        if let Some(promises) = rows.promises {
            self.promises = promises;
            self.look_at_shifts();
        }
        for (id, spec) in rows.queues {
            self.put_queue(id, Some(Arc::new(spec)));
            let timed = self.queues.get(&id).is_some_and(|spec| spec.calendar_id.is_some());
            self.await_hours(id, timed.then(Timestamp::default));
        }
        if promises {
            self.look_at_hours(Timestamp::default());
        }
        for (id, version, spec) in rows.rules {
            self.rules.insert(id, HeldRule::of(version, spec));
        }
        for (id, version, spec) in rows.plans {
            self.plans.insert(id, (version, Arc::new(spec)));
        }
        for (id, spec) in rows.accounts {
            self.accounts.insert(id, spec);
        }
        if let Some(settings) = rows.settings {
            self.settings = settings;
        }
        let caps: Vec<LabelId> = rows.agents.iter().flat_map(|row| capped_by(&row.spec)).collect();
        self.recap(capped, &caps);
        for row in rows.agents {
            let sessions: OrdMap<_, _> = row.sessions.into_iter().collect();
            let agent = Agent {
                presence: row.presence,
                sessions,
                time_off: row.time_off.into_iter().collect(),
                credit: row.credit,
                idle_seq: row.idle_seq,
                asked_seq: row.asked_seq,
                ..Agent::new(row.spec)
            };
            self.put_agent(row.id, agent);
        }
        let pinned = rows.pinned.into_iter();
        let pinned = pinned.map(|(id, version, spec)| ((id, version), Arc::new(spec))).collect();
        for row in items {
            let id = row.id;
            self.put_item(id, item(row, &pinned));
            self.open_step(id, rows.at);
        }
        for leg in rows.legs {
            self.put_loaded_leg(leg);
        }
    }
}

type Pinned = BTreeMap<(PlanId, i64), Arc<PlanSpec>>;

fn item(row: ItemRow, pinned: &Pinned) -> Item {
    let planned = |pin: PlanPin| {
        let spec = Arc::clone(pinned.get(&(pin.plan_id, pin.version))?);
        Some(Arc::new(Planned { pin, spec }))
    };
    Item {
        plan: row.plan.and_then(planned),
        last_agent: row.last_agent,
        seen: Seen::default(),
        status: row.status,
        queue_id: row.queue_id,
        channel: row.channel,
        priority: row.priority,
        required_skills: shared_skills(&row.required_skills),
        traits: shared_traits(row.traits),
        enqueued_at: row.enqueued_at,
        enqueued_seq: row.enqueued_seq,
        target: row.target,
        cool_downs: row.cool_downs,
        offers_made: row.offers_made,
        owner: None,
        pending: None,
        consult: None,
        sla: row.sla,
        ladder: row.ladder,
        taken: row.taken,
        wake_at: row.wake_at,
        expires_at: None,
    }
}
