//! Coming in and going out, and what people do with forms on the way.

use crate::{
    desk::{Desk, OWNER, OWNERS_PASSWORD},
    house::House,
};
use authx_e2e::{
    browser::{Finger, Target, label, role},
    now,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_by_passkey_and_by_password_with_code() {
    let Some(house) = House::new("in_by_passkey").await else { return };
    let desk = house.owner().await;
    let browser = &desk.browser;
    let app = house.beside().await.authenticator(OWNER).await;

    taken_from_the_name_field(&desk).await;
    browser.without_offers().await;
    desk.sign_out().await;
    desk.press("Sign in with a passkey").await;
    desk.at("Dashboard").await;

    desk.sign_out().await;
    nothing_typed(&desk).await;
    desk.fill("E-mail or user name", OWNER).await;
    desk.fill("Password", "seven loud lighthouses").await;
    browser.press("Enter").await;
    desk.reads("User name or password not accepted. Check both and try again.").await;
    assert_eq!(browser.value(&label("E-mail or user name")).await, OWNER);
    assert_eq!(browser.value(&label("Password")).await, "");
    browser.shot("portal-pages/sign-in-wrong").await;

    desk.fill("Password", OWNERS_PASSWORD).await;
    browser.press("Enter").await;
    desk.at("Confirm your sign-in").await;
    let code = label("Code from AuthX");
    desk.press("Use this code").await;
    desk.reads("Type the code that AuthX shows on your phone.").await;
    browser.fill(&code, "000000").await;
    browser.press("Enter").await;
    desk.reads("left.").await;
    browser.shot("portal-pages/confirm-wrong").await;
    browser.fill(&code, &app.code(now().secs() / 30)).await;
    browser.press("Enter").await;
    desk.at("Dashboard").await;
    named_before_it_is_made(&desk).await;
    browser.is_clean().await;
}

/// The device makes no passkey whose name is refused: nobody would ever take it away there.
async fn named_before_it_is_made(desk: &Desk) {
    let browser = &desk.browser;
    browser.clear_credentials().await;
    desk.open("/me/passkey").await;
    desk.fill("Name", "   ").await;
    desk.press("Make a passkey").await;
    browser.wait(&Target::css("#name-e")).await;
    let made = browser.credentials().await;
    assert_eq!(made.as_array().map(Vec::len), Some(0), "{made}");
    desk.fill("Name", "Office laptop").await;
    desk.press("Make a passkey").await;
    desk.reads("Passkey added.").await;
    desk.reads("Office laptop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_survive_what_people_do() {
    let Some(house) = House::new("forms_survive").await else { return };
    let desk = house.owner().await;
    a_session_that_ended_elsewhere(&desk).await;
    two_presses_are_one(&desk).await;
    what_was_shown_once(&desk).await;
    desk.browser.is_clean().await;
}

/// The name field offers a passkey, and a finger is on the sensor: nobody presses a button.
async fn taken_from_the_name_field(desk: &Desk) {
    desk.press_sign_out().await;
    let deadline = Instant::now() + OFFERED;
    while desk.sent("/sign-in/passkey").await == 0 {
        assert!(Instant::now() < deadline, "{}", desk.says().await);
        sleep(Duration::from_millis(100)).await;
    }
    desk.at("Dashboard").await;
}

/// The browser itself says which field is empty; nothing is sent.
async fn nothing_typed(desk: &Desk) {
    let browser = &desk.browser;
    let before = desk.sent("/sign-in").await;
    browser.click(&label("E-mail or user name")).await;
    browser.press("Enter").await;
    let empty = browser.count(&Target::css("input:focus:invalid")).await;
    assert_eq!(empty, 1);
    assert_eq!(desk.sent("/sign-in").await, before);
}

/// Signed out in another tab while a form was being filled in: nothing is lost.
async fn a_session_that_ended_elsewhere(desk: &Desk) {
    let browser = &desk.browser;
    desk.go("Settings").await;
    desk.fill("Company", "Example and Sons").await;
    browser.without_offers().await;
    let passkeys = browser.credentials().await;

    browser.in_tab("other");
    browser.open(&format!("{}/dashboard", desk.public)).await;
    browser.finger(Finger::Owner).await;
    browser.add_credentials(&passkeys).await;
    desk.sign_out().await;

    browser.in_tab("main");
    desk.press("Save settings").await;
    desk.at("Your session has ended").await;
    browser.shot("portal-pages/session-ended").await;

    browser.in_tab("other");
    desk.press("Sign in with a passkey").await;
    desk.at("Dashboard").await;

    browser.in_tab("main");
    browser.back().await;
    assert_eq!(browser.value(&label("Company")).await, "Example and Sons");
    desk.press("Save settings").await;
    desk.at("Settings").await;
    desk.reads("The company is called “Example and Sons” now.").await;
}

async fn two_presses_are_one(desk: &Desk) {
    let browser = &desk.browser;
    desk.open("/settings/administrators").await;
    desk.fill("Work e-mail", "adam@example.com").await;
    browser.double_click(&role("button", "Make the link")).await;
    desk.reads("Link for adam@example.com: shown once").await;
    assert_eq!(desk.sent("/settings/administrators").await, 1);
    let rows = browser.count(&Target::css("tbody tr")).await;
    assert_eq!(rows, 2, "{}", desk.says().await);
}

/// Neither going back nor loading again shows a secret a second time.
async fn what_was_shown_once(desk: &Desk) {
    let browser = &desk.browser;
    let link = desk.once(0).await;
    desk.follow("I have it, hide it").await;
    desk.at("Administrators").await;
    browser.back().await;
    sleep(SETTLED).await;
    let said = desk.says().await;
    assert!(!said.contains(&link), "{said}");

    desk.open("/me").await;
    desk.press("Make ten new ones").await;
    desk.at("Your recovery codes").await;
    let codes = desk.once(0).await;
    assert_eq!(codes.split_whitespace().count(), 10, "{codes}");
    browser.whole_shot("portal-pages/recovery-codes").await;
    desk.open("/me").await;
    browser.back().await;
    sleep(SETTLED).await;
    let said = desk.says().await;
    let first = codes.split_whitespace().next().unwrap();
    assert!(!said.contains(first), "{said}");
    desk.open("/me").await;
}

/// How long a page may take to offer a passkey and to send it.
const OFFERED: Duration = Duration::from_mins(1);

/// After which a page that goes back has come to rest.
const SETTLED: Duration = Duration::from_secs(1);
