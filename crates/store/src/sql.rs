//! The little that differs between the two databases, and how many rows travel in one statement:
//! PostgreSQL gets one array per column, SQLite a list of row values. Placeholders are `$n` in the
//! text of both. Arrays cannot hold NULL, so a nullable column sends a value nobody stores and
//! takes it out again.

use crate::error::{Result, StoreError};
use sea_orm::sea_query::{ArrayType, ColumnType};
use sea_orm::{DbBackend, Statement, Value};
use std::fmt::Write;
use uuid::Uuid;

/// Which database this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// SQLite, a file beside the process.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl DatabaseKind {
    pub(crate) const fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// A statement of text and values.
    pub(crate) fn statement(self, sql: impl Into<String>, values: Vec<Value>) -> Statement {
        let mut sql = sql.into();
        if self == Self::Sqlite
            && let Some(nameless) = nameless(&sql, values.len())
        {
            sql = nameless;
        }
        Statement::from_sql_and_values(self.backend(), sql, values)
    }
}

/// The text with `?` for `$1`, `$2`, … where they stand in order and once each, as SQLite wants
/// them: it keeps `$n` as a name, and looks through all names for each value that is bound, so that
/// a thousand rows would cost the square of their values.
fn nameless(sql: &str, values: usize) -> Option<String> {
    let mut parts = sql.split('$');
    let mut text = parts.next()?.to_owned();
    let mut count = 0;
    for part in parts {
        count += 1;
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (place, rest) = part.split_at(digits);
        if place.parse() != Ok(count) {
            return None;
        }
        text.push('?');
        text.push_str(rest);
    }
    (count == values).then_some(text)
}

/// The column types the house uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Uuid,
    Small,
    Int,
    Big,
    Bool,
    Text,
    Bytes,
}

impl Type {
    /// The type of an entity's column.
    pub(crate) fn of(column: &ColumnType) -> Self {
        match column {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::SmallInteger => Self::Small,
            ColumnType::Integer => Self::Int,
            ColumnType::BigInteger => Self::Big,
            ColumnType::Boolean => Self::Bool,
            ColumnType::Text | ColumnType::String(_) => Self::Text,
            _ => Self::Bytes,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Small => "int2",
            Self::Int => "int4",
            Self::Big => "int8",
            Self::Bool => "bool",
            Self::Text => "text",
            Self::Bytes => "bytea",
        }
    }

    const fn array(self) -> ArrayType {
        match self {
            Self::Uuid => ArrayType::Uuid,
            Self::Small => ArrayType::SmallInt,
            Self::Int => ArrayType::Int,
            Self::Big => ArrayType::BigInt,
            Self::Bool => ArrayType::Bool,
            Self::Text => ArrayType::String,
            Self::Bytes => ArrayType::Bytes,
        }
    }

    /// What stands for NULL in an array, and the same as SQL text.
    fn sentinel(self) -> (Value, &'static str) {
        match self {
            Self::Uuid => (Uuid::nil().into(), "'00000000-0000-0000-0000-000000000000'::uuid"),
            Self::Small => (i16::MIN.into(), "'-32768'::int2"),
            Self::Int => (i32::MIN.into(), "'-2147483648'::int4"),
            Self::Big => (i64::MIN.into(), "'-9223372036854775808'::int8"),
            Self::Bool | Self::Text => (String::new().into(), "''"),
            Self::Bytes => (Vec::<u8>::new().into(), "''::bytea"),
        }
    }

    /// `expression` with the sentinel taken out.
    pub(crate) fn nullable(self, expression: &str) -> String {
        format!("NULLIF({expression}, {})", self.sentinel().1)
    }
}

/// Values by column, all columns of one length.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(Type, Vec<Value>)>,
    rows: usize,
}

impl Table {
    /// An empty table of these types.
    pub(crate) fn new(types: impl IntoIterator<Item = Type>) -> Self {
        Self { columns: types.into_iter().map(|t| (t, Vec::new())).collect(), rows: 0 }
    }

    /// Adds a row; it has as many values as the table has columns.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        for ((_, column), value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.rows += 1;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Refuses text with a NUL byte: PostgreSQL cannot hold it, so neither may SQLite.
    pub(crate) fn refuse_nul(&self) -> Result<()> {
        for (_, column) in self.columns.iter().filter(|(t, _)| *t == Type::Text) {
            for value in column {
                refuse_nul(value)?;
            }
        }
        Ok(())
    }

    /// One array per column, NULL replaced by its sentinel.
    pub(crate) fn arrays(self) -> Vec<Value> {
        self.columns
            .into_iter()
            .map(|(kind, mut values)| {
                for value in &mut values {
                    if !is_some(value) {
                        *value = kind.sentinel().0;
                    }
                }
                Value::Array(kind.array(), Some(Box::new(values)))
            })
            .collect()
    }

    /// `$first::uuid[], $next::int2[], …`
    pub(crate) fn array_places(&self, first: usize) -> String {
        let mut text = String::new();
        for (i, (kind, _)) in self.columns.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}${}::{}[]", first + i, kind.name());
        }
        text
    }

    /// The rows cut into pieces of at most `size(left)` rows, each as values row by row.
    pub(crate) fn pieces(self, size: impl Fn(usize) -> usize) -> Vec<(usize, Vec<Value>)> {
        let width = self.columns.len();
        let mut columns: Vec<_> = self.columns.into_iter().map(|(_, v)| v.into_iter()).collect();
        let mut left = self.rows;
        let mut pieces = Vec::new();
        while left > 0 {
            let rows = size(left).clamp(1, left);
            let mut values = Vec::with_capacity(rows * width);
            for _ in 0..rows {
                values.extend(columns.iter_mut().filter_map(Iterator::next));
            }
            pieces.push((rows, values));
            left -= rows;
        }
        pieces
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }
}

/// `($first, $next), (…)` for so many rows of so many values.
pub(crate) fn row_places(first: usize, rows: usize, width: usize) -> String {
    let mut text = String::with_capacity(rows * width * 5);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}${}", first + row * width + column);
        }
        text.push(')');
    }
    text
}

fn is_some(value: &Value) -> bool {
    match value {
        Value::Uuid(v) => v.is_some(),
        Value::SmallInt(v) => v.is_some(),
        Value::Int(v) => v.is_some(),
        Value::BigInt(v) => v.is_some(),
        Value::Bool(v) => v.is_some(),
        Value::String(v) => v.is_some(),
        Value::Bytes(v) => v.is_some(),
        _ => true,
    }
}

/// Refuses a text value with a NUL byte in it.
pub(crate) fn refuse_nul(value: &Value) -> Result<()> {
    match value {
        Value::String(Some(text)) if text.contains('\0') => {
            Err(StoreError::Poison("text with a NUL byte".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The condition that `column` is one of `values`, which are appended to `bound`.
pub(crate) fn one_of(
    kind: DatabaseKind,
    column: &str,
    of: Type,
    values: Vec<Value>,
    bound: &mut Vec<Value>,
) -> String {
    let first = bound.len() + 1;
    match kind {
        DatabaseKind::Postgres => {
            bound.push(Value::Array(of.array(), Some(Box::new(values))));
            format!("{column} = ANY (${first}::{}[])", of.name())
        }
        DatabaseKind::Sqlite => {
            let places: Vec<String> =
                (first..first + values.len()).map(|n| format!("${n}")).collect();
            bound.extend(values);
            format!("{column} IN ({})", places.join(", "))
        }
    }
}

/// Bytes as a value.
pub(crate) fn bytes(of: &[u8]) -> Value {
    Value::from(of.to_vec())
}

#[cfg(test)]
mod tests {
    use super::{nameless, row_places};

    #[test]
    fn places_in_order_lose_their_names_and_others_keep_them() {
        let rows = format!("INSERT INTO t VALUES {}", row_places(1, 2, 2));
        assert_eq!(nameless(&rows, 4).as_deref(), Some("INSERT INTO t VALUES (?, ?), (?, ?)"));
        assert_eq!(nameless("SELECT 1", 0).as_deref(), Some("SELECT 1"));
        for (sql, values) in [("a = $1 OR b = $1", 1), ("$2, $1", 2), ("$1", 2), ("'$'", 1)] {
            assert_eq!(nameless(sql, values), None, "{sql}");
        }
    }
}
