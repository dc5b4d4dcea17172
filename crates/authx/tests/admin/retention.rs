use super::{PASSWORD, World, on_each_engine, record::settle};
use authx::{
    admin::{
        audit::verify,
        record::{
            Filter,
            logins::{self, LoginFilter, Towards},
            newest,
        },
        retention::{self, RetentionError},
    },
    store::Batch,
};
use authx_core::{
    TenantId, UserId,
    audit::{Finding, Retention},
};

const DAY_SECS: u64 = 86_400;

/// A login and a deed a day.
async fn days(world: &World, tenant: TenantId, alice: UserId, days: u32) {
    for _ in 0..days {
        let vpn = authx::admin::applications::find(&world.app, tenant, "vpn").await.unwrap().id;
        world.sign_in(vpn, "alice", "wrong", None).await;
        authx::admin::accounts::disable(&world.app, &world.by, tenant, alice).await.unwrap();
        authx::admin::accounts::enable(&world.app, &world.by, tenant, alice).await.unwrap();
        settle(world).await;
        world.clock.advance_secs(DAY_SECS);
    }
}

async fn old_record(world: &World) -> (TenantId, UserId) {
    let tenant = world.tenant("Example").await;
    world.application(tenant, "vpn").await;
    let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
    days(world, tenant, alice, 45).await;
    authx::app::testing::read_all(&world.app).await;
    (tenant, alice)
}

async fn remove(world: &World) -> u64 {
    let removed = retention::remove_old(&world.app, world.app.now().unwrap()).await.unwrap();
    settle(world).await;
    removed
}

async fn count(world: &World, tenant: TenantId) -> (usize, u64) {
    let entries = newest(&world.app, tenant, &Filter::default(), 100_000).await.unwrap();
    let filter = LoginFilter::default();
    let page = logins::list(&world.app, tenant, &filter, Towards::Older(None), 10).await.unwrap();
    (entries.len(), page.total)
}

#[tokio::test]
async fn what_is_too_old_goes_and_the_record_stays_whole() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (tenant, alice) = old_record(world).await;
        let other = world.tenant("Other").await;
        let witness = verify(app, &[]).await.unwrap().reports[0].witness.clone().unwrap();
        assert_eq!(remove(world).await, 0, "kept for ever where nobody says otherwise");
        let before = count(world, tenant).await;
        let thirty = Retention { logins_days: Some(30), ..Retention::default() };
        retention::set(app, by, tenant, thirty).await.unwrap();
        let removed = remove(world).await;
        assert!((14..=15).contains(&removed), "{removed} of 45 days, a login each");
        assert_eq!(remove(world).await, 0, "once");
        let after = count(world, tenant).await;
        assert_eq!(after.1, before.1 - removed, "lines go with their entries");
        let report = verify(app, std::slice::from_ref(&witness)).await.unwrap();
        assert!(report.is_intact(), "{report:?}");
        assert_eq!(report.reports.iter().map(|report| report.removed).sum::<u64>(), removed);

        // Later, deeds go too; those that explain the record stay.
        let all = Retention { actions_days: Some(40), ..thirty };
        retention::set(app, by, tenant, all).await.unwrap();
        days(world, tenant, alice, 5).await;
        assert!(remove(world).await > 10);
        let report = verify(app, std::slice::from_ref(&witness)).await.unwrap();
        assert!(report.is_intact(), "{report:?}");
        let standing = retention::standing(app, tenant).await.unwrap();
        assert_eq!(standing.retention, all);
        assert!(standing.last_removed.is_some() && standing.removed > removed);
        assert_eq!(retention::standing(app, other).await.unwrap().removed, 0);

        // On hold nothing goes.
        let hold = Retention { hold: true, ..all };
        retention::set(app, by, tenant, hold).await.unwrap();
        days(world, tenant, alice, 5).await;
        assert_eq!(remove(world).await, 0);
        retention::set(app, by, tenant, all).await.unwrap();
        assert!(remove(world).await > 0);
        assert!(verify(app, &[witness]).await.unwrap().is_intact());
        for days in [0, 29, 1_000_000] {
            let wrong = Retention { actions_days: Some(days), ..Retention::default() };
            let refused = retention::set(app, by, tenant, wrong).await;
            assert!(matches!(refused, Err(RetentionError::Days(d)) if d == days), "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_nodes_remove_each_entry_once() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (tenant, _) = old_record(world).await;
        let thirty = Retention { logins_days: Some(30), ..Retention::default() };
        retention::set(app, by, tenant, thirty).await.unwrap();
        let now = app.now().unwrap();
        let both = tokio::join!(retention::remove_old(app, now), retention::remove_old(app, now));
        let removed = both.0.unwrap() + both.1.unwrap();
        settle(world).await;
        let report = verify(app, &[]).await.unwrap();
        assert!(report.is_intact(), "{report:?}");
        assert_eq!(report.reports[0].removed, removed);
    })
    .await;
}

#[tokio::test]
async fn what_was_tampered_with_stays_for_who_looks() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (tenant, _) = old_record(world).await;
        let thirty = Retention { logins_days: Some(30), ..Retention::default() };
        // Who can write to the database shortens the time, or makes it up.
        retention::set(app, by, tenant, thirty).await.unwrap();
        let longer = "UPDATE event SET detail = REPLACE(detail, '30', '31')
            WHERE kind = 'retention_set'";
        app.store.commit(Batch::default().run(longer, [])).await.unwrap();
        assert_eq!(remove(world).await, 0, "what was changed says nothing");
        let back = "UPDATE event SET detail = REPLACE(detail, '31', '30')
            WHERE kind = 'retention_set'";
        app.store.commit(Batch::default().run(back, [])).await.unwrap();

        let cut = "DELETE FROM event WHERE seq = (SELECT MIN(seq) FROM event
            WHERE kind = 'login_refused')";
        app.store.commit(Batch::default().run(cut, [])).await.unwrap();
        let now = app.now().unwrap();
        let refused = retention::remove_old(app, now).await;
        assert!(matches!(refused, Err(RetentionError::Unsound(..))), "{refused:?}");
        let report = verify(app, &[]).await.unwrap();
        let findings = &report.reports[0].findings;
        assert!(matches!(findings[0], Finding::RowsRemoved { missing: 1, .. }), "{findings:?}");
        let notices = authx::admin::reports::notices(app, &world.by, tenant, now).await.unwrap();
        assert!(
            notices.iter().any(|notice| notice.code == authx::admin::reports::Code::RecordChanged)
        );
    })
    .await;
}
