//! Somebody rings the help desk, whose laptop is what does not work: both sides read three digits to
//! each other, the caller's from the phone.

use crate::{desk::Desk, house::House};
use authx_core::role::Role;
use authx_e2e::{
    PASSWORD,
    browser::{Phone, Target, label, role, text},
    typed,
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_checked_by_phone() {
    let Some(house) = House::new("a_caller_is_checked").await else { return };
    house.owner().await;
    let beside = house.beside().await;
    let vpn = beside.application("Berlin VPN").await;
    let alice = beside.newcomer("alice").await;
    let app = beside.administrator("dora", Role::HelpDesk).await;
    let phone = house.phone("phone").await;
    phone.open_link(house.json(&["user", "invite", "alice"])["link"].as_str().unwrap()).await;
    phone.begin(PASSWORD, "Alice's phone").await;
    phone.finish().await;
    let desk = house.desk("help-desk").await;
    desk.come_in("dora", &app).await;
    desk.open(&format!("/users/{alice}/bypass")).await;

    nobody_called(&desk, &phone).await;
    each_reads_to_the_other(&desk, &phone).await;

    // With the password alone nobody gets in yet.
    let before = vpn.login(&typed("alice", PASSWORD, None)).await;
    assert_ne!(before.outcome(), "allowed", "{:?}", before.json);
    desk.browser.click(&label("No second factor for a while")).await;
    desk.fill("Reason", "laptop broken, phone at hand").await;
    desk.press("Help the caller").await;
    desk.reads("needs no second factor until").await;
    let after = vpn.login(&typed("alice", PASSWORD, None)).await;
    assert_eq!(after.outcome(), "allowed", "{:?}", after.json);
    desk.browser.is_clean().await;
    phone.browser().is_clean().await;
}

/// Somebody else rang: the phone says so, and the help desk sees it.
async fn nobody_called(desk: &Desk, phone: &Phone) {
    let browser = phone.browser();
    desk.press("Check the caller").await;
    browser.wait(&role("heading", "dora checks that it is you")).await;
    browser.wait(&text("somebody who says they are alice")).await;
    assert_eq!(browser.axe().await, Vec::<Value>::new());
    browser.shot("portal-pages/caller-phone").await;
    browser.click(&role("button", "I am not on the telephone")).await;
    let ended = text("The help desk sees that it was not you.");
    browser.wait(&ended).await;
    browser.wait_gone(&ended).await;
    desk.fill("What the caller reads", "123").await;
    desk.press("Compare").await;
    desk.reads("The user knows of no call").await;
    let help = Target::css("button[value=checked]:disabled");
    assert_eq!(desk.browser.count(&help).await, 1, "nobody is helped");
    desk.browser.whole_shot("portal-pages/caller-denied").await;
}

async fn each_reads_to_the_other(desk: &Desk, phone: &Phone) {
    let browser = phone.browser();
    desk.press("New digits").await;
    let said = desk.browser.text(&Target::css(".plate > [aria-hidden]")).await;
    browser.click(&role("button", "Show the digits")).await;
    browser.wait(&text("Then read this to them:")).await;
    let shown = browser.texts(&Target::css(".plate > [aria-hidden]")).await;
    let [heard, back] = &shown[..] else { panic!("{shown:?}") };
    assert_eq!(heard.trim(), said.trim());
    browser.shot("portal-pages/caller-digits").await;
    desk.fill("What the caller reads", back).await;
    desk.press("Compare").await;
    desk.reads("The digits were right").await;
    browser.wait(&text("The help desk’s check is over.")).await;
    assert_eq!(browser.count(&Target::css(".plate")).await, 0);
}
