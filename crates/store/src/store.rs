//! Opening a store and what concerns all of it: connections, migration, the clock, heads, and the
//! way into the ledger and to a tenant's rows.

use crate::entity;
use crate::error::{Result, StoreError};
use crate::floor::{self, FloorPart, FloorRows, Touched};
use crate::ledger::{Head, LedgerTx, LogRow};
use crate::migration;
use crate::pool::{Pools, connect_postgres, connect_sqlite};
use crate::reads::TenantReader;
use crate::seal::{MasterKey, Seals};
use crate::sql::{DatabaseKind, Type, one_of};
use domain::id::TenantId;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// How many tenants one call asks the heads of.
pub const MAX_HEADS: usize = 10_000;

/// Where the data is and how it is reached.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// `sqlite:path` or `postgres://…`.
    pub url: String,
    /// Connections for reads.
    pub read_connections: u32,
    /// The key that wraps tenants' keys.
    pub master_key: MasterKey,
}

/// The store; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    kind: DatabaseKind,
    url: String,
    pools: Pools,
    seals: Seals,
    /// Held, not read: the lock on it keeps a second process out.
    _lock: Option<File>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({:?})", self.0.kind)
    }
}

impl Store {
    /// Connects. Tables may be missing or old until [`Store::migrate`].
    pub async fn open(config: StoreConfig) -> Result<Self> {
        let StoreConfig { url, read_connections, master_key } = config;
        let (kind, pools, lock) = if url.starts_with("postgres://") {
            let pools = connect_postgres(&url, read_connections).await?;
            refuse_powerful_role(&pools.ledger).await?;
            (DatabaseKind::Postgres, pools, None)
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            let path = sqlite_path(path)?;
            let lock = lock_file(&path)?;
            let url = format!("sqlite://{}", path.display());
            (DatabaseKind::Sqlite, connect_sqlite(&url, read_connections).await?, Some(lock))
        } else {
            let text = "the database address must begin with sqlite: or postgres://";
            return Err(StoreError::Config(text.to_owned()));
        };
        let seals = Seals::new(master_key, pools.reads.clone());
        Ok(Self(Arc::new(Inner { kind, url, pools, seals, _lock: lock })))
    }

    /// Brings the tables up to this version; several processes may do so at once.
    pub async fn migrate(&self) -> Result<()> {
        match self.0.kind {
            DatabaseKind::Sqlite => migration::migrate_sqlite(&self.0.pools.ledger).await,
            DatabaseKind::Postgres => {
                migration::migrate_postgres(&self.0.url).await.map_err(without_rights)
            }
        }
    }

    /// Makes partitions of the log for so many days, today included; SQLite needs none.
    pub async fn ensure_partitions(&self, days: u32) -> Result<()> {
        match self.0.kind {
            DatabaseKind::Sqlite => Ok(()),
            DatabaseKind::Postgres => migration::ensure_partitions(&self.0.url, days).await,
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn kind(&self) -> DatabaseKind {
        self.0.kind
    }

    /// The reader of a tenant's rows.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> TenantReader {
        TenantReader::new(id, self.0.pools.reads.clone())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        let statement = self.0.kind.statement("SELECT 1", Vec::new());
        self.0.pools.work.query_one_raw(statement).await?;
        Ok(())
    }

    /// The database's clock; on SQLite that of this machine.
    pub async fn clock(&self) -> Result<Timestamp> {
        clock(self.0.kind, &self.0.pools.work).await
    }

    /// The way to tenants' keys.
    #[must_use]
    pub fn seals(&self) -> &Seals {
        &self.0.seals
    }

    /// Begins a transaction that may see and write rows of these tenants.
    pub async fn begin(&self, tenants: &[TenantId]) -> Result<LedgerTx> {
        LedgerTx::begin(self.0.kind, &self.0.pools.ledger, tenants).await
    }

    /// Heads of the first [`MAX_HEADS`] of these tenants, read without a lock.
    pub async fn heads(&self, tenants: &[TenantId]) -> Result<Vec<Head>> {
        if tenants.is_empty() {
            return Ok(Vec::new());
        }
        let ids = tenants.iter().take(MAX_HEADS).map(|t| t.0.into()).collect();
        let mut values = Vec::new();
        let condition = one_of(self.0.kind, "tenant_id", Type::Uuid, ids, &mut values);
        let sql = format!("SELECT * FROM head WHERE {condition} ORDER BY tenant_id");
        let rows = self.0.pools.work.query_all_raw(self.0.kind.statement(sql, values)).await?;
        rows.iter().map(|r| entity::head::Model::from_query_result(r, "")?.head()).collect()
    }

    /// Log rows after a sequence, in order.
    pub async fn log_after(
        &self,
        tenant: TenantId,
        after_seq: i64,
        limit_rows: u32,
    ) -> Result<Vec<LogRow>> {
        self.tenant(tenant).log_after(after_seq, limit_rows).await
    }

    /// Everything the floor of a tenant is made of, in one snapshot.
    pub async fn load_floor(&self, tenant: TenantId) -> Result<FloorRows> {
        floor::load(&self.0.pools.reads, tenant, None).await
    }

    /// The same in parts, for a floor that may be large.
    pub async fn load_floor_in_parts(
        &self,
        tenant: TenantId,
        parts: mpsc::Sender<FloorPart>,
    ) -> Result<()> {
        floor::load_in_parts(&self.0.pools.reads, tenant, &parts).await
    }

    /// The same rows, of the touched entities only; what is missing was deleted or left the floor.
    pub async fn load_touched(&self, tenant: TenantId, touched: &Touched) -> Result<FloorRows> {
        floor::load(&self.0.pools.reads, tenant, Some(touched)).await
    }

    /// Where the database is.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Every pool.
    pub(crate) fn connections(&self) -> &Pools {
        &self.0.pools
    }

    /// The pool for work that crosses tenants.
    pub(crate) fn work(&self) -> (DatabaseKind, &DatabaseConnection) {
        (self.0.kind, &self.0.pools.work)
    }

    /// Closes every connection after what runs on it has ended.
    pub async fn close(&self) -> Result<()> {
        self.0.pools.ledger.close_by_ref().await?;
        self.0.pools.work.close_by_ref().await?;
        self.0.pools.reads.db.close_by_ref().await?;
        Ok(())
    }
}

/// The clock of the database behind any connection.
pub(crate) async fn clock<C: ConnectionTrait>(kind: DatabaseKind, db: &C) -> Result<Timestamp> {
    if kind == DatabaseKind::Sqlite {
        return Ok(machine_clock());
    }
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8";
    let row = db.query_one_raw(kind.statement(sql, Vec::new())).await?;
    let row = row.ok_or_else(|| StoreError::Unavailable("no clock".to_owned()))?;
    Ok(Timestamp::from_micros(row.try_get_by_index(0)?))
}

pub(crate) fn machine_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Row-level security does not bind superusers, so the service must not be one.
async fn refuse_powerful_role(db: &DatabaseConnection) -> Result<()> {
    let sql = "SELECT rolname::text, rolsuper OR rolbypassrls FROM pg_roles \
               WHERE rolname = current_user";
    let row = db.query_one_raw(DatabaseKind::Postgres.statement(sql, Vec::new())).await?;
    let row = row.ok_or_else(|| StoreError::Config("the role has no entry".to_owned()))?;
    if row.try_get_by_index::<bool>(1)? {
        let role: String = row.try_get_by_index(0)?;
        return Err(StoreError::Config(format!(
            "role {role} bypasses row-level security; use one made with \
             CREATE ROLE … LOGIN NOSUPERUSER NOBYPASSRLS"
        )));
    }
    Ok(())
}

/// Making tables fails for want of rights only where the database is not the role's own.
fn without_rights(error: StoreError) -> StoreError {
    match error {
        StoreError::Poison(why) if why.starts_with("SQLSTATE 42501") => StoreError::Config(
            "the role may not make tables here; give it a database that it owns, see \
             docs/operating.md"
                .to_owned(),
        ),
        error => error,
    }
}

fn sqlite_path(path: &str) -> Result<PathBuf> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains([':', '?', '%']) {
        let text = "sqlite: needs the path of a file, without parameters";
        return Err(StoreError::Config(text.to_owned()));
    }
    Ok(PathBuf::from(path))
}

fn lock_file(path: &Path) -> Result<File> {
    // Another name of the same file is the same file; a file that is not there yet has one name.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut lock = real.as_os_str().to_owned();
    lock.push(".lock");
    let failed = |e: &std::io::Error| {
        StoreError::Config(format!("the lock beside {}: {}", path.display(), e.kind()))
    };
    let mut options = File::options();
    let file =
        options.create(true).truncate(false).write(true).open(&lock).map_err(|e| failed(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::SecondProcess(path.to_owned())),
        Err(std::fs::TryLockError::Error(e)) => Err(failed(&e)),
    }
}
