//! Agents, teams, skills, queues, rules, accounts, keys and tenants: single ones, and pages in the
//! order of their ids, which is the order they were made in.

use super::{TenantReader, page};
use crate::entity::{self, Row, known, list};
use crate::error::Result;
use crate::floor::{PresenceRow, SessionRow};
use crate::pool::Query;
use domain::agent::{Agent, Team};
use domain::calendar::Calendar;
use domain::channel::{ChannelAccount, ChannelKind};
use domain::escalation::EscalationPolicy;
use domain::id::{
    AccountId, AgentId, ApiKeyId, CalendarId, EscalationPolicyId, LabelId, NodeId, PlanId, QueueId,
    RuleId, ScheduleId, SkillId, SlaPolicyId, TeamId, TenantId, TimeOffId,
};
use domain::plan::{Plan, PlanSpec};
use domain::queue::{Queue, RoutingSettings, Skill};
use domain::rule::Rule;
use domain::schedule::Schedule;
use domain::sla::SlaPolicy;
use domain::tenant::{ApiKey, Tenant};
use domain::time_off::TimeOff;
use sea_orm::{EntityName, EntityTrait, FromQueryResult};
use uuid::Uuid;

/// What an agent has on their hands that counts alike: of one kind of channel, with these labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InHand {
    /// Who.
    pub agent_id: AgentId,
    /// Of what.
    pub channel: ChannelKind,
    /// The labels each counts for.
    pub labels: Vec<LabelId>,
    /// Live offers and legs.
    pub used: u32,
    /// Legs among them: interactions they own.
    pub owned: u32,
}

macro_rules! get_and_page {
    ($(
        $get:ident $page:ident $id:ident $noun:ident $table:ident: $one:literal, $many:literal;
    )+) => {
        impl TenantReader {$(
            #[doc = $one]
            pub async fn $get(&self, id: $id) -> Result<Option<$noun>> {
                self.by_id::<entity::$table::Model>(id.0).await
            }

            #[doc = $many]
            pub async fn $page(&self, after: Option<$id>, limit: u32) -> Result<Vec<$noun>> {
                self.after::<entity::$table::Model>(after.map(|id| id.0), limit).await
            }
        )+}
    };
}

get_and_page! {
    agent agents AgentId Agent agent: "An agent.", "A page of agents, after an id.";
    team teams TeamId Team team: "A team.", "A page of teams, after an id.";
    skill skills SkillId Skill skill: "A skill.", "A page of skills, after an id.";
    queue queues QueueId Queue queue: "A queue.", "A page of queues, after an id.";
    plan plans PlanId Plan routing_plan: "A routing plan.", "A page of routing plans, after an id.";
    rule rules RuleId Rule routing_rule: "A rule.", "A page of rules, after an id.";
    calendar calendars CalendarId Calendar calendar:
        "A calendar.", "A page of calendars, after an id.";
    schedule schedules ScheduleId Schedule schedule:
        "A schedule.", "A page of schedules, after an id.";
    sla_policy sla_policies SlaPolicyId SlaPolicy sla_policy:
        "An SLA policy.", "A page of SLA policies, after an id.";
    escalation_policy escalation_policies EscalationPolicyId EscalationPolicy escalation_policy:
        "An escalation policy.", "A page of escalation policies, after an id.";
    account accounts AccountId ChannelAccount channel_account:
        "A channel account.", "A page of channel accounts, after an id.";
    api_key api_keys ApiKeyId ApiKey api_key: "An API key.", "A page of API keys, after an id.";
}

impl TenantReader {
    /// Time off of an agent.
    pub async fn one_time_off(&self, id: TimeOffId) -> Result<Option<TimeOff>> {
        self.by_id::<entity::time_off::Model>(id.0).await
    }

    /// A page of time off, of one agent or of all, after an id.
    pub async fn time_off(
        &self,
        agent: Option<AgentId>,
        after: Option<TimeOffId>,
        limit: u32,
    ) -> Result<Vec<TimeOff>> {
        let mut query = self
            .query("SELECT r.* FROM time_off r WHERE r.tenant_id = {t}")
            .bind(" AND r.id > ", after.unwrap_or_default().0);
        if let Some(agent) = agent {
            query = query.bind(" AND r.agent_id = ", agent.0);
        }
        let query = query.text(&format!(" ORDER BY r.id LIMIT {}", page(limit)));
        self.all::<entity::time_off::Model>(query).await
    }

    /// What a version of a plan says, if it is still kept.
    pub async fn plan_version(&self, id: PlanId, version: i64) -> Result<Option<PlanSpec>> {
        let query = self
            .query("SELECT r.* FROM routing_plan_version r WHERE r.tenant_id = {t}")
            .bind(" AND r.plan_id = ", id.0)
            .bind(" AND r.version = ", version);
        let found = self.one::<entity::routing_plan_version::Model>(query).await?;
        Ok(found.map(|version| version.spec))
    }

    /// The row of an id.
    pub(super) async fn by_id<R>(&self, id: Uuid) -> Result<Option<R::Noun>>
    where
        R: Row,
        R::Entity: EntityTrait<Model = R>,
    {
        let table = R::Entity::default();
        let table = table.table_name();
        let sql = format!("SELECT r.* FROM {table} r WHERE r.tenant_id = {{t}}");
        self.one::<R>(self.query(&sql).bind(" AND r.id = ", id)).await
    }

    /// Rows after an id, in the order of ids.
    pub(super) async fn after<R>(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<R::Noun>>
    where
        R: Row,
        R::Entity: EntityTrait<Model = R>,
    {
        let table = R::Entity::default();
        let table = table.table_name();
        let sql = format!("SELECT r.* FROM {table} r WHERE r.tenant_id = {{t}}");
        let query = self
            .query(&sql)
            .bind(" AND r.id > ", after.unwrap_or_default())
            .text(&format!(" ORDER BY r.id LIMIT {}", page(limit)));
        self.all::<R>(query).await
    }

    /// What routing goes by in all queues; none if it was never changed.
    pub async fn routing_settings(&self) -> Result<Option<RoutingSettings>> {
        let query = self.query("SELECT r.* FROM routing_settings r WHERE r.tenant_id = {t}");
        self.one::<entity::routing_settings::Model>(query).await
    }

    /// The presence of every agent after one, in the order of ids.
    pub async fn agent_presences(
        &self,
        after: Option<AgentId>,
        limit: u32,
    ) -> Result<Vec<PresenceRow>> {
        let query = self
            .query("SELECT r.* FROM agent_presence r WHERE r.tenant_id = {t}")
            .bind(" AND r.agent_id > ", after.unwrap_or_default().0)
            .text(&format!(" ORDER BY r.agent_id LIMIT {}", page(limit)));
        self.all::<entity::agent_presence::Model>(query).await
    }

    /// The presence of one agent.
    pub async fn agent_presence(&self, agent: AgentId) -> Result<Option<PresenceRow>> {
        let query = self
            .query("SELECT r.* FROM agent_presence r WHERE r.tenant_id = {t}")
            .bind(" AND r.agent_id = ", agent.0);
        self.one::<entity::agent_presence::Model>(query).await
    }

    /// Open consoles of one agent.
    pub async fn agent_sessions(&self, agent: AgentId) -> Result<Vec<SessionRow>> {
        let query = self
            .query("SELECT r.* FROM agent_session r WHERE r.tenant_id = {t}")
            .bind(" AND r.agent_id = ", agent.0)
            .text(&format!(" ORDER BY r.id LIMIT {}", page(u32::MAX)));
        self.all::<entity::agent_session::Model>(query).await
    }

    /// Consoles that a node holds open, at most a page.
    pub async fn sessions_of_node(&self, node: NodeId) -> Result<Vec<SessionRow>> {
        let query = self
            .query("SELECT r.* FROM agent_session r WHERE r.tenant_id = {t}")
            .bind(" AND r.node_id = ", node.0)
            .text(&format!(" ORDER BY r.id LIMIT {}", page(u32::MAX)));
        self.all::<entity::agent_session::Model>(query).await
    }

    /// How many live offers and legs agents have who have any, those that count alike together.
    pub async fn in_hand(&self) -> Result<Vec<InHand>> {
        let query = self.query(
            "SELECT r.agent_id, r.channel, count(*), \
             count(CASE WHEN r.state > 1 AND r.role = 1 THEN 1 END), r.labels \
             FROM offer r WHERE r.tenant_id = {t} AND r.state < 6 \
             GROUP BY r.agent_id, r.channel, r.labels",
        );
        let rows = self.reads.rows(self.tenant, query).await?;
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let used = rows.iter().map(|row| {
            let channel = ChannelKind::from_code(row.try_get_by_index(1)?);
            Ok(InHand {
                agent_id: AgentId(row.try_get_by_index(0)?),
                channel: known(channel, "offer.channel")?,
                used: count(row.try_get_by_index(2)?),
                owned: count(row.try_get_by_index(3)?),
                labels: list(&row.try_get_by_index::<String>(4)?, "offer.labels")?,
            })
        });
        used.collect()
    }

    /// A tenant with its wrapped key: this one, or any for the system tenant.
    pub async fn tenant_row(&self, id: TenantId) -> Result<Option<(Tenant, Vec<u8>)>> {
        let query = self.tenant_query().bind(" AND r.id = ", id.0);
        Ok(self.tenant_rows(query).await?.pop())
    }

    /// A page of the tenants the reader may see, after an id: all of them for the system tenant,
    /// else its own only.
    pub async fn tenants(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>> {
        let query = self
            .tenant_query()
            .bind(" AND r.id > ", after.unwrap_or_default().0)
            .text(&format!(" ORDER BY r.id LIMIT {}", page(limit)));
        Ok(self.tenant_rows(query).await?.into_iter().map(|(tenant, _)| tenant).collect())
    }

    /// PostgreSQL's policy says the same again; SQLite has only this.
    fn tenant_query(&self) -> Query {
        let sql = "SELECT r.* FROM tenant r WHERE (r.id = {t} OR {t} = ";
        self.query(sql).bind("", TenantId::SYSTEM.0).text(")")
    }

    async fn tenant_rows(&self, query: Query) -> Result<Vec<(Tenant, Vec<u8>)>> {
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter().map(|r| entity::tenant::Model::from_query_result(r, "")?.tenant()).collect()
    }
}
