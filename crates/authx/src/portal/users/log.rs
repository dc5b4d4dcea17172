//! What happened to one user, and what the user did.

use super::{account, beside, called, state};
use crate::{
    admin::{
        accounts::Account,
        record::{
            Entry,
            actions::event_words,
            of_user::{self, UserFilter},
        },
    },
    portal::{
        Access, Portal,
        badge::Badge,
        error::PortalError,
        listing::{Listing, Page, SIZE, Spec, Total},
        logins::{
            period,
            words::{self, factor_words, reason_words},
        },
        nav::Place,
        page::{Chrome, render},
        routes::{Route, get},
        who::Who,
    },
};
use askama::Template;
use authx_core::{LoginId, Millis, role::Permission};
use axum::{
    extract::{Path, RawQuery, State},
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
    /// The name to sign in with, where people call the user otherwise.
    beside: String,
    state: Badge,
    listing: Listing,
    page: Page<Row>,
    faults: Vec<String>,
    times: Vec<(String, String)>,
    first_visit: bool,
}

struct Row {
    seq: i64,
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
            seq: entry.seq,
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
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let path = format!("/users/{}/log", account.id);
    let listing = Listing::below(LOG, path, query.as_deref().unwrap_or_default());
    let chrome = who.chrome(&portal, called(&account), Place::Users);
    let mut faults = vec![];
    let (from, until) = period(&listing, &chrome.times, &mut faults);
    let steps = match listing.filter("what") {
        "logins" => Some(true),
        "changes" => Some(false),
        _ => None,
    };
    let filter = UserFilter { support_code: of_user::code(listing.search()), steps, from, until };
    let place = listing.place(|text| text.parse().ok(), &mut faults);
    let (app, tenant) = (portal.app(), who.tenant());
    let (entries, (count, more)) =
        of_user::some(app, tenant, account.id, &filter, place, listing.limit()).await?;
    let total = if more { Total::MoreThan(count) } else { Total::Exactly(count) };
    let rows = entries.into_iter().map(Row::of).collect();
    let page = listing.page(rows, |row: &Row| row.seq.to_string(), total);
    let view = Log {
        first_visit: page.rows.is_empty() && !listing.is_narrowed() && listing.cursor().is_none(),
        beside: beside(&account).unwrap_or_default().to_owned(),
        state: state(&chrome, &account),
        times: words::times(&listing),
        faults,
        page,
        listing,
        chrome,
        account,
    };
    Ok(render(&view).into_response())
}

const LOG: Spec = Spec {
    path: "/users",
    sorts: &["-at"],
    filters: &["what", "time", "from", "until"],
    size: SIZE,
};
