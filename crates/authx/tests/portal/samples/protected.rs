//! An application in each state.

use super::{LONG, in_world, keep, login, user};
use crate::world::{Browser, World, name};
use authx::{
    admin::{groups, keys},
    contacts::{Contact, write},
    store::contacts::ContactRow,
};
use authx_core::{ApplicationId, KeyId, audit::EventKind, role::Role};
use serde_json::json;

#[tokio::test]
async fn an_application_in_each_state() {
    in_world(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let fields =
            [("type", "openvpn"), ("name", "Berlin VPN"), ("key_name", "vpn1.example.com")];
        let path = owner.post(world, "/applications/protect", &fields).await.to().to_owned();
        keep(world, &mut owner, &path, "application-new").await;
        world.clock.advance_secs(301);
        keep(world, &mut owner, &path, "application-waiting").await;

        let id: ApplicationId = path.rsplit('/').next().unwrap().parse().unwrap();
        let mut owner = world.signed_in("oscar", Some(Role::Owner)).await;
        let keys_path = format!("{path}/keys");
        owner.post(world, &keys_path, &[("key_name", SPARE)]).await;
        keep(world, &mut owner, &keys_path, "application-key-once").await;

        for (key, client, address) in [
            ("vpn1.example.com", "authx-openvpn/0.1.0", "192.0.2.7"),
            (SPARE, "authx-openvpn/0.0.9", "2001:db8:4:7::1:25"),
        ] {
            let key = keys::find(&world.app, world.tenant, id, key).await.unwrap();
            calls(world, id, (key.id, &key.name), client, address).await;
        }
        logins(world, id).await;
        keep(world, &mut owner, &path, "application-in-use").await;

        let old = keys::find(&world.app, world.tenant, id, "vpn1.example.com").await.unwrap().id;
        owner.post(world, &format!("{keys_path}/{old}/revoke"), &[]).await.to();
        keep(world, &mut owner, &keys_path, "application-key-revoked").await;
        pilot(world, &mut owner, &path).await;

        world.clock.advance_secs(25 * 3_600);
        let mut owner = world.signed_in("otto", Some(Role::Owner)).await;
        keep(world, &mut owner, &path, "application-silent").await;
        let fields = [("name", "Berlin VPN"), ("domain_suffix", ""), ("switched_off", "on")];
        owner.post(world, &format!("{path}/settings"), &fields).await.to();
        owner.get(world, "/groups").await;
        keep(world, &mut owner, &path, "application-off").await;
    })
    .await;
}

/// One group is asked, and its page says who is not.
async fn pilot(world: &World, owner: &mut Browser, path: &str) {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let staff = groups::create(app, by, tenant, &name("Staff")).await.unwrap().to_string();
    groups::create(app, by, tenant, &name("Rechenzentrum Nord, Bereitschaft")).await.unwrap();
    let fields = [("who", "everyone"), ("asked", "pilot"), ("pilot", &*staff)];
    owner.post(world, &format!("{path}/audience"), &fields).await.to();
    keep(world, owner, &format!("{path}/settings"), "application-settings").await;
    keep(world, owner, path, "application-pilot").await;
    keep(world, owner, &format!("{path}/delete"), "application-delete").await;
}

async fn calls(
    world: &World,
    application: ApplicationId,
    (key, server): (KeyId, &str),
    client: &str,
    address: &str,
) {
    let now = world.app.now().unwrap();
    let row = ContactRow {
        key,
        server: server.to_owned(),
        client: client.to_owned(),
        address: Some(address.to_owned()),
        ahead_secs: if server == SPARE { -74 } else { 0 },
        first: now,
        last: now,
    };
    world.app.contacts.note(Contact { tenant: world.tenant, application, row });
    write(&world.app).await.unwrap();
}

/// What came through it.
async fn logins(world: &World, application: ApplicationId) {
    let long = user(world, "w.hildebrandt@example.com", LONG, None).await;
    for (kind, code, detail) in [
        (EventKind::LoginAllowed, "K7QF2M", json!({"by": "push", "after_ms": 9_000})),
        (EventKind::LoginRefused, "R3DZ7Q", json!({"reason": "wrong_number"})),
        (EventKind::LoginRefused, "T8XK3N", json!({"reason": "fraud"})),
    ] {
        login(world, application, long, (kind, code), detail).await;
        world.clock.advance_secs(40);
    }
    authx::app::testing::read_all(&world.app).await;
}

/// A host with a long name, an older agent, and a clock that is late.
const SPARE: &str = "vpn-ersatz.rechenzentrum-nord.example.com";
