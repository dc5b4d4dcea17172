//! How a user who was made by somebody else gets into the portal.

use crate::world::{Browser, PASSWORD, name, on_each_engine};
use authx::admin::{accounts, record, tenants};
use authx_core::role::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn a_user_gets_a_first_password_by_a_link_that_is_shown_once() {
    on_each_engine(async |world| {
        let anna = world.account(world.tenant, "anna", None).await;
        let path = format!("/users/{anna}");
        let to = format!("{path}/portal");
        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        let page = boss.get(world, &path).await;
        assert!(page.shown().contains("a first password, which AuthX keeps then"));
        // Without mail, and without an address, it says so beside its buttons.
        let page = boss.post(world, &to, &[("by", "mail")]).await;
        assert!(
            page.refused().contains("No mail address of “anna” is on record."),
            "{}",
            page.text
        );

        let page = boss.post(world, &to, &[("by", "link")]).await;
        let link = page.between("<code>", "</code>").to_owned();
        assert!(page.shown().contains("Link: shown once") && link.contains("/set-up#axi_"));
        assert_eq!(page.headers["cache-control"], "no-store");
        let first = link;
        let page = boss.post(world, &to, &[("by", "link")]).await;
        let link = page.between("<code>", "</code>").to_owned();
        for path in [&path, "/users"] {
            assert!(!boss.get(world, path).await.shown().contains("axi_"), "{path}");
        }
        let filter = record::Filter { user: Some(anna), ..record::Filter::default() };
        let entries = record::newest(&world.app, world.tenant, &filter, 10).await.unwrap();
        let last = entries.iter().find(|entry| entry.event == "portal_invited").unwrap();
        assert_eq!(last.detail["by"], "boss");
        assert!(!format!("{entries:?}").contains("axi_"), "the record has no link");

        let mut browser = Browser::default();
        browser.get(world, "/set-up").await;
        let over = browser.post(world, "/set-up", &[("link", &first)]).await;
        assert!(over.refused().contains("used or is too old"), "the newest counts alone");
        let page = browser.post(world, "/set-up", &[("link", &link)]).await;
        assert!(page.shown().contains("anna") && page.text.contains("Step 1 of 2"));
        let token = link.split_once('#').unwrap().1;
        let sent = [("set_up_token", token), ("password", PASSWORD)];
        assert_eq!(browser.post(world, "/set-up/account", &sent).await.to(), "/enrol");
        // No VPN takes a passkey: the phone comes first for those whom a VPN asks.
        let page = browser.get(world, "/enrol").await;
        let (phone, passkey) = (page.shown().find("on my phone"), page.text.find("a passkey</b"));
        assert!(phone.is_some() && phone < passkey, "{}", page.main());
        assert!(page.text.contains("Step 2 of 2") && page.text.contains("this portal only"));
        assert!(page.between("action=\"/enrol/phone\"", "</form>").contains("btn main"));
        assert_eq!(page.main().matches("btn main").count(), 1);
        assert!(boss.get(world, &path).await.shown().contains("A link for a new password"));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_let_in_whom_the_administrator_may_not_act_on() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let owner = world.account(tenant, "olga", Some(Role::Owner)).await;
        let peer = world.account(tenant, "mona", Some(Role::UserManager)).await;
        let off = world.account(tenant, "off", None).await;
        accounts::disable(app, by, tenant, off).await.unwrap();
        let other = tenants::create(app, by, &name("Other")).await.unwrap().id;
        let theirs = world.account(other, "theirs", None).await;
        let mut boss = world.signed_in("boss", Some(Role::UserManager)).await;
        for (user, status) in [
            (owner, StatusCode::FORBIDDEN),
            (peer, StatusCode::FORBIDDEN),
            (theirs, StatusCode::NOT_FOUND),
            (off, StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            for way in ["link", "mail"] {
                let page = boss.post(world, &format!("/users/{user}/portal"), &[("by", way)]).await;
                assert_eq!(page.status, status, "{user} {way}: {}", page.text);
                assert!(!page.text.contains("axi_"), "{}", page.text);
            }
        }
        let page = boss.post(world, &format!("/users/{off}/portal"), &[("by", "link")]).await;
        assert!(page.refused().contains("“off” is disabled; enable the user first"));
        assert!(!boss.get(world, &format!("/users/{off}")).await.shown().contains("Let into"));

        // A help desk is never shown a link, whatever it sends.
        let anna = world.account(tenant, "anna", None).await;
        let mut desk = world.signed_in("desk", Some(Role::HelpDesk)).await;
        desk.get(world, "/users").await;
        let page = desk.post(world, &format!("/users/{anna}/portal"), &[("by", "link")]).await;
        assert!(page.refused().contains("No mail address") && !page.text.contains("axi_"));
        // And all of it takes a fresh second factor.
        world.clock.advance_secs(301);
        let page = boss.post(world, &format!("/users/{anna}/portal"), &[("by", "link")]).await;
        assert_eq!(page.to(), "/confirm");
    })
    .await;
}
