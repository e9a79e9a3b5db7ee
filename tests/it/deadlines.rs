//! A caller's deadline reaches the database: while a table is locked by somebody else, reads return
//! in time, their statements end soon after, and the connections they held serve others.

use crate::support::database::{Database, psql};
use crate::support::fixture::Case;
use crate::support::process::Settings;
use crate::support::{alone, eventually};
use futures::StreamExt;
use futures::future::join_all;
use omnichannel_sdk::{Code, Error, v1};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What callers wait.
const DEADLINE: Duration = Duration::from_millis(100);

/// How soon after that they must have their answer.
const LATE: Duration = Duration::from_millis(900);

/// How soon after they left their statements must have ended; far less than a read may take.
const ENDED: Duration = Duration::from_secs(3);

/// Somebody who holds a table.
struct Locker {
    child: Child,
}

impl Locker {
    async fn lock(url: &str, table: &str) -> Self {
        let sql =
            format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)");
        let mut command = Command::new(psql());
        command.args(["-X", "-q", "-c", &sql, url]).stdout(Stdio::null()).stderr(Stdio::null());
        let locker = Self { child: command.spawn().expect("psql runs") };
        let held = format!(
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
             WHERE c.relname = '{table}' AND l.mode = 'AccessExclusiveLock' AND l.granted"
        );
        let locked = || async { (ask(url, &held) == 1).then_some(()) };
        eventually("the table is locked", locked).await;
        locker
    }

    /// Lets the table go, in order: a killed client would be noticed late.
    fn unlock(mut self, url: &str) {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE query LIKE 'BEGIN; LOCK TABLE%' AND datname = current_database()";
        assert_eq!(ask(url, end), 1, "the locker was there");
        self.child.wait().expect("it ends");
    }
}

/// The number a query answers with.
fn ask(url: &str, sql: &str) -> i64 {
    let asked = Command::new(psql()).args(["-X", "-A", "-t", "-c", sql, url]).output();
    let asked = asked.expect("psql runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8_lossy(&asked.stdout).trim().parse().expect("a number")
}

/// Statements of the server that wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND state = 'active' AND wait_event_type = 'Lock'";

#[test]
fn a_deadline_ends_reads_in_the_database_and_the_pool_recovers() {
    let settings = Settings::of(&["database.read_connections = 3"]);
    alone(Database::Postgres, settings, |case| async move {
        let queue = case.plain_queue().await;
        let made = case.open(&queue).await;
        let url = case.server.database_url().to_owned();
        let hurried = case.admin.clone().with_deadline(Some(DEADLINE));
        for (table, what) in [("interaction", "a listing"), ("customer", "a gathered read")] {
            let locker = Locker::lock(&url, table).await;
            let began = Instant::now();
            let reads = join_all((0..12).map(|_| read(&hurried, table, &made))).await;
            assert!(began.elapsed() < DEADLINE + LATE, "{what}: {:?}", began.elapsed());
            for status in reads {
                let status = status.expect_err("the table is locked");
                // The caller's own clock may be first; the server is told either way.
                let error = Error::from(status);
                assert_eq!(error.code(), Code::DeadlineExceeded, "{what}: {error:?}");
            }
            let left = Instant::now();
            let gone = || async { (ask(&url, WAITING) == 0).then_some(()) };
            eventually("the statements end", gone).await;
            assert!(left.elapsed() < ENDED, "{what}: ended after {:?}", left.elapsed());
            // The table is still locked, and others find a connection.
            let others = case.admin.clone().with_deadline(Some(Duration::from_secs(3)));
            ok!(others.routing().list_queues(v1::ListQueuesRequest::default()));
            locker.unlock(&url);
            assert!(read(&others, table, &made).await.is_ok(), "{what}: afterwards all is well");
        }
        still_counts(&case, &url).await;
    });
}

#[test]
fn connections_that_were_left_show_nothing_of_others() {
    let settings = Settings::of(&["database.read_connections = 2"]);
    alone(Database::Postgres, settings, |case| async move {
        let stranger = case.stranger().await;
        let (mine, theirs) = (case.customer("Ada").await, stranger.customer("Grace").await);
        let reads = (0..1000_u64).map(|number| {
            let (tenant, own) = match number % 2 {
                0 => (&case.tenant, &mine.id),
                _ => (&stranger, &theirs.id),
            };
            // Every third is given up somewhere on its way, and every fifth is refused.
            let hurry = (number % 3 == 0).then(|| Duration::from_micros(300 + number * 17));
            let client = tenant.admin.clone().with_deadline(hurry.or(Some(LONG)));
            let page_size = if number % 5 == 0 { -1 } else { 0 };
            async move {
                let all = v1::ListCustomersRequest { page_size, ..Default::default() };
                let listed = client.customers().list_customers(all).await.ok()?.into_inner();
                let ids: Vec<_> = listed.customers.into_iter().map(|one| one.id).collect();
                assert_eq!(ids, [own.clone()], "each sees its own");
                Some(())
            }
        });
        let answered = futures::stream::iter(reads).buffer_unordered(16).collect::<Vec<_>>().await;
        let answered = answered.into_iter().flatten().count();
        assert!((300..1000).contains(&answered), "{answered} were answered");
    });
}

/// Long enough for any read here.
const LONG: Duration = Duration::from_secs(20);

async fn read(
    client: &omnichannel_sdk::Client,
    table: &str,
    made: &v1::Interaction,
) -> Result<(), tonic::Status> {
    if table == "interaction" {
        let all = v1::ListInteractionsRequest::default();
        return client.interactions().list_interactions(all).await.map(|_| ());
    }
    let one = v1::GetCustomerRequest { customer_id: made.customer_id.clone() };
    client.customers().get_customer(one).await.map(|_| ())
}

/// No connection was lost for good: as many reads as there are connections run side by side.
async fn still_counts(case: &Case, url: &str) {
    let locker = Locker::lock(url, "interaction").await;
    let patient = case.admin.clone().with_deadline(Some(Duration::from_secs(8)));
    let all = v1::ListInteractionsRequest::default;
    let reads = async { join_all((0..3).map(|_| list(&patient, all()))).await };
    let release = async {
        let full = || async { (ask(url, WAITING) == 3).then_some(()) };
        eventually("three reads wait at once", full).await;
        locker.unlock(url);
    };
    let (reads, ()) = tokio::join!(reads, release);
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");
}

async fn list(
    client: &omnichannel_sdk::Client,
    request: v1::ListInteractionsRequest,
) -> Result<(), tonic::Status> {
    client.interactions().list_interactions(request).await.map(|_| ())
}

#[test]
fn a_change_that_is_late_returns_in_time() {
    alone(Database::Postgres, Settings::default(), |case| async move {
        let queue = case.plain_queue().await;
        let url = case.server.database_url().to_owned();
        let locker = Locker::lock(&url, "interaction").await;
        let hurried = case.admin.clone().with_deadline(Some(DEADLINE));
        let began = Instant::now();
        let opening = crate::support::fixture::opening(&queue.id);
        let late = hurried.interactions().create_interaction(opening).await;
        let late = Error::from(late.expect_err("the table is locked"));
        assert_eq!(late.code(), Code::DeadlineExceeded, "{late:?}");
        assert!(began.elapsed() < DEADLINE + LATE, "{:?}", began.elapsed());
        let gone = || async { (ask(&url, WAITING) == 0).then_some(()) };
        eventually("the statement of the ledger ends by its own limit", gone).await;
        locker.unlock(&url);
        let later = || async {
            let opening = crate::support::fixture::opening(&queue.id);
            case.admin.interactions().create_interaction(opening).await.ok()
        };
        eventually("changes are made again", later).await;
    });
}
