//! What administrators and users changed, and how long that is kept.

mod retention;

use super::{
    Access, Portal,
    error::PortalError,
    listing::{Cursor, Listing, Page, SIZE, Spec, Total},
    logins::{export::answer, period, words},
    nav::Place,
    page::{Chrome, render},
    routes::{Route, get},
    who::Who,
};
use crate::admin::record::{
    actions::{self, Action, ActionFilter, Difference, Fact, Towards},
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
    filters: &["kind", "time", "user", "by", "application", "from", "until"],
    size: SIZE,
};

#[derive(Template)]
#[template(path = "portal/record/list.html")]
struct List {
    chrome: Chrome,
    listing: Listing,
    page: Page<Row>,
    faults: Vec<String>,
    kinds: Vec<(String, String)>,
    times: Vec<(String, String)>,
    export: Option<String>,
    none: &'static str,
}

struct Row {
    seq: String,
    what: String,
    about: String,
    by: String,
    at: Millis,
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
    let filter = filter(&listing, &chrome, &mut faults);
    let towards = towards(&listing, &mut faults);
    let limit = u32::try_from(listing.limit()).unwrap_or(u32::MAX);
    let (found, (count, more)) = actions::some(app, tenant, &filter, towards, limit).await?;
    let total = if more { Total::MoreThan(count) } else { Total::Exactly(count) };
    let rows = found.into_iter().map(Row::of).collect();
    let kinds = actions::kinds(app, tenant).await?;
    let view = List {
        page: listing.page(rows, |row| row.seq.clone(), total),
        faults,
        kinds: std::iter::once((String::new(), "Any action".to_owned())).chain(kinds).collect(),
        times: words::times(&listing),
        export: who.may(Permission::LogsExport).then(|| listing.at_path("/record/export")),
        none: "No action matches",
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
    let filter = filter(&Listing::new(RECORD, &query), &chrome, &mut vec![]);
    answer(&portal, &who, What::Actions(filter), &query).await
}

fn filter(listing: &Listing, chrome: &Chrome, faults: &mut Vec<String>) -> ActionFilter {
    let given = |name: &str| Some(listing.filter(name)).filter(|text| !text.is_empty());
    let (from, until) = period(listing, &chrome.times, faults);
    let mut id = |name: &str| {
        let read = given(name).map(|text| text.parse().map_err(|_| text));
        read.and_then(|read| {
            read.map_err(|text| faults.push(format!("“{text}” is no user’s id."))).ok()
        })
    };
    let (user, by) = (id("user"), id("by"));
    ActionFilter {
        kind: given("kind").map(str::to_owned),
        user,
        application: given("application").and_then(|text| text.parse().ok()),
        by,
        from,
        until,
    }
}

fn towards(listing: &Listing, faults: &mut Vec<String>) -> Towards {
    let mut place = |text: &str| {
        let read = text.parse().ok();
        if read.is_none() {
            faults.push("This address names no place in this list.".to_owned());
        }
        read
    };
    match listing.cursor() {
        None => Towards::Older(None),
        Some(Cursor::After(text)) => Towards::Older(place(text)),
        Some(Cursor::Before(text)) => place(text).map_or(Towards::Older(None), Towards::Newer),
    }
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
            changes: action.changes,
            facts: action.facts,
            summary,
        }
    }
}
