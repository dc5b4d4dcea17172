//! What happened to one user, and what the user did.

use super::{account, called, state};
use crate::{
    admin::{
        accounts::Account,
        record::{self, Entry, Filter, actions::event_words},
    },
    portal::{
        Access, Portal,
        badge::Badge,
        error::PortalError,
        logins::words::{factor_words, reason_words},
        nav::Place,
        page::{Chrome, render},
        routes::{Route, get},
        who::Who,
    },
};
use askama::Template;
use authx_core::{LoginId, Millis, role::Permission};
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/users/{user}/log", Access::May(Permission::LogsRead), page)]
}

#[derive(Template)]
#[template(path = "portal/users/log.html")]
struct Log {
    chrome: Chrome,
    account: Account,
    state: Badge,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    more: String,
    application: String,
    by: String,
    at: Millis,
    login: Option<LoginId>,
    code: String,
}

impl Row {
    fn of(entry: Entry) -> Self {
        let text = |key: &str| entry.detail.get(key).and_then(|value| value.as_str());
        // Of a login, `by` is what let somebody in; of a deed, also one about a login, who did it.
        let steps = entry.login_id.is_some() && !entry.detail.contains_key("by_id");
        let factor = text("factor").or(text("by").filter(|_| steps));
        let more = text("reason").map(reason_words).or(factor.map(factor_words));
        Self {
            what: event_words(&entry.event),
            more: more.unwrap_or_default(),
            by: text("by").filter(|_| !steps).unwrap_or_default().to_owned(),
            at: entry.at.0,
            login: entry.login_id,
            application: entry.application.unwrap_or_default(),
            code: entry.support_code.unwrap_or_default(),
        }
    }
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let filter = Filter { user: Some(account.id), ..Filter::default() };
    let newest = record::newest(portal.app(), who.tenant(), &filter, NEWEST).await?;
    let chrome = who.chrome(&portal, called(&account), Place::Users);
    let state = state(&chrome, &account);
    let rows = newest.into_iter().rev().map(Row::of).collect();
    Ok(render(&Log { chrome, account, state, rows }).into_response())
}

const NEWEST: u32 = 100;
