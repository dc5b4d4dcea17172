use super::{EVENT, event, events, held, lease, take};
use authx::store::{
    Batch, Store, StoreError,
    testing::{Database, POSTGRES},
};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tokio::time::Instant;
use tokio_postgres::NoTls;

/// A file system of a few megabytes; `None` without the right to mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "authx-test"]);
        mount.arg(directory.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("full disk: skipped (needs root)");
        }
        mounted.then_some(Self(directory))
    }

    /// Takes up so many megabytes until it is removed.
    fn ballast(&self, megabytes: usize) -> PathBuf {
        let path = self.0.path().join("ballast");
        std::fs::write(&path, vec![0; megabytes << 20]).unwrap();
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _status = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_sqlite_is_said_and_forgotten_when_there_is_space() {
    let Some(disk) = SmallDisk::mount("3m") else { return };
    let ballast = disk.ballast(1);
    let store = Store::open(&format!("sqlite:{}/authx.db", disk.0.path().display())).await.unwrap();
    fill_and_recover(&store, &ballast).await;
}

/// A tablespace of its own for the database: the server's own disk has space.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_postgresql_is_said_and_forgotten_when_there_is_space() {
    let Some(disk) = SmallDisk::mount("24m") else { return };
    let Some(database) = Database::postgres().await else { return };
    let data = disk.0.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let owned = Command::new("chown").arg("postgres").args([&data, disk.0.path()]).status();
    assert!(owned.unwrap().success());
    let admin = env::var(POSTGRES).unwrap();
    let (admin, connection) = tokio_postgres::connect(&admin, NoTls).await.unwrap();
    tokio::spawn(connection);
    let (_, name) = database.url().rsplit_once('/').unwrap();
    let create = format!("CREATE TABLESPACE {name}_small LOCATION '{}'", data.display());
    admin.batch_execute(&create).await.unwrap();
    let place = format!("ALTER DATABASE {name} SET TABLESPACE {name}_small");
    admin.batch_execute(&place).await.unwrap();
    let store = database.store().await;
    let ballast = disk.ballast(4);
    fill_and_recover(&store, &ballast).await;
    let drop = format!("DROP TABLESPACE {name}_small");
    database.remove().await;
    admin.batch_execute(&drop).await.unwrap();
}

async fn fill_and_recover(store: &Store, ballast: &Path) {
    lease(store, "a").await;
    // A connection that PostgreSQL would have to begin on the full disk could not even read.
    assert_eq!(events(store).await, 0);
    let mut stored = 0;
    let full = loop {
        match store.commit(large(stored)).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 10_000, "the disk is never full");
    };
    assert!(matches!(full, StoreError::Full), "{full:?}");
    assert!(full.to_string().contains("full"));
    assert_eq!(events(store).await, 2 * stored, "reads go on, and nothing is half written");
    assert!(matches!(store.commit(large(stored)).await, Err(StoreError::Full)));
    std::fs::remove_file(ballast).unwrap();
    store.commit(large(stored)).await.unwrap();
    assert_eq!(events(store).await, 2 * stored + 2);
}

/// Two events, of which the second needs 100 kB that no engine can compress.
fn large(number: i64) -> Batch {
    let mut noise = u64::try_from(number).unwrap();
    let mut noise = || {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.to_be_bytes()[0]
    };
    let mac: Vec<u8> = (0..100_000).map(|_| noise()).collect();
    event(number).run(EVENT, [[1_u8; 16].into(), [2_u8; 16].into(), mac.into()])
}

/// Stops the server under everyone, so it gets a server of its own.
#[test]
fn postgresql_may_go_away_and_come_back() {
    if env::var(POSTGRES).is_err() {
        eprintln!("PostgreSQL: skipped (run through `make test`)");
        return;
    }
    let status = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/with-postgres"))
        .arg(env::current_exe().unwrap())
        .args(["--exact", "faults::child_loses_its_server", "--ignored"])
        .status();
    assert!(status.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, beside a server of its own"]
async fn child_loses_its_server() {
    let (Ok(control), Some(database)) =
        (env::var(format!("{POSTGRES}_CONTROL")), Database::postgres().await)
    else {
        return;
    };
    let control = |word: &str| {
        assert!(Command::new(&control).arg(word).status().unwrap().success());
    };
    let store = database.store().await;
    lease(&store, "a").await;
    for round in 0..2 {
        control("stop");
        for _ in 0..3 {
            let asked = Instant::now();
            let refused = store.commit(take("a", "lost", round)).await;
            assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
            let refused = store.query("SELECT 1", []).await;
            assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
            assert!(asked.elapsed() < Duration::from_secs(2), "says so at once");
        }
        assert!(Store::open(database.url()).await.is_err());
        control("start");
        assert_eq!(held(&store, "a").await.1, round);
        store.commit(take("a", "back", round)).await.unwrap();
    }
    // Mid-way: whoever was told that it is stored was told the truth.
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            let mut acknowledged = 0;
            while store.commit(event(acknowledged)).await.is_ok() {
                acknowledged += 1;
            }
            acknowledged
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    control("stop");
    let acknowledged = writer.await.unwrap();
    control("start");
    let stored = events(&store).await;
    assert!((acknowledged..=acknowledged + 1).contains(&stored), "{acknowledged} {stored}");
    assert!(acknowledged > 0);
    database.remove().await;
}
