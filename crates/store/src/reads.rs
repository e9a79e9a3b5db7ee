//! Reading a tenant's rows outside the ledger: single rows, pages by key, and snapshots of what
//! belongs together. A page is at most [`MAX_PAGE`] rows and begins after a key, never at an
//! offset. The files below follow the nouns: `work`, `passages`, `people`, `config`, `stats`,
//! `trend`, `snapshots`, `operations`.

mod breaches;
mod config;
pub(crate) mod gather;
mod mail;
mod operations;
mod passages;
mod people;
mod snapshots;
mod stats;
mod trend;
mod work;

pub use breaches::BreachFilter;
pub use config::InHand;
pub use operations::DeliveriesPage;
pub use passages::Passed;
pub use people::CustomerCard;
pub use snapshots::{AgentSnapshot, InteractionSnapshot, MAX_SNAPSHOT_MESSAGES};
pub use stats::{QueueStats, Shadowed, Stats};
pub use trend::{Steps, Trend, TrendLine};
pub use work::{InteractionFilter, MessagesOf, OffersOf, OffersPage, Within};
pub(crate) use work::{first_id, first_id_after};

use crate::entity::{self, Row};
use crate::error::Result;
use crate::ledger::{Head, LogRow};
use crate::pool::{Query, Reads};
use domain::id::TenantId;
use sea_orm::{FromQueryResult, QueryResult};

/// How many rows a page holds at most, whatever is asked for.
pub const MAX_PAGE: u32 = 1000;
/// How many ids one look-up takes.
pub const MAX_IDS: usize = 1000;

/// Reads the rows of one tenant.
#[derive(Clone, Debug)]
pub struct TenantReader {
    tenant: TenantId,
    reads: Reads,
}

impl TenantReader {
    pub(crate) fn new(tenant: TenantId, reads: Reads) -> Self {
        Self { tenant, reads }
    }

    /// Whose rows it reads.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The head of the tenant's log; none if there is no such tenant.
    pub async fn head(&self) -> Result<Option<Head>> {
        let query = self.query("SELECT r.* FROM head r WHERE r.tenant_id = {t}");
        let row = self.reads.row(self.tenant, query).await?;
        row.map(|r| entity::head::Model::from_query_result(&r, "")?.head()).transpose()
    }

    /// Log rows that hold anything after `after_seq`, oldest first.
    pub async fn log_after(&self, after_seq: i64, limit: u32) -> Result<Vec<LogRow>> {
        let query = self
            .query("SELECT r.* FROM log r WHERE r.tenant_id = {t}")
            .bind(" AND r.last_seq > ", after_seq)
            .text(&format!(" ORDER BY r.last_seq LIMIT {}", page(limit)));
        self.log(query).await
    }

    /// As [`TenantReader::log_after`], for whoever proves: a row that is none as we write them is
    /// told as such and hides no other.
    pub async fn log_as_found(&self, after_seq: i64, limit: u32) -> Result<Vec<Option<LogRow>>> {
        let query = self
            .query("SELECT r.* FROM log r WHERE r.tenant_id = {t}")
            .bind(" AND r.last_seq > ", after_seq)
            .text(&format!(" ORDER BY r.last_seq LIMIT {}", page(limit)));
        let rows = self.reads.rows(self.tenant, query).await?;
        let read = |row| entity::log::Model::from_query_result(row, "").ok()?.into_written();
        Ok(rows.iter().map(read).collect())
    }

    /// Log rows that begin before `before_seq`, newest first: the audit trail backwards.
    pub async fn log_before(&self, before_seq: i64, limit: u32) -> Result<Vec<LogRow>> {
        let query = self
            .query("SELECT r.* FROM log r WHERE r.tenant_id = {t}")
            .bind(" AND r.first_seq < ", before_seq)
            .text(&format!(" ORDER BY r.last_seq DESC LIMIT {}", page(limit)));
        self.log(query).await
    }

    async fn log(&self, query: Query) -> Result<Vec<LogRow>> {
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter().map(|r| entity::log::Model::from_query_result(r, "")?.log_row()).collect()
    }

    pub(crate) fn query(&self, sql: &str) -> Query {
        self.reads.query(sql)
    }

    pub(crate) async fn all<R: Row>(&self, query: Query) -> Result<Vec<R::Noun>> {
        nouns::<R>(&self.reads.rows(self.tenant, query).await?)
    }

    pub(crate) async fn rows(&self, query: Query) -> Result<Vec<QueryResult>> {
        self.reads.rows(self.tenant, query).await
    }

    async fn one<R: Row>(&self, query: Query) -> Result<Option<R::Noun>> {
        Ok(self.all::<R>(query).await?.pop())
    }
}

/// The tenant's condition beside a key that is narrower: the key's index is the one to use, and
/// for this comparison PostgreSQL cannot choose another.
const MINE: &str = " AND r.tenant_id IS NOT DISTINCT FROM {t}";

fn nouns<R: Row>(rows: &[QueryResult]) -> Result<Vec<R::Noun>> {
    rows.iter().map(|r| Ok(R::from_query_result(r, "")?.noun()?.1)).collect()
}

/// The rows a page really holds.
pub(crate) fn page(limit: u32) -> u32 {
    limit.clamp(1, MAX_PAGE)
}
