//! The configuration as a file: read without loss, backed up, replaced in one step.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// A file as it was read.
#[derive(Debug)]
pub struct Source {
    /// Where it really lies, links followed.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    bytes: Vec<u8>,
    is_utf8: bool,
    metadata: Metadata,
}

/// Why a file was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not made.
    #[error("the backup {} cannot be made", .0.display())]
    Backup(PathBuf, #[source] io::Error),
    /// Somebody else writes it.
    #[error("{} was changed while this ran; nothing was written. Run it again", .0.display())]
    Changed(PathBuf),
    /// Not read.
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// Not written; the file is as before.
    #[error("{} cannot be written; it is as it was", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

impl Source {
    /// Reads a file. Bytes that are no UTF-8, as in old comments, are kept.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`].
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let failed = |error| FileError::Read(path.to_owned(), error);
        let path = fs::canonicalize(path).map_err(failed)?;
        let metadata = fs::metadata(&path).map_err(failed)?;
        let bytes = fs::read(&path).map_err(failed)?;
        let (text, is_utf8) = decode(&bytes);
        Ok(Self { path, text, bytes, is_utf8, metadata })
    }

    /// The directory it lies in.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// Copies it to the first free `NAME.authx-backup-N`, or finds the one that says the same.
    ///
    /// # Errors
    ///
    /// [`FileError::Backup`].
    pub fn back_up(&self) -> Result<PathBuf, FileError> {
        if let Some(same) = self.backup_of(&self.text) {
            return Ok(same);
        }
        let free = (1..BACKUPS).map(|number| self.backup_name(number)).find(|name| !name.exists());
        let backup = free.unwrap_or_else(|| self.backup_name(BACKUPS));
        match self.place(&backup, &self.bytes) {
            Ok(()) => Ok(backup),
            Err(error) => Err(FileError::Backup(backup, error)),
        }
    }

    /// The backup that says exactly this.
    pub fn backup_of(&self, text: &str) -> Option<PathBuf> {
        let wanted = self.encode(text);
        (1..=BACKUPS)
            .map(|number| self.backup_name(number))
            .take_while(|backup| backup.exists())
            .find(|backup| fs::read(backup).is_ok_and(|bytes| bytes == wanted))
    }

    /// Puts a new text in its place, in one step, with the same owner and permissions.
    ///
    /// # Errors
    ///
    /// [`FileError::Changed`], [`FileError::Write`].
    pub fn replace(&self, text: &str) -> Result<(), FileError> {
        let failed = |error| FileError::Write(self.path.clone(), error);
        let new = self.beside(".authx-new");
        // Left over from a run that was cut short.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        self.place(&new, &self.encode(text)).map_err(failed)?;
        let outcome = match fs::read(&self.path) {
            Ok(bytes) if bytes == self.bytes => fs::rename(&new, &self.path).map_err(failed),
            Ok(_) => Err(FileError::Changed(self.path.clone())),
            Err(error) => Err(failed(error)),
        };
        if outcome.is_err() {
            // What could not be put in place is of no use; that it stays does no harm.
            let _ = fs::remove_file(&new);
        }
        outcome?;
        File::open(self.directory()).and_then(|directory| directory.sync_all()).map_err(failed)
    }

    /// A new file with the owner and the permissions of this one.
    fn place(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let filled = file
            .write_all(bytes)
            .and_then(|()| fchown(&file, Some(self.metadata.uid()), Some(self.metadata.gid())))
            .and_then(|()| {
                let mode = self.metadata.permissions().mode() & 0o7777;
                file.set_permissions(fs::Permissions::from_mode(mode))
            })
            .and_then(|()| file.sync_all());
        if filled.is_err() {
            // The fault itself is told; half a file would only puzzle.
            let _ = fs::remove_file(path);
        }
        filled
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        if self.is_utf8 {
            return text.as_bytes().to_vec();
        }
        let byte = |letter: char| match u8::try_from(letter) {
            Ok(byte) => vec![byte],
            // Ours, as in the name of a file.
            Err(_) => letter.to_string().into_bytes(),
        };
        text.chars().flat_map(byte).collect()
    }

    fn backup_name(&self, number: u32) -> PathBuf {
        self.beside(&format!(".authx-backup-{number}"))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }
}

/// Reads an included file, which is only looked at.
pub(super) fn text(path: &Path) -> Result<String, String> {
    fs::read(path).map(|bytes| decode(&bytes).0).map_err(|error| error.to_string())
}

/// Other bytes than UTF-8 are taken as Latin-1, in which every byte is a letter: nothing is lost.
fn decode(bytes: &[u8]) -> (String, bool) {
    match str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (bytes.iter().copied().map(char::from).collect(), false),
    }
}

const BACKUPS: u32 = 1_000;
