//! What other processes do to a database: write to it, and die while they do.

use super::{event, events, held, lease, take};
use authx::store::{
    Store, StoreError,
    testing::{Database, on_each_engine},
};
use std::{
    env,
    io::{BufRead, BufReader, Write, stdout},
    process::{Child, Command, Stdio},
    time::Duration,
};

const URL: &str = "AUTHX_TEST_CHILD_URL";
const TURNS: i64 = 150;

/// Runs one of the `child_…` functions below in a process of its own.
fn child(name: &str, url: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("crashes::{name}"), "--ignored", "--nocapture"])
        .env(URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_write_to_one_database() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "counter").await;
        let mut children: Vec<_> = (0..2).map(|_| child("child_counts", database.url())).collect();
        count(&store).await;
        for child in &mut children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(held(&store, "counter").await.1, 3 * TURNS);
    })
    .await;
}

#[tokio::test]
#[ignore = "run by another test, as a process of its own"]
async fn child_counts() {
    let Ok(url) = env::var(URL) else { return };
    count(&Store::open(&url).await.unwrap()).await;
}

async fn count(store: &Store) {
    for _ in 0..TURNS {
        loop {
            let (_, seen) = held(store, "counter").await;
            match store.commit(take("counter", "x", seen)).await {
                Ok(()) => break,
                Err(StoreError::Conflict) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    on_each_engine(async |database| {
        let mut before = 0;
        for round in 0..4 {
            let mut child = child("child_writes", database.url());
            let mut lines = BufReader::new(child.stdout.take().unwrap())
                .lines()
                .map_while(Result::ok)
                .filter(|line| line == "stored");
            let acknowledged = tokio::task::spawn_blocking(move || {
                let before = lines.by_ref().take(40 + 130 * round).count();
                child.kill().unwrap();
                child.wait().unwrap();
                i64::try_from(before + lines.count()).unwrap()
            });
            let acknowledged = acknowledged.await.unwrap();
            let stored = events(&database.store().await).await - before;
            // At most what was under way when it died is there beyond what was acknowledged.
            assert!(stored >= acknowledged, "{stored} of {acknowledged}");
            assert!(acknowledged > 0);
            before += stored;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, as a process of its own"]
async fn child_writes() {
    let Ok(url) = env::var(URL) else { return };
    let store = Store::open(&url).await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                while store.commit(event(0)).await.is_ok() {
                    let mut out = stdout().lock();
                    out.write_all(b"\nstored\n").and_then(|()| out.flush()).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_holds_the_lock_is_waited_for() {
    let database = Database::sqlite();
    let store = database.store().await;
    let path = database.url().strip_prefix("sqlite:").unwrap();
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store.commit(event(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!writing.is_finished());
    assert_eq!(events(&store).await, 0, "reads go on");
    other.execute_batch("COMMIT").unwrap();
    writing.await.unwrap().unwrap();
}
