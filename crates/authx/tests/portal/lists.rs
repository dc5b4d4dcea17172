//! Every list pages, sorts and filters in its URL.

use crate::{
    company::Company,
    logs::{Told, tell},
    world::{Browser, World, between, name, on_each_engine},
};
use authx::{
    admin::{
        Actor,
        applications::{self, ApplicationKind},
        bypass::{self, Kind, Wish},
        groups,
        policies::{self, Target},
        tokens,
    },
    portal::routes,
    store::{
        Batch,
        deliveries::{DeliveryState, NewDelivery},
        imports::ImportRow,
        requests::NewRequest,
    },
};
use authx_core::{
    ApplicationId, DeliveryId, ImportId, LoginId, PhoneId, UserId,
    audit::EventKind,
    policy::Document,
    role::{Permission, Role},
    wire::login::Rfc3339,
};
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeSet;

/// Lists that can grow: each by the route that shows it.
const LISTS: &[&str] = &[
    "/applications",
    "/approvals",
    "/deliveries",
    "/deliveries/mail",
    "/groups",
    "/groups/{group}",
    "/logins",
    "/me/logins",
    "/policies/history/{target}",
    "/record",
    "/settings/administrators",
    "/settings/tokens",
    "/users",
    "/users/import",
    "/users/{user}/log",
];

/// Pages with rows that cannot grow without end, and why.
const BOUNDED: &[(&str, &str)] = &[
    ("/applications/{id}", "its last five logins, its keys, of which there are at most so many"),
    ("/applications/{id}/keys", "its keys: at most so many count, the others go after a while"),
    ("/applications/{id}/policy", "the values that a policy has"),
    ("/dashboard", "a few figures of each kind"),
    ("/me", "one's own phones, passkeys and sessions, each limited, and the last logins"),
    ("/policies", "the values that a policy has"),
    ("/policies/edit/{target}", "the values that a policy has"),
    ("/users/import/{import}", "the first fifty faults; all of them are in the file"),
    ("/users/{user}", "one user's phones, factors and last logins"),
];

/// More than a page of whatever there is a list of.
async fn many(world: &World, company: &Company) {
    let (app, tenant, owner) = (&world.app, company.tenant, company.owner);
    let by = Actor::account(owner, Some(Role::Owner), "olga");
    let adam: UserId = company.id("administrator").parse().unwrap();
    let adam = Actor::account(adam, Some(Role::Administrator), "adam");
    let group = company.id("group").parse().unwrap();
    let user: UserId = company.id("user").parse().unwrap();
    let phones = [company.phone(world, owner).await, company.phone(world, owner).await];
    let [_, desk] = phones;
    let named = "UPDATE phone SET name = 'Desk' WHERE id = $1";
    app.store.commit(Batch::default().one(named, [desk.into()])).await.unwrap();
    for number in 0..MANY {
        world.clock.advance_secs(61);
        let called = format!("person {number:02}");
        let role = (number % 9 != 0).then_some(Role::ReadOnly);
        let person = world.account(tenant, &called, role).await;
        groups::add(app, &by, tenant, group, &[person]).await.unwrap();
        groups::create(app, &by, tenant, &name(&format!("Group {number:02}"))).await.unwrap();
        let (vpn, host) = (name(&format!("VPN {number:02}")), name("vpn"));
        let kind = ApplicationKind::Openvpn;
        let vpn = applications::create(app, &by, tenant, &vpn, kind, &host).await.unwrap().id;
        let reason = format!("no phone {number:02}");
        let wish = Wish { user: person, kind: Kind::Code, reason, secs: 3_600 };
        bypass::ask(app, &adam, tenant, &wish).await.unwrap();
        let secs = json!({"lifetimes": {"session_secs": 3_600 + number}});
        let document = Document::from_value(&secs).unwrap();
        let target = Target::Application(company.id("application").parse().unwrap());
        policies::set(app, &by, tenant, target, document).await.unwrap();
        let called = name(&format!("token {number:02}"));
        let scopes = &[Permission::UsersRead];
        let wish = tokens::Wish { name: &called, scopes, lifetime_secs: tokens::USUAL_SECS };
        let token = tokens::create(app, &by, tenant, wish).await.unwrap().id;
        tokens::revoke(app, &by, tenant, token).await.unwrap();
        for user in [owner, user] {
            let login = app.decide(app.now().unwrap(), LoginId::new);
            let told = Told { login, user: Some(user), code: "ABCDEF" };
            let refused = json!({"reason": "wrong_code", "after_ms": 0});
            tell(world, tenant, &told, EventKind::LoginRefused, refused).await;
        }
        sent(world, company, (vpn, &phones), number).await;
    }
    authx::app::testing::read_all(app).await;
}

/// A mail, a request to two phones at the same moment, and a file of users.
async fn sent(
    world: &World,
    company: &Company,
    (application, phones): (ApplicationId, &[PhoneId]),
    number: u64,
) {
    let (app, tenant, account) = (&world.app, company.tenant, company.owner);
    let now = app.now().unwrap();
    let mail = NewDelivery {
        id: app.decide(now, DeliveryId::new),
        tenant,
        kind: if number.is_multiple_of(2) { "test" } else { "invitation" },
        account: Some(account),
        recipient: None,
        content: None,
        state: DeliveryState::NotSent,
        created: now,
        until: now,
        support_code: "GHJKMN".to_owned(),
        error: Some(format!("mail {number:02} was off")),
    };
    let import = ImportRow {
        id: app.decide(now, ImportId::new),
        name: format!("people {number:02}.csv"),
        state: "undone".to_owned(),
        renew: false,
        counts: "{}".to_owned(),
        errors: String::new(),
        by: "olga".to_owned(),
        created: now,
        beat: now,
    };
    let request = NewRequest {
        tenant,
        login: app.decide(now, LoginId::new),
        account,
        application,
        kind: "approval",
        detail: "{}",
        created: now,
        expires: now.plus_secs(60),
    };
    let mut batch = Batch::default().queue_delivery(mail).insert_import(tenant, &import, None);
    for phone in phones {
        batch = batch.ask_phone(*phone, &request);
    }
    app.store.commit(batch).await.unwrap();
}

/// A list as a reader walks through it: its rows, page by page.
async fn walked(world: &World, browser: &mut Browser, address: &str) -> Vec<Vec<String>> {
    let (mut pages, mut back) = (vec![], vec![]);
    let mut next = Some(address.to_owned());
    let mut last = address.to_owned();
    while let Some(at) = next {
        let page = browser.get(world, &at).await;
        let text = page.shown().to_owned();
        assert!(pages.len() < 50, "{address}: it never ends");
        pages.push(rows(&text));
        next = link(&text, "next");
        last = at;
    }
    let mut previous = Some(last);
    while let Some(at) = previous {
        let page = browser.get(world, &at).await;
        let text = page.shown().to_owned();
        assert!(back.len() < 50, "{address}: it never begins");
        back.push(rows(&text));
        previous = link(&text, "prev");
    }
    back.reverse();
    assert_eq!(pages.len(), back.len(), "{address}: as many pages back as forth");
    for (forth, back) in pages.iter().zip(&back) {
        assert_eq!(forth, back, "{address}: the same page from behind");
    }
    pages
}

/// The rows of the list of a page, as text.
fn rows(page: &str) -> Vec<String> {
    let (_, list) = page.split_once("id=\"list\"").unwrap_or_else(|| panic!("no list: {page}"));
    let list = list.split_once("data-status").map_or(list, |(list, _)| list);
    let rows: Vec<&str> = if list.contains("<tbody>") && !list.contains("aria-labelledby=\"v") {
        let body = list.split_once("<tbody>").unwrap().1;
        body.split("<tr").skip(1).collect()
    } else {
        list.split("<section").skip(1).collect()
    };
    rows.into_iter().map(plain).collect()
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    // A form's own token is no part of a row.
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
        if let Some(value) = between(part, "value=\"", "\"").filter(|_| !part.contains("_csrf")) {
            text.push_str(value);
        }
        if let Some(way) = between(part, "href=\"", "\"").filter(|way| !way.contains('?')) {
            text.push_str(way);
        }
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a page's link of that kind leads.
fn link(page: &str, rel: &str) -> Option<String> {
    let before = page.split_once(&format!("rel=\"{rel}\""))?.0;
    let tag = before.rsplit_once("<a ")?.1;
    Some(between(tag, "href=\"", "\"")?.replace("&#38;", "&"))
}

/// The values of a page's selects, by name: those of the filter, and of the order.
fn selects(page: &str) -> Vec<(String, Vec<String>)> {
    let mut found = vec![];
    for part in page.split("<select").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let of_filter = tag.contains("form=\"filter\"") || !tag.contains("form=");
        let options = rest.split_once("</select>").unwrap().0;
        let options = options.split("<option value=\"").skip(1);
        let options = options.map(|option| option.split('"').next().unwrap().to_owned()).collect();
        if let Some(name) = between(tag, "name=\"", "\"").filter(|_| of_filter) {
            found.push((name.to_owned(), options));
        }
    }
    found
}

fn with(address: &str, name: &str, value: &str) -> String {
    let joined = if address.contains('?') { '&' } else { '?' };
    let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    format!("{address}{joined}{name}={value}")
}

/// What a list has to keep: every page is reached both ways, each order that it offers holds the
/// same rows and turns round, a filter gives some of them, and the same again.
async fn keeps(world: &World, browser: &mut Browser, address: &str) {
    let first = browser.get(world, address).await.shown().to_owned();
    assert!(first.len() < 100_000, "{address}: {} bytes", first.len());
    let (_, form) =
        first.split_once("id=\"filter\"").unwrap_or_else(|| panic!("{address}: no filter"));
    let (form, rest) = form.split_once("</form>").unwrap();
    let list = rest.split_once("id=\"list\"").unwrap().1;
    let list = list.split_once("data-status").map_or(list, |(list, _)| list);
    let pages = walked(world, browser, address).await;
    assert!(pages.len() > 1, "{address}: more than one page");
    let all: Vec<String> = pages.concat();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{address}: each row once");

    let sorts = selects(list).into_iter().chain(selects(form)).find(|(name, _)| name == "sort");
    let (_, sorts) = sorts.unwrap_or_else(|| panic!("{address}: no order to choose"));
    let heads: BTreeSet<&str> =
        list.split("sort=").skip(1).map(|part| part.split(['"', '&']).next().unwrap()).collect();
    for head in heads {
        let up = head.trim_start_matches('-');
        let offered = sorts.iter().any(|sort| sort.trim_start_matches('-') == up);
        assert!(offered, "{address}: {head} of a head is no choice where heads are folded away");
    }
    for sort in &sorts {
        let sorted = walked(world, browser, &with(address, "sort", sort)).await.concat();
        let (mut one, mut other) = (sorted.clone(), all.clone());
        one.sort();
        other.sort();
        assert_eq!(one, other, "{address}: by {sort} the same rows");
        // The other way round: without a wish, it is the one that the others leave.
        let turned = match sort.strip_prefix('-') {
            Some(up) => up.to_owned(),
            None => format!("-{sort}"),
        };
        if !sort.is_empty() && sorts.contains(&turned) {
            let mut turned = walked(world, browser, &with(address, "sort", &turned)).await.concat();
            turned.reverse();
            assert_eq!(turned, sorted, "{address}: {sort} turned round");
        }
    }

    narrows(world, browser, address, form, &all).await;
}

/// A filter gives some of the rows, and the same again.
async fn narrows(world: &World, browser: &mut Browser, address: &str, form: &str, all: &[String]) {
    let mut filters = selects(form);
    filters.retain(|(name, _)| name != "sort");
    if form.contains("name=\"q\"") {
        filters.push(("q".to_owned(), vec!["person 03".to_owned(), "ABCDEF".to_owned()]));
    }
    let all: BTreeSet<&String> = all.iter().collect();
    for (name, values) in filters {
        for value in values.iter().filter(|value| !value.is_empty()).take(4) {
            let filtered = with(address, &name, value);
            let some = walked(world, browser, &filtered).await.concat();
            assert!(
                some.iter().all(|row| name == "state" || all.contains(row)),
                "{filtered}: only rows that are there without: {some:?}"
            );
            assert!(some.len() < all.len() || name == "time" || whole(&name, value), "{filtered}");
            let again = walked(world, browser, &filtered).await.concat();
            assert_eq!(some, again, "{filtered}: a reload means the same");
            let page = browser.get(world, &filtered).await.shown().to_owned();
            if let Some(next) = link(&page, "next") {
                assert!(next.contains(&format!("{name}=")), "{filtered} is lost by {next}");
            }
        }
    }
}

/// A filter that leaves nothing out here.
fn whole(name: &str, value: &str) -> bool {
    matches!((name, value), ("what" | "outcome" | "factor" | "reason" | "arrived" | "kind", _))
        || matches!((name, value), ("state" | "phone", _) | ("q", "ABCDEF"))
}

#[tokio::test]
async fn every_list_pages_sorts_and_filters_in_its_url() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        many(world, &company).await;
        let mut browser = company.browser(world).await;
        let all = routes();
        for list in LISTS {
            let route = all.iter().find(|route| route.path == *list && route.method == Method::GET);
            let route = route.unwrap_or_else(|| panic!("no page at {list}"));
            let address = company.path(route);
            keeps(world, &mut browser, &address).await;
        }
        for route in all.iter().filter(|route| route.method == Method::GET) {
            if LISTS.contains(&route.path) || BOUNDED.iter().any(|(path, _)| *path == route.path) {
                continue;
            }
            let page = browser.get(world, &company.path(route)).await;
            assert!(
                !page.text.contains("<table"),
                "{}: rows, and neither a list nor a bound: {}",
                route.path,
                page.main()
            );
        }
    })
    .await;
}

/// The bounds of a time are where a list begins and ends, whatever else narrows it.
#[tokio::test]
async fn a_stretch_of_time_is_whole_from_both_ends() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let begun = world.app.now().unwrap();
        many(world, &company).await;
        let mut browser = company.browser(world).await;
        let [from, until] =
            [11, 21].map(|number| String::from(Rfc3339(begun.plus_secs(61 * number))));
        for (address, sort, count) in [
            // One of two tells who may agree of a wish.
            ("/deliveries/mail?", "created", 20),
            ("/deliveries/mail?kind=test", "created", 5),
            ("/deliveries/mail?state=not_sent", "created", 20),
            ("/deliveries/mail?state=not_sent&kind=test", "created", 5),
            ("/deliveries?", "created", 20),
            ("/deliveries?arrived=no", "created", 20),
            ("/record?kind=policy_set", "at", 10),
        ] {
            let address = format!("{address}&from={from}&until={until}");
            let newest = walked(world, &mut browser, &address).await.concat();
            assert_eq!(newest.len(), count, "{address}: {newest:?}");
            let turned = with(&address, "sort", sort);
            let mut oldest = walked(world, &mut browser, &turned).await.concat();
            oldest.reverse();
            assert_eq!(newest, oldest, "{turned}");
        }
    })
    .await;
}

const MANY: u64 = 30;
