//! Every role in a real browser: its menu, its pages, and no way to a refusal.

use crate::house::House;
use authx_core::role::{Permission, Role};
use authx_e2e::browser::Target;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_sees_what_it_may() {
    let Some(house) = House::new("each_role_sees_what_it_may").await else { return };
    house.owner().await;
    let beside = house.beside().await;
    beside.a_morning().await;
    let desk = house.desk("roles").await;
    for &role in Role::ALL {
        let called = format!("{}@example.com", role.word());
        let app = beside.administrator(&called, role).await;
        desk.come_in(&called, &app).await;
        desk.at("Dashboard").await;
        let menu = desk.browser.texts(&Target::css(".side > nav a")).await;
        let wanted: Vec<&str> =
            MENU.iter().filter(|(_, needed)| role.may(*needed)).map(|(words, _)| *words).collect();
        assert_eq!(menu, wanted, "{role:?}");
        for place in wanted {
            let line = Target::css(&format!(".side > nav a:text-is(\"{place}\")"));
            desk.browser.click(&line).await;
            let here = format!(".side > nav a[aria-current]:text-is(\"{place}\")");
            desk.browser.wait(&Target::css(&here)).await;
            let refused = desk.browser.evaluate(REFUSED, Value::Null).await;
            assert_eq!(refused, json!([]), "{role:?} at {place}");
        }
        desk.sign_out().await;
    }
    // Whoever has no role has a page of their own, and is told that the others are not for them.
    let app = beside.authenticator("bob").await;
    desk.come_in("bob", &app).await;
    desk.at("Your sign-in").await;
    desk.browser.is_clean().await;
    desk.open("/users").await;
    desk.at("This is for administrators").await;
    desk.follow("My phones and logins").await;
    desk.at("Your sign-in").await;
}

/// The menu, and what each line of it takes.
const MENU: [(&str, Permission); 9] = [
    ("Dashboard", Permission::DashboardRead),
    ("Logins", Permission::LogsRead),
    ("Applications", Permission::ApplicationsRead),
    ("Users", Permission::UsersRead),
    ("Groups", Permission::GroupsRead),
    ("Policies", Permission::PoliciesRead),
    ("Admin actions", Permission::RecordRead),
    ("Deliveries", Permission::DeliveriesRead),
    ("Settings", Permission::SettingsRead),
];

/// The links of a page that lead to a refusal.
const REFUSED: &str = r"
    const found = [...document.querySelectorAll('a[href]')].map(one => new URL(one.href));
    const own = [...new Set(found.filter(one => one.origin === location.origin).map(one => one.pathname + one.search))];
    const refused = [];
    for (const path of own) {
        const answer = await fetch(path);
        if (answer.status >= 400) refused.push(`${answer.status} ${path}`);
    }
    return refused;
";
