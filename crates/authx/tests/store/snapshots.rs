use super::{event, events};
use authx::store::{
    Batch, Store, StoreError, Table, Value,
    testing::{Database, on_each_engine},
};

/// One row in every table, and many events.
#[expect(clippy::too_many_lines, reason = "a row for each table, one after the other")]
async fn fill(store: &Store) {
    let id = |n: u8| Value::from([n; 16]);
    let batch = Batch::default()
        .one("INSERT INTO meta VALUES ('recovery_public', 'key')", [])
        .one("INSERT INTO tenant VALUES ($1, 'Ä', 'ä', 1, $1, '{}', 2, '{}')", [id(1)])
        .one(
            "INSERT INTO application VALUES ($1, $2, 'N', 'n', 'openvpn', '{}', 3, '{}')",
            [id(2), id(1)],
        )
        .one(
            "INSERT INTO application_key VALUES ($1, $2, $3, 'K', 'k', $1, 4, NULL)",
            [id(3), id(1), id(2)],
        )
        .one(
            "INSERT INTO account VALUES ($1, $2, '𝄞', 'active', NULL, 5, 2, 9, 'D', 'd@example.com',
                '𝄞', 'owner', 3, '{}', 4, 'active', 5, 6, 1, 1, 's', NULL)",
            [id(4), id(1)],
        )
        .one(
            "INSERT INTO user_group VALUES ($1, $2, 'G', 'g', '{}', 1, 2, NULL)",
            [id(11), id(1)],
        )
        .one("INSERT INTO membership VALUES ($1, $2, $3)", [id(1), id(4), id(11)])
        .one("INSERT INTO application_group VALUES ($1, $2, $3, 'gate')", [id(1), id(2), id(11)])
        .one(
            "INSERT INTO contact VALUES ($1, $2, $3, 'S', 'C', 'A', -1, 2, 3)",
            [id(1), id(2), id(3)],
        )
        .one(
            "INSERT INTO passkey VALUES ($1, $2, $3, 'P', $1, '{}', 1, 2, NULL)",
            [id(12), id(1), id(4)],
        )
        .one(
            "INSERT INTO portal_session VALUES
                ($1, $1, $2, $3, 1, 2, 3, 4, 'push', 'A', 'B', '{}', $1, 'T', 1)",
            [id(15), id(1), id(4)],
        )
        .one("INSERT INTO portal_browser VALUES ($1, $2, $2, 1, 2)", [id(1), id(4)])
        .one("INSERT INTO portal_challenge VALUES ($1, 2)", [id(16)])
        .one(
            "INSERT INTO portal_link VALUES ($1, 'setup', $2, $3, '{}', 1, 2, NULL)",
            [id(13), id(1), id(4)],
        )
        .one(
            "INSERT INTO admin_token VALUES ($1, $1, $2, $3, 'T', '[]', 1, 2, 3, 'A', NULL)",
            [id(14), id(1), id(4)],
        )
        .one(
            "INSERT INTO approval VALUES
                ($1, $2, $3, 'code', 'open', 'R', 60, $3, 'A', NULL, NULL, 1, 2)",
            [id(16), id(1), id(4)],
        )
        .one(
            "INSERT INTO caller_check VALUES
                ($1, $2, $3, 'open', $3, 'A', '123', '456', 0, 1, 2)",
            [id(17), id(1), id(4)],
        )
        .one(
            "INSERT INTO user_import VALUES
                ($1, $2, 'F', 'done', 0, NULL, '{}', '', 'A', 1, 2)",
            [id(18), id(1)],
        )
        .one("INSERT INTO alias VALUES ($1, '𝄞', $2)", [id(1), id(4)]);
    let batch = (0..700).fold(batch.and(signing_in()), |batch, n| batch.and(event(n)));
    store.commit(batch).await.unwrap();
}

/// What somebody signs in with, and what comes of it.
fn signing_in() -> Batch {
    let id = |n: u8| Value::from([n; 16]);
    Batch::default()
        .one(
            "INSERT INTO phone VALUES ($1, $2, $3, 'active', 'web', 'P', 'Android 16', $1, $1, $1,
                NULL, NULL, '{}', 1, 2, 3, 4, 'push', 0, NULL, NULL, $4, 7)",
            [id(8), id(1), id(4), id(9)],
        )
        .one(
            "INSERT INTO invitation VALUES ($1, $2, $3, $1, $1, 'password', NULL, 0, 1, 2, NULL)",
            [id(9), id(1), id(4)],
        )
        .one(
            "INSERT INTO activation VALUES ($1, NULL, $2, $3, $4, NULL, 1, 2, NULL)",
            [id(10), id(1), id(4), id(8)],
        )
        .one(
            "INSERT INTO phone_request VALUES
                ($1, $2, $3, $4, $5, 'approval', 'open', '{}', 1, 2, NULL, NULL, NULL)",
            [id(1), id(6), id(8), id(4), id(2)],
        )
        .one(
            "INSERT INTO factor VALUES ($1, $2, $3, 'code', 'active', $1, '{}', 9, 6, $4, 7)",
            [id(5), id(1), id(4), id(8)],
        )
        .one(
            "INSERT INTO delivery VALUES ($1, $2, 'test', $3, $1, NULL, 'sent', 1, 2, 3, 4, 5, 'K7QF2M', NULL)",
            [id(19), id(1), id(4)],
        )
        .one("INSERT INTO throttle VALUES ($1, $2, '10.0.0.0/24', 3, 7)", [id(1), id(2)])
        .one("INSERT INTO login VALUES ($1, $2, $3, 1, '{}', 0, 8, 9, 2)", [id(1), id(6), id(2)])
        .one(
            "INSERT INTO session VALUES ($1, $2, $3, $4, $5, 1, 2, NULL)",
            [id(7), id(1), id(2), id(4), id(6)],
        )
        .one("INSERT INTO seal VALUES ($1, 1, 2, 3, $1, $1, 4, $1)", [id(1)])
        .one("INSERT INTO lease VALUES ('sealer', 'this node', 5)", [])
}

async fn load(from: &Store, into: &Store) {
    let mut rows = from.snapshot();
    let mut loader = into.load_snapshot().await.unwrap();
    while let Some(row) = rows.next().await.unwrap() {
        loader.row(row).await.unwrap();
    }
    loader.finish().await.unwrap();
}

async fn contents(store: &Store) -> Vec<(&'static Table, Vec<Value>)> {
    let mut rows = store.snapshot().rest().await.unwrap();
    rows.sort_by_key(|row| format!("{row:?}"));
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_either_engine_fills_either() {
    on_each_engine(async |source| {
        let from = source.store().await;
        fill(&from).await;
        on_each_engine(async |target| {
            let into = target.store().await;
            load(&from, &into).await;
            assert_eq!(contents(&from).await, contents(&into).await);
            assert_eq!(contents(&into).await.len(), ROWS);
            let leases = into.query("SELECT name FROM lease", []).await.unwrap();
            assert!(leases.is_empty(), "who held a lease there does not hold it here");
            into.commit(event(1)).await.unwrap();
            let last = into.query_one("SELECT MAX(seq) FROM event", []).await.unwrap().unwrap();
            assert_eq!(last.int(0).unwrap(), 701);
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_database_is_filled() {
    on_each_engine(async |database| {
        let store = database.store().await;
        store.commit(event(1)).await.unwrap();
        assert!(matches!(store.load_snapshot().await, Err(StoreError::Conflict)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_finished_do_not_count() {
    on_each_engine(async |database| {
        let source = Database::sqlite();
        let from = source.store().await;
        fill(&from).await;
        let store = database.store().await;
        let mut loader = store.load_snapshot().await.unwrap();
        for row in from.snapshot().rest().await.unwrap() {
            loader.row(row).await.unwrap();
        }
        drop(loader);
        // Waits until the load has let go of the database.
        let loader = store.load_snapshot().await.unwrap();
        loader.finish().await.unwrap();
        assert_eq!(events(&store).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_fit_stops_the_load() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let tenant = Table::named("tenant").unwrap();
        let mut loader = store.load_snapshot().await.unwrap();
        loader.row((tenant, vec![Value::Null])).await.unwrap();
        let refused = loader.finish().await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
        store.load_snapshot().await.unwrap().finish().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_of_one_moment() {
    on_each_engine(async |database| {
        let store = database.store().await;
        fill(&store).await;
        let mut rows = store.snapshot();
        let mut seen = usize::from(rows.next().await.unwrap().is_some());
        store.commit((0..2_000).fold(Batch::default(), |all, n| all.and(event(n)))).await.unwrap();
        while rows.next().await.unwrap().is_some() {
            seen += 1;
        }
        assert_eq!(seen, ROWS);
    })
    .await;
}

/// A table or column that is not in the list would be missing from every backup.
#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_every_table_is_in_a_snapshot() {
    let database = Database::sqlite();
    let store = database.store().await;
    let columns = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN
          ('lease', 'login_line', 'tally', 'approve_tally', 'log_reader', 'retention_run')
        ORDER BY m.name, c.cid";
    for row in store.query(columns, []).await.unwrap() {
        let (table, column) = (row.text(0).unwrap(), row.text(1).unwrap());
        let known = Table::named(table).unwrap_or_else(|| panic!("no table {table}"));
        assert!(known.columns.contains(&column), "{table}.{column}");
    }
}

/// One in each table but leases, and events.
const ROWS: usize = 29 + 700;
