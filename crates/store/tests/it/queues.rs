//! Inbox, outbox, nodes and overdue tenants: what a claim gives, what it excludes, and what is left
//! when a claimer dies.

use crate::nouns;
use crate::support::{Db, at, id, on_both, on_postgres};
use domain::id::{AccountId, DeliveryId, NodeId, TenantId};
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use store::{Claim, LoadKeys, NEVER_DUE, NewDelivery, OutboxState, Share, StoreError, WriteBatch};

const LEASE: Span = Span::from_secs(10);

#[tokio::test]
async fn the_inbox_takes_each_item_once() {
    on_both(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let account: AccountId = id();
        let inbox = db.store.inbox();
        let raw = Sealed(vec![1, 2, 3]);
        assert!(inbox.insert(t, account, [1; 16], raw.clone()).await.unwrap());
        assert!(!inbox.insert(t, account, [1; 16], raw.clone()).await.unwrap());
        assert!(inbox.insert(u, account, [1; 16], raw.clone()).await.unwrap());
        let long = Sealed(vec![0; store::MAX_INBOX_RAW + 1]);
        let error = inbox.insert(t, account, [2; 16], long).await.unwrap_err();
        assert!(matches!(error, StoreError::Poison(_)));

        let now = db.store.clock().await.unwrap();
        let claimed = inbox.claim(now, LEASE, &Share::of_all(10)).await.unwrap();
        assert_eq!(claimed.len(), 2);
        assert_eq!((claimed[0].1.attempts, &claimed[0].1.raw), (1, &raw));
        assert!(inbox.claim(now, LEASE, &Share::of_all(10)).await.unwrap().is_empty());
        // Nobody finished in time.
        let later = now + LEASE;
        assert_eq!(inbox.claim(later, LEASE, &Share::of_all(1)).await.unwrap().len(), 1);
        assert_eq!(inbox.claim(later, LEASE, &Share::of_all(1)).await.unwrap().len(), 1);

        let item = (account, [1; 16]);
        assert!(inbox.fail(t, item, later + LEASE + LEASE, "no parser\0").await.unwrap());
        let next = inbox.claim(later + LEASE, LEASE, &Share::of_all(10)).await.unwrap();
        assert_eq!(next.iter().map(|(tenant, _)| *tenant).collect::<Vec<_>>(), [u]);
        assert!(inbox.dead(t, item, "no parser").await.unwrap());
        assert!(!inbox.dead(t, item, "no parser").await.unwrap());
        let far = later + Span::from_secs(3600);
        assert_eq!(inbox.claim(far, LEASE, &Share::of_all(10)).await.unwrap().len(), 1);
        assert!(inbox.replay(t, item, far).await.unwrap());
        let again = inbox.claim(far, LEASE, &Share::of_all(10)).await.unwrap();
        assert_eq!((again.len(), again[0].1.attempts), (1, 1));
        let done = WriteBatch { inbox_done: vec![(t, account, [1; 16])], ..Default::default() };
        db.write(t, &done).await.unwrap();
        assert!(!inbox.fail(t, item, far, "").await.unwrap());
        assert!(
            !inbox.insert(t, account, [1; 16], raw.clone()).await.unwrap(),
            "forgotten too early"
        );
    })
    .await;
}

#[tokio::test]
async fn the_inbox_is_shared_by_accounts_and_tenants_and_goes_by_age() {
    on_both(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let (hot, cool, other): (AccountId, AccountId, AccountId) = (id(), id(), id());
        let inbox = db.store.inbox();
        let raw = Sealed(vec![1]);
        // All of the hot one came before the others'.
        for (tenant, account, count) in [(t, hot, 20_u8), (t, cool, 3), (u, other, 2)] {
            for n in 0..count {
                assert!(inbox.insert(tenant, account, [n; 16], raw.clone()).await.unwrap());
            }
        }
        let now = db.store.clock().await.unwrap();
        let keys = |claimed: &[(TenantId, store::InboxItem)], account: AccountId| -> Vec<u8> {
            let of = claimed.iter().filter(|(_, item)| item.account_id == account);
            of.map(|(_, item)| item.dedup_key[0]).collect()
        };
        let share = Share { of_account: 4, of_tenant: 6, ..Share::of_all(7) };
        let first = inbox.claim(now, LEASE, &share).await.unwrap();
        assert_eq!(keys(&first, hot), [0, 1, 2, 3]);
        assert_eq!((keys(&first, cool), keys(&first, other)), (vec![0, 1], vec![0]));
        let share = Share { without_accounts: vec![hot], ..Share::of_all(50) };
        let second = inbox.claim(now, LEASE, &share).await.unwrap();
        assert_eq!((keys(&second, cool), keys(&second, other)), (vec![2], vec![1]));
        let share = Share { without_tenants: vec![t, u], ..Share::of_all(50) };
        assert!(inbox.claim(now, LEASE, &share).await.unwrap().is_empty());
        assert!(inbox.release(t, (hot, [1; 16]), now).await.unwrap());
        // What was given back, or whose claimer died, is older than what was never claimed.
        let share = Share { of_account: 1, ..Share::of_all(50) };
        let third = inbox.claim(now, LEASE, &share).await.unwrap();
        assert_eq!((keys(&third, hot), third[0].1.attempts), (vec![1], 1), "not an attempt");
        let share = Share::of_all(5);
        let later = inbox.claim(now + LEASE, LEASE, &share).await.unwrap();
        assert_eq!(keys(&later, hot), [0, 1, 2, 3, 4]);
    })
    .await;
}

/// Deliveries of a lane each, in the order of their ids.
async fn deliveries(db: &Db, t: TenantId, lanes: &[u8]) -> Vec<DeliveryId> {
    let made: Vec<_> = lanes.iter().map(|lane| (t, nouns::delivery(*lane))).collect();
    let ids = made.iter().map(|(_, d)| d.id).collect();
    db.write(t, &WriteBatch { outbox: made, ..WriteBatch::default() }).await.unwrap();
    ids
}

async fn claim(db: &Db, node: NodeId, now: Timestamp) -> Vec<Claim> {
    db.store.outbox().claim(node, now, LEASE, &Share::of_all(100)).await.unwrap()
}

fn ids(claims: &[Claim]) -> Vec<DeliveryId> {
    claims.iter().map(|c| c.delivery.id).collect()
}

#[tokio::test]
async fn a_lane_goes_in_order() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let node: NodeId = id();
        let d = deliveries(&db, t, &[1, 1, 2, 1]).await;
        let first = claim(&db, node, at(1)).await;
        assert_eq!(ids(&first), [d[0], d[2]]);
        assert_eq!(first[0].delivery.attempt, 1);
        assert_eq!(first[0].delivery.lease_owner, Some(node));
        assert!(claim(&db, node, at(2)).await.is_empty());
        let outbox = db.store.outbox();
        assert!(outbox.complete(&first[1], at(7)).await.unwrap());
        assert!(claim(&db, node, at(2)).await.is_empty(), "lane 2 is empty, lane 1 is held");
        // A failed one holds its lane until it is tried again.
        assert!(outbox.fail(&first[0], at(100), "500").await.unwrap());
        assert!(claim(&db, node, at(50)).await.is_empty());
        let again = claim(&db, node, at(100)).await;
        assert_eq!((ids(&again), again[0].delivery.attempt), (vec![d[0]], 2));
        assert!(!again[0].interrupted);
        assert!(outbox.dead(&again[0], at(7), "gone").await.unwrap());
        let next = claim(&db, node, at(100)).await;
        assert_eq!(ids(&next), [d[1]]);
        assert!(outbox.unknown(&next[0], at(7), "no answer").await.unwrap());
        let last = claim(&db, node, at(100)).await;
        assert_eq!(ids(&last), [d[3]]);
        assert!(outbox.complete(&last[0], at(7)).await.unwrap());
        assert!(claim(&db, node, at(10_000)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_claim_is_shared_by_accounts_and_tenants() {
    on_both(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let (hot, cool): (AccountId, AccountId) = (id(), id());
        // All of the hot one is due before the others' are.
        let mut lane = 0;
        let mut made = |account_id: AccountId, count: u8, seconds: i64| -> Vec<_> {
            (0..count)
                .map(|_| {
                    lane += 1;
                    NewDelivery { account_id, next_at: at(seconds), ..nouns::delivery(lane) }
                })
                .collect()
        };
        let of_t = [made(hot, 20, 0), made(cool, 3, 5)].concat();
        let of_u = made(id(), 2, 9);
        for (tenant, made) in [(t, of_t), (u, of_u)] {
            let outbox = made.into_iter().map(|one| (tenant, one)).collect();
            db.write(tenant, &WriteBatch { outbox, ..WriteBatch::default() }).await.unwrap();
        }
        let node: NodeId = id();
        let outbox = db.store.outbox();
        let count = |claims: &[Claim], account: AccountId| {
            claims.iter().filter(|claim| claim.delivery.account_id == account).count()
        };
        let share = Share { of_account: 4, of_tenant: 6, ..Share::of_all(7) };
        let first = outbox.claim(node, at(10), LEASE, &share).await.unwrap();
        assert_eq!((first.len(), count(&first, hot), count(&first, cool)), (7, 4, 2));
        assert_eq!(first.iter().filter(|claim| claim.tenant == u).count(), 1);
        let share = Share { without_accounts: vec![hot], ..Share::of_all(50) };
        let second = outbox.claim(node, at(10), LEASE, &share).await.unwrap();
        assert_eq!((second.len(), count(&second, cool)), (2, 1), "the hot one is left out");
        let share = Share { without_tenants: vec![t, u], ..Share::of_all(50) };
        assert!(outbox.claim(node, at(10), LEASE, &share).await.unwrap().is_empty());
        assert_eq!(claim(&db, node, at(10)).await.len(), 16, "and it is not lost");
    })
    .await;
}

#[tokio::test]
async fn only_the_last_claimer_may_end_a_delivery() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let (slow, quick): (NodeId, NodeId) = (id(), id());
        let d = deliveries(&db, t, &[1, 1]).await;
        let outbox = db.store.outbox();
        let old = claim(&db, slow, at(1)).await;
        let taken = claim(&db, quick, at(1) + LEASE).await;
        assert_eq!((ids(&taken), taken[0].interrupted), (vec![d[0]], true));
        assert_eq!((taken[0].delivery.attempt, taken[0].delivery.error.as_str()), (2, ""));
        assert!(!outbox.complete(&old[0], at(7)).await.unwrap());
        assert!(!outbox.fail(&old[0], at(0), "").await.unwrap());
        assert!(!outbox.dead(&old[0], at(7), "").await.unwrap());
        assert!(!outbox.release(&old[0], at(0)).await.unwrap());
        // The same node is fenced too, by the attempt.
        let again = claim(&db, quick, at(1) + LEASE + LEASE).await;
        assert!(!outbox.complete(&taken[0], at(7)).await.unwrap());
        assert!(outbox.release(&again[0], at(30)).await.unwrap());
        let fourth = claim(&db, slow, at(30)).await;
        assert_eq!(fourth[0].delivery.attempt, 3, "a release is not an attempt");
        assert!(!fourth[0].interrupted);
        assert!(outbox.complete(&fourth[0], at(7)).await.unwrap());
        assert!(!outbox.complete(&fourth[0], at(7)).await.unwrap());
        let mut tx = db.store.begin(&[t]).await.unwrap();
        let keys = LoadKeys { outbox: vec![(t, d[0])], ..LoadKeys::default() };
        let found = tx.load(&keys).await.unwrap().outbox;
        assert_eq!(found[0].1.state, OutboxState::Done);
        assert_eq!(found[0].1.lease_owner, None);
        tx.rollback().await;
    })
    .await;
}

#[tokio::test]
async fn claimers_at_once_share_and_never_overlap() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let lanes: Vec<u8> = (0..200).map(|i| u8::try_from(i % 50).unwrap()).collect();
        deliveries(&db, t, &lanes).await;
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let node: NodeId = id();
                    let mut mine = Vec::new();
                    for _ in 0..400 {
                        let claims = db
                            .store
                            .outbox()
                            .claim(node, at(1), LEASE, &Share::of_all(7))
                            .await
                            .unwrap();
                        for c in claims {
                            assert!(db.store.outbox().complete(&c, at(7)).await.unwrap());
                            mine.push((c.delivery.lane, c.delivery.id));
                        }
                        if mine.len() >= 200 {
                            break;
                        }
                    }
                    mine
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            let mine = worker.await.unwrap();
            for lane in 0..50 {
                let of_lane = mine.iter().filter(|(l, _)| *l == [lane; 16]).map(|(_, id)| id);
                assert!(of_lane.is_sorted(), "a lane went out of order");
            }
            all.extend(mine);
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 200);
    })
    .await;
}

#[tokio::test]
async fn the_outbox_of_a_message_is_readable() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let message = nouns::message(true);
        let delivery = store::NewDelivery { message_id: message.id, ..nouns::delivery(1) };
        let batch = WriteBatch {
            messages: vec![(t, message.clone())],
            outbox: vec![(t, delivery.clone()), (t, nouns::delivery(2))],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let found = db.store.tenant(t).outbox_of(message.id).await.unwrap();
        assert_eq!(found.iter().map(|d| d.id).collect::<Vec<_>>(), [delivery.id]);
    })
    .await;
}

#[tokio::test]
async fn nodes_hold_leases_by_epoch() {
    on_both(|db| async move {
        let (one, two): (NodeId, NodeId) = (id(), id());
        let store = &db.store;
        assert_eq!(store.register_node(one, "1.0").await.unwrap(), 1);
        assert_eq!(store.register_node(two, "1.1").await.unwrap(), 1);
        let live = store.live_nodes().await.unwrap();
        assert_eq!(live.iter().map(|n| n.id).collect::<Vec<_>>(), [one, two]);
        assert_eq!(live[1].version, "1.1");
        assert!(store.renew_node(one, 1, LEASE).await.unwrap());
        assert_eq!(store.register_node(one, "1.2").await.unwrap(), 2);
        assert!(!store.renew_node(one, 1, LEASE).await.unwrap(), "an old epoch came back");
        assert!(store.renew_node(one, 2, Span::ZERO).await.unwrap());
        let live = store.live_nodes().await.unwrap();
        assert_eq!(live.iter().map(|n| n.id).collect::<Vec<_>>(), [two]);
        let now = store.clock().await.unwrap();
        let gone = store.expired_nodes(now).await.unwrap();
        assert_eq!((gone.len(), gone[0].id, gone[0].epoch), (1, one, 2));
        store.remove_node(one).await.unwrap();
        assert!(!store.renew_node(one, 2, LEASE).await.unwrap());
        assert!(store.expired_nodes(now).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_has_served_its_time_is_pruned() {
    on_both(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let d = deliveries(&db, t, &[1, 2, 3]).await;
        let remembered = nouns::idempotency();
        let batch = WriteBatch {
            outbox_ended: vec![(t, d[0], OutboxState::Done), (t, d[1], OutboxState::Unknown)],
            idempotency: vec![(t, remembered.clone()), (u, remembered.clone())],
            ..WriteBatch::default()
        };
        db.write_for(&[t, u], &batch).await.unwrap();
        let later = at(1) + store::FINISHED_KEPT;
        db.store.prune(at(1)).await.unwrap();
        db.store.prune_requests(t, at(1)).await.unwrap();
        let keys = LoadKeys {
            outbox: d.iter().map(|id| (t, *id)).collect(),
            idempotency: vec![(t, remembered.key), (u, remembered.key)],
            ..LoadKeys::default()
        };
        let left = async || {
            let mut tx = db.store.begin(&[t, u]).await.unwrap();
            let found = tx.load(&keys).await.unwrap();
            tx.rollback().await;
            let left: Vec<_> = found.outbox.iter().map(|(_, d)| d.id).collect();
            (left, found.idempotency.iter().map(|(t, _)| *t).collect::<Vec<_>>())
        };
        assert_eq!(left().await, (d.clone(), vec![t, u]));
        db.store.prune(later).await.unwrap();
        db.store.prune_requests(t, later).await.unwrap();
        assert_eq!(left().await, (d[2..].to_vec(), vec![u]), "unfinished work went");
    })
    .await;
}

#[tokio::test]
async fn words_between_nodes_arrive() {
    on_postgres(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let node = domain::id::NodeId(uuid::Uuid::now_v7());
        let mut listener = db.store.listen().await.unwrap();
        db.store.notify(node, &[a, b]).await.unwrap();
        assert_eq!(listener.next().await.unwrap(), (node, vec![a, b]));
        db.store.notify(node, &[]).await.unwrap();
        db.store.notify(node, &[b]).await.unwrap();
        assert_eq!(listener.next().await.unwrap(), (node, vec![b]));
    })
    .await;
}

#[tokio::test]
async fn overdue_tenants_are_found_longest_first() {
    on_both(|db| async move {
        let (a, b, c) = (db.tenant().await, db.tenant().await, db.tenant().await);
        let dues = vec![(a, at(20)), (b, at(10)), (c, NEVER_DUE)];
        let batch = WriteBatch { dues, ..WriteBatch::default() };
        db.write_for(&[a, b, c], &batch).await.unwrap();
        let overdue = async |now, limit| db.store.tenants_overdue(now, limit).await.unwrap();
        assert_eq!(overdue(at(30), 10).await, [b, a]);
        assert_eq!(overdue(at(30), 1).await, [b]);
        assert_eq!(overdue(at(15), 10).await, [b]);
        assert!(overdue(at(9), 10).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn work_across_tenants_passes_the_ledgers_locks() {
    on_postgres(|db| async move {
        let t = db.tenant().await;
        let mut tx = db.store.begin(&[t]).await.unwrap();
        tx.lock_heads(&[t], true).await.unwrap();
        let raw = Sealed(vec![1]);
        assert!(db.store.inbox().insert(t, id(), [1; 16], raw.clone()).await.unwrap());
        assert_eq!(db.store.heads(&[t]).await.unwrap().len(), 1);
        tx.rollback().await;
    })
    .await;
}

#[tokio::test]
async fn pruning_goes_on_beyond_one_statement() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let many: Vec<_> = (0..5_010).map(|_| (t, nouns::idempotency())).collect();
        let keys: Vec<_> = many.iter().map(|(t, known)| (*t, known.key)).collect();
        db.write(t, &WriteBatch { idempotency: many, ..WriteBatch::default() }).await.unwrap();
        db.store.prune_requests(t, at(2) + store::REMEMBERED).await.unwrap();
        let mut tx = db.store.begin(&[t]).await.unwrap();
        let keys = LoadKeys { idempotency: keys, ..LoadKeys::default() };
        assert!(tx.load(&keys).await.unwrap().idempotency.is_empty());
        tx.rollback().await;
    })
    .await;
}
