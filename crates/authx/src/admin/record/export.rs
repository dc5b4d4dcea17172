//! The record as a file: CSV for spreadsheets, one JSON object a line for programs; however much,
//! a piece at a time.

mod columns;

use super::{
    super::{Actor, AdminError, Tenant, cells, detail, letters::delivery},
    actions::action,
    entry,
    logins::item,
    pushes::Push,
};
use crate::{
    app::{About, App},
    store::{Batch, Flow, Row, deliveries, login_list, push_list, record as stored},
};
use authx_core::{TenantId, audit::EventKind, seal::DataKey};
use columns::{action_cells, entry_cells, login_cells, mail_cells, push_cells};
use serde_json::Value;

pub use super::{actions::ActionFilter, logins::LoginFilter, pushes::PushFilter};
pub use deliveries::Filter as MailFilter;

/// How it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// For spreadsheets, RFC 4180.
    Csv,
    /// An object a line.
    Json,
}

/// What is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// What was changed, newest first.
    Actions(ActionFilter),
    /// Every entry as it is recorded, oldest first.
    Entries,
    /// Logins, a line each, newest first.
    Logins(LoginFilter),
    /// What was sent by mail, newest first; never what is written.
    Mail(MailFilter),
    /// What was sent to phones, newest first.
    Phones(PushFilter),
}

/// A file on its way.
#[derive(Debug)]
pub struct Export {
    by: Actor,
    tenant: TenantId,
    rows: Flow<Row>,
    /// What addresses are sealed under.
    key: Option<DataKey>,
    what: What,
    format: Format,
    begun: bool,
    ended: bool,
}

impl Format {
    /// The format of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// What an answer says of it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/x-ndjson",
        }
    }

    /// How a file's name ends.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "ndjson",
        }
    }
}

impl What {
    /// The word for it, as in a file's name.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Actions(_) => "actions",
            Self::Entries => "record",
            Self::Logins(_) => "logins",
            Self::Mail(_) => "mail",
            Self::Phones(_) => "phones",
        }
    }

    fn columns(&self) -> &'static [&'static str] {
        match self {
            Self::Actions(_) => columns::ACTIONS,
            Self::Entries => columns::ENTRIES,
            Self::Logins(_) => columns::LOGINS,
            Self::Mail(_) => columns::MAIL,
            Self::Phones(_) => columns::PHONES,
        }
    }
}

/// Begins to write a tenant's record to a file, and records who takes it away.
///
/// # Errors
///
/// [`AdminError`].
pub async fn export(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    what: What,
    format: Format,
) -> Result<Export, AdminError> {
    let rows = match &what {
        What::Actions(filter) => stored::all_actions(&app.store, tenant, filter),
        What::Entries => stored::all_entries(&app.store, tenant),
        What::Logins(filter) => login_list::all_logins(&app.store, tenant, filter),
        What::Mail(filter) => deliveries::all_deliveries(&app.store, tenant, filter),
        What::Phones(filter) => push_list::all_pushes(&app.store, tenant, filter),
    };
    let key = match &what {
        What::Mail(_) => Some(Tenant::load(app, tenant).await?.data_key),
        What::Actions(_) | What::Entries | What::Logins(_) | What::Phones(_) => None,
    };
    let mut said = detail([
        ("what", what.word().into()),
        ("format", format.ending().into()),
        ("by", by.as_str().into()),
    ]);
    if let Some(id) = by.user() {
        said.insert("by_id".to_owned(), id.to_string().into());
    }
    let (kind, about) = (EventKind::RecordExported, About::default());
    let batch = app.record(Batch::default(), app.now()?, tenant, kind, about, said);
    app.store.commit(batch).await?;
    let by = by.clone();
    Ok(Export { by, tenant, rows, key, what, format, begun: false, ended: false })
}

impl Export {
    /// The next piece, some ten kilobytes, as long as who asked may have it; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`AdminError`]: what came so far is not all.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<u8>>, AdminError> {
        if self.ended {
            return Ok(None);
        }
        self.by.check_still(app, self.tenant).await?;
        let mut piece = Vec::with_capacity(PIECE + 1_024);
        if !self.begun && self.format == Format::Csv {
            line(&mut piece, self.what.columns().iter().map(|name| (*name).to_owned()))?;
        }
        self.begun = true;
        while piece.len() < PIECE {
            let Some(row) = self.rows.next().await? else {
                self.ended = true;
                break;
            };
            self.write(&row, &mut piece)?;
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    fn write(&self, row: &Row, piece: &mut Vec<u8>) -> Result<(), AdminError> {
        match (&self.what, self.format) {
            (What::Actions(_), format) => {
                let one = action(entry(stored::entry(row)?)?);
                match format {
                    Format::Csv => line(piece, action_cells(&one)?),
                    Format::Json => object(piece, &one),
                }
            }
            (What::Entries, format) => {
                let one = entry(stored::entry(row)?)?;
                match format {
                    Format::Csv => {
                        let detail = Value::Object(one.detail.clone()).to_string();
                        let mut cells = entry_cells(&one);
                        cells.push(detail);
                        line(piece, cells)
                    }
                    Format::Json => object(piece, &one),
                }
            }
            (What::Logins(_), format) => {
                let one = item(login_list::login(row)?);
                match format {
                    Format::Csv => line(piece, login_cells(&one)),
                    Format::Json => object(piece, &one),
                }
            }
            (What::Mail(_), format) => {
                let key = self.key.as_ref().ok_or_else(|| damaged("no key to read mail with"))?;
                let one = delivery(deliveries::read(row)?, key);
                match format {
                    Format::Csv => line(piece, mail_cells(&one)),
                    Format::Json => object(piece, &one),
                }
            }
            (What::Phones(_), format) => {
                let one = Push::from(push_list::push(row)?);
                match format {
                    Format::Csv => line(piece, push_cells(&one)),
                    Format::Json => object(piece, &one),
                }
            }
        }
    }
}

fn object(piece: &mut Vec<u8>, one: &impl serde::Serialize) -> Result<(), AdminError> {
    serde_json::to_writer(&mut *piece, one).map_err(damaged)?;
    piece.push(b'\n');
    Ok(())
}

fn line(piece: &mut Vec<u8>, cells: impl IntoIterator<Item = String>) -> Result<(), AdminError> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *piece);
    let cells = cells.into_iter().map(|text| cells::neutral(&text));
    writer.write_record(cells).map_err(damaged)?;
    writer.flush().map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> AdminError {
    AdminError::Damaged(error.to_string())
}

const PIECE: usize = 32 * 1_024;
