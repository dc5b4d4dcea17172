//! All that is protected.

use super::{Badge, Chrome, Place, Portal, PortalError, Who, audience, badge, title};
use crate::{
    admin::applications::{self, Application, State},
    portal::{
        listing::{Cursor, Listing, Page, SIZE, Spec, Total},
        page::render,
        words::plural,
    },
};
use askama::Template;
use authx_core::{Millis, name::Name, role::Permission};
use axum::{
    extract::{RawQuery, State as Shared},
    response::{IntoResponse as _, Response},
};
use std::cmp::Ordering;

#[derive(Template)]
#[template(path = "portal/applications/list.html")]
struct List {
    chrome: Chrome,
    first_visit: bool,
    may_write: bool,
    listing: Listing,
    states: &'static [(&'static str, &'static str)],
    page: Page<Row>,
}

struct Row {
    id: String,
    name: String,
    about: String,
    state: Badge,
    pilot: bool,
    audience: String,
    last: Option<Millis>,
}

pub(super) async fn page(
    Shared(portal): Shared<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let chrome = who.chrome(&portal, "Applications", Place::Applications);
    let listing = Listing::new(SPEC, query.as_deref().unwrap_or_default());
    let all = applications::list(portal.app(), who.tenant()).await?;
    let first_visit = all.is_empty();
    let mut found: Vec<Application> =
        all.into_iter().filter(|application| fits(application, &listing)).collect();
    found.sort_by(|one, other| order(one, other, &listing));
    let total = Total::Exactly(u64::try_from(found.len()).unwrap_or(u64::MAX));
    let part = part(found, &listing);
    let page = listing.page(part, |application| application.id.to_string(), total);
    let row = |application: Application| Row {
        id: application.id.to_string(),
        about: about(&application),
        state: badge(&application, &chrome.times),
        pilot: !application.pilot.is_empty(),
        audience: audience(&application).trim_start_matches("for ").to_owned(),
        last: application.last_contact.map(|last| last.0),
        name: application.name,
    };
    let page = Page { rows: page.rows.into_iter().map(row).collect(), pager: page.pager };
    let may_write = who.may(Permission::ApplicationsWrite);
    let list = List { chrome, first_visit, may_write, listing, states: STATES, page };
    Ok(render(&list).into_response())
}

fn about(application: &Application) -> String {
    match application.servers {
        0 => title(application).to_owned(),
        servers => format!("{} · {}", title(application), plural(servers, "server", "servers")),
    }
}

fn fits(application: &Application, listing: &Listing) -> bool {
    let wanted = Name::new(listing.search()).map(|name| name.folded()).unwrap_or_default();
    let name = Name::new(&application.name).map(|name| name.folded()).unwrap_or_default();
    let is_id = application.id.to_string() == wanted;
    let state = listing.filter("state");
    (name.contains(&wanted) || is_id) && (state.is_empty() || state == word(application.state))
}

fn word(state: State) -> &'static str {
    match state {
        State::InUse => "in_use",
        State::Silent => "silent",
        State::SwitchedOff => "off",
        State::Waiting => "waiting",
    }
}

fn order(one: &Application, other: &Application, listing: &Listing) -> Ordering {
    let last = |it: &Application| it.last_contact.map(|last| last.0);
    let order = match listing.sort() {
        "last" => last(one).cmp(&last(other)),
        // They come by name.
        _ => Ordering::Equal,
    };
    let name = |it: &Application| Name::new(&it.name).map(|name| name.folded()).unwrap_or_default();
    let order = order.then_with(|| name(one).cmp(&name(other)));
    if listing.is_descending() { order.reverse() } else { order }
}

/// The rows from the listing's cursor on; there are few enough to read all.
fn part(mut all: Vec<Application>, listing: &Listing) -> Vec<Application> {
    let at = |key: &str| all.iter().position(|it| it.id.to_string() == key);
    match listing.cursor() {
        None => {}
        Some(Cursor::After(key)) => {
            let skipped = at(key).map_or(0, |at| at + 1);
            all.drain(..skipped);
        }
        Some(Cursor::Before(key)) => {
            let kept = at(key).unwrap_or(0);
            all.truncate(kept);
            all.reverse();
        }
    }
    all.truncate(listing.limit());
    all
}

const SPEC: Spec =
    Spec { path: "/applications", sorts: &["name", "-last"], filters: &["state"], size: SIZE };
const STATES: &[(&str, &str)] = &[
    ("", "Any state"),
    ("waiting", "Waiting"),
    ("in_use", "In use"),
    ("silent", "Silent"),
    ("off", "Switched off"),
];
