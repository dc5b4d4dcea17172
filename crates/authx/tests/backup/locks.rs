//! Who may have a database open while it is filled: nobody.

use crate::world::{World, account};
use authx::{
    backup::RestoreError,
    store::{
        Filling, Occupied, Store, StoreError,
        testing::{Database, on_each_engine},
    },
};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn while_a_server_serves_nothing_is_restored() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let refused = world.place.restore(&backup, &world.key, true).await;
        assert!(matches!(refused, Err(RestoreError::Store(StoreError::InUse))), "{refused:?}");
        account(&app, world.tenant, "carol").await;
        let backup = world.backup(&app, "another").await;
        drop(app);
        world.place.restore(&backup, &world.key, true).await.unwrap();
    })
    .await;
}

fn aside() -> Occupied {
    Occupied::SetAside("before_restore_1".to_owned())
}

async fn opens(database: &Database) -> bool {
    matches!(timeout(Duration::from_secs(1), Store::open(database.url())).await, Ok(Ok(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn while_something_is_restored_nobody_comes_in() {
    on_each_engine(async |database| {
        let filling = Store::fill_alone(database.url(), &Occupied::Refuse).await.unwrap();
        assert!(!opens(database).await);
        let second = Store::fill_alone(database.url(), &Occupied::Refuse).await;
        assert!(matches!(second, Err(StoreError::InUse)), "{second:?}");
        filling.loader.finish().await.unwrap();
        assert!(Store::open(database.url()).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_given_up_leaves_what_was_there() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let app = world.place.open().await;
        let backup = world.backup(&app, "backup").await;
        let before = app.store.snapshot().rest().await.unwrap();
        let rows = app.store.snapshot().rest().await.unwrap();
        drop(app);
        let Filling { mut loader, .. } = Store::fill_alone(database.url(), &aside()).await.unwrap();
        for row in rows {
            loader.row(row).await.unwrap();
        }
        drop(loader);
        let store = Store::open(database.url()).await.unwrap();
        assert_eq!(store.snapshot().rest().await.unwrap(), before);
        drop(store);
        world.place.restore(&backup, &world.key, true).await.unwrap();
    })
    .await;
}
