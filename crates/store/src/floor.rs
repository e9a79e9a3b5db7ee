//! What the floor of a tenant is loaded from: everything routing decides on, read in one snapshot
//! together with the head it belongs to. No text, no names, no parked work.

mod work;

use crate::entity::{self, Row, json, known};
use crate::error::{Result, StoreError};
use crate::ledger::Head;
use crate::pool::{Reads, Snapshot};
use crate::sql::Type;
use domain::agent::{AgentSpec, Presence, Session, TeamPlace};
use domain::calendar::{CalendarSpec, Versions};
use domain::channel::{AccountSpec, AccountStatus, ChannelKind};
use domain::escalation::{EscalationSpec, Ladder};
use domain::id::{
    AccountId, AgentId, CalendarId, EscalationPolicyId, InteractionId, OfferId, PlanId, QueueId,
    RuleId, ScheduleId, SessionId, SlaPolicyId, TeamId, TenantId,
};
use domain::interaction::{CoolDown, InteractionStatus, Priority, SkillRequirement, Traits};
use domain::offer::Offer;
use domain::plan::{PlanPin, PlanSpec};
use domain::queue::{QueueSpec, RoutingSettings};
use domain::rule::RuleSpec;
use domain::schedule::ScheduleSpec;
use domain::sla::{Sla, SlaSpec};
use domain::time::Timestamp;
use domain::time_off::TimeOff;
use sea_orm::{FromQueryResult, QueryResult, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;
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
    /// When agents are away, booked and not over.
    pub time_off: Vec<TimeOff>,
    /// Teams, and which team each is a part of.
    pub teams: Vec<(TeamId, TeamPlace)>,
    /// Queues.
    pub queues: Vec<(QueueId, QueueSpec)>,
    /// Rules, with their versions.
    pub rules: Vec<(RuleId, i64, RuleSpec)>,
    /// Routing plans as they are now.
    pub plans: Vec<PlanVersion>,
    /// Versions of plans, those that the interactions go by among them.
    pub pinned: Vec<PlanVersion>,
    /// Channel accounts.
    pub accounts: Vec<(AccountId, AccountSpec)>,
    /// What routing goes by in all queues; none if not asked for.
    pub settings: Option<RoutingSettings>,
    /// Interactions in work: open, and not parked where only a message wakes them. In pages, as
    /// they were read; none where they come as parts of their own.
    pub interactions: Vec<Vec<FloorInteraction>>,
    /// Live offers and legs.
    pub offers: Vec<Offer>,
    /// Calendars, policies and schedules; none if they were not asked for.
    pub promises: Option<Promises>,
}

/// All calendars, policies and schedules of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Promises {
    /// Calendars with their versions.
    pub calendars: Vec<(CalendarId, Versions<CalendarSpec>)>,
    /// Policies, at their version.
    pub policies: Vec<(SlaPolicyId, i64, SlaSpec)>,
    /// Escalation policies, at their version.
    pub ladders: Vec<(EscalationPolicyId, i64, EscalationSpec)>,
    /// Schedules of agents, at their version.
    pub schedules: Vec<(ScheduleId, i64, ScheduleSpec)>,
}

/// One version of a routing plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVersion {
    /// Which plan.
    pub plan_id: PlanId,
    /// Which version of it.
    pub version: i64,
    /// What it says.
    pub spec: PlanSpec,
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
    /// The place in the log at which they were last asked; an open offer may say a later one.
    pub asked_seq: i64,
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
    pub traits: Traits,
    pub enqueued_at: Option<Timestamp>,
    pub enqueued_seq: i64,
    pub target_agent_id: Option<AgentId>,
    pub owner_agent_id: Option<AgentId>,
    pub cool_downs: Vec<CoolDown>,
    pub offers_made: i32,
    pub last_agent_id: Option<AgentId>,
    pub plan: Option<PlanPin>,
    pub sla: Option<Arc<Sla>>,
    pub ladder: Option<Arc<Ladder>>,
    pub taken: bool,
    pub wake_at: Option<Timestamp>,
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
    #[serde(default)]
    pub plans: Vec<PlanId>,
    pub accounts: Vec<AccountId>,
    pub interactions: Vec<InteractionId>,
    pub offers: Vec<OfferId>,
    /// Calendars and SLA policies, all of them.
    #[serde(default)]
    pub promises: bool,
    #[serde(default)]
    pub settings: bool,
}

/// A part of what a floor is made of.
#[derive(Clone, Debug)]
pub enum FloorPart {
    /// Everything but interactions; it comes first.
    Rows(Box<FloorRows>),
    /// Some of the interactions.
    Interactions(Vec<FloorInteraction>),
}

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

/// Loads the floor in parts, all in one snapshot: first everything but interactions, then those,
/// page by page, so that a large floor is never held twice. Ends early if nobody takes them.
pub(crate) async fn load_in_parts(
    reads: &Reads,
    tenant: TenantId,
    parts: &mpsc::Sender<FloorPart>,
) -> Result<()> {
    let snapshot = reads.snapshot(tenant).await?;
    let sent = send_parts(&snapshot, parts).await;
    snapshot.end().await;
    sent
}

async fn send_parts(s: &Snapshot, parts: &mpsc::Sender<FloorPart>) -> Result<()> {
    let rows = rows_beside(s, None, Vec::new()).await?;
    let mut taken = parts.send(FloorPart::Rows(Box::new(rows))).await.is_ok();
    let mut after = Some(work::BEFORE_ALL);
    while let Some(begin) = after.filter(|_| taken) {
        let (page, next) = work::page(s, begin).await?;
        taken = parts.send(FloorPart::Interactions(page)).await.is_ok();
        after = next;
    }
    Ok(())
}

async fn load_in(s: &Snapshot, touched: Option<&Touched>) -> Result<FloorRows> {
    let interactions = work::interactions(s, touched).await?;
    rows_beside(s, touched, interactions).await
}

/// The rows of a floor that has these interactions.
async fn rows_beside(
    s: &Snapshot,
    touched: Option<&Touched>,
    interactions: Vec<Vec<FloorInteraction>>,
) -> Result<FloorRows> {
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
    let away = "SELECT * FROM time_off WHERE tenant_id = {t}";
    let time_off = nouns::<entity::time_off::Model>(s, away, "agent_id", agent_ids.clone()).await?;
    let queues = "SELECT id, spec FROM queue WHERE tenant_id = {t}";
    Ok(FloorRows {
        head,
        agents: specs(s, agents, agent_ids, "agent.spec").await?,
        presences,
        sessions,
        time_off,
        teams: teams(s, touched.map(|t| ids(&t.teams))).await?,
        queues: specs(s, queues, touched.map(|t| ids(&t.queues)), "queue.spec").await?,
        rules: rules(s, touched.map(|t| ids(&t.rules))).await?,
        plans: plans(s, touched.map(|t| ids(&t.plans))).await?,
        pinned: pinned(s, touched.map(|_| interactions.iter().flatten())).await?,
        accounts: accounts(s, touched.map(|t| ids(&t.accounts))).await?,
        settings: settings(s, touched).await?,
        interactions,
        offers: offers(s, touched.map(|t| ids(&t.offers))).await?,
        promises: match touched {
            Some(touched) if !touched.promises => None,
            _ => Some(promises(s).await?),
        },
    })
}

/// The tenant's settings, which are the default until they are changed.
async fn settings(s: &Snapshot, touched: Option<&Touched>) -> Result<Option<RoutingSettings>> {
    if touched.is_some_and(|touched| !touched.settings) {
        return Ok(None);
    }
    let rows = s.rows(s.query("SELECT * FROM routing_settings WHERE tenant_id = {t}")).await?;
    let Some(row) = rows.first() else { return Ok(Some(RoutingSettings::default())) };
    let row = entity::routing_settings::Model::from_query_result(row, "")?;
    Ok(Some(row.noun()?.1))
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

async fn rules(s: &Snapshot, wanted: Option<Vec<Value>>) -> Result<Vec<(RuleId, i64, RuleSpec)>> {
    let sql = "SELECT id, version, spec FROM routing_rule WHERE tenant_id = {t}";
    let rows = some(s, sql, "id", wanted).await?;
    rows.iter()
        .map(|r| {
            let id: Uuid = r.try_get_by_index(0)?;
            let spec: String = r.try_get_by_index(2)?;
            Ok((id.into(), r.try_get_by_index(1)?, json(&spec, "routing_rule.spec")?))
        })
        .collect()
}

async fn teams(s: &Snapshot, wanted: Option<Vec<Value>>) -> Result<Vec<(TeamId, TeamPlace)>> {
    let sql = "SELECT id, parent_team_id, escalation_team_id FROM team WHERE tenant_id = {t}";
    let rows = some(s, sql, "id", wanted).await?;
    rows.iter()
        .map(|r| {
            let id: Uuid = r.try_get_by_index(0)?;
            let team = |at| r.try_get_by_index::<Option<Uuid>>(at);
            let (parent, escalates_to) = (team(1)?.map(Into::into), team(2)?.map(Into::into));
            Ok((id.into(), TeamPlace { parent, escalates_to }))
        })
        .collect()
}

async fn plans(s: &Snapshot, wanted: Option<Vec<Value>>) -> Result<Vec<PlanVersion>> {
    let sql = "SELECT id, version, spec FROM routing_plan WHERE tenant_id = {t}";
    some(s, sql, "id", wanted).await?.iter().map(plan_version).collect()
}

/// All versions, or those of the plans that these interactions go by.
async fn pinned<'a>(
    s: &Snapshot,
    of: Option<impl Iterator<Item = &'a FloorInteraction>>,
) -> Result<Vec<PlanVersion>> {
    let sql = "SELECT plan_id, version, spec FROM routing_plan_version WHERE tenant_id = {t}";
    let wanted = of.map(|rows| {
        let plans = rows.filter_map(|row| row.plan.as_ref().map(|pin| pin.plan_id));
        let plans: BTreeSet<PlanId> = plans.collect();
        plans.into_iter().map(|id| Value::from(id.0)).collect()
    });
    some(s, sql, "plan_id", wanted).await?.iter().map(plan_version).collect()
}

fn plan_version(r: &QueryResult) -> Result<PlanVersion> {
    let spec: String = r.try_get_by_index(2)?;
    Ok(PlanVersion {
        plan_id: r.try_get_by_index::<Uuid>(0)?.into(),
        version: r.try_get_by_index(1)?,
        spec: json(&spec, "routing_plan.spec")?,
    })
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

async fn promises(s: &Snapshot) -> Result<Promises> {
    let calendars = "SELECT id, versions FROM calendar WHERE tenant_id = {t}";
    let policies = "SELECT id, version, spec FROM sla_policy WHERE tenant_id = {t}";
    let ladders = "SELECT id, version, spec FROM escalation_policy WHERE tenant_id = {t}";
    let schedules = "SELECT id, version, spec FROM schedule WHERE tenant_id = {t}";
    Ok(Promises {
        calendars: specs(s, calendars, None, "calendar.versions").await?,
        policies: versioned(s, policies, "sla_policy.spec").await?,
        ladders: versioned(s, ladders, "escalation_policy.spec").await?,
        schedules: versioned(s, schedules, "schedule.spec").await?,
    })
}

/// Specs with their ids and versions, as a statement reads them.
async fn versioned<I: From<Uuid>, T: DeserializeOwned>(
    s: &Snapshot,
    sql: &str,
    column: &'static str,
) -> Result<Vec<(I, i64, T)>> {
    let rows = s.rows(s.query(sql)).await?;
    let one = |r: &QueryResult| {
        let id: Uuid = r.try_get_by_index(0)?;
        let spec: String = r.try_get_by_index(2)?;
        Ok((id.into(), r.try_get_by_index(1)?, json(&spec, column)?))
    };
    rows.iter().map(one).collect()
}

async fn offers(s: &Snapshot, wanted: Option<Vec<Value>>) -> Result<Vec<Offer>> {
    let sql = "SELECT * FROM offer WHERE tenant_id = {t} AND state < 6";
    nouns::<entity::offer::Model>(s, sql, "id", wanted).await
}
