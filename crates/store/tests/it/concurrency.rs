//! Several at once: heads are locked or skipped, the clock is read after the lock, and readers see
//! one state.

use crate::nouns;
use crate::support::{Db, head, id, on_both, on_postgres};
use domain::id::TenantId;
use std::time::Duration;
use store::{StoreError, WriteBatch};

fn team(t: TenantId) -> WriteBatch {
    WriteBatch { teams: vec![(t, nouns::team())], ..WriteBatch::default() }
}

#[tokio::test]
async fn locked_heads_are_skipped_or_waited_for() {
    on_postgres(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let mut holder = db.store.begin(&[a, b]).await.unwrap();
        assert_eq!(holder.lock_heads(&[b], true).await.unwrap(), [head(b, 0)]);

        let mut other = db.store.begin(&[a, b]).await.unwrap();
        assert_eq!(other.lock_heads(&[b, a], false).await.unwrap(), [head(a, 0)]);
        other.rollback().await;

        let store = db.store.clone();
        let waiting = tokio::spawn(async move {
            let mut tx = store.begin(&[a, b]).await.unwrap();
            let heads = tx.lock_heads(&[a, b], true).await.unwrap();
            let now = tx.now().await.unwrap();
            let sent = tx.statements();
            tx.rollback().await;
            (heads, now, sent)
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!waiting.is_finished());
        let moved = WriteBatch { heads: vec![head(b, 4)], ..WriteBatch::default() };
        holder.write(&moved).await.unwrap();
        let before_release = db.store.clock().await.unwrap();
        holder.commit().await.unwrap();
        let (heads, now, sent) = waiting.await.unwrap();
        assert_eq!(heads, [head(a, 0), head(b, 4)], "the head as it was when the lock came");
        assert!(now >= before_release, "the clock was read before the lock came");
        assert_eq!(sent, 2, "the clock comes with the lock");
    })
    .await;
}

#[tokio::test]
async fn the_clock_can_be_asked_without_a_lock() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let before = db.store.clock().await.unwrap();
        let mut tx = db.store.begin(&[t]).await.unwrap();
        assert!(tx.lock_heads(&[], true).await.unwrap().is_empty());
        assert!(tx.lock_heads(&[id()], true).await.unwrap().is_empty());
        assert!(tx.now().await.unwrap() >= before);
        tx.rollback().await;
        db.store.ping().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut tx = db.store.begin(&[t]).await.unwrap();
        tx.write(&team(t)).await.unwrap();
        drop(tx);
        db.write(t, &team(t)).await.unwrap();
        assert_eq!(db.store.tenant(t).teams(None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn readers_are_not_held_up_by_the_writer() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut tx = db.store.begin(&[t]).await.unwrap();
        tx.lock_heads(&[t], true).await.unwrap();
        tx.write(&team(t)).await.unwrap();
        let reader = db.store.tenant(t);
        assert!(reader.teams(None, 10).await.unwrap().is_empty());
        assert_eq!(reader.head().await.unwrap(), Some(head(t, 0)));
        assert_eq!(db.store.load_floor(t).await.unwrap().head, head(t, 0));
        tx.commit().await.unwrap();
        assert_eq!(reader.teams(None, 10).await.unwrap().len(), 1);
    })
    .await;
}

async fn add_one(db: &Db, t: TenantId) -> store::Result<()> {
    let mut tx = db.store.begin(&[t]).await?;
    let heads = tx.lock_heads(&[t], true).await?;
    let seq = heads[0].seq + 1;
    let batch = WriteBatch { heads: vec![head(t, seq)], ..WriteBatch::default() };
    tx.write(&batch).await?;
    tx.commit().await
}

#[tokio::test]
async fn writers_take_turns() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let writers = (0..20).map(|_| {
            let db = db.clone();
            tokio::spawn(async move { add_one(&db, t).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap().unwrap();
        }
        assert_eq!(db.store.heads(&[t]).await.unwrap()[0].seq, 20);
    })
    .await;
}

#[tokio::test]
async fn two_batches_of_crossing_tenants_do_not_deadlock() {
    on_postgres(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let lanes = [[a, b], [b, a]].map(|order| {
            let store = db.store.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let mut tx = store.begin(&order).await?;
                    tx.lock_heads(&order, true).await?;
                    tx.commit().await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        for lane in lanes {
            lane.await.unwrap().unwrap();
        }
    })
    .await;
}
