//! An account that gets a higher role: nothing that lower ones prepared for it rises with it.

use crate::world::{Browser, PASSWORD, World, name, on_each_engine};
use authx::{
    admin::{
        Actor, accounts,
        administrators::{self, Factors},
        bypass, sign_up,
        tokens::{self, USUAL_SECS, Wish},
    },
    enrol::recovery,
    store::{Batch, accounts as stored, passkeys::NewPasskey},
};
use authx_core::{
    PasskeyId, UserId,
    role::{Permission, Role},
};

/// Pat, a user whose password, app, passkey, recovery codes and bypass somebody else could have made.
async fn prepared(world: &World) -> UserId {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    // Later than the company, which its founder was made with.
    world.clock.advance_secs(60);
    let pat = world.account(tenant, "pat", None).await;
    let link = sign_up::invite_account(app, by, tenant, pat).await.unwrap();
    let mut browser = Browser::default();
    assert_eq!(spend(world, &mut browser, &link.token).await, "/enrol");
    world.authenticator(pat).await;
    let (id, now) = (PasskeyId::from_bytes([7; 16]), app.now().unwrap());
    let passkey = NewPasskey {
        id,
        tenant,
        account: pat,
        name: "Key",
        credential: &[7; 4],
        record: "{}",
        now,
    };
    app.store.commit(Batch::default().insert_passkey(passkey)).await.unwrap();
    recovery::renew(app, by, tenant, pat).await.unwrap();
    let reason = "phone lost".to_owned();
    let wish = bypass::Wish { user: pat, kind: bypass::Kind::Bypass, reason, secs: 86_400 };
    bypass::give(app, by, tenant, &wish, None).await.unwrap();
    pat
}

/// Sets the password by a link; gives where that leads.
async fn spend(world: &World, browser: &mut Browser, token: &str) -> String {
    browser.get(world, "/set-up").await;
    let sent = [("set_up_token", token), ("password", PASSWORD)];
    browser.post(world, "/set-up/account", &sent).await.to().to_owned()
}

async fn kinds(world: &World, user: UserId) -> Vec<String> {
    let factors = stored::factors_of(&world.app.store, world.tenant, user).await.unwrap();
    factors.into_iter().map(|factor| factor.kind).collect()
}

async fn rise(world: &World, user: UserId, factors: Factors) {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let role = Some(Role::Administrator);
    administrators::set_role(app, by, tenant, user, role, factors).await.unwrap();
}

#[tokio::test]
async fn nothing_that_was_prepared_rises() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let pat = prepared(world).await;
        rise(world, pat, Factors::Removed).await;
        assert_eq!(kinds(world, pat).await, [""; 0]);
        let account = accounts::find(app, tenant, "pat").await.unwrap();
        assert_eq!((account.bypass_until, account.state), (None, "pending"));
        let passkeys = authx::admin::passkeys::list(app, tenant, pat).await.unwrap();
        assert!(passkeys.is_empty());

        // The password is known to whoever spent the link, and opens nothing, not even enrolment.
        let mut browser = Browser::default();
        browser.get(world, "/sign-in").await;
        let typed = [("name", "pat"), ("password", PASSWORD)];
        browser.post(world, "/sign-in", &typed).await.refused();
        // A link of whoever gave the role does.
        let link = administrators::link(app, by, tenant, pat).await.unwrap().link;
        let mut browser = Browser::default();
        assert_eq!(spend(world, &mut browser, &link.token).await, "/enrol");
        let mut again = Browser::default();
        again.get(world, "/sign-in").await;
        assert_eq!(again.post(world, "/sign-in", &typed).await.to(), "/enrol");
    })
    .await;
}

#[tokio::test]
async fn whoever_gives_the_role_may_vouch_for_the_factors() {
    on_each_engine(async |world| {
        let pat = prepared(world).await;
        rise(world, pat, Factors::Kept).await;
        assert_eq!(kinds(world, pat).await, ["code"]);
        let account = accounts::find(&world.app, world.tenant, "pat").await.unwrap();
        assert_eq!((account.bypass_until, account.state), (None, "active"));
    })
    .await;
}

/// A code that an administrator gave opens a VPN once, and no portal: it is no reason to keep
/// somebody from enrolling.
#[tokio::test]
async fn a_bypass_code_is_no_second_factor_of_the_portal() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let pat = world.account(tenant, "pat", None).await;
        let reason = "phone lost".to_owned();
        let wish = bypass::Wish { user: pat, kind: bypass::Kind::Code, reason, secs: 3_600 };
        bypass::give(app, by, tenant, &wish, None).await.unwrap();
        let link = sign_up::invite_account(app, by, tenant, pat).await.unwrap();
        assert_eq!(spend(world, &mut Browser::default(), &link.token).await, "/enrol");
    })
    .await;
}

/// Whoever was in an account while it stood high may have made a token there: it does not come back
/// with the role.
#[tokio::test]
async fn a_token_of_before_does_not_rise() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let pat = world.account(tenant, "pat", Some(Role::Administrator)).await;
        let own = Actor::account(pat, Some(Role::Administrator), "pat");
        let scopes = &[Permission::UsersWrite];
        let wish = Wish { name: &name("nightly"), scopes, lifetime_secs: USUAL_SECS };
        tokens::create(app, &own, tenant, wish).await.unwrap();
        let counts = async || tokens::names_of(app, tenant, pat).await.unwrap().len();
        for (factors, left) in [(Factors::Kept, 1), (Factors::Removed, 0)] {
            let lower = Some(Role::HelpDesk);
            administrators::set_role(app, by, tenant, pat, lower, factors).await.unwrap();
            assert_eq!(counts().await, 1, "it may less");
            rise(world, pat, factors).await;
            assert_eq!(counts().await, left, "{factors:?}");
        }
    })
    .await;
}
