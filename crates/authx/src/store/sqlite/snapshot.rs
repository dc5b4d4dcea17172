//! Snapshots of a SQLite file, and filling one.

use super::super::{
    Loader, StoreError, TableRow,
    accounts::COUNT_ALL_MEANS,
    snapshot::{Loading, Order, TABLES, loading},
};
use super::{
    Visit,
    connection::{self, Access},
    statement,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// Reads every table in one transaction, which in WAL mode holds up nobody.
pub(super) fn read(
    connection: &Connection,
    take: &mut Visit<'_, TableRow>,
) -> Result<(), StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let mut reading = true;
    for table in TABLES {
        statement::visit(&transaction, &table.select(), &[], |values| {
            take((table, values)).inspect_err(|_| reading = false)
        })?;
        if !reading {
            break;
        }
    }
    Ok(())
}

/// Begins to fill the file, on a thread of its own; it is locked for writing until the end.
pub(super) async fn load(path: &Path) -> Result<Loader, StoreError> {
    let (loader, loading) = loading();
    let (ready, begun) = oneshot::channel();
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        let Loading { mut orders, outcome } = loading;
        let mut ready = Some(ready);
        let ended = fill(&path, &mut orders, &mut ready);
        // Whichever of the two is still waited for.
        match ready {
            Some(ready) => drop(ready.send(ended)),
            None => drop(outcome.send(ended)),
        }
    });
    begun.await.map_err(StoreError::unavailable)??;
    Ok(loader)
}

type Ready = oneshot::Sender<Result<(), StoreError>>;

fn fill(
    path: &Path,
    orders: &mut mpsc::Receiver<Order>,
    ready: &mut Option<Ready>,
) -> Result<(), StoreError> {
    let mut connection = connection::open(path, Access::Write)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if any(&transaction)? {
        return Err(StoreError::Conflict);
    }
    if let Some(ready) = ready.take() {
        let _gone = ready.send(Ok(()));
    }
    take(transaction, orders)
}

/// Whether the file holds anything that a snapshot would.
pub(super) fn any(connection: &Connection) -> Result<bool, StoreError> {
    for table in TABLES {
        if connection.prepare(&table.any())?.exists([])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes rows until they are finished; otherwise throws them back.
pub(super) fn take(
    transaction: Transaction<'_>,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<(), StoreError> {
    while let Some(order) = orders.blocking_recv() {
        match order {
            Order::Row((table, values)) => {
                statement::execute(&transaction, &table.insert(), &values)?;
            }
            Order::Finish => {
                transaction.execute_batch(COUNT_ALL_MEANS)?;
                return Ok(transaction.commit()?);
            }
        }
    }
    Ok(())
}
