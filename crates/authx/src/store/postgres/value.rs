//! Values in PostgreSQL's binary form.

use super::super::{StoreError, Value};
use bytes::BytesMut;
use tokio_postgres::{
    Row, Statement,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// All columns of a row.
pub(super) fn values(row: &Row) -> Result<Vec<Value>, StoreError> {
    (0..row.len()).map(|column| row.try_get(column).map_err(StoreError::invalid)).collect()
}

/// Whether every parameter can hold its value; then encoding them cannot fail.
pub(super) fn fit(statement: &Statement, values: &[Value]) -> bool {
    let types = statement.params();
    types.len() == values.len() && values.iter().zip(types).all(|(value, ty)| fits(value, ty))
}

fn fits(value: &Value, ty: &Type) -> bool {
    match value {
        Value::Int(_) => *ty == Type::INT8,
        Value::Text(_) => *ty == Type::TEXT,
        Value::Bytes(_) => *ty == Type::BYTEA,
        Value::Null => true,
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        if !fits(self, ty) {
            return Err(format!("a parameter of type {ty} cannot hold {}", self.kind()).into());
        }
        match self {
            Self::Int(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
            Self::Null => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Int),
            Type::INT4 => i32::from_sql(ty, raw).map(|number| Self::Int(number.into())),
            Type::BOOL => bool::from_sql(ty, raw).map(Self::from),
            Type::TEXT => String::from_sql(ty, raw).map(Self::Text),
            Type::BYTEA => Vec::from_sql(ty, raw).map(Self::Bytes),
            _ => Err(format!("no column is of type {ty}").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
