//! What becomes of users, many at once and each by themselves.

use super::{HOSTILE, LONG, in_world, keep, kept, login, phone, user, vpn};
use crate::{
    sent::multipart,
    world::{Browser, PASSWORD, World},
};
use authx_core::{UserId, audit::EventKind, role::Role};
use serde_json::json;

/// Users of every kind, the first of them a peer of whoever looks after them.
async fn people(world: &World) -> Vec<UserId> {
    let mut people =
        vec![world.account(world.tenant, "mona.manager", Some(Role::UserManager)).await];
    for (called, display, mail) in [
        ("alice", "Alice Arnold", Some("alice@example.com")),
        ("w.hildebrandt@example.com", LONG, Some("w.hildebrandt@example.com")),
        ("bob", HOSTILE, None),
        ("krishna", "अनुराधा कृष्णमूर्ति", Some("anuradha@example.com")),
        ("carol.von-und-zu-lange-doppelnamen-mueller@subsidiary.example.com", "", None),
        ("dora", "Dora Dahl", Some("dora@example.com")),
    ] {
        people.push(user(world, called, display, mail).await);
    }
    people
}

#[tokio::test]
async fn bulk_deeds_and_what_became_of_each() {
    in_world(async |world| {
        let people = people(world).await;
        let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        boss.get(world, "/users").await;
        let mut deed = async |deed: &str, ids: &[String], name: &str| {
            let chosen = ids.iter().map(|id| ("user", id.as_str()));
            let fields: Vec<_> = chosen.chain([("deed", deed)]).collect();
            let page = boss.post(world, "/users/bulk", &fields).await;
            page.shown();
            if !name.is_empty() {
                kept(name, &page);
            }
        };
        deed("invite", &ids, "bulk-invited").await;
        deed("disable", &ids[1..4], "").await;
        deed("disable", &ids, "bulk-some").await;
        let page = boss.post(world, "/users/bulk", &[("deed", "disable")]).await;
        assert_eq!(page.to(), "/users");
        keep(world, &mut boss, "/users", "users-toast").await;
    })
    .await;
}

#[tokio::test]
async fn a_file_of_users_from_the_look_to_the_way_back() {
    in_world(async |world| {
        people(world).await;
        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        keep(world, &mut boss, "/users/import", "import-first").await;
        let good = |number: u8| format!("user{number};user{number}@example.com;User {number};\n");
        let good: String = (0..12).map(good).collect();
        let long = "x".repeat(200);
        let file = format!(
            "name;mail;display;groups\n{good}anna;nowhere;Anna;\n;lost@example.com;No Name;\n\
             alice;alice@example.com;Alice;\nlong;long@example.com;{long};\n\
             zoe;zoe@example.com;<b>Zoe</b>;no-such-group\n"
        );
        let to = upload(world, &mut boss, &file).await;
        keep(world, &mut boss, &to, "import-checked").await;
        boss.post(world, &format!("{to}/run"), &[]).await.to();
        keep(world, &mut boss, &to, "import-done").await;
        boss.post(world, &format!("{to}/undo"), &[]).await.to();
        keep(world, &mut boss, "/users/import", "import-earlier").await;
        let page = boss.get(world, "/users/import").await;
        page.shown();
        let fields = [("_csrf".to_owned(), boss.token().to_owned())];
        let (kind, body) = multipart(&fields, b"name\nJ\xfcrgen\n");
        let page = boss.upload(world, "/users/import", kind, body).await;
        page.refused();
        kept("import-refused", &page);
    })
    .await;
}

async fn upload(world: &World, browser: &mut Browser, file: &str) -> String {
    browser.get(world, "/users/import").await;
    let fields = [("_csrf".to_owned(), browser.token().to_owned())];
    let (kind, body) = multipart(&fields, file.as_bytes());
    browser.upload(world, "/users/import", kind, body).await.to().to_owned()
}

#[tokio::test]
async fn a_caller_is_checked_on_both_sides() {
    in_world(async |world| {
        let long = people(world).await[2];
        let mut caller = world.browser_of(world.tenant, long).await;
        keep(world, &mut caller, "/me/caller", "caller-nobody").await;
        let mut desk = world.signed_in("hanna.help@example.com", Some(Role::HelpDesk)).await;
        let path = format!("/users/{long}/bypass");
        desk.post(world, &format!("/users/{long}/caller"), &[]).await.to();
        keep(world, &mut desk, &path, "caller-desk").await;
        keep(world, &mut caller, "/me/caller", "caller-own").await;
        keep(world, &mut caller, "/me", "me-caller").await;
        let shown = authx::admin::bypass::shown_to(&world.app, world.tenant, long).await.unwrap();
        let answer = format!("/users/{long}/caller/answer");
        let page = desk.post(world, &answer, &[("digits", "00")]).await;
        page.refused();
        kept("caller-wrong", &page);
        desk.post(world, &answer, &[("digits", &shown.unwrap().caller_reads)]).await.to();
        keep(world, &mut desk, &path, "caller-right").await;
        let wish = [
            ("kind", "code"),
            ("reason", "phone left at home"),
            ("secs", "3600"),
            ("leave", "checked"),
        ];
        let page = desk.post(world, &path, &wish).await;
        page.shown();
        kept("bypass-code-once", &page);
        desk.post(world, &format!("/users/{long}/caller"), &[]).await.to();
        for _ in 0..2 {
            desk.post(world, &answer, &[("digits", "00")]).await.refused();
        }
        let page = desk.post(world, &answer, &[("digits", "00")]).await;
        page.refused();
        kept("caller-failed", &page);
        let wish = [
            ("kind", "bypass"),
            ("reason", "phone left at home"),
            ("secs", "3600"),
            ("leave", "ask"),
        ];
        desk.get(world, &path).await;
        desk.post(world, &path, &wish).await.to();
        keep(world, &mut desk, "/approvals", "approvals-own").await;
        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        keep(world, &mut boss, "/approvals", "approvals").await;
    })
    .await;
}

/// Somebody's own page with one of everything, and codes on paper.
#[tokio::test]
async fn ones_own_page_when_much_is_there() {
    in_world(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let owner = world.account(tenant, "olga.owner@example.com", Some(Role::Owner)).await;
        world.password(tenant, owner, PASSWORD).await;
        for called in ["Olgas Diensttelefon mit dem langen Namen", "Pocket"] {
            phone(world, owner, called).await;
        }
        let vpn = vpn(world, "Berlin VPN").await;
        for (kind, code, detail) in [
            (EventKind::LoginAllowed, "K7QF2M", json!({"by": "push", "after_ms": 9_000})),
            (EventKind::LoginRefused, "R3DZ7Q", json!({"reason": "wrong_number"})),
        ] {
            login(world, vpn, owner, (kind, code), detail).await;
            world.clock.advance_secs(4_000);
        }
        authx::app::testing::read_all(app).await;
        world.browser_of(tenant, owner).await;
        let mut browser = world.browser_of(tenant, owner).await;
        keep(world, &mut browser, "/me", "me").await;
        let page = browser.post(world, "/me/recovery", &[]).await;
        page.shown();
        kept("recovery-codes", &page);
    })
    .await;
}
