use super::{event, events, held, lease, take};
use authx::store::{Batch, Store, StoreError, testing::on_each_engine};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_swap_is_a_conflict_and_stores_nothing_of_its_batch() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "a").await;
        store.commit(take("a", "first", 0)).await.unwrap();
        let late = event(1).and(take("a", "late", 0)).and(event(2));
        assert!(matches!(store.commit(late).await, Err(StoreError::Conflict)));
        assert_eq!(held(&store, "a").await, ("first".into(), 1));
        assert_eq!(events(&store).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_exists_is_a_conflict_however_it_is_inserted() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "a").await;
        let again = "INSERT INTO lease (name, holder, until) VALUES ('a', 'x', 9)";
        let ignored = "INSERT INTO lease (name, holder, until) VALUES ('a', 'x', 9)
            ON CONFLICT (name) DO NOTHING";
        for batch in [
            Batch::default().one(again, []),
            Batch::default().run(again, []),
            Batch::default().one(ignored, []),
            event(1).one(again, []),
            event(1).run(again, []),
        ] {
            assert!(matches!(store.commit(batch).await, Err(StoreError::Conflict)));
        }
        assert_eq!(events(&store).await, 0);
        store.commit(Batch::default().run(ignored, [])).await.unwrap();
        assert_eq!(held(&store, "a").await, ("nobody".into(), 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_touches_two_rows_did_not_touch_exactly_one() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "a").await;
        lease(&store, "b").await;
        for batch in [
            Batch::default().one("UPDATE lease SET until = 5", []),
            Batch::default().run("UPDATE lease SET until = 6", []).one("DELETE FROM lease", []),
        ] {
            assert!(matches!(store.commit(batch).await, Err(StoreError::Conflict)));
        }
        assert_eq!(held(&store, "a").await.1, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_sees_those_before_it() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "a").await;
        store.commit(take("a", "x", 0).and(take("a", "y", 1))).await.unwrap();
        assert_eq!(held(&store, "a").await, ("y".into(), 2));
        store.commit(Batch::default()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_who_try_at_once_exactly_one_wins() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "code").await;
        // Wherever in the batch the contested row stands.
        for round in 0..3 {
            let outcomes = all(
                &store,
                (0..200).map(|n| {
                    let swap = take("code", &n.to_string(), round);
                    match round {
                        0 => swap.and(event(n)),
                        1 => event(n).and(swap),
                        _ => event(n).and(swap).and(event(1_000 + n)),
                    }
                }),
            );
            let outcomes = outcomes.await;
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
            let lost = |outcome: &&_| matches!(outcome, Err(StoreError::Conflict));
            assert_eq!(outcomes.iter().filter(lost).count(), 199);
        }
        assert_eq!(held(&store, "code").await.1, 3);
        assert_eq!(events(&store).await, 1 + 1 + 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_does_not_disturb_its_neighbours() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "taken").await;
        let outcomes = all(
            &store,
            (0..300).map(|n| {
                let taken = "INSERT INTO lease (name, holder, until) VALUES ('taken', 'x', 9)";
                match n % 6 {
                    0 => event(n).and(take("taken", "nobody", 77)),
                    1 => event(n).run(taken, []),
                    2 => event(n).run("UPDATE lease SET no_such_column = 1", []),
                    3 => event(n).run("UPDATE lease SET until = $1", []),
                    _ => event(n).run("UPDATE lease SET until = $1 WHERE name = 'x'", [n.into()]),
                }
            }),
        );
        for (n, outcome) in outcomes.await.iter().enumerate() {
            match n % 6 {
                0 | 1 => assert!(matches!(outcome, Err(StoreError::Conflict)), "{n}: {outcome:?}"),
                2 | 3 => {
                    assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{n}: {outcome:?}");
                }
                _ => assert!(outcome.is_ok(), "{n}: {outcome:?}"),
            }
        }
        assert_eq!(events(&store).await, 100);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_of_one_counter_lose_no_step() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "counter").await;
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            tasks.spawn(async move {
                for _ in 0..25 {
                    loop {
                        let (_, seen) = held(&store, "counter").await;
                        match store.commit(take("counter", "x", seen)).await {
                            Ok(()) => break,
                            Err(StoreError::Conflict) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(held(&store, "counter").await.1, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_do_not_fit_are_refused_before_anything_is_stored() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let insert = "INSERT INTO lease (name, holder, until) VALUES ($1, 'x', $2)";
        for params in [
            vec![],
            vec!["a".into()],
            vec!["a".into(), 1_i64.into(), 2_i64.into()],
            vec!["a".into(), "one".into()],
        ] {
            let batch = event(1).one(insert, params).and(event(2));
            assert!(matches!(store.commit(batch).await, Err(StoreError::Invalid { .. })));
        }
        assert_eq!(events(&store).await, 0);
    })
    .await;
}

async fn all(store: &Store, batches: impl Iterator<Item = Batch>) -> Vec<Result<(), StoreError>> {
    let tasks: Vec<_> = batches
        .map(|batch| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(batch).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}
