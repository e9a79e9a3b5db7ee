//! Databases that live as long as one test, and a tenant to write for.

use domain::id::{BatchId, TenantId};
use domain::tenant::{Tenant, TenantStatus};
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Head, LogRow, MasterKey, Store, StoreConfig, WriteBatch};
use uuid::Uuid;

/// An opened and migrated store, and how to open it once more.
#[derive(Clone)]
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) url: String,
    _dir: Arc<tempfile::TempDir>,
}

pub(crate) fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

pub(crate) fn config(url: &str) -> StoreConfig {
    StoreConfig { url: url.to_owned(), read_connections: 2, master_key: master() }
}

/// The server tests make their databases on.
pub(crate) fn server() -> String {
    std::env::var("OMNICHANNEL_TEST_DATABASE_URL")
        .expect("OMNICHANNEL_TEST_DATABASE_URL names a PostgreSQL role that may create databases")
}

/// The address of a database on that server.
pub(crate) fn on_server(database: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("the address ends with a database");
    format!("{base}/{database}")
}

pub(crate) async fn admin() -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(server());
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("the test server answers")
}

/// Runs a test with a database of its own name that need not be migrated, then drops it.
pub(crate) async fn on_fresh_postgres<F, Fut>(test: F)
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let name = format!("t_{}", random().simple());
    admin().await.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let done = tokio::spawn(test(on_server(&name))).await;
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    admin().await.execute_unprepared(&drop).await.unwrap();
    if let Err(panic) = done {
        std::panic::resume_unwind(panic.into_panic());
    }
}

/// Runs a test on PostgreSQL.
pub(crate) async fn on_postgres<F, Fut>(test: F)
where
    F: FnOnce(Db) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    on_fresh_postgres(|url| async move {
        let store = Store::open(config(&url)).await.unwrap();
        store.migrate().await.unwrap();
        let dir = Arc::new(tempfile::tempdir().unwrap());
        test(Db { store: store.clone(), url, _dir: dir }).await;
        store.close().await.unwrap();
    })
    .await;
}

/// Runs a test on a SQLite file.
pub(crate) async fn on_sqlite<F, Fut>(test: F)
where
    F: FnOnce(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let store = Store::open(config(&url)).await.unwrap();
    store.migrate().await.unwrap();
    test(Db { store: store.clone(), url, _dir: dir }).await;
    store.close().await.unwrap();
}

/// Runs a test on both databases.
pub(crate) async fn on_both<F, Fut>(test: F)
where
    F: Fn(Db) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    on_sqlite(test.clone()).await;
    on_postgres(test).await;
}

/// An id with a fresh place in time, so that later ones are greater.
pub(crate) fn id<T: From<Uuid>>() -> T {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let count = LAST.fetch_add(1, Ordering::Relaxed);
    let tail = u128::from(random().as_u64_pair().0) & 0xffff_ffff;
    let millis = u128::from(START_MILLIS + count);
    Uuid::from_u128(millis << 80 | 0x7 << 76 | 0x2 << 62 | tail).into()
}

/// Ids and instants of tests begin here.
pub(crate) const START_MILLIS: u64 = 1_790_000_000_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(START_MILLIS.cast_signed() * 1000 + seconds * 1_000_000)
}

pub(crate) fn random() -> Uuid {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    Uuid::from_bytes(bytes)
}

impl Db {
    /// A new tenant with a head at the beginning of its log.
    pub(crate) async fn tenant(&self) -> TenantId {
        let tenant: TenantId = id();
        let batch = WriteBatch {
            tenants: vec![(noun(tenant), self.store.seals().new_tenant_key(tenant))],
            new_heads: vec![head(tenant, 0)],
            ..WriteBatch::default()
        };
        self.write(tenant, &batch).await.unwrap();
        tenant
    }

    /// Writes a batch in a transaction of its own.
    pub(crate) async fn write(&self, tenant: TenantId, batch: &WriteBatch) -> store::Result<()> {
        self.write_for(&[tenant], batch).await
    }

    /// Writes a batch of several tenants.
    pub(crate) async fn write_for(&self, of: &[TenantId], batch: &WriteBatch) -> store::Result<()> {
        let mut tx = self.store.begin(of).await?;
        match tx.write(batch).await {
            Ok(()) => tx.commit().await,
            Err(error) => {
                tx.rollback().await;
                Err(error)
            }
        }
    }

    /// A connection beside the store's, on PostgreSQL.
    pub(crate) async fn beside(&self) -> DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }
}

pub(crate) fn noun(tenant: TenantId) -> Tenant {
    Tenant {
        id: tenant,
        name: format!("tenant {tenant}"),
        status: TenantStatus::Active,
        version: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(crate) fn head(tenant: TenantId, seq: i64) -> Head {
    Head { tenant, seq, generation: 1, hash: [9; 32], last_now: at(seq) }
}

pub(crate) fn log_row(tenant: TenantId, first_seq: i64, last_seq: i64) -> LogRow {
    let mut row = LogRow {
        tenant,
        first_seq,
        last_seq,
        batch_id: id::<BatchId>(),
        generation: 1,
        now: at(last_seq),
        seed: u64::MAX - 5,
        touched: vec![1, 2, 3],
        payload: vec![0, 255, 7],
        prev_hash: [3; 32],
        hash: [0; 32],
    };
    row.hash = row.compute_hash();
    row
}
