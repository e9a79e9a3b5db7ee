//! What a caller may read of work. An agent's credential reads what its agent owns or is asked to
//! take, and what waits or waited in queues of its teams; every other role that may read reads the
//! whole tenant. Which teams and queues those are is remembered for a moment, so that a membership
//! that was taken away is forgotten within seconds.

use crate::App;
use crate::context::Context;
use crate::error::Result;
use crate::ledger::command::relation::{leader, outside};
use domain::id::{AgentId, CustomerId, InteractionId, QueueId, TeamId, TenantId};
use domain::interaction::Interaction;
use domain::refusal::{Reason, Refusal};
use domain::tenant::{Caller, Permission, Role};
use engine::floor::TEAM_DEPTH_MAX;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use store::{InteractionFilter, MAX_PAGE, Within};

/// How long what an agent reaches is believed.
const BELIEVED: Duration = Duration::from_secs(3);

/// How many agents' reach is remembered.
const REMEMBERED: u64 = 10_000;

/// What agents reach, by tenant and agent.
#[derive(Clone, Debug)]
pub(crate) struct Reaches(Cache<(TenantId, AgentId), Arc<Within>>);

impl Default for Reaches {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build())
    }
}

impl App {
    /// What a caller's reading is bounded by; none if by nothing.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn within(&self, caller: &Caller) -> Result<Option<Arc<Within>>> {
        if caller.role != Role::Agent {
            return Ok(None);
        }
        // A credential of role AGENT without an agent reaches nothing.
        let agent = caller.agent.unwrap_or_default();
        let key = (caller.tenant, agent);
        if let Some(known) = self.reaches.0.get(&key).await {
            return Ok(Some(known));
        }
        let within = Arc::new(self.reached(caller.tenant, agent).await?);
        self.reaches.0.insert(key, Arc::clone(&within)).await;
        Ok(Some(within))
    }

    async fn reached(&self, tenant: TenantId, agent: AgentId) -> Result<Within> {
        let reader = self.store.tenant(tenant);
        let row = reader.agent(agent).await?;
        let teams = row.as_ref().map_or(&[][..], |row| row.spec.teams.as_slice());
        let (mut queues, mut after) = (Vec::<QueueId>::new(), None);
        loop {
            let page = reader.queues(after, MAX_PAGE).await?;
            let open = |named: &[TeamId]| {
                named.is_empty() || named.iter().any(|team| teams.contains(team))
            };
            queues.extend(page.iter().filter(|q| open(&q.spec.teams)).map(|queue| queue.id));
            match page.last() {
                Some(last) if page.len() >= MAX_PAGE as usize => after = Some(last.id),
                _ => return Ok(Within { agent, queues: row.map(|_| queues).unwrap_or_default() }),
            }
        }
    }

    /// Checks that a caller may read this interaction.
    ///
    /// # Errors
    /// `OUTSIDE_TEAM`.
    pub async fn check_reads(&self, caller: &Caller, row: &Interaction) -> Result<()> {
        match self.within(caller).await? {
            Some(within) if !within.holds(row) => Err(outside("interaction", row.id).into()),
            _ => Ok(()),
        }
    }

    /// Checks that a caller may read the interaction of an id; what is not there is not judged.
    ///
    /// # Errors
    /// `OUTSIDE_TEAM`.
    pub async fn check_reads_id(&self, context: &Context, id: InteractionId) -> Result<()> {
        if context.caller.role != Role::Agent {
            return Ok(());
        }
        match self.read(context).interaction(id).await? {
            Some(row) => self.check_reads(&context.caller, &row).await,
            None => Ok(()),
        }
    }

    /// Checks that a caller may read what was said with a customer: all of it, as soon as any of
    /// their interactions is one to read, because who answers must know what was said before.
    ///
    /// # Errors
    /// `OUTSIDE_TEAM`.
    pub async fn check_reads_history(&self, context: &Context, id: CustomerId) -> Result<()> {
        let Some(within) = self.within(&context.caller).await? else { return Ok(()) };
        let reader = self.read(context);
        let any = InteractionFilter { customer: Some(id), ..InteractionFilter::default() };
        let mine = InteractionFilter { within: Some(within), ..any.clone() };
        let shown = !reader.interactions_by(&mine, None, 1).await?.is_empty();
        // Where nothing was said there is nothing to guard.
        if shown || reader.interactions_by(&any, None, 1).await?.is_empty() {
            return Ok(());
        }
        Err(outside("customer", id).into())
    }

    /// Checks that a caller may look at the desk of an agent.
    ///
    /// # Errors
    /// `OUTSIDE_TEAM`, `PERMISSION_DENIED`.
    pub async fn check_reads_desk(&self, context: &Context, agent: AgentId) -> Result<()> {
        let caller = &context.caller;
        if caller.agent == Some(agent) || caller.permissions.has(Permission::AgentsWrite) {
            return Ok(());
        }
        let Some(leader) = leader(caller) else {
            let refusal = Refusal::new(Reason::PermissionDenied);
            return Err(refusal.with("permission", "AGENTS_WRITE").into());
        };
        let reader = self.read(context);
        let teams = |row: Option<domain::agent::Agent>| row.map(|row| row.spec.teams);
        let led = teams(reader.agent(leader).await?).unwrap_or_default();
        for team in teams(reader.agent(agent).await?).unwrap_or_default() {
            let mut next = Some(team);
            for _ in 0..TEAM_DEPTH_MAX {
                let Some(team) = next else { break };
                if led.contains(&team) {
                    return Ok(());
                }
                next = reader.team(team).await?.and_then(|row| row.parent);
            }
        }
        Err(outside("agent", agent).into())
    }
}
