use super::{PASSWORD, World, name, on_each_engine, outcome, typed};
use authx::admin::{
    accounts::{self, AccountError, NewAccount},
    aliases::{self, AliasError},
    passwords::{self, PasswordRuleError},
};
use authx_core::{TenantId, UserId, password_rules::PasswordRefused};

#[tokio::test]
async fn one_person_goes_by_many_names_and_a_name_is_one_persons() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let aliases = [name(r"CORP\alice"), name("ALICE")];
        let new = NewAccount { name: &name("Alice"), aliases: &aliases, password: None };
        let alice = accounts::create(app, by, tenant, new).await.unwrap();
        let found = accounts::find(app, tenant, r"corp\ALICE").await.unwrap();
        assert_eq!((found.id, found.name.as_str(), found.state), (alice, "Alice", "pending"));
        assert_eq!(found.aliases, [r"corp\alice"], "her own name is no alias");

        let taken = NewAccount { name: &name("bob"), aliases: &aliases, password: None };
        let taken = accounts::create(app, by, tenant, taken).await;
        assert!(
            matches!(&taken, Err(AccountError::NameTaken { owner, .. }) if owner == "Alice"),
            "{taken:?}"
        );
        let bob = world.user(tenant, "bob", None).await;
        aliases::add(app, by, tenant, bob, &name("bob@corp.example")).await.unwrap();
        let already = aliases::add(app, by, tenant, bob, &name("Bob@CORP.example")).await;
        assert!(matches!(already, Err(AliasError::Already(_))), "{already:?}");
        let hers = aliases::add(app, by, tenant, bob, &name("alice")).await;
        assert!(
            matches!(hers, Err(AliasError::Account(AccountError::NameTaken { .. }))),
            "{hers:?}"
        );
        let own = aliases::remove(app, by, tenant, bob, &name("BOB")).await;
        assert!(matches!(own, Err(AliasError::OwnName(_))), "{own:?}");
        let hers = aliases::remove(app, by, tenant, bob, &aliases[0]).await;
        assert!(matches!(hers, Err(AliasError::Unknown(_))), "{hers:?}");
        aliases::remove(app, by, tenant, bob, &name("BOB@corp.example")).await.unwrap();
        let gone = accounts::find(app, tenant, "bob@corp.example").await;
        assert!(matches!(gone, Err(AccountError::Unknown(_))), "{gone:?}");
        assert_eq!(world.newest(tenant).await.event, "alias_removed");
    })
    .await;
}

#[tokio::test]
async fn a_password_keeps_the_rules_and_ends_what_was_remembered() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example Ltd").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice.smith", None).await;
        aliases::add(app, by, tenant, alice, &name("wonderland")).await.unwrap();
        let refused = async |text| match passwords::set(app, by, tenant, alice, typed(text)).await {
            Err(AccountError::Password(PasswordRuleError::Refused(why))) => why,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(refused("short").await, PasswordRefused::TooShort);
        assert_eq!(refused("password123").await, PasswordRefused::Common);
        for personal in ["Alice-Smith-26!", "Wonderland-9!x", "9_Example.Ltd_9"] {
            assert_eq!(refused(personal).await, PasswordRefused::Personal, "{personal}");
        }
        passwords::set(app, by, tenant, alice, typed("five green hats")).await.unwrap();
        let phone = world.phone(tenant, alice).await;
        let login =
            world.sign_in(vpn, "alice.smith", "five green hats", Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "allowed");
        assert_eq!(open_sessions(world, tenant, alice).await, 1);

        let before = world.generation(tenant).await;
        passwords::set(app, by, tenant, alice, typed(PASSWORD)).await.unwrap();
        assert_eq!(world.generation(tenant).await, before + 1);
        assert_eq!(open_sessions(world, tenant, alice).await, 0);
        let login = world.sign_in(vpn, "alice.smith", "five green hats", None).await;
        assert_eq!(outcome(&login), "refused:wrong_credentials");
        let login = world.sign_in(vpn, "wonderland", PASSWORD, None).await;
        assert_eq!(outcome(&login), "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn a_refused_first_password_makes_no_user() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let new =
            NewAccount { name: &name("alice"), aliases: &[], password: Some(typed("alice-12")) };
        let refused = accounts::create(app, by, tenant, new).await;
        assert!(matches!(refused, Err(AccountError::Password(_))), "{refused:?}");
        assert!(accounts::list(app, tenant).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_stays_out_also_of_a_login_that_is_open() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let phone = world.phone(tenant, alice).await;
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "allowed");
        world.clock.advance_secs(60);
        let open = world.sign_in(vpn, "alice", PASSWORD, None).await;
        assert_eq!(outcome(&open), "awaiting_input");

        assert!(accounts::disable(app, by, tenant, alice).await.unwrap());
        assert!(!accounts::disable(app, by, tenant, alice).await.unwrap(), "was so already");
        assert_eq!(open_sessions(world, tenant, alice).await, 0);
        let caller = app.directory.reload(app, vpn).await.unwrap().unwrap();
        let body = serde_json::json!({"seq": 1, "text": world.code(&phone)});
        let answer = serde_json::from_value(body).unwrap();
        let answered = authx::logins::answer(app, &caller, open.id, &answer).await.unwrap();
        assert_ne!(outcome(&answered.view()), "allowed");
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "refused:wrong_credentials");

        assert!(accounts::enable(app, by, tenant, alice).await.unwrap());
        world.clock.advance_secs(60);
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "allowed");
        let kinds = ["user_disabled", "user_disabled", "user_enabled"];
        assert_eq!(kinds_about(world, tenant, alice, "user_").await[1..], kinds);
    })
    .await;
}

#[tokio::test]
async fn enabling_unlocks_a_factor_that_wrong_answers_have_locked() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let phone = world.phone(tenant, alice).await;
        for _ in 0..50 {
            world.sign_in(vpn, "alice", PASSWORD, Some("00000000")).await;
            world.clock.advance_secs(900);
        }
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "refused:factor_locked");
        assert!(!accounts::enable(app, by, tenant, alice).await.unwrap(), "was not disabled");
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_but_the_record() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let phone = world.phone(tenant, alice).await;
        world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        accounts::delete(app, by, tenant, alice).await.unwrap();
        for sql in [
            "SELECT COUNT(*) FROM account WHERE id = $1",
            "SELECT COUNT(*) FROM alias WHERE account = $1",
            "SELECT COUNT(*) FROM factor WHERE account = $1",
            "SELECT COUNT(*) FROM session WHERE account = $1",
        ] {
            let row = app.store.query_one(sql, [alice.into()]).await.unwrap().unwrap();
            assert_eq!(row.int(0).unwrap(), 0, "{sql}");
        }
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "refused:wrong_credentials");
        let again = accounts::delete(app, by, tenant, alice).await;
        assert!(matches!(again, Err(AccountError::Unknown(_))), "{again:?}");
        assert_eq!(
            kinds_about(world, tenant, alice, "user_").await,
            ["user_created", "user_deleted"]
        );
        assert_ne!(world.user(tenant, "alice", None).await, alice, "the name is free again");
    })
    .await;
}

#[tokio::test]
async fn another_tenants_users_are_out_of_reach() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (ours, theirs) = (world.tenant("Ours").await, world.tenant("Theirs").await);
        let alice = world.user(theirs, "alice", Some(PASSWORD)).await;
        let before = world.generation(theirs).await;
        assert!(accounts::find(app, ours, &alice.to_string()).await.is_err());
        assert!(accounts::find(app, ours, "alice").await.is_err());
        assert!(accounts::disable(app, by, ours, alice).await.is_err());
        assert!(accounts::enable(app, by, ours, alice).await.is_err());
        assert!(accounts::delete(app, by, ours, alice).await.is_err());
        assert!(passwords::set(app, by, ours, alice, typed(PASSWORD)).await.is_err());
        assert!(aliases::add(app, by, ours, alice, &name("x")).await.is_err());
        assert!(aliases::remove(app, by, ours, alice, &name("alice")).await.is_err());
        assert!(authx::enrol::code::offer(app, by, ours, alice, None).await.is_err());
        assert!(authx::enrol::recovery::renew(app, by, ours, alice).await.is_err());
        assert_eq!(world.generation(theirs).await, before);
        world.user(ours, "alice", None).await;
        assert_eq!(accounts::list(app, theirs).await.unwrap().len(), 1);
    })
    .await;
}

async fn open_sessions(world: &World, tenant: TenantId, user: UserId) -> i64 {
    let sql = "SELECT COUNT(*) FROM session WHERE tenant = $1 AND account = $2 AND ended IS NULL";
    let row = world.app.store.query_one(sql, [tenant.into(), user.into()]).await.unwrap();
    row.unwrap().int(0).unwrap()
}

async fn kinds_about(world: &World, tenant: TenantId, user: UserId, begin: &str) -> Vec<String> {
    let filter = authx::admin::record::Filter { user: Some(user), ..Default::default() };
    let entries = authx::admin::record::newest(&world.app, tenant, &filter, 500).await.unwrap();
    entries.into_iter().map(|entry| entry.event).filter(|kind| kind.starts_with(begin)).collect()
}
