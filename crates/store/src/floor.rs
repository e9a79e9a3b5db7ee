//! What the floor of a tenant is loaded from: everything routing decides on, read in one snapshot
//! together with the head it belongs to. No text, no names, no parked work.

use crate::entity::{self, Row, json, known, list};
use crate::error::{Result, StoreError};
use crate::ledger::Head;
use crate::pool::{Reads, Snapshot};
use crate::sql::Type;
use domain::agent::{AgentSpec, Presence, Session};
use domain::channel::{AccountSpec, AccountStatus, ChannelKind};
use domain::id::{
    AccountId, AgentId, InteractionId, OfferId, QueueId, RuleId, SessionId, TeamId, TenantId,
};
use domain::interaction::{CoolDown, InteractionStatus, Priority, SkillRequirement};
use domain::offer::Offer;
use domain::queue::QueueSpec;
use domain::rule::RuleSpec;
use domain::time::Timestamp;
use sea_orm::{FromQueryResult, QueryResult, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rows of the floor at one place of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorRows {
    /// The place in the log they belong to.
    pub head: Head,
    /// What routing knows of agents.
    pub agents: Vec<(AgentId, AgentSpec)>,
    /// Agents' presence.
    pub presences: Vec<PresenceRow>,
    /// Open consoles.
    pub sessions: Vec<SessionRow>,
    /// Teams, and which team each is a part of.
    pub teams: Vec<(TeamId, Option<TeamId>)>,
    /// Queues.
    pub queues: Vec<(QueueId, QueueSpec)>,
    /// Rules.
    pub rules: Vec<(RuleId, RuleSpec)>,
    /// Channel accounts.
    pub accounts: Vec<(AccountId, AccountSpec)>,
    /// Interactions in work: open and not parked.
    pub interactions: Vec<FloorInteraction>,
    /// Live offers and legs.
    pub offers: Vec<Offer>,
}

/// An agent's presence, and since when they are without new work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceRow {
    /// Who.
    pub agent_id: AgentId,
    /// Intention, effective status and lease.
    pub presence: Presence,
    /// The place in the log at which they were last given or freed of work.
    pub idle_seq: i64,
    /// Most unanswered offers at a time, as their consoles asked; zero leaves it to the capacity.
    pub credit: u16,
}

/// A console held open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub agent_id: AgentId,
    /// Who holds it, and how much it takes.
    pub session: Session,
    /// Since when.
    pub opened_at: Timestamp,
}

/// What the floor knows of an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are those of the interaction")]
pub struct FloorInteraction {
    pub id: InteractionId,
    pub status: InteractionStatus,
    pub queue_id: Option<QueueId>,
    pub channel: ChannelKind,
    pub priority: Priority,
    pub required_skills: Vec<SkillRequirement>,
    pub enqueued_at: Option<Timestamp>,
    pub enqueued_seq: i64,
    pub target_agent_id: Option<AgentId>,
    pub owner_agent_id: Option<AgentId>,
    pub cool_downs: Vec<CoolDown>,
    pub offers_made: i32,
}

/// The floor entities a batch touched; what is listed and no longer found was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are the entities they list")]
pub struct Touched {
    pub agents: Vec<AgentId>,
    #[serde(default)]
    pub teams: Vec<TeamId>,
    pub queues: Vec<QueueId>,
    pub rules: Vec<RuleId>,
    pub accounts: Vec<AccountId>,
    pub interactions: Vec<InteractionId>,
    pub offers: Vec<OfferId>,
}

/// How many interactions one statement of a floor load reads.
const FLOOR_PAGE: u64 = 10_000;

/// Loads the floor, or of it what was touched, in one snapshot.
pub(crate) async fn load(
    reads: &Reads,
    tenant: TenantId,
    touched: Option<&Touched>,
) -> Result<FloorRows> {
    let snapshot = reads.snapshot(tenant).await?;
    let rows = load_in(&snapshot, touched).await;
    snapshot.end().await;
    rows
}

async fn load_in(s: &Snapshot, touched: Option<&Touched>) -> Result<FloorRows> {
    let head = head(s).await?;
    let agent_ids = touched.map(|t| ids(&t.agents));
    let agents = "SELECT id, spec FROM agent WHERE tenant_id = {t}";
    let presences = "SELECT * FROM agent_presence WHERE tenant_id = {t}";
    let sessions = "SELECT * FROM agent_session WHERE tenant_id = {t}";
    let presences =
        nouns::<entity::agent_presence::Model>(s, presences, "agent_id", agent_ids.clone());
    let presences = presences.await?;
    let sessions =
        nouns::<entity::agent_session::Model>(s, sessions, "agent_id", agent_ids.clone()).await?;
    let queues = "SELECT id, spec FROM queue WHERE tenant_id = {t}";
    let rules = "SELECT id, spec FROM routing_rule WHERE tenant_id = {t}";
    Ok(FloorRows {
        head,
        agents: specs(s, agents, agent_ids, "agent.spec").await?,
        presences,
        sessions,
        teams: teams(s, touched.map(|t| ids(&t.teams))).await?,
        queues: specs(s, queues, touched.map(|t| ids(&t.queues)), "queue.spec").await?,
        rules: specs(s, rules, touched.map(|t| ids(&t.rules)), "routing_rule.spec").await?,
        accounts: accounts(s, touched.map(|t| ids(&t.accounts))).await?,
        interactions: interactions(s, touched).await?,
        offers: offers(s, touched.map(|t| ids(&t.offers))).await?,
    })
}

fn ids<I: Copy + Into<Uuid>>(of: &[I]) -> Vec<Value> {
    of.iter().map(|id| Value::from((*id).into())).collect()
}

/// The head, which is there from the moment the tenant is.
pub(crate) async fn head(s: &Snapshot) -> Result<Head> {
    let rows = s.rows(s.query("SELECT * FROM head WHERE tenant_id = {t}")).await?;
    let row =
        rows.first().ok_or_else(|| StoreError::Corrupt("the tenant has no log".to_owned()))?;
    entity::head::Model::from_query_result(row, "")?.head()
}

/// Rows of all ids, or of these only; asking for none needs no statement.
async fn some(
    s: &Snapshot,
    sql: &str,
    column: &str,
    wanted: Option<Vec<Value>>,
) -> Result<Vec<QueryResult>> {
    match wanted {
        None => s.rows(s.query(sql)).await,
        Some(ids) if ids.is_empty() => Ok(Vec::new()),
        Some(ids) => s.rows(s.query(sql).one_of(" AND ", column, Type::Uuid, ids)).await,
    }
}

async fn nouns<R: Row>(
    s: &Snapshot,
    sql: &str,
    column: &str,
    wanted: Option<Vec<Value>>,
) -> Result<Vec<R::Noun>> {
    let rows = some(s, sql, column, wanted).await?;
    rows.iter().map(|r| Ok(R::from_query_result(r, "")?.noun()?.1)).collect()
}

async fn specs<I: From<Uuid>, S: DeserializeOwned>(
    s: &Snapshot,
    sql: &str,
    wanted: Option<Vec<Value>>,
    column: &'static str,
) -> Result<Vec<(I, S)>> {
    let rows = some(s, sql, "id", wanted).await?;
    rows.iter()
        .map(|r| {
            let id: Uuid = r.try_get_by_index(0)?;
            let spec: String = r.try_get_by_index(1)?;
            Ok((id.into(), json(&spec, column)?))
        })
        .collect()
}

async fn teams(s: &Snapshot, wanted: Option<Vec<Value>>) -> Result<Vec<(TeamId, Option<TeamId>)>> {
    let sql = "SELECT id, parent_team_id FROM team WHERE tenant_id = {t}";
    let rows = some(s, sql, "id", wanted).await?;
    rows.iter()
        .map(|r| {
            let id: Uuid = r.try_get_by_index(0)?;
            let parent: Option<Uuid> = r.try_get_by_index(1)?;
            Ok((id.into(), parent.map(Into::into)))
        })
        .collect()
}

async fn accounts(
    s: &Snapshot,
    wanted: Option<Vec<Value>>,
) -> Result<Vec<(AccountId, AccountSpec)>> {
    let sql = "SELECT id, kind, status, default_queue_id FROM channel_account \
               WHERE tenant_id = {t}";
    let rows = some(s, sql, "id", wanted).await?;
    rows.iter()
        .map(|r| {
            let id: Uuid = r.try_get_by_index(0)?;
            let kind = ChannelKind::from_code(r.try_get_by_index(1)?);
            let status = AccountStatus::from_code(r.try_get_by_index(2)?);
            let queue: Option<Uuid> = r.try_get_by_index(3)?;
            let spec = AccountSpec {
                kind: known(kind, "channel_account.kind")?,
                status: known(status, "channel_account.status")?,
                default_queue_id: queue.map(Into::into),
            };
            Ok((id.into(), spec))
        })
        .collect()
}

async fn offers(s: &Snapshot, wanted: Option<Vec<Value>>) -> Result<Vec<Offer>> {
    let sql = "SELECT * FROM offer WHERE tenant_id = {t} AND state < 6";
    nouns::<entity::offer::Model>(s, sql, "id", wanted).await
}

const INTERACTIONS: &str = "SELECT id, status, queue_id, channel, priority, required_skills, \
    enqueued_at, enqueued_seq, target_agent_id, owner_agent_id, cool_downs, offers_made \
    FROM interaction WHERE tenant_id = {t} AND status < 10 AND status <> 8";

async fn interactions(s: &Snapshot, touched: Option<&Touched>) -> Result<Vec<FloorInteraction>> {
    if let Some(touched) = touched {
        let rows = some(s, INTERACTIONS, "id", Some(ids(&touched.interactions))).await?;
        return rows.iter().map(interaction).collect();
    }
    let mut all: Vec<FloorInteraction> = Vec::new();
    let mut after = (i64::MIN, Uuid::nil());
    loop {
        let query = s
            .query(INTERACTIONS)
            .bind(" AND (enqueued_seq, id) > (", after.0)
            .bind(", ", after.1)
            .text(&format!(") ORDER BY enqueued_seq, id LIMIT {FLOOR_PAGE}"));
        let rows = s.rows(query).await?;
        let last = (rows.len() as u64) < FLOOR_PAGE;
        for row in &rows {
            all.push(interaction(row)?);
        }
        let Some(end) = all.last() else { return Ok(all) };
        after = (end.enqueued_seq, end.id.0);
        if last {
            return Ok(all);
        }
    }
}

fn interaction(r: &QueryResult) -> Result<FloorInteraction> {
    let uuid = |i| r.try_get_by_index::<Option<Uuid>>(i);
    let skills: String = r.try_get_by_index(5)?;
    let cool_downs: String = r.try_get_by_index(10)?;
    Ok(FloorInteraction {
        id: r.try_get_by_index::<Uuid>(0)?.into(),
        status: known(InteractionStatus::from_code(r.try_get_by_index(1)?), "interaction.status")?,
        queue_id: uuid(2)?.map(Into::into),
        channel: known(ChannelKind::from_code(r.try_get_by_index(3)?), "interaction.channel")?,
        priority: known(Priority::from_code(r.try_get_by_index(4)?), "interaction.priority")?,
        required_skills: list(&skills, "interaction.required_skills")?,
        enqueued_at: r.try_get_by_index::<Option<i64>>(6)?.map(Timestamp::from_micros),
        enqueued_seq: r.try_get_by_index(7)?,
        target_agent_id: uuid(8)?.map(Into::into),
        owner_agent_id: uuid(9)?.map(Into::into),
        cool_downs: list(&cool_downs, "interaction.cool_downs")?,
        offers_made: r.try_get_by_index(11)?,
    })
}
