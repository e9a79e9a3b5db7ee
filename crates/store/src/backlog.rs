//! How much waits in inbox and outbox, and how busy the connections are: for operators. Counting
//! stops at a bound, because a backlog that long needs no exact number.

use crate::error::Result;
use crate::sql::DatabaseKind;
use crate::store::Store;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// How many waiting rows are counted at most.
pub const BACKLOG_MAX: u32 = 100_000;

/// What waits to be worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How much, at most [`BACKLOG_MAX`].
    pub depth: i64,
    /// When the oldest of it came.
    pub oldest: Option<Timestamp>,
}

/// A pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// What it is for.
    pub name: &'static str,
    /// Connections that are open.
    pub open: u32,
    /// Of those, how many nobody uses.
    pub idle: u32,
}

impl Store {
    /// What providers posted that was not taken in yet.
    pub async fn inbox_backlog(&self) -> Result<Backlog> {
        self.backlog("inbox", "received_at", "state = 1").await
    }

    /// Deliveries still to be made.
    pub async fn outbox_backlog(&self) -> Result<Backlog> {
        self.backlog("outbox", "created_at", "state IN (1, 2)").await
    }

    async fn backlog(&self, table: &str, came: &str, waits: &str) -> Result<Backlog> {
        let (kind, db) = self.work();
        let sql = format!(
            "SELECT count(*), min(x.came) FROM (SELECT {came} AS came FROM {table} \
             WHERE {waits} ORDER BY next_at LIMIT {BACKLOG_MAX}) x"
        );
        let row = db.query_one_raw(kind.statement(sql, Vec::new())).await?;
        let Some(row) = row else { return Ok(Backlog::default()) };
        let oldest: Option<i64> = row.try_get_by_index(1)?;
        Ok(Backlog { depth: row.try_get_by_index(0)?, oldest: oldest.map(Timestamp::from_micros) })
    }

    /// Every pool; those that share connections are one.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolUse> {
        let pools = self.connections();
        let named = match self.kind() {
            DatabaseKind::Postgres => {
                vec![("ledger", &pools.ledger), ("work", &pools.work), ("reads", &pools.reads.db)]
            }
            DatabaseKind::Sqlite => vec![("writes", &pools.ledger), ("reads", &pools.reads.db)],
        };
        named.into_iter().map(|(name, pool)| in_use(self.kind(), name, pool)).collect()
    }
}

fn in_use(kind: DatabaseKind, name: &'static str, db: &DatabaseConnection) -> PoolUse {
    let (open, idle) = match kind {
        DatabaseKind::Postgres => {
            let pool = db.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        }
        DatabaseKind::Sqlite => {
            let pool = db.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        }
    };
    PoolUse { name, open, idle: u32::try_from(idle).unwrap_or(u32::MAX) }
}
