//! Reads a file of users: its form only, without a look at who there is.

use super::{Fault, ImportError};
use crate::admin::{
    accounts::{Details, Mail},
    cells,
};
use authx_core::name::Name;
use std::{
    io::{BufRead as _, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// One line, as its file says it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) name: Name,
    pub(super) details: Details,
    pub(super) aliases: Vec<Name>,
    pub(super) groups: Vec<Name>,
    /// Whether the user may sign in, where that is said.
    pub(super) active: Option<bool>,
}

/// The columns that are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Column {
    Aliases,
    Display,
    Groups,
    /// What an export says besides; nothing follows from it.
    Ignored,
    Mail,
    Name,
    State,
}

impl Column {
    fn named(text: &str) -> Option<Self> {
        Some(match text.trim().to_lowercase().as_str() {
            "aliases" => Self::Aliases,
            "display" => Self::Display,
            "groups" => Self::Groups,
            "mail" => Self::Mail,
            "name" => Self::Name,
            "state" => Self::State,
            "user_id" | "role" | "factors" | "phones" | "created" | "last_login" => Self::Ignored,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Aliases => "aliases",
            Self::Display => "display",
            Self::Groups => "groups",
            Self::Ignored => "",
            Self::Mail => "mail",
            Self::Name => "name",
            Self::State => "state",
        }
    }
}

/// The lines of a file.
pub(super) struct Lines<R> {
    csv: csv::Reader<Metered<R>>,
    left: Arc<AtomicU64>,
    columns: Vec<Column>,
    record: csv::ByteRecord,
}

impl<R: Read> Lines<R> {
    /// Reads the header: comma or semicolon, any order of columns, with or without a byte order
    /// mark.
    pub(super) fn open(inner: R) -> Result<Self, ImportError> {
        let left = Arc::new(AtomicU64::new(MOST_LINE));
        let mut buffered = BufReader::new(inner);
        let start = buffered.fill_buf().map_err(ImportError::Read)?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(ImportError::Utf16);
        }
        let mark = if start.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let many = |wanted: u8| first.split(|byte| *byte == wanted).count();
        let delimiter = if many(b';') > many(b',') { b';' } else { b',' };
        buffered.consume(mark);
        let metered = Metered { inner: buffered, left: Arc::clone(&left) };
        let csv = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(metered);
        let mut lines = Self { csv, left, columns: vec![], record: csv::ByteRecord::new() };
        if !lines.advance()? {
            return Err(ImportError::Empty);
        }
        lines.columns = columns(&lines.record)?;
        Ok(lines)
    }

    /// The next line, or what is wrong with it; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Result<Line, Fault>>, ImportError> {
        if !self.advance()? {
            return Ok(None);
        }
        let number = self.number();
        if self.record.len() != self.columns.len() {
            let (is, wanted) = (self.record.len(), self.columns.len());
            let message = format!(
                "this line has {is} fields and the header {wanted}: a text that has the dividing \
                 character in it stands in quotation marks"
            );
            return Ok(Some(Err(Fault {
                line: number,
                column: "",
                value: String::new(),
                message,
            })));
        }
        self.line(number).map(Some)
    }

    fn line(&self, number: u64) -> Result<Result<Line, Fault>, ImportError> {
        let mut cells: [&str; 6] = [""; 6];
        for (column, field) in self.columns.iter().zip(self.record.iter()) {
            let text = std::str::from_utf8(field).map_err(|error| {
                let at = field.get(error.valid_up_to()).copied().unwrap_or_default();
                ImportError::NotUtf8 { line: number, column: column.word(), byte: at }
            })?;
            let place = match column {
                Column::Name => 0,
                Column::Display => 1,
                Column::Mail => 2,
                Column::Aliases => 3,
                Column::Groups => 4,
                Column::State => 5,
                Column::Ignored => continue,
            };
            if let Some(cell) = cells.get_mut(place) {
                *cell = cells::plain(text.trim());
            }
        }
        Ok(read(number, cells))
    }

    /// Where the record begins; quoted fields may have line feeds in them.
    fn number(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn advance(&mut self) -> Result<bool, ImportError> {
        self.left.store(MOST_LINE, Ordering::Relaxed);
        self.csv.read_byte_record(&mut self.record).map_err(|error| {
            if self.left.load(Ordering::Relaxed) == 0 {
                return ImportError::LineTooLong { line: self.csv.position().line() };
            }
            match error.into_kind() {
                csv::ErrorKind::Io(error) => ImportError::Read(error),
                csv::ErrorKind::Utf8 { .. }
                | csv::ErrorKind::UnequalLengths { .. }
                | csv::ErrorKind::Seek
                | csv::ErrorKind::Serialize(_)
                | csv::ErrorKind::Deserialize { .. }
                | _ => ImportError::Read(std::io::Error::other("not readable as CSV")),
            }
        })
    }
}

fn columns(header: &csv::ByteRecord) -> Result<Vec<Column>, ImportError> {
    let mut columns: Vec<Column> = vec![];
    for field in header {
        let text = String::from_utf8_lossy(field).trim().to_owned();
        let Some(column) = Column::named(&text) else {
            return Err(ImportError::UnknownColumn(text));
        };
        if column != Column::Ignored && columns.contains(&column) {
            return Err(ImportError::ColumnTwice(column.word()));
        }
        columns.push(column);
    }
    if columns.contains(&Column::Name) { Ok(columns) } else { Err(ImportError::NoName) }
}

fn read(number: u64, cells: [&str; 6]) -> Result<Line, Fault> {
    let [name, display, mail, aliases, groups, state] = cells;
    let fault = |column: &'static str, value: &str, message: String| Fault {
        line: number,
        column,
        value: value.chars().take(MOST_SHOWN).collect(),
        message,
    };
    let named = |column: &'static str, text: &str| {
        Name::new(text).map_err(|error| fault(column, text, error.to_string()))
    };
    let several = |column: &'static str, cell: &str| -> Result<Vec<Name>, Fault> {
        let texts = cells::split(cell);
        texts.iter().map(|text| named(column, cells::plain(text))).collect()
    };
    let active = match state.to_lowercase().as_str() {
        "" => None,
        "disabled" => Some(false),
        // What an export says of who may sign in.
        "active" | "pending" | "locked" | "bypass" => Some(true),
        _ => {
            let message = "known are active and disabled; an empty cell leaves it".to_owned();
            return Err(fault("state", state, message));
        }
    };
    let details = Details {
        display: (!display.is_empty()).then(|| named("display", display)).transpose()?,
        mail: match mail {
            "" => None,
            mail => Some(Mail::new(mail).map_err(|error| fault("mail", mail, error.to_string()))?),
        },
    };
    Ok(Line {
        number,
        name: named("name", name)?,
        details,
        aliases: several("aliases", aliases)?,
        groups: several("groups", groups)?,
        active,
    })
}

/// Fails where one line takes too much: a quotation mark that nothing closes would take the rest of
/// the file into memory.
struct Metered<R> {
    inner: BufReader<R>,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(std::io::Error::other("one line is too long"));
        }
        let mut read;
        loop {
            let got = self.inner.read(out)?;
            // Without carriage returns each line is counted as an editor does.
            read = 0;
            for at in 0..got {
                let byte = out.get(at).copied().unwrap_or_default();
                if byte != b'\r'
                    && let Some(place) = out.get_mut(read)
                {
                    *place = byte;
                    read += 1;
                }
            }
            if read > 0 || got == 0 {
                break;
            }
        }
        self.left
            .store(left.saturating_sub(read.try_into().unwrap_or(u64::MAX)), Ordering::Relaxed);
        Ok(read)
    }
}

/// Of one line with what is read ahead, in bytes.
const MOST_LINE: u64 = 262_144;
const MOST_SHOWN: usize = 200;
