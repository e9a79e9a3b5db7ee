//! A throw-away PostgreSQL for one proof, started and removed by `.ci/postgres.sh`, and the SQL
//! that looks at it from above: as superuser, past row-level security, never through the server's
//! code. It is gone when the value is dropped. Ports and roles are the script's business.

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The role the servers use: no superuser, bound by row-level security.
const ROLE: &str = "omnichannel";

/// The role that looks from above.
const SUPERUSER: &str = "postgres";

/// Connections of one auditing pool.
const CONNECTIONS: u32 = 2;

/// How long anything waits for one of them.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(10);

/// Settings that a figure depends on.
const SETTINGS: [&str; 9] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "wal_sync_method",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
];

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    script: PathBuf,
    dir: String,
    port: u16,
}

impl Cluster {
    /// Starts a cluster; `durable` keeps fsync on.
    pub(crate) fn start(root: &Path, durable: bool) -> Result<Self> {
        let script = root.join(".ci/postgres.sh");
        let mut command = Command::new("bash");
        command.arg(&script).arg("start").args(durable.then_some("--durable"));
        let output = command.stderr(Stdio::inherit()).output().context("running postgres.sh")?;
        if !output.status.success() {
            bail!("{} did not start a cluster; run proofs from the root", script.display());
        }
        let text = String::from_utf8(output.stdout)?;
        let value = |name: &str| {
            let prefix = format!("export {name}=");
            let line = text.lines().find_map(|line| line.strip_prefix(&prefix));
            line.map(str::to_owned).with_context(|| format!("postgres.sh did not say {name}"))
        };
        let dir = value("OMNICHANNEL_TEST_POSTGRES_DIR")?;
        let url = value("OMNICHANNEL_TEST_DATABASE_URL")?;
        let port = url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
        let port = port.context("postgres.sh named no port")?;
        Ok(Self { script, dir, port })
    }

    /// Ends it without a checkpoint, as a crash would, and starts it again on its port.
    pub(crate) fn restart(&self) -> Result<()> {
        let mut command = Command::new("bash");
        command.arg(&self.script).arg("restart").env("OMNICHANNEL_TEST_POSTGRES_DIR", &self.dir);
        let status = command.stdout(Stdio::null()).stderr(Stdio::inherit()).status()?;
        anyhow::ensure!(status.success(), "the cluster did not come back");
        Ok(())
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where a server connects.
    pub(crate) fn server_url(&self, database: &str) -> String {
        self.url(ROLE, database)
    }

    fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Connections as superuser.
    pub(crate) async fn superuser(&self, database: &str) -> Result<PgPool> {
        let options =
            PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_LIMIT);
        Ok(options.connect(&self.url(SUPERUSER, database)).await?)
    }

    /// A new, empty database of the servers' role.
    pub(crate) async fn create_database(&self, name: &str) -> Result<()> {
        let pool = self.superuser("postgres").await?;
        let sql = format!("CREATE DATABASE {name} OWNER {ROLE}");
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// Removes a database and whoever is still connected to it.
    pub(crate) async fn drop_database(&self, name: &str) -> Result<()> {
        let pool = self.superuser("postgres").await?;
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// Moves checkpoints out of short runs: a checkpoint in the middle of one run and not of its
    /// neighbour would be compared with it. What is committed is on disk all the same.
    pub(crate) async fn space_checkpoints(&self) -> Result<()> {
        let pool = self.superuser("postgres").await?;
        for sql in [
            "ALTER SYSTEM SET max_wal_size = '8GB'",
            "ALTER SYSTEM SET checkpoint_timeout = '30min'",
            "SELECT pg_reload_conf()",
        ] {
            sqlx::query(sql).execute(&pool).await?;
        }
        pool.close().await;
        Ok(())
    }

    /// Writes everything out, so that the next run starts as the one before did.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let pool = self.superuser("postgres").await?;
        sqlx::query("CHECKPOINT").execute(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// The process that all of the cluster's processes descend from.
    pub(crate) fn postmaster(&self) -> Result<u32> {
        let path = Path::new(&self.dir).join("data/postmaster.pid");
        let text = std::fs::read_to_string(&path).context("reading postmaster.pid")?;
        let line = text.lines().next().unwrap_or_default();
        line.trim().parse().context("postmaster.pid names no process")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = Command::new("bash");
        command.arg(&self.script).arg("stop").env("OMNICHANNEL_TEST_POSTGRES_DIR", &self.dir);
        match command.status() {
            Ok(status) if status.success() => {}
            other => eprintln!("the cluster in {} was not removed: {other:?}", self.dir),
        }
    }
}

/// What the figures depend on, as the database says it.
pub(crate) async fn settings(pool: &PgPool) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for name in SETTINGS {
        let row = sqlx::query("SELECT current_setting($1)").bind(name).fetch_one(pool).await?;
        found.insert(name.to_owned(), row.try_get(0)?);
    }
    Ok(found)
}

/// How many rows every table has, all counted at one moment.
pub(crate) async fn table_counts(pool: &PgPool) -> Result<BTreeMap<String, i64>> {
    let names = sqlx::query(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition \
         AND relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    let mut selects = Vec::new();
    for row in names.fetch_all(pool).await? {
        let name: String = row.try_get(0)?;
        selects.push(format!("SELECT '{name}', count(*) FROM \"{name}\""));
    }
    let counts = sqlx::query(AssertSqlSafe(selects.join(" UNION ALL ")));
    let rows = counts.fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// What the database did so far. The statistics of other connections arrive up to a second late.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// Transactions committed, reads included.
    pub(crate) transactions: i64,
    /// Bytes of write-ahead log.
    pub(crate) wal_bytes: i64,
}

/// Reads what the database did so far.
pub(crate) async fn activity(pool: &PgPool) -> Result<Activity> {
    let row = sqlx::query(
        "SELECT xact_commit, (pg_current_wal_lsn() - '0/0'::pg_lsn)::int8 FROM pg_stat_database \
         WHERE datname = current_database()",
    );
    let row = row.fetch_one(pool).await?;
    Ok(Activity { transactions: row.try_get(0)?, wal_bytes: row.try_get(1)? })
}
