//! What the record says of a login.

use super::Login;
use crate::{
    Millis,
    name::Name,
    wire::text::{Label, Method},
};
use serde_json::{Map, Value};

/// One pair.
pub(super) fn text(key: &str, value: &str) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value.into())])
}

/// Who, from where, how long after the beginning; and `more`.
pub(super) fn detail(login: &Login, now: Millis, more: Map<String, Value>) -> Map<String, Value> {
    let mut detail = more;
    let mut put = |key: &str, value: Value| {
        detail.insert(key.to_owned(), value);
    };
    put("user", login.name.as_str().into());
    put("first_factor", login.first_factor.word().into());
    put("after_ms", now.since(login.created).into());
    if login.autologin {
        put("autologin", true.into());
    }
    if let Some(address) = login.client.address {
        put("address", address.to_string().into());
    }
    let told = [
        ("certificate", login.certificate.as_ref().map(Name::as_str)),
        ("method", login.method.as_ref().map(Method::word)),
        ("platform", login.client.platform.as_ref().map(Label::as_str)),
        ("program", login.client.program.as_ref().map(Label::as_str)),
        ("server", login.server.name.as_ref().map(Label::as_str)),
    ];
    for (key, value) in told {
        if let Some(value) = value {
            put(key, value.into());
        }
    }
    detail
}
