//! A wish to help somebody past the second factor is seen by those who may agree to it.

use super::world::{Browser, World, on_each_engine};
use authx::{admin::letters, store::deliveries::Filter};
use authx_core::role::Role;

const COUNT: &str = "<span class=\"badge warn push\">1<span class=\"sr\"> waiting for your leave";
const NOTICE: &str = "desk asks to give bob a code, good once";

async fn sees(browser: &mut Browser, world: &World) -> bool {
    let page = browser.get(world, "/dashboard").await.shown().to_owned();
    let (counted, told) = (page.contains(COUNT), page.contains(NOTICE));
    assert_eq!(counted, told, "{page}");
    assert_eq!(told, page.contains("href=\"/approvals\">Decide"), "{page}");
    // A caller waits for it, and nobody for a backup.
    assert!(!told || page.find(NOTICE) < page.find("No backup was ever made"), "{page}");
    told
}

#[tokio::test]
async fn a_wish_is_told_to_those_who_may_agree_and_to_nobody_else() {
    on_each_engine(async |world| {
        let bob = world.account(world.tenant, "bob", None).await;
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let mona = world.account(world.tenant, "mona", Some(Role::UserManager)).await;
        for account in [olga, mona] {
            world.authenticator(account).await;
        }
        let mut owner = world.browser_of(world.tenant, olga).await;
        let mut manager = world.browser_of(world.tenant, mona).await;
        let mut reader = world.signed_in("rosa", Some(Role::ReadOnly)).await;
        let mut desk = world.signed_in("desk", Some(Role::HelpDesk)).await;
        assert!(!sees(&mut owner, world).await);
        let path = format!("/users/{bob}/bypass");
        desk.get(world, &path).await;
        let wish = [("kind", "code"), ("reason", "phone lost"), ("secs", "3600"), ("leave", "ask")];
        assert_eq!(desk.post(world, &path, &wish).await.to(), path);
        assert!(desk.get(world, &path).await.shown().contains("Those who may agree are told"));

        assert!(sees(&mut owner, world).await && sees(&mut manager, world).await);
        assert!(!sees(&mut desk, world).await, "never who asks");
        assert!(!sees(&mut reader, world).await, "nor who may not");
        let page = manager.get(world, "/logins").await;
        assert!(page.shown().contains(COUNT), "on every page: {}", page.text);
        // Beside the button of the menu too, which hides it on a phone.
        assert!(page.text.contains("Menu</span><span class=\"badge warn\">1"), "{}", page.text);

        let (app, all) = (&world.app, Filter::default());
        let sent = letters::deliveries(app, world.tenant, &all, None, 100).await.unwrap();
        let wished = sent.deliveries.into_iter().filter(|one| one.kind == "bypass_wished");
        let mut told: Vec<_> = wished.filter_map(|one| one.user).collect();
        told.sort_unstable();
        assert_eq!(told, ["mona", "olga"]);

        let id = authx::admin::bypass::open(app, world.tenant).await.unwrap().remove(0).id;
        manager.get(world, "/approvals").await.shown();
        manager.post(world, &format!("/approvals/{id}/agree"), &[]).await.to();
        assert!(!sees(&mut owner, world).await, "decided");
    })
    .await;
}

/// Nobody is asked to agree for whom they could not.
#[tokio::test]
async fn a_wish_for_an_administrator_is_the_owners() {
    on_each_engine(async |world| {
        let adam = world.account(world.tenant, "adam", Some(Role::UserManager)).await;
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let mut manager = world.signed_in("mona", Some(Role::UserManager)).await;
        let mut other = world.signed_in("anna", Some(Role::Administrator)).await;
        let path = format!("/users/{adam}/bypass");
        other.get(world, &path).await.shown();
        let wish = [("kind", "code"), ("reason", "phone lost"), ("secs", "3600"), ("leave", "ask")];
        assert_eq!(other.post(world, &path, &wish).await.to(), path);
        let shown = "anna asks to give adam a code";
        assert!(owner.get(world, "/dashboard").await.shown().contains(shown));
        assert!(!manager.get(world, "/dashboard").await.shown().contains(shown));
        let list = manager.get(world, "/approvals").await;
        assert!(list.shown().contains("phone lost") && !list.text.contains("/agree"));
    })
    .await;
}
