//! A login and an administrator at the same moment, on two nodes.

use super::event;
use authx::store::{
    Batch, Store, StoreError,
    logins::{End, LoginRow},
    tenants,
    testing::{Database, on_each_engine},
};
use authx_core::{ApplicationId, LoginId, Millis, TenantId, name::Name};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_decided_before_a_change_is_stored_after_it() {
    on_each_engine(async |database| {
        let (logins, administrator) = (database.store().await, database.store().await);
        let made = Batch::default().insert_tenant(
            tenant(),
            &Name::new("Example").unwrap(),
            vec![],
            Millis(0),
        );
        administrator.commit(made).await.unwrap();
        let stop = Arc::new(());
        let mut signing_in = JoinSet::new();
        for worker in 0..6 {
            signing_in.spawn(sign_in(logins.clone(), worker, Arc::downgrade(&stop)));
        }
        for _ in 0..40 {
            let generation = generation(&administrator).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            let change = Batch::default().raise_generation(tenant(), generation).and(event(1));
            administrator.commit(change).await.unwrap();
            let before = decided_under(&administrator, generation).await;
            tokio::time::sleep(Duration::from_millis(15)).await;
            let after = decided_under(&administrator, generation).await;
            assert_eq!(before, after, "logins of generation {generation}");
        }
        drop(stop);
        let stored: u32 = signing_in.join_all().await.into_iter().sum();
        assert!(stored > 40, "the nodes were in each other's way: {stored}");
    })
    .await;
}

/// Stores logins under the generation of the moment, one after the other.
async fn sign_in(store: Store, worker: u32, go_on: std::sync::Weak<()>) -> u32 {
    let (mut number, mut stored) = (0_u32, 0);
    while go_on.strong_count() > 0 {
        number += 1;
        let mut id = [0; 16];
        id[..4].copy_from_slice(&worker.to_be_bytes());
        id[4..8].copy_from_slice(&number.to_be_bytes());
        let row = LoginRow {
            tenant: tenant(),
            application: ApplicationId::from_bytes([2; 16]),
            id: LoginId::from_bytes(id),
            generation: generation(&store).await,
            state: "{}",
            end: End::Over,
            created: Millis(0),
            expires: Millis(0),
        };
        // The generation stands where the test finds it again.
        let row = LoginRow { created: Millis(row.generation.unsigned_abs()), ..row };
        match store.commit(Batch::default().insert_login(&row).and(event(2))).await {
            Ok(()) => stored += 1,
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    stored
}

async fn generation(store: &Store) -> i64 {
    tenants::tenant(store, tenant()).await.unwrap().expect("the tenant is there").generation
}

async fn decided_under(store: &Store, generation: i64) -> i64 {
    let sql = "SELECT COUNT(*) FROM login WHERE created = $1";
    store.query_one(sql, [generation.into()]).await.unwrap().unwrap().int(0).unwrap()
}

/// That of the events of [`event`].
fn tenant() -> TenantId {
    TenantId::from_bytes([1; 16])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_holds_up_an_administrator_but_no_login() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let made =
        Batch::default().insert_tenant(tenant(), &Name::new("Example").unwrap(), vec![], Millis(0));
    store.commit(made).await.unwrap();
    let (other_node, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    let hang = "BEGIN; SELECT pg_advisory_xact_lock_shared(71972719974519)";
    other_node.batch_execute(hang).await.unwrap();
    let change = || Batch::default().raise_generation(tenant(), 1).and(event(1));
    let administrator = database.store().await;
    let waiting = tokio::spawn(async move { administrator.commit(change()).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let login = tokio::time::timeout(Duration::from_secs(3), store.commit(event(2)));
    login.await.expect("the login does not wait for the other node").unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(StoreError::Conflict)));
    other_node.batch_execute("COMMIT").await.unwrap();
    store.commit(change()).await.unwrap();
    database.remove().await;
}
