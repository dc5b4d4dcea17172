use super::{PASSWORD, World, name, on_each_engine, outcome};
use authx::{
    admin::{
        applications::{self, ApplicationError, ApplicationKind},
        keys::{self, KeyError, MOST_ACTIVE},
        packages::{self, HandOutError},
        policies,
    },
    packages::Server,
};
use authx_core::{
    name::Name,
    policy::FirstFactorKind,
    secret_text::{self, APPLICATION_KEY},
    wire::signature::AppKey,
};

#[tokio::test]
async fn an_application_comes_with_a_key_that_checks_its_callers() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let before = world.generation(tenant).await;
        let made = world.application(tenant, "vpn").await;
        assert_eq!(world.generation(tenant).await, before + 1);
        let bytes = secret_text::parse(APPLICATION_KEY, &made.key.text).unwrap();
        let read = world.app.directory.reload(&world.app, made.id).await.unwrap().unwrap();
        assert_eq!(read.keys.len(), 1);
        assert_eq!(read.keys[0].0, made.key.id);
        let _: AppKey = AppKey::new(&bytes);

        let (app, by, kind) = (&world.app, &world.by, ApplicationKind::Openvpn);
        let again = applications::create(app, by, tenant, &name("VPN"), kind, &name("k")).await;
        assert!(matches!(again, Err(ApplicationError::NameTaken(_))), "{again:?}");
        for text in ["Vpn", &made.id.to_string()] {
            assert_eq!(applications::find(app, tenant, text).await.unwrap().id, made.id);
        }
        let entry = world.newest(tenant).await;
        assert_eq!(
            (entry.event.as_str(), entry.application_id),
            ("application_created", Some(made.id))
        );
        assert!(!serde_json::to_string(&entry).unwrap().contains("axk_"));
    })
    .await;
}

#[tokio::test]
async fn access_server_may_vouch_for_its_users_from_the_beginning() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let allowed = async |name: &Name, kind| {
            let made = applications::create(app, by, tenant, name, kind, name).await.unwrap();
            let target = policies::Target::Application(made.id);
            policies::show(app, tenant, target).await.unwrap().effective.policy.first_factors
        };
        let vpn = allowed(&name("vpn"), ApplicationKind::Openvpn).await;
        assert_eq!(vpn, [FirstFactorKind::Password]);
        let kind = ApplicationKind::OpenvpnAccessServer;
        assert_eq!(allowed(&name("as"), kind).await, [FirstFactorKind::AccessServer]);
        let entry = serde_json::to_value(world.newest(tenant).await).unwrap();
        assert!(entry.to_string().contains(r#""policy":{"first_factors":["access_server"]}"#));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_application_lets_nobody_in() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let made = world.application(tenant, "vpn").await;
        world.user(tenant, "alice", Some(PASSWORD)).await;
        let login = world.sign_in(made.id, "alice", PASSWORD, None).await;
        assert_eq!(outcome(&login), "refused:not_enrolled");

        let caller = app.directory.reload(app, made.id).await.unwrap().unwrap();
        applications::delete(app, by, tenant, made.id).await.unwrap();
        assert!(app.directory.reload(app, made.id).await.unwrap().is_none());
        let stale = authx::logins::read(app, &caller, login.id).await;
        assert!(stale.is_err(), "its logins went with it: {stale:?}");
        let again = applications::delete(app, by, tenant, made.id).await;
        assert!(matches!(again, Err(ApplicationError::Unknown(_))), "{again:?}");
        world.application(tenant, "vpn").await;
        let entry = world.newest(tenant).await;
        assert_eq!(entry.event, "application_created", "the name is free again");
    })
    .await;
}

#[tokio::test]
async fn keys_are_added_and_revoked_one_by_one() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let id = world.application(tenant, "vpn").await.id;
        for host in 1..MOST_ACTIVE {
            keys::add(app, by, tenant, id, &name(&format!("host {host}"))).await.unwrap();
        }
        let full = keys::add(app, by, tenant, id, &name("one more")).await;
        assert!(matches!(full, Err(KeyError::TooMany)), "{full:?}");
        assert_eq!(keys_that_count(world, id).await, MOST_ACTIVE);

        let before = world.generation(tenant).await;
        let revoked = keys::revoke(app, by, tenant, id, "HOST 3").await.unwrap();
        assert_eq!((revoked.left, world.generation(tenant).await), (MOST_ACTIVE - 1, before + 1));
        assert_eq!(keys_that_count(world, id).await, MOST_ACTIVE - 1);
        let again = keys::revoke(app, by, tenant, id, &revoked.id.to_string()).await;
        assert!(matches!(again, Err(KeyError::Unknown(_))), "{again:?}");

        let taken = keys::add(app, by, tenant, id, &name("Host 4")).await;
        assert!(matches!(taken, Err(KeyError::NameTaken(_))), "{taken:?}");
        keys::add(app, by, tenant, id, &name("host 3"))
            .await
            .expect("a revoked key's name is free");
        let listed = keys::list(app, tenant, id).await.unwrap();
        assert_eq!(listed.iter().filter(|key| key.revoked.is_some()).count(), 1);
        assert_eq!(listed.len(), MOST_ACTIVE + 1);
    })
    .await;
}

#[tokio::test]
async fn a_package_has_no_key_or_a_new_one() {
    on_each_engine(async |world| {
        let (app, by, server) = (&world.app, &world.by, Some(Server::AccessServer));
        let tenant = world.tenant("Example").await;
        let id = world.application(tenant, "vpn").await.id;
        let before = world.generation(tenant).await;
        let none = packages::hand_out(app, by, tenant, id, None, Some(&name("x"))).await;
        let not_shipped = |error: &HandOutError| error.to_string().contains("packages_directory");
        assert!(none.as_ref().is_err_and(not_shipped), "{none:?}");
        let made = packages::hand_out(app, by, tenant, id, server, None).await.unwrap();
        let again = packages::hand_out(app, by, tenant, id, server, None).await.unwrap();
        assert_eq!((made.key, made.package.sha256), (None, again.package.sha256));
        assert_eq!(world.generation(tenant).await, before, "nothing was changed");

        let key = name("as1");
        let made = packages::hand_out(app, by, tenant, id, server, Some(&key)).await.unwrap();
        let entry = serde_json::to_string(&world.newest(tenant).await).unwrap();
        assert!(entry.contains("key_added") && entry.contains(&made.key.unwrap().to_string()));
        assert_eq!(keys_that_count(world, id).await, 2);
        let taken = packages::hand_out(app, by, tenant, id, server, Some(&key)).await;
        assert!(matches!(taken, Err(HandOutError::Key(KeyError::NameTaken(_)))), "{taken:?}");
    })
    .await;
}

#[tokio::test]
async fn a_program_of_ones_own_has_a_key_and_no_package() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let kind = ApplicationKind::Api;
        let made = applications::create(app, by, tenant, &name("builds"), kind, &name("k")).await;
        let id = made.unwrap().id;
        let none = packages::hand_out(app, by, tenant, id, None, Some(&name("x"))).await;
        assert!(matches!(none, Err(HandOutError::None(_))), "{none:?}");
        assert_eq!(keys_that_count(world, id).await, 1, "no key was made for nothing");
    })
    .await;
}

#[tokio::test]
async fn another_tenants_ids_never_work() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (ours, theirs) = (world.tenant("Ours").await, world.tenant("Theirs").await);
        let made = world.application(theirs, "vpn").await;
        let id = made.id;
        let before = world.generation(theirs).await;
        let found = applications::find(app, ours, &id.to_string()).await;
        assert!(matches!(found, Err(ApplicationError::Unknown(_))), "{found:?}");
        assert!(applications::delete(app, by, ours, id).await.is_err());
        assert!(keys::add(app, by, ours, id, &name("x")).await.is_err());
        assert!(keys::list(app, ours, id).await.is_err());
        for key in [None, Some(&name("x"))] {
            let made = packages::hand_out(app, by, ours, id, None, key).await;
            assert!(matches!(made, Err(HandOutError::Application(_))), "{made:?}");
        }
        assert!(keys::revoke(app, by, ours, id, &made.key.id.to_string()).await.is_err());
        assert_eq!(world.generation(theirs).await, before);
        assert_eq!(keys_that_count(world, id).await, 1);
    })
    .await;
}

#[tokio::test]
async fn administrators_at_the_same_time_all_get_through() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let id = world.application(tenant, "vpn").await.id;
        let names: Vec<_> = (0..10).map(|host| name(&format!("host {host}"))).collect();
        let adding = names.iter().map(|name| keys::add(app, by, tenant, id, name));
        for added in futures_util::future::join_all(adding).await {
            added.unwrap();
        }
        assert_eq!(keys_that_count(world, id).await, 11);
    })
    .await;
}

async fn keys_that_count(world: &World, id: authx_core::ApplicationId) -> usize {
    world.app.directory.reload(&world.app, id).await.unwrap().unwrap().keys.len()
}
