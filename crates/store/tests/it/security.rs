//! Tenants do not see each other: not by the readers, not by the ledger, and on PostgreSQL not by
//! any session that named another tenant or none, whatever it asks.

use crate::nouns;
use crate::support::{
    Db, admin, at, config, head, id, log_row, noun, on_both, on_fresh_postgres, on_postgres, server,
};
use crate::tables::batch;
use domain::id::TenantId;
use domain::sealed::Sealed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use store::{LoadKeys, NewDelivery, Share, Store, StoreError, WriteBatch};

fn sql(text: impl Into<String>) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}

/// Tables that must be protected, with the column that names the tenant, and whether they are.
async fn tenant_tables(db: &DatabaseConnection) -> Vec<(String, String, bool)> {
    let text = "SELECT c.relname::text, \
         CASE c.relname WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END, \
         c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') \
         AND c.relname NOT IN ('node', 'seaql_migrations') ORDER BY 1";
    let rows = db.query_all_raw(sql(text)).await.unwrap();
    let get = |r: &sea_orm::QueryResult| {
        let forced = r.try_get_by_index(2).unwrap();
        (r.try_get_by_index(0).unwrap(), r.try_get_by_index(1).unwrap(), forced)
    };
    rows.iter().map(get).collect()
}

/// How many rows of a tenant a session sees that named these tenants.
async fn seen(
    db: &DatabaseConnection,
    named: &str,
    table: &(String, String, bool),
    of: TenantId,
) -> i64 {
    let tx = db.begin().await.unwrap();
    let set = format!("SELECT set_config('app.tenants', '{named}', true)");
    tx.query_one_raw(sql(set)).await.unwrap();
    let count = format!("SELECT count(*) FROM {} WHERE {} = '{of}'", table.0, table.1);
    let row = tx.query_one_raw(sql(count)).await.unwrap().unwrap();
    tx.rollback().await.unwrap();
    row.try_get_by_index(0).unwrap()
}

/// A tenant with a row in every table.
async fn full_tenant(db: &Db) -> TenantId {
    let t = db.tenant().await;
    let mut b = batch(t, true);
    b.customer_keys = vec![(t, b.customers[0].1.id, vec![1; 73])];
    b.dues = vec![(t, at(1))];
    b.log = vec![log_row(t, 1, 2)];
    b.sla_breaches = vec![(t, nouns::sla_breach())];
    db.write(t, &b).await.unwrap();
    let file = nouns::attachment(false);
    db.store.attachments().begin(t, &file).await.unwrap();
    let part = Sealed(vec![1]);
    assert!(db.store.attachments().append(t, file.id, (0, 5), &part).await.unwrap());
    db.store.add_accesses(&[(t, crate::accesses::line(1, 1, &[]))]).await.unwrap();
    db.store.inbox().insert(t, id(), [1; 16], Sealed(vec![1])).await.unwrap();
    t
}

#[tokio::test]
async fn a_session_sees_only_the_tenants_it_named() {
    on_postgres(|db| async move {
        let (a, b) = (full_tenant(&db).await, full_tenant(&db).await);
        let session = db.beside().await;
        let tables = tenant_tables(&session).await;
        assert!(tables.len() >= 25, "{tables:?}");
        for table in &tables {
            assert!(table.2, "{} has no forced row-level security", table.0);
            // Rows of tests are dated long ago or ahead, so no partition of a day holds any.
            let whole = !table.0.starts_with("log_d") || table.0 == "log_default";
            assert_eq!(seen(&session, &b.to_string(), table, b).await > 0, whole, "{}", table.0);
            assert_eq!(seen(&session, &a.to_string(), table, b).await, 0, "{}", table.0);
            assert_eq!(seen(&session, "", table, b).await, 0, "{}", table.0);
            let both = format!("{a},{b}");
            assert_eq!(seen(&session, &both, table, b).await > 0, whole, "{}", table.0);
        }
        // A setting of one transaction is gone with it.
        let count = "SELECT count(*) FROM interaction";
        let row = session.query_one_raw(sql(count)).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_for_a_tenant_not_named() {
    on_postgres(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let batch = WriteBatch { teams: vec![(b, nouns::team())], ..WriteBatch::default() };
        let error = db.write(a, &batch).await.unwrap_err();
        assert!(matches!(error, StoreError::Poison(_)), "{error:?}");
        let mut tx = db.store.begin(&[a]).await.unwrap();
        assert!(tx.lock_heads(&[a, b], true).await.unwrap() == [head(a, 0)]);
        let wanted = LoadKeys { tenants: vec![b], ..LoadKeys::default() };
        assert!(tx.load(&wanted).await.unwrap().tenants.is_empty());
        tx.rollback().await;
    })
    .await;
}

#[tokio::test]
async fn readers_see_their_tenant_only() {
    on_both(|db| async move {
        let (a, b) = (full_tenant(&db).await, full_tenant(&db).await);
        let (of_a, of_b) = (db.store.tenant(a), db.store.tenant(b));
        let theirs = of_b.agents(None, 10).await.unwrap();
        assert_eq!(theirs.len(), 1);
        assert!(of_a.agent(theirs[0].id).await.unwrap().is_none());
        assert_eq!(of_a.agents(None, 10).await.unwrap().len(), 1);
        assert_eq!(of_a.tenants(None, 10).await.unwrap(), [noun(a)]);
        assert!(of_a.tenant_row(b).await.unwrap().is_none());
        let all = db.store.tenant(TenantId::SYSTEM).tenants(None, 10).await.unwrap();
        assert_eq!(all, [noun(a), noun(b)]);
        let system = db.store.tenant(TenantId::SYSTEM);
        assert_eq!(system.tenant_row(b).await.unwrap().unwrap().0, noun(b));
        assert!(system.agents(None, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn sweeps_reach_their_tables_only() {
    on_postgres(|db| async move {
        let t = full_tenant(&db).await;
        let session = db.beside().await;
        session.execute_unprepared("SET app.sweep = 'on'").await.unwrap();
        let swept = [
            "attachment",
            "attachment_part",
            "head",
            "inbox",
            "mail_sender",
            "mailbox",
            "outbox",
            "tenant_due",
        ];
        for table in tenant_tables(&session).await {
            let expected = swept.contains(&table.0.as_str());
            assert_eq!(seen(&session, "", &table, t).await > 0, expected, "{}", table.0);
        }
    })
    .await;
}

#[tokio::test]
async fn these_tests_run_under_the_rules() {
    on_fresh_postgres(|url| async move {
        // A role that may bypass the rules is refused at opening; these tests prove nothing under
        // one, and cannot make one to be refused.
        Store::open(config(&url)).await.unwrap().close().await.unwrap();
        let text = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
        let row = admin().await.query_one_raw(sql(text)).await.unwrap().unwrap();
        assert!(!row.try_get_by_index::<bool>(0).unwrap(), "{} is too powerful", server());
    })
    .await;
}

#[tokio::test]
async fn a_lane_of_another_tenant_does_not_block() {
    on_both(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let (first, second): (NewDelivery, NewDelivery) = (nouns::delivery(1), nouns::delivery(1));
        let batch = WriteBatch { outbox: vec![(a, first), (b, second)], ..WriteBatch::default() };
        db.write_for(&[a, b], &batch).await.unwrap();
        let span = domain::time::Span::from_secs(5);
        let claims = db.store.outbox().claim(id(), at(1), span, &Share::of_all(10)).await.unwrap();
        assert_eq!(claims.len(), 2);
    })
    .await;
}
