//! Running one statement: parameters in, rows out.

use super::super::{StoreError, Value, flow::NobodyReads};
use rusqlite::{
    Connection, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

/// Runs a writing statement and counts the rows it touched.
pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    let rows = statement.raw_execute()?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}

/// Hands every row to `take`.
pub(super) fn select(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    mut take: impl FnMut(Vec<Value>),
) -> Result<(), StoreError> {
    visit(connection, sql, params, |values| {
        take(values);
        Ok(())
    })
}

/// Hands rows to `take` until it has had enough.
pub(super) fn visit(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    mut take: impl FnMut(Vec<Value>) -> Result<(), NobodyReads>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values: Result<Vec<Value>, StoreError> =
            (0..columns).map(|column| value(row.get_ref(column)?)).collect();
        if take(values?).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// SQLite takes `$2` for a name and numbers parameters as they come, so each finds its value by
/// its name.
fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), StoreError> {
    let mut highest = 0;
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).and_then(|name| name.strip_prefix('$'));
        let number = name.and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0);
        let value = number.checked_sub(1).and_then(|place| params.get(place));
        let value = value.ok_or_else(|| StoreError::invalid("a parameter has no value"))?;
        statement.raw_bind_parameter(index, value)?;
        highest = highest.max(number);
    }
    if highest == params.len() {
        Ok(())
    } else {
        Err(StoreError::invalid("there are more values than parameters"))
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Null => ValueRef::Null,
        }))
    }
}

fn value(value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => {
            Value::Text(std::str::from_utf8(text).map_err(StoreError::invalid)?.to_owned())
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Null => Value::Null,
        ValueRef::Real(_) => return Err(StoreError::invalid("no column holds fractions")),
    })
}
