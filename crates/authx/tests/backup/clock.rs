//! Clocks that ran ahead, and what a restore makes of them.

use crate::world::{START, World, root, seal};
use authx::{
    admin::{audit, clock},
    backup::RestoreError,
    store::testing::on_each_engine,
};
use authx_core::wire::login::LoginState;

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_ran_ahead_is_put_right_by_an_operator() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let hand = &world.place.clock;
        let app = world.place.open().await;
        hand.advance_secs(3_600);
        assert_eq!(world.state(&app, "000000").await, LoginState::AwaitingInput);
        seal(&app).await;
        hand.set(START);
        hand.advance_secs(60);
        assert!(app.now().is_err());

        let (at, tenants) = clock::accept(&app, &root()).await.unwrap();
        assert_eq!((at, tenants), (world.place.now(), 1));
        assert_eq!(app.now(), Ok(at));
        assert_eq!(world.state(&app, &world.code()).await, LoginState::Allowed);
        seal(&app).await;
        assert!(audit::verify(&app, &[]).await.unwrap().is_intact());
        drop(app);
        // Also for a process that starts afterwards.
        assert!(world.place.open().await.now().is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_the_future_needs_an_operator_who_says_so() {
    on_each_engine(async |database| {
        let world = World::new(database).await;
        let hand = &world.place.clock;
        let app = world.place.open().await;
        hand.advance_secs(3_600);
        world.state(&app, "000000").await;
        seal(&app).await;
        let backup = world.backup(&app, "backup").await;
        drop(app);
        hand.set(START);
        hand.advance_secs(60);
        let refused = world.place.restore(&backup, &world.key, true).await;
        assert!(matches!(refused, Err(RestoreError::Clock { behind_secs: 3_540 })), "{refused:?}");
        world.place.restore_as(&backup, &world.key, true, true).await.unwrap();
        let app = world.place.open().await;
        assert_eq!(app.now(), Ok(world.place.now()));
        hand.advance_secs(60);
        assert_eq!(world.state(&app, &world.code()).await, LoginState::Allowed);
        seal(&app).await;
        assert!(audit::verify(&app, &[]).await.unwrap().is_intact());
    })
    .await;
}
