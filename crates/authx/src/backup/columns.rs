//! A row of a backup on its way.

use super::format::FormatError;
use crate::store::{Table, Value};

/// A row by the names of its columns.
pub(super) struct Columns {
    pub(super) table: &'static Table,
    pub(super) values: Vec<Value>,
}

impl Columns {
    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.table.place(column).and_then(|place| self.values.get(place))
    }

    pub(super) fn int(&self, column: &str) -> Result<i64, FormatError> {
        match self.value(column) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(FormatError::Broken("number")),
        }
    }

    pub(super) fn text(&self, column: &str) -> Result<&str, FormatError> {
        match self.value(column) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(FormatError::Broken("text")),
        }
    }

    pub(super) fn bytes(&self, column: &str) -> Result<&[u8], FormatError> {
        match self.value(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(FormatError::Broken("bytes")),
        }
    }

    pub(super) fn id(&self, column: &str) -> Result<[u8; 16], FormatError> {
        self.bytes(column)?.try_into().map_err(|_| FormatError::Broken("id"))
    }

    pub(super) fn set(&mut self, column: &str, value: Value) -> Result<(), FormatError> {
        let place = self.table.place(column).and_then(|place| self.values.get_mut(place));
        *place.ok_or(FormatError::Broken("column"))? = value;
        Ok(())
    }

    /// An account, without what lets it in without a second factor: that may have been ended.
    pub(super) fn without_bypass(&mut self) -> Result<bool, FormatError> {
        self.set("bypass_until", Value::Null)?;
        self.set("bypass", Value::Null)?;
        Ok(true)
    }
}

/// The table of that name.
pub(super) fn table(name: &str) -> Result<&'static Table, FormatError> {
    Table::named(name).ok_or(FormatError::Broken("table"))
}
