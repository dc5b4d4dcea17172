//! Notices: a browser's own subscription, AuthX as the sender, and a desktop that shows them.

use crate::{house::House, sign_in::SignIn};
use authx_e2e::{
    PASSWORD,
    browser::{Answer, CHROMIUM_HOST, FIREFOX_HOST, Kind, Notice, Phone, role, text},
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_brings_requests_by_push() {
    let Some(house) = House::new("chromium_brings_requests", "").await else { return };
    let phone = house.enrolled("alice", "Alice's phone").await;
    requests_by_push(&house, &phone).await;
    a_dead_endpoint(&house, &phone).await;
    phone.browser().is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn firefox_brings_requests_by_push() {
    let Some(house) = House::new("firefox_brings_requests", "").await else { return };
    house.newcomer("alice").await;
    let phone = house.phone_of(house.world.firefox("phone").await).await;
    house.enrol(&phone, "alice", "Alice's phone").await;
    requests_by_push(&house, &phone).await;
    a_service_that_forgot(&house, &phone).await;
    phone.browser().is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_notices_leave_the_open_app() {
    let Some(house) = House::new("refused_notices", "").await else { return };
    house.newcomer("alice").await;
    let phone = house.phone("phone").await;
    let browser = phone.browser();
    browser.refuse_all().await;
    phone.open_link(&house.invite("alice").link).await;
    phone.begin(PASSWORD, "Alice's phone").await;
    browser.click(&role("button", "All four are the same")).await;
    browser.click(&role("button", "Turn on notifications")).await;
    browser.wait(&text("Notifications are refused for AuthX")).await;
    browser.click(&role("button", "Continue")).await;
    phone.leave_out_the_lock().await;
    browser.click(&role("button", "Show codes")).await;
    browser.wait(&text("Notifications are off").exactly()).await;

    let sign_in = house.sign_in("alice", "104729").await;
    approve(&phone, &sign_in).await;
    assert_eq!(house.phones("alice")[0]["reach"]["by"], "live");
    assert_eq!(house.world.services.subscriptions().await, 0);
    assert!(house.world.services.posts().await.is_empty());
    phone.go("Settings").await;
    browser.click(&role("link", "Notifications")).await;
    browser.wait(&text("Notifications are refused")).await;
    browser.is_clean().await;
}

/// With the app open, with no tab of it, and sent while the browser was off.
async fn requests_by_push(house: &House, phone: &Phone) {
    let (browser, notices) = (phone.browser(), &house.world.notices);
    let sign_in = house.sign_in("alice", "482913").await;
    let notice = notices.wait(1).await;
    assert!(notice.title.starts_with("Sign-in waiting"), "{notice:?}");
    says_nothing_secret(&notice, &sign_in);
    named(house, 1).await;
    approve(phone, &sign_in).await;

    browser.close_tab().await;
    let sign_in = house.sign_in("alice", "104729").await;
    let said = sign_in.delivery("delivered").await;
    assert!(said.contains("Alice's phone"), "{said}");
    named(house, 2).await;
    reached_by_push(house, 1).await;
    from_the_notice(house, phone, &sign_in).await;

    browser.close_tab().await;
    browser.stop().await;
    let shown = notices.shown().await.len();
    let sign_in = house.sign_in("alice", "271828").await;
    house.world.services.wait_posts(3).await;
    sleep(QUIET).await;
    assert_eq!(sign_in.now().await["delivery"]["state"], "sent");
    assert_eq!(notices.shown().await.len(), shown);
    browser.start().await;
    sign_in.delivery("delivered").await;
    named(house, 3).await;
    reached_by_push(house, 2).await;
    from_the_notice(house, phone, &sign_in).await;
    right_posts(house, browser.kind()).await;
}

/// 410: the prompt says so, and the app subscribes anew once it is opened.
async fn a_dead_endpoint(house: &House, phone: &Phone) {
    let (browser, services) = (phone.browser(), &house.world.services);
    browser.close_tab().await;
    services.expire(None).await;
    let sign_in = house.sign_in("alice", "314159").await;
    sign_in.delivery("failed").await;
    let text = sign_in.now().await["prompt"]["text"].clone();
    assert!(text.as_str().unwrap().contains("code"), "{text}");
    assert_eq!(house.phones("alice")[0]["reach"]["state"], "unreachable");
    assert_eq!(services.subscriptions().await, 0);

    phone.open().await;
    approve(phone, &sign_in).await;
    until("a new subscription", async || services.subscriptions().await == 1).await;
    until("AuthX to know it", async || !address(house).await.is_empty()).await;
    assert_eq!(house.phones("alice")[0]["reach"]["state"], "reachable");
    browser.close_tab().await;
    by_push_alone(house, phone).await;
}

/// The browser hears of it, and the worker subscribes anew with nobody looking.
async fn a_service_that_forgot(house: &House, phone: &Phone) {
    let services = &house.world.services;
    phone.browser().close_tab().await;
    let before = address(house).await;
    services.forget().await;
    until("a new subscription", async || services.subscriptions().await == 1).await;
    until("AuthX to know it", async || address(house).await != before).await;
    by_push_alone(house, phone).await;
}

/// With no tab open.
async fn by_push_alone(house: &House, phone: &Phone) {
    let sign_in = house.sign_in("alice", "161803").await;
    sign_in.delivery("delivered").await;
    named(house, 4).await;
    from_the_notice(house, phone, &sign_in).await;
}

async fn approve(phone: &Phone, sign_in: &SignIn) {
    phone.wait_request("vpn").await;
    phone.answer(&Answer::Approve { number: Some(&sign_in.number) }).await;
    phone.ended("Approved").await;
    sign_in.allowed().await;
}

/// Touches the notice, which opens the app on the request.
async fn from_the_notice(house: &House, phone: &Phone, sign_in: &SignIn) {
    house.world.notices.click().await;
    phone.browser().adopt("phone.mfa.test").await;
    approve(phone, sign_in).await;
}

/// Waits until as many notices have got the application's name, as they do once the worker has
/// asked what waits.
async fn named(house: &House, many: usize) {
    let notices = &house.world.notices;
    until("the application's name", async || {
        let shown = notices.shown().await;
        shown.iter().filter(|notice| notice.title == "Sign-in waiting: vpn").count() >= many
    })
    .await;
}

fn says_nothing_secret(notice: &Notice, sign_in: &SignIn) {
    let said = format!("{} {}", notice.title, notice.body);
    for secret in ["alice", "192.0.2.7", &sign_in.number] {
        assert!(!said.contains(secret), "{said}");
    }
}

async fn reached_by_push(house: &House, times: i64) {
    let reach = &house.phones("alice")[0]["reach"];
    assert_eq!((&reach["state"], &reach["by"]), (&"reachable".into(), &"push".into()));
    let recorded = house.recorded("phone_reached", "push").await;
    assert!(recorded >= times, "{recorded} of {times}");
}

async fn right_posts(house: &House, kind: Kind) {
    let host = if kind == Kind::Chromium { CHROMIUM_HOST } else { FIREFOX_HOST };
    let posts = house.world.services.posts().await;
    assert_eq!(posts.len(), 3);
    for post in posts {
        assert_eq!((post.status, post.host.as_str()), (201, host), "{post:?}");
        assert_eq!(post.urgency.as_deref(), Some("high"));
        assert!(post.ttl_secs.is_some_and(|secs| (100..=120).contains(&secs)), "{post:?}");
        assert!(post.topic.is_some() && post.claims["sub"] != Value::Null, "{post:?}");
    }
}

/// Where notices go, sealed: another one with each that AuthX is told.
async fn address(house: &House) -> String {
    let query = "SELECT COALESCE(hex(subscription), '') FROM phone";
    let row = house.installation.app.store.query_one(query, []).await;
    row.unwrap().unwrap().text(0).unwrap().to_owned()
}

async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let waits = async {
        while !is().await {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(PATIENCE, waits).await.is_ok(), "not after {PATIENCE:?}: {what}");
}

const PATIENCE: Duration = Duration::from_mins(1);
/// In which nothing should happen.
const QUIET: Duration = Duration::from_secs(1);
