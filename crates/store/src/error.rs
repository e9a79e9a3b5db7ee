//! What can go wrong below the ledger, sorted by what the caller can do about it: try again, give
//! this one statement up, look at the commit again, or stop. Texts name codes, constraints and
//! columns, never values, because values are personal.

use sea_orm::{DbErr, RuntimeErr, sqlx};
use std::fmt;
use std::path::PathBuf;

/// Result of anything the store does.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store could not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The database could not be reached, was too busy or took too long; trying again may help.
    Unavailable(String),
    /// This very statement can never succeed: a constraint, a NUL byte, an overflow.
    Poison(String),
    /// Another process has the SQLite file open.
    SecondProcess(PathBuf),
    /// The configuration, or the role the database was reached with, is not acceptable.
    Config(String),
    /// What is stored cannot be understood or opened.
    Corrupt(String),
    /// The commit was sent and no clear answer came back: look for the batch id.
    UnknownCommit,
}

impl StoreError {
    /// Whether trying the same again later may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database is unavailable: {why}"),
            Self::Poison(why) => write!(f, "the statement can never succeed: {why}"),
            Self::SecondProcess(path) => {
                write!(f, "another process has {} open", path.display())
            }
            Self::Config(why) => write!(f, "the store is not configured correctly: {why}"),
            Self::Corrupt(what) => write!(f, "stored data cannot be understood: {what}"),
            Self::UnknownCommit => f.write_str("the outcome of the commit is unknown"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(why) => Self::Unavailable(why.to_string()),
            DbErr::Conn(RuntimeErr::SqlxError(e))
            | DbErr::Exec(RuntimeErr::SqlxError(e))
            | DbErr::Query(RuntimeErr::SqlxError(e)) => from_sqlx(e),
            DbErr::Conn(_) => Self::Unavailable("no connection".to_owned()),
            DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => {
                Self::Corrupt("a column has a type that does not fit".to_owned())
            }
            DbErr::Migration(why) => Self::Config(format!("migration: {why}")),
            _ => Self::Poison("the statement was refused before it was sent".to_owned()),
        }
    }
}

fn from_sqlx(error: &sqlx::Error) -> StoreError {
    use sqlx::Error as E;
    match error {
        E::Database(db) => from_database(db.as_ref()),
        E::Io(e) => StoreError::Unavailable(format!("input/output: {}", e.kind())),
        E::Tls(_) => StoreError::Unavailable("TLS".to_owned()),
        E::Protocol(_) => StoreError::Unavailable("protocol".to_owned()),
        E::PoolTimedOut => StoreError::Unavailable("no free connection".to_owned()),
        E::PoolClosed | E::WorkerCrashed => StoreError::Unavailable("closed".to_owned()),
        E::Configuration(_) | E::InvalidArgument(_) => {
            StoreError::Config("the database address cannot be understood".to_owned())
        }
        E::Encode(_) => StoreError::Poison("a value cannot be encoded".to_owned()),
        E::ColumnDecode { index, .. } => {
            StoreError::Corrupt(format!("column {index} has a type that does not fit"))
        }
        _ => StoreError::Corrupt("an answer of the database does not fit".to_owned()),
    }
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default().into_owned();
    let table = error.table().unwrap_or_default();
    let constraint = error.constraint().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        let text = format!("SQLSTATE {code} {table} {constraint}").trim_end().to_owned();
        return if is_transient_state(&code) {
            StoreError::Unavailable(text)
        } else {
            StoreError::Poison(text)
        };
    }
    from_sqlite(&code, error)
}

/// Classes of SQLSTATE after which the same statement may succeed later: connection, transaction
/// state, rollback by the server, resources, locks, operator, system and internal trouble.
fn is_transient_state(code: &str) -> bool {
    ["08", "25", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX"]
        .iter()
        .any(|class| code.starts_with(class))
}

/// Extended result codes carry their family in the lowest byte.
fn from_sqlite(code: &str, error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let number: i32 = code.parse().unwrap_or_default();
    match number & 0xff {
        // A constraint's text names columns only.
        19 => StoreError::Poison(format!("SQLite {code}: {}", error.message())),
        1 | 18 | 20 | 25 => StoreError::Poison(format!("SQLite {code}")),
        11 | 26 => StoreError::Corrupt(format!("SQLite {code}")),
        _ => StoreError::Unavailable(format!("SQLite {code}")),
    }
}

/// Whether a failed COMMIT was clearly answered with "no": the server said so itself, and not
/// while it was going away.
pub(crate) fn is_clear_refusal(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(e)) | DbErr::Query(RuntimeErr::SqlxError(e))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(db) = e.as_ref() else { return false };
    let code = db.code().unwrap_or_default();
    match db.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        Some(_) => !["08", "57", "58", "XX"].iter().any(|class| code.starts_with(class)),
        None => matches!(code.parse::<i32>().unwrap_or_default() & 0xff, 5 | 6 | 19),
    }
}
