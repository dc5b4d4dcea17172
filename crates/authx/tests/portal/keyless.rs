//! An application of which every key is revoked, and one that needs none.

use super::world::{World, name, on_each_engine};
use authx::{
    admin::{applications, contacts, keys},
    contacts::{Contact, write},
    store::contacts::ContactRow,
};
use authx_core::role::Role;

const NOBODY: &str = "No key: nobody gets in";

async fn protected(world: &World) -> applications::Created {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let (called, key) = (name("Berlin VPN"), name("vpn1"));
    let kind = applications::ApplicationKind::Openvpn;
    let made = applications::create(app, by, tenant, &called, kind, &key).await.unwrap();
    let now = app.now().unwrap();
    let row = ContactRow {
        key: made.key.id,
        server: "vpn1".to_owned(),
        client: "authx-openvpn/0.1.0".to_owned(),
        address: None,
        ahead_secs: 0,
        first: now,
        last: now,
    };
    app.contacts.note(Contact { tenant, application: made.id, row });
    write(app).await.unwrap();
    made
}

#[tokio::test]
async fn without_a_key_an_application_is_not_called_in_use() {
    on_each_engine(async |world| {
        let made = protected(world).await;
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        assert_eq!(contacts::list(app, tenant, made.id).await.unwrap().len(), 1);
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let path = format!("/applications/{}", made.id);
        let list = owner.get(world, "/applications").await;
        assert!(list.shown().contains("In use</span>") && !list.text.contains(NOBODY));
        let dashboard = owner.get(world, "/dashboard").await;
        assert!(!dashboard.shown().contains("has no key"));

        keys::revoke(app, by, tenant, made.id, "vpn1").await.unwrap();
        for page in ["/applications", "/applications?state=no_key", &path] {
            let page = owner.get(world, page).await;
            assert!(page.shown().contains(NOBODY), "{}", page.text);
            assert!(!page.text.contains("In use</span>"), "{}", page.text);
        }
        let list = owner.get(world, "/applications?state=in_use").await;
        assert!(!list.shown().contains("Berlin VPN"), "{}", list.text);
        let page = owner.get(world, &path).await;
        assert!(page.shown().contains("Make a new key</a>"), "{}", page.text);
        let dashboard = owner.get(world, "/dashboard").await;
        let notice = "Berlin VPN has no key: nobody gets in";
        assert!(dashboard.shown().contains(notice), "{}", dashboard.text);

        keys::add(app, by, tenant, made.id, &name("vpn2")).await.unwrap();
        assert!(!owner.get(world, "/applications").await.shown().contains(NOBODY));
        assert!(!owner.get(world, "/dashboard").await.shown().contains(notice));
    })
    .await;
}

/// Logins at the portal are counted, so they can be looked for too; it is never without a key.
#[tokio::test]
async fn the_portals_own_logins_can_be_chosen() {
    on_each_engine(async |world| {
        protected(world).await;
        let (app, tenant) = (&world.app, world.tenant);
        let own = authx::admin::portal::application(app, tenant).await.unwrap();
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let list = owner.get(world, &format!("/logins?application={own}")).await;
        let chosen = format!("<option value=\"{own}\" selected>AuthX portal</option>");
        assert!(list.shown().contains(&chosen), "{}", list.text);
        assert!(list.text.contains("Berlin VPN") && list.text.contains("AuthX unreachable"));
        assert!(!owner.get(world, "/dashboard").await.shown().contains("has no key"));
        assert!(!owner.get(world, "/applications").await.shown().contains("AuthX portal"));
    })
    .await;
}
