use super::{event, events};
use authx::store::{
    Store,
    testing::{Database, on_each_engine},
};
use std::time::Duration;
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread")]
async fn events_settle_when_nobody_writes() {
    on_each_engine(async |database| {
        let store = database.store().await;
        assert_eq!(store.settled_seq().await.unwrap(), 0);
        store.commit(event(1).and(event(2))).await.unwrap();
        until_settled(&store, 2).await;
        assert_eq!(events(&store).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_may_still_appear_holds_back_those_after_it() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let (other_node, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    // The event is the first write of its transaction: the worst case.
    let insert = "BEGIN; INSERT INTO event (tenant, id, at, kind, detail, mac)
        VALUES ('', '', 0, 'slow', '', '')";
    other_node.batch_execute(insert).await.unwrap();
    store.commit(event(1)).await.unwrap();
    for _ in 0..5 {
        assert_eq!(store.settled_seq().await.unwrap(), 0, "event 1 can still appear");
        store.commit(event(2)).await.unwrap();
    }
    other_node.batch_execute("COMMIT").await.unwrap();
    until_settled(&store, 7).await;
    database.remove().await;
}

/// PostgreSQL confirms in a later call what an earlier one saw, and waits for every transaction of
/// the server, also those of other tests.
async fn until_settled(store: &Store, seq: i64) {
    let settled = async {
        while store.settled_seq().await.unwrap() < seq {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.expect("the events settle");
    assert_eq!(store.settled_seq().await.unwrap(), seq);
}
