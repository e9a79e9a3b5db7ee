//! What operators look at and do: dead letters and deliveries of unknown end.

use crate::support::{at, on_both};
use crate::{nouns, support};
use domain::id::{AccountId, NodeId};
use domain::sealed::Sealed;
use domain::time::Span;
use store::{OutboxState, WriteBatch};

#[tokio::test]
async fn dead_items_are_listed_newest_first_and_without_content() {
    on_both(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let (store, account): (_, AccountId) = (&db.store, support::id());
        for n in 1..=5 {
            let raw = Sealed(vec![7; usize::from(n) * 10]);
            assert!(store.inbox().insert(t, account, [n; 16], raw.clone()).await.unwrap());
            assert!(store.inbox().dead(t, (account, [n; 16]), "WHY").await.unwrap());
        }
        store.inbox().insert(t, account, [9; 16], Sealed(vec![1])).await.unwrap();
        let reader = store.tenant(t);
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = reader.dead_items(before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.received_at, last.dedup_key));
            seen.extend(page);
        }
        let keys: Vec<u8> = seen.iter().map(|item| item.dedup_key[0]).collect();
        assert_eq!(keys, [5, 4, 3, 2, 1], "what is new is not dead");
        let sizes: Vec<i64> = seen.iter().map(|item| item.size).collect();
        assert_eq!(sizes, [50, 40, 30, 20, 10]);
        assert!(seen.iter().all(|item| item.error == "WHY"));
        assert!(store.tenant(u).dead_items(None, 9).await.unwrap().is_empty());
        assert!(store.tenant(u).dead_item(account, [1; 16]).await.unwrap().is_none());

        assert!(!store.inbox().discard(t, (account, [9; 16])).await.unwrap(), "it is new");
        assert!(store.inbox().discard(t, (account, [1; 16])).await.unwrap());
        assert!(reader.dead_item(account, [1; 16]).await.unwrap().is_none());
        let again = store.inbox().insert(t, account, [1; 16], Sealed(vec![1])).await.unwrap();
        assert!(!again, "its sender's repeat is recognised");
        assert!(reader.dead_item(account, [2; 16]).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn an_unknown_end_may_be_tried_again_and_only_what_waits_is_claimed_by_hand() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let new: Vec<_> = [1, 2, 3].map(nouns::delivery).to_vec();
        let batch = WriteBatch {
            outbox: new.iter().map(|d| (t, d.clone())).collect(),
            ..Default::default()
        };
        db.write(t, &batch).await.unwrap();
        let ended = vec![(t, new[0].id, OutboxState::Unknown), (t, new[1].id, OutboxState::Dead)];
        db.write(t, &WriteBatch { outbox_ended: ended, ..Default::default() }).await.unwrap();
        let (outbox, reader) = (db.store.outbox(), db.store.tenant(t));
        let (late, day) = (at(50) + Span::from_secs(90 * 24 * 3600), Span::from_secs(24 * 3600));
        assert!(outbox.hasten(t, new[0].id, late, day).await.unwrap());
        assert!(!outbox.hasten(t, new[1].id, late, day).await.unwrap(), "it is over for good");
        let due = reader.delivery(new[0].id).await.unwrap().unwrap();
        assert_eq!((due.state, due.next_at), (OutboxState::Ready, late));
        assert_eq!(due.expires_at, late + day, "it has time to be tried");
        let by = (support::id::<NodeId>(), at(60));
        let lease = Span::from_secs(30);
        assert!(outbox.claim_one(t, new[1].id, by, lease).await.unwrap().is_none());
        let claim = outbox.claim_one(t, new[2].id, by, lease).await.unwrap().unwrap();
        assert!(outbox.claim_one(t, new[2].id, by, lease).await.unwrap().is_none(), "it is held");
        assert!(outbox.dead(&claim, at(70), "CANCELLED").await.unwrap());
        let dead = reader.delivery(new[2].id).await.unwrap().unwrap();
        assert_eq!(dead.ended_at, Some(at(70)));
        let dead = reader.deliveries(&[OutboxState::Dead], None, 9).await.unwrap();
        let ids: Vec<_> = dead.deliveries.iter().map(|d| d.id).collect();
        let mut wanted = vec![new[1].id, new[2].id];
        wanted.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        assert_eq!((ids, dead.next), (wanted, None));
    })
    .await;
}
