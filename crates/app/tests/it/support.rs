//! Databases that live as long as one test, a running service on one, tenants to write for, and
//! chance from seeds.

use crate::raw::{Raw, admin, on_server};
use app::context::{Context, short_hash};
use app::error::Error;
use app::ledger::batch::new_head;
use app::worker::dispatcher::DeliveryConfig;
use app::{App, AppConfig, Running};
use channels::http::Egress;
use domain::id::TenantId;
use domain::refusal::Reason;
use domain::tenant::{Caller, Tenant, TenantStatus};
use domain::time::Timestamp;
use std::sync::{Arc, Once};
use std::time::Duration;
use store::{MasterKey, Store, StoreConfig, WriteBatch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// An opened and migrated store, and where it is.
#[derive(Clone)]
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) url: String,
    _dir: Option<Arc<tempfile::TempDir>>,
}

pub(crate) fn config(url: &str) -> StoreConfig {
    let master_key = MasterKey::from_bytes([7; 32]);
    StoreConfig { url: url.to_owned(), read_connections: 4, master_key }
}

/// Runs a test with a PostgreSQL database of its own, migrated, then drops it.
pub(crate) async fn on_postgres<F, Fut>(test: F)
where
    F: FnOnce(Db) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    logs();
    let name = format!("t_{}", Uuid::new_v4().simple());
    admin(&format!("CREATE DATABASE {name}")).await;
    let url = on_server(&name);
    let done = tokio::spawn(async move {
        let store = Store::open(config(&url)).await.expect("the database opens");
        store.migrate().await.expect("the tables are made");
        test(Db { store: store.clone(), url, _dir: None }).await;
        store.close().await.expect("the connections close");
    });
    let done = done.await;
    admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(panic) = done {
        std::panic::resume_unwind(panic.into_panic());
    }
}

/// Runs a test on a SQLite file of its own.
pub(crate) async fn on_sqlite<F, Fut>(test: F)
where
    F: FnOnce(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    logs();
    let dir = Arc::new(tempfile::tempdir().expect("there is room for a file"));
    let url = format!("sqlite:{}", dir.path().join("app.db").display());
    let store = Store::open(config(&url)).await.expect("the file opens");
    store.migrate().await.expect("the tables are made");
    test(Db { store: store.clone(), url, _dir: Some(dir) }).await;
    store.close().await.expect("the connections close");
}

/// Says what the service logs, if RUST_LOG asks for it.
fn logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
    });
}

impl Db {
    /// A connection beside the store's that sees these tenants' rows.
    pub(crate) async fn raw(&self, tenants: &[TenantId]) -> Raw {
        Raw::open(&self.url, tenants).await
    }

    /// New tenants with empty logs, without the commands that furnish one.
    pub(crate) async fn bare_tenants(&self, count: usize) -> Vec<TenantId> {
        let tenants: Vec<TenantId> = (0..count).map(|_| twin()).collect();
        let mut write = WriteBatch::default();
        for id in &tenants {
            write.tenants.push((noun(*id), self.store.seals().new_tenant_key(*id)));
            write.new_heads.push(new_head(*id));
        }
        let mut tx = self.store.begin(&tenants).await.expect("the database answers");
        tx.write(&write).await.expect("tenants are written");
        tx.commit().await.expect("tenants are committed");
        tenants
    }
}

/// A tenant that mints what all other twins mint: what a tenant adds to the batch's seed (see
/// `ledger::draft`) is the same for all of them, so their histories can be compared id by id.
fn twin() -> TenantId {
    let low = Uuid::now_v7().as_u64_pair().1;
    TenantId(Uuid::from_u64_pair(low.rotate_left(17), low))
}

fn noun(id: TenantId) -> Tenant {
    Tenant {
        id,
        name: format!("tenant {id}"),
        status: TenantStatus::Active,
        version: 1,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    }
}

/// A running service.
pub(crate) struct House {
    pub(crate) app: App,
    running: Running,
    stop: CancellationToken,
}

impl House {
    pub(crate) async fn open(db: &Db) -> Self {
        let egress = Egress { allow_http: true, allow_private: true };
        let delivery = DeliveryConfig { egress, timeout: Duration::from_secs(5) };
        let config = AppConfig { delivery, version: "test".into(), ..AppConfig::default() };
        let stop = CancellationToken::new();
        let started = App::start(db.store.clone(), config, stop.clone()).await;
        let (app, running) = started.expect("the service starts");
        Self { app, running, stop }
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(20), self.running.finish()).await;
        ended.expect("the service ends when told");
    }
}

/// A request of a caller; its content is told by one word.
pub(crate) fn request(caller: Caller, request_id: &str, content: &str) -> Context {
    Context {
        caller,
        method: "omnichannel.v1.Test/Method",
        request_id: request_id.to_owned(),
        request_hash: short_hash(&[content.as_bytes()]),
        deadline: None,
        peer: None,
    }
}

/// A request without an id.
pub(crate) fn plain(caller: Caller) -> Context {
    request(caller, "", "")
}

/// Why a use case said no.
pub(crate) fn reason<T>(result: Result<T, Error>) -> Reason {
    match result {
        Ok(_) => panic!("it was expected to be refused"),
        Err(error) => error.0.reason,
    }
}

/// Tries something until it gives an answer.
pub(crate) async fn eventually<T, Fut>(what: &str, mut look: impl FnMut() -> Fut) -> T
where
    Fut: Future<Output = Option<T>>,
{
    for _ in 0..1_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not happen within ten seconds");
}

/// Chance from a seed: SplitMix64.
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("it is below n")
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        if list.is_empty() { None } else { Some(list[self.below(list.len())].clone()) }
    }

    pub(crate) fn id<T: From<Uuid>>(&mut self) -> T {
        Uuid::from_u64_pair(self.next(), self.next()).into()
    }
}
