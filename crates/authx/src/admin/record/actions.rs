//! What administrators and users changed, with what was before and what is after.

use super::{
    super::AdminError,
    Entry, Page,
    codes::{Sought, sought},
    entry,
    page::MOST_COUNTED,
};
use crate::{app::App, store::record as stored};
use authx_core::{TenantId, UserId};
use serde::Serialize;
use serde_json::{Map, Value};

pub use stored::ActionFilter;

/// One deed.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Action {
    /// As recorded.
    #[serde(flatten)]
    pub entry: Entry,
    /// In words: *Policy set*.
    pub what: String,
    /// Who did it: an account of the portal, of the operating system, or `policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The account of the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// What was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Difference>,
    /// What else is known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// One value that was changed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// Which, with dots between its levels.
    pub field: String,
    /// Before; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// After; absent where there is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// One value that says more.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Fact {
    /// Which.
    pub field: String,
    /// What.
    pub value: String,
}

/// Which way a list of deeds is read: by the ordinal of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Towards {
    /// To newer ones.
    Newer(i64),
    /// To older ones; from the newest without a place.
    Older(Option<i64>),
}

impl Towards {
    /// From an entry, or from the end, one way or the other.
    pub fn from(seq: Option<i64>, newer: bool) -> Self {
        if newer { Self::Newer(seq.unwrap_or(0)) } else { Self::Older(seq) }
    }
}

/// One page of what was done, newest first, and how many deeds fit.
///
/// # Errors
///
/// [`AdminError::Store`]; [`AdminError::Damaged`] for a detail that is no JSON.
pub async fn list(
    app: &App,
    tenant: TenantId,
    filter: &ActionFilter,
    mut towards: Towards,
    most: u32,
) -> Result<Page<Action>, AdminError> {
    let one_more = i64::from(most).saturating_add(1);
    let size = usize::try_from(most).unwrap_or(usize::MAX);
    let read = |towards| {
        let (from, newer) = match towards {
            Towards::Newer(from) => (from, true),
            Towards::Older(from) => (from.unwrap_or(i64::MAX), false),
        };
        stored::actions(&app.store, tenant, filter, from, newer, one_more)
    };
    let mut rows = read(towards).await?;
    if matches!(towards, Towards::Newer(_)) && rows.len() <= size {
        towards = Towards::Older(None);
        rows = read(towards).await?;
    }
    let limit = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let counted = stored::count_actions(&app.store, tenant, filter, limit).await?;
    let moved = match towards {
        Towards::Newer(_) => (true, true),
        Towards::Older(place) => (place.is_some(), false),
    };
    let actions = rows.into_iter().map(|row| entry(row).map(action));
    let actions = actions.collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(actions, size, counted, moved, |action| action.entry.seq.to_string()))
}

/// At most `most` deeds in the order in which they are read: from a place to older or to newer
/// ones; with how many fit, and whether there are more than were counted.
///
/// # Errors
///
/// As [`list`].
pub async fn some(
    app: &App,
    tenant: TenantId,
    filter: &ActionFilter,
    towards: Towards,
    most: u32,
) -> Result<(Vec<Action>, (u64, bool)), AdminError> {
    let (from, newer) = match towards {
        Towards::Newer(from) => (from, true),
        Towards::Older(from) => (from.unwrap_or(i64::MAX), false),
    };
    let store = &app.store;
    let mut rows = stored::actions(store, tenant, filter, from, newer, most.into()).await?;
    if newer {
        rows.reverse();
    }
    let limit = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let counted = stored::count_actions(store, tenant, filter, limit).await?;
    let found = rows.into_iter().map(|row| entry(row).map(action));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    Ok((found, (counted.min(MOST_COUNTED), counted > MOST_COUNTED)))
}

/// Narrows a filter by what somebody typed into the search field: a support code, or a user by
/// name, alias or id.
///
/// # Errors
///
/// [`AdminError`] that keeps everything from being found.
pub async fn search(
    app: &App,
    tenant: TenantId,
    text: &str,
    filter: ActionFilter,
) -> Result<ActionFilter, AdminError> {
    Ok(match sought(app, tenant, text).await? {
        None => filter,
        Some(Sought::Code(code)) => ActionFilter { support_code: Some(code), ..filter },
        Some(Sought::User(user)) => ActionFilter { user: Some(user), ..filter },
    })
}

/// Which kinds of deeds a tenant's record knows: as stored, and in words.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn kinds(app: &App, tenant: TenantId) -> Result<Vec<(String, String)>, AdminError> {
    let kinds = stored::action_kinds(&app.store, tenant).await?;
    Ok(kinds.into_iter().map(|kind| (kind.clone(), event_words(&kind))).collect())
}

/// What an entry tells of, where its kind alone would not say it to people.
pub fn event_words(kind: &str) -> String {
    let words = match kind {
        "caller_denied" => "Caller denied by the user",
        "code_confirmed" => "Authenticator app confirmed",
        "code_offered" => "Authenticator app offered",
        "code_removed" => "Authenticator app removed",
        "fraud_reported" => "“Not me” reported",
        "invitation_made" => "Invited to enrol a phone",
        "invitation_spent" => "Invitation used",
        "login_allowed" => "Login granted",
        "login_reported" => "Login reported as “not me”",
        "password_forgotten" => "Link for a forgotten password",
        "phone_credential" => "Phone’s lock bound",
        "portal_invited" => "Invited to the portal",
        "portal_signed_in" => "Signed in to the portal",
        "tenant_created" => "Company created",
        "portal_signed_out" => "Signed out of the portal",
        "portal_stepped_up" => "Second factor given once more",
        "recovery_made" => "Recovery codes made",
        "restored" => "Restored from a backup",
        "session_ended" => "Remembered sign-in ended",
        "session_renewed" => "Remembered sign-in goes on",
        "users_import_undone" => "Import of users undone",
        other => return in_words(other),
    };
    words.to_owned()
}

/// A kind of entry as people read it: `phone_moved` is *Phone moved*.
pub fn in_words(kind: &str) -> String {
    let mut words = kind.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// An entry, as a deed.
pub(super) fn action(mut entry: Entry) -> Action {
    let mut take = |key: &str| entry.detail.remove(key);
    let (before, after) = (take("before"), take("after"));
    let by = take("by").and_then(|by| by.as_str().map(str::to_owned));
    let by_id = take("by_id").and_then(|id| id.as_str().and_then(|id| id.parse().ok()));
    let mut changes = vec![];
    if before.is_some() || after.is_some() {
        compare("", before.as_ref(), after.as_ref(), &mut changes);
    }
    let facts = entry.detail.iter().filter(|(key, _)| !LONG.contains(&key.as_str()));
    let facts = facts.map(|(key, value)| Fact { field: key.clone(), value: text(value) }).collect();
    // The entry stays as it was recorded.
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            entry.detail.insert(key.to_owned(), value);
        }
    };
    put("before", before);
    put("after", after);
    put("by", by.clone().map(Value::from));
    put("by_id", by_id.map(|id: UserId| id.to_string().into()));
    Action { what: event_words(&entry.event), entry, by, by_id, changes, facts }
}

fn compare(
    field: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    if before == after {
        return;
    }
    let (None | Some(Value::Object(_)), None | Some(Value::Object(_))) = (before, after) else {
        let shown = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(text);
        let field = if field.is_empty() { "value" } else { field };
        found.push(Difference {
            field: field.to_owned(),
            before: shown(before),
            after: shown(after),
        });
        return;
    };
    let empty = Map::new();
    let object = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned();
    let (before, after) = (object(before), object(after));
    let (before, after) = (before.as_ref().unwrap_or(&empty), after.as_ref().unwrap_or(&empty));
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let inner = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
        compare(&inner, before.get(key), after.get(key), found);
    }
}

/// A value for people: texts as they are, lists with commas.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if all.iter().all(|one| !one.is_array() && !one.is_object()) => {
            all.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// What is read by programs.
const LONG: &[&str] = &["approval", "answer_key", "device_key", "box_key", "root"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(before: &Value, after: &Value) -> Vec<(String, String, String)> {
        let mut found = vec![];
        compare("", Some(before), Some(after), &mut found);
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        found.into_iter().map(|one| (one.field, shown(one.before), shown(one.after))).collect()
    }

    #[test]
    fn what_was_changed_is_said_value_by_value() {
        let before = json!({"factors": ["code"], "lifetimes": {"push_secs": 120}, "same": 1});
        let after = json!({"factors": ["code", "push"], "lifetimes": {}, "same": 1, "on": true});
        let words = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            differences(&before, &after),
            [
                words("factors", "code", "code, push"),
                words("lifetimes.push_secs", "120", "-"),
                words("on", "-", "yes"),
            ]
        );
        assert_eq!(differences(&json!("a"), &json!(null)), [words("value", "a", "-")]);
        assert_eq!(differences(&json!({}), &json!({})), []);
    }

    #[test]
    fn kinds_are_read_as_words() {
        assert_eq!(in_words("phone_moved"), "Phone moved");
        assert_eq!(in_words(""), "");
        assert_eq!(in_words("ärger_x"), "ärger x");
    }
}
