//! Live figures: one board per tenant, read from rows at one place of the log, made at most a few
//! times a second however many look at it.

use crate::App;
use crate::error::{Error, Result};
use crate::interactions::midnight;
use crate::waits::QueueLine;
use domain::agent::{Agent, EffectiveStatus, Presence};
use domain::id::{AgentId, QueueId, TenantId};
use domain::queue::Queue;
use domain::time::Timestamp;
use engine::floor::Floor;
use moka::future::Cache;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Shadowed, Stats};

pub use store::BreachFilter;

/// How long a board is shown before a newer one is made.
pub const FRESH: Duration = Duration::from_millis(200);

/// How many tenants' boards are kept.
const BOARDS: u64 = 1_000;

/// How many agents a board lists.
pub const AGENTS_MAX: usize = 1_000;

/// How many queues a board lists.
const QUEUES_MAX: u32 = 1_000;

/// A tenant's figures at one moment.
#[derive(Clone, Debug)]
pub struct Board {
    /// When it was made.
    pub at: Timestamp,
    /// Counts, waits and averages, with the place in the log they stand at.
    pub stats: Stats,
    /// What shadow strategies would have chosen, of queues that have one.
    pub shadowed: Vec<Shadowed>,
    /// What the lines of queues say.
    pub lines: Arc<BTreeMap<QueueId, QueueLine>>,
    /// The queues.
    pub queues: Vec<Queue>,
    /// Agents with presence and units in use.
    pub agents: Vec<AgentLine>,
}

/// An agent on the board.
#[derive(Clone, Debug)]
pub struct AgentLine {
    /// Who.
    pub agent: Agent,
    /// Their name.
    pub name: String,
    /// What they are doing.
    pub presence: Presence,
    /// Why they chose it; empty if unsaid.
    pub reason: String,
    /// Units in use.
    pub used: u32,
    /// How many interactions they own.
    pub owned: u32,
    /// How many offers they have to answer.
    pub asked: u32,
}

impl Board {
    /// How many agents have this effective status.
    #[must_use]
    pub fn agents_in(&self, status: EffectiveStatus) -> i64 {
        let mut counts = self.stats.agents.iter();
        counts.find(|(known, _)| *known == status).map_or(0, |(_, count)| *count)
    }

    /// How many available agents serve a queue by team.
    #[must_use]
    pub fn available_for(&self, queue: &Queue) -> i64 {
        let serves = |line: &&AgentLine| {
            line.presence.effective == EffectiveStatus::Available
                && Floor::serves(&queue.spec, &line.agent.spec.teams)
        };
        i64::try_from(self.agents.iter().filter(serves).count()).unwrap_or(i64::MAX)
    }
}

/// The boards of this node.
#[derive(Clone)]
pub struct Boards(Cache<TenantId, Arc<Board>>);

impl Default for Boards {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(BOARDS).time_to_live(FRESH).build())
    }
}

impl App {
    /// The tenant's board, at most [`FRESH`] old.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn board(&self, tenant: TenantId) -> Result<Arc<Board>> {
        let made = self.boards.0.try_get_with(tenant, self.make_board(tenant)).await;
        made.map_err(|error: Arc<Error>| Error::clone(&error))
    }

    async fn make_board(&self, tenant: TenantId) -> Result<Arc<Board>> {
        let now = self.now().await?;
        let reader = self.store.tenant(tenant);
        let stats = reader.stats(now, midnight(now)).await?;
        let queues = reader.queues(None, QUEUES_MAX).await?;
        let shadow = queues.iter().any(|queue| queue.spec.tuning.shadow.is_some());
        let shadowed = if shadow { reader.shadowed(now).await? } else { Vec::new() };
        let mut agents = Vec::new();
        let mut after: Option<AgentId> = None;
        while agents.len() < AGENTS_MAX {
            let page = reader.agents(after, 500).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            agents.extend(page);
        }
        let presences = reader.agent_presences(None, 1_000).await?;
        let in_hand = reader.in_hand().await?;
        let content = self.content(tenant).await?;
        let line = |agent: Agent| {
            let presence = presences.iter().find(|row| row.agent_id == agent.id);
            let mine = || in_hand.iter().filter(|of| of.agent_id == agent.id);
            let used = agent.spec.capacity.taken(mine().map(|of| (of.channel, of.used)));
            let owned: u32 = mine().map(|of| of.owned).sum();
            let asked = mine().map(|of| of.used).sum::<u32>().saturating_sub(owned);
            let presence = presence.map(|row| row.presence.clone()).unwrap_or_default();
            let reason = content.open_presence_reason(&agent, presence.intended);
            let name = content.open_badge(&agent).name;
            AgentLine { presence, name, reason, used, owned, asked, agent }
        };
        Ok(Arc::new(Board {
            at: now,
            stats,
            shadowed,
            lines: self.lines(tenant).await?,
            queues,
            agents: agents.into_iter().map(line).collect(),
        }))
    }
}
