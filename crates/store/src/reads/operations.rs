//! What operators look at: sessions, deliveries and dead letters of one tenant, a page at a time.
//! Sealed content is not read, only how large it is.

use super::{TenantReader, page};
use crate::entity;
use crate::error::{Result, StoreError};
use crate::floor::SessionRow;
use crate::inbox::{DeadItem, InboxState};
use crate::outbox::{Delivery, OutboxState};
use crate::sql::{Type, bytes};
use domain::id::{AccountId, DeliveryId, InteractionId, SessionId};
use domain::time::Timestamp;
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

/// How many deliveries one page looks through: those in rare states are found along the primary
/// key, because one more index would cost every delivery that is ordered.
const DELIVERIES_SEEN_MAX: u32 = 20_000;

/// A page of deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveriesPage {
    /// The deliveries, newest first.
    pub deliveries: Vec<Delivery>,
    /// Before which the next page begins; none at the end. A page may be short, or empty, and yet
    /// not the last.
    pub next: Option<DeliveryId>,
}

impl TenantReader {
    /// A page of the consoles that hold a session open, on whichever node, after an id.
    pub async fn sessions(&self, after: Option<SessionId>, limit: u32) -> Result<Vec<SessionRow>> {
        let query = self
            .query("SELECT r.* FROM agent_session r WHERE r.tenant_id = {t}")
            .bind(" AND r.id > ", after.unwrap_or_default().0)
            .text(&format!(" ORDER BY r.id LIMIT {}", page(limit)));
        self.all::<entity::agent_session::Model>(query).await
    }

    /// A delivery.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>> {
        let query = self
            .query("SELECT r.* FROM outbox r WHERE r.tenant_id = {t}")
            .bind(" AND r.id = ", id.0);
        self.one::<entity::outbox::Model>(query).await
    }

    /// A page of deliveries in any of these states, or in any at all if none is named; newest
    /// first, before an id.
    pub async fn deliveries(
        &self,
        states: &[OutboxState],
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<DeliveriesPage> {
        let before = before.map_or(Uuid::max(), |id| id.0);
        let size = page(limit);
        let mut query = self
            .query("SELECT r.* FROM (SELECT o.* FROM outbox o WHERE o.tenant_id = {t}")
            .bind(" AND o.id < ", before)
            .text(&format!(" ORDER BY o.id DESC LIMIT {DELIVERIES_SEEN_MAX}) r"));
        if !states.is_empty() {
            let codes: Vec<Value> = states.iter().map(|state| state.code().into()).collect();
            query = query.one_of(" WHERE ", "r.state", Type::Small, codes);
        }
        let query = query.text(&format!(" ORDER BY r.id DESC LIMIT {size}"));
        let deliveries = self.all::<entity::outbox::Model>(query).await?;
        if deliveries.len() == size as usize {
            let next = deliveries.last().map(|delivery| delivery.id);
            return Ok(DeliveriesPage { deliveries, next });
        }
        let end = self
            .query("SELECT r.* FROM (SELECT o.* FROM outbox o WHERE o.tenant_id = {t}")
            .bind(" AND o.id < ", before)
            .text(&format!(" ORDER BY o.id DESC LIMIT 1 OFFSET {}) r", DELIVERIES_SEEN_MAX - 1));
        let next = self.one::<entity::outbox::Model>(end).await?.map(|delivery| delivery.id);
        Ok(DeliveriesPage { deliveries, next })
    }

    /// The newest pages about an interaction that were ordered at an instant or later, oldest
    /// first.
    pub async fn pages_of(
        &self,
        interaction: InteractionId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let query = self
            .query("SELECT r.* FROM outbox r WHERE r.tenant_id = {t} AND r.page <> ''")
            .bind(" AND r.interaction_id = ", interaction.0)
            .bind(" AND r.created_at >= ", since.micros())
            .text(&format!(" ORDER BY r.id DESC LIMIT {}", page(limit)));
        let mut pages = self.all::<entity::outbox::Model>(query).await?;
        pages.reverse();
        Ok(pages)
    }

    /// A page of what came in and was given up, newest first, before a place.
    pub async fn dead_items(
        &self,
        before: Option<(Timestamp, [u8; 16])>,
        limit: u32,
    ) -> Result<Vec<DeadItem>> {
        let query = self.dead_query();
        let query = match before {
            None => query,
            Some((at, key)) => query
                .bind(" AND (r.received_at < ", at.micros())
                .bind(" OR (r.received_at = ", at.micros())
                .bind(" AND r.dedup_key < ", bytes(&key))
                .text("))"),
        };
        let order = " ORDER BY r.received_at DESC, r.dedup_key DESC LIMIT ";
        let query = query.text(&format!("{order}{}", page(limit)));
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter().map(dead_item).collect()
    }

    /// Something that came in by an account and was given up.
    pub async fn dead_item(&self, account: AccountId, key: [u8; 16]) -> Result<Option<DeadItem>> {
        let query = self
            .dead_query()
            .bind(" AND r.account_id = ", account.0)
            .bind(" AND r.dedup_key = ", bytes(&key));
        let row = self.reads.row(self.tenant, query).await?;
        row.as_ref().map(dead_item).transpose()
    }

    fn dead_query(&self) -> crate::pool::Query {
        let dead = InboxState::Dead.code();
        self.query(
            "SELECT r.account_id, r.dedup_key, r.error, r.attempts, r.received_at, \
             CAST(length(r.raw) AS BIGINT) AS size FROM inbox r WHERE r.tenant_id = {t}",
        )
        .text(&format!(" AND r.state = {dead}"))
    }
}

fn dead_item(row: &QueryResult) -> Result<DeadItem> {
    let key: Vec<u8> = row.try_get_by_index(1)?;
    let dedup_key = key.try_into();
    Ok(DeadItem {
        account_id: AccountId(row.try_get_by_index(0)?),
        dedup_key: dedup_key
            .map_err(|_| StoreError::Corrupt("inbox.dedup_key has a wrong length".to_owned()))?,
        error: row.try_get_by_index(2)?,
        attempts: row.try_get_by_index(3)?,
        received_at: Timestamp::from_micros(row.try_get_by_index(4)?),
        size: row.try_get_by_index(5)?,
    })
}
