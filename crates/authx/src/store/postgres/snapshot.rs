//! Snapshots of a PostgreSQL database, and filling one.

use super::{
    super::{
        Filling, Loader, Occupied, StoreError, TableRow, Value,
        accounts::COUNT_ALL_MEANS,
        flow::Source,
        snapshot::{LEFT_TABLES, Loading, Order, TABLES, Table, loading},
    },
    connector::{Connector, Session},
    migrate,
    pipeline::pipeline,
    value,
};
use futures_util::{TryStreamExt, pin_mut};
use std::collections::HashMap;
use tokio::sync::mpsc;
use tokio_postgres::{Client, Statement};

/// Rows that one round trip carries.
const CHUNK: usize = 256;

/// Reads every table in one transaction, on a connection of its own.
pub(super) async fn read(
    connector: &Connector,
    source: &mut Source<TableRow>,
) -> Result<(), StoreError> {
    let session = connector.unhurried().await?;
    session.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    for table in TABLES {
        let none: [&Value; 0] = [];
        let rows = session.client.query_raw(&table.select(), none).await?;
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await? {
            if source.send((table, value::values(&row)?)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Begins to fill the database; nobody else can write to it until the end.
pub(super) async fn load(session: Session) -> Result<Loader, StoreError> {
    session.client.batch_execute("BEGIN").await?;
    for table in TABLES {
        let lock = format!("LOCK TABLE {} IN EXCLUSIVE MODE", table.name);
        session.client.batch_execute(&lock).await?;
        if session.client.query_opt(&table.any(), &[]).await?.is_some() {
            return Err(StoreError::Conflict);
        }
    }
    Ok(loader(session))
}

/// Begins to fill the database from a connection that has it to itself. What is set aside moves to
/// a schema of its own; like all else, that counts once the rows are finished.
pub(super) async fn fill_alone(
    session: Session,
    occupied: &Occupied,
) -> Result<Filling, StoreError> {
    let client = &session.client;
    client.batch_execute("BEGIN").await?;
    migrate::within(client).await?;
    let mut aside = None;
    if any(client).await? {
        let Occupied::SetAside(schema) = occupied else { return Err(StoreError::Conflict) };
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
        let tables = TABLES.iter().map(|table| table.name).chain(LEFT_TABLES.iter().copied());
        for table in tables {
            client.batch_execute(&format!("ALTER TABLE {table} SET SCHEMA {schema}")).await?;
        }
        client.batch_execute(&format!("ALTER SEQUENCE event_seq SET SCHEMA {schema}")).await?;
        migrate::within(client).await?;
        aside = Some(format!("schema {schema} of the same database"));
    }
    Ok(Filling { loader: loader(session), aside })
}

async fn any(client: &Client) -> Result<bool, StoreError> {
    for table in TABLES {
        if client.query_opt(&table.any(), &[]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn loader(session: Session) -> Loader {
    let (loader, loading) = loading();
    tokio::spawn(async move {
        let Loading { orders, outcome } = loading;
        let _gone = outcome.send(fill(&session, orders).await);
    });
    loader
}

/// Dropping the session before its COMMIT throws everything back.
async fn fill(session: &Session, mut orders: mpsc::Receiver<Order>) -> Result<(), StoreError> {
    let mut inserts = HashMap::new();
    let mut chunk = Vec::with_capacity(CHUNK);
    while orders.recv_many(&mut chunk, CHUNK).await > 0 {
        let mut finish = false;
        let mut steps: Vec<(Statement, &[Value])> = Vec::with_capacity(chunk.len());
        for order in &chunk {
            match order {
                Order::Row((table, values)) => {
                    steps.push((insert(session, &mut inserts, table).await?, values));
                }
                Order::Finish => finish = true,
            }
        }
        pipeline(&session.client, &steps).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        chunk.clear();
        if finish {
            // The next ordinal follows the greatest that was loaded.
            let next = "SELECT setval('event_seq', COALESCE(MAX(seq), 0) + 1, false) FROM event";
            session.client.query_one(next, &[]).await?;
            session.client.batch_execute(COUNT_ALL_MEANS).await?;
            return Ok(session.client.batch_execute("COMMIT").await?);
        }
    }
    Ok(())
}

async fn insert(
    session: &Session,
    prepared: &mut HashMap<&'static str, Statement>,
    table: &Table,
) -> Result<Statement, StoreError> {
    if let Some(statement) = prepared.get(table.name) {
        return Ok(statement.clone());
    }
    let statement = session.client.prepare(&table.insert()).await?;
    prepared.insert(table.name, statement.clone());
    Ok(statement)
}
