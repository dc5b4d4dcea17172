//! A forgotten password, from the question to the end of the old sessions.

use crate::{
    Portal, link, on_each_portal,
    portal::{Browser, PASSWORD},
};
use authx_core::{otp::Totp, role::Role};
use std::time::Duration;
use tokio::time::Instant;

const NEW: &str = "eleven purple owls sing";

fn code(portal: &Portal, totp: &Totp) -> String {
    portal.world.clock.advance_secs(30);
    totp.code(portal.world.app.now().unwrap().secs() / 30)
}

/// Owners, administrators and plain users whose password AuthX keeps.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_takes_the_mail_and_the_second_factor() {
    on_each_portal(async |portal| {
        let people = [("anna", Some(Role::Owner)), ("bob", Some(Role::Administrator))];
        for (name, role) in people.into_iter().chain([("authx", None)]) {
            from_mail_to_sign_in(portal, name, role).await;
        }
    })
    .await;
}

async fn from_mail_to_sign_in(portal: &Portal, name: &str, role: Option<Role>) {
    let world = &portal.world;
    let account = portal.person(name, role).await;
    let totp = world.authenticator(account).await;
    let mut before = world.browser_of(world.tenant, account).await;
    portal.mails(name, 2).await;

    let mut browser = Browser::default();
    browser.get(world, "/forgot").await.shown();
    let asked = browser.post(world, "/forgot", &[("name", name)]).await;
    assert!(asked.shown().contains("If that name"), "{}", asked.text);
    let mail = portal.mails(name, 3).await.pop().unwrap();
    assert_eq!(mail["subject"], "Choose a new password for AuthX at Example");
    let link = link(&mail, "https://mfa.example.com/reset#");

    // A mail alone changes nothing, and a password that breaks a rule spends nothing.
    browser.get(world, "/reset").await.shown();
    let weak = [("link", link), ("password", "password")];
    assert!(browser.post(world, "/reset", &weak).await.refused().contains("password-e"));
    let wish = [("link", link), ("password", NEW)];
    assert_eq!(browser.post(world, "/reset", &wish).await.to(), "/sign-in/confirm");
    assert_eq!(browser.get(world, "/me").await.to(), "/sign-in/confirm");
    before.get(world, "/me").await.shown();
    let old = [("name", name), ("password", PASSWORD)];
    let mut elsewhere = Browser::default();
    elsewhere.get(world, "/sign-in").await;
    assert_eq!(elsewhere.post(world, "/sign-in", &old).await.to(), "/sign-in/confirm");
    elsewhere.get(world, "/sign-in/confirm").await;
    elsewhere.post(world, "/sign-in/cancel", &[]).await;

    browser.get(world, "/sign-in/confirm").await.shown();
    let wrong = browser.post(world, "/sign-in/confirm", &[("code", "000000")]).await;
    wrong.refused();
    let right = code(portal, &totp);
    let done = browser.post(world, "/sign-in/confirm", &[("code", &right)]).await;
    assert_eq!(done.to(), "/");
    browser.get(world, "/me").await.shown();
    assert_eq!(before.get(world, "/me").await.to(), "/sign-in?next=%2Fme", "old sessions ended");

    // The link counts no longer, nor does the old password; the new one does.
    let mut other = Browser::default();
    other.get(world, "/reset").await;
    assert!(other.post(world, "/reset", &wish).await.refused().contains("used or is too old"));
    other.get(world, "/sign-in").await;
    assert!(other.post(world, "/sign-in", &old).await.refused().contains("not accepted"));
    browser.post(world, "/sign-out", &[]).await;
    browser.get(world, "/sign-in").await;
    let new = [("name", name), ("password", NEW)];
    assert_eq!(browser.post(world, "/sign-in", &new).await.to(), "/sign-in/confirm");
    let mail = portal.mails(name, 4).await.pop().unwrap();
    assert_eq!(mail["subject"], "Your password was changed: AuthX at Example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_new_password_ends_after_an_hour_and_with_the_next_one() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let anna = portal.person("anna", None).await;
        world.authenticator(anna).await;
        portal.mails("anna", 2).await;
        let mut browser = Browser::default();
        browser.get(world, "/forgot").await;
        let ask = [("name", "anna")];
        browser.post(world, "/forgot", &ask).await.shown();
        let first = portal.mails("anna", 3).await.pop().unwrap();
        // Nobody's mailbox is filled by others.
        browser.post(world, "/forgot", &ask).await.shown();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(portal.sends().await, 0);
        world.clock.advance_secs(301);
        browser.post(world, "/forgot", &ask).await.shown();
        let second = portal.mails("anna", 4).await.pop().unwrap();
        browser.get(world, "/reset").await;
        let with =
            |mail| [("link", link(mail, "https://mfa.example.com/reset#")), ("password", NEW)];
        let early = browser.post(world, "/reset", &with(&first)).await;
        assert!(early.refused().contains("used or is too old"), "{}", early.text);
        world.clock.advance_secs(3_601);
        let late = browser.post(world, "/reset", &with(&second)).await;
        assert!(late.refused().contains("used or is too old"), "{}", late.text);
        for broken in ["", "axi_x", "https://mfa.example.com/reset"] {
            let page = browser.post(world, "/reset", &[("link", broken), ("password", NEW)]).await;
            assert!(page.refused().contains("link-e"), "{}", page.text);
        }
    })
    .await;
}

/// Whoever it is, the page says the same, and takes no longer for somebody who is there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whose_name_it_is() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        portal.person("anna", None).await;
        // Neither who has no address on record, nor who has no password here, is written to.
        world.account(world.tenant, "carol", None).await;
        portal.mails("anna", 1).await;
        let mut browser = Browser::default();
        browser.get(world, "/forgot").await;
        let mut said = vec![];
        let mut took = vec![];
        for name in ["anna", "carol", "nobody"] {
            let mut times = vec![];
            for _ in 0..3 {
                let began = Instant::now();
                let page = browser.post(world, "/forgot", &[("name", name)]).await;
                times.push(began.elapsed());
                said.push(page.shown().to_owned());
            }
            times.sort_unstable();
            took.push(times[1]);
        }
        assert!(said.iter().all(|text| text == &said[0]), "{said:#?}");
        let (least, most) = (took.iter().min().unwrap(), took.iter().max().unwrap());
        assert!(most.saturating_sub(*least) < Duration::from_millis(20), "{took:?}");
        portal.mails("anna", 2).await;
        let asked = portal.letters().await;
        assert_eq!(asked.iter().filter(|kind| *kind == "password_forgotten").count(), 1);
    })
    .await;
}
