//! The first version of every table, and on PostgreSQL the row-level security that lets a session
//! see only the tenants it named, even for the tables' owner. The tables themselves are in the SQL
//! file.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::sea_orm;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

const TABLES: &str = include_str!("m0001_init.sql");

/// The tenants a session named, evaluated once per statement because it is a sub-select; the cast
/// outside costs nothing and makes it an array to compare with, not rows.
const TENANTS: &str = "(SELECT string_to_array(nullif(current_setting('app.tenants', true), ''), \
     ',')::uuid[])::uuid[]";
const SWEEPING: &str = "(SELECT current_setting('app.sweep', true)) = 'on'";
const SYSTEM: &str = "'00000000-0000-0000-0000-000000000001'::uuid";

/// A batch's events are compressed as they are written, by the faster method where the server has
/// it: the older one costs a tenth of all its work for creates.
const FAST_COMPRESSION: &str = "DO $$ BEGIN \
     ALTER TABLE log ALTER COLUMN payload SET COMPRESSION lz4, \
     ALTER COLUMN touched SET COMPRESSION lz4; \
     EXCEPTION WHEN feature_not_supported THEN NULL; END $$";

/// Tables that work across tenants reads and updates; they hold nothing plain.
const SWEPT: &[&str] = &[
    "head",
    "tenant_due",
    "outbox",
    "inbox",
    "mailbox",
    "mail_sender",
    "attachment",
    "attachment_part",
];

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_init"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let postgres = db.get_database_backend() == DbBackend::Postgres;
        for statement in statements() {
            db.execute_unprepared(&dialect(&statement, postgres)).await?;
        }
        if postgres {
            db.execute_unprepared(FAST_COMPRESSION).await?;
            db.execute_unprepared("CREATE TABLE log_default PARTITION OF log DEFAULT").await?;
            db.execute_unprepared(&security()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn statements() -> Vec<String> {
    let code: Vec<&str> = TABLES.lines().filter(|line| !line.starts_with("--")).collect();
    let code = code.join("\n");
    code.split(';').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

fn dialect(statement: &str, postgres: bool) -> String {
    match postgres {
        true if statement.starts_with("CREATE TABLE log ") => {
            format!("{statement} PARTITION BY RANGE (day)")
        }
        true => statement.to_owned(),
        false => statement.replace(" uuid", " blob").replace(" bytea", " blob"),
    }
}

/// Policies for every table that has a tenant.
fn security() -> String {
    let mut sql = String::new();
    for statement in statements() {
        let Some(rest) = statement.strip_prefix("CREATE TABLE ") else { continue };
        let name = rest.split_whitespace().next().unwrap_or_default();
        if name == "tenant" {
            sql.push_str(&tenant_policy(name, "id"));
            sql.push_str(&format!(
                "CREATE POLICY platform ON tenant USING ({SYSTEM} = ANY ({TENANTS})) \
                 WITH CHECK ({SYSTEM} = ANY ({TENANTS}));"
            ));
        } else if statement.contains("tenant_id uuid") {
            sql.push_str(&tenant_policy(name, "tenant_id"));
        }
        if SWEPT.contains(&name) {
            sql.push_str(&format!(
                "CREATE POLICY sweep ON {name} USING ({SWEEPING}) WITH CHECK ({SWEEPING});"
            ));
        }
    }
    sql.push_str(&tenant_policy("log_default", "tenant_id"));
    sql
}

/// Statements that show rows of a table only to sessions that named their tenant. The CASE keeps
/// the planner from looking rows up by the policy, or from thinking that it leaves hardly any: our
/// own conditions name the tenant as well, and they are the ones to go by.
pub(super) fn tenant_policy(table: &str, column: &str) -> String {
    format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\
         CREATE POLICY tenants ON {table} \
         USING (CASE WHEN {column} = ANY ({TENANTS}) THEN true ELSE false END) \
         WITH CHECK ({column} = ANY ({TENANTS}));"
    )
}
