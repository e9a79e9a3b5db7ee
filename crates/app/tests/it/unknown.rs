//! Commits whose outcome is not known: each request id has exactly one effect, whoever got an error
//! and asks again gets the success, nothing is there twice and nothing is missing.

use crate::desk::Desk;
use crate::proxy::Proxy;
use crate::setting::{self, arrival};
use crate::support::{config, on_postgres};
use app::context::short_hash;
use app::ledger::command::arrive::Arrive;
use app::ledger::command::{Idempotency, Origin};
use app::ledger::{Ledger, LedgerConfig, Priority, Rejected, payload};
use app::live::Live;
use domain::id::{QueueId, TenantId};
use domain::refusal::{Class, Reason};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{InteractionFilter, Store};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Commits that are lost.
const LOST: u64 = 200;

/// Callers at once.
const CALLERS: u64 = 8;

/// How often a caller asks again.
const TRIES_MAX: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_commit_is_done_once_or_asked_again() {
    on_postgres(|db| async move {
        let tenants = db.bare_tenants(1).await;
        let tenant = tenants[0];
        let mut desk = Desk::of(&db, &tenants).await;
        let state = setting::make(&db, &mut desk, &tenants).await;
        let queue = state.queues.iter().find(|q| q.name == "q0").expect("it was made").id;
        let before = state.rows.len();

        let (start, rest) = db.url.split_once('@').expect("the address names a role");
        let (target, database) = rest.split_once('/').expect("and a database");
        let proxy = Proxy::start(target.to_owned()).await;
        let url = format!("{start}@127.0.0.1:{}/{database}", proxy.port);
        let store = Store::open(config(&url)).await.expect("the database opens");
        let stop = CancellationToken::new();
        let (ledger, lane) =
            Ledger::start(store.clone(), Live::default(), LedgerConfig::default(), stop.clone());
        proxy.losses.arm(true);
        let count = Arc::new(AtomicU64::new(0));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (ledger, count) = (ledger.clone(), Arc::clone(&count));
                let losses = Arc::clone(&proxy.losses);
                tokio::spawn(async move {
                    let (mut made, mut errors) = (Vec::new(), 0);
                    while losses.total() < LOST {
                        let n = count.fetch_add(1, Ordering::SeqCst);
                        let (id, failed) = create(&ledger, tenant, queue, n).await;
                        made.push((n, id));
                        errors += failed;
                    }
                    (made, errors)
                })
            })
            .collect();
        let (mut made, mut errors) = (Vec::new(), 0);
        for caller in callers {
            let (more, failed) = caller.await.expect("a caller ends");
            made.extend(more);
            errors += failed;
        }
        proxy.losses.arm(false);
        // Asked once more, each gets what it got.
        for (n, id) in &made {
            assert_eq!(create(&ledger, tenant, queue, *n).await.0, *id, "request {n}, again");
        }
        stop.cancel();
        lane.await.expect("the lane ends");
        let losses = &proxy.losses;
        println!(
            "{} requests, {errors} errors on the way; lost answers {}, requests {}, races {}",
            made.len(),
            losses.answers.load(Ordering::SeqCst),
            losses.requests.load(Ordering::SeqCst),
            losses.races.load(Ordering::SeqCst),
        );
        assert!(losses.total() >= LOST && errors > 0);
        let ids: BTreeSet<Uuid> = made.iter().map(|(_, id)| *id).collect();
        assert_eq!(ids.len(), made.len(), "two requests, one interaction");
        let rows = all_interactions(&db.store, tenant).await;
        assert!(ids.is_subset(&rows), "what was answered with yes is there");
        assert_eq!(rows.len(), before + ids.len(), "and nothing else is");
        whole_log(&db.store, tenant).await;
        store.close().await.expect("the connections close");
        drop(proxy);
    })
    .await;
}

async fn all_interactions(store: &Store, tenant: TenantId) -> BTreeSet<Uuid> {
    let mut rows = BTreeSet::new();
    let mut after = None;
    let reader = store.tenant(tenant);
    loop {
        let filter = InteractionFilter::default();
        let page = reader.interactions_by(&filter, after, 500).await.expect("it is read");
        let Some(last) = page.last() else { return rows };
        after = Some(last.id);
        rows.extend(page.iter().map(|row| row.id.0));
    }
}

async fn create(ledger: &Ledger, tenant: TenantId, queue: QueueId, n: u64) -> (Uuid, usize) {
    let key = short_hash(&[b"unknown", &n.to_be_bytes()]);
    let origin = Origin {
        idempotency: Some(Idempotency { key, hash: [1; 16] }),
        request_id: format!("request-{n}"),
        ..Origin::system(tenant)
    };
    // Without a text, what is remembered is the interaction itself.
    let arrival = arrival(u8::try_from(n % 4).expect("small"), queue, true);
    let command = Arc::new(Arrive { text: None, ..arrival });
    for failed in 0..TRIES_MAX {
        let sent =
            ledger.submit(origin.clone(), Priority::Interactive, None, Arc::clone(&command) as _);
        let answer = tokio::time::timeout(Duration::from_secs(30), sent).await;
        match answer.expect("the ledger answers") {
            Ok(outcome) => return (outcome.id, failed),
            Err(Rejected::Refused(no)) => {
                assert_eq!(no.reason, Reason::ServiceUnavailable, "request {n}");
                assert_eq!(no.reason.class(), Class::Unavailable);
            }
            Err(Rejected::Stale) => panic!("nothing it was prepared from has changed"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("request {n} never succeeded");
}

/// From the first event to the head, without a gap, each row chained to the one before.
async fn whole_log(store: &Store, tenant: TenantId) {
    let head = store.tenant(tenant).head().await.expect("it is read").expect("it is there");
    let (mut seq, mut hash) = (0, [0; 32]);
    loop {
        let rows = store.log_after(tenant, seq, 500).await.expect("it is read");
        if rows.is_empty() {
            break;
        }
        for row in rows {
            assert_eq!((row.first_seq, row.prev_hash), (seq + 1, hash), "row at {seq}");
            assert_eq!(row.compute_hash(), row.hash, "row at {seq}");
            for event in payload::decode(&row.payload).expect("it is read") {
                seq += 1;
                assert_eq!(event.seq, seq);
            }
            assert_eq!(row.last_seq, seq);
            hash = row.hash;
        }
    }
    assert_eq!((head.seq, head.hash), (seq, hash), "the head");
}
