//! Interactions, messages, offers and deliveries. Ids are made in the order of time, so a span of
//! time is a span of ids, and pages go along the primary key.

use super::gather::InteractionById;
use super::{MAX_IDS, MINE, TenantReader, page};
use crate::entity;
use crate::error::Result;
use crate::outbox::Delivery;
use crate::pool::Query;
use crate::sql::Type;
use domain::channel::ChannelKind;
use domain::id::{AgentId, ConversationId, CustomerId, InteractionId, MessageId, OfferId, QueueId};
use domain::interaction::{Conversation, Interaction, InteractionStatus};
use domain::message::Message;
use domain::offer::Offer;
use domain::time::Timestamp;
use sea_orm::{QueryResult, Value};
use std::sync::Arc;
use uuid::Uuid;

/// Which interactions are wanted; an empty filter wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InteractionFilter {
    /// In one of these states; empty for any.
    pub status: Vec<InteractionStatus>,
    /// Of this kind of channel.
    pub channel: Option<ChannelKind>,
    /// That wait or waited in this queue.
    pub queue: Option<QueueId>,
    /// That this agent owns.
    pub agent: Option<AgentId>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Created at or after.
    pub created_after: Option<Timestamp>,
    /// Created before.
    pub created_before: Option<Timestamp>,
    /// Within somebody's reach.
    pub within: Option<Arc<Within>>,
}

/// The work that somebody may read: their own, what they are asked to take or to advise on, and
/// what is or was in these queues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Whose work.
    pub agent: AgentId,
    /// Queues, in the order of their ids.
    pub queues: Vec<QueueId>,
}

impl Within {
    /// Whether it holds this interaction.
    #[must_use]
    pub fn holds(&self, row: &Interaction) -> bool {
        let agent = Some(self.agent);
        let queue = row.queue_id.is_some_and(|id| self.queues.binary_search(&id).is_ok());
        let consulted = row.consult.map(|consult| consult.agent_id);
        queue || [row.owner_agent_id, row.target_agent_id, consulted].contains(&agent)
    }
}

/// Whose messages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagesOf {
    /// One interaction's.
    Interaction(InteractionId),
    /// All of a conversation's.
    Conversation(ConversationId),
}

/// Whose offers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffersOf {
    /// Live offers and legs of an agent.
    Agent(AgentId),
    /// All offers and legs of an interaction.
    Interaction(InteractionId),
}

/// How many offers one page of an agent's offers looks through: they are found along the primary
/// key, because one more index would cost every offer that is made.
const OFFERS_SEEN_MAX: u32 = 20_000;

/// A page of an agent's offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffersPage {
    /// The offers, newest first.
    pub offers: Vec<Offer>,
    /// Before which the next page begins; none at the end. A page may be short, or empty, and yet
    /// not the last.
    pub next: Option<OfferId>,
}

impl TenantReader {
    /// An interaction.
    pub async fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>> {
        let key = InteractionById(self.tenant, id);
        Ok(self.reads.gathered.interactions.ask(&self.reads, key).await?.pop())
    }

    /// The first [`MAX_IDS`] of these interactions that exist.
    pub async fn interactions(&self, ids: &[InteractionId]) -> Result<Vec<Interaction>> {
        let ids: Vec<Value> = ids.iter().take(MAX_IDS).map(|id| id.0.into()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.query("SELECT r.* FROM interaction r WHERE r.tenant_id = {t}").one_of(
            " AND ",
            "r.id",
            Type::Uuid,
            ids,
        );
        self.all::<entity::interaction::Model>(query).await
    }

    /// A page of interactions, newest first, before an id.
    pub async fn interactions_by(
        &self,
        filter: &InteractionFilter,
        before: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<Interaction>> {
        let query = filtered(self.query(filter.start()), filter);
        let query = match before {
            Some(before) => query.bind(" AND r.id < ", before.0),
            None => query,
        };
        let query = query.text(&format!(" ORDER BY r.id DESC LIMIT {}", page(limit)));
        self.all::<entity::interaction::Model>(query).await
    }

    /// The interactions that have been resolved and not closed for the longest, and since when; the
    /// longest first.
    pub async fn longest_resolved(&self, limit: u32) -> Result<Vec<(InteractionId, Timestamp)>> {
        let query = self
            .query("SELECT r.id, r.resolved_at FROM interaction r WHERE r.tenant_id = {t}")
            .text(" AND r.status = 10 AND r.resolved_at IS NOT NULL")
            .text(&format!(" ORDER BY r.resolved_at LIMIT {}", page(limit)));
        let rows = self.reads.rows(self.tenant, query).await?;
        let pair = |row: &QueryResult| {
            let id: Uuid = row.try_get_by_index(0)?;
            Ok((id.into(), Timestamp::from_micros(row.try_get_by_index(1)?)))
        };
        rows.iter().map(pair).collect()
    }

    /// A page of a customer's interactions, newest first, before an id.
    pub async fn history(
        &self,
        customer: CustomerId,
        before: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<Interaction>> {
        let filter = InteractionFilter { customer: Some(customer), ..Default::default() };
        self.interactions_by(&filter, before, limit).await
    }

    /// A conversation.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        self.by_id::<entity::conversation::Model>(id.0).await
    }

    /// A message.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        self.by_id::<entity::message::Model>(id.0).await
    }

    /// A page of messages, oldest first, after an id.
    pub async fn messages(
        &self,
        of: MessagesOf,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Message>> {
        let query = self.query("SELECT r.* FROM message r WHERE r.interaction_id ");
        let query = match of {
            MessagesOf::Interaction(id) => query.bind("= ", id.0),
            MessagesOf::Conversation(id) => query
                .bind(
                    "IN (SELECT i.id FROM interaction i \
                     WHERE i.tenant_id IS NOT DISTINCT FROM {t} AND i.conversation_id = ",
                    id.0,
                )
                .text(")"),
        };
        let query = query.bind(" AND r.id > ", after.unwrap_or_default().0).text(MINE);
        let query = query.text(&format!(" ORDER BY r.id LIMIT {}", page(limit)));
        self.all::<entity::message::Model>(query).await
    }

    /// A page of an interaction's messages, newest first, before an id.
    pub async fn messages_before(
        &self,
        interaction: InteractionId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Message>> {
        let query = self
            .query("SELECT r.* FROM message r WHERE r.interaction_id ")
            .bind("= ", interaction.0)
            .bind(" AND r.id < ", before.map_or(Uuid::max(), |id| id.0))
            .text(MINE)
            .text(&format!(" ORDER BY r.id DESC LIMIT {}", page(limit)));
        self.all::<entity::message::Model>(query).await
    }

    /// An offer or leg.
    pub async fn offer(&self, id: OfferId) -> Result<Option<Offer>> {
        self.by_id::<entity::offer::Model>(id.0).await
    }

    /// Offers and legs, oldest first, at most [`super::MAX_PAGE`].
    pub async fn offers(&self, of: OffersOf) -> Result<Vec<Offer>> {
        let query = self.query("SELECT r.* FROM offer r WHERE r.tenant_id = {t}");
        let query = match of {
            OffersOf::Agent(id) => query.bind(" AND r.state < 6 AND r.agent_id = ", id.0),
            OffersOf::Interaction(id) => {
                let Some(of) = self.interaction(id).await? else { return Ok(Vec::new()) };
                // Offers lie between the making of what they offer and its last change.
                query
                    .bind(" AND r.interaction_id = ", id.0)
                    .bind(" AND r.id >= ", first_id_with(id.0))
                    .bind(" AND r.id < ", first_id_after(of.updated_at))
            }
        };
        let query = query.text(&format!(" ORDER BY r.id LIMIT {}", page(u32::MAX)));
        self.all::<entity::offer::Model>(query).await
    }

    /// A page of an agent's offers and legs, ended ones included, newest first, before an id.
    pub async fn offers_before(
        &self,
        agent: AgentId,
        before: Option<OfferId>,
        limit: u32,
    ) -> Result<OffersPage> {
        let before = before.map_or(Uuid::max(), |id| id.0);
        let size = page(limit);
        let query = self
            .query("SELECT r.* FROM (SELECT o.* FROM offer o WHERE o.tenant_id = {t}")
            .bind(" AND o.id < ", before)
            .text(&format!(" ORDER BY o.id DESC LIMIT {OFFERS_SEEN_MAX}) r"))
            .bind(" WHERE r.agent_id = ", agent.0)
            .text(&format!(" ORDER BY r.id DESC LIMIT {size}"));
        let offers = self.all::<entity::offer::Model>(query).await?;
        if offers.len() == size as usize {
            let next = offers.last().map(|offer| offer.id);
            return Ok(OffersPage { offers, next });
        }
        let end = self
            .query("SELECT r.* FROM (SELECT o.* FROM offer o WHERE o.tenant_id = {t}")
            .bind(" AND o.id < ", before)
            .text(&format!(" ORDER BY o.id DESC LIMIT 1 OFFSET {}) r", OFFERS_SEEN_MAX - 1));
        let next = self.one::<entity::offer::Model>(end).await?.map(|offer| offer.id);
        Ok(OffersPage { offers, next })
    }

    /// The deliveries of a message, oldest first.
    pub async fn outbox_of(&self, message: MessageId) -> Result<Vec<Delivery>> {
        let query = self
            .query("SELECT r.* FROM outbox r WHERE r.tenant_id = {t}")
            .bind(" AND r.message_id = ", message.0)
            // A delivery is never older than its message.
            .bind(" AND r.id >= ", first_id_with(message.0))
            .text(&format!(" ORDER BY r.id LIMIT {}", page(u32::MAX)));
        self.all::<entity::outbox::Model>(query).await
    }
}

impl InteractionFilter {
    /// A customer's interactions are found by way of their conversations, which have an index.
    fn start(&self) -> &'static str {
        match self.customer {
            None => "SELECT r.* FROM interaction r WHERE r.tenant_id = {t}",
            Some(_) => {
                "SELECT r.* FROM conversation v JOIN interaction r ON r.conversation_id = v.id \
                 WHERE v.tenant_id IS NOT DISTINCT FROM {t} \
                 AND r.tenant_id IS NOT DISTINCT FROM {t}"
            }
        }
    }
}

fn filtered(mut query: Query, filter: &InteractionFilter) -> Query {
    if let Some(customer) = filter.customer {
        query = query.bind(" AND v.customer_id = ", customer.0);
    }
    if !filter.status.is_empty() {
        let codes = filter.status.iter().map(|s| s.code().into()).collect();
        query = query.one_of(" AND ", "r.status", Type::Small, codes);
        // Lets the index of open interactions be used.
        if filter.status.iter().all(|s| s.is_open()) {
            query = query.text(" AND r.status < 10");
        }
    }
    if let Some(channel) = filter.channel {
        query = query.bind(" AND r.channel = ", channel.code());
    }
    if let Some(queue) = filter.queue {
        query = query.bind(" AND r.queue_id = ", queue.0);
    }
    if let Some(agent) = filter.agent {
        query = query.bind(" AND r.owner_agent_id = ", agent.0);
    }
    if let Some(within) = &filter.within {
        query = query.bind(" AND (r.owner_agent_id = ", within.agent.0);
        query = query.bind(" OR r.target_agent_id = ", within.agent.0);
        query = query.bind(" OR r.consult_agent_id = ", within.agent.0);
        if !within.queues.is_empty() {
            let queues = within.queues.iter().map(|id| id.0.into()).collect();
            query = query.one_of(" OR ", "r.queue_id", Type::Uuid, queues);
        }
        query = query.text(")");
    }
    if let Some(after) = filter.created_after {
        query = query.bind(" AND r.created_at >= ", after.micros());
        query = query.bind(" AND r.id >= ", first_id(after));
    }
    if let Some(before) = filter.created_before {
        query = query.bind(" AND r.created_at < ", before.micros());
        query = query.bind(" AND r.id < ", first_id_after(before));
    }
    query
}

/// The smallest id that can have been made in the millisecond of `at`.
pub(crate) fn first_id(at: Timestamp) -> Uuid {
    let millis = u128::from(at.millis().max(0).unsigned_abs());
    Uuid::from_u128(millis << 80)
}

/// The smallest id that can have been made in the same millisecond as this one.
pub(super) fn first_id_with(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128() >> 80 << 80)
}

/// An id above all that can have been made up to `at`.
pub(crate) fn first_id_after(at: Timestamp) -> Uuid {
    first_id(Timestamp::from_micros(at.micros().saturating_add(1000)))
}
