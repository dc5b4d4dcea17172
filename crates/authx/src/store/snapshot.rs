//! The whole database as rows, the same for both engines.

mod tables;

pub(super) use tables::TABLES;

use super::{StoreError, Value};
use tokio::sync::{mpsc, oneshot};

/// One table as a snapshot holds it.
#[derive(Debug, Eq, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in the order in which a row's values come.
    pub columns: &'static [&'static str],
}

/// One row of one table.
pub type TableRow = (&'static Table, Vec<Value>);

/// What becomes of rows that are there before a database is filled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Occupied {
    /// They stay, and nothing is filled.
    Refuse,
    /// They are kept under this name, of small letters, digits and `_`: a file beside a SQLite
    /// file, a schema in a PostgreSQL database.
    SetAside(String),
}

/// A database that is being filled, by nobody else.
#[derive(Debug)]
pub struct Filling {
    /// Takes the rows.
    pub loader: Loader,
    /// Where the rows are that were there before, once the loader is finished; for people.
    pub aside: Option<String>,
}

/// Tables that travel with no snapshot: who holds which lease, and what is made from the record.
pub(super) const LEFT_TABLES: &[&str] =
    &["lease", "login_line", "tally", "approve_tally", "log_reader", "retention_run"];

/// What belongs to one installation at one moment and travels with no snapshot: the schema's
/// number.
const LEFT_BEHIND: &str = "schema_version";

impl Table {
    /// The table of that name, if a snapshot can hold it.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The place of a column's value in a row.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| *name == column)
    }

    pub(super) fn select(&self) -> String {
        let columns = self.columns.join(", ");
        let order = self.columns.first().copied().unwrap_or("1");
        match self.name {
            "meta" => format!("SELECT {columns} FROM meta WHERE key <> '{LEFT_BEHIND}'"),
            "event" => format!("SELECT {columns} FROM event ORDER BY {order}"),
            name => format!("SELECT {columns} FROM {name}"),
        }
    }

    pub(super) fn insert(&self) -> String {
        let places: Vec<String> = (1..=self.columns.len()).map(|n| format!("${n}")).collect();
        format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.name,
            self.columns.join(", "),
            places.join(", ")
        )
    }

    /// Removes what a snapshot would hold.
    pub(super) fn clear(&self) -> String {
        match self.name {
            "meta" => format!("DELETE FROM meta WHERE key <> '{LEFT_BEHIND}'"),
            name => format!("DELETE FROM {name}"),
        }
    }

    /// Whether anything is in it that a snapshot would hold.
    pub(super) fn any(&self) -> String {
        format!("SELECT 1 FROM ({}) rows LIMIT 1", self.select())
    }
}

/// Takes rows into an empty database; they count once [`finish`](Self::finish) has returned, and
/// dropping it before leaves the database empty.
#[derive(Debug)]
pub struct Loader {
    orders: mpsc::Sender<Order>,
    outcome: oneshot::Receiver<Result<(), StoreError>>,
}

impl Loader {
    /// Adds one row; rows of a table's parents come before its own, as a snapshot gives them.
    ///
    /// # Errors
    ///
    /// Whatever stopped the engine; nothing is stored then.
    pub async fn row(&mut self, row: TableRow) -> Result<(), StoreError> {
        self.send(Order::Row(row)).await
    }

    /// Makes all rows count, at once and durably. What accounts keep of their phones and factors is
    /// counted anew: not all of those need have come.
    ///
    /// # Errors
    ///
    /// Whatever stopped the engine; nothing is stored then, except that after
    /// [`StoreError::Unavailable`] all of it may be.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        self.send(Order::Finish).await?;
        (&mut self.outcome).await.map_err(StoreError::unavailable)?
    }

    async fn send(&mut self, order: Order) -> Result<(), StoreError> {
        if self.orders.send(order).await.is_ok() {
            return Ok(());
        }
        // The engine stopped listening, so it has said why.
        (&mut self.outcome).await.map_err(StoreError::unavailable)?
    }
}

/// What a [`Loader`] tells its engine; without a last `Finish` nothing may be stored.
#[derive(Debug)]
pub(super) enum Order {
    Row(TableRow),
    Finish,
}

/// The engine's end of a [`Loader`].
pub(super) struct Loading {
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) outcome: oneshot::Sender<Result<(), StoreError>>,
}

pub(super) fn loading() -> (Loader, Loading) {
    let (sender, orders) = mpsc::channel(1_024);
    let (outcome, told) = oneshot::channel();
    (Loader { orders: sender, outcome: told }, Loading { orders, outcome })
}
