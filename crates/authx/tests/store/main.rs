//! The store's promises, on both engines.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod commits;
mod crashes;
mod faults;
mod generations;
mod migrations;
mod opening;
mod reads;
mod settled;
mod snapshots;
mod wakes;

use authx::store::{Batch, Store};

/// A row that everyone wants: `until` counts how often it changed hands.
async fn lease(store: &Store, name: &str) {
    let made = "INSERT INTO lease (name, holder, until) VALUES ($1, 'nobody', 0)";
    store.commit(Batch::default().one(made, [name.into()])).await.unwrap();
}

/// Takes the row over if it has changed hands `from` times.
fn take(name: &str, holder: &str, from: i64) -> Batch {
    let swap = "UPDATE lease SET holder = $3, until = until + 1 WHERE name = $1 AND until = $2";
    Batch::default().one(swap, [name.into(), from.into(), holder.into()])
}

async fn held(store: &Store, name: &str) -> (String, i64) {
    let row = store.query_one("SELECT holder, until FROM lease WHERE name = $1", [name.into()]);
    let row = row.await.unwrap().expect("the lease is there");
    (row.text(0).unwrap().to_owned(), row.int(1).unwrap())
}

const EVENT: &str = "INSERT INTO event (tenant, id, at, kind, detail, mac)
    VALUES ($1, $2, 7, 'login_allowed', '{}', $3)";

fn event(number: i64) -> Batch {
    let id = number.to_be_bytes().repeat(2);
    Batch::default().run(EVENT, [[1_u8; 16].into(), id.into(), [2_u8; 32].into()])
}

async fn events(store: &Store) -> i64 {
    let row = store.query_one("SELECT COUNT(*) FROM event", []).await.unwrap();
    row.unwrap().int(0).unwrap()
}
