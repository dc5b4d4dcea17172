use super::{event, events, held, lease, take};
use authx::store::{Batch, StoreError, Value, testing::on_each_engine};
use authx_core::{Millis, id::TenantId};

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_were_stored() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let insert = "INSERT INTO factor
            (id, tenant, account, kind, state, record, guard, version, created)
            VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8)";
        let (tenant, account) = ([1_u8; 16], [2_u8; 16]);
        let parents = Batch::default()
            .one("INSERT INTO tenant VALUES ($1, 'T', 't', 0, $1, '{}', 0, '{}')", [tenant.into()])
            .one(
                "INSERT INTO account (id, tenant, name, state, created, stands_since)
                 VALUES ($2, $1, 'A', 'active', 0, 0)",
                [tenant.into(), account.into()],
            );
        store.commit(parents).await.unwrap();
        let long = "𝄞'\";--\n".repeat(8_000);
        for (n, (text, bytes, number)) in [
            (String::new(), vec![], i64::MIN),
            ("O'Brien \"\\ % _ \u{1F600}\r\n\t".to_owned(), vec![0, 255], i64::MAX),
            (long, vec![7; 100_000], 0),
        ]
        .into_iter()
        .enumerate()
        {
            let id = [u8::try_from(n).unwrap(); 16];
            let row: [Value; 8] = [
                id.into(),
                tenant.into(),
                account.into(),
                text.clone().into(),
                bytes.clone().into(),
                text.clone().into(),
                number.into(),
                Millis(5).into(),
            ];
            store.commit(Batch::default().one(insert, row)).await.unwrap();
            let select = "SELECT kind, record, version, created, tenant FROM factor WHERE id = $1";
            let row = store.query_one(select, [id.into()]).await.unwrap().unwrap();
            assert_eq!(row.text(0).unwrap(), text);
            assert_eq!(row.bytes(1).unwrap(), bytes);
            assert_eq!(row.int(2).unwrap(), number);
            assert_eq!(row.millis(3).unwrap(), Millis(5));
            assert_eq!(row.tenant(4).unwrap(), TenantId::from_bytes(tenant));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn absence_is_none_and_null_is_nothing() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let select = "SELECT account, support_code FROM event WHERE kind = $1";
        assert_eq!(store.query_one(select, ["x".into()]).await.unwrap(), None);
        store.commit(event(1)).await.unwrap();
        let row = store.query_one(select, ["login_allowed".into()]).await.unwrap().unwrap();
        assert_eq!(row.opt_user(0).unwrap(), None);
        assert_eq!(row.opt_text(1).unwrap(), None);
        let error = row.text(1).unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { column: 1, .. }));
        assert!(error.to_string().contains("support_code"), "{error}");
        assert!(matches!(row.int(9), Err(StoreError::Corrupt { column: 9, .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_found_by_their_number() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "a").await;
        let select = "SELECT name FROM lease
            WHERE until < $2 AND name = $1 AND until > $3 AND holder <> $1";
        let found = store.query(select, ["a".into(), 1_i64.into(), (-1_i64).into()]).await;
        assert_eq!(found.unwrap().len(), 1);
        for wrong in [vec![], vec![Value::Null; 4]] {
            let refused = store.query(select, wrong).await;
            assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
        }
        let refused = store.query("SELECT no_such_column FROM lease", []).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_after_a_commit_sees_it() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..8 {
            let (store, name) = (store.clone(), format!("lease {task}"));
            tasks.spawn(async move {
                lease(&store, &name).await;
                for step in 0..50 {
                    store.commit(take(&name, "x", step)).await.unwrap();
                    assert_eq!(held(&store, &name).await.1, step + 1);
                }
            });
        }
        tasks.join_all().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_gives_every_row_and_may_be_left() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let batch = (0..3_000).fold(Batch::default(), |batch, n| batch.and(event(n)));
        store.commit(batch).await.unwrap();
        let select = "SELECT seq FROM event WHERE seq > $1 ORDER BY seq";
        let rows = store.scan(select, [0_i64.into()]).rest().await.unwrap();
        assert_eq!(rows.len(), 3_000);
        assert!(rows.is_sorted_by_key(|row| row.int(0).unwrap()));
        let mut left = store.scan(select, [0_i64.into()]);
        assert!(left.next().await.unwrap().is_some());
        drop(left);
        assert_eq!(events(&store).await, 3_000);
        let wrong = store.scan("SELECT nonsense", []).rest().await;
        assert!(matches!(wrong, Err(StoreError::Invalid { .. })), "{wrong:?}");
    })
    .await;
}
