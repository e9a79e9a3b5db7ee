//! Writing many rows of one table in one statement. Columns, types and keys come from the entity,
//! so no table has a statement of its own that could fall behind it. The text of a statement is
//! made once per table.

use crate::sql::{DatabaseKind, Table, Type, row_places};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Statement,
    Value,
};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

/// How many values one SQLite statement carries at most; its own limit is 32,766.
const MAX_SQLITE_VALUES: usize = 16_000;

/// What happens to a row that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Conflict {
    /// It is replaced.
    Replace,
    /// It is an error.
    Refuse,
}

struct Shape {
    types: Vec<Type>,
    /// `INSERT INTO t (a, b)`
    insert: String,
    /// `a, NULLIF(b, …)`, of the arrays' names c0, c1, …
    select: String,
    /// `c0, c1`
    aliases: String,
    /// ` ON CONFLICT (…) DO UPDATE SET …`
    replace: String,
}

static SHAPES: LazyLock<RwLock<HashMap<TypeId, Arc<Shape>>>> = LazyLock::new(RwLock::default);

fn shape<E: EntityTrait>() -> Arc<Shape> {
    let id = TypeId::of::<E>();
    let known = SHAPES.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&id).cloned();
    known.unwrap_or_else(|| {
        let made = Arc::new(make_shape::<E>());
        let mut shapes = SHAPES.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        shapes.insert(id, Arc::clone(&made));
        made
    })
}

fn make_shape<E: EntityTrait>() -> Shape {
    let table = E::default();
    let keys: Vec<&str> = E::PrimaryKey::iter().map(|k| k.into_column().as_str()).collect();
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    let types: Vec<Type> = columns.iter().map(|c| Type::of(c.def().get_column_type())).collect();
    let select = columns.iter().enumerate().map(|(i, column)| {
        let name = format!("c{i}");
        if column.def().is_null() { types[i].nullable(&name) } else { name }
    });
    let set = names.iter().filter(|n| !keys.contains(n)).map(|n| format!("{n} = excluded.{n}"));
    let set: Vec<String> = set.collect();
    let select: Vec<String> = select.collect();
    let aliases: Vec<String> = (0..names.len()).map(|i| format!("c{i}")).collect();
    let keys = keys.join(", ");
    Shape {
        insert: format!("INSERT INTO {} ({})", table.table_name(), names.join(", ")),
        select: select.join(", "),
        aliases: aliases.join(", "),
        replace: format!(" ON CONFLICT ({keys}) DO UPDATE SET {}", set.join(", ")),
        types,
    }
}

/// Rows of one entity as values by column.
pub(crate) fn table_of<E, I>(rows: I) -> Table
where
    E: EntityTrait,
    I: IntoIterator<Item = E::Model>,
{
    let mut table = Table::new(shape::<E>().types.iter().copied());
    for row in rows {
        table.push(E::Column::iter().map(|column| row.get(column)));
    }
    table
}

/// The statements that write the table: one on PostgreSQL, one per piece on SQLite.
pub(crate) fn statements<E: EntityTrait>(
    kind: DatabaseKind,
    table: Table,
    conflict: Conflict,
) -> Vec<Statement> {
    let shape = shape::<E>();
    let replace = if conflict == Conflict::Replace { shape.replace.as_str() } else { "" };
    match kind {
        DatabaseKind::Postgres => {
            let sql = format!(
                "{} SELECT {} FROM unnest({}) AS u({}){replace}",
                shape.insert,
                shape.select,
                table.array_places(1),
                shape.aliases,
            );
            vec![kind.statement(sql, table.arrays())]
        }
        DatabaseKind::Sqlite => {
            let width = table.width();
            let piece = |left| sqlite_piece(left, width);
            let pieces = table.pieces(piece).into_iter();
            pieces
                .map(|(rows, values)| {
                    let places = row_places(1, rows, width);
                    let sql = format!("{} VALUES {places}{replace}", shape.insert);
                    kind.statement(sql, values)
                })
                .collect()
        }
    }
}

/// The largest power of two that fits: few different statements, so the prepared ones are found.
fn sqlite_piece(left: usize, width: usize) -> usize {
    let most = left.min(MAX_SQLITE_VALUES / width).max(1);
    1 << most.ilog2()
}

/// One statement that applies `sql` to each key: `{keys}` in it stands for a table `k` of the keys.
pub(crate) fn by_keys(kind: DatabaseKind, keys: Table, names: &str, sql: &str) -> Vec<Statement> {
    match kind {
        DatabaseKind::Postgres => {
            let from = format!("unnest({}) AS k({names})", keys.array_places(1));
            vec![kind.statement(sql.replace("{keys}", &from), keys.arrays())]
        }
        DatabaseKind::Sqlite => {
            let width = keys.width();
            let pieces = keys.pieces(|left| sqlite_piece(left, width)).into_iter();
            pieces
                .map(|(rows, values): (usize, Vec<Value>)| {
                    let places = row_places(1, rows, width);
                    let with = format!("WITH k({names}) AS (VALUES {places}) ");
                    kind.statement(with + &sql.replace("{keys}", "k"), values)
                })
                .collect()
        }
    }
}
