//! Sample pages of every part through the real layout. `web/portal/test/screens` looks at them in
//! a browser.

use super::badge::Badge;
use super::form::Form;
use super::listing::{Listing, Page, Spec, Total};
use super::nav::{Place, nav};
use super::page::{Chrome, Person, Tenant, Toast, render, render_as};
use super::trouble::Trouble;
use super::words::{Times, Zone};
use askama::Template;
use authx_core::Millis;
use authx_core::role::Role;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use std::path::Path;

/// Thursday, 26 November 2026, 14:33 in Berlin.
const NOW: Millis = Millis(1_795_699_980_000);
const HOSTILE: &str = "<b>Bob</b> & 'DROP TABLE' \"x\" & Straßenbahnhaltestellenhäuschen";
const STATES: [(&str, &str); 3] =
    [("", "Any state"), ("active", "Active"), ("locked", "Locked by AuthX")];

#[derive(Template)]
#[template(path = "portal/gallery/components.html")]
struct Components {
    chrome: Chrome,
    form: Form,
    state: Badge,
    badges: Vec<Badge>,
    tabs: Vec<(&'static str, &'static str, bool)>,
    periods: Vec<(&'static str, &'static str, bool)>,
    zones: Vec<(&'static str, &'static str)>,
    at: Millis,
    hostile: &'static str,
}

struct Row {
    id: usize,
    name: String,
    user: String,
    state: Badge,
    groups: &'static str,
    seen: Millis,
}

#[derive(Template)]
#[template(path = "portal/gallery/list.html")]
struct List {
    chrome: Chrome,
    first_visit: bool,
    listing: Listing,
    states: &'static [(&'static str, &'static str)],
    page: Page<Row>,
}

#[derive(Template)]
#[template(path = "portal/gallery/alone.html")]
struct Alone {
    chrome: Chrome,
    form: Form,
    options: &'static str,
}

fn times() -> Times {
    Times::new(NOW, &Zone::named("Europe/Berlin").unwrap())
}

/// Around a page of an owner.
fn inside(title: &str, place: Place) -> Chrome {
    Chrome {
        tenant: Some(Tenant { name: "Example Corp".into(), hue: 1 }),
        who: Some(Person { name: "Alice Arnold".into(), title: Role::Owner.title() }),
        nav: nav(Role::Owner, place, 0),
        csrf: "axs_kR7Vd2mQx9TfKc4LwZ8sYhN3pBgJ6eUa".into(),
        ..Chrome::outside(title, "authx.example.com", times())
    }
}

fn components() -> Response<Body> {
    let mut form = Form::new().with("name", "Berlin VPN").with("network", "192.0.2.0/42");
    form = form.with("kind", "community").with("zone", "Europe/Berlin");
    form.refuse(
        "network",
        "192.0.2.0/42 is not a network: the prefix goes up to 32. Try 192.0.2.0/24.",
    );
    let tuesday = "Tuesday";
    render_as(
        StatusCode::UNPROCESSABLE_ENTITY,
        &Components {
            chrome: inside("Berlin VPN", Place::Applications),
            form,
            state: Badge::unused(),
            badges: vec![
                Badge::waiting(),
                Badge::granted(),
                Badge::refused(),
                Badge::expired(),
                Badge::cancelled(),
                Badge::not_me(),
                Badge::active(),
                Badge::pending(),
                Badge::locked(),
                Badge::disabled(),
                Badge::reachable(),
                Badge::push_locked(),
                Badge::in_use(),
                Badge::switched_off(),
                Badge::bypass_until("18:00"),
                Badge::unreachable_since(tuesday),
                Badge::silent_since(tuesday),
            ],
            tabs: vec![("#", "Set up", true), ("#", "Logins", false), ("#", "Policy", false)],
            periods: vec![("#", "24 hours", true), ("#", "7 days", false), ("#", "30 days", false)],
            zones: vec![("Europe/Berlin", "Europe/Berlin"), ("UTC", "UTC")],
            at: NOW,
            hostile: HOSTILE,
        },
    )
}

const USERS: Spec = Spec {
    path: "/users",
    sorts: &["name", "-seen"],
    filters: &["state", "from", "until"],
    size: 10,
};

fn list(query: &str, first_visit: bool, rows: usize) -> Response<Body> {
    let mut chrome = inside("Users", Place::Users);
    chrome.toast = Some(Toast {
        text: "“Bob Brandt” removed.".into(),
        undo: Some("/users/7/restore".into()),
        fields: vec![],
    });
    let listing = Listing::new(USERS, query);
    let names =
        ["Alice Arnold", HOSTILE, "अनुराधा कृष्णमूर्ति", "Wolfgang Amadeus Hildebrandt-Oberlechner"];
    let states = [Badge::active(), Badge::locked(), Badge::pending(), Badge::bypass_until("18:00")];
    let row = |id: usize| Row {
        id,
        name: names[id % 4].to_owned(),
        user: format!("user-{id}@example.com"),
        state: states[id % 4].clone(),
        groups: ["Staff", "Staff, Contractors, Research", ""][id % 3],
        seen: Millis(NOW.0 - 4_000_000 * u64::try_from(id).unwrap()),
    };
    let page = listing.page(
        (0..rows).map(row).collect(),
        |row| row.id.to_string(),
        Total::Exactly(100_000),
    );
    render(&List { chrome, first_visit, listing, states: &STATES, page })
}

fn alone() -> Response<Body> {
    let chrome = Chrome::outside("Sign in", "authx.example.com", times());
    let mut form = Form::typed([("name", "alice@example.com"), ("password", "hunter2")]);
    form.fault = Some("Wrong name or password. Type them again.".into());
    render(&Alone { chrome, form, options: r#"{"publicKey":{"challenge":"AAAA"}}"# })
}

fn pages() -> Vec<(&'static str, Response<Body>)> {
    let outside = || Chrome::outside("", "authx.example.com", times());
    vec![
        ("components", components()),
        ("list", list("q=a&state=active&sort=-seen&after=9&at=11", false, 11)),
        ("list-one", list("", false, 1)),
        ("list-none", list("q=K7QF2X", false, 0)),
        ("list-empty", list("", true, 0)),
        ("alone", alone()),
        ("not-found", Trouble::not_found().page(inside("", Place::Elsewhere))),
        (
            "not-allowed",
            Trouble::not_allowed("Help desk", "Owner or Administrator")
                .page(inside("", Place::Elsewhere)),
        ),
        ("failed", Trouble::failed("K7QF2M").with_way("/", "Go to the start").page(outside())),
    ]
}

async fn text(response: Response<Body>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn every_sample_is_light_and_has_nothing_inline() {
    let shown = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test/gallery");
    std::fs::create_dir_all(&shown).unwrap();
    for (name, page) in pages() {
        let page = text(page).await;
        std::fs::write(shown.join(format!("{name}.html")), &page).unwrap();
        assert!(page.len() < 30_000, "{name}: {} bytes", page.len());
        for forbidden in
            ["style=", "<style", "onclick", "data:", "javascript:", "<b>Bob", "hunter2"]
        {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        assert_eq!(page.matches("<h1").count(), 1, "{name}");
        assert_eq!(page.matches("<main").count(), 1, "{name}");
        assert_eq!(page.matches("<script").count(), 1, "{name}");
    }
}
