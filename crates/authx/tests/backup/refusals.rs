//! What is not restored, and that nothing has changed then.

use crate::world::{Place, World};
use authx::{
    backup::{FormatError, ReadingError, RestoreError},
    store::{
        Store,
        testing::{Database, on_each_engine},
    },
};
use authx_core::{
    Cx, Millis,
    recovery::{BackupError, RecoveryKey, Sealer},
};
use std::{fs, path::Path};

const CHUNK: usize = 64 * 1024 + 16;
const HEADER: usize = 73;

/// A backup of three chunks and a bit.
async fn long_backup(world: &World) -> Vec<u8> {
    let app = world.place.open().await;
    for round in 0..240 {
        world.sign_in(&app, Some("000000"), None).await;
        if round % 3 == 0 {
            world.place.clock.advance_secs(1_000);
        }
    }
    let sealed = fs::read(world.backup(&app, "long").await).unwrap();
    assert!(sealed.len() > HEADER + 3 * CHUNK, "{}", sealed.len());
    sealed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_changes_nothing() {
    let source = Database::sqlite();
    let world = World::new(&source).await;
    let sealed = long_backup(&world).await;
    let changed = |at: usize| {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        changed
    };
    let mut reordered = sealed.clone();
    let (first, second) = reordered[HEADER..].split_at_mut(CHUNK);
    first.swap_with_slice(&mut second[..CHUNK]);
    let mut longer = sealed.clone();
    longer.push(0);
    let mut twice = sealed.clone();
    twice.extend_from_slice(&sealed[HEADER..]);
    let damaged = [
        vec![],
        sealed[..HEADER - 1].to_vec(),
        sealed[..HEADER].to_vec(),
        sealed[..HEADER + CHUNK].to_vec(),
        sealed[..sealed.len() - 1].to_vec(),
        changed(HEADER),
        changed(HEADER + 2 * CHUNK),
        changed(sealed.len() - 1),
        reordered,
        longer,
        twice,
        b"AUTHXBAK".to_vec(),
        b"PK\x03\x04 something else".to_vec(),
    ];
    on_each_engine(async |database| {
        let target = Place::configured(database, &world.place.clock);
        for (number, damaged) in damaged.iter().enumerate() {
            let path = world.place.file("damaged");
            fs::write(&path, damaged).unwrap();
            let refused = target.restore(&path, &world.key, true).await;
            let closed = matches!(refused, Err(RestoreError::Reading(ReadingError::Closed(_))));
            assert!(closed, "{number}: {refused:?}");
        }
        untouched(&target, database).await;
    })
    .await;
}

/// Nothing but the configuration is there, and the database holds nothing.
async fn untouched(target: &Place, database: &Database) {
    assert_eq!(target.files(), ["authx.toml"]);
    let store = Store::open(database.url()).await.unwrap();
    assert_eq!(store.snapshot().rest().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_recovery_key_opens_nothing() {
    on_each_engine(async |database| {
        let source = Database::sqlite();
        let world = World::new(&source).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let target = Place::configured(database, &world.place.clock);
        let mut random = |out: &mut [u8]| out.fill(7);
        let other = RecoveryKey::generate(&mut Cx { now: Millis(0), random: &mut random });
        let refused = target.restore(&backup, &other, true).await;
        let closed = RestoreError::Reading(ReadingError::Closed(BackupError::OtherKey));
        assert_eq!(refused.unwrap_err().to_string(), closed.to_string());
        untouched(&target, database).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_empty_stays() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let before = app.store.snapshot().rest().await.unwrap();
        drop(app);
        let refused = world.place.restore(&backup, &world.key, false).await;
        assert!(matches!(refused, Err(RestoreError::NotEmpty)), "{refused:?}");
        let app = world.place.open().await;
        assert_eq!(app.store.snapshot().rest().await.unwrap(), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_keys_are_not_written_over() {
    on_each_engine(async |database| {
        let source = Database::sqlite();
        let world = World::new(&source).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let other = World::new(database).await;
        let keys =
            ["master.key", "audit.key"].map(|name| fs::read(other.place.file(name)).unwrap());
        let before = other.place.open().await.store.snapshot().rest().await.unwrap();
        let refused = other.place.restore(&backup, &world.key, true).await.unwrap_err();
        assert!(matches!(refused, RestoreError::OtherKey { which: "master key", .. }), "{refused}");
        fs::remove_file(other.place.file("master.key")).unwrap();
        let refused = other.place.restore(&backup, &world.key, true).await.unwrap_err();
        assert!(matches!(refused, RestoreError::OtherKey { which: "audit key", .. }), "{refused}");
        assert!(!other.place.file("master.key").exists(), "not one without the other");

        fs::write(other.place.file("master.key"), &keys[0]).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(other.place.file("master.key"), mode).unwrap();
        let app = other.place.open().await;
        assert_eq!(app.store.snapshot().rest().await.unwrap(), before);
    })
    .await;
}

type Record<'a> = (u8, &'a [u8]);

/// Seals records as a newer, or a faulty, AuthX might.
fn sealed(key: &RecoveryKey, records: &[Record<'_>], path: &Path) {
    let mut random = |out: &mut [u8]| out.fill(9);
    let mut cx = Cx { now: Millis(0), random: &mut random };
    let mut sealer = Sealer::new(&mut cx, &key.public()).unwrap();
    let mut out = vec![];
    for (kind, body) in records {
        let length = u32::try_from(body.len() + 1).unwrap();
        sealer.push(&length.to_be_bytes(), &mut out);
        sealer.push(&[*kind], &mut out);
        sealer.push(body, &mut out);
    }
    sealer.finish(&mut out);
    fs::write(path, out).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inside_is_not_believed_either() {
    let database = Database::sqlite();
    let source = Database::sqlite();
    let world = World::new(&source).await;
    let target = Place::configured(&database, &world.place.clock);
    let path = world.place.file("inside");
    let header = |format: u32, schema: u32| {
        format!(
            r#"{{"format":{format},"schema":{schema},"created":"2027-01-15T08:00:00Z","made_by":"AuthX 9.0.0","engine":"SQLite"}}"#
        )
    };
    let (good, newer, other) = (header(1, 3), header(2, 3), header(1, 99));
    let end: Record<'_> = (5, &[0; 8]);
    let cases: [(&str, Vec<Record<'_>>); 8] = [
        ("knows formats up to 1", vec![(1, newer.as_bytes())]),
        ("restore it with AuthX 9.0.0", vec![(1, other.as_bytes()), end]),
        ("makes no sense", vec![end]),
        ("makes no sense", vec![(1, good.as_bytes()), end, end]),
        ("makes no sense", vec![(1, good.as_bytes())]),
        ("makes no sense", vec![(1, good.as_bytes()), (4, &[0])]),
        ("makes no sense", vec![(1, good.as_bytes()), (3, b"\0\0\0\x08sqlite_x"), end]),
        ("makes no sense", vec![(1, good.as_bytes()), end]),
    ];
    for (number, (words, records)) in cases.iter().enumerate() {
        sealed(&world.key, records, &path);
        let refused = target.restore(&path, &world.key, false).await.unwrap_err();
        assert!(refused.to_string().contains(words), "{number}: {refused}");
    }
    let newest = FormatError::NewerFormat { found: 2 };
    assert!(newest.to_string().contains("restore it with the AuthX that made it"));
    untouched(&target, &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_for_the_owner_of_the_recovery_key_alone() {
    let source = Database::sqlite();
    let world = World::new(&source).await;
    let app = world.place.open().await;
    let backup = fs::read(world.backup(&app, "backup").await).unwrap();
    for secret in ["axm_", "axd_", "alice", "recovery_public", "public_url"] {
        assert!(!backup.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
    }
}
