//! What people do about their own account.

use crate::world::{PASSWORD, SESSION, World, on_each_engine};
use authx_core::role::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn ones_own_page_says_what_there_is() {
    on_each_engine(async |world| {
        let mut carol = world.signed_in("carol", None).await;
        let page = carol.get(world, "/me").await;
        let text = page.shown();
        assert!(text.contains("Your sign-in, carol") && text.contains("No phone yet"), "{text}");
        assert!(text.contains("this one, now"));
        assert!(page.text.len() < 30_000, "{}", page.text.len());
    })
    .await;
}

/// Ten codes are in the answer to the form and nowhere else.
#[tokio::test]
async fn recovery_codes_are_shown_once() {
    on_each_engine(async |world| {
        let mut carol = world.signed_in("carol", None).await;
        let page = carol.post(world, "/me/recovery", &[]).await;
        let codes = page.between("<code>", "</code>").to_owned();
        assert_eq!(codes.lines().count(), 10);
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(!carol.get(world, "/me").await.shown().contains(&codes[..14]));
    })
    .await;
}

/// A device keeps whatever it makes, so its name is judged first.
#[tokio::test]
async fn a_passkeys_name_is_judged_before_there_is_one() {
    on_each_engine(async |world| {
        let mut carol = world.signed_in("carol", None).await;
        for (name, fault) in [
            ("   ", "visible character"),
            ("Lap\u{200b}top", "invisible characters"),
            (&*"x".repeat(129), "at most 128"),
        ] {
            let page = carol.post(world, "/me/passkey", &[("name", name), ("only", "name")]).await;
            assert!(page.refused().contains(fault), "{name}: {}", page.main());
        }
        let sent = [("name", "Office laptop"), ("only", "name")];
        let page = carol.post(world, "/me/passkey", &sent).await;
        assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
        assert!(carol.get(world, "/me").await.shown().contains("A passkey signs you in here"));
        // What came from a device is judged as ever.
        let sent = [("name", "Office laptop"), ("credential", "{}"), ("state", "x")];
        carol.post(world, "/me/passkey", &sent).await.refused();
    })
    .await;
}

/// What needs a fresh factor is kept until there is one, and done then with what was typed.
#[tokio::test]
async fn an_old_sign_in_confirms_before_the_deed() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        world.password(world.tenant, carol, PASSWORD).await;
        let totp = world.authenticator(carol).await;
        let mut browser = world.browser_of(world.tenant, carol).await;
        world.clock.advance_secs(301);
        let new = "eleven purple owls sing";
        let page = browser.post(world, "/me/password", &[("password", new)]).await;
        assert_eq!(page.to(), "/confirm");
        let page = browser.get(world, "/confirm").await;
        assert!(page.shown().contains("Use my phone or a code") && !page.text.contains(new));
        assert!(page.text.contains("<h1>Change your password</h1>"), "{}", page.main());
        assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        let page = browser.post(world, "/confirm", &[("code", &code)]).await;
        assert_eq!(page.to(), "/confirm");
        assert!(browser.get(world, "/confirm").await.shown().contains("Carry on"));
        let page = browser.post(world, "/confirm/done", &[]).await;
        assert_eq!(page.to(), "/me");
        let page = browser.get(world, "/me").await;
        assert!(page.shown().contains("Password changed"));
        // Said once.
        assert!(!browser.get(world, "/me").await.shown().contains("Password changed"));
        // Done once.
        assert_eq!(browser.post(world, "/confirm/done", &[]).await.to(), "/");
    })
    .await;
}

#[tokio::test]
async fn other_sessions_end_by_a_word() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        let mut here = world.browser_of(world.tenant, carol).await;
        let mut there = world.browser_of(world.tenant, carol).await;
        let page = here.get(world, "/me").await;
        let id = page.between("/me/sessions/", "/end").to_owned();
        let page = here.post(world, &format!("/me/sessions/{id}/end"), &[]).await;
        assert_eq!(page.to(), "/me");
        assert_eq!(there.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
        here.get(world, "/me").await.shown();
        assert!(here.cookie(SESSION).is_some());
    })
    .await;
}

/// Phones, passkeys, logins of others are not there.
#[tokio::test]
async fn what_is_others_is_not_there() {
    on_each_engine(async |world: &World| {
        let mut carol = world.signed_in("carol", None).await;
        for path in [
            "/me/phones/pho_01kxxxxxxxxxxxxxxxxxxxxxxx/remove",
            "/me/phones/nonsense/remove",
            "/me/passkeys/pky_01kxxxxxxxxxxxxxxxxxxxxxxx/remove",
            "/me/logins/log_01kxxxxxxxxxxxxxxxxxxxxxxx/not-me",
        ] {
            let page = carol.post(world, path, &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        }
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        olga.get(world, "/me").await.shown();
    })
    .await;
}

/// Whoever waits too long before the last press confirms once more, and the deed is still there.
#[tokio::test]
async fn a_deed_outlives_a_factor_that_grew_old() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        world.password(world.tenant, carol, PASSWORD).await;
        let totp = world.authenticator(carol).await;
        let mut browser = world.browser_of(world.tenant, carol).await;
        world.clock.advance_secs(301);
        let new = [("password", "eleven purple owls sing")];
        assert_eq!(browser.post(world, "/me/password", &new).await.to(), "/confirm");
        for _ in 0..2 {
            browser.get(world, "/confirm").await.shown();
            assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
            let code = totp.code(world.app.now().unwrap().secs() / 30);
            assert_eq!(browser.post(world, "/confirm", &[("code", &code)]).await.to(), "/confirm");
            world.clock.advance_secs(301);
            assert_eq!(browser.post(world, "/confirm/done", &[]).await.to(), "/confirm");
        }
        assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        assert_eq!(browser.post(world, "/confirm", &[("code", &code)]).await.to(), "/confirm");
        assert_eq!(browser.post(world, "/confirm/done", &[]).await.to(), "/me");
        assert!(browser.get(world, "/me").await.shown().contains("Password changed"));
    })
    .await;
}
