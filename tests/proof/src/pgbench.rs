//! The yardstick: `pgbench` inserting one small row per commit, with prepared statements, on the
//! same cluster in the same minutes. It says what the database and the disk give without us.

use crate::cluster::Cluster;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::io::Write;
use std::process::Command;

/// The database it works in.
const DATABASE: &str = "yardstick";

/// What it inserts: a row with 200 bytes of text and a primary key, no other index.
pub(crate) const STATEMENT: &str = "INSERT INTO one_row (body) VALUES (:body);";

const TABLE: &str = "CREATE TABLE one_row \
    (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)";

/// Threads of pgbench.
const THREADS: usize = 2;

/// What one run of it said.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Yard {
    pub(crate) clients: usize,
    pub(crate) commits_per_second: f64,
    pub(crate) mean_ms: f64,
}

/// Makes its table.
pub(crate) async fn prepare(cluster: &Cluster) -> Result<()> {
    cluster.create_database(DATABASE).await?;
    let pool = cluster.superuser(DATABASE).await?;
    sqlx::query(TABLE).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

/// Runs it.
pub(crate) async fn run(cluster: &Cluster, clients: usize, seconds: u64) -> Result<Yard> {
    let mut script = tempfile::NamedTempFile::new()?;
    writeln!(script, "{STATEMENT}")?;
    let mut command = Command::new("pgbench");
    command
        .args(["-h", "127.0.0.1", "-U", "postgres", "-n", "-M", "prepared"])
        .args(["-p", &cluster.port().to_string(), "-T", &seconds.to_string()])
        .args(["-c", &clients.to_string(), "-j", &THREADS.to_string()])
        .arg("-D")
        .arg(format!("body={}", crate::setup::BODY.replace(' ', "_")))
        .arg("-f")
        .arg(script.path())
        .arg(DATABASE);
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = output.context("running pgbench; it comes with PostgreSQL")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let said: String = String::from_utf8_lossy(&output.stderr).chars().take(500).collect();
        bail!("pgbench: {said}");
    }
    read(&text, clients).with_context(|| format!("pgbench said:\n{text}"))
}

fn read(text: &str, clients: usize) -> Result<Yard> {
    let number = |before: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(before));
        let word = line.and_then(|line| line.split_whitespace().next());
        word.and_then(|word| word.parse().ok()).with_context(|| format!("no line {before:?}"))
    };
    if text.lines().any(|line| {
        line.trim()
            .strip_prefix("number of failed transactions: ")
            .is_some_and(|n| !n.starts_with("0 "))
    }) {
        bail!("some of its transactions failed");
    }
    Ok(Yard {
        clients,
        commits_per_second: number("tps = ")?,
        mean_ms: number("latency average = ")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_are_understood() {
        let text = "transaction type: x\nnumber of failed transactions: 0 (0.000%)\n\
                    latency average = 4.569 ms\ninitial connection time = 5.1 ms\n\
                    tps = 14006.521 (without initial connection time)\n";
        let yard = read(text, 64).unwrap();
        assert_eq!((yard.clients, yard.commits_per_second, yard.mean_ms), (64, 14006.521, 4.569));
        assert!(read("tps = x", 1).is_err());
        assert!(read(&text.replace(": 0 (", ": 3 ("), 64).is_err());
    }
}
