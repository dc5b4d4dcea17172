//! All that is protected.

use super::{Badge, Chrome, Place, Portal, PortalError, Who, audience, badge, title};
use crate::{
    admin::applications::{self, Application, Order, State, Wanted},
    portal::{
        listing::{Listing, Page, SIZE, Spec, Total},
        page::render,
        sign_in::capitalised,
        words::plural,
    },
};
use askama::Template;
use authx_core::{Millis, role::Permission};
use axum::{
    extract::{RawQuery, State as Shared},
    response::{IntoResponse as _, Response},
};

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
    let wanted = wanted(&listing);
    let found = applications::found(portal.app(), who.tenant(), &wanted).await?;
    let first_visit = found.is_empty() && !listing.is_narrowed();
    let total = Total::Exactly(u64::try_from(found.len()).unwrap_or(u64::MAX));
    let part = listing.cut(found, |application| application.id.to_string());
    let page = listing.page(part, |application| application.id.to_string(), total);
    let row = |application: Application| Row {
        id: application.id.to_string(),
        about: about(&application),
        state: badge(&application, &chrome.times),
        pilot: !application.pilot.is_empty(),
        audience: capitalised(audience(&application).trim_start_matches("for ")),
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

fn wanted(listing: &Listing) -> Wanted<'_> {
    let state = match listing.filter("state") {
        "in_use" => Some(State::InUse),
        "no_key" => Some(State::NoKey),
        "silent" => Some(State::Silent),
        "off" => Some(State::SwitchedOff),
        "waiting" => Some(State::Waiting),
        _ => None,
    };
    let order = if listing.sort() == "last" { Order::LastContact } else { Order::Name };
    Wanted { search: listing.search(), state, order, descending: listing.is_descending() }
}

const SPEC: Spec =
    Spec { path: "/applications", sorts: &["name", "-last"], filters: &["state"], size: SIZE };
const STATES: &[(&str, &str)] = &[
    ("", "Any state"),
    ("waiting", "Waiting"),
    ("in_use", "In use"),
    ("silent", "Silent"),
    ("no_key", "No key"),
    ("off", "Switched off"),
];
