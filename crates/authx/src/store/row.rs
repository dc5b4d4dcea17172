//! One row of an answer, read by column number.

use super::{StoreError, Value};
use authx_core::Millis;

/// One row; columns are counted from 0, in the order of the statement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    sql: &'static str,
    values: Vec<Value>,
}

/// Every reader fails with [`StoreError::Corrupt`] when the column is missing or of another kind.
#[expect(clippy::missing_errors_doc, reason = "said once, above, for all of them")]
impl Row {
    pub(super) fn new(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, values }
    }

    /// All columns.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// A number.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or_else(|| self.corrupt(column, "a number"))
    }

    /// A number, or nothing.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.values.get(column) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            Some(Value::Text(_) | Value::Bytes(_)) | None => Err(self.corrupt(column, "a number")),
        }
    }

    /// A number that is never negative: a count, a version.
    pub fn count(&self, column: usize) -> Result<u64, StoreError> {
        self.int(column)?.try_into().map_err(|_| self.corrupt(column, "a number from 0 up"))
    }

    /// A moment.
    pub fn millis(&self, column: usize) -> Result<Millis, StoreError> {
        self.count(column).map(Millis)
    }

    /// A moment, or nothing.
    pub fn opt_millis(&self, column: usize) -> Result<Option<Millis>, StoreError> {
        self.opt_int(column)?.map(|_| self.millis(column)).transpose()
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.opt_text(column)?.ok_or_else(|| self.corrupt(column, "text"))
    }

    /// A text, or nothing.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.values.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            Some(Value::Int(_) | Value::Bytes(_)) | None => Err(self.corrupt(column, "text")),
        }
    }

    /// Bytes.
    pub fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        self.opt_bytes(column)?.ok_or_else(|| self.corrupt(column, "bytes"))
    }

    /// Bytes, or nothing.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.values.get(column) {
            Some(Value::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Value::Null) => Ok(None),
            Some(Value::Int(_) | Value::Text(_)) | None => Err(self.corrupt(column, "bytes")),
        }
    }

    /// Exactly `N` bytes: an id (16), a digest (32).
    pub fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        self.opt_array(column)?.ok_or_else(|| self.corrupt(column, "bytes"))
    }

    /// Exactly `N` bytes, or nothing.
    pub fn opt_array<const N: usize>(&self, column: usize) -> Result<Option<[u8; N]>, StoreError> {
        self.opt_bytes(column)?
            .map(|bytes| bytes.try_into().map_err(|_| self.corrupt(column, "bytes of its length")))
            .transpose()
    }

    /// The error for a value that is of the right kind and still makes no sense; `wanted` says what
    /// would, such as “a state of a login”.
    pub fn corrupt(&self, column: usize, wanted: &'static str) -> StoreError {
        let found = self.values.get(column).map_or("no column", Value::kind);
        StoreError::Corrupt { sql: self.sql, column, found, wanted }
    }
}

macro_rules! ids {
    ($($id:ident: $one:ident $optional:ident)*) => {
        #[expect(clippy::missing_errors_doc, reason = "said above for all readers")]
        impl Row {$(
            #[doc = concat!("The [`", stringify!($id), "`](authx_core::id::", stringify!($id), ").")]
            pub fn $one(&self, column: usize) -> Result<authx_core::id::$id, StoreError> {
                self.array(column).map(authx_core::id::$id::from_bytes)
            }

            #[doc = concat!("The [`", stringify!($id), "`](authx_core::id::", stringify!($id), "), or nothing.")]
            pub fn $optional(&self, column: usize) -> Result<Option<authx_core::id::$id>, StoreError> {
                Ok(self.opt_array(column)?.map(authx_core::id::$id::from_bytes))
            }
        )*}
    };
}

ids! {
    ApplicationId: application opt_application
    ApprovalId: approval opt_approval
    CallerCheckId: caller_check opt_caller_check
    DeliveryId: delivery opt_delivery
    EventId: event opt_event
    FactorId: factor opt_factor
    GroupId: group opt_group
    ImportId: import opt_import
    InvitationId: invitation opt_invitation
    KeyId: key opt_key
    LoginId: login opt_login
    PasskeyId: passkey opt_passkey
    PhoneId: phone opt_phone
    SessionId: session opt_session
    TenantId: tenant opt_tenant
    TokenId: token opt_token
    UserId: user opt_user
}
