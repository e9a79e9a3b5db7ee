//! Leases of running server processes, and the sweep for tenants whose timers are overdue.

use crate::entity;
use crate::error::{Result, StoreError};
use crate::inbox::clock_sql;
use crate::store::Store;
use domain::id::{NodeId, TenantId};
use domain::time::{Span, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

/// A server process and its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Rises each time the id is registered.
    pub epoch: i64,
    /// Until when it is believed alive.
    pub lease_until: Timestamp,
    /// The version it runs.
    pub version: String,
    /// What it understands, space separated; empty unless a version says more.
    pub features: String,
    /// When it was registered.
    pub started_at: Timestamp,
}

/// How long a node is believed alive before it first renews its lease.
pub const FIRST_LEASE: Span = Span::from_secs(15);
/// How many nodes are listed at most.
pub const MAX_NODES: i64 = 1000;
/// How many overdue tenants one sweep finds at most.
pub const MAX_OVERDUE: u32 = 1000;

impl Store {
    /// Registers a process under its id and returns the epoch it runs in.
    pub async fn register_node(&self, id: NodeId, version: &str) -> Result<i64> {
        let (kind, db) = self.work();
        let now = clock_sql(kind);
        let sql = format!(
            "INSERT INTO node (id, epoch, lease_until, version, features, started_at) \
             VALUES ($1, 1, {now} + $2, $3, '', {now}) ON CONFLICT (id) DO UPDATE SET \
             epoch = node.epoch + 1, lease_until = excluded.lease_until, \
             version = excluded.version, started_at = excluded.started_at RETURNING epoch"
        );
        let values = vec![id.0.into(), FIRST_LEASE.micros().into(), version.into()];
        let row = db.query_one_raw(kind.statement(sql, values)).await?;
        let row = row.ok_or_else(|| StoreError::Unavailable("no answer".to_owned()))?;
        Ok(row.try_get_by_index(0)?)
    }

    /// Renews the lease of a node from now on by the database's clock; false if another process
    /// took the id over or the node was removed.
    pub async fn renew_node(&self, id: NodeId, epoch: i64, lease: Span) -> Result<bool> {
        let (kind, db) = self.work();
        let now = clock_sql(kind);
        let sql = format!("UPDATE node SET lease_until = {now} + $3 WHERE id = $1 AND epoch = $2");
        let values = vec![id.0.into(), epoch.into(), lease.micros().into()];
        Ok(db.execute_raw(kind.statement(sql, values)).await?.rows_affected() == 1)
    }

    /// Nodes whose lease holds by the database's clock.
    pub async fn live_nodes(&self) -> Result<Vec<Node>> {
        let now = clock_sql(self.kind());
        self.nodes(&format!("lease_until > {now}"), Vec::new()).await
    }

    /// Nodes whose lease had ended at `now`.
    pub async fn expired_nodes(&self, now: Timestamp) -> Result<Vec<Node>> {
        self.nodes("lease_until <= $1", vec![now.micros().into()]).await
    }

    /// Removes a node.
    pub async fn remove_node(&self, id: NodeId) -> Result<()> {
        let (kind, db) = self.work();
        let sql = "DELETE FROM node WHERE id = $1";
        db.execute_raw(kind.statement(sql, vec![id.0.into()])).await?;
        Ok(())
    }

    async fn nodes(&self, condition: &str, values: Vec<Value>) -> Result<Vec<Node>> {
        let (kind, db) = self.work();
        let sql = format!("SELECT * FROM node WHERE {condition} ORDER BY id LIMIT {MAX_NODES}");
        let rows = db.query_all_raw(kind.statement(sql, values)).await?;
        rows.iter().map(|r| Ok(entity::node::Model::from_query_result(r, "")?.into())).collect()
    }

    /// Tenants that were due by `now`, longest due first.
    pub async fn tenants_overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<TenantId>> {
        let (kind, db) = self.work();
        let sql = "SELECT tenant_id FROM tenant_due WHERE due_at <= $1 \
                   ORDER BY due_at, tenant_id LIMIT $2";
        let limit = i64::from(limit.min(MAX_OVERDUE));
        let values = vec![now.micros().into(), limit.into()];
        let rows = db.query_all_raw(kind.statement(sql, values)).await?;
        rows.iter().map(|r| Ok(r.try_get_by_index::<Uuid>(0)?.into())).collect()
    }
}
