//! The access log of tenants: that somebody read personal data, or touched what guards it. It
//! lies outside the ledger, because reading changes nothing; it is written in batches by one
//! worker, read in pages, and pruned by age.

use crate::entity::{self, Row as _};
use crate::error::Result;
use crate::pool::{begin, set_tenants};
use crate::prune::{PRUNE_ROWS, STATEMENTS_MAX, some};
use crate::reads::{TenantReader, first_id, first_id_after, page};
use crate::store::Store;
use crate::upsert::{Conflict, statements, table_of};
use domain::id::{AgentId, CustomerId, InteractionId, PrincipalId, TenantId};
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, TransactionOptions};
use uuid::Uuid;

/// How many lines one write takes.
pub const MAX_ACCESSES: usize = 1_000;

/// One line of the access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its id, UUIDv7 of its moment.
    pub id: Uuid,
    /// When it was answered.
    pub at: Timestamp,
    /// Who called.
    pub principal: PrincipalId,
    /// In the name of which agent.
    pub agent: Option<AgentId>,
    /// The full name of the method.
    pub method: String,
    /// What the request named: fields and ids.
    pub resources: Vec<(String, Uuid)>,
    /// How it was answered, a canonical status code.
    pub code: i16,
    /// The id of the call.
    pub request_id: String,
    /// How many equal calls it stands for.
    pub count: i32,
}

/// Which lines are wanted; an empty filter wants all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// Of this principal.
    pub principal: Option<PrincipalId>,
    /// About this customer.
    pub customer: Option<CustomerId>,
    /// About this interaction.
    pub interaction: Option<InteractionId>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

impl Store {
    /// Adds lines, at most [`MAX_ACCESSES`] of them; all or none.
    pub async fn add_accesses(&self, lines: &[(TenantId, Access)]) -> Result<()> {
        let lines = &lines[..lines.len().min(MAX_ACCESSES)];
        if lines.is_empty() {
            return Ok(());
        }
        let (kind, db) = self.work();
        let mut tenants: Vec<TenantId> = lines.iter().map(|(tenant, _)| *tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let rows = lines.iter().map(|(tenant, line)| entity::access_log::Model::of(*tenant, line));
        let table = table_of::<entity::access_log::Entity, _>(rows);
        table.refuse_nul()?;
        let tx = begin(db, TransactionOptions::default()).await?;
        set_tenants(&tx, kind, &tenants).await?;
        for statement in statements::<entity::access_log::Entity>(kind, table, Conflict::Refuse) {
            tx.execute_raw(statement).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets a tenant's lines from before a moment.
    pub async fn prune_accesses(&self, tenant: TenantId, before: Timestamp) -> Result<()> {
        let (kind, db) = self.work();
        let sql = some("access_log", "tenant_id, id", "tenant_id = $1 AND id < $2", PRUNE_ROWS);
        for _ in 0..STATEMENTS_MAX {
            let tx = begin(db, TransactionOptions::default()).await?;
            set_tenants(&tx, kind, &[tenant]).await?;
            let values = vec![tenant.0.into(), first_id(before).into()];
            let done = tx.execute_raw(kind.statement(&sql, values)).await?;
            tx.commit().await?;
            if done.rows_affected() == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl TenantReader {
    /// Lines that fit, newest first, before an id. Of principal, customer and interaction only the
    /// first counts: each has an index of its own.
    pub async fn accesses(
        &self,
        filter: &AccessFilter,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Access>> {
        let mut query = self.query("SELECT r.* FROM access_log r WHERE r.tenant_id = {t}");
        if let Some(principal) = filter.principal {
            query = query.bind(" AND r.principal_id = ", principal.0);
        } else if let Some(customer) = filter.customer {
            query = query.bind(" AND r.customer_id = ", customer.0);
        } else if let Some(interaction) = filter.interaction {
            query = query.bind(" AND r.interaction_id = ", interaction.0);
        }
        if let Some(from) = filter.from {
            query = query.bind(" AND r.at >= ", from.micros());
            query = query.bind(" AND r.id >= ", first_id(from));
        }
        if let Some(to) = filter.to {
            query = query.bind(" AND r.at < ", to.micros());
            query = query.bind(" AND r.id < ", first_id_after(to));
        }
        if let Some(before) = before {
            query = query.bind(" AND r.id < ", before);
        }
        let query = query.text(&format!(" ORDER BY r.id DESC LIMIT {}", page(limit)));
        self.all::<entity::access_log::Model>(query).await
    }
}
