//! What the tests stand on: a server process with a database of its own, tenants and people in it,
//! and short words for calling it and for what a refusal must say. A test is an async function that
//! takes a [`Case`]; [`both`] makes it two tests, one for each database.

#[macro_use]
mod macros;

pub(crate) mod console;
pub(crate) mod database;
pub(crate) mod fixture;
pub(crate) mod frames;
pub(crate) mod h2;
pub(crate) mod http;
pub(crate) mod issuer;
pub(crate) mod mail;
pub(crate) mod page;
pub(crate) mod postfix;
pub(crate) mod process;
pub(crate) mod receiver;
pub(crate) mod refusal;
pub(crate) mod relay;
pub(crate) mod shapes;
pub(crate) mod tls;
pub(crate) mod webhook;
pub(crate) mod wire;

use database::Database;
use fixture::Case;
use process::{Server, Settings};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout};

/// How long one test may take.
const TEST_MAX: Duration = Duration::from_secs(120);

/// How long something that must come about may take, on a machine that does other things as well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(40);

static SQLITE: OnceCell<Arc<Server>> = OnceCell::const_new();
static POSTGRES: OnceCell<Arc<Server>> = OnceCell::const_new();

/// Runs a test with a tenant of its own on the server that all such tests share.
pub(crate) fn shared<F, Fut>(database: Database, test: F)
where
    F: FnOnce(Case) -> Fut,
    Fut: Future<Output = ()>,
{
    block_on(async {
        let cell = match database {
            Database::Sqlite => &SQLITE,
            Database::Postgres => &POSTGRES,
        };
        let start = || async { Arc::new(Server::start(database, Settings::default()).await) };
        on(Arc::clone(cell.get_or_init(start).await), TEST_MAX, test).await;
    });
}

/// Runs a test with a tenant of its own on a server of its own.
pub(crate) fn alone<F, Fut>(database: Database, settings: Settings, test: F)
where
    F: FnOnce(Case) -> Fut,
    Fut: Future<Output = ()>,
{
    block_on(async {
        let most = TEST_MAX + settings.more;
        let server = Arc::new(Server::start(database, settings).await);
        on(server, most, test).await;
    });
}

pub(crate) fn block_on(work: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(work);
}

async fn on<F, Fut>(server: Arc<Server>, most: Duration, test: F)
where
    F: FnOnce(Case) -> Fut,
    Fut: Future<Output = ()>,
{
    let _witness = server.witness();
    let work = async { test(Case::new(server).await).await };
    timeout(most, work).await.expect("the test ends in time");
}

/// Asks again and again until there is an answer.
pub(crate) async fn eventually<T, A>(what: &str, mut ask: impl FnMut() -> A) -> T
where
    A: Future<Output = Option<T>>,
{
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "it did not come about in {PATIENCE:?}: {what}");
        sleep(LOOK).await;
    }
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => panic!("it did not come in {PATIENCE:?}: {what}"),
    }
}

/// A span of the contract.
pub(crate) fn secs(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

/// A mask of these paths.
pub(crate) fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

/// A text that nobody else uses.
pub(crate) fn unique(word: &str) -> String {
    format!("{word} {}", uuid::Uuid::now_v7().simple())
}

/// A UUID that nothing has.
pub(crate) fn nobody() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Runs a test with a tenant of its own on a server of its own, whose settings follow from
/// something that is begun first and lasts as long as the test.
pub(crate) fn beside<X, B, F, Fut>(database: Database, begin: B, test: F)
where
    B: AsyncFnOnce() -> (Settings, X),
    F: FnOnce(Case, X) -> Fut,
    Fut: Future<Output = ()>,
{
    block_on(async {
        let (settings, begun) = begin().await;
        let server = Arc::new(Server::start(database, settings).await);
        on(server, TEST_MAX, |case| test(case, begun)).await;
    });
}
