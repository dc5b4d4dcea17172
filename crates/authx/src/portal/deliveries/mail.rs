//! What was sent by mail, and what became of it; never what was written.

use super::{
    super::{
        Portal,
        around::Around,
        badge::Badge,
        error::PortalError,
        listing::{Listing, Page, SIZE, Spec, Total},
        logins::{export::answer, period, words},
        nav::Place,
        page::{Chrome, render},
        who::Who,
    },
    Tabs, tabs,
};
use crate::{
    admin::{
        letters::{self, Delivery},
        record::{actions::in_words, codes::Log, export::What},
    },
    store::deliveries::{DeliveryState, Filter},
};
use askama::Template;
use authx_core::{Millis, role::Permission};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};

const MAIL: Spec = Spec {
    path: "/deliveries/mail",
    sorts: &["-created"],
    filters: &["state", "kind", "time", "user", "from", "until", "live"],
    size: SIZE,
};

#[derive(Template)]
#[template(path = "portal/deliveries/mail.html")]
struct Mail {
    chrome: Chrome,
    tabs: Tabs,
    listing: Listing,
    page: Page<Letter>,
    faults: Vec<String>,
    around: Around,
    live: String,
    states: Vec<(&'static str, &'static str)>,
    kinds: Vec<(&'static str, &'static str)>,
    times: Vec<(String, String)>,
    first_visit: bool,
    may_export: bool,
}

struct Letter {
    key: String,
    title: String,
    to: String,
    state: Badge,
    created: Millis,
    tries: u64,
    error: String,
    code: String,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let listing = Listing::new(MAIL, query.as_deref().unwrap_or_default());
    let chrome = who.chrome(&portal, "Mail", Place::Deliveries);
    let mut faults = vec![];
    let filter = filter(&portal, &who, &listing, &chrome, &mut faults).await?;
    let (from, newer) = listing.place(|text| text.parse().ok(), &mut faults);
    let (app, tenant) = (portal.app(), who.tenant());
    let (found, (count, more)) =
        letters::some(app, tenant, &filter, from, newer, listing.limit()).await?;
    let total = if more { Total::MoreThan(count) } else { Total::Exactly(count) };
    let rows = found.into_iter().map(Letter::of).collect();
    let page = listing.page(rows, |row| row.key.clone(), total);
    let mut kinds = vec![("", "Any mail")];
    kinds.extend(letters::TITLES);
    let mut states = vec![("", "Any state")];
    states.extend(DeliveryState::ALL.iter().map(|state| (state.word(), state_words(*state))));
    let view = Mail {
        tabs: tabs(true),
        first_visit: page.rows.is_empty() && !listing.is_narrowed() && listing.cursor().is_none(),
        page,
        faults,
        around: Around::of(&portal, &who, &listing, Log::Mail).await?,
        live: listing.live(),
        states,
        kinds,
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
    let listing = Listing::new(MAIL, &query);
    let filter = filter(&portal, &who, &listing, &chrome, &mut vec![]).await?;
    answer(&portal, &who, What::Mail(filter), &query).await
}

async fn filter(
    portal: &Portal,
    who: &Who,
    listing: &Listing,
    chrome: &Chrome,
    faults: &mut Vec<String>,
) -> Result<Filter, PortalError> {
    let (from, until) = period(listing, &chrome.times, faults);
    let filter = Filter {
        state: DeliveryState::from_word(listing.filter("state")),
        kind: Some(listing.filter("kind")).filter(|kind| !kind.is_empty()).map(str::to_owned),
        account: listing.filter("user").parse().ok(),
        support_code: None,
        from,
        until,
    };
    Ok(letters::search(portal.app(), who.tenant(), listing.search(), filter).await?)
}

fn state_words(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "Waiting",
        DeliveryState::Sent => "Sent",
        DeliveryState::Failed => "Failed",
        DeliveryState::GivenUp => "Given up",
        DeliveryState::NotSent => "Not sent",
    }
}

impl Letter {
    fn of(delivery: Delivery) -> Self {
        // Where there is no address, it was not sent, and the error says why.
        let to: Vec<String> = delivery.user.into_iter().chain(delivery.to).collect();
        Self {
            key: delivery.id.to_string(),
            title: letters::title(&delivery.kind).to_owned(),
            to: to.join(", "),
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
            code: delivery.support_code,
        }
    }
}
