//! `omnichannel audit` on the database of a running server, and what it finds when rows of the log
//! are changed, left out, moved, put in or cut off behind the server's back.

use crate::support::database::Database;
use crate::support::fixture::Case;
use omnichannel_sdk::v1;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::process::Output;

both!(alone ["log.level = \"warn\""];
    whole_logs_are_proven_while_the_server_runs,
    what_was_tampered_with_is_found_and_placed,
    a_tail_cut_off_with_its_head_takes_a_checkpoint,
    only_checkpoints_of_this_installation_count,
    a_damaged_row_is_named_and_the_rest_is_listed,
);

/// The code and what was printed.
fn audit(case: &Case, arguments: &[&str]) -> (i32, String) {
    let all = [&["audit"], arguments].concat();
    let Output { status, stdout, stderr } = case.server.run("config.toml", &all);
    let said = [stdout, stderr].concat();
    (status.code().expect("it ended by itself"), String::from_utf8_lossy(&said).into_owned())
}

/// Somebody with the password of the database and a mind to change it.
struct Intruder<'a> {
    case: &'a Case,
    tenant: String,
}

impl<'a> Intruder<'a> {
    async fn new(case: &'a Case) -> Self {
        let id = case.id.replace('-', "");
        let tenant = match case.server.database {
            Database::Sqlite => format!("X'{id}'"),
            Database::Postgres => format!("'{}'::uuid", case.id),
        };
        let intruder = Self { case, tenant };
        intruder.run("CREATE TABLE log_before AS SELECT * FROM log WHERE tenant_id = {t}").await;
        intruder.run("CREATE TABLE head_before AS SELECT * FROM head WHERE tenant_id = {t}").await;
        intruder
    }

    /// Runs statements with the tenant in place of `{t}`.
    async fn run(&self, sql: &str) {
        let sql = sql.replace("{t}", &self.tenant);
        let url = self.case.server.database_url();
        match self.case.server.database {
            Database::Sqlite => {
                let url = url.replace("sqlite:", "sqlite://");
                let mut connection = SqliteConnection::connect(&url).await.expect("it is there");
                connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("it is done");
            }
            Database::Postgres => {
                let mut connection = PgConnection::connect(url).await.expect("it is there");
                let name = format!("SET app.tenants = '{}'", self.case.id);
                connection.execute(sqlx::AssertSqlSafe(name)).await.expect("it is named");
                connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("it is done");
            }
        }
    }

    /// Puts everything back.
    async fn undo(&self) {
        self.run("DELETE FROM log WHERE tenant_id = {t}").await;
        self.run("INSERT INTO log SELECT * FROM log_before").await;
        self.run("DELETE FROM head WHERE tenant_id = {t}").await;
        self.run("INSERT INTO head SELECT * FROM head_before").await;
    }
}

/// A tenant with a history, whose server has ended, so that nothing is added to it.
async fn history(case: &Case) -> i64 {
    let queue = case.plain_queue().await;
    for _ in 0..6 {
        case.open(&queue).await;
    }
    let head = case.head().await;
    case.server.tell_to_end();
    assert!(case.server.ended().await.success());
    head
}

async fn whole_logs_are_proven_while_the_server_runs(case: Case) {
    let queue = case.plain_queue().await;
    case.open(&queue).await;
    let head = case.head().await;
    let (code, said) = audit(&case, &["verify"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("{} whole up to {head} ", case.id)), "{said}");
    assert!(said.contains("(system)"), "the platform's own log too: {said}");
    let (code, said) = audit(&case, &["verify", "--tenant", &case.name]);
    assert_eq!((code, said.lines().count()), (0, 1), "{said}");
    let (code, said) = audit(&case, &["verify", "--tenant", "nobody"]);
    assert_eq!(code, 1, "{said}");
    // The server goes on.
    case.open(&queue).await;
}

async fn what_was_tampered_with_is_found_and_placed(case: Case) {
    let head = history(&case).await;
    let intruder = Intruder::new(&case).await;
    let one = "tenant_id = {t} AND last_seq = (SELECT last_seq FROM log_before \
               ORDER BY last_seq LIMIT 1 OFFSET";
    let empty = match case.server.database {
        Database::Sqlite => "X'00'",
        Database::Postgres => "'\\x00'::bytea",
    };
    let other = "(SELECT o.{c} FROM log_before o ORDER BY o.last_seq LIMIT 1 OFFSET";
    let swap = |column: &str, of: u32| format!("{column} = {} {of})", other.replace("{c}", column));
    let swapped = |from: u32| {
        let columns = ["payload", "touched", "batch_id", "now", "seed", "hash", "prev_hash"];
        columns.map(|column| swap(column, from)).join(", ")
    };
    let copied = "tenant_id, last_seq + 1, day, first_seq + 1, batch_id, generation, now, seed, \
                  touched, payload, hash, hash";
    let changed = |column: &str, value: &str| {
        vec![format!("UPDATE log SET {column} = {value} WHERE {one} 3)")]
    };
    let newest = "last_seq = (SELECT max(last_seq) FROM log_before)";
    let tampering = [
        ("a changed payload", changed("payload", &format!("payload || {empty}"))),
        ("a changed time", changed("now", "now + 1")),
        ("a changed hash", changed("hash", "prev_hash")),
        ("a hash of another length", changed("hash", empty)),
        ("a hash before of another length", changed("prev_hash", empty)),
        ("a missing row", vec![format!("DELETE FROM log WHERE {one} 3)")]),
        ("a missing beginning", vec![format!("DELETE FROM log WHERE {one} 0)")]),
        ("a missing tail", vec![format!("DELETE FROM log WHERE tenant_id = {{t}} AND {newest}")]),
        (
            "two rows that changed places",
            vec![
                format!("UPDATE log SET {} WHERE {one} 3)", swapped(4)),
                format!("UPDATE log SET {} WHERE {one} 4)", swapped(3)),
            ],
        ),
        (
            "a row put in at the end",
            vec![format!("INSERT INTO log SELECT {copied} FROM log_before WHERE {newest}")],
        ),
        ("a missing log", vec!["DELETE FROM log WHERE tenant_id = {t}".to_owned()]),
        (
            "a head of another length",
            vec![format!("UPDATE head SET hash = {empty} WHERE tenant_id = {{t}}")],
        ),
    ];
    // PostgreSQL has types and partitions that keep these from being written.
    let untyped = [
        ("a batch id of another length", changed("batch_id", empty)),
        ("another day", changed("day", "day + 1")),
        ("a place that is text", changed("first_seq", "'x'")),
    ];
    let sqlite = case.server.database == Database::Sqlite;
    let untyped = untyped.into_iter().filter(|_| sqlite);
    let tampering = tampering.into_iter().chain(untyped);
    for (what, statements) in tampering {
        for sql in statements {
            intruder.run(&sql).await;
        }
        let (code, said) = audit(&case, &["verify", "--tenant", &case.id]);
        assert_eq!(code, 2, "{what}: {said}");
        let place = said.split("BROKEN at ").nth(1).and_then(|rest| rest.split(',').next());
        let place: i64 = place.and_then(|text| text.parse().ok()).expect("a place");
        assert!((1..=head + 1).contains(&place), "{what}: {said}");
        intruder.undo().await;
        let (code, said) = audit(&case, &["verify", "--tenant", &case.id]);
        assert_eq!(code, 0, "after {what} was undone: {said}");
    }
}

async fn a_damaged_row_is_named_and_the_rest_is_listed(case: Case) {
    let queue = case.plain_queue().await;
    for _ in 0..6 {
        case.open(&queue).await;
    }
    let head = case.head().await;
    let list = async |from_seq: i64| {
        let request = v1::ListAuditLogRequest { from_seq, page_size: 500, ..Default::default() };
        ok!(case.admin.admin().list_audit_log(request))
    };
    let whole = list(1).await;
    assert_eq!((whole.first_bad_seq, whole.entries.len() as i64), (0, head));
    let intruder = Intruder::new(&case).await;
    let row = "tenant_id = {t} AND last_seq = (SELECT last_seq FROM log_before \
               ORDER BY last_seq LIMIT 1 OFFSET 3)";
    let empty = match case.server.database {
        Database::Sqlite => "X'00'",
        Database::Postgres => "'\\x00'::bytea",
    };
    for column in ["payload", "hash"] {
        intruder.run(&format!("UPDATE log SET {column} = {empty} WHERE {row}")).await;
        let found = list(1).await;
        let last = found.entries.last().expect("those before it").seq;
        assert_eq!((found.first_bad_seq, found.next_page_token.as_str()), (last + 1, ""));
        assert!(last > 1 && last < head, "{column}: {last}");
        let rest = list(head).await;
        assert_eq!((rest.first_bad_seq, rest.entries.len()), (0, 1), "what lies behind it");
        intruder.undo().await;
    }
    assert_eq!(list(1).await.entries.len() as i64, head);
}

async fn a_tail_cut_off_with_its_head_takes_a_checkpoint(case: Case) {
    let head = history(&case).await;
    let (code, lines) = audit(&case, &["checkpoint"]);
    assert_eq!(code, 0, "{lines}");
    let mine = lines.lines().find(|line| line.contains(&case.id)).expect("a line for the tenant");
    assert!(mine.starts_with("omnichannel-checkpoint-1 ") && mine.contains(&format!(" {head} ")));
    case.server.write("kept", &lines);
    let (code, said) = audit(&case, &["verify", "--checkpoint", "kept"]);
    assert_eq!(code, 0, "{said}");
    let intruder = Intruder::new(&case).await;
    let last = "(SELECT max(last_seq) FROM log WHERE tenant_id = {t})";
    intruder.run(&format!("DELETE FROM log WHERE tenant_id = {{t}} AND last_seq = {last}")).await;
    let put_back = format!(
        "UPDATE head SET seq = {last}, hash = (SELECT hash FROM log WHERE tenant_id = {{t}} \
         AND last_seq = {last}) WHERE tenant_id = {{t}}"
    );
    intruder.run(&put_back).await;
    let (code, said) = audit(&case, &["verify", "--tenant", &case.id]);
    assert_eq!(code, 0, "a chain alone cannot see it: {said}");
    let (code, said) = audit(&case, &["verify", "--checkpoint", "kept"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(&format!("{} BROKEN at ", case.id)), "{said}");
}

async fn only_checkpoints_of_this_installation_count(case: Case) {
    let (_, lines) = audit(&case, &["checkpoint", "--tenant", &case.id]);
    let line = lines.trim();
    let forged = line.replacen(" 1", " 2", 1).replace(&case.id, &case.id.to_uppercase());
    for text in [forged.as_str(), "omnichannel-checkpoint-1 nothing", &line[..line.len() - 4]] {
        case.server.write("kept", text);
        let (code, said) = audit(&case, &["verify", "--checkpoint", "kept"]);
        assert_eq!(code, 1, "{text}: {said}");
        assert!(said.contains("kept, line 1"), "{said}");
    }
    case.server.write("kept", line);
    let (code, said) = audit(&case, &["verify", "--checkpoint", "kept"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("1 checkpoints held against the logs"), "{said}");
    // A file that was emptied, or that knows nothing of the log, proves nothing.
    let other = case.stranger().await;
    let (code, said) = audit(&case, &["verify", "--checkpoint", "kept", "--tenant", &other.id]);
    assert_eq!(code, 1, "{said}");
    case.server.write("kept", "");
    let (code, said) = audit(&case, &["verify", "--checkpoint", "kept"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("holds no checkpoint"), "{said}");
}
