//! Connections. PostgreSQL: one small pool for the ledger and one for work that crosses tenants,
//! both with short server-side limits, and a larger one for reads. SQLite: one writer for everybody
//! and readers beside it. A read of a tenant's rows is one round trip that names the tenant first.

use crate::abandoned::{Abandoned, CHECK_INTERVAL};
use crate::error::{Result, StoreError};
use crate::load::Lookup;
use crate::reach::reach;
use crate::reads::gather::{ContactsAt, ContactsOf, CustomerById, Gather, InteractionById};
use crate::sql::{DatabaseKind, Table, Type, one_of};
use crate::upsert::by_keys;
use domain::id::TenantId;
use sea_orm::sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    QueryResult, SqliteTransactionMode, TransactionOptions, TransactionTrait, Value,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Connections the ledger has on PostgreSQL: two batches under way, and a look at what a lost one
/// came to.
pub const LEDGER_CONNECTIONS: u32 = 3;
/// Connections that inbox, outbox, leases and sweeps share on PostgreSQL.
pub const WORK_CONNECTIONS: u32 = 2;
/// How long a statement of the ledger or of cross-tenant work may take, wait for a lock, or leave
/// its transaction idle.
pub const WRITE_LIMIT: Duration = Duration::from_secs(3);
/// How long a read may take.
pub const READ_LIMIT: Duration = Duration::from_secs(10);
/// How long anybody waits for a free connection.
pub const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);
/// How long SQLite waits for a lock on the file.
pub const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// How many prepared statements a connection keeps.
const STATEMENT_CACHE: usize = 512;

/// The connections of a store.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) ledger: DatabaseConnection,
    pub(crate) work: DatabaseConnection,
    pub(crate) reads: Reads,
}

pub(crate) async fn connect_postgres(url: &str, reads: u32) -> Result<Pools> {
    reach(url).await?;
    let limit = WRITE_LIMIT.as_millis().to_string();
    let write = [
        ("statement_timeout", limit.clone()),
        ("lock_timeout", limit.clone()),
        ("idle_in_transaction_session_timeout", limit.clone()),
        ("tcp_user_timeout", limit),
        // Every look-up has its index; a plan made while a table was small must not outlive that.
        ("enable_seqscan", "off".to_owned()),
        ("jit", "off".to_owned()),
        ("default_transaction_isolation", "read committed".to_owned()),
    ];
    let sweep = write.iter().cloned().chain([("app.sweep", "on".to_owned())]);
    let ledger = postgres_pool(url, LEDGER_CONNECTIONS, write.to_vec(), None).await?;
    let work = postgres_pool(url, WORK_CONNECTIONS, sweep.collect(), None).await?;
    let reads = reads_of_postgres(url, reads).await?;
    Ok(Pools { ledger, work, reads })
}

/// Connections for reading alone.
pub(crate) async fn reads_of_postgres(url: &str, connections: u32) -> Result<Reads> {
    let read = [
        ("statement_timeout", READ_LIMIT.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", READ_LIMIT.as_millis().to_string()),
        ("client_connection_check_interval", CHECK_INTERVAL.as_millis().to_string()),
        ("default_transaction_isolation", "repeatable read".to_owned()),
        ("default_transaction_read_only", "on".to_owned()),
        ("enable_seqscan", "off".to_owned()),
        ("jit", "off".to_owned()),
    ];
    let abandoned = Abandoned::default();
    let reads = postgres_pool(url, connections, read.to_vec(), Some(abandoned.clone())).await?;
    Ok(Reads::new(DatabaseKind::Postgres, reads, abandoned))
}

/// A pool whose connections start with these server settings. Where callers may leave before the
/// answer, connections are looked at when they come back.
pub(crate) async fn postgres_pool(
    url: &str,
    connections: u32,
    settings: Vec<(&'static str, String)>,
    abandoned: Option<Abandoned>,
) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    shared(&mut options, connections);
    options.map_sqlx_postgres_opts(move |o| {
        o.options(settings.clone()).statement_cache_capacity(STATEMENT_CACHE)
    });
    if let Some(abandoned) = abandoned {
        options.map_sqlx_postgres_pool_opts(move |o| {
            let abandoned = abandoned.clone();
            o.after_release(move |connection, _| {
                let abandoned = abandoned.clone();
                Box::pin(async move { abandoned.is_usable(connection).await })
            })
        });
    }
    // What can never succeed at connecting is a setting or an address.
    Database::connect(options).await.map_err(|error| match error.into() {
        StoreError::Poison(why) => StoreError::Config(why),
        other => other,
    })
}

pub(crate) async fn connect_sqlite(url: &str, reads: u32) -> Result<Pools> {
    let writer = sqlite_pool(url, 1, false).await?;
    let reads = reads_of_sqlite(url, reads).await?;
    Ok(Pools { ledger: writer.clone(), work: writer, reads })
}

/// Connections for reading alone.
pub(crate) async fn reads_of_sqlite(url: &str, connections: u32) -> Result<Reads> {
    let reads = sqlite_pool(url, connections, true).await?;
    Ok(Reads::new(DatabaseKind::Sqlite, reads, Abandoned::default()))
}

async fn sqlite_pool(url: &str, connections: u32, read_only: bool) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    shared(&mut options, connections);
    options.map_sqlx_sqlite_opts(move |o| {
        let o = o
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            .statement_cache_capacity(STATEMENT_CACHE);
        if read_only { o.pragma("query_only", "on") } else { o }
    });
    options.map_sqlx_sqlite_pool_opts(|o| {
        o.after_release(|connection, _| Box::pin(has_ended(connection)))
    });
    Ok(Database::connect(options).await?)
}

/// Whether a connection that comes back has left its transaction. After a full disk or a failed
/// write SQLite rolls back by itself, and the driver, which then cannot, goes on counting one: all
/// that came later would be nested in it, answered and never stored. Such a connection is closed.
async fn has_ended(connection: &mut SqliteConnection) -> std::result::Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A rollback may still be on its way.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn shared(options: &mut ConnectOptions, connections: u32) {
    options
        .max_connections(connections.max(1))
        .min_connections(1)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_timeout(ACQUIRE_LIMIT)
        .test_before_acquire(false)
        .sqlx_logging(false);
}

/// A query of one tenant's rows. `{t}` stands for the tenant and `$2`, `$3`, … for the values,
/// because `$1` is always the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    kind: DatabaseKind,
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// More text.
    pub(crate) fn text(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// More text, then a placeholder for the value.
    pub(crate) fn bind(mut self, sql: &str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.sql.push_str(sql);
        self.sql.push_str(&format!("${}", self.values.len()));
        self
    }

    /// More text, then the condition that the column is one of the values.
    pub(crate) fn one_of(mut self, sql: &str, column: &str, of: Type, values: Vec<Value>) -> Self {
        self.sql.push_str(sql);
        let condition = one_of(self.kind, column, of, values, &mut self.values);
        self.sql.push_str(&condition);
        self
    }
}

/// The readers' connections.
#[derive(Clone, Debug)]
pub(crate) struct Reads {
    pub(crate) kind: DatabaseKind,
    pub(crate) db: DatabaseConnection,
    pub(crate) gathered: Gathered,
    abandoned: Abandoned,
}

/// Reads that are gathered over callers, by kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) interactions: Arc<Gather<InteractionById>>,
    pub(crate) customers: Arc<Gather<CustomerById>>,
    pub(crate) contacts_of: Arc<Gather<ContactsOf>>,
    pub(crate) contacts_at: Arc<Gather<ContactsAt>>,
}

impl Reads {
    fn new(kind: DatabaseKind, db: DatabaseConnection, abandoned: Abandoned) -> Self {
        Self { kind, db, gathered: Gathered::default(), abandoned }
    }

    /// The rows of `keys` in `table`, whichever of these tenants' they are, in one round trip.
    pub(crate) async fn look_up(
        &self,
        tenants: BTreeSet<TenantId>,
        keys: Table,
        by: &Lookup,
        table: &str,
    ) -> Result<Vec<QueryResult>> {
        let sql = by.sql(self.kind, table);
        let statements = match self.kind {
            DatabaseKind::Sqlite => by_keys(self.kind, keys, by.names, &sql),
            DatabaseKind::Postgres => {
                // The keys depend on the setting, so it is made before any row is looked for.
                let keys_of = format!(
                    "(SELECT set_config('app.tenants', $1, true) AS named OFFSET 0) s \
                     CROSS JOIN LATERAL (SELECT * FROM unnest({}) AS u({}) \
                     WHERE s.named IS NOT NULL OFFSET 0) k",
                    keys.array_places(2),
                    by.names,
                );
                let list: Vec<String> = tenants.iter().map(|t| t.0.to_string()).collect();
                let mut values = vec![list.join(",").into()];
                values.extend(keys.arrays());
                vec![self.kind.statement(sql.replace("{keys}", &keys_of), values)]
            }
        };
        let mut rows = Vec::new();
        for statement in statements {
            rows.extend(self.abandoned.watch(self.db.query_all_raw(statement)).await?);
        }
        Ok(rows)
    }

    /// A query to be added to.
    pub(crate) fn query(&self, sql: &str) -> Query {
        Query { kind: self.kind, sql: sql.to_owned(), values: vec![Value::from(0)] }
    }

    /// The rows of a query in one round trip. On PostgreSQL the tenant is set by a sub-query whose
    /// output the rest depends on; were it ever evaluated late, no row would be visible at all.
    pub(crate) async fn rows(&self, tenant: TenantId, query: Query) -> Result<Vec<QueryResult>> {
        let Query { kind, sql, mut values } = query;
        let sql = match kind {
            DatabaseKind::Sqlite => {
                values[0] = tenant.0.into();
                sql.replace("{t}", "$1")
            }
            DatabaseKind::Postgres => {
                values[0] = tenant.0.to_string().into();
                format!(
                    "SELECT x.* FROM (SELECT set_config('app.tenants', $1, true)::uuid AS t \
                     OFFSET 0) s CROSS JOIN LATERAL ({} OFFSET 0) x",
                    sql.replace("{t}", "s.t")
                )
            }
        };
        let statement = kind.statement(sql, values);
        Ok(self.abandoned.watch(self.db.query_all_raw(statement)).await?)
    }

    /// The only row of a query.
    pub(crate) async fn row(&self, tenant: TenantId, query: Query) -> Result<Option<QueryResult>> {
        Ok(self.rows(tenant, query).await?.into_iter().next())
    }

    /// Several queries that see one state of the database.
    pub(crate) async fn snapshot(&self, tenant: TenantId) -> Result<Snapshot> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        let tx = begin(&self.db, options).await?;
        set_tenants(&tx, self.kind, &[tenant]).await?;
        Ok(Snapshot { kind: self.kind, tenant, tx, abandoned: self.abandoned.clone() })
    }
}

/// One state of the database, for one tenant.
pub(crate) struct Snapshot {
    kind: DatabaseKind,
    tenant: TenantId,
    tx: DatabaseTransaction,
    abandoned: Abandoned,
}

impl Snapshot {
    /// A query to be added to.
    pub(crate) fn query(&self, sql: &str) -> Query {
        Query { kind: self.kind, sql: sql.to_owned(), values: vec![Value::from(0)] }
    }

    /// The rows of a query.
    pub(crate) async fn rows(&self, query: Query) -> Result<Vec<QueryResult>> {
        let Query { kind, sql, mut values } = query;
        values[0] = self.tenant.0.into();
        let sql = sql.replace("{t}", "$1");
        let statement = kind.statement(sql, values);
        Ok(self.abandoned.watch(self.tx.query_all_raw(statement)).await?)
    }

    /// Ends it. A failure here takes nothing away from what was read.
    pub(crate) async fn end(self) {
        if let Err(error) = self.tx.rollback().await {
            let error = StoreError::from(error);
            tracing::debug!(%error, "a snapshot did not end cleanly");
        }
    }
}

/// Begins a transaction, by a task of its own. The driver counts a transaction only once BEGIN was
/// answered: were the caller dropped before that, the connection would go back with one that nobody
/// ends, and what others write by it would be lost. The task waits for the answer in any case, and
/// a transaction that nobody takes is rolled back.
pub(crate) async fn begin(
    db: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction> {
    let db = db.clone();
    match tokio::spawn(async move { db.begin_with_options(options).await }).await {
        Ok(begun) => Ok(begun?),
        Err(_) => Err(StoreError::Unavailable("the service is ending".to_owned())),
    }
}

/// Names the tenants whose rows this transaction may see.
pub(crate) async fn set_tenants(
    tx: &DatabaseTransaction,
    kind: DatabaseKind,
    tenants: &[TenantId],
) -> Result<()> {
    if kind == DatabaseKind::Sqlite {
        return Ok(());
    }
    let list: Vec<String> = tenants.iter().map(|t| t.0.to_string()).collect();
    let sql = "SELECT set_config('app.tenants', $1, true)";
    tx.query_one_raw(kind.statement(sql, vec![list.join(",").into()])).await?;
    Ok(())
}
