//! What a stream shows first: rows that belong together, and the place in the log they stand at,
//! all from one state of the database, so that the events after that place continue them exactly.

use super::work::{first_id_after, first_id_with};
use super::{TenantReader, nouns};
use crate::entity;
use crate::error::Result;
use crate::floor::{PresenceRow, head};
use crate::ledger::Head;
use crate::pool::Snapshot;
use crate::sql::Type;
use domain::id::{AgentId, InteractionId};
use domain::interaction::Interaction;
use domain::message::Message;
use domain::offer::Offer;
use sea_orm::Value;

/// How many messages an interaction's snapshot holds, the newest ones.
pub const MAX_SNAPSHOT_MESSAGES: u32 = 200;
/// How many live offers an agent's snapshot holds; capacity is far below.
const MAX_SNAPSHOT_OFFERS: u32 = 1000;

/// What an agent has before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSnapshot {
    /// The place in the log it stands at.
    pub head: Head,
    /// Their presence; none if it was never set.
    pub presence: Option<PresenceRow>,
    /// Their live offers and legs.
    pub offers: Vec<Offer>,
    /// The interactions of those.
    pub interactions: Vec<Interaction>,
    /// The last message of each one's customer.
    pub last_messages: Vec<Message>,
}

/// An interaction with what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionSnapshot {
    /// The place in the log it stands at.
    pub head: Head,
    /// The interaction.
    pub interaction: Interaction,
    /// Its newest messages, oldest of them first.
    pub messages: Vec<Message>,
    /// Its offers and legs, oldest first.
    pub offers: Vec<Offer>,
}

impl TenantReader {
    /// What an agent has before them.
    pub async fn agent_snapshot(&self, agent: AgentId) -> Result<AgentSnapshot> {
        let snapshot = self.reads.snapshot(self.tenant).await?;
        let found = agent_in(&snapshot, agent).await;
        snapshot.end().await;
        found
    }

    /// An interaction with what was said.
    pub async fn interaction_snapshot(
        &self,
        id: InteractionId,
    ) -> Result<Option<InteractionSnapshot>> {
        let snapshot = self.reads.snapshot(self.tenant).await?;
        let found = interaction_in(&snapshot, id).await;
        snapshot.end().await;
        found
    }
}

async fn agent_in(s: &Snapshot, agent: AgentId) -> Result<AgentSnapshot> {
    let head = head(s).await?;
    let query = s
        .query("SELECT * FROM agent_presence WHERE tenant_id = {t}")
        .bind(" AND agent_id = ", agent.0);
    let presence = nouns::<entity::agent_presence::Model>(&s.rows(query).await?)?.pop();
    let query = s
        .query("SELECT * FROM offer WHERE tenant_id = {t} AND state < 6")
        .bind(" AND agent_id = ", agent.0)
        .text(&format!(" ORDER BY id LIMIT {MAX_SNAPSHOT_OFFERS}"));
    let offers = nouns::<entity::offer::Model>(&s.rows(query).await?)?;
    let mut ids: Vec<InteractionId> = offers.iter().map(|o| o.interaction_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let ids: Vec<Value> = ids.into_iter().map(|id| id.0.into()).collect();
    if ids.is_empty() {
        let (interactions, last_messages) = (Vec::new(), Vec::new());
        return Ok(AgentSnapshot { head, presence, offers, interactions, last_messages });
    }
    let query = s.query("SELECT * FROM interaction WHERE tenant_id = {t}").one_of(
        " AND ",
        "id",
        Type::Uuid,
        ids.clone(),
    );
    let interactions = nouns::<entity::interaction::Model>(&s.rows(query).await?)?;
    let query = s
        .query(
            "SELECT m.* FROM interaction i JOIN message m ON m.tenant_id = i.tenant_id \
             AND m.id = (SELECT n.id FROM message n WHERE n.interaction_id = i.id \
             AND n.tenant_id IS NOT DISTINCT FROM i.tenant_id AND n.direction = 1 \
             ORDER BY n.id DESC LIMIT 1) WHERE i.tenant_id = {t}",
        )
        .one_of(" AND ", "i.id", Type::Uuid, ids);
    let last_messages = nouns::<entity::message::Model>(&s.rows(query).await?)?;
    Ok(AgentSnapshot { head, presence, offers, interactions, last_messages })
}

async fn interaction_in(s: &Snapshot, id: InteractionId) -> Result<Option<InteractionSnapshot>> {
    let query = s.query("SELECT * FROM interaction WHERE tenant_id = {t}").bind(" AND id = ", id.0);
    let rows = s.rows(query).await?;
    let Some(interaction) = nouns::<entity::interaction::Model>(&rows)?.pop() else {
        return Ok(None);
    };
    let head = head(s).await?;
    let query = s
        .query("SELECT * FROM message WHERE tenant_id IS NOT DISTINCT FROM {t}")
        .bind(" AND interaction_id = ", id.0)
        .text(&format!(" ORDER BY id DESC LIMIT {MAX_SNAPSHOT_MESSAGES}"));
    let mut messages = nouns::<entity::message::Model>(&s.rows(query).await?)?;
    messages.reverse();
    let query = s
        .query("SELECT * FROM offer WHERE tenant_id = {t}")
        .bind(" AND interaction_id = ", id.0)
        // Offers lie between the making of what they offer and its last change.
        .bind(" AND id >= ", first_id_with(id.0))
        .bind(" AND id < ", first_id_after(interaction.updated_at))
        .text(&format!(" ORDER BY id LIMIT {MAX_SNAPSHOT_OFFERS}"));
    let offers = nouns::<entity::offer::Model>(&s.rows(query).await?)?;
    Ok(Some(InteractionSnapshot { head, interaction, messages, offers }))
}
