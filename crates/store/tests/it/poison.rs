//! Errors: what can never succeed is told apart from what may succeed later, and no text repeats a
//! value.

use crate::nouns;
use crate::support::{config, head, id, log_row, noun, on_both, on_postgres};
use domain::id::{AgentId, InteractionId};
use domain::offer::OfferState;
use store::{Store, StoreError, WriteBatch};

fn assert_poison(result: store::Result<()>, secret: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Poison(_)), "{error:?}");
    assert!(!error.is_transient());
    assert!(!error.to_string().contains(secret), "{error}");
}

#[tokio::test]
async fn a_nul_byte_is_poison() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut team = nouns::team();
        team.name = "secret\0".to_owned();
        let batch = WriteBatch { teams: vec![(t, team)], ..WriteBatch::default() };
        assert_poison(db.write(t, &batch).await, "secret");
        assert!(db.store.tenant(t).teams(None, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_name_twice_is_poison() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let (mut a, mut b) = (nouns::queue(), nouns::queue());
        a.name = "secret".to_owned();
        b.name = "secret".to_owned();
        let batch = WriteBatch { queues: vec![(t, a)], ..WriteBatch::default() };
        db.write(t, &batch).await.unwrap();
        let batch = WriteBatch { queues: vec![(t, b)], ..WriteBatch::default() };
        assert_poison(db.write(t, &batch).await, "secret");
    })
    .await;
}

#[tokio::test]
async fn what_is_written_once_is_not_replaced() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let batch = WriteBatch {
            idempotency: vec![(t, nouns::idempotency())],
            log: vec![log_row(t, 1, 2)],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let keys = WriteBatch { idempotency: batch.idempotency.clone(), ..WriteBatch::default() };
        assert_poison(db.write(t, &keys).await, "?");
        let log = WriteBatch { log: batch.log.clone(), ..WriteBatch::default() };
        assert_poison(db.write(t, &log).await, "?");
        let heads = WriteBatch { new_heads: vec![head(t, 0)], ..WriteBatch::default() };
        assert_poison(db.write(t, &heads).await, "?");
        let mut same_name = noun(id());
        same_name.name = noun(t).name;
        let other = same_name.id;
        let tenants = WriteBatch { tenants: vec![(same_name, vec![])], ..WriteBatch::default() };
        assert_poison(db.write(other, &tenants).await, &noun(t).name);
    })
    .await;
}

#[tokio::test]
async fn one_owner_at_a_time() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let interaction: InteractionId = id();
        let (ada, bob): (AgentId, AgentId) = (id(), id());
        let mut first = nouns::offer_of(interaction, ada, OfferState::Connected);
        let mut second = nouns::offer_of(interaction, bob, OfferState::Pending);
        let offers = |list: &[&domain::offer::Offer]| WriteBatch {
            offers: list.iter().map(|o| (t, (*o).clone())).collect(),
            ..WriteBatch::default()
        };
        db.write(t, &offers(&[&first, &second])).await.unwrap();
        // Both at once would be two owners.
        second.state = OfferState::Accepted;
        assert_poison(db.write(t, &offers(&[&second])).await, "?");
        assert_poison(db.write(t, &offers(&[&first, &second])).await, "?");
        // The swap works in whatever order it is given.
        first.state = OfferState::Completed;
        db.write(t, &offers(&[&second, &first])).await.unwrap();
        first.state = OfferState::Wrapping;
        second.state = OfferState::Completed;
        db.write(t, &offers(&[&first, &second])).await.unwrap();
        let third = nouns::offer_of(interaction, bob, OfferState::Connecting);
        assert_poison(db.write(t, &offers(&[&third])).await, "?");
    })
    .await;
}

#[tokio::test]
async fn a_failed_transaction_does_not_pretend() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut team = nouns::team();
        team.name = "x\0".to_owned();
        let bad = WriteBatch { teams: vec![(t, team)], ..WriteBatch::default() };
        let good = WriteBatch { teams: vec![(t, nouns::team())], ..WriteBatch::default() };
        let mut tx = db.store.begin(&[t]).await.unwrap();
        tx.write(&good).await.unwrap();
        tx.write(&bad).await.unwrap_err();
        assert!(tx.write(&good).await.unwrap_err().is_transient());
        assert!(tx.commit().await.unwrap_err().is_transient());
        assert!(db.store.tenant(t).teams(None, 10).await.unwrap().is_empty());
        let moved = WriteBatch { heads: vec![head(id(), 4)], ..WriteBatch::default() };
        let error = db.write(t, &moved).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
        db.write(t, &good).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let error = Store::open(config("postgres://omnichannel@127.0.0.1:9/none")).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    for wrong in ["mysql://x", "sqlite:", "sqlite::memory:", "sqlite:x?mode=rwc"] {
        let error = Store::open(config(wrong)).await.unwrap_err();
        assert!(matches!(error, StoreError::Config(_)), "{wrong}: {error:?}");
    }
}

#[tokio::test]
async fn a_long_wait_for_a_lock_is_transient() {
    on_postgres(|db| async move {
        let t = db.tenant().await;
        let mut holder = db.store.begin(&[t]).await.unwrap();
        holder.lock_heads(&[t], true).await.unwrap();
        let mut waiter = db.store.begin(&[t]).await.unwrap();
        // Somebody has to keep the holder's own idle limit from ending it first.
        let wanted = [t];
        let (waited, ()) = tokio::join!(waiter.lock_heads(&wanted, true), async {
            for _ in 0..8 {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                holder.has_batch(t, id()).await.unwrap();
            }
        });
        assert!(waited.unwrap_err().is_transient());
        waiter.rollback().await;
        holder.rollback().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_lost_at_the_commit_is_an_unknown_commit() {
    on_postgres(|db| async move {
        let t = db.tenant().await;
        let mut tx = db.store.begin(&[t]).await.unwrap();
        let batch = WriteBatch { teams: vec![(t, nouns::team())], ..WriteBatch::default() };
        tx.write(&batch).await.unwrap();
        use sea_orm::ConnectionTrait;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND state = 'idle in transaction'";
        db.beside().await.execute_unprepared(kill).await.unwrap();
        assert_eq!(tx.commit().await.unwrap_err(), StoreError::UnknownCommit);
        // The pool recovers by itself.
        let mut tx = db.store.begin(&[t]).await.unwrap();
        assert_eq!(tx.lock_heads(&[t], true).await.unwrap(), [head(t, 0)]);
        tx.rollback().await;
        assert!(db.store.tenant(t).teams(None, 10).await.unwrap().is_empty());
    })
    .await;
}
