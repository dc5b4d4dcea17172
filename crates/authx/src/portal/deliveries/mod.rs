//! What was sent: to phones, and by mail.

use super::{
    Access, Portal,
    badge::Badge,
    error::PortalError,
    listing::{Cursor, Listing, Page, SIZE, Spec, Total},
    nav::Place,
    page::{Chrome, render},
    routes::{Route, get},
    who::Who,
    words::took,
};
use crate::{
    admin::{
        letters::{self, Delivery},
        record::{
            actions::in_words,
            pushes::{self, PushRow},
        },
    },
    store::deliveries::Filter,
};
use askama::Template;
use authx_core::{Millis, role::Permission};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/deliveries", Access::May(Permission::DeliveriesRead), phones),
        get("/deliveries/mail", Access::May(Permission::DeliveriesRead), mail),
    ]
}

const PHONES: Spec =
    Spec { path: "/deliveries", sorts: &["-created"], filters: &["arrived"], size: SIZE };
const MAIL: Spec =
    Spec { path: "/deliveries/mail", sorts: &["-created"], filters: &[], size: SIZE };

const ARRIVED: [(&str, &str); 3] =
    [("", "Arrived or not"), ("yes", "Arrived"), ("no", "Not arrived")];

type Tabs = [(&'static str, &'static str, bool); 2];

#[derive(Template)]
#[template(path = "portal/deliveries/phones.html")]
struct Phones {
    chrome: Chrome,
    tabs: Tabs,
    listing: Listing,
    page: Page<Push>,
    arrived: &'static [(&'static str, &'static str)],
    first_visit: bool,
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
}

#[derive(Template)]
#[template(path = "portal/deliveries/mail.html")]
struct Mail {
    chrome: Chrome,
    tabs: Tabs,
    page: Page<Letter>,
}

struct Letter {
    key: String,
    title: String,
    to: String,
    state: Badge,
    created: Millis,
    tries: u64,
    error: String,
}

fn tabs(mail: bool) -> Tabs {
    [("/deliveries", "To phones", !mail), ("/deliveries/mail", "By mail", mail)]
}

async fn phones(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let listing = Listing::new(PHONES, query.as_deref().unwrap_or_default());
    let missed = match listing.filter("arrived") {
        "yes" => Some(false),
        "no" => Some(true),
        _ => None,
    };
    let (from, newer) = match listing.cursor() {
        None => (None, false),
        Some(Cursor::After(text)) => (pushes::place(text), false),
        Some(Cursor::Before(text)) => (pushes::place(text), true),
    };
    let newer = newer && from.is_some();
    let limit = u32::try_from(listing.limit()).unwrap_or(u32::MAX);
    let app = portal.app();
    let found = pushes::some(app, who.tenant(), missed, from, newer, limit).await?;
    let rows = found.into_iter().map(Push::of).collect();
    let page = listing.page(rows, |row| row.key.clone(), Total::Unknown);
    let view = Phones {
        chrome: who.chrome(&portal, "Deliveries", Place::Deliveries),
        tabs: tabs(false),
        first_visit: page.rows.is_empty() && !listing.is_narrowed() && listing.cursor().is_none(),
        listing,
        page,
        arrived: &ARRIVED,
    };
    Ok(render(&view).into_response())
}

async fn mail(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let mut listing = Listing::new(MAIL, query.as_deref().unwrap_or_default());
    let before = match listing.cursor() {
        Some(Cursor::After(text)) => text.parse().ok(),
        Some(Cursor::Before(_)) | None => None,
    };
    if before.is_none() {
        // The outbox is read towards older ones only: the way back leads to the newest.
        listing = Listing::new(MAIL, "");
    }
    let limit = u32::try_from(listing.limit()).unwrap_or(u32::MAX);
    let found =
        letters::deliveries(portal.app(), who.tenant(), &Filter::default(), before, limit).await?;
    let rows = found.deliveries.into_iter().map(Letter::of).collect();
    let view = Mail {
        chrome: who.chrome(&portal, "Mail", Place::Deliveries),
        tabs: tabs(true),
        page: listing.page(rows, |row| row.key.clone(), Total::Exactly(found.total)),
    };
    Ok(render(&view).into_response())
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
        }
    }
}

impl Letter {
    fn of(delivery: Delivery) -> Self {
        let to = delivery.to.unwrap_or_else(|| "no address on record".to_owned());
        Self {
            key: delivery.id.to_string(),
            title: letters::title(&delivery.kind).to_owned(),
            to: delivery.user.map_or_else(|| to.clone(), |user| format!("{user}, {to}")),
            state: match delivery.state {
                "sent" => Badge::good("Sent"),
                "waiting" => Badge::plain("Waiting").drawn("#i-clock"),
                "not_sent" => Badge::warn("Not sent"),
                "given_up" => Badge::bad("Given up"),
                other => Badge::bad(in_words(other)),
            },
            created: delivery.created.0,
            tries: delivery.tries,
            error: delivery.error.unwrap_or_default(),
        }
    }
}
