use super::{PASSWORD, on_each_engine};
use authx::{
    admin::{
        accounts,
        audit::verify,
        record::{Filter, Follow, newest},
    },
    seals::seal_all,
    store::Batch,
};
use authx_core::audit::{Finding, Witness};

#[tokio::test]
async fn entries_are_found_by_user_support_code_and_application() {
    on_each_engine(async |world| {
        let app = &world.app;
        let tenant = world.tenant("Example").await;
        let other = world.tenant("Other").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        world.user(tenant, "bob", None).await;
        let login = world.sign_in(vpn, "alice", "wrong", None).await;
        let code =
            serde_json::to_value(&login).unwrap()["support_code"].as_str().unwrap().to_owned();

        let by_user = Filter { user: Some(alice), ..Filter::default() };
        let kinds = async |filter: &Filter| {
            let entries = newest(app, tenant, filter, 100).await.unwrap();
            entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>()
        };
        let all = kinds(&Filter::default()).await;
        assert_eq!(all[..3], ["tenant_created", "application_created", "user_created"]);
        let about_alice = kinds(&by_user).await;
        assert_eq!(about_alice[0], "user_created");
        let by_code = Filter { support_code: Some(code.clone()), ..Filter::default() };
        let found = newest(app, tenant, &by_code, 100).await.unwrap();
        assert!(!found.is_empty());
        assert!(found.iter().all(|entry| entry.support_code.as_ref() == Some(&code)));
        assert_eq!(found[0].application.as_deref(), Some("vpn"));
        let both = Filter { application: Some(vpn), ..by_code };
        assert_eq!(newest(app, tenant, &both, 100).await.unwrap(), found);
        assert!(newest(app, other, &both, 100).await.unwrap().is_empty(), "another tenant");
        assert_eq!(newest(app, tenant, &Filter::default(), 2).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_follows_is_shown_once_and_in_order() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let alice = world.user(tenant, "alice", None).await;
        let (first, mut follow) = Follow::begin(app, tenant, Filter::default(), 1).await.unwrap();
        assert_eq!(first.len(), 1);
        assert!(follow.next().await.unwrap().is_empty(), "what is older was not asked for");
        accounts::disable(app, by, tenant, alice).await.unwrap();
        world.tenant("Other").await;
        accounts::enable(app, by, tenant, alice).await.unwrap();
        let next = follow.next().await.unwrap();
        let kinds: Vec<_> = next.iter().map(|entry| entry.event.as_str()).collect();
        assert_eq!(kinds, ["user_disabled", "user_enabled"]);
        assert!(follow.next().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn verification_finds_what_was_changed_removed_put_in_or_cut_off() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let alice = world.user(tenant, "alice", None).await;
        for _ in 0..5 {
            accounts::disable(app, by, tenant, alice).await.unwrap();
            accounts::enable(app, by, tenant, alice).await.unwrap();
            settle(world).await;
        }
        accounts::disable(app, by, tenant, alice).await.unwrap();
        let good = verify(app, &[]).await.unwrap();
        assert!(good.is_intact(), "{good:?}");
        let report = &good.reports[0];
        assert!(report.seals >= 5 && report.rows == 13, "{report:?}");
        let witness = report.witness.clone().expect("sealed");

        let sql = "SELECT COUNT(*) FROM event WHERE detail LIKE '%root%' AND seq > $1";
        let row = app.store.query_one(sql, [0_i64.into()]).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), 13);
        let stray = Witness { number: witness.number + 1, ..witness.clone() };
        let rolled = verify(app, &[stray]).await.unwrap();
        assert!(matches!(rolled.reports[0].findings[..], [Finding::RolledBack { .. }]));

        let change = "UPDATE event SET detail = '{}' WHERE kind = 'user_created'";
        app.store.commit(Batch::default().run(change, [])).await.unwrap();
        let changed = verify(app, std::slice::from_ref(&witness)).await.unwrap();
        assert!(matches!(changed.reports[0].findings[..], [Finding::RowChanged { .. }]), "{changed:?}");

        let cut = "DELETE FROM event WHERE kind = 'user_created'";
        app.store.commit(Batch::default().run(cut, [])).await.unwrap();
        let removed = verify(app, &[]).await.unwrap();
        assert!(matches!(removed.reports[0].findings[0], Finding::RowsRemoved { missing: 1, .. }));

        let gone = Batch::default()
            .run("DELETE FROM seal WHERE number > 2", [])
            .run("DELETE FROM event WHERE seq > 6", [])
            .run("INSERT INTO event (tenant, id, at, kind, detail, mac) VALUES ($1, $1, 1, 'x', '{}', $1)", [vec![1, 2, 3].into()]);
        app.store.commit(gone).await.unwrap();
        let cut = verify(app, &[witness]).await.unwrap();
        assert_eq!(cut.strays, 1);
        let cut = &cut.reports[0].findings;
        assert!(cut.iter().any(|finding| matches!(finding, Finding::RolledBack { .. })), "{cut:?}");
    })
    .await;
}

/// Seals all there is. PostgreSQL has to see every older transaction end first, also those of other
/// tests.
pub(super) async fn settle(world: &super::World) {
    let store = &world.app.store;
    let sql = "SELECT MAX(seq) FROM event";
    let newest = store.query_one(sql, []).await.unwrap().unwrap().int(0).unwrap();
    while store.settled_seq().await.unwrap() < newest {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    seal_all(&world.app, world.app.now().unwrap()).await.unwrap();
}
