//! Callers who leave in the middle: wherever they do, nothing of theirs stays on the connection
//! they had, so that who comes next reads what is there, and what they write is kept.

use crate::nouns;
use crate::support::{Db, at, config, id, on_both, random};
use domain::id::{AccountId, AgentId, AttachmentId};
use domain::mail::Attachment;
use domain::sealed::Sealed;
use domain::time::Span;
use std::pin::pin;
use std::task::Poll;
use store::{Share, Store, StoreConfig, WriteBatch};

/// More steps than any of the reads and writes here has.
const STEPS: usize = 12;

/// How far callers go before they leave: twice, because at first connections are made on the way.
fn ways() -> impl Iterator<Item = usize> {
    (1..STEPS).chain(1..STEPS)
}

/// Goes with a piece of work for so many steps, and leaves; whether it was through.
async fn leave_after<T>(steps: usize, work: impl Future<Output = T>) -> bool {
    let mut work = pin!(work);
    let mut left = steps;
    std::future::poll_fn(move |cx| {
        left -= 1;
        match work.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The same store with one connection for reading.
async fn narrow(db: &Db) -> Option<Store> {
    // A second process may not open a SQLite file.
    let config = StoreConfig { read_connections: 1, ..config(&db.url) };
    Store::open(config).await.ok()
}

#[tokio::test]
async fn whoever_reads_next_sees_what_was_committed_since() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let narrow = narrow(&db).await;
        let reader = narrow.as_ref().unwrap_or(&db.store).tenant(t);
        let mut through = 0;
        for steps in ways() {
            let left = reader.agent_snapshot(id::<AgentId>());
            through += usize::from(leave_after(steps, left).await);
            // Whatever this sees must not be what all later ones see.
            reader.accounts(None, 1).await.unwrap();
            let account = nouns::account(true);
            let batch = WriteBatch { accounts: vec![(t, account.clone())], ..Default::default() };
            db.write(t, &batch).await.unwrap();
            let seen = reader.account(account.id).await.unwrap();
            assert!(seen.is_some(), "an old state is read, after {steps} steps");
        }
        assert!(through > 0, "so many steps are enough");
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_next_is_kept() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut through = 0;
        for steps in ways() {
            let file = Attachment {
                id: id::<AttachmentId>(),
                customer_id: id(),
                conversation_id: id(),
                message_id: None,
                position: 0,
                meta: Sealed(vec![1]),
                size: 3,
                received: 0,
                created_at: at(0),
            };
            let files = db.store.attachments();
            assert!(files.begin(t, &file).await.unwrap());
            let part = Sealed(vec![1, 2, 3]);
            let left = files.append(t, file.id, (0, 3), &part);
            through += usize::from(leave_after(steps, left).await);
            // Over every connection there is.
            let account: AccountId = id();
            for _ in 0..4 {
                let dedup = random().into_bytes();
                assert!(db.store.inbox().insert(t, account, dedup, part.clone()).await.unwrap());
            }
            let other = narrow(&db).await;
            let seen = other.as_ref().unwrap_or(&db.store).inbox();
            let far = at(0) + Span::from_secs(365 * 24 * 3600);
            let claimed =
                seen.claim(far, Span::from_secs(7 * 24 * 3600), &Share::of_all(50)).await.unwrap();
            assert_eq!(claimed.len(), 4, "what was answered is not there, after {steps} steps");
            for (tenant, item) in claimed {
                let key = (item.account_id, item.dedup_key);
                assert!(seen.dead(tenant, key, "seen").await.unwrap());
            }
        }
        assert!(through > 0, "so many steps are enough");
    })
    .await;
}
