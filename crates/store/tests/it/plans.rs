//! Look-ups on tables PostgreSQL has no statistics of read what they find and not a tenant's whole
//! past. The server itself counts: rows read by each index, and rows read without one.

use crate::nouns;
use crate::support::{Db, at, id, log_row, on_postgres};
use domain::customer::ContactPoint;
use domain::id::{NodeId, TenantId};
use domain::interaction::{Conversation, Interaction};
use domain::time::{Span, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use store::{LoadKeys, MessagesOf, OffersOf, Share, WriteBatch};

/// So many rows there are of everything, and so many keys are looked up.
const ROWS: usize = 1500;
const KEYS: usize = 50;

async fn read_so_far(db: &DatabaseConnection) -> Vec<(String, i64)> {
    let sql = "SELECT indexrelname::text, idx_tup_read FROM pg_stat_user_indexes \
               UNION ALL SELECT relname::text || ' without an index', seq_tup_read \
               FROM pg_stat_user_tables";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    let get = |r: &sea_orm::QueryResult| {
        let read: Option<i64> = r.try_get_by_index(1).unwrap();
        (r.try_get_by_index(0).unwrap(), read.unwrap_or_default())
    };
    rows.iter().map(get).collect()
}

/// Rows of everything, every tenth interaction open, each in a conversation of its own.
fn past(t: TenantId) -> WriteBatch {
    let mut b = WriteBatch::default();
    for i in 0..ROWS {
        let point = nouns::contact_point(true);
        let conversation = Conversation {
            contact_point_id: Some(point.id),
            customer_id: point.customer_id,
            ..nouns::conversation(true)
        };
        let mut one = nouns::interaction_of(conversation.id, point.customer_id);
        // Its last change is when it was made, as its id tells it.
        let millis = i64::try_from(one.id.0.as_u128() >> 80).unwrap();
        one.updated_at = Timestamp::from_micros(millis * 1000);
        if i % 10 != 0 {
            one.status = domain::interaction::InteractionStatus::Closed;
        }
        let message = domain::message::Message { interaction_id: one.id, ..nouns::message(true) };
        let lane = u8::try_from(i % 200).unwrap();
        b.contact_points.push((t, point));
        b.conversations.push((t, conversation));
        b.messages.push((t, message));
        b.offers.push((t, nouns::offer(true)));
        b.interactions.push((t, one));
        b.idempotency.push((t, nouns::idempotency()));
        b.outbox.push((t, nouns::delivery(lane)));
    }
    b.log = (1..=100).map(|seq| log_row(t, seq, seq)).collect();
    b
}

fn keys(b: &WriteBatch) -> LoadKeys {
    let step = ROWS / KEYS;
    let work: Vec<_> = b.interactions.iter().step_by(step).collect();
    let points: Vec<_> = b.contact_points.iter().step_by(step).collect();
    let conversations: Vec<_> = b.conversations.iter().step_by(step).collect();
    LoadKeys {
        interactions: work.iter().map(|(t, i)| (*t, i.id)).collect(),
        open_interactions_of: work.iter().map(|(t, i)| (*t, i.conversation_id)).collect(),
        open_work_of: points.iter().map(|(t, p)| (*t, p.customer_id)).collect(),
        messages: b.messages.iter().step_by(step).map(|(t, m)| (*t, m.id)).collect(),
        offers: b.offers.iter().step_by(step).map(|(t, o)| (*t, o.id)).collect(),
        idempotency: b.idempotency.iter().step_by(step).map(|(t, k)| (*t, k.key)).collect(),
        outbox: b.outbox.iter().step_by(step).map(|(t, d)| (*t, d.id)).collect(),
        conversations: conversations.iter().map(|(t, c)| (*t, c.id)).collect(),
        contact_points_by_id: points.iter().map(|(t, p)| (*t, p.id)).collect(),
        contacts: points.iter().map(|(t, p)| (*t, p.kind, p.address_index)).collect(),
        customer_contacts: points.iter().map(|(t, p)| (*t, p.customer_id)).collect(),
        threads: points
            .iter()
            .zip(&conversations)
            .map(|((t, p), (_, c))| (*t, c.account_id, p.kind, p.address_index))
            .collect(),
        ..LoadKeys::default()
    }
}

async fn read(db: &Db, t: TenantId, point: &ContactPoint, one: &Interaction) {
    let reader = db.store.tenant(t);
    for _ in 0..8 {
        assert!(reader.interaction(one.id).await.unwrap().is_some());
        assert_eq!(reader.history(point.customer_id, None, 50).await.unwrap().len(), 1);
        assert!(reader.customer(point.customer_id).await.unwrap().is_none());
        let found = reader.find_contacts(Some(point.kind), point.address_index).await.unwrap();
        assert_eq!(found.len(), 1);
        let of = MessagesOf::Interaction(one.id);
        assert_eq!(reader.messages(of, None, 50).await.unwrap().len(), 1);
        let of = MessagesOf::Conversation(one.conversation_id);
        assert_eq!(reader.messages(of, None, 50).await.unwrap().len(), 1);
        assert!(reader.offers(OffersOf::Agent(id())).await.unwrap().is_empty());
        assert!(reader.interaction_snapshot(one.id).await.unwrap().is_some());
        assert_eq!(reader.log_after(98, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn lookups_read_what_they_find() {
    on_postgres(|db| async move {
        let t = db.tenant().await;
        // Plans are made while there is nothing, and kept.
        let all = past(t);
        for _ in 0..8 {
            let mut tx = db.store.begin(&[t]).await.unwrap();
            tx.load(&keys(&all)).await.unwrap();
            tx.rollback().await;
        }
        db.write(t, &all).await.unwrap();
        let beside = db.beside().await;
        // What a connection counted is told a second later at the latest, or when it ends.
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        db.store.ping().await.unwrap();
        let before = read_so_far(&beside).await;
        let mut tx = db.store.begin(&[t]).await.unwrap();
        for _ in 0..3 {
            let found = tx.load(&keys(&all)).await.unwrap();
            assert_eq!((found.threads.len(), found.interactions.len()), (KEYS, 3 * KEYS));
        }
        tx.rollback().await;
        read(&db, t, &all.contact_points[0].1, &all.interactions[0].1).await;
        let node: NodeId = id();
        let (outbox, share) = (db.store.outbox(), Share::of_all(50));
        let claims = outbox.claim(node, at(1), Span::from_secs(9), &share).await.unwrap();
        assert_eq!(claims.len(), 50);
        db.store.close().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;

        let after = read_so_far(&beside).await;
        assert!(after.iter().any(|(name, read)| name == "interaction_pkey" && *read > 100));
        for (name, read) in after {
            let before = before.iter().find(|(n, _)| *n == name).map_or(0, |(_, r)| *r);
            // The claim walks what is due, and that is everything here.
            let most = if name.starts_with("outbox") { 4 * ROWS } else { 20 * KEYS };
            let read = usize::try_from(read - before).unwrap();
            assert!(read <= most, "{name}: {read} rows were read for {KEYS} keys");
        }
    })
    .await;
}
