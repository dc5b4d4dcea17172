use super::{event, events, held, lease, take};
use authx::store::{
    Batch, Store, StoreError,
    testing::{Database, POSTGRES},
};
use std::{env, process::Command, time::Duration};
use tokio::time::Instant;

/// A file system of a few megabytes; `None` without the right to mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=3m", "authx-test"]).arg(directory.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("full disk: skipped (needs root)");
        }
        mounted.then_some(Self(directory))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _status = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_clearly_and_forgotten_when_there_is_space() {
    let Some(disk) = SmallDisk::mount() else { return };
    let store = Store::open(&format!("sqlite:{}/authx.db", disk.0.path().display())).await.unwrap();
    lease(&store, "a").await;
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let mut stored = 0;
    let full = loop {
        let large = "UPDATE lease SET holder = $1 WHERE name = 'a'";
        let batch = event(stored).one(large, [format!("{stored}").repeat(20_000).into()]);
        match store.commit(batch).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 10_000, "the disk is never full");
    };
    assert!(matches!(full, StoreError::Full), "{full:?}");
    assert_eq!(events(&store).await, stored, "reads go on, and nothing is half written");
    let large = Batch::default().run("UPDATE lease SET holder = $1", ["x".repeat(500_000).into()]);
    assert!(matches!(store.commit(large).await, Err(StoreError::Full)));
    std::fs::remove_file(&ballast).unwrap();
    store.commit(event(stored)).await.unwrap();
    assert_eq!(events(&store).await, stored + 1);
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
