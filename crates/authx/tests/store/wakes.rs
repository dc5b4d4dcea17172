use authx::store::{Heard, Store, Wake, Wakes, testing::Database};
use authx_core::{LoginId, PhoneId};
use std::{collections::HashSet, time::Duration};
use tokio::time::timeout;
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread")]
async fn every_node_hears_the_others_and_not_itself() {
    let Some(database) = Database::postgres().await else { return };
    let nodes = [database.store().await, database.store().await, database.store().await];
    let mut ears = nodes.each_ref().map(Store::wakes);
    for ears in &mut ears {
        assert_eq!(next(ears).await, Heard::Everything, "whatever was before");
    }
    let [speaker, ..] = &nodes;
    // More than one message holds, in two kinds with the same bytes.
    let words: HashSet<Wake> = (1..=1_000).flat_map(|n| [login(n), phone(n)]).collect();
    for &word in &words {
        speaker.announce(word);
    }
    speaker.announced().await;
    let [own, others @ ..] = &mut ears;
    for ears in others {
        let mut heard = HashSet::new();
        while heard.len() < words.len() {
            let Heard::One(word) = next(ears).await else { panic!("nothing was lost") };
            heard.insert(word);
        }
        assert_eq!(heard, words);
    }
    assert!(silent(own).await);
    drop((nodes, ears));
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_loses_nothing() {
    let Some(database) = Database::postgres().await else { return };
    let (a, b) = (database.store().await, database.store().await);
    let (mut at_a, mut at_b) = (a.wakes(), b.wakes());
    for ears in [&mut at_a, &mut at_b] {
        assert_eq!(next(ears).await, Heard::Everything);
    }
    for round in 1..=3 {
        close(&database, true).await;
        b.announce(login(round));
        assert!(silent(&mut at_a).await);
        close(&database, false).await;
        assert_eq!(next(&mut at_a).await, Heard::Everything);
        b.announced().await;
        b.announce(phone(round));
        while next(&mut at_a).await != Heard::One(phone(round)) {}
        assert_eq!(next(&mut at_b).await, Heard::Everything);
    }
    drop((a, b));
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_to_keep_is_said_as_everything() {
    let Some(database) = Database::postgres().await else { return };
    let (a, b) = (database.store().await, database.store().await);
    let mut at_a = a.wakes();
    assert_eq!(next(&mut at_a).await, Heard::Everything);
    b.announce(login(0));
    assert_eq!(next(&mut at_a).await, Heard::One(login(0)));
    close(&database, true).await;
    for n in 0..100_000 {
        b.announce(login(n));
    }
    close(&database, false).await;
    // For the gap, or because the other says so, or both: whoever connects first.
    assert_eq!(next(&mut at_a).await, Heard::Everything);
    // As long as the other is away, its "everything" means this word too.
    let heard = async {
        loop {
            b.announce(phone(1));
            b.announced().await;
            if let Ok(Heard::One(word)) = timeout(Duration::from_millis(300), at_a.next()).await {
                break word;
            }
        }
    };
    let heard = timeout(Duration::from_secs(20), heard).await.expect("a word");
    assert_eq!(heard, phone(1), "and not a hundred thousand words");
    drop((a, b));
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_there_is_nobody_to_hear() {
    let database = Database::sqlite();
    let (a, b) = (database.store().await, database.store().await);
    let mut at_a = a.wakes();
    b.announce(login(1));
    b.announced().await;
    assert!(silent(&mut at_a).await);
}

/// Ends the connections that listen, and keeps new ones from being made until told otherwise.
async fn close(database: &Database, closed: bool) {
    let (server, name) = database.url().rsplit_once('/').unwrap();
    let admin = format!("{server}/postgres");
    let (admin, connection) = tokio_postgres::connect(&admin, NoTls).await.unwrap();
    tokio::spawn(connection);
    let door = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {}", !closed);
    admin.batch_execute(&door).await.unwrap();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = $1 AND application_name = 'authx_wake'";
    let cut = if closed { admin.execute(cut, &[&name]).await.unwrap() } else { 1 };
    assert!(cut > 0, "somebody listened");
}

async fn next(ears: &mut Wakes) -> Heard {
    timeout(Duration::from_secs(20), ears.next()).await.expect("a word")
}

async fn silent(ears: &mut Wakes) -> bool {
    timeout(Duration::from_millis(300), ears.next()).await.is_err()
}

fn login(n: u128) -> Wake {
    Wake::Login(LoginId::from_bytes(n.to_be_bytes()))
}

fn phone(n: u128) -> Wake {
    Wake::Phone(PhoneId::from_bytes(n.to_be_bytes()))
}
