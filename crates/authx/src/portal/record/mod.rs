//! What administrators and users changed, and how long that is kept.

mod retention;

use super::{
    Access, Portal,
    around::{Around, applications, doers},
    error::PortalError,
    listing::{Listing, Page, SIZE, Spec, Total},
    logins::{export::answer, period, words},
    nav::Place,
    page::{Chrome, render},
    routes::{Route, get},
    who::Who,
};
use crate::admin::record::{
    actions::{self, Action, ActionFilter, Difference, Fact, Towards},
    codes::Log,
    export::What,
};
use askama::Template;
use authx_core::{Millis, role::Permission};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/record", Access::May(Permission::RecordRead), list),
        get("/record/export", Access::May(Permission::LogsExport), export),
    ];
    routes.extend(retention::routes());
    routes
}

const RECORD: Spec = Spec {
    path: "/record",
    sorts: &["-at"],
    filters: &["kind", "time", "user", "by", "application", "from", "until", "live"],
    size: SIZE,
};

#[derive(Template)]
#[template(path = "portal/record/list.html")]
struct List {
    chrome: Chrome,
    listing: Listing,
    page: Page<Row>,
    faults: Vec<String>,
    around: Around,
    /// The address that this page asks again by itself; empty while it does not.
    live: String,
    kinds: Vec<(String, String)>,
    doers: Vec<(String, String)>,
    applications: Vec<(String, String)>,
    times: Vec<(String, String)>,
    may_export: bool,
}

struct Row {
    seq: String,
    what: String,
    about: String,
    by: String,
    at: Millis,
    code: String,
    changes: Vec<Difference>,
    facts: Vec<Fact>,
    summary: String,
}

async fn list(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let (app, tenant) = (portal.app(), who.tenant());
    let listing = Listing::new(RECORD, query.as_deref().unwrap_or_default());
    let chrome = who.chrome(&portal, "Admin actions", Place::Record);
    let mut faults = vec![];
    let filter = filter(&portal, &who, &listing, &chrome, &mut faults).await?;
    let towards = towards(&listing, &mut faults);
    let (found, (count, more)) =
        actions::some(app, tenant, &filter, towards, listing.limit()).await?;
    let total = if more { Total::MoreThan(count) } else { Total::Exactly(count) };
    let rows = found.into_iter().map(Row::of).collect();
    let kinds = actions::kinds(app, tenant).await?;
    let view = List {
        page: listing.page(rows, |row| row.seq.clone(), total),
        faults,
        kinds: std::iter::once((String::new(), "Any action".to_owned())).chain(kinds).collect(),
        times: words::times(&listing),
        around: Around::of(&portal, &who, &listing, Log::Actions).await?,
        live: listing.live(),
        doers: doers(&portal, &who, listing.filter("by")).await?,
        applications: applications(&portal, &who, &listing).await?,
        may_export: who.may(Permission::LogsExport),
        listing,
        chrome,
    };
    Ok(render(&view).into_response())
}

async fn export(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let query = query.unwrap_or_default();
    let chrome = who.chrome(&portal, "", Place::Record);
    let listing = Listing::new(RECORD, &query);
    let filter = filter(&portal, &who, &listing, &chrome, &mut vec![]).await?;
    answer(&portal, &who, What::Actions(filter), &query).await
}

async fn filter(
    portal: &Portal,
    who: &Who,
    listing: &Listing,
    chrome: &Chrome,
    faults: &mut Vec<String>,
) -> Result<ActionFilter, PortalError> {
    let given = |name: &str| Some(listing.filter(name)).filter(|text| !text.is_empty());
    let (from, until) = period(listing, &chrome.times, faults);
    let mut id = |name: &str| {
        let read = given(name).map(|text| text.parse().map_err(|_| text));
        read.and_then(|read| {
            read.map_err(|text| faults.push(format!("“{text}” is no user’s id."))).ok()
        })
    };
    let (user, by) = (id("user"), id("by"));
    let application = given("application").and_then(|text| {
        let read = text.parse();
        read.map_err(|_| faults.push(format!("“{text}” is no application."))).ok()
    });
    let kind = given("kind").map(str::to_owned);
    let filter = ActionFilter { support_code: None, kind, user, application, by, from, until };
    Ok(actions::search(portal.app(), who.tenant(), listing.search(), filter).await?)
}

fn towards(listing: &Listing, faults: &mut Vec<String>) -> Towards {
    let (place, newer) = listing.place(|text| text.parse().ok(), faults);
    Towards::from(place, newer)
}

/// Who did what has no other doer in the record.
fn own(event: &str) -> &'static str {
    if event.starts_with("mail_") || event == "entries_removed" { "AuthX" } else { "" }
}

impl Row {
    fn of(action: Action) -> Self {
        let entry = action.entry;
        let named = |key: &str| {
            action.facts.iter().find(|fact| fact.field == key).map(|fact| fact.value.clone())
        };
        let about = entry.user.or(entry.application).or_else(|| named("name"));
        let summary = match action.changes.len() {
            0 => "More".to_owned(),
            1 => "1 value changed".to_owned(),
            many => format!("{many} values changed"),
        };
        Self {
            seq: entry.seq.to_string(),
            what: action.what,
            about: about.unwrap_or_default(),
            // What nobody did, AuthX did by itself; people are named by what they did.
            by: action.by.unwrap_or_else(|| own(&entry.event).to_owned()),
            at: entry.at.0,
            code: entry.support_code.unwrap_or_default(),
            changes: action.changes,
            facts: action.facts,
            summary,
        }
    }
}
