//! Authenticator apps: one's own, and those of others.

use crate::{
    company::{Company, authenticator},
    world::{World, on_each_engine},
};
use authx::{
    admin::policies::{self, Target},
    enrol::{overview::overview, phones},
    store::Batch,
};
use authx_core::{TenantId, UserId, otp::Totp, policy::Document, role::Role};
use axum::http::StatusCode;

async fn used(world: &World, tenant: TenantId, user: UserId) -> Option<u64> {
    let found = overview(&world.app, tenant, user).await.unwrap();
    found.app.and_then(|app| app.used).map(|at| at.0)
}

#[tokio::test]
async fn an_app_is_added_confirmed_and_removed_by_its_owner() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        let mut browser = world.browser_of(world.tenant, carol).await;
        assert!(browser.get(world, "/me").await.shown().contains("Add an app"));
        let page = browser.get(world, "/me/app").await;
        assert!(page.shown().contains("Show the code") && !page.text.contains("class=\"qr\""));
        assert_eq!(browser.post(world, "/me/app", &[]).await.to(), "/me/app");
        let page = browser.get(world, "/me/app").await;
        assert!(page.shown().contains("class=\"qr\""));
        let secret = page.between("<p class=\"mono\">", "</p>").to_owned();
        let wrong = browser.post(world, "/me/app/confirm", &[("code", "000 000")]).await;
        assert!(wrong.refused().contains("Wrong code.") && wrong.text.contains(&secret));
        assert!(overview(&world.app, world.tenant, carol).await.unwrap().app.is_none());
        let uri = format!("otpauth://totp/AuthX?secret={}", secret.replace(' ', ""));
        let totp = Totp::from_uri(&uri).unwrap();
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        let page = browser.post(world, "/me/app/confirm", &[("code", &code)]).await;
        assert_eq!(page.to(), "/me");
        let page = browser.get(world, "/me").await;
        assert!(page.shown().contains("Use another app") && page.text.contains("last used never"));
        assert!(!browser.get(world, "/me/app").await.shown().contains(&secret));
        assert_eq!(browser.post(world, "/me/app/remove", &[]).await.to(), "/me");
        assert!(browser.get(world, "/me").await.shown().contains("Add an app"));
        // All of it takes a fresh second factor.
        world.clock.advance_secs(301);
        for path in ["/me/app", "/me/app/confirm", "/me/app/remove"] {
            assert_eq!(browser.post(world, path, &[]).await.to(), "/confirm", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_policy_and_the_last_factor_stand_in_the_way() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let adam = world.account(tenant, "adam", Some(Role::Administrator)).await;
        authenticator(world, tenant, adam).await;
        let mut browser = world.browser_of(tenant, adam).await;
        let page = browser.post(world, "/me/app/remove", &[]).await;
        assert!(page.refused().contains("last second factor"), "{}", page.text);
        let document = Document::from_json(r#"{"factors": ["push"]}"#).unwrap();
        policies::set(app, by, tenant, Target::Tenant, document).await.unwrap();
        let mut carol = world.signed_in("carol", None).await;
        let page = carol.get(world, "/me").await;
        assert!(page.shown().contains("Your company lets nobody in by codes"));
        assert!(
            carol.post(world, "/me/app", &[]).await.refused().contains("lets nobody in by a code")
        );
    })
    .await;
}

#[tokio::test]
async fn a_help_desk_sees_the_last_use_and_takes_an_app_away() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let tenant = company.tenant;
        let mia: UserId = company.id("member").parse().unwrap();
        let totp = authenticator(world, tenant, mia).await;
        assert_eq!(used(world, tenant, mia).await, None);
        // A code by which somebody is let in, at the portal as anywhere else.
        let mut own = world.browser_of(tenant, mia).await;
        world.clock.advance_secs(301);
        own.get(world, "/me/app").await;
        own.get(world, "/confirm").await;
        own.post(world, "/confirm/begin", &[]).await;
        let now = world.app.now().unwrap();
        own.post(world, "/confirm", &[("code", &totp.code(now.secs() / 30))]).await;
        assert!(used(world, tenant, mia).await.is_some_and(|at| at >= now.0));

        let desk = world.account(tenant, "desk", Some(Role::HelpDesk)).await;
        let mut desk = world.browser_of(tenant, desk).await;
        let path = format!("/users/{mia}");
        let remove = format!("{path}/app/remove");
        assert!(desk.get(world, &path).await.shown().contains(&remove));
        assert!(desk.get(world, &remove).await.shown().contains("Remove the authenticator app"));
        assert_eq!(desk.post(world, &remove, &[]).await.to(), path);
        assert_eq!(desk.post(world, &remove, &[]).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

/// To the minute: not every login writes it.
#[tokio::test]
async fn a_phone_has_its_last_use() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let (app, tenant) = (&world.app, company.tenant);
        let anna: UserId = company.id("user").parse().unwrap();
        let phone = company.id("phone").parse().unwrap();
        let used = async || {
            let found = phones::of_user(app, tenant, anna, phone).await.unwrap();
            found.last_used.map(|at| at.0)
        };
        assert_eq!(used().await, None);
        let now = app.now().unwrap();
        for (secs, seen) in [(0, 0), (59, 0), (60, 60)] {
            let batch = Batch::default().use_phone(tenant, phone, now.plus_secs(secs));
            app.store.commit(batch).await.unwrap();
            assert_eq!(used().await, Some(now.plus_secs(seen)), "{secs}");
        }
    })
    .await;
}

/// Only the phone itself can show the way; its owner's page says how.
#[tokio::test]
async fn a_phone_says_how_it_moves() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let mut owner = company.browser(world).await;
        let path = format!("/me/phones/{}/move", company.id("own phone"));
        assert!(owner.get(world, "/me").await.shown().contains(&path));
        assert!(owner.get(world, &path).await.shown().contains("Move Pocket to a new phone"));
        let other = format!("/me/phones/{}/move", company.id("phone"));
        assert_eq!(owner.get(world, &other).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}
