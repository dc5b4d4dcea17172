//! Who signed in, who could not, and why.

pub(super) mod export;
mod filter;
mod view;
pub(super) mod words;

use super::{
    Access, Portal,
    around::Around,
    error::PortalError,
    first_step::{FirstStep, first_step},
    listing::{Listing, Page, SIZE, Spec, Total},
    nav::Place,
    page::{Chrome, render},
    routes::{Route, get},
    who::Who,
};
use crate::admin::{
    applications,
    record::{codes::Log, logins, trace},
};
use askama::Template;
use authx_core::{LoginId, role::Permission, wire::text::SupportCode};
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse as _, Response},
};
pub(super) use filter::{own, period};
pub(super) use view::LastLogin;
use view::{Row, TraceView};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/logins", Access::May(Permission::LogsRead), list),
        get("/logins/export", Access::May(Permission::LogsExport), export::file),
        get("/logins/{id}", Access::May(Permission::LogsRead), one),
    ]
}

/// The last logins that fit, for the page of what they belong to.
pub(super) async fn last(
    portal: &Portal,
    who: &Who,
    filter: &logins::LoginFilter,
) -> Result<Vec<LastLogin>, PortalError> {
    let newest = logins::Towards::Older(None);
    let page = logins::list(portal.app(), who.tenant(), filter, newest, LAST).await?;
    Ok(page.items.into_iter().map(LastLogin::of).collect())
}

const LAST: u32 = 5;

const LOGINS: Spec = Spec {
    path: "/logins",
    sorts: &["-began"],
    filters: &[
        "outcome",
        "factor",
        "application",
        "reason",
        "time",
        "user",
        "from",
        "until",
        "live",
    ],
    size: SIZE,
};

#[derive(Template)]
#[template(path = "portal/logins/list.html")]
struct List {
    chrome: Chrome,
    listing: Listing,
    page: Page<Row>,
    /// What was wished for and makes no sense.
    faults: Vec<String>,
    first_visit: bool,
    /// The address that this page asks again by itself; empty while it does not.
    live: String,
    around: Around,
    outcomes: Vec<(String, String)>,
    factors: Vec<(String, String)>,
    applications: Vec<(String, String)>,
    reasons: Vec<(String, String)>,
    times: Vec<(String, String)>,
    may_export: bool,
    first_step: Option<FirstStep>,
    may_users: bool,
    none: String,
    hint: &'static str,
}

#[derive(Template)]
#[template(path = "portal/logins/one.html")]
struct One {
    chrome: Chrome,
    row: Row,
    trace: TraceView,
    may_users: bool,
}

async fn list(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let (app, tenant) = (portal.app(), who.tenant());
    let query = query.unwrap_or_default();
    let listing = Listing::new(LOGINS, &query);
    let chrome = who.chrome(&portal, "Logins", Place::Logins);
    let asked = filter::asked(app, tenant, &listing, &chrome.times).await?;
    let (items, counted) =
        logins::some(app, tenant, &asked.filter, asked.towards, listing.limit()).await?;
    let total = match counted {
        (count, true) => Total::MoreThan(count),
        (count, false) => Total::Exactly(count),
    };
    let read: Vec<_> = items.into_iter().map(|item| Row::of(item, &listing)).collect();
    let mut page = listing.page(read, |row| row.key.clone(), total);
    open(&portal, &who, &listing, &query, &mut page.rows).await?;
    let all = applications::with_portal(app, tenant).await?;
    let first_page = listing.cursor().is_none();
    let opened = page.rows.iter().any(|row| row.open.is_some());
    let first_visit = page.rows.is_empty() && !listing.is_narrowed() && first_page;
    let view = List {
        first_visit,
        live: if opened { String::new() } else { listing.live() },
        around: Around::of(&portal, &who, &listing, Log::Logins).await?,
        outcomes: words::outcomes(),
        factors: words::factors(),
        applications: words::applications(&all, listing.filter("application")),
        reasons: words::reasons(),
        times: words::times(&listing),
        may_export: who.may(Permission::LogsExport),
        first_step: if first_visit { first_step(&portal, &who).await? } else { None },
        may_users: who.may(Permission::UsersRead),
        none: none(listing.search()),
        hint: hint(listing.search()),
        faults: asked.faults,
        page,
        listing,
        chrome,
    };
    Ok(render(&view).into_response())
}

/// Opens the row that the address names, and one that a support code found alone.
async fn open(
    portal: &Portal,
    who: &Who,
    listing: &Listing,
    query: &str,
    rows: &mut [Row],
) -> Result<(), PortalError> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let wanted = pairs.find(|(name, _)| name == "open").and_then(|(_, id)| id.parse().ok());
    let by_code = SupportCode::try_from(listing.search().to_owned()).is_ok() && rows.len() == 1;
    let wanted: Option<LoginId> = wanted.or(rows.first().filter(|_| by_code).map(|row| row.id));
    let Some(row) = rows.iter_mut().find(|row| Some(row.id) == wanted) else { return Ok(()) };
    if let Some(trace) = trace::trace(portal.app(), who.tenant(), row.id).await? {
        row.open = Some(TraceView::of(&trace));
        row.link = listing.here();
    }
    Ok(())
}

async fn one(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let id: LoginId = id.parse().map_err(|_| PortalError::NotFound)?;
    let found = trace::trace(portal.app(), who.tenant(), id).await?;
    let trace = found.ok_or(PortalError::NotFound)?;
    let row = Row::of(trace.login.clone(), &Listing::new(LOGINS, ""));
    let title = format!("Login of {}", row.name);
    let view = One {
        chrome: who.chrome(&portal, &title, Place::Logins),
        row,
        trace: TraceView::of(&trace),
        may_users: who.may(Permission::UsersRead),
    };
    Ok(render(&view).into_response())
}

fn none(search: &str) -> String {
    if search.is_empty() {
        "No login matches".to_owned()
    } else {
        format!("No login matches “{search}”")
    }
}

/// What helps whoever typed a code wrongly.
fn hint(search: &str) -> &'static str {
    let like_code = search.len() == 6 && search.chars().all(|c| c.is_ascii_alphanumeric());
    if like_code && SupportCode::try_from(search.to_owned()).is_err() {
        return "Codes have no 0, O, 1, I or L.";
    }
    "Names, aliases, addresses and support codes are searched."
}
