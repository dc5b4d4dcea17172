//! The four kinds of value that both engines know.

use authx_core::Millis;

/// One parameter of a statement, or one column of a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// A number, a time in milliseconds, or 0 and 1 for no and yes.
    Int(i64),
    /// Text in UTF-8, without NUL (PostgreSQL cannot store it).
    Text(String),
    /// Bytes: ids, sealed records, digests.
    Bytes(Vec<u8>),
    /// Nothing.
    Null,
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Null => "nothing",
        }
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(yes.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u64> for Value {
    /// Numbers from 2⁶³, which neither engine holds, become 2⁶³−1: “later than anything”.
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Millis> for Value {
    fn from(at: Millis) -> Self {
        at.0.into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl From<authx_core::id::$id> for Value {
            fn from(id: authx_core::id::$id) -> Self {
                id.as_bytes().into()
            }
        }
    )*};
}

ids! {
    ApplicationId ApprovalId CallerCheckId DeliveryId EventId FactorId GroupId ImportId InvitationId
    KeyId LoginId PasskeyId PhoneId SessionId TenantId TokenId UserId
}
