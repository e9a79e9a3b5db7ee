//! The database seen without the store: making and dropping databases, and every row of a tenant as
//! text, so that what is compared is what is there and not what a reader makes of it.

use domain::id::TenantId;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row, SqliteConnection};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Tables that hold what commands change, and the columns that put their rows in order.
const TABLES: &[(&str, &str)] = &[
    ("idempotency", "key"),
    ("api_key", "id"),
    ("customer", "id"),
    ("customer_key", "customer_id"),
    ("contact_point", "id"),
    ("channel_account", "id"),
    ("conversation", "id"),
    ("interaction", "id"),
    ("message", "id"),
    ("offer", "id"),
    ("agent", "id"),
    ("agent_presence", "agent_id"),
    ("agent_session", "id"),
    ("team", "id"),
    ("skill", "id"),
    ("queue", "id"),
    ("routing_rule", "id"),
    ("calendar", "id"),
    ("schedule", "id"),
    ("time_off", "id"),
    ("sla_policy", "id"),
    ("escalation_policy", "id"),
    ("sla_breach", "seq"),
    ("mailbox", "account_id"),
    ("mail_reference", "id"),
    ("mail_participant", "conversation_id, address"),
    ("mail_sender", "account_id, address"),
    ("attachment", "id"),
    ("inbox", "dedup_key"),
    ("outbox", "id"),
];

/// The server tests make their databases on.
fn server() -> String {
    std::env::var("OMNICHANNEL_TEST_DATABASE_URL")
        .expect("OMNICHANNEL_TEST_DATABASE_URL names a PostgreSQL role that may create databases")
}

/// The address of a database on that server.
pub(crate) fn on_server(database: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("the address ends with a database");
    format!("{base}/{database}")
}

/// Runs a statement on the server itself.
pub(crate) async fn admin(sql: &str) {
    let mut connection = PgConnection::connect(&server()).await.expect("the test server answers");
    connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the server does as told");
    connection.close().await.expect("the connection closes");
}

/// A connection beside the store's.
pub(crate) enum Raw {
    Lite(SqliteConnection),
    Post(PgConnection),
}

impl Raw {
    pub(crate) async fn open(url: &str, tenants: &[TenantId]) -> Self {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let options = sqlx::sqlite::SqliteConnectOptions::from_str(&format!("sqlite://{path}"))
                .expect("the address is one")
                .read_only(true);
            return Self::Lite(options.connect().await.expect("the file opens"));
        }
        let mut post = PgConnection::connect(url).await.expect("the server answers");
        let list: Vec<String> = tenants.iter().map(ToString::to_string).collect();
        let sql = format!("SELECT set_config('app.tenants', '{}', false)", list.join(","));
        post.execute(sqlx::AssertSqlSafe(sql)).await.expect("tenants are named");
        Self::Post(post)
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Lite(lite) => lite.close().await.expect("the connection closes"),
            Self::Post(post) => post.close().await.expect("the connection closes"),
        }
    }

    /// Two columns of text.
    async fn pairs(&mut self, sql: String) -> Vec<(String, String)> {
        let sql = sqlx::AssertSqlSafe(sql);
        match self {
            Self::Lite(lite) => {
                let rows = sqlx::query(sql).fetch_all(lite).await.expect("it can be read");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
            Self::Post(post) => {
                let rows = sqlx::query(sql).fetch_all(post).await.expect("it can be read");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
        }
    }

    /// How many rows of each table a tenant has.
    pub(crate) async fn counts(&mut self, tenant: TenantId) -> BTreeMap<String, i64> {
        let tables = TABLES.iter().map(|(table, _)| *table).chain(["log"]);
        let of = self.literal(tenant);
        let parts = tables.map(|table| {
            format!("SELECT '{table}', CAST(count(*) AS text) FROM {table} WHERE tenant_id = {of}")
        });
        let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
        let counts = self.pairs(sql).await.into_iter();
        counts.map(|(table, count)| (table, count.parse().expect("a number"))).collect()
    }

    fn literal(&self, tenant: TenantId) -> String {
        match self {
            Self::Lite(_) => format!("x'{}'", tenant.0.simple()),
            Self::Post(_) => format!("'{}'::uuid", tenant.0),
        }
    }

    /// Every row of every table of these tenants, each table in the order of its keys, without the
    /// tenant itself.
    pub(crate) async fn dump(&mut self, tenants: &[TenantId]) -> BTreeMap<TenantId, Vec<String>> {
        let mut all: BTreeMap<TenantId, Vec<String>> =
            tenants.iter().map(|tenant| (*tenant, Vec::new())).collect();
        let list: Vec<String> = tenants.iter().map(|tenant| self.literal(*tenant)).collect();
        for (table, order) in TABLES {
            let columns = self.columns(table).await;
            let text = columns.iter().map(|column| match self {
                Self::Lite(_) => format!("quote({column})"),
                Self::Post(_) => format!("coalesce({column}::text, 'NULL')"),
            });
            let text = text.collect::<Vec<_>>().join(" || ' ' || ");
            let tenant = match self {
                Self::Lite(_) => "hex(tenant_id)",
                Self::Post(_) => "tenant_id::text",
            };
            let sql = format!(
                "SELECT {tenant}, {text} FROM {table} WHERE tenant_id IN ({}) ORDER BY {order}",
                list.join(", ")
            );
            for (tenant, row) in self.pairs(sql).await {
                let tenant = TenantId(tenant.parse().expect("an id"));
                all.get_mut(&tenant).expect("asked for").push(format!("{table}: {row}"));
            }
        }
        all
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let sql = match self {
            Self::Lite(_) => format!("SELECT name, '' FROM pragma_table_info('{table}')"),
            Self::Post(_) => format!(
                "SELECT column_name::text, '' FROM information_schema.columns \
                 WHERE table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        let names = self.pairs(sql).await.into_iter().map(|(name, _)| name);
        names.filter(|name| name != "tenant_id").collect()
    }
}

/// Text with ids counted in the order in which they appear, and instants taken out: what is left is
/// the same for the same history at another time.
#[derive(Default)]
pub(crate) struct Plain {
    ids: BTreeMap<String, usize>,
}

/// Numbers of so many digits are instants in microseconds.
const INSTANT_DIGITS: usize = 15;

impl Plain {
    pub(crate) fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let hyphened = rest.get(..36).is_some_and(|t| {
                t.char_indices().all(|(at, c)| match at {
                    8 | 13 | 18 | 23 => c == '-',
                    _ => c.is_ascii_hexdigit(),
                })
            });
            let run = rest.chars().take_while(char::is_ascii_hexdigit).count();
            let taken = if hyphened { 36 } else { run.max(first.len_utf8()) };
            let word = &rest[..taken];
            if hyphened || run == 32 {
                let count = self.ids.len();
                let id = word.replace('-', "").to_lowercase();
                out.push_str(&format!("#{}", self.ids.entry(id).or_insert(count)));
            } else if run >= INSTANT_DIGITS && word.bytes().all(|b| b.is_ascii_digit()) {
                out.push('T');
            } else {
                out.push_str(word);
            }
            rest = &rest[taken..];
        }
        out
    }
}
