//! What a restore brings back, and what it does not.

use crate::world::{Place, World, account, seal};
use authx::{
    admin::{Actor, accounts, audit, bypass, sessions, sign_up},
    app::App,
    backup::Lost,
    push, seals,
    store::{
        Batch, Store, meta,
        testing::{Database, on_each_engine},
    },
};
use authx_core::{
    Millis, UserId,
    audit::{Finding, Witness},
    wire::login::{LoginState, Rfc3339},
};
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs a test for every pair of engines.
async fn on_each_pair(test: impl AsyncFn(&Database, &Database)) {
    let (sqlite, other) = (Database::sqlite(), Database::sqlite());
    test(&sqlite, &other).await;
    for to_postgres in [false, true] {
        let Some(postgres) = Database::postgres().await else { return };
        let sqlite = Database::sqlite();
        let (from, to) = if to_postgres { (&sqlite, &postgres) } else { (&postgres, &sqlite) };
        test(from, to).await;
        postgres.remove().await;
    }
    let (Some(from), Some(to)) = (Database::postgres().await, Database::postgres().await) else {
        return;
    };
    test(&from, &to).await;
    from.remove().await;
    to.remove().await;
}

async fn number(store: &Store, sql: &'static str) -> i64 {
    store.query_one(sql, []).await.unwrap().unwrap().int(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_up_since_cannot_be_used_again() {
    on_each_pair(async |from, to| {
        let world = World::new(from).await;
        let clock = &world.place.clock;
        let app = world.place.open().await;
        clock.advance_secs(60);
        let before = world.sign_in(&app, Some(&world.code()), None).await;
        assert_eq!(before.view().state, LoginState::Allowed);
        let session = before.view().session.expect("remembered").id;
        assert_eq!(world.sign_in(&app, None, None).await.view().state, LoginState::AwaitingInput);
        let backup = world.backup(&app, "backup").await;

        clock.advance_secs(60);
        let used = world.code();
        assert_eq!(world.state(&app, &used).await, LoginState::Allowed);
        assert_eq!(world.state(&app, &world.recovery[0]).await, LoginState::Allowed);
        clock.advance_secs(5);
        drop(app);

        let target = Place::configured(to, clock);
        let restored = target.restore(&backup, &world.key, false).await.unwrap();
        let lost = Lost {
            open_logins: 1,
            sessions: 1,
            recovery_codes: 1,
            pending_codes: 1,
            ..Lost::default()
        };
        assert_eq!(restored.lost, lost);

        let app = target.open().await;
        assert_ne!(world.state(&app, &used).await, LoginState::Allowed, "used before");
        assert_ne!(world.state(&app, &world.recovery[0]).await, LoginState::Allowed, "used before");
        assert_ne!(world.state(&app, &world.recovery[1]).await, LoginState::Allowed, "who knows");
        let again = world.sign_in(&app, None, Some(session)).await;
        assert_eq!(again.view().state, LoginState::AwaitingInput, "the session is dead");
        clock.advance_secs(60);
        assert_eq!(world.state(&app, &world.code()).await, LoginState::Allowed, "a new code");
    })
    .await;
}

/// What opened the portal, or led past a second factor, may have been used or ended since.
#[tokio::test(flavor = "multi_thread")]
async fn what_opened_the_portal_opens_it_no_more() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let (tenant, by) = (world.tenant, Actor::new("root"));
        let app = world.place.open().await;
        let alice = accounts::find(&app, tenant, "alice").await.unwrap().id;
        let from = sessions::From::default();
        let (cookie, batch) = sessions::proved(&app, tenant, alice, &from, "passkey").unwrap();
        app.store.commit(batch).await.unwrap();
        let link = sign_up::invite_account(&app, &by, tenant, alice).await.unwrap();
        let reason = "phone lost".to_owned();
        let wish = bypass::Wish { user: alice, kind: bypass::Kind::Bypass, reason, secs: 86_400 };
        bypass::give(&app, &by, tenant, &wish, None).await.unwrap();
        let backup = world.backup(&app, "backup").await;
        drop(app);
        world.place.restore(&backup, &world.key, true).await.unwrap();
        let app = world.place.open().await;
        assert!(sessions::find(&app, &cookie, true).await.unwrap().is_none());
        assert!(sign_up::look(&app, &link.token).await.is_err());
        let alice = accounts::find(&app, tenant, "alice").await.unwrap();
        assert_eq!(alice.bypass_until, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_login_is_gone() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let open = world.sign_in(&app, None, None).await;
        let backup = world.backup(&app, "backup").await;
        drop(app);
        world.place.restore(&backup, &world.key, true).await.unwrap();
        let app = world.place.open().await;
        let store = &app.store;
        let found = authx::store::logins::load(store, world.tenant, open.login.id).await.unwrap();
        assert!(found.1.is_none());
        assert_eq!(number(store, "SELECT COUNT(*) FROM login WHERE final = 0").await, 0);
        assert_eq!(number(store, "SELECT COUNT(*) FROM session").await, 0);
    })
    .await;
}

async fn restored_event(app: &App) -> (i64, serde_json::Value) {
    let sql = "SELECT seq, detail FROM event WHERE kind = 'restored' ORDER BY seq DESC";
    let row = app.store.query_one(sql, []).await.unwrap().expect("it is recorded");
    (row.int(0).unwrap(), serde_json::from_str(row.text(1).unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_goes_on_and_a_witness_of_the_lost_past_is_explained() {
    on_each_pair(async |from, to| {
        let world = World::new(from).await;
        let app = world.place.open().await;
        seal(&app).await;
        let made_at = world.place.now();
        let backup = world.backup(&app, "backup").await;
        let highest = number(&app.store, "SELECT MAX(seq) FROM event").await;
        world.place.clock.advance_secs(60);
        world.state(&app, &world.code()).await;
        seal(&app).await;
        let witness = app.seals.witness(world.tenant).expect("a seal");
        drop(app);

        let target = Place::configured(to, &world.place.clock);
        target.restore(&backup, &world.key, false).await.unwrap();
        let app = target.open().await;
        let (seq, detail) = restored_event(&app).await;
        assert_eq!(seq, highest, "in the place of the entry that the backup came too early for");
        assert_eq!(detail["backup"], String::from(Rfc3339(made_at)));
        assert_eq!(detail["by"], "root");
        assert!(audit::verify(&app, &[]).await.unwrap().is_intact());
        explained(&app, &witness).await;

        world.place.clock.advance_secs(60);
        world.state(&app, &world.code()).await;
        seal(&app).await;
        assert!(number(&app.store, "SELECT MAX(seq) FROM event").await > seq);
        assert!(audit::verify(&app, &[]).await.unwrap().is_intact());
        explained(&app, &witness).await;
        let mine = app.seals.witness(world.tenant).expect("a seal");
        assert!(audit::verify(&app, &[mine]).await.unwrap().is_intact());
    })
    .await;
}

async fn explained(app: &App, witness: &Witness) {
    let verification = audit::verify(app, std::slice::from_ref(witness)).await.unwrap();
    let findings: Vec<&Finding> = verification.reports.iter().flat_map(|r| &r.findings).collect();
    assert!(!findings.is_empty());
    for finding in findings {
        assert!(finding.to_string().contains("authx restore"), "{finding}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_factor_does_not_keep_all_others_from_coming_back() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let damage = "UPDATE factor SET record = $1 WHERE kind = 'code' AND state = 'active'";
        app.store.commit(Batch::default().one(damage, [vec![1; 60].into()])).await.unwrap();
        let enrolled = "SELECT COUNT(*) FROM account WHERE enrolled = 1";
        assert_eq!(number(&app.store, enrolled).await, 1);
        let backup = world.backup(&app, "backup").await;
        drop(app);
        let restored = world.place.restore(&backup, &world.key, true).await.unwrap();
        assert_eq!(restored.lost.unreadable, 1);
        let app = world.place.open().await;
        assert_eq!(number(&app.store, enrolled).await, 0, "lists say who has to enrol again");
        assert_eq!(number(&app.store, "SELECT COUNT(*) FROM factor").await, 0);
        assert_eq!(number(&app.store, "SELECT COUNT(*) FROM account").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_restores_of_one_backup_are_told_apart() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let generation = "SELECT MAX(generation) FROM tenant";
        let mut seen = vec![number(&app.store, generation).await];
        let mut epochs = vec![0];
        drop(app);
        for _ in 0..2 {
            world.place.clock.advance_secs(1);
            world.place.restore(&backup, &world.key, true).await.unwrap();
            let app = world.place.open().await;
            seen.push(number(&app.store, generation).await);
            let epoch = meta::read(&app.store, "epoch").await.unwrap().unwrap();
            epochs.push(epoch.parse::<u64>().unwrap());
        }
        assert!(seen[1] > seen[0] + 1_000_000, "no process takes its own for this one");
        assert!(epochs.is_sorted_by(|a, b| a < b), "{epochs:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_others_write() {
    on_each_pair(async |from, to| {
        let world = World::new(from).await;
        let app = world.place.open().await;
        let enough = AtomicBool::new(false);
        let writing = async {
            let mut made = 0;
            while !enough.load(Ordering::Relaxed) {
                account(&app, world.tenant, &format!("user {made}")).await;
                made += 1;
            }
            made
        };
        let backing_up = async {
            let mut backup = None;
            for round in 0..5 {
                backup = Some(world.backup(&app, &format!("backup {round}")).await);
                seals::seal_all(&app, app.now().unwrap()).await.unwrap();
            }
            enough.store(true, Ordering::Relaxed);
            backup
        };
        let (made, backup): (usize, _) = tokio::join!(writing, backing_up);
        drop(app);

        let target = Place::configured(to, &world.place.clock);
        target.restore(&backup.unwrap(), &world.key, false).await.unwrap();
        let app = target.open().await;
        let accounts = accounts::list(&app, world.tenant).await.unwrap().len();
        assert!((3..=made + 2).contains(&accounts), "{accounts} of {made}");
        let created = "SELECT COUNT(*) FROM event WHERE kind = 'user_created'";
        assert_eq!(number(&app.store, created).await, i64::try_from(accounts).unwrap());
        assert!(audit::verify(&app, &[]).await.unwrap().is_intact());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_is_set_aside_whole() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let late = account(&app, world.tenant, "late").await;
        drop(app);
        let restored = world.place.restore(&backup, &world.key, true).await.unwrap();
        let app = world.place.open().await;
        assert!(accounts::find(&app, world.tenant, "late").await.is_err());
        assert!(accounts::find(&app, world.tenant, "alice").await.is_ok());
        let aside = restored.set_aside.expect("something was there");
        assert!(aside.contains("before_restore_20270115t080000_000z"), "{aside}");
        assert!(is_in(database, &app, &aside, late).await);
        account(&app, world.tenant, "later").await;
        assert!(audit::verify(&app, &[]).await.unwrap().is_intact());
    })
    .await;
}

async fn is_in(database: &Database, app: &App, aside: &str, user: UserId) -> bool {
    if database.url().starts_with("sqlite:") {
        let store = Store::open(&format!("sqlite:{aside}")).await.unwrap();
        let sql = "SELECT 1 FROM account WHERE id = $1";
        return store.query_one(sql, [user.into()]).await.unwrap().is_some();
    }
    let sql = "SELECT 1 FROM before_restore_20270115t080000_000z.account WHERE id = $1";
    app.store.query_one(sql, [user.into()]).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_backup_and_the_recovery_key_is_needed() {
    let database = Database::sqlite();
    let world = World::new(&database).await;
    let app = world.place.open().await;
    let backup = world.backup(&app, "backup").await;
    drop(app);
    let kept = tempfile::tempdir().unwrap();
    let backup_kept = kept.path().join("backup");
    std::fs::copy(&backup, &backup_kept).unwrap();
    let config = std::fs::read_to_string(world.place.config_file()).unwrap();
    for name in world.place.files() {
        std::fs::remove_file(world.place.file(&name)).unwrap();
    }
    let file = database.url().strip_prefix("sqlite:").unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _gone = std::fs::remove_file(format!("{file}{ending}"));
    }

    let restored = world.place.restore(&backup_kept, &world.key, false).await.unwrap();
    assert_eq!(restored.put_back.len(), 3);
    assert_eq!(std::fs::read_to_string(world.place.config_file()).unwrap(), config);
    for name in ["authx.toml", "master.key", "audit.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.place.file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
    world.place.clock.advance_secs(60);
    let app = world.place.open().await;
    assert_eq!(world.state(&app, &world.code()).await, LoginState::Allowed);
    assert_eq!(restored.backup, Rfc3339(Millis(1_800_000_000_000)));
}

/// Phones subscribed for this key: with another one they would hear nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_for_push_comes_back() {
    on_each_pair(async |from, to| {
        let world = World::new(from).await;
        let app = world.place.open().await;
        let before = push::stored_key(&app.keys, &app.store).await.unwrap().unwrap();
        let backup = world.backup(&app, "backup").await;
        drop(app);

        // Beside no key files, or beside those that are the backup's: the master key comes along.
        let target = Place::configured(to, &world.place.clock);
        target.restore(&backup, &world.key, false).await.unwrap();
        let app = target.open().await;
        let after = push::stored_key(&app.keys, &app.store).await.unwrap().unwrap();
        assert_eq!(after.public(), before.public());
    })
    .await;
}
