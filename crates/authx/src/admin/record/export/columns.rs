//! What stands in the columns of each file.

use super::damaged;
use crate::admin::{
    AdminError,
    letters::Delivery,
    record::{Entry, actions::Action, logins::LoginItem, pushes::Push},
};
use authx_core::wire::login::Rfc3339;
use serde_json::Value;

fn said<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn time(at: Option<Rfc3339>) -> String {
    at.map(String::from).unwrap_or_default()
}

/// Of a login.
pub(super) fn login_cells(one: &LoginItem) -> Vec<String> {
    vec![
        time(Some(one.began)),
        time(one.ended),
        one.outcome.word().to_owned(),
        said(one.reason.as_ref()),
        said(one.factor.as_ref()),
        one.name.clone(),
        said(one.user.as_ref()),
        said(one.user_id.as_ref()),
        said(one.application.as_ref()),
        said(one.application_id.as_ref()),
        said(one.address.as_ref()),
        said(one.support_code.as_ref()),
        said(one.took_ms.as_ref()),
        said(one.approve_ms.as_ref()),
        time(one.reported),
        one.login_id.to_string(),
    ]
}

/// Of an entry, without its detail.
pub(super) fn entry_cells(one: &Entry) -> Vec<String> {
    vec![
        one.seq.to_string(),
        String::from(one.at),
        one.event.clone(),
        said(one.user.as_ref()),
        said(one.user_id.as_ref()),
        said(one.application.as_ref()),
        said(one.application_id.as_ref()),
        said(one.login_id.as_ref()),
        said(one.support_code.as_ref()),
    ]
}

/// Of a deed.
pub(super) fn action_cells(one: &Action) -> Result<Vec<String>, AdminError> {
    let mut cells = entry_cells(&one.entry);
    let code = cells.pop();
    cells.truncate(7);
    let part = |key: &str| one.entry.detail.get(key).map(Value::to_string).unwrap_or_default();
    let facts: serde_json::Map<String, Value> =
        one.facts.iter().map(|fact| (fact.field.clone(), fact.value.clone().into())).collect();
    cells.extend([said(one.by.as_ref()), said(one.by_id.as_ref()), part("before"), part("after")]);
    cells.push(serde_json::to_string(&facts).map_err(damaged)?);
    cells.extend(code);
    Ok(cells)
}

/// Of a mail.
pub(super) fn mail_cells(one: &Delivery) -> Vec<String> {
    vec![
        time(Some(one.created)),
        one.kind.clone(),
        one.state.to_owned(),
        said(one.user.as_ref()),
        said(one.user_id.as_ref()),
        said(one.to.as_ref()),
        one.tries.to_string(),
        time(one.next_try),
        time(one.ended),
        said(one.error.as_ref()),
        one.support_code.clone(),
        one.id.to_string(),
    ]
}

/// Of a request to a phone.
pub(super) fn push_cells(one: &Push) -> Vec<String> {
    vec![
        time(Some(one.created)),
        one.kind.clone(),
        one.state.clone(),
        said(one.user.as_ref()),
        one.user_id.to_string(),
        said(one.phone.as_ref()),
        one.phone_id.to_string(),
        said(one.application.as_ref()),
        time(one.arrived),
        said(one.arrived_by.as_ref()),
        said(one.support_code.as_ref()),
        one.login_id.to_string(),
    ]
}

pub(super) const MAIL: &[&str] = &[
    "created",
    "kind",
    "state",
    "user",
    "user_id",
    "to",
    "tries",
    "next_try",
    "ended",
    "error",
    "support_code",
    "delivery_id",
];
pub(super) const PHONES: &[&str] = &[
    "created",
    "kind",
    "state",
    "user",
    "user_id",
    "phone",
    "phone_id",
    "application",
    "arrived",
    "arrived_by",
    "support_code",
    "login_id",
];
pub(super) const LOGINS: &[&str] = &[
    "began",
    "ended",
    "outcome",
    "reason",
    "factor",
    "name",
    "user",
    "user_id",
    "application",
    "application_id",
    "address",
    "support_code",
    "took_ms",
    "approve_ms",
    "reported",
    "login_id",
];
pub(super) const ENTRIES: &[&str] = &[
    "seq",
    "at",
    "event",
    "user",
    "user_id",
    "application",
    "application_id",
    "login_id",
    "support_code",
    "detail",
];
pub(super) const ACTIONS: &[&str] = &[
    "seq",
    "at",
    "event",
    "user",
    "user_id",
    "application",
    "application_id",
    "by",
    "by_id",
    "before",
    "after",
    "facts",
    "support_code",
];
