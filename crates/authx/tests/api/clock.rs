use crate::world::{body, on_each_engine};
use authx::{health::Health, serve::stopping};
use authx_core::Millis;

#[tokio::test]
async fn a_clock_that_went_back_lets_nobody_in_until_it_is_right_again() {
    on_each_engine(async |world| {
        let (_stop, stopping) = stopping();
        let health = Health::new(world.app.store.clone(), world.app.clock.clone(), stopping);
        let code = world.code();
        assert_eq!(world.begin(&body(Some(&code))).await.outcome(), "allowed");
        assert!(health.readiness().await.ready);
        let right = world.app.clock.clock().now();

        // Not even by so much that the spent code would be one of the future again.
        for back_ms in [5_001, 60_000, 3_600_000] {
            world.clock.set(Millis(right.0 - back_ms));
            let reply = world.begin(&body(Some(&code))).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (503, "server_clock"));
            assert!(reply.signed && reply.headers.contains_key("retry-after"));
            let readiness = health.readiness().await;
            assert_eq!(readiness.problems[0].code, "clock_behind", "{readiness:?}");
        }
        // What a time server does on an ordinary day.
        world.clock.set(Millis(right.0 - 5_000));
        assert!(health.readiness().await.ready);
        assert_eq!(world.begin(&body(Some(&code))).await.outcome(), "awaiting_input", "spent");
        world.clock.set(right.plus_secs(60));
        assert_eq!(world.begin(&body(Some(&world.code()))).await.outcome(), "allowed");
    })
    .await;
}

#[tokio::test]
async fn times_in_the_record_never_fall() {
    on_each_engine(async |world| {
        for (n, step) in [0, -4_000, 3_000, -2_000, -1_000, 9_000].into_iter().enumerate() {
            let now = world.app.clock.clock().now();
            world.clock.set(Millis(now.0.checked_add_signed(step).unwrap()));
            let mut unknown = body(None);
            unknown["user"] = format!("nobody{n}").into();
            assert_eq!(world.begin(&unknown).await.outcome(), "refused:wrong_credentials");
        }
        let rows = world.app.store.query("SELECT at FROM event ORDER BY seq", []).await.unwrap();
        let times: Vec<_> = rows.iter().map(|row| row.int(0).unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
    })
    .await;
}
