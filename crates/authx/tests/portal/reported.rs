//! “Not me” at a login that was let in: whoever looks after users sees it, wherever they look.

use super::world::{Browser, PASSWORD, World, name, on_each_engine};
use authx::{
    admin::{applications, bypass, letters},
    directory::Protected,
    logins,
    store::deliveries::Filter,
};
use authx_core::{
    LoginId, UserId,
    role::Role,
    wire::login::{LoginState, Standing},
};
use serde_json::json;

/// What carol is let into: a VPN, with an administrator's leave to come in by the password alone.
pub(super) async fn berlin(world: &World, carol: UserId) -> std::sync::Arc<Protected> {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let (called, key) = (name("Berlin VPN"), name("vpn1"));
    let kind = applications::ApplicationKind::Openvpn;
    let vpn = applications::create(app, by, tenant, &called, kind, &key).await.unwrap().id;
    let (kind, reason) = (bypass::Kind::Bypass, "phone lost".to_owned());
    let wish = bypass::Wish { user: carol, kind, reason, secs: 4 * 3_600 };
    bypass::give(app, by, tenant, &wish, None).await.unwrap();
    app.directory.current(app, vpn).await.unwrap().unwrap()
}

async fn comes_in(world: &World, at: &Protected, id: u8, password: &str) -> LoginState {
    let request = json!({
        "user": "carol",
        "first_factor": {"kind": "password", "password": password},
        "client": {"address": "192.0.2.7"},
        "can": {"text": true, "several": true},
        "support_code": "K7QF2M",
    });
    let request = serde_json::from_value(request).unwrap();
    let id = LoginId::from_bytes([id; 16]);
    let begun = logins::begin(&world.app, at, id, &request, &[id.as_bytes()[0]]).await;
    begun.unwrap().view().state
}

async fn told(world: &World) -> Vec<String> {
    let (app, all) = (&world.app, Filter::default());
    let page = letters::deliveries(app, world.tenant, &all, None, 100).await.unwrap();
    let reports = page.deliveries.into_iter().filter(|one| one.kind == "login_reported");
    let mut told: Vec<_> = reports.filter_map(|one| one.user).collect();
    told.sort_unstable();
    told
}

async fn page(browser: &mut Browser, world: &World, path: &str) -> String {
    browser.get(world, path).await.shown().to_owned()
}

/// In all of her logins, and in what an administrator reads of her.
async fn said_once(world: &World, her: &mut Browser, owner: &mut Browser, carol: UserId) {
    let all = page(her, world, "/me/logins").await;
    assert!(all.contains("Not me</span>") && all.contains(">Reported<"), "{all}");
    assert!(!all.contains("/not-me\""), "{all}");
    let log = page(owner, world, &format!("/users/{carol}/log")).await;
    let row = log.split("“Not me” reported").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains("<td data-l=\"By\">carol</td>"), "{row}");
    assert!(!row.contains("Carol"), "no factor: {row}");
    assert_eq!(log.matches("Not me").count() + log.matches("not me").count(), 1, "{log}");
}

#[tokio::test]
async fn a_login_that_was_let_in_and_reported_is_seen_by_whoever_looks_after_users() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let mona = world.account(world.tenant, "mona", Some(Role::UserManager)).await;
        let hugo = world.account(world.tenant, "hugo", Some(Role::HelpDesk)).await;
        for account in [olga, mona, hugo] {
            world.authenticator(account).await;
        }
        let mut owner = world.browser_of(world.tenant, olga).await;
        // Has never come in.
        world.account(world.tenant, "nora", Some(Role::Administrator)).await;
        let carol = world.account(world.tenant, "carol", None).await;
        world.password(world.tenant, carol, PASSWORD).await;
        let vpn = berlin(world, carol).await;
        assert_eq!(comes_in(world, &vpn, 1, PASSWORD).await, LoginState::Allowed);
        let login = LoginId::from_bytes([1; 16]);
        let renewed = logins::renew(&world.app, &vpn, login).await.unwrap();
        assert_eq!(renewed.standing, Standing::Good);

        let mut her = world.browser_of(world.tenant, carol).await;
        let mut elsewhere = world.browser_of(world.tenant, carol).await;
        let before = page(&mut her, world, "/me").await;
        assert!(before.contains("Granted") && before.contains("K7QF2M"), "{before}");
        let report = format!("/me/logins/{login}/not-me");
        assert_eq!(her.post(world, &report, &[]).await.to(), "/me");
        let after = page(&mut her, world, "/me").await;
        assert!(after.contains("Reported, and your administrators see it."), "{after}");
        assert!(after.contains("within two hours as a rule"), "{after}");
        // One row, without its button.
        assert_eq!(after.matches("K7QF2M").count(), 1, "{after}");
        assert!(after.contains("Not me</span>") && !after.contains("Granted"), "{after}");
        assert!(!after.contains("/not-me\""), "{after}");
        her.post(world, &report, &[]).await;
        assert!(page(&mut her, world, "/me").await.contains("reported already"));

        // What it opened has ended.
        assert_eq!(elsewhere.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
        let vpn = world.app.directory.current(&world.app, vpn.id).await.unwrap().unwrap();
        let renewed = logins::renew(&world.app, &vpn, login).await.unwrap();
        assert_eq!(renewed.standing, Standing::Ended);
        assert_eq!(told(world).await, ["mona", "olga"], "once, and only who may act");

        authx::app::testing::read_all(&world.app).await;
        let dashboard = page(&mut owner, world, "/dashboard").await;
        assert!(dashboard.contains("Reported after it was let in: carol, Berlin VPN, <time"));
        assert!(dashboard.contains(&format!("href=\"/logins/{login}\">Open the login")));
        for list in ["/logins", "/logins?reason=fraud", "/logins?outcome=granted"] {
            let list = page(&mut owner, world, list).await;
            assert!(list.contains("Not me</span>") && list.contains("Let in before"), "{list}");
        }
        let opened = page(&mut owner, world, &format!("/logins/{login}")).await;
        assert!(opened.contains("Not me, after it was let in"), "{opened}");
        assert!(opened.contains("in the portal, by carol"), "{opened}");
        assert!(!opened.contains("The user read"), "nobody was refused: {opened}");
        let file = page(&mut owner, world, "/logins/export?reason=fraud").await;
        assert!(file.contains(",granted,fraud,bypass,carol,"), "{file}");
        said_once(world, &mut her, &mut owner, carol).await;
        // A deed like any other, found by its code.
        let deeds = page(&mut owner, world, "/record?q=K7QF2M").await;
        let (_, row) = deeds.rsplit_once("Login reported as “not me”").unwrap();
        assert!(row.split("</tr>").next().unwrap().contains("carol"), "{row}");
        let by_her = page(&mut owner, world, &format!("/record?by={carol}")).await;
        assert!(by_her.contains("K7QF2M"), "{by_her}");
    })
    .await;
}

/// A login by which nobody came in is a report like any other, and nobody is written to.
#[tokio::test]
async fn a_refused_login_can_be_reported_too() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let carol = world.account(world.tenant, "carol", None).await;
        world.password(world.tenant, carol, PASSWORD).await;
        let vpn = berlin(world, carol).await;
        assert_eq!(comes_in(world, &vpn, 2, "wrong").await, LoginState::Refused);
        let login = LoginId::from_bytes([2; 16]);
        let mut her = world.browser_of(world.tenant, carol).await;
        her.get(world, "/me").await.shown();
        her.post(world, &format!("/me/logins/{login}/not-me"), &[]).await;
        assert!(page(&mut her, world, "/me").await.contains("Nobody was let in by it"));
        assert!(told(world).await.is_empty());
        authx::app::testing::read_all(&world.app).await;
        let dashboard = page(&mut owner, world, "/dashboard").await;
        assert!(!dashboard.contains("Reported after it was let in"), "{dashboard}");
        let opened = page(&mut owner, world, &format!("/logins/{login}")).await;
        // What stood at the prompt stays what was said there.
        assert!(opened.contains("Not me") && opened.contains("not accepted"), "{opened}");
    })
    .await;
}
