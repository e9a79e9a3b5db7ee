//! Opening and migrating: alone, several at once, a second process, and the log's partitions.

use crate::nouns;
use crate::support::{config, head, log_row, on_both, on_fresh_postgres, on_postgres};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use store::{PARTITIONS_AHEAD, Store, StoreError, WriteBatch};

#[tokio::test]
async fn four_nodes_migrate_together() {
    on_fresh_postgres(|url| async move {
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move {
                    let store = Store::open(config(&url)).await.unwrap();
                    let done = store.migrate().await;
                    store.close().await.unwrap();
                    done
                })
            })
            .collect();
        for node in nodes {
            node.await.unwrap().unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn migrating_again_keeps_everything() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let batch = WriteBatch { teams: vec![(t, nouns::team())], ..WriteBatch::default() };
        db.write(t, &batch).await.unwrap();
        db.store.migrate().await.unwrap();
        assert_eq!(db.store.tenant(t).teams(None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let url = format!("sqlite:{}", path.display());
    let first = Store::open(config(&url)).await.unwrap();
    first.migrate().await.unwrap();
    let second = Store::open(config(&url)).await.unwrap_err();
    assert_eq!(second, StoreError::SecondProcess(path));
    first.close().await.unwrap();
    drop(first);
    Store::open(config(&url)).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn the_log_has_a_partition_for_each_day() {
    on_postgres(|db| async move {
        let t = db.tenant().await;
        let beside = db.beside().await;
        let count = || async {
            let sql = "SELECT count(*) FROM pg_class WHERE relname ~ '^log_d[0-9]+$'";
            let statement = Statement::from_string(DbBackend::Postgres, sql);
            let row = beside.query_one_raw(statement).await.unwrap().unwrap();
            row.try_get_by_index::<i64>(0).unwrap()
        };
        assert_eq!(count().await, i64::from(PARTITIONS_AHEAD));
        db.store.ensure_partitions(PARTITIONS_AHEAD + 2).await.unwrap();
        assert_eq!(count().await, i64::from(PARTITIONS_AHEAD) + 2);
        // Rows of today, of an old day and of today again are one log.
        let mut rows = vec![log_row(t, 1, 2), log_row(t, 3, 5), log_row(t, 6, 6)];
        rows[0].now = db.store.clock().await.unwrap();
        rows[2].now = rows[0].now;
        let batch =
            WriteBatch { log: rows.clone(), heads: vec![head(t, 6)], ..WriteBatch::default() };
        db.write(t, &batch).await.unwrap();
        assert_eq!(db.store.log_after(t, 0, 10).await.unwrap(), rows);
    })
    .await;
}

#[tokio::test]
async fn sqlite_promises_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let store = Store::open(config(&url)).await.unwrap();
    store.migrate().await.unwrap();
    assert!(dir.path().join("store.db-wal").exists(), "the journal is a write-ahead log");
    store.close().await.unwrap();
}
