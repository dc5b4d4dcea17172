//! Users from a file: checked whole before anything is written, taken in some hundred at a time,
//! and undone as one.
//!
//! Each part is a commit of its own with the entries of its users, so a file of any length takes
//! little memory; who runs the same file again goes on where an interruption left it, because what
//! is there already is not made again.

mod reader;
mod room;
mod run;
mod taking;
mod undo;

pub use room::{Held, Room};
pub use run::{check, check_and_keep, run, start, start_beside};
pub use undo::{Undone, undo};

use super::{AdminError, cells};
use crate::{app::App, passwords::PasswordError, store::imports as stored};
use authx_core::{ImportId, TenantId, wire::login::Rfc3339};
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// Why a file cannot be taken in at all. What is wrong with one line only is a [`Fault`].
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The same column again.
    #[error("the header names the column “{0}” twice; leave one out")]
    ColumnTwice(&'static str),
    /// Nothing in it.
    #[error("the file is empty; its first line names the columns: {COLUMNS}")]
    Empty,
    /// More than a line can mean.
    #[error(
        "line {line} has more than 256 kB: is a quotation mark missing, or is this no CSV file?"
    )]
    LineTooLong {
        /// Which.
        line: u64,
    },
    /// No names.
    #[error("the header has no column “name”; known are {COLUMNS}")]
    NoName,
    /// Another encoding.
    #[error("line {line}{}: {}", in_column(.column), encoding(*.byte))]
    NotUtf8 {
        /// Which.
        line: u64,
        /// In which column.
        column: &'static str,
        /// The first byte that is not UTF-8.
        byte: u8,
    },
    /// As many files as there may be are held already.
    #[error("other files of users are being read or taken in now; try again in a minute")]
    Others,
    /// It was taken in, or undone, meanwhile.
    #[error("this import is “{0}” and cannot be done again; upload the file anew")]
    Over(String),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[source] io::Error),
    /// More lines than an import takes.
    #[error("the file has more than {MOST_LINES} lines; divide it")]
    TooLong,
    /// No import of that id.
    #[error("there is no such import; `authx user imports` shows those there are")]
    Unknown,
    /// A column that nobody knows.
    #[error("the header names a column “{0}”; known are {COLUMNS}")]
    UnknownColumn(String),
    /// From a spreadsheet as “Unicode text”.
    #[error("the file is UTF-16; save it as CSV in UTF-8")]
    Utf16,
}

/// What is wrong with one line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// Where, from 1.
    pub line: u64,
    /// In which column; empty where it is the whole line.
    pub column: &'static str,
    /// What stands there, cut short where it is long.
    pub value: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportCounts)]
#[serde(default)]
pub struct Counts {
    /// Lines below the header.
    pub lines: u64,
    /// Users who were made, or would be.
    pub made: u64,
    /// Users who were changed, or would be.
    pub changed: u64,
    /// Users who are as the file says.
    pub same: u64,
    /// Lines with something wrong; nothing follows from them.
    pub faults: u64,
}

/// How a file is taken in.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the file is called, for the record.
    pub name: String,
    /// Changes users who are there already, where the file says otherwise. Without, they are left
    /// alone, and told of.
    pub renew: bool,
}

/// Opens the file, each time from its beginning.
pub type Open<'a> = &'a (dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync);

/// An import, as administrators see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Import {
    /// Which.
    #[serde(rename = "import_id")]
    pub id: ImportId,
    /// What the file is called.
    pub name: String,
    /// `checked`, `running`, `stopped`, `done` or `undone`.
    pub state: String,
    /// Whether users who are there already are changed.
    pub renew: bool,
    /// How many of what.
    pub counts: Counts,
    /// What could not be taken in, as CSV.
    #[serde(skip)]
    pub errors: String,
    /// Who.
    pub by: String,
    /// When it began.
    pub created: Rfc3339,
}

/// The newest imports of a tenant, at most fifty.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Import>, AdminError> {
    some(app, tenant, None, (None, false), NEWEST).await
}

/// At most `most` imports in the order in which they are read: from one of them, or an end, to older
/// or, with `newer`, to newer ones; all of them or those of a state. One that stopped is `running`
/// there.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn some(
    app: &App,
    tenant: TenantId,
    state: Option<&str>,
    (from, newer): (Option<ImportId>, bool),
    most: u32,
) -> Result<Vec<Import>, AdminError> {
    let rows = stored::imports(&app.store, tenant, state, from, newer, most.into()).await?;
    let now = app.now()?;
    Ok(rows.into_iter().map(|row| import(row, now)).collect())
}

/// How many imports a tenant has, in all or in a state.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn count(app: &App, tenant: TenantId, state: Option<&str>) -> Result<u64, AdminError> {
    Ok(stored::count(&app.store, tenant, state).await?)
}

/// One import of a tenant.
///
/// # Errors
///
/// [`ImportError::Unknown`], [`ImportError::Admin`].
pub async fn find(app: &App, tenant: TenantId, id: ImportId) -> Result<Import, ImportError> {
    let row = stored::import(&app.store, tenant, id).await.map_err(AdminError::from)?;
    let now = app.now().map_err(AdminError::from)?;
    Ok(import(row.ok_or(ImportError::Unknown)?, now))
}

fn import(row: stored::ImportRow, now: authx_core::Millis) -> Import {
    // What a process that is gone had begun.
    let dead = row.state == "running" && now.since(row.beat) > DEAD_MILLIS;
    Import {
        id: row.id,
        name: row.name,
        state: if dead { "stopped".to_owned() } else { row.state },
        renew: row.renew,
        counts: serde_json::from_str(&row.counts).unwrap_or_default(),
        errors: row.errors,
        by: row.by,
        created: Rfc3339(row.created),
    }
}

/// Faults as the CSV file that is given back, header and all.
pub fn faults_csv<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> String {
    let mut text = "line,column,value,what_to_do\r\n".to_owned();
    faults.into_iter().for_each(|fault| text.push_str(&fault_csv(fault)));
    text
}

/// One line of such a file.
pub fn fault_csv(fault: &Fault) -> String {
    let Fault { line, column, value, message } = fault;
    // The file may hold anything, and PostgreSQL takes no NUL.
    let [value, message] = [value, message].map(|text| text.replace('\0', "\u{fffd}"));
    record([line.to_string().as_str(), column, &value, &message].into_iter())
}

/// One line of a CSV file, with its end.
pub(super) fn record<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(cells::neutral).collect();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(128));
    // Into memory, which always takes it.
    let _ = writer.write_record(&cells);
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn in_column(column: &str) -> String {
    if column.is_empty() { String::new() } else { format!(", column “{column}”") }
}

/// Latin-1 is by far the likeliest: its bytes are the numbers of its characters.
fn encoding(byte: u8) -> String {
    let shown = match char::from(byte) {
        c if c.is_control() => String::new(),
        c => format!(", which is “{c}” in Latin-1"),
    };
    format!(
        "byte {byte:02X}{shown} is not UTF-8; save the file as “CSV UTF-8”. Nothing was taken in"
    )
}

impl From<PasswordError> for ImportError {
    fn from(error: PasswordError) -> Self {
        Self::Admin(error.into())
    }
}

/// The columns that are read.
pub const COLUMNS: &str = "name, display, mail, aliases, groups, state";
/// How long a running import may be silent before it counts as stopped.
const DEAD_MILLIS: u64 = 60_000;
/// Imports that a list without pages shows.
const NEWEST: u32 = 50;
const MOST_LINES: u64 = 1_000_000;
/// Bytes of a file that comes by a form or a script.
pub const MOST_BYTES: usize = 33_554_432;
