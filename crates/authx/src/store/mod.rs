//! Durable storage: one set of SQL on two engines.
//!
//! Reads are plain queries; writes are atomic [`Batch`]es whose statements may demand to touch
//! exactly one row. There is no interactive transaction and no lock across an `await`: whoever
//! loses a race gets [`StoreError::Conflict`], loads and decides again.
//!
//! SQL is written once, with `$1` parameters, for `BIGINT`, text and bytes. This file is the only
//! one that knows which engine runs.

pub mod accounts;
pub mod activations;
pub mod applications;
pub mod approvals;
pub mod audiences;
mod batch;
pub mod codes;
pub mod contacts;
pub mod deliveries;
pub mod directory;
pub mod enrolments;
mod error;
pub mod events;
mod flow;
pub mod groups;
pub mod imports;
pub mod invitations;
pub mod lines;
pub mod login_list;
pub mod logins;
pub mod meta;
pub mod passkeys;
pub mod phones;
pub mod policies;
pub mod portal;
mod postgres;
pub mod push_list;
mod queue;
pub mod record;
pub mod reports;
pub mod requests;
pub mod retention;
mod row;
mod schema;
mod snapshot;
mod sqlite;
pub mod tenants;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
mod value;
mod wakes;

pub use batch::Batch;
pub use error::{Cause, StoreError};
pub use flow::Flow;
pub use row::Row;
pub use snapshot::{Filling, Loader, Occupied, Table, TableRow};
pub use value::Value;
pub use wakes::{Heard, Wake, Wakes};

use postgres::Postgres;
use sqlite::Sqlite;
use std::sync::Arc;

/// A database, open for as long as a clone of this lives.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Postgres(Arc<Postgres>),
    Sqlite(Arc<Sqlite>),
}

impl Store {
    /// Opens `sqlite:PATH` (created with mode 0600 if missing) or `postgres://…`, and brings its
    /// schema up to date. Any number of processes may do so at once.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Address`]: the address is not one of the two.
    /// - [`StoreError::NewerSchema`]: a newer AuthX wrote it.
    /// - [`StoreError::Unavailable`], [`StoreError::Full`]: it cannot be reached or written.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let engine = match url.split_once(':') {
            Some(("sqlite", path)) => Engine::Sqlite(Arc::new(Sqlite::open(path).await?)),
            Some(("postgres" | "postgresql", _)) => {
                Engine::Postgres(Arc::new(Postgres::open(url).await?))
            }
            _ => return Err(strange_address()),
        };
        Ok(Self { engine })
    }

    /// Begins to fill the database at an address that nobody has open, from the rows of a
    /// [`snapshot`](Self::snapshot) of either engine. It is made if missing, and nobody else can
    /// open it until the loader is finished or dropped. What is there already is refused or set
    /// aside, whole; it is the loader's [`finish`](Loader::finish) that puts the rows in its place.
    ///
    /// Every process holds a lock for as long as it has the database open: SQLite's own on the
    /// file, an advisory one on each connection to PostgreSQL. The system lets go of it when the
    /// process ends, however it ends, so there is nothing to clean up after a crash.
    ///
    /// # Errors
    ///
    /// - [`StoreError::InUse`]: a server or another command has it open.
    /// - [`StoreError::Conflict`]: it is not empty, and that was to be refused.
    /// - As [`open`](Self::open).
    pub async fn fill_alone(url: &str, occupied: &Occupied) -> Result<Filling, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => Sqlite::fill_alone(path, occupied).await,
            Some(("postgres" | "postgresql", _)) => Postgres::fill_alone(url, occupied).await,
            _ => Err(strange_address()),
        }
    }

    /// The engine's name, for people.
    pub fn engine(&self) -> &'static str {
        match &self.engine {
            Engine::Postgres(_) => "PostgreSQL",
            Engine::Sqlite(_) => "SQLite",
        }
    }

    /// All rows that a statement finds; for answers of up to some hundred rows.
    ///
    /// Sees everything that was committed before the call. SQLite answers on the calling thread,
    /// in microseconds for a look-up by key; use [`scan`](Self::scan) for what reads much.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: no answer; [`StoreError::Invalid`]: the statement is wrong.
    pub async fn query(
        &self,
        sql: &'static str,
        params: impl Into<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        let params = params.into();
        match &self.engine {
            Engine::Postgres(postgres) => postgres.query(sql, &params).await,
            Engine::Sqlite(sqlite) => sqlite.query(sql, &params),
        }
    }

    /// The first row that a statement finds.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn query_one(
        &self,
        sql: &'static str,
        params: impl Into<Vec<Value>>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Rows as they are found, however many: for the record and for reports. Does not hold up other
    /// work; memory stays bounded.
    pub fn scan(&self, sql: &'static str, params: impl Into<Vec<Value>>) -> Flow<Row> {
        let params = params.into();
        match &self.engine {
            Engine::Postgres(postgres) => postgres.scan(sql, params),
            Engine::Sqlite(sqlite) => sqlite.scan(sql, params),
        }
    }

    /// Stores a batch: all of it, durably, or nothing.
    ///
    /// Costs one fsync, shared with every batch in flight. An empty batch costs nothing.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Conflict`]: a demand was not met, or a key exists already; load and decide
    ///   again.
    /// - [`StoreError::Full`]: no space; nothing was stored.
    /// - [`StoreError::Unavailable`]: it is unknown whether it was stored; a retry is safe when the
    ///   batch demands a version, as everything that counts does.
    /// - [`StoreError::Invalid`]: a statement is wrong.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        match &self.engine {
            Engine::Postgres(postgres) => postgres.commit(batch).await,
            Engine::Sqlite(sqlite) => sqlite.commit(batch).await,
        }
    }

    /// The highest ordinal S of an event such that no event with an ordinal up to S can still
    /// appear; 0 without any. What a seal may cover.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn settled_seq(&self) -> Result<i64, StoreError> {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.settled_seq().await,
            // One writer at a time: whatever is visible is settled.
            Engine::Sqlite(_) => self.highest_seq().await,
        }
    }

    /// Every row of every table as of one moment, table after table, while others go on reading
    /// and writing. The form is the same on both engines.
    pub fn snapshot(&self) -> Flow<TableRow> {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.snapshot(),
            Engine::Sqlite(sqlite) => sqlite.snapshot(),
        }
    }

    /// Begins to fill an empty database from the rows of a [`snapshot`](Self::snapshot), of either
    /// engine.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`]: the database is not empty.
    pub async fn load_snapshot(&self) -> Result<Loader, StoreError> {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.load_snapshot().await,
            Engine::Sqlite(sqlite) => sqlite.load_snapshot().await,
        }
    }

    async fn highest_seq(&self) -> Result<i64, StoreError> {
        let row = self.query_one("SELECT COALESCE(MAX(seq), 0) FROM event", []).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }
}

/// The number of the schema that an open database has.
pub fn schema_version() -> i64 {
    schema::known()
}

fn strange_address() -> StoreError {
    let reason = "it must begin with “sqlite:” or “postgres://”".to_owned();
    StoreError::Address { reason }
}
