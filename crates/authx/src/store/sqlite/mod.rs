//! The embedded engine: one writer thread, reads on the calling thread.

mod alone;
mod connection;
mod error;
mod snapshot;
mod statement;
mod writer;

use super::{
    Batch, Filling, Flow, Loader, Occupied, Row, StoreError, TableRow, Value,
    flow::{NobodyReads, flow},
    queue::{Queue, queue},
};
use connection::Access;
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

/// One SQLite file.
#[derive(Debug)]
pub(super) struct Sqlite {
    path: PathBuf,
    /// Idle read connections; there are never more than threads that read at once.
    readers: Mutex<Vec<Connection>>,
    queue: Queue,
}

impl Sqlite {
    pub(super) async fn open(path: &str) -> Result<Self, StoreError> {
        let path = checked(path)?;
        let opened = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || connection::create(&path)).await
        };
        let writer = opened.map_err(StoreError::unavailable)??;
        let (queue, jobs) = queue();
        let writer_path = path.clone();
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer::run(&writer_path, writer, jobs))
            .map_err(StoreError::unavailable)?;
        Ok(Self { path, readers: Mutex::default(), queue })
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.queue.commit(batch).await
    }

    pub(super) fn query(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let reader = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = reader.map_or_else(|| connection::open(&self.path, Access::Read), Ok)?;
        let mut rows = Vec::new();
        statement::select(&reader, sql, params, |values| rows.push(Row::new(sql, values)))?;
        // A connection that failed is not kept: it may be what failed.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(rows)
    }

    pub(super) fn scan(&self, sql: &'static str, params: Vec<Value>) -> Flow<Row> {
        self.stream(move |connection, rows| {
            statement::visit(connection, sql, &params, |values| rows(Row::new(sql, values)))
        })
    }

    pub(super) fn snapshot(&self) -> Flow<TableRow> {
        self.stream(snapshot::read)
    }

    pub(super) async fn load_snapshot(&self) -> Result<Loader, StoreError> {
        snapshot::load(&self.path).await
    }

    pub(super) async fn fill_alone(path: &str, occupied: &Occupied) -> Result<Filling, StoreError> {
        alone::fill(&checked(path)?, occupied).await
    }

    /// Runs a long read on a thread and a connection of its own.
    fn stream<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection, &mut Visit<'_, T>) -> Result<(), StoreError> + Send + 'static,
    ) -> Flow<T> {
        let (mut source, flow) = flow();
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = connection::open(&path, Access::Read)
                .and_then(|reader| read(&reader, &mut |item| source.send_blocking(item)));
            source.finish_blocking(outcome);
        });
        flow
    }
}

/// What is done with each item that a long read finds.
type Visit<'a, T> = dyn FnMut(T) -> Result<(), NobodyReads> + 'a;

fn checked(path: &str) -> Result<PathBuf, StoreError> {
    if path.is_empty() {
        return Err(StoreError::Address { reason: "“sqlite:” needs a path".to_owned() });
    }
    Ok(PathBuf::from(path))
}
