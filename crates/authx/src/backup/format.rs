//! What is inside a sealed backup.
//!
//! A backup is a row of records: 4 bytes with the length of what follows (big-endian), one byte with
//! the record's kind, and its body. Texts and bytes in a body have their length before them, in 4
//! bytes.
//!
//! | kind | record | body |
//! |---|---|---|
//! | 1 | header, first | JSON: `format`, `schema`, `created`, `made_by`, `engine` |
//! | 2 | file | which (text), contents (bytes) |
//! | 3 | table | name (text), then its columns (texts) |
//! | 4 | row of the last table | for each column: 0; or 1 and 8 bytes of a number; or 2 and a text; or 3 and bytes |
//! | 5 | end, last | 8 bytes: how many rows there were |

use crate::store::Value;
use authx_core::{Secret, wire::login::Rfc3339};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Why a backup that was opened cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// It opens, so it is what was written; but that makes no sense.
    #[error("the backup makes no sense inside ({0}): it was not made by AuthX, or by a faulty one")]
    Broken(&'static str),
    /// Of a form that came later.
    #[error(
        "the backup has format {found}, this program knows formats up to {FORMAT}: \
         restore it with the AuthX that made it, or a newer one"
    )]
    NewerFormat {
        /// Its format.
        found: u32,
    },
    /// Of a database that this program does not make.
    #[error(
        "the backup is of a database with schema {found}, this program makes schema {known}: \
         restore it with {made_by}, and upgrade afterwards"
    )]
    OtherSchema {
        /// The schema's number in the backup.
        found: i64,
        /// The number that this program knows.
        known: i64,
        /// The program that made the backup.
        made_by: String,
    },
    /// More than a length can say.
    #[error("a row is too long for a backup")]
    TooLong,
}

/// What a backup says about itself.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Header {
    /// The number of this form.
    pub format: u32,
    /// The number of the database's schema.
    pub schema: i64,
    /// The moment that the backup shows.
    pub created: Rfc3339,
    /// The program and its version.
    pub made_by: String,
    /// The engine that it was read from, for people.
    pub engine: String,
}

/// A file that an installation consists of, beside the database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// The key that vouches for the record.
    AuditKey,
    /// The configuration.
    Config,
    /// The key that seals the tenants' keys.
    MasterKey,
}

/// One record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Record {
    /// What the backup says about itself.
    Header(Header),
    /// A file.
    File(Part, Secret),
    /// The table of the rows that follow.
    Table(String, Vec<String>),
    /// A row.
    Row(Vec<Value>),
    /// The end, with the number of rows.
    End(u64),
}

impl Part {
    const ALL: [Self; 3] = [Self::AuditKey, Self::Config, Self::MasterKey];

    fn word(self) -> &'static str {
        match self {
            Self::AuditKey => "audit_key",
            Self::Config => "config",
            Self::MasterKey => "master_key",
        }
    }
}

/// Appends a record to what is to be sealed.
///
/// # Errors
///
/// [`FormatError::TooLong`].
pub(super) fn write(record: &Record, out: &mut Zeroizing<Vec<u8>>) -> Result<(), FormatError> {
    let mut body = Zeroizing::new(vec![]);
    match record {
        Record::Header(header) => {
            body.push(HEADER);
            let json = serde_json::to_vec(header);
            body.extend(json.map_err(|_| FormatError::Broken("header"))?);
        }
        Record::File(part, text) => {
            body.push(FILE);
            bytes(part.word().as_bytes(), &mut body)?;
            bytes(text.expose(), &mut body)?;
        }
        Record::Table(name, columns) => {
            body.push(TABLE);
            bytes(name.as_bytes(), &mut body)?;
            columns.iter().try_for_each(|column| bytes(column.as_bytes(), &mut body))?;
        }
        Record::Row(values) => {
            body.push(ROW);
            values.iter().try_for_each(|one| value(one, &mut body))?;
        }
        Record::End(rows) => {
            body.push(END);
            body.extend(rows.to_be_bytes());
        }
    }
    if body.len() > MOST {
        return Err(FormatError::TooLong);
    }
    bytes(&body, out)
}

fn value(value: &Value, out: &mut Vec<u8>) -> Result<(), FormatError> {
    match value {
        Value::Null => out.push(NULL),
        Value::Int(number) => {
            out.push(INT);
            out.extend(number.to_be_bytes());
        }
        Value::Text(text) => {
            out.push(TEXT);
            bytes(text.as_bytes(), out)?;
        }
        Value::Bytes(plain) => {
            out.push(BYTES);
            bytes(plain, out)?;
        }
    }
    Ok(())
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
    let length = u32::try_from(bytes.len()).map_err(|_| FormatError::TooLong)?;
    out.extend(length.to_be_bytes());
    out.extend(bytes);
    Ok(())
}

/// Takes records out of what was opened, as it comes; holds at most one record and one piece.
#[derive(Default)]
pub(super) struct Reader {
    held: Zeroizing<Vec<u8>>,
    /// Where in `held` the next record begins.
    at: usize,
}

impl Reader {
    /// Where to append what was opened.
    pub(super) fn more(&mut self) -> &mut Vec<u8> {
        self.held.drain(..self.at);
        self.at = 0;
        &mut self.held
    }

    /// The next record, if it is all there.
    ///
    /// # Errors
    ///
    /// Any [`FormatError`]; the backup is useless then.
    pub(super) fn next(&mut self) -> Result<Option<Record>, FormatError> {
        let mut rest = Body(self.held.get(self.at..).unwrap_or_default());
        let Ok(length) = rest.length() else { return Ok(None) };
        if length > MOST {
            return Err(FormatError::Broken("length"));
        }
        let Ok(body) = rest.take(length) else { return Ok(None) };
        self.at += 4 + length;
        record(Body(body)).map(Some)
    }

    /// Whether nothing is left over.
    pub(super) fn is_empty(&self) -> bool {
        self.at == self.held.len()
    }
}

fn record(mut body: Body<'_>) -> Result<Record, FormatError> {
    Ok(match body.byte()? {
        HEADER => Record::Header(header(body.0)?),
        FILE => {
            let word = body.text()?;
            let part = Part::ALL.into_iter().find(|part| part.word() == word);
            let text = Secret::new(body.bytes()?.to_vec());
            Record::File(part.ok_or(FormatError::Broken("file"))?, text)
        }
        TABLE => {
            let name = body.text()?;
            let mut columns = vec![];
            while !body.0.is_empty() {
                columns.push(body.text()?);
            }
            Record::Table(name, columns)
        }
        ROW => {
            let mut values = vec![];
            while !body.0.is_empty() {
                values.push(body.value()?);
            }
            Record::Row(values)
        }
        END => Record::End(body.number().map(u64::from_be_bytes)?),
        _ => return Err(FormatError::Broken("kind of record")),
    })
}

/// Looks at the number alone first: of a newer format, nothing else is known.
fn header(json: &[u8]) -> Result<Header, FormatError> {
    #[derive(Deserialize)]
    struct Number {
        format: u32,
    }
    let broken = |_| FormatError::Broken("header");
    let Number { format } = serde_json::from_slice(json).map_err(broken)?;
    if format > FORMAT {
        return Err(FormatError::NewerFormat { found: format });
    }
    serde_json::from_slice(json).map_err(broken)
}

struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn byte(&mut self) -> Result<u8, FormatError> {
        let (&byte, rest) = self.0.split_first().ok_or(SHORT)?;
        self.0 = rest;
        Ok(byte)
    }

    fn length(&mut self) -> Result<usize, FormatError> {
        let (length, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SHORT)
    }

    fn number(&mut self) -> Result<[u8; 8], FormatError> {
        let (number, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*number)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn bytes(&mut self) -> Result<&'a [u8], FormatError> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, FormatError> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| FormatError::Broken("text"))?;
        Ok(text.to_owned())
    }

    fn value(&mut self) -> Result<Value, FormatError> {
        Ok(match self.byte()? {
            NULL => Value::Null,
            INT => Value::Int(self.number().map(i64::from_be_bytes)?),
            TEXT => Value::Text(self.text()?),
            BYTES => Value::Bytes(self.bytes()?.to_vec()),
            _ => return Err(FormatError::Broken("kind of value")),
        })
    }
}

/// The number of the form that is written here.
pub(super) const FORMAT: u32 = 1;
const HEADER: u8 = 1;
const FILE: u8 = 2;
const TABLE: u8 = 3;
const ROW: u8 = 4;
const END: u8 = 5;
const NULL: u8 = 0;
const INT: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;
/// The longest record: far more than any row, and far less than would fill a machine's memory.
const MOST: usize = 64 << 20;
const SHORT: FormatError = FormatError::Broken("length");

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::Millis;
    use proptest::prelude::*;

    fn header(format: u32) -> Record {
        let created = Rfc3339(Millis(1_800_000_000_123));
        let (made_by, engine) = ("AuthX 0.1.0".to_owned(), "SQLite".to_owned());
        Record::Header(Header { format, schema: 1, created, made_by, engine })
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Vec<Record>, FormatError> {
        let (mut reader, mut records) = (Reader::default(), vec![]);
        for piece in bytes.chunks(piece) {
            reader.more().extend(piece);
            while let Some(record) = reader.next()? {
                records.push(record);
            }
        }
        assert!(reader.is_empty());
        Ok(records)
    }

    #[test]
    fn records_come_back_whatever_the_pieces() {
        let values = [
            Value::Null,
            Value::Int(i64::MIN),
            Value::Text("𝄞\n".to_owned()),
            Value::Bytes(vec![0; 300]),
            Value::Text(String::new()),
        ];
        let records = [
            header(FORMAT),
            Record::File(Part::MasterKey, Secret::new(b"axm_".to_vec())),
            Record::Table("tenant".to_owned(), vec!["id".to_owned(), "name".to_owned()]),
            Record::Row(values.to_vec()),
            Record::Row(vec![]),
            Record::End(2),
        ];
        let mut written = Zeroizing::default();
        for record in &records {
            write(record, &mut written).unwrap();
        }
        for piece in [1, 3, 64, written.len()] {
            assert_eq!(read(&written, piece).unwrap(), records);
        }
    }

    #[test]
    fn a_newer_format_is_refused_by_its_number() {
        let mut written = Zeroizing::default();
        write(&header(FORMAT + 1), &mut written).unwrap();
        assert_eq!(read(&written, 9), Err(FormatError::NewerFormat { found: FORMAT + 1 }));
    }

    proptest! {
        /// Whatever comes, it is read or refused, in bounded memory.
        #[test]
        fn nonsense_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::default();
            reader.more().extend(bytes);
            while let Ok(Some(_)) = reader.next() {}
        }
    }
}
