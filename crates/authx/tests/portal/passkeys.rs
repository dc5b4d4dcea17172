//! Passkeys of others: seen, taken away, and what the next link leads to.

use crate::{
    company::Company,
    world::{Browser, PASSWORD, World, on_each_engine},
};
use authx::{
    admin::record,
    store::{Batch, enrolments::NewFactor},
};
use authx_core::{FactorId, PasskeyId, UserId, factor::FactorKind, role::Role};
use axum::http::StatusCode;

/// A company in which an administrator has nothing but a passkey.
async fn with_passkey(world: &World) -> (Company, UserId, PasskeyId, String) {
    let company = Company::new(world, "Alpha").await;
    let adam: UserId = company.id("administrator").parse().unwrap();
    let passkey = company.passkey(world, adam).await;
    (company, adam, passkey, format!("/users/{adam}"))
}

#[tokio::test]
async fn a_lost_passkey_is_seen_and_taken_away_by_somebody_above() {
    on_each_engine(async |world| {
        let (company, adam, passkey, path) = with_passkey(world).await;
        let mut own = world.browser_of(company.tenant, adam).await;
        assert_eq!(own.get(world, "/me").await.status, StatusCode::OK);
        let mut owner = company.browser(world).await;
        let page = owner.get(world, &path).await;
        assert!(page.shown().contains("Laptop") && page.shown().contains("passkey since"));
        let remove = format!("{path}/passkeys/{passkey}/remove");
        assert!(page.text.contains(&remove));
        assert!(owner.get(world, &remove).await.shown().contains("Remove Laptop"));

        // Nobody of the same role, and nobody by the address of somebody else.
        let peer = world.account(company.tenant, "eve", Some(Role::Administrator)).await;
        let mut peer = world.browser_of(company.tenant, peer).await;
        assert_eq!(peer.post(world, &remove, &[]).await.status, StatusCode::FORBIDDEN);
        let other = format!("/users/{}/passkeys/{passkey}/remove", company.id("user"));
        assert_eq!(owner.post(world, &other, &[]).await.status, StatusCode::NOT_FOUND);
        // It takes a fresh second factor.
        world.clock.advance_secs(301);
        assert_eq!(owner.post(world, &remove, &[]).await.to(), "/confirm");
        let mut owner = company.browser(world).await;
        assert_eq!(owner.post(world, &remove, &[]).await.to(), path);
        let page = owner.get(world, &path).await;
        assert!(page.shown().contains("Passkey “Laptop” removed.") && !page.text.contains(&remove));
        // Whoever came in with it is out.
        assert_eq!(own.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
        let filter = record::Filter { user: Some(adam), ..record::Filter::default() };
        let entries = record::newest(&world.app, company.tenant, &filter, 10).await.unwrap();
        let last = entries.iter().find(|entry| entry.event == "passkey_removed").unwrap();
        assert_eq!(
            (&last.detail["by"], &last.detail["passkey"]),
            (&"olga".into(), &"Laptop".into())
        );
    })
    .await;
}

/// A new link says whether it leads to a new second factor, and once nothing is left it does.
#[tokio::test]
async fn a_new_link_leads_to_a_new_factor_once_nothing_is_left() {
    on_each_engine(async |world| {
        let (company, adam, passkey, path) = with_passkey(world).await;
        let mut owner = company.browser(world).await;
        let new = format!("/settings/administrators/{adam}/link");
        let page = owner.post(world, &new, &[]).await;
        assert!(page.shown().contains("then the passkey “Laptop” is asked for"), "{}", page.main());
        assert!(page.text.contains(&format!("href=\"{path}\"")));
        let token = page.between("/set-up#", "<").to_owned();
        let mut browser = Browser::default();
        browser.get(world, "/set-up").await;
        let sent = [("set_up_token", &*token), ("password", PASSWORD)];
        assert_eq!(browser.post(world, "/set-up/account", &sent).await.to(), "/sign-in");
        let sign_in = [("company", &*company.called), ("name", "adam"), ("password", PASSWORD)];
        assert_eq!(browser.post(world, "/sign-in", &sign_in).await.to(), "/sign-in/confirm");
        let page = browser.get(world, "/sign-in/confirm").await;
        assert!(page.shown().contains("Is the passkey lost?"), "{}", page.main());

        // Recovery codes stand for a factor that is lost; they keep nobody from a new one.
        let (app, by) = (&world.app, &world.by);
        authx::enrol::recovery::renew(app, by, company.tenant, adam).await.unwrap();
        let remove = format!("{path}/passkeys/{passkey}/remove");
        assert_eq!(owner.post(world, &remove, &[]).await.to(), path);
        assert!(
            owner.get(world, &path).await.shown().contains("It leads on to a new second factor")
        );
        let page = owner.post(world, &new, &[]).await;
        assert!(page.shown().contains("a password and a new second factor"), "{}", page.main());
        let token = page.between("/set-up#", "<").to_owned();
        let sent = [("set_up_token", &*token), ("password", PASSWORD)];
        assert_eq!(browser.post(world, "/set-up/account", &sent).await.to(), "/enrol");
        assert!(browser.get(world, "/enrol").await.shown().contains("Add your second factor"));
    })
    .await;
}

/// The same after the only phone was taken away, of which a count of wrong numbers stays.
#[tokio::test]
async fn a_phone_that_was_taken_away_keeps_nobody_from_a_new_factor() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let adam = company.id("administrator").parse().unwrap();
        let phone = company.phone(world, adam).await;
        let (app, by, tenant) = (&world.app, &world.by, company.tenant);
        let now = app.now().unwrap();
        let push = NewFactor {
            tenant,
            account: adam,
            id: app.decide(now, FactorId::new),
            phone: None,
            kind: FactorKind::Push.word(),
            active: true,
            record: vec![],
            guard: "{}".to_owned(),
            created: now,
        };
        app.store.commit(Batch::default().insert_factor_once(push)).await.unwrap();
        let means = authx::admin::sign_up::means(app, tenant, adam).await.unwrap();
        assert_eq!(means.words(), "a phone");
        authx::enrol::phones::remove(app, by, tenant, phone).await.unwrap();
        let means = authx::admin::sign_up::means(app, tenant, adam).await.unwrap();
        assert!(means.is_none(), "{means:?}");
    })
    .await;
}
