use super::{World, name, on_each_engine};
use authx::{
    admin::{
        applications::{self, ApplicationError, ApplicationKind, SettingsChange, State},
        contacts,
        keys::{self, KeyError},
    },
    contacts::{Contact, write},
    store::{Batch, contacts::ContactRow},
};
use authx_core::{ApplicationId, GroupId, KeyId, TenantId};

async fn group(world: &World, tenant: TenantId, byte: u8) -> GroupId {
    let id = GroupId::from_bytes([byte; 16]);
    let sql = "INSERT INTO user_group (id, tenant, name, folded, policy, place, created)
        VALUES ($1, $2, $3, $3, '{}', 1, 1)";
    let values = [id.into(), tenant.into(), format!("group {byte}").into()];
    world.app.store.commit(Batch::default().one(sql, values)).await.unwrap();
    id
}

#[tokio::test]
async fn settings_are_recorded_with_before_and_after_and_only_when_they_change() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let id = world.application(tenant, "vpn").await.id;
        world.application(tenant, "other").await;
        let staff = group(world, tenant, 1).await;
        let wanted = SettingsChange {
            name: Some(name("Berlin <b>VPN</b>")),
            domain_suffix: Some(Some("corp.example".parse().unwrap())),
            groups: Some(Some(vec![staff])),
            pilot: Some(vec![staff]),
            switched_off: Some(true),
        };
        applications::set(app, by, tenant, id, &wanted).await.unwrap();
        let entry = serde_json::to_value(world.newest(tenant).await).unwrap();
        assert_eq!(entry["event"], "application_changed");
        assert_eq!(entry["detail"]["before"]["name"], "vpn");
        let after = &entry["detail"]["after"];
        assert_eq!(
            (&after["groups"][0], &after["pilot"][0]),
            (&"group 1".into(), &"group 1".into())
        );
        let now = applications::find(app, tenant, "berlin <B>vpn</B>").await.unwrap();
        assert_eq!((now.state, now.groups.as_ref().unwrap()[0].id), (State::SwitchedOff, staff));
        assert_eq!(now.domain_suffix.unwrap().as_str(), "corp.example");
        assert_eq!(applications::list(app, tenant).await.unwrap()[0].pilot[0].name, "group 1");

        let before = world.generation(tenant).await;
        applications::set(app, by, tenant, id, &wanted).await.unwrap();
        applications::set(app, by, tenant, id, &SettingsChange::default()).await.unwrap();
        assert_eq!(world.generation(tenant).await, before, "nothing was to be changed");
        let taken = SettingsChange { name: Some(name("OTHER")), ..SettingsChange::default() };
        let taken = applications::set(app, by, tenant, id, &taken).await;
        assert!(matches!(taken, Err(ApplicationError::NameTaken(_))), "{taken:?}");
    })
    .await;
}

#[tokio::test]
async fn another_tenants_group_or_application_is_unknown() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (ours, theirs) = (world.tenant("Ours").await, world.tenant("Theirs").await);
        let (mine, foreign) = (world.application(ours, "vpn").await, group(world, theirs, 2).await);
        let wanted = SettingsChange { groups: Some(Some(vec![foreign])), ..Default::default() };
        let refused = applications::set(app, by, ours, mine.id, &wanted).await;
        assert!(matches!(refused, Err(ApplicationError::UnknownGroup(_))), "{refused:?}");
        let found = applications::group(app, ours, &foreign.to_string()).await;
        assert!(matches!(found, Err(ApplicationError::UnknownGroup(_))), "{found:?}");
        let off = SettingsChange { switched_off: Some(true), ..Default::default() };
        let refused = applications::set(app, by, theirs, mine.id, &off).await;
        assert!(matches!(refused, Err(ApplicationError::Unknown(_))), "{refused:?}");
        assert!(contacts::list(app, theirs, mine.id).await.is_err());
        assert!(keys::restore(app, by, theirs, mine.id, mine.key.id).await.is_err());
        assert!(keys::rename(app, by, theirs, mine.id, mine.key.id, &name("x")).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn the_portals_own_application_is_for_nobodys_hand() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let (portal, kind) = (name("portal"), ApplicationKind::Portal);
        let made = applications::create(app, by, tenant, &portal, kind, &portal).await;
        assert!(matches!(made, Err(ApplicationError::NotForHand)), "{made:?}");
        let id = ApplicationId::from_bytes([9; 16]);
        let now = app.now().unwrap();
        let own = Batch::default().insert_application(
            tenant,
            id,
            &portal,
            kind.word(),
            "{}".to_owned(),
            now,
        );
        app.store.commit(own).await.unwrap();
        assert!(applications::list(app, tenant).await.unwrap().is_empty());
        assert!(applications::find(app, tenant, "portal").await.is_err());
        assert!(applications::delete(app, by, tenant, id).await.is_err());
        assert!(keys::add(app, by, tenant, id, &portal).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_revocation_is_immediate_and_can_be_taken_back_for_ten_minutes() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let made = world.application(tenant, "vpn").await;
        let (id, key) = (made.id, made.key.id);
        let counts = async || app.directory.reload(app, id).await.unwrap().unwrap().keys.len();
        let early = keys::restore(app, by, tenant, id, key).await;
        assert!(matches!(early, Err(KeyError::NotRestorable)), "{early:?}");
        keys::revoke(app, by, tenant, id, "first").await.unwrap();
        assert_eq!(counts().await, 0);
        let listed = &keys::list(app, tenant, id).await.unwrap()[0];
        assert!(listed.restorable_until.is_some());
        world.clock.advance_secs(599);
        keys::forget_revoked(app, app.now().unwrap()).await.unwrap();
        assert_eq!(keys::restore(app, by, tenant, id, key).await.unwrap(), "first");
        assert_eq!(counts().await, 1);
        assert_eq!(world.newest(tenant).await.event.as_str(), "key_restored");

        keys::revoke(app, by, tenant, id, "first").await.unwrap();
        keys::add(app, by, tenant, id, &name("FIRST")).await.unwrap();
        let taken = keys::restore(app, by, tenant, id, key).await;
        assert!(matches!(taken, Err(KeyError::NameTaken(_))), "{taken:?}");
        world.clock.advance_secs(600);
        let late = keys::restore(app, by, tenant, id, key).await;
        assert!(matches!(late, Err(KeyError::NotRestorable)), "{late:?}");
        keys::forget_revoked(app, app.now().unwrap()).await.unwrap();
        let sql = "SELECT secret FROM application_key WHERE id = $1";
        let row = app.store.query_one(sql, [key.into()]).await.unwrap().unwrap();
        assert!(row.bytes(0).unwrap().is_empty(), "its secret is forgotten");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_renamed() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let made = world.application(tenant, "vpn").await;
        let (id, key) = (made.id, made.key.id);
        keys::add(app, by, tenant, id, &name("other")).await.unwrap();
        keys::rename(app, by, tenant, id, key, &name("FIRST")).await.unwrap();
        assert_eq!(keys::find(app, tenant, id, "first").await.unwrap().name, "FIRST");
        let taken = keys::rename(app, by, tenant, id, key, &name("Other")).await;
        assert!(matches!(taken, Err(KeyError::NameTaken(_))), "{taken:?}");
        keys::revoke(app, by, tenant, id, "first").await.unwrap();
        let gone = keys::rename(app, by, tenant, id, key, &name("x")).await;
        assert!(matches!(gone, Err(KeyError::Unknown(_))), "{gone:?}");
    })
    .await;
}

async fn calls(world: &World, tenant: TenantId, id: ApplicationId, key: KeyId, server: &str) {
    let now = world.app.now().unwrap();
    let row = ContactRow {
        key,
        server: server.to_owned(),
        client: "authx-openvpn/0.1.0".to_owned(),
        address: Some("192.0.2.7".to_owned()),
        ahead_secs: -3,
        first: now,
        last: now,
    };
    world.app.contacts.note(Contact { tenant, application: id, row });
    write(&world.app).await.unwrap();
}

#[tokio::test]
async fn whoever_calls_is_seen_and_whoever_no_longer_does_is_missed() {
    on_each_engine(async |world| {
        let app = &world.app;
        let tenant = world.tenant("Example").await;
        let made = world.application(tenant, "vpn").await;
        let (id, key) = (made.id, made.key.id);
        let state = async || applications::find(app, tenant, "vpn").await.unwrap().state;
        assert_eq!(state().await, State::Waiting);
        let before = world.generation(tenant).await;
        calls(world, tenant, id, key, "").await;
        assert_eq!(state().await, State::InUse);
        assert_eq!(contacts::list(app, tenant, id).await.unwrap()[0].server, None);
        world.clock.advance_secs(61);
        calls(world, tenant, id, key, "vpn1").await;
        calls(world, tenant, id, key, "vpn2").await;
        world.clock.advance_secs(61);
        calls(world, tenant, id, key, "vpn1").await;
        let listed = contacts::list(app, tenant, id).await.unwrap();
        let servers: Vec<_> = listed.iter().map(|it| it.server.as_deref().unwrap()).collect();
        assert_eq!(servers, ["vpn1", "vpn2"]);
        assert!(listed[0].last.0.since(listed[0].first.0) >= 61_000);
        let key = &keys::list(app, tenant, id).await.unwrap()[0];
        assert_eq!(key.last_used, Some(listed[0].last));
        assert_eq!(key.last_address.as_deref(), Some("192.0.2.7"));
        assert_eq!(world.generation(tenant).await, before, "no login is disturbed");
        world.clock.advance_secs(24 * 3_600 + 1);
        assert_eq!(state().await, State::Silent);
        assert_eq!(applications::list(app, tenant).await.unwrap()[0].servers, 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_has_so_many_servers_and_no_more() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let made = world.application(tenant, "vpn").await;
        for number in 0..70 {
            calls(world, tenant, made.id, made.key.id, &format!("vpn{number}")).await;
        }
        let listed = contacts::list(&world.app, tenant, made.id).await.unwrap();
        assert_eq!(listed.len(), 64);
        let foreign = world.tenant("Other").await;
        calls(world, foreign, made.id, made.key.id, "foreign").await;
        assert_eq!(contacts::list(&world.app, tenant, made.id).await.unwrap().len(), 64);
    })
    .await;
}
