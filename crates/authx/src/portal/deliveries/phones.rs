//! Requests to phones, and whether they came there.

use super::{
    super::{
        Portal,
        around::{Around, applications},
        badge::Badge,
        error::PortalError,
        listing::{Listing, Page, SIZE, Spec, Total},
        logins::{export::answer, period, words},
        nav::Place,
        page::{Chrome, render},
        who::Who,
        words::took,
    },
    Tabs, tabs,
};
use crate::admin::record::{
    actions::in_words,
    codes::Log,
    export::What,
    pushes::{self, PushFilter, PushRow},
};
use askama::Template;
use authx_core::{Millis, role::Permission};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};

const PHONES: Spec = Spec {
    path: "/deliveries",
    sorts: &["-created"],
    filters: &["arrived", "application", "time", "user", "from", "until", "live"],
    size: SIZE,
};

const ARRIVED: [(&str, &str); 3] =
    [("", "Arrived or not"), ("yes", "Arrived"), ("no", "Not arrived")];

#[derive(Template)]
#[template(path = "portal/deliveries/phones.html")]
struct Phones {
    chrome: Chrome,
    tabs: Tabs,
    listing: Listing,
    page: Page<Push>,
    faults: Vec<String>,
    around: Around,
    live: String,
    arrived: &'static [(&'static str, &'static str)],
    applications: Vec<(String, String)>,
    times: Vec<(String, String)>,
    first_visit: bool,
    may_export: bool,
}

struct Push {
    key: String,
    login: String,
    user: String,
    phone: String,
    application: String,
    state: Badge,
    created: Millis,
    arrived: String,
    outcome: String,
    code: String,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let listing = Listing::new(PHONES, query.as_deref().unwrap_or_default());
    let chrome = who.chrome(&portal, "Deliveries", Place::Deliveries);
    let mut faults = vec![];
    let filter = filter(&portal, &who, &listing, &chrome, &mut faults).await?;
    let (from, newer) = listing.place(pushes::place, &mut faults);
    let found =
        pushes::some(portal.app(), who.tenant(), &filter, from, newer, listing.limit()).await?;
    let rows = found.into_iter().map(Push::of).collect();
    let page = listing.page(rows, |row| row.key.clone(), Total::Unknown);
    let view = Phones {
        tabs: tabs(false),
        first_visit: page.rows.is_empty() && !listing.is_narrowed() && listing.cursor().is_none(),
        page,
        faults,
        around: Around::of(&portal, &who, &listing, Log::Phones).await?,
        live: listing.live(),
        arrived: &ARRIVED,
        applications: applications(&portal, &who, &listing).await?,
        times: words::times(&listing),
        may_export: who.may(Permission::LogsExport),
        listing,
        chrome,
    };
    Ok(render(&view).into_response())
}

pub(super) async fn export(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let query = query.unwrap_or_default();
    let chrome = who.chrome(&portal, "", Place::Deliveries);
    let listing = Listing::new(PHONES, &query);
    let filter = filter(&portal, &who, &listing, &chrome, &mut vec![]).await?;
    answer(&portal, &who, What::Phones(filter), &query).await
}

async fn filter(
    portal: &Portal,
    who: &Who,
    listing: &Listing,
    chrome: &Chrome,
    faults: &mut Vec<String>,
) -> Result<PushFilter, PortalError> {
    let (from, until) = period(listing, &chrome.times, faults);
    let filter = PushFilter {
        missed: match listing.filter("arrived") {
            "yes" => Some(false),
            "no" => Some(true),
            _ => None,
        },
        support_code: None,
        user: listing.filter("user").parse().ok(),
        application: listing.filter("application").parse().ok(),
        from,
        until,
    };
    Ok(pushes::search(portal.app(), who.tenant(), listing.search(), filter).await?)
}

impl Push {
    fn of(row: PushRow) -> Self {
        let (state, arrived) = match (row.delivered, row.delivered_by.as_deref()) {
            (Some(at), by) => {
                let way = match by {
                    Some("push") => "by notice",
                    Some("live") => "while AuthX was open",
                    Some("poll") => "when the phone asked",
                    Some(_) | None => "",
                };
                let after = took(at.since(row.created));
                (Badge::good("Arrived"), format!("after {after} {way}").trim_end().to_owned())
            }
            (None, _) => (Badge::plain("Not arrived"), String::new()),
        };
        Self {
            key: pushes::place_text(&row),
            login: row.login.to_string(),
            user: row.user_name.unwrap_or_else(|| "a user who was removed".to_owned()),
            phone: row.phone_name.unwrap_or_else(|| "a phone that is gone".to_owned()),
            application: row.application_name.unwrap_or_default(),
            state,
            created: row.created,
            arrived,
            outcome: match row.state.as_str() {
                "open" => "Waiting".to_owned(),
                "fraud" => "Not me".to_owned(),
                other => in_words(other),
            },
            code: row.support_code.unwrap_or_default(),
        }
    }
}
