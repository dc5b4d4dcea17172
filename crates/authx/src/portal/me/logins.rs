//! All of one's own logins.

use super::super::{
    Portal,
    error::PortalError,
    listing::{Listing, Page, SIZE, Spec, Total},
    logins::{LastLogin, own, words},
    page::{Chrome, render},
    who::Who,
};
use crate::admin::record::logins;
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};

const LOGINS: Spec = Spec {
    path: "/me/logins",
    sorts: &["-began"],
    filters: &["outcome", "factor", "time", "from", "until"],
    size: SIZE,
};

#[derive(Template)]
#[template(path = "portal/me_logins.html")]
struct Logins {
    chrome: Chrome,
    listing: Listing,
    page: Page<(String, LastLogin)>,
    faults: Vec<String>,
    outcomes: Vec<(String, String)>,
    factors: Vec<(String, String)>,
    times: Vec<(String, String)>,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let listing = Listing::new(LOGINS, query.as_deref().unwrap_or_default());
    let chrome = who.alone(&portal, "Your logins");
    let asked = own(&listing, &chrome.times, who.visit.account);
    let (app, tenant) = (portal.app(), who.visit.tenant);
    let (items, (count, more)) =
        logins::some(app, tenant, &asked.filter, asked.towards, listing.limit()).await?;
    let total = if more { Total::MoreThan(count) } else { Total::Exactly(count) };
    let rows = items.into_iter().map(|item| (item.place.clone(), LastLogin::of(item))).collect();
    let view = Logins {
        page: listing.page(rows, |(place, _)| place.clone(), total),
        faults: asked.faults,
        outcomes: words::outcomes(),
        factors: words::factors(),
        times: words::times(&listing),
        listing,
        chrome,
    };
    Ok(render(&view).into_response())
}
