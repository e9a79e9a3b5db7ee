//! Databases that live as long as one server: a file, or a database on the PostgreSQL server that
//! the environment names, made and dropped with that server's own command line client.

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// Names the PostgreSQL server on which databases may be made.
const VARIABLE: &str = "OMNICHANNEL_TEST_DATABASE_URL";

/// Which database a server keeps its state in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// A PostgreSQL database of our own, and what drops it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// The server that databases are made on.
pub(crate) fn server() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} must name a PostgreSQL role that may create databases: the tests on \
             PostgreSQL are not skipped. `.ci/postgres.sh run cargo test` sets it."
        )
    })
}

/// The command line client: in PATH, or where `.ci/postgres.sh` finds the server's programs.
pub(crate) fn psql() -> &'static PathBuf {
    static FOUND: LazyLock<PathBuf> = LazyLock::new(|| {
        if Command::new("psql").arg("--version").output().is_ok() {
            return "psql".into();
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/postgres.sh");
        let found = Command::new("bash").args([script, "find"]).output().expect("bash runs");
        let folder = String::from_utf8(found.stdout).expect("a path is text");
        PathBuf::from(folder.trim()).join("psql")
    });
    &FOUND
}

/// Makes a database that nobody else uses.
pub(crate) fn make() -> Made {
    let server = server();
    let name = format!("it_{}", uuid::Uuid::now_v7().simple());
    let create = format!("CREATE DATABASE {name}");
    let made = Command::new(psql())
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &create, &server])
        .output()
        .expect("psql runs");
    assert!(made.status.success(), "{create}: {}", String::from_utf8_lossy(&made.stderr));
    let (base, last) = server.rsplit_once('/').expect("the address ends with a database");
    let query = last.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    Made { url: format!("{base}/{name}{query}"), name }
}

/// How many rows of a tenant lie in a table, as the database itself says.
pub(crate) async fn rows_of(url: &str, table: &str, tenant: &str) -> i64 {
    let tenant = uuid::Uuid::parse_str(tenant).expect("an id");
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = ?");
            let mut file = SqliteConnection::connect(&format!("sqlite://{path}")).await.unwrap();
            let count = sqlx::query_scalar(AssertSqlSafe(sql)).bind(tenant.as_bytes().to_vec());
            count.fetch_one(&mut file).await.expect("the table is there")
        }
        None => {
            let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = '{tenant}'");
            let mut asked = Command::new(psql());
            asked.env("PGOPTIONS", format!("-c app.tenants={tenant}"));
            let asked = asked.args(["-X", "-A", "-t", "-c", &sql, url]).output();
            let asked = asked.expect("psql runs");
            assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
            String::from_utf8_lossy(&asked.stdout).trim().parse().expect("a number")
        }
    }
}
