//! Second factors as they come, move and go, and those who look after them.

use super::{LONG, in_world, keep, kept, login, phone, user, vpn};
use crate::world::{Browser, PASSWORD, World, name};
use authx::{
    admin::{groups, policies, sign_up},
    store::{Batch, passkeys::NewPasskey},
};
use authx_core::{PasskeyId, UserId, audit::EventKind, policy::Document, role::Role};
use serde_json::json;

/// A passkey of somebody.
async fn passkey(world: &World, account: UserId, called: &str) -> PasskeyId {
    let (app, tenant) = (&world.app, world.tenant);
    let now = app.now().unwrap();
    let id = app.decide(now, PasskeyId::new);
    let (credential, record) = (id.as_bytes(), "{}");
    let new = NewPasskey { id, tenant, account, name: called, credential, record, now };
    let batch = Batch::default().insert_passkey(new).count_means(tenant, account);
    app.store.commit(batch).await.unwrap();
    id
}

#[tokio::test]
async fn second_factors_move_and_go() {
    in_world(async |world| {
        let long = user(world, "w.hildebrandt@example.com", LONG, Some("w@example.com")).await;
        let mobile = phone(world, long, "Wolfgangs Diensttelefon mit dem langen Namen").await;
        let laptop = passkey(world, long, "Laptop").await;
        world.authenticator(long).await;
        let mut own = world.browser_of(world.tenant, long).await;
        keep(world, &mut own, "/me", "me-factors").await;
        keep(world, &mut own, &format!("/me/phones/{mobile}/move"), "phone-move").await;
        keep(world, &mut own, "/me/passkey", "passkey-new").await;
        let page = own.post(world, "/me/passkey", &[("name", "Laptop\u{200b}")]).await;
        page.refused();
        kept("passkey-refused", &page);

        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        let path = format!("/users/{long}");
        keep(world, &mut boss, &path, "user-factors").await;
        for (part, name) in [
            (format!("phones/{mobile}"), "remove-phone"),
            (format!("passkeys/{laptop}"), "remove-passkey"),
            ("app".to_owned(), "remove-app"),
        ] {
            keep(world, &mut boss, &format!("{path}/{part}/remove"), name).await;
        }
        let page = boss.post(world, &format!("{path}/portal"), &[("by", "link")]).await;
        page.shown();
        kept("portal-link", &page);
    })
    .await;
}

#[tokio::test]
async fn somebody_comes_in_by_a_link() {
    in_world(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        for (called, role) in [("anna", None), ("adam", Some(Role::Administrator))] {
            let id = world.account(tenant, called, role).await;
            let link = sign_up::invite_account(app, by, tenant, id).await.unwrap();
            let mut browser = Browser::default();
            browser.get(world, "/set-up").await;
            let page = browser.post(world, "/set-up", &[("link", &*link.token)]).await;
            page.shown();
            kept(&format!("set-up-{called}"), &page);
            let sent = [("set_up_token", &*link.token.to_string()), ("password", PASSWORD)]
                .map(|(name, value)| (name, value.to_owned()));
            let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(browser.post(world, "/set-up/account", &sent).await.to(), "/enrol");
            keep(world, &mut browser, "/enrol", &format!("enrol-{called}")).await;
            browser.post(world, "/enrol/phone", &[]).await.to();
            keep(world, &mut browser, "/enrol", &format!("enrol-phone-{called}")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn those_who_look_after_others() {
    in_world(async |world| {
        let mut olga = world.signed_in("olga.owner@example.com", Some(Role::Owner)).await;
        let path = "/settings/administrators";
        for (called, display, role) in [
            ("adam@example.com", "Adam Able", Role::Administrator),
            ("w.hildebrandt@example.com", LONG, Role::UserManager),
            ("hanna@example.com", "", Role::HelpDesk),
        ] {
            let id = user(world, called, display, None).await;
            let (app, by, kept) =
                (&world.app, &world.by, authx::admin::administrators::Factors::Kept);
            authx::admin::administrators::set_role(app, by, world.tenant, id, Some(role), kept)
                .await
                .unwrap();
        }
        keep(world, &mut olga, path, "administrators").await;
        let wish = [("mail", "eva@example.com"), ("display", "Eva Ernst"), ("role", "auditor")];
        let page = olga.post(world, path, &wish).await;
        page.shown();
        kept("administrators-link", &page);
        let page = olga.post(world, path, &wish).await;
        page.refused();
        kept("administrators-refused", &page);
    })
    .await;
}

/// What a program of the operator's own is given, and a group that is not for everybody to fill.
#[tokio::test]
async fn a_program_and_a_group_that_decides() {
    in_world(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let fields = [("type", "api"), ("name", "Builds"), ("key_name", "build host")];
        let path = owner.post(world, "/applications/protect", &fields).await.to().to_owned();
        keep(world, &mut owner, &format!("{path}/install"), "application-install-api").await;

        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let guests = groups::create(app, by, tenant, &name("Guests")).await.unwrap();
        let alice = user(world, "alice", "Alice Arnold", None).await;
        groups::add(app, by, tenant, guests, &[alice]).await.unwrap();
        let document = Document::from_value(&json!({"second_factor": "off"})).unwrap();
        policies::set(app, by, tenant, policies::Target::Group(guests), document).await.unwrap();
        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        keep(world, &mut boss, &format!("/groups/{guests}"), "group-decides").await;
    })
    .await;
}

#[tokio::test]
async fn a_dashboard_with_what_people_ask_and_report() {
    in_world(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let long = user(world, "w.hildebrandt@example.com", LONG, None).await;
        let vpn = vpn(world, "Berlin VPN").await;
        let detail = json!({"by": "push", "after_ms": 9_000});
        let was = login(world, vpn, long, (EventKind::LoginAllowed, "K7QF2M"), detail).await;
        authx::app::testing::read_all(app).await;
        let mut own = world.browser_of(tenant, long).await;
        own.post(world, &format!("/me/logins/{was}/not-me"), &[]).await.to();
        let mut desk = world.signed_in("hanna.help@example.com", Some(Role::HelpDesk)).await;
        let path = format!("/users/{long}/bypass");
        desk.get(world, &path).await;
        let reason = "phone left at home";
        let wish = [("kind", "code"), ("reason", reason), ("secs", "3600"), ("leave", "ask")];
        desk.post(world, &path, &wish).await.to();
        authx::app::testing::read_all(app).await;
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        keep(world, &mut olga, "/dashboard", "dashboard-asked-and-reported").await;
    })
    .await;
}
