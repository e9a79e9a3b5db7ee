//! Bringing a database up to the tables this version knows. On PostgreSQL an advisory lock makes
//! nodes that start together take turns; partitions of the log are made here and renewed daily.

mod m0001_init;

use crate::entity::log::day_of;
use crate::error::{Result, StoreError};
use crate::pool::postgres_pool;
use crate::sql::DatabaseKind;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// How many days of log partitions are made ahead, today included.
pub const PARTITIONS_AHEAD: u32 = 4;

const LOCK: &str = "SELECT pg_advisory_xact_lock(7020934651)";

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_init::Migration)]
    }
}

pub(crate) async fn migrate_sqlite(db: &DatabaseConnection) -> Result<()> {
    Ok(Migrator::up(db, None).await?)
}

/// Migrates on a connection of its own, which may wait as long as the others need.
pub(crate) async fn migrate_postgres(url: &str) -> Result<()> {
    let db = postgres_pool(url, 1, Vec::new(), None).await?;
    let tx = db.begin().await?;
    tx.execute_unprepared(LOCK).await?;
    Migrator::up(&tx, None).await?;
    tx.commit().await?;
    let done = partitions(&db, PARTITIONS_AHEAD).await;
    db.close().await?;
    done
}

/// Makes the partitions of the log for so many days, today included.
pub(crate) async fn ensure_partitions(url: &str, days: u32) -> Result<()> {
    let db = postgres_pool(url, 1, Vec::new(), None).await?;
    let done = partitions(&db, days).await;
    db.close().await?;
    done
}

async fn partitions(db: &DatabaseConnection, days: u32) -> Result<()> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8";
    let row = db.query_one_raw(DatabaseKind::Postgres.statement(sql, Vec::new())).await?;
    let row = row.ok_or_else(|| StoreError::Unavailable("no clock".to_owned()))?;
    let today = day_of(Timestamp::from_micros(row.try_get_by_index(0)?));
    for day in (today..).take(days as usize) {
        if let Err(error) = partition(db, day).await {
            // Rows of that day already went to the default partition and stay there.
            tracing::warn!(%error, day, "no partition of the log for this day");
        }
    }
    Ok(())
}

async fn partition(db: &DatabaseConnection, day: i32) -> Result<()> {
    let tx = db.begin().await?;
    tx.execute_unprepared(LOCK).await?;
    let name = format!("log_d{day}");
    let sql = format!("SELECT to_regclass('{name}') IS NOT NULL");
    let row = tx.query_one_raw(DatabaseKind::Postgres.statement(sql, Vec::new())).await?;
    let exists = row.is_some_and(|r| r.try_get_by_index(0).unwrap_or(false));
    if !exists {
        let next = day + 1;
        let create =
            format!("CREATE TABLE {name} PARTITION OF log FOR VALUES FROM ({day}) TO ({next})");
        tx.execute_unprepared(&create).await?;
        tx.execute_unprepared(&m0001_init::tenant_policy(&name, "tenant_id")).await?;
    }
    tx.commit().await?;
    Ok(())
}
