//! A backup's records, opened as they are read.

use super::format::{FormatError, Reader, Record};
use authx_core::recovery::{BackupError as Sealing, Opener, RecoveryKey};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Why a backup cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// It does not open.
    #[error(transparent)]
    Closed(#[from] Sealing),
    /// It opens, but its inside is not understood.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A backup from its beginning.
pub(super) struct Reading {
    path: PathBuf,
    file: File,
    /// Until the end of the file.
    opener: Option<Opener>,
    reader: Reader,
    piece: Vec<u8>,
}

impl Reading {
    pub(super) fn open(path: &Path, key: &RecoveryKey) -> Result<Self, ReadingError> {
        let failed = |source| ReadingError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let opener = Some(Opener::new(key));
        let (reader, piece) = (Reader::default(), vec![0; PIECE]);
        Ok(Self { path: path.to_owned(), file, opener, reader, piece })
    }

    /// The next record; `None` only when the backup was read to its end, with nothing missing.
    pub(super) fn next(&mut self) -> Result<Option<Record>, ReadingError> {
        loop {
            if let Some(record) = self.reader.next()? {
                return Ok(Some(record));
            }
            let Some(opener) = &mut self.opener else {
                return if self.reader.is_empty() {
                    Ok(None)
                } else {
                    Err(FormatError::Broken("end").into())
                };
            };
            match self.file.read(&mut self.piece) {
                Ok(0) => {
                    let out = self.reader.more();
                    self.opener.take().map_or(Ok(()), |opener| opener.finish(out))?;
                }
                Ok(length) => {
                    let sealed = self.piece.get(..length).unwrap_or_default();
                    opener.push(sealed, self.reader.more())?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(ReadingError::Io { path: self.path.clone(), source });
                }
            }
        }
    }
}

const PIECE: usize = 64 << 10;
