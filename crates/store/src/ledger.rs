//! The one transaction that changes anything: lock heads, load the working set, write rows and log,
//! commit. It counts its statements, because their number is a budget, and refuses to commit once a
//! statement has failed, because PostgreSQL would answer such a COMMIT with a silent rollback.

use crate::batch::WriteBatch;
use crate::entity;
use crate::error::{Result, StoreError, is_clear_refusal};
use crate::keys::{LoadKeys, Loaded};
use crate::pool::{WRITE_LIMIT, set_tenants};
use crate::sql::{DatabaseKind, Type, one_of};
use crate::store::{clock, machine_clock};
use crate::{load, write};
use domain::id::{BatchId, TenantId};
use domain::time::Timestamp;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, FromQueryResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// How long the ledger waits for an answer of any kind: longer than the server's own limits, so
/// that it is the server that ends a statement, unless it cannot be heard any more.
pub const ANSWER_LIMIT: Duration = WRITE_LIMIT.saturating_add(Duration::from_secs(1));

/// The head of a tenant's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub tenant: TenantId,
    /// The sequence of its last event; 0 before the first.
    pub seq: i64,
    /// Rises when the log was rewound by a failover or a restore.
    pub generation: i64,
    /// The hash of the last row.
    pub hash: [u8; 32],
    /// The `now` of the last row.
    pub last_now: Timestamp,
}

/// One row of the log: what one batch changed in one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Whose log.
    pub tenant: TenantId,
    /// The sequence of its first event.
    pub first_seq: i64,
    /// The sequence of its last event.
    pub last_seq: i64,
    /// The batch that wrote it.
    pub batch_id: BatchId,
    /// The generation of the log.
    pub generation: i64,
    /// The instant every decision of the batch was made at.
    pub now: Timestamp,
    /// The seed every choice of the batch was made with.
    pub seed: u64,
    /// Which floor entities it touched; opaque here.
    pub touched: Vec<u8>,
    /// The events; opaque here.
    pub payload: Vec<u8>,
    /// The hash of the row before.
    pub prev_hash: [u8; 32],
    /// The hash of this row, see [`LogRow::compute_hash`].
    pub hash: [u8; 32],
}

impl LogRow {
    /// SHA-256 over the hash before, tenant, first and last sequence, batch id, generation, now and
    /// seed (numbers as 8 bytes, big endian), then touched ids and payload, each after its length.
    #[must_use]
    pub fn compute_hash(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        sha.update(self.prev_hash);
        sha.update(self.tenant.0.as_bytes());
        sha.update(self.first_seq.to_be_bytes());
        sha.update(self.last_seq.to_be_bytes());
        sha.update(self.batch_id.0.as_bytes());
        sha.update(self.generation.to_be_bytes());
        sha.update(self.now.micros().to_be_bytes());
        sha.update(self.seed.to_be_bytes());
        for part in [&self.touched, &self.payload] {
            sha.update((part.len() as u64).to_be_bytes());
            sha.update(part);
        }
        sha.finalize().into()
    }
}

/// The memory of a mutation already done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's key, hashed with the method.
    pub key: [u8; 16],
    /// The request, hashed: the same key with another request is refused.
    pub request_hash: [u8; 16],
    /// What was made or changed.
    pub resource_id: Uuid,
    /// The log sequence at which it was done.
    pub seq: i64,
    /// When it was done.
    pub created_at: Timestamp,
}

/// The head lock, which everything rests on. Built with the feature `faults` it can be taken out,
/// to show that the proofs notice.
fn head_lock(wait: bool) -> &'static str {
    #[cfg(feature = "faults")]
    if std::env::var_os("OMNICHANNEL_FAULT_NO_HEAD_LOCK").is_some() {
        return "";
    }
    if wait { " FOR UPDATE" } else { " FOR UPDATE SKIP LOCKED" }
}

/// A transaction of the ledger. Dropped without a commit it is rolled back.
pub struct LedgerTx {
    kind: DatabaseKind,
    tx: DatabaseTransaction,
    statements: u32,
    /// Once a statement failed, nothing more may be asked of the transaction.
    failed: bool,
    /// The database's clock as the lock statement read it, after the last lock was granted.
    clock: Option<Timestamp>,
}

impl std::fmt::Debug for LedgerTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LedgerTx({} statements)", self.statements)
    }
}

impl LedgerTx {
    pub(crate) async fn begin(
        kind: DatabaseKind,
        db: &DatabaseConnection,
        tenants: &[TenantId],
    ) -> Result<Self> {
        // READ COMMITTED comes with the connection: asking for it here would be one more round
        // trip.
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        let begin = async {
            let tx = db.begin_with_options(options).await?;
            set_tenants(&tx, kind, tenants).await?;
            Ok::<_, StoreError>(tx)
        };
        // Waiting for a free connection has a limit of its own.
        let limit = crate::pool::ACQUIRE_LIMIT.max(crate::pool::BUSY_LIMIT) + ANSWER_LIMIT;
        let tx = timeout(limit, begin).await.map_err(|_| silent())??;
        Ok(Self { kind, tx, statements: 1, failed: false, clock: None })
    }

    /// Locks the heads of these tenants, in tenant order, and returns them. Without `wait`, heads
    /// that somebody else holds are left out.
    pub async fn lock_heads(&mut self, tenants: &[TenantId], wait: bool) -> Result<Vec<Head>> {
        if tenants.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = Vec::new();
        let ids = tenants.iter().map(|t| t.0.into()).collect();
        let condition = one_of(self.kind, "tenant_id", Type::Uuid, ids, &mut values);
        let lock = head_lock(wait);
        // A row's clock is read after its lock was granted, so the latest is read after all locks.
        let sql = match self.kind {
            DatabaseKind::Sqlite => {
                format!("SELECT * FROM head WHERE {condition} ORDER BY tenant_id")
            }
            DatabaseKind::Postgres => format!(
                "WITH l AS MATERIALIZED (SELECT * FROM head WHERE {condition} \
                 ORDER BY tenant_id{lock}) \
                 SELECT l.*, (extract(epoch FROM clock_timestamp()) * 1000000)::int8 AS clock \
                 FROM l"
            ),
        };
        let rows = self.rows(self.kind.statement(sql, values)).await?;
        self.clock = match self.kind {
            DatabaseKind::Sqlite => Some(machine_clock()),
            DatabaseKind::Postgres => {
                let clocks = rows.iter().map(|r| r.try_get::<i64>("", "clock"));
                let clocks: Vec<i64> = clocks.collect::<std::result::Result<_, DbErr>>()?;
                clocks.into_iter().max().map(Timestamp::from_micros)
            }
        };
        rows.iter().map(|r| entity::head::Model::from_query_result(r, "")?.head()).collect()
    }

    /// The database's clock, read after the heads were locked. It costs a statement only if no head
    /// was locked in this transaction.
    pub async fn now(&mut self) -> Result<Timestamp> {
        if let Some(now) = self.clock {
            return Ok(now);
        }
        self.ready()?;
        self.statements += 1;
        let now = timeout(ANSWER_LIMIT, clock(self.kind, &self.tx)).await;
        let now = now.unwrap_or_else(|_| Err(silent()));
        self.failed |= now.is_err();
        now
    }

    /// Loads the working set: one statement for each kind of key there is.
    pub async fn load(&mut self, keys: &LoadKeys) -> Result<Loaded> {
        load::load(self, keys).await
    }

    /// Writes a batch: one statement for each table there are rows of.
    pub async fn write(&mut self, batch: &WriteBatch) -> Result<()> {
        write::write(self, batch).await
    }

    /// Whether the tenant's log has a row of this batch: how an unknown commit is settled, and it
    /// is to be asked with the head locked. Looks at the last [`BATCHES_SEARCHED`] rows.
    pub async fn has_batch(&mut self, tenant: TenantId, batch_id: BatchId) -> Result<bool> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT batch_id FROM log WHERE tenant_id = $1 \
             ORDER BY last_seq DESC LIMIT {BATCHES_SEARCHED}) x WHERE batch_id = $2"
        );
        let values = vec![tenant.0.into(), batch_id.0.into()];
        let rows = self.rows(self.kind.statement(sql, values)).await?;
        let count: i64 = rows.first().map_or(Ok(0), |r| r.try_get_by_index(0))?;
        Ok(count > 0)
    }

    /// How many statements were sent; beginning and committing count as one each.
    #[must_use]
    pub fn statements(&self) -> u32 {
        self.statements
    }

    /// Commits. Without a clear answer the outcome is unknown and must be looked up.
    pub async fn commit(mut self) -> Result<()> {
        self.ready()?;
        self.statements += 1;
        match timeout(ANSWER_LIMIT, self.tx.commit()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if is_clear_refusal(&error) => Err(error.into()),
            Ok(Err(_)) | Err(_) => Err(StoreError::UnknownCommit),
        }
    }

    /// Rolls back. If even that gets no answer, the connection is given up.
    pub async fn rollback(self) {
        match timeout(ANSWER_LIMIT, self.tx.rollback()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = StoreError::from(error);
                tracing::debug!(%error, "a rollback failed");
            }
            Err(_) => tracing::debug!("a rollback got no answer"),
        }
    }

    pub(crate) fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// The rows of a statement.
    pub(crate) async fn rows(&mut self, statement: Statement) -> Result<Vec<QueryResult>> {
        self.ready()?;
        self.statements += 1;
        let answer = timeout(ANSWER_LIMIT, self.tx.query_all_raw(statement)).await;
        self.judge(answer)
    }

    /// How many rows a statement changed.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64> {
        self.ready()?;
        self.statements += 1;
        let answer = timeout(ANSWER_LIMIT, self.tx.execute_raw(statement)).await;
        self.judge(answer).map(|done| done.rows_affected())
    }

    /// Marks the transaction as failed and hands the error back.
    pub(crate) fn fail<T>(&mut self, error: StoreError) -> Result<T> {
        self.failed = true;
        Err(error)
    }

    fn judge<T>(
        &mut self,
        answer: std::result::Result<std::result::Result<T, DbErr>, tokio::time::error::Elapsed>,
    ) -> Result<T> {
        let answer = match answer {
            Ok(answer) => answer.map_err(StoreError::from),
            Err(_) => Err(silent()),
        };
        self.failed |= answer.is_err();
        answer
    }

    fn ready(&self) -> Result<()> {
        if self.failed {
            let text = "a statement of this transaction failed before";
            return Err(StoreError::Unavailable(text.to_owned()));
        }
        Ok(())
    }
}

/// How many rows of the log are searched for a batch of unknown outcome.
pub const BATCHES_SEARCHED: u32 = 1024;

fn silent() -> StoreError {
    StoreError::Unavailable("no answer in time".to_owned())
}
