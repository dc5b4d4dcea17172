//! One entry of the record, as it happened and as it is stored.

use super::EventKind;
use crate::{
    Millis,
    fields::Fields,
    id::{ApplicationId, EventId, LoginId, TenantId, UserId},
};
use serde_json::{Map, Value};

/// Something that happened and must not be forgotten.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Whose record it stands in.
    pub tenant: TenantId,
    /// When.
    pub at: Millis,
    /// What.
    pub kind: EventKind,
    /// Whom it is about.
    pub user: Option<UserId>,
    /// Which application it is about.
    pub application: Option<ApplicationId>,
    /// Which login it is a step of.
    pub login: Option<LoginId>,
    /// The code under which the user can ask about it.
    pub support_code: Option<String>,
    /// More, by kind. Never a secret.
    pub detail: Map<String, Value>,
}

impl Event {
    /// The detail as it is stored and authenticated: JSON without spaces, keys in byte order.
    pub fn detail_text(&self) -> String {
        let mut out = String::new();
        write_object(&self.detail, &mut out);
        out
    }

    /// The row as which it is stored, but for its ordinal and MAC. `detail` is
    /// [`Self::detail_text`].
    pub(super) fn as_row<'a>(&'a self, detail: &'a str) -> Row<'a> {
        Row {
            seq: 0,
            id: self.id.as_bytes(),
            at: i64::try_from(self.at.0).unwrap_or(i64::MAX),
            kind: self.kind.as_str(),
            user: self.user.as_ref().map(|id| &id.as_bytes()[..]),
            application: self.application.as_ref().map(|id| &id.as_bytes()[..]),
            login: self.login.as_ref().map(|id| &id.as_bytes()[..]),
            support_code: self.support_code.as_deref(),
            detail,
            mac: &[],
        }
    }
}

/// An event's row exactly as the database has it: who could write there could write anything, so
/// nothing is assumed of the columns before the MAC has been checked.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Column `seq`: the ordinal that the database gave it.
    pub seq: i64,
    /// Column `id`.
    pub id: &'a [u8],
    /// Column `at`.
    pub at: i64,
    /// Column `kind`.
    pub kind: &'a str,
    /// Column `account`.
    pub user: Option<&'a [u8]>,
    /// Column `application`.
    pub application: Option<&'a [u8]>,
    /// Column `login`.
    pub login: Option<&'a [u8]>,
    /// Column `support_code`.
    pub support_code: Option<&'a str>,
    /// Column `detail`.
    pub detail: &'a str,
    /// Column `mac`.
    pub mac: &'a [u8],
}

impl Row<'_> {
    /// What the MAC of a tenant's event covers: everything but the ordinal, which only the database
    /// knows; the seal covers the order.
    pub(super) fn authenticated(&self, tenant: TenantId) -> Vec<u8> {
        Fields::new("authx event 1")
            .bytes(tenant.as_bytes())
            .bytes(self.id)
            .bytes(&self.at.to_be_bytes())
            .bytes(self.kind.as_bytes())
            .optional(self.user)
            .optional(self.application)
            .optional(self.login)
            .optional(self.support_code.map(str::as_bytes))
            .bytes(self.detail.as_bytes())
            .finish()
    }
}

/// Sorted here, because whether `serde_json` sorts depends on a feature that any dependency may
/// switch on.
fn write_object(object: &Map<String, Value>, out: &mut String) {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(object) => write_object(object, out),
        Value::Array(array) => {
            out.push('[');
            for (index, value) in array.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(value, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}
