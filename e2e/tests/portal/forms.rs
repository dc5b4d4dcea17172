//! What people do with forms: by keyboard alone, in two tabs, twice, one page back, and wrongly.

use crate::{desk::Desk, house::House};
use authx_e2e::browser::{Browser, Target, label, role, text};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_an_administrator() {
    let Some(house) = House::new("forms_of_an_administrator").await else { return };
    let desk = house.owner().await;
    by_keyboard_alone(&desk).await;
    pressed_twice(&desk).await;
    typed_wrongly(&desk).await;
    one_page_back(&desk).await;
    in_two_tabs(&desk).await;
    own_password(&desk).await;
    desk.browser.is_clean().await;
    Box::pin(the_caller_is_checked(&house, &desk)).await;
    desk.browser.is_clean().await;
}

/// Tab, arrows and Enter lead from the menu to the three values of a host.
async fn by_keyboard_alone(desk: &Desk) {
    let browser = &desk.browser;
    desk.open("/dashboard").await;
    tab_to(browser, "Applications").await;
    browser.press("Enter").await;
    desk.at("Applications").await;
    tab_to(browser, "Protect an application").await;
    browser.press("Enter").await;
    desk.at("Protect an application").await;
    tab_to(browser, "OpenVPN Community").await;
    browser.press("ArrowDown").await;
    browser.press("ArrowUp").await;
    browser.press("Tab").await;
    browser.keys("Berlin VPN").await;
    browser.press("Tab").await;
    browser.keys("vpn1.example.com").await;
    browser.press("Tab").await;
    assert!(focused(browser).await.contains("Protect it"));
    browser.press("Enter").await;
    desk.at("Three values for your server").await;
    desk.reads("“Berlin VPN” protected.").await;
}

/// Presses Tab until something has the focus whose name begins so, and nothing is a trap.
async fn tab_to(browser: &Browser, name: &str) {
    for _ in 0..60 {
        browser.press("Tab").await;
        if focused(browser).await.starts_with(name) {
            return;
        }
    }
    panic!("no Tab leads to {name}");
}

/// The name of what has the focus.
async fn focused(browser: &Browser) -> String {
    let name = browser.evaluate(FOCUSED, Value::Null).await;
    name.as_str().unwrap_or_default().to_owned()
}

async fn pressed_twice(desk: &Desk) {
    let browser = &desk.browser;
    desk.open("/groups/new").await;
    desk.fill("Name", "Staff").await;
    browser.double_click(&role("button", "Make the group")).await;
    desk.reads("“Staff” is made. Add its members.").await;
    assert_eq!(desk.sent("/groups").await, 1);
    desk.go("Groups").await;
    assert_eq!(browser.count(&Target::css("tbody tr")).await, 1);
}

/// What cannot be is said beside its field, which has the focus; what was typed stays; markup is
/// text.
async fn typed_wrongly(desk: &Desk) {
    let browser = &desk.browser;
    desk.open("/users/new").await;
    desk.fill("User name", MARKUP).await;
    desk.fill("Display name", "Alice Adams").await;
    desk.fill("Other names", "olga@example.com").await;
    desk.press("Add the user").await;
    browser.wait(&Target::css("#aliases-e")).await;
    assert_eq!(browser.value(&label("User name")).await, MARKUP);
    assert_eq!(browser.value(&label("Display name")).await, "Alice Adams");
    let first = browser.evaluate("return document.activeElement.id", Value::Null).await;
    assert_eq!(first, "aliases");
    desk.fill("Other names", "").await;
    desk.press("Add the user").await;
    desk.at("Alice Adams").await;
    desk.reads(MARKUP).await;
    assert_eq!(browser.count(&Target::css("main b")).await, 0);

    desk.open("/applications/protect").await;
    browser.fill(&label("Name").exactly(), "berlin vpn").await;
    desk.fill("Name of its first key", "vpn2").await;
    desk.press("Protect it").await;
    browser.wait(&Target::css("#name-e")).await;
    assert_eq!(browser.value(&label("Name of its first key")).await, "vpn2");
}

/// A form that was sent and is found again one page back says what it did, and does it once.
async fn one_page_back(desk: &Desk) {
    let browser = &desk.browser;
    desk.open("/users/new").await;
    desk.fill("User name", "bob").await;
    desk.press("Add the user").await;
    desk.at("bob").await;
    browser.back().await;
    desk.at("Add a user").await;
    assert_eq!(browser.value(&label("User name")).await, "bob");
    desk.press("Add the user").await;
    browser.wait(&Target::css("#name-e")).await;
    desk.go("Users").await;
    // Two that were made here, and the owner.
    desk.reads("1–3 of 3").await;
}

/// Whoever saves what another tab has changed meanwhile sees both, and loses nothing.
async fn in_two_tabs(desk: &Desk) {
    let browser = &desk.browser;
    let help = label("Help after a refusal");
    desk.open("/policies/edit/global").await;
    browser.fill(&help, "Call 111").await;

    browser.in_tab("other");
    browser.open(&format!("{}/policies/edit/global", desk.public)).await;
    browser.fill(&help, "Call 222").await;
    desk.press("Review the draft").await;
    desk.press("Put it into force").await;
    desk.reads("The policy of “Global” is in force.").await;
    browser.close_tab().await;

    browser.in_tab("main");
    desk.press("Review the draft").await;
    desk.reads("This policy has been changed since you began").await;
    for said in ["Call 111", "Call 222"] {
        browser.wait(&text(said)).await;
    }
    desk.press("Review mine").await;
    desk.press("Put it into force").await;
    desk.reads("The policy of “Global” is in force.").await;
    assert_eq!(browser.value(&help).await, "Call 111");
}

async fn own_password(desk: &Desk) {
    let browser = &desk.browser;
    desk.open("/me/password").await;
    desk.fill("New password", "password").await;
    browser.press("Enter").await;
    browser.wait(&Target::css("#password-e")).await;
    assert_eq!(browser.value(&Target::css("#password")).await, "");
    desk.fill("New password", "eleven quiet lighthouses").await;
    browser.press("Enter").await;
    desk.reads("Password changed.").await;
}

/// Two who cannot see each other read three digits each, and then a code is given.
async fn the_caller_is_checked(house: &House, desk: &Desk) {
    let browser = &desk.browser;
    let beside = house.beside().await;
    beside.newcomer("carol").await;
    let app = beside.authenticator("carol").await;
    let caller = house.desk("caller").await;
    caller.come_in("carol", &app).await;

    desk.open("/users").await;
    desk.follow("carol").await;
    desk.follow("Help past the phone").await;
    desk.press("Check the caller").await;
    desk.reads("Read this to the caller:").await;
    caller.open("/me/caller").await;
    let plates = caller.browser.texts(&Target::css(".plate [aria-hidden]")).await;
    let [agent, own] = &plates[..] else { panic!("{plates:?}") };
    browser.wait(&text(agent)).await;
    desk.fill("What the caller reads", "00").await;
    desk.press("Compare").await;
    desk.reads("left").await;
    desk.fill("What the caller reads", own).await;
    desk.press("Compare").await;
    desk.reads("The digits were right").await;
    desk.press("Help the caller").await;
    browser.wait(&Target::css("#reason:invalid")).await;
    desk.fill("Reason", "phone left at home").await;
    desk.press("Help the caller").await;
    desk.reads("Bypass code: shown once").await;
    caller.browser.is_clean().await;
}

const MARKUP: &str = "<b>alice'; DROP TABLE account; --</b>";

const FOCUSED: &str = r"
    const one = document.activeElement;
    const label = one.labels && one.labels.length ? one.labels[0] : one;
    return (label.innerText || one.getAttribute('aria-label') || '').trim();
";
